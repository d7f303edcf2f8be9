package server_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/server/servertest"
)

type call = servertest.Call

// notes is the configuration that most tests use: documents that belong to whoever made them.
const notes = `
listen: "127.0.0.1:0"
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: {} } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
collections:
  notes:
    fields:
      owner:   { type: string, index: true }
      title:   { type: string, required: true, min: 1, max: 20, pattern: "^[^!]*$" }
      stars:   { type: int, default: 0, min: 0 }
      score:   { type: float }
      done:    { type: bool, default: false }
      kind:    { type: string, enum: [a, b] }
      tags:    { type: json }
      data:    { type: bytes }
      code:    { type: string, unique: true }
      created: { type: time, default: "now()" }
    set: { create: { owner: auth.id } }
    rules:
      read:   'auth != nil && doc.owner == auth.id'
      create: 'auth != nil'
      update: 'doc.owner == auth.id && !changed("owner")'
      delete: 'doc.owner == auth.id && !doc.done'
  closed:
    fields: { x: { type: int } }
`

const admin = "admin-key-admin-key"

// onEach runs a test on every database.
func onEach(t *testing.T, config string, f func(*testing.T, *servertest.Instance)) {
	t.Run("sqlite", func(t *testing.T) { f(t, servertest.Start(t, config)) })
	t.Run("postgres", func(t *testing.T) { f(t, servertest.Start(t, onPostgres(t, config))) })
}

// onAll is onEach, and FerretDB.
func onAll(t *testing.T, config string, f func(*testing.T, *servertest.Instance)) {
	onEach(t, config, f)
	t.Run("mongo", func(t *testing.T) {
		f(t, servertest.Start(t, strings.Replace(config, `sqlite, url: "file:test.db"`, `mongo, url: "`+mongotest.Database(t)+`"`, 1)))
	})
}

func user(s *servertest.Instance, id string) string { return s.Token(map[string]any{"sub": id}) }

func TestAPI_OneDocumentFromCreateToDelete(t *testing.T) {
	t.Parallel()
	onEach(t, notes, aPIOneDocumentFromCreateToDelete)
}

