package crud_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

func ref(name, to string, target crud.Check, deleted crud.OnDelete) crud.Field {
	return crud.Field{Field: schema.Field{Name: name, Type: query.TypeRef}, To: to, Target: target, Deleted: deleted}
}

var anything = map[rules.Op]string{rules.Create: "true", rules.Update: "true", rules.Delete: "true"}

// pointing has refs of every check. Its teams are of their owners, or of everyone.
var pointing = []described{
	{name: "teams", read: "doc.owner == auth.id || doc.open", fields: []crud.Field{text("owner"), field("open", query.TypeBool)}, writes: anything, documents: []string{
		`{"id":"a","owner":"ann"}`, `{"id":"b","owner":"bob"}`, `{"id":"open","owner":"bob","open":true}`,
	}},
	{name: "sealed", fields: []crud.Field{text("x")}, documents: []string{`{"id":"s"}`}}, // which no one may read
	{
		name: "notes", read: "true", writes: anything, readable: map[string]string{"secret": "auth.id == 'root'"},
		fields: []crud.Field{
			text("title"), ref("team", "teams", crud.CheckVisible, crud.Keep), ref("any", "teams", crud.CheckExists, crud.Keep),
			ref("loose", "teams", crud.CheckNone, crud.Keep), ref("next", "notes", crud.CheckVisible, crud.Keep),
			ref("sealed", "sealed", crud.CheckVisible, crud.Keep), ref("secret", "teams", crud.CheckVisible, crud.Keep),
		},
		documents: []string{`{"id":"n","team":"a"}`, `{"id":"m","team":"b","secret":"b"}`},
	},
}

func TestReference_HiddenAndMissingAreRefusedAlike(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ body, wrong string }{
		{`{"team":"a"}`, ""}, {`{"team":"open"}`, ""}, {`{"team":null}`, ""}, {`{}`, ""},
		{`{"team":"b"}`, "invalid team=reference"}, {`{"team":"ghost"}`, "invalid team=reference"},
		{`{"any":"b"}`, ""}, {`{"any":"ghost"}`, "invalid any=reference"},
		{`{"loose":"ghost"}`, ""},
		{`{"sealed":"s"}`, "invalid sealed=reference"}, {`{"sealed":"ghost"}`, "invalid sealed=reference"},
		{`{"team":"b","any":"ghost","next":"none"}`, "invalid team=reference any=reference next=reference"},
		{`{"id":"self","next":"self"}`, ""},
		{`[{"id":"x","next":"y"},{"id":"y","next":"x"}]`, ""},
		{`[{"id":"x","team":"a"},{"id":"y","team":"b"}]`, "invalid [1].team=reference"},
	} {
		s := start(t, pointing, time.Now)
		if _, err := s.Create(t.Context(), as("ann"), "notes", []byte(test.body)); codeOf(err) != test.wrong {
			t.Errorf("create %s: got %q, want %q", test.body, codeOf(err), test.wrong)
		}
		if strings.HasPrefix(test.body, "[") || strings.Contains(test.body, "self") {
			continue
		}
		if _, err := s.Update(t.Context(), as("ann"), crud.Target{Collection: "notes", ID: "n"}, []byte(test.body)); codeOf(err) != test.wrong {
			t.Errorf("update %s: got %q, want %q", test.body, codeOf(err), test.wrong)
		}
		for _, id := range []string{"n", "new"} {
			if _, _, err := s.Replace(t.Context(), as("ann"), crud.Target{Collection: "notes", ID: id}, []byte(test.body)); codeOf(err) != test.wrong {
				t.Errorf("replace of %s by %s: got %q, want %q", id, test.body, codeOf(err), test.wrong)
			}
		}
		if test.body == "{}" {
			continue
		}
		if _, err := s.UpdateMany(t.Context(), as("ann"), "notes", crud.Params{"filter": `title == nil`}, []byte(test.body)); codeOf(err) != test.wrong {
			t.Errorf("update many %s: got %q, want %q", test.body, codeOf(err), test.wrong)
		}
		b, err := s.ParseBatch([]byte(`{"ops":[{"op":"create","collection":"notes","doc":` + test.body + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.NewReplacer(" ", " ops[0].").Replace(test.wrong)
		if _, err := s.Batch(t.Context(), as("ann"), b); codeOf(err) != want {
			t.Errorf("batch %s: got %q, want %q", test.body, codeOf(err), want)
		}
	}
}

// TestReference_WhatStaysIsNotCheckedAgain: a document may be written back as it was read, though the caller no longer
// sees what it points to.
func TestReference_WhatStaysIsNotCheckedAgain(t *testing.T) {
	t.Parallel()
	s := start(t, pointing, time.Now)
	for _, test := range []struct{ id, body, wrong string }{
		{"m", `{"title":"x"}`, ""},
		{"m", `{"team":"b","title":"y"}`, ""},
		{"m", `{"team":"ghost"}`, "invalid team=reference"},
		// The caller does not see this ref, so that a right guess must not differ from a wrong one.
		{"m", `{"secret":"b"}`, "invalid secret=reference"},
		{"m", `{"secret":"ghost"}`, "invalid secret=reference"},
		{"m", `{"secret":"open"}`, ""},
	} {
		if _, err := s.Update(t.Context(), as("ann"), crud.Target{Collection: "notes", ID: test.id}, []byte(test.body)); codeOf(err) != test.wrong {
			t.Errorf("%s: got %q, want %q", test.body, codeOf(err), test.wrong)
		}
	}
	if _, _, err := s.Replace(t.Context(), as("ann"), crud.Target{Collection: "notes", ID: "m"}, []byte(`{"team":"b","title":"z"}`)); err != nil {
		t.Error(err)
	}
}

// TestReference_WhoMayNotIsNotToldWhatIsThere: the rule refuses first.
func TestReference_WhoMayNotIsNotToldWhatIsThere(t *testing.T) {
	t.Parallel()
	collections := slices.Clone(pointing)
	collections[2].writes = map[rules.Op]string{rules.Create: "auth.id == 'root'", rules.Update: "auth.id == 'root'"}
	s := start(t, collections, time.Now)
	for _, team := range []string{"a", "b", "ghost"} {
		body := []byte(fmt.Sprintf(`{"team":%q}`, team))
		if _, err := s.Create(t.Context(), as("ann"), "notes", body); codeOf(err) != "forbidden" {
			t.Errorf("create %s: %v", team, err)
		}
		if _, err := s.Update(t.Context(), as("ann"), crud.Target{Collection: "notes", ID: "n"}, body); codeOf(err) != "forbidden" {
			t.Errorf("update %s: %v", team, err)
		}
	}
}

func TestReference_InABatchTheEarlierStepsCount(t *testing.T) {
	t.Parallel()
	s := start(t, pointing, time.Now)
	b, err := s.ParseBatch([]byte(`{"ops":[{"op":"create","collection":"teams","id":"fresh","doc":{"owner":"ann"}},{"op":"create","collection":"notes","doc":{"team":"fresh"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Batch(t.Context(), as("ann"), b); err != nil {
		t.Error(err)
	}
	b, err = s.ParseBatch([]byte(`{"ops":[{"op":"delete","collection":"teams","id":"fresh"},{"op":"create","collection":"notes","doc":{"team":"fresh"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Batch(t.Context(), as("ann"), b); codeOf(err) != "invalid ops[1].team=reference" {
		t.Errorf("got %v", err)
	}
}
