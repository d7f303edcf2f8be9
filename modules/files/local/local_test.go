package local_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/basalt-dev/basalt/modules/files/local"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/files/storagetest"
)

func TestStorage(t *testing.T) {
	t.Parallel()
	s, err := local.Open(filepath.Join(t.TempDir(), "a", "files"))
	if err != nil {
		t.Fatal(err)
	}
	storagetest.Run(t, s)
}

// TestStorage_StaysInItsDirectory: whatever a key is.
func TestStorage_StaysInItsDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outside := filepath.Join(dir, "outside")
	s, err := local.Open(filepath.Join(dir, "files"))
	if err == nil {
		err = os.WriteFile(outside, []byte("x"), 0o600)
	}
	if err == nil {
		err = os.Symlink(dir, filepath.Join(dir, "files", "link"))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, key := range []string{"../outside", outside, "link/outside", "a/../../outside"} {
		if _, err := s.Open(context.Background(), key, 0, 1); err == nil {
			t.Errorf("%s can be read", key)
		}
		if err := s.Put(context.Background(), key, strings.NewReader("y"), 1); err == nil {
			t.Errorf("%s can be written", key)
		}
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "x" {
		t.Errorf("outside is %q, %v", text, err)
	}
}

// TestList_RemovesWhatAKilledProcessHasLeft: when it is old.
func TestList_RemovesWhatAKilledProcessHasLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := local.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	old, young := filepath.Join(dir, ".partial", "old"), filepath.Join(dir, ".partial", "young")
	for _, name := range []string{old, young} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ago := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, ago, ago); err != nil {
		t.Fatal(err)
	}
	if err := s.List(context.Background(), "", func(o storage.Object) error { t.Errorf("listed %s", o.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("the old one is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("the young one is gone")
	}
}

// TestPut_WhileItsDirectoryIsRemoved: another file was the last one in it.
func TestPut_WhileItsDirectoryIsRemoved(t *testing.T) {
	t.Parallel()
	s, err := local.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all errgroup.Group
	for _, key := range []string{"content/photos/a", "content/photos/b", "content/c"} {
		all.Go(func() error {
			for range 200 {
				if err := s.Put(t.Context(), key, strings.NewReader("x"), 1); err != nil {
					return err
				}
				if _, err := s.Stat(t.Context(), key); err != nil {
					return err
				}
				if err := s.Delete(t.Context(), key); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
}
