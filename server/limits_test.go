package server_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const limitsConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
admin: { keys: ["admin-key-admin-key"] }
REDIS
collections:
  posts:
    fields: { title: { type: string } }
    rules: { read: 'true', create: 'auth != nil', update: 'auth != nil', delete: 'auth != nil' }
    limits:
      read: { rate: 4/1h, by: address }
      create: { rate: 3/1h }
      update: { rate: 1/1h, by: all }
`

// TestLimits_HoldForEveryWay in, on all nodes together, whoever tries.
func TestLimits_HoldForEveryWay(t *testing.T) {
	t.Parallel()
	config := servertest.Write(t, strings.Replace(limitsConfig, "REDIS", fmt.Sprintf("redis: { url: %q }", redistest.Start(t).URL()), 1))
	one, two := servertest.StartFile(t, config), servertest.StartFile(t, config)
	ann, bob := user(one, "ann"), user(one, "bob")
	make := func(token string) call {
		return call{Method: "POST", Path: "/v1/db/posts", Token: token, Body: `{"title":"x"}`}
	}
	a := one.Want(t, 201, make(ann))
	if a.Header.Get("RateLimit-Policy") != `"posts.create";q=3;w=3600` || a.Header.Get("RateLimit") != `"posts.create";r=2;t=3600` {
		t.Errorf("got %s, %s", a.Header.Get("RateLimit-Policy"), a.Header.Get("RateLimit"))
	}
	two.Want(t, 201, make(ann))
	two.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Token: ann, Body: `{"ops":[{"op":"create","collection":"posts","doc":{"title":"b"}}]}`})
	for _, c := range []call{make(ann), {Method: "POST", Path: "/v1/batch", Token: ann, Body: `{"atomic":false,"ops":[{"op":"create","collection":"posts","doc":{}}]}`}} {
		a := one.Want(t, 429, c)
		if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 7200 || a.Code() != "rate_limited" {
			t.Errorf("got %s, wait %s", a.Body, a.Header.Get("Retry-After"))
		}
	}
	var made struct{ ID string }
	two.Want(t, 201, make(bob)).Decode(t, &made)
	for range 5 { // an administrator may
		one.Want(t, 201, make(admin))
	}
	patch := call{Method: "PATCH", Path: "/v1/db/posts/" + made.ID, Token: ann, Body: `{"title":"y"}`}
	one.Want(t, 200, patch)
	patch.Token = bob
	two.Want(t, 429, patch)
	patch.Method, patch.Path = "PUT", "/v1/db/posts/"+made.ID
	two.Want(t, 429, patch)
	patch.Method, patch.Path = "PATCH", "/v1/db/posts?filter=true"
	two.Want(t, 429, patch)

	one.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts/" + made.ID})
	two.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts", Token: ann})
	two.Want(t, 200, call{Method: "POST", Path: "/v1/db/posts/aggregate", Body: `{"count":true}`})
	live := one.Live(t, bob)
	send(t, live, `{"id":"1","op":"subscribe","collection":"posts","query":{}}`)
	wantOn(t, live, "snapshot", "")
	send(t, live, `{"id":"2","op":"subscribe","collection":"posts","query":{}}`)
	wantOn(t, live, "error", "rate_limited")
	one.Want(t, 429, call{Method: "GET", Path: "/v1/db/posts/live"})
	one.Want(t, 429, call{Method: "POST", Path: "/v1/db/posts/query", Body: `{}`})
	if text := one.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; !strings.Contains(text, `basalt_rate_limited_total{limit="posts.read"}`) {
		t.Error("the metrics do not tell")
	}
}
