package graphql_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

func TestMutation_UnderTheRules(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann, anonymous := s.Token(map[string]any{"sub": "ann"}), ""
	for _, test := range []struct {
		token, query, want, codes string
	}{
		{ann, `mutation { insert_posts(objects: [{id: "n1", title: "a", author_id: "ann", state: open, tags: ["q"]}, {id: "n2", title: "b", author_id: "ann"}]) { affected_rows returning { id stars author { name } } } }`,
			`{"insert_posts":{"affected_rows":2,"returning":[{"id":"n1","stars":0,"author":{"name":"Ann"}},{"id":"n2","stars":0,"author":{"name":"Ann"}}]}}`, ""},
		{ann, `mutation { insert_posts_one(object: {id: "n3", title: "c", author_id: "bob"}) { id } }`, `{"insert_posts_one":null}`, "forbidden"},
		{anonymous, `mutation { insert_posts_one(object: {id: "n3", title: "c", author_id: "bob"}) { id } }`, `{"insert_posts_one":null}`, "unauthenticated"},
		{ann, `mutation { insert_posts_one(object: {title: "c", author_id: "ann", stars: 1.5}) { id } }`, `{"insert_posts_one":null}`, "invalid"},
		{ann, `mutation { insert_posts(objects: [{id: "n4", title: "d", author_id: "ann"}, {id: "n1", title: "e", author_id: "ann"}]) { affected_rows } }`, `{"insert_posts":null}`, "conflict"},
		// Nested, in one transaction: first the one that is referred to, then those that refer.
		{ann, `mutation { insert_posts_one(object: {id: "n5", title: "f", author_id: "ann", comments: {data: [{id: "k1", text: "hi", author: {data: {id: "new", name: "New"}}}]}}) { comments { id author { name } } } }`,
			`{"insert_posts_one":{"comments":[{"id":"k1","author":{"name":"New"}}]}}`, ""},
		{ann, `mutation { insert_comments_one(object: {text: "x", post: {data: {id: "n6", title: "g", author_id: "bob"}}}) { id } }`, `{"insert_comments_one":null}`, "forbidden"},
		// What is there already.
		{ann, `mutation { insert_posts(objects: [{id: "n1", title: "a2", author_id: "ann", stars: 5}, {id: "n7", title: "h", author_id: "ann"}], on_conflict: {constraint: posts_pkey, update_columns: [title, stars]}) { affected_rows returning { id title stars state } } }`,
			`{"insert_posts":{"affected_rows":2,"returning":[{"id":"n1","title":"a2","stars":5,"state":"open"},{"id":"n7","title":"h","stars":0,"state":null}]}}`, ""},
		{ann, `mutation { insert_posts_one(object: {title: "a3", author_id: "ann", slug: "one"}, on_conflict: {constraint: posts_slug_key, update_columns: [title]}) { id title } }`, `{"insert_posts_one":{"id":"p1","title":"a3"}}`, ""},
		{ann, `mutation { insert_posts_one(object: {id: "n1", title: "a4", author_id: "ann"}, on_conflict: {constraint: posts_pkey, update_columns: []}) { id } }`, `{"insert_posts_one":null}`, ""},
		{ann, `mutation { insert_posts_one(object: {id: "p2", title: "mine", author_id: "ann"}, on_conflict: {constraint: posts_pkey, update_columns: [title]}) { id } }`, `{"insert_posts_one":null}`, "forbidden"},
		// Changes.
		{ann, `mutation { update_posts_by_pk(pk_columns: {id: "n1"}, _set: {title: "z", price: 3.50}, _inc: {stars: 2}, _push: {tags: "r"}) { title stars price tags } }`, `{"update_posts_by_pk":{"title":"z","stars":7,"price":3.5,"tags":["q","r"]}}`, ""},
		{ann, `mutation { update_posts_by_pk(pk_columns: {id: "p2"}, _set: {title: "z"}) { title } }`, `{"update_posts_by_pk":null}`, "forbidden"},
		{ann, `mutation { update_posts_by_pk(pk_columns: {id: "nothing"}, _set: {title: "z"}) { title } }`, `{"update_posts_by_pk":null}`, ""},
		{ann, `mutation { update_posts_by_pk(pk_columns: {id: "n1"}, _set: {title: "z"}) { hidden } }`, `{"update_posts_by_pk":{"hidden":null}}`, ""},
		{ann, `mutation { update_posts(where: {stars: {_lt: 5}}, _inc: {stars: 1}) { affected_rows } }`, `{"update_posts":{"affected_rows":3}}`, ""}, // n2, n5 and n7, but not p2, p3 and p4 of others
		{ann, `mutation { update_posts(where: {stars: {_lt: 5}}, _set: {state: closed}) { affected_rows returning { id state } } }`,
			`{"update_posts":{"affected_rows":3,"returning":[{"id":"n2","state":"closed"},{"id":"n5","state":"closed"},{"id":"n7","state":"closed"}]}}`, ""},
		{ann, `mutation { update_posts(where: {hidden: {_eq: "h1"}}, _set: {state: closed}) { affected_rows } }`, `{"update_posts":null}`, "forbidden"},
		{ann, `mutation { update_people(where: {secret: {_like: "s-b%"}}, _set: {name: "x"}) { affected_rows } }`, `{"update_people":{"affected_rows":0}}`, ""},
		{ann, `mutation { update_posts(where: {}) { affected_rows } }`, `{"update_posts":null}`, "invalid"},
		{ann, `mutation { delete_posts_by_pk(id: "n7") { id title author { name } } }`, `{"delete_posts_by_pk":{"id":"n7","title":"h","author":{"name":"Ann"}}}`, ""},
		{ann, `mutation { delete_posts_by_pk(id: "p2") { id } }`, `{"delete_posts_by_pk":null}`, "forbidden"},
		{ann, `mutation { delete_posts_by_pk(id: "n7") { id } }`, `{"delete_posts_by_pk":null}`, ""},
		{ann, `mutation { delete_posts(where: {id: {_in: ["n2", "p2"]}}) { affected_rows returning { id } } }`, `{"delete_posts":{"affected_rows":1,"returning":[{"id":"n2"}]}}`, ""},
		{ann, `mutation { delete_posts(where: {id: {_like: "n5"}}) { affected_rows } }`, `{"delete_posts":{"affected_rows":1}}`, ""},
		// Filters over relations, under the rules of both sides: spam is hidden, and p2 is Bob's.
		{ann, `mutation { a: update_posts(where: {comments: {text: {_eq: "spam"}}}, _set: {title: "s"}) { affected_rows } b: update_posts(where: {comments: {}}, _set: {title: "c"}) { affected_rows } c: delete_posts(where: {comments: {text: {_eq: "spam"}}}) { affected_rows } }`,
			`{"a":{"affected_rows":0},"b":{"affected_rows":1},"c":{"affected_rows":0}}`, ""},
		{ann, `mutation { update_posts(where: {comments: {post: {hidden: {_eq: "h1"}}}}, _set: {title: "s"}) { affected_rows } }`, `{"update_posts":null}`, "forbidden"},
		// Updates in one transaction, and the operators of json.
		{ann, `mutation { update_posts_many(updates: [{where: {id: {_eq: "n1"}}, _set: {tags: {a: 1, b: {c: 2, d: 3}}}}, {where: {title: {_eq: "z"}}, _append: {tags: {e: 4}}, _inc: {stars: 1}}]) { affected_rows returning { tags } } }`,
			`{"update_posts_many":[{"affected_rows":1,"returning":[{"tags":{"a":1,"b":{"c":2,"d":3}}}]},{"affected_rows":1,"returning":[{"tags":{"a":1,"b":{"c":2,"d":3},"e":4}}]}]}`, ""},
		{ann, `mutation { a: update_posts_by_pk(pk_columns: {id: "n1"}, _delete_key: {tags: "a"}) { tags } b: update_posts_by_pk(pk_columns: {id: "n1"}, _delete_at_path: {tags: ["b", "c"]}) { tags } c: update_posts_by_pk(pk_columns: {id: "n1"}, _append: {tags: {e: null, x: {y: 1}}}) { tags } }`,
			`{"a":{"tags":{"b":{"c":2,"d":3},"e":4}},"b":{"tags":{"b":{"d":3},"e":4}},"c":{"tags":{"b":{"d":3},"e":null,"x":{"y":1}}}}`, ""},
		{ann, `mutation { a: update_posts_by_pk(pk_columns: {id: "n1"}, _set: {tags: ["a", "b", "a"]}) { tags } b: update_posts_by_pk(pk_columns: {id: "n1"}, _append: {tags: ["c", "d"]}, _inc: {stars: 1}) { tags } c: update_posts_by_pk(pk_columns: {id: "n1"}, _prepend: {tags: "y"}) { tags } d: update_posts_by_pk(pk_columns: {id: "n1"}, _delete_elem: {tags: -1}) { tags } e: update_posts_by_pk(pk_columns: {id: "n1"}, _delete_key: {tags: "a"}) { tags } f: update_posts_by_pk(pk_columns: {id: "n1"}, _delete_at_path: {tags: ["0"]}) { tags } }`,
			`{"a":{"tags":["a","b","a"]},"b":{"tags":["a","b","a","c","d"]},"c":{"tags":["y","a","b","a","c","d"]},"d":{"tags":["y","a","b","a","c"]},"e":{"tags":["y","b","c"]},"f":{"tags":["b","c"]}}`, ""},
		{ann, `mutation { a: update_posts_by_pk(pk_columns: {id: "n1"}, _append: {tags: ["x"]}, _delete_elem: {tags: 0}) { id } b: update_posts_by_pk(pk_columns: {id: "n1"}, _delete_at_path: {tags: []}) { id } c: update_posts_by_pk(pk_columns: {id: "n1"}, _set: {tags: {a: 1}}) { id } d: update_posts_by_pk(pk_columns: {id: "n1"}, _delete_elem: {tags: 0}) { id } }`,
			`{"a":null,"b":null,"c":{"id":"n1"},"d":null}`, "invalid invalid invalid"},
		{ann, `mutation { update_posts_by_pk(pk_columns: {id: "n1"}, _set: {tags: {a: 1, b: {c: 2, d: 3}}}) { id } }`, `{"update_posts_by_pk":{"id":"n1"}}`, ""},
		{ann, `mutation { update_posts_many(updates: [{where: {id: {_eq: "n1"}}, _set: {title: "undone"}}, {where: {id: {_eq: "p1"}}, _set: {slug: "one", stars: "x"}}]) { affected_rows } }`, `{"update_posts_many":null}`, "invalid"},
		// What is there already, further in and by a condition.
		{ann, `mutation { insert_posts_one(object: {id: "n1", title: "no", author_id: "ann"}, on_conflict: {constraint: posts_pkey, update_columns: [title], where: {title: {_eq: "undone"}}}) { id } }`, `{"insert_posts_one":null}`, ""},
		{ann, `mutation { insert_posts_one(object: {id: "n1", title: "yes", author_id: "ann"}, on_conflict: {constraint: posts_pkey, update_columns: [title], where: {title: {_eq: "z"}}}) { title } }`, `{"insert_posts_one":{"title":"yes"}}`, ""},
		{ann, `mutation { insert_comments_one(object: {text: "n", author: {data: {id: "ann", name: "Ann"}, on_conflict: {constraint: people_pkey, update_columns: [name]}}}) { author { name team } } }`, `{"insert_comments_one":{"author":{"name":"Ann","team":"a"}}}`, ""},
		{ann, `mutation { insert_comments_one(object: {text: "n", author: {data: {id: "bob", name: "Mine"}, on_conflict: {constraint: people_pkey, update_columns: [name]}}}) { id } }`, `{"insert_comments_one":null}`, "forbidden"},
		// Several, in their order, each for itself; with @transaction all or none.
		{ann, `mutation { a: update_posts_by_pk(pk_columns: {id: "n1"}, _set: {stars: 1}) { stars } b: update_posts_by_pk(pk_columns: {id: "p2"}, _set: {stars: 1}) { stars } c: update_posts_by_pk(pk_columns: {id: "n1"}, _inc: {stars: 1}) { stars } }`,
			`{"a":{"stars":1},"b":null,"c":{"stars":2}}`, "forbidden"},
		{ann, `mutation @transaction { a: update_posts_by_pk(pk_columns: {id: "n1"}, _set: {stars: 8}) { stars } b: update_posts_by_pk(pk_columns: {id: "p2"}, _set: {stars: 1}) { stars } }`, `null`, "forbidden"},
		{ann, `mutation @transaction { a: update_posts_by_pk(pk_columns: {id: "n1"}, _inc: {stars: 1}) { stars } b: insert_comments_one(object: {id: "k9", text: "t", post_id: "n1"}) { post { stars } } }`, `{"a":{"stars":3},"b":{"post":{"stars":3}}}`, ""},
	} {
		body := ask(t, s, test.token, test.query, nil)
		var answer struct{ Data json.RawMessage }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || string(answer.Data) != test.want || codes(t, body) != test.codes {
			t.Errorf("%s\n got %s\nwant %s %s", test.query, body, test.want, test.codes)
		}
	}
	for _, id := range []string{"n3", "n4", "n6"} { // nothing of what was refused is there
		s.Want(t, 404, servertest.Call{Method: "GET", Path: "/v1/db/posts/" + id, Token: admin})
	}
}

