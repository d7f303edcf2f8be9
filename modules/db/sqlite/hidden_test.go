package sqlite_test

import (
	"context"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/query"
)

// mixed are columns of another program, a value of each that is one of its field, and some that are none.
var mixed = []struct {
	name, declared string
	field          query.Type
	value          string
	none           []string
}{
	{"n", "INTEGER", query.TypeInt, "4", []string{"'abc'", "4.5", "x'34'"}},
	{"at", "bigint", query.TypeTime, "1700000000000000", []string{"'2024-01-01 10:00:00'", "1.5e300", "''"}},
	{"b", "boolean", query.TypeBool, "1", []string{"'yes'", "7", "0.5"}},
	{"x", "REAL", query.TypeFloat, "0.5", []string{"'abc'", "x''", "'NaN'"}},
	{"s", "varchar(9) COLLATE NOCASE", query.TypeString, "'Ann'", []string{"x'416e6e'", "x''", "x'ff'"}},
	{"d", "TEXT", query.TypeDate, "'2024-02-29'", []string{"'2024-02-30'", "'yesterday'", "x'32'"}},
	{"y", "BLOB", query.TypeBytes, "x'00'", []string{"'text'", "5", "0.5"}},
}

func mixedTable() (create string, fields []query.Field) {
	create = "CREATE TABLE c (id integer PRIMARY KEY"
	for _, one := range mixed {
		create += ", " + one.name + " " + one.declared
		fields = append(fields, query.Field{Name: one.name, Type: one.field})
	}
	return create + "); CREATE INDEX by_n ON c (n); CREATE INDEX by_s ON c (s);", fields
}

func mixedRows(from, to int) (insert string) {
	for at := from; at < to; at++ {
		insert += "INSERT INTO c VALUES (" + string(rune('0'+at))
		for _, one := range mixed {
			switch {
			case at == 0:
				insert += ", " + one.value
			case at == 1:
				insert += ", NULL"
			default:
				insert += ", " + one.none[(at-2)%3]
			}
		}
		insert += ");"
	}
	return insert
}

// TestHidden_ConditionsAndMemoryAgree: what reads as null is null in conditions, too, since the server has started.
func TestHidden_ConditionsAndMemoryAgree(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	create, fields := mixedTable()
	c := collection(fields...)
	_, conn := adopted(t, create+mixedRows(0, 2), c)
	if err := conn.Exec(mixedRows(2, 5)); err != nil {
		t.Fatal(err)
	}
	d, err := sqlite.Open(ctx, db.Config{URL: "file:" + conn.Filename("main").String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() }) // the test is over
	if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Count(ctx, c, &query.Compare{Path: query.Path{Field: "n"}, Op: query.Eq, Value: query.Null}); err != nil || n != 4 { // nothing was read before
		t.Errorf("n is null in %d rows, %v", n, err)
	}
	dbtest.Consistent(t, d, c)
	nulls(t, d, c)
}

// nulls counts what is null in each field.
func nulls(t *testing.T, s db.Store, c *db.Collection) {
	t.Helper()
	ctx := context.Background()
	rows, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: query.True}})
	if err != nil {
		t.Fatal(err)
	}
	for i, field := range c.Shape.Fields[1:] {
		want := int64(0)
		for _, row := range rows {
			if row[i+1].IsNull() {
				want++
			}
		}
		n, err := s.Count(ctx, c, &query.Compare{Path: query.Path{Field: field.Name}, Op: query.Eq, Value: query.Null})
		if err != nil || n != want || n < 3 {
			t.Errorf("%s is null in %d rows, %d are read so, %v", field.Name, n, want, err)
		}
	}
}

// TestHidden_SinceAValueIsSeen: another program writes such values after the table was synced.
func TestHidden_SinceAValueIsSeen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	create, fields := mixedTable()
	c := collection(fields...)
	d, conn := adopted(t, create+mixedRows(0, 2), c)
	if err := conn.Exec(mixedRows(2, 5)); err != nil {
		t.Fatal(err)
	}
	above := &query.Compare{Path: query.Path{Field: "n"}, Op: query.Gt, Value: query.Int(3)}
	rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: above}})
	if err != nil || len(rows) != 1 {
		t.Errorf("%v, %v", rows, err)
	}
	if err := d.Transaction(ctx, func(s db.Store) error { // it runs again as a whole
		if _, err := s.Find(ctx, c, db.Find{Query: query.Query{Where: query.True}}); err != nil {
			return err
		}
		nulls(t, s, c)
		return nil
	}); err != nil {
		t.Error(err)
	}
	dbtest.Consistent(t, d, c)
}
