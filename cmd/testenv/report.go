package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// result is what a step has found: how many tests it ran, and which of them failed.
type result struct {
	passed, skipped int
	failures        []failure
}

// failure is one test that failed, or a step that failed as a whole.
type failure struct {
	name   string
	output []string
	again  string // the command that runs it alone; "" when there is none
}

// outcome is the line of a step in the summary.
type outcome struct {
	name, result string
	took         time.Duration
	cpu          time.Duration // of its programs, and of those that they have waited for
}

// maxOutput is how many lines of a failing test the summary shows, and maxLine how many bytes of each. All of
// them are in its log.
const (
	maxOutput = 60
	maxLine   = 400
)

func clip(line string) string {
	if len(line) > maxLine {
		return strings.ToValidUTF8(line[:maxLine], "") + " …"
	}
	return line
}

// print writes the summary. Its last line is the one that continuous integration counts.
func (r result) print(w io.Writer, done []outcome, logs string) {
	for i, f := range r.failures {
		fmt.Fprintf(w, "\nFAILED %d of %d: %s\n", i+1, len(r.failures), f.name)
		lines := f.output
		if len(lines) > maxOutput {
			fmt.Fprintf(w, "    … %d lines before these are in %s\n", len(lines)-maxOutput, logs)
			lines = lines[len(lines)-maxOutput:]
		}
		for _, line := range lines {
			fmt.Fprintln(w, "   ", clip(line))
		}
		if f.again != "" {
			fmt.Fprintln(w, "    run it alone:", f.again)
		}
	}
	fmt.Fprintln(w, "\nsummary")
	for _, d := range done {
		fmt.Fprintf(w, "  %-15s %-8s %6.1f s, %6.1f s of CPU\n", d.name, d.result, d.took.Seconds(), d.cpu.Seconds())
	}
	for _, f := range r.failures {
		fmt.Fprintln(w, "  failed:", f.name)
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", r.passed, len(r.failures), r.skipped)
}

func (r *result) add(other result) {
	r.passed += other.passed
	r.skipped += other.skipped
	r.failures = append(r.failures, other.failures...)
}

// lines splits output without its last line break.
func lines(output string) []string {
	return strings.Split(strings.TrimRight(output, "\n"), "\n")
}
