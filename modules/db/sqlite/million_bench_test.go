package sqlite_test

import (
	"fmt"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
	"github.com/basalt-dev/basalt/modules/query"
)

// BenchmarkMillion lists rows of a table that was there before, beside the client library. BASALT_ROWS=1000000 makes it that
// large.
func BenchmarkMillion(b *testing.B) {
	fields := append([]query.Field{}, dbtest.Million...)
	fields[5].Type = query.TypeFloat // SQLite has no decimals
	c := &db.Collection{Name: "ev", Table: "ev", Shape: query.NewShape(fields)}
	for _, f := range fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	d, conn := adopted(b, fmt.Sprintf(`CREATE TABLE ev (id TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL, owner TEXT NOT NULL, state TEXT NOT NULL, email TEXT COLLATE NOCASE NOT NULL, price NUMERIC NOT NULL);
		WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d)
		INSERT INTO ev SELECT printf('%%08x-1111-4111-8111-%%012x', (n * 2654435761) & 0xffffffff, n), 1767225600000000 + n * 1000000, printf('00000000-0000-4000-8000-%%012d', n %% 1000),
			CASE WHEN n %% 100000 = 0 THEN 'rare' WHEN n %% 2 = 0 THEN 'open' ELSE 'closed' END, 'User' || n || '@example.org', n / 100.0 FROM numbers;
		CREATE INDEX by_at ON ev (at); CREATE INDEX by_owner ON ev (owner, at); CREATE INDEX by_state ON ev (state); CREATE UNIQUE INDEX by_email ON ev (email); CREATE INDEX by_price ON ev (price); ANALYZE`, dbtest.MillionRows()), c)
	statements := map[string]*sqlite3.Stmt{}
	dbtest.BenchmarkMillion(b, d, c, func(statement string) (n int, err error) {
		s := statements[statement]
		if s == nil {
			if s, _, err = conn.Prepare(statement); err != nil {
				return 0, err
			}
			statements[statement] = s
		}
		defer s.Reset() // its error was that of the last step
		for s.Step() {
			_, _, _, _, _, _ = s.ColumnText(0), s.ColumnInt64(1), s.ColumnText(2), s.ColumnText(3), s.ColumnText(4), s.ColumnFloat(5)
			n++
		}
		return n, s.Err()
	})
}
