package graphql_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

func TestHTTP_AsTheSpecificationSays(t *testing.T) {
	t.Parallel()
	s := start(t)
	const ours, plain = "application/graphql-response+json; charset=utf-8", "application/json; charset=utf-8"
	bearer := "Bearer " + s.Token(map[string]any{"sub": "ann"})
	post := func(body string, header ...string) call {
		c := call{Method: "POST", Path: "/v1/graphql", Body: body, Header: map[string]string{"Accept": "application/graphql-response+json"}}
		for i := 0; i < len(header); i += 2 {
			c.Header[header[i]] = header[i+1]
		}
		return c
	}
	get := func(query string) call {
		return call{Method: "GET", Path: "/v1/graphql?" + query, Header: map[string]string{"Accept": "application/graphql-response+json"}}
	}
	query := url.QueryEscape
	for _, test := range []struct {
		name   string
		call   call
		status int
		media  string
		part   string
	}{
		{"a query", post(`{"query":"{__typename}"}`), 200, ours, `{"data":{"__typename":"query_root"}}`},
		{"as JSON", post(`{"query":"{__typename}"}`, "Accept", "application/json"), 200, plain, `"data"`},
		{"as anything", post(`{"query":"{__typename}"}`, "Accept", "*/*"), 200, plain, `"data"`},
		{"as what is preferred", post(`{"query":"{__typename}"}`, "Accept", "application/json;q=0.5, application/graphql-response+json"), 200, ours, `"data"`},
		{"as what there is not", post(`{"query":"{__typename}"}`, "Accept", "text/html"), 415, ours, `"unsupported_media_type"`},
		{"GET", get("query=" + query(`query($a: Boolean!) { __typename @include(if: $a) }`) + "&variables=" + query(`{"a":true}`)), 200, ours, `{"data":{"__typename":"query_root"}}`},
		{"GET of a mutation", get("query=" + query(`mutation { delete_posts(where: {}) { affected_rows } }`)), 405, ours, `"method_not_allowed"`},
		{"GET of nothing", get(""), 400, ours, `"invalid"`},
		{"PUT", call{Method: "PUT", Path: "/v1/graphql", Body: "{}"}, 405, ours, `{"errors":[{"message":`},
		{"a path below", call{Method: "GET", Path: "/v1/graphql/x"}, 404, ours, `"not_found"`},
		{"no JSON", post(`{"query"`), 400, ours, `"invalid_json"`},
		{"no object", post(`1`), 400, ours, `"invalid_json"`},
		{"no query", post(`{}`), 400, ours, `query is missing`},
		{"a query that is none", post(`{"query":1}`), 400, ours, `query is a string`},
		{"variables that are none", post(`{"query":"{__typename}","variables":[1]}`), 400, ours, `variables is`},
		{"extensions that are none", post(`{"query":"{__typename}","extensions":"x"}`), 400, ours, `extensions is`},
		{"nulls", post(`{"query":"{__typename}","variables":null,"operationName":null,"extensions":null}`), 200, ours, `"data"`},
		{"another content", post(`{"query":"{__typename}"}`, "Content-Type", "text/plain"), 415, ours, `"unsupported_media_type"`},
		{"no document", post(`{"query":"{"}`), 400, ours, `"locations":[{"line":1`},
		{"no document, as JSON", post(`{"query":"{"}`, "Accept", "application/json"), 200, plain, `"errors"`},
		{"no such field", post(`{"query":"{ post { id } }"}`), 400, ours, `Cannot query field`},
		{"an unknown operation", post(`{"query":"query A {__typename} query B {__typename}","operationName":"C"}`), 400, ours, `operationName`},
		{"no operation of several", post(`{"query":"query A {__typename} query B {__typename}"}`), 400, ours, `operationName`},
		{"a variable that is missing", post(`{"query":"query($a: Int!) { posts(limit: $a) { id } }"}`), 400, ours, `must be defined`},
		{"a variable of another kind", post(`{"query":"query($a: Boolean) { posts(limit: $a) { id } }"}`), 400, ours, `expecting type`},
		{"a variable that does not fit", post(`{"query":"query($a: posts_bool_exp) { posts(where: $a) { id } }","variables":{"a":{"nothing":1}}}`), 400, ours, `unknown field`},
		{"a subscription", post(`{"query":"subscription { people { id } }"}`), 400, ours, `graphql-transport-ws`},
		{"several operations", post(`[{"query":"{__typename}"},{"query":"{"},{"query":"{people_by_pk(id:\"bob\"){name}}"}]`), 200, ours, `},{"data":{"people_by_pk":{"name":"Bob"}}}]`},
		{"too many operations", post("[" + strings.Repeat(`{"query":"{__typename}"},`, 10) + `{"query":"{__typename}"}]`), 400, ours, `graphql.batch`},
		{"a bad token", post(`{"query":"{__typename}"}`, "Authorization", "Bearer x"), 401, ours, `"code":"unauthenticated"`},
		{"a body that is too large", post(`{"query":"` + strings.Repeat(" ", 1<<20) + `"}`), 413, ours, `"code":"too_large"`},
		{"a query as events", post(`{"query":"{ people_by_pk(id: \"bob\") { name } }"}`, "Accept", "text/event-stream"), 200, "text/event-stream", "event: next\ndata: {\"data\":{\"people_by_pk\":{\"name\":\"Bob\"}}}\n\nevent: complete\ndata:\n\n"},
		{"a query of a client that takes events, too", post(`{"query":"{__typename}"}`, "Accept", "application/graphql-response+json, application/json, text/event-stream, multipart/mixed"), 200, ours, `{"data":`},
		{"no document, as events", post(`{"query":"{"}`, "Accept", "text/event-stream"), 400, ours, `"errors"`},
		{"a subscription that may not be, as events", post(`{"query":"subscription { drafts { id } }"}`, "Accept", "text/event-stream"), 401, ours, `"unauthenticated"`},
		{"two subscriptions, as events", post(`{"query":"subscription { a: people { id } b: people { id } }"}`, "Accept", "text/event-stream"), 400, ours, `once`},
		{"data in part", post(`{"query":"{ posts_by_pk(id: \"p1\") { hidden } people { id } }"}`, "Authorization", bearer), 200, ours, `"path":["posts_by_pk"],"extensions":{"code":"forbidden"`},
	} {
		a := s.Do(t, test.call)
		if a.Status != test.status || a.Header.Get("Content-Type") != test.media || !strings.Contains(a.Body, test.part) {
			t.Errorf("%s: got %d %s %.400s", test.name, a.Status, a.Header.Get("Content-Type"), a.Body)
		}
	}
}

