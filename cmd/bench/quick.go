package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// A quick run has many short rounds of fewer documents. Short ones in turns meet the same machine, which others use, too.
const (
	quickRounds    = 9
	quickDuration  = 300 * time.Millisecond
	quickDocuments = 20_000
)

// tolerance is how much worse a ratio of a quick run may be than the one it is compared with. What is worse is measured again,
// quickTries times in all, and counts only if it is worse each time.
const (
	tolerance  = 1.15
	quickTries = 3
)

// ratios are how much CPU Basalt takes to that of the bare handler: the median of the rounds, and that of the least of each.
type ratios struct{ median, least float64 }

func ratiosOf(bare, basalt []result) ratios {
	byCPU := func(a, b result) int { return int((a.cpu - b.cpu) * 1000) }
	return ratios{ratio(basalt, bare), slices.MinFunc(basalt, byCPU).cpu / slices.MinFunc(bare, byCPU).cpu}
}

// within reports whether a ratio is good enough. Other programs on the machine make one of the two worse at times, and a
// slower Basalt makes both.
func (r ratios) within(known ratios) bool {
	return r.median <= known.median*tolerance || r.least <= known.least*tolerance
}

// read returns the ratios of a report, by the name of the workload.
func read(path string) (map[string]ratios, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var content struct{ Figures []figure }
	if err := json.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	value := map[string]float64{}
	for _, f := range content.Figures {
		value[f.Name] = f.Value
	}
	out := map[string]ratios{}
	for _, w := range workloads {
		if r := (ratios{value[w.name+".cpu.ratio"], value[w.name+".cpu.ratio.least"]}); r.median > 0 && r.least > 0 {
			out[w.name] = r
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no ratios: write it with --quick --json", path)
	}
	return out, nil
}

// insist fails if a target takes too much CPU to that of another one. What is worse than wanted is measured again.
func (o options) insist(t, to *target, w workload, want, now ratios) error {
	for range quickTries - 1 {
		if now.within(want) {
			return nil
		}
		fmt.Printf("%-8s %.2f and %.2f of the CPU of %s, where %.2f and %.2f are wanted: once more\n", w.name, now.median, now.least, to.name, want.median, want.least)
		turns, err := o.inTurns([]*target{to, t}, w)
		if err != nil {
			return err
		}
		now = ratiosOf(turns[0], turns[1])
	}
	if now.within(want) {
		return nil
	}
	return fmt.Errorf("%s takes %.2f of the CPU of %s, where %.2f is wanted; find out which commit it is, or, if it is meant, write the file again with --json", w.name, now.median, to.name, want.median)
}

// inTurns measures a workload on each target in turns, so that all meet the same machine.
func (o options) inTurns(targets []*target, w workload) ([][]result, error) {
	turns := make([][]result, len(targets))
	for range o.Rounds {
		for i, t := range targets {
			r, err := o.withDatabase(t, w)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", t.name, w.name, err)
			}
			turns[i] = append(turns[i], r)
		}
	}
	return turns, nil
}

// withDatabase measures a workload, with the CPU that the processes of the database take for it.
func (o options) withDatabase(t *target, w workload) (result, error) {
	if o.database == "" {
		return once(o, t, w)
	}
	before, err := databaseCPU(o.database)
	if err != nil {
		return result{}, err
	}
	r, err := once(o, t, w)
	if err != nil {
		return r, err
	}
	after, err := databaseCPU(o.database)
	r.cpu += float64((after - before).Microseconds()) / float64(r.done)
	return r, err
}

// runAll measures workloads on all targets, and compares the ratios with known ones, and with the Basalt of before.
func (o options) runAll(targets []*target, chosen []workload) error {
	var known map[string]ratios
	if o.Against != "" {
		var err error
		if known, err = read(o.Against); err != nil {
			return err
		}
	}
	var worse []error
	for _, w := range chosen {
		turns, err := o.inTurns(targets, w)
		if err != nil {
			return err
		}
		r := ratiosOf(turns[0], turns[1])
		o.show(w, turns, r)
		if want, ok := known[w.name]; ok {
			worse = append(worse, o.insist(targets[1], targets[0], w, want, r))
		}
		if len(targets) > 2 {
			worse = append(worse, o.insist(targets[1], targets[2], w, ratios{1, 1}, ratiosOf(turns[2], turns[1])))
		}
	}
	return errors.Join(worse...)
}

// show prints the figures of a workload, and keeps them.
func (o options) show(w workload, turns [][]result, r ratios) {
	bare, basalt := median(turns[0]), median(turns[1])
	fmt.Printf("%-8s bare %6.0f requests/s %6.1f CPU-µs   basalt %6.0f requests/s %6.1f CPU-µs   %.2f of the requests/s, %.2f of the CPU (%.2f of the least)\n",
		w.name, bare.perSecond, bare.cpu, basalt.perSecond, basalt.cpu, basalt.perSecond/bare.perSecond, r.median, r.least)
	o.keep(w.name+".bare.cpu", "µs", bare.cpu)
	o.keep(w.name+".basalt.cpu", "µs", basalt.cpu)
	o.keep(w.name+".bare.rate", "requests/s", bare.perSecond)
	o.keep(w.name+".basalt.rate", "requests/s", basalt.perSecond)
	o.keep(w.name+".cpu.ratio", "", r.median)
	o.keep(w.name+".cpu.ratio.least", "", r.least)
	if len(turns) == 2 {
		return
	}
	since := ratiosOf(turns[2], turns[1])
	fmt.Printf("%-8s before %6.1f CPU-µs, %.2f of it now (%.2f of the least)\n", "", median(turns[2]).cpu, since.median, since.least)
	o.keep(w.name+".before.ratio", "", since.median)
	o.keep(w.name+".before.ratio.least", "", since.least)
}
