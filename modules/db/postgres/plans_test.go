package postgres_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/query"
)

// theirs is a table with the indexes that another program would have made.
const theirs = `
CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions; CREATE TYPE "State of" AS ENUM ('open', 'it''s', 'Closed', 'rare');
CREATE DOMAIN first AS "State of"; CREATE DOMAIN second AS first;
CREATE TABLE ev (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), at timestamptz NOT NULL, owner uuid NOT NULL, state "State of", again second, email extensions.citext UNIQUE, price numeric(10,2), code char(9), born date, maybe timestamptz,
	states "State of"[], names extensions.citext[]);
INSERT INTO ev (at, owner, state, again, email, price, code, born, maybe, states, names)
	SELECT '2026-01-01Z'::timestamptz + n * interval '1 minute', ('00000000-0000-4000-8000-' || lpad((n % 500)::text, 12, '0'))::uuid, CASE WHEN n % 1000 = 7 THEN 'rare' WHEN n % 3 = 0 THEN 'open' ELSE 'Closed' END::"State of",
	CASE WHEN n % 1000 = 8 THEN 'rare' ELSE 'open' END::second, 'User' || n || '@x.org', n, 'c' || n, '2026-01-01'::date + n % 3000, nullif('2026-01-01Z'::timestamptz + n * interval '1 minute', '2026-01-01 00:09Z'),
	ARRAY['open', CASE WHEN n = 9 THEN 'rare' ELSE 'Closed' END]::"State of"[], ARRAY['A' || n]::extensions.citext[] FROM generate_series(1, 20000) n;
CREATE INDEX by_at ON ev (at); CREATE INDEX by_owner ON ev (owner, at); CREATE INDEX by_state ON ev (state); CREATE INDEX by_again ON ev (again); CREATE INDEX by_price ON ev (price); CREATE INDEX by_code ON ev (code); CREATE INDEX by_born ON ev (born);
CREATE INDEX by_states ON ev USING gin (states);
ANALYZE ev`

func theirFields() []query.Field {
	fields := []query.Field{{Name: "id", Type: query.TypeUUID, NotNull: true}, {Name: "at", Type: query.TypeTime}, {Name: "owner", Type: query.TypeUUID}}
	for _, name := range []string{"state", "again", "email", "code"} {
		fields = append(fields, query.Field{Name: name, Type: query.TypeString})
	}
	return append(fields, query.Field{Name: "price", Type: query.TypeDecimal}, query.Field{Name: "born", Type: query.TypeDate}, query.Field{Name: "maybe", Type: query.TypeTime},
		query.Field{Name: "states", Type: query.ListOf(query.TypeString)}, query.Field{Name: "names", Type: query.ListOf(query.TypeString)})
}

func equals(field string, v query.Value) query.Filter {
	return &query.Compare{Path: query.Path{Field: field}, Op: query.Eq, Value: v}
}

// TestPlans_UseTheIndexesThatAreThere: the indexes of other programs serve orders and filters of every type, and what
// they find is what the field means.
func TestPlans_UseTheIndexesThatAreThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, c, _ := adopted(t, postgrestest.Database(t), theirs, "ev", theirFields()...)
	sorted := func(field string, desc bool) []query.SortKey {
		return append([]query.SortKey{{Field: field, Desc: desc}}, c.KeyOrder(desc)...)
	}
	price, _ := query.ParseDecimal("77")
	high, _ := query.ParseDecimal("19990")
	born, _ := query.ParseDate("2026-02-28")
	owner := query.String("00000000-0000-4000-8000-000000000042")
	for name, test := range map[string]struct {
		where query.Filter
		sort  []query.SortKey
		uses  string
		found int
	}{
		"downwards":              {query.True, sorted("at", true), "by_at", 20},
		"upwards":                {query.True, sorted("at", false), "by_at", 20},
		"by the key":             {query.True, c.KeyOrder(false), "ev_pkey", 20},
		"of an owner":            {equals("owner", owner), sorted("at", true), "by_owner", 20},
		"an enum":                {equals("state", query.String("rare")), c.KeyOrder(false), "by_state", 20},
		"one of an enum":         {query.OneOf(query.Path{Field: "state"}, []query.Value{query.String("rare"), query.String("it's")}), c.KeyOrder(false), "by_state", 20},
		"a domain of a domain":   {equals("again", query.String("rare")), c.KeyOrder(false), "by_again", 20},
		"citext":                 {equals("email", query.String("User77@x.org")), c.KeyOrder(false), "ev_email_key", 1},
		"citext in other case":   {equals("email", query.String("user77@x.org")), c.KeyOrder(false), "ev_email_key", 1},
		"one of citext":          {query.OneOf(query.Path{Field: "email"}, []query.Value{query.String("User77@x.org"), query.String("user78@x.org")}), c.KeyOrder(false), "ev_email_key", 2},
		"a numeric":              {equals("price", price), c.KeyOrder(false), "by_price", 1},
		"a numeric and above":    {&query.Compare{Path: query.Path{Field: "price"}, Op: query.Ge, Value: high}, c.KeyOrder(false), "by_price", 11},
		"characters with blanks": {equals("code", query.String("c77")), c.KeyOrder(false), "by_code", 1},
		"a date":                 {equals("born", born), c.KeyOrder(false), "by_born", 7},
		"an element of an enum":  {&query.Has{Path: query.Path{Field: "states"}, Value: query.String("rare")}, c.KeyOrder(false), "by_states", 1},
	} {
		f := db.Find{Query: query.Query{Where: test.where, Sort: test.sort, Limit: 20}}
		statement, err := d.(db.Explainer).Explain(ctx, c, f)
		if err != nil {
			t.Fatal(err)
		}
		if plan := strings.Join(statement.Plan, "\n"); strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, test.uses) {
			t.Errorf("%s: %s\n%s", name, statement.Text, plan)
		}
		if rows, err := d.Find(ctx, c, f); err != nil || len(rows) != test.found {
			t.Errorf("%s: %d rows, %v, want %d", name, len(rows), err, test.found)
		}
	}
	for _, f := range []query.Filter{equals("state", query.String("no such")), &query.Has{Path: query.Path{Field: "states"}, Value: query.String("no such")}, &query.Has{Path: query.Path{Field: "names"}, Value: query.String("b1")}} {
		n, err := d.Count(ctx, c, f)
		rest, err2 := d.Count(ctx, c, query.Negate(f))
		if n != 0 || rest != 20000 || err != nil || err2 != nil {
			t.Errorf("%s finds %d, and its negation %d, %v, %v", query.Format(f), n, rest, err, err2)
		}
	}
}

