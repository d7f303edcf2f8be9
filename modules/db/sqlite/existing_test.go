package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

func collection(fields ...query.Field) *db.Collection {
	fields = append([]query.Field{{Name: "id", Type: query.TypeInt, NotNull: true}}, fields...)
	c := &db.Collection{Name: "c", Table: "c", Shape: query.NewShape(fields)}
	for _, f := range fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	return c
}

// TestSync_ATypeChangeReadsNoOldBytes: SQLite has one type for several of Basalt's.
func TestSync_ATypeChangeReadsNoOldBytes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for n, test := range []struct {
		from, to query.Type
		value    query.Value
		want     string // after an admin has asked for it
	}{
		{query.TypeString, query.TypeJSON, query.String("1"), `"1"`},
		{query.TypeString, query.TypeJSON, query.String(`it's "x"`), `"it's \"x\""`},
		{query.TypeJSON, query.TypeString, query.String("str"), `"str"`},
		{query.TypeJSON, query.TypeString, query.RawJSON(`{"a":1}`), `"{\"a\":1}"`},
		{query.TypeInt, query.TypeTime, query.Int(3), "null"},
		{query.TypeTime, query.TypeInt, query.Micros(5), "null"},
		{query.TypeInt, query.TypeBool, query.Int(3), "null"},
		{query.TypeInt, query.TypeBool, query.Int(1), "true"},
		{query.TypeBool, query.TypeInt, query.Bool(true), "1"},
		{query.TypeBool, query.TypeTime, query.Bool(true), "null"},
		{query.TypeTime, query.TypeBool, query.Micros(1), "null"},
		{query.TypeString, query.TypeDate, query.String("2026-02-28"), `"2026-02-28"`},
		{query.TypeString, query.TypeDate, query.String("2026-02-30"), "null"},
		{query.TypeDate, query.TypeString, query.Days(0), `"1970-01-01"`},
		{query.TypeString, query.TypeUUID, query.String("0191E7A0-0000-7000-8000-00000000000A"), `"0191e7a0-0000-7000-8000-00000000000a"`},
		{query.TypeString, query.TypeUUID, query.String("no uuid"), "null"},
	} {
		t.Run(string(test.from)+" "+test.value.Kind().String()+" to "+string(test.to)+" "+strconv.Itoa(n), func(t *testing.T) {
			d := open(t)
			defer d.Close() // the test is over
			before, after := collection(query.Field{Name: "x", Type: test.from}), collection(query.Field{Name: "x", Type: test.to})
			if err := d.Sync(ctx, []*db.Collection{before}); err != nil {
				t.Fatal(err)
			}
			if err := d.Insert(ctx, before, []query.Row{{query.Int(1), test.value}}); err != nil {
				t.Fatal(err)
			}
			if err := d.Sync(ctx, []*db.Collection{after}); err == nil || !strings.Contains(err.Error(), "kept as "+test.from.Kind().String()) || !strings.Contains(err.Error(), "ALTER TABLE") {
				t.Errorf("got %v", err)
			}
			if err := d.Sync(ctx, []*db.Collection{before}); err != nil {
				t.Errorf("as it was: %v", err)
			}
			m, _ := db.As[db.Migrator](d)
			if _, err := m.Migrate(ctx, []*db.Collection{after}); err != nil {
				t.Fatal(err)
			}
			rows, err := d.Find(ctx, after, db.Find{Query: query.Query{Where: query.True}})
			if err != nil || len(rows) != 1 || rows[0][1].JSON() != test.want {
				t.Errorf("got %v, %v, want %s", rows, err, test.want)
			}
			if err := d.Sync(ctx, []*db.Collection{after}); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestMigrate_ConvertsBetweenTypes: an admin who lets a column become another type gets what the values mean there.
func TestMigrate_ConvertsBetweenTypes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	date := func(text string) query.Value {
		v, _ := query.ParseDate(text)
		return v
	}
	for n, test := range []struct {
		from, to query.Type
		value    query.Value
		want     string
	}{
		{query.TypeTime, query.TypeDate, query.Micros(1772323199_999999), `"2026-02-28"`},
		{query.TypeTime, query.TypeDate, query.Micros(-1), `"1969-12-31"`},
		{query.TypeTime, query.TypeDate, query.Forever, "null"},
		{query.TypeDate, query.TypeTime, date("2026-02-28"), `"2026-02-28T00:00:00.000000Z"`},
		{query.TypeDate, query.TypeTime, date("1969-12-31"), `"1969-12-31T00:00:00.000000Z"`},
		{query.TypeDate, query.TypeInt, date("2026-02-28"), "null"},
		{query.TypeInt, query.TypeDate, query.Int(20260228), "null"},
		{query.TypeInt, query.TypeUUID, query.Int(5), "null"},
		{query.TypeInt, query.TypeDecimal, query.Int(9007199254740993), "9007199254740993"},
		{query.TypeFloat, query.TypeDecimal, query.Float(0.1), "0.1"},
		{query.TypeString, query.TypeDecimal, query.String("019.90"), "19.9"},
		{query.TypeString, query.TypeDecimal, query.String("much"), "null"},
		{query.TypeDecimal, query.TypeString, query.KnownDecimal("-12.5"), `"-12.5"`},
		{query.TypeDecimal, query.TypeFloat, query.KnownDecimal("-12.5"), "-12.5"},
		{query.TypeDecimal, query.TypeInt, query.KnownDecimal("12"), "12"},
		{query.TypeDecimal, query.TypeJSON, query.KnownDecimal("12.5"), "12.5"},
		{query.TypeDecimal, query.TypeDate, query.KnownDecimal("12.5"), "null"},
		{query.TypeUUID, query.TypeString, query.String("0191e7a0-0000-7000-8000-00000000000a"), `"0191e7a0-0000-7000-8000-00000000000a"`},
	} {
		t.Run(string(test.from)+" to "+string(test.to)+" "+strconv.Itoa(n), func(t *testing.T) {
			d := open(t)
			defer d.Close() // the test is over
			before, after := collection(query.Field{Name: "x", Type: test.from}), collection(query.Field{Name: "x", Type: test.to})
			if err := d.Sync(ctx, []*db.Collection{before}); err != nil {
				t.Fatal(err)
			}
			if err := d.Insert(ctx, before, []query.Row{{query.Int(1), test.value}, {query.Int(2), query.Null}}); err != nil {
				t.Fatal(err)
			}
			if _, err := d.(db.Migrator).Migrate(ctx, []*db.Collection{after}); err != nil {
				t.Fatal(err)
			}
			rows, err := d.Find(ctx, after, db.Find{Query: query.Query{Where: query.True, Sort: after.KeyOrder(false)}})
			if err != nil || len(rows) != 2 || rows[0][1].JSON() != test.want || !rows[1][1].IsNull() {
				t.Errorf("got %v, %v, want %s", rows, err, test.want)
			}
			dbtest.Consistent(t, d, after)
		})
	}
}

// adopted opens a database in which another program has run the statements.
func adopted(t testing.TB, sql string, c *db.Collection) (db.Driver, *sqlite3.Conn) {
	t.Helper()
	path := t.TempDir() + "/theirs.db"
	conn, err := sqlite3.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() }) // the test is over
	if err := conn.Exec(sql); err != nil {
		t.Fatal(err)
	}
	d, err := sqlite.Open(context.Background(), db.Config{URL: "file:" + path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() }) // the test is over
	if err := d.Sync(context.Background(), []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	return d, conn
}

func TestInsert_DefaultsOfTheDatabase(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := collection(query.Field{Name: "status", Type: query.TypeString}, query.Field{Name: "n", Type: query.TypeInt})
	d, _ := adopted(t, "CREATE TABLE c (id INTEGER PRIMARY KEY, status TEXT DEFAULT 'draft', n INTEGER DEFAULT 7)", c)
	rows := []query.Row{{query.LeftOut, query.LeftOut, query.Int(1)}, {query.LeftOut, query.Null, query.LeftOut}, {query.Int(9), query.String("x"), query.Null}}
	if err := d.Insert(ctx, c, rows); err != nil {
		t.Fatal(err)
	}
	stored, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`1 "draft" 1`, `2 null 7`, `9 "x" null`}
	for i := range want {
		for what, row := range map[string]query.Row{"stored": stored[i], "answered": rows[i]} {
			if got := row[0].JSON() + " " + row[1].JSON() + " " + row[2].JSON(); got != want[i] {
				t.Errorf("%s: %s, want %s", what, got, want[i])
			}
		}
	}
}