func TestSafety_WhatIsTooMuchIsRefusedBeforeItRuns(t *testing.T) {
	t.Parallel()
	began := time.Now()
	s := start(t)
	ann := s.Token(map[string]any{"sub": "ann"})
	fragments := func(n int) string { // each has the next twice
		out := "{ people { ...f0 } }"
		for i := range n {
			out += fmt.Sprintf(" fragment f%d on people { a: boss { ...f%d } b: boss { ...f%d } }", i, i+1, i+1)
		}
		return out + fmt.Sprintf(" fragment f%d on people { id }", n)
	}
	empty := func(n int) string {
		out := "{ people { ...f0 } }"
		for i := range n {
			out += fmt.Sprintf(" fragment f%d on people { ...f%d ...f%d }", i, i+1, i+1)
		}
		return out + fmt.Sprintf(" fragment f%d on people { id }", n)
	}
	for _, test := range []struct{ name, query, part string }{
		{"depth", "{ people " + strings.Repeat("{ boss ", 14) + "{ id }" + strings.Repeat("}", 14) + "}", "graphql.depth"},
		{"documents", "{ people(limit: 500) { people(limit: 500) { people(limit: 500) { id } } } }", "graphql.cost"},
		{"nodes of figures", "{ people_aggregate { nodes { people(limit: 500) { people(limit: 500) { id } } } } }", "graphql.cost"},
		{"aliases at the top", "{" + strings.Repeat(" a: __typename", 1) + aliases(60, "people { id }") + "}", "graphql.roots"},
		{"aliases", "{ people {" + aliases(2100, "id") + "} }", "fields"},
		{"fragments", fragments(11), ""},
		{"empty fragments", empty(20), "fields"},
		{"a circle", "{ people { ...f } } fragment f on people { boss { ...g } } fragment g on people { boss { ...f } }", "within itself"},
		{"tokens", "{ people { " + strings.Repeat("id ", 9000) + "} }", "token"},
		{"one field often", "{ people { " + strings.Repeat("id ", 7000) + "} }", "more than 30 times"},
		{"one field often, in others", "{ people { " + strings.Repeat("boss { "+strings.Repeat("id ", 28)+"} ", 28) + "} }", "more than 30 times"},
		{"one field often, by fragments", "{ people { ...f0 ...f1 } } fragment f0 on people { " + strings.Repeat("id ", 20) + "} fragment f1 on people { " + strings.Repeat("id ", 20) + "}", "more than 30 times"},
		{"brackets", strings.Repeat("{a", 5000), ""},
		{"a deep filter", "{ people(where: " + strings.Repeat("{_not: ", 100) + "{}" + strings.Repeat("}", 100) + ") { id } }", "deep"},
		{"many counts", "{ people(where: {_or: [" + strings.Repeat(`{posts_aggregate: {count: {predicate: {_gt: 0}}}}, `, 11) + "]}) { id } }", "count"},
		{"a live query that counts", "subscription { people(where: {posts_aggregate: {count: {predicate: {_gt: 0}}}}) { id } }", ""},
		{"many conditions", "{ people(where: {_or: [" + strings.Repeat(`{id: {_eq: "x"}}, `, 600) + "]}) { id } }", "conditions"},
		{"introspection in itself", `{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`, "introspection depth"},
		{"a transaction of a function", `mutation @transaction { nothing }`, "Cannot query"},
		{"many inserts", "mutation { insert_people(objects: [" + strings.Repeat(`{name: "x"}, `, 501) + "]) { affected_rows } }", "500"},
	} {
		for way, send := range ways {
			body := send(t, s, ann, test.query)
			if strings.HasPrefix(body, "{") && codes(t, body) == "too_large" { // an address has 16 KiB
				continue
			}
			if !strings.Contains(body, `"extensions":{"code":"`) || !strings.Contains(body, test.part) && !strings.Contains(body, "POST") || strings.Contains(body, `"internal"`) || strings.Contains(body, "panic") {
				t.Errorf("%s by %s: got %.300s", test.name, way, body)
			}
		}
	}
	if n := statements(t, s); n > 4+int(time.Since(began)/time.Second) { // the server reads something by itself, now and then
		t.Errorf("%d statements were run", n)
	}
	ask(t, s, ann, `{ people { id } }`, nil)
	ask(t, s, "", `{ posts { id } }`, nil)
	figures := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body
	for _, want := range []string{`call="document",code="invalid"`, `call="query",code="ok"`, `call="query",code="unauthenticated"`, `call="mutation",code="invalid"`} {
		if !strings.Contains(figures, `basalt_dialect_calls_total{`+want+`,dialect="graphql"}`) {
			t.Errorf("the metrics do not have %s", want)
		}
	}
	if body := ask(t, s, ann, `{ post { id } }`, nil); strings.Contains(body, "Did you mean") {
		t.Errorf("a stranger gets names: %s", body)
	}
	if body := ask(t, s, admin, `{ post { id } }`, nil); !strings.Contains(body, "Did you mean") {
		t.Errorf("an administrator is not: %s", body)
	}
}

