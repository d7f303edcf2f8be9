package sqlite

import (
	"os"
	"strconv"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/dbtest"
)

// TestFind_ADeepPageTakesAsManySteps counts the steps of SQLite's machine, and how often it sorts. Page 500 takes at most twice those
// of page 1, since each row is compared with the cursor, however many have the same value. BASALT_ROWS=1000000 makes the table
// that large.
func TestFind_ADeepPageTakesAsManySteps(t *testing.T) {
	t.Parallel()
	opened, err := Open(t.Context(), db.Config{URL: "file:test.db", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close() // the test is over
	d := opened.(*Driver)
	total, err := strconv.Atoi(os.Getenv("BASALT_ROWS"))
	if err != nil {
		total = 20_000
	}
	pages := dbtest.NewPages(t, d, total)
	for _, page := range pages.Each(t, 500) {
		var steps, sorts [2]int
		for i, find := range []db.Find{page.First, page.Deep} {
			err := d.read(t.Context(), func(c *conn) error {
				if rows, err := c.find(pages.Collection, find); err != nil || len(rows) != 20 {
					t.Fatal(len(rows), err)
				}
				s, err := c.bound()
				if err == nil {
					steps[i], sorts[i] = s.Status(sqlite3.STMTSTATUS_VM_STEP, true), s.Status(sqlite3.STMTSTATUS_SORT, true)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if steps[0] == 0 || steps[1] > 2*steps[0] || sorts != [2]int{} {
			t.Errorf("%s: page 500 takes %d steps and sorts %d times, page 1 takes %d and %d", page.Name, steps[1], sorts[1], steps[0], sorts[0])
		}
	}
}
