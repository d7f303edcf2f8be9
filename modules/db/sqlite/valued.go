package sqlite

import (
	"errors"
	"strings"

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
	uses  map[string]*int          // how often a statement was used whose plan may depend on its values, until that is known
	plans map[string]*sqlite3.Stmt // by the statement and its values
	key   []byte
}

func (v *valued) forget() {
	for key, s := range v.plans {
		_ = s.Close() // a statement's close repeats the error of its last step
		delete(v.plans, key)
	}
	clear(v.uses)
}

// watch begins to look whether the plan of a statement depends on its values.
func (v *valued) watch(sql string) {
	if !strings.HasPrefix(sql, "SELECT") || !strings.Contains(sql, "?") {
		return
	}
	if v.uses == nil {
		v.uses = map[string]*int{}
	}
	v.uses[sql] = new(int)
}

// looks is after how many uses it is known whether a plan depends on values.
const looks = 4

// planned returns the statement that has the values of the builder's, nil where its plan does not depend on them.
func (c *conn) planned(whole *sqlite3.Stmt, b *sqldb.Builder) (*sqlite3.Stmt, error) {
	v := &c.valued
	if len(v.uses) == 0 {
		return nil, nil
	}
	uses := v.uses[string(b.SQL)]
	if uses == nil {
		return nil, nil
	}
	if *uses < looks {
		*uses++
		if *uses == looks && whole.Status(sqlite3.STMTSTATUS_REPREPARE, false) < looks-1 {
			delete(v.uses, string(b.SQL))
		}
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