func TestWrites_TriggersHaveTheirSay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := collection(query.Field{Name: "x", Type: query.TypeString}, query.Field{Name: "gone", Type: query.TypeInt})
	d, _ := adopted(t, `CREATE TABLE c (id INTEGER PRIMARY KEY, x TEXT, gone INTEGER);
		CREATE TRIGGER softly BEFORE DELETE ON c BEGIN UPDATE c SET gone = 1 WHERE id = OLD.id; SELECT RAISE(IGNORE); END;
		CREATE TRIGGER skip BEFORE INSERT ON c WHEN NEW.x = 'skip' BEGIN SELECT RAISE(IGNORE); END;
		CREATE TRIGGER stay BEFORE UPDATE OF x ON c WHEN NEW.x = 'paid' BEGIN SELECT RAISE(ABORT, 'paid invoices stay'); END;
		INSERT INTO c VALUES (1, 'a', 0)`, c)
	if n, err := d.Delete(ctx, c, c.ByKey("1")); n != 1 || err != nil {
		t.Errorf("a soft delete: %d, %v", n, err)
	}
	if n, err := d.Count(ctx, c, &query.Compare{Path: query.Path{Field: "gone"}, Op: query.Eq, Value: query.Int(1)}); n != 1 || err != nil {
		t.Errorf("%d are gone, %v", n, err)
	}
	if n, err := d.Delete(ctx, c, c.ByKey("2")); n != 0 || err != nil {
		t.Errorf("deleting nothing: %d, %v", n, err)
	}
	if err := d.Insert(ctx, c, []query.Row{{query.Int(5), query.String("keep"), query.Null}, {query.Int(6), query.String("skip"), query.Null}}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("an insert that is ignored: %v", err)
	}
	if n, err := d.Count(ctx, c, query.True); n != 1 || err != nil {
		t.Errorf("there are %d, %v", n, err)
	}
	_, _, err := d.Update(ctx, c, db.Update{Where: c.ByKey("1"), Set: []db.Assignment{{Field: 1, Value: query.String("paid")}}})
	if fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), "paid invoices stay") {
		t.Errorf("got %v", err)
	}
}

