//go:build linux

package local

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
)

// open is how many files stay open.
func (k *kept) open() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.idle)
}

// TestOpenFixed_ReadsWhatIsThere: a file that stays open is read from where it is asked for, by many at once, and is neither
// what was there before nor what was removed.
func TestOpenFixed_ReadsWhatIsThere(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	put := func(key, text string) {
		t.Helper()
		if err := s.Put(ctx, key, strings.NewReader(text), int64(len(text))); err != nil {
			t.Fatal(err)
		}
	}
	read := func(key string, offset, length int64) string {
		t.Helper()
		f, err := s.OpenFixed(ctx, key, offset, length)
		if err != nil {
			t.Error(err)
			return ""
		}
		text, err := io.ReadAll(f)
		if err = errors.Join(err, f.Close(), f.Close()); err != nil {
			t.Error(err)
		}
		if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("a part that is closed is read on: %d, %v", n, err)
		}
		return string(text)
	}
	put("a/b", "0123456789")
	for _, c := range []struct {
		offset, length int64
		want           string
	}{{0, 10, "0123456789"}, {0, 10, "0123456789"}, {3, 4, "3456"}, {0, 2, "01"}, {9, 1, "9"}} {
		if got := read("a/b", c.offset, c.length); got != c.want {
			t.Errorf("%d bytes from %d: %q", c.length, c.offset, got)
		}
	}
	if n := s.kept.open(); n > 1 {
		t.Errorf("%d files stay open of one", n)
	}
	var reading sync.WaitGroup
	for n := range 8 {
		reading.Go(func() {
			for range 50 {
				if got := read("a/b", int64(n), 2); got != "0123456789"[n:n+2] {
					t.Errorf("from %d: %q", n, got)
				}
			}
		})
	}
	reading.Wait()

	held, err := s.OpenFixed(ctx, "a/b", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	put("a/b", "replaced.")
	if got := read("a/b", 0, 9); got != "replaced." {
		t.Errorf("what was there before is read: %q", got)
	}
	if text, err := io.ReadAll(held); err != nil || string(text) != "0123456789" {
		t.Errorf("what was opened is read to %q, %v", text, err)
	}
	if err := held.Close(); err != nil { // it is not kept
		t.Fatal(err)
	}
	for range 3 {
		if got := read("a/b", 0, 9); got != "replaced." {
			t.Errorf("what was there before is read: %q", got)
		}
	}
	if err := s.Move(ctx, "a/b", "c"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenFixed(ctx, "a/b", 0, 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was moved is read: %v", err)
	}
	read("c", 0, 1)
	if err := s.Delete(ctx, "c"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenFixed(ctx, "c", 0, 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was removed is read: %v", err)
	}

	put("d", "x")
	read("d", 0, 1)
	if err := s.root.Remove("d"); err != nil { // as another node does
		t.Fatal(err)
	}
	if _, err := s.OpenFixed(ctx, "d", 0, 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what another node has removed is read: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestOpenFixed_KeepsFewAndNotForLong: and none when the storage is closed.
func TestOpenFixed_KeepsFewAndNotForLong(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	read := func(n int) {
		t.Helper()
		key := fmt.Sprint("k", n)
		if err := s.Put(ctx, key, strings.NewReader("x"), 1); err != nil {
			t.Fatal(err)
		}
		f, err := s.OpenFixed(ctx, key, 0, 1)
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	old := &s.kept
	for n := range mostKept + 5 {
		read(n)
	}
	old.mu.Lock()
	if len(old.idle) > mostKept {
		t.Errorf("%d files stay open", len(old.idle))
	}
	for i := range old.idle {
		old.idle[i].since = old.idle[i].since.Add(-keptTime)
	}
	old.mu.Unlock()
	old.end()
	if n := old.open(); n != 0 {
		t.Errorf("%d files stay open that nobody reads", n)
	}
	read(0)
	f, err := s.OpenFixed(ctx, "k1", 0, 1)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(f); err != nil || string(text) != "x" {
		t.Errorf("what was opened before the storage was closed is %q, %v", text, err)
	}
	if err := f.Close(); err != nil || old.open() != 0 {
		t.Errorf("%v; %d files stay open", err, old.open())
	}
}
