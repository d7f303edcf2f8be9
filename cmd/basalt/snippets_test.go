//go:build !browser

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

type shellSnippet struct {
	chapter string
	number  int
	// needs is the configuration of a server that runs before, with what it has been sent.
	needs string
	sent  [][2]string
	// prints is what is printed, as a regular expression; notRun says why it is not run.
	prints, notRun string
}

// shellSnippets are what the documentation shows for the shell and as HTTP requests. Each is run as it stands, in a
// directory that has the examples, with the servers on free ports.
var shellSnippets = []shellSnippet{
	{chapter: "README.md", number: 0, prints: `is ready`},
	{chapter: "README.md", number: 1, prints: `is ready`},
	{chapter: "README.md", number: 2, prints: `(?s)"text":"from the shell".*\{"items":\[\{.*"text":"from the shell"`}, // after the one before
	{chapter: "README.md", number: 3, notRun: "needs Docker"},
	{chapter: ".github/CONTRIBUTING.md", notRun: "is what runs this test"},
	{chapter: "examples/cluster/README.md", notRun: "needs Docker and Kubernetes"},
	{chapter: "modules/db/README.md", number: 0, needs: notes, prints: `(?s)notes`},
	{chapter: "modules/db/README.md", number: 1, needs: notes, sent: someNotes, prints: `(?s)main  .* MB, checked\nmain  restored as of`},
	{chapter: "modules/db/README.md", number: 2, needs: notes, sent: someNotes, prints: `notes  \d documents\nnotes  \d written, \d were there`},
	{chapter: "modules/query/README.md", number: 0, needs: notes, sent: someNotes, prints: `(?s)^\{"items":\[\{[^}]*"title":"bread".*\{"items":\[\{[^}]*"title":"bread"`},
	{chapter: "modules/query/README.md", number: 1, needs: posts, sent: somePosts, prints: `(?s)"comments":\[\{.*"items":\[\{`},
	{chapter: "modules/query/README.md", number: 2, needs: notes, sent: someNotes, prints: `\{"items":\[\{"team":"a","count":\d,"sum":\{"stars":\d\}\}\]\}`},
	{chapter: "modules/services/README.md", prints: `(?s)\{"cents":998\}.*data: 3\n\ndata: 2\n\ndata: 1\n`},
	{chapter: "rules/README.md", number: 0, prints: `verdict    filter`},
	{chapter: "rules/README.md", number: 1, prints: `\d+ passed|ok`},
	{chapter: "server/README.md", needs: notes, prints: `(?s)"nodes".*flat%`},
	{chapter: "sdk/go/README.md", notRun: "needs a published module"},
	{chapter: "sdk/go/worker/README.md", notRun: "needs a published module"},
	{chapter: "server/proptest/README.md", notRun: "takes hours"},
}

const (
	notes = `
admin: { keys: ["${BASALT_ADMIN_KEY}"] }
collections:
  notes:
    fields: { title: { type: string }, team: { type: string }, done: { type: bool, default: false }, stars: { type: int }, created: { type: time, default: "now()" } }
    rules:  { read: 'true', create: 'true' }
`
	posts = `
collections:
  people:   { fields: { team: { type: string } }, rules: { read: 'true', create: 'true' } }
  posts:    { fields: { title: { type: string, search: true }, author: { type: ref, to: people } }, rules: { read: 'true', create: 'true' } }
  comments: { fields: { post: { type: ref, to: posts }, author: { type: ref, to: people }, created: { type: time, default: "now()" } }, rules: { read: 'true', create: 'true' } }
`
	snippetKey = "k7Hq2mLr9TzVw4Kc8NbYs3Hd6JgPe5Ra"
)

var (
	someNotes = [][2]string{{"notes", `{"title":"bread","team":"a","stars":4}`}, {"notes", `{"title":"wine","team":"b","stars":1,"done":true}`}}
	somePosts = [][2]string{{"people", `{"id":"ann","team":"a"}`}, {"posts", `{"id":"p","title":"the red fox","author":"ann"}`}, {"comments", `{"post":"p","author":"ann"}`}}
)

// TestMain lets the test be a basalt that is killed at a step.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "killed" {
		runKilled()
		return
	}
	m.Run()
}

var shellBlock = regexp.MustCompile("(?s)```(?:sh|http)\n(.*?)```")

