package crud_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
)

// library has a rule on the caller, one with a lookup, one on the caller alone, and none.
var library = []described{
	{
		name: "notes", read: `doc.owner == auth.id || doc.state == "public"`,
		fields:   []crud.Field{text("owner"), text("state"), field("n", query.TypeInt), text("secret"), to("book", "books"), field("j", query.TypeJSON)},
		readable: map[string]string{"secret": `doc.owner == auth.id`},
		documents: []string{
			`{"id":"a1","owner":"ann","state":"public","n":1,"secret":"of ann","book":"b1"}`,
			`{"id":"a2","owner":"ann","state":"draft","n":2,"secret":"of ann","book":"b2","j":{"k":[1]}}`,
			`{"id":"b1","owner":"bob","state":"public","n":3,"secret":"of bob","book":"b1"}`,
			`{"id":"b2","owner":"bob","state":"draft","n":4,"secret":"of bob"}`,
			`{"id":"o1","state":"draft","n":5,"secret":"of none"}`,
		},
	},
	{
		name: "books", read: `exists("members", {"book": doc.id, "user": auth.id})`, fields: []crud.Field{text("title")},
		documents: []string{`{"id":"b1","title":"one"}`, `{"id":"b2","title":"two"}`},
	},
	{name: "members", read: "false", fields: []crud.Field{text("book"), text("user")}, documents: []string{`{"id":"m1","book":"b1","user":"ann"}`}},
	{name: "staff", read: `auth.id == "root"`, fields: []crud.Field{text("name")}, documents: []string{`{"id":"s1","name":"x"}`}},
	{name: "closed", fields: []crud.Field{text("name")}, documents: []string{`{"id":"c1","name":"x"}`}},
	{name: "masked", read: "true", fields: []crud.Field{text("a"), text("b")}, readable: map[string]string{"b": `auth.id == "root"`}, documents: []string{`{"id":"x","a":"1","b":"SECRET"}`}},
}

func fixed() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func TestList_WhoGetsWhat(t *testing.T) {
	t.Parallel()
	s := start(t, library, fixed)
	for _, test := range []struct {
		caller, collection string
		params             crud.Params
		want, code         string
	}{
		{"ann", "notes", nil, "a1 a2 b1", ""},
		{"bob", "notes", nil, "a1 b1 b2", ""},
		{"", "notes", nil, "a1 b1", ""}, // what has no owner is not of those without a name
		{"ann", "notes", crud.Params{"filter": "n > 1"}, "a2 b1", ""},
		{"ann", "notes", crud.Params{"filter": `owner == "bob" || owner == "ann"`, "sort": "-n"}, "b1 a2 a1", ""},
		{"ann", "notes", crud.Params{"filter": `!(owner == "ann")`}, "b1", ""},
		{"ann", "notes", crud.Params{"filter": `n >= $min`, "params": `{"min":2}`}, "a2 b1", ""},
		// A field that is shown in some documents finds those alone, and orders none.
		{"ann", "notes", crud.Params{"filter": `secret startsWith "of"`}, "a1 a2", ""},
		{"ann", "notes", crud.Params{"filter": `secret != "of bob"`}, "a1 a2", ""},
		{"ann", "notes", crud.Params{"filter": `!(secret == "of bob")`}, "a1 a2", ""},
		{"ann", "notes", crud.Params{"sort": "secret"}, "", "forbidden sort=not_readable"},
		{"ann", "masked", crud.Params{"filter": `b == "SECRET"`}, "", "forbidden filter=not_readable"},
		{"ann", "masked", crud.Params{"select": "b"}, "", "forbidden select=not_readable"},
		{"root", "masked", crud.Params{"filter": `b == "SECRET"`}, "x", ""},
		// What is inside a json field has an order, by type first.
		{"ann", "notes", crud.Params{"sort": "-j.k.x,n"}, "a1 a2 b1", ""},
		{"ann", "notes", crud.Params{"sort": "j.k nulls last,-n"}, "a2 b1 a1", ""},
		{"ann", "notes", crud.Params{"sort": "-j.k nulls last,-n"}, "a2 b1 a1", ""},
		{"ann", "notes", crud.Params{"sort": "j.k"}, "a1 b1 a2", ""},
		{"ann", "notes", crud.Params{"sort": "j.$k"}, "", "invalid j.$k=invalid_path"},
		{"ann", "notes", crud.Params{"sort": "secret.k"}, "", "invalid sort=unknown_field"},
		// Lookups, and filters that follow references, see what the caller may see.
		{"ann", "books", nil, "b1", ""},
		{"bob", "books", nil, "", ""},
		{"ann", "notes", crud.Params{"filter": `book.title == "one"`}, "a1 b1", ""},
		{"ann", "notes", crud.Params{"filter": `book.title == "two"`}, "", ""},
		{"bob", "notes", crud.Params{"filter": `book.title == "one"`}, "", ""},
		// Rules without doc refuse.
		{"ann", "staff", nil, "", "forbidden"},
		{"", "staff", nil, "", "unauthenticated"},
		{"root", "staff", nil, "s1", ""},
		{"ann", "closed", nil, "", "forbidden"},
		{"", "closed", nil, "", "unauthenticated"},
		{"ann", "members", nil, "", "forbidden"},
		{"ann", "nowhere", nil, "", "not_found"},
		// Mistakes.
		{"ann", "notes", crud.Params{"fliter": "true"}, "", "invalid fliter=unknown_parameter"},
		{"ann", "notes", crud.Params{"sort": "title"}, "", "invalid sort=unknown_field"},
		{"ann", "notes", crud.Params{"sort": "j"}, "", "invalid sort=type"},
		{"ann", "notes", crud.Params{"limit": "0"}, "", "invalid limit=min"},
		{"ann", "notes", crud.Params{"limit": "many"}, "", "invalid limit=type"},
		{"ann", "notes", crud.Params{"select": ""}, "", "invalid select=min"},
		{"ann", "notes", crud.Params{"count": "2"}, "", "invalid count=type"},
		{"ann", "notes", crud.Params{"after": "x"}, "", "invalid after=invalid_cursor"},
	} {
		t.Run(fmt.Sprint(test.caller, " ", test.collection, " ", test.params), func(t *testing.T) {
			t.Parallel()
			body, err := run(t, s, as(test.caller), crud.Read{Collection: test.collection, Params: test.params})
			if got := codeOf(err); got != test.code {
				t.Fatalf("got %q (%v), want %q", got, err, test.code)
			}
			if err == nil {
				if got := idsIn(t, body); got != test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
			}
			if strings.Contains(body, "of bob") && test.caller != "bob" || strings.Contains(body, "SECRET") && test.caller != "root" {
				t.Errorf("the answer has a field of others: %s", body)
			}
		})
	}
}

