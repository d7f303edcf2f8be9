package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
)

// TestOpen_ThePathIsTakenAsItIs: characters that mean something in a URI mean nothing in the path of a file.
func TestOpen_ThePathIsTakenAsItIs(t *testing.T) {
	for _, name := range []string{"a#b.db", "a%41.db", "a%.db", "a b.db", "a+b&c=d.db", "é;ü.db", "sub#dir/a.db", "a:b.db", "[x]^`{}.db"} {
		dir := t.TempDir()
		d, err := Open(context.Background(), db.Config{URL: "file:" + name, Dir: dir})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Size() == 0 {
			t.Errorf("%s: the database is not there: %v", name, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s: beside it are others: %v %v", name, entries, err)
		}
	}
}
