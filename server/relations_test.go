package server_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const blog = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
collections:
  people:
    fields: { name: { type: string }, team: { type: string }, secret: { type: string }, boss: { type: ref, to: people }, private: { type: bool, default: false } }
    rules: { read: '!doc.private' }
    fields_readable: { secret: 'auth.id == doc.id' }
  posts:
    fields: { title: { type: string }, author: { type: ref, to: people, check: none }, editor: { type: ref, to: people }, hidden: { type: ref, to: people } }
    rules: { read: 'auth != nil' }
    fields_readable: { hidden: 'false' }
  comments:
    fields: { post: { type: ref, to: posts }, author: { type: ref, to: people }, text: { type: string }, stars: { type: int } }
    rules: { read: 'auth != nil && doc.text != "spam"' }
  drafts:
    fields: { post: { type: ref, to: posts }, text: { type: string } }
    rules: { create: 'false' }
`

func TestRelations_EachLevelUnderItsOwnRules(t *testing.T) {
	t.Parallel()
	onAll(t, blog, relations)
}

func relations(t *testing.T, s *servertest.Instance) {
	for _, made := range [][2]string{
		{"people", `[{"id":"ann","name":"Ann","team":"a","secret":"s-ann"},{"id":"bob","name":"Bob","team":"b","secret":"s-bob","boss":"ann"},{"id":"eve","name":"Eve","team":"a","private":true}]`},
		{"posts", `[{"id":"p1","title":"one","author":"ann","editor":"bob","hidden":"ann"},{"id":"p2","title":"two","author":"bob"},{"id":"p3","title":"three","author":"eve"},{"id":"p4","title":"four","author":"gone"},{"id":"p5","title":"five"}]`},
		{"comments", `[{"id":"c1","post":"p1","author":"bob","text":"x","stars":1},{"id":"c2","post":"p1","author":"eve","text":"y","stars":2},{"id":"c3","post":"p1","text":"spam","stars":9},{"id":"c4","post":"p1","text":"z","stars":3},{"id":"c5","post":"p2","author":"ann","text":"w","stars":4}]`},
		{"drafts", `{"id":"d1","post":"p1","text":"draft"}`},
	} {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/" + made[0], Token: admin, Body: made[1]})
	}
	u := user(s, "ann")
	q := url.QueryEscape
	one := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts/p1?select=id&expand=" + q("author,editor(expand:boss),comments(sort:-stars,limit:2,expand:author)"), Token: u}).Body
	want := `{"id":"p1","expand":{"author":{"id":"ann","name":"Ann","team":"a","secret":"s-ann","boss":null,"private":false},` +
		`"editor":{"id":"bob","name":"Bob","team":"b","boss":"ann","private":false,"expand":{"boss":{"id":"ann","name":"Ann","team":"a","secret":"s-ann","boss":null,"private":false}}},` +
		`"comments":[{"id":"c4","post":"p1","author":null,"text":"z","stars":3,"expand":{"author":null}},{"id":"c2","post":"p1","author":"eve","text":"y","stars":2,"expand":{"author":null}}]}}`
	// The fields of the file come in its order, whatever that is on one line.
	if one != want {
		t.Errorf("got\n%s, want\n%s", one, want)
	}
	list := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/posts/query", Token: u, Body: `{"sort":["id"],"select":["title"],"expand":["author","comments(limit:1,sort:stars)"]}`}).Body
	for _, part := range []string{
		`{"title":"two","expand":{"author":{"id":"bob","name":"Bob","team":"b","boss":"ann","private":false},"comments":[{"id":"c5"`,
		`{"title":"three","expand":{"author":null,"comments":[]}}`, `{"title":"four","expand":{"author":null,"comments":[]}}`, `{"title":"five","expand":{"author":null,"comments":[]}}`,
		`"comments":[{"id":"c1"`,
	} {
		if !strings.Contains(list, part) {
			t.Errorf("there is no %s in %s", part, list)
		}
	}
	for _, leak := range []string{"s-bob", "Eve", "spam", "draft"} {
		if strings.Contains(one+list, leak) {
			t.Errorf("%s has come through", leak)
		}
	}
	for _, bad := range []string{"nothing", "title", "hidden", "author(sort:name)", "comments(limit:0)", "comments(limit:x)", "comments(x:1)", "comments(sort:nothing)", "comments(", "author,author",
		"author(expand:boss(expand:boss(expand:boss)))", "people", strings.Repeat("author,", 30)} {
		a := s.Do(t, call{Method: "GET", Path: "/v1/db/posts?expand=" + q(bad), Token: u})
		if a.Status != 422 && (bad != "hidden" || a.Status != 200 || strings.Contains(a.Body, `"Ann"`)) {
			t.Errorf("%s: got %d %s", bad, a.Status, a.Body)
		}
	}
	// A collection without a read rule has nothing for this caller.
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts/p1?expand=drafts", Token: u}); !strings.Contains(a.Body, `"drafts":[]`) {
		t.Errorf("got %s", a.Body)
	}
	for filter, want := range map[string][]string{
		`author.team == "a"`:                           {"p1"},
		`author.team != "a"`:                           {"p2", "p3", "p4", "p5"},
		`author.team == nil`:                           {"p3", "p4", "p5"},
		`author.name startsWith "B"`:                   {"p2"},
		`author.team in ["a","b"]`:                     {"p1", "p2"},
		`author.boss.name == "Ann"`:                    {"p2"},
		`author.boss.name != "Ann"`:                    {"p1", "p3", "p4", "p5"},
		`author.secret == "s-bob"`:                     {},
		`author.secret == "s-ann"`:                     {"p1"},
		`author.secret != "s-bob"`:                     {"p1", "p2", "p3", "p4", "p5"}, // an unreadable secret is null
		`author.name == "Eve"`:                         {},
		`!author.private && title == "three"`:          {"p3"},
		`editor.name == "Bob" || author.name == "Bob"`: {"p1", "p2"},
	} {
		if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts?sort=id&filter=" + q(filter), Token: u}).IDs(t); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", filter, got, want)
		}
	}
	if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/comments/query", Token: u, Body: `{"where":{"post.author.team":"a","stars":{"$lt":3}},"sort":["id"]}`}).IDs(t); !slices.Equal(got, []string{"c1", "c2"}) {
		t.Errorf("over two references: %v", got)
	}
	// What a filter asks of related documents, it asks of those that the caller may see.
	for where, want := range map[string][]string{
		`{"$some":{"comments":{"text":"x"}}}`:                                            {"p1"},
		`{"$some":{"comments":{}}}`:                                                      {"p1", "p2"},
		`{"$not":{"$some":{"comments":{}}}}`:                                             {"p3", "p4", "p5"},
		`{"$some":{"comments(via:post)":{"stars":{"$gte":3},"text":"z"}}}`:               {"p1"},
		`{"$some":{"comments":{"stars":9}}}`:                                             {}, // spam is hidden
		`{"$some":{"comments":{"text":"spam"}}}`:                                         {},
		`{"$not":{"$some":{"comments":{"text":"spam"}}}}`:                                {"p1", "p2", "p3", "p4", "p5"},
		`{"$some":{"drafts":{}}}`:                                                        {}, // no rule to read
		`{"$some":{"author":{}}}`:                                                        {"p1", "p2"},
		`{"$some":{"author":{"name":null}}}`:                                             {}, // unlike author.name, which is null where there is none
		`{"$some":{"author":{"name":"Eve"}}}`:                                            {},
		`{"$some":{"author":{"secret":"s-bob"}}}`:                                        {},
		`{"$some":{"author":{"secret":{"$ne":"s-bob"}}}}`:                                {"p1"}, // whose secret can be read
		`{"$some":{"author":{"$not":{"secret":"s-bob"}}}}`:                               {"p1"},
		`{"$some":{"author":{"$some":{"posts(via:editor)":{}}}}}`:                        {"p2"},
		`{"$some":{"editor":{"$some":{"posts(via:author)":{"title":"two"}}}}}`:           {"p1"},
		`{"$some":{"comments":{"$some":{"author":{"name":"Bob"}}}}}`:                     {"p1"},
		`{"$some":{"comments":{"author.name":"Ann"}}}`:                                   {"p2"},
		`{"$or":[{"$some":{"comments":{"stars":4}}},{"title":"five"}]}`:                  {"p2", "p5"},
		`{"$some":{"comments":{"stars":{"$lt":3}},"author":{"team":"a"}},"title":"one"}`: {"p1"},
	} {
		if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/posts/query", Token: u, Body: `{"where":` + where + `,"sort":["id"]}`}).IDs(t); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", where, got, want)
		}
	}
	for where, status := range map[string]int{
		`{"$some":1}`: 422, `{"$some":{"comments":1}}`: 422, `{"$some":{"nothing":{}}}`: 422, `{"$some":{"title":{}}}`: 422, `{"$some":{"people":{}}}`: 422, `{"$some":{"comments(via:nothing)":{}}}`: 422,
		`{"$some":{"comments":{"nothing":1}}}`: 422, `{"$some":{"comments":{"$some":{"post":{"$some":{"comments":{"$some":{"post":{}}}}}}}}}`: 422,
		`{"$some":{"comments":{"$some":{"post":{"$some":{"author":{"boss.name":"x"}}}}}}}`: 422,
		`{"$some":{"hidden":{"name":"Ann"}}}`:                                              403, `{"$some":{"comments":{"post.hidden":"ann"}}}`: 403,
		`{"$or":[` + strings.Repeat(`{"$some":{"comments":{"text":"x"}}},`, 90) + `{}]}`: 422,
	} {
		if a := s.Do(t, call{Method: "POST", Path: "/v1/db/posts/query", Token: u, Body: `{"where":` + where + `}`}); a.Status != status {
			t.Errorf("%s: got %d %s", where, a.Status, a.Body)
		}
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/people", Token: admin, Body: `{"id":"zed","name":"Zed"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/posts", Token: admin, Body: `{"id":"p6","title":"six","author":"zed"}`})
	mongo := strings.HasSuffix(t.Name(), "/mongo")
	for sort, want := range map[string][]string{
		`"author.name"`:                           {"p3", "p4", "p5", "p1", "p2", "p6"}, // null where there is none, or none that may be seen
		`"-author.name"`:                          {"p6", "p2", "p1", "p5", "p4", "p3"},
		`"author.name nulls last","-id"`:          {"p1", "p2", "p6", "p5", "p4", "p3"},
		`"-author.name nulls first"`:              {"p5", "p4", "p3", "p6", "p2", "p1"},
		`"-author.boss.name","title"`:             {"p2", "p5", "p4", "p1", "p6", "p3"},
		`"author.team nulls last","-author.name"`: {"p1", "p2", "p6", "p5", "p4", "p3"},
		`"-title nulls last"`:                     {"p2", "p3", "p6", "p1", "p4", "p5"},
		`"author nulls last","id"`:                {"p1", "p2", "p3", "p4", "p6", "p5"},
		`"-author nulls first"`:                   {"p5", "p6", "p4", "p3", "p2", "p1"},
	} {
		if mongo && strings.Contains(sort, "author") { // which it cannot
			s.Want(t, 422, call{Method: "POST", Path: "/v1/db/posts/query", Token: u, Body: `{"sort":[` + sort + `]}`})
			continue
		}
		var got []string
		for after := ""; ; {
			a := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/posts/query", Token: u, Body: `{"sort":[` + sort + `],"limit":2,"select":["id"]` + after + `}`})
			got = append(got, a.IDs(t)...)
			var page struct{ Next string }
			if a.Decode(t, &page); page.Next == "" || len(got) > 10 {
				break
			}
			after = `,"after":"` + page.Next + `"`
		}
		if !slices.Equal(got, want) {
			t.Errorf("sorted by %s: got %v, want %v", sort, got, want)
		}
	}
	if !mongo {
		if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts/p1?select=id&expand=" + q("comments(sort:-author.name,limit:2)"), Token: u}).Body; !strings.Contains(got, `"comments":[{"id":"c1"`) {
			t.Errorf("an expansion sorted by related documents: %s", got)
		}
	}
	for sort, status := range map[string]int{`"author.nothing"`: 422, `"author.boss.boss.boss.name"`: 422, `"title.x"`: 422, `"author."`: 422, `".name"`: 422, `"author.name nulls"`: 422, `"author nulls middle"`: 422, `"author.secret"`: 403, `"hidden.name"`: 403, `"editor.boss.secret"`: 403, `"-hidden"`: 403} {
		if a := s.Do(t, call{Method: "POST", Path: "/v1/db/posts/query", Token: u, Body: `{"sort":[` + sort + `]}`}); a.Status != status && !(mongo && a.Status == 422) {
			t.Errorf("sorted by %s: got %d %s", sort, a.Status, a.Body)
		}
	}
	// The field that refers here is under its rule, too.
	if a := s.Do(t, call{Method: "POST", Path: "/v1/db/people/query", Token: u, Body: `{"where":{"$some":{"posts(via:hidden)":{}}}}`}); a.Status != 403 {
		t.Errorf("by a field that may not be read: got %d %s", a.Status, a.Body)
	}
	for filter, status := range map[string]int{`author.nothing == 1`: 422, `author.name == title`: 422, `hidden.name == "Ann"`: 403, `author.boss.boss.boss.name == "x"`: 422, `title.x == 1`: 422} {
		if a := s.Do(t, call{Method: "GET", Path: "/v1/db/posts?filter=" + q(filter), Token: u}); a.Status != status {
			t.Errorf("%s: got %d %s", filter, a.Status, a.Body)
		}
	}
}

func TestSearch_UnderTheRulesAndBestFirst(t *testing.T) {
	t.Parallel()
	config := strings.Replace(notes, "title:   { type: string,", "title:   { type: string, search: true,", 1)
	config = strings.Replace(config, "code:    {", "memo:    { type: string, search: true }\n      code:    {", 1)
	onEach(t, config, func(t *testing.T, s *servertest.Instance) {
		a, b := user(s, "a"), user(s, "b")
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: a, Body: `[{"id":"1","title":"red fox"},{"id":"2","title":"fox fox"},{"id":"3","title":"dog","memo":"a fox, too"},{"id":"4","title":"cat"}]`})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: b, Body: `{"id":"5","title":"hidden fox"}`})
		var page struct {
			Items []struct{ ID string }
			Next  *string
			Total int
		}
		s.Want(t, 200, call{Method: "POST", Path: "/v1/db/notes/query", Token: a, Body: `{"where":{"$search":"FOX"},"limit":2,"count":true}`}).Decode(t, &page)
		if len(page.Items) != 2 || page.Items[0].ID != "2" || page.Next == nil || page.Total != 3 {
			t.Errorf("got %+v", page)
		}
		rest := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/notes/query", Token: a, Body: `{"where":{"$search":"FOX"},"limit":2,"after":"` + *page.Next + `"}`})
		if len(rest.IDs(t)) != 1 || !strings.Contains(rest.Body, `"next":null`) {
			t.Errorf("the second page: %s", rest.Body)
		}
		for filter, want := range map[string][]string{`search("fox") && title != "red fox"`: {"2", "3"}, `!search("fox")`: {"4"}, `search("fox") || title == "cat"`: {"1", "2", "3", "4"}, `search("fox too")`: {"3"}} {
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?sort=id&filter=" + url.QueryEscape(filter), Token: a}).IDs(t); !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", filter, got, want)
			}
		}
		for _, body := range []string{`{"where":{"$search":1}}`, `{"where":{"$search":""}}`, `{"where":{"$search":"` + strings.Repeat("x ", 1000) + `"}}`, `{"where":{"$search":"fox"},"after":"x"}`} {
			if got := s.Do(t, call{Method: "POST", Path: "/v1/db/notes/query", Token: a, Body: body}); got.Status != 422 {
				t.Errorf("%.60s: got %d %s", body, got.Status, got.Body)
			}
		}
	})
	s := servertest.Start(t, notes)
	if a := s.Do(t, call{Method: "POST", Path: "/v1/db/notes/query", Token: user(s, "a"), Body: `{"where":{"$search":"x"}}`}); a.Status != 422 {
		t.Errorf("nothing to search: got %d %s", a.Status, a.Body)
	}
}
