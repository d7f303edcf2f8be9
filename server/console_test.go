package server_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/servertest"
)

const withConsole = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { min_length: 8 } } }
admin: { users: 'auth.role == "admin" && auth.email_verified == true' }
console: { path: /ops/console, access: 'auth.role == "editor"' }
collections:
  notes:
    fields: { owner: { type: string }, text: { type: string, required: true, max: 20 }, pin: { type: string }, state: { type: string, enum: [a, b] } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil', update: 'doc.owner == auth.id' }
    fields_readable: { pin: 'doc.owner == auth.id && auth.level == 2' }
  team:
    fields: { name: { type: string } }
    rules: { read: 'auth.role == "editor"' }
`

// printed keeps what a server prints for the first administrator.
type printed struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

var invitationLink = regexp.MustCompile(`/#/first/(\S+)`)

// code waits for the code of the link.
func (p *printed) code(t *testing.T) string {
	t.Helper()
	var found []string
	servertest.Eventually(t, "a link is printed", func() bool {
		found = invitationLink.FindStringSubmatch(p.String())
		return found != nil
	})
	return found[1]
}

func TestConsole_PageIsStrict(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, withConsole)
	for path, contentType := range map[string]string{"": "text/html; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		a := s.Want(t, 200, call{Method: "GET", Path: "/ops/console/" + path})
		policy := a.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%q: the policy lacks %s: %s", path, part, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || a.Header.Get("X-Frame-Options") != "DENY" || a.Header.Get("Content-Type") != contentType || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%q: got %v", path, a.Header)
		}
		s.Want(t, 304, call{Method: "GET", Path: "/ops/console/" + path, Header: map[string]string{"If-None-Match": a.Header.Get("ETag")}})
	}
	for _, path := range []string{"/ops/console/nothing", "/ops/console/src/main.tsx", "/ops/console/..%2fconsole.go", "/console/"} {
		s.Want(t, 404, call{Method: "GET", Path: path})
	}
}

// TestConsole_OverviewIsForItsUsers asks for it as everyone who would like to see it.
func TestConsole_OverviewIsForItsUsers(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, withConsole)
	overview := call{Method: "GET", Path: "/v1/admin/console"}
	s.Want(t, 401, overview)
	overview.Token = s.Token(map[string]any{"sub": "x"})
	s.Want(t, 403, overview)
	overview.Token = s.Token(map[string]any{"sub": "x", "role": "admin"}) // half of the condition
	s.Want(t, 403, overview)
	overview.Token = s.Token(map[string]any{"sub": "ed", "role": "editor"})
	if a := s.Want(t, 200, overview); strings.Contains(a.Body, "doc.owner") || !strings.Contains(a.Body, `"admin":false`) || !strings.Contains(a.Body, `"name":"notes"`) {
		t.Errorf("an editor gets %s", a.Body)
	}
	for _, path := range []string{"/v1/admin/status", "/v1/admin/users", "/v1/admin/events"} {
		s.Want(t, 403, call{Method: "GET", Path: path, Token: overview.Token})
	}
	for _, path := range []string{"/v1/admin/view", "/v1/admin/check"} {
		s.Want(t, 403, call{Method: "POST", Path: path, Token: overview.Token, Body: `{"collection":"notes","op":"read","rule":"true"}`})
		s.Want(t, 401, call{Method: "POST", Path: path, Body: `{"collection":"notes","op":"read","rule":"true"}`})
	}
	overview.Token = s.Token(map[string]any{"sub": "root", "role": "admin", "email_verified": true})
	if a := s.Want(t, 200, overview); !strings.Contains(a.Body, `"admin":true`) || !strings.Contains(a.Body, `"read":"doc.owner == auth.id"`) || !strings.Contains(a.Body, `"enum":["a","b"]`) {
		t.Errorf("an administrator gets %s", a.Body)
	}
}