func aPIOneDocumentFromCreateToDelete(t *testing.T, s *servertest.Instance) {
	u := user(s, "u1")
	created := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"title":"a","stars":9007199254740993,"tags":{"x":[1]},"data":"AAE=","created":"2026-01-02T05:04:05.1234567+02:00"}`})
	var doc struct{ ID string }
	created.Decode(t, &doc)
	want := fmt.Sprintf(`{"id":%q,"owner":"u1","title":"a","stars":9007199254740993,"score":null,"done":false,"kind":null,"tags":{"x":[1]},"data":"AAE=","code":null,"created":"2026-01-02T03:04:05.123456Z"}`, doc.ID)
	if created.Body != want {
		t.Errorf("created\n%s, want\n%s", created.Body, want)
	}
	path := "/v1/db/notes/" + doc.ID
	if got := created.Header.Get("Location"); got != path {
		t.Errorf("Location is %q", got)
	}
	got := s.Want(t, 200, call{Method: "GET", Path: path, Token: u})
	tag := got.Header.Get("ETag")
	if got.Body != want || tag == "" || tag != created.Header.Get("ETag") {
		t.Errorf("got %s with the tag %s", got.Body, tag)
	}
	s.Want(t, 304, call{Method: "GET", Path: path, Token: u, Header: map[string]string{"If-None-Match": tag}})
	if got := s.Want(t, 200, call{Method: "GET", Path: path + "?select=title,stars", Token: u}); got.Body != `{"title":"a","stars":9007199254740993}` {
		t.Errorf("selected %s", got.Body)
	}
	patched := s.Want(t, 200, call{Method: "PATCH", Path: path, Token: u, Header: map[string]string{"If-Match": tag},
		Body: `{"title":"b","stars":{"$inc":2},"tags":{"y":true,"x":null},"score":1,"created":{"$now":true}}`})
	for _, part := range []string{`"title":"b"`, `"stars":9007199254740995`, `"tags":{"y":true}`, `"score":1,`} {
		if !strings.Contains(patched.Body, part) {
			t.Errorf("patched %s has no %s", patched.Body, part)
		}
	}
	s.Want(t, 412, call{Method: "PATCH", Path: path, Token: u, Header: map[string]string{"If-Match": tag}, Body: `{"title":"c"}`})
	s.Want(t, 412, call{Method: "DELETE", Path: path, Token: u, Header: map[string]string{"If-Match": tag}})
	replaced := s.Want(t, 200, call{Method: "PUT", Path: path, Token: u, Body: `{"title":"r","owner":"u1","tags":[1,2]}`})
	if !strings.Contains(replaced.Body, `"stars":0,`) || !strings.Contains(replaced.Body, `"tags":[1,2]`) {
		t.Errorf("replaced %s", replaced.Body)
	}
	pushed := s.Want(t, 200, call{Method: "PATCH", Path: path, Token: u, Body: `{"tags":{"$push":3}}`})
	pulled := s.Want(t, 200, call{Method: "PATCH", Path: path, Token: u, Body: `{"tags":{"$pull":1}}`})
	if !strings.Contains(pushed.Body, `"tags":[1,2,3]`) || !strings.Contains(pulled.Body, `"tags":[2,3]`) {
		t.Errorf("pushed %s, pulled %s", pushed.Body, pulled.Body)
	}
	s.Want(t, 201, call{Method: "PUT", Path: "/v1/db/notes/my-id", Token: u, Body: `{"title":"put"}`})
	if a := s.Want(t, 204, call{Method: "DELETE", Path: path, Token: u}); a.Body != "" {
		t.Errorf("a delete answered %s", a.Body)
	}
	s.Want(t, 404, call{Method: "GET", Path: path, Token: u})
	s.Want(t, 404, call{Method: "DELETE", Path: path, Token: u})
}

func TestAPI_ListsPageSortCountAndSelect(t *testing.T) {
	t.Parallel()
	onEach(t, notes, aPIListsPageSortCountAndSelect)
}

func aPIListsPageSortCountAndSelect(t *testing.T, s *servertest.Instance) {
	u := user(s, "u1")
	var docs []map[string]any
	for i := range 7 {
		docs = append(docs, map[string]any{"id": fmt.Sprintf("n%d", i), "title": fmt.Sprintf("t%d", i%3), "stars": i, "done": i%2 == 0, "tags": map[string]any{"color": []string{"red", "blue"}[i%2]}})
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: docs})
	for path, want := range map[string][]string{
		"?sort=-stars&limit=2": {"n6", "n5"},
		"?sort=title,-stars":   {"n6", "n3", "n0", "n4", "n1", "n5", "n2"},
		"?filter=" + url.QueryEscape(`stars >= $min && doc.title startsWith "t1"`) + "&params=" + url.QueryEscape(`{"min":2}`): {"n4"},
		"?filter=" + url.QueryEscape(`tags.color == "red" && !(stars in [0,2])`):                                               {"n4", "n6"},
		"?filter=true&sort=id&limit=1": {"n0"},
	} {
		if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes" + path, Token: u}).IDs(t); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	for body, want := range map[string][]string{
		`{"where":{"done":true,"stars":{"$gt":2}},"sort":["stars"]}`:                    {"n4", "n6"},
		`{"where":{"$or":[{"stars":{"$in":[1,3]}},{"tags.color":"red"}],"done":false}}`: {"n1", "n3"},
		`{"where":{"$not":{"stars":{"$lt":6}}}}`:                                        {"n6"},
		`{"where":{"kind":{"$exists":true}}}`:                                           {},
		`{"where":{"title":{"$endsWith":"2"}},"filter":"stars > 3"}`:                    {"n5"},
		`{"where":{"title":{"$ne":"t0"},"stars":{"$nin":[1,2]}}}`:                       {"n4", "n5"},
	} {
		if got := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/notes/query", Token: u, Body: body}).IDs(t); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
	var pages []string
	after := ""
	for range 10 {
		var page struct {
			Items []struct{ ID string }
			Next  *string
			Total int
		}
		s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?sort=-title&limit=3&count=true&select=stars,id&after=" + url.QueryEscape(after), Token: u}).Decode(t, &page)
		if page.Total != 7 {
			t.Errorf("total is %d", page.Total)
		}
		for _, item := range page.Items {
			pages = append(pages, item.ID)
		}
		if page.Next == nil {
			break
		}
		after = *page.Next
		// What is inserted before the place where the next page starts changes nothing.
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: user(s, "u2"), Body: `{"title":"zzz"}`})
	}
	if want := []string{"n5", "n2", "n4", "n1", "n6", "n3", "n0"}; !slices.Equal(pages, want) {
		t.Errorf("the pages are %v, want %v", pages, want)
	}
	groups := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/notes/aggregate", Token: u, Body: `{"group":["done"],"count":true,"sum":["stars"],"avg":["stars"],"min":["title"],"max":["stars"]}`})
	if want := `{"items":[{"done":false,"count":3,"sum":{"stars":9},"avg":{"stars":3},"min":{"title":"t0"},"max":{"stars":5}},{"done":true,"count":4,"sum":{"stars":12},"avg":{"stars":3},"min":{"title":"t0"},"max":{"stars":6}}]}`; groups.Body != want {
		t.Errorf("got %s", groups.Body)
	}
}

func TestAPI_ManyAtOnce(t *testing.T) { onEach(t, notes, aPIManyAtOnce) }

func aPIManyAtOnce(t *testing.T, s *servertest.Instance) {
	u := user(s, "u1")
	if a := s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `[{"id":"a","title":"1"},{"id":"b","title":"2","done":true}]`}); !slices.Equal(a.IDs(t), []string{"a", "b"}) {
		t.Errorf("got %s", a.Body)
	}
	// All or nothing: the second is there already.
	a := s.Want(t, 409, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `[{"id":"c","title":"3"},{"id":"a","title":"4"}]`})
	if a.Code() != "conflict" {
		t.Errorf("got %s", a.Body)
	}
	s.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/c", Token: u})
	if a := s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes?filter=" + url.QueryEscape(`title in ["1","2"]`), Token: u, Body: `{"stars":{"$inc":5}}`}); a.Body != `{"count":2}` {
		t.Errorf("got %s", a.Body)
	}
	s.Want(t, 422, call{Method: "PATCH", Path: "/v1/db/notes", Token: u, Body: `{"stars":1}`})
	s.Want(t, 422, call{Method: "DELETE", Path: "/v1/db/notes", Token: u})
	if a := s.Want(t, 200, call{Method: "DELETE", Path: "/v1/db/notes?filter=stars==5", Token: u}); a.Body != `{"count":1}` { // b is done
		t.Errorf("got %s", a.Body)
	}
	batch := s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Token: u, Body: `{"ops":[
		{"op":"create","collection":"notes","id":"x","doc":{"title":"x"}},
		{"op":"update","collection":"notes","id":"x","doc":{"stars":{"$inc":1}}},
		{"op":"replace","collection":"notes","id":"b","doc":{"title":"b2","owner":"u1"}},
		{"op":"delete","collection":"notes","id":"x"}]}`})
	var results struct{ Results []map[string]any }
	batch.Decode(t, &results)
	if len(results.Results) != 4 || results.Results[1]["stars"] != 1.0 || results.Results[3] != nil {
		t.Errorf("got %s", batch.Body)
	}
	failed := s.Want(t, 403, call{Method: "POST", Path: "/v1/batch", Token: u, Body: `{"ops":[
		{"op":"update","collection":"notes","id":"b","doc":{"title":"changed"}},
		{"op":"update","collection":"notes","id":"b","doc":{"owner":"u2"}}]}`})
	if !strings.Contains(failed.Body, "ops[1]") {
		t.Errorf("got %s", failed.Body)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/b", Token: u}); !strings.Contains(a.Body, `"b2"`) {
		t.Errorf("half a batch has happened: %s", a.Body)
	}
}

func TestAPI_ValidationTellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, notes, aPIValidationTellsEverythingAtOnce)
}

func aPIValidationTellsEverythingAtOnce(t *testing.T, s *servertest.Instance) {
	u := user(s, "u1")
	a := s.Want(t, 422, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"titel":"x","stars":-1,"score":"x","kind":"c","data":"?","created":"yesterday","id":"a/b"}`})
	var p struct {
		Type, Title, Code string
		Status            int
		Errors            []struct{ Field, Code, Detail string }
	}
	a.Decode(t, &p)
	got := map[string]string{}
	for _, e := range p.Errors {
		got[e.Field] = e.Code
	}
	want := map[string]string{"titel": "unknown_field", "title": "required", "stars": "min", "score": "type", "kind": "enum", "data": "type", "created": "type", "id": "pattern"}
	if diff := cmp.Diff(want, got); diff != "" || p.Code != "invalid" || p.Status != 422 || p.Title == "" || p.Type == "" {
		t.Errorf("%s\n%s", diff, a.Body)
	}
	if !strings.Contains(a.Body, `did you mean \"title\"?`) {
		t.Errorf("no hint in %s", a.Body)
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"id":"x","title":"x","code":"c1"}`})
	if a := s.Want(t, 409, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"title":"y","code":"c1"}`}); !strings.Contains(a.Body, `"field":"code"`) {
		t.Errorf("got %s", a.Body)
	}
	for body, code := range map[string]string{
		`{"title":null}`: "required", `{"title":"12345678901234567890x"}`: "max", `{"title":"no!"}`: "pattern", `{"id":"y"}`: "immutable",
		`{"stars":{"$inc":-1}}`: "min", `{"stars":{"$add":1}}`: "unknown_operator", `{"title":{"$inc":1}}`: "type",
		`{"tags":{"$push":1}}`: "",
	} {
		status := 422
		if code == "" {
			status = 200
		}
		if a := s.Want(t, status, call{Method: "PATCH", Path: "/v1/db/notes/x", Token: u, Body: body}); code != "" && !strings.Contains(a.Body, `"code":"`+code+`"`) {
			t.Errorf("%s: got %s, want %s", body, a.Body, code)
		}
	}
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/x", Token: u, Body: `{"stars":9223372036854775807}`})
	if a := s.Want(t, 422, call{Method: "PATCH", Path: "/v1/db/notes/x", Token: u, Body: `{"stars":{"$inc":1}}`}); !strings.Contains(a.Body, `"range"`) {
		t.Errorf("an overflow: %s", a.Body)
	}
}

