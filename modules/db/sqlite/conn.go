package sqlite

import (
	"context"
	"errors"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// maxStatements limits the prepared statements of a connection. Filters have an unlimited number of forms.
const maxStatements = 300

// conn is one connection with its prepared statements. One goroutine uses it at a time.
type conn struct {
	db         *sqlite3.Conn
	statements map[string]*sqlite3.Stmt
	valued     valued
	dialect    *dialect
	builder    sqldb.Builder
	// known caches schema information by collection.
	known map[*db.Collection]*facts
	read  sqldb.Rows // the rows being read
	// caller is the context that the connection is used for, and running the statement that runs, for its profile.
	caller  context.Context //nolint:containedctx // of one use
	running profile.Running
}

func open(path, setup string) (*conn, error) {
	c, err := sqlite3.Open(uriOf(path))
	if err != nil {
		return nil, err
	}
	if err := fts5.Register(c); err != nil {
		return nil, err
	}
	if err := errors.Join(registerDecimals(c), registerNear(c)); err != nil {
		return nil, err
	}
	if err := c.BusyTimeout(busyTimeout); err != nil {
		return nil, err
	}
	if err := c.Exec(setup); err != nil {
		return nil, err
	}
	return &conn{db: c, statements: map[string]*sqlite3.Stmt{}, caller: context.Background()}, nil
}

func (c *conn) close() error {
	c.forget()
	return c.db.Close()
}

func (c *conn) forget() {
	c.valued.forget()
	for sql, s := range c.statements {
		_ = s.Close() // a statement's close repeats the error of its last step
		delete(c.statements, sql)
	}
}

// prepare returns the prepared statement for an SQL string. The caller must reset it after use.
func (c *conn) prepare(sql string) (*sqlite3.Stmt, error) {
	if s, ok := c.statements[sql]; ok {
		return s, nil
	}
	if len(c.statements) >= maxStatements {
		c.forget()
	}
	s, _, err := c.db.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	c.statements[sql] = s
	return s, nil
}

// build starts a statement on a collection.
func (c *conn) build(col *db.Collection) *sqldb.Builder {
	c.builder.Start(c.dialect, col)
	return &c.builder
}

// exec runs a statement without parameters or rows.
func (c *conn) exec(sql string) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	return s.Exec()
}

// bound returns the builder's statement with its parameters.
func (c *conn) bound() (*sqlite3.Stmt, error) {
	b := &c.builder
	s := c.statements[string(b.SQL)] // does not allocate
	if s == nil {
		var err error
		if s, err = c.prepare(string(b.SQL)); err != nil {
			return nil, err
		}
		if kept := c.steady(string(b.SQL)); kept != nil {
			_ = s.Close() // it has not run
			s = kept
			c.statements[string(b.SQL)] = s
		}
	}
	if kept, err := c.planned(s, b); kept != nil || err != nil {
		s = kept
		if err != nil {
			return nil, err
		}
	} else if err := bindAll(s, b); err != nil {
		return nil, err
	}
	c.running = profile.Begin(c.caller, b.SQL)
	return s, nil
}

// ended notes that the statement of bound has run.
func (c *conn) ended() {
	c.running.End()
	c.running = profile.Running{}
}

// date writes a date as it is stored.
func date(v query.Value) string { return strings.Trim(v.JSON(), `"`) }

func bindAll(s *sqlite3.Stmt, b *sqldb.Builder) error {
	for i := range b.Args {
		if err := bind(s, i+1, b.Args[i].Value); err != nil {
			return err
		}
	}
	return nil
}

func bind(s *sqlite3.Stmt, i int, v query.Value) error {
	switch v.Kind() {
	case query.KindNull:
		return s.BindNull(i)
	case query.KindBool:
		return s.BindBool(i, v.Bool())
	case query.KindInt, query.KindTime:
		return s.BindInt64(i, v.Int())
	case query.KindFloat:
		return s.BindFloat(i, v.Float())
	case query.KindDecimal:
		return s.BindText(i, encodeDecimal(v.Text()))
	case query.KindDate:
		return s.BindText(i, date(v))
	case query.KindBytes:
		return s.BindBlob(i, []byte(v.Text()))
	}
	return s.BindText(i, v.Text())
}

// first returns the number in the first row of a statement.
func first(s *sqlite3.Stmt) (int64, error) {
	defer s.Reset()
	if !s.Step() {
		return 0, s.Err()
	}
	return s.ColumnInt64(0), nil
}

func (c *conn) run() error {
	s, err := c.bound()
	if err != nil {
		return err
	}
	defer c.ended()
	return s.Exec()
}
