package crud_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/rules"
)

// tree has refs with every on_delete. No one may delete its documents but the teams.
var tree = []described{
	{name: "teams", read: "true", writes: anything, fields: []crud.Field{text("x")}, documents: []string{`{"id":"t"}`, `{"id":"u"}`, `{"id":"r"}`, `{"id":"held"}`}},
	{name: "notes", read: "true", fields: []crud.Field{text("x"), ref("team", "teams", crud.CheckVisible, crud.Cascade)},
		documents: []string{`{"id":"n1","team":"t"}`, `{"id":"n2","team":"t"}`, `{"id":"n3","team":"u"}`}},
	{name: "comments", read: "true", fields: []crud.Field{ref("note", "notes", crud.CheckVisible, crud.Cascade), ref("answers", "comments", crud.CheckVisible, crud.Cascade)},
		documents: []string{`{"id":"c1","note":"n1","answers":"c2"}`, `{"id":"c2","note":"n2","answers":"c1"}`, `{"id":"c3","note":"n3"}`, `{"id":"c4","answers":"c1"}`}},
	{name: "logs", read: "true", fields: []crud.Field{text("x"), ref("team", "teams", crud.CheckNone, crud.SetNull), ref("note", "notes", crud.CheckNone, crud.SetNull)},
		documents: []string{`{"id":"l1","team":"t","note":"n1"}`, `{"id":"l2","team":"u"}`, `{"id":"l3","note":"n3"}`}},
	{name: "bills", read: "auth.id == 'clerk'", fields: []crud.Field{ref("team", "teams", crud.CheckExists, crud.Restrict), ref("note", "notes", crud.CheckNone, crud.Restrict)},
		documents: []string{`{"id":"b1","team":"r"}`}},
	{name: "pins", read: "true", fields: []crud.Field{text("x"), ref("team", "teams", crud.CheckVisible, crud.Restrict)}, documents: []string{`{"id":"p1","team":"held"}`}},
}

// there writes which documents are left, and the refs of the logs.
func there(t *testing.T, s *crud.Service) string {
	t.Helper()
	var out []string
	for _, c := range tree {
		body, err := run(t, s, crud.Caller{Admin: true}, crud.Read{Collection: c.name, Kind: crud.List, Params: crud.Params{"sort": "id"}})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c.name+": "+idsIn(t, body))
	}
	return strings.Join(out, "; ")
}

func TestCascade_EachRefDoesWhatItSays(t *testing.T) {
	t.Parallel()
	const all = "teams: held r t u; notes: n1 n2 n3; comments: c1 c2 c3 c4; logs: l1 l2 l3; bills: b1; pins: p1"
	const withoutT = "teams: held r u; notes: n3; comments: c3; logs: l1 l2 l3; bills: b1; pins: p1"
	for name, test := range map[string]struct {
		do          write
		wrong, want string
	}{
		"by id":                    {write{op: "delete", collection: "teams", id: "t"}, "", withoutT},
		"by filter":                {write{op: "delete many", collection: "teams", params: crud.Params{"filter": `id == "t"`}}, "", withoutT},
		"several":                  {write{op: "delete many", collection: "teams", params: crud.Params{"filter": `id in ["t","u"]`}}, "", "teams: held r; notes: ; comments: ; logs: l1 l2 l3; bills: b1; pins: p1"},
		"nothing":                  {write{op: "delete many", collection: "teams", params: crud.Params{"filter": `id == "x"`}}, "", all},
		"in a batch":               {write{op: "batch", body: `{"ops":[{"op":"delete","collection":"teams","id":"t"}]}`}, "", withoutT},
		"restricted":               {write{op: "delete", collection: "teams", id: "r"}, "conflict id=referenced", all},
		"restricted by filter":     {write{op: "delete many", collection: "teams", params: crud.Params{"filter": `true`}}, "conflict id=referenced", all},
		"restricted in a batch":    {write{op: "batch", body: `{"ops":[{"op":"delete","collection":"teams","id":"t"},{"op":"delete","collection":"teams","id":"r"}]}`}, "conflict ops[1].id=referenced", all},
		"missing":                  {write{op: "delete", collection: "teams", id: "none"}, "not_found", all},
		"not without its own rule": {write{op: "delete", collection: "notes", id: "n1"}, "unauthenticated", all},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tree, time.Now)
			if _, err := test.do.doAs(t.Context(), s, crud.Caller{}); codeOf(err) != test.wrong {
				t.Fatalf("got %q, want %q", codeOf(err), test.wrong)
			}
			if got := there(t, s); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if test.want == withoutT {
				if got := stored(t, s, "logs", "l1", "team", "note"); got != "note=null team=null" {
					t.Errorf("a log has %s", got)
				}
				if got := stored(t, s, "logs", "l2", "team"); got != `team="u"` {
					t.Errorf("another log has %s", got)
				}
			}
		})
	}
}

