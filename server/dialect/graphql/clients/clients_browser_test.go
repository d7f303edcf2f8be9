//go:build browser

// Package clients runs the clients that others have written against /v1/graphql: `go run ./cmd/testenv --only browser`.
package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/dialect/graphql"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

const notes = `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
static: { dir: PUBLIC }
graphql: {}
collections:
  people:
    fields: { name: { type: string } }
    rules: { read: 'auth != nil', create: 'auth != nil' }
  notes:
    fields: { title: { type: string, required: true, unique: true }, stars: { type: int, default: 0 }, author: { type: ref, to: people }, created: { type: time, default: "now()" } }
    rules: { read: 'auth != nil', create: 'auth != nil', update: 'auth != nil', delete: 'auth != nil' }
`

const admin = "admin-key-admin-key"

// start runs a server with four notes, and returns the token of a user.
func start(t *testing.T, public string) (s *servertest.Instance, token string) {
	t.Helper()
	if _, err := os.Stat("node_modules"); err != nil {
		t.Fatalf("the clients are not there; run: cd server/dialect/graphql/clients && npm ci: %v", err)
	}
	s = servertest.Start(t, strings.Replace(notes, "PUBLIC", public, 1))
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/people", Token: admin, Body: `{"id":"ann","name":"Ann"}`})
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `[{"title":"first","author":"ann"},{"title":"second","author":"ann"},{"title":"third"},{"title":"until now"}]`})
	return s, s.Token(map[string]any{"sub": "ann"})
}

// program runs a program in a directory, and returns what it prints and whether it succeeds.
func program(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	var out, failure bytes.Buffer
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, &out, &failure
	err := c.Run()
	return out.String() + failure.String(), err
}

// generate writes the schema of a server for the tools that make code of it.
func generate(t *testing.T, s *servertest.Instance) {
	t.Helper()
	c, err := config.Load(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := graphql.SDL(c)
	if err == nil {
		err = os.MkdirAll("generated/relay", 0o755)
	}
	if err == nil {
		err = os.WriteFile("generated/schema.graphql", []byte(schema), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAudit_EveryMustAndEveryShould(t *testing.T) {
	s, _ := start(t, t.TempDir())
	out, err := program(t, ".", "node", "audit.mjs", s.URL+graphql.Path)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var audits []struct{ ID, Name, Status, Reason string }
	if err := json.Unmarshal([]byte(out), &audits); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	passed := map[string]int{}
	for _, a := range audits {
		level, _, _ := strings.Cut(a.Name, " ")
		if a.Status == "ok" {
			passed[level]++
		} else if level != "MAY" {
			t.Errorf("%s %s: %s %s", a.ID, a.Name, a.Status, a.Reason)
		}
	}
	if passed["MUST"] < 13 || passed["SHOULD"] < 23 {
		t.Errorf("only %v audits were run", passed)
	}
}

func TestSubscriptions_OfTheirClients(t *testing.T) {
	s, token := start(t, t.TempDir())
	if out, err := program(t, ".", "node", "sockets.mjs", s.URL+graphql.Path, token); err != nil || out != "ok" {
		t.Errorf("%v: %s", err, out)
	}
}

func TestCodegen_WhatIsWrongDoesNotCompile(t *testing.T) {
	s, token := start(t, t.TempDir())
	generate(t, s)
	if out, err := program(t, ".", "node", "codegen.mjs", "generated/schema.graphql", "generated/types.ts"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	tsc := func(file string) (string, error) {
		return program(t, ".", "node_modules/.bin/tsc", "--ignoreConfig", "--strict", "--noUncheckedIndexedAccess", "--pretty", "false", "--outDir", "generated/js", "--rewriteRelativeImportExtensions",
			"--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "--types", "node", file)
	}
	if out, err := tsc("program.ts"); err != nil {
		t.Fatalf("the program does not compile: %s", out)
	}
	if out, err := program(t, ".", "node", "generated/js/program.js", s.URL+graphql.Path, token); err != nil || out != `{"same":true,"title":"typed","stars":4,"author":"Typed"}` {
		t.Errorf("the program: %v: %s", err, out)
	}
	out, err := tsc("wrong.ts")
	source, _ := os.ReadFile("wrong.ts")
	for i, line := range strings.Split(string(source), "\n") {
		if refused := strings.Contains(out, fmt.Sprintf("wrong.ts(%d,", i+1)); refused != strings.HasPrefix(line, "export const") {
			t.Errorf("line %d: refused is %v: %s", i+1, refused, line)
		}
	}
	if err == nil {
		t.Error("what is wrong compiles")
	}
}

// bundled writes the page of an app.
func bundled(t *testing.T, public, app string) {
	t.Helper()
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{app + ".js"}, Outfile: filepath.Join(public, app+".js"), Bundle: true, Write: true, Format: api.FormatESModule, Platform: api.PlatformBrowser,
		Define: map[string]string{"process.env.NODE_ENV": `"production"`, "globalThis.__DEV__": "false"},
	})
	for _, e := range result.Errors {
		t.Fatalf("%s: %s", app, e.Text)
	}
	page := `<!doctype html><html lang="en"><meta charset="utf-8"><title>` + app + `</title><div id="app"></div><script type="module" src="` + app + `.js"></script></html>`
	if err := os.WriteFile(filepath.Join(public, app+".html"), []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestApps_OfApolloUrqlAndRelay(t *testing.T) {
	for _, app := range []string{"apollo", "urql", "relay"} {
		t.Run(app, func(t *testing.T) {
			public := t.TempDir()
			s, token := start(t, public)
			if app == "relay" {
				generate(t, s)
				if out, err := program(t, "relay", "../node_modules/.bin/relay-compiler", "relay.config.json"); err != nil {
					t.Fatalf("relay-compiler: %v: %s", err, out)
				}
			}
			bundled(t, public, app)
			ctx := browsertest.Open(t)
			has := func(text string) chromedp.Action[chromedp.Void] {
				return chromedp.WaitVisible(`//ul/li[text()="` + text + `"]`)
			}
			count := func(n int) chromedp.Action[chromedp.Void] {
				return chromedp.WaitVisible(fmt.Sprintf(`//b[text()="%d"]`, n))
			}
			browsertest.Run(t, ctx, "open", chromedp.Navigate(s.URL+"/"+app+".html#"+token), has("first by Ann"), has("second by Ann"), count(4), chromedp.WaitNotPresent(`//ul/li[text()="third by no one"]`))
			browsertest.Run(t, ctx, "more", browsertest.Click("#more"), has("third by no one"), has("until now by no one"))
			browsertest.Run(t, ctx, "add", chromedp.SendKeys("form input", "written here\n"), has("written here by Ann"), count(5))
			s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `{"title":"from elsewhere"}`})
			browsertest.Run(t, ctx, "what another has written", count(6), chromedp.WaitNotPresent("#error"))
			if app == "relay" {
				browsertest.Run(t, ctx, "by its global id", chromedp.WaitVisible(`//ol/li[text()="first by Ann"]`))
			}
			browsertest.Screenshot(t, ctx, "graphql-"+app)
			browsertest.Run(t, ctx, "what is refused", chromedp.SendKeys("form input", "first\n"), chromedp.WaitVisible("#error"))
		})
	}
}
