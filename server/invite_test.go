package server_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// inviting lets the owners of a team invite into it.
func inviting(config string) string {
	config = strings.Replace(config, `claims: { teams: 'pluck("members", {"user": auth.id}, "team")', since: 'auth.email != nil ? "mail" : "nobody"' }`, `profile: people
  invite: { rule: 'auth.id != nil && params.email endsWith "example.com" && params.claims.level != "blocked"' }`, 1)
	config = strings.Replace(config, "databases: { main: { driver: sqlite, url: \"file:test.db\" } }", "databases: { main: { driver: memory }, other: { driver: memory } }", 1)
	config = strings.Replace(config, "  redirects:", "  database: main\n  redirects:", 1)
	i := strings.Index(config, "collections:")
	return config[:i] + `limits: { timeout: 1m } # for a loaded machine
collections:
  people:
    database: main
    fields: { name: { type: string, max: 9, default: new } }
    rules: { read: 'auth != nil', create: 'next.id == auth.id' }
  teams: { database: main, fields: { owner: { type: string } }, rules: { read: 'true' } }
  members:
    database: main
    fields: { team: { type: ref, to: teams, required: true }, user: { type: ref, to: people, required: true }, role: { type: string, default: member } }
    indexes: [ { fields: [team, user], unique: true } ]
    rules: { read: 'doc.user == auth.id', create: 'get("teams", next.team).owner == auth.id && next.role in ["member", "guest"]' }
  logs: { database: other, fields: { user: { type: string } }, rules: { read: 'true', create: 'true' } }
`
}

type invitingWorld struct {
	*signInWorld
	owner, eve sessionBody
}

// newInviting is a server with the team red of an owner, and with eve, who has none.
func newInviting(t *testing.T, now func() time.Time) *invitingWorld {
	t.Helper()
	w := &invitingWorld{signInWorld: newSignInNow(t, func(config string) string { return inviting(config) }, now)}
	w.owner, w.eve = w.verified(t, "owner@example.com", `{"teams":["red","blue"],"level":"high"}`), w.verified(t, "eve@example.com", `{}`)
	w.Want(t, 201, call{Method: "POST", Path: "/v1/db/teams", Token: admin, Body: `{"id":"red","owner":"` + w.owner.User.ID + `"}`})
	return w
}

// verified is the session of a user with a proven address, a password and claims.
func (w *invitingWorld) verified(t *testing.T, email, claims string) sessionBody {
	t.Helper()
	link := w.link(t, `{"email":"`+email+`","claims":`+claims+`}`)
	return w.session(t, 200, "invite/accept", "", `{"token":"`+link+`","password":"correct horse battery"}`)
}

// link is the token of an invitation of an administrator.
func (w *invitingWorld) link(t *testing.T, body string) string {
	t.Helper()
	var made struct{ Link string }
	w.post(t, 201, "invite", admin, body[:len(body)-1]+`,"send":false}`).Decode(t, &made)
	u, err := url.Parse(made.Link)
	if err != nil {
		t.Fatal(err)
	}
	fragment, _ := url.ParseQuery(u.Fragment)
	if fragment.Get("basalt") != "invite" || fragment.Get("token") == "" {
		t.Fatalf("the link is %s", made.Link)
	}
	return fragment.Get("token")
}

const red = `"membership":{"collection":"members","doc":{"team":"red"}}`

// members are the rows of a team, as user:role.
func (w *invitingWorld) members(t *testing.T) string {
	t.Helper()
	var page struct{ Items []struct{ User, Role string } }
	w.Want(t, 200, call{Method: "GET", Path: "/v1/db/members?sort=role", Token: admin}).Decode(t, &page)
	var out []string
	for _, m := range page.Items {
		out = append(out, m.User+":"+m.Role)
	}
	return strings.Join(out, " ")
}

