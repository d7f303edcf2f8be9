// Package servertest starts real Basalt servers for tests, on free ports and in temporary
// directories.
package servertest

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/basalt-dev/basalt/modules/db/memory" // the drivers that the configurations use
	_ "github.com/basalt-dev/basalt/modules/db/mongo"
	_ "github.com/basalt-dev/basalt/modules/db/mysql"
	_ "github.com/basalt-dev/basalt/modules/db/postgres"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	_ "github.com/basalt-dev/basalt/modules/files/local"
	_ "github.com/basalt-dev/basalt/modules/files/s3"
	"github.com/basalt-dev/basalt/server"
	"github.com/basalt-dev/basalt/server/offline"
)

// Instance is a running server.
type Instance struct {
	URL  string
	Path string // of its configuration
	t    testing.TB
	s    *server.Server
	log  *logTo
	stop func()
	done chan error

	described described
	reloaded  atomic.Bool
}

// logTo writes the log of a server to that of its test, and keeps it.
type logTo struct {
	t    testing.TB
	mu   sync.Mutex // guards text
	text []byte
}

func (l *logTo) Write(p []byte) (int, error) {
	l.t.Helper()
	l.t.Logf("%s", p)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// Log returns what the server has logged.
func (i *Instance) Log() string {
	i.log.mu.Lock()
	defer i.log.mu.Unlock()
	return string(i.log.text)
}

// Start runs a server with the content of a configuration file until the test ends.
func Start(t testing.TB, content string) *Instance {
	t.Helper()
	return StartFile(t, Write(t, content))
}

// StartAt is [Start] at an address that the configuration has to know.
func StartAt(t testing.TB, address, content string) *Instance {
	t.Helper()
	return start(t, address, Write(t, content))
}

// StartFile runs a server with a configuration file until the test ends. It listens on a free port,
// whatever the file says.
func StartFile(t testing.TB, path string) *Instance {
	t.Helper()
	return start(t, "127.0.0.1:0", path)
}

// StartFileAt is [StartFile] at an address that the configuration has to know.
func StartFileAt(t testing.TB, address, path string) *Instance {
	t.Helper()
	return start(t, address, path)
}

// StartNow is [StartAt] with a clock.
func StartNow(t testing.TB, address, content string, now func() time.Time) *Instance {
	t.Helper()
	return startWith(t, address, Write(t, content), server.Options{Now: now})
}

// StartFileNow is [StartFile] with a clock.
func StartFileNow(t testing.TB, path string, now func() time.Time) *Instance {
	t.Helper()
	return startWith(t, "127.0.0.1:0", path, server.Options{Now: now})
}

// StartInviting is [StartFile] with what is printed for the first administrator.
func StartInviting(t testing.TB, path string, invite io.Writer, now func() time.Time) *Instance {
	t.Helper()
	return startWith(t, "127.0.0.1:0", path, server.Options{Invite: invite, Now: now})
}

func start(t testing.TB, address, path string) *Instance {
	t.Helper()
	return startWith(t, address, path, server.Options{})
}

func startWith(t testing.TB, address, path string, options server.Options) *Instance {
	t.Helper()
	log := &logTo{t: t}
	options.Version, options.Log = "test", log
	ctx, cancel := context.WithCancel(context.Background())
	s, err := server.New(ctx, path, options)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	i := &Instance{URL: "http://" + listener.Addr().String(), Path: path, t: t, s: s, log: log, stop: cancel, done: make(chan error, 1)}
	go func() { i.done <- s.Run(ctx, listener, nil) }()
	t.Cleanup(i.Stop)
	return i
}

// Stop shuts the server down and waits for it. It may be called twice.
func (i *Instance) Stop() {
	i.t.Helper()
	if i.done == nil {
		return
	}
	i.stop()
	if err := <-i.done; err != nil {
		i.t.Errorf("the server stopped with %v", err)
	}
	i.done = nil
}

// Reload reads the configuration again.
func (i *Instance) Reload() error {
	i.reloaded.Store(true)
	return i.s.Reload(context.Background())
}

// Backup makes the backup that is due, if one is.
func (i *Instance) Backup() { i.s.Backup(context.Background()) }

// Sweep begins to look for bytes that no document has.
func (i *Instance) Sweep() { i.s.Sweep() }

// Token returns a token of the claims, valid for an hour.
func (i *Instance) Token(claims map[string]any) string {
	i.t.Helper()
	token, err := offline.Token(context.Background(), i.Path, claims, time.Now(), time.Hour)
	if err != nil {
		i.t.Fatal(err)
	}
	return token
}

// Write writes a configuration file and returns its path.
func Write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Eventually waits until f returns true, and fails the test when it does not for ten seconds.
func Eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for range 3000 {
		if f() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("this has not happened: %s", what)
}
