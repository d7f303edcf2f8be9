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

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/rules/ruletest"
	"github.com/basalt-dev/basalt/server/offline"
)

func newRulesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "rules", Short: "Explain and test the rules."}
	cmd.AddCommand(newExplainCommand(), newRulesTestCommand())
	return cmd
}

type explainCommand struct {
	As, Op, Collection, ID, Doc string
	JSON                        bool
	Config                      string
}

func newExplainCommand() *cobra.Command {
	var c explainCommand
	cmd := &cobra.Command{
		Use:     "explain",
		Short:   "Show the result of a rule for a caller, with the reasons.",
		Example: `basalt rules explain --collection todos --as '{"sub":"u1"}'`,
		RunE:    func(*cobra.Command, []string) error { return c.Run() },
	}
	cmd.Flags().StringVar(&c.As, "as", "", "The caller's claims, as a `JSON` object such as {\"sub\":\"u1\"}; without it, an anonymous caller.")
	cmd.Flags().StringVar(&c.Op, "op", "read", "The `OPERATION`: read, create, update or delete.")
	cmd.Flags().StringVar(&c.Collection, "collection", "", "The `COLLECTION`.")
	cmd.Flags().StringVar(&c.ID, "id", "", "The `ID` of the document to ask about.")
	cmd.Flags().StringVar(&c.Doc, "doc", "", "The document of a create, or the patch of an update, as `JSON`.")
	cmd.Flags().BoolVar(&c.JSON, "json", false, "Print the answer as JSON.")
	configFlag(cmd, &c.Config)
	cli.Require(cmd, "collection")
	return cmd
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
	Files   []string
	JUnit   string
	Verbose bool
}

func newRulesTestCommand() *cobra.Command {
	var c rulesTestCommand
	cmd := &cobra.Command{
		Use:         "test FILE...",
		Short:       "Run the tests of the rules, and report their coverage.",
		Annotations: map[string]string{"FILE": "Test files."},
		Example:     "basalt rules test rules.test.yaml --verbose",
		RunE: func(_ *cobra.Command, args []string) error {
			c.Files = args
			return c.Run()
		},
	}
	cmd.Flags().StringVar(&c.JUnit, "junit", "", "Write the results to this `FILE` too, as JUnit XML.")
	cmd.Flags().BoolVarP(&c.Verbose, "verbose", "v", false, "Name the tests that pass, too.")
	return cmd
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