// TestInvite_FromTheMailToTheMember invites a user without an account into a team: account, profile, claims and
// membership are there together, or none of them.
func TestInvite_FromTheMailToTheMember(t *testing.T) {
	t.Parallel()
	w := newInviting(t, time.Now)
	made := w.post(t, 201, "invite", w.owner.Access, `{"email":" Ada@Example.com","claims":{"teams":["red"]},"redirect":"http://app.example.com/welcome?x=1",`+red+`}`)
	m := w.mail(t)
	if strings.Contains(made.Body, m.Token()) || strings.Contains(made.Body, "link") || !strings.HasPrefix(m.Link(), "http://app.example.com/welcome?x=1#basalt=invite") || m.To[0] != "ada@example.com" {
		t.Errorf("made %s, and the mail %+v", made.Body, m)
	}
	if open := w.Want(t, 200, call{Method: "GET", Path: "/v1/auth/invite", Token: w.owner.Access}); strings.Count(open.Body, `"email":"ada@example.com"`) != 1 {
		t.Errorf("open are %s", open.Body)
	}
	for _, refused := range []string{`{"token":"TOKEN","password":"short"}`, `{"token":"TOKEN","profile":{"name":"much too long"}}`, `{"token":"TOKEN","profile":{"id":"x"}}`} {
		w.post(t, 422, "invite/accept", "", strings.Replace(refused, "TOKEN", m.Token(), 1))
	}
	if w.members(t) != "" {
		t.Errorf("a refused acceptance leaves %s", w.members(t))
	}
	a := w.post(t, 200, "invite/accept", "", `{"token":"`+m.Token()+`","password":"correct horse battery","profile":{"name":"Ada"}}`)
	ada := signedUp(t, a)
	if !strings.Contains(string(ada.User.Profile), `"name":"Ada"`) || !strings.Contains(a.Body, `"email_verified":true`) || w.members(t) != ada.User.ID+":member" {
		t.Errorf("accepted %s, members are %s", a.Body, w.members(t))
	}
	if claims := w.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users?email=ada@example.com", Token: admin}); !strings.Contains(claims.Body, `"claims":{"teams":["red"]}`) {
		t.Errorf("the account is %s", claims.Body)
	}
	w.post(t, 401, "invite/accept", "", `{"token":"`+m.Token()+`"}`) // once
	w.post(t, 200, "signin", "", `{"email":"ada@example.com","password":"correct horse battery"}`)
	if events := w.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?filter=" + url.QueryEscape(`event startsWith "invite."`), Token: admin}); strings.Count(events.Body, "invite.accepted") != 3 || strings.Contains(events.Body, m.Token()) || strings.Contains(events.Body, "ada@example.com") {
		t.Errorf("the audit is %s", events.Body)
	}
}

