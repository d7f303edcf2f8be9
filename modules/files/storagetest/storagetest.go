// Package storagetest is what every storage driver has to pass.
package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/files/storage"
)

var errBroken = errors.New("the client is gone")

// broken is a reader that fails after some bytes.
type broken struct{ left int }

func (b *broken) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errBroken
	}
	n := min(len(p), b.left)
	b.left -= n
	return n, nil
}

// Run tests a storage that is empty.
func Run(t *testing.T, s storage.Storage) {
	ctx := context.Background()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	read := func(key string, offset, length int64) string {
		t.Helper()
		f, err := s.Open(ctx, key, offset, length)
		check(err)
		text, err := io.ReadAll(f)
		check(errors.Join(err, f.Close()))
		return string(text)
	}
	list := func(prefix string) (keys []string) {
		t.Helper()
		check(s.List(ctx, prefix, func(o storage.Object) error {
			keys = append(keys, o.Key)
			if o.Stored.IsZero() {
				t.Errorf("%s was stored at no time", o.Key)
			}
			return nil
		}))
		slices.Sort(keys)
		return keys
	}
	if keys := list(""); len(keys) != 0 {
		t.Fatalf("the storage has %v", keys)
	}
	large := strings.Repeat("0123456789", 1_200_000) // several parts of a multipart upload
	for key, content := range map[string]string{"a/one": "first", "a/b/two": "", "ab/three": large} {
		check(s.Put(ctx, key, strings.NewReader(content), int64(len(content))))
		check(s.Put(ctx, "again/"+key, strings.NewReader(content), -1))
		for _, key := range []string{key, "again/" + key} {
			o, err := s.Stat(ctx, key)
			check(err)
			if o.Size != int64(len(content)) || o.Key != key || o.Stored.IsZero() {
				t.Errorf("%+v of %s", o, key)
			}
			if content != "" && read(key, 0, o.Size) != content {
				t.Errorf("%s has changed", key)
			}
		}
	}
	if got := read("ab/three", 11_999_995, 5); got != "56789" {
		t.Errorf("the end is %q", got)
	}
	if got := read("a/one", 1, 2); got != "ir" {
		t.Errorf("the middle is %q", got)
	}
	if got := list("a/"); !slices.Equal(got, []string{"a/b/two", "a/one"}) {
		t.Errorf("below a/: %v", got)
	}
	check(s.Put(ctx, "a/one", strings.NewReader("second"), 6))
	if got := read("a/one", 0, 6); got != "second" {
		t.Errorf("after the second: %q", got)
	}
	for _, size := range []int64{-1, 1000} {
		if err := s.Put(ctx, "broken", &broken{500}, size); !errors.Is(err, errBroken) {
			t.Errorf("size %d, a reader that fails: %v", size, err)
		}
	}
	if _, err := s.Stat(ctx, "broken"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half of an object is there: %v", err)
	}
	check(s.Move(ctx, "a/one", "content/x/one"))
	check(s.Move(ctx, "ab/three", "content/x/three"))
	if got := read("content/x/one", 0, 6); got != "second" {
		t.Errorf("after the move: %q", got)
	}
	for _, missing := range []string{"a/one", "nothing"} {
		if _, err := s.Open(ctx, missing, 0, 1); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("opening %s: %v", missing, err)
		}
		if _, err := s.Stat(ctx, missing); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("looking at %s: %v", missing, err)
		}
		if err := s.Move(ctx, missing, "y"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("moving %s: %v", missing, err)
		}
		check(s.Delete(ctx, missing))
	}
	stop := errors.New("enough")
	if err := s.List(ctx, "", func(storage.Object) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("a list that was stopped: %v", err)
	}
	for _, key := range list("") {
		check(s.Delete(ctx, key))
	}
	if keys := list(""); len(keys) != 0 {
		t.Errorf("left: %v", keys)
	}
	check(s.Put(ctx, "a/one", bytes.NewReader([]byte("anew")), 4))
	check(s.Close())
}
