package graphql_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestOnce_AMutationHappensOnce sends each mutation twice with one Idempotency-Key.
func TestOnce_AMutationHappensOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann, bob := s.Token(map[string]any{"sub": "ann"}), s.Token(map[string]any{"sub": "bob"})
	keys := 0
	send := func(token, key, query string) servertest.Answer {
		t.Helper()
		return s.Do(t, call{Method: "POST", Path: "/v1/graphql", Token: token, Body: map[string]any{"query": query}, Header: map[string]string{"Idempotency-Key": key}})
	}
	twice := func(query, want, again string) {
		t.Helper()
		keys++
		key := fmt.Sprint("key", keys)
		first, second := send(ann, key, query), send(ann, key, query)
		if first.Body != want || second.Body != again || first.Header.Get("Idempotent-Replayed") != "" || second.Header.Get("Idempotent-Replayed") != "true" || second.Header.Get("Idempotency-Key") != key {
			t.Errorf("%s:\n got %s\nthen %s %v\nwant %s\nthen %s", query, first.Body, second.Body, second.Header, want, again)
		}
	}
	same := func(query, want string) { t.Helper(); twice(query, want, want) }
	same(`mutation { insert_posts(objects: [{id: "a", title: "a", author_id: "ann"}, {id: "b", title: "b", author_id: "ann"}]) { affected_rows returning { id title author { name } comments { id } } } }`,
		`{"data":{"insert_posts":{"affected_rows":2,"returning":[{"id":"a","title":"a","author":{"name":"Ann"},"comments":[]},{"id":"b","title":"b","author":{"name":"Ann"},"comments":[]}]}}}`)
	same(`mutation { insert_posts_one(object: {id: "c", title: "c", author_id: "ann", comments: {data: [{text: "n"}]}}) { id comments { text } } }`, `{"data":{"insert_posts_one":{"id":"c","comments":[{"text":"n"}]}}}`)
	same(`mutation { x: update_posts_by_pk(pk_columns: {id: "a"}, _inc: {stars: 1}) { stars __typename nodeId } }`, `{"data":{"x":{"stars":1,"__typename":"posts","nodeId":"cG9zdHM6YQ"}}}`)
	same(`mutation { update_posts(where: {id: {_in: ["a", "b"]}}, _inc: {stars: 1}) { affected_rows } }`, `{"data":{"update_posts":{"affected_rows":2}}}`)
	same(`mutation { update_posts_many(updates: [{where: {id: {_eq: "a"}}, _inc: {stars: 1}}, {where: {id: {_eq: "b"}}, _inc: {stars: 1}}]) { affected_rows returning { id stars } } }`,
		`{"data":{"update_posts_many":[{"affected_rows":1,"returning":[{"id":"a","stars":3}]},{"affected_rows":1,"returning":[{"id":"b","stars":2}]}]}}`)
	same(`mutation @transaction { a: update_posts_by_pk(pk_columns: {id: "a"}, _inc: {stars: 1}) { stars } __typename b: update_posts_by_pk(pk_columns: {id: "b"}, _inc: {stars: 1}) { stars } }`, `{"data":{"a":{"stars":4},"__typename":"mutation_root","b":{"stars":3}}}`)
	// Several, of which one is refused: the others happen once.
	for _, n := range []string{"first", "then"} {
		got := send(ann, "several", `mutation { a: update_posts_by_pk(pk_columns: {id: "a"}, _inc: {stars: 1}) { stars } p: update_posts_by_pk(pk_columns: {id: "p2"}, _inc: {stars: 1}) { stars } }`)
		if !strings.Contains(got.Body, `"data":{"a":{"stars":5},"p":null}`) || codes(t, got.Body) != "forbidden" {
			t.Errorf("%s: got %s", n, got.Body)
		}
	}
	// What is gone is answered by its id.
	twice(`mutation { delete_posts_by_pk(id: "c") { id title author { name } comments_aggregate { aggregate { count } } } }`,
		`{"data":{"delete_posts_by_pk":{"id":"c","title":"c","author":{"name":"Ann"},"comments_aggregate":{"aggregate":{"count":1}}}}}`,
		`{"data":{"delete_posts_by_pk":{"id":"c","title":null,"author":null,"comments_aggregate":{"aggregate":{"count":0}}}}}`)
	twice(`mutation { delete_posts(where: {id: {_eq: "b"}}) { affected_rows returning { id title comments { id } } } }`,
		`{"data":{"delete_posts":{"affected_rows":1,"returning":[{"id":"b","title":"b","comments":[]}]}}}`,
		`{"data":{"delete_posts":{"affected_rows":1,"returning":[{"id":"b","title":null,"comments":[]}]}}}`)
	same(`mutation { delete_posts_by_pk(id: "none") { id } }`, `{"data":{"delete_posts_by_pk":null}}`)
	// So is what the caller may not see any more.
	send(ann, "seen", `mutation { insert_people_one(object: {id: "zoe", name: "Zoe"}) { id name } }`)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/people/zoe", Token: admin, Body: `{"private":true}`})
	if got := send(ann, "seen", `mutation { insert_people_one(object: {id: "zoe", name: "Zoe"}) { id name } }`); got.Body != `{"data":{"insert_people_one":{"id":"zoe","name":null}}}` {
		t.Errorf("what was hidden since: %s", got.Body)
	}
	// What is refused is not kept.
	const refused = `mutation { insert_posts_one(object: {id: "d", title: "d", author_id: "ann", slug: "one"}) { id } }`
	if got := send(ann, "refused", refused); codes(t, got.Body) != "conflict" {
		t.Errorf("got %s", got.Body)
	}
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/posts/p1", Token: admin, Body: `{"slug":"two"}`})
	if got := send(ann, "refused", refused); got.Body != `{"data":{"insert_posts_one":{"id":"d"}}}` {
		t.Errorf("after a refusal: %s", got.Body)
	}
	if got := send(ann, "refused too", `mutation @transaction { a: update_posts_by_pk(pk_columns: {id: "a"}, _inc: {stars: 9}) { stars } b: update_posts_by_pk(pk_columns: {id: "p2"}, _inc: {stars: 9}) { stars } }`); !strings.Contains(got.Body, `"data":null`) || !strings.Contains(got.Body, `"path":["b"]`) || codes(t, got.Body) != "forbidden" {
		t.Errorf("got %s", got.Body)
	}
	// Another request with the key, another caller, a key that is too long, and a list.
	if got := send(ann, "key1", `mutation { delete_posts_by_pk(id: "a") { id } }`); !strings.Contains(got.Body, "reused") {
		t.Errorf("got %s", got.Body)
	}
	if got := send(bob, "key1", `mutation { insert_posts_one(object: {id: "e", title: "e", author_id: "bob"}) { id } }`); got.Body != `{"data":{"insert_posts_one":{"id":"e"}}}` {
		t.Errorf("got %s", got.Body)
	}
	if got := send(bob, strings.Repeat("k", 256), `mutation { delete_posts_by_pk(id: "e") { id } }`); codes(t, got.Body) != "invalid" {
		t.Errorf("got %s", got.Body)
	}
	s.Want(t, 400, call{Method: "POST", Path: "/v1/graphql", Token: ann, Body: `[{"query":"{__typename}"}]`, Header: map[string]string{"Idempotency-Key": "list"}})
	// Many at once.
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			for {
				got := send(ann, "at once", `mutation { update_posts_by_pk(pk_columns: {id: "a"}, _inc: {stars: 10}) { stars } }`)
				if strings.Contains(got.Body, `"code":"conflict"`) {
					continue
				}
				if got.Body != `{"data":{"update_posts_by_pk":{"stars":15}}}` {
					t.Errorf("at once: %s", got.Body)
				}
				return
			}
		})
	}
	all.Wait()
}

