// Command bench measures Basalt on this machine, beside a bare handler that runs the same statements:
//
//	go run ./cmd/bench
//	go run ./cmd/bench --live 1000
//	go run ./cmd/bench --cache
//	go run ./cmd/bench --nodes 3
//	go run ./cmd/bench --memory
//	go run ./cmd/bench --growth
//	go run ./cmd/bench --scale
//	go run ./cmd/bench --backup 1000
//	go run ./cmd/bench --files 300
//	go run ./cmd/bench --quick --against before.json
//
// Client and servers share the machine, and the servers are processes of their own, so that their
// CPU time can be measured apart. Compare CPU per request first: it is steadier than requests per second.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
)

type options struct {
	Duration                       time.Duration
	Connections, Documents, Rounds int
	Database, URL, Profile         string
	Live                           int
	Cache, Memory, Growth, Scale   bool
	Backup, Files                  int
	Before                         string
	Quick                          bool
	Against, JSON, SVG             string
	Nodes                          int
	Only                           []string
	Role, Dir                      string

	kept *report
	// database has the files of PostgreSQL; empty for SQLite, whose work is done in the server.
	database string
}

func main() { cli.Main(newCommand()) }

func newCommand() *cobra.Command {
	o := options{kept: &report{}}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measures Basalt beside a bare handler that runs the same statements.",
		RunE:  func(*cobra.Command, []string) error { return o.run() },
	}
	f := cmd.Flags()
	f.DurationVar(&o.Duration, "duration", 3*time.Second, "How long each measurement takes.")
	f.IntVar(&o.Connections, "connections", 64, "Keep-alive connections.")
	f.IntVar(&o.Documents, "documents", 100000, "Documents to start with.")
	f.IntVar(&o.Rounds, "rounds", 3, "Measurements of each kind; the median counts.")
	cli.Choice(cmd, &o.Database, "database", "sqlite", "The database.", "sqlite", "postgres")
	f.StringVar(&o.URL, "url", "", "")
	f.StringVar(&o.Profile, "profile", "", "Write CPU profiles to this `FILE`, with the name of the server at the end.")
	f.IntVar(&o.Live, "live", 0, "Measure live queries instead, with `N` subscribers of one query.")
	f.BoolVar(&o.Cache, "cache", false, "Measure the read cache instead, on PostgreSQL.")
	f.BoolVar(&o.Memory, "memory", false, "Measure the memory of a node instead: idle, for each of --live (10000) idle WebSockets, and under a mixed load with a cache.")
	f.BoolVar(&o.Growth, "growth", false, "Measure what requests cost as rows, pages and subscriptions grow instead, and batches.")
	f.BoolVar(&o.Scale, "scale", false, "Measure what requests and changes cost on three nodes with PostgreSQL, and compute what 1, 10 and 100 need.")
	f.IntVar(&o.Backup, "backup", 0, "Measure what writes take while a SQLite database of so many `MB` is backed up, and copied continuously, instead.")
	f.IntVar(&o.Files, "files", 0, "Measure the memory of a node instead while ten files of so many `MB` are sent at once, and downloads beside a bare SendFile.")
	f.StringVar(&o.Before, "before", "", "This program built from another commit, a `FILE`: its Basalt is measured in turns with this one, which fails if it takes 15 % more CPU.")
	f.BoolVar(&o.Quick, "quick", false, "Many short rounds with fewer documents, for --against.")
	f.StringVar(&o.Against, "against", "", "Fail where a ratio is 15 % worse than in the report of this `FILE`.")
	f.StringVar(&o.JSON, "json", "", "Write the figures to this `FILE`, too.")
	f.StringVar(&o.SVG, "svg", "", "Draw the ratios in this `FILE`, too.")
	f.IntVar(&o.Nodes, "nodes", 0, "Measure what a request costs on one and on `N` nodes instead, on PostgreSQL.")
	f.StringSliceVar(&o.Only, "only", nil, "Measure only this `KIND`, or these: get, list-20, create, update, mixed.")
	f.StringVar(&o.Role, "role", "", "")
	f.StringVar(&o.Dir, "dir", "", "")
	for _, name := range []string{"url", "role", "dir"} { // for the servers that this program starts
		f.Lookup(name).Hidden = true
	}
	return cmd
}

func (o options) run() error {
	if o.Quick {
		o.Rounds, o.Duration, o.Documents = quickRounds, quickDuration, quickDocuments
	}
	var err error
	switch {
	case o.Role != "":
		err = serve(o)
	case o.Growth:
		err = measureGrowth(o)
	case o.Scale:
		err = onPostgres(o, measureScale)
	case o.Backup > 0:
		err = measureBackup(o)
	case o.Files > 0:
		err = measureFiles(o)
	case o.Memory:
		err = measureMemory(o)
	case o.Live > 0:
		err = fanout(o)
	case o.Cache:
		err = onPostgres(o, measureCache)
	case o.Nodes > 0:
		err = onPostgres(o, measureNodes)
	default:
		err = measure(o)
	}
	if err == nil && o.JSON != "" {
		err = o.kept.write(o.JSON)
	}
	if err == nil && o.SVG != "" {
		err = os.WriteFile(o.SVG, o.kept.draw(), 0o644)
	}
	return err
}

// target is a server under test.
type target struct {
	name    string
	url     string
	process *exec.Cmd
}

// startTarget runs this program again in the role of a server, which prints its address.
func startTarget(o options, role, dir string) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startProgram(o, self, role, dir)
}

func startProgram(o options, self, role, dir string) (*target, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "--role", role, "--dir", dir, "--documents", fmt.Sprint(o.Documents), "--database", o.Database, "--url", o.URL, "--profile", o.Profile)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe() // its end stops the server
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the server %s does not start: %w", role, errors.Join(err, cmd.Process.Kill(), cmd.Wait()))
	}
	return &target{role, strings.TrimSpace(line), cmd}, nil
}

func (t *target) stop() error {
	return errors.Join(t.process.Process.Signal(os.Interrupt), t.process.Wait())
}

// onDatabase runs f with a directory of its own, and with the server of the database that was asked for.
func (o options) onDatabase(f func(o options, dir string) error) (err error) {
	dir, err := os.MkdirTemp("", "basalt-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if o.Database == "postgres" {
		s, err := postgrestest.New(dir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		o.URL, o.database = s.URL(), dir
	}
	return f(o, dir)
}

func measure(o options) error { return o.onDatabase(options.measureIn) }

func (o options) measureIn(dir string) (err error) {
	chosen := workloads
	if len(o.Only) > 0 {
		chosen = slices.DeleteFunc(slices.Clone(workloads), func(w workload) bool { return !slices.Contains(o.Only, w.name) })
	}
	var targets []*target
	defer func() {
		for _, t := range targets {
			err = errors.Join(err, t.stop())
		}
	}()
	for _, role := range []string{"bare", "basalt"} {
		fmt.Printf("%s over %s: storing %d documents\n", role, o.Database, o.Documents)
		t, err := startTarget(o, role, filepath.Join(dir, role))
		if err != nil {
			return err
		}
		targets = append(targets, t)
	}
	if o.Before != "" {
		fmt.Printf("before over %s: storing %d documents\n", o.Database, o.Documents)
		t, err := startProgram(o, o.Before, "basalt", filepath.Join(dir, "before"))
		if err != nil {
			return err
		}
		t.name = "before"
		targets = append(targets, t)
	}
	idle, err := memory(targets[1].process.Process.Pid)
	if err != nil {
		return err
	}
	o.report("memory.start", "MB", float64(idle)/1e6)
	return o.runAll(targets, chosen)
}