// TestSnippets_OfTheShellRun runs each snippet for the shell of every README.md, and compares what it prints.
func TestSnippets_OfTheShellRun(t *testing.T) {
	root, programs := repository(t), buildPrograms(t)
	known := map[string]int{}
	for _, chapter := range chapters(t, root) {
		if strings.HasPrefix(chapter, "examples/guides/") { // TestGuides follows them
			continue
		}
		source, err := os.ReadFile(filepath.Join(root, chapter))
		if err != nil {
			t.Fatal(err)
		}
		blocks := shellBlock.FindAllStringSubmatch(string(source), -1)
		var run []shellSnippet
		for _, s := range shellSnippets {
			if s.chapter != chapter {
				continue
			}
			if known[chapter]++; s.number < len(blocks) && s.notRun == "" {
				run = append(run, s)
			}
		}
		if known[chapter] != len(blocks) {
			t.Errorf("%s has %d snippets for the shell, and shellSnippets has %d of it: say there what is printed", chapter, len(blocks), known[chapter])
		}
		if len(run) == 0 {
			continue
		}
		t.Run(chapter, func(t *testing.T) {
			t.Parallel()
			sh := newShell(t, root, programs)
			for _, s := range run {
				t.Run(strconv.Itoa(s.number), func(t *testing.T) {
					if s.needs != "" {
						sh.serve(t, s.needs, s.sent)
					}
					if out := sh.run(t, blocks[s.number][1]); !regexp.MustCompile(s.prints).MatchString(out) {
						t.Errorf("%s\nprints\n%s\nand no %s", blocks[s.number][1], out, s.prints)
					}
				})
			}
		})
	}
}

// repository returns its directory.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// chapters are the pages of the documentation.
func chapters(t *testing.T, root string) []string {
	t.Helper()
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// shell runs snippets in a directory that has the examples.
type shell struct {
	dir         string
	environment []string
}

// buildPrograms builds what snippets call in the place of basalt, go and curl, and what ends it. It returns their directory.
func buildPrograms(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "basalt"), "./snippets").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"go", "curl", "end"} {
		if err := os.Symlink("basalt", filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func newShell(t *testing.T, root, programs string) *shell {
	t.Helper()
	dir, pids := t.TempDir(), t.TempDir()
	address, worker := servertest.FreeAddress(t), servertest.FreeAddress(t)
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join(root, "examples"))); err != nil {
		t.Fatal(err)
	}
	real, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	sh := &shell{dir, append(os.Environ(),
		"PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"), "SNIPPETS_PROGRAMS="+programs, "SNIPPETS_PIDS="+pids, "SNIPPETS_ROOT="+root,
		"SNIPPETS_GO="+real, "SNIPPETS_BASALT="+servertest.Binary(t), "SNIPPETS_ADDRESS="+address, "SNIPPETS_MAILS="+servertest.FreeAddress(t), "BASALT_ADMIN_KEY="+snippetKey, "BASALT_SECRET="+snippetKey,
		"WORKER_ADDRESS="+worker, "WORKER_URL=http://"+worker)}
	t.Cleanup(func() {
		cmd := exec.Command(filepath.Join(programs, "end"))
		cmd.Env = sh.environment
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return sh
}

// serve starts a server of basalt.yaml, and sends it documents.
func (s *shell) serve(t *testing.T, config string, documents [][2]string) {
	t.Helper()
	config = "databases: { main: { driver: sqlite, url: \"file:app.db\" } }\nlog: { level: error }\n" + config
	for _, dir := range []string{s.dir, filepath.Join(s.dir, "new")} { // and an empty one beside it
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "basalt.yaml"), []byte(config), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	script := "basalt serve --config basalt.yaml\n"
	for _, d := range documents {
		script += fmt.Sprintf("curl -s localhost:4122/v1/db/%s -d '%s'\n", d[0], d[1])
	}
	s.run(t, script)
}

var (
	prompt  = regexp.MustCompile(`(?ms)\A\$ ([^\n]*)\n.*`) // a command, and what it prints
	getLine = regexp.MustCompile(`(?m)^GET (\S+?\?)(\w+)=(.*)$`)
)

// run returns what a script prints. It fails where a command of it does.
func (s *shell) run(t *testing.T, script string) string {
	t.Helper()
	script = prompt.ReplaceAllString(script, "$1\n")
	script = getLine.ReplaceAllStringFunc(script, func(line string) string {
		m := getLine.FindStringSubmatch(line)
		return fmt.Sprintf("curl -s 'localhost:4122%s%s=%s'", m[1], m[2], url.QueryEscape(m[3]))
	})
	cmd := exec.Command("bash", "-eu", "-o", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = s.dir, s.environment
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second // a worker in the background keeps the output
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 0 {
		t.Fatalf("%s\n%v: %s", script, err, out.String())
	}
	return out.String()
}