// TestConsole_FirstAdministrator uses the link as its owner does, and as those do who have found it.
func TestConsole_FirstAdministrator(t *testing.T) {
	t.Parallel()
	var out printed
	path := servertest.Write(t, withConsole)
	s := servertest.StartInviting(t, path, &out, time.Now)
	code := out.code(t)
	if !strings.Contains(out.String(), s.URL+"/ops/console/#/first/") || strings.Contains(s.Log(), code) {
		t.Errorf("got %s, and the log has %t", out.String(), strings.Contains(s.Log(), code))
	}
	first := func(status int, body string, header map[string]string) servertest.Answer {
		t.Helper()
		return s.Want(t, status, call{Method: "POST", Path: "/v1/auth/first", Body: body, Header: header})
	}
	root := `{"code":"` + code + `","email":"root@example.com","password":"correct horse battery"}`
	first(403, strings.Replace(root, code, "guess", 1), nil)
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"} {
		first(403, root, map[string]string{name: "127.0.0.1"})
	}
	first(422, strings.Replace(root, "correct horse battery", "short", 1), nil)
	first(422, strings.Replace(root, "root@", "", 1), nil)
	first(422, strings.Replace(root, `"code"`, `"claims":{"role":"user"},"code"`, 1), nil) // they make no administrator
	first(422, strings.Replace(root, `"code"`, `"claims":{"sub":"x","role":"admin"},"code"`, 1), nil)
	if a := first(201, root, nil); !strings.Contains(a.Body, `"claims":{"role":"admin"}`) {
		t.Errorf("got %s", a.Body)
	}
	first(403, strings.Replace(root, "root@", "second@", 1), nil) // once
	first(403, `{"code":"`+code+`"}`, nil)
	var session struct {
		Token string `json:"access_token"`
	}
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"root@example.com","password":"correct horse battery"}`}).Decode(t, &session)
	s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users", Token: session.Token})
	s.Stop()

	var again printed
	s = servertest.StartInviting(t, path, &again, time.Now)
	s.Want(t, 403, call{Method: "POST", Path: "/v1/auth/first", Body: root}) // it is of the process that printed it
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"root@example.com","password":"correct horse battery"}`})
	s.Stop() // so that everything has been printed
	if again.String() != "" {
		t.Errorf("there is an administrator, and this is printed: %s", again.String())
	}
}

// TestConsole_LinkExpires moves the clock of the server.
func TestConsole_LinkExpires(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	ahead := time.Duration(0)
	now := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return time.Now().Add(ahead)
	}
	advance := func(by time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		ahead += by
	}
	withoutAdmin := regexp.MustCompile(`(?m)^admin:.*$`).ReplaceAllString(withConsole, "")
	var out printed
	s := servertest.StartInviting(t, servertest.Write(t, withoutAdmin), &out, now)
	code := out.code(t)
	// No account can be an administrator there.
	if a := s.Want(t, 422, call{Method: "POST", Path: "/v1/auth/first", Body: `{"code":"` + code + `","email":"root@example.com","password":"correct horse battery"}`}); !strings.Contains(a.Body, "admin: { users:") {
		t.Errorf("got %s", a.Body)
	}
	var pass struct {
		Token string `json:"access_token"`
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/first", Body: `{"code":"` + code + `"}`}).Decode(t, &pass)
	s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/status", Token: pass.Token})
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes", Token: pass.Token})
	advance(61 * time.Minute)
	s.Want(t, 401, call{Method: "GET", Path: "/v1/admin/status", Token: pass.Token})

	var late printed
	s = servertest.StartInviting(t, servertest.Write(t, withoutAdmin), &late, now)
	code = late.code(t)
	advance(15 * time.Minute)
	s.Want(t, 403, call{Method: "POST", Path: "/v1/auth/first", Body: `{"code":"` + code + `"}`})
}

