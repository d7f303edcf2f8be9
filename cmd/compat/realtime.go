package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// realtimeCheck is the check of github.com/supabase/realtime, which is no suite of jest: a program for Bun.
const realtimeCheck = "realtime"

// realtimeImported are the npm packages that it imports, and Bun.
var realtimeImported = []string{"bun@1", "@opentelemetry/api@1", "@opentelemetry/context-async-hooks@2", "@opentelemetry/exporter-trace-otlp-http@0.218", "@opentelemetry/resources@2",
	"@opentelemetry/sdk-trace-base@2", "@opentelemetry/semantic-conventions@1", "@supabase/supabase-js@2.111.0", "commander@14", "kleur@4"}

// realtimeTables are those of the check.
//
//go:embed realtime.sql
var realtimeTables []byte

// functional are the categories of the check that are no load.
const functional = "connection,broadcast,presence,authorization,postgres-changes,postgres-changes-filters,broadcast-changes,broadcast-replay,broadcast-binary"

// checkRealtime runs the check, and returns its results as those of a suite.
func checkRealtime(ctx context.Context, o options, dir, database string) ([]test, error) {
	program, err := os.ReadFile(filepath.Join(o.Realtime, "test/e2e/realtime-check.ts"))
	if err != nil {
		return nil, err
	}
	work := filepath.Join(dir, realtimeCheck)
	if err := errors.Join(os.MkdirAll(work, 0o700), os.WriteFile(filepath.Join(work, "realtime-check.ts"), program, 0o600), os.WriteFile(filepath.Join(work, "package.json"), []byte(`{"private":true}`), 0o600)); err != nil {
		return nil, err
	}
	if o.RealtimeModules != "" {
		modules, err := filepath.Abs(filepath.Join(o.RealtimeModules, "node_modules"))
		if err == nil {
			err = os.Symlink(modules, filepath.Join(work, "node_modules"))
		}
		if err != nil {
			return nil, err
		}
	} else if err := command(ctx, work, "npm", append([]string{"install", "--no-audit", "--no-fund", "--silent"}, realtimeImported...)...); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "node_modules/.bin/bun", "realtime-check.ts", "--json", "--env", "local", "--url", "http://127.0.0.1:"+strconv.Itoa(o.Port), "--db-url", database,
		"--publishable-key", demoKey("anon"), "--secret-key", demoKey("service_role"), "--test", functional)
	cmd.Dir = work
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if o.Failures {
		cmd.Stderr = io.MultiWriter(&log, os.Stderr)
	}
	_ = cmd.Run() // it fails when a test does; what counts is what it prints
	return readRealtime(out.Bytes(), log.String())
}

// readRealtime reads what the check prints.
func readRealtime(out []byte, log string) (tests []test, err error) {
	var results struct {
		Suites map[string]struct {
			Tests []struct {
				Name, Error string
				Passed      bool
			}
		}
	}
	if err := json.Unmarshal(out, &results); err != nil {
		return nil, fmt.Errorf("the check wrote no results: %s", log)
	}
	for name, s := range results.Suites {
		for _, one := range s.Tests {
			t := test{Name: name + " " + one.Name, Status: "passed"}
			if !one.Passed {
				t.Status, t.Failures = "failed", []string{one.Error}
			}
			tests = append(tests, t)
		}
	}
	return tests, nil
}
