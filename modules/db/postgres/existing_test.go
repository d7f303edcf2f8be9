package postgres_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/postgres"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/query"
)

// adopted opens a database in which another program has run the statements, and returns a collection for
// a table of theirs, with the fields after the id.
func adopted(t testing.TB, server, sql, table string, fields ...query.Field) (db.Driver, *db.Collection, *pgx.Conn) {
	t.Helper()
	ctx := context.Background()
	url := postgrestest.In(t, server)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) }) // the test is over
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
	d, err := postgres.Open(ctx, db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() }) // the test is over
	c := &db.Collection{Name: table, Table: table, Shape: query.NewShape(fields)}
	for _, f := range fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
		t.Fatal(err)
	}
	return d, c, conn
}

func idAnd(fields ...query.Field) []query.Field {
	return append([]query.Field{{Name: "id", Type: query.TypeInt, NotNull: true}}, fields...)
}

// read returns the values of a field by the order of the key, as the API shows them.
func read(t *testing.T, d db.Driver, c *db.Collection, field string) (out []string) {
	t.Helper()
	rows, err := d.Find(context.Background(), c, db.Find{Query: query.Query{Where: query.True, Sort: c.KeyOrder(false)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		out = append(out, r[c.Shape.Index(field)].JSON())
	}
	return out
}

// TestValues_BeyondJSON: what RFC 3339 and JSON have no form for means one thing to filters, in memory,
// to pages and to who reads it.
func TestValues_BeyondJSON(t *testing.T) {
	server := postgrestest.Database(t)
	times := []string{"2026-01-01", "infinity", "2026-02-01", "-infinity", "infinity", "", "12026-01-01", "0044-03-15 BC", "9999-12-31", "0001-01-01", "294276-12-31", "4713-01-01 BC"}
	shown := []string{`"2026-01-01T00:00:00.000000Z"`, `"infinity"`, `"2026-02-01T00:00:00.000000Z"`, `"-infinity"`, `"infinity"`, "null", `"+012026-01-01T00:00:00.000000Z"`,
		`"-000043-03-15T00:00:00.000000Z"`, `"9999-12-31T00:00:00.000000Z"`, `"0001-01-01T00:00:00.000000Z"`, `"+294247-01-10T04:00:54.775806Z"`, `"-004712-01-01T00:00:00.000000Z"`}
	dates := []string{"2026-01-01", "infinity", "2026-02-28", "-infinity", "", "12026-01-01", "0044-03-15 BC", "9999-12-31", "0001-01-01", "5874897-12-31", "4714-11-24 BC"}
	shownDates := []string{`"2026-01-01"`, `"infinity"`, `"2026-02-28"`, `"-infinity"`, "null", `"+012026-01-01"`, `"-000043-03-15"`, `"9999-12-31"`, `"0001-01-01"`, `"+5874897-12-31"`, `"-004713-11-24"`}
	numbers := []string{"1", "NaN", "Infinity", "-Infinity", "", "0.5", "NaN", "Infinity", "-1"}
	shownNumbers := []string{"1", `"NaN"`, `"Infinity"`, `"-Infinity"`, "null", "0.5", `"NaN"`, `"Infinity"`, "-1"}
	decimals := []string{"0", "0.1", "0.0001", "0.00001", "12345.6789", "10000", "9999.9999", "100000000.00000001", "123456789012.12345678", "-0.0000000000000000000012345", "9007199254740993", "-9007199254740993.5",
		"1" + strings.Repeat("0", 400), "0." + strings.Repeat("0", 400) + "1", strings.Repeat("12345", 200) + "." + strings.Repeat("6789", 300)}
	for _, test := range []struct {
		column string
		typ    query.Type
		values []string
		want   []string
	}{
		{"timestamptz", query.TypeTime, times, shown},
		{"timestamp", query.TypeTime, times, shown},
		{"date", query.TypeTime, times, shown},
		{"date", query.TypeDate, dates, shownDates},
		{"float8", query.TypeFloat, numbers, shownNumbers},
		{"real", query.TypeFloat, numbers, shownNumbers},
		{"numeric", query.TypeFloat, numbers, shownNumbers},
		{"numeric", query.TypeDecimal, append(decimals, numbers...), append(slices.Clone(decimals), shownNumbers...)},
		{"numeric(10,4)", query.TypeDecimal, []string{"1.5", "-0.00004", "99999.99995", "20"}, []string{"1.5", "0", "100000", "20"}},
	} {
		t.Run(test.column+" as "+string(test.typ), func(t *testing.T) {
			d, c, conn := adopted(t, server, "CREATE TABLE v (id serial PRIMARY KEY, x "+test.column+"); CREATE INDEX ON v (x)", "v", idAnd(query.Field{Name: "x", Type: test.typ})...)
			for _, v := range test.values {
				if _, err := conn.Exec(context.Background(), "INSERT INTO v (x) VALUES (nullif($1, '')::text::"+test.column+")", v); err != nil {
					t.Fatal(err)
				}
			}
			if got := read(t, d, c, "x"); len(got) != len(test.want) {
				t.Errorf("got %v", got)
			} else {
				for i := range got {
					if got[i] != test.want[i] {
						t.Errorf("%s is shown as %s, want %s", test.values[i], got[i], test.want[i])
					}
				}
			}
			dbtest.Consistent(t, d, c)
		})
	}
}
