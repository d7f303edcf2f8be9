package postgres_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/postgres"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

const functionsSchema = `
CREATE TABLE person (id int PRIMARY KEY, name text);
INSERT INTO person VALUES (1, 'ann'), (2, 'bob'), (3, 'cy');
CREATE FUNCTION add(a int, b int DEFAULT 10) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION nothing() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION people() RETURNS SETOF person LANGUAGE sql STABLE AS 'SELECT * FROM person ORDER BY id';
CREATE FUNCTION first_person() RETURNS person LANGUAGE sql STABLE AS 'SELECT * FROM person ORDER BY id LIMIT 1';
CREATE FUNCTION named(p person) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT p.name';
CREATE FUNCTION sums(list int[]) RETURNS TABLE (total bigint) LANGUAGE sql IMMUTABLE AS 'SELECT sum(x) FROM unnest(list) x';
CREATE FUNCTION numbers(n int) RETURNS SETOF int LANGUAGE sql IMMUTABLE AS 'SELECT generate_series(1, n)';
CREATE FUNCTION rename_all(to_name text) RETURNS int LANGUAGE sql VOLATILE AS $$ WITH u AS (UPDATE person SET name = to_name RETURNING 1) SELECT count(*)::int FROM u $$;
CREATE FUNCTION rename_each(to_name text) RETURNS SETOF int LANGUAGE sql VOLATILE AS 'UPDATE person SET name = to_name RETURNING id';
CREATE FUNCTION either(a text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION either(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2';
CREATE FUNCTION either(b bigint) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 3';
CREATE FUNCTION whole(json) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1->>'x' $$;
CREATE FUNCTION unnamed(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION unnamed_text(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION refuse() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no more' USING HINT = 'wait', ERRCODE = 'PT402'; END $$;
CREATE FUNCTION leak() RETURNS int LANGUAGE sql AS $$ SELECT min(name)::int FROM person $$;
CREATE FUNCTION me() RETURNS text LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::json->>'sub' $$;
CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE PROCEDURE proc() LANGUAGE sql AS '';
CREATE FUNCTION "odd name"(x text) RETURNS text LANGUAGE sql AS 'SELECT x';
CREATE FUNCTION long(n int) RETURNS text LANGUAGE sql AS $$ SELECT repeat('x', n) $$;
CREATE FUNCTION one_of(n int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE x int; BEGIN SELECT id INTO STRICT x FROM person WHERE id >= n; RETURN x; END $$;
CREATE FUNCTION kind_of(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN CASE n WHEN 1 THEN RETURN 1; END CASE; END $$;
CREATE FUNCTION single(n int) RETURNS int LANGUAGE sql AS 'SELECT (SELECT id FROM person WHERE id >= n)';
CREATE FUNCTION deeper(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN deeper(n + 1); END $$;
CREATE FUNCTION sure(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN ASSERT n > 5, 'ann is secret'; RETURN n; END $$;
CREATE SCHEMA other;
CREATE FUNCTION other.add(a int) RETURNS int LANGUAGE sql AS 'SELECT -a';
`