// TestValues_BeyondJSON: a REAL of 9e999 is infinite, and a time is any number.
func TestValues_BeyondJSON(t *testing.T) {
	t.Parallel()
	c := collection(query.Field{Name: "f", Type: query.TypeFloat}, query.Field{Name: "t", Type: query.TypeTime})
	d, _ := adopted(t, `CREATE TABLE c (id INTEGER PRIMARY KEY, f REAL, t INTEGER) STRICT;
		INSERT INTO c VALUES (1, 9e999, 9223372036854775807), (2, -9e999, -9223372036854775808), (3, NULL, NULL), (4, 9e999, 317339683200000000), (5, 1.5, 0), (6, 1e308, -9223372036854775807)`, c)
	dbtest.Consistent(t, d, c)
}

// TestValues_Dates: the dates of other programs are texts, and a text that is none is refused when the table is adopted.
func TestValues_Dates(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := collection(query.Field{Name: "d", Type: query.TypeDate})
	d, conn := adopted(t, `CREATE TABLE c (id INTEGER PRIMARY KEY, d DATE);
		INSERT INTO c VALUES (1, '2026-02-28'), (2, '0000-01-01'), (3, NULL), (4, '9999-12-31'), (5, 'infinity'), (6, '-infinity'), (7, '2024-02-29')`, c)
	dbtest.Consistent(t, d, c)
	if tables, err := d.(db.Introspector).Introspect(ctx); err != nil || tables[0].Fields[1].Type != query.TypeDate {
		t.Errorf("the table is %+v, %v", tables, err)
	}
	if err := conn.Exec("INSERT INTO c VALUES (8, '2026-02-30'), (9, 20260228)"); err != nil {
		t.Fatal(err)
	}
	rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}})
	if err != nil || len(rows) != 9 || !rows[7][1].IsNull() || !rows[8][1].IsNull() {
		t.Errorf("got %v, %v", rows, err)
	}
	for _, none := range []string{"'2026-02-30'", "'soon'", "''", "20260228", "'2026-02-28T00:00:00Z'", "2451545.5", "x'00'"} {
		d, _ := adopted(t, "CREATE TABLE other (x INTEGER); CREATE TABLE c (id INTEGER PRIMARY KEY, d DATE); INSERT INTO c VALUES (1, "+none+")", collection())
		if err := d.Sync(ctx, []*db.Collection{collection(query.Field{Name: "d", Type: query.TypeDate})}); err == nil || !strings.Contains(err.Error(), "which is not a date") {
			t.Errorf("%s: got %v", none, err)
		}
	}
}

