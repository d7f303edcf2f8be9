package main

import (
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/goccy/go-yaml"
)

func TestReport_CountsAFailureUnderTheFirstReasonOnly(t *testing.T) {
	t.Parallel()
	var known []difference
	if err := yaml.Unmarshal(knownDifferences, &known); err != nil {
		t.Fatal(err)
	}
	for _, d := range known {
		if d.Suite == "" || d.Why == "" || d.Test == "" && d.Failure == "" {
			t.Errorf("%+v explains everything, or nothing", d)
		}
	}
	known = []difference{{Suite: "a", Failure: "PGRST202", Why: "functions"}, {Suite: "a", Test: "embedded", Why: "relations"}}
	tests := []test{
		{Name: "one", Status: "passed"}, {Name: "skipped", Status: "pending"},
		{Name: "two", Status: "failed", Failures: []string{"code\nPGRST202"}},
		{Name: "an embedded function", Status: "failed", Failures: []string{"PGRST202"}},
		{Name: "an embedded row", Status: "failed", Failures: []string{"x"}},
		{Name: "three", Status: "failed", Failures: []string{"expected 1\nreceived 2"}},
	}
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 1, ' ', 0)
	suite{name: "a"}.report(table, tests, known, true)
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(out.String()), " ")
	if want := "a 1 4 2 functions 1 relations 1 no known reason three: expected 1"; got != want {
		t.Errorf("got %q, not %q", got, want)
	}
	out.Reset()
	suite{name: "b"}.report(table, tests, known, false)
	if err := table.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(out.String()), " "); got != "b 1 4 4 no known reason" {
		t.Errorf("the reasons of another suite count: %q", got)
	}
}
