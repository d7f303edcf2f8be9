// Command testenv runs every test of Basalt the way CI does: it installs what is missing on a Debian
// machine, or says what to install elsewhere, builds the product, runs the checks and the tests
// against real servers and a real browser, and cleans up after itself, on Ctrl-C too.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
)

type options struct {
	Only       []string
	Keep, Long bool
}

func main() {
	var o options
	cmd := &cobra.Command{
		Use:     "testenv",
		Short:   "Runs all tests of Basalt.",
		Example: "go run ./cmd/testenv --only go,links",
		RunE: func(*cobra.Command, []string) error {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return run(ctx, o)
		},
	}
	cmd.Flags().StringSliceVar(&o.Only, "only", nil, "Run this `STEP` alone, or these: "+strings.Join(stepNames(), ", ")+".")
	cmd.Flags().BoolVar(&o.Keep, "keep", false, "Keep the temporary directory with the logs and the screenshots, also when all is well.")
	cmd.Flags().BoolVar(&o.Long, "long", false, "Run the long modes too: more schedules, more schemas, more rounds of load.")
	cli.Main(cmd)
}

// stepNames returns the names of the steps that --only may choose.
func stepNames() []string {
	var names []string
	for _, lane := range lanes {
		for _, s := range lane {
			names = append(names, s.name)
		}
	}
	return names
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
	e := &environment{root: root, dir: dir, long: o.Long}
	found, done := e.steps(ctx, o.Only)
	err = e.close()
	found.print(os.Stdout, done, dir)
	switch {
	case ctx.Err() != nil:
		err = errors.Join(err, errors.New("interrupted"))
	case len(found.failures) > 0:
		err = errors.Join(err, errors.New("there were failures"))
	}
	if o.Keep || len(found.failures) > 0 {
		fmt.Println("logs:", dir)
		return err
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// steps runs what the others need first, and nothing after its failure. Then it runs the lanes at the same time: the tests
// wait more than they compute, and three lanes keep two cores busy.
func (e *environment) steps(ctx context.Context, only []string) (result, []outcome) {
	found, done := e.inOrder(ctx, needed)
	for _, part := range [][][]step{prepared, lanes} {
		if len(found.failures) > 0 {
			return found, done
		}
		r, o := e.atOnce(ctx, part, only)
		found.add(r)
		done = append(done, o...)
	}
	return found, done
}

// atOnce runs lanes at the same time. What one of them makes for later steps, this environment has at their end.
func (e *environment) atOnce(ctx context.Context, lanes [][]step, only []string) (found result, done []outcome) {
	results, outcomes, each := make([]result, len(lanes)), make([][]outcome, len(lanes)), make([]environment, len(lanes))
	had := len(e.services)
	var running sync.WaitGroup
	for i, lane := range lanes {
		lane = slices.DeleteFunc(slices.Clone(lane), func(s step) bool {
			return len(only) > 0 && !s.needed && !slices.Contains(only, s.name)
		})
		each[i] = *e // a lane counts what it takes by itself
		each[i].services, each[i].stop = slices.Clip(e.services), nil
		running.Go(func() { results[i], outcomes[i] = each[i].inOrder(ctx, lane) })
	}
	running.Wait()
	for i, own := range each {
		e.binary = cmp.Or(e.binary, own.binary)
		e.services = append(e.services, own.services[had:]...)
		e.stop = append(e.stop, own.stop...)
		found.add(results[i])
		done = append(done, outcomes[i]...)
	}
	return found, done
}

// inOrder runs steps one after the other. After a failure of what the others need there are no more.
func (e *environment) inOrder(ctx context.Context, steps []step) (found result, done []outcome) {
	for _, s := range steps {
		if ctx.Err() != nil {
			done = append(done, outcome{name: s.name, result: "not run"})
			continue
		}
		r, o := e.step(ctx, s)
		found.add(r)
		done = append(done, o)
		if s.needed && len(r.failures) > 0 {
			break
		}
	}
	return found, done
}

func (e *environment) step(ctx context.Context, s step) (result, outcome) {
	fmt.Printf("== %s: %s\n", s.name, s.about)
	start, before := time.Now(), e.cpu
	r, err := s.run(ctx, e)
	if err != nil {
		fmt.Printf("   %s: %v\n", s.name, err)
		r.failures = append(r.failures, failure{name: s.name, output: lines(err.Error()), again: "go run ./cmd/testenv --only " + s.name})
	}
	word := "ok"
	if len(r.failures) > 0 {
		word = "FAILED"
	}
	return r, outcome{s.name, word, time.Since(start), e.cpu - before}
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
