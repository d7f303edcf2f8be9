package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/mongo/mongotest"
	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const onceConfig = `
databases: { main: { driver: DRIVER } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h }, providers: { password: {} } }
admin: { keys: ["admin-key-admin-key"] }
channels: { hall: { subscribe: 'true', publish: 'auth != nil', history: 10 } }
collections:
  counters:
    fields: { owner: { type: string }, name: { type: string, unique: true }, n: { type: int, default: 0 } }
    rules: { read: 'doc.owner == auth.id', create: 'next.owner == auth.id', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
`

// onDrivers runs a test on two servers over each database.
func onDrivers(t *testing.T, config string, f func(t *testing.T, one, two *servertest.Instance)) {
	for driver, database := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return fmt.Sprintf(`sqlite, url: "file:%s/test.db"`, t.TempDir()) },
		"postgres": func(t *testing.T) string { return fmt.Sprintf("postgres, url: %q", postgrestest.Database(t)) },
		"mongo":    func(t *testing.T) string { return fmt.Sprintf("mongo, url: %q", mongotest.Database(t)) },
	} {
		t.Run(driver, func(t *testing.T) {
			path := servertest.Write(t, strings.Replace(config, "DRIVER", database(t), 1))
			f(t, servertest.StartFile(t, path), servertest.StartFile(t, path))
		})
	}
}

func TestIdempotency_AWriteHappensOnce(t *testing.T) {
	t.Parallel()
	onDrivers(t, onceConfig, func(t *testing.T, one, two *servertest.Instance) {
		ann, bob := user(one, "ann"), user(one, "bob")
		n := func(s *servertest.Instance, id string) (doc struct{ N int64 }) {
			t.Helper()
			s.Want(t, 200, call{Method: "GET", Path: "/v1/db/counters/" + id, Token: ann}).Decode(t, &doc)
			return doc
		}
		// send sends a write to a node, and again to the other, and wants the same answer.
		send := func(status int, key string, c call) servertest.Answer {
			t.Helper()
			c.Header = map[string]string{"Idempotency-Key": key}
			if c.Token == "" {
				c.Token = ann
			}
			first := one.Want(t, status, c)
			second := two.Want(t, status, c)
			if first.Body != second.Body || first.Header.Get("ETag") != second.Header.Get("ETag") || first.Header.Get("Location") != second.Header.Get("Location") {
				t.Errorf("the second answer is %s, the first %s", second.Body, first.Body)
			}
			if second.Header.Get("Idempotent-Replayed") != "true" || first.Header.Get("Idempotent-Replayed") != "" || first.Header.Get("Idempotency-Key") != key {
				t.Errorf("%s %s does not say that it was answered before", c.Method, c.Path)
			}
			return first
		}
		var made struct{ ID string }
		send(201, "k1", call{Method: "POST", Path: "/v1/db/counters", Body: `{"owner":"ann","name":"a"}`}).Decode(t, &made)
		send(200, "k2", call{Method: "PATCH", Path: "/v1/db/counters/" + made.ID, Body: `{"n":{"$inc":1}}`})
		if got := n(one, made.ID); got.N != 1 {
			t.Errorf("n is %d", got.N)
		}
		send(200, "k3", call{Method: "PATCH", Path: "/v1/db/counters?filter=true", Body: `{"n":{"$inc":1}}`})
		if one.Do(t, call{Method: "GET", Path: "/readyz"}); n(two, made.ID).N != 2 {
			t.Errorf("n is %d", n(two, made.ID).N)
		}
		send(200, "k4", call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"update","collection":"counters","id":"` + made.ID + `","doc":{"n":{"$inc":1}}}]}`})
		send(200, "k5", call{Method: "POST", Path: "/v1/batch", Body: `{"atomic":false,"ops":[{"op":"update","collection":"counters","id":"` + made.ID + `","doc":{"n":{"$inc":1}}}]}`})
		send(200, "k6", call{Method: "POST", Path: "/v1/channels/hall", Body: `{"data":1}`})
		if got := n(one, made.ID); got.N != 4 {
			t.Errorf("n is %d, not 4", got.N)
		}
		// What is refused is not kept, and can be sent again.
		refused := call{Method: "POST", Path: "/v1/db/counters", Token: ann, Body: `{"owner":"bob","name":"x"}`, Header: map[string]string{"Idempotency-Key": "k7"}}
		one.Want(t, 403, refused)
		two.Want(t, 403, refused)
		refused.Body = `{"owner":"ann","name":"x"}`
		one.Want(t, 201, refused)
		// Another request with the same key, and another caller with it.
		refused.Body = `{"owner":"ann","name":"y"}`
		if a := two.Want(t, 422, refused); !strings.Contains(a.Body, "reused") {
			t.Errorf("got %s", a.Body)
		}
		one.Want(t, 201, call{Method: "POST", Path: "/v1/db/counters", Token: bob, Body: `{"owner":"bob","name":"b"}`, Header: map[string]string{"Idempotency-Key": "k1"}})
		one.Want(t, 422, call{Method: "POST", Path: "/v1/db/counters", Token: bob, Body: `{}`, Header: map[string]string{"Idempotency-Key": strings.Repeat("k", 256)}})
		send(204, "k8", call{Method: "DELETE", Path: "/v1/db/counters/" + made.ID})
		one.Want(t, 404, call{Method: "GET", Path: "/v1/db/counters/" + made.ID, Token: ann})
	})
}

// TestIdempotency_AtTheSameTime: of many that come at once, on two nodes, one happens; each gets its answer or is
// told to ask again.
func TestIdempotency_AtTheSameTime(t *testing.T) {
	t.Parallel()
	onDrivers(t, onceConfig, func(t *testing.T, one, two *servertest.Instance) {
		ann := user(one, "ann")
		one.Want(t, 201, call{Method: "POST", Path: "/v1/db/counters", Token: ann, Body: `{"id":"c","owner":"ann","name":"a"}`})
		for round := 1; round <= 5; round++ {
			c := call{Method: "PATCH", Path: "/v1/db/counters/c", Token: ann, Body: `{"n":{"$inc":1}}`, Header: map[string]string{"Idempotency-Key": fmt.Sprint("round", round)}}
			var callers sync.WaitGroup
			for i := range 16 {
				callers.Go(func() {
					for {
						a := []*servertest.Instance{one, two}[i%2].Do(t, c)
						if a.Status == 409 {
							continue // under way
						}
						var doc struct{ N int }
						if a.Status != 200 || json.Unmarshal([]byte(a.Body), &doc) != nil || doc.N != round {
							t.Errorf("round %d: %d %s", round, a.Status, a.Body)
						}
						return
					}
				})
			}
			callers.Wait()
		}
	})
}

// TestIdempotency_KeepsNoSecret: what a database keeps of answers cannot be read there.
func TestIdempotency_KeepsNoSecret(t *testing.T) {
	t.Parallel()
	url := postgrestest.Database(t)
	s := servertest.Start(t, strings.Replace(onceConfig, "DRIVER", fmt.Sprintf("postgres, url: %q", url), 1))
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/counters", Token: user(s, "ann"), Body: `{"owner":"ann","name":"a name that is private"}`, Header: map[string]string{"Idempotency-Key": "k"}})
	if dump := dumpTable(t, url, "_idempotency"); strings.Contains(dump, "private") || len(dump) < 100 {
		t.Errorf("the database has %s", dump)
	}
}

// TestIdempotency_NothingOfSignInIsRepeated: a key does not make an answer to a sign-in, or to an administrator, come
// again.
func TestIdempotency_NothingOfSignInIsRepeated(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(onceConfig, "DRIVER", `sqlite, url: "file:test.db"`, 1))
	s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`})
	for _, c := range []call{
		{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ann@example.com","password":"correct horse battery"}`},
		{Method: "POST", Path: "/v1/admin/keys", Token: admin, Body: `{"name":"a key"}`},
	} {
		c.Header = map[string]string{"Idempotency-Key": "1"}
		first, second := s.Do(t, c), s.Do(t, c)
		if first.Status >= 400 || second.Status != first.Status || first.Body == second.Body || second.Header.Get("Idempotent-Replayed") != "" || first.Header.Get("Idempotency-Key") != "" {
			t.Errorf("%s: got %d %s, then %d %s", c.Path, first.Status, first.Body, second.Status, second.Body)
		}
	}
	wrong := call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ann@example.com","password":"wrong"}`, Header: map[string]string{"Idempotency-Key": "1"}}
	s.Want(t, 401, wrong)
}

