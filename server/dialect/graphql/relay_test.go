package graphql_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestRelay_ConnectionsAndGlobalIDs(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.Token(map[string]any{"sub": "ann"})
	for _, order := range []string{`{id: asc}`, `[{author: {name: desc}}, {id: asc}]`} {
		var seen []string
		for after := ""; ; {
			body := ask(t, s, ann, fmt.Sprintf(`{ posts_connection(first: 3, order_by: %s%s) { __typename totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id author { name } } } } }`, order, after), nil)
			var answer struct {
				Data struct {
					C struct {
						TotalCount int
						PageInfo   struct {
							HasNextPage, HasPreviousPage bool
							StartCursor, EndCursor       string
						}
						Edges []struct {
							Cursor string
							Node   struct{ ID string }
						}
					} `json:"posts_connection"`
				}
			}
			if err := json.Unmarshal([]byte(body), &answer); err != nil {
				t.Fatal(err)
			}
			c := answer.Data.C
			if c.TotalCount != 4 || len(c.Edges) == 0 || c.PageInfo.HasPreviousPage != (after != "") || c.PageInfo.EndCursor == "" || c.PageInfo.HasNextPage != (len(seen) == 0) {
				t.Fatalf("got %s", body)
			}
			for _, e := range c.Edges {
				seen = append(seen, e.Node.ID)
			}
			if !c.PageInfo.HasNextPage {
				break
			}
			after = `, after: "` + c.Edges[len(c.Edges)-1].Cursor + `"`
		}
		if len(seen) != 4 || seen[0] == seen[3] {
			t.Errorf("by %s: got %v", order, seen)
		}
	}
	// Backwards: the same edges, in the same order, page by page from the end. Null values, on both sides, are among them.
	for _, order := range []string{`{id: asc}`, `[{slug: asc}, {id: desc}]`, `{slug: desc_nulls_first}`, `{slug: asc_nulls_last}`, `[{stars: desc}, {title: asc}]`} {
		page := func(arguments string) (ids, cursors []string, next, previous bool) {
			t.Helper()
			body := ask(t, s, ann, `{ posts_connection(`+arguments+`, order_by: `+order+`) { pageInfo { hasNextPage hasPreviousPage } edges { cursor node { id } } } }`, nil)
			var answer struct {
				Data struct {
					C struct {
						PageInfo struct{ HasNextPage, HasPreviousPage bool }
						Edges    []struct {
							Cursor string
							Node   struct{ ID string }
						}
					} `json:"posts_connection"`
				}
				Errors []any
			}
			if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Errors != nil {
				t.Fatal(err, body)
			}
			for _, e := range answer.Data.C.Edges {
				ids, cursors = append(ids, e.Node.ID), append(cursors, e.Cursor)
			}
			return ids, cursors, answer.Data.C.PageInfo.HasNextPage, answer.Data.C.PageInfo.HasPreviousPage
		}
		all, _, _, _ := page("first: 10")
		var back []string
		for arguments := "last: 3"; ; {
			ids, cursors, next, previous := page(arguments)
			if next != (len(back) > 0) || previous != (len(back)+len(ids) < len(all)) {
				t.Errorf("%s by %s: hasNextPage %v, hasPreviousPage %v", arguments, order, next, previous)
			}
			if back = append(ids, back...); !previous {
				break
			}
			arguments = `last: 3, before: "` + cursors[0] + `"`
		}
		if len(all) != 4 || fmt.Sprint(back) != fmt.Sprint(all) {
			t.Errorf("by %s: backwards %v, forwards %v", order, back, all)
		}
	}
	for _, test := range []struct{ query, want, codes string }{
		{`{ people(where: {id: {_eq: "bob"}}) { nodeId } }`, `{"people":[{"nodeId":"` + global("people:bob") + `"}]}`, ""},
		{`{ node(id: "` + global("people:bob") + `") { __typename nodeId ... on people { name secret boss { name } } ... on posts { title } ...F } } fragment F on Node { nodeId }`,
			`{"node":{"__typename":"people","nodeId":"` + global("people:bob") + `","name":"Bob","secret":null,"boss":{"name":"Ann"}}}`, ""},
		{`{ node(id: "` + global("people:eve") + `") { nodeId } }`, `{"node":null}`, ""}, // hidden
		{`{ node(id: "` + global("people:none") + `") { nodeId } }`, `{"node":null}`, ""},
		{`{ a: node(id: "x") { nodeId } b: node(id: "` + global("closed:x") + `") { nodeId } c: node(id: "") { nodeId } }`, `{"a":null,"b":null,"c":null}`, ""},
		{`{ node(id: "` + global("drafts:d1") + `") { nodeId } }`, `{"node":null}`, "forbidden"},
		{`{ node(id: "` + global("posts:p1") + `") { ... on posts { hidden } } }`, `{"node":null}`, "forbidden"},
		{`{ posts_connection(where: {comments: {text: {_eq: "spam"}}}) { totalCount edges { node { id } } pageInfo { hasNextPage startCursor } } }`, `{"posts_connection":{"totalCount":0,"edges":[],"pageInfo":{"hasNextPage":false,"startCursor":null}}}`, ""},
		{`{ posts_connection(where: {author: {name: {_eq: "Ann"}}}) { edges { node { nodeId comments(order_by: {id: asc}) { id } } } } }`, `{"posts_connection":{"edges":[{"node":{"nodeId":"` + global("posts:p1") + `","comments":[{"id":"c1"},{"id":"c2"},{"id":"c4"}]}}]}}`, ""},
		{`{ posts_connection(order_by: {hidden: asc}) { totalCount } }`, `null`, "forbidden"},
		{`{ posts_connection(after: "x") { totalCount } }`, `null`, "invalid"},
		{`{ posts_connection(first: 0) { totalCount } }`, `null`, "invalid"},
		{`{ posts_connection(last: 1, first: 1) { totalCount } }`, `null`, "invalid"},
		{`{ posts_connection(last: 1, order_by: {author: {name: asc}}) { totalCount } }`, `null`, "invalid"},
		{`{ posts_connection(before: "x") { totalCount } }`, `null`, "invalid"},
		// One document of each value.
		{`{ posts(distinct_on: stars, order_by: [{stars: asc}, {id: desc}]) { id } a: posts(distinct_on: [stars], order_by: {id: asc}, limit: 1, offset: 1) { id } }`, `{"posts":[{"id":"p4"},{"id":"p3"},{"id":"p1"}],"a":[{"id":"p2"}]}`, ""},
		{`{ posts(distinct_on: hidden) { id } }`, `null`, "forbidden"},
		{`{ people(distinct_on: secret) { id } }`, `null`, "forbidden"},
		{`{ posts(distinct_on: [stars, hidden]) { id } }`, `null`, "forbidden"},
		// Of several fields together, and of related documents, where limit and offset are of each.
		{`{ posts(distinct_on: [stars, slug], order_by: {id: asc}) { id } a: posts(distinct_on: [stars, state], order_by: {id: desc}) { id } }`, `{"posts":[{"id":"p1"},{"id":"p2"},{"id":"p3"}],"a":[{"id":"p4"},{"id":"p3"},{"id":"p2"},{"id":"p1"}]}`, ""},
		{`{ posts(order_by: {id: asc}, limit: 3) { a: comments(distinct_on: post_id, order_by: {stars: desc}) { id } b: comments(distinct_on: [stars], order_by: {stars: asc}, limit: 1, offset: 1) { id } c: comments(distinct_on: [stars], order_by: {stars: asc}, limit: 2) { id } } }`,
			`{"posts":[{"a":[{"id":"c4"}],"b":[{"id":"c2"}],"c":[{"id":"c1"},{"id":"c2"}]},{"a":[{"id":"c5"}],"b":[],"c":[{"id":"c5"}]},{"a":[],"b":[],"c":[]}]}`, ""},
	} {
		body := ask(t, s, ann, test.query, nil)
		var answer struct{ Data json.RawMessage }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || string(answer.Data) != test.want || codes(t, body) != test.codes {
			t.Errorf("%s\n got %s\nwant %s %s", test.query, body, test.want, test.codes)
		}
	}
	body := ask(t, s, ann, `{ node: __type(name: "Node") { kind fields { name } possibleTypes { name } } posts: __type(name: "posts") { interfaces { name } } }`, nil)
	if !strings.Contains(body, `{"kind":"INTERFACE","fields":[{"name":"nodeId"}],"possibleTypes":[{"name":`) || !strings.Contains(body, `"interfaces":[{"name":"Node"}]`) {
		t.Errorf("introspection: %s", body)
	}
}

// global is the id of a document among all.
func global(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }
