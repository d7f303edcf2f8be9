package server_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// policy has every part of the rule language at work; OTHER is the database of the members.
const policy = `
databases:
  main:  { driver: sqlite, url: "file:main.db" }
  other: { driver: sqlite, url: "file:other.db" }
auth: { database: main, tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
encryption: { keys: { k1: "${BASALT_TEST_KEY:-11111111111111111111111111111111}" }, current: k1 }
log: { level: error }
functions:
  isMember(team): 'exists("members", {"team": team, "user": auth.id})'
roles:
  moderator: 'auth.role == "moderator"'
groups:
  audit: { collections: "audit_*", rules: { read: 'roles.moderator', create: 'auth != nil' } }
collections:
  teams:
    database: main
    fields: { owner: { type: string }, open: { type: bool } }
    rules: { read: 'isMember(doc.id)', create: 'auth != nil', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
    set: { create: { owner: auth.id } }
  members:
    database: OTHER
    fields: { team: { type: ref, to: teams, check: exists }, user: { type: string, index: true }, level: { type: int, default: 1 } }
    rules:
      read:   'doc.user == auth.id'
      create: 'get("teams", next.team).owner == auth.id'
      delete: 'doc.user == auth.id || get("teams", doc.team).owner == auth.id'
  notes:
    database: main
    fields:
      team:   { type: ref, to: teams }
      author: { type: string, index: true }
      title:  { type: string, required: true }
      secret: { type: string }
      grade:  { type: int }
      meta:   { type: json }
      role:   { type: string, default: "none" }
      token:  { type: string, encrypt: true }
      invite: { type: string, hash: true, index: true }
    rules:
      read:   'isMember(doc.team) || get("teams", doc.team).open'
      create: 'isMember(next.team)'
      update: 'isMember(doc.team) && isMember(next.team)'
      delete: 'doc.author == auth.id && isMember(doc.team)'
    set:   { create: { author: auth.id } }
    unset: { create: [role] }
    fields_readable:
      secret: 'doc.author == auth.id'
      meta:   'doc.author == auth.id'
      grade:  'roles.moderator'
      token:  'doc.author == auth.id'
    fields_writable:
      grade:  'roles.moderator'
      secret: 'doc.author == auth.id || doc.author == nil'
  audit_log:
    database: main
    fields: { text: { type: string } }
`

// world is a team of ann and bob, and one of carl, with a note by each.
func world(t *testing.T, other string) *servertest.Instance { return worldOn(t, other, policy) }

