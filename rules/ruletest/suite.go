// Package ruletest runs tests of rules that are written beside them: who does what with which
// documents, and whether that is allowed. It says what is covered, too.
//
// It is not for running operations: a [Backend] does, with the rules as they are served.
package ruletest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
)

// file is a test file.
type file struct {
	// Config is the configuration, relative to the file; basalt.yaml when it is left out.
	Config   string                      `yaml:"config"`
	Fixtures map[string][]map[string]any `yaml:"fixtures"`
	Tests    []test                      `yaml:"tests"`
	// Expected are the attacks that may succeed, by the names in the message of a failure.
	Expected []string `yaml:"expected"`
}

// test is one entry of `tests`. One of Read, Create, Update, Replace and Delete names the collection.
type test struct {
	Name    string         `yaml:"name"`
	As      map[string]any `yaml:"as"`
	Read    string         `yaml:"read"`
	Create  string         `yaml:"create"`
	Update  string         `yaml:"update"`
	Replace string         `yaml:"replace"`
	Delete  string         `yaml:"delete"`
	ID      string         `yaml:"id"`
	Doc     map[string]any `yaml:"doc"`
	Filter  string         `yaml:"filter"`
	// Expect is allow, deny, or a code such as not_found.
	Expect  string              `yaml:"expect"`
	Visible *[]string           `yaml:"visible"`
	Masked  map[string][]string `yaml:"masked"`
}

// Call is one operation to run.
type Call struct {
	As         map[string]any // nil for an anonymous caller
	Op         string         // read, create, update, replace or delete
	Collection string
	ID         string
	Filter     string
	Doc        []byte // JSON; nil for none
}

// Outcome is what came of a call.
type Outcome struct {
	// Code is empty for success, and Detail says what was wrong otherwise.
	Code   fault.Code
	Detail string
	// Documents are those that were returned, as JSON objects.
	Documents []map[string]any
}

// Condition is one condition of a rule, and whether a call has found it true and false.
type Condition struct {
	Collection  string
	Op          rules.Op
	Source      string
	True, False bool
}

// Backend runs the operations of one configuration on databases of its own.
type Backend interface {
	// Load replaces all documents by these.
	Load(ctx context.Context, fixtures map[string][]byte) error
	Do(ctx context.Context, call Call) (Outcome, error)
	// Cover notes which conditions the call has found true or false.
	Cover(ctx context.Context, call Call, conditions map[string]*Condition) error
	// Conditions returns every condition of every rule, by a key of its own.
	Conditions() map[string]*Condition
	// Policy describes the rule of an operation.
	Policy(collection, op string) Policy
	Close() error
}

// Open returns the backend of a configuration.
type Open func(ctx context.Context, config string) (Backend, error)

// Result is the outcome of one test.
type Result struct {
	File, Name string
	// Failure says what was expected and what came; empty when the test passed.
	Failure string
	Took    time.Duration
}

// Report is the outcome of a file.
type Report struct {
	File    string
	Results []Result
	// Uncovered are the conditions that no test has found true, or none has found false.
	Uncovered []Condition
	// Conditions are all of them, those of a rule in its order, inner ones first.
	Conditions []Condition
	Covered    int // conditions found both true and false
	// Attacks is how many calls the suite has made on its own.
	Attacks int
}

// Run runs a test file. An error is about the file or the configuration, not about a test.
func Run(ctx context.Context, path string, open Open) (report *Report, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := read(path, text)
	if err != nil {
		return nil, err
	}
	backend, err := open(ctx, filepath.Join(filepath.Dir(path), f.Config))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	return f.run(ctx, path, backend)
}

// RunText runs the tests of a text, by a name, with a configuration that is open already, whatever the text says of that.
func RunText(ctx context.Context, name string, text []byte, backend Backend) (*Report, error) {
	f, err := read(name, text)
	if err != nil {
		return nil, err
	}
	return f.run(ctx, name, backend)
}

func read(path string, text []byte) (file, error) {
	f := file{Config: "basalt.yaml"}
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return f, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	return f, nil
}

