package server_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
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

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

var verifier = strings.Repeat("v", 43)

// begin starts a sign-in at the provider in a browser and returns where the provider sends it back to.
func (w *signInWorld) begin(t *testing.T, browser *http.Client, who, more string) string {
	t.Helper()
	return w.provider.SignIn(t, browser, w.URL+"/v1/auth/oauth/test?redirect="+url.QueryEscape("http://app.example.com/in")+"&code_challenge="+challenge(verifier)+"&code_challenge_method=S256"+more, who, "pw")
}

// back lets the browser go back, and returns the fragment of the app's address.
func (w *signInWorld) back(t *testing.T, browser *http.Client, address string) url.Values {
	t.Helper()
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		return url.Values{"status": {fmt.Sprint(resp.StatusCode)}}
	}
	fragment, err := url.ParseQuery(to.EscapedFragment())
	if err != nil {
		t.Fatal(err)
	}
	if own := strings.HasPrefix(to.String(), w.URL+"#") && fragment.Get("error") != ""; resp.StatusCode != 303 || !own && (to.Host != "app.example.com" || to.Path != "/in") {
		t.Errorf("%d, and the browser goes to %s", resp.StatusCode, to)
	}
	return fragment
}

func (w *signInWorld) elsewhere(t *testing.T, who, more string) sessionBody {
	t.Helper()
	return w.linked(t, who, more, "")
}

// linked is elsewhere for a user who has a token.
func (w *signInWorld) linked(t *testing.T, who, more, token string) sessionBody {
	t.Helper()
	browser := authtest.Browser(t)
	f := w.back(t, browser, w.begin(t, browser, who, more))
	return w.session(t, 200, "oauth/exchange", token, `{"code":"`+f.Get("code")+`","code_verifier":"`+verifier+`"}`)
}

func TestSignIn_ElsewhereWithARealProvider(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	first := w.elsewhere(t, "ada", "")
	if first.User.Email != "ada@example.com" || !first.User.Verified {
		t.Errorf("got %+v", first)
	}
	if second := w.elsewhere(t, "ada", ""); second.User.ID != first.User.ID {
		t.Errorf("the same person is %s and %s", first.User.ID, second.User.ID)
	}
	// A user with the same address, which the provider does not vouch for, is another user.
	if eve := w.elsewhere(t, "eve", ""); eve.User.ID == first.User.ID || eve.User.Email != "" {
		t.Errorf("eve is %+v", eve)
	}
	// An account that was made with an address of another user's, before its owner came: the password goes.
	squatter := w.session(t, 201, "signup", "", `{"email":"bob@example.com","password":"squatters horse"}`)
	bob := w.elsewhere(t, "bob", "")
	if bob.User.ID != squatter.User.ID || !bob.User.Verified {
		t.Errorf("bob is %+v", bob)
	}
	w.post(t, 401, "signin", "", `{"email":"bob@example.com","password":"squatters horse"}`)
	w.post(t, 401, "refresh", "", `{"refresh_token":"`+squatter.Refresh+`"}`)
	// An anonymous user keeps the id.
	guest := w.session(t, 201, "anonymous", "", ``)
	var link struct{ Link string }
	w.post(t, 200, "oauth/link", guest.Access, "").Decode(t, &link)
	w2 := newSignIn(t, nil)
	guest2 := w2.session(t, 201, "anonymous", "", ``)
	w2.post(t, 200, "oauth/link", guest2.Access, "").Decode(t, &link)
	if up := w2.linked(t, "ada", "&link="+link.Link, guest2.Access); up.User.ID != guest2.User.ID || up.User.Email != "ada@example.com" {
		t.Errorf("the guest %s is now %+v", guest2.User.ID, up)
	}
	if a := w2.Want(t, 200, call{Method: "GET", Path: "/v1/auth/providers"}); a.Body != `{"anonymous":true,"email":true,"oauth":["test"],"passkey":true,"password":true,"totp":true}` {
		t.Errorf("got %s", a.Body)
	}
}