func TestMutation_IfMatchTakesTheTagOfTheDocument(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.Token(map[string]any{"sub": "ann"})
	tag := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts/p1", Token: ann}).Header.Get("ETag")
	for query, want := range map[string]string{
		`{ posts_by_pk(id: "p1") { _etag } }`:                                              `{"data":{"posts_by_pk":{"_etag":` + quoted(tag) + `}}}`,
		`{ posts(where: {id: {_eq: "p1"}}) { id _etag } }`:                                 `{"data":{"posts":[{"id":"p1","_etag":` + quoted(tag) + `}]}}`,
		`{ people_by_pk(id: "ann") { posts { _etag } } }`:                                  `{"data":{"people_by_pk":{"posts":[{"_etag":` + quoted(tag) + `}]}}}`,
		`{ comments_by_pk(id: "c1") { post { _etag } } }`:                                  `{"data":{"comments_by_pk":{"post":{"_etag":` + quoted(tag) + `}}}}`,
		`{ posts_connection(first: 1, order_by: {id: asc}) { edges { node { _etag } } } }`: `{"data":{"posts_connection":{"edges":[{"node":{"_etag":` + quoted(tag) + `}}]}}}`,
	} {
		if got := ask(t, s, ann, query, nil); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	update := func(tag string) string {
		return ask(t, s, ann, `mutation($t: String) { update_posts_by_pk(pk_columns: {id: "p1"}, _set: {title: "new"}, ifMatch: $t) { title _etag } }`, map[string]any{"t": tag})
	}
	if got := update(`"another"`); codes(t, got) != "precondition_failed" {
		t.Errorf("another tag: %s", got)
	}
	if got := update(tag); !strings.Contains(got, `"title":"new"`) || strings.Contains(got, quoted(tag)) {
		t.Errorf("the tag: %s", got)
	}
	if got := update(tag); codes(t, got) != "precondition_failed" {
		t.Errorf("the tag of before: %s", got)
	}
	if got := update("*"); codes(t, got) != "" {
		t.Errorf("any: %s", got)
	}
	remove := `mutation($t: String) { delete_posts_by_pk(id: "p1", ifMatch: $t) { id } }`
	if got := ask(t, s, ann, remove, map[string]any{"t": tag}); codes(t, got) != "precondition_failed" {
		t.Errorf("delete by the tag of before: %s", got)
	}
	now := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts/p1", Token: ann}).Header.Get("ETag")
	if got := ask(t, s, ann, remove, map[string]any{"t": now}); got != `{"data":{"delete_posts_by_pk":{"id":"p1"}}}` {
		t.Errorf("delete: %s", got)
	}
}
