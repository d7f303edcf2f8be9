package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAtOnce_LaterStepsHaveWhatWasMade: each lane works on its own, and what is chosen leaves out nothing that is needed.
func TestAtOnce_LaterStepsHaveWhatWasMade(t *testing.T) {
	t.Parallel()
	var stopped []string
	making := func(name string, more func(e *environment)) step {
		return step{name, "", true, plain(func(_ context.Context, e *environment) error {
			e.services = append(e.services, name+"=1")
			e.stop = append(e.stop, func() error { stopped = append(stopped, name); return nil })
			more(e)
			return nil
		})}
	}
	e := &environment{services: append(make([]string, 0, 8), "before=1")} // with room that two lanes would write to
	found, done := e.atOnce(t.Context(), [][]step{
		{making("a", func(e *environment) { e.binary = "basalt" })},
		{making("b", func(*environment) {}), making("c", func(*environment) {})},
		{{"not chosen", "", false, plain(func(context.Context, *environment) error { return errors.New("it ran") })}},
	}, []string{"another"})
	if len(found.failures) > 0 || len(done) != 3 || e.binary != "basalt" || !slices.Equal(e.services, []string{"before=1", "a=1", "b=1", "c=1"}) {
		t.Errorf("%v, %v, %q, %v", found, done, e.binary, e.services)
	}
	if err := e.close(); err != nil || !slices.Equal(stopped, []string{"c", "b", "a"}) {
		t.Errorf("stopped are %v, %v", stopped, err)
	}
}

// TestNpmInstall_AgainWhenSomethingElseIsWanted, with an npm that notes its calls.
func TestNpmInstall_AgainWhenSomethingElseIsWanted(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o755); err != nil { // #nosec G306: one is run
			t.Fatal(err)
		}
	}
	write("npm", "#!/bin/sh\nrm -rf node_modules\nmkdir node_modules\necho $1 >>calls\nexit $(cat fails)\n")
	t.Setenv("PATH", root+":"+os.Getenv("PATH"))
	write("package.json", "{}")
	write("package-lock.json", "1")
	write("fails", "0")
	e := &environment{root: root, dir: t.TempDir()}
	for _, next := range []struct {
		what   string
		change func()
		calls  int
		fails  bool
	}{
		{"nothing is there", func() {}, 1, false},
		{"it is there", func() {}, 1, false},
		{"another version", func() { write("package-lock.json", "2") }, 2, false},
		{"another package.json", func() { write("package.json", "[]") }, 3, false},
		{"it was removed", func() { _ = os.RemoveAll(filepath.Join(root, "node_modules")) }, 4, false},
		{"it fails", func() { write("package-lock.json", "3"); write("fails", "1") }, 5, true},
		{"after a failure", func() { write("fails", "0") }, 6, false},
	} {
		next.change()
		err := e.npmInstall(t.Context(), "")
		calls, _ := os.ReadFile(filepath.Join(root, "calls"))
		if n := strings.Count(string(calls), "ci\n"); n != next.calls || (err != nil) != next.fails {
			t.Errorf("%s: %d calls, %v", next.what, n, err)
		}
	}
}
