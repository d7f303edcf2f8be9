package server_test

import (
	"encoding/json"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

func (a *adoptedTable) path() string { return "/v1/db/" + a.name }

// list returns the documents that match, as their JSON.
func (a *adoptedTable) list(t *testing.T, s *servertest.Instance, where map[string]any, sort string) []json.RawMessage {
	t.Helper()
	query := map[string]any{"limit": 500}
	if where != nil {
		query["where"] = where
	}
	if sort != "" {
		query["sort"] = []string{sort}
	}
	var answer struct{ Items []json.RawMessage }
	s.Want(t, 200, call{Method: "POST", Path: a.path() + "/query", Body: query}).Decode(t, &answer)
	return answer.Items
}

// members returns the members of a document, each as its JSON.
func members(t *testing.T, doc json.RawMessage) (m map[string]json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal(doc, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// addressOf is where a document is.
func (a *adoptedTable) addressOf(t *testing.T, doc json.RawMessage) string {
	id := string(members(t, doc)["id"])
	var text string
	if json.Unmarshal([]byte(id), &text) == nil {
		id = text
	}
	return a.path() + "/" + url.PathEscape(id)
}

// readOne reads each document by its id.
func (a *adoptedTable) readOne(t *testing.T, s *servertest.Instance, docs []json.RawMessage) {
	for _, doc := range docs {
		if got := s.Do(t, call{Method: "GET", Path: a.addressOf(t, doc)}); got.Status != 200 || got.Body != string(doc) {
			t.Errorf("%s: listed %s, read %d %s", a.name, doc, got.Status, got.Body)
		}
	}
}

// anyCase are the fields of columns that compare in any case, citext and NOCASE, by schema.
var anyCase = map[string][]string{"rails": {"users.email", "tags.id", "posts_tags.tag_name"}, "rails.sqlite": {"posts.title"}}

// find asks for each value of each field: the documents that have it, and no others, are found.
func (a *adoptedTable) find(t *testing.T, s *servertest.Instance, docs []json.RawMessage) {
	for _, f := range a.fields {
		if f.kind == "json" || f.kind == "list" { // whose values are no values of filters
			continue
		}
		want := map[string][]string{}
		values := map[string]string{}
		key := func(value string) string {
			if slices.Contains(anyCase[path.Base(t.Name())], a.name+"."+f.name) {
				return strings.ToLower(value)
			}
			return value
		}
		for _, doc := range docs {
			value := string(members(t, doc)[f.name])
			values[value] = key(value)
			want[key(value)] = append(want[key(value)], string(doc))
		}
		for value, key := range values {
			docs := want[key]
			if onlyShown(f.kind, json.RawMessage(value)) {
				continue
			}
			if f.kind == "decimal" && value != "null" && !strings.HasPrefix(value, `"`) {
				value = `"` + value + `"`
			}
			var got []string
			for _, doc := range a.list(t, s, map[string]any{f.name: json.RawMessage(value)}, "") {
				got = append(got, string(doc))
			}
			slices.Sort(got)
			slices.Sort(docs)
			if !slices.Equal(got, docs) {
				t.Errorf("%s: %s == %s finds %s, want %s", a.name, f.name, value, got, docs)
			}
		}
	}
}

// sort pages through the documents by each field, both ways, one by one: each comes once.
func (a *adoptedTable) sort(t *testing.T, s *servertest.Instance, docs []json.RawMessage) {
	var all []string
	for _, doc := range docs {
		all = append(all, string(doc))
	}
	slices.Sort(all)
	for _, f := range a.fields {
		if f.kind == "json" || f.kind == "list" {
			continue
		}
		for _, sort := range []string{f.name, "-" + f.name} {
			var got []string
			query := map[string]any{"limit": 1, "sort": []string{sort}}
			for range len(docs) + 2 {
				var page struct {
					Items []json.RawMessage
					Next  *string
				}
				s.Want(t, 200, call{Method: "POST", Path: a.path() + "/query", Body: query}).Decode(t, &page)
				for _, doc := range page.Items {
					got = append(got, string(doc))
				}
				if page.Next == nil {
					break
				}
				query["after"] = *page.Next
			}
			whole := a.list(t, s, nil, sort)
			for i, doc := range whole {
				if i >= len(got) || got[i] != string(doc) {
					t.Errorf("%s: sorted by %s the pages have %s, the list %s", a.name, sort, got, whole)
					break
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, all) {
				t.Errorf("%s: sorted by %s the pages have %s, want %s", a.name, sort, got, all)
			}
		}
	}
}

// patch writes each document as it was read, which changes nothing.
func (a *adoptedTable) patch(t *testing.T, s *servertest.Instance, docs []json.RawMessage, touched []string) {
	for _, doc := range docs {
		sent := members(t, doc)
		for _, f := range a.fields {
			if onlyShown(f.kind, sent[f.name]) {
				delete(sent, f.name)
			}
		}
		for _, method := range []string{"PATCH", "PUT"} {
			if method == "PUT" && len(sent) < len(members(t, doc)) {
				continue
			}
			got := s.Do(t, call{Method: method, Path: a.addressOf(t, doc), Body: sent})
			if got.Status != 200 {
				t.Errorf("%s: %s of %s: got %d %s", a.name, method, doc, got.Status, got.Body)
				continue
			}
			before, after := members(t, doc), members(t, json.RawMessage(got.Body))
			for _, field := range touched {
				delete(before, field)
				delete(after, field)
			}
			for field, value := range before {
				if string(after[field]) != string(value) {
					t.Errorf("%s: %s makes %s of %s %s", a.name, method, after[field], field, value)
				}
			}
		}
	}
}
