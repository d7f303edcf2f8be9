package supabase_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const functionsOfDatabase = `
CREATE TABLE person (id bigint PRIMARY KEY, name text, secret text);
CREATE TABLE note (id bigint PRIMARY KEY, author bigint REFERENCES person, title text, hidden bool);
INSERT INTO person VALUES (1, 'ann', 's1'), (2, 'bob', 's2');
INSERT INTO note VALUES (1, 1, 'b', false), (2, 1, 'a', true), (3, 2, NULL, false);
CREATE FUNCTION notes_of(person_name text) RETURNS SETOF note LANGUAGE sql STABLE AS 'SELECT n.* FROM note n JOIN person p ON p.id = n.author WHERE p.name = person_name ORDER BY n.id';
CREATE FUNCTION one_note(n bigint) RETURNS note LANGUAGE sql STABLE AS 'SELECT * FROM note WHERE id = n';
CREATE FUNCTION pairs() RETURNS TABLE (kind text, n int) LANGUAGE sql IMMUTABLE AS $$ VALUES ('x', 1), ('x', 2), ('y', 5) $$;
CREATE FUNCTION retitle(to_title text) RETURNS SETOF note LANGUAGE sql VOLATILE AS 'UPDATE note SET title = to_title RETURNING *';
CREATE FUNCTION greet(who text DEFAULT 'all') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'hi ' || who $$;
CREATE FUNCTION nothing() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION bounded(amount int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT amount';
CREATE FUNCTION me() RETURNS text LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('request.jwt.claims', true), '')::json->>'sub' $$;
CREATE FUNCTION headers() RETURNS json LANGUAGE sql STABLE AS $$ SELECT current_setting('request.headers', true)::json $$;
CREATE FUNCTION shout(note) RETURNS text LANGUAGE sql STABLE AS $$ SELECT upper($1.title) $$;
CREATE FUNCTION known_secret(person) RETURNS text LANGUAGE sql STABLE AS $$ SELECT coalesce($1.secret, 'hidden') $$;
CREATE FUNCTION written(person) RETURNS SETOF note LANGUAGE sql STABLE AS $$ SELECT * FROM note WHERE author = $1.id ORDER BY id $$;
CREATE FUNCTION writer(note) RETURNS SETOF person ROWS 1 LANGUAGE sql STABLE AS $$ SELECT * FROM person WHERE id = $1.author AND $1.title IS NOT NULL $$;
CREATE FUNCTION grows(note) RETURNS int LANGUAGE sql VOLATILE AS $$ UPDATE note SET title = 'grown' RETURNING 1 $$;
CREATE FUNCTION closed(note) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
CREATE FUNCTION pay() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'pay first' USING ERRCODE = 'PT402', HINT = 'with gold'; END $$;
CREATE FUNCTION unexposed() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION either(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION either(a int) RETURNS int LANGUAGE sql AS 'SELECT 2';
`

func withFunctions(t *testing.T) *servertest.Instance {
	t.Helper()
	url := postgrestest.Database(t)
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), functionsOfDatabase, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	return servertest.Start(t, strings.NewReplacer("{ driver: memory }", `{ driver: postgres, url: "`+url+`" }`).Replace(config[:strings.Index(config, "collections:")])+`
collections:
  person:
    fields: { id: { type: int }, name: { type: string }, secret: { type: string } }
    rules: { read: "true" }
    fields_readable: { secret: "false" }
  note:
    fields: { id: { type: int }, author: { type: ref, to: person }, title: { type: string }, hidden: { type: bool } }
    rules: { read: "!doc.hidden" }
services:
  shop:
    driver: database
    functions:
      notes_of: { rule: "true" }
      one_note: { rule: "true" }
      pairs:    { rule: "true" }
      retitle:  { rule: 'auth.role == "boss"' }
      greet:    { rule: "true", params: { who: { type: string, max: 10 } } }
      nothing:  { rule: "true" }
      bounded:  { rule: "request.params.amount < 5", params: { amount: { type: int, required: true, min: 0 } } }
      me:       { rule: "true" }
      headers:  { rule: "true" }
      shout:    { rule: "true" }
      known_secret: { rule: "true" }
      written:  { rule: "true" }
      writer:   { rule: "true" }
      grows:    { rule: "true" }
      closed:   { rule: 'auth.role == "boss"' }
      pay:      { rule: "true" }
      ruleless: {}
      either:   { rule: "true" }
`)
}

