package mongo

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// A document of another program whose _id is of a type that the key does not have, such as a date, or a number among texts, has
// no id here. It is left out everywhere: one that is listed and cannot be told apart would end the pages.

// foreignTypes are such types of _id, by the kind of the key. Its index finds each of them.
var foreignTypes = map[query.Kind]bson.A{
	query.KindInt:    {"string", "objectId", "object", "bool", "date", "binData"},
	query.KindString: {"double", "int", "long", "object", "bool", "date"},
}

// learnForeign looks for a document without an id. Collections without one are asked as if there were none.
func (d *Driver) learnForeign(ctx context.Context, c *db.Collection) error {
	foreign := foreignTypes[c.Columns[c.Key].Type.Kind()]
	err := d.database.Collection(c.Table).FindOne(ctx, one("_id", one("$type", foreign)), options.FindOne().SetProjection(one("_id", 1))).Err()
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil
	case err != nil:
		return clientError(ctx, err)
	}
	d.hasForeign(c)
	return nil
}

// hasForeign notes that a collection has documents without an id.
func (d *Driver) hasForeign(c *db.Collection) {
	if _, known := d.foreign.LoadOrStore(c, true); !known {
		d.log.Warn("documents whose _id is of another type than the key are left out", "collection", c.Name, "type", string(c.Columns[c.Key].Type))
	}
}

// keyed restricts a translated filter to documents that have an id.
func (d *Driver) keyed(c *db.Collection, where query.Filter, filter bson.D) bson.D {
	if _, some := d.foreign.Load(c); !some || where != nil && c.IsByKey(where) {
		return filter
	}
	t := translator{c: c}
	return one("$and", bson.A{one("$nor", bson.A{t.isNull(c.KeyPath())}), filter})
}

// Keys of several kinds in one collection: texts among ObjectIds, say. Their order is that of their texts, and the database
// orders them by kind.

// keyTypes are the conditions that a key is of a kind.
var keyTypes = map[kind]bson.D{texts: one("$type", "string"), objectIDs: one("$type", "objectId"), uuids: anyUUID}

// severalKinds is the name under which [kinds] has that there are several of the key; no field has it.
const severalKinds = "*"

func (k kinds) several() bool {
	_, several := k[severalKinds]
	return several
}

// learnKeys notes whether the keys of a collection are of several kinds.
func (d *Driver) learnKeys(ctx context.Context, c *db.Collection, k kinds) error {
	if c.Columns[c.Key].Type.Kind() != query.KindString {
		return nil
	}
	found := 0
	for _, condition := range keyTypes {
		err := d.database.Collection(c.Table).FindOne(ctx, one("_id", condition), options.FindOne().SetProjection(one("_id", 1))).Err()
		if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
			return clientError(ctx, err)
		}
		if err == nil {
			found++
		}
	}
	if found > 1 {
		k[severalKinds] = texts
	}
	return nil
}

// eachMerged calls visit for each row in the order of the texts of keys of several kinds: each kind has its own, and they are
// merged.
func (s store) eachMerged(ctx context.Context, c *db.Collection, f db.Find, filter bson.D, visit func(query.Row) error) error {
	all := f
	all.Fields, all.Offset = nil, 0 // the order may be by others
	if all.Limit > 0 && all.PerLimit == 0 {
		all.Limit += f.Offset
	}
	settings, err := settingsOf(c, all)
	if err != nil {
		return err
	}
	var rows []query.Row
	for _, condition := range keyTypes {
		err := s.scan(ctx, c, all, one("$and", bson.A{one("_id", condition), filter}), settings, func(row query.Row) error {
			rows = append(rows, row)
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.SortFunc(rows, func(a, b query.Row) int {
		switch {
		case query.Less(c.Shape, f.Sort, a, b):
			return -1
		case query.Less(c.Shape, f.Sort, b, a):
			return 1
		}
		return 0
	})
	if f.PerLimit == 0 {
		rows = rows[min(f.Offset, len(rows)):]
		if f.Limit > 0 {
			rows = rows[:min(f.Limit, len(rows))]
		}
	}
	for _, row := range rows {
		if err := visit(row); err != nil {
			return err
		}
	}
	return nil
}
