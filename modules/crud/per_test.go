package crud_test

import (
	"testing"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

func TestList_OfOtherDocumentsAndFromAnOffset(t *testing.T) {
	t.Parallel()
	s := start(t, library, fixed)
	values := func(ids ...string) (out []query.Value) {
		for _, id := range ids {
			out = append(out, query.String(id))
		}
		return out
	}
	for _, test := range []struct {
		caller     string
		read       crud.Read
		want, code string
	}{
		{"ann", crud.Read{Collection: "notes", Of: "book", Values: values("b1", "b2", "b1")}, "a1 a2 b1", ""},
		{"bob", crud.Read{Collection: "notes", Of: "book", Values: values("b1", "b2")}, "a1 b1", ""},
		{"ann", crud.Read{Collection: "notes", Of: "book", Values: values("b1"), Params: crud.Params{"filter": "n > 1"}}, "b1", ""},
		{"ann", crud.Read{Collection: "notes", Of: "book", Values: values("b1", "b2"), Params: crud.Params{"limit": "1", "sort": "-n"}}, "b1 a2", ""},
		{"ann", crud.Read{Collection: "notes", Of: "book"}, "", ""},
		{"ann", crud.Read{Collection: "notes", Of: "id", Values: values("a1", "b2", "a2"), Params: crud.Params{"limit": "1"}}, "a1 a2", ""},
		// What is hidden finds nothing.
		{"ann", crud.Read{Collection: "notes", Of: "secret", Values: values("of bob", "of ann")}, "a1 a2", ""},
		{"ann", crud.Read{Collection: "masked", Of: "b", Values: values("SECRET")}, "", "forbidden filter=not_readable"},
		{"ann", crud.Read{Collection: "closed", Of: "id", Values: values("c1")}, "", "forbidden"},
		{"ann", crud.Read{Collection: "notes", Of: "nothing", Values: values("b1")}, "", "invalid of=unknown_field"},
		{"ann", crud.Read{Collection: "notes", Offset: 1}, "a2 b1", ""},
		{"ann", crud.Read{Collection: "notes", Offset: 1, Params: crud.Params{"limit": "1"}}, "a2", ""},
		{"ann", crud.Read{Collection: "notes", Offset: 9}, "", ""},
		{"ann", crud.Read{Collection: "notes", Offset: -1}, "", "invalid offset=min"},
	} {
		body, err := run(t, s, as(test.caller), test.read)
		if code := codeOf(err); code != test.code {
			t.Errorf("%+v: got %q, want %q", test.read, code, test.code)
			continue
		}
		if err == nil && idsIn(t, body) != test.want {
			t.Errorf("%+v: got %s, want %s", test.read, idsIn(t, body), test.want)
		}
	}
}

func TestBulk_WithAFilterInJSON(t *testing.T) {
	t.Parallel()
	s := start(t, []described{{name: "notes", read: "true", fields: []crud.Field{text("owner"), field("n", query.TypeInt), text("secret")},
		writes:    map[rules.Op]string{"update": "doc.owner == auth.id", "delete": "doc.owner == auth.id"},
		readable:  map[string]string{"secret": "false"},
		documents: []string{`{"id":"1","owner":"ann","n":1}`, `{"id":"2","owner":"ann","n":2}`, `{"id":"3","owner":"bob","n":1}`}}}, fixed)
	n, err := s.UpdateWhere(t.Context(), as("ann"), "notes", []byte(`{"n":{"$lt":2}}`), []byte(`{"n":{"$inc":5}}`))
	if n != 1 || err != nil || stored(t, s, "notes", "1", "n") != "n=6" || stored(t, s, "notes", "3", "n") != "n=1" {
		t.Errorf("got %d %v", n, err)
	}
	if _, err := s.UpdateWhere(t.Context(), as("ann"), "notes", []byte(`{"secret":"x"}`), []byte(`{"n":1}`)); codeOf(err) != "forbidden filter=not_readable" {
		t.Errorf("by what is hidden: %v", err)
	}
	if n, err := s.DeleteWhere(t.Context(), as("ann"), "notes", []byte(`{}`)); n != 2 || err != nil || stored(t, s, "notes", "3", "n") != "n=1" {
		t.Errorf("got %d %v", n, err)
	}
}
