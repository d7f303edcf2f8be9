package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
)

// TestOpen_MakesFilesOfTheOwnerAlone: a new database, and what SQLite adds to it, can be read by no other user.
func TestOpen_MakesFilesOfTheOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := db.Config{URL: "file:app.db", Dir: dir}
	d, err := Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() // the test is over
	seen := 0
	for _, path := range files(c) {
		info, err := os.Stat(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", filepath.Base(path), info.Mode(), err)
		}
		seen++
	}
	if seen < 3 {
		t.Errorf("there are %d files", seen)
	}
}
