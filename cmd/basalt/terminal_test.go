//go:build !browser

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/servertest"
)

// screen is what a program has written so far.
type screen struct {
	mu    sync.Mutex // guards text
	text  bytes.Buffer
	ended chan struct{} // closed when the program has
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.text.String(), "\r\n", "\n")
}

// wait returns what there is as soon as it matches.
func (s *screen) wait(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for range 6000 {
		if text := s.String(); re.MatchString(text) {
			return text
		}
		select {
		case <-s.ended:
			t.Fatalf("ended with\n%s", s)
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("never printed %s but\n%s", pattern, s)
	return ""
}

// play runs basalt until the test ends, on a terminal or not.
func play(t *testing.T, onTerminal bool, environment []string, args ...string) *screen {
	t.Helper()
	out := &screen{ended: make(chan struct{})}
	cmd := exec.Command(servertest.Binary(t), args...)
	cmd.Env = append(append(os.Environ(), "NO_COLOR=", "TERM=xterm"), environment...)
	if onTerminal {
		terminal, err := pty.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.Copy(out, terminal) // it ends with the program
			_ = cmd.Wait()
			_ = terminal.Close()
			close(out.ended)
		}()
	} else {
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			_ = cmd.Wait()
			close(out.ended)
		}()
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-out.ended
	})
	return out
}

// TestLog_IsForWhoReadsIt starts the server on a terminal and elsewhere.
func TestLog_IsForWhoReadsIt(t *testing.T) {
	t.Parallel()
	const escape = "\x1b["
	for _, c := range []struct {
		name        string
		onTerminal  bool
		environment []string
		format      string
		has, hasNot []string
	}{
		{name: "terminal", onTerminal: true, has: []string{escape, "App", "URL/app/\n", "URL/console/\n", "URL/docs/\n", "main (sqlite, ", "Warnings", "GET /v1/db/notes \x1b[33m401\x1b[0m", "GET /v1/db/%1b%5b31mx"}, hasNot: []string{"level=", "us=", "\x1b[31mx"}},
		{name: "NO_COLOR", onTerminal: true, environment: []string{"NO_COLOR=1"}, has: []string{"URL/console/\n", "GET /v1/db/notes 401 ", "rule="}, hasNot: []string{"\x1b"}},
		{name: "a file", has: []string{"msg=serving address=URL ", "console=URL/console/", "msg=request method=GET path=/v1/db/notes status=401"}, hasNot: []string{"\x1b"}},
		{name: "json", onTerminal: true, format: "json", has: []string{`"msg":"serving","address":"URL"`, `"console":"URL/console/"`, `"path":"/v1/db/notes","status":401`}, hasNot: []string{"\x1b", "  App"}},
		{name: "text", onTerminal: true, format: "text", has: []string{"msg=serving address=URL ", "msg=request method=GET path=/v1/db/notes status=401"}, hasNot: []string{"\x1b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := `
databases: { main: { driver: sqlite, url: "file:data/app.db" } }
static: { path: /app, dir: public }
collections:
  notes: { fields: { text: { type: string } }, rules: { read: 'request.op == "no"' } }
`
			if c.format != "" {
				text += "log: { format: " + c.format + " }\n"
			}
			path, address := servertest.Write(t, text), servertest.FreeAddress(t)
			if err := os.Mkdir(filepath.Join(filepath.Dir(path), "public"), 0o700); err != nil {
				t.Fatal(err)
			}
			out := play(t, c.onTerminal, c.environment, "serve", "--config", path, "--listen", address)
			out.wait(t, "/docs/")
			node := servertest.At(t, "http://"+address, path)
			node.Want(t, 401, servertest.Call{Method: "GET", Path: "/v1/db/notes"})
			node.Want(t, 404, servertest.Call{Method: "GET", Path: "/v1/db/%1b%5b31mx"})
			out.wait(t, "31mx")
			got := strings.ReplaceAll(out.String(), "http://"+address, "URL")
			for _, want := range c.has {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			for _, not := range c.hasNot {
				if strings.Contains(got, not) {
					t.Errorf("%q in\n%s", not, got)
				}
			}
		})
	}
}

func TestSchema_IsPrintedAndWritten(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(servertest.Binary(t), "schema").Output()
	if err != nil || !bytes.Equal(out, config.Schema) {
		t.Errorf("%v: %.100s", err, out)
	}
	file := t.TempDir() + "/s.json"
	if err := exec.Command(servertest.Binary(t), "schema", "-o", file).Run(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, config.Schema) {
		t.Errorf("%v: %.100s", err, got)
	}
}
