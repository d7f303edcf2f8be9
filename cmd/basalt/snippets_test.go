//go:build !browser

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// shellSnippets are what the documentation shows for the shell and as HTTP requests. Each is run as it stands, in a
// directory that has the examples, with the servers on free ports.
var shellSnippets = []struct {
	chapter string
	number  int
	// needs is the configuration of a server that runs before, with what it has been sent.
	needs string
	sent  [][2]string
	// prints is what is printed, as a regular expression; notRun says why it is not run.
	prints, notRun string
}{
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

// TestMain lets the test be the programs that snippets call: go and basalt as they are, but with the servers on free
// ports and in the background, and a small curl that fails where the answer is an error.
func TestMain(m *testing.M) {
	play, ok := map[string]func([]string) error{"basalt": playBasalt, "go": playGo, "curl": playCurl, "killed": playKilled}[filepath.Base(os.Args[0])]
	if !ok {
		os.Exit(m.Run())
	}
	if err := play(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// playBasalt runs the real basalt. A server stays when it is ready, and the test stops it.
func playBasalt(args []string) error {
	cmd := exec.Command(os.Getenv("SNIPPETS_BASALT"), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if len(args) == 0 || args[0] != "serve" && args[0] != "dev" {
		return cmd.Run()
	}
	if args[0] == "dev" {
		cmd.Args = append(cmd.Args, "--mails", os.Getenv("SNIPPETS_MAILS"))
	}
	address := os.Getenv("SNIPPETS_ADDRESS")
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		end(os.Getenv("SNIPPETS_PIDS")) // the server of the snippet before
	}
	cmd.Args = append(cmd.Args, "--listen", address)
	cmd.Stdout, cmd.Stderr = nil, nil
	return background(cmd, "http://"+address+"/readyz")
}

// playGo runs the real go, but for a basalt that is built already and for what serves.
func playGo(args []string) error {
	switch line := strings.Join(args, " "); {
	case strings.HasPrefix(line, "run ./cmd/basalt "):
		return playBasalt(args[2:])
	case strings.HasPrefix(line, "run ./cmd/testenv"):
		return nil // it runs this
	case line == "build -o basalt ./cmd/basalt":
		return os.WriteFile("basalt", fmt.Appendf(nil, "#!/bin/sh\nexec %s/basalt \"$@\"\n", os.Getenv("SNIPPETS_PROGRAMS")), 0o700) //nolint:gosec // a program
	case strings.HasPrefix(line, "run -C examples/functions"):
		cmd := exec.Command(os.Getenv("SNIPPETS_GO"), "run", "-C", filepath.Join(os.Getenv("SNIPPETS_ROOT"), "examples/functions"), ".")
		cmd.Stderr = os.Stderr
		return background(cmd, "")
	}
	cmd := exec.Command(os.Getenv("SNIPPETS_GO"), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// end ends what runs in the background, and waits until its ports are free.
func end(pids string) {
	running, _ := os.ReadDir(pids)
	for _, file := range running {
		if pid, err := strconv.Atoi(file.Name()); err == nil && os.Remove(filepath.Join(pids, file.Name())) == nil {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
			for tries := 0; tries < 200 && !errors.Is(syscall.Kill(-pid, 0), syscall.ESRCH); tries++ {
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
}

// background starts a program, in a group that the test ends, and waits until url answers.
func background(cmd *exec.Cmd, url string) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, err := os.CreateTemp(os.Getenv("SNIPPETS_PIDS"), "log-")
	if err != nil {
		return err
	}
	defer said.Close()
	if cmd.Stderr == nil {
		cmd.Stdout, cmd.Stderr = said, said
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	file := filepath.Join(os.Getenv("SNIPPETS_PIDS"), strconv.Itoa(cmd.Process.Pid))
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	if url != "" {
		if !servertest.Ready(url) {
			log, _ := os.ReadFile(said.Name())
			return fmt.Errorf("%v does not start: %s", cmd.Args, log)
		}
		fmt.Println(strings.Join(cmd.Args[1:], " "), "is ready")
	}
	return nil
}

// playCurl sends a request, and again while a worker is on its way.
func playCurl(args []string) error {
	method, body, address := http.MethodGet, "", ""
	header := http.Header{}
	for len(args) > 0 {
		flag := args[0]
		args = args[1:]
		switch {
		case flag == "-s" || flag == "-sN":
			continue
		case !strings.HasPrefix(flag, "-"):
			address = "http://" + strings.NewReplacer("localhost:4122", os.Getenv("SNIPPETS_ADDRESS"), "localhost:4123", os.Getenv("SNIPPETS_MAILS")).Replace(strings.TrimPrefix(flag, "http://"))
			continue
		case len(args) == 0:
			return fmt.Errorf("curl %s of what?", flag)
		}
		switch flag {
		case "-d", "--data-binary":
			if method == http.MethodGet {
				method = http.MethodPost
			}
			body = args[0]
			if file, ok := strings.CutPrefix(body, "@"); ok {
				content, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				body = string(content)
			}
		case "-X":
			method = args[0]
		case "-H":
			name, value, _ := strings.Cut(args[0], ": ")
			header.Set(name, value)
		default:
			return fmt.Errorf("this curl has no %s", flag)
		}
		args = args[1:]
	}
	for try := 0; ; try++ {
		req, err := http.NewRequest(method, address, strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header = header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		out, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable && try < 600 {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		_, _ = os.Stdout.Write(out)
		if err == nil && resp.StatusCode >= 400 {
			err = fmt.Errorf("curl %s: %s", address, resp.Status)
		}
		return err
	}
}

var shellBlock = regexp.MustCompile("(?s)```(?:sh|http)\n(.*?)```")

// TestSnippets_OfTheShellRun runs each snippet for the shell of every README.md, and compares what it prints.
func TestSnippets_OfTheShellRun(t *testing.T) {
	root := repository(t)
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
		var sh *shell
		for _, s := range shellSnippets {
			if s.chapter != chapter {
				continue
			}
			if known[chapter]++; s.number >= len(blocks) || s.notRun != "" {
				continue
			}
			if sh == nil {
				sh = newShell(t, root)
			}
			t.Run(fmt.Sprintf("%s/%d", chapter, s.number), func(t *testing.T) {
				if s.needs != "" {
					sh.serve(t, s.needs, s.sent)
				}
				if out := sh.run(t, blocks[s.number][1]); !regexp.MustCompile(s.prints).MatchString(out) {
					t.Errorf("%s\nprints\n%s\nand no %s", blocks[s.number][1], out, s.prints)
				}
			})
		}
		if known[chapter] != len(blocks) {
			t.Errorf("%s has %d snippets for the shell, and shellSnippets has %d of it: say there what is printed", chapter, len(blocks), known[chapter])
		}
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

func newShell(t *testing.T, root string) *shell {
	t.Helper()
	dir, programs, pids := t.TempDir(), t.TempDir(), t.TempDir()
	address, worker := servertest.FreeAddress(t), servertest.FreeAddress(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"basalt", "go", "curl"} {
		if err := os.Symlink(self, filepath.Join(programs, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join(root, "examples"))); err != nil {
		t.Fatal(err)
	}
	real, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(pids) })
	return &shell{dir, append(os.Environ(),
		"PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"), "SNIPPETS_PROGRAMS="+programs, "SNIPPETS_PIDS="+pids, "SNIPPETS_ROOT="+root,
		"SNIPPETS_GO="+real, "SNIPPETS_BASALT="+servertest.Binary(t), "SNIPPETS_ADDRESS="+address, "SNIPPETS_MAILS="+servertest.FreeAddress(t), "BASALT_ADMIN_KEY="+snippetKey, "BASALT_SECRET="+snippetKey,
		"WORKER_ADDRESS="+worker, "WORKER_URL=http://"+worker)}
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
