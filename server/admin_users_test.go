package server_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/servertest"
)

const withAdmins = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" } }
admin: { users: 'auth.role == "admin" && auth.email_verified == true' }
log: { level: info }
collections:
  notes:
    cache: { ttl: 1m }
    fields: { owner: { type: string }, text: { type: string }, pin: { type: string } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil' }
    set: { create: { owner: auth.id } }
    fields_readable: { pin: 'false' }
`

// TestAdminUsers_AreThoseWhoSatisfyTheCondition asks as an administrator what is hidden, and as everyone else who would
// like to be one.
func TestAdminUsers_AreThoseWhoSatisfyTheCondition(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, withAdmins)
	token := func(claims string) string {
		var c map[string]any
		if err := json.Unmarshal([]byte(claims), &c); err != nil {
			t.Fatal(err)
		}
		return s.Token(c)
	}
	ann := token(`{"sub":"ann"}`)
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"n1","text":"x","pin":"1234"}`})
	admin := token(`{"sub":"root","role":"admin","email_verified":true}`)
	for range 2 { // the second from the cache, if that were so
		if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/n1", Token: admin}); !strings.Contains(a.Body, `"pin":"1234"`) {
			t.Errorf("got %s", a.Body)
		}
	}
	s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/status", Token: admin})
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/n1", Token: admin, Body: `{"text":"y"}`}) // no rule allows it
	if log := s.Log(); !strings.Contains(log, "an administrator called") || !strings.Contains(log, "user=root") {
		t.Errorf("the log does not name the administrator: %s", log)
	}
	for name, claims := range map[string]string{
		"no claims": `{"sub":"x"}`, "another role": `{"sub":"x","role":"editor","email_verified":true}`, "half of it": `{"sub":"x","role":"admin"}`,
		"a list": `{"sub":"x","role":["admin"],"email_verified":true}`, "text for true": `{"sub":"x","role":"admin","email_verified":"true"}`,
		"capitals": `{"sub":"x","role":"Admin","email_verified":true}`, "null": `{"sub":"x","role":null,"email_verified":null}`,
		"the claim below another": `{"sub":"x","auth":{"role":"admin","email_verified":true}}`,
	} {
		x := token(claims)
		s.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/n1", Token: x})
		if a := s.Do(t, call{Method: "GET", Path: "/v1/admin/status", Token: x}); a.Status != 403 {
			t.Errorf("%s: got %d %s", name, a.Status, a.Body)
		}
	}
	s.Want(t, 401, call{Method: "GET", Path: "/v1/admin/status"})
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/n1", Token: ann}); strings.Contains(a.Body, "pin") {
		t.Errorf("the owner sees what an administrator has put into the cache: %s", a.Body)
	}
}

func TestAdminUsers_ConditionIsChecked(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		`true`: "anonymous caller", `auth == nil`: "anonymous caller", `auth.role != "user"`: "anonymous caller",
		`doc.x == 1`: "doc", `exists("notes", {"owner": auth.id})`: "notes", `auth.id`: "true or false", `auth.role == "admin"`: "", `auth.role = "x"`: "admin.users",
	} {
		text := strings.Replace(withAdmins, `'auth.role == "admin" && auth.email_verified == true'`, "'"+condition+"'", 1)
		_, err := config.Parse("basalt.yaml", t.TempDir(), []byte(text))
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", condition, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "basalt.yaml:4:") {
			t.Errorf("%s: got %v, and no %q at its line", condition, err, want)
		}
	}
}

