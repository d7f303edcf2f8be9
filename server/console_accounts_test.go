package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/basalt-dev/basalt/server/servertest"
)

const withAccounts = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { providers: { password: {} } }
admin: { keys: ["%s"], users: 'auth.role == "admin"' }
log: { level: info }
collections:
  notes:
    fields: { owner: { type: string }, title: { type: string } }
    rules: { read: 'doc.owner == auth.id || auth.role == "editor"', create: 'auth != nil && next.title != "no"' }
`

const accountsAdmin = "an-administrators-key-of-this-test-0123456789"

func startAccounts(t *testing.T, now func() time.Time) *servertest.Instance {
	t.Helper()
	return servertest.StartFileNow(t, servertest.Write(t, fmt.Sprintf(withAccounts, accountsAdmin)), now)
}

// encoded is a body with members.
func encoded(t *testing.T, members map[string]any) string {
	t.Helper()
	if members == nil {
		return "{}"
	}
	b, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestImportUsers_TakesWhatTheCommandTakes: JSON Lines and Firebase's file, with a report of each account; what is no such file
// stores nothing.
func TestImportUsers_TakesWhatTheCommandTakes(t *testing.T) {
	t.Parallel()
	s := startAccounts(t, time.Now)
	type outcome struct {
		Made, There int
		Refused     []struct {
			Account           int
			Email, ID, Reason string
		}
	}
	send := func(members map[string]any) (o outcome) {
		t.Helper()
		s.Want(t, 200, call{Method: "POST", Path: "/v1/admin/users/import", Token: accountsAdmin, Body: encoded(t, members)}).Decode(t, &o)
		return o
	}
	made, err := bcrypt.GenerateFromPassword([]byte("allmine"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	hash := string(made)
	lines := strings.Join([]string{
		`{"id":"u1","email":"Ada@example.com","email_verified":true,"password_hash":"` + hash + `","claims":{"role":"editor","n":9007199254740993}}`,
		``,
		`{"id":"u2","emial":"x@example.com"}`,
		`{"id":"u3","email":"ada@EXAMPLE.com"}`,
		`{"id":"u4","email":"eve@example.com","claims":{"sub":"u1"}}`,
		`{"id":"u5","email":"mal@example.com","password_hash":"$2a$nonsense"}`,
		`{"id":"u6","email":"bob@example.com"}`,
	}, "\n")
	for _, dry := range []bool{true, false, false} {
		o := send(map[string]any{"text": lines, "dry": dry})
		if o.Made+o.There != 2 || len(o.Refused) != 4 || o.Refused[0].Account != 2 || o.Refused[1].ID != "u3" || !strings.Contains(o.Refused[1].Reason, "account 1") {
			t.Errorf("dry %t: got %+v", dry, o)
		}
		status := 401
		if !dry {
			status = 200
		}
		a := s.Want(t, status, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"allmine"}`})
		if !dry && !strings.Contains(a.Body, `"id":"u1"`) {
			t.Errorf("got %s", a.Body)
		}
	}
	if o := send(map[string]any{"text": lines}); o.There != 2 || o.Made != 0 {
		t.Errorf("a second time makes %+v", o)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users/u1", Token: accountsAdmin}); !strings.Contains(a.Body, "9007199254740993") || strings.Contains(a.Body, hash) {
		t.Errorf("got %s", a.Body)
	}

	const firebase = `{"users":[{"localId":"f1","email":"f@example.com","passwordHash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==","salt":"42xEC+ixf3L2lw=="},{"localId":7},{"localId":"f3","phoneNumber":"+1"}]}`
	parameters := "hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}"
	if o := send(map[string]any{"from": "firebase", "text": firebase, "hash_config": parameters}); o.Made != 1 || len(o.Refused) != 2 || o.Refused[0].Account != 2 {
		t.Errorf("got %+v", o)
	}
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"f@example.com","password":"user1password"}`})

	many := ""
	for n := range 501 {
		many += fmt.Sprintf(`{"id":"m%d","email":"m%d@example.com"}`+"\n", n, n)
	}
	for name, c := range map[string]struct {
		members map[string]any
		want    string
	}{
		"too many":                   {map[string]any{"text": many}, `"field":"text"`},
		"no hash parameters":         {map[string]any{"from": "firebase", "text": strings.Replace(firebase, "f1", "f9", 1)}, `"field":"hash_config"`},
		"wrong hash parameters":      {map[string]any{"from": "firebase", "text": firebase, "hash_config": "rounds: many"}, `"field":"hash_config"`},
		"no file of Firebase":        {map[string]any{"from": "firebase", "text": lines}, `"field":"text"`},
		"one that ends too early":    {map[string]any{"from": "firebase", "text": `{"users":[{"localId":"m9","email":"m9@example.com"}`}, `"field":"text"`},
		"of something else":          {map[string]any{"from": "auth0", "text": lines}, `"field":"from"`},
		"a number":                   {map[string]any{"text": 5}, `"field":"text"`},
		"dry as text":                {map[string]any{"text": many, "dry": "true"}, `"field":"dry"`},
		"a member that there is not": {map[string]any{"text": lines, "file": "/etc/passwd"}, `"field":"file"`},
	} {
		if a := s.Want(t, 422, call{Method: "POST", Path: "/v1/admin/users/import", Token: accountsAdmin, Body: encoded(t, c.members)}); !strings.Contains(a.Body, c.want) {
			t.Errorf("%s: got %s", name, a.Body)
		}
	}
	s.Want(t, 413, call{Method: "POST", Path: "/v1/admin/users/import", Token: accountsAdmin, Body: encoded(t, map[string]any{"text": strings.Repeat("x", 2<<20)})})
	s.Want(t, 401, call{Method: "POST", Path: "/v1/admin/users/import", Body: encoded(t, map[string]any{"text": lines})})
	s.Want(t, 403, call{Method: "POST", Path: "/v1/admin/users/import", Token: signedIn(t, s, "bystander@example.com"), Body: encoded(t, map[string]any{"text": lines})})
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users?limit=100", Token: accountsAdmin}); strings.Count(a.Body, `"id":`) != 4 {
		t.Errorf("there are other accounts: %s", a.Body)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: `/v1/db/_audit?filter=event%3D%3D%22users.imported%22`, Token: accountsAdmin}); strings.Count(a.Body, `"users.imported"`) != 2 || strings.Contains(a.Body, hash) {
		t.Errorf("the audit trail has %s", a.Body)
	}
	if log := s.Log(); strings.Contains(log, hash) {
		t.Errorf("the log has a hash: %s", log)
	}
}

// signedIn returns the token of a new account.
func signedIn(t *testing.T, s *servertest.Instance, email string) string {
	t.Helper()
	var made struct {
		Token string `json:"access_token"`
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"` + email + `","password":"correct horse"}`}).Decode(t, &made)
	return made.Token
}