func worldOn(t *testing.T, other, policy string) *servertest.Instance {
	t.Helper()
	s := servertest.Start(t, strings.ReplaceAll(policy, "OTHER", other))
	must := func(c call) { t.Helper(); s.Want(t, 201, c) }
	ann, bob, carl := user(s, "ann"), user(s, "bob"), user(s, "carl")
	must(call{Method: "POST", Path: "/v1/db/teams", Token: ann, Body: `{"id":"red"}`})
	must(call{Method: "POST", Path: "/v1/db/teams", Token: carl, Body: `{"id":"blue"}`})
	must(call{Method: "POST", Path: "/v1/db/members", Token: ann, Body: `[{"id":"m1","team":"red","user":"ann"},{"id":"m2","team":"red","user":"bob"}]`})
	must(call{Method: "POST", Path: "/v1/db/members", Token: carl, Body: `{"id":"m3","team":"blue","user":"carl"}`})
	must(call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"id":"a1","team":"red","title":"by ann","secret":"ann's","meta":{"k":"ann's","list":[1]},"token":"t-ann","invite":"welcome","role":"admin"}`})
	must(call{Method: "POST", Path: "/v1/db/notes", Token: bob, Body: `{"id":"b1","team":"red","title":"by bob","secret":"bob's","meta":{"k":"bob's"},"token":"t-bob"}`})
	must(call{Method: "POST", Path: "/v1/db/notes", Token: carl, Body: `{"id":"c1","team":"blue","title":"by carl","secret":"carl's"}`})
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes?filter=true", Token: admin, Body: `{"grade":5}`})
	return s
}

// both runs a test with the members in the same database, where lookups are part of the statement,
// and in another one, where they are not.
func both(t *testing.T, f func(*testing.T, *servertest.Instance)) {
	for _, other := range []string{"main", "other"} {
		t.Run("members in "+other, func(t *testing.T) { f(t, world(t, other)) })
	}
	t.Run("postgres", func(t *testing.T) { f(t, worldOn(t, "main", onPostgres(t, policy))) })
}

// everywhere is both, and FerretDB, whose statements hold no lookups.
func everywhere(t *testing.T, f func(*testing.T, *servertest.Instance)) {
	both(t, f)
	t.Run("mongo", func(t *testing.T) {
		config := strings.Replace(policy, `sqlite, url: "file:main.db"`, `mongo, url: "`+mongotest.Database(t)+`"`, 1)
		f(t, worldOn(t, "main", config))
	})
}

// onPostgres returns a configuration with its database main in PostgreSQL.
func onPostgres(t *testing.T, config string) string {
	t.Helper()
	u := `postgres, url: "` + postgrestest.Database(t) + `"`
	for _, sqlite := range []string{`sqlite, url: "file:main.db"`, `sqlite, url: "file:test.db"`} {
		config = strings.Replace(config, sqlite, u, 1)
	}
	return config
}

func TestLookup_MembershipDecidesEverything(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *servertest.Instance) {
		ann, carl, dan := user(s, "ann"), user(s, "carl"), user(s, "dan")
		for token, want := range map[string][]string{ann: {"a1", "b1"}, carl: {"c1"}, dan: {}, "": {}} {
			if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?sort=id", Token: token}).IDs(t); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		for _, test := range []struct {
			call   call
			status int
		}{
			{call{Method: "GET", Path: "/v1/db/notes/c1", Token: ann}, 404},
			{call{Method: "GET", Path: "/v1/db/notes/b1", Token: ann}, 200},
			{call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"team":"blue","title":"x"}`}, 403},
			{call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `{"title":"no team"}`}, 403},
			{call{Method: "POST", Path: "/v1/db/notes", Body: `{"team":"red","title":"x"}`}, 401},
			{call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: `[{"id":"x1","team":"red","title":"x"},{"id":"x2","team":"blue","title":"x"}]`}, 403},
			{call{Method: "GET", Path: "/v1/db/notes/x1", Token: ann}, 404},
			{call{Method: "PATCH", Path: "/v1/db/notes/a1", Token: ann, Body: `{"team":"blue"}`}, 403},
			{call{Method: "PATCH", Path: "/v1/db/notes/a1", Token: ann, Body: `{"meta":{"n":1},"team":"blue"}`}, 403},
			{call{Method: "PUT", Path: "/v1/db/notes/a1", Token: ann, Body: `{"title":"x","team":"blue"}`}, 403},
			{call{Method: "PATCH", Path: "/v1/db/notes/c1", Token: ann, Body: `{"title":"x"}`}, 404},
			{call{Method: "DELETE", Path: "/v1/db/notes/b1", Token: ann}, 403},
			{call{Method: "DELETE", Path: "/v1/db/notes/c1", Token: ann}, 404},
			{call{Method: "POST", Path: "/v1/db/members", Token: ann, Body: `{"team":"blue","user":"ann"}`}, 403},
			{call{Method: "POST", Path: "/v1/db/members", Token: ann, Body: `{"team":"nothing","user":"ann"}`}, 403},
			{call{Method: "POST", Path: "/v1/db/members", Token: ann, Body: `{"user":"ann"}`}, 403},
			{call{Method: "GET", Path: "/v1/db/audit_log", Token: ann}, 403},
			{call{Method: "POST", Path: "/v1/db/audit_log", Token: ann, Body: `{"text":"x"}`}, 201},
			{call{Method: "GET", Path: "/v1/db/audit_log", Token: s.Token(map[string]any{"sub": "m", "role": "moderator"})}, 200},
			// A batch cannot make its own member.
			{call{Method: "POST", Path: "/v1/batch", Token: ann, Body: `{"ops":[{"op":"create","collection":"notes","id":"y1","doc":{"team":"red","title":"x"}},{"op":"create","collection":"notes","doc":{"team":"blue","title":"x"}}]}`}, 403},
			{call{Method: "GET", Path: "/v1/db/notes/y1", Token: ann}, 404},
		} {
			if a := s.Do(t, test.call); a.Status != test.status {
				t.Errorf("%s %s %v: got %d, want %d: %s", test.call.Method, test.call.Path, test.call.Body, a.Status, test.status, a.Body)
			}
		}
		if a := s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes?filter=true", Token: ann, Body: `{"title":"changed"}`}); a.Body != `{"count":2}` {
			t.Errorf("bulk: %s", a.Body)
		}
		if a := s.Want(t, 200, call{Method: "POST", Path: "/v1/db/notes/aggregate", Token: ann, Body: `{"group":["team"],"count":true}`}); a.Body != `{"items":[{"team":"red","count":2}]}` {
			t.Errorf("aggregate: %s", a.Body)
		}
		// Leaving the team takes effect at once; so does opening it.
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/members/m1", Token: ann})
		if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes", Token: ann}).IDs(t); len(got) != 0 {
			t.Errorf("after leaving: %v", got)
		}
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/teams/blue", Token: admin, Body: `{"open":true}`})
		if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes", Token: ann}).IDs(t); !slices.Equal(got, []string{"c1"}) {
			t.Errorf("an open team: %v", got)
		}
		if a := s.Do(t, call{Method: "PATCH", Path: "/v1/db/notes/c1", Token: ann, Body: `{"title":"x"}`}); a.Status != 403 {
			t.Errorf("what may be read and not changed: %d", a.Status)
		}
	})
}