// TestRPC_OfTheDatabase: functions of the database, with what narrows their rows.
func TestRPC_OfTheDatabase(t *testing.T) {
	t.Parallel()
	s := withFunctions(t)
	post := func(path, body string, status int, want string) scenario {
		return scenario{method: "POST", path: "/rest/v1/rpc/" + path, body: body, status: status, want: want}
	}
	object := map[string]string{"Accept": "application/vnd.pgrst.object+json"}
	for _, c := range []scenario{
		post("notes_of", `{"person_name":"ann"}`, 200, `[{"id":1,"author":1,"title":"b","hidden":false},{"id":2,"author":1,"title":"a","hidden":true}]`),
		post("notes_of?select=title&order=title", `{"person_name":"ann"}`, 200, `[{"title":"a"},{"title":"b"}]`),
		post("notes_of?select=id&title=eq.a", `{"person_name":"ann"}`, 200, `[{"id":2}]`),
		post("notes_of?select=id&limit=1&offset=1", `{"person_name":"ann"}`, 200, `[{"id":2}]`),
		post("notes_of?select=id,person(name)", `{"person_name":"bob"}`, 200, `[{"id":3,"person":{"name":"bob"}}]`),
		post("notes_of?select=id,person(*)", `{"person_name":"bob"}`, 200, `[{"id":3,"person":{"id":2,"name":"bob","secret":null}}]`),
		post("notes_of?select=id,person(secret)", `{"person_name":"bob"}`, 403, ""),
		post("notes_of?select=count()", `{"person_name":"ann"}`, 200, `[{"count":2}]`),
		post("notes_of?select=x", `{"person_name":"ann"}`, 400, ""),
		post("one_note?select=id", `{"n":1}`, 200, `{"id":1}`),
		post("pairs?select=kind,n.sum()&order=kind", ``, 200, `[{"kind":"x","sum":3},{"kind":"y","sum":5}]`),
		post("pairs?n=gt.1&select=n", `{}`, 200, `[{"n":2},{"n":5}]`),
		post("greet", `{}`, 200, `"hi all"`),
		post("greet", `{"who":"ann"}`, 200, `"hi ann"`),
		post("greet", `{"who":"somebody else"}`, 400, ""),
		post("nothing", `{}`, 204, ""),
		post("bounded", `{"amount":4}`, 200, `4`),
		post("bounded", `{"amount":5}`, 401, ""),
		post("bounded", `{"amount":-1}`, 400, ""),
		post("bounded", `{"amount":"4"}`, 400, ""),
		{path: "/rest/v1/rpc/greet?who=bob", status: 200, want: `"hi bob"`},
		{path: "/rest/v1/rpc/notes_of?person_name=ann&select=id&id=gt.1", status: 200, want: `[{"id":2}]`},
		{path: "/rest/v1/rpc/notes_of?person_name=ann&select=id", header: map[string]string{"Prefer": "count=exact", "Range": "0-0"}, status: 206, want: `[{"id":1}]`, answered: map[string]string{"Content-Range": "0-0/2"}},
		{path: "/rest/v1/rpc/notes_of?person_name=bob&select=id", header: object, status: 200, want: `{"id":3}`},
		{path: "/rest/v1/rpc/notes_of?person_name=ann&select=id", header: object, status: 406},
		{who: "ann", path: "/rest/v1/rpc/me", status: 200, want: `"ann"`},
		{path: "/rest/v1/rpc/me", status: 200, want: `null`},
		{who: "ann", path: "/rest/v1/rpc/headers", header: map[string]string{"traceparent": "00-1-2-01", "X-Client-Info": "js", "User-Agent": "x", "Cookie": "secret"}, status: 200, want: `{"traceparent":"00-1-2-01","user-agent":"x","x-client-info":"js"}`},
		{path: "/rest/v1/rpc/headers", header: map[string]string{"User-Agent": "x"}, status: 200, want: `{"user-agent":"x"}`},
		post("pay", `{}`, 402, `{"code":"PT402","details":null,"hint":"with gold","message":"pay first"}`),
	} {
		c.run(t, s)
	}
}