func TestGet_WhoGetsWhat(t *testing.T) {
	t.Parallel()
	s := start(t, library, fixed)
	for _, test := range []struct {
		caller, collection, id string
		params                 crud.Params
		want, code             string
	}{
		{"ann", "notes", "a2", nil, `{"id":"a2","owner":"ann","state":"draft","n":2,"secret":"of ann","book":"b2","j":{"k":[1]}}`, ""},
		{"ann", "notes", "b1", nil, `{"id":"b1","owner":"bob","state":"public","n":3,"book":"b1","j":null}`, ""},
		{"ann", "notes", "b2", nil, "", "not_found"}, // hidden and missing are alike
		{"ann", "notes", "b9", nil, "", "not_found"},
		{"ann", "notes", "", nil, "", "not_found"}, // and no list
		{"ann", "notes", "a/2", nil, "", "not_found"},
		{"ann", "notes", "a2", crud.Params{"select": "n,id"}, `{"id":"a2","n":2}`, ""},
		{"ann", "notes", "b1", crud.Params{"select": "secret"}, `{}`, ""},
		{"ann", "notes", "b1", crud.Params{"select": "x"}, "", "invalid select=unknown_field"},
		{"ann", "notes", "b1", crud.Params{"filter": "true"}, "", "invalid filter=unknown_parameter"},
		{"ann", "masked", "x", nil, `{"id":"x","a":"1"}`, ""},
		{"ann", "masked", "x", crud.Params{"select": "b"}, "", "forbidden select=not_readable"},
		{"ann", "staff", "s1", nil, "", "forbidden"},
		{"", "closed", "c1", nil, "", "unauthenticated"},
		// Related documents are under their own rules.
		{"ann", "notes", "a1", crud.Params{"expand": "book", "select": "id"}, `{"id":"a1","expand":{"book":{"id":"b1","title":"one"}}}`, ""},
		{"ann", "notes", "a2", crud.Params{"expand": "book", "select": "id"}, `{"id":"a2","expand":{"book":null}}`, ""},
		{"bob", "notes", "a1", crud.Params{"expand": "book", "select": "id"}, `{"id":"a1","expand":{"book":null}}`, ""},
		{"ann", "books", "b1", crud.Params{"expand": "notes(sort:-n,limit:2)"}, `{"id":"b1","title":"one","expand":{"notes":[{"id":"b1","owner":"bob","state":"public","n":3,"book":"b1","j":null},{"id":"a1","owner":"ann","state":"public","n":1,"secret":"of ann","book":"b1","j":null}]}}`, ""},
		{"ann", "books", "b1", crud.Params{"expand": "members"}, "", "invalid expand=invalid"},
		{"ann", "books", "b1", crud.Params{"expand": "notes(sort:secret)"}, "", "forbidden sort=not_readable"},
	} {
		t.Run(fmt.Sprint(test.caller, " ", test.collection, " ", test.id, test.params), func(t *testing.T) {
			t.Parallel()
			body, err := run(t, s, as(test.caller), crud.Read{Collection: test.collection, Kind: crud.Get, ID: test.id, Params: test.params})
			if got := codeOf(err); got != test.code || body != test.want {
				t.Errorf("got %s %q (%v), want %s %q", body, got, err, test.want, test.code)
			}
		})
	}
}

