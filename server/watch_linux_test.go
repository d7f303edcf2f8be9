package server_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestReload_WritesBesideTheFileWakeNothing: who watches a directory is told of each write of a database in it, which took 2.8 % of
// a create.
func TestReload_WritesBesideTheFileWakeNothing(t *testing.T) {
	t.Parallel()
	servertest.Start(t, "databases: { main: { driver: memory } }\nlog: { level: error }\n")
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(open) == 0 {
		t.Fatal(err)
	}
	for _, path := range open {
		what, err := os.Readlink(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // closed since then
			t.Fatal(err)
		}
		if strings.Contains(what, "inotify") {
			t.Errorf("%s is %s", path, what)
		}
	}
}
