package mongo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// sampleSize is how many documents of a collection are sampled.
const sampleSize = 200

// Introspect implements [db.Introspector]: it samples documents of each collection.
func (d *Driver) Introspect(ctx context.Context) ([]db.Table, error) {
	names, err := d.database.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return nil, fmt.Errorf("mongo: listing the collections: %w", clientError(ctx, err))
	}
	slices.Sort(names)
	var out []db.Table
	for _, name := range names {
		if strings.HasPrefix(name, "_basalt") || strings.HasPrefix(name, "system.") {
			continue
		}
		t, err := d.sample(ctx, name)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (d *Driver) sample(ctx context.Context, name string) (db.Table, error) {
	t := db.Table{Name: name, Key: []string{"_id"}}
	cursor, err := d.database.Collection(name).Find(ctx, bson.D{}, options.Find().SetLimit(sampleSize))
	if err != nil {
		return t, fmt.Errorf("mongo: reading %s: %w", name, clientError(ctx, err))
	}
	defer cursor.Close(context.WithoutCancel(ctx)) // all results were read
	at := map[string]int{}
	seen := map[string]int{}
	for cursor.Next(ctx) {
		t.Sampled++
		elements, err := cursor.Current.Elements()
		if err != nil {
			return t, err
		}
		for _, e := range elements {
			if e.Value().Type == bson.TypeNull {
				continue
			}
			seen[e.Key()]++
			i, known := at[e.Key()]
			if !known {
				i = len(t.Fields)
				at[e.Key()] = i
				t.Fields = append(t.Fields, db.TableField{Name: e.Key(), Type: guess(e.Value()), Native: e.Value().Type.String()})
				continue
			}
			t.Fields[i].Type = widest(t.Fields[i].Type, guess(e.Value()))
		}
	}
	for i := range t.Fields {
		t.Fields[i].Type = cmp.Or(t.Fields[i].Type, query.TypeJSON) // an array without elements
		t.Fields[i].Required = t.Sampled > 0 && seen[t.Fields[i].Name] == t.Sampled
	}
	return t, clientError(ctx, cursor.Err())
}

func guess(v bson.RawValue) query.Type {
	if v.Type == bson.TypeArray {
		return guessList(v)
	}
	if v.Type == bson.TypeEmbeddedDocument {
		return query.TypeJSON
	}
	if v.Type == bson.TypeDecimal128 {
		return query.TypeDecimal
	}
	return map[query.Kind]query.Type{
		query.KindString: query.TypeString, query.KindInt: query.TypeInt, query.KindFloat: query.TypeFloat, query.KindBool: query.TypeBool,
		query.KindTime: query.TypeTime, query.KindBytes: query.TypeBytes,
	}[scalar(v).Kind()]
}

// guessList returns the type of an array: a list if its elements are of one type, empty if it has none.
func guessList(v bson.RawValue) query.Type {
	elements, err := v.Array().Values()
	if err != nil || len(elements) == 0 {
		return ""
	}
	of := guess(elements[0])
	for _, e := range elements {
		of = widest(of, guess(e))
	}
	if !query.IsElement(of) {
		return query.TypeJSON
	}
	return query.ListOf(of)
}

// widest returns the type that can hold the values of both.
func widest(a, b query.Type) query.Type {
	number := func(t query.Type) bool { return t == query.TypeInt || t == query.TypeFloat }
	switch {
	case a == b || b == "":
		return a
	case a == "":
		return b
	case (number(a) || a == query.TypeDecimal) && (number(b) || b == query.TypeDecimal) && (a == query.TypeDecimal || b == query.TypeDecimal):
		return query.TypeDecimal
	case number(a) && number(b):
		return query.TypeFloat
	}
	return query.TypeJSON
}