// TestInvite_GivesNoMoreThanItsInviterHas tries to give, by an invitation, what one does not have.
func TestInvite_GivesNoMoreThanItsInviterHas(t *testing.T) {
	t.Parallel()
	w := newInviting(t, time.Now)
	guest := w.session(t, 201, "anonymous", "", `{}`)
	unproven := w.session(t, 201, "signup", "", `{"email":"squat@example.com","password":"correct horse battery"}`)
	for _, c := range []struct {
		what, token, body string
		status            int
		says              string
	}{
		{"a role", w.owner.Access, `"claims":{"role":"admin"}`, 403, `"claims.role"`},
		{"a level above", w.eve.Access, `"claims":{"level":"high"}`, 403, `"claims.level"`},
		{"another team", w.owner.Access, `"claims":{"teams":["red","green"]}`, 403, `"claims.teams"`},
		{"null for nothing", w.eve.Access, `"claims":{"role":null}`, 403, `"claims.role"`},
		{"a reserved claim", w.owner.Access, `"claims":{"sub":"x"}`, 422, `"claims.sub"`},
		{"a reserved claim by an administrator", admin, `"claims":{"act":{"sub":"admin"}}`, 422, `"claims.act"`},
		{"the address, which the owner has", w.owner.Access, `"claims":{"email":"owner@example.com"}`, 422, `"claims.email"`},
		{"no object", w.owner.Access, `"claims":["x"]`, 422, `"claims"`},
		{"another's team", w.eve.Access, red, 403, `membership: `},
		{"a role in the team", w.owner.Access, `"membership":{"collection":"members","doc":{"team":"red","role":"owner"}}`, 403, `membership: `},
		{"another user", w.owner.Access, `"membership":{"collection":"members","doc":{"team":"red","user":"` + w.eve.User.ID + `"}}`, 422, `"membership.doc.user"`},
		{"an unknown field", w.owner.Access, `"membership":{"collection":"members","doc":{"team":"red","x":1}}`, 422, `"membership.x"`},
		{"accounts", w.owner.Access, `"membership":{"collection":"_users","field":"id","doc":{}}`, 422, `"membership.collection"`},
		{"another database", w.owner.Access, `"membership":{"collection":"logs","doc":{}}`, 422, `"membership.collection"`},
		{"no collection", w.owner.Access, `"membership":{"doc":{}}`, 422, `"membership.collection"`},
		{"what the rule refuses", w.owner.Access, `"email":"x@evil.test"`, 403, ""},
		{"the link", w.owner.Access, `"send":false`, 422, `"send"`},
		{"another site", w.owner.Access, `"redirect":"https://evil.test"`, 422, `"redirect"`},
		{"no address", w.owner.Access, `"email":"nonsense"`, 422, `"email"`},
		{"an anonymous caller", "", red, 401, ""},
		{"an anonymous user", guest.Access, `"claims":{}`, 403, ""},
		{"an unproven address", unproven.Access, `"claims":{}`, 403, `"unverified"`},
		{"a token of no account", w.Token(map[string]any{"sub": "nobody", "role": "admin", "teams": []any{"red"}}), `"claims":{}`, 401, ""},
	} {
		body := `{"email":"new@example.com",` + c.body + `}`
		if strings.Contains(c.body, `"email":"`) && !strings.Contains(c.body, "claims") {
			body = `{` + c.body + `}`
		}
		if a := w.Do(t, call{Method: "POST", Path: "/v1/auth/invite", Token: c.token, Body: body}); a.Status != c.status || !strings.Contains(a.Body, c.says) {
			t.Errorf("%s: got %d %s, want %d with %s", c.what, a.Status, a.Body, c.status, c.says)
		}
	}
	if open := w.Want(t, 200, call{Method: "GET", Path: "/v1/auth/invite", Token: admin}).IDs(t); len(open) != 0 {
		t.Errorf("%d invitations were made", len(open))
	}
	// The answer is the same whether or not the address has an account.
	known, new := w.post(t, 201, "invite", w.owner.Access, `{"email":"eve@example.com"}`), w.post(t, 201, "invite", w.owner.Access, `{"email":"dan@example.com"}`)
	if len(known.Body) != len(strings.Replace(new.Body, "dan@", "eve@", 1)) {
		t.Errorf("%s and %s differ", known.Body, new.Body)
	}
	// No user sees or revokes the invitations of others.
	id := w.Want(t, 200, call{Method: "GET", Path: "/v1/auth/invite", Token: w.owner.Access}).IDs(t)[0]
	w.Want(t, 404, call{Method: "DELETE", Path: "/v1/auth/invite/" + id, Token: w.eve.Access})
	if seen := w.Want(t, 200, call{Method: "GET", Path: "/v1/auth/invite", Token: w.eve.Access}).IDs(t); len(seen) != 0 {
		t.Errorf("eve sees %v", seen)
	}
	w.Want(t, 204, call{Method: "DELETE", Path: "/v1/auth/invite/" + id, Token: w.owner.Access})
	w.Want(t, 404, call{Method: "DELETE", Path: "/v1/auth/invite/" + id, Token: w.owner.Access})
}

