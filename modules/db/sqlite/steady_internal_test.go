package sqlite

import (
	"fmt"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// TestSteady_KeepsThePlansThatFitEveryValue: a statement that finds few rows for any value is not planned again for each; one
// whose plan depends on the value is.
func TestSteady_KeepsThePlansThatFitEveryValue(t *testing.T) {
	c, err := open(t.TempDir()+"/a.db", "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.db.Close() // the test is over
	if err := c.db.Exec(`CREATE TABLE ev (id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, state TEXT NOT NULL, price NUMERIC NOT NULL);
		WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)
		INSERT INTO ev SELECT 'k' || n, 'o' || (n % 500), CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'open' END, n / 100.0 FROM numbers;
		CREATE INDEX by_owner ON ev (owner); CREATE INDEX by_state ON ev (state); CREATE INDEX by_price ON ev (price); ANALYZE`); err != nil {
		t.Fatal(err)
	}
	for sql, kept := range map[string]bool{
		"SELECT * FROM ev WHERE id = ?":                                    true,
		"SELECT * FROM ev WHERE price = ? ORDER BY id LIMIT 20":            true,
		"SELECT * FROM ev WHERE owner = ? AND state = ?":                   true,
		"SELECT * FROM ev WHERE state = ? ORDER BY id LIMIT 20":            false,
		"SELECT * FROM ev WHERE price > ?":                                 false,
		"SELECT * FROM ev ORDER BY id LIMIT ?":                             false,
		"UPDATE ev SET state = ? WHERE id = ?":                             true,
		"SELECT * FROM ev WHERE price = ? AND id > ? ORDER BY id LIMIT 20": true,
	} {
		replanned := func(s *sqlite3.Stmt) int {
			for n := range 4 {
				for i := 1; i <= s.BindCount(); i++ {
					if err := s.BindText(i, fmt.Sprint("k", n)); err != nil {
						t.Fatal(err)
					}
				}
				for s.Step() {
				}
				if err := s.Reset(); err != nil && s.BindCount() < 2 {
					t.Fatal(err)
				}
			}
			return s.Status(sqlite3.STMTSTATUS_REPREPARE, true)
		}
		s := c.steady(sql)
		if (s != nil) != kept {
			t.Errorf("%s: kept is %v", sql, s != nil)
			continue
		}
		if s == nil {
			continue
		}
		if n := replanned(s); n != 0 {
			t.Errorf("%s is planned %d times more", sql, n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
