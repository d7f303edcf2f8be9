package server_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const editable = `# the notes of a team
databases: { main: { driver: sqlite, url: "file:%s/data.db" } }
auth:
  tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" }   # the secret of tokens
admin: { users: 'auth.role == "admin"', keys: ["a key of administrators that is long"] }
console: { edit: %t, access: 'auth.role == "editor"' }
collections:
  notes:
    fields:
      title: { type: string, required: true }   # what it is called
      stars: { type: int, default: 0 }
    rules: { read: 'true', create: 'auth != nil', update: 'auth != nil' }
`

type proposal struct {
	Hash, Why, Failed          string
	Diff                       []struct{ Op, Text string }
	Problems                   []struct{ Detail string }
	Plan                       []struct{ Collection, SQL string }
	Written, Writable, Loading bool
}

const editPath = "/v1/admin/configuration/edit"

// editing is a server whose file may be written, and its administrator.
func editing(t *testing.T, allowed bool) (s *servertest.Instance, admin string) {
	t.Helper()
	s = servertest.Start(t, fmt.Sprintf(editable, t.TempDir(), allowed))
	return s, s.Token(map[string]any{"sub": "root", "role": "admin"})
}

func propose(t *testing.T, s *servertest.Instance, token, body string) (p proposal) {
	t.Helper()
	s.Want(t, 200, servertest.Call{Method: "POST", Path: editPath, Token: token, Body: body}).Decode(t, &p)
	return p
}

