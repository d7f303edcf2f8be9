package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
)

const (
	defaultConns   = 20
	connectTimeout = 10 * time.Second
)

// settings are those of a URL.
type settings struct {
	client *mysql.Config
	conns  int
}

// options are the options of a URL.
var options = []string{"ca", "pool_max_conns", "socket", "tls"}

// parse reads a URL. Its errors do not repeat it: it has a password.
func parse(c db.Config) (*settings, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "mysql" && u.Scheme != "mariadb" || u.Opaque != "" || len(u.Path) < 2 {
		return nil, errors.New(`mysql: the url has the form "mysql://user:password@host:3306/database"; a character of the password that is no letter or digit is percent-encoded`)
	}
	if len(c.Replicas) > 0 {
		return nil, errors.New("mysql: replicas are not supported yet")
	}
	s := &settings{client: mysql.NewConfig(), conns: defaultConns}
	s.client.User = u.User.Username()
	s.client.Passwd, _ = u.User.Password()
	s.client.DBName = u.Path[1:]
	s.client.Net, s.client.Addr = "tcp", net.JoinHostPort(orElse(u.Hostname(), "127.0.0.1"), orElse(u.Port(), "3306"))
	s.client.Timeout = connectTimeout
	s.client.InterpolateParams, s.client.ClientFoundRows = true, true
	s.client.ConnectionAttributes = "program_name:basalt"
	s.client.Logger = &mysql.NopLogger{} // its errors are returned, too
	given, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("mysql: the options of the url cannot be read")
	}
	for name, values := range given {
		if !slices.Contains(options, name) {
			return nil, fmt.Errorf("mysql: unknown option %q of the url%s", name, fault.DidYouMean(name, options))
		}
		if err := s.set(name, values[0], c.Dir); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// set sets an option.
func (s *settings) set(name, value, dir string) error {
	switch name {
	case "pool_max_conns":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return errors.New("mysql: pool_max_conns is a number of connections")
		}
		s.conns = n
	case "socket":
		s.client.Net, s.client.Addr = "unix", value
	case "tls":
		switch value {
		case "false":
		case "true":
			s.encrypt()
		case "skip-verify":
			s.encrypt().InsecureSkipVerify = true
		default:
			return errors.New("mysql: tls is true, false or skip-verify")
		}
	case "ca":
		if !filepath.IsAbs(value) {
			value = filepath.Join(dir, value)
		}
		pem, err := os.ReadFile(value)
		if err != nil {
			return fmt.Errorf("mysql: ca: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("mysql: ca: %s has no certificate", value)
		}
		s.encrypt().RootCAs = roots
	}
	return nil
}

// encrypt returns the settings of TLS, which it switches on.
func (s *settings) encrypt() *tls.Config {
	if s.client.TLS == nil {
		host, _, _ := net.SplitHostPort(s.client.Addr)
		s.client.TLS = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return s.client.TLS
}

// connector opens the connections of the pool.
type connector struct {
	driver.Connector
	setUp []string
}

// clientConn is what a connection of the client library can do.
type clientConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// conn is a connection that knows its number at the server.
type conn struct {
	clientConn
	id int64
}

// Connect implements [driver.Connector].
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	client, ok := opened.(clientConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("mysql: a connection is a %T", opened), opened.Close())
	}
	out := &conn{clientConn: client}
	for _, statement := range c.setUp {
		if err == nil {
			_, err = client.ExecContext(ctx, statement, nil)
		}
	}
	if err == nil {
		out.id, err = connectionID(ctx, client)
	}
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return out, nil
}

func connectionID(ctx context.Context, c driver.QueryerContext) (int64, error) {
	rows, err := c.QueryContext(ctx, "SELECT CONNECTION_ID()", nil)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil {
		return 0, err
	}
	switch id := value[0].(type) {
	case int64:
		return id, nil
	case uint64:
		return int64(id), nil
	case []byte:
		return strconv.ParseInt(string(id), 10, 64)
	}
	return 0, fmt.Errorf("mysql: the number of a connection is a %T", value[0])
}

// killTime is how long the server may take to end what a caller does not wait for any more.
const killTime = time.Second

// kill ends what a connection runs at the server. The client library has closed it, which the server would notice only
// at the end of the statement.
func (d *Driver) kill(c *sql.Conn) {
	var id int64
	_ = c.Raw(func(raw any) error { // fails for a closed connection after f has run
		if own, ok := raw.(*conn); ok {
			id = own.id
		}
		return nil
	})
	if id == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), killTime)
	defer cancel()
	_, _ = d.pool.ExecContext(ctx, "KILL "+strconv.FormatInt(id, 10)) // it may have ended
}
