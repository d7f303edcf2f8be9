package server_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const recipes = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
graphql: {}
mcp: {}
collections:
  recipes:
    fields: { name: { type: string, search: true }, steps: { type: string, search: true }, owner: { type: string }, plain: { type: string } }
    rules: { read: 'true', create: 'true', update: 'true' }
    fields_readable: { steps: 'doc.owner == auth.id' }
`

// TestSearch_TyposAndSnippets: a search may forgive typing mistakes, and shows where it has found something, as far as the
// caller may see it.
func TestSearch_TyposAndSnippets(t *testing.T) {
	t.Parallel()
	onEach(t, recipes, typosAndSnippets)
}

func typosAndSnippets(t *testing.T, s *servertest.Instance) {
	ann := user(s, "ann")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/recipes", Token: ann, Body: `[{"id":"a","name":"Crème brûlée","steps":"Burn <b>sugar</b> & cream","owner":"ann"},{"id":"b","name":"Pancakes","steps":"Bake with sugar","owner":"bob"}]`})
	find := func(status int, query string) string {
		t.Helper()
		return s.Want(t, status, call{Path: "/v1/db/recipes?" + query, Token: ann}).Body
	}
	filter := func(text string) string { return "select=id&filter=" + url.QueryEscape(text) }
	for query, want := range map[string]string{
		filter(`search("brulle")`):                                                             `{"items":[],"next":null}`,
		filter(`search("brulle", "typos")`):                                                    `{"items":[{"id":"a"}],"next":null}`,
		filter(`search("pacnakes", "typos") || search("cream")`):                               `{"items":[{"id":"a"}],"next":null}`, // and not b, whose steps are not for ann
		filter(`search("crmee", "typos")`) + "&snippets=name,steps":                            `{"items":[{"id":"a","snippets":{"name":"<mark>Crème</mark> brûlée","steps":"Burn &lt;b&gt;sugar&lt;/b&gt; &amp; cream"}}],"next":null}`,
		filter(`search("suga")`) + "&snippets=steps&sort=name":                                 `{"items":[{"id":"a","snippets":{"steps":"Burn &lt;b&gt;<mark>sugar</mark>&lt;/b&gt; &amp; cream"}}],"next":null}`,
		"select=id&snippets=name&filter=" + url.QueryEscape(`search("creme") && plain == nil`): `{"items":[{"id":"a","snippets":{"name":"<mark>Crème</mark> brûlée"}}],"next":null}`,
	} {
		if got := unescaped(find(200, query)); got != want {
			t.Errorf("%s:\n%s, want\n%s", query, got, want)
		}
	}
	for query, code := range map[string]string{
		"snippets=name": `"field":"snippets","code":"search"`,
		filter(`search("a")`) + "&snippets=plain":   `"code":"unsupported"`,
		filter(`search("a")`) + "&snippets=nme":     `"code":"unknown_field"`,
		filter(`search("a", "tpyos")`):              `the only option of search is`,
		"where=" + url.QueryEscape(`{"$search":1}`): `unknown_parameter`,
	} {
		status := 422
		if got := find(status, query); !strings.Contains(got, code) {
			t.Errorf("%s: %s", query, got)
		}
	}
	for body, want := range map[string]string{
		`{"where":{"$search":{"text":"brulle","typos":true}},"snippets":["name"],"select":["id"]}`: `{"items":[{"id":"a","snippets":{"name":"Crème <mark>brûlée</mark>"}}],"next":null}`,
		`{"where":{"$search":{"text":"brulle","typos":false}},"select":["id"]}`:                    `{"items":[],"next":null}`,
	} {
		if got := unescaped(s.Want(t, 200, call{Method: "POST", Path: "/v1/db/recipes/query", Token: ann, Body: body}).Body); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
	for _, body := range []string{`{"where":{"$search":{"typos":true}}}`, `{"where":{"$search":{"text":"a","typos":1}}}`, `{"where":{"$search":{"text":"a","typo":true}}}`, `{"where":{"$search":["a"]}}`} {
		s.Want(t, 422, call{Method: "POST", Path: "/v1/db/recipes/query", Token: ann, Body: body})
	}
	l := s.Live(t, ann)
	if err := l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "recipes", "query": map[string]any{"where": map[string]any{"$search": map[string]any{"text": "brulle", "typos": true}}, "snippets": []string{"name"}, "select": []string{"id"}}}); err != nil {
		t.Fatal(err)
	}
	if first := l.Want(t, "snapshot"); len(first.Items) != 1 || !strings.Contains(unescaped(string(first.Items[0])), `{"id":"a","snippets":{"name":"Crème <mark>brûlée</mark>"}}`) {
		t.Errorf("a live query begins with %s", first.Items)
	}
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/recipes/a", Token: ann, Body: `{"name":"A creme brulee"}`})
	if next := l.Want(t, "change"); !strings.Contains(unescaped(string(next.Doc)), `"name":"A creme <mark>brulee</mark>"`) {
		t.Errorf("a live query goes on with %s", next.Doc)
	}
	if got := unescaped(s.Want(t, 200, call{Path: "/v1/db/recipes?snippets=steps&" + filter(`search("creme")`), Token: user(s, "bob")}).Body); strings.Contains(got, "Burn") {
		t.Errorf("a snippet shows a field that is hidden: %s", got)
	}
	searchInGraphQL(t, s, ann)
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","arguments":{"collection":"recipes","where":{"$search":{"text":"crmee","typos":true}},"select":["id"],"snippets":["name"]}}}`
	answer := s.Want(t, 200, call{Method: "POST", Path: "/v1/mcp", Token: ann, Body: body, Header: map[string]string{"Accept": "application/json, text/event-stream"}}).Body
	if !strings.Contains(unescaped(strings.ReplaceAll(answer, `\\u`, `\u`)), "A <mark>creme</mark> brulee") {
		t.Errorf("an assistant finds %s", answer)
	}
}

func searchInGraphQL(t *testing.T, s *servertest.Instance, token string) {
	for query, want := range map[string]string{
		`{ recipes(where: {_search: "crmee"}) { id } }`:                                                           `{"data":{"recipes":[]}}`,
		`{ recipes(where: {_search_typos: "crmee"}) { id name: _snippet(of: name) steps: _snippet(of: steps) } }`: `{"data":{"recipes":[{"id":"a","name":"A <mark>creme</mark> brulee","steps":"Burn &lt;b&gt;sugar&lt;/b&gt; &amp; cream"}]}}`,
		`{ recipes_by_pk(id: "a") { _snippet(of: name) } }`:                                                       `{"data":{"recipes_by_pk":{"_snippet":null}}}`,
		`{ recipes { _snippet(of: name) } }`:                                                                      `this list has no search`,
		`{ recipes(where: {_search: "creme"}) { _snippet(of: plain) } }`:                                          `plain is not marked search: true`,
		`{ recipes(where: {_search: "creme"}) { _snippet(of: nme) } }`:                                            `Value \"nme\" does not exist`,
	} {
		_, got := graphqlWays["POST"](t, s, token, query)
		if got = unescaped(got); got != want && (want[0] == '{' || !strings.Contains(got, want)) {
			t.Errorf("%s:\n%s, want\n%s", query, got, want)
		}
	}
}

// unescaped writes what JSON may have escaped as it is.
func unescaped(body string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(body)
}