// TestRPC_OfTheDatabase_Refuses: what is not exposed, not allowed, or would change something where it must not.
func TestRPC_OfTheDatabase_Refuses(t *testing.T) {
	t.Parallel()
	s := withFunctions(t)
	for _, c := range []scenario{
		{method: "POST", path: "/rest/v1/rpc/unexposed", body: `{}`, status: 404, has: []string{"PGRST202"}},
		{who: "service", method: "POST", path: "/rest/v1/rpc/unexposed", body: `{}`, status: 404, has: []string{"PGRST202"}},
		{method: "POST", path: "/rest/v1/rpc/ruleless", body: `{}`, status: 401, has: []string{"42501"}},
		{who: "service", method: "POST", path: "/rest/v1/rpc/ruleless", body: `{}`, status: 404, has: []string{"PGRST202"}},
		{method: "POST", path: "/rest/v1/rpc/pg_sleep", body: `{"":1}`, status: 404, has: []string{"PGRST202"}},
		{method: "POST", path: `/rest/v1/rpc/greet"();drop table note;--`, body: `{}`, status: 404, has: []string{"PGRST202"}},
		{method: "POST", path: "/rest/v1/rpc/notes_of", body: `{"person_name":"x","y'":1}`, status: 404, has: []string{"PGRST202"}},
		{method: "POST", path: "/rest/v1/rpc/notes_of", body: `{"person_name":"' OR true --"}`, status: 200, want: `[]`},
		{method: "POST", path: "/rest/v1/rpc/notes_of?title=eq.'%3B drop table note", body: `{"person_name":"ann"}`, status: 200, want: `[]`},
		{method: "POST", path: "/rest/v1/rpc/notes_of", body: `[]`, status: 400},
		{method: "POST", path: "/rest/v1/rpc/notes_of", body: `{`, status: 400},
		{method: "POST", path: "/rest/v1/rpc/one_note", body: `{"n":"x"}`, status: 400, has: []string{"22P02"}},
		{method: "POST", path: "/rest/v1/rpc/either", body: `{"a":1}`, status: 300, has: []string{"PGRST203"}},
		{method: "POST", path: "/rest/v1/rpc/retitle", body: `{"to_title":"x"}`, status: 401, has: []string{"42501"}},
		{who: "ann", method: "POST", path: "/rest/v1/rpc/retitle", body: `{"to_title":"x"}`, status: 403, has: []string{"42501"}},
		{who: "boss", path: "/rest/v1/rpc/retitle?to_title=x", status: 405, has: []string{"25006"}},
		{who: "boss", method: "HEAD", path: "/rest/v1/rpc/retitle?to_title=x", status: 405},
		{who: "boss", method: "POST", path: "/rest/v1/rpc/retitle?select=title&limit=1", header: map[string]string{"Prefer": "tx=rollback"}, body: `{"to_title":"x"}`, status: 200, want: `[{"title":"x"}]`},
		{who: "boss", method: "POST", path: "/rest/v1/rpc/retitle", header: map[string]string{"Prefer": "handling=strict,max-affected=1"}, body: `{"to_title":"x"}`, status: 400, has: []string{"PGRST124"}},
		{method: "POST", path: "/rest/v1/rpc/one_note?select=title", body: `{"n":1}`, status: 200, want: `{"title":"b"}`},
	} {
		c.run(t, s)
	}
	s.Want(t, 401, servertest.Call{Method: "POST", Path: "/v1/fn/shop/retitle", Body: `{"to_title":"x"}`})
	if got := s.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/fn/shop/greet", Body: `{"who":"ann"}`}).Body; got != `"hi ann"` {
		t.Errorf("the native call is %s", got)
	}
	s.Want(t, 404, servertest.Call{Method: "POST", Path: "/v1/fn/shop/unexposed", Body: `{}`})
}