func functionsDB(t *testing.T) (db.Functions, func(sql string)) {
	t.Helper()
	url := postgrestest.Database(t)
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	run := func(sql string) {
		t.Helper()
		if _, err := c.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	}
	run(functionsSchema)
	d, err := postgres.Open(t.Context(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d.(db.Functions), run
}

func called(name, params string) db.FunctionCall {
	return db.FunctionCall{Schema: "public", Name: name, Params: []byte(params), Rows: 100, Bytes: 1 << 20}
}

func TestCallFunction(t *testing.T) {
	t.Parallel()
	d, run := functionsDB(t)
	for _, test := range []struct{ name, params, want string }{
		{"add", `{"a":1}`, `11`},
		{"add", `{"a":1,"b":2}`, `3`},
		{"add", `{"a":"7","b":"2"}`, `9`},
		{"add", `{"a":1,"b":null}`, `null`},
		{"nothing", `{}`, `null`},
		{"people", `{}`, `[{"id":1,"name":"ann"},{"id":2,"name":"bob"},{"id":3,"name":"cy"}]`},
		{"first_person", `{}`, `{"id":1,"name":"ann"}`},
		{"named", `{"p":{"id":5,"name":"x'; DROP TABLE person; --"}}`, `"x'; DROP TABLE person; --"`},
		{"sums", `{"list":[1,2,3]}`, `[{"total":6}]`},
		{"numbers", `{"n":3}`, `[1,2,3]`},
		{"numbers", `{"n":0}`, `[]`},
		{"either", `{"b":1}`, `3`},
		{"whole", `{"x":"y","z":1}`, `"y"`},
		{"unnamed_text", `{"":"x"}`, `"x"`},
		{"me", `{}`, `"ann"`},
		{"odd name", `{"x":"a\"b"}`, `"a\"b"`},
	} {
		call := called(test.name, test.params)
		call.Claims = []byte(`{"sub":"ann"}`)
		got, err := d.CallFunction(t.Context(), call)
		if err != nil || string(got.JSON) != test.want {
			t.Errorf("%s(%s) is %s, not %s: %v", test.name, test.params, got.JSON, test.want, err)
		}
	}
	if got, err := d.CallFunction(t.Context(), called("me", `{}`)); err != nil || string(got.JSON) != "null" {
		t.Errorf("claims stay for the next caller: %s %v", got.JSON, err)
	}
	got, err := d.CallFunction(t.Context(), called("people", `{}`))
	if err != nil || !got.Set || got.Table != "person" || len(got.Columns) != 2 || got.Columns[0].Name != "id" || got.Columns[0].Type != query.TypeInt {
		t.Errorf("got %+v: %v", got, err)
	}
	run(`DROP FUNCTION add; CREATE FUNCTION add(a int, c int) RETURNS int LANGUAGE sql AS 'SELECT a * c'`)
	if got, err := d.CallFunction(t.Context(), called("add", `{"a":2,"c":4}`)); err != nil || string(got.JSON) != "8" {
		t.Errorf("a function that was replaced: %s %v", got.JSON, err)
	}
	if _, err := d.CallFunction(t.Context(), called("add", `{"a":2}`)); !errors.Is(err, db.ErrNoFunction) {
		t.Errorf("a function that was dropped: %v", err)
	}
	other := called("add", `{"a":2}`)
	other.Schema = "other"
	if got, err := d.CallFunction(t.Context(), other); err != nil || string(got.JSON) != "-2" {
		t.Errorf("a function of another schema: %s %v", got.JSON, err)
	}
}

// TestCallFunction_Refuses: what is no function that can be called, and what tries to be SQL.
func TestCallFunction_Refuses(t *testing.T) {
	t.Parallel()
	d, run := functionsDB(t)
	for _, test := range []struct {
		name, params string
		want         error
	}{
		{"gone", `{}`, db.ErrNoFunction},
		{"add", `{}`, db.ErrNoFunction},
		{"add", `{"a":1,"x":2}`, db.ErrNoFunction},
		{"add", `{"a":1,"b => 2), pg_sleep(1":2}`, db.ErrNoFunction},
		{`add"(1); DROP TABLE person; --`, `{"a":1}`, db.ErrNoFunction},
		{"pg_sleep", `{}`, db.ErrNoFunction},
		{"trap", `{}`, db.ErrNoFunction},
		{"proc", `{}`, db.ErrNoFunction},
		{"unnamed", `{"":1}`, db.ErrNoFunction},
	} {
		if _, err := d.CallFunction(t.Context(), called(test.name, test.params)); !errors.Is(err, test.want) {
			t.Errorf("%s(%s): %v", test.name, test.params, err)
		}
	}
	var several *db.Ambiguous
	if _, err := d.CallFunction(t.Context(), called("either", `{"a":1}`)); !errors.As(err, &several) || strings.Join(several.Candidates, ", ") != "public.either(a => integer), public.either(a => text)" || fault.CodeOf(err) != fault.Conflict {
		t.Errorf("two functions: %v", err)
	}
	var said *db.Raised
	if _, err := d.CallFunction(t.Context(), called("refuse", `{}`)); !errors.As(err, &said) || said.Code != "PT402" || said.Message != "no more" || said.Hint != "wait" || fault.CodeOf(err) != fault.Invalid {
		t.Errorf("what a function raises: %v", err)
	}
	for name, params := range map[string]string{
		"leak": `{}`, "add": `{"a":"x","b":1}`, "numbers": `{"n":99999999999}`, "one_of": `{"n":1}`, "kind_of": `{"n":2}`, "single": `{"n":1}`, "deeper": `{"n":1}`, "sure": `{"n":1}`,
	} {
		_, err := d.CallFunction(t.Context(), called(name, params))
		if fault.CodeOf(err) != fault.Invalid || strings.Contains(err.Error(), "ann") {
			t.Errorf("%s(%s): %v", name, params, err)
		}
	}
	_ = run
}

// TestCallFunction_KeepsItsPromises: what only reads changes nothing, and what is refused for its size has done nothing.
func TestCallFunction_KeepsItsPromises(t *testing.T) {
	d, _ := functionsDB(t)
	unchanged := func(what string) {
		t.Helper()
		if got, err := d.CallFunction(t.Context(), called("first_person", `{}`)); err != nil || string(got.JSON) != `{"id":1,"name":"ann"}` {
			t.Errorf("%s has changed %s: %v", what, got.JSON, err)
		}
	}
	write := called("rename_all", `{"to_name":"x"}`)
	write.ReadOnly = true
	if _, err := d.CallFunction(t.Context(), write); !errors.Is(err, db.ErrReadOnly) {
		t.Errorf("a change of what only reads: %v", err)
	}
	unchanged("a call that only reads")
	write.ReadOnly, write.Rollback = false, true
	if got, err := d.CallFunction(t.Context(), write); err != nil || string(got.JSON) != "3" {
		t.Errorf("got %s: %v", got.JSON, err)
	}
	unchanged("a call that is rolled back")
	each := called("rename_each", `{"to_name":"x"}`)
	each.Most = 2
	if _, err := d.CallFunction(t.Context(), each); !errors.Is(err, db.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
	each.Most, each.Rows = 0, 2
	if _, err := d.CallFunction(t.Context(), each); !errors.Is(err, db.ErrTooLarge) {
		t.Errorf("too many rows: %v", err)
	}
	each.Rows, each.Bytes = 100, 2
	if _, err := d.CallFunction(t.Context(), each); !errors.Is(err, db.ErrTooLarge) {
		t.Errorf("too many bytes: %v", err)
	}
	unchanged("a result that is too large")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := d.CallFunction(t.Context(), called("long", `{"n":200000000}`)); !errors.Is(err, db.ErrTooLarge) {
		t.Errorf("one value that is too large: %v", err)
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 100_000_000 {
		t.Errorf("this node took %d bytes for it", after.TotalAlloc-before.TotalAlloc)
	}
	each.Most, each.Bytes = 3, 1000
	if got, err := d.CallFunction(t.Context(), each); err != nil || len(query.RawJSON(string(got.JSON)).Elements()) != 3 {
		t.Errorf("got %s: %v", got.JSON, err)
	}
}