func TestAggregate_WhoGetsWhat(t *testing.T) {
	t.Parallel()
	s := start(t, library, fixed)
	for _, test := range []struct{ caller, body, want, code string }{
		{"ann", `{"count":true}`, `{"items":[{"count":3}]}`, ""},
		{"ann", `{"group":["owner"],"sum":["n"],"max":["n"]}`, `{"items":[{"owner":"ann","sum":{"n":3},"max":{"n":2}},{"owner":"bob","sum":{"n":3},"max":{"n":3}}]}`, ""},
		{"", `{"where":{"owner":"ann"},"avg":["n"]}`, `{"items":[{"avg":{"n":1}}]}`, ""},
		{"ann", `{"group":["secret"]}`, "", "forbidden group=not_readable"},
		{"ann", `{"count":true,"where":{"secret":{"$startsWith":"of"}}}`, `{"items":[{"count":2}]}`, ""},
		{"ann", `{"sum":["owner"]}`, "", "invalid sum=type"},
		{"ann", `{"group":["j"],"sum":["x"]}`, "", "invalid group=type sum=unknown_field"},
		{"ann", `{"cuont":true}`, "", "invalid cuont=unknown_name"},
		{"ann", `{}`, "", "invalid"},
		{"ann", `[`, "", "invalid_json"},
	} {
		t.Run(test.caller+" "+test.body, func(t *testing.T) {
			t.Parallel()
			body, err := run(t, s, as(test.caller), crud.Read{Collection: "notes", Kind: crud.Aggregate, Body: []byte(test.body)})
			if got := codeOf(err); got != test.code || body != test.want {
				t.Errorf("got %s %q (%v), want %s %q", body, got, err, test.want, test.code)
			}
		})
	}
}