// TestValues_ThatAreNoJSON: what another program has written into a text column is null where it is no JSON, to those
// who read and to filters, and fails nothing.
func TestValues_ThatAreNoJSON(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := collection(query.Field{Name: "j", Type: query.TypeJSON})
	d, _ := adopted(t, `CREATE TABLE c (id INTEGER PRIMARY KEY, j TEXT);
		INSERT INTO c VALUES (1, '{"a":1}'), (2, '{oops'), (3, ''), (4, 'plain'), (5, '[1,'), (6, '"s"'), (7, NULL), (8, '{"b":1,"b":2}'), (9, '{a:1}')`, c)
	inside := &query.Compare{Path: query.Path{Field: "j", Sub: "a"}, Op: query.Eq, Value: query.Int(1)}
	for what, ask := range map[string]func() (int64, error){
		"count": func() (int64, error) { return d.Count(ctx, c, inside) },
		"length": func() (int64, error) {
			return d.Count(ctx, c, &query.Length{Path: query.Path{Field: "j"}, Op: query.Eq, Value: 1})
		},
		"in a transaction": func() (n int64, err error) {
			err = d.Transaction(ctx, func(s db.Store) error {
				n, err = s.Count(ctx, c, inside)
				return err
			})
			return n, err
		},
	} {
		if n, err := ask(); n != 1 || err != nil {
			t.Errorf("%s: %d, %v", what, n, err)
		}
	}
	dbtest.Consistent(t, d, c)
	rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`{"a":1}`, "null", "null", "null", "null", `"s"`, "null", `{"b":1,"b":2}`, "null"} {
		if got := rows[i][1].JSON(); got != want {
			t.Errorf("%d: %s, want %s", i+1, got, want)
		}
	}
}

// TestSync_MakesAnOldSearchAgain opens a database whose index of the search was made before accents were taken as equal.
func TestSync_MakesAnOldSearchAgain(t *testing.T) {
	t.Parallel()
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "title", Type: query.TypeString, Search: true}})
	c := &db.Collection{Name: "c", Table: "c", Shape: shape, Columns: []db.Column{{Name: "id", Type: query.TypeID}, {Name: "title", Type: query.TypeString, Search: true}}}
	d, conn := adopted(t, "CREATE TABLE c (id TEXT PRIMARY KEY, title TEXT) STRICT, WITHOUT ROWID; INSERT INTO c VALUES ('a', 'Café')", c)
	found := func() int {
		t.Helper()
		rows, err := d.Find(context.Background(), c, db.Find{Query: query.Query{Where: &query.Search{Fields: []string{"title"}, Text: "caf"}}})
		exact, err2 := d.Find(context.Background(), c, db.Find{Query: query.Query{Where: &query.Search{Fields: []string{"title"}, Text: "cafe"}}})
		if err != nil || err2 != nil || len(rows) != 1 {
			t.Fatal(rows, err, err2)
		}
		return len(exact)
	}
	old := "DROP TABLE c_basalt_search; CREATE VIRTUAL TABLE c_basalt_search USING fts5(title, tokenize = \"unicode61 remove_diacritics 0\"); INSERT INTO c_basalt_search (rowid, title) SELECT k.number, c.title FROM c JOIN c_basalt_search_keys AS k ON k.id = c.id"
	if err := errors.Join(fts5.Register(conn), conn.Exec(old)); err != nil {
		t.Fatal(err)
	}
	if found() != 0 {
		t.Fatal("the old index finds words without their accents")
	}
	for range 2 { // the second time there is nothing to do
		if err := d.Sync(context.Background(), []*db.Collection{c}); err != nil {
			t.Fatal(err)
		}
		if found() != 1 {
			t.Error("the index was not made again")
		}
	}
	if _, _, err := d.Update(context.Background(), c, db.Update{Where: c.ByKey("a"), Set: []db.Assignment{{Field: 1, Value: query.String("Cafés")}}}); err != nil || found() != 1 {
		t.Error("the index is not kept up to date", err)
	}
}

