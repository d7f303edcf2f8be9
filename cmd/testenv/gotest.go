package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

const module = "github.com/basalt-dev/basalt"

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string // of build-output
	Elapsed                       float64
}

// goTest runs `go test` with args in the module of a directory, and reads its results.
func (e *environment) goTest(ctx context.Context, dir string, args ...string) (result, error) {
	r, w := io.Pipe()
	tests := newGoTests(dir, args)
	read := make(chan error, 1)
	go func() { // ends when the command does, which closes the pipe
		err := tests.read(r)
		_ = r.CloseWithError(err) // a line that cannot be read must not block the command
		read <- err
	}()
	lazy := *e // about collecting garbage, which is a tenth of what tests of servers compute
	if os.Getenv("GOGC") == "" {
		lazy.services = append(slices.Clip(e.services), "GOGC=400")
	}
	_, err := lazy.output(ctx, w, dir, "go", append([]string{"test", "-json"}, args...)...)
	e.cpu = lazy.cpu
	_ = w.Close() // of a pipe: it does not fail
	if readErr := <-read; readErr != nil {
		return tests.result(), readErr
	}
	found := tests.result()
	if err != nil && len(found.failures) == 0 {
		return found, err
	}
	return found, nil
}

// goTests collects the events of a run.
type goTests struct {
	dir     string // of the module, from the root; "" is the root
	flags   string
	outputs map[string][]string // by package and test
	failed  []string            // keys of outputs, in the order of their ends
	counts  result
}

func newGoTests(dir string, args []string) *goTests {
	flags := []string{}
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "-tags":
			flags = append(flags, args[i], args[i+1])
			i++
		case args[i] == "-race":
			flags = append(flags, args[i])
		}
	}
	return &goTests{dir: dir, flags: strings.Join(flags, " "), outputs: map[string][]string{}}
}

func (g *goTests) read(r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			g.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (g *goTests) line(line []byte) {
	var ev event
	if json.Unmarshal(line, &ev) != nil { // what the go command itself says is plain text
		g.outputs["go"] = append(g.outputs["go"], strings.TrimRight(string(line), "\n"))
		return
	}
	where := ev.Package
	if where == "" {
		where, _, _ = strings.Cut(ev.ImportPath, " ")
	}
	key := where + "\x00" + ev.Test
	switch ev.Action {
	case "output", "build-output":
		g.outputs[key] = append(g.outputs[key], strings.TrimRight(ev.Output, "\n"))
	case "pass", "skip", "fail":
		if ev.Test == "" {
			fmt.Fprintf(os.Stdout, "   %-4s %6.1f s  %s\n", map[string]string{"pass": "ok", "skip": "-", "fail": "FAIL"}[ev.Action], ev.Elapsed, short(where))
		}
		g.end(ev.Action, key, ev.Test != "")
	}
}

func (g *goTests) end(action, key string, isTest bool) {
	switch {
	case action == "fail":
		g.failed = append(g.failed, key)
		return
	case action == "pass" && isTest:
		g.counts.passed++
	case action == "skip" && isTest:
		g.counts.skipped++
	}
	delete(g.outputs, key)
}

// result names the innermost tests that failed: a test fails with its subtests, and a package with its
// tests, which says nothing new.
func (g *goTests) result() result {
	r := g.counts
	for _, key := range g.failed {
		pkg, test, _ := strings.Cut(key, "\x00")
		if g.hasInner(pkg, test) {
			continue
		}
		f := failure{name: strings.TrimSpace(short(pkg) + " " + test), output: g.outputs[key]}
		if test == "" {
			f.output = append(f.output, g.outputs["go"]...)
		}
		f.again = g.again(pkg, test)
		r.failures = append(r.failures, f)
	}
	return r
}

// again is the command that runs a test, or a package, alone.
func (g *goTests) again(pkg, test string) string {
	command, where := "go test", short(pkg)
	if g.dir != "" {
		command, where = "go -C "+g.dir+" test", "."+strings.TrimPrefix(pkg, module+"/"+g.dir)
	}
	return strings.Join(strings.Fields(command+" "+g.flags+" -count=1 "+pattern(test)+" "+where), " ")
}

func (g *goTests) hasInner(pkg, test string) bool {
	prefix := pkg + "\x00"
	if test != "" {
		prefix += test + "/"
	}
	for _, key := range g.failed {
		if strings.HasPrefix(key, prefix) && key != pkg+"\x00"+test {
			return true
		}
	}
	return false
}

// pattern is the flag that runs a test, and nothing else.
func pattern(test string) string {
	if test == "" {
		return ""
	}
	parts := strings.Split(test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return "-run '" + strings.Join(parts, "/") + "'"
}

// short is the path of a package from the root.
func short(pkg string) string {
	return "." + strings.TrimPrefix(pkg, module)
}
