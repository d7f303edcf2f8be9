package server_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestProfile_InRules asks for the profile of the caller in rules: by it alone, and as it is now.
func TestProfile_InRules(t *testing.T) {
	t.Parallel()
	config := strings.Replace(onMemory(peopled), "collections:\n", `roles: { vip: 'auth.profile.vip' }
collections:
  news:
    fields: { title: { type: string }, level: { type: string } }
    cache: { ttl: 1h }
    rules: { read: 'doc.level == "all" || doc.level == auth.profile.handle || roles.vip', create: 'auth.profile.id != nil && next.level != "root"' }
`, 1)
	config = strings.Replace(config, `claims: { tier: '"free"' }`, `claims: { tier: '"free"', handle: 'auth.profile.handle' }`, 1)
	s := servertest.Start(t, config)
	ada := signedUp(t, signUp(t, s, "ada@example.com", "", `{"name":"Ada","handle":"red"}`))
	bob := signedUp(t, signUp(t, s, "bob@example.com", "", `{"name":"Bob","handle":"blue"}`))
	guest := signedUp(t, s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/anonymous", Body: ``})) // has no profile
	forged := s.Token(map[string]any{"sub": "eve", "profile": map[string]any{"id": "eve", "handle": "red", "vip": true}})
	for _, level := range []string{"all", "red", "blue", "green"} {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/news", Token: admin, Body: fmt.Sprintf(`{"id":%q,"level":%q}`, level, level)})
	}
	sees := func(what, token string, want ...string) {
		t.Helper()
		for range 2 { // the second time from the cache
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/news?sort=id", Token: token}).IDs(t); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s sees %v, want %v", what, got, want)
			}
		}
	}
	sees("ada", ada.Access, "all", "red")
	sees("bob", bob.Access, "all", "blue")
	sees("a guest", guest.Access, "all")
	sees("a token with a claim of that name", forged, "all")
	sees("an anonymous caller", "", "all")
	s.Want(t, 403, call{Method: "POST", Path: "/v1/db/news", Token: guest.Access, Body: `{"level":"all"}`})
	s.Want(t, 403, call{Method: "POST", Path: "/v1/db/news", Token: forged, Body: `{"level":"all"}`})
	s.Want(t, 401, call{Method: "POST", Path: "/v1/db/news", Body: `{"level":"all"}`})

	l := s.Live(t, ada.Access)
	if err := l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "news"}); err != nil {
		t.Fatal(err)
	}
	l.Want(t, "snapshot")
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/people/" + ada.User.ID, Token: ada.Access, Body: `{"handle":"green"}`})
	state := map[string]bool{"red": true}
	for state["red"] || !state["green"] {
		m, err := l.Next(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if m.Event == "snapshot" {
			state = map[string]bool{}
			for _, item := range m.Items {
				state["red"] = state["red"] || strings.Contains(string(item), `"red"`)
				state["green"] = state["green"] || strings.Contains(string(item), `"green"`)
			}
		} else {
			state[m.Key] = m.Type != "removed"
		}
	}
	sees("ada with another profile", ada.Access, "all", "green")
	s.Want(t, 403, call{Method: "PATCH", Path: "/v1/db/people/" + ada.User.ID, Token: ada.Access, Body: `{"vip":true}`})
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/people/" + ada.User.ID, Token: admin, Body: `{"vip":true}`})
	sees("a vip", ada.Access, "all", "blue", "green", "red")
	s.Want(t, 200, call{Method: "POST", Path: "/v1/admin/explain", Token: admin, Body: fmt.Sprintf(`{"op":"read","collection":"news","as":{"sub":%q}}`, bob.User.ID)})
}

// TestProfile_OfAnAdministratorsAccount: whoever makes the account writes all of the profile, or nothing is made.
func TestProfile_OfAnAdministratorsAccount(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, onMemory(peopled))
	send := func(status int, body string) {
		t.Helper()
		s.Want(t, status, call{Method: "POST", Path: "/v1/admin/users", Token: admin, Body: body})
	}
	send(201, `{"id":"ada","email":"ada@example.com","profile":{"name":"Ada","vip":true}}`)
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/people/ada", Token: admin}); !strings.Contains(a.Body, `"owner":"ada","tier":"free","vip":true`) {
		t.Errorf("the profile is %s", a.Body)
	}
	send(201, `{"id":"bob","email":"bob@example.com"}`) // a value is missing, so that there is no profile
	send(422, `{"id":"eve","email":"eve@example.com","profile":{"name":3}}`)
	send(422, `{"id":"eve","email":"eve@example.com","profile":{"id":"ada","name":"Eve"}}`)
	send(422, `{"id":"eve","email":"eve@example.com","profile":"Eve"}`)
	send(409, `{"id":"eve","email":"ada@example.com","profile":{"name":"Eve"}}`)
	if profiles, accounts := countPeople(t, s, "eve@example.com"); profiles != 1 || accounts != 0 {
		t.Errorf("there are %d profiles, and %d accounts of eve", profiles, accounts)
	}
}

