package graphql_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

func TestFederation_EntitiesByTheirKeys(t *testing.T) {
	t.Parallel()
	s := startWith(t, strings.Replace(blog, "graphql: {}", "graphql: { federation: true }", 1))
	ann := s.Token(map[string]any{"sub": "ann"})
	body := ask(t, s, "", `{ _service { __typename sdl } }`, nil)
	for _, want := range []string{`"__typename":"_Service"`, `extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\"`, `type posts implements Node @key(fields: \"id\") {`, `type PageInfo @shareable {`} {
		if !strings.Contains(body, want) {
			t.Errorf("the schema has no %s", want)
		}
	}
	query := `query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on posts { title author { name } comments(limit: 1, order_by: {id: asc}) { id } } ...F } } fragment F on people { name secret }`
	represented := func(pairs ...string) map[string]any {
		out := []any{}
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, map[string]any{"__typename": pairs[i], "id": pairs[i+1], "more": 1})
		}
		return map[string]any{"r": out}
	}
	before := statements(t, s)
	for _, test := range []struct {
		token     string
		variables map[string]any
		want      string
	}{
		{ann, represented("people", "bob", "posts", "p1", "people", "ann", "posts", "none", "people", "eve", "people", "bob", "closed", "x", "nothing", "x"),
			`{"data":{"_entities":[{"__typename":"people","name":"Bob","secret":null},{"__typename":"posts","title":"one","author":{"name":"Ann"},"comments":[{"id":"c1"}]},{"__typename":"people","name":"Ann","secret":"s-ann"},null,null,{"__typename":"people","name":"Bob","secret":null},null,null]}}`},
		{ann, represented(), `{"data":{"_entities":[]}}`},
	} {
		if got := ask(t, s, test.token, query, test.variables); got != test.want {
			t.Errorf("got %s\nwant %s", got, test.want)
		}
	}
	if got := ask(t, s, "", `query($r: [_Any!]!) { _entities(representations: $r) { ... on people { name } } }`, represented("posts", "p1", "people", "ann")); got != `{"data":{"_entities":[null,{"name":"Ann"}]}}` {
		t.Errorf("an anonymous caller: %s", got)
	}
	if n := statements(t, s) - before; n > 8 { // four, one, and what the server reads by itself
		t.Errorf("%d statements", n)
	}
	if got := ask(t, s, ann, `query($r: [_Any!]!) { _entities(representations: $r) { ... on posts { hidden } } }`, represented("posts", "p1")); codes(t, got) != "forbidden" {
		t.Errorf("a hidden field: %s", got)
	}
	if got := ways["socket"](t, s, ann, `{ _entities(representations: [{__typename: "people", id: "bob"}]) { ... on people { name } } }`); !strings.Contains(got, `{"data":{"_entities":[{"name":"Bob"}]}}`) {
		t.Errorf("over a socket: %s", got)
	}
	if got := ask(t, s, ann, query, map[string]any{"r": []any{map[string]any{"__typename": "posts"}, 1}}); codes(t, got) != "invalid" {
		t.Errorf("without an id: %s", got)
	}
	limited := servertest.Start(t, strings.Replace(blog, "graphql: {}", `graphql: { federation: true, introspection: 'auth.role == "dev"' }`, 1))
	if got := ask(t, limited, ann, `{ _service { sdl } }`, nil); codes(t, got) != "forbidden" {
		t.Errorf("the schema for another caller: %s", got)
	}
	if got := ask(t, start(t), "", `{ _service { sdl } }`, nil); codes(t, got) != "invalid" {
		t.Errorf("without federation: %s", got)
	}
}
