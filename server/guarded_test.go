package server_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server"
	"github.com/basalt-dev/basalt/server/servertest"
)

const guardedConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "8d1f0c5be2a94f7c93d6e0b7a4c51f28" } }
admin: { keys: ["b1946ac92492d2347c6235b4d2611184"] }
metrics: { token: "e4d909c290d0fb1ca068ffaddf22cbd0" }
openapi: { token: "a87ff679a2f3e71d9181a67b7542122c" }
collections: { notes: { fields: { text: { type: string } }, rules: { read: 'true' } } }
`

func TestGuarded_PagesAskForTheirToken(t *testing.T) {
	s := servertest.Start(t, guardedConfig)
	user := s.Token(map[string]any{"sub": "ann"})
	for path, token := range map[string]string{"/metrics": "e4d909c290d0fb1ca068ffaddf22cbd0", "/openapi.json": "a87ff679a2f3e71d9181a67b7542122c"} {
		for name, c := range map[string]struct {
			token  string
			status int
		}{
			"its own": {token, 200}, "an administrator": {"b1946ac92492d2347c6235b4d2611184", 200}, "anonymous": {"", 401}, "a user": {user, 403},
			"a part": {token[:31], 401}, "more": {token + "0", 401}, "of the other page": {map[string]string{"/metrics": "a87ff679a2f3e71d9181a67b7542122c", "/openapi.json": "e4d909c290d0fb1ca068ffaddf22cbd0"}[path], 401},
		} {
			a := s.Do(t, call{Method: "GET", Path: path, Token: c.token})
			if a.Status != c.status {
				t.Errorf("%s with %s: %d, want %d", path, name, a.Status, c.status)
			}
			if a.Status != 200 && (strings.Contains(string(a.Body), "basalt_") || strings.Contains(string(a.Body), "notes")) {
				t.Errorf("%s with %s shows %s", path, name, a.Body)
			}
		}
		s.Want(t, 404, call{Method: "GET", Path: path + "/"})
	}
}

// TestGuarded_CollectionsAreSuggestedWhereTheirNamesAreKnown: an unknown collection is answered with one of a like name, but not
// where /openapi.json keeps the names to itself.
func TestGuarded_CollectionsAreSuggestedWhereTheirNamesAreKnown(t *testing.T) {
	t.Parallel()
	open := strings.Replace(guardedConfig, `openapi: { token: "a87ff679a2f3e71d9181a67b7542122c" }`, "", 1)
	for config, want := range map[string]string{guardedConfig: `"there is no such collection"`, open: `"there is no such collection; did you mean \"notes\"?"`} {
		s := servertest.Start(t, config)
		for _, c := range []call{{Path: "/v1/db/note"}, {Path: "/v1/db/notse/1"}, {Method: "POST", Path: "/v1/db/note", Body: "{}"}} {
			if a := s.Want(t, 404, c); !strings.Contains(a.Body, want) {
				t.Errorf("%s %s: %s, want %s", c.Method, c.Path, a.Body, want)
			}
		}
		if a := s.Want(t, 404, call{Path: "/v1/db/other"}); strings.Contains(a.Body, "notes") {
			t.Errorf("a name that is like none: %s", a.Body)
		}
	}
}

func TestSecrets_OfExamplesServeThisMachineAlone(t *testing.T) {
	weak := strings.Replace(guardedConfig, "8d1f0c5be2a94f7c93d6e0b7a4c51f28", "an example, so not a secret at all", 1)
	run := func(config, address string, during func(*server.Server)) error {
		s, err := server.New(t.Context(), servertest.Write(t, config), server.Options{Version: "test", Log: t.Output()})
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx, l, nil) }()
		client := http.Client{Timeout: time.Second} // of one that refuses the listener answers nothing
		ready := "http://127.0.0.1:" + l.Addr().String()[strings.LastIndex(l.Addr().String(), ":")+1:] + "/readyz"
		for {
			select {
			case err := <-done: // it has refused to serve
				return err
			case <-time.After(20 * time.Millisecond):
			}
			if resp, err := client.Get(ready); err == nil {
				_ = resp.Body.Close() // nothing of it was read
				if resp.StatusCode == http.StatusOK {
					during(s)
					break
				}
			}
		}
		stop()
		return <-done
	}
	if err := run(weak, "127.0.0.1:0", func(*server.Server) {}); err != nil {
		t.Errorf("on this machine: %v", err)
	}
	if err := run(guardedConfig, "0.0.0.0:0", func(*server.Server) {}); err != nil {
		t.Errorf("with secrets of its own: %v", err)
	}
	err := run(weak, "0.0.0.0:0", func(*server.Server) { t.Error("it serves") })
	if err == nil || !strings.Contains(err.Error(), "auth.tokens.secret") || strings.Contains(err.Error(), "an example, so") {
		t.Errorf("got %v", err)
	}
	s := servertest.Start(t, weak)
	if err := os.WriteFile(s.Path, []byte(strings.Replace(weak, "'true'", "'false'", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err != nil {
		t.Errorf("a reload on this machine: %v", err)
	}
}

const hiddenConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
auth: { tokens: { algorithm: HS256, secret: "8d1f0c5be2a94f7c93d6e0b7a4c51f28" } }
admin: { keys: ["b1946ac92492d2347c6235b4d2611184"] }
collections:
  notes:
    fields: { owner: { type: string }, text: { type: string } }
    rules: { read: 'doc.owner == auth.id', create: 'next.owner == auth.id', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
    limits: { create: { rate: 1000/1m }, update: { rate: 2/1m } }
  open:
    fields: { owner: { type: string } }
    rules: { read: 'true', create: 'true', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
`