// TestIdempotency_NoTwoCallersShareAKey: whoever they are, each of two callers with one key does a write of its own.
func TestIdempotency_NoTwoCallersShareAKey(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth:
  tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h }
admin: { keys: ["admin-key-admin-key", "other-key-other-key"] }
proxies: ["127.0.0.1/32"]
collections:
  things:
    fields: { name: { type: string }, secret: { type: string } }
    rules: { read: 'true', create: 'true' }
`)
	ids := map[string]string{}
	for who, c := range map[string]call{
		"a stranger":              {Header: map[string]string{"X-Forwarded-For": "203.0.113.1"}},
		"another stranger":        {Header: map[string]string{"X-Forwarded-For": "203.0.113.2"}},
		"an address as a name":    {Token: s.Token(map[string]any{"sub": "203.0.113.1"})},
		"ann":                     {Token: s.Token(map[string]any{"sub": "ann"})},
		"an administrator":        {Token: admin},
		"another administrator":   {Token: "other-key-other-key"},
		"a user named admin":      {Token: s.Token(map[string]any{"sub": "admin"})},
		"a user without a name":   {Token: s.Token(map[string]any{"role": "a"})},
		"another without a name":  {Token: s.Token(map[string]any{"role": "b"})},
		"an API key":              {Token: s.Token(map[string]any{"sub": "ann", "key": "k1"})},
		"another API key":         {Token: s.Token(map[string]any{"sub": "ann", "key": "k2"})},
		"ann, by an admin":        {Token: s.Token(map[string]any{"sub": "ann", "act": map[string]any{"sub": "admin"}})},
		"ann, by a user":          {Token: s.Token(map[string]any{"sub": "ann", "act": map[string]any{"sub": "bob"}})},
		"a name that is cut":      {Token: s.Token(map[string]any{"sub": "an", "key": "nk1"})},
		"a name and a key":        {Token: s.Token(map[string]any{"sub": "annk", "key": "1"})},
		"one with quotes in it":   {Token: s.Token(map[string]any{"sub": `ann" "k1`})},
		"one with a line in it":   {Token: s.Token(map[string]any{"sub": "ann\nk1"})},
		"one that is empty":       {Token: s.Token(map[string]any{"sub": ""})},
		"a key without a user":    {Token: s.Token(map[string]any{"key": "ann"})},
		"another key without one": {Token: s.Token(map[string]any{"key": "k1"})},
	} {
		c.Method, c.Path, c.Body = "POST", "/v1/db/things", `{"name":"x","secret":"y"}`
		if c.Header == nil {
			c.Header = map[string]string{}
		}
		c.Header["Idempotency-Key"] = "1"
		var first, second struct{ ID string }
		s.Want(t, 201, c).Decode(t, &first)
		a := s.Want(t, 201, c)
		if a.Decode(t, &second); first.ID == "" || second != first || a.Header.Get("Idempotent-Replayed") == "" {
			t.Errorf("%s: got %s, then %s", who, first.ID, second.ID)
		}
		if other, taken := ids[first.ID]; taken {
			t.Errorf("%s got what %s has made", who, other)
		}
		ids[first.ID] = who
	}
}

// TestIdempotency_ShowsWhatMayBeSeenNow: an answer that comes again has nothing in it that its caller may not read any
// more.
func TestIdempotency_ShowsWhatMayBeSeenNow(t *testing.T) {
	t.Parallel()
	onDrivers(t, `