// TestSync_ColumnsOfOtherPrograms: what is introspected is served as it is, with the names that other programs have for
// the types, and what these have stored.
func TestSync_ColumnsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	types := []struct {
		declared string
		field    query.Type
		theirs   string
		ours     query.Value
	}{
		{"varchar(80)", query.TypeString, "'ann'", query.String("bob")},
		{"NVARCHAR", query.TypeString, "'ann'", query.String("bob")},
		{"TEXT COLLATE NOCASE", query.TypeString, "'ann'", query.String("ANN")},
		{"TEXT COLLATE RTRIM", query.TypeString, "'ann  '", query.String("ann")},
		{"bigint", query.TypeInt, "9007199254740993", query.Int(-1)},
		{"INT UNSIGNED", query.TypeInt, "7", query.Int(8)},
		{"BOOLEAN", query.TypeBool, "TRUE", query.Bool(false)},
		{"bool", query.TypeBool, "0", query.Bool(true)},
		{"NUMERIC(10,2)", query.TypeFloat, "4", query.Float(4.5)},
		{"decimal", query.TypeFloat, "4.5", query.Float(-4)},
		{"double precision", query.TypeFloat, "0.1", query.Float(2)},
		{"date", query.TypeDate, "'2026-02-28'", query.Days(0)},
		{"longblob", query.TypeBytes, "x'00ff'", query.Bytes("\x01")},
	}
	var columns, values []string
	var fields []query.Field
	row := query.Row{query.Int(2)}
	for i, one := range types {
		name := "c" + strconv.Itoa(i)
		columns, values = append(columns, name+" "+one.declared), append(values, one.theirs)
		fields, row = append(fields, query.Field{Name: name, Type: one.field}), append(row, one.ours)
	}
	c := collection(fields...)
	d, _ := adopted(t, "CREATE TABLE c (id integer PRIMARY KEY, "+strings.Join(columns, ", ")+"); INSERT INTO c VALUES (1, "+strings.Join(values, ", ")+")", c)
	if err := d.Insert(ctx, c, []query.Row{row}); err != nil {
		t.Fatal(err)
	}
	tables, err := d.(db.Introspector).Introspect(ctx)
	if err != nil || len(tables) != 1 {
		t.Fatalf("%v, %v", tables, err)
	}
	for i, one := range types {
		if got := tables[0].Fields[i+1].Type; got != one.field {
			t.Errorf("%s is introspected as %q, not %s", one.declared, got, one.field)
		}
	}
	dbtest.Consistent(t, d, c)
}

// TestWrites_AnswerWhatTriggersLeave: RETURNING of SQLite has a row as it was before its AFTER triggers.
func TestWrites_AnswerWhatTriggersLeave(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, table := range map[string]string{"with rowids": "CREATE TABLE c (id INTEGER PRIMARY KEY, x TEXT, made TEXT GENERATED ALWAYS AS (x || '!') VIRTUAL)", "without": "CREATE TABLE c (id INTEGER PRIMARY KEY, x TEXT, made TEXT GENERATED ALWAYS AS (x || '!') STORED) WITHOUT ROWID"} {
		c := collection(query.Field{Name: "x", Type: query.TypeString}, query.Field{Name: "made", Type: query.TypeString})
		d, _ := adopted(t, table+`; CREATE TRIGGER low AFTER INSERT ON c BEGIN UPDATE c SET x = lower(NEW.x) WHERE id = NEW.id; END;
			CREATE TRIGGER high AFTER UPDATE ON c WHEN NEW.x <> upper(NEW.x) AND OLD.x <> upper(NEW.x) COLLATE NOCASE BEGIN UPDATE c SET x = upper(NEW.x) WHERE id = NEW.id; END`, c)
		rows := []query.Row{{query.Int(1), query.String("Ab"), query.LeftOut}, {query.Int(2), query.String("CD"), query.LeftOut}}
		if err := d.Insert(ctx, c, rows); err != nil {
			t.Fatal(err)
		}
		if rows[0][1] != query.String("ab") || rows[1][2] != query.String("cd!") {
			t.Errorf("%s: inserted %v", name, rows)
		}
		_, changed, err := d.Update(ctx, c, db.Update{Where: c.ByKey("2"), Set: []db.Assignment{{Field: 1, Value: query.String("ef")}}, Return: true})
		if err != nil || len(changed) != 1 || changed[0][1] != query.String("EF") || changed[0][2] != query.String("EF!") {
			t.Errorf("%s: updated %v, %v", name, changed, err)
		}
		tables, err := d.(db.Introspector).Introspect(ctx)
		if err != nil || len(tables[0].Fields) != 3 || !tables[0].Fields[2].Filled || tables[0].Fields[2].Type != query.TypeString {
			t.Errorf("%s: %+v, %v", name, tables, err)
		}
	}
}

