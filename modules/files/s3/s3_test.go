package s3_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files/s3"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/files/storagetest"
)

// bucket starts an S3 server with a bucket. fail decides about each request whether it is refused.
func bucket(t *testing.T, fail func(*http.Request) bool) storage.Config {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("media"); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fail != nil && fail(r) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return storage.Config{Endpoint: server.URL, Bucket: "media", Region: "us-east-1", Key: "key", Secret: "secret", PathStyle: true}
}

func TestStorage(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "basalt/"} {
		c := bucket(t, nil)
		c.Prefix = prefix
		s, err := s3.Open(c)
		if err != nil {
			t.Fatal(err)
		}
		storagetest.Run(t, s)
	}
}

// TestStorage_RefusalsAreErrors: with the cause, and without the key.
func TestStorage_RefusalsAreErrors(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	s, err := s3.Open(bucket(t, func(*http.Request) bool { return down.Load() }))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := s.Put(ctx, "a", strings.NewReader("x"), 1); err != nil {
		t.Fatal(err)
	}
	down.Store(true)
	_, opening := s.Open(ctx, "a", 0, 1)
	_, looking := s.Stat(ctx, "a")
	for what, err := range map[string]error{
		"put": s.Put(ctx, "b", strings.NewReader("x"), 1), "open": opening, "stat": looking, "move": s.Move(ctx, "a", "c"), "delete": s.Delete(ctx, "a"),
		"list": s.List(ctx, "", func(storage.Object) error { return nil }),
	} {
		if err == nil || !strings.Contains(err.Error(), "S3") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", what, err)
		}
	}
	down.Store(false)
	if _, err := s.Stat(ctx, "a"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestStorage_WhatIsCutOffIsNoEnd: neither of an object that is read, nor of one that is written. What a writer that was killed
// has begun is found, and removed.
func TestStorage_WhatIsCutOffIsNoEnd(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	if err := backend.CreateBucket("media"); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(backend).Server()
	var cut atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case cut.Load() && r.Method == http.MethodGet && r.URL.RawQuery == "":
			w.Header().Set("Content-Length", "10")
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			_, _ = io.WriteString(w, "half ") // to the client that is cut off
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case cut.Load() && (r.Method == http.MethodDelete || r.URL.Query().Get("partNumber") == "2"):
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s, err := s3.Open(storage.Config{Endpoint: server.URL, Bucket: "media", Region: "us-east-1", Key: "key", Secret: "secret", PathStyle: true, Prefix: "basalt/"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := s.Put(ctx, "a", strings.NewReader("0123456789"), 10); err != nil {
		t.Fatal(err)
	}
	cut.Store(true)
	f, err := s.Open(ctx, "a", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if fault.CodeOf(err) != fault.Unavailable || errors.Is(err, io.ErrUnexpectedEOF) || f.Close() != nil {
		t.Errorf("read %q, %v", text, err)
	}
	if err := s.Put(ctx, "large", strings.NewReader(strings.Repeat("x", 11<<20)), -1); err == nil {
		t.Error("what was cut off is stored")
	}
	cut.Store(false)
	begun := func() (keys []string) {
		t.Helper()
		if err := s.ListUnfinished(ctx, func(o storage.Object) error {
			if time.Since(o.Stored) > time.Hour {
				t.Errorf("%s was begun at %s", o.Key, o.Stored)
			}
			keys = append(keys, o.Key)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return keys
	}
	if got := begun(); len(got) != 1 || got[0] != "large" {
		t.Errorf("unfinished: %v", got)
	}
	for range 2 { // the second time there is none
		if err := s.DropUnfinished(ctx, "large"); err != nil {
			t.Fatal(err)
		}
	}
	if got := begun(); len(got) != 0 {
		t.Errorf("unfinished afterwards: %v", got)
	}
}

func TestOpen_ChecksTheConfiguration(t *testing.T) {
	t.Parallel()
	good := storage.Config{Endpoint: "https://s3.example.com", Bucket: "b", Key: "k", Secret: "s"}
	for what, change := range map[string]func(*storage.Config){
		"no endpoint":       func(c *storage.Config) { c.Endpoint = "" },
		"no scheme":         func(c *storage.Config) { c.Endpoint = "s3.example.com" },
		"a path":            func(c *storage.Config) { c.Endpoint += "/bucket" },
		"no bucket":         func(c *storage.Config) { c.Bucket = "" },
		"a key alone":       func(c *storage.Config) { c.Secret = "" },
		"a token alone":     func(c *storage.Config) { c.Key, c.Secret, c.Token = "", "", "t" },
		"a directory, also": func(c *storage.Config) { c.Dir = "x" },
	} {
		c := good
		change(&c)
		if err := storage.Check("s3", c); err == nil {
			t.Errorf("%s is accepted", what)
		}
	}
	if err := storage.Check("s3", good); err != nil {
		t.Error(err)
	}
}
