// Package mysqltest runs real MariaDB servers for tests, on free ports and in temporary directories.
package mysqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/freeport"
)

// Environment is the variable that names a running server for [Database] to use, as a URL of its administrator.
const Environment = "BASALT_TEST_MYSQL"

// Files is the variable that names a directory for the files of the servers that tests start; without it they are where
// temporary files are.
const Files = "BASALT_TEST_MARIADB_FILES"

// Server is a MariaDB server.
type Server struct {
	dir     string
	port    *freeport.Port
	owner   *syscall.Credential // the user that runs it: MariaDB refuses root
	process *exec.Cmd
}

// find returns the path of a program, which Debian may have outside of the path of users.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	if path, err := exec.LookPath("/usr/sbin/" + name); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("there is no %s; on Debian: sudo apt-get install mariadb-server", name)
}

// New creates a server's files in a new directory below dir, and starts it. Its administrator is root without a password.
func New(dir string) (*Server, error) {
	s := &Server{}
	install, err := find("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp(dir, "mariadb-"); err != nil {
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
	if out, err := s.command(install, "--no-defaults", "--datadir="+s.data(), "--tmpdir="+s.dir, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--skip-log-bin").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mariadb-install-db: %w: %s", err, out)
	}
	return s, s.Start()
}

// yield gives the directory to a user that may run MariaDB.
func (s *Server) yield() error {
	for _, name := range []string{"mysql", "nobody"} {
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
	return errors.New("MariaDB does not run as root, and there is no user mysql or nobody")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner, Setpgid: true}
	return cmd
}

// Start starts a stopped server and waits until it answers.
func (s *Server) Start() error {
	program, err := find("mariadbd")
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.process = s.command(program, "--no-defaults", "--datadir="+s.data(), "--port="+strconv.Itoa(s.port.Number), "--bind-address=127.0.0.1", "--socket="+filepath.Join(s.dir, "socket"),
		"--tmpdir="+s.data(), "--pid-file="+filepath.Join(s.dir, "pid"), "--skip-name-resolve", "--max-connections=300", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M",
		"--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--sync-binlog=0", "--server-id=1", "--log-bin=binlog", "--binlog-format=ROW")
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return err
	}
	for range 600 {
		if s.answers() == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return fmt.Errorf("MariaDB does not start: %s", text)
}

func (s *Server) answers() error {
	c, err := Connect(s.URL())
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return c.PingContext(ctx)
}

// Stop ends the server at once, as a crash would, but keeps its files.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	err := s.process.Process.Kill()
	_ = s.process.Wait() // it was killed
	s.process = nil
	return err
}

// Close stops the server and removes its files.
func (s *Server) Close() error { return errors.Join(s.Stop(), s.port.Release(), os.RemoveAll(s.dir)) }

// URL is the administrator's URL.
func (s *Server) URL() string { return fmt.Sprintf("mysql://root@127.0.0.1:%d/mysql", s.port.Number) }

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

// Connect opens the database of a URL as another program would. A call may have several statements.
func Connect(address string) (*sql.DB, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName, c.MultiStatements, c.Logger = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/"), true, &mysql.NopLogger{}
	c.Passwd, _ = u.User.Password()
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// Database creates an empty database, in the server of [Environment] or in one that the test starts, and returns its URL.
func Database(t testing.TB) string {
	t.Helper()
	admin := os.Getenv(Environment)
	if admin == "" {
		admin = Start(t).URL()
	}
	return In(t, admin)
}

// In creates an empty database in a server, until the test ends.
func In(t testing.TB, admin string) string {
	t.Helper()
	name := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	run := func(statement string) {
		c, err := Connect(admin)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Exec(statement)
		if err := errors.Join(err, c.Close()); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE DATABASE " + name)
	t.Cleanup(func() { run("DROP DATABASE " + name) })
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
