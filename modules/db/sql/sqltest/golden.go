// Package sqltest compares the statements that a driver of an SQL database renders with golden files.
//
// It is not for what the statements mean: package dbtest runs them. A golden file shows a reader what a dialect
// writes, and that a change of the renderer leaves the other dialects alone.
package sqltest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
)

var update = flag.Bool("update", false, "write the golden files")

// Golden compares what a driver renders for the questions with a file of its testdata. The arguments are those that
// the client library of the database is called with.
func Golden(t *testing.T, file string, questions []Question, render func(Question) (sql string, args []any)) {
	t.Helper()
	var out strings.Builder
	for _, q := range questions {
		sql, args := render(q)
		out.WriteString("-- " + q.Name + "\n" + sql + ";\n")
		for i, a := range args {
			fmt.Fprintf(&out, "--   %d: %s\n", i+1, describe(a))
		}
	}
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, string(want), out.String())
}

func compare(t *testing.T, want, got string) {
	t.Helper()
	wants, gots := parts(want), parts(got)
	shown := 0
	for name, w := range wants {
		if g, ok := gots[name]; !ok {
			t.Errorf("the golden file has %q, which is not asked; go test -update writes it again", name)
		} else if g != w && shown < 20 {
			shown++
			t.Errorf("%s: got\n%s\nwant\n%s", name, g, w)
		}
	}
	for name := range gots {
		if _, ok := wants[name]; !ok {
			t.Errorf("the golden file lacks %q; go test -update writes it again", name)
		}
	}
	if want != got && !t.Failed() {
		t.Error("the golden file has another order; go test -update writes it again")
	}
}

// parts splits a golden file by the names of its questions.
func parts(file string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq("\n"+file, "\n-- ") {
		if name, statement, ok := strings.Cut(part, "\n"); ok && !strings.HasPrefix(part, " ") {
			out[name] = statement
		}
	}
	return out
}

// describe writes an argument with its type.
func describe(a any) string {
	switch a := a.(type) {
	case query.Value:
		return a.Kind().String() + " " + describeText(a)
	case string:
		return fmt.Sprintf("string %q", a)
	case []byte:
		return fmt.Sprintf("[]byte %q", a)
	case []string:
		return fmt.Sprintf("[]string %q", a)
	case [][]byte:
		return fmt.Sprintf("[][]byte %q", a)
	}
	return fmt.Sprintf("%T %v", a, a)
}

func describeText(v query.Value) string {
	switch v.Kind() {
	case query.KindString, query.KindBytes:
		return fmt.Sprintf("%q", v.Text())
	}
	return v.JSON()
}