databases: { main: { driver: DRIVER } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
admin: { keys: ["admin-key-admin-key"] }
collections:
  things:
    fields: { owner: { type: string }, name: { type: string }, secret: { type: string } }
    fields_readable: { secret: 'auth.role == "hr"' }
    rules: { read: 'doc.owner == auth.id', create: 'true', update: 'true', delete: 'true' }
`, func(t *testing.T, one, two *servertest.Instance) {
		hr, plain := one.Token(map[string]any{"sub": "ann", "role": "hr"}), one.Token(map[string]any{"sub": "ann"})
		doc := func(id string) string { return `{"id":"` + id + `","owner":"ann","name":"n","secret":"S3CRET"}` }
		calls := map[string]call{
			"create":  {Method: "POST", Path: "/v1/db/things", Body: doc("a")},
			"several": {Method: "POST", Path: "/v1/db/things", Body: "[" + doc("b") + "," + doc("c") + "]"},
			"replace": {Method: "PUT", Path: "/v1/db/things/d", Body: doc("d")},
		}
		calls["batch"] = call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"create","collection":"things","doc":` + doc("e") + `}]}`}
		calls["one after the other"] = call{Method: "POST", Path: "/v1/batch", Body: `{"atomic":false,"ops":[{"op":"create","collection":"things","doc":` + doc("f") + `},{"op":"update","collection":"things","id":"f","doc":{"secret":"S3CRET2"}},{"op":"delete","collection":"things","id":"f"},{"op":"create","collection":"things","doc":` + doc("f") + `}]}`}
		first := map[string]servertest.Answer{}
		for what, c := range calls {
			c.Token, c.Header = hr, map[string]string{"Idempotency-Key": what}
			a := one.Do(t, c)
			if a.Status >= 300 || !strings.Contains(a.Body, "S3CRET") {
				t.Fatalf("%s: %d %s", what, a.Status, a.Body)
			}
			first[what] = a
		}
		again := func(what, token string, want func(body string) bool) {
			t.Helper()
			c := calls[what]
			c.Token, c.Header = token, map[string]string{"Idempotency-Key": what}
			a := two.Do(t, c)
			if a.Status != first[what].Status || a.Header.Get("Idempotent-Replayed") != "true" || !want(a.Body) || (a.Body != first[what].Body && a.Header.Get("ETag") != "") {
				t.Errorf("%s: got %d %s, ETag %s", what, a.Status, a.Body, a.Header.Get("ETag"))
			}
		}
		for what := range calls {
			again(what, hr, func(body string) bool { return body == first[what].Body })
			again(what, plain, func(body string) bool {
				return !strings.Contains(body, "S3CRET") && strings.Contains(body, `"name":"n"`)
			})
		}
		one.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/things?filter=true", Token: admin, Body: `{"owner":"bob"}`})
		for what := range calls {
			for _, token := range []string{hr, plain} {
				again(what, token, func(body string) bool {
					return !strings.Contains(body, "S3CRET") && !strings.Contains(body, `"name"`) && strings.Contains(body, `"id":"`)
				})
			}
		}
	})
}
