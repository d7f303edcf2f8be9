package mongo_test

import (
	"context"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/mongo"
	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// exceptions are what FerretDB 1.24 over SQLite does not do, and MongoDB does, but for the last two,
// which hold for both.
var exceptions = dbtest.Exceptions{
	Cases: map[string]string{
		"TransactionsHappenAsAWhole": "FerretDB has no transactions; TestTransaction_WithoutTransactions tries what happens instead",
		"LockedRowsDoNotChange":      "FerretDB finds a document and changes it in two steps, so that no condition of a change is safe from others",
		"SyncAddsAndRefuses":         "MongoDB keeps no types, so that none can have changed",
		"DecimalsAreExact":           "FerretDB has no decimals",
		"KeysOfSeveralColumns":       "a document of MongoDB has one key; Sync says so",
	},
	Partial:      "FerretDB has no partialFilterExpression",
	NestedArrays: "FerretDB stores no arrays in arrays",
	Expressions:  "FerretDB has no comparison in $expr",
	Decimals:     "FerretDB has no decimals; TestDecimals has what is stored in MongoDB",
	BytesOrder:   "MongoDB orders bytes by their length, and Basalt refuses to order by them",
	JSONOrder:    "MongoDB orders null after false, and lists by their least element",
	NullOrder:    "MongoDB orders null before every value",
	Lookups:      "an aggregation could, a filter cannot",
	Infinite:     "FerretDB takes neither infinity nor NaN; TestDecode_NumbersBeyondJSON and TestTranslate_NumbersBeyondJSON have what MongoDB does",
}

func TestConformance(t *testing.T) {
	url := mongotest.Database(t)
	server := url[:strings.LastIndex(url, "/")]
	dbtest.Run(t, func(t testing.TB) db.Driver {
		d, err := mongo.Open(context.Background(), db.Config{URL: mongotest.In(server)})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}, exceptions)
}

func open(t *testing.T) (db.Driver, *db.Collection) {
	t.Helper()
	d, err := mongo.Open(context.Background(), db.Config{URL: mongotest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	c := dbtest.Collection("things")
	if err := d.Sync(context.Background(), []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	return d, c
}

func thing(c *db.Collection, id string, n int64) query.Row {
	row := make(query.Row, len(c.Columns))
	row[c.Key] = query.String(id)
	row[c.Shape.Index("n")] = query.Int(n)
	row[c.Shape.Index("j")] = query.RawJSON(`{"a":[1,{"b":null}]}`)
	return row
}

// TestTransaction_WithoutTransactions: a change of one document that another writer has changed since it
// was read is made again from the start, and a change of several is refused before anything happens.
func TestTransaction_WithoutTransactions(t *testing.T) {
	d, c := open(t)
	ctx := context.Background()
	n := c.Shape.Index("n")
	if err := d.Insert(ctx, c, []query.Row{thing(c, "a", 1), thing(c, "b", 1)}); err != nil {
		t.Fatal(err)
	}
	set := func(s db.Store, id string, v int64) error {
		_, _, err := s.Update(ctx, c, db.Update{Where: c.ByKey(id), Set: []db.Assignment{{Field: n, Value: query.Int(v)}}})
		return err
	}
	tries := 0
	err := d.Transaction(ctx, func(s db.Store) error {
		tries++
		rows, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKey("a")}, Lock: db.Exclusive})
		if err != nil {
			return err
		}
		if tries == 1 { // another writer, between reading and writing
			if err := set(d, "a", 10); err != nil {
				return err
			}
		}
		return set(s, "a", rows[0][n].Int()+1)
	})
	rows, findErr := d.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKey("a")}})
	if err != nil || findErr != nil || tries != 2 || rows[0][n].Int() != 11 {
		t.Errorf("after %d tries: %v, %v, %v", tries, rows, err, findErr)
	}
	err = d.Transaction(ctx, func(s db.Store) error {
		return s.Insert(ctx, c, []query.Row{thing(c, "x", 1), thing(c, "y", 1)})
	})
	if fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), "no transactions") {
		t.Errorf("several documents: %v", err)
	}
	if count, err := d.Count(ctx, c, query.True); count != 2 || err != nil {
		t.Errorf("there are %d documents, %v", count, err)
	}
}

