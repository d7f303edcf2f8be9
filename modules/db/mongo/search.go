package mongo

import (
	"context"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
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

// search requires all the words. MongoDB accepts it at the top of a filter and inside $and only.
func search(f *query.Search) bson.D {
	words := query.Words(f.Text)
	for i, w := range words {
		words[i] = `"` + w + `"`
	}
	return one("$text", one("$search", strings.Join(words, " ")))
}

// byRank is the order of a search.
var byRank = bson.D{{Key: "score", Value: bson.D{{Key: "$meta", Value: "textScore"}}}, {Key: "_id", Value: 1}}
