package mongo

import (
	"context"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Searches implements [db.Searcher]. MongoDB has text indexes; a server that only speaks its protocol may have
// none.
func (d *Driver) Searches() bool { return d.textIndexes }

// syncSearch creates the text index of a collection, without stemming, so that only whole words match.
func (d *Driver) syncSearch(ctx context.Context, c *db.Collection) error {
	keys := bson.D{}
	for i, column := range c.Columns {
		if column.Search {
			keys = append(keys, bson.E{Key: name(c, i), Value: "text"})
		}
	}
	if len(keys) == 0 || !d.textIndexes {
		return nil
	}
	_, err := d.database.Collection(c.Table).Indexes().CreateOne(ctx, mongo.IndexModel{Keys: keys, Options: options.Index().SetName("basalt_search").SetDefaultLanguage("none")})
	return err
}

// search requires all the words. MongoDB accepts $text at the top of a filter and inside $and only. A text index has whole
// words, so that the beginning of one is looked for in the documents that have the others.
func search(c *db.Collection, f *query.Search) bson.D {
	whole, beginning := f.Terms()
	var terms bson.A
	if len(whole) > 0 {
		terms = append(terms, one("$text", one("$search", `"`+strings.Join(whole, `" "`)+`"`)))
	}
	if beginning != "" {
		var fields bson.A
		for _, field := range f.Fields {
			fields = append(fields, one(name(c, c.Shape.Index(field)), one("$regex", primitive.Regex{Pattern: `(?<![\p{L}\p{N}\p{M}])` + loose(beginning), Options: "i"})))
		}
		terms = append(terms, one("$or", fields))
	}
	return one("$and", terms)
}

// loose is a pattern of a word, with and without accents.
func loose(word string) string {
	folding := query.Folding()
	accented, plain := []rune(folding.Accented), []rune(folding.Plain)
	var out strings.Builder
	for _, r := range word {
		out.WriteString("[" + string(r))
		for i, p := range plain {
			if p == r {
				out.WriteRune(accented[i])
			}
		}
		out.WriteString("]\\p{M}*")
	}
	return out.String()
}

// ranked reports whether MongoDB can order by how well a search fits: it has whole words.
func ranked(f *query.Search) bool {
	whole, _ := f.Terms()
	return len(whole) > 0
}

// byRank is the order of a search.
var byRank = bson.D{{Key: "score", Value: bson.D{{Key: "$meta", Value: "textScore"}}}, {Key: "_id", Value: 1}}