// TestFolds: columns with NOCASE compare in any case, with values, with each other, in orders, pages and lookups; those with
// a collation that Basalt does not know compare by their bytes.
func TestFolds(t *testing.T) {
	t.Parallel()
	c := collection(query.Field{Name: "a", Type: query.TypeString}, query.Field{Name: "b", Type: query.TypeString}, query.Field{Name: "plain", Type: query.TypeString}, query.Field{Name: "trimmed", Type: query.TypeString})
	sql := "CREATE TABLE c (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b TEXT COLLATE nocase, plain TEXT, trimmed TEXT COLLATE RTRIM); CREATE INDEX by_a ON c (a, id);"
	quoted := func(n int) string { return db.Literal(query.String(dbtest.FoldRows[n%len(dbtest.FoldRows)])) }
	for n := range dbtest.FoldRows {
		sql += fmt.Sprintf("INSERT INTO c VALUES (%d, %s, %s, %s, %s);", n+1, quoted(n), quoted(n+1), quoted(n+2), quoted(n))
	}
	sql += "INSERT INTO c VALUES (99, NULL, NULL, NULL, NULL)"
	d, _ := adopted(t, sql, c)
	dbtest.Folds(t, d, c)
	path := query.Path{Field: "a"}
	if n, err := d.Count(t.Context(), c, &query.Compare{Path: path, Op: query.Eq, Value: query.String("bOB")}); n != 3 || err != nil {
		t.Errorf("bOB finds %d, %v", n, err)
	}
	for _, f := range []db.Find{
		{Query: query.Query{Where: &query.Compare{Path: path, Op: query.Eq, Value: query.String("bOB")}}},
		{Query: query.Query{Where: query.OneOf(path, []query.Value{query.String("x"), query.String("Y")})}},
		{Query: query.Query{Where: query.True, Sort: append([]query.SortKey{{Field: "a"}}, c.KeyOrder(false)...), Limit: 5}},
	} {
		statement, err := d.(db.Explainer).Explain(t.Context(), c, f)
		if plan := strings.Join(statement.Plan, "\n"); err != nil || !strings.Contains(plan, "by_a") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\n%s %v", statement.Text, plan, err)
		}
	}
}

// TestIndexes_OfOthersStay: Basalt drops no index that it has not made, or that a foreign key may need.
func TestIndexes_OfOthersStay(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c := collection(query.Field{Name: "a", Type: query.TypeString}, query.Field{Name: "b", Type: query.TypeString})
	d, conn := adopted(t, "CREATE TABLE c (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE UNIQUE INDEX theirs ON c (a); CREATE INDEX c_b_index ON c (b)", c)
	own := *c
	own.Columns = slices.Clone(c.Columns)
	own.Columns[2].Unique = true
	names := func(want string) {
		t.Helper()
		s, _, err := conn.Prepare("SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name)")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if s.Step(); s.ColumnText(0) != want {
			t.Errorf("the indexes are %s, want %s", s.ColumnText(0), want)
		}
	}
	sync := func(c *db.Collection) {
		t.Helper()
		if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
			t.Fatal(err)
		}
	}
	sync(&own)
	names("c_b_index c_b_unique theirs")
	sync(c)
	names("c_b_index theirs")
	sync(&own)
	if err := conn.Exec("CREATE TABLE refers (b TEXT REFERENCES c (b))"); err != nil {
		t.Fatal(err)
	}
	sync(c)
	names("c_b_index c_b_unique theirs")
	if err := conn.Exec("DROP TABLE refers; DROP INDEX c_b_unique; CREATE UNIQUE INDEX by_hand ON c (b)"); err != nil {
		t.Fatal(err)
	}
	sync(c)
	names("by_hand c_b_index theirs")
}