func TestLookup_ABatchSeesWhatItHasDone(t *testing.T) {
	t.Parallel()
	s := world(t, "main")
	ann := user(s, "ann")
	a := s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Token: ann, Body: `{"ops":[
		{"op":"create","collection":"teams","id":"green","doc":{}},
		{"op":"create","collection":"members","doc":{"team":"green","user":"ann"}},
		{"op":"create","collection":"notes","id":"g1","doc":{"team":"green","title":"x"}}]}`})
	if !strings.Contains(a.Body, `"title":"x"`) {
		t.Errorf("got %s", a.Body)
	}
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/g1", Token: ann})
	// Over two databases there is no one transaction.
	s = world(t, "other")
	s.Want(t, 422, call{Method: "POST", Path: "/v1/batch", Token: user(s, "ann"), Body: `{"ops":[{"op":"delete","collection":"notes","id":"a1"},{"op":"delete","collection":"members","id":"m1"}]}`})
}

// TestFieldRules_AHiddenFieldIsHiddenEverywhere tries each way a hidden field has leaked elsewhere.
// bob's secret is readable to bob alone, the grade to moderators alone.
func TestFieldRules_AHiddenFieldIsHiddenEverywhere(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, s *servertest.Instance) {
		ann, bob := user(s, "ann"), user(s, "bob")
		q := url.QueryEscape
		list := func(query string) call { return call{Method: "GET", Path: "/v1/db/notes?" + query} }
		body := func(path, b string) call { return call{Method: "POST", Path: "/v1/db/notes/" + path, Body: b} }
		for _, test := range []struct {
			what   string
			call   call
			status int
			want   []string // ids, for a list
		}{
			{"a list", list("sort=id"), 200, []string{"a1", "b1"}},
			{"a filter", list("filter=" + q(`secret == "bob's"`)), 200, []string{}},
			{"its negation", list("filter=" + q(`secret != "bob's"`)), 200, []string{"a1"}},
			{"not null", list("filter=" + q(`secret != nil`)), 200, []string{"a1"}},
			{"null", list("filter=" + q(`secret == nil`)), 200, []string{}},
			{"a range", list("filter=" + q(`secret > "b"`)), 200, []string{}},
			{"part of it", list("filter=" + q(`secret startsWith "bob"`)), 200, []string{}},
			{"its length", list("filter=" + q(`!(secret contains "xxx")`)), 200, []string{"a1"}},
			{"inside or", list("sort=id&filter=" + q(`secret == "bob's" || title == "by bob"`)), 200, []string{}},
			{"inside and", list("filter=" + q(`title == "by bob" && secret startsWith "b"`)), 200, []string{}},
			{"inside $or", body("query", `{"where":{"$or":[{"secret":"bob's"},{"id":"b1"}]}}`), 200, []string{}},
			{"inside $not", body("query", `{"where":{"$not":{"secret":"zzz"}}}`), 200, []string{"a1"}},
			{"inside $in", body("query", `{"where":{"secret":{"$in":["bob's","x"]}}}`), 200, []string{}},
			{"a dotted path", list("filter=" + q(`meta.k == "bob's"`)), 200, []string{}},
			{"a dotted path, negated", list("filter=" + q(`meta.k != "x"`)), 200, []string{"a1"}},
			{"an array in it", list("filter=" + q(`1 in meta.list`)), 200, []string{"a1"}},
			{"two fields", list("filter=" + q(`secret == title`)), 200, []string{}},
			{"its order", list("sort=secret"), 403, nil},
			{"its order, behind another", list("sort=title,-secret"), 403, nil},
			{"its order in a body", body("query", `{"sort":["secret"]}`), 403, nil},
			{"a count", body("aggregate", `{"where":{"secret":"bob's"},"count":true}`), 200, nil},
			{"a group", body("aggregate", `{"group":["secret"],"count":true}`), 403, nil},
			{"the largest", body("aggregate", `{"max":["secret"]}`), 403, nil},
			{"what no user may read, filter", list("filter=grade==5"), 403, nil},
			{"what no user may read, in or", list("filter=" + q(`grade == 5 || title != "x"`)), 403, nil},
			{"what no user may read, order", list("sort=grade"), 403, nil},
			{"what no user may read, select", list("select=id,grade"), 403, nil},
			{"what no user may read, get", call{Method: "GET", Path: "/v1/db/notes/a1?select=grade"}, 403, nil},
			{"what no user may read, sum", body("aggregate", `{"sum":["grade"]}`), 403, nil},
			{"what no user may read, group", body("aggregate", `{"group":["grade"],"count":true}`), 403, nil},
			{"what no user may read, bulk", call{Method: "PATCH", Path: "/v1/db/notes?filter=grade==5", Body: `{"title":"x"}`}, 403, nil},
			{"a bulk change by it", call{Method: "PATCH", Path: "/v1/db/notes?filter=" + q(`secret == "bob's"`), Body: `{"title":"x"}`}, 200, nil},
			{"a bulk delete by it", call{Method: "DELETE", Path: "/v1/db/notes?filter=" + q(`secret == "bob's" || true`)}, 200, nil},
			{"encrypted", list("filter=" + q(`token == "t-ann"`)), 422, nil},
			{"encrypted, order", list("sort=token"), 422, nil},
		} {
			test.call.Token = ann
			if test.what == "two fields" && strings.HasSuffix(t.Name(), "/mongo") { // FerretDB cannot compare them
				test.status, test.want = 422, nil
			}
			if test.what == "a bulk delete by it" { // it deletes ann's own: try it as bob, who may see neither
				continue
			}
			a := s.Do(t, test.call)
			if a.Status != test.status {
				t.Errorf("%s: got %d, want %d: %s", test.what, a.Status, test.status, a.Body)
			}
			if test.want != nil {
				if got := a.IDs(t); !slices.Equal(got, test.want) {
					t.Errorf("%s: got %v, want %v", test.what, got, test.want)
				}
			}
			for _, leak := range []string{"bob's", "t-bob", `"grade"` + ":"} {
				if strings.Contains(strings.ReplaceAll(a.Body, `"field":"grade"`, ""), leak) {
					t.Errorf("%s: the answer has %s: %s", test.what, leak, a.Body)
				}
			}
			if strings.Contains(a.Body, `"count":1`) || strings.Contains(a.Body, `"count":2`) {
				t.Errorf("%s: the count tells: %s", test.what, a.Body)
			}
		}
		if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?sort=id&select=id,secret,meta", Token: ann}); a.Body != `{"items":[{"id":"a1","secret":"ann's","meta":{"k":"ann's","list":[1]}},{"id":"b1"}],"next":null}` {
			t.Errorf("a selection: %s", a.Body)
		}
		// The tag of what ann sees of bob's note does not change with what she does not see.
		path := "/v1/db/notes/b1"
		before := s.Want(t, 200, call{Method: "GET", Path: path, Token: ann}).Header.Get("ETag")
		s.Want(t, 200, call{Method: "PATCH", Path: path, Token: bob, Body: `{"secret":"bob's other"}`})
		if after := s.Want(t, 200, call{Method: "GET", Path: path, Token: ann}).Header.Get("ETag"); after != before {
			t.Error("the tag tells of a hidden change")
		}
		s.Want(t, 200, call{Method: "PATCH", Path: path, Token: ann, Body: `{"title":"x"}`, Header: map[string]string{"If-Match": before}})
		// What a write answers is masked like what a read answers.
		for _, c := range []call{
			{Method: "PATCH", Path: path, Body: `{"title":"y"}`},
			{Method: "PATCH", Path: path, Body: `{}`},
			{Method: "PUT", Path: path, Body: `{"title":"z","team":"red","author":"bob"}`},
			{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"update","collection":"notes","id":"b1","doc":{"title":"w"}}]}`},
		} {
			c.Token = ann
			if a := s.Want(t, 200, c); strings.Contains(a.Body, "bob's") || strings.Contains(a.Body, "grade") || strings.Contains(a.Body, "t-bob") {
				t.Errorf("%s %v: the answer has a hidden field: %s", c.Method, c.Body, a.Body)
			}
		}
		// A replacement does not clear what its sender cannot see.
		if a := s.Want(t, 200, call{Method: "GET", Path: path, Token: bob}); !strings.Contains(a.Body, `"secret":"bob's other"`) || !strings.Contains(a.Body, `"token":"t-bob"`) {
			t.Errorf("got %s", a.Body)
		}
		if a := s.Want(t, 200, call{Method: "GET", Path: path, Token: admin}); !strings.Contains(a.Body, `"grade":5`) {
			t.Errorf("got %s", a.Body)
		}
	})
}

func TestFieldRules_Writing(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, s *servertest.Instance) {
		ann := user(s, "ann")
		moderator := s.Token(map[string]any{"sub": "bob", "role": "moderator"})
		for _, test := range []struct {
			token  string
			call   call
			status int
		}{
			{ann, call{Method: "POST", Path: "/v1/db/notes", Body: `{"team":"red","title":"x","grade":1}`}, 403},
			{ann, call{Method: "PATCH", Path: "/v1/db/notes/a1", Body: `{"grade":1}`}, 403},
			{ann, call{Method: "PATCH", Path: "/v1/db/notes/a1", Body: `{"grade":{"$inc":1}}`}, 403},
			{ann, call{Method: "PUT", Path: "/v1/db/notes/a1", Body: `{"title":"x","team":"red","author":"ann","grade":1}`}, 403},
			{ann, call{Method: "PATCH", Path: "/v1/db/notes/b1", Body: `{"secret":"mine"}`}, 403},
			{ann, call{Method: "PATCH", Path: "/v1/db/notes/b1", Body: `{"secret":"mine","meta":{"x":1}}`}, 403},
			{ann, call{Method: "PATCH", Path: "/v1/db/notes/a1", Body: `{"secret":"mine"}`}, 200},
			{ann, call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"update","collection":"notes","id":"a1","doc":{"grade":1}}]}`}, 403},
			{moderator, call{Method: "PATCH", Path: "/v1/db/notes/a1", Body: `{"grade":1}`}, 200},
			{ann, call{Method: "PATCH", Path: "/v1/db/notes/nothing", Body: `{"secret":"mine"}`}, 404},
		} {
			test.call.Token = test.token
			a := s.Do(t, test.call)
			if a.Status != test.status {
				t.Errorf("%s %s %v: got %d, want %d: %s", test.call.Method, test.call.Path, test.call.Body, a.Status, test.status, a.Body)
			}
		}
		if a := s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes?filter=true", Token: ann, Body: `{"secret":"x"}`}); a.Body != `{"count":1}` {
			t.Errorf("bulk: %s", a.Body)
		}
		if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/a1", Token: ann}); !strings.Contains(a.Body, `"role":"none"`) {
			t.Errorf("an unset field was taken: %s", a.Body)
		}
	})
}

