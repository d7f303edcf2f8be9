// Command compat runs the test suites of other projects, as they are, against Basalt, and prints what passes:
//
//	git clone https://github.com/supabase/supabase-js /tmp/supabase-js
//	git clone https://github.com/supabase/realtime /tmp/realtime
//	go run ./cmd/compat --realtime /tmp/realtime /tmp/supabase-js
//
// It works on a copy, beside a PostgreSQL of its own, and needs Node and npm. What fails for
// a known reason has it in known.yaml. Nothing of the other projects is part of this repository.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/basalt-dev/basalt/cmd/internal/cli"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
)

type options struct {
	Checkout                           string
	Port                               int
	Realtime, Modules, RealtimeModules string
	Suite                              []string
	Failures, Keep                     bool
}

func main() {
	var o options
	cmd := &cobra.Command{
		Use:         "compat CHECKOUT",
		Short:       "Runs the test suites of supabase-js against Basalt.",
		Annotations: map[string]string{"CHECKOUT": "A checkout of github.com/supabase/supabase-js."},
		Example:     "go run ./cmd/compat --realtime /tmp/realtime /tmp/supabase-js",
		RunE: func(_ *cobra.Command, args []string) error {
			o.Checkout = args[0]
			if err := o.resolve(); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return run(ctx, o)
		},
	}
	cmd.Flags().IntVar(&o.Port, "port", 54321, "The `PORT` where the suites expect the server.")
	cmd.Flags().StringVar(&o.Realtime, "realtime", "", "The `DIRECTORY` of a checkout of github.com/supabase/realtime, whose end-to-end check is run, too.")
	cmd.Flags().StringVar(&o.Modules, "modules", "", "A `DIRECTORY` with the node_modules of an earlier run (--keep), instead of installing them.")
	cmd.Flags().StringVar(&o.RealtimeModules, "realtime-modules", "", "The `DIRECTORY` of the same for the check of realtime.")
	cmd.Flags().StringSliceVar(&o.Suite, "suite", nil, "Run this `SUITE` alone, or these: postgrest-js, supabase-js, auth-js, storage-js, realtime.")
	cmd.Flags().BoolVar(&o.Failures, "failures", false, "Name every test that fails for no known reason, with its first line.")
	cmd.Flags().BoolVar(&o.Keep, "keep", false, "Keep the working directory.")
	cli.Main(cmd)
}

// resolve makes the directories absolute, since commands run elsewhere, and refuses one that is not there.
func (o *options) resolve() error {
	for _, dir := range []*string{&o.Checkout, &o.Realtime, &o.Modules, &o.RealtimeModules} {
		if *dir == "" {
			continue
		}
		info, err := os.Stat(*dir)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%s is not a directory", *dir)
		}
		if *dir, err = filepath.Abs(*dir); err != nil {
			return err
		}
	}
	return nil
}

func run(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "basalt-compat-")
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
	if err := prepare(ctx, o, dir); err != nil {
		return err
	}
	database, err := postgrestest.New("")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	if err := fill(ctx, o.Checkout, database.URL()); err != nil {
		return err
	}
	node, err := serve(ctx, dir, database.URL())
	if err != nil {
		return err
	}
	defer node.stop()
	if err := makeBuckets(ctx, node.address); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(o.Port))
	if err != nil {
		return err
	}
	keys, err := signingKeys(dir)
	if err != nil {
		return err
	}
	closed := gateway(listener, node.address, keys)
	defer closed()
	return judge(ctx, o, dir, database.URL())
}

// prepare copies the packages and installs what their tests import.
func prepare(ctx context.Context, o options, dir string) error {
	if err := os.CopyFS(filepath.Join(dir, "packages"), os.DirFS(filepath.Join(o.Checkout, "packages"))); err != nil {
		return err
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "jest.config.cjs"), jestConfig, 0o600), os.WriteFile(filepath.Join(dir, "sequencer.cjs"), jestSequencer, 0o600)); err != nil {
		return err
	}
	if o.Modules != "" {
		modules, err := filepath.Abs(filepath.Join(o.Modules, "node_modules"))
		if err != nil {
			return err
		}
		return os.Symlink(modules, filepath.Join(dir, "node_modules"))
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"private":true}`), 0o600); err != nil {
		return err
	}
	return command(ctx, dir, "npm", append([]string{"install", "--no-audit", "--no-fund", "--silent"}, imported...)...)
}

// fill runs the migrations and the seed that the tests of tables bring along. What PostgreSQL lacks here, such as PostGIS,
// is left out: psql reports it and goes on.
func fill(ctx context.Context, checkout, url string) error {
	for _, role := range []string{"anon", "authenticated", "authenticator"} {
		if err := command(ctx, "", "psql", "-q", url, "-c", "CREATE ROLE "+role); err != nil {
			return err
		}
	}
	if err := command(ctx, "", "psql", "-q", url, "-c", "CREATE SCHEMA extensions"); err != nil {
		return err
	}
	root := filepath.Join(checkout, "packages/core/postgrest-js/test/supabase")
	files, err := filepath.Glob(filepath.Join(root, "migrations/*.sql"))
	if err != nil {
		return err
	}
	traced, err := filepath.Glob(filepath.Join(checkout, "packages/core/supabase-js/supabase/migrations/*_trace_headers_echo_fn.sql"))
	if err != nil {
		return err
	}
	for _, file := range append(append(files, traced...), filepath.Join(root, "seed.sql")) {
		if err := command(ctx, "", "psql", "-q", url, "-f", file); err != nil {
			return err
		}
	}
	tables := exec.CommandContext(ctx, "psql", "-q", "-v", "ON_ERROR_STOP=1", url)
	tables.Stdin = bytes.NewReader(realtimeTables)
	if out, err := tables.CombinedOutput(); err != nil {
		return fmt.Errorf("making the tables of the check: %w: %s", err, out)
	}
	return nil
}

func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
