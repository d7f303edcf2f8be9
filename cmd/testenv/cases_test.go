package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	caseTests = regexp.MustCompile("((?:`[^`]+`,? ?)+)\\(([\\w./]+)\\)")
	quoted    = regexp.MustCompile("`([^`]+)`")
)

// TestCases_HaveTheirTests: each test that the table of cases names is there.
func TestCases_HaveTheirTests(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(root, "modules", "auth", "CASES.md"))
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for line := range strings.Lines(string(table)) {
		if !strings.HasPrefix(line, "| F") {
			continue
		}
		cases++
		columns := strings.Split(line, " | ")
		found := caseTests.FindAllStringSubmatch(columns[len(columns)-1], -1)
		if found == nil {
			t.Errorf("no test: %s", line)
		}
		for _, m := range found {
			source, err := os.ReadFile(filepath.Join(root, m[2]))
			if err != nil {
				t.Error(err)
			}
			for _, name := range quoted.FindAllStringSubmatch(m[1], -1) {
				if !strings.Contains(string(source), name[1]) {
					t.Errorf("%s has no %s", m[2], name[1])
				}
			}
		}
	}
	if cases != 39 {
		t.Errorf("there are %d cases", cases)
	}
}
