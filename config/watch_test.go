package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/config"
)

// TestWatch_SeesEveryWayOfChange changes a file as people, editors, deployments and containers do. The time and the size of a
// file stay the same where a case is not about them.
func TestWatch_SeesEveryWayOfChange(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	write := func(path, text string, after time.Duration) error {
		return errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, at, at.Add(after)))
	}
	link := func(to, path string) error { // as ln -sfn does, and Kubernetes
		return errors.Join(os.Symlink(to, path+"_tmp"), os.Rename(path+"_tmp", path))
	}
	for _, test := range []struct {
		name            string
		before, changes func(path string) error // before: beside the file
		unseen          bool
	}{
		{name: "written in place, as large as before", changes: func(path string) error { return write(path, "two", time.Microsecond) }},
		{name: "written in place in the same moment", changes: func(path string) error { return write(path, "three", 0) }},
		{name: "an older one copied with its time", changes: func(path string) error { return write(path, "two", -time.Hour) }},
		{name: "another renamed over it, as editors do", changes: func(path string) error {
			return errors.Join(write(path+"~", "two", 0), os.Rename(path+"~", path))
		}},
		{name: "renamed, and written again, as other editors do", changes: func(path string) error {
			return errors.Join(os.Rename(path, path+"~"), write(path, "two", 0))
		}},
		{name: "removed", changes: os.Remove},
		{name: "written where there was none", before: os.Remove, changes: func(path string) error { return write(path, "one", 0) }},
		{name: "a link leads to another file", before: func(path string) error {
			return errors.Join(write(path+".1", "one", 0), write(path+".2", "two", 0), link(path+".1", path))
		}, changes: func(path string) error { return link(path+".2", path) }},
		{name: "the file that a link leads to is written", before: func(path string) error {
			return errors.Join(write(path+".1", "one", 0), link(path+".1", path))
		}, changes: func(path string) error { return write(path+".1", "two", time.Second) }},
		{name: "a link becomes a file", before: func(path string) error {
			return errors.Join(write(path+".1", "one", 0), link(path+".1", path))
		}, changes: func(path string) error {
			return errors.Join(write(path+"~", "two", 0), os.Rename(path+"~", path))
		}},
		{name: "a ConfigMap has another version", before: func(path string) error {
			dir := filepath.Dir(path)
			return errors.Join(os.Mkdir(filepath.Join(dir, "..1"), 0o700), write(filepath.Join(dir, "..1", "basalt.yaml"), "one", 0),
				link("..1", filepath.Join(dir, "..data")), link(filepath.Join("..data", "basalt.yaml"), path))
		}, changes: func(path string) error {
			dir := filepath.Dir(path)
			return errors.Join(os.Mkdir(filepath.Join(dir, "..2"), 0o700), write(filepath.Join(dir, "..2", "basalt.yaml"), "two", 0),
				link("..2", filepath.Join(dir, "..data")), os.RemoveAll(filepath.Join(dir, "..1")))
		}},
		{name: "files beside it are written", unseen: true, changes: func(path string) error {
			var err error
			for i := range 1000 {
				err = errors.Join(err, write(path+"-wal", fmt.Sprint(i), time.Duration(i)))
			}
			return err
		}},
		{name: "it is read", unseen: true, changes: func(path string) error {
			_, err := os.ReadFile(path)
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "basalt.yaml")
			err := write(path, "one", 0)
			if test.before != nil {
				err = errors.Join(err, test.before(path))
			}
			if err != nil {
				t.Fatal(err)
			}
			w := config.NewWatch(path)
			if first, second := w.Changed(), w.Changed(); first || second {
				t.Error("a change is seen where there was none")
			}
			if err := test.changes(path); err != nil {
				t.Fatal(err)
			}
			first, second, third := w.Changed(), w.Changed(), w.Changed()
			if first || second == test.unseen || third {
				t.Errorf("when asked three times it has changed: %t, %t, %t", first, second, third)
			}
		})
	}
}

// TestWatch_ADirectoryOnTheWayIsSwapped deploys as releases are: the directory of the file is behind a link.
func TestWatch_ADirectoryOnTheWayIsSwapped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, release := range []string{"1", "2"} {
		if err := errors.Join(os.Mkdir(filepath.Join(dir, release), 0o700), os.WriteFile(filepath.Join(dir, release, "basalt.yaml"), []byte(release), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	current := filepath.Join(dir, "current")
	if err := os.Symlink("1", current); err != nil {
		t.Fatal(err)
	}
	w := config.NewWatch(filepath.Join(current, "basalt.yaml"))
	if err := errors.Join(os.Remove(current), os.Symlink("2", current)); err != nil {
		t.Fatal(err)
	}
	if w.Changed() || !w.Changed() {
		t.Error("the other release is not seen")
	}
}

// TestWatch_WaitsUntilAFileIsWritten asks between the steps of an editor.
func TestWatch_WaitsUntilAFileIsWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	w := config.NewWatch(path)
	for step := range 5 {
		if err := os.WriteFile(path, make([]byte, step), 0o600); err != nil {
			t.Fatal(err)
		}
		if w.Changed() {
			t.Errorf("step %d is taken for the last", step)
		}
	}
	if !w.Changed() {
		t.Error("the file is not seen when it is written")
	}
}

// TestWatch_SeenIsNoChange has the file read for another reason after it was written.
func TestWatch_SeenIsNoChange(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	w := config.NewWatch(path)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.Seen()
	if first, second := w.Changed(), w.Changed(); first || second {
		t.Error("it would be read twice")
	}
}