// TestAdminUsers_ByAnAddressThatIsProven: anyone can sign up with the address of an administrator, and has claimed it
// only. It makes no administrator, opens no console, and asks no schema; the same address, once it is proven, does.
func TestAdminUsers_ByAnAddressThatIsProven(t *testing.T) {
	t.Parallel()
	for _, condition := range []string{`auth.email == "boss@example.com"`, `auth.email endsWith "@example.com"`, `auth.email in ["boss@example.com"]`} {
		s := servertest.Start(t, `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" }, providers: { password: {} } }
admin: { users: '`+condition+`' }
console: { access: '`+condition+`' }
graphql: { introspection: '`+condition+`' }
log: { level: error }
collections: { notes: { fields: { text: { type: string } }, rules: { read: 'false' } } }
`)
		var squatter struct {
			AccessToken string `json:"access_token"`
		}
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"boss@example.com","password":"correct horse"}`}).Decode(t, &squatter)
		schema := call{Method: "POST", Path: "/v1/graphql", Body: `{"query":"{ __schema { types { name } } }"}`}
		for what, token := range map[string]string{
			"who signed up": squatter.AccessToken, "a token that does not say": s.Token(map[string]any{"sub": "x", "email": "boss@example.com"}),
			"text for true": s.Token(map[string]any{"sub": "x", "email": "boss@example.com", "email_verified": "true"}),
		} {
			for _, path := range []string{"/v1/admin/users", "/v1/admin/console", "/v1/db/notes"} {
				if a := s.Do(t, call{Method: "GET", Path: path, Token: token}); a.Status != 403 {
					t.Errorf("%s: %s at %s: got %d %s", condition, what, path, a.Status, a.Body)
				}
			}
			schema.Token = token
			if a := s.Do(t, schema); strings.Contains(a.Body, `"types"`) {
				t.Errorf("%s: %s reads the schema: %.200s", condition, what, a.Body)
			}
		}
		boss := s.Token(map[string]any{"sub": "b", "email": "boss@example.com", "email_verified": true})
		s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users", Token: boss})
	}
}

// TestAdminUsers_KeysAreNotTakenFromAddresses: what proxies log is no place for a key that never ends.
func TestAdminUsers_KeysAreNotTakenFromAddresses(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(notes, "log:", "graphql: {}\nlog:", 1))
	for _, path := range []string{"/v1/db/notes/live?access_token=", "/v1/graphql?query=subscription%7Bnotes%7Bid%7D%7D&access_token=", "/v1/db/notes?access_token="} {
		a := s.Do(t, call{Method: "GET", Path: path + admin, Header: map[string]string{"Accept": "text/event-stream"}})
		if a.Status != 401 && a.Status != 422 {
			t.Errorf("%s: got %d %s", path, a.Status, a.Body)
		}
		if strings.Contains(s.Log(), admin) || strings.Contains(a.Body, admin) {
			t.Errorf("%s: the key is in the log or in the answer", path)
		}
	}
}

// TestAdminUsers_AreNamedInTheAudit: what an administrator does to an account has their name, also as another.
func TestAdminUsers_AreNamedInTheAudit(t *testing.T) {
	t.Parallel()
	const key = "a-long-random-admin-key-000"
	s := servertest.Start(t, strings.Replace(withAdmins, "admin: { users:", `admin: { keys: ["`+key+`"], users:`, 1))
	root := s.Token(map[string]any{"sub": "root", "role": "admin", "email_verified": true})
	made := s.Want(t, 201, call{Method: "POST", Path: "/v1/admin/users", Token: root, Body: `{"email":"ann@example.com","claims":{"role":"admin"}}`})
	var ann struct{ ID string }
	made.Decode(t, &ann)
	got := s.Want(t, 200, call{Method: "POST", Path: "/v1/admin/users/" + ann.ID + "/impersonate", Token: root, Body: `{"reason":"support"}`})
	var acting struct {
		Token string `json:"access_token"`
	}
	got.Decode(t, &acting)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + ann.ID, Token: key, Body: `{"claims":{"role":"editor"}}`})
	var page struct {
		Items []struct{ Event, Actor string }
	}
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?sort=created", Token: key}).Decode(t, &page)
	actors := map[string]string{}
	for _, e := range page.Items {
		actors[e.Event] = e.Actor
	}
	if actors["user.made"] != "root" || actors["impersonation"] != "root" || actors["user.changed"] != "admin" {
		t.Errorf("the audit names %v", actors)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(acting.Token, ".")[1])
	if err != nil || !strings.Contains(string(payload), `"act":{"sub":"root"}`) {
		t.Errorf("%v: the token has %s", err, payload)
	}
}

// TestAdminUsers_AConnectionIsLoggedOnce keeps a live connection of an administrator open while its token is verified again
// and again: the log has it once, and once more for another token.
func TestAdminUsers_AConnectionIsLoggedOnce(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, withAdmins)
	token := func(n int) string {
		return s.Token(map[string]any{"sub": "root", "role": "admin", "email_verified": true, "n": n})
	}
	l := s.Live(t, "")
	calls := func() int { return strings.Count(s.Log(), `msg="an administrator called" path=/v1/realtime`) }
	for n := range 2 {
		if err := l.Send(map[string]any{"id": "t", "op": "auth", "token": token(n)}); err != nil {
			t.Fatal(err)
		}
		l.Want(t, "auth")
		time.Sleep(2500 * time.Millisecond) // in which it is verified twice
		if got := calls(); got != n+1 {
			t.Errorf("%d calls are logged after %d", got, n+1)
		}
	}
}