func body(edits, hash string, write bool) string {
	all := map[string]any{"edits": json.RawMessage(edits)}
	if write {
		all["write"], all["hash"] = true, hash
	}
	encoded, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

const addDone = `[{"do": "set", "path": ["collections", "notes", "fields", "done"], "value": {"type": "bool", "default": false, "index": true}}]`

func fileText(t *testing.T, s *servertest.Instance) string {
	t.Helper()
	text, err := os.ReadFile(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEditConfiguration_ShowsWritesAndRuns(t *testing.T) {
	t.Parallel()
	s, admin := editing(t, true)
	before := fileText(t, s)
	p := propose(t, s, admin, body(addDone, "", false))
	if len(p.Problems) != 0 || !p.Writable || len(p.Plan) == 0 || !strings.Contains(p.Plan[0].SQL, "done") || !strings.Contains(fmt.Sprint(p.Diff), "{+       done:  { type: bool, index: true, default: false }}") {
		t.Fatalf("got %+v", p)
	}
	if fileText(t, s) != before {
		t.Fatal("what was only looked at was written")
	}
	p = propose(t, s, admin, body(addDone, p.Hash, true))
	want := strings.Replace(before, "      stars: { type: int, default: 0 }\n", "      stars: { type: int, default: 0 }\n      done:  { type: bool, index: true, default: false }\n", 1)
	if !p.Written || fileText(t, s) != want {
		t.Fatalf("got %+v\n%s", p, fileText(t, s))
	}
	servertest.Eventually(t, "the server runs with it", func() bool {
		return s.Do(t, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `{"title":"a","done":true}`}).Status == 201
	})
	var state struct {
		Writable, Loading bool
		Failed            string
	}
	servertest.Eventually(t, "it is loaded", func() bool {
		s.Want(t, 200, servertest.Call{Method: "GET", Path: editPath, Token: admin}).Decode(t, &state)
		return !state.Loading
	})
	if !state.Writable || state.Failed != "" {
		t.Errorf("got %+v", state)
	}
	audit := s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/_audit", Token: admin})
	if !strings.Contains(audit.Body, `"configuration.changed"`) || !strings.Contains(audit.Body, "set collections.notes.fields.done") || !strings.Contains(audit.Body, `"root"`) {
		t.Errorf("the audit does not have it: %s", audit.Body)
	}
}

// TestEditConfiguration_Refuses tries what would write what it must not.
func TestEditConfiguration_Refuses(t *testing.T) {
	t.Parallel()
	s, admin := editing(t, true)
	before := fileText(t, s)
	hash := propose(t, s, admin, body(addDone, "", false)).Hash
	edits := func(path, value string) string {
		return fmt.Sprintf(`[{"do": "set", "path": %s, "value": %s}]`, path, value)
	}
	for _, c := range []struct {
		name   string
		status int
		token  string
		body   string
	}{
		{"nobody", 401, "", body(addDone, hash, true)},
		{"a user", 403, s.Token(map[string]any{"sub": "ann"}), body(addDone, hash, true)},
		{"an editor of data", 403, s.Token(map[string]any{"sub": "ed", "role": "editor"}), body(addDone, hash, true)},
		{"an editor who only looks", 403, s.Token(map[string]any{"sub": "ed", "role": "editor"}), body(addDone, "", false)},
		{"another file", 409, admin, body(addDone, strings.Repeat("0", 32), true)},
		{"no hash", 422, admin, body(addDone, "", true)},
		{"nothing", 422, admin, `{}`},
		{"what is no list", 422, admin, `{"edits": {}}`},
		{"an unknown key", 422, admin, `{"edits": [{"do": "remove", "path": ["collections", "notes"], "file": "/etc/passwd"}]}`},
		{"another section", 422, admin, body(edits(`["admin", "keys"]`, `["mine"]`), hash, true)},
		{"files of the server", 422, admin, body(edits(`["collections", "notes", "files"]`, `{"storage": "x"}`), hash, true)},
		{"a name that is YAML", 422, admin, body(edits(`["collections", "notes", "fields", "x: { type: int }\nadmin"]`, `{"type": "int"}`), hash, true)},
		{"a variable", 422, admin, body(edits(`["collections", "notes", "fields", "x"]`, `{"type": "string", "default": "${HOME}"}`), hash, true)},
		{"what does not load", 422, admin, body(edits(`["collections", "notes", "rules", "read"]`, `"doc.nothing == 1"`), hash, true)},
		{"what loses data", 422, admin, body(edits(`["collections", "notes", "fields", "title", "type"]`, `"int"`), hash, true)},
	} {
		if a := s.Do(t, servertest.Call{Method: "POST", Path: editPath, Token: c.token, Body: c.body}); a.Status != c.status {
			t.Errorf("%s: got %d %s", c.name, a.Status, a.Body)
		}
		if fileText(t, s) != before {
			t.Fatalf("%s: it was written:\n%s", c.name, fileText(t, s))
		}
	}
	// A page elsewhere can make a browser send this, without a token: no cookie stands for one.
	forged := s.Do(t, servertest.Call{Method: "POST", Path: editPath, Body: body(addDone, hash, true), Header: map[string]string{"Content-Type": "text/plain", "Origin": "https://evil.example.com", "Cookie": "basalt=" + admin}})
	if forged.Status != 401 || fileText(t, s) != before {
		t.Errorf("got %d %s", forged.Status, forged.Body)
	}
}

func TestEditConfiguration_SaysWhatIsWrongAndNoSecret(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, fmt.Sprintf(editable, t.TempDir(), true)+"webhooks: { secret: \"hunter2 hunter2 hunter2 hunter2\" }\n")
	admin := s.Token(map[string]any{"sub": "root", "role": "admin"})
	a := s.Want(t, 200, servertest.Call{Method: "POST", Path: editPath, Token: admin, Body: body(`[{"do": "rename", "path": ["collections", "notes", "fields", "title"], "to": "name"}, {"do": "set", "path": ["collections", "notes", "rules", "delete"], "value": "doc.titel == '${HOME}'"}]`, "", false)})
	if !strings.Contains(a.Body, "titel") || !strings.Contains(a.Body, "was: title") {
		t.Errorf("got %s", a.Body)
	}
	for _, secret := range []string{"0123456789abcdef", "a key of administrators", "secret of tokens", "driver", "hunter2", os.Getenv("HOME") + "'"} {
		if strings.Contains(a.Body, secret) {
			t.Errorf("it shows %q: %s", secret, a.Body)
		}
	}
}

func TestEditConfiguration_IsOnlyWrittenWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	s, admin := editing(t, false)
	p := propose(t, s, admin, body(addDone, "", false))
	if p.Writable || !strings.Contains(p.Why, "console: { edit: true }") || len(p.Diff) == 0 {
		t.Errorf("got %+v", p)
	}
	before := fileText(t, s)
	s.Want(t, 403, servertest.Call{Method: "POST", Path: editPath, Token: admin, Body: body(addDone, p.Hash, true)})
	if fileText(t, s) != before {
		t.Error("it was written")
	}

	linked, admin := editing(t, true)
	elsewhere := t.TempDir() + "/elsewhere.yaml"
	if err := os.Rename(linked.Path, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, linked.Path); err != nil {
		t.Fatal(err)
	}
	p = propose(t, linked, admin, body(addDone, "", false))
	linked.Want(t, 403, servertest.Call{Method: "POST", Path: editPath, Token: admin, Body: body(addDone, p.Hash, true)})
	if text, err := os.ReadFile(elsewhere); err != nil || strings.Contains(string(text), "done:") {
		t.Errorf("it writes through a link: %v", err)
	}
}