// TestConsole_InvitesWhereNobodyCanBeAdministrator starts servers that print a link, and others.
func TestConsole_InvitesWhereNobodyCanBeAdministrator(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change, with string
		invites      bool
	}{
		"admin.users and no account":   {"", "", true},
		"no admin":                     {`(?m)^admin:.*$`, "", true},
		"a key":                        {`(?m)^admin:.*$`, `admin: { keys: ["0123456789abcdef-key"] }`, false},
		"claims of other servers":      {`tokens: \{ algorithm: HS256, secret: "[^"]*" \}`, `issuers: [ { issuer: "https://id.example.com", jwks: "https://id.example.com/keys", audience: app } ]`, false},
		"claims of a hook, and no one": {`auth: \{ `, `auth: { hooks: { token: "http://127.0.0.1:1/hook" }, `, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := withConsole
			if c.change != "" {
				text = regexp.MustCompile(c.change).ReplaceAllString(text, c.with)
			}
			var out printed
			s := servertest.StartInviting(t, servertest.Write(t, text), &out, time.Now)
			if c.invites {
				out.code(t)
				return
			}
			s.Want(t, 200, call{Method: "GET", Path: "/healthz"})
			s.Stop()
			if out.String() != "" {
				t.Errorf("printed %s", out.String())
			}
		})
	}
}