// TestInvite_WhoAccepts is about who may take an invitation: accounts that are there, squatters, and thieves of links.
func TestInvite_WhoAccepts(t *testing.T) {
	t.Parallel()
	w := newInviting(t, time.Now)
	accept := func(what string, status int, token, body string) servertest.Answer {
		t.Helper()
		a := w.Do(t, call{Method: "POST", Path: "/v1/auth/invite/accept", Token: token, Body: body})
		if a.Status != status {
			t.Errorf("%s: got %d %s, want %d", what, a.Status, a.Body, status)
		}
		return a
	}
	// Who has an account shows it: the link alone, or another's token, is not enough.
	bob := w.verified(t, "bob@example.com", `{"level":"top","teams":["blue"]}`)
	link := w.link(t, `{"email":"bob@example.com","claims":{"level":"low","teams":["red","blue"],"plan":"pro"},`+red+`}`)
	if a := accept("the link alone", 401, "", `{"token":"`+link+`"}`); !strings.Contains(a.Body, `"code":"exists"`) {
		t.Errorf("got %s", a.Body)
	}
	accept("eve has the link", 403, w.eve.Access, `{"token":"`+link+`"}`)
	accept("eve guesses", 401, "", `{"token":"`+link+`","password":"wrong horse battery"}`)
	accept("an administrator's key is no account", 401, admin, `{"token":"`+link+`"}`)
	accept("bob", 202, bob.Access, `{"token":"`+link+`"}`)
	if a := w.Want(t, 200, call{Method: "GET", Path: "/v1/admin/users?email=bob@example.com", Token: admin}); !strings.Contains(a.Body, `"claims":{"level":"top","plan":"pro","teams":["blue","red"]}`) {
		t.Errorf("an invitation changes what is there: %s", a.Body)
	}
	if w.members(t) != bob.User.ID+":member" {
		t.Errorf("members are %s", w.members(t))
	}
	accept("twice", 401, bob.Access, `{"token":"`+link+`"}`)
	again := w.link(t, `{"email":"bob@example.com",`+red+`}`)
	accept("a member already", 409, bob.Access, `{"token":"`+again+`"}`)
	byPassword := w.link(t, `{"email":"bob@example.com","claims":{"extra":1}}`)
	accept("by the password", 200, "", `{"token":"`+byPassword+`","password":"correct horse battery"}`)

	// A link for an address without an account is not for a user who is signed in with another.
	fresh := w.link(t, `{"email":"fay@example.com"}`)
	accept("eve takes an address", 403, w.eve.Access, `{"token":"`+fresh+`"}`)
	guest := w.session(t, 201, "anonymous", "", `{}`)
	fay := signedUp(t, accept("a guest gets the address", 200, guest.Access, `{"token":"`+fresh+`"}`))
	if fay.User.ID != guest.User.ID {
		t.Errorf("the guest %s has become %s", guest.User.ID, fay.User.ID)
	}

	// A squatter on the address loses the account to whom the mail reaches.
	squatter := w.session(t, 201, "signup", "", `{"email":"gil@example.com","password":"correct horse battery"}`)
	taken := w.link(t, `{"email":"gil@example.com","claims":{"plan":"pro"}}`)
	gil := signedUp(t, accept("gil", 200, "", `{"token":"`+taken+`","password":"another horse battery"}`))
	w.Want(t, 401, call{Method: "GET", Path: "/v1/auth/user", Token: squatter.Access})
	w.post(t, 401, "refresh", "", `{"refresh_token":"`+squatter.Refresh+`"}`)
	w.post(t, 401, "signin", "", `{"email":"gil@example.com","password":"correct horse battery"}`)
	if w.post(t, 200, "signin", "", `{"email":"gil@example.com","password":"another horse battery"}`); gil.User.ID != squatter.User.ID {
		t.Errorf("gil is %s", gil.User.ID)
	}

	// A disabled account stays so.
	w.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + bob.User.ID, Token: admin, Body: `{"disabled":true}`})
	off := w.link(t, `{"email":"bob@example.com","claims":{"y":1}}`)
	accept("a disabled account", 403, "", `{"token":"`+off+`","password":"correct horse battery"}`)

	// Of many at once, one is accepted.
	one := w.link(t, `{"email":"ida@example.com",`+red+`}`)
	var wait sync.WaitGroup
	statuses := make([]int, 4)
	for i := range statuses {
		wait.Go(func() {
			statuses[i] = w.Do(t, call{Method: "POST", Path: "/v1/auth/invite/accept", Body: fmt.Sprintf(`{"token":%q,"password":"correct horse %d"}`, one, i)}).Status
		})
	}
	wait.Wait()
	if got := strings.Count(fmt.Sprint(statuses), "200"); got != 1 || strings.Count(w.members(t), ":") != 2 {
		t.Errorf("%d of %v were accepted, members are %s", got, statuses, w.members(t))
	}
}