// TestSignIn_ElsewhereCanNotBeStolen tries what is tried with OAuth: states and codes of others, twice, in
// another browser, and without the proof key.
func TestSignIn_ElsewhereCanNotBeStolen(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	for _, q := range []string{"", "&code_challenge_method=S256", "&code_challenge=" + verifier + "&code_challenge_method=plain", "&code_challenge=" + challenge(verifier), "&code_challenge=short&code_challenge_method=S256"} {
		if a := w.Do(t, call{Method: "GET", Path: "/v1/auth/oauth/test?redirect=http://app.example.com" + q}); a.Status != 422 {
			t.Errorf("%s: got %d %s", q, a.Status, a.Body)
		}
	}
	if a := w.Do(t, call{Method: "GET", Path: "/v1/auth/oauth/nope?code_challenge=" + challenge(verifier) + "&code_challenge_method=S256"}); a.Status != 404 {
		t.Errorf("an unknown provider: %d", a.Status)
	}
	// Where a person looks at the answer, it is the app that says so, and never an address that was made up.
	for to, want := range map[string]string{
		"/v1/auth/oauth/test?redirect=http://app.example.com/in":                                                                                                       "http://app.example.com/in#",
		"/v1/auth/oauth/nope?redirect=http://app.example.com/in":                                                                                                       "http://app.example.com/in#",
		"/v1/auth/oauth/test?redirect=http://evil.example.com/in&code_challenge=" + challenge(verifier) + "&code_challenge_method=S256":                                w.URL + "#",
		"/v1/auth/oauth/test?redirect=http://app.example.com/in&code_challenge=" + challenge(verifier) + "&code_challenge_method=S256&link=" + strings.Repeat("A", 26): "http://app.example.com/in#",
	} {
		req, err := http.NewRequest("GET", w.URL+to, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		resp, err := authtest.Browser(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if at := resp.Header.Get("Location"); resp.StatusCode != 303 || !strings.HasPrefix(at, want) || !strings.Contains(at, "basalt=oauth") || !strings.Contains(at, "error=") || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d to %s", to, resp.StatusCode, at)
		}
	}
	// The address that the provider sends back to, opened in the browser of another user: signing a victim
	// in as the attacker.
	mine, theirs := authtest.Browser(t), authtest.Browser(t)
	stolen := w.begin(t, mine, "ada", "")
	if f := w.back(t, theirs, stolen); f.Get("error") != "forbidden" || f.Get("code") != "" {
		t.Errorf("in another browser: %v", f)
	}
	if f := w.back(t, mine, stolen); f.Get("error") != "forbidden" || f.Get("code") != "" { // the try has used it up
		t.Errorf("afterwards in the right one: %v", f)
	}
	// A state is good for once, and for nothing else.
	used := w.begin(t, mine, "ada", "")
	f := w.back(t, mine, used)
	if f.Get("code") == "" {
		t.Fatalf("got %v", f)
	}
	if again := w.back(t, mine, used); again.Get("error") != "forbidden" || again.Get("code") != "" {
		t.Errorf("a state again: %v", again)
	}
	if forged := w.back(t, mine, w.URL+"/v1/auth/oauth/test/callback?state=AAAA&code=x"); forged.Get("error") != "forbidden" || forged.Get("code") != "" {
		t.Errorf("a state that was made up: %v", forged)
	}
	// The code without the verifier, which a wrong guess uses up.
	w.post(t, 401, "oauth/exchange", "", `{"code":"`+f.Get("code")+`","code_verifier":"`+strings.Repeat("x", 43)+`"}`)
	w.post(t, 401, "oauth/exchange", "", `{"code":"`+f.Get("code")+`","code_verifier":"`+verifier+`"}`)
	// And a good one, twice.
	f = w.back(t, mine, w.begin(t, mine, "ada", ""))
	w.session(t, 200, "oauth/exchange", "", `{"code":"`+f.Get("code")+`","code_verifier":"`+verifier+`"}`)
	w.post(t, 401, "oauth/exchange", "", `{"code":"`+f.Get("code")+`","code_verifier":"`+verifier+`"}`)
	// A code of another sign-in at the provider, put into this one.
	a, b := w.begin(t, mine, "ada", ""), w.begin(t, theirs, "bob", "")
	code := func(address string) string { u, _ := url.Parse(address); return u.Query().Get("code") }
	mixed := strings.Replace(a, url.QueryEscape(code(a)), url.QueryEscape(code(b)), 1)
	if f := w.back(t, mine, mixed); f.Get("code") != "" || f.Get("error") != "unauthenticated" {
		t.Errorf("another sign-in's code: %v", f)
	}
	// Some providers, such as Apple, send the browser back with a form.
	posted, err := url.Parse(w.begin(t, mine, "bob", ""))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := mine.PostForm(w.URL+posted.Path, posted.Query())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		t.Fatalf("a form: %s", resp.Status)
	}
	if f, err := url.ParseQuery(to.EscapedFragment()); err != nil || f.Get("code") == "" || to.Host != "app.example.com" {
		t.Errorf("a form leads to %s", to)
	}
	if f := w.back(t, mine, w.URL+"/v1/auth/oauth/test/callback?error=access_denied"); f.Get("error") != "forbidden" || f.Get("code") != "" {
		t.Errorf("an error without a state: %v", f)
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

// TestAudit_IsForAdministratorsToRead: what matters is there, no other user can see it, no user can change it,
// and no secret is in it.
func TestAudit_IsForAdministratorsToRead(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	s := w.session(t, 201, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	w.post(t, 401, "signin", "", `{"email":"ada@example.com","password":"wrong horse"}`)
	var key struct{ ID, Key string }
	w.Want(t, 201, call{Method: "POST", Path: "/v1/admin/keys", Token: admin, Body: `{"name":"importer","claims":{"role":"importer"}}`}).Decode(t, &key)
	w.Want(t, 200, call{Method: "GET", Path: "/v1/db/members", Token: key.Key})
	w.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + s.User.ID, Token: admin, Body: `{"claims":{"role":"editor"}}`})
	w.Want(t, 200, call{Method: "POST", Path: "/v1/admin/users/" + s.User.ID + "/impersonate", Token: admin, Body: `{"reason":"ticket 7"}`})
	all := w.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?sort=created", Token: admin}).Body
	for _, event := range []string{`"signup"`, `"signin"`, `"signin.failed"`, `"key.made"`, `"key.used"`, `"user.changed"`, `"impersonation"`, `"reason":"ticket 7"`, `"role":"editor"`} {
		if !strings.Contains(all, event) {
			t.Errorf("there is no %s in %s", event, all)
		}
	}
	for _, secret := range []string{"correct horse", "wrong horse", key.Key[len("bkey_"+key.ID+"_"):], s.Refresh[27:], s.Access} {
		if strings.Contains(all, secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
	if got := w.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?filter=" + url.QueryEscape(`event == "signin.failed" && user == "`+s.User.ID+`"`) + "&count=true", Token: admin}).Body; !strings.Contains(got, `"total":1`) {
		t.Errorf("got %s", got)
	}
	w.Want(t, 403, call{Method: "GET", Path: "/v1/db/_audit", Token: s.Access})
	w.Want(t, 401, call{Method: "GET", Path: "/v1/db/_audit"})
	w.Want(t, 403, call{Method: "GET", Path: "/v1/db/_audit", Token: key.Key})
	for _, c := range []call{{Method: "POST", Path: "/v1/db/_audit", Body: `{"event":"x"}`}, {Method: "DELETE", Path: "/v1/db/_audit?filter=true"}, {Method: "PATCH", Path: "/v1/db/_audit?filter=true", Body: `{"event":"x"}`}} {
		c.Token = admin
		w.Want(t, 403, c)
	}
	for _, name := range []string{"_users", "_sessions", "_keys", "_codes"} {
		w.Want(t, 404, call{Method: "GET", Path: "/v1/db/" + name, Token: admin})
	}
	for _, c := range []call{{Method: "GET", Path: "/v1/admin/users"}, {Method: "POST", Path: "/v1/admin/keys", Body: `{"name":"x"}`}, {Method: "POST", Path: "/v1/admin/users/" + s.User.ID + "/impersonate", Body: `{"reason":"x"}`}, {Method: "DELETE", Path: "/v1/admin/users/" + s.User.ID}} {
		w.Want(t, 401, c)
		c.Token = s.Access
		w.Want(t, 403, c)
		c.Token = key.Key
		w.Want(t, 403, c)
	}
}

// TestAudit_IsKeptForAWhile: what is older than auth.audit.keep goes by itself, and nothing else does.
func TestAudit_IsKeptForAWhile(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	w := newSignInNow(t, func(config string) string {
		return strings.Replace(config, "auth:\n", "auth:\n  audit: { keep: 30d }\n", 1)
	},
		func() time.Time { return time.Now().Add(time.Duration(later.Load())) })
	kept := func() string {
		return w.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?sort=created&select=event", Token: admin}).Body
	}
	w.session(t, 201, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	later.Add(int64(29 * 24 * time.Hour))
	w.post(t, 401, "signin", "", `{"email":"ada@example.com","password":"wrong horse"}`)
	time.Sleep(3 * time.Second) // it is looked at every ten minutes, which are over
	if got := kept(); !strings.Contains(got, `"signup"`) {
		t.Errorf("after 29 days there is %s", got)
	}
	later.Add(int64(2 * 24 * time.Hour))
	for range 300 {
		if !strings.Contains(kept(), `"signup"`) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if got := kept(); strings.Contains(got, `"signup"`) || !strings.Contains(got, `"signin.failed"`) {
		t.Errorf("after 31 days there is %s", got)
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
