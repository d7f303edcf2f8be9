package edit_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/config/edit"
)

func fileOf(t *testing.T, text string) (f *edit.File, path string, told *int) {
	t.Helper()
	path, told = filepath.Join(t.TempDir(), "basalt.yaml"), new(int)
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return edit.NewFile(path, false, func() { *told++ }), path, told
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFile_WritesOnlyOverWhatWasSeen(t *testing.T) {
	t.Parallel()
	f, path, told := fileOf(t, "a: 1\n")
	_, hash, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("a: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(hash, "a: 3\n"); !errors.Is(err, edit.ErrChanged) || content(t, path) != "a: 2\n" || *told != 0 {
		t.Errorf("it writes over what another has written: %v", err)
	}
	if _, hash, err = f.Read(); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(hash, "a: 3\n"); err != nil || content(t, path) != "a: 3\n" || *told != 1 {
		t.Errorf("got %v, %q, told %d times", err, content(t, path), *told)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the rights have changed: %v %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("something is left: %v", left)
	}
}

func TestFile_OneOfManyWins(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	if err := os.WriteFile(path, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := edit.NewFile(path, false, func() {})
	_, hash, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() { errs[i] = f.Write(hash, strings.Repeat("b", i+2)) })
	}
	all.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			if content(t, path) != strings.Repeat("b", i+2) {
				t.Error("the file is not that of the winner")
			}
		} else if !errors.Is(err, edit.ErrChanged) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d have written", won)
	}
}

func TestFile_LeavesLinksAlone(t *testing.T) {
	t.Parallel()
	f, path, _ := fileOf(t, "a: 1\n")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := errors.Join(os.Rename(path, elsewhere), os.Symlink(elsewhere, path)); err != nil {
		t.Fatal(err)
	}
	_, hash, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(hash, "a: 2\n"); err == nil || !strings.Contains(err.Error(), "symbolic link") || content(t, elsewhere) != "a: 1\n" {
		t.Errorf("it writes through a link: %v", err)
	}
}

func TestFile_PutsBackWhatDoesNotRun(t *testing.T) {
	t.Parallel()
	write := func(f *edit.File, text string) {
		t.Helper()
		_, hash, err := f.Read()
		if err == nil {
			err = f.Write(hash, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	f, path, _ := fileOf(t, "a: 1\n")
	write(f, "a: 2\n")
	if loading, _ := f.State(); !loading {
		t.Error("it is not being loaded")
	}
	f.Loaded(f.Loading(), errors.New("no room"))
	if loading, failed := f.State(); loading || failed != "no room" || content(t, path) != "a: 1\n" {
		t.Errorf("got %t, %q, %q", loading, failed, content(t, path))
	}
	begun := f.Loading()
	write(f, "a: 3\n")
	for _, of := range []error{nil, errors.New("of the file before")} {
		f.Loaded(begun, of)
		if loading, failed := f.State(); !loading || failed != "" || content(t, path) != "a: 3\n" {
			t.Errorf("what was read before is taken for what was written: %t, %q, %q", loading, failed, content(t, path))
		}
	}
	f.Loaded(f.Loading(), nil)
	f.Loaded(f.Loading(), errors.New("of a later change by someone else"))
	if _, failed := f.State(); failed != "" || content(t, path) != "a: 3\n" {
		t.Errorf("got %q, %q", failed, content(t, path))
	}
	write(f, "a: 4\n")
	if err := os.WriteFile(path, []byte("a: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.Loaded(f.Loading(), errors.New("no room"))
	if content(t, path) != "a: 5\n" {
		t.Error("it takes back what someone else has written")
	}
}