func (f file) run(ctx context.Context, path string, backend Backend) (*Report, error) {
	report := &Report{File: path}
	covered := backend.Conditions()
	s := &suite{file: f, path: path, backend: backend, outcomes: map[string]Outcome{}, tried: map[string]bool{}, report: report}
	for i, t := range f.Tests {
		start := time.Now()
		call, err := t.call()
		if err != nil {
			return nil, fmt.Errorf("%s: tests[%d]: %w", path, i, err)
		}
		if s.loaded != asWritten {
			if err := s.load(ctx, f.Fixtures); err != nil {
				return nil, fmt.Errorf("%s: fixtures: %w", path, err)
			}
			s.loaded = asWritten
		}
		if err := backend.Cover(ctx, call, covered); err != nil {
			return nil, fmt.Errorf("%s: tests[%d]: %w", path, i, err)
		}
		out, err := backend.Do(ctx, call)
		if err != nil {
			return nil, fmt.Errorf("%s: tests[%d]: %w", path, i, err)
		}
		if call.Op != "read" {
			s.loaded = ""
		}
		report.Results = append(report.Results, Result{path, t.title(call), t.compare(call, out), time.Since(start)})
		if err := s.attack(ctx, t, call, out); err != nil {
			return nil, fmt.Errorf("%s: tests[%d], tried by others: %w", path, i, err)
		}
	}
	s.finish()
	report.Attacks = len(s.outcomes)
	for _, key := range slices.Sorted(maps.Keys(covered)) {
		c := covered[key]
		if report.Conditions = append(report.Conditions, *c); c.True && c.False {
			report.Covered++
		} else {
			report.Uncovered = append(report.Uncovered, *c)
		}
	}
	return report, nil
}

func (t test) call() (Call, error) {
	c := Call{As: t.As, ID: t.ID, Filter: t.Filter}
	for op, collection := range map[string]string{"read": t.Read, "create": t.Create, "update": t.Update, "replace": t.Replace, "delete": t.Delete} {
		if collection == "" {
			continue
		}
		if c.Op != "" {
			return c, errors.New("a test has one of read, create, update, replace and delete")
		}
		c.Op, c.Collection = op, collection
	}
	switch {
	case c.Op == "":
		return c, errors.New("a test has one of read, create, update, replace and delete, with the collection, as in read: notes")
	case t.Expect == "" && t.Visible == nil && t.Masked == nil:
		return c, errors.New("a test expects something: expect: allow or deny, visible: [ids], or masked: {id: [fields]}")
	case c.ID == "" && (c.Op == "update" || c.Op == "replace" || c.Op == "delete"):
		return c, fmt.Errorf("%s needs an id", c.Op)
	}
	if t.Doc != nil {
		var err error
		if c.Doc, err = json.Marshal(t.Doc); err != nil {
			return c, fmt.Errorf("doc: %w", err)
		}
	}
	return c, nil
}

func (t test) title(c Call) string {
	if t.Name != "" {
		return t.Name
	}
	who := "anonymous"
	if t.As != nil {
		who = fmt.Sprint(t.As["sub"])
	}
	return strings.TrimSpace(fmt.Sprintf("%s: %s %s %s", who, c.Op, c.Collection, c.ID))
}

// compare returns what is not as expected, empty when everything is.
func (t test) compare(c Call, out Outcome) string {
	var wrong []string
	say := func(what string, want, got any) {
		wrong = append(wrong, fmt.Sprintf("%s\n  - expected %v\n  + got      %v", what, want, got))
	}
	came := "allow"
	if out.Code != "" {
		came = fmt.Sprintf("%s (%s)", out.Code, out.Detail)
	}
	switch t.Expect {
	case "":
		if out.Code != "" {
			say("the call", "allow", came)
		}
	case "allow":
		if out.Code != "" || c.Op == "read" && c.ID == "" && len(out.Documents) == 0 {
			say("the call", "allow", came)
		}
	case "deny":
		refusal := out.Code == fault.Forbidden || out.Code == fault.Unauthenticated || out.Code == fault.NotFound
		if empty := c.Op == "read" && c.ID == "" && out.Code == "" && len(out.Documents) == 0; !refusal && !empty {
			say("the call", "deny", came)
		}
	default:
		if string(out.Code) != t.Expect {
			say("the call", t.Expect, came)
		}
	}
	if t.Visible != nil {
		want, got := slices.Sorted(slices.Values(*t.Visible)), []string{}
		for _, d := range out.Documents {
			got = append(got, fmt.Sprint(d["id"]))
		}
		slices.Sort(got)
		if !slices.Equal(want, got) {
			say("the documents", want, got)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.Masked)) {
		i := slices.IndexFunc(out.Documents, func(d map[string]any) bool { return d["id"] == id })
		if i < 0 {
			say("the document "+id, "to see it", "not there")
			continue
		}
		for _, field := range t.Masked[id] {
			if v, ok := out.Documents[i][field]; ok {
				say(id+"."+field, "masked", fmt.Sprint(v))
			}
		}
	}
	return strings.Join(wrong, "\n")
}
