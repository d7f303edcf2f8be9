//go:build !browser

package main

import (
	"net"
	"net/http"
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

// manager listens as systemd does.
type manager struct {
	conn *net.UnixConn
	path string
}

func newManager(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{path: filepath.Join(dir, "s")}
	if m.conn, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = m.conn.Close(), os.RemoveAll(dir) })
	return m
}

// hears returns the next message that begins with a state, and what came before it.
func (m *manager) hears(t *testing.T, state string) (message string, before []string) {
	t.Helper()
	buffer := make([]byte, 4096)
	if err := m.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for {
		n, err := m.conn.Read(buffer)
		if err != nil {
			t.Fatalf("%s never comes, after %q: %v", state, before, err)
		}
		if message = string(buffer[:n]); strings.HasPrefix(message, state) {
			return message, before
		}
		before = append(before, message)
	}
}

// TestServe_TellsTheServiceManager when it serves, that it is well, that it reloads, and that it stops.
func TestServe_TellsTheServiceManager(t *testing.T) {
	m, address := newManager(t), servertest.FreeAddress(t)
	path := servertest.Write(t, `
databases: { main: { driver: memory } }
log: { level: error }
`)
	cmd := exec.Command(servertest.Binary(t), "serve", "--config", path, "--listen", address)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=200000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	ready, before := m.hears(t, "READY=1")
	if len(before) > 0 && !strings.HasPrefix(before[0], "WATCHDOG") || !strings.Contains(ready, "\nSTATUS=serving at "+address) {
		t.Errorf("%q comes before %q", before, ready)
	}
	resp, err := http.Get("http://" + address + "/readyz") // at the very moment
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("it is said to serve, and does not: %v %v", resp, err)
	}
	_ = resp.Body.Close()
	m.hears(t, "WATCHDOG=1")
	m.hears(t, "WATCHDOG=1")
	for _, broken := range []bool{false, true} { // a configuration that is refused ends the reload, too
		if broken {
			if err := os.WriteFile(path+".new", []byte("nonsense: 1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		} else if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		reloading, _ := m.hears(t, "RELOADING=1")
		at := regexp.MustCompile(`\nMONOTONIC_USEC=(\d+)\n`).FindStringSubmatch(reloading)
		if at == nil {
			t.Fatalf("the reload is %q", reloading)
		}
		if n, err := strconv.ParseInt(at[1], 10, 64); err != nil || n == 0 {
			t.Errorf("the reload is at %q", at[1])
		}
		m.hears(t, "READY=1")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if stopping, _ := m.hears(t, "STOPPING=1"); !strings.Contains(stopping, "\nEXTEND_TIMEOUT_USEC=") {
		t.Errorf("stopping is %q", stopping)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// TestServe_ServiceManagersThatAreNone: a socket that is not there is a warning, and a name that is none a mistake.
func TestServe_ServiceManagersThatAreNone(t *testing.T) {
	address := servertest.FreeAddress(t)
	path := servertest.Write(t, "databases: { main: { driver: memory } }\n")
	for _, environment := range [][]string{{"NOTIFY_SOCKET=relative"}, {"NOTIFY_SOCKET=/run/notify", "WATCHDOG_USEC=soon"}, {"NOTIFY_SOCKET=/run/notify", "WATCHDOG_USEC=-1"}} {
		cmd := exec.Command(servertest.Binary(t), "serve", "--config", path, "--listen", address)
		cmd.Env = append(os.Environ(), environment...)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), strings.SplitN(environment[len(environment)-1], "=", 2)[0]) {
			t.Errorf("%v: %v %s", environment, err, out)
		}
	}
	s := servertest.StartProcessAt(t, address, path, "NOTIFY_SOCKET="+filepath.Join(t.TempDir(), "nobody"))
	s.Stop()
}

// TestSystemd_UnitIsRight: systemd takes the unit as it is, and finds it well locked.
func TestSystemd_UnitIsRight(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Fatal("systemd-analyze is missing: apt-get install systemd")
	}
	text, err := os.ReadFile(filepath.Join(repository(t), "examples", "systemd", "basalt.service"))
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "basalt.service")
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/basalt", servertest.Binary(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput(); err != nil || strings.Contains(string(out), "basalt.service") {
		t.Errorf("systemd-analyze verify: %v %s", err, out)
	}
	// 20 is an exposure of 2.0 of 10: OK.
	if out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=20", "--no-pager", unit).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v %s", err, out)
	}
}