func TestEditConfiguration_OneOfManyWins(t *testing.T) {
	t.Parallel()
	s, admin := editing(t, true)
	hash := propose(t, s, admin, body(addDone, "", false)).Hash
	var all sync.WaitGroup
	var mu sync.Mutex // guards answers
	answers := map[int]int{}
	for n := range 6 {
		all.Go(func() {
			edits := fmt.Sprintf(`[{"do": "set", "path": ["collections", "notes", "fields", "f%d"], "value": {"type": "string"}}]`, n)
			a := s.Do(t, servertest.Call{Method: "POST", Path: editPath, Token: admin, Body: body(edits, hash, true)})
			mu.Lock()
			defer mu.Unlock()
			answers[a.Status]++
		})
	}
	all.Wait()
	if answers[200] != 1 || answers[409] != 5 {
		t.Errorf("got %v", answers)
	}
}

// TestEditConfiguration_WhatDoesNotRunIsTakenBack makes a field unique of which there are two: the file loads, the database refuses.
func TestEditConfiguration_WhatDoesNotRunIsTakenBack(t *testing.T) {
	t.Parallel()
	s, admin := editing(t, true)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `[{"title":"a"},{"title":"a"}]`})
	before := fileText(t, s)
	unique := `[{"do": "set", "path": ["collections", "notes", "fields", "title", "unique"], "value": true}]`
	p := propose(t, s, admin, body(unique, "", false))
	s.Want(t, 200, servertest.Call{Method: "POST", Path: editPath, Token: admin, Body: body(unique, p.Hash, true)})
	servertest.Eventually(t, "it is taken back", func() bool {
		s.Want(t, 200, servertest.Call{Method: "GET", Path: editPath, Token: admin}).Decode(t, &p)
		return !p.Loading && p.Failed != ""
	})
	if fileText(t, s) != before {
		t.Errorf("the file is\n%s", fileText(t, s))
	}
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `{"title":"a"}`})
}

// TestEditConfiguration_ClusterCommitsTheDifference: one node of several shows the difference, and does not write its own file, even
// where that is allowed.
func TestEditConfiguration_ClusterCommitsTheDifference(t *testing.T) {
	t.Parallel()
	content := fmt.Sprintf(editable, t.TempDir(), true) + fmt.Sprintf("redis: { url: %q }\nbus: { driver: redis }\n", redistest.Start(t).URL())
	s := servertest.Start(t, content)
	admin := s.Token(map[string]any{"sub": "root", "role": "admin"})
	p := propose(t, s, admin, body(addDone, "", false))
	if p.Writable || !strings.Contains(p.Why, "cluster") || len(p.Diff) == 0 || len(p.Problems) > 0 || p.Hash == "" {
		t.Errorf("got %+v", p)
	}
	before := fileText(t, s)
	if a := s.Want(t, 403, servertest.Call{Method: "POST", Path: editPath, Token: admin, Body: body(addDone, p.Hash, true)}); !strings.Contains(a.Body, "commit the difference") {
		t.Errorf("got %s", a.Body)
	}
	if fileText(t, s) != before {
		t.Error("it was written")
	}
}