// TestCursors_PagesAreTheWholeList, whatever the order, and whatever is written between two pages.
func TestCursors_PagesAreTheWholeList(t *testing.T) {
	t.Parallel()
	for n, sort := range []string{"", "-id", "n", "-state,n", "book", "book", "-book,-id", "-book,-id", "-j.k", "j.k nulls last"} {
		limit := strconv.Itoa(1 + n%2) // the page of two has the last without a book and the first with one
		t.Run(sort+" "+limit, func(t *testing.T) {
			t.Parallel()
			s := start(t, library, fixed)
			params := crud.Params{"limit": limit, "sort": sort}
			whole, err := run(t, s, as("ann"), crud.Read{Collection: "notes", Params: crud.Params{"sort": sort}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for range 5 {
				body, err := run(t, s, as("ann"), crud.Read{Collection: "notes", Params: params})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, idsIn(t, body))
				var page struct{ Next *string }
				if err := json.Unmarshal([]byte(body), &page); err != nil {
					t.Fatal(err)
				}
				if page.Next == nil {
					break
				}
				params["after"] = *page.Next
				// What is hidden from the caller does not move the pages.
				if _, err := s.Create(t.Context(), crud.Caller{Admin: true}, "notes", []byte(`{"owner":"bob","state":"draft","n":2}`)); err != nil {
					t.Fatal(err)
				}
			}
			if pages := strings.Join(got, " "); pages != idsIn(t, whole) {
				t.Errorf("the pages are %s, the whole is %s", pages, idsIn(t, whole))
			}
		})
	}
}

func TestLimits_OfReads(t *testing.T) {
	t.Parallel()
	small := limits
	small.Page, small.Nodes, small.Documents, small.Expansions, small.Answer = 2, 4, 2, 1, 240
	s := startWith(t, library, crud.Config{Limits: small, Now: fixed})
	for name, test := range map[string]struct {
		read crud.Read
		want string
	}{
		"documents of a page":       {crud.Read{Collection: "notes", Params: crud.Params{"limit": "100", "select": "id"}}, ""},
		"nodes of a filter":         {crud.Read{Collection: "notes", Params: crud.Params{"filter": "n == 1 || n == 2 || n == 3 || n == 4"}}, "invalid filter=too_many_nodes"},
		"expansions":                {crud.Read{Collection: "notes", Params: crud.Params{"expand": "book,book(limit:1)"}}, "invalid expand=invalid"},
		"documents of an expansion": {crud.Read{Collection: "books", Params: crud.Params{"expand": "notes"}}, "answer_too_large expand=too_large"},
		"bytes of an answer":        {crud.Read{Collection: "notes", Params: crud.Params{"limit": "2"}}, "answer_too_large limit=too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := run(t, s, crud.Caller{Admin: true}, test.read)
			if got := codeOf(err); got != test.want {
				t.Fatalf("got %q (%v), want %q", got, err, test.want)
			}
			if err == nil && idsIn(t, body) != "a1 a2" {
				t.Errorf("got %s", body)
			}
		})
	}
}

// TestPlan_KeysAndLiveQueries: what a plan says about its answer without asking the database.
func TestPlan_KeysAndLiveQueries(t *testing.T) {
	t.Parallel()
	s := start(t, append([]described{
		{name: "timed", read: `doc.at < now()`, fields: []crud.Field{field("at", query.TypeTime)}},
		{name: "local", read: `request.ip == "10.0.0.1"`, fields: []crud.Field{text("a")}},
		{name: "open", read: "true", fields: []crud.Field{text("a")}},
	}, library...), fixed)
	for name, test := range map[string]struct {
		read crud.Read
		// key is how the answer is kept: not at all, by document, or by the collections that it watches.
		key             string
		public, lasting bool
		computed, timed bool
	}{
		"a list that all may see": {crud.Read{Collection: "open"}, "open", true, true, false, false},
		"a document":              {crud.Read{Collection: "open", Kind: crud.Get, ID: "x"}, "document open x", true, true, false, false},
		"of the caller":           {crud.Read{Collection: "notes"}, "notes", false, true, false, false},
		"with a partial mask":     {crud.Read{Collection: "notes", Kind: crud.Get, ID: "a1"}, "notes", false, true, false, false},
		"with a lookup":           {crud.Read{Collection: "books"}, "books members", false, true, false, false},
		"with related documents":  {crud.Read{Collection: "notes", Params: crud.Params{"expand": "book"}}, "notes books members", false, true, true, false},
		"of the time":             {crud.Read{Collection: "timed"}, "", false, false, false, true},
		"of the address":          {crud.Read{Collection: "local"}, "local", false, false, false, false},
		"figures":                 {crud.Read{Collection: "notes", Kind: crud.Aggregate, Body: []byte(`{"count":true}`)}, "notes", false, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			caller := as("ann")
			caller.IP = "10.0.0.1"
			plan, err := s.Prepare(caller, test.read)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if k := plan.CacheKey(); k != nil {
				var watched []string
				for _, c := range k.Watched {
					watched = append(watched, c.Name)
				}
				got = strings.Join(watched, " ")
				if k.Of != "" {
					got = strings.TrimSpace("document " + k.Of + " " + k.ID + " " + got)
				}
				if k.Public != test.public || k.Lasting != test.lasting || k.Key == "" {
					t.Errorf("public %v, lasting %v", k.Public, k.Lasting)
				}
			}
			if got != test.key {
				t.Errorf("the key is by %q, want %q", got, test.key)
			}
			live, err := plan.Live()
			if err != nil {
				t.Fatal(err)
			}
			if live.Computed != test.computed || live.Timed != test.timed || live.Identity == "" {
				t.Errorf("computed %v, timed %v", live.Computed, live.Timed)
			}
		})
	}
}