// TestDocuments_OfOthers reads what another program has stored: ObjectIDs, other types, arrays where
// the collection has a text.
func TestDocuments_OfOthers(t *testing.T) {
	url := mongotest.Database(t)
	ctx := context.Background()
	client, err := driver.Connect(ctx, options.Client().ApplyURI(url))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Disconnect(ctx) // the test is over
	d, err := mongo.Open(ctx, db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() // the test is over
	c := dbtest.Collection("things")
	id := primitive.NewObjectID()
	others := client.Database(url[strings.LastIndex(url, "/")+1:]).Collection("things")
	if _, err := others.InsertMany(ctx, []any{
		bson.D{{Key: "_id", Value: id}, {Key: "s", Value: "text"}, {Key: "n", Value: int32(7)}, {Key: "f", Value: int32(2)}, {Key: "j", Value: bson.D{{Key: "at", Value: id}}}},
		bson.D{{Key: "_id", Value: "array"}, {Key: "s", Value: bson.A{"text", "ann"}}, {Key: "n", Value: 2.5}},
	}); err != nil {
		t.Fatal(err)
	}
	find := func(f query.Filter) []query.Row {
		t.Helper()
		rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: f}})
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	rows := find(c.ByKey(id.Hex()))
	if len(rows) != 1 || rows[0][0].Text() != id.Hex() || rows[0][c.Shape.Index("n")] != query.Int(7) || rows[0][c.Shape.Index("f")] != query.Float(2) || !strings.Contains(rows[0][c.Shape.Index("j")].Text(), id.Hex()) {
		t.Errorf("got %v", rows)
	}
	// An array is not one of its elements: a rule `doc.s == auth.id` does not let ann in.
	for _, f := range []query.Filter{
		&query.Compare{Path: query.Path{Field: "s"}, Op: query.Eq, Value: query.String("ann")},
		&query.In{Path: query.Path{Field: "s"}, Values: []query.Value{query.String("ann"), query.String("x")}},
		&query.Text{Path: query.Path{Field: "s"}, Op: query.Contains, Text: "an"},
		&query.Compare{Path: query.Path{Field: "s"}, Op: query.Lt, Value: query.String("b")},
	} {
		if rows := find(f); len(rows) != 0 {
			t.Errorf("%s finds %v", query.Format(f), rows)
		}
	}
	n, _, err := d.Update(ctx, c, db.Update{Where: c.ByKey(id.Hex()), Set: []db.Assignment{{Field: c.Shape.Index("s"), Value: query.String("x")}}})
	if n != 1 || err != nil {
		t.Errorf("an update by an ObjectID: %d, %v", n, err)
	}
}

func TestIntrospect_GuessesFromDocuments(t *testing.T) {
	d, c := open(t)
	ctx := context.Background()
	if err := d.Insert(ctx, c, []query.Row{thing(c, "a", 1), thing(c, "b", 2)}); err != nil {
		t.Fatal(err)
	}
	in, ok := db.As[db.Introspector](d)
	if !ok {
		t.Fatal("the driver cannot introspect")
	}
	tables, err := in.Introspect(ctx)
	if err != nil || len(tables) != 1 || tables[0].Name != "things" || tables[0].Sampled != 2 {
		t.Fatalf("got %+v, %v", tables, err)
	}
	types := map[string]query.Type{}
	for _, f := range tables[0].Fields {
		types[f.Name] = f.Type
	}
	if types["n"] != query.TypeInt || types["j"] != query.TypeJSON || types["_id"] != query.TypeString {
		t.Errorf("got %v", types)
	}
}
