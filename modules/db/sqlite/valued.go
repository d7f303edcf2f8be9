package sqlite

import (
	"errors"

	"github.com/ncruces/go-sqlite3"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
)

// Where a value is rare or frequent, as that of an enum, each wants a plan of its own, and SQLite makes it again whenever a
// value is bound. So a statement is kept for each list of values that was asked for lately, with its values.

// maxValued limits those of a connection, and longestValued the bytes of one with its values.
const (
	maxValued     = 64
	longestValued = 4096
)

type valued struct {
	sql   map[string]bool          // the statements whose plan depends on their values
	plans map[string]*sqlite3.Stmt // by the statement and its values
	key   []byte
}

func (v *valued) forget() {
	for key, s := range v.plans {
		_ = s.Close() // a statement's close repeats the error of its last step
		delete(v.plans, key)
	}
	clear(v.sql)
}

// planned returns the statement that has the values of the builder's, nil where its plan does not depend on them.
func (c *conn) planned(b *sqldb.Builder) (*sqlite3.Stmt, error) {
	v := &c.valued
	if len(v.sql) == 0 || !v.sql[string(b.SQL)] {
		return nil, nil
	}
	v.key = append(append(v.key[:0], b.SQL...), 0)
	for i := range b.Args {
		v.key = append(v.key, byte(b.Args[i].Value.Kind()), ' ')
		v.key = append(b.Args[i].Value.AppendJSON(v.key), 0)
	}
	if len(v.key) > longestValued {
		return nil, nil
	}
	if s := v.plans[string(v.key)]; s != nil {
		return s, nil
	}
	for key, old := range v.plans {
		if len(v.plans) < maxValued {
			break
		}
		if !old.Busy() {
			_ = old.Close() // it repeats the error of its last step
			delete(v.plans, key)
		}
	}
	s, _, err := c.db.PrepareFlags(string(b.SQL), sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	if err := bindAll(s, b); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if v.plans == nil {
		v.plans = map[string]*sqlite3.Stmt{}
	}
	v.plans[string(v.key)] = s
	return s, nil
}