// TestFunctionsOfRows_AreColumnsAndRelations: a function that takes a row of the table, under its rule, with the row as the
// caller sees it.
func TestFunctionsOfRows_AreColumnsAndRelations(t *testing.T) {
	t.Parallel()
	s := withFunctions(t)
	get := func(path string, status int, want string) scenario {
		return scenario{path: "/rest/v1/" + path, status: status, want: want}
	}
	for _, c := range []scenario{
		get("note?select=id,shout&order=id", 200, `[{"id":1,"shout":"B"},{"id":3,"shout":null}]`), // 2 is hidden
		get("note?select=loud:shout&id=eq.1", 200, `[{"loud":"B"}]`),
		get("note?select=shout::int&id=eq.1", 200, `[{"shout":null}]`),
		get("person?select=id,known_secret&order=id", 200, `[{"id":1,"known_secret":"hidden"},{"id":2,"known_secret":"hidden"}]`),
		get("person?select=name,written(id,title)&order=id", 200, `[{"name":"ann","written":[{"id":1,"title":"b"},{"id":2,"title":"a"}]},{"name":"bob","written":[{"id":3,"title":null}]}]`),
		get("person?select=name,written(id)&written.title=eq.a&order=id", 200, `[{"name":"ann","written":[{"id":2}]},{"name":"bob","written":[]}]`),
		get("person?select=name,written(id,shout)&written.order=title&written.limit=1&order=id", 200, `[{"name":"ann","written":[{"id":2,"shout":"A"}]},{"name":"bob","written":[{"id":3,"shout":null}]}]`),
		get("person?select=name,written(id,person(name,secret))&id=eq.2", 403, ""),
		get("person?select=written(person(*))&id=eq.2", 200, `[{"written":[{"person":{"id":2,"name":"bob","secret":null}}]}]`),
		get("note?select=id,writer(name)&order=id", 200, `[{"id":1,"writer":{"name":"ann"}},{"id":3,"writer":null}]`),
		get("note?select=id,writer!inner(name)&order=id", 200, `[{"id":1,"writer":{"name":"ann"}}]`),
		get("note?select=id,writer!inner(name)&order=id&limit=1", 400, ""),
		get("note?select=id,...writer(who:name)&order=id", 200, `[{"id":1,"who":"ann"},{"id":3,"who":null}]`),
		get("note?select=*,shout&id=eq.3", 200, `[{"id":3,"author":2,"title":null,"hidden":false,"shout":null}]`),
		get("note?select=shout&id=eq.99", 200, `[]`),
		get("note?select=unexposed", 400, ""),
		get("note?select=written(id)", 400, ""), // it takes a row of another table
		get("person?select=shout", 400, ""),
		get("note?select=greet", 400, ""), // it takes no row
		get("note?select=closed", 401, ""),
		{who: "ann", path: "/rest/v1/note?select=closed", status: 403},
		{who: "boss", path: "/rest/v1/note?select=closed&id=eq.1", status: 200, want: `[{"closed":1}]`},
		get("note?select=grows", 405, ""),
		{method: "POST", path: "/rest/v1/rpc/notes_of?select=id,shout,writer(name)", body: `{"person_name":"bob"}`, status: 200, want: `[{"id":3,"shout":null,"writer":null}]`},
		get("note?shout=eq.B", 400, ""),
		get("note?select=id&order=shout", 400, ""),
	} {
		c.run(t, s)
	}
}

// TestPlan_IsForTheServiceKey: a plan tells what the rules are.
func TestPlan_IsForTheServiceKey(t *testing.T) {
	t.Parallel()
	s := withFunctions(t)
	for _, accept := range []string{"application/vnd.pgrst.plan+json", `application/vnd.pgrst.plan+text; for="application/json"; options=verbose`} {
		header := map[string]string{"Accept": accept}
		for _, who := range []string{"", "ann"} {
			scenario{who: who, path: "/rest/v1/note?select=id", header: header, status: 406, has: []string{"PGRST107"}}.run(t, s)
		}
		scenario{who: "service", path: "/rest/v1/note?select=id&title=eq.b", header: header, status: 200, has: []string{"Scan"}}.run(t, s)
	}
	scenario{who: "service", path: "/rest/v1/note?select=id&title=eq.b", header: map[string]string{"Accept": "application/vnd.pgrst.plan+json"}, status: 200, has: []string{`"Plan":{`, `"Parameters":["b"`}}.run(t, s)
}