// A profile is made like every other document, and counts like one.
func TestProfile_CountsAsACreate(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(onMemory(peopled), "  people:\n", "  people:\n    limits: { create: { rate: 2/1h } }\n", 1))
	for n, status := range []int{201, 201, 429, 429} {
		body := fmt.Sprintf(`{"email":"u%d@example.com","password":"correct horse %d","profile":{"name":"n"}}`, n, n)
		if n == 3 {
			body = `{}`
		}
		path := "/v1/auth/signup"
		if n == 3 {
			path = "/v1/auth/anonymous"
		}
		if a := s.Do(t, call{Method: "POST", Path: path, Body: body}); a.Status != status {
			t.Errorf("sign-up %d: got %d %s", n, a.Status, a.Body)
		}
	}
	if a := s.Do(t, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"u2@example.com","password":"correct horse 2"}`}); a.Status != 401 {
		t.Errorf("the account of a refused profile: got %d %s", a.Status, a.Body)
	}
}

// TestProfile_OfASquatterGoes: whoever proves an address gets the profile of a new user, whether or not it can be empty, and
// what refers to a profile that stays is there.
func TestProfile_OfASquatterGoes(t *testing.T) {
	t.Parallel()
	config := strings.Replace(peopled, "auth:\n", "auth:\n  url: https://app.example.com\n", 1)
	onEach(t, config, func(t *testing.T, s *servertest.Instance) { squattersProfileGoes(t, s, "") })
	free := strings.Replace(config, "required: true, max: 20", "max: 20", 1)
	onEach(t, free, func(t *testing.T, s *servertest.Instance) {
		squattersProfileGoes(t, s, `"name":null,"handle":null,"tier":"free","vip":false,"secret":"hidden","data":null}`)
	})
}

// squattersProfileGoes signs up with an address that another proves. want is the profile then, without id and owner, and empty for none.
func squattersProfileGoes(t *testing.T, s *servertest.Instance, want string) {
	eve := signedUp(t, signUp(t, s, "bob@example.com", "", `{"name":"squat","handle":"squat","data":{"a":"squat"}}`))
	person := "/v1/db/people/" + eve.User.ID
	s.Want(t, 200, call{Method: "PATCH", Path: person, Token: admin, Body: `{"vip":true,"secret":"squat"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/posts", Token: eve.Access, Body: `{"author":"` + eve.User.ID + `"}`})
	var made struct {
		ActionLink string `json:"link"`
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/invite", Token: admin, Body: `{"email":"bob@example.com","send":false}`}).Decode(t, &made)
	_, fragment, _ := strings.Cut(made.ActionLink, "#")
	sent, err := url.ParseQuery(fragment)
	if err != nil || sent.Get("token") == "" {
		t.Fatalf("the link is %s", made.ActionLink)
	}
	bob := signedUp(t, s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/invite/accept", Body: `{"token":"` + sent.Get("token") + `","password":"another horse battery"}`}))
	if bob.User.ID != eve.User.ID || strings.Contains(string(bob.User.Profile), "squat") {
		t.Errorf("the owner is %+v", bob.User)
	}
	s.Want(t, 401, call{Method: "GET", Path: person, Token: eve.Access})
	posts := len(s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts"}).IDs(t))
	if want == "" {
		if s.Want(t, 404, call{Method: "GET", Path: person, Token: admin}); posts != 0 {
			t.Errorf("%d posts of a removed profile are left", posts)
		}
		return
	}
	now := s.Want(t, 200, call{Method: "GET", Path: person, Token: admin}).Body
	for _, part := range strings.Split(strings.TrimSuffix(want, "}"), ",") {
		if !strings.Contains(now, part) {
			t.Errorf("the profile lacks %s: %s", part, now)
		}
	}
	if !strings.Contains(now, `"owner":"`+bob.User.ID+`"`) || posts != 1 {
		t.Errorf("the profile is %s, with %d posts", now, posts)
	}
}

// TestProfile_FindsUsers looks for accounts by the names in their profiles, as administrators alone may.
func TestProfile_FindsUsers(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, onMemory(peopled))
	ada := signedUp(t, signUp(t, s, "ada@example.com", "", `{"name":"Lovelace"}`))
	bob := signedUp(t, signUp(t, s, "bob@example.com", "", `{"name":"Bob","handle":"lovelace"}`))
	find := func(search string) string {
		t.Helper()
		return strings.Join(s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users?search=" + url.QueryEscape(search), Token: admin}).IDs(t), " ")
	}
	for search, want := range map[string]string{"LOVE": ada.User.ID, "bob@": bob.User.ID, "example.com": ada.User.ID + " " + bob.User.ID, bob.User.ID: bob.User.ID, bob.User.ID[1:]: "", "%": "", "hidden": ""} {
		if got := find(search); got != want {
			t.Errorf("%q finds %q, want %q", search, got, want)
		}
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users?search=example&limit=1", Token: admin}); fmt.Sprint(a.IDs(t)) != "["+ada.User.ID+"]" || !strings.Contains(a.Body, `"next":"`+ada.User.ID) {
		t.Errorf("a page of one has %s", a.Body)
	}
	s.Want(t, 403, call{Method: "GET", Path: "/v1/admin/users?search=love", Token: ada.Access})
	s.Want(t, 401, call{Method: "GET", Path: "/v1/admin/users?search=love"})
	for _, bad := range []string{"search=", "search=" + strings.Repeat("a", 101), "search=a&email=ada@example.com", "search=a&limit=0"} {
		s.Want(t, 422, call{Method: "GET", Path: "/v1/admin/users?" + bad, Token: admin})
	}
}
