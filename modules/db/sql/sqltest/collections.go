package sqltest

import (
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

var at = query.Time(time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC))

func collection(name string, fields ...query.Field) *db.Collection {
	c := &db.Collection{Name: name, Table: name, Shape: query.NewShape(fields)}
	for _, f := range fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type, Search: f.Search})
	}
	return c
}

func id(t query.Type) query.Field { return query.Field{Name: "id", Type: t, NotNull: true} }

// things has a field of every type, and lookups into others of the collections.
var things = func() *db.Collection {
	c := collection("things", id(query.TypeID),
		query.Field{Name: "s", Type: query.TypeString}, query.Field{Name: "s2", Type: query.TypeString},
		query.Field{Name: "n", Type: query.TypeInt}, query.Field{Name: "n2", Type: query.TypeInt},
		query.Field{Name: "f", Type: query.TypeFloat}, query.Field{Name: "f2", Type: query.TypeFloat},
		query.Field{Name: "b", Type: query.TypeBool}, query.Field{Name: "t", Type: query.TypeTime},
		query.Field{Name: "y", Type: query.TypeBytes}, query.Field{Name: "j", Type: query.TypeJSON},
		query.Field{Name: "owner", Type: query.TypeRef, NotNull: true})
	c.Related = map[string]*db.Collection{"things": c, "members": members, "lines": lines, "articles": articles, "existing": existing}
	return c
}()

// members has indexes on which a lookup is narrowed.
var members = func() *db.Collection {
	c := collection("members", id(query.TypeID), query.Field{Name: "user", Type: query.TypeString}, query.Field{Name: "team", Type: query.TypeString},
		query.Field{Name: "level", Type: query.TypeInt}, query.Field{Name: "weight", Type: query.TypeFloat}, query.Field{Name: "until", Type: query.TypeTime}, query.Field{Name: "extra", Type: query.TypeJSON})
	c.Columns[1].Index = true
	c.Columns[2].Index = true
	c.Related = map[string]*db.Collection{"lines": lines, "members": c}
	return c
}()

// lines has a key of two columns.
var lines = func() *db.Collection {
	c := collection("lines", query.Field{Name: "id", Type: query.TypeID, NotNull: true, Of: []string{"number", "part"}},
		query.Field{Name: "number", Type: query.TypeInt, NotNull: true}, query.Field{Name: "part", Type: query.TypeString, NotNull: true}, query.Field{Name: "x", Type: query.TypeString})
	c.Parts = []int{1, 2}
	return c
}()

var articles = collection("articles", id(query.TypeID), query.Field{Name: "title", Type: query.TypeString, Search: true}, query.Field{Name: "body", Type: query.TypeString, Search: true})

var quoted = func() *db.Collection {
	c := collection("quoted", id(query.TypeID), query.Field{Name: "odd", Type: query.TypeString}, query.Field{Name: "meta", Type: query.TypeJSON})
	c.Table = `app.of"ours`
	c.Columns[1].Name = `an "odd" name`
	return c
}()

// Native are the columns of the collection existing whose type is not one that Basalt creates, by the kind of type
// that a driver's test gives them.
var Native = []struct {
	Column string
	Type   query.Type
	Value  query.Value
}{
	{"uuid", query.TypeString, query.String("6ba7b810-9dad-11d1-80b4-00c04fd430c8")},
	{"varchar", query.TypeString, query.String("v")},
	{"collated", query.TypeString, query.String("c")},
	{"enum", query.TypeString, query.String("red")},
	{"smallint", query.TypeInt, query.Int(3)},
	{"numeric", query.TypeFloat, query.Float(0.1)},
	{"real", query.TypeFloat, query.Float(1.5)},
	{"timestamp", query.TypeTime, at},
	{"date", query.TypeTime, at},
	{"json", query.TypeJSON, query.RawJSON(`{"b":1.0,"a":2}`)},
}

var existing = func() *db.Collection {
	fields := []query.Field{id(query.TypeInt)}
	for _, n := range Native {
		fields = append(fields, query.Field{Name: n.Column, Type: n.Type})
	}
	return collection("existing", fields...)
}()

func existingRow(null bool) query.Row {
	row := make(query.Row, len(existing.Columns))
	row[0] = query.Int(1)
	for i, n := range Native {
		if !null {
			row[i+1] = n.Value
		}
	}
	return row
}