// TestCascade_RestrictNamesNothingHidden: who cannot read the referring documents learns that there are some, no more.
func TestCascade_RestrictNamesNothingHidden(t *testing.T) {
	t.Parallel()
	s := start(t, tree, time.Now)
	for _, test := range []struct {
		caller crud.Caller
		id     string
		names  string // empty for none
	}{
		{as("ann"), "r", ""}, {crud.Caller{}, "r", ""}, {as("clerk"), "r", "bills.team"}, {crud.Caller{Admin: true}, "r", "bills.team"}, {as("ann"), "held", "pins.team"},
	} {
		err := s.Delete(t.Context(), test.caller, crud.Target{Collection: "teams", ID: test.id})
		if codeOf(err) != "conflict id=referenced" {
			t.Fatalf("%s: %v", test.id, err)
		}
		if got := strings.Contains(err.Error(), "bills") || strings.Contains(err.Error(), "pins"); got != (test.names != "") || !strings.Contains(err.Error(), test.names) {
			t.Errorf("%v deletes %s: %v", test.caller.Auth, test.id, err)
		}
	}
}

// TestCascade_IsBounded: what one delete may take along has a limit, and beyond it nothing has happened.
func TestCascade_IsBounded(t *testing.T) {
	t.Parallel()
	collections := slices.Clone(tree)
	collections[1].documents = nil
	for i := range limits.Cascade - 1 {
		collections[1].documents = append(collections[1].documents, fmt.Sprintf(`{"id":"x%d","team":"t"}`, i))
	}
	collections[2].documents, collections[3].documents = nil, nil
	s := start(t, collections, time.Now)
	if _, err := s.Create(t.Context(), crud.Caller{Admin: true}, "notes", []byte(`{"id":"more","team":"t"}`)); err != nil {
		t.Fatal(err)
	}
	before := there(t, s)
	err := s.Delete(t.Context(), as("ann"), crud.Target{Collection: "teams", ID: "t"})
	if codeOf(err) != "invalid =max" || !strings.Contains(err.Error(), "limits.cascade") || there(t, s) != before {
		t.Errorf("got %v", err)
	}
	if err := s.Delete(t.Context(), crud.Caller{Admin: true}, crud.Target{Collection: "notes", ID: "more"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), as("ann"), crud.Target{Collection: "teams", ID: "t"}); err != nil {
		t.Error(err)
	}
}

