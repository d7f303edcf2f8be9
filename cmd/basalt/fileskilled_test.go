//go:build !browser

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	localfiles "github.com/basalt-dev/basalt/modules/files/local"
	"github.com/basalt-dev/basalt/modules/files/s3"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/server/servertest"
)

// steps are those of a storage, at one of which its process is killed.
type steps struct {
	step string       // such as "before delete content/ 1": the first delete of a key that begins with content/
	seen atomic.Int64 // how often it came there
}

// killedLocal and killedS3 are the storages, whose process is killed at one step. What else they can do stays.
type (
	killedLocal struct {
		*localfiles.Storage
		steps
	}
	killedS3 struct {
		*s3.Storage
		steps
	}
)

// runKilled runs basalt with storages that kill it at the step of KILLED_AT; nowhere for none.
func runKilled() {
	step, check := os.Getenv("KILLED_AT"), func(storage.Config) error { return nil }
	storage.Register("local", storage.Registration{Check: check, Open: func(_ context.Context, c storage.Config) (storage.Storage, error) {
		s, err := localfiles.Open(c.Dir)
		return &killedLocal{s, steps{step: step}}, err
	}})
	storage.Register("s3", storage.Registration{Check: check, Open: func(_ context.Context, c storage.Config) (storage.Storage, error) {
		s, err := s3.Open(c)
		return &killedS3{s, steps{step: step}}, err
	}})
	main()
}

// at kills the process at the step that was asked for.
func (k *steps) at(what, key string) {
	for _, prefix := range []string{"incoming/", "resuming/", "content/", "pictures/"} {
		if !strings.HasPrefix(key, prefix) || !strings.HasPrefix(k.step, what+" "+prefix+" ") {
			continue
		}
		if k.step == fmt.Sprintf("%s %s %d", what, prefix, k.seen.Add(1)) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // which does not come back
			select {}
		}
	}
}

// killedAfter is how much of a file is read until its process is killed within it. S3 has one part of it then.
const killedAfter = 6 << 20

// killer is a reader that comes to a step in the middle of a file.
type killer struct {
	io.Reader
	left int
	at   func()
}

func (k *killer) Read(p []byte) (int, error) {
	if k.left <= 0 {
		k.at()
	}
	n, err := k.Reader.Read(p)
	k.left -= n
	return n, err
}

func (k *steps) put(ctx context.Context, s storage.Storage, key string, from io.Reader, size int64) error {
	k.at("before put", key)
	err := s.Put(ctx, key, &killer{from, killedAfter, func() { k.at("within put", key) }}, size)
	k.at("after put", key)
	return err
}

func (k *steps) move(ctx context.Context, s storage.Storage, from, to string) error {
	k.at("before move", to)
	err := s.Move(ctx, from, to)
	k.at("after move", to)
	return err
}

func (k *steps) remove(ctx context.Context, s storage.Storage, key string) error {
	k.at("before delete", key)
	err := s.Delete(ctx, key)
	k.at("after delete", key)
	return err
}

func (k *killedLocal) Put(ctx context.Context, key string, from io.Reader, size int64) error {
	return k.put(ctx, k.Storage, key, from, size)
}
func (k *killedLocal) Move(ctx context.Context, from, to string) error {
	return k.move(ctx, k.Storage, from, to)
}
func (k *killedLocal) Delete(ctx context.Context, key string) error {
	return k.remove(ctx, k.Storage, key)
}

func (k *killedS3) Put(ctx context.Context, key string, from io.Reader, size int64) error {
	return k.put(ctx, k.Storage, key, from, size)
}
func (k *killedS3) Move(ctx context.Context, from, to string) error {
	return k.move(ctx, k.Storage, from, to)
}
func (k *killedS3) Delete(ctx context.Context, key string) error {
	return k.remove(ctx, k.Storage, key)
}

const killedConfig = `
databases: { main: { driver: sqlite, url: "file:app.db" } }
auth: { tokens: { secret: "q8Zf2mLr7TzVw4Kc8NbYs3Hd6JgPe5Ra" }, profile: people, providers: { password: {} } }
collections:
  people: { fields: { name: { type: string } }, rules: { read: 'true', create: 'true' } }
  media:
    files: { max: 20MiB }
    fields: { owner: { type: ref, to: people, on_delete: cascade } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
  notes:
    fields: { cover: { type: ref, to: media, on_delete: null } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
`

// victim is a node that is going to be killed, and what is in it.
type victim struct {
	t                *testing.T
	url, token, note string
	ids              [3]string // of media: the last two have the same bytes, the first two are of an account, the first is the cover of a note
}