// TestImpersonationCode_IsGoodOnceAndForAMinute opens an app as a user, and tries what one who finds the code could.
func TestImpersonationCode_IsGoodOnceAndForAMinute(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	s := startAccounts(t, func() time.Time { return time.Now().Add(time.Duration(later.Load())) })
	ids := map[string]string{}
	own := signedIn(t, s, "ann@example.com")
	for _, name := range []string{"ben", "cleo"} {
		signedIn(t, s, name+"@example.com")
	}
	var list struct{ Items []struct{ ID, Email string } }
	s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users", Token: accountsAdmin}).Decode(t, &list)
	for _, u := range list.Items {
		ids[strings.TrimSuffix(u.Email, "@example.com")] = u.ID
	}
	ask := func(who string) call {
		return call{Method: "POST", Path: "/v1/admin/users/" + ids[who] + "/impersonate/code", Token: accountsAdmin, Body: `{"reason":"ticket 7"}`}
	}
	code := func(who string) string {
		t.Helper()
		var made struct {
			Code    string
			Expires int `json:"expires_in"`
		}
		if s.Want(t, 200, ask(who)).Decode(t, &made); made.Expires != 60 || len(made.Code) < 20 {
			t.Fatalf("got %+v", made)
		}
		return made.Code
	}
	take := func(code string) call {
		return call{Method: "POST", Path: "/v1/auth/impersonation", Body: `{"code":"` + code + `"}`}
	}
	var opened struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Expires int    `json:"expires_in"`
		User    struct{ ID, Email string }
	}
	first := code("ann")
	s.Want(t, 200, take(first)).Decode(t, &opened)
	if opened.Refresh != "" || opened.Expires != 900 || opened.User.ID != ids["ann"] || opened.User.Email != "ann@example.com" {
		t.Errorf("got %+v", opened)
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: opened.Access, Body: fmt.Sprintf(`{"owner":%q,"title":"as Ann"}`, ids["ann"])})
	s.Want(t, 403, call{Method: "PATCH", Path: "/v1/auth/user", Token: opened.Access, Body: `{"password":"quite another","current_password":"correct horse"}`})
	s.Want(t, 403, call{Method: "GET", Path: "/v1/admin/users", Token: opened.Access})
	s.Want(t, 401, take(first))

	late, disabled, removed := code("ann"), code("ben"), code("cleo")
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + ids["ben"], Token: accountsAdmin, Body: `{"disabled":true}`})
	s.Want(t, 409, ask("ben"))
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/admin/users/" + ids["cleo"], Token: accountsAdmin})
	s.Want(t, 404, ask("cleo"))
	later.Store(int64(61 * time.Second))
	for name, c := range map[string]string{"late": late, "of a disabled account": disabled, "of one that is gone": removed, "none": "", "another": strings.Repeat("A", 26), "a token": opened.Access} {
		if a := s.Do(t, take(c)); a.Status != http.StatusUnauthorized && a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %d %s", name, a.Status, a.Body)
		}
	}
	later.Store(0)
	s.Want(t, 401, take(disabled))
	s.Want(t, 401, take(removed))
	raced, won := code("ann"), atomic.Int64{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if s.Do(t, take(raced)).Status == 200 {
				won.Add(1)
			}
		})
	}
	if all.Wait(); won.Load() != 1 {
		t.Errorf("%d of those who sent the same code at once have got in", won.Load())
	}

	without := ask("ann")
	without.Body = `{}`
	s.Want(t, 422, without)
	for token, status := range map[string]int{"": 401, own: 403, opened.Access: 403} {
		c := ask("ann")
		c.Token = token
		s.Want(t, status, c)
	}
	trail := s.Want(t, 200, call{Method: "GET", Path: `/v1/db/_audit?filter=event%3D%3D%22impersonation%22`, Token: accountsAdmin}).Body
	if strings.Count(trail, `"reason":"ticket 7"`) != 2 || !strings.Contains(trail, `"opened":"the app"`) || !strings.Contains(trail, `"actor":"admin"`) {
		t.Errorf("the audit trail has %s", trail)
	}
	requests := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/requests?limit=500", Token: accountsAdmin}).Body
	for _, secret := range []string{first, raced, opened.Access} {
		if strings.Contains(s.Log()+trail+requests, secret) {
			t.Errorf("a code or a token is in what the server keeps: %s", secret)
		}
	}
}

