package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const filesConfig = `
databases: { main: { driver: sqlite, url: "file:app.db" } }
auth: { tokens: { secret: "q8Zf2mLr7TzVw4Kc8NbYs3Hd6JgPe5Ra" } }
collections:
  media:
    files: {}
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
`

// storedBytes returns the sum of the sizes, and the names, of what is below the storage of a configuration.
func storedBytes(t *testing.T, config string) (sum int64, names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(filepath.Dir(config), "data", "files"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum, names
}

// TestFilesCommand_AfterKills: a server is killed in the middle of uploads and deletes; each document that is there is
// whole, and after a repair nothing else is.
func TestFilesCommand_AfterKills(t *testing.T) {
	t.Parallel()
	config := servertest.Write(t, filesConfig)
	var acknowledged []string
	for round := range 3 {
		p := servertest.StartProcess(t, config)
		begun := make(chan struct{}, 1000)
		done := make(chan []string, 1)
		go func() { // uploads and deletes until the server is gone
			var ids []string
			defer func() {
				close(begun)
				done <- ids
			}()
			for i := 0; ; i++ {
				begun <- struct{}{}
				content := bytes.Repeat([]byte(fmt.Sprint(round, i, " ")), 20_000+i)
				resp, err := http.Post(p.URL+"/v1/files/media?name=f&fields={}", "application/octet-stream", bytes.NewReader(content))
				if err != nil {
					return
				}
				text, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close() // it has been read
				_, rest, ok := strings.Cut(string(text), `"id":"`)
				if err != nil || !ok || resp.StatusCode != http.StatusCreated {
					return
				}
				id, _, _ := strings.Cut(rest, `"`)
				if i%3 != 2 {
					ids = append(ids, id)
					continue
				}
				req, err := http.NewRequest(http.MethodDelete, p.URL+"/v1/files/media/"+id, nil)
				if err != nil {
					return
				}
				if resp, err = http.DefaultClient.Do(req); err != nil {
					return
				}
				_ = resp.Body.Close() // nothing of it was read
			}
		}()
		for range 20 + 7*round {
			if _, going := <-begun; !going {
				t.Fatal("an upload has failed before the server was killed")
			}
		}
		p.Kill()
		acknowledged = append(acknowledged, <-done...)
	}
	run := func(arguments ...string) string {
		t.Helper()
		out, err := exec.Command(servertest.Binary(t), append(append([]string{"files"}, arguments...), "--config", config)...).CombinedOutput()
		if err != nil {
			t.Fatalf("files %v: %v\n%s", arguments, err, out)
		}
		return string(out)
	}
	report := run("check", "--repair", "--grace", "0s")
	listed := run("ls", "media")
	var sum int64
	for line := range strings.Lines(listed) {
		var id, name string
		var size int64
		if _, err := fmt.Sscan(line, &id, &size, &name); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		sum += size
	}
	for _, id := range acknowledged {
		if !strings.Contains(listed, id) {
			t.Errorf("%s was answered with 201, and is not there", id)
		}
	}
	bytes, names := storedBytes(t, config)
	for _, name := range names { // nothing else is there but bytes under their hash
		text, err := os.ReadFile(name)
		if got := sha256.Sum256(text); err != nil || filepath.Base(name) != hex.EncodeToString(got[:]) && !strings.Contains(name, ".partial") {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(name, ".partial") {
			bytes -= int64(len(text))
		}
	}
	if bytes != sum {
		t.Errorf("documents have %d bytes, and %d are stored after: %s", sum, bytes, report)
	}
}

func TestFilesCommand(t *testing.T) {
	t.Parallel()
	config := servertest.Write(t, filesConfig)
	s := servertest.StartProcess(t, config)
	s.Stop()
	dir := t.TempDir()
	run := func(want bool, arguments ...string) string {
		t.Helper()
		out, err := exec.Command(servertest.Binary(t), append(append([]string{"files"}, arguments...), "--config", config)...).CombinedOutput()
		if (err == nil) != want {
			t.Fatalf("files %v: %v\n%s", arguments, err, out)
		}
		return string(out)
	}
	source := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(source, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSpace(run(true, "put", "media", source, "x/a.txt"))
	if again := strings.TrimSpace(run(true, "put", "media", source, "x/a.txt")); again != id {
		t.Errorf("put twice under a path: %s, then %s", id, again)
	}
	if got := run(true, "ls", "media", "x/"); got != id+"  7  x/a.txt\n" {
		t.Errorf("ls: %q", got)
	}
	if got := run(true, "ls", "media", "y/"); got != "" {
		t.Errorf("ls of nothing: %q", got)
	}
	if got := run(true, "get", "media", "x/a.txt"); got != "content" {
		t.Errorf("get: %q", got)
	}
	target := filepath.Join(dir, "b.txt")
	run(true, "get", "media", id, target)
	run(false, "get", "media", id, target) // it is there
	run(false, "get", "media", "nothing")
	run(false, "put", "media", source, "../x")
	run(false, "put", "nothing", source)
	if got := run(true, "check"); got != "1 files, 0.0 MB\n" {
		t.Errorf("check: %q", got)
	}
	_, names := storedBytes(t, config)
	if err := os.Remove(names[0]); err != nil {
		t.Fatal(err)
	}
	if got := run(false, "check"); !strings.Contains(got, "media/"+id+" has no bytes") {
		t.Errorf("check of a hole: %q", got)
	}
	run(true, "put", "media", source, "x/a.txt") // mends it
	run(true, "check")
	out, err := exec.Command(servertest.Binary(t), "backup", filepath.Join(dir, "b.tar"), "--config", config).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "the bytes of files are not in it: copy "+filepath.Join(filepath.Dir(config), "data", "files")) {
		t.Errorf("backup: %s %v", out, err)
	}
	run(true, "rm", "media", "x/a.txt")
	if _, names := storedBytes(t, config); len(names) != 0 {
		t.Errorf("after rm: %v", names)
	}
}

// TestFilesCommand_Move: nothing is lost on the way from one storage to another, however often it is begun.
func TestFilesCommand_Move(t *testing.T) {
	t.Parallel()
	both := "storage: { local: { driver: local, dir: data/files }, media: { driver: local, dir: data/media } }\n" + filesConfig
	config := servertest.Write(t, strings.Replace(both, "files: {}", "files: { storage: local }", 1))
	s := servertest.StartProcess(t, config)
	s.Stop()
	run := func(want bool, arguments ...string) string {
		t.Helper()
		out, err := exec.Command(servertest.Binary(t), append(append([]string{"files"}, arguments...), "--config", config)...).CombinedOutput()
		if (err == nil) != want {
			t.Fatalf("files %v: %v\n%s", arguments, err, out)
		}
		return string(out)
	}
	source := filepath.Join(t.TempDir(), "a.txt")
	put := func(path, content string) {
		t.Helper()
		if err := os.WriteFile(source, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		run(true, "put", "media", source, path)
	}
	put("a", "first")
	put("b", "")
	move := []string{"move", "--from", "local", "--to", "media"}
	if got := run(true, move...); !strings.HasPrefix(got, "2 copied, 0.0 MB; 0 were there; 0 removed from local\n") || !strings.Contains(got, "now write files: { storage: media } for media") {
		t.Errorf("the first time: %s", got)
	}
	put("c", "third")
	if got := run(true, move...); !strings.HasPrefix(got, "1 copied, 0.0 MB; 2 were there; 0 removed") {
		t.Errorf("the second time: %s", got)
	}
	put("d", "fourth")
	sum := sha256.Sum256([]byte("fourth"))
	key := hex.EncodeToString(sum[:])
	stored := filepath.Join(filepath.Dir(config), "data", "files", "content", "media", key[:2], key[2:4], key)
	if err := os.WriteFile(stored, []byte("f0urth"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(false, move...); !strings.Contains(got, key+" is damaged, and was not copied") {
		t.Errorf("damaged: %s", got)
	}
	if err := os.WriteFile(stored, []byte("fourth"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(strings.Replace(both, "files: {}", "files: { storage: media }", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(true, move...); got != "1 copied, 0.0 MB; 3 were there; 4 removed from local\n" {
		t.Errorf("the last time: %s", got)
	}
	for path, content := range map[string]string{"a": "first", "b": "", "c": "third", "d": "fourth"} {
		if got := run(true, "get", "media", path); got != content {
			t.Errorf("%s is %q", path, got)
		}
	}
	if got := run(true, "check"); got != "4 files, 0.0 MB\n" {
		t.Errorf("check: %q", got)
	}
	if _, left := storedBytes(t, config); len(left) != 0 {
		t.Errorf("left in the first storage: %v", left)
	}
	for _, wrong := range [][]string{{"--from", "local", "--to", "local"}, {"--from", "local", "--to", "medai"}} {
		run(false, append([]string{"move"}, wrong...)...)
	}
}
