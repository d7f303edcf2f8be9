package mongo_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/mongo"
	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/query"
)

// others is the database of a driver, as another program has it.
func others(t *testing.T) (db.Driver, *driver.Database) {
	t.Helper()
	url := mongotest.Database(t)
	client, err := driver.Connect(context.Background(), options.Client().ApplyURI(url))
	if err != nil {
		t.Fatal(err)
	}
	d, err := mongo.Open(context.Background(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.Close()
		_ = client.Disconnect(context.Background())
	})
	return d, client.Database(url[strings.LastIndex(url, "/")+1:])
}

func binary(text string) primitive.Binary {
	id := uuid.MustParse(text)
	return primitive.Binary{Subtype: bson.TypeBinaryUUID, Data: id[:]}
}

func hex(text string) primitive.ObjectID {
	id, err := primitive.ObjectIDFromHex(text)
	if err != nil {
		panic(err)
	}
	return id
}

const (
	uuid1, uuid2 = "0191e7a0-0000-7000-8000-00000000000a", "f191e7a0-0000-7000-8000-00000000000a"
	oid1, oid2   = "5f43a0000000000000000001", "65aa00000000000000000002"
)

// kinded is a collection whose keys are of a type, and that refers to itself in every way.
func kinded(name string, key query.Type, to string) *db.Collection {
	inside := &query.Inside{Shape: query.NewShape([]query.Field{{Name: "owner", Type: query.TypeString}, {Name: "token", Type: query.TypeUUID}, {Name: "at", Type: query.TypeTime}, {Name: "of", Type: query.ListOf(query.TypeString)}})}
	fields := []query.Field{{Name: "id", Type: key, NotNull: true}, {Name: "ref", Type: query.TypeRef, Ref: true, To: to}, {Name: "who", Type: query.TypeString}, {Name: "token", Type: query.TypeUUID},
		{Name: "refs", Type: query.ListOf(query.TypeString)}, {Name: "tokens", Type: query.ListOf(query.TypeUUID)}, {Name: "doc", Type: query.TypeJSON, Inside: inside}}
	c := &db.Collection{Name: name, Table: name, Shape: query.NewShape(fields)}
	for _, f := range fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	return c
}