func TestSealedFields_AreNotInTheFile(t *testing.T) {
	t.Parallel()
	s := world(t, "main")
	ann := user(s, "ann")
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/a1", Token: ann}); !strings.Contains(a.Body, `"token":"t-ann"`) || strings.Contains(a.Body, "invite") {
		t.Errorf("got %s", a.Body)
	}
	for filter, want := range map[string][]string{`invite == "welcome"`: {"a1"}, `invite in ["x","welcome"]`: {"a1"}, `invite != "welcome"`: {"b1"}, `invite == "other"`: {}} {
		if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?filter=" + url.QueryEscape(filter), Token: ann}).IDs(t); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", filter, got, want)
		}
	}
	for _, filter := range []string{`invite startsWith "w"`, `invite > "a"`, `len(invite) == 7`} {
		if a := s.Do(t, call{Method: "GET", Path: "/v1/db/notes?filter=" + url.QueryEscape(filter), Token: ann}); a.Status != 422 {
			t.Errorf("%s: got %d %s", filter, a.Status, a.Body)
		}
	}
	s.Stop()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(s.Path), "*.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"t-ann", "welcome"} {
			if strings.Contains(string(content), secret) {
				t.Errorf("%s is in %s", secret, f)
			}
		}
	}
	// A new key takes over, and the old one still reads.
	text, err := os.ReadFile(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	rotated := strings.Replace(string(text), "keys: { k1:", `keys: { k2: "22222222222222222222222222222222", k1:`, 1)
	rotated = strings.Replace(rotated, "current: k1", "current: k2", 1)
	if err := os.WriteFile(s.Path, []byte(rotated), 0o600); err != nil {
		t.Fatal(err)
	}
	s = servertest.StartFile(t, s.Path)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/b1", Token: user(s, "bob"), Body: `{"invite":"later"}`})
	for id, want := range map[string]string{"a1": "welcome", "b1": "later"} {
		if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?filter=" + url.QueryEscape(`invite == "`+want+`"`), Token: user(s, "ann")}).IDs(t); !slices.Equal(got, []string{id}) {
			t.Errorf("%s: got %v", want, got)
		}
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/a1", Token: user(s, "ann")}); !strings.Contains(a.Body, `"token":"t-ann"`) {
		t.Errorf("got %s", a.Body)
	}
}