// ways are the ways to send an operation. They return the answer, over a socket its message.
var ways = map[string]func(t *testing.T, s *servertest.Instance, token, query string) string{
	"POST": func(t *testing.T, s *servertest.Instance, token, query string) string {
		return ask(t, s, token, query, nil)
	},
	"GET": func(t *testing.T, s *servertest.Instance, token, query string) string {
		return s.Do(t, call{Method: "GET", Path: "/v1/graphql?query=" + url.QueryEscape(query), Token: token}).Body
	},
	"events": func(t *testing.T, s *servertest.Instance, token, query string) string {
		return s.Do(t, call{Method: "POST", Path: "/v1/graphql", Token: token, Body: map[string]any{"query": query}, Header: map[string]string{"Accept": "text/event-stream"}}).Body
	},
	"socket": func(t *testing.T, s *servertest.Instance, token, query string) string {
		p := dial(t, s, "graphql-transport-ws")
		p.say(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, token)
		p.hears(`{"type":"connection_ack"}`)
		p.subscribe("1", query)
		return p.next()
	},
}

// TestSafety_BatchedMutationsAreCounted: lists of operations, roots and objects count one by one against the limits of the
// collection, whichever way they come.
func TestSafety_BatchedMutationsAreCounted(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"POST", "socket"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			batchedMutations(t, way)
		})
	}
}