// alike is what an answer says, with the id and what differs from request to request left out.
func alike(a servertest.Answer, id string) string {
	body := regexp.MustCompile(`"(request|request_id|instance)":"[^"]*"`).ReplaceAllString(a.Body, "")
	return fmt.Sprint(a.Status, " ", strings.ReplaceAll(body, id, "ID"), " ", a.Header.Get("ETag"), a.Header.Get("Retry-After") != "")
}

// TestAttack_HiddenAndMissingAreAlike makes every write that names a document, with and without a condition, on one that
// is hidden from the caller and on one that is not there.
func TestAttack_HiddenAndMissingAreAlike(t *testing.T) {
	s := servertest.Start(t, hiddenConfig)
	const admin = "b1946ac92492d2347c6235b4d2611184"
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `{"id":"hidden","owner":"ann","text":"x"}`})
	tag := s.Do(t, call{Method: "GET", Path: "/v1/db/notes/hidden", Token: admin}).Header.Get("ETag")
	other := `{"owner":"eve","text":"y"}`
	foreign := `{"owner":"ann","text":"y"}`
	for _, who := range []string{"", s.Token(map[string]any{"sub": "eve"})} {
		for _, header := range []string{"", "If-Match: *", "If-Match: " + tag, `If-Match: "no"`, "If-None-Match: *", "If-None-Match: " + tag} {
			for _, method := range []string{"GET", "PATCH", "PUT", "DELETE"} {
				for _, body := range []string{other, foreign, `{}`, `{"text":7}`} {
					if method == "PUT" && header[:min(8, len(header))] != "If-Match" && body == other && who != "" {
						continue // it creates the one that is missing
					}
					ask := func(id string) string {
						c := call{Method: method, Path: "/v1/db/notes/" + id, Token: who, Header: map[string]string{}}
						if name, value, ok := strings.Cut(header, ": "); ok {
							c.Header[name] = value
						}
						if method == "PATCH" || method == "PUT" {
							c.Body = body
						}
						a := s.Do(t, c)
						return alike(a, id)
					}
					if hidden, missing := ask("hidden"), ask("absent"); hidden != missing {
						t.Errorf("%s %s by %q, %s:\nhidden  %s\nmissing %s", method, body, who, header, hidden, missing)
					}
				}
			}
		}
		for _, op := range []string{
			`{"op":"replace","collection":"notes","id":"ID","doc":{"owner":"ann"},"if_match":"*"}`, `{"op":"update","collection":"notes","id":"ID","doc":{"text":"z"},"if_match":"*"}`,
			`{"op":"delete","collection":"notes","id":"ID","if_match":"*"}`, `{"op":"update","collection":"notes","id":"ID","doc":{"text":"z"}}`,
		} {
			ask := func(id string) string {
				a := s.Do(t, call{Method: "POST", Path: "/v1/batch", Token: who, Body: `{"ops":[` + strings.ReplaceAll(op, "ID", id) + `]}`})
				return alike(a, id)
			}
			if hidden, missing := ask("hidden"), ask("absent"); hidden != missing {
				t.Errorf("%s by %q:\nhidden  %s\nmissing %s", op, who, hidden, missing)
			}
		}
	}
	s.Want(t, 412, call{Method: "PUT", Path: "/v1/db/open/absent", Token: s.Token(map[string]any{"sub": "eve"}), Header: map[string]string{"If-Match": "*"}, Body: `{"owner":"eve"}`})
}