func TestAPI_WhoMayDoWhat(t *testing.T) { onEach(t, notes, aPIWhoMayDoWhat) }

func aPIWhoMayDoWhat(t *testing.T, s *servertest.Instance) {
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: user(s, "u1"), Body: `{"id":"a","title":"a","done":true}`})
	expired := s.Token(map[string]any{"sub": "u1", "exp": 1000})
	for _, test := range []struct {
		what   string
		call   call
		status int
	}{
		{"anonymous read of what needs a caller", call{Method: "GET", Path: "/v1/db/notes"}, 200}, // the rule mentions doc: nothing is there
		{"anonymous get", call{Method: "GET", Path: "/v1/db/notes/a"}, 404},
		{"anonymous create", call{Method: "POST", Path: "/v1/db/notes", Body: `{"title":"x"}`}, 401},
		{"no rule, anonymous", call{Method: "GET", Path: "/v1/db/closed"}, 401},
		{"no rule", call{Method: "GET", Path: "/v1/db/closed", Token: user(s, "u1")}, 403},
		{"no rule, create", call{Method: "POST", Path: "/v1/db/closed", Token: user(s, "u1"), Body: "not even json"}, 403},
		{"no rule, admin", call{Method: "GET", Path: "/v1/db/closed", Token: admin}, 200},
		{"admin sees all", call{Method: "GET", Path: "/v1/db/notes/a", Token: admin}, 200},
		{"a key that is none", call{Method: "GET", Path: "/v1/db/notes/a", Token: admin + "x"}, 401},
		{"delete what the rule keeps", call{Method: "DELETE", Path: "/v1/db/notes/a", Token: user(s, "u1")}, 403},
		{"delete what is hidden", call{Method: "DELETE", Path: "/v1/db/notes/a", Token: user(s, "u2")}, 404},
		{"update what is hidden", call{Method: "PATCH", Path: "/v1/db/notes/a", Token: user(s, "u2"), Body: `{"title":"x"}`}, 404},
		{"update away", call{Method: "PATCH", Path: "/v1/db/notes/a", Token: user(s, "u1"), Body: `{"owner":"u2"}`}, 403},
		{"expired token", call{Method: "GET", Path: "/healthz", Token: expired}, 200}, // not a call of the API
		{"expired token, list", call{Method: "GET", Path: "/v1/db/notes", Token: expired}, 401},
		{"garbage token", call{Method: "GET", Path: "/v1/db/notes", Token: "x.y.z"}, 401},
		{"no collection", call{Method: "GET", Path: "/v1/db/nothing", Token: user(s, "u1")}, 404},
		{"internal table", call{Method: "GET", Path: "/v1/db/_users", Token: admin}, 404},
		{"another case", call{Method: "GET", Path: "/v1/db/Notes", Token: admin}, 404},
		{"no route", call{Method: "GET", Path: "/v1/nothing"}, 404},
		{"no method", call{Method: "PUT", Path: "/v1/db/notes", Token: admin, Body: "{}"}, 405},
	} {
		a := s.Do(t, test.call)
		if a.Status != test.status {
			t.Errorf("%s: got %d, want %d: %s", test.what, a.Status, test.status, a.Body)
		}
		if a.Status >= 400 && a.Code() == "" {
			t.Errorf("%s: this is no problem+json: %s", test.what, a.Body)
		}
	}
}

func TestOpenAPI_DescribesTheCollections(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes)
	var d struct {
		OpenAPI    string
		Paths      map[string]map[string]any
		Components struct{ Schemas map[string]json.RawMessage }
	}
	a := s.Want(t, 200, call{Method: "GET", Path: "/openapi.json"})
	a.Decode(t, &d)
	if !strings.HasPrefix(d.OpenAPI, "3.1") || d.Paths["/v1/db/notes/{id}"]["patch"] == nil || d.Paths["/v1/batch"]["post"] == nil || d.Components.Schemas["notes"] == nil {
		t.Errorf("got %s", a.Body)
	}
	if strings.Contains(a.Body, "_users") || strings.Contains(a.Body, "auth.id") {
		t.Error("the description tells of internals or rules")
	}
}
