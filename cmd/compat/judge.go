package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/goccy/go-yaml"
)

// suite is the tests of one package. Those of others in the same folders use mocks, and say nothing about a server.
type suite struct{ name, path string }

var suites = []suite{
	{"postgrest-js", "packages/core/postgrest-js/test/.*[.]test[.]ts$"},
	{"supabase-js", "packages/core/supabase-js/test/integration[.]test[.]ts$"},
	{"auth-js", "packages/core/auth-js/test/GoTrue.*[.]test[.]ts$"},
	{"storage-js", "packages/core/storage-js/test/storage(File)?Api(Node)?[.]test[.]ts$"},
}

// imported are the npm packages that the suites import, and what compiles them.
var imported = []string{"jest@30", "ts-jest@29", "typescript@~5.8.3", "tslib", "zod@3", "type-fest@4", "jsonwebtoken@9", "@faker-js/faker@9", "jest-mock-server@0.1", "ws",
	"iceberg-js@0.8", "@supabase/phoenix", "@opentelemetry/api@1", "@opentelemetry/core@2", "@opentelemetry/context-async-hooks@2", "@opentelemetry/sdk-trace-node@2"}

//go:embed jest.config.cjs
var jestConfig []byte

//go:embed sequencer.cjs
var jestSequencer []byte

//go:embed known.yaml
var knownDifferences []byte

// difference is why tests of a suite fail, by a part of their names or of what their failure prints.
type difference struct{ Suite, Test, Failure, Why string }

func (d difference) explains(suite string, t test) bool {
	return d.Suite == suite && strings.Contains(t.Name, d.Test) && (d.Failure == "" || strings.Contains(strings.Join(t.Failures, "\n"), d.Failure))
}

// test is one result of jest.
type test struct {
	Name     string   `json:"fullName"`
	Status   string   `json:"status"`
	Failures []string `json:"failureMessages"`
}

// judge runs the suites and prints their table. It fails if a suite could not run at all.
func judge(ctx context.Context, o options, dir, database string) error {
	var known []difference
	if err := yaml.Unmarshal(knownDifferences, &known); err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "suite\tpassed\tfailed\twhy")
	var failed error
	for _, s := range suites {
		if len(o.Suite) > 0 && !slices.Contains(o.Suite, s.name) {
			continue
		}
		tests, err := s.run(ctx, dir)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		s.report(table, tests, known, o.Failures)
	}
	if o.Realtime != "" && (len(o.Suite) == 0 || slices.Contains(o.Suite, realtimeCheck)) {
		tests, err := checkRealtime(ctx, o, dir, database)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", realtimeCheck, err))
		} else {
			suite{name: realtimeCheck}.report(table, tests, known, o.Failures)
		}
	}
	return errors.Join(table.Flush(), failed)
}

// run starts jest and reads its results.
func (s suite) run(ctx context.Context, dir string) ([]test, error) {
	file := filepath.Join(dir, s.name+".json")
	cmd := exec.CommandContext(ctx, "npx", "jest", "--ci", "--silent", "--json", "--outputFile="+file, "--testPathPatterns", s.path)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NODE_OPTIONS=--experimental-websocket") // what Node 22 has
	out, _ := cmd.CombinedOutput()                                          // it fails when a test does; what counts is in the file
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("jest wrote no results: %s", out)
	}
	var results struct {
		TestResults []struct {
			Message          string `json:"message"`
			AssertionResults []test `json:"assertionResults"`
		} `json:"testResults"`
	}
	if err := json.Unmarshal(text, &results); err != nil {
		return nil, err
	}
	var tests []test
	for _, f := range results.TestResults {
		if len(f.AssertionResults) == 0 && f.Message != "" {
			err = errors.Join(err, errors.New(f.Message))
		}
		tests = append(tests, f.AssertionResults...)
	}
	if len(tests) > 0 {
		err = nil // a file that needs what is not here does not hide the others
	}
	return tests, err
}

// report prints the row of a suite, and one for each reason.
func (s suite) report(table *tabwriter.Writer, tests []test, known []difference, failures bool) {
	passed, failed, unknown := 0, 0, []test{}
	reasons := map[string]int{}
	for _, t := range tests {
		switch t.Status {
		case "passed":
			passed++
		case "failed":
			failed++
			if i := slices.IndexFunc(known, func(d difference) bool { return d.explains(s.name, t) }); i >= 0 {
				reasons[known[i].Why]++
			} else {
				unknown = append(unknown, t)
			}
		}
	}
	fmt.Fprintf(table, "%s\t%d\t%d\t\n", s.name, passed, failed)
	for _, d := range known {
		if n := reasons[d.Why]; n > 0 {
			fmt.Fprintf(table, "\t\t%d\t%s\n", n, d.Why)
			delete(reasons, d.Why)
		}
	}
	fmt.Fprintf(table, "\t\t%d\tno known reason\n", len(unknown))
	if failures {
		for _, t := range unknown {
			first, _, _ := strings.Cut(strings.Join(t.Failures, "\n"), "\n")
			fmt.Fprintf(table, "\t\t\t%s: %s\n", t.Name, first)
		}
	}
}
