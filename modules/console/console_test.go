package console_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/console"
	"github.com/basalt-dev/basalt/modules/console/build/bundle"
	sdk "github.com/basalt-dev/basalt/sdk/js"
)

func TestFiles_AreBuiltFromTheSources(t *testing.T) {
	t.Parallel()
	want, err := bundle.Bundle(".")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range want {
		committed, err := os.ReadFile(filepath.Join("dist", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(content, committed) {
			t.Errorf("modules/console/dist/%s is stale; run: go generate ./modules/console", name)
		}
	}
}

// TestFiles_AreSmall keeps the first load under 90 KB with the SDK, which the server sends as well, and all of it under 300 KB.
func TestFiles_AreSmall(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(sdk.Module); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	first, sent, kept := packed.Len(), packed.Len(), 0
	for _, name := range []string{"", "app.js", "chunk.js", "style.css", "icon.svg", "more.js"} {
		f := console.Page("/console", name)
		if f == nil {
			t.Fatalf("there is no %q", name)
		}
		if sent += len(f.Compressed); name != "more.js" {
			first += len(f.Compressed)
		}
		kept += len(f.Content)
		r, err := gzip.NewReader(bytes.NewReader(f.Compressed))
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(r); err != nil || !bytes.Equal(content, f.Content) {
			t.Errorf("%q is compressed to something else: %v", name, err)
		}
	}
	t.Logf("first %d bytes, all %d, in the binary %d", first, sent, kept)
	if first > 90<<10 || sent > 300<<10 || kept > 1<<20 {
		t.Errorf("the console sends %d bytes first and %d in all, and has %d in the binary", first, sent, kept)
	}
}

// TestFiles_NameEachOtherByVersion is what lets a browser keep them: each is named by what it has now.
func TestFiles_NameEachOtherByVersion(t *testing.T) {
	t.Parallel()
	for of, names := range map[string][]string{"": {"app.js", "chunk.js", "style.css"}, "app.js": {"chunk.js", "more.js"}, "more.js": {"chunk.js"}} {
		content := string(console.Page("/console", of).Content)
		for _, name := range names {
			if want := name + "?v=" + console.Page("/console", name).Version + `"`; !strings.Contains(content, want) {
				t.Errorf("%q does not name %s", of, want)
			}
			for _, bare := range []string{`"` + name + `"`, `"./` + name + `"`} {
				if strings.Contains(content, bare) {
					t.Errorf("%q names %s without its version", of, bare)
				}
			}
		}
	}
}

// TestPage_HasNoScriptInIt is what the Content-Security-Policy demands.
func TestPage_HasNoScriptInIt(t *testing.T) {
	t.Parallel()
	page := string(console.Page("/ops/console", "").Content)
	for _, bad := range []string{"<script>", "<style", " on", "style=", "http:", "https:", "{{"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if !strings.Contains(page, `content="/ops/console"`) {
		t.Error("the page does not know its path")
	}
	if console.Page("/console", "../console.go") != nil || console.Page("/console", "dist/app.js") != nil {
		t.Error("there are other files")
	}
}

func TestInvitation_IsGoodOnceAndForAWhile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ok := func() error { return nil }
	var i console.Invitation
	if i.Redeem("", now, ok) == nil || i.Passes("", now) {
		t.Error("no one was invited, and a caller gets in")
	}
	code := i.Open(now)
	for _, wrong := range []string{"", code + "x", strings.ToUpper(code) + "-", code[1:]} {
		if i.Redeem(wrong, now, ok) == nil {
			t.Errorf("%q gets in", wrong)
		}
	}
	if i.Redeem(code, now.Add(console.InvitationTime), ok) == nil {
		t.Error("it is good for longer than it says")
	}
	if failed := errors.New("no"); !errors.Is(i.Redeem(code, now, func() error { return failed }), failed) {
		t.Error("the error of the caller is lost")
	}
	var pass string
	if err := i.Redeem(code, now, func() error { pass = i.Pass(now); return nil }); err != nil {
		t.Errorf("what has failed does not use it up: %v", err)
	}
	if i.Redeem(code, now, ok) == nil {
		t.Error("it is good twice")
	}
	if !i.Passes(pass, now.Add(59*time.Minute)) || i.Passes(pass, now.Add(console.PassTime)) || i.Passes(code, now) || i.Passes(pass+"x", now) || i.Passes("", now) {
		t.Error("the pass is not good for an hour")
	}
	first := i.Open(now)
	second := i.Open(now)
	if i.Redeem(first, now, ok) == nil || i.Redeem(second, now, ok) != nil {
		t.Error("a new invitation does not end the one before")
	}
}
