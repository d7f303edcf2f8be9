package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestSameCase_RelationsMatchAsTheirColumnsCompare: what the database takes as equal is related in every language of the API,
// in live queries, too.
func TestSameCase_RelationsMatchAsTheirColumnsCompare(t *testing.T) {
	t.Parallel()
	for driver, typ := range map[string]string{"sqlite": "TEXT COLLATE NOCASE", "postgres": "citext"} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			settings, run := theirDatabases[driver](t)(t)
			sql := fmt.Sprintf(`CREATE TABLE tags (id %[1]s PRIMARY KEY, name text);
				CREATE TABLE notes (id text PRIMARY KEY, tag %[1]s REFERENCES tags (id), n integer);
				CREATE TABLE links (id text PRIMARY KEY, note text REFERENCES notes (id), tag %[1]s REFERENCES tags (id));
				INSERT INTO tags VALUES ('red', 'R'), ('Blue', 'B'), ('none', 'N');
				INSERT INTO notes VALUES ('1', 'RED', 1), ('2', 'Red', 2), ('3', 'blue', 4), ('4', 'red', 8);
				INSERT INTO links VALUES ('a', '1', 'RED'), ('b', '3', 'rED')`, typ)
			if driver == "postgres" {
				sql = "CREATE EXTENSION citext; " + sql
			}
			s := serveExisting(t, settings, run, existing{sql: sql, edit: []string{"collections:\n", "graphql: { federation: true }\ncompat: { supabase: { anon_key: anon-key-anon-key-anon-key } }\ncollections:\n"}})
			asks := func(query, want string) {
				t.Helper()
				if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/graphql", Body: map[string]any{"query": query}}).Body; got != want {
					t.Errorf("%s:\n got %s\nwant %s", query, got, want)
				}
			}
			asks(`{ notes(order_by: {id: asc}) { tag { id name } } }`, `{"data":{"notes":[{"tag":{"id":"red","name":"R"}},{"tag":{"id":"red","name":"R"}},{"tag":{"id":"Blue","name":"B"}},{"tag":{"id":"red","name":"R"}}]}}`)
			asks(`{ tags(order_by: {id: asc}) { id notes(order_by: {id: asc}) { id tag_id } notes_aggregate { aggregate { count sum { n } avg { n } } } } }`,
				`{"data":{"tags":[{"id":"Blue","notes":[{"id":"3","tag_id":"blue"}],"notes_aggregate":{"aggregate":{"count":1,"sum":{"n":4},"avg":{"n":4}}}},`+
					`{"id":"none","notes":[],"notes_aggregate":{"aggregate":{"count":0,"sum":{"n":null},"avg":{"n":null}}}},`+
					`{"id":"red","notes":[{"id":"1","tag_id":"RED"},{"id":"2","tag_id":"Red"},{"id":"4","tag_id":"red"}],"notes_aggregate":{"aggregate":{"count":3,"sum":{"n":11},"avg":{"n":3.6666666666666665}}}}]}}`)
			asks(`{ tags_by_pk(id: "RED") { notes(order_by: {id: asc}, limit: 1, offset: 1) { id } } }`, `{"data":{"tags_by_pk":{"notes":[{"id":"2"}]}}}`)
			asks(`{ tags(where: {notes: {n: {_gt: 5}}}) { id } }`, `{"data":{"tags":[{"id":"red"}]}}`)
			asks(`{ tags(where: {notes_aggregate: {count: {predicate: {_eq: 3}}}}) { id } }`, `{"data":{"tags":[{"id":"red"}]}}`)
			asks(`{ notes_group(by: [tag_id]) { count sum { n } } }`, `{"data":{"notes_group":[{"count":1,"sum":{"n":4}},{"count":3,"sum":{"n":11}}]}}`)
			asks(`{ _entities(representations: [{__typename: "tags", id: "RED"}, {__typename: "tags", id: "red"}, {__typename: "tags", id: "x"}]) { ... on tags { name } } }`, `{"data":{"_entities":[{"name":"R"},{"name":"R"},null]}}`)
			for path, want := range map[string]string{
				"tags?select=id,notes!notes_tag_fkey(id)&id=eq.RED": `[{"id":"red","notes":[{"id":"1"},{"id":"2"},{"id":"4"}]}]`,
				"notes?select=id,tags!notes_tag_fkey(id)&id=lt.3":   `[{"id":"1","tags":{"id":"red"}},{"id":"2","tags":{"id":"red"}}]`,
				"links?select=id,tags(id)&order=id":                 `[{"id":"a","tags":{"id":"red"}},{"id":"b","tags":{"id":"red"}}]`,
			} {
				if got := s.Want(t, 200, call{Method: "GET", Path: "/rest/v1/" + path, Header: map[string]string{"apikey": "anon-key-anon-key-anon-key"}}).Body; got != want {
					t.Errorf("%s:\n got %s\nwant %s", path, got, want)
				}
			}
			sameCaseLive(t, s, run)
		})
	}
}

// sameCaseLive: what another program writes in another case is there at once.
func sameCaseLive(t *testing.T, s *servertest.Instance, run func(string)) {
	conn, _, _, err := ws.Dialer{Protocols: []string{"graphql-transport-ws"}}.Dial(context.Background(), "ws"+strings.TrimPrefix(s.URL, "http")+"/v1/graphql")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	hears := func(want string) {
		t.Helper()
		for {
			got, op, err := wsutil.ReadServerData(conn)
			if err != nil {
				t.Fatal(err)
			}
			if op == ws.OpText && strings.Contains(string(got), `"next"`) {
				if !strings.Contains(string(got), want) {
					t.Errorf("got %s, want %s", got, want)
				}
				return
			}
		}
	}
	for _, text := range []string{`{"type":"connection_init"}`, `{"id":"1","type":"subscribe","payload":{"query":"subscription { tags(where: {id: {_eq: \"RED\"}}) { id notes_aggregate { aggregate { count } } notes(order_by: {id: desc}, limit: 2) { id tag { name } } } }"}}`} {
		if err := wsutil.WriteClientText(conn, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	hears(`{"id":"red","notes_aggregate":{"aggregate":{"count":3}},"notes":[{"id":"4","tag":{"name":"R"}},{"id":"2","tag":{"name":"R"}}]}`)
	run(`INSERT INTO notes VALUES ('5', 'rEd', 16)`)
	hears(`{"id":"red","notes_aggregate":{"aggregate":{"count":4}},"notes":[{"id":"5","tag":{"name":"R"}},{"id":"4","tag":{"name":"R"}}]}`)
	run(`UPDATE tags SET name = 'r2' WHERE id = 'red'`)
	hears(`"notes":[{"id":"5","tag":{"name":"r2"}},{"id":"4","tag":{"name":"r2"}}]`)
}