func batchedMutations(t *testing.T, way string) {
	s := servertest.Start(t, strings.Replace(blog, "  closed:", "  counted:\n    fields: { text: { type: string }, n: { type: int, default: 0 } }\n    rules: { read: 'true', create: 'auth != nil', update: 'auth != nil', delete: 'auth != nil' }\n    limits: { create: { rate: 20/1h }, update: { rate: 5/1h }, delete: { rate: 2/1h } }\n  closed:", 1))
	ann := s.Token(map[string]any{"sub": "ann"})
	batch := func(n int, query string) string {
		one, _ := json.Marshal(map[string]string{"query": query}) // a string
		return s.Do(t, call{Method: "POST", Path: "/v1/graphql", Token: ann, Body: "[" + strings.Repeat(string(one)+",", n-1) + string(one) + "]"}).Body
	}
	if way == "socket" { // all at once, on one connection
		p := connect(t, s, ann)
		batch = func(n int, query string) (out string) {
			for i := range n {
				p.subscribe(fmt.Sprint(i), query)
			}
			for done := 0; done < n; {
				text := p.next()
				if strings.Contains(text, `"type":"complete"`) || strings.Contains(text, `"type":"error"`) {
					done++
				}
				out += text
			}
			return out
		}
	}
	count := func(want int) {
		t.Helper()
		if got := ask(t, s, admin, `{ counted_aggregate { aggregate { count } } }`, nil); got != fmt.Sprintf(`{"data":{"counted_aggregate":{"aggregate":{"count":%d}}}}`, want) {
			t.Errorf("got %s, want %d", got, want)
		}
	}
	for _, test := range []struct {
		name    string
		n       int
		query   string
		refused int
		count   int
	}{
		{"a list of operations", 8, "mutation { insert_counted_one(object: {text: \"a\"}) { id } }", 0, 8},
		{"roots", 1, "mutation {" + aliases(8, `insert_counted_one(object: {text: "a"}) { id }`) + "}", 0, 16},
		{"objects", 1, "mutation { insert_counted(objects: [{}, {}, {}, {}]) { affected_rows } }", 0, 20},
		{"one more", 1, "mutation { insert_counted_one(object: {}) { id } }", 1, 20},
		{"more of them", 10, "mutation {" + aliases(50, `insert_counted_one(object: {text: "a"}) { id }`) + "}", 500, 20},
		{"changes", 4, "mutation {" + aliases(2, `update_counted(where: {}, _inc: {n: 1}) { affected_rows }`) + "}", 3, 20},
		{"a change that makes", 1, `mutation { insert_counted(objects: [{id: "x"}], on_conflict: {constraint: counted_pkey, update_columns: [n]}) { affected_rows } }`, 1, 20},
		{"removals, the third of which is one too many", 3, `mutation { delete_counted(where: {id: {_eq: "none"}}) { affected_rows } }`, 1, 20},
		{"all", 1, `mutation { delete_counted(where: {}) { affected_rows } }`, 1, 20},
	} {
		body := batch(test.n, test.query)
		if n := strings.Count(body, `"code":"rate_limited"`); n != test.refused {
			t.Errorf("%s: %d are refused, want %d: %.500s", test.name, n, test.refused, body)
		}
		count(test.count)
	}
}