// TestInvite_EndsWithItsInviter: an invitation is as good as its inviter is when it is accepted.
func TestInvite_EndsWithItsInviter(t *testing.T) {
	t.Parallel()
	var clock struct {
		sync.Mutex
		ahead time.Duration
	}
	w := newInviting(t, func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return time.Now().Add(clock.ahead)
	})
	invite := func(body string) string {
		t.Helper()
		w.post(t, 201, "invite", w.owner.Access, body)
		return w.mail(t).Token()
	}
	ownerIs := func(change string) {
		t.Helper()
		w.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + w.owner.User.ID, Token: admin, Body: change})
	}
	claim, member, plain, late := invite(`{"email":"a@example.com","claims":{"level":"high"}}`), invite(`{"email":"b@example.com",`+red+`}`), invite(`{"email":"c@example.com"}`), invite(`{"email":"d@example.com"}`)
	ownerIs(`{"claims":{"level":"none"}}`)
	w.post(t, 401, "invite/accept", "", `{"token":"`+claim+`"}`)
	w.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/teams/red", Token: admin, Body: `{"owner":"x"}`})
	w.post(t, 401, "invite/accept", "", `{"token":"`+member+`"}`)
	w.post(t, 200, "invite/accept", "", `{"token":"`+plain+`"}`)
	ownerIs(`{"disabled":true}`)
	w.post(t, 401, "invite/accept", "", `{"token":"`+late+`"}`)
	ownerIs(`{"disabled":false}`)
	clock.Lock()
	clock.ahead = 8 * 24 * time.Hour
	clock.Unlock()
	w.post(t, 401, "invite/accept", "", `{"token":"`+late+`"}`)
	if w.members(t) != "" {
		t.Errorf("members are %s", w.members(t))
	}
}

// TestInvite_MembershipsCountAsCreates: an acceptance makes a document, whatever call it is, and limits count documents.
func TestInvite_MembershipsCountAsCreates(t *testing.T) {
	t.Parallel()
	w := &invitingWorld{signInWorld: newSignInNow(t, func(config string) string {
		return strings.Replace(inviting(config), "    indexes: [ { fields: [team, user], unique: true } ]\n", "    limits: { create: { rate: 2/1h } }\n", 1)
	}, time.Now)}
	owner := w.verified(t, "owner@example.com", `{}`)
	w.Want(t, 201, call{Method: "POST", Path: "/v1/db/teams", Token: admin, Body: `{"id":"red","owner":"` + owner.User.ID + `"}`})
	for i := range 4 {
		w.post(t, 201, "invite", owner.Access, fmt.Sprintf(`{"email":"u%d@example.com",%s}`, i, red))
		want := 200
		if i >= 2 {
			want = 429
		}
		w.post(t, want, "invite/accept", "", `{"token":"`+w.mail(t).Token()+`"}`)
	}
	if got := len(strings.Fields(w.members(t))); got != 2 {
		t.Errorf("there are %d members", got)
	}
}
