package servertest

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/freeport"
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
		source, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/basalt-dev/basalt").Output() // a test of another module is not in it
		if err != nil {
			t.Fatalf("finding the module of the server: %v", err)
		}
		command := exec.Command("go", "build", "-o", path, "./cmd/basalt")
		command.Dir = strings.TrimSpace(string(source))
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		build.path = path
	}
	return build.path
}

// FreeAddress returns an address of this machine that no other test takes until this one ends.
func FreeAddress(t testing.TB) string {
	t.Helper()
	port, err := freeport.Take()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = port.Release() })
	return port.Address()
}

// Process is a node that is a process of its own.
type Process struct {
	URL string
	*exec.Cmd
	t   testing.TB
	log *bytes.Buffer // to be read when it has ended

	ended chan struct{}
	err   error // how it has ended
}

// StartProcess runs `basalt serve` until the test ends, and returns when it is ready.
func StartProcess(t testing.TB, config string, environment ...string) *Process {
	t.Helper()
	return StartProcessAt(t, FreeAddress(t), config, environment...)
}

// StartProcessAt is [StartProcess] at an address.
func StartProcessAt(t testing.TB, address, config string, environment ...string) *Process {
	t.Helper()
	return serveWith(t, Binary(t), address, config, environment)
}

// StartProgram is [StartProcess] for another program that serves as basalt does.
func StartProgram(t testing.TB, program, config string, environment ...string) *Process {
	t.Helper()
	return serveWith(t, program, FreeAddress(t), config, environment)
}

func serveWith(t testing.TB, program, address, config string, environment []string) *Process {
	t.Helper()
	cmd := exec.Command(program, "serve", "--config", config, "--listen", address)
	cmd.Env = append(os.Environ(), environment...)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &Process{URL: "http://" + address, Cmd: cmd, t: t, log: &log, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.Kill)
	ready := Ready(p.URL + "/readyz")
	select {
	case <-p.ended: // another server has answered
		ready = false
	default:
	}
	if !ready {
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
	<-p.ended
}

// Ended waits until the process has ended by itself, and says how.
func (p *Process) Ended() string {
	p.t.Helper()
	select {
	case <-p.ended:
		return fmt.Sprint(p.err)
	case <-time.After(time.Minute):
		return "it runs"
	}
}

// Stop asks the process to end, and waits until it has.
func (p *Process) Stop() {
	p.t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if <-p.ended; p.err != nil {
		p.t.Errorf("the process ended with %v: %s", p.err, lastLines(p.log.String()))
	}
}

// At returns what is at a URL, such as a load balancer in front of nodes with a configuration.
func At(t testing.TB, url, config string) *Instance { return &Instance{URL: url, Path: config, t: t} }

// Instance returns the process as something to send requests to.
func (p *Process) Instance(config string) *Instance {
	return &Instance{URL: p.URL, Path: config, t: p.t}
}
