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

// TestIdempotency_KeepsNoSecret: tokens in kept answers can not be read from the database.
func TestIdempotency_KeepsNoSecret(t *testing.T) {
	url := postgrestest.Database(t)
	s := servertest.Start(t, strings.Replace(onceConfig, "DRIVER", fmt.Sprintf("postgres, url: %q", url), 1))
	c := call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`, Header: map[string]string{"Idempotency-Key": "sign up"}}
	first := s.Want(t, 201, c)
	if second := s.Want(t, 201, c); second.Body != first.Body {
		t.Errorf("got %s", second.Body)
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	first.Decode(t, &answer)
	if dump := dumpTable(t, url, "_idempotency"); strings.Contains(dump, answer.AccessToken) || strings.Contains(dump, "ann@example.com") || len(dump) < 100 {
		t.Errorf("the database has %s", dump)
	}
}
