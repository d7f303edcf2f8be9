package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestFilesCommand_SaysHowFarItIs: put and get, of what they have read, to the end.
func TestFilesCommand_SaysHowFarItIs(t *testing.T) {
	t.Parallel()
	config := servertest.Write(t, filesConfig)
	servertest.StartProcess(t, config).Stop()
	f, err := offline.OpenFiles(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	source := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(source, bytes.Repeat([]byte("x"), 200_000), 0o600); err != nil {
		t.Fatal(err)
	}
	var id string
	for what, do := range map[string]func(context.Context) error{
		"put": func(ctx context.Context) (err error) { id, err = f.Put(ctx, "media", source, "a.txt", ""); return err },
		"get": func(ctx context.Context) error { return f.Get(ctx, "media", "a.txt", &bytes.Buffer{}) },
	} {
		if what == "get" && id == "" { // the order of a map
			if id, err = f.Put(t.Context(), "media", source, "a.txt", ""); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		shown := &bar{out: &out}
		f.Progress = shown.report
		if err := do(t.Context()); err != nil {
			t.Fatal(err)
		}
		shown.end()
		if lines := strings.Split(out.String(), "\r"); len(lines) < 2 || lines[len(lines)-1] != "["+strings.Repeat("#", barWidth)+"] 100 %  0.2 MB of 0.2 MB\n" {
			t.Errorf("%s shows %q", what, out.String())
		}
	}
	none := &bar{}
	none.report(1, 2)
	none.end()
}
