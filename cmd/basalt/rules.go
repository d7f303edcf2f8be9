package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/rules/ruletest"
	"github.com/basalt-dev/basalt/server/offline"
)

type rulesCommand struct {
	Explain explainCommand   `cmd:"" help:"Show the result of a rule for a caller, with the reasons."`
	Test    rulesTestCommand `cmd:"" help:"Run the tests of the rules, and report their coverage."`
}

type explainCommand struct {
	As         string `help:"The caller's claims, as a JSON object such as {\"sub\":\"u1\"}; without it, an anonymous caller." placeholder:"JSON"`
	Op         string `help:"read, create, update or delete." default:"read"`
	Collection string `help:"The collection." required:""`
	ID         string `help:"The document to ask about." name:"id"`
	Doc        string `help:"The document of a create, or the patch of an update." placeholder:"JSON"`
	JSON       bool   `help:"Print the answer as JSON." name:"json"`
	Config     string `help:"The configuration file." default:"basalt.yaml" short:"c"`
}

// Run prints the explanation.
func (c *explainCommand) Run() error {
	body := map[string]any{"op": c.Op, "collection": c.Collection}
	for name, text := range map[string]string{"as": c.As, "doc": c.Doc} {
		if text != "" {
			body[name] = json.RawMessage(text)
		}
	}
	if c.ID != "" {
		body["id"] = c.ID
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("--as and --doc are JSON objects: %w", err)
	}
	e, err := offline.Explain(context.Background(), c.Config, encoded)
	if err != nil {
		return err
	}
	if c.JSON {
		out, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			return err
		}
		fmt.Println(string(out))
		return nil
	}
	printExplanation(os.Stdout, e)
	return nil
}

func printExplanation(w io.Writer, e *crud.Explanation) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	if e.Rule == "" {
		line("rule", "none: denied to all")
		return
	}
	line("rule", "%s", e.Rule)
	line("verdict", "%s", map[string]string{"allow": "allow: no condition is left", "deny": "deny: no document qualifies", "filter": "filter: what is left decides by document"}[e.Verdict])
	printConditions(w, "folded", e.Conditions)
	line("residual", "%s", e.Residual)
	if e.Statement != "" {
		line("statement", "%s", e.Statement)
		line("parameters", "%s", strings.Join(e.Parameters, ", "))
		for _, step := range e.Plan {
			line("plan", "%s", step)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		line("field", "%s is shown where %s", name, e.Fields[name])
	}
	if d := e.Document; d != nil {
		switch {
		case !d.Found:
			line("document", "there is none of this id")
			return
		case d.Allowed:
			line("document", "allowed, because")
		default:
			line("document", "denied, because")
		}
		printConditions(w, "", d.Conditions)
	}
}

func printConditions(w io.Writer, name string, conditions []crud.Condition) {
	width := 0
	for _, c := range conditions {
		width = max(width, len(c.Source))
	}
	for i, c := range conditions {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(w, "%-10s   %-*s  → %s\n", name, min(width, 70), c.Source, c.Outcome)
	}
}

type rulesTestCommand struct {
	Files   []string `arg:"" help:"Test files." placeholder:"FILE"`
	JUnit   string   `help:"Write the results here too, as JUnit XML." name:"junit" placeholder:"FILE"`
	Verbose bool     `help:"Name the tests that pass, too." short:"v"`
}

// Run runs the tests, and ends with an error when one has failed.
func (c *rulesTestCommand) Run() error {
	var reports []*ruletest.Report
	passed := true
	for _, file := range c.Files {
		r, err := ruletest.Run(context.Background(), file, offline.OpenRuleTests)
		if err != nil {
			return err
		}
		passed = r.Print(os.Stdout, c.Verbose) && passed
		reports = append(reports, r)
	}
	if c.JUnit != "" {
		f, err := os.Create(c.JUnit)
		if err != nil {
			return err
		}
		if err := errors.Join(ruletest.JUnit(f, reports), f.Close()); err != nil {
			return err
		}
	}
	if !passed {
		return errors.New("there are failures")
	}
	return nil
}
