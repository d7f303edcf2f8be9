// Package postgrestest runs real PostgreSQL servers for tests, on free ports and in temporary
// directories.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/basalt-dev/basalt/modules/freeport"
)

// Environment is the variable that names a running server for [Database] to use, as a URL of its
// administrator.
const Environment = "BASALT_TEST_POSTGRES"

// Files is the variable that names a directory for the files of the servers that tests start; without it they are where
// temporary files are.
const Files = "BASALT_TEST_POSTGRES_FILES"

// Server is a PostgreSQL server.
type Server struct {
	dir, bin string
	port     *freeport.Port
	owner    *syscall.Credential // the user that runs it: PostgreSQL refuses root
	process  *exec.Cmd
}

// Binaries returns the directory of the newest PostgreSQL on this machine.
func Binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errors.New("there are no binaries of PostgreSQL; on Debian: sudo apt-get install postgresql")
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// New creates a server's files in a new directory below dir, and starts it.
func New(dir string) (*Server, error) {
	s := &Server{}
	var err error
	if s.bin, err = Binaries(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp(dir, "postgres-"); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		if err := s.yield(); err != nil {
			return nil, err
		}
	}
	if s.port, err = freeport.Take(); err != nil {
		return nil, err
	}
	if out, err := s.command("initdb", "-D", s.data(), "-A", "trust", "-U", "basalt", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return s, s.Start()
}

// yield gives the directory to a user that may run PostgreSQL.
func (s *Server) yield() error {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		s.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		for dir := s.dir; dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) { // the user needs access to every parent
			if info, err := os.Stat(dir); err == nil && info.Mode()&0o001 == 0 && dir != s.dir {
				if err := os.Chmod(dir, info.Mode()|0o011); err != nil {
					return err
				}
			}
		}
		return os.Chown(s.dir, uid, gid)
	}
	return errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner, Setpgid: true}
	return cmd
}

// Start starts a stopped server and waits until it answers.
func (s *Server) Start() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.port.Number), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB",
		"-c", "wal_level=logical", "-c", "max_replication_slots=50", "-c", "max_wal_senders=50")
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return err
	}
	for range 300 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		c, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			err = c.Close(ctx)
			cancel()
			return err
		}
		cancel()
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return fmt.Errorf("PostgreSQL does not start: %s", text)
}

// Replica creates a streaming replica of a running server in a directory of its own, and starts it.
func (s *Server) Replica() (*Server, error) {
	r := &Server{bin: s.bin, owner: s.owner}
	var err error
	if r.dir, err = os.MkdirTemp(filepath.Dir(s.dir), "postgres-replica-"); err != nil {
		return nil, err
	}
	if r.owner != nil {
		if err := os.Chown(r.dir, int(r.owner.Uid), int(r.owner.Gid)); err != nil {
			return nil, err
		}
	}
	if r.port, err = freeport.Take(); err != nil {
		return nil, err
	}
	copying := r.command("pg_basebackup", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port.Number), "-U", "basalt", "-D", r.data(), "-R", "--no-sync", "-c", "fast")
	if out, err := copying.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pg_basebackup: %w: %s", err, out)
	}
	return r, r.Start()
}

// Stop ends the server at once, as a crash would, but keeps its files.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	err := s.process.Process.Signal(syscall.SIGQUIT) // immediate shutdown; recovery at the next start
	_ = s.process.Wait()                             // it exits because of the signal
	s.process = nil
	return err
}

// Close stops the server and removes its files.
func (s *Server) Close() error { return errors.Join(s.Stop(), s.port.Release(), os.RemoveAll(s.dir)) }

// URL is the administrator's URL.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://basalt@127.0.0.1:%d/postgres?sslmode=disable", s.port.Number)
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := New(os.Getenv(Files))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Database creates an empty database, in the server of [Environment] or in one that the test starts, and returns
// its URL.
func Database(t testing.TB) string {
	t.Helper()
	admin := os.Getenv(Environment)
	if admin == "" {
		admin = Start(t).URL()
	}
	return In(t, admin)
}

// codeOf returns the code of an error with which the server has answered; empty if it has not.
func codeOf(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// inUse is that the server is about to drop the slot of a connection that has just ended: object_in_use.
const inUse = "55006"

// In creates an empty database in a server, until the test ends.
func In(t testing.TB, admin string) string {
	t.Helper()
	ctx := context.Background()
	name := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	run := func(sql string) error {
		c, err := pgx.Connect(ctx, admin)
		if err != nil {
			return err
		}
		_, err = c.Exec(ctx, sql)
		return errors.Join(err, c.Close(ctx))
	}
	err := run("CREATE DATABASE " + name)
	for tries := 0; err != nil && codeOf(err) == "" && tries < 3; tries++ { // a connection that was cut says nothing of the server
		t.Logf("making a database again: %v", err)
		name += "a"
		err = run("CREATE DATABASE " + name)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		drop := func() error { return run("DROP DATABASE " + name + " WITH (FORCE)") }
		err := drop()
		for tries := 0; codeOf(err) == inUse && tries < 100; tries++ {
			time.Sleep(100 * time.Millisecond)
			err = drop()
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
