package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// peopled is a server whose users have profiles.
const peopled = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
limits: { body: 4KiB }
auth:
  profile: people
  tokens: { secret: "0123456789abcdef0123456789abcdef" }
  claims: { tier: '"free"' }
  providers: { password: { attempts: 1000, weak: true }, anonymous: {} }
collections:
  people:
    fields:
      name:   { type: string, required: true, max: 20 }
      handle: { type: string, unique: true }
      owner:  { type: string }
      tier:   { type: string }
      vip:    { type: bool, default: false }
      secret: { type: string, default: "hidden" }
      data:   { type: json }
    set: { create: { owner: auth.id, tier: auth.tier } }
    fields_readable: { secret: 'auth.role == "admin"' }
    fields_writable: { vip: 'auth.role == "admin"' }
    rules: { read: 'auth != nil', create: 'next.id == auth.id && next.name != "root"', update: 'doc.id == auth.id && !changed("owner")' }
  posts:
    fields: { author: { type: ref, to: people, on_delete: cascade } }
    rules: { read: 'true', create: 'next.author == auth.id' }
  bills:
    fields: { person: { type: ref, to: people, on_delete: restrict } }
    rules: {}
`

// profiled is a session whose user has a profile.
type profiled struct {
	Access string `json:"access_token"`
	User   struct {
		ID      string
		Profile json.RawMessage
	}
}

func signedUp(t *testing.T, a servertest.Answer) (s profiled) {
	t.Helper()
	a.Decode(t, &s)
	return s
}

// signUp sends the sign-up of an address. profile is JSON, or empty.
func signUp(t *testing.T, s *servertest.Instance, email, token, profile string) servertest.Answer {
	t.Helper()
	body := fmt.Sprintf(`{"email":%q,"password":"correct horse"`, email)
	if profile != "" {
		body += `,"profile":` + profile
	}
	return s.Do(t, call{Method: "POST", Path: "/v1/auth/signup", Token: token, Body: body + "}"})
}

// count returns how many profiles there are, and accounts of an address.
func countPeople(t *testing.T, s *servertest.Instance, email string) (profiles, accounts int) {
	t.Helper()
	var page struct{ Total int }
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/people?count=true", Token: admin}).Decode(t, &page)
	return page.Total, len(s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users?email=" + email, Token: admin}).IDs(t))
}

// TestProfile_IsMadeWithTheAccount signs up with a profile, and tries to get more than the rules for documents let.
func TestProfile_IsMadeWithTheAccount(t *testing.T) {
	t.Parallel()
	onEach(t, peopled, profileIsMadeWithTheAccount)
	t.Run("memory", func(t *testing.T) { profileIsMadeWithTheAccount(t, servertest.Start(t, onMemory(peopled))) })
}

func profileIsMadeWithTheAccount(t *testing.T, s *servertest.Instance) {
	a := signUp(t, s, "ada@example.com", "", `{"name":"Ada","handle":"ada","owner":"eve","tier":"gold"}`)
	ada := signedUp(t, a)
	want := fmt.Sprintf(`{"id":%q,"name":"Ada","handle":"ada","owner":%q,"tier":"free","vip":false,"data":null}`, ada.User.ID, ada.User.ID)
	if a.Status != 201 || string(ada.User.Profile) != want {
		t.Fatalf("got %d %s, want %s", a.Status, a.Body, want)
	}
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/people/" + ada.User.ID, Token: ada.Access, Body: `{"name":"Ada L."}`})
	for what, got := range map[string]string{
		"the user":  s.Want(t, 200, call{Method: "GET", Path: "/v1/auth/user", Token: ada.Access}).Body,
		"a session": s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ada@example.com","password":"correct horse"}`}).Body,
	} {
		if !strings.Contains(got, `"profile":`+strings.Replace(want, `"Ada"`, `"Ada L."`, 1)) {
			t.Errorf("%s is %s", what, got)
		}
	}

	for what, try := range map[string]struct {
		profile string
		status  int
		says    string
	}{
		"another's id":     {`{"id":"` + ada.User.ID + `","name":"Eve"}`, 422, `{"field":"profile.id","code":"mismatch","detail":"the id of a profile is that of its user; leave it out"}`},
		"an unknown field": {`{"name":"Eve","rule":"admin"}`, 422, `{"field":"profile.rule","code":"unknown_field"`},
		"nothing":          {"", 422, `{"field":"profile.name","code":"required"`},
		"no values":        {`{}`, 422, `{"field":"profile.name","code":"required"`},
		"null":             {`null`, 422, `{"field":"profile.name","code":"required"`},
		"a long value":     {`{"name":"` + strings.Repeat("e", 21) + `"}`, 422, `{"field":"profile.name","code":"max"`},
		"another type":     {`{"name":3,"handle":true}`, 422, `{"field":"profile.handle","code":"type"`},
		"a refused field":  {`{"name":"Eve","vip":true}`, 403, `{"field":"profile.vip","code":"not_writable"`},
		"the rule":         {`{"name":"root"}`, 403, `"code":"forbidden"`},
		"a taken value":    {`{"name":"Eve","handle":"ada"}`, 409, `"field":"profile.handle"`},
		"no object":        {`"Eve"`, 422, `{"field":"profile","code":"type"`},
		"several":          {`[{"name":"Eve"}]`, 422, `{"field":"profile","code":"type"`},
		"too much":         {`{"name":"Eve","data":"` + strings.Repeat("e", 5<<10) + `"}`, 413, `"code":"too_large"`},
		"too deep":         {`{"name":"Eve","data":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, 422, ""},
		"an operator":      {`{"name":{"$now":true}}`, 422, `{"field":"profile.name","code":"type"`},
	} {
		a := signUp(t, s, "eve@example.com", "", try.profile)
		if a.Status != try.status && what != "too deep" || a.Status/100 != 4 || !strings.Contains(a.Body, try.says) {
			t.Errorf("%s: got %d %s, want %d with %s", what, a.Status, a.Body, try.status, try.says)
		}
		if profiles, accounts := countPeople(t, s, "eve@example.com"); profiles != 1 || accounts != 0 {
			t.Fatalf("%s: there are %d profiles, and %d accounts of the address", what, profiles, accounts)
		}
	}
	// An address that has an account leaves no profile.
	if a := signUp(t, s, "ada@example.com", "", `{"name":"Eve"}`); a.Status != 409 || !strings.Contains(a.Body, `"field":"email"`) {
		t.Errorf("an address with an account: got %d %s", a.Status, a.Body)
	}
	if profiles, accounts := countPeople(t, s, "ada@example.com"); profiles != 1 || accounts != 1 {
		t.Errorf("there are %d profiles, and %d accounts of ada", profiles, accounts)
	}
}

// TestProfile_OneOfTwoAtOnce: of two sign-ups of one address at once, one account and its profile are left.
func TestProfile_OneOfTwoAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, peopled, func(t *testing.T, s *servertest.Instance) {
		var wait sync.WaitGroup
		answers := make([]servertest.Answer, 4)
		for i := range answers {
			wait.Go(func() { answers[i] = signUp(t, s, "ada@example.com", "", fmt.Sprintf(`{"name":"Ada %d"}`, i)) })
		}
		wait.Wait()
		made := 0
		for _, a := range answers {
			switch {
			case a.Status == 201:
				made++
			case a.Status != 409 || !strings.Contains(a.Body, `"field":"email"`):
				t.Errorf("got %d %s", a.Status, a.Body)
			}
		}
		if profiles, accounts := countPeople(t, s, "ada@example.com"); made != 1 || profiles != 1 || accounts != 1 {
			t.Errorf("%d sign-ups have made %d profiles and %d accounts", made, profiles, accounts)
		}
	})
}

// TestProfile_OfAnonymousUsers: guests have a profile as far as there are values, and keep it when they sign up.
func TestProfile_OfAnonymousUsers(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, onMemory(peopled))
	guest := func(status int, body string) servertest.Answer {
		t.Helper()
		return s.Want(t, status, call{Method: "POST", Path: "/v1/auth/anonymous", Body: body})
	}
	without := signedUp(t, guest(201, ``))
	if string(without.User.Profile) != "null" {
		t.Errorf("the profile of a guest without a name is %s", without.User.Profile)
	}
	if a := guest(422, `{"profile":{"handle":"x"}}`); !strings.Contains(a.Body, `"profile.name"`) {
		t.Errorf("got %s", a.Body)
	}
	if a := signUp(t, s, "one@example.com", without.Access, ""); a.Status != 422 || !strings.Contains(a.Body, `"profile.name"`) {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	one := signedUp(t, signUp(t, s, "one@example.com", without.Access, `{"name":"One"}`))
	if one.User.ID != without.User.ID || !strings.Contains(string(one.User.Profile), `"name":"One"`) {
		t.Errorf("got %+v", one)
	}

	named := signedUp(t, guest(201, `{"profile":{"name":"Two"}}`))
	if !strings.Contains(string(named.User.Profile), fmt.Sprintf(`{"id":%q,"name":"Two"`, named.User.ID)) {
		t.Errorf("got %s", named.User.Profile)
	}
	for _, refused := range []string{`{"vip":true}`, `{"owner":"x"}`, `{"id":"x"}`, `{"name":null}`} {
		if a := signUp(t, s, "two@example.com", named.Access, refused); a.Status/100 != 4 {
			t.Errorf("%s: got %d %s", refused, a.Status, a.Body)
		}
		if _, accounts := countPeople(t, s, "two@example.com"); accounts != 0 {
			t.Errorf("%s: the account has the address", refused)
		}
	}
	two := signedUp(t, signUp(t, s, "two@example.com", named.Access, `{"handle":"two"}`))
	if two.User.ID != named.User.ID || !strings.Contains(string(two.User.Profile), `"name":"Two","handle":"two"`) {
		t.Errorf("got %+v", two)
	}
}

// TestProfile_OfPeopleFromElsewhere: whoever comes by mail or by a provider has a profile where no value is missing, and
// comes in all the same where one is.
func TestProfile_OfPeopleFromElsewhere(t *testing.T) {
	t.Parallel()
	for name, required := range map[string]bool{"defaults": false, "a required field": true} {
		t.Run(name, func(t *testing.T) {
			w := newSignIn(t, func(config string) string {
				config = strings.NewReplacer("\nauth:\n", "\nauth:\n  profile: people\n", "attempts: 50", "attempts: 50, confirm: true").Replace(config)
				return config + fmt.Sprintf("  people:\n    fields: { plan: { type: string, default: free }, name: { type: string, required: %t, max: 9 } }\n    rules: { read: 'doc.id == auth.id', create: 'next.id == auth.id' }\n", required)
			})
			check := func(what, body string, name string) {
				t.Helper()
				s := signedUp(t, servertest.Answer{Body: body})
				want := fmt.Sprintf(`{"id":%q,"plan":"free","name":%s}`, s.User.ID, name)
				if required && name == "null" {
					want = "null"
				}
				if string(s.User.Profile) != want {
					t.Errorf("%s: the profile is %s, want %s", what, s.User.Profile, want)
				}
			}
			browserSession := w.elsewhere(t, "ada", "")
			check("a provider", `{"user":`+w.Want(t, 200, call{Method: "GET", Path: "/v1/auth/user", Token: browserSession.Access}).Body+`}`, "null")
			w.post(t, 202, "email", "", `{"email":"cyd@example.com"}`)
			check("a mail", w.post(t, 200, "email/verify", "", `{"token":"`+w.mail(t).Token()+`"}`).Body, "null")
			check("an anonymous user", w.post(t, 201, "anonymous", "", ``).Body, "null")

			// A sign-up says the same of a refused profile, whether or not the address has an account.
			for _, email := range []string{"cyd@example.com", "dan@example.com"} {
				if a := signUp(t, w.Instance, email, "", `{"name":"much too long"}`); a.Status != 422 || !strings.Contains(a.Body, `"profile.name"`) {
					t.Errorf("%s: got %d %s", email, a.Status, a.Body)
				}
				if a := signUp(t, w.Instance, email, "", `{"name":"Dan"}`); a.Status != 202 || a.Body != `{"confirm":"email"}` {
					t.Errorf("%s: got %d %s", email, a.Status, a.Body)
				}
			}
			for range 2 { // cyd is told, and dan has a link, in any order
				if m := w.mail(t); m.To[0] == "dan@example.com" {
					check("a sign-up", w.post(t, 200, "email/verify", "", `{"token":"`+m.Token()+`"}`).Body, `"Dan"`)
				}
			}
		})
	}
}

// TestProfile_GoesWithTheAccount removes accounts: the profile goes with its account, for live queries, events and refs,
// or neither goes.
func TestProfile_GoesWithTheAccount(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t)
	s := servertest.Start(t, onMemory(peopled)+"webhooks: { secret: whsec }\nevents:\n  came: { on: people.created, url: \""+receiver.server.URL+"\" }\n  went: { on: people.deleted, url: \""+receiver.server.URL+"\" }\n")
	ada := signedUp(t, signUp(t, s, "ada@example.com", "", `{"name":"Ada"}`))
	bob := signedUp(t, signUp(t, s, "bob@example.com", "", `{"name":"Bob"}`))
	for _, e := range receiver.want("came", 2) {
		if e.Doc["owner"] != e.By || e.Doc["id"] != e.By {
			t.Errorf("got %+v", e)
		}
	}
	l := s.Live(t, bob.Access)
	if err := l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "people"}); err != nil {
		t.Fatal(err)
	}
	l.Want(t, "snapshot")
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/posts", Token: ada.Access, Body: fmt.Sprintf(`{"author":%q}`, ada.User.ID)})
	var bill struct{ ID string }
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/bills", Token: admin, Body: fmt.Sprintf(`{"person":%q}`, ada.User.ID)}).Decode(t, &bill)

	remove := call{Method: "DELETE", Path: "/v1/auth/user", Token: ada.Access, Body: `{"current_password":"correct horse"}`}
	s.Want(t, 409, remove) // the bill is to stay
	if profiles, accounts := countPeople(t, s, "ada@example.com"); profiles != 2 || accounts != 1 {
		t.Errorf("there are %d profiles, and %d accounts", profiles, accounts)
	}
	s.Want(t, 200, call{Method: "GET", Path: "/v1/auth/user", Token: ada.Access})
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/bills/" + bill.ID, Token: admin})
	s.Want(t, 204, remove)
	if m := l.Want(t, "change"); m.Type != "removed" || m.Key != ada.User.ID {
		t.Errorf("got %+v", m)
	}
	if went := receiver.want("went", 1); went[0].By != ada.User.ID || went[0].Old["name"] != "Ada" {
		t.Errorf("got %+v", went)
	}
	if posts := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts"}).IDs(t); len(posts) != 0 {
		t.Errorf("the posts %v are left", posts)
	}
	if profiles, accounts := countPeople(t, s, "ada@example.com"); profiles != 1 || accounts != 0 {
		t.Errorf("there are %d profiles, and %d accounts", profiles, accounts)
	}

	// An administrator removes an account likewise, also one without a profile.
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/admin/users/" + bob.User.ID, Token: admin})
	guest := signedUp(t, s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/anonymous", Body: ``}))
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/admin/users/" + guest.User.ID, Token: admin})
	if profiles, _ := countPeople(t, s, "bob@example.com"); profiles != 0 {
		t.Errorf("there are %d profiles", profiles)
	}
}

// TestProfile_IsRefusedWhereThereAreNone: a server without auth.profile does not take one, and shows none.
func TestProfile_IsRefusedWhereThereAreNone(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(onMemory(peopled), "  profile: people\n", "", 1))
	if a := signUp(t, s, "ada@example.com", "", `{"name":"Ada"}`); a.Status != 422 || !strings.Contains(a.Body, `{"field":"profile","code":"unsupported"`) {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	if a := signUp(t, s, "ada@example.com", "", ""); a.Status != 201 || strings.Contains(a.Body, "profile") {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/openapi.json"}); strings.Contains(a.Body, `"profile":`) {
		t.Error("the description has a profile")
	}
}

// TestProfile_IsDescribed: the description has profiles as documents of the collection.
func TestProfile_IsDescribed(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, onMemory(peopled))
	a := s.Want(t, 200, call{Method: "GET", Path: "/openapi.json"})
	if n := strings.Count(a.Body, `"profile":{"$ref":"#/components/schemas/NewPeople"}`); n != 3 {
		t.Errorf("%d calls take a profile", n)
	}
	if !strings.Contains(a.Body, `"profile":{"anyOf":[{"$ref":"#/components/schemas/NewPeople"},{"$ref":"#/components/schemas/PeoplePatch"}]}`) {
		t.Error("an anonymous user who signs up cannot change the profile that is there")
	}
	if !strings.Contains(a.Body, `"profile":{"anyOf":[{"$ref":"#/components/schemas/people"},{"type":"null"}]`) {
		t.Error("users have no profile")
	}
}
