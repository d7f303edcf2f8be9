package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/basalt-dev/basalt/server/servertest"
)

// probe is one way to ask about a document, by its id: over REST, over GraphQL, and as clients of Supabase do.
type probe struct {
	name     string
	rest     func(id string) call
	graphql  string
	supabase func(id string) call
}

// probes are all ways that there are. tag is the entity tag of a document of another user, and cursor one of their list.
func probes(tag, cursor string) []probe {
	get := func(path string) func(string) call {
		return func(id string) call { return call{Method: "GET", Path: strings.ReplaceAll(path, "ID", id)} }
	}
	with := func(method, path, body string, header ...string) func(string) call {
		return func(id string) call {
			c := call{Method: method, Path: strings.ReplaceAll(path, "ID", id), Body: strings.ReplaceAll(body, "ID", id)}
			if len(header) > 0 {
				c.Header = map[string]string{header[0]: header[1]}
			}
			return c
		}
	}
	q := url.QueryEscape
	quoted, _ := json.Marshal(tag) // a string
	probes := []probe{
		{"get", get("/v1/db/notes/ID"), `{ notes_by_pk(id: "ID") { id title owner } }`, nil},
		{"get and select", get("/v1/db/notes/ID?select=title"), `{ a: notes_by_pk(id: "ID") { title } }`, nil},
		{"get if none match", with("GET", "/v1/db/notes/ID", "", "If-None-Match", tag), "", nil},
		{"list by id", get("/v1/db/notes?filter=" + q(`id == "ID"`)), `{ notes(where: {id: {_eq: "ID"}}) { id title } }`, nil},
		{"list or", get("/v1/db/notes?filter=" + q(`id == "ID" || stars == 7 || true`)), `{ notes(where: {_or: [{id: {_eq: "ID"}}, {stars: {_eq: 7}}, {}]}) { id title } }`, nil},
		{"list, not", get("/v1/db/notes?filter=" + q(`!(id != "ID")`)), `{ notes(where: {_not: {id: {_neq: "ID"}}}) { id } }`, nil},
		{"list, the other's owner", get("/v1/db/notes?filter=" + q(`owner == "b" || id == "ID"`)), `{ notes(where: {_or: [{owner: {_eq: "b"}}, {id: {_in: ["ID"]}}]}) { title } }`, nil},
		{"list, count", get("/v1/db/notes?count=true&filter=" + q(`id == "ID"`)), `{ notes_connection(where: {id: {_eq: "ID"}}) { totalCount edges { cursor node { nodeId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, nil},
		{"list, sort", get("/v1/db/notes?sort=-stars,title&filter=" + q(`id == "ID"`)), `{ notes(order_by: [{stars: desc}, {title: asc}], where: {id: {_eq: "ID"}}) { id } }`, nil},
		{"list, the other's cursor", get("/v1/db/notes?sort=stars&after=" + q(cursor) + "&filter=" + q(`id >= "ID"`)), "", nil},
		{"query, or", with("POST", "/v1/db/notes/query", `{"where":{"$or":[{"id":"ID"},{"owner":{"$ne":null}}]},"count":true}`), `{ notes(where: {_or: [{id: {_eq: "ID"}}, {owner: {_is_null: false}}]}, offset: 0) { id } }`, nil},
		{"query, path", with("POST", "/v1/db/notes/query", `{"where":{"id":"ID","tags.k":{"$contains":"x"}}}`), `{ notes(where: {id: {_eq: "ID"}, tags: {_contains: {k: ["x"]}, _has_key: "k"}}) { id } }`, nil},
		{"query, both forms", with("POST", "/v1/db/notes/query", `{"where":{"owner":"b"},"filter":"id == \"ID\" || true"}`), "", nil},
		{"aggregate", with("POST", "/v1/db/notes/aggregate", `{"where":{"id":"ID"},"count":true,"sum":["stars"],"max":["title"]}`), `{ notes_aggregate(where: {id: {_eq: "ID"}}) { aggregate { count sum { stars } max { title } } nodes { title } } }`, nil},
		{"aggregate, groups", with("POST", "/v1/db/notes/aggregate", `{"where":{"id":"ID"},"group":["owner","title"],"count":true}`), `{ notes_group(by: [owner, title], where: {id: {_eq: "ID"}}) { key { owner title } count } }`, nil},
		{"update", with("PATCH", "/v1/db/notes/ID", `{"title":"x"}`), `mutation { update_notes_by_pk(pk_columns: {id: "ID"}, _set: {title: "x"}) { id title } }`, nil},
		{"update nothing", with("PATCH", "/v1/db/notes/ID", `{}`), `mutation { update_notes_by_pk(pk_columns: {id: "ID"}) { id title } }`, nil},
		{"update, computed", with("PATCH", "/v1/db/notes/ID", `{"tags":{"$push":1}}`), `mutation { update_notes_by_pk(pk_columns: {id: "ID"}, _push: {tags: 1}, _inc: {stars: 1}) { id title } }`, nil},
		{"update, parts", with("PATCH", "/v1/db/notes/ID", `{"tags":{"$append":[1]}}`), `mutation { a: update_notes_by_pk(pk_columns: {id: "ID"}, _append: {tags: [1]}) { id title } b: update_notes_by_pk(pk_columns: {id: "ID"}, _delete_key: {tags: "k"}) { id tags } }`, nil},
		{"update, a part", with("PATCH", "/v1/db/notes/ID", `{"tags":{"$remove":"k"}}`), `mutation { update_notes(where: {id: {_eq: "ID"}}, _delete_at_path: {tags: ["k", "0"]}) { affected_rows returning { tags } } }`, nil},
		{"update, if match", with("PATCH", "/v1/db/notes/ID", `{"title":"x"}`, "If-Match", tag), `mutation { update_notes_by_pk(pk_columns: {id: "ID"}, _set: {title: "x"}, ifMatch: TAG) { id title } }`, nil},
		{"update, if any", with("PATCH", "/v1/db/notes/ID", `{"title":"x"}`, "If-Match", "*"), `mutation { update_notes_by_pk(pk_columns: {id: "ID"}, _set: {title: "x"}, ifMatch: "*") { id title } }`, nil},
		{"update, invalid", with("PATCH", "/v1/db/notes/ID", `{"stars":-1}`), `mutation { update_notes_by_pk(pk_columns: {id: "ID"}, _set: {stars: -1}) { id } }`, nil},
		{"delete", with("DELETE", "/v1/db/notes/ID", ""), `mutation { delete_notes_by_pk(id: "ID") { id title } }`, nil},
		{"delete, if match", with("DELETE", "/v1/db/notes/ID", "", "If-Match", tag), `mutation { delete_notes_by_pk(id: "ID", ifMatch: TAG) { id title } }`, nil},
		{"bulk update", with("PATCH", "/v1/db/notes?filter="+q(`id == "ID" || owner == "b"`), `{"title":"x"}`), `mutation { update_notes(where: {_or: [{id: {_eq: "ID"}}, {owner: {_eq: "b"}}]}, _set: {title: "x"}) { affected_rows } }`, nil},
		{"bulk update, computed", with("PATCH", "/v1/db/notes?filter="+q(`id == "ID" || owner == "b"`), `{"tags":{"$push":1}}`), `mutation { update_notes(where: {_or: [{id: {_eq: "ID"}}, {owner: {_eq: "b"}}]}, _push: {tags: 1}) { affected_rows returning { id title } } }`, nil},
		{"bulk delete", with("DELETE", "/v1/db/notes?filter="+q(`id == "ID" || owner == "b"`), ""), `mutation { delete_notes(where: {_or: [{id: {_eq: "ID"}}, {owner: {_eq: "b"}}]}) { affected_rows } }`, nil},
		{"batch update", with("POST", "/v1/batch", `{"ops":[{"op":"update","collection":"notes","id":"ID","doc":{"title":"x"}}]}`), `mutation @transaction { a: update_notes_by_pk(pk_columns: {id: "ID"}, _set: {title: "x"}) { id } b: update_notes_many(updates: [{where: {id: {_eq: "ID"}}, _set: {title: "x"}}]) { affected_rows returning { title } } }`, nil},
		{"batch delete", with("POST", "/v1/batch", `{"ops":[{"op":"delete","collection":"notes","id":"ID"}]}`), `mutation @transaction { a: delete_notes(where: {id: {_eq: "ID"}}) { affected_rows returning { id title } } }`, nil},
		{"batch, if match", with("POST", "/v1/batch", `{"ops":[{"op":"delete","collection":"notes","id":"ID","if_match":"*"}]}`), "", nil},
		{"aliases", nil, `{ a: notes_by_pk(id: "ID") { id } b: notes(where: {id: {_eq: "ID"}}) { id } c: notes_aggregate(where: {id: {_eq: "ID"}}) { aggregate { count } } }`, nil},
		{"distinct", nil, `{ notes(distinct_on: stars, where: {id: {_gte: "ID"}}) { stars } }`, nil},
		{"live", nil, `subscription { notes(where: {id: {_eq: "ID"}}) { id title } }`, nil},
		{"live, changes", nil, `subscription @changes { notes(where: {id: {_eq: "ID"}}) { id title } }`, nil},
		{"live, one", nil, `subscription { notes_by_pk(id: "ID") { title } }`, nil},
		{"live, figures", nil, `subscription { notes_aggregate(where: {id: {_eq: "ID"}}) { aggregate { count } nodes { id } } }`, nil},
	}
	for i := range probes {
		probes[i].graphql = strings.ReplaceAll(probes[i].graphql, "TAG", string(quoted))
	}
	return probes
}

// noTransactions is what FerretDB answers to changes of several documents together.
const noTransactions = "this database has no transactions"

// malformedGraphQL is what no client of ours would send.
var malformedGraphQL = []struct{ query, variables, code string }{
	{`{`, "", "invalid"},
	{``, "", "invalid"},
	{`mutation { insert_notes_one(object: {title: "a\u0000b"}) { id } }`, "", "invalid"},
	{`mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }`, `{"o":{"title":"a\u0000b"}}`, "invalid"},
	{`mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }`, `{"o":{"title":"a","tags":{"a\u0000":1}}}`, "invalid"},
	{`mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }`, `{"o":{"title":{"$gt":""}}}`, "invalid"},
	{`mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }`, `{"o":{"title":"a","__proto__":{"admin":true}}}`, "invalid"},
	{`mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }`, `{"o":{"title":"a","stars":1e400}}`, "invalid"},
	{`mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }`, `{"o":{"title":"a","stars":9223372036854775808}}`, "invalid"},
	{`mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }`, `{"o":{"title":"a","id":"../x"}}`, "invalid"},
	{`mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }`, `{"o":{"title":"a","id":""}}`, "invalid"},
	{`mutation($o: notes_insert_input!) { insert_notes_one(object: $o) { id } }`, `{"o":{"title":"a","tags":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}}`, "invalid"},
	{`mutation($o: [notes_insert_input!]!) { insert_notes(objects: $o) { affected_rows } }`, `{"o":[[{"title":"a"}]]}`, "invalid"},
	{`mutation { insert_notes_one(object: {title: "a", stars: 1.5}) { id } }`, "", "invalid"},
	{`mutation { insert_notes_one(object: {title: "a", stars: 99999999999999999999}) { id } }`, "", "invalid"},
	{`{ notes(limit: -1) { id } }`, "", "invalid"},
	{`{ notes(limit: 99999999999999999999) { id } }`, "", "invalid"},
	{`{ notes(offset: -1) { id } }`, "", "invalid"},
	{`{ notes(order_by: {nothing: asc}) { id } }`, "", "invalid"},
	{`{ notes(order_by: {tags: asc}) { id } }`, "", "invalid"},
	{`query($o: [notes_order_by!]) { notes(order_by: $o) { id } }`, `{"o":[{"title\"; DROP TABLE notes; --":"asc"}]}`, "invalid"},
	{`query($o: [notes_order_by!]) { notes(order_by: $o) { id } }`, `{"o":[{"title":"asc; DROP TABLE notes"}]}`, "invalid"},
	{`{ notes(after: "xyz") { id } }`, "", "invalid"},
	{`{ notes(after: "` + strings.Repeat("A", 9000) + `") { id } }`, "", "invalid"},
	{`query($w: notes_bool_exp) { notes(where: $w) { id } }`, `{"w":{"stars":{"_eq":"a"}}}`, "invalid"},
	{`query($w: notes_bool_exp) { notes(where: $w) { id } }`, `{"w":{"stars":{"_gt":{"$gt":1}}}}`, "invalid"},
	{`query($w: notes_bool_exp) { notes(where: $w) { id } }`, `{"w":{"$where":"1"}}`, "invalid"},
	{`query($w: notes_bool_exp) { notes(where: $w) { id } }`, `{"w":{"title":{"_regex":".*"}}}`, "invalid"},
	{`query($w: notes_bool_exp) { notes(where: $w) { id } }`, `{"w":{"tags":{"_has_key":"x') OR 1=1 --"}}}`, "invalid"},
	{`query($w: notes_bool_exp) { notes(where: $w) { id } }`, `{"w":{"tags":{"_contains":{"x') OR 1=1 --":1}}}}`, "invalid"},
	{`query($w: notes_bool_exp) { notes(where: $w) { id } }`, `{"w":` + strings.Repeat(`{"_not":`, 1000) + `{}` + strings.Repeat("}", 1000) + `}`, "invalid"},
	{`query($w: notes_bool_exp) { notes(where: $w) { id } }`, `{"w":{"stars":{"_in":[` + strings.Repeat("1,", 2000) + `1]}}}`, "invalid"},
	{`query($w: notes_bool_exp) { notes(where: $w) { id } }`, `{"w":{"title":{"_eq":null}}}`, "invalid"},
	{`{ notes_aggregate { aggregate { sum { title } } } }`, "", "invalid"},
	{`{ notes_group(by: [tags]) { count } }`, "", "invalid"},
	{`{ notes_group(by: []) { count } }`, "", "invalid"},
	{`{ sqlite_schema { id } }`, "", "invalid"},
	{`{ __proto__ }`, "", "invalid"},
	{`mutation @transaction { delete_sqlite_schema(where: {}) { affected_rows } }`, "", "invalid"},
	{`mutation { update_notes(where: {}, _set: {id: "x"}) { affected_rows } }`, "", "invalid"},
	{`mutation { update_notes_by_pk(pk_columns: {id: "x"}, _inc: {title: 1}) { id } }`, "", "invalid"},
	{`mutation { update_notes_by_pk(pk_columns: {id: "x"}, _set: {title: "a"}, _inc: {stars: 1}, ifMatch: 1) { id } }`, "", "invalid"},
	{`query { notes { id } } query { notes { id } }`, "", "invalid"},
	{`mutation { update_notes_by_pk(pk_columns: {id: "x"}, _append: {tags: {a: {_inc: 1}}}, _delete_key: {tags: "a"}) { id } }`, "", "invalid"},
	{`mutation($a: notes_append_input!) { update_notes_by_pk(pk_columns: {id: "x"}, _append: $a) { id } }`, `{"a":{"tags":{"$inc":1}}}`, "invalid"},
	{`mutation($a: notes_append_input!) { update_notes_by_pk(pk_columns: {id: "x"}, _append: $a) { id } }`, `{"a":{"tags":"a\u0000"}}`, "invalid"},
	{`mutation($a: notes_append_input!) { update_notes_by_pk(pk_columns: {id: "x"}, _append: $a) { id } }`, `{"a":{"title":"a"}}`, "invalid"},
	{`mutation { update_notes_by_pk(pk_columns: {id: "x"}, _delete_elem: {tags: 99999999999999999999}) { id } }`, "", "invalid"},
	{`subscription @changes { notes_by_pk(id: "x") { id } }`, "", "invalid"},
	{`subscription @changes @changes { notes { id } }`, "", "invalid"},
	{`query @changes { notes { id } }`, "", "invalid"},
	{`subscription { notes_stream(batch_size: -1, cursor: {initial_value: {id: "a"}}) { id } }`, "", "invalid"},
	{`subscription { notes_stream(batch_size: 1, cursor: {initial_value: {tags: 1}}) { id } }`, "", "invalid"},
	{`subscription { notes_stream(batch_size: 1, cursor: {initial_value: {stars: {a: 1}}}) { id } }`, "", "invalid"},
	{`subscription { a: notes_stream(batch_size: 1, cursor: {initial_value: {id: "a"}}) { id } b: notes { id } }`, "", "invalid"},
	{`{ notes_stream(batch_size: 1, cursor: {initial_value: {id: "a"}}) { id } }`, "", "invalid"},
	{`subscription { notes { id } }`, "", "invalid"},
}

// graphqlWays are the ways to send an operation, with its variables as JSON: they return the status and the answer. Over a
// socket the status is 200, or that of a close; what is not answered over it within a message ends there.
var graphqlWays = map[string]func(t *testing.T, s *servertest.Instance, token, query string, variables ...string) (int, string){
	"POST": func(t *testing.T, s *servertest.Instance, token, query string, variables ...string) (int, string) {
		a := s.Do(t, call{Method: "POST", Path: "/v1/graphql", Token: token, Body: operation(query, variables)})
		return a.Status, a.Body
	},
	"GET": func(t *testing.T, s *servertest.Instance, token, query string, variables ...string) (int, string) {
		a := s.Do(t, call{Method: "GET", Path: "/v1/graphql?query=" + url.QueryEscape(query), Token: token})
		return a.Status, a.Body
	},
	"events": func(t *testing.T, s *servertest.Instance, token, query string, variables ...string) (int, string) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, "POST", s.URL+"/v1/graphql", strings.NewReader(operation(query, variables)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Authorization": {"Bearer " + token}, "Accept": {"text/event-stream"}, "Content-Type": {"application/json"}}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		return a.StatusCode, firstEvent(t, a)
	},
	"socket": func(t *testing.T, s *servertest.Instance, token, query string, variables ...string) (int, string) {
		conn, _, _, err := ws.Dialer{Protocols: []string{"graphql-transport-ws"}}.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+"/v1/graphql")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, text := range []string{`{"type":"connection_init","payload":{"Authorization":"Bearer ` + token + `"}}`, `{"id":"1","type":"subscribe","payload":` + operation(query, variables) + `}`} {
			if err := wsutil.WriteClientText(conn, []byte(text)); err != nil {
				t.Fatal(err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
			for {
				frame, err := ws.ReadFrame(conn)
				if err != nil {
					t.Fatal(err)
				}
				if frame.Header.OpCode == ws.OpPing {
					continue
				}
				if frame.Header.OpCode == ws.OpClose {
					code, why := ws.ParseCloseFrameData(frame.Payload)
					return int(code), why
				}
				if !strings.Contains(string(frame.Payload), "connection_ack") {
					return 200, string(frame.Payload)
				}
				break
			}
		}
		t.Fatal("no answer")
		return 0, ""
	},
}

// operation is the body of a request.
func operation(query string, variables []string) string {
	text, _ := json.Marshal(query) // a string
	if len(variables) > 0 && variables[0] != "" {
		return `{"query":` + string(text) + `,"variables":` + variables[0] + `}`
	}
	return `{"query":` + string(text) + `}`
}

// firstEvent is the first answer in a stream of events, or all of what is none.
func firstEvent(t *testing.T, a *http.Response) string {
	t.Helper()
	var got []byte
	for {
		chunk := make([]byte, 4096)
		n, err := a.Body.Read(chunk)
		got = append(got, chunk[:n]...)
		if _, event, found := strings.Cut(string(got), "event: next\n"); found {
			if data, _, whole := strings.Cut(event, "\n\n"); whole {
				return data
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return string(got)
		case err != nil:
			t.Fatal(err)
		}
	}
}
