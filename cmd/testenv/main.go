// Command testenv runs every test of Basalt the way CI does: it installs what is missing on a Debian
// machine, or says what to install elsewhere, builds the product, runs the checks and the tests
// against real servers and a real browser, and cleans up after itself, on Ctrl-C too.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type options struct {
	Only []string `help:"Run these steps alone: ${steps}." placeholder:"STEP"`
	Keep bool     `help:"Keep the temporary directory with the outputs and the screenshots."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("testenv"), kong.Description("Runs all tests of Basalt."), kong.Vars{"steps": strings.Join(stepNames(), ", ")})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		os.Exit(1)
	}
}

func stepNames() []string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	return names
}

// outcome is the line of a step in the summary.
type outcome struct {
	name, result string
	took         time.Duration
}

func run(ctx context.Context, o options) (err error) {
	for _, name := range o.Only {
		if !slices.Contains(stepNames(), name) {
			return fmt.Errorf("there is no step %q; there are %s", name, strings.Join(stepNames(), ", "))
		}
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "basalt-testenv-")
	if err != nil {
		return err
	}
	defer func() {
		if o.Keep {
			fmt.Println("kept:", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	e := &environment{root: root, dir: dir}
	defer func() { err = errors.Join(err, e.close()) }()
	var done []outcome
	failed := false
	for _, s := range steps {
		if len(o.Only) > 0 && !slices.Contains(o.Only, s.name) && !s.always {
			continue
		}
		if ctx.Err() != nil {
			done = append(done, outcome{s.name, "not run", 0})
			continue
		}
		fmt.Printf("== %s: %s\n", s.name, s.about)
		start := time.Now()
		result := "ok"
		if stepErr := s.run(ctx, e); stepErr != nil {
			failed, result = true, "FAILED"
			fmt.Printf("   %s: %v\n", s.name, stepErr)
		}
		done = append(done, outcome{s.name, result, time.Since(start)})
		if failed && s.always { // nothing after it can work
			break
		}
	}
	fmt.Println("\nsummary")
	for _, d := range done {
		fmt.Printf("  %-12s %-8s %6.1f s\n", d.name, d.result, d.took.Seconds())
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case failed:
		return errors.New("there were failures")
	}
	return nil
}

// findRoot returns the directory of go.mod.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			err = errors.New("run this inside the repository")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