// TestSafety_ReadsAreCounted: each root that reads, whatever it is and whichever way it comes, counts against the limit of the
// collection whose documents it shows.
func TestSafety_ReadsAreCounted(t *testing.T) {
	t.Parallel()
	config := strings.Replace(blog, "graphql: {}", "graphql: { federation: true }", 1)
	s := startWith(t, strings.Replace(config, "  drafts:", "    limits: { read: { rate: 2/1h } }\n  drafts:", 1))
	for form, root := range map[string]string{
		"list":       `comments { id }`,
		"one":        `comments_by_pk(id: "c1") { id }`,
		"node":       `node(id: "` + global("comments:c1") + `") { ... on comments { id } }`,
		"entities":   `_entities(representations: [{__typename: "comments", id: "c1"}]) { ... on comments { id } }`,
		"figures":    `comments_aggregate { aggregate { count } }`,
		"groups":     `comments_group(by: [stars]) { count }`,
		"connection": `comments_connection { edges { node { id } } }`,
		"counted":    `posts(where: {comments_aggregate: {count: {predicate: {_gt: 0}}}}) { id }`,
	} {
		for way, send := range ways {
			caller := s.Token(map[string]any{"sub": way + form})
			if body := send(t, s, caller, "query {"+aliases(2, root)+"}"); strings.Contains(body, "rate_limited") || !strings.Contains(body, `"data"`) {
				t.Errorf("%s by %s: got %.300s", form, way, body)
			}
			if body := send(t, s, caller, "query {"+aliases(2, root)+"}"); strings.Count(body, `"code":"rate_limited"`) == 0 {
				t.Errorf("%s by %s is not counted: %.300s", form, way, body)
			}
		}
	}
}

func aliases(n int, field string) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, " a%d: %s", i, field)
	}
	return out.String()
}

func TestPersisted_DocumentsByTheirHash(t *testing.T) {
	t.Parallel()
	s := start(t)
	const query, hash = `{__typename}`, "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"
	extensions := func(hash string) string { return fmt.Sprintf(`{"persistedQuery":{"version":1,"sha256Hash":%q}}`, hash) }
	send := func(body string) string {
		return s.Do(t, call{Method: "POST", Path: "/v1/graphql", Body: body}).Body
	}
	for _, test := range []struct{ name, body, part string }{
		{"unknown", `{"extensions":` + extensions(hash) + `}`, `{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}`},
		{"another's hash", `{"query":"{people{id}}","extensions":` + extensions(hash) + `}`, `is not the SHA-256`},
		{"still unknown", `{"extensions":` + extensions(hash) + `}`, `PersistedQueryNotFound`},
		{"not checked", `{"query":"{","extensions":` + extensions("021fb596db81e6d02bf3d2586ee3981fe519f275c0ac9ca76bbcf2ebb4097d96") + `}`, `"errors"`},
		{"not kept", `{"extensions":` + extensions("021fb596db81e6d02bf3d2586ee3981fe519f275c0ac9ca76bbcf2ebb4097d96") + `}`, `PersistedQueryNotFound`},
		{"with its hash", `{"query":"` + query + `","extensions":` + extensions(hash) + `}`, `"data"`},
		{"by its hash", `{"extensions":` + extensions(hash) + `}`, `{"data":{"__typename":"query_root"}}`},
		{"by its id", `{"documentId":"sha256:` + hash + `"}`, `{"data":{"__typename":"query_root"}}`},
		{"another version", `{"extensions":{"persistedQuery":{"version":2,"sha256Hash":"x"}}}`, `persistedQuery is`},
		{"no hash", `{"extensions":{"persistedQuery":1}}`, `persistedQuery is`},
	} {
		if got := send(test.body); !strings.Contains(got, test.part) {
			t.Errorf("%s: got %s", test.name, got)
		}
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/graphql?extensions=" + url.QueryEscape(extensions(hash))}); !strings.Contains(a.Body, `"data"`) {
		t.Errorf("GET: %s", a.Body)
	}
}

func TestPersisted_AnAllowListIsAllThatRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"names.graphql": "# all of them\nquery Names {\n  people { name }\n}\n",
		"live.gql":      `subscription Live { people { id } }`,
		"apollo.json":   `{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"one","name":"One","type":"query","body":"query One($id: ID!) { people_by_pk(id: $id) { name __typename } }"}]}`,
		"relay.json":    `{"two":"query Two { people_aggregate { aggregate { count } } }"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := servertest.Start(t, strings.Replace(blog, "graphql: {}", "graphql: { only: "+dir+" }", 1))
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/people", Token: admin, Body: `{"id":"ann","name":"Ann"}`})
	const refusal, ann = "graphql.only", `{"data":{"people":[{"name":"Ann"}]}}`
	for _, test := range []struct{ name, token, body, part string }{
		{"as it stands", "", `{"query":"# all of them\nquery Names {\n  people { name }\n}\n"}`, ann},
		{"in another layout, with what clients add", "", `{"query":"query Names{people{name __typename}}"}`, `"__typename":"people"`},
		{"by id", "", `{"documentId":"one","variables":{"id":"ann"}}`, `{"data":{"people_by_pk":{"name":"Ann","__typename":"people"}}}`},
		{"by another id", "", `{"documentId":"two"}`, `"count":1`},
		{"by file", "", `{"documentId":"names.graphql"}`, ann},
		{"another", "", `{"query":"{ people { name } }"}`, refusal},
		{"one more field", "", `{"query":"query Names { people { name team } }"}`, refusal},
		{"another argument", "", `{"query":"query Names { people(limit: 1) { name } }"}`, refusal},
		{"another name", "", `{"query":"query Other { people { name } }"}`, refusal},
		{"one more operation", "", `{"query":"query Names { people { name } } mutation M { delete_people(where: {}) { affected_rows } }","operationName":"M"}`, refusal},
		{"introspection", "", `{"query":"{ __schema { types { name } } }"}`, refusal},
		{"what is no field, without a hint", "", `{"query":"{ peopl { name } }"}`, refusal},
		{"an unknown id", "", `{"documentId":"three"}`, "PersistedQueryNotFound"},
		{"a subscription by POST", "", `{"query":"subscription Live { people { id } }"}`, "graphql-transport-ws"},
		{"by an administrator", admin, `{"query":"{ people { name } }"}`, ann},
		{"one that an administrator has sent", "", `{"query":"{ people { name } }"}`, refusal},
	} {
		if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/graphql", Token: test.token, Body: test.body}).Body; !strings.Contains(got, test.part) {
			t.Errorf("%s: got %s", test.name, got)
		}
	}
	p := dial(t, s, "graphql-transport-ws")
	p.say(`{"type":"connection_init"}`)
	p.hears(`{"type":"connection_ack"}`)
	p.subscribe("1", `subscription Live { people { id name } }`)
	if got := p.next(); !strings.Contains(got, refusal) {
		t.Errorf("over a socket: got %s", got)
	}
	p.subscribe("2", `subscription Live { people { id } }`)
	p.hears(`{"id":"2","type":"next","payload":{"data":{"people":[{"id":"ann"}]}}}`)
}