func TestModel_CustomNames(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
log: { level: error }
graphql: {}
collections:
  blog_posts: { graphql: { name: Post }, fields: { title: { type: string }, state: { type: string, enum: [a, b] } }, rules: { read: 'true', create: 'true', update: 'true' } }
  blog_notes: { graphql: { name: Note }, fields: { a: { type: int }, b: { type: int }, c: { type: int }, d: { type: int }, post: { type: ref, to: blog_posts } }, rules: { read: 'true', create: 'true' } }
`)
	for _, test := range [][2]string{
		{`mutation { insert_Post_one(object: {id: "p", title: "t", state: a, Note: {data: [{id: "n"}]}}) { __typename title Note { id post { title } } } }`, `{"data":{"insert_Post_one":{"__typename":"Post","title":"t","Note":[{"id":"n","post":{"title":"t"}}]}}}`},
		{`{ Post(where: {Note: {post: {title: {_eq: "t"}}}}) { id } Post_by_pk(id: "p") { state } Note_aggregate { aggregate { count } } }`, `{"data":{"Post":[{"id":"p"}],"Post_by_pk":{"state":"a"},"Note_aggregate":{"aggregate":{"count":1}}}}`},
	} {
		if got := ask(t, s, "", test[0], nil); got != test[1] {
			t.Errorf("%s: got %s", test[0], got)
		}
	}
}

// What an insert changes is counted as changed.
func TestChange_OnConflictCountsAsAnUpdate(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(blog, "  closed:\n", `  limited:
    limits: { update: { rate: 2/1h } }
    fields: { x: { type: int } }
    rules: { read: 'true', create: 'true', update: 'true' }
  closed:
`, 1))
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/limited", Body: `[{"id":"a","x":1},{"id":"b","x":1}]`})
	change := func(x int) string {
		return ask(t, s, "", fmt.Sprintf(`mutation { insert_limited(objects: [{id: "a", x: %d}, {id: "b", x: %[1]d}], on_conflict: {constraint: limited_pkey, update_columns: [x]}) { affected_rows } }`, x), nil)
	}
	if got := change(2); got != `{"data":{"insert_limited":{"affected_rows":2}}}` {
		t.Error(got)
	}
	if got := change(3); codes(t, got) != "rate_limited" {
		t.Error(got)
	}
}
