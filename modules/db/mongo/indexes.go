package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// syncIndexes creates the indexes of several fields, or of a part of the documents.
func (d *Driver) syncIndexes(ctx context.Context, c *db.Collection) error {
	var errs []error
	for _, x := range c.Indexes {
		model, err := d.model(c, x)
		if err == nil {
			_, err = d.database.Collection(c.Table).Indexes().CreateOne(ctx, model)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (d *Driver) model(c *db.Collection, x db.Index) (mongo.IndexModel, error) {
	keys, part := bson.D{}, bson.D{}
	for n, i := range x.Fields {
		keys = append(keys, bson.E{Key: name(c, i), Value: map[bool]int{false: 1, true: -1}[x.Desc[n]]})
		if x.Unique { // null is never taken
			part = append(part, bson.E{Key: name(c, i), Value: one("$type", types[c.Columns[i].Type.Kind()])})
		}
	}
	settings := options.Index().SetName(c.IndexName(x))
	if x.Unique {
		settings.SetUnique(true)
	}
	model := mongo.IndexModel{Keys: keys, Options: settings}
	if !d.textIndexes { // a server that only speaks the protocol; in FerretDB null is never taken
		if x.Where != nil {
			return model, errors.New("this server has no indexes of a part of the documents, so there is no `where`")
		}
		return model, nil
	}
	if x.Where != nil {
		where, err := partial(c, x.Where)
		if err != nil {
			return model, err
		}
		part = append(part, bson.E{Key: "$and", Value: where})
	}
	if len(part) > 0 {
		settings.SetPartialFilterExpression(part)
	}
	return model, nil
}

// partial returns the conditions of an index. MongoDB accepts few operators there.
func partial(c *db.Collection, f query.Filter) (bson.A, error) {
	switch f := f.(type) {
	case *query.And:
		all := bson.A{}
		for _, term := range f.Terms {
			conditions, err := partial(c, term)
			if err != nil {
				return nil, err
			}
			all = append(all, conditions...)
		}
		return all, nil
	case *query.Compare:
		if i := c.Shape.Index(f.Path.Field); !f.Value.IsNull() {
			value, err := native(f.Value)
			return bson.A{one(name(c, i), one(operators[f.Op], value))}, err
		}
	case *query.Not:
		if compare, ok := f.Term.(*query.Compare); ok && compare.Op == query.Eq && compare.Value.IsNull() {
			i := c.Shape.Index(compare.Path.Field)
			return bson.A{one(name(c, i), one("$type", types[c.Columns[i].Type.Kind()]))}, nil
		}
	}
	return nil, errors.New("in MongoDB the `where` of an index consists of comparisons with a value, != nil and &&")
}

// rename gives fields that had another name the one they have now.
func (d *Driver) rename(ctx context.Context, c *db.Collection) error {
	for i, column := range c.Columns {
		if column.Was == "" || i == c.Key {
			continue
		}
		where := bson.D{{Key: column.Was, Value: one("$exists", true)}, {Key: column.Name, Value: one("$exists", false)}}
		if _, err := d.database.Collection(c.Table).UpdateMany(ctx, where, one("$rename", one(column.Was, column.Name))); err != nil {
			return fmt.Errorf("%s: %w", column.Was, err)
		}
	}
	return nil
}
