package mongo

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
)

// fieldsOf is the collection that has the names of the fields which each collection has had: MongoDB does not know what is
// new.
const fieldsOf = "_basalt_fields"

// fill gives the default of a field that is new to the documents that are there, as ADD COLUMN does elsewhere. A collection
// that is seen for the first time may be of another program: what its documents do not have is null.
func (d *Driver) fill(ctx context.Context, c *db.Collection) error {
	var known struct {
		Fields []string `bson:"fields"`
	}
	err := d.database.Collection(fieldsOf).FindOne(ctx, one("_id", c.Table)).Decode(&known)
	first := errors.Is(err, mongo.ErrNoDocuments)
	if err != nil && !first {
		return clientError(ctx, err)
	}
	var fresh []string
	for i, column := range c.Columns {
		if i == c.Key || i == c.Shape.Rest() || slices.Contains(known.Fields, column.Name) {
			continue
		}
		fresh = append(fresh, column.Name)
		if first || column.Default.IsNull() {
			continue
		}
		value, err := d.kindsOf(c).native(c.Shape.Fields[i].Name, &c.Shape.Fields[i], column.Default)
		if err != nil {
			return err
		}
		if _, err := d.database.Collection(c.Table).UpdateMany(ctx, one(column.Name, one("$exists", false)), one("$set", one(column.Name, value))); err != nil {
			return clientError(ctx, err)
		}
	}
	if fresh == nil {
		return nil
	}
	_, err = d.database.Collection(fieldsOf).UpdateOne(ctx, one("_id", c.Table), one("$set", one("fields", append(known.Fields, fresh...))), options.Update().SetUpsert(true))
	return clientError(ctx, err)
}