// TestKinds_AreKept: ids and references that another program has stored are found by their text in every comparison, and
// what is written is of the kind that is there.
func TestKinds_AreKept(t *testing.T) {
	ctx := context.Background()
	d, theirs := others(t)
	at := primitive.NewDateTimeFromTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	for _, test := range []struct {
		name       string
		key        query.Type
		first, two any
		text, next string
	}{
		{"objects", query.TypeID, hex(oid1), hex(oid2), oid1, oid2},
		{"uuids", query.TypeUUID, binary(uuid1), binary(uuid2), uuid1, uuid2},
		{"texts", query.TypeID, "Ann", "bob", "Ann", "bob"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := kinded(test.name, test.key, test.name)
			stored := theirs.Collection(test.name)
			inner := bson.D{{Key: "owner", Value: test.first}, {Key: "token", Value: binary(uuid1)}, {Key: "at", Value: at}, {Key: "of", Value: bson.A{test.first}}}
			if _, err := stored.InsertMany(ctx, []any{
				bson.D{{Key: "_id", Value: test.first}, {Key: "ref", Value: test.first}, {Key: "who", Value: test.first}, {Key: "token", Value: binary(uuid1)}, {Key: "refs", Value: bson.A{test.first, test.two}}, {Key: "tokens", Value: bson.A{binary(uuid1)}}, {Key: "doc", Value: inner}},
				bson.D{{Key: "_id", Value: test.two}, {Key: "token", Value: binary(uuid2)}},
			}); err != nil {
				t.Fatal(err)
			}
			if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
				t.Fatal(err)
			}
			find := func(f query.Filter) []query.Row {
				t.Helper()
				rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: f, Sort: []query.SortKey{{Field: "id"}}}})
				if err != nil {
					t.Fatal(err)
				}
				return rows
			}
			who := query.String(test.text)
			if test.key == query.TypeUUID {
				who = query.Null // in a string, a binary is none
			}
			rows := find(query.True)
			if len(rows) != 2 || rows[0][0].Text() != test.text || rows[1][0].Text() != test.next || rows[0][1].Text() != test.text || rows[0][2] != who || rows[0][3].Text() != uuid1 || rows[0][5].Text() != `["`+uuid1+`"]` {
				t.Fatalf("got %v", rows)
			}
			if doc := rows[0][6]; doc.Member("token").Text() != uuid1 || doc.Member("at").Text() != "2026-01-02T03:04:05.000000Z" {
				t.Errorf("the nested document is %s", doc.Text())
			}
			for _, name := range []string{"id", "ref", "token", "doc.token", "doc.owner"} {
				if name == "doc.owner" && test.key == query.TypeUUID {
					continue
				}
				path, typ, err := c.Shape.Path(name)
				if err != nil {
					t.Fatal(err)
				}
				values := []query.Value{query.Null}
				for _, text := range []string{test.text, test.next, uuid1, uuid2, oid1, "", "5", "5f43a", "65-", "g", "Z", "ffffffffffffffffffffffffffffffffffffff", uuid1 + "0", "\u00e9"} {
					values = append(values, query.String(text))
				}
				for _, op := range []query.CompareOp{query.Eq, query.Lt, query.Le, query.Gt, query.Ge} {
					for _, v := range values {
						f, _ := query.Comparison(path, typ, op, v)
						var want []string
						for _, r := range rows {
							if query.Match(f, c.Shape, r, nil) {
								want = append(want, r[0].Text())
							}
						}
						var got []string
						for _, r := range find(f) {
							got = append(got, r[0].Text())
						}
						if !slices.Equal(got, want) {
							t.Errorf("%s selects %v in the database and %v in memory", query.Canonical(f), got, want)
						}
					}
				}
				in, _ := query.Membership(path, typ, []query.Value{query.String(test.text), query.String(uuid1)})
				if rows := find(in); len(rows) == 0 || rows[0][0].Text() != test.text {
					t.Errorf("%s finds %v", query.Canonical(in), rows)
				}
			}
			for name, element := range map[string]string{"refs": test.text, "tokens": uuid1} {
				path, typ, _ := c.Shape.Path(name)
				if f, _ := query.HasElement(path, typ, query.String(element)); len(find(f)) != 1 && (name == "tokens" || test.key != query.TypeUUID) {
					t.Errorf("%s finds nothing", query.Canonical(f))
				}
			}

			// What Basalt writes is of the kind that is there, also where this document has no value yet.
			set := []db.Assignment{{Field: 1, Value: query.String(test.next)}, {Field: 2, Value: who}, {Field: 3, Value: query.String(uuid2)}, {Field: 5, Value: query.RawJSON(`["` + uuid2 + `"]`)},
				{Field: 6, Value: query.RawJSON(`{"owner":"` + test.next + `","token":"` + uuid2 + `","at":"2026-01-02T03:04:05.000000Z","of":["` + test.next + `"]}`)}}
			if test.key != query.TypeUUID {
				set = append(set, db.Assignment{Field: 4, Value: query.RawJSON(`["` + test.next + `"]`)})
			}
			if n, _, err := d.Update(ctx, c, db.Update{Where: c.ByKey(test.next), Set: set, Return: true}); n != 1 || err != nil {
				t.Fatalf("updated %d, %v", n, err)
			}
			var raw bson.M
			if err := stored.FindOne(ctx, bson.D{{Key: "_id", Value: test.two}}).Decode(&raw); err != nil {
				t.Fatal(err)
			}
			doc, _ := raw["doc"].(bson.M)
			if !same(raw["ref"], test.two) || !same(raw["token"], binary(uuid2)) || !same(raw["tokens"].(bson.A)[0], binary(uuid2)) || !same(doc["token"], binary(uuid2)) || doc["at"] != at {
				t.Errorf("stored %v", raw)
			}
			if test.key != query.TypeUUID && (!same(raw["refs"].(bson.A)[0], test.two) || !same(doc["owner"], test.two) || !same(doc["of"].(bson.A)[0], test.two)) {
				t.Errorf("stored %v", raw)
			}
			id := "0191e7a0-0000-7000-8000-0000000000ff"
			if made := db.Identifier(d.(*mongo.Driver)).NewID(c); made != "" {
				id = made
			}
			fresh := make(query.Row, len(c.Columns))
			fresh[0] = query.String(id)
			if err := d.Insert(ctx, c, []query.Row{fresh}); err != nil {
				t.Fatal(err)
			}
			wanted := map[string]any{"objects": primitive.ObjectID{}, "uuids": primitive.Binary{}, "texts": ""}[test.name]
			var keys []any
			cursor, err := stored.Find(ctx, bson.D{})
			if err != nil {
				t.Fatal(err)
			}
			for cursor.Next(ctx) {
				var m bson.M
				if err := cursor.Decode(&m); err != nil {
					t.Fatal(err)
				}
				keys = append(keys, m["_id"])
			}
			for _, k := range keys {
				if typeName(k) != typeName(wanted) {
					t.Errorf("the keys are %v", keys)
				}
			}
			if n, err := d.Delete(ctx, c, c.ByKey(id)); n != 1 || err != nil {
				t.Errorf("deleted %d, %v", n, err)
			}
		})
	}
}

// TestKinds_OfAReferenceAreThoseOfItsTarget: the first reference that is written is of the kind of the key it points to.
func TestKinds_OfAReferenceAreThoseOfItsTarget(t *testing.T) {
	ctx := context.Background()
	d, theirs := others(t)
	if _, err := theirs.Collection("users").InsertOne(ctx, bson.D{{Key: "_id", Value: hex(oid1)}}); err != nil {
		t.Fatal(err)
	}
	users, notes := kinded("users", query.TypeID, "notes"), kinded("notes", query.TypeID, "users")
	if err := d.Sync(ctx, []*db.Collection{notes, users}); err != nil {
		t.Fatal(err)
	}
	note := make(query.Row, len(notes.Columns))
	note[0], note[1] = query.String("n"), query.String(oid1)
	if err := d.Insert(ctx, notes, []query.Row{note}); err != nil {
		t.Fatal(err)
	}
	var raw bson.M
	if err := theirs.Collection("notes").FindOne(ctx, bson.D{}).Decode(&raw); err != nil || raw["ref"] != hex(oid1) || raw["_id"] != "n" {
		t.Errorf("stored %v, %v", raw, err)
	}
}

func same(a, b any) bool {
	x, okX := a.(primitive.Binary)
	y, okY := b.(primitive.Binary)
	if okX && okY {
		return x.Equal(y)
	}
	return okX == okY && a == b
}

func typeName(v any) string {
	switch v.(type) {
	case primitive.ObjectID:
		return "objectID"
	case primitive.Binary:
		return "binary"
	case string:
		return "text"
	}
	return "else"
}
