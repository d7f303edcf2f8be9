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

	"github.com/alecthomas/kong"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
)

type options struct {
	Checkout        string   `arg:"" type:"existingdir" help:"A checkout of github.com/supabase/supabase-js."`
	Port            int      `help:"Where the suites expect the server." default:"54321"`
	Realtime        string   `help:"A checkout of github.com/supabase/realtime, whose end-to-end check is run, too." type:"existingdir"`
	Modules         string   `help:"A directory with the node_modules of an earlier run (--keep), instead of installing them." type:"existingdir"`
	RealtimeModules string   `help:"The same for the check of realtime." type:"existingdir"`
	Suite           []string `help:"Run these suites alone: postgrest-js, supabase-js, auth-js, storage-js, realtime."`
	Failures        bool     `help:"Name every test that fails for no known reason, with its first line."`
	Keep            bool     `help:"Keep the working directory."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Name("compat"), kong.Description("Runs the test suites of supabase-js against Basalt."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compat:", err)
		os.Exit(1)
	}
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
