// Package mongotest runs FerretDB, a server that speaks MongoDB's protocol, for tests. It is built from
// the module modules/db/mongo/ferretdb.
package mongotest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
)

// Environment is the variable that names a running server for [Database] to use, as a URL without a
// database.
const Environment = "BASALT_TEST_MONGO"

// Server is a running FerretDB.
type Server struct {
	URL     string
	dir     string
	process *exec.Cmd
	stdin   io.Closer
}

// Build builds the server's program into a directory, which takes a minute the first time.
func Build(dir string) (string, error) {
	_, file, _, _ := runtime.Caller(0)
	path := filepath.Join(dir, "ferretdb")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = filepath.Join(filepath.Dir(file), "..", "ferretdb")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building FerretDB: %w: %s", err, out)
	}
	return path, nil
}

// New starts a server with its files in a new directory below dir.
func New(program, dir string) (*Server, error) {
	s := &Server{}
	var err error
	if s.dir, err = os.MkdirTemp(dir, "ferretdb-"); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	s.process = exec.Command(program, s.dir, address)
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.stdin, err = s.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("FerretDB does not start: %w", err), s.Close())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
	s.URL = strings.TrimRight(strings.TrimSpace(line), "/")
	return s, nil
}

// Close stops the server and removes its files.
func (s *Server) Close() error {
	_ = s.stdin.Close()          // signals it to stop
	_ = s.process.Process.Kill() // do not wait for it
	_ = s.process.Wait()
	return os.RemoveAll(s.dir)
}

// Database returns the URL of an empty database, in the server of [Environment] or in one that the test starts.
func Database(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Environment)
	if server == "" {
		program, err := Build(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(program, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		server = s.URL
	}
	return In(server)
}

// In returns the URL of an empty database in a server.
func In(server string) string {
	return server + "/test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
}