// ask makes a call, and decodes its answer where there is a place for it. A node that is killed does not answer.
func (v *victim) ask(method, path, body string, into any, header ...string) (status int) {
	req, err := http.NewRequest(method, v.url+path, strings.NewReader(body))
	if err != nil {
		v.t.Error(err)
		return 0
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0
	}
	if into == nil {
		return resp.StatusCode
	}
	if err := json.Unmarshal(text, into); err != nil || resp.StatusCode >= 300 {
		v.t.Errorf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return resp.StatusCode
}

var raw, asJSON = []string{"Content-Type", "application/octet-stream"}, []string{"Content-Type", "application/json"}

// fill makes the documents.
func (v *victim) fill() {
	v.t.Helper()
	var session struct {
		AccessToken string `json:"access_token"`
		User        struct{ ID string }
	}
	v.ask("POST", "/v1/auth/signup", `{"email":"ada@example.com","password":"correct horse","profile":{"name":"Ada"}}`, &session, asJSON...)
	v.token = session.AccessToken
	var doc struct{ ID string }
	for i, content := range []string{"first", "same", "same"} {
		fields := "{}"
		if i < 2 {
			fields = fmt.Sprintf(`{"owner":%q}`, session.User.ID)
		}
		v.ask("POST", "/v1/files/media?fields="+url.QueryEscape(fields), content, &doc, raw...)
		v.ids[i] = doc.ID
	}
	v.ask("POST", "/v1/db/notes", fmt.Sprintf(`{"cover":%q}`, v.ids[0]), &doc, asJSON...)
	if v.note = doc.ID; v.t.Failed() {
		v.t.FailNow()
	}
}

// TestFiles_AreWholeAfterAKillAtEachStep: a node is killed -9 at a step of a change. Then each document is as it was before the
// change or as it is after it, has its bytes, and a repair leaves exactly these. BASALT_LONG kills at every step.
func TestFiles_AreWholeAfterAKillAtEachStep(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("large ", 2<<20)
	post := func(v *victim) { v.ask("POST", "/v1/files/media", large, nil, raw...) }
	replace := func(v *victim) { v.ask("PUT", "/v1/files/media/"+v.ids[0], large, nil, raw...) }
	remove := func(v *victim) { v.ask("DELETE", "/v1/db/media/"+v.ids[0], "", nil) }
	unset := func(v *victim) {
		v.ask("PATCH", "/v1/db/notes/"+v.note, `{"cover":null}`, nil, asJSON...)
		remove(v)
	}
	bulk := func(v *victim) { v.ask("DELETE", "/v1/db/media?filter=size%3C100", "", nil) }
	account := func(v *victim) {
		v.ask("DELETE", "/v1/auth/user", `{"current_password":"correct horse"}`, nil, asJSON...)
	}
	pieces := func(v *victim) {
		v.ask("POST", "/v1/files/media/tus", large, nil, "Tus-Resumable", "1.0.0", "Upload-Length", fmt.Sprint(len(large)), "Content-Type", "application/offset+octet-stream")
	}
	before := []string{"first", "same", "same"}
	added, replaced := append([]string{large}, before...), []string{large, "same", "same"}
	for _, test := range []struct {
		what   string
		change func(*victim)
		step   string
		left   []string // what documents have then
		long   bool
	}{
		{"bytes half written", post, "within put incoming/ 1", before, true},
		{"bytes written, not under their hash", post, "after put incoming/ 4", before, true},
		{"bytes under their hash, no document", post, "after move content/ 4", before, false},
		{"a piece half written", pieces, "within put resuming/ 1", before, true},
		{"pieces together, no document", pieces, "after move content/ 4", before, true},
		{"a document, and pieces of it", pieces, "before delete resuming/ 1", added, true},
		{"new bytes, the old document", replace, "after move content/ 4", before, true},
		{"a new document, old bytes not released", replace, "before delete content/ 1", replaced, true},
		{"a new document, old bytes just released", replace, "after delete content/ 1", replaced, true},
		{"deleted, bytes not released", remove, "before delete content/ 1", before[1:], true},
		{"deleted, bytes just released", remove, "after delete content/ 1", before[1:], true},
		{"a reference unset, its file deleted, bytes not released", unset, "before delete content/ 1", before[1:], true},
		{"a bulk delete, nothing released", bulk, "before delete content/ 1", nil, true},
		{"a bulk delete, one of two released", bulk, "after delete content/ 1", nil, true},
		{"an account removed, nothing released", account, "before delete content/ 1", before[2:], true},
		{"an account removed, bytes just released", account, "after delete content/ 1", before[2:], false},
	} {
		for where, in := range map[string]func(*testing.T) *keptIn{"local": inDirectory, "s3": inBucket} {
			t.Run(test.what+", "+where, func(t *testing.T) {
				if test.long && os.Getenv("BASALT_LONG") == "" {
					t.Skip("BASALT_LONG kills at each step")
				}
				t.Parallel()
				k := in(t)
				v := &victim{t: t}
				p := servertest.StartProgram(t, killable(t), k.config, "KILLED_AT="+test.step)
				v.url = p.URL
				v.fill()
				if k.shared && strings.HasSuffix(test.step, "delete content/ 1") { // another node may just use what is released: a repair removes it
					test.change(v)
					p.Stop()
					k.repairedAndKilled(t, test.step)
				} else {
					go test.change(v)
					if got := p.Ended(); got != "signal: killed" {
						t.Fatalf("it was to be killed at %q, and ended with %s", test.step, got)
					}
				}
				repair(t, k.config)
				want := map[string]int{}
				for _, content := range test.left {
					want[sumOf([]byte(content))]++
				}
				again := servertest.StartProcess(t, k.config)
				v.url, v.token = again.URL, ""
				v.holds(want)
				again.Stop()
				for _, name := range k.names() {
					if want[path.Base(name)] == 0 {
						t.Errorf("%s is stored, and no document has it", name)
					}
					delete(want, path.Base(name))
				}
				if len(want) > 0 {
					t.Errorf("documents have %v, which is not stored", want)
				}
			})
		}
	}
}

// keptIn is where the bytes of a node are.
type keptIn struct {
	config string
	shared bool            // by several nodes
	names  func() []string // of all that takes space
}

func inDirectory(t *testing.T) *keptIn {
	config := servertest.Write(t, killedConfig)
	return &keptIn{config, false, func() []string {
		_, names := storedBytes(t, config)
		return slices.DeleteFunc(names, func(name string) bool { return strings.Contains(name, ".partial") }) // of the storage itself, which removes it after a day
	}}
}

func inBucket(t *testing.T) *keptIn {
	server, c := s3Server(t)
	running := httptest.NewServer(server)
	t.Cleanup(running.Close)
	c.Endpoint = running.URL
	config := servertest.Write(t, s3Config(c)+killedConfig)
	return &keptIn{config, true, func() []string { return slices.Sorted(maps.Keys(bucketOf(t, c))) }}
}

// repairedAndKilled is a repair that is killed at a step.
func (k *keptIn) repairedAndKilled(t *testing.T, step string) {
	t.Helper()
	cmd := exec.Command(killable(t), "files", "check", "--repair", "--grace", "0s", "--config", k.config)
	cmd.Env = append(os.Environ(), "KILLED_AT="+step)
	if out, err := cmd.CombinedOutput(); err == nil || err.Error() != "signal: killed" {
		t.Fatalf("it was to be killed at %q: %v: %s", step, err, out)
	}
}

// killable returns a program that is basalt, and can be killed at a step.
func killable(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "killed")
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, program)
	}
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// holds checks that there are so many documents of each hash, that each has its bytes, and that no note has a cover which is
// gone.
func (v *victim) holds(want map[string]int) {
	v.t.Helper()
	var list struct {
		Items []struct{ ID, SHA256 string }
	}
	v.ask("GET", "/v1/db/media", "", &list)
	found, covered := map[string]int{}, false
	for _, doc := range list.Items {
		found[doc.SHA256]++
		covered = covered || doc.ID == v.ids[0]
		resp, err := http.Get(v.url + "/v1/files/media/" + doc.ID)
		if err != nil {
			v.t.Fatal(err)
		}
		content, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != 200 || sumOf(content) != doc.SHA256 {
			v.t.Errorf("%s: %d, %v, %d bytes that are not those of %s", doc.ID, resp.StatusCode, err, len(content), doc.SHA256)
		}
	}
	if !maps.Equal(found, want) {
		v.t.Errorf("documents have %v, not %v", found, want)
	}
	var note struct{ Cover string }
	v.ask("GET", "/v1/db/notes/"+v.note, "", &note)
	if covered != (note.Cover == v.ids[0]) || !covered && note.Cover != "" {
		v.t.Errorf("the cover is %q; the file of it is there: %v", note.Cover, covered)
	}
}