// TestRulesTest_RunsBesideTheServer runs the tests of a file and of a text, with the rules that run and with another one; the
// databases of the server have no part in it.
func TestRulesTest_RunsBesideTheServer(t *testing.T) {
	t.Parallel()
	path := servertest.Write(t, fmt.Sprintf(withAccounts, accountsAdmin))
	s := servertest.StartFile(t, path)
	type tested struct {
		Passed     int
		Failed     []struct{ Name, Failure string }
		Attacks    int
		Conditions []struct {
			Collection, Op, Source string
			True, False            bool
		}
	}
	at := func(members map[string]any) call {
		return call{Method: "POST", Path: "/v1/admin/rules/test", Token: accountsAdmin, Body: encoded(t, members)}
	}
	s.Want(t, 404, at(nil))
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: accountsAdmin, Body: `{"id":"mine","owner":"ann","title":"stays"}`})
	const tests = `
fixtures:
  notes: [{ id: a, owner: ann, title: x }, { id: b, owner: bob, title: y }]
tests:
  - { as: { sub: ann }, read: notes, visible: [a] }
  - { read: notes, visible: [] }
`
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "rules.test.yaml"), []byte(tests), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(members map[string]any) (out tested) {
		t.Helper()
		s.Want(t, 200, at(members)).Decode(t, &out)
		return out
	}
	covered := func(out tested, op, source string) string {
		for _, c := range out.Conditions {
			if c.Collection == "notes" && c.Op == op && c.Source == source {
				return fmt.Sprintf("true %t false %t", c.True, c.False)
			}
		}
		return fmt.Sprintf("no condition %s in %+v", source, out.Conditions)
	}
	out := run(nil)
	if out.Passed != 2 || len(out.Failed) != 0 || out.Attacks == 0 {
		t.Errorf("got %+v", out)
	}
	for _, c := range [][3]string{{"read", `doc.owner == auth.id`, "true true false true"}, {"read", `auth.role == "editor"`, "true false false true"}, {"create", `next.title != "no"`, "true false false false"}} {
		if got := covered(out, c[0], c[1]); got != c[2] {
			t.Errorf("%s: got %s, want %s", c[1], got, c[2])
		}
	}
	candidate := map[string]any{"collection": "notes", "op": "read", "rule": `auth != nil`}
	if out = run(candidate); len(out.Failed) == 0 || covered(out, "read", "auth != nil") != "true true false true" {
		t.Errorf("with another rule: %+v", out)
	}
	if out = run(map[string]any{"collection": "notes", "op": "read", "rule": ""}); len(out.Failed) == 0 {
		t.Errorf("without a rule: %+v", out)
	}
	if out = run(nil); len(out.Failed) != 0 {
		t.Errorf("the candidate has stayed: %+v", out)
	}
	elsewhere := "config: /etc/passwd\n" + strings.Replace(tests, "visible: [a]", "visible: [b]", 1)
	if out = run(map[string]any{"text": elsewhere}); out.Passed != 1 || len(out.Failed) == 0 {
		t.Errorf("a text with a configuration: %+v", out)
	}
	for name, c := range map[string]struct {
		members map[string]any
		want    string
	}{
		"no YAML":             {map[string]any{"text": "tests: ["}, `"field":"text"`},
		"an unknown key":      {map[string]any{"text": "test: []"}, `"field":"text"`},
		"no such collection":  {map[string]any{"collection": "nots", "op": "read", "rule": "true"}, `"field":"collection"`},
		"no such operation":   {map[string]any{"collection": "notes", "op": "list", "rule": "true"}, `"field":"op"`},
		"a rule with mistake": {map[string]any{"collection": "notes", "op": "read", "rule": "doc.ownr == 1"}, `"field":"rule"`},
		"a fixture of none":   {map[string]any{"text": "fixtures: { nots: [{ id: a }] }\ntests: [{ read: notes, visible: [] }]"}, `"field":"text"`},
	} {
		if a := s.Want(t, 422, at(c.members)); !strings.Contains(a.Body, c.want) {
			t.Errorf("%s: got %s", name, a.Body)
		}
	}
	for token, status := range map[string]int{"": 401, signedIn(t, s, "ann@example.com"): 403} {
		c := at(nil)
		c.Token = token
		s.Want(t, status, c)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?count=true", Token: accountsAdmin}); !strings.Contains(a.Body, `"total":1`) || !strings.Contains(a.Body, "stays") {
		t.Errorf("the documents of the server are %s", a.Body)
	}
}
