package servertest

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

var build struct {
	sync.Mutex
	path string
}

// Binary returns the path of a built basalt: the one of cmd/testenv, or one that it builds once.
func Binary(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("BASALT_BINARY"); path != "" {
		return path
	}
	build.Lock()
	defer build.Unlock()
	if build.path == "" {
		dir, err := os.MkdirTemp("", "basalt-")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "basalt")
		if out, err := exec.Command("go", "build", "-o", path, "github.com/basalt-dev/basalt/cmd/basalt").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		build.path = path
	}
	return build.path
}

// FreeAddress returns an address of this machine that nothing listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// Process is a node that is a process of its own.
type Process struct {
	URL string
	*exec.Cmd
	t   testing.TB
	log *bytes.Buffer
}

// StartProcess runs `basalt serve` until the test ends, and returns when it is ready.
func StartProcess(t testing.TB, config string, environment ...string) *Process {
	t.Helper()
	return StartProcessAt(t, FreeAddress(t), config, environment...)
}

// StartProcessAt is [StartProcess] at an address.
func StartProcessAt(t testing.TB, address, config string, environment ...string) *Process {
	t.Helper()
	cmd := exec.Command(Binary(t), "serve", "--config", config, "--listen", address)
	cmd.Env = append(os.Environ(), environment...)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &Process{URL: "http://" + address, Cmd: cmd, t: t, log: &log}
	t.Cleanup(p.Kill)
	if !Ready(p.URL + "/readyz") {
		p.Kill()
		t.Fatalf("the server does not start: %s", log.String())
	}
	return p
}

// Ready waits until an address answers with 200, and reports false when it does not for a long time.
func Ready(url string) bool {
	for range 500 {
		if resp, err := http.Get(url); err == nil {
			_ = resp.Body.Close() // nothing of it was read
			if resp.StatusCode == http.StatusOK {
				return true
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

func lastLines(log string) string { return log[max(0, len(log)-2000):] }

// Kill ends the process at once.
func (p *Process) Kill() {
	_ = p.Process.Kill() // it may be over already
	_ = p.Wait()
}

// Stop asks the process to end, and waits until it has.
func (p *Process) Stop() {
	p.t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		p.t.Errorf("the process ended with %v: %s", err, lastLines(p.log.String()))
	}
}

// Instance returns the process as something to send requests to.
func (p *Process) Instance(config string) *Instance {
	return &Instance{URL: p.URL, Path: config, t: p.t}
}