// TestConsole_ViewIsWhatTheOtherSees compares it with what the other gets.
func TestConsole_ViewIsWhatTheOtherSees(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, withConsole)
	admin := s.Token(map[string]any{"sub": "root", "role": "admin", "email_verified": true})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `[{"id":"a","owner":"ann","text":"one","pin":"1"},{"id":"b","owner":"bob","text":"two","pin":"2"},{"id":"c","owner":"ann","text":"three","pin":"3"}]`})
	type view struct {
		Items   []map[string]any    `json:"items"`
		Hidden  []string            `json:"hidden"`
		Masked  map[string][]string `json:"masked"`
		Total   int                 `json:"total"`
		Visible *int                `json:"visible"`
		Refused string              `json:"refused"`
		Next    *string             `json:"next"`
		As      map[string]any      `json:"as"`
	}
	ask := func(status int, body string) (v view) {
		t.Helper()
		a := s.Want(t, status, call{Method: "POST", Path: "/v1/admin/view", Token: admin, Body: body})
		if status == 200 {
			a.Decode(t, &v)
		}
		return v
	}
	v := ask(200, `{"collection":"notes","as":{"sub":"ann"},"query":{"count":true}}`)
	if len(v.Items) != 3 || strings.Join(v.Hidden, " ") != "b" || len(v.Masked["a"]) != 1 || v.Masked["a"][0] != "pin" || v.Total != 3 || v.Visible == nil || *v.Visible != 2 {
		t.Errorf("ann: %+v", v)
	}
	if v := ask(200, `{"collection":"notes","as":{"sub":"ann","level":2},"query":{"filter":"text == \"one\""}}`); len(v.Items) != 1 || len(v.Hidden)+len(v.Masked) != 0 {
		t.Errorf("ann of level 2: %+v", v)
	}
	if v := ask(200, `{"collection":"notes","as":null,"query":{"limit":1}}`); strings.Join(v.Hidden, " ") != "a" || v.Next == nil {
		t.Errorf("anonymous: %+v", v)
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/team", Token: admin, Body: `{"id":"t","name":"x"}`})
	if v := ask(200, `{"collection":"team","as":{"sub":"x"}}`); strings.Join(v.Hidden, " ") != "t" || v.Refused == "" {
		t.Errorf("refused: %+v", v)
	}
	var made struct {
		ID string `json:"id"`
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/admin/users", Token: admin, Body: `{"email":"ed@example.com","claims":{"role":"editor"}}`}).Decode(t, &made)
	if v := ask(200, `{"collection":"team","user":"`+made.ID+`"}`); len(v.Hidden) != 0 || v.As["sub"] != made.ID || v.As["role"] != "editor" {
		t.Errorf("a user: %+v", v)
	}
	for _, bad := range []string{`{"collection":"notes","as":[]}`, `{"collection":"notes","query":{"limit":500}}`, `{"collection":"notes","query":{"filter":"nope == 1"}}`, `{"collection":1}`, `{"collection":"notes","query":[]}`} {
		ask(422, bad)
	}
	ask(404, `{"collection":"nope"}`)
	ask(404, `{"collection":"notes","user":"nobody"}`)
}

// TestConsole_CheckSaysWhatTheCompilerSays tries rules that are in no configuration.
func TestConsole_CheckSaysWhatTheCompilerSays(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, withConsole)
	admin := s.Token(map[string]any{"sub": "root", "role": "admin", "email_verified": true})
	for _, c := range []struct{ op, rule, want string }{
		{"read", `doc.owner == auth.id`, `{"problems":[]}`},
		{"read", "auth != nil &&\n  doc.ownr == auth.id", `"line":2,"column":7`},
		{"read", `doc.ownr == "é"`, `did you mean \"owner\"`},
		{"read", `"é" == doc.ownr`, `"line":1,"column":12`},
		{"read", `doc.owner`, `true or false`},
		{"read", `"é" == (`, `"problems":[{"line":1,`},
		{"create", `doc.owner == auth.id`, `"line":1,"column":5`},
		{"read", ``, `"problems":[{`},
		{"read", `(((`, `"problems":[{`},
	} {
		a := s.Want(t, 200, call{Method: "POST", Path: "/v1/admin/check", Token: admin, Body: map[string]string{"collection": "notes", "op": c.op, "rule": c.rule}})
		if !strings.Contains(a.Body, c.want) {
			t.Errorf("%s %s: got %s", c.op, c.rule, a.Body)
		}
	}
	check := call{Method: "POST", Path: "/v1/admin/check", Token: admin, Body: `{"collection":"notes","op":"read","rule":"doc.text startsWith auth.prefix","as":{"sub":"ann","prefix":"x"}}`}
	if a := s.Want(t, 200, check); !strings.Contains(a.Body, `"residual":"doc.text startsWith \"x\""`) || !strings.Contains(a.Body, `"statement":"`) {
		t.Errorf("got %s", a.Body)
	}
	for _, needsDocument := range []string{`webhook(\"http://127.0.0.1:1/x\")`, `doc.text == \"x\" && webhook(\"http://127.0.0.1:1/x\")`} { // it is not called
		check.Body = `{"collection":"notes","op":"read","rule":"` + needsDocument + `","as":{"sub":"ann"}}`
		if a := s.Want(t, 200, check); !strings.Contains(a.Body, `"verdict":"filter"`) {
			t.Errorf("got %s", a.Body)
		}
	}
	check.Body = `{"collection":"nots","op":"read","rule":"true"}`
	if a := s.Want(t, 422, check); !strings.Contains(a.Body, "notes") {
		t.Errorf("got %s", a.Body)
	}
	check.Body = `{"collection":"notes","op":"list","rule":"true"}`
	s.Want(t, 422, check)
}

func TestConsole_SectionIsChecked(t *testing.T) {
	t.Parallel()
	for section, want := range map[string]string{
		`{ path: /admin }`: "", `{}`: "", `{ access: 'auth.role == "x"' }`: "", `{ edit: true }`: "",
		`{ path: admin }`: "console.path", `{ path: / }`: "console.path", `{ path: /a/ }`: "console.path", `{ path: /v1/x }`: "taken", `{ path: /docs }`: "taken",
		`{ path: "/a/../b" }`: "console.path", `{ path: "/:a" }`: "console.path", `{ access: 'true' }`: "anonymous", `{ access: 'doc.x == 1' }`: "doc", `{ acces: 'x' }`: "access",
	} {
		text := strings.Replace(withConsole, `{ path: /ops/console, access: 'auth.role == "editor"' }`, section, 1)
		_, err := config.Parse("basalt.yaml", t.TempDir(), []byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "basalt.yaml:5:")) {
			t.Errorf("%s: got %v, want %q", section, err, want)
		}
	}
}