// TestCascade_RaisesEvents: what is taken along raises the events of its own collection, in the same transaction.
func TestCascade_RaisesEvents(t *testing.T) {
	t.Parallel()
	var raised []string
	config := crud.Config{Limits: limits, Now: time.Now, Raise: func(_ context.Context, _ db.Store, events []crud.Raised) error {
		for _, e := range events {
			raised = append(raised, fmt.Sprintf("%s by %s %s", e.Event, e.By, e.Key))
		}
		return nil
	}}
	collections := slices.Clone(tree)
	collections[1].triggers = []crud.Trigger{{Event: "notes.deleted", Op: rules.Delete}}
	collections[3].triggers = []crud.Trigger{{Event: "logs.updated", Op: rules.Update}}
	s := startWith(t, collections, config)
	if err := s.Delete(t.Context(), as("ann"), crud.Target{Collection: "teams", ID: "t"}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(raised)
	// A log loses its team, and then its note.
	want := []string{`logs.updated by ann logs "id":"l1"`, `logs.updated by ann logs "id":"l1"`, `notes.deleted by ann notes "id":"n1"`, `notes.deleted by ann notes "id":"n2"`}
	if !slices.Equal(raised, want) {
		t.Errorf("got %q, want %q", raised, want)
	}
}

// TestCascade_InSteps: a delete that takes along more than one transaction may goes on from where the last step ended, and
// leaves what the whole one would.
func TestCascade_InSteps(t *testing.T) {
	t.Parallel()
	many := func(at int, document string) []described {
		collections := slices.Clone(tree)
		collections[at].documents = slices.Clone(tree[at].documents)
		for i := range 3*limits.Cascade + 1 {
			collections[at].documents = append(collections[at].documents, fmt.Sprintf(document, i))
		}
		return collections
	}
	ring := many(2, `{"id":"x%d"}`)
	for i := range 3*limits.Cascade + 1 {
		ring[2].documents[len(tree[2].documents)+i] = fmt.Sprintf(`{"id":"x%d","note":"n1","answers":"x%d"}`, i, (i+1)%(3*limits.Cascade+1))
	}
	const gone = "teams: held r u; notes: n3; comments: c3; logs: l1 l2 l3; bills: b1; pins: p1"
	for name, test := range map[string]struct {
		collections []described
		wrong, want string
	}{
		"one step":        {tree, "", gone},
		"children":        {many(1, `{"id":"x%d","team":"t"}`), "", gone},
		"grandchildren":   {many(2, `{"id":"x%d","note":"n1"}`), "", gone},
		"a circle":        {many(2, `{"id":"x%d","answers":"c4"}`), "", gone},
		"beside a circle": {many(2, `{"id":"x%d","answers":"c1"}`), "", gone},
		"one ring":        {ring, "invalid =max", ""}, // they go together or not at all
		"restricted":      {many(4, `{"id":"x%d","team":"t"}`), "conflict id=referenced", ""},
		"held from below": {append(many(1, `{"id":"x%d","team":"t"}`), described{name: "stamps", read: "true", fields: []crud.Field{ref("team", "teams", crud.CheckNone, crud.Restrict)}, documents: []string{`{"id":"s","team":"t"}`}}), "conflict id=referenced", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, test.collections, time.Now)
			before := there(t, s)
			var err error
			for more, steps := true, 0; more && err == nil; steps++ {
				if steps > 20 {
					t.Fatal("it does not end")
				}
				var step crud.CascadeStep
				step, err = s.DeleteStep(t.Context(), as("ann"), crud.Target{Collection: "teams", ID: "t"})
				if more = step.More; more && (step.Count == 0 || step.Count > int64(limits.Cascade)) {
					t.Fatalf("a step has changed %d documents", step.Count)
				}
				if left := there(t, s); more != strings.Contains(left, "r t u") && err == nil {
					t.Fatalf("more is %t, and there are %s", more, left)
				}
			}
			want := test.want
			if codeOf(err) != test.wrong || want == "" && name != "one ring" && there(t, s) != before {
				t.Fatalf("got %v", err)
			}
			if got := there(t, s); want != "" && got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestCascade_StepsAskTheRule: a step is a delete of the document, with its rule and its condition.
func TestCascade_StepsAskTheRule(t *testing.T) {
	t.Parallel()
	s := start(t, tree, time.Now)
	before := there(t, s)
	for want, at := range map[string]crud.Target{
		"unauthenticated":     {Collection: "notes", ID: "n1"},
		"not_found":           {Collection: "teams", ID: "none"},
		"precondition_failed": {Collection: "teams", ID: "t", IfMatch: `"other"`},
	} {
		if _, err := s.DeleteStep(t.Context(), crud.Caller{}, at); codeOf(err) != want || there(t, s) != before {
			t.Errorf("%+v: %v", at, err)
		}
	}
}
