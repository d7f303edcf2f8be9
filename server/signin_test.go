package server_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/authtest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// signing has every way to sign in. ADDRESS, SMTP and ISSUER are filled in.
const signing = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
mail: { url: "smtp://SMTP", from: "Test <no-reply@example.com>", app: Test }
auth:
  url: "ADDRESS"
  redirects: ["http://app.example.com", "myapp://signed-in"]
  tokens: { secret: "0123456789abcdef0123456789abcdef" }
  claims: { teams: 'pluck("members", {"user": auth.id}, "team")', since: 'auth.email != nil ? "mail" : "nobody"' }
  providers:
    password: { attempts: 50 }
    email: { signup: true }
    anonymous: {}
    totp: { issuer: Test }
    passkey: { name: Test, id: localhost }
    oidc: { test: { issuer: "ISSUER", client_id: basalt, client_secret: secret } }
collections:
  members:
    fields: { team: { type: string }, user: { type: string } }
    rules: { read: 'doc.user == auth.id', create: 'false', update: 'false', delete: 'false' }
  notes:
    fields: { team: { type: string } }
    rules: { read: 'doc.team in auth.teams', create: 'next.team in auth.teams', update: 'false', delete: 'false' }
`

// world is a server that signs people in, with where its mails go and the provider it knows.
type signInWorld struct {
	*servertest.Instance
	box      *authtest.Mailbox
	provider *authtest.Provider
	mails    int
}

var people = []authtest.Account{
	{ID: "p1", Username: "ada", Password: "pw", Email: "ada@example.com", EmailVerified: true},
	{ID: "p2", Username: "eve", Password: "pw", Email: "ada@example.com", EmailVerified: false},
	{ID: "p3", Username: "bob", Password: "pw", Email: "bob@example.com", EmailVerified: true},
}

func newSignIn(t *testing.T, change func(string) string) *signInWorld {
	t.Helper()
	return newSignInNow(t, change, time.Now)
}

func newSignInNow(t *testing.T, change func(string) string, now func() time.Time) *signInWorld {
	t.Helper()
	address := servertest.FreeAddress(t)
	w := &signInWorld{box: authtest.StartMailbox(t)}
	w.provider = authtest.StartProvider(t, people, "http://"+address+"/v1/auth/oauth/test/callback")
	config := strings.NewReplacer("ADDRESS", "http://"+address, "SMTP", w.box.Address, "ISSUER", w.provider.Issuer).Replace(signing)
	if change != nil {
		config = change(config)
	}
	w.Instance = servertest.StartNow(t, address, config, now)
	return w
}

// mail returns the next mail.
func (w *signInWorld) mail(t *testing.T) authtest.Mail {
	t.Helper()
	m := w.box.Next(t, w.mails)
	w.mails++
	return m
}

type sessionBody struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	User    struct {
		ID       string
		Email    string
		Verified bool `json:"email_verified"`
	}
}

func (w *signInWorld) post(t *testing.T, status int, path, token, body string) servertest.Answer {
	t.Helper()
	a := w.Do(t, call{Method: "POST", Path: "/v1/auth/" + path, Token: token, Body: body})
	if a.Status != status {
		t.Errorf("%s %s: got %d %s, want %d", path, body, a.Status, a.Body, status)
	}
	return a
}

func (w *signInWorld) session(t *testing.T, status int, path, token, body string) (s sessionBody) {
	t.Helper()
	a := w.post(t, status, path, token, body)
	if a.Status/100 == 2 {
		a.Decode(t, &s)
	}
	return s
}

func TestSignIn_ByMailWithALinkOrACode(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	if a := w.post(t, 202, "email", "", `{"email":" Ada@Example.com"}`); a.Body != `{"sent":true}` {
		t.Errorf("got %s", a.Body)
	}
	m := w.mail(t)
	if len(m.To) != 1 || m.To[0] != "ada@example.com" || m.Head.Get("Subject") != "Sign in to Test" || m.Token() == "" || m.Code() == "" || !strings.HasPrefix(m.Link(), w.URL+"#basalt=signin") {
		t.Errorf("the mail is %+v", m)
	}
	s := w.session(t, 200, "email/verify", "", `{"token":"`+m.Token()+`"}`)
	if s.User.Email != "ada@example.com" || !s.User.Verified {
		t.Errorf("got %+v", s)
	}
	w.post(t, 401, "email/verify", "", `{"token":"`+m.Token()+`"}`) // once
	w.post(t, 401, "email/verify", "", `{"email":"ada@example.com","code":"`+m.Code()+`"}`)

	w.post(t, 202, "email", "", `{"email":"ada@example.com"}`)
	first := w.mail(t)
	w.post(t, 202, "email", "", `{"email":"ada@example.com"}`)
	second := w.mail(t)
	w.post(t, 401, "email/verify", "", `{"token":"`+first.Token()+`"}`) // the later one has replaced it
	if again := w.session(t, 200, "email/verify", "", `{"email":"ada@example.com","code":"`+second.Code()+`"}`); again.User.ID != s.User.ID {
		t.Errorf("got %+v", again)
	}
	// A code can be tried five times.
	w.post(t, 202, "email", "", `{"email":"ada@example.com"}`)
	third := w.mail(t)
	for i := range 6 {
		wrong := fmt.Sprintf("%06d", i)
		if wrong == third.Code() {
			continue
		}
		w.post(t, 401, "email/verify", "", `{"email":"ada@example.com","code":"`+wrong+`"}`)
	}
	w.post(t, 401, "email/verify", "", `{"email":"ada@example.com","code":"`+third.Code()+`"}`)
	// Another address, or purpose, than the code's.
	w.post(t, 401, "email/verify", "", `{"email":"bob@example.com","code":"`+second.Code()+`"}`)
	w.post(t, 401, "reset/confirm", "", `{"token":"`+third.Token()+`","password":"correct horse"}`)
	for _, body := range []string{`{}`, `{"token":""}`, `{"token":"x"}`, `{"email":"ada@example.com"}`, `{"email":"x","code":"000000"}`} {
		w.post(t, 401, "email/verify", "", body)
	}
}

// TestSignIn_NothingTellsWhetherAnAccountExists asks for everything that sends with a known and an unknown
// address.
func TestSignIn_NothingTellsWhetherAnAccountExists(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, func(c string) string {
		return strings.Replace(strings.Replace(c, "password: { attempts: 50 }", "password: { attempts: 50, confirm: true }", 1), "email: { signup: true }", "email: {}", 1)
	})
	known := w.post(t, 202, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	w.post(t, 401, "signin", "", `{"email":"ada@example.com","password":"correct horse"}`)
	confirm := w.mail(t)
	w.session(t, 200, "email/verify", "", `{"token":"`+confirm.Token()+`"}`)
	w.session(t, 200, "signin", "", `{"email":"ada@example.com","password":"correct horse"}`)
	taken := w.post(t, 202, "signup", "", `{"email":"ada@example.com","password":"another horse"}`)
	if taken.Body != known.Body || taken.Status != known.Status {
		t.Errorf("%d %s differs from %d %s", taken.Status, taken.Body, known.Status, known.Body)
	}
	if m := w.mail(t); m.Token() != "" || !strings.Contains(m.Text, "has an account already") {
		t.Errorf("the mail to the owner is %+v", m)
	}
	w.post(t, 401, "signin", "", `{"email":"ada@example.com","password":"another horse"}`)
	for _, path := range []string{"email", "reset"} {
		a, b := w.post(t, 202, path, "", `{"email":"ada@example.com"}`), w.post(t, 202, path, "", `{"email":"nobody@example.com"}`)
		if a.Body != b.Body {
			t.Errorf("%s: %s differs from %s", path, a.Body, b.Body)
		}
		if m := w.mail(t); m.To[0] != "ada@example.com" {
			t.Errorf("a mail went to %v", m.To)
		}
	}
	w.Stop()
	if all := w.box.All(); len(all) != w.mails {
		t.Errorf("there are %d mails, not %d", len(all), w.mails)
	}
}

func TestSignIn_ResetEndsEverySession(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	old := w.session(t, 201, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	w.post(t, 202, "reset", "", `{"email":"ada@example.com","redirect":"http://app.example.com/reset?x=1"}`)
	m := w.mail(t)
	if !strings.HasPrefix(m.Link(), "http://app.example.com/reset?x=1#basalt=reset&token=") {
		t.Errorf("the link is %s", m.Link())
	}
	w.post(t, 422, "reset/confirm", "", `{"token":"`+m.Token()+`","password":"password"}`)
	w.post(t, 401, "email/verify", "", `{"token":"`+m.Token()+`"}`)
	fresh := w.session(t, 200, "reset/confirm", "", `{"token":"`+m.Token()+`","password":"another horse"}`)
	w.post(t, 401, "reset/confirm", "", `{"token":"`+m.Token()+`","password":"third horse x"}`)
	w.post(t, 401, "refresh", "", `{"refresh_token":"`+old.Refresh+`"}`)
	if a := w.Do(t, call{Method: "GET", Path: "/v1/auth/user", Token: old.Access}); a.Status != 401 || !strings.Contains(a.Body, `"revoked"`) {
		t.Errorf("the old token: %d %s", a.Status, a.Body)
	}
	w.Want(t, 200, call{Method: "GET", Path: "/v1/auth/user", Token: fresh.Access})
	w.post(t, 401, "signin", "", `{"email":"ada@example.com","password":"correct horse"}`)
	w.session(t, 200, "signin", "", `{"email":"ada@example.com","password":"another horse"}`)
}

// TestSignIn_MailsAreNotPoisoned: neither headers of the request nor what is sent get into a mail.
func TestSignIn_MailsAreNotPoisoned(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	for _, email := range []string{`a@example.com\r\nBcc: eve@example.com`, `a@example.com\nSubject: x`, `\"a\r\nBcc: eve\"@example.com`, `a@example.com,eve@example.com`, `Ada <a@example.com>`, `a@example.com\u0000`, ``} {
		w.post(t, 422, "email", "", `{"email":"`+email+`"}`)
	}
	for _, redirect := range []string{"http://evil.example.com", "//evil.example.com", "javascript:alert(1)", `http://app.example.com\\@evil.example.com`, "http://app.example.com@evil.example.com",
		"http://app.example.com.evil.example.com", "https://app.example.com", "http://user:pw@app.example.com", "data:text/html,x", "myapp://elsewhere", "http://app.example.com:81", " http://app.example.com", `http://app.example.com\r\nX: y`} {
		w.post(t, 422, "email", "", `{"email":"a@example.com","redirect":"`+redirect+`"}`)
		q := url.Values{"redirect": {redirect}, "code_challenge": {challenge("v")}, "code_challenge_method": {"S256"}}
		if a := w.Do(t, call{Method: "GET", Path: "/v1/auth/oauth/test?" + q.Encode()}); a.Status != 422 {
			t.Errorf("%s: got %d %s", redirect, a.Status, a.Body)
		}
	}
	req, err := http.NewRequest("POST", w.URL+"/v1/auth/email", strings.NewReader(`{"email":"a@example.com"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example.com"
	for _, name := range []string{"X-Forwarded-Host", "X-Original-Host", "Forwarded", "Origin", "Referer"} {
		req.Header.Set(name, "http://evil.example.com")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if m := w.mail(t); strings.Contains(m.Text, "evil") || !strings.HasPrefix(m.Link(), w.URL) {
		t.Errorf("the mail is %s", m.Text)
	}
}

// TestSignIn_MailsNameTheirServer, by a name that all nodes have, at all addresses, and no other server.
func TestSignIn_MailsNameTheirServer(t *testing.T) {
	t.Parallel()
	one, other := newSignIn(t, nil), newSignIn(t, nil)
	name := func(s *servertest.Instance, host string) string {
		var answer struct{ Server string }
		s.Want(t, 200, call{Method: "GET", Path: "/v1/auth/server", Header: map[string]string{"X-Forwarded-Host": host}}).Decode(t, &answer)
		return answer.Server
	}
	node := servertest.StartFile(t, one.Path)
	if name(one.Instance, "") != name(node, "app.example.com") || name(one.Instance, "") == name(other.Instance, "") || len(name(node, "")) != 16 {
		t.Errorf("they are %s, its node %s and the other %s", name(one.Instance, ""), name(node, ""), name(other.Instance, ""))
	}
	password := `{"email":"ada@example.com","password":"correct horse"}`
	ada := one.session(t, 201, "signup", "", password)
	one.post(t, 202, "email", "", `{"email":"ada@example.com"}`)
	one.post(t, 202, "reset", "", `{"email":"ada@example.com","redirect":"http://app.example.com/in?x=1"}`)
	one.post(t, 202, "email/confirm", ada.Access, "")
	for range 3 {
		if m := one.mail(t); !strings.Contains(m.Link(), "&token="+m.Token()+"&server="+name(node, "")) {
			t.Errorf("a link is %s", m.Link())
		}
	}
}

func TestClaims_AreComputedWhenATokenIsMade(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	s := w.session(t, 201, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	add := func(id, team string) {
		w.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: admin, Body: `{"id":"` + id + `","team":"` + team + `","user":"` + s.User.ID + `"}`})
	}
	add("1", "red")
	add("2", "blue")
	add("3", "red")
	w.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `[{"id":"n1","team":"red"},{"id":"n2","team":"green"}]`})
	if got := w.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes", Token: s.Access}).IDs(t); len(got) != 0 {
		t.Errorf("with the claims of before: %v", got)
	}
	s = w.session(t, 200, "refresh", "", `{"refresh_token":"`+s.Refresh+`"}`)
	if got := w.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes", Token: s.Access}).IDs(t); len(got) != 1 || got[0] != "n1" {
		t.Errorf("after a refresh: %v", got)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(s.Access, ".")[1])
	if err != nil || !strings.Contains(string(payload), `"teams":["red","blue"]`) || !strings.Contains(string(payload), `"since":"mail"`) {
		t.Errorf("the claims are %s", payload)
	}
	// No user names their own.
	for _, body := range []string{`{"email":"x@example.com","password":"correct horse","teams":["green"]}`, `{"email":"x@example.com","password":"correct horse","claims":{"role":"admin"}}`} {
		w.post(t, 422, "signup", "", body)
	}
	for claim, want := range map[string]string{
		`teams: 'pluck("member", {"user": auth.id}, "team")'`: `there is no collection "member"`, `teams: 'pluck("members", {"usr": auth.id}, "team")'`: `there is no field "usr"`,
		`teams: 'pluck("members", {"user": auth.id}, "tem")'`: `there is no field "tem"`, `sub: '"x"'`: "not for the file to set", `x: 'doc.y'`: "doc",
	} {
		config := regexp.MustCompile(`claims: \{.*\}`).ReplaceAllLiteralString(signing, "claims: { "+claim+" }")
		if got := refused(t, strings.NewReplacer("ADDRESS", "http://127.0.0.1:1", "SMTP", "127.0.0.1:1", "ISSUER", "http://127.0.0.1:1").Replace(config)); !strings.Contains(got, want) {
			t.Errorf("%s: there is no %q in %s", claim, want, got)
		}
	}
}

// TestNodes_ShareLimitsAndRevocation runs two processes over one PostgreSQL and one Redis.
func TestNodes_ShareLimitsAndRevocation(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	config := onPostgres(t, strings.NewReplacer("ADDRESS", "http://app.example.com", "SMTP", "127.0.0.1:1", "ISSUER", "http://127.0.0.1:1").Replace(signing))
	config = strings.Replace(config, "attempts: 50", "attempts: 5", 1) + "\nredis: { url: \"" + server.URL() + "\" }\n"
	path := servertest.Write(t, config)
	one, two := servertest.StartProcess(t, path).Instance(path), servertest.StartProcess(t, path).Instance(path)
	w := &signInWorld{Instance: one}
	s := w.session(t, 201, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	two.Want(t, 200, call{Method: "GET", Path: "/v1/auth/user", Token: s.Access})
	// Signed out on one node, refused on the other within seconds.
	w.post(t, 204, "signout?everywhere=true", s.Access, "")
	one.Want(t, 401, call{Method: "GET", Path: "/v1/auth/user", Token: s.Access})
	for tries := 0; two.Do(t, call{Method: "GET", Path: "/v1/auth/user", Token: s.Access}).Status != 401; tries++ {
		if tries > 400 {
			t.Fatal("the other node goes on accepting the token")
		}
		time.Sleep(25 * time.Millisecond)
	}
	// Claims that are too large for a token are there on the other node.
	var teams []string
	for i := range 1000 {
		teams = append(teams, fmt.Sprintf(`"team-%d"`, i))
	}
	one.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + s.User.ID, Token: admin, Body: `{"claims":{"groups":[` + strings.Join(teams, ",") + `]}}`})
	s = w.session(t, 200, "signin", "", `{"email":"ada@example.com","password":"correct horse"}`)
	if !strings.HasPrefix(s.Access, "bref_") {
		t.Errorf("the token is %s", s.Access)
	}
	two.Want(t, 200, call{Method: "GET", Path: "/v1/auth/user", Token: s.Access})
	// Failures on both nodes count together: five of them, wherever.
	limited := 0
	for i := range 12 {
		node := []*servertest.Instance{one, two}[i%2]
		if a := node.Do(t, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"bob@example.com","password":"wrong horse"}`}); a.Status == 429 {
			limited++
		} else if a.Status != 401 {
			t.Errorf("got %d %s", a.Status, a.Body)
		}
	}
	if limited < 7 {
		t.Errorf("%d of 12 guesses were refused", limited)
	}
	// Without Redis people go on signing in; what is kept there is away.
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if a := two.Do(t, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"carl@example.com","password":"correct horse"}`}); a.Status != 201 {
		t.Errorf("without Redis: %d %s", a.Status, a.Body)
	}
}

// TestHooks_DecideAboutAccountsAndTokens uses a real server as the hook.
func TestHooks_DecideAboutAccountsAndTokens(t *testing.T) {
	t.Parallel()
	hook := servertest.StartHook(t, func(event, body string) (int, string) {
		switch {
		case event == "signup" && strings.Contains(body, "evil.example.com"):
			return 403, `{"detail":"nobody from there"}`
		case event == "token":
			return 200, `{"claims":{"plan":"pro","sub":"someone-else","email":"x"}}`
		}
		return 200, `{}`
	})
	w := newSignIn(t, func(c string) string {
		return strings.Replace(c, "  claims: {", "  hooks: { signup: \""+hook.URL+"\", token: \""+hook.URL+"\" }\n  claims: {", 1) + "\nwebhooks: { secret: \"0123456789abcdef0123456789abcdef\" }\n"
	})
	if a := w.post(t, 403, "signup", "", `{"email":"a@evil.example.com","password":"correct horse"}`); !strings.Contains(a.Body, "nobody from there") {
		t.Errorf("got %s", a.Body)
	}
	s := w.session(t, 201, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(s.Access, ".")[1])
	if err != nil || !strings.Contains(string(payload), `"plan":"pro"`) || !strings.Contains(string(payload), `"sub":"`+s.User.ID+`"`) || !strings.Contains(string(payload), `"email":"ada@example.com"`) {
		t.Errorf("the claims are %s", payload)
	}
	if hook.Unsigned() > 0 {
		t.Errorf("%d requests were not signed", hook.Unsigned())
	}
	hook.Close()
	w.post(t, 503, "signin", "", `{"email":"ada@example.com","password":"correct horse"}`)
}