// TestPlans_SurviveAnotherSchema: a table whose enum has other values, or whose column has nulls by now, is asked right.
func TestPlans_SurviveAnotherSchema(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := postgrestest.Database(t)
	scalars := theirFields()[:10]
	d, c, conn := adopted(t, server, theirs+"; DELETE FROM ev WHERE price > 12", "ev", scalars...)
	run := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	count := func(state string) int64 {
		t.Helper()
		n, err := d.Count(ctx, c, equals("state", query.String(state)))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count("rare") != 1 {
		t.Error("there is no rare one")
	}
	run(`ALTER TYPE "State of" ADD VALUE 'new'`)
	run(`ALTER TYPE "State of" RENAME VALUE 'rare' TO 'seldom'; UPDATE ev SET state = 'new' WHERE price < 5`)
	for state, want := range map[string]int64{"new": 4, "rare": 0, "seldom": 1} {
		if got := count(state); got != want {
			t.Errorf("%s: %d, want %d", state, got, want)
		}
	}
	run("ALTER TABLE ev ALTER COLUMN at DROP NOT NULL; UPDATE ev SET at = NULL WHERE price IN (3, 10)")
	for _, desc := range []bool{false, true} {
		for range 2 { // the first may see the nulls where they were not
			sort := append([]query.SortKey{{Field: "at", Desc: desc}}, c.KeyOrder(desc)...)
			rows, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: query.True, Sort: sort}})
			if err != nil || len(rows) != 12 || !slices.IsSortedFunc(rows, func(a, b query.Row) int {
				if query.Less(c.Shape, sort, a, b) {
					return -1
				}
				return 1
			}) {
				t.Errorf("sorted by at: %d rows, %v", len(rows), err)
			}
		}
	}
	dbtest.Consistent(t, d, c)
}

// TestIndexes_OfColumnsWithoutNull: an own index gives the order that is asked for, whether or not a column can be null.
func TestIndexes_OfColumnsWithoutNull(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := postgrestest.Database(t)
	for name, made := range map[string]string{"made now": "", "made by an older version": `; CREATE INDEX e_at_index ON e (at NULLS FIRST, id); CREATE INDEX e_owner_at_index_1 ON e (owner, at DESC NULLS LAST, id DESC)`} {
		d, c, conn := adopted(t, server, `CREATE TABLE e (id serial PRIMARY KEY, at timestamptz NOT NULL, owner int); INSERT INTO e (at, owner) SELECT now() + n * interval '1 s', n % 50 FROM generate_series(1, 5000) n`+made,
			"e", idAnd(query.Field{Name: "at", Type: query.TypeTime}, query.Field{Name: "owner", Type: query.TypeInt})...)
		c.Columns[1].Index = true
		c.Indexes = []db.Index{{Fields: []int{2, 1}, Desc: []bool{false, true}}}
		if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(ctx, "ANALYZE e"); err != nil {
			t.Fatal(err)
		}
		for _, desc := range []bool{false, true} {
			for _, where := range []query.Filter{query.True, equals("owner", query.Int(7))} {
				f := db.Find{Query: query.Query{Where: where, Sort: append([]query.SortKey{{Field: "at", Desc: desc}}, c.KeyOrder(desc)...), Limit: 20}}
				statement, err := d.(db.Explainer).Explain(ctx, c, f)
				if err != nil {
					t.Fatal(err)
				}
				if plan := strings.Join(statement.Plan, "\n"); strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "Sort") {
					t.Errorf("%s: %s\n%s", name, statement.Text, plan)
				}
			}
		}
	}
}