// TestLookup_CreateAndMembershipAreOneStep races a member who writes with the owner who removes it:
// whoever is removed first cannot have written afterwards.
func TestLookup_CreateAndMembershipAreOneStep(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { raceMembership(t, world(t, "main")) })
	t.Run("postgres", func(t *testing.T) { raceMembership(t, worldOn(t, "main", onPostgres(t, policy))) })
}

func raceMembership(t *testing.T, s *servertest.Instance) {
	ann, bob := user(s, "ann"), user(s, "bob")
	for round := range 30 {
		member := fmt.Sprintf("r%d", round)
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/teams", Token: ann, Body: `{"id":"` + member + `"}`})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: ann, Body: `{"id":"` + member + `","team":"` + member + `","user":"bob"}`})
		var wrote servertest.Answer
		var race sync.WaitGroup
		race.Go(func() {
			wrote = s.Do(t, call{Method: "POST", Path: "/v1/db/notes", Token: bob, Body: `{"team":"` + member + `","title":"x"}`})
		})
		race.Go(func() { s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/members/" + member, Token: admin}) })
		race.Wait()
		if wrote.Status != 201 && wrote.Status != 403 {
			t.Fatalf("got %d %s", wrote.Status, wrote.Body)
		}
		if a := s.Do(t, call{Method: "POST", Path: "/v1/db/notes", Token: bob, Body: `{"team":"` + member + `","title":"x"}`}); a.Status != 403 {
			t.Fatalf("after the removal: %d", a.Status)
		}
	}
}
