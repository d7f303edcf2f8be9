package server_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// shared is a cached collection that every caller may read, and what stands beside it, which not every user may.
const shared = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "a-secret-of-32-bytes-or-more-....", access: 15m, refresh: 720h } }
admin: { keys: ["admin-key-admin-key"] }
proxies: ["127.0.0.1/32"]
collections:
  posts:
    cache: { ttl: 60s }
    fields: { author: { type: ref, to: users }, au2: { type: ref, to: guarded } }
    rules: { read: 'true' }
  staff: { fields: { post: { type: ref, to: posts }, secret: { type: string } }, rules: { read: 'auth.role == "staff"' } }
  root: { fields: { post: { type: ref, to: posts }, secret: { type: string } }, rules: { read: 'auth.role == "root"' } }
  users: { fields: { name: { type: string } }, rules: { read: 'request.ip == "10.0.0.1"' } }
  guarded: { fields: { name: { type: string } }, rules: { read: 'auth.role == "staff"' } }
  empty: { fields: { post: { type: ref, to: posts }, secret: { type: string } }, rules: { read: 'true' } }
`

// TestAttack_WhatIsSharedIsForThoseWhoMaySeeIt has a user ask who may see more, and then a user who may see less
// ask so that they would share the answer. They get what they get when they ask first.
func TestAttack_WhatIsSharedIsForThoseWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, shared)
	for _, c := range []call{
		{Path: "/v1/db/users", Body: `{"id":"ann","name":"Ann"}`}, {Path: "/v1/db/guarded", Body: `{"id":"bob","name":"Bob"}`},
		{Path: "/v1/db/posts", Body: `{"id":"t","author":"ann","au2":"bob"}`},
		{Path: "/v1/db/staff", Body: `{"post":"t","secret":"TOPSECRET-staff"}`}, {Path: "/v1/db/root", Body: `{"post":"t","secret":"TOPSECRET-root"}`},
	} {
		c.Method, c.Token = "POST", admin
		s.Want(t, 201, c)
	}
	staff := s.Token(map[string]any{"sub": "s", "role": "staff"})
	const near, far = "10.0.0.1", "10.0.0.2"
	for _, a := range []struct {
		what, victim, from, query string // who asks first, and what
		attacker, attack          string // who asks then, and what; empty for the same
		status                    int
		forbidden                 string
	}{
		{"sort of an expansion", staff, near, "expand=staff,root", "", "expand=" + url.QueryEscape("staff(sort:] 20 true\nexpand root 1 true [)"), 422, "TOPSECRET"},
		{"the same before", staff, near, "expand=staff,root", "", "expand=" + url.QueryEscape("staff(sort:] 20 nothing\nexpand root 1 true [)"), 422, "TOPSECRET"},
		{"expansion", staff, near, "expand=staff", "", "", 200, "TOPSECRET"},
		{"a cursor that is a key", staff, near, "", "", "after=" + url.QueryEscape("\"\nposts"), 422, "TOPSECRET"},
		{"a filter through a reference, by address", "", near, `filter=` + url.QueryEscape(`author.name == "Ann"`), "", "", 200, `"t"`},
		{"a filter through a reference, by claims", staff, near, `filter=` + url.QueryEscape(`au2.name == "Bob"`), "", "", 200, `"t"`},
	} {
		if a.attack == "" {
			a.attack = a.query
		}
		for range 2 { // the second time it is remembered
			first := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts?" + a.query, Token: a.victim, Header: map[string]string{"X-Forwarded-For": a.from}})
			if !strings.Contains(first.Body, `"t"`) {
				t.Fatalf("%s: the victim gets %s", a.what, first.Body)
			}
			if a.attack == a.query && strings.Contains(first.Header.Get("Cache-Control"), "public") {
				t.Errorf("%s: %s", a.what, first.Header.Get("Cache-Control"))
			}
			got := s.Do(t, call{Method: "GET", Path: "/v1/db/posts?" + a.attack, Token: a.attacker, Header: map[string]string{"X-Forwarded-For": far}})
			if got.Status != a.status || strings.Contains(got.Body, a.forbidden) {
				t.Errorf("%s: got %d %s", a.what, got.Status, got.Body)
			}
		}
	}
	// What depends on no user is still shared.
	if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/posts", Token: staff}); !strings.HasPrefix(got.Header.Get("Cache-Control"), "public") {
		t.Errorf("got %s", got.Header.Get("Cache-Control"))
	}
}

// TestAttack_LiveQueriesAreSharedByThoseWhoMaySeeThem asks by the same names over a live connection.
func TestAttack_LiveQueriesAreSharedByThoseWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, shared)
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/posts", Token: admin, Body: `{"id":"t"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/staff", Token: admin, Body: `{"post":"t","secret":"TOPSECRET"}`})
	victim := s.Live(t, s.Token(map[string]any{"sub": "s", "role": "staff"}))
	subscribe := func(expand ...string) string {
		text, err := json.Marshal(map[string]any{"id": "1", "op": "subscribe", "collection": "posts", "query": map[string]any{"expand": expand}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	send(t, victim, subscribe("staff", "root"))
	if m := wantOn(t, victim, "snapshot", ""); !strings.Contains(m.Text, "TOPSECRET") {
		t.Fatalf("got %s", m.Text)
	}
	for _, expand := range []string{"staff(sort:] 20 true\nexpand root 1 true [)", "staff(sort:] 20 nothing\nexpand root 1 true [)"} {
		attacker := s.Live(t, "")
		send(t, attacker, subscribe(expand))
		if m := wantOn(t, attacker, "error", "invalid"); strings.Contains(m.Text, "TOPSECRET") {
			t.Errorf("got %s", m.Text)
		}
	}
}

// TestExpand_AWrongOptionIsReported where there are documents, and where there are none.
func TestExpand_AWrongOptionIsReported(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, shared)
	for range 2 {
		for _, expand := range []string{"staff(sort:nothing)", "empty(sort:nothing)", "empty(sort:-secret,sort:x)", "author(sort:name)", "empty(limit:0)", "empty(expand:nothing)"} {
			for _, path := range []string{"/v1/db/posts?expand=", "/v1/db/posts/t?expand="} {
				s.Want(t, 422, call{Method: "GET", Path: path + url.QueryEscape(expand)})
			}
		}
		s.Do(t, call{Method: "POST", Path: "/v1/db/posts", Token: admin, Body: `{"id":"t"}`})
	}
}