// TestFolds: citext compares as its database does, with values, with each other, in orders, pages, lists and lookups.
func TestFolds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := postgrestest.Database(t)
	for _, schema := range []string{"public", "extensions"} {
		text := func(name string) query.Field { return query.Field{Name: name, Type: query.TypeString} }
		d, c, conn := adopted(t, server, "CREATE SCHEMA IF NOT EXISTS extensions; CREATE EXTENSION citext SCHEMA "+schema+"; CREATE DOMAIN handle AS "+schema+".citext; CREATE TABLE f (id serial PRIMARY KEY, a "+schema+".citext, b handle, plain text, name varchar(40), tags "+schema+".citext[]); CREATE INDEX by_a ON f (a); CREATE INDEX by_tags ON f USING gin (tags)",
			"f", idAnd(text("a"), text("b"), text("plain"), text("name"))...)
		listed := &db.Collection{Name: "f", Table: "f", Shape: query.NewShape(idAnd(query.Field{Name: "tags", Type: query.ListOf(query.TypeString)}))}
		listed.Columns = []db.Column{c.Columns[0], {Name: "tags", Type: query.ListOf(query.TypeString)}}
		if err := d.Sync(ctx, []*db.Collection{listed}); err != nil {
			t.Fatal(err)
		}
		rows := dbtest.FoldRows
		for n := range rows {
			if _, err := conn.Exec(ctx, "INSERT INTO f (a, b, plain, name, tags) VALUES ($1::text, $2::text, $3, $4, $5::text[])", rows[n], rows[(n+1)%len(rows)], rows[(n+2)%len(rows)], rows[n], []string{rows[n], rows[(n+5)%len(rows)]}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := conn.Exec(ctx, "INSERT INTO f DEFAULT VALUES"); err != nil {
			t.Fatal(err)
		}
		dbtest.Folds(t, d, c)
		for f, want := range map[query.Filter]int64{
			equals("a", query.String("bOB")):     3,
			equals("a", query.String("äRGER")):   2,
			equals("b", query.String("ΣΟΦΟΣ")):   1,
			equals("plain", query.String("bob")): 1,
		} {
			if n, err := d.Count(ctx, c, f); n != want || err != nil {
				t.Errorf("%s finds %d, %v, want %d", query.Format(f), n, err, want)
			}
		}
		for _, v := range rows {
			has := &query.Has{Path: query.Path{Field: "tags"}, Value: query.String(v)}
			all, err := d.Find(ctx, listed, db.Find{Query: query.Query{Where: query.True}})
			want := slices.DeleteFunc(all, func(r query.Row) bool { return !query.Match(has, listed.Shape, r, nil) })
			if n, err2 := d.Count(ctx, listed, has); err != nil || err2 != nil || n != int64(len(want)) || n == 0 {
				t.Errorf("%s finds %d, %v %v, in memory %d", query.Format(has), n, err, err2, len(want))
			}
		}
		got, err := d.(db.Introspector).Introspect(ctx)
		if err != nil || len(got) != 1 || !got[0].Fields[1].AnyCase || !got[0].Fields[2].AnyCase || got[0].Fields[3].AnyCase {
			t.Errorf("introspection says %+v, %v", got, err)
		}
	}
}

// TestIndexes_OfOthersStay: Basalt drops no index that it has not made, or that something depends on.
func TestIndexes_OfOthersStay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := postgrestest.Database(t)
	d, c, conn := adopted(t, server, "CREATE TABLE e (id serial PRIMARY KEY, a text, b text NOT NULL); CREATE UNIQUE INDEX theirs ON e (a); CREATE INDEX e_b_index ON e (b)",
		"e", idAnd(query.Field{Name: "a", Type: query.TypeString}, query.Field{Name: "b", Type: query.TypeString})...)
	own := *c
	own.Columns = slices.Clone(c.Columns)
	own.Columns[2].Unique = true
	check := func(c *db.Collection, want string) {
		t.Helper()
		var names string
		if err := d.Sync(ctx, []*db.Collection{c}); err != nil {
			t.Fatal(err)
		}
		if err := conn.QueryRow(ctx, "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'e'").Scan(&names); err != nil || names != want {
			t.Errorf("the indexes are %s, %v, want %s", names, err, want)
		}
	}
	run := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	check(&own, "e_b_index e_b_unique e_pkey theirs")
	check(c, "e_b_index e_pkey theirs")
	check(&own, "e_b_index e_b_unique e_pkey theirs")
	run("CREATE TABLE refers (b text REFERENCES e (b))")
	check(c, "e_b_index e_b_unique e_pkey theirs")
	run("DROP TABLE refers; ALTER TABLE e REPLICA IDENTITY USING INDEX e_b_unique")
	check(c, "e_b_index e_b_unique e_pkey theirs")
	run("ALTER TABLE e REPLICA IDENTITY DEFAULT")
	check(c, "e_b_index e_pkey theirs")
}
