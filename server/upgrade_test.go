package server_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/server"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// Of testdata/first-release.db, which the first commit with a server (9d50bb8) has written.
const (
	firstConfig = `
databases: { main: { driver: sqlite, url: "file:FILE" } }
auth: { providers: { password: {} } }
log: { level: error }
collections:
  notes:
    fields:
      owner:   { type: string, index: true }
      title:   { type: string, required: true, max: 200 }
      stars:   { type: int, default: 0 }
      score:   { type: float }
      done:    { type: bool, default: false }
      tags:    { type: json }
      data:    { type: bytes }
      created: { type: time, default: "now()" }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil', update: 'doc.owner == auth.id' }
`
	firstRefresh = "I6HHVKLYVHLIOJWCWHRRTYPMF4.ZOGEM5DVP5ZU3WORSZFRTX47AP"
	firstCursor  = "K6hB4IQcmzPiynaWQTDhGeA_eXiMQD6Vogqfo_JuddlA"
	firstNote    = `{"id":"n2","owner":"01a224fe-8e0c-7334-988b-4ad8b7d27c67","title":"note 2","stars":2,"score":2.5,"done":true,"tags":{"a":[1,"x"]},"data":"aGk=","created":"2026-11-24T08:00:00.000000Z"}`
)

// TestUpgrade_FromTheFirstRelease: a database of the first release serves what is in it, to the people who are in it, with the
// sessions and the pages that they had. Then a database of a newer release is refused. That nodes which start together
// upgrade once, dbtest shows.
func TestUpgrade_FromTheFirstRelease(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/first-release.db")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "first.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	path := servertest.Write(t, strings.Replace(firstConfig, "FILE", file, 1))
	now := func() time.Time { return time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC) }
	s := servertest.StartNow(t, "127.0.0.1:0", strings.Replace(firstConfig, "FILE", file, 1), now)
	var session struct {
		Token string `json:"access_token"`
	}
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/refresh", Body: `{"refresh_token":"` + firstRefresh + `"}`}).Decode(t, &session)
	page := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?limit=1&after=" + firstCursor, Token: session.Token})
	if !strings.Contains(page.Body, firstNote) {
		t.Errorf("the page after an old cursor is %s", page.Body)
	}
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/n2", Token: session.Token, Body: `{"stars":{"$inc":1}}`})
	for address, password := range map[string]string{"ada@example.com": "correct horse", "jos\u00e9@b\u00fccher.example": "battery staple", "JOSE\u0301@xn--bcher-kva.example": "battery staple"} {
		s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: map[string]string{"email": address, "password": password}})
	}
	s.Stop()

	driver, err := db.Open(context.Background(), "sqlite", db.Config{URL: "file:" + file})
	if err != nil {
		t.Fatal(err)
	}
	nothing := make([]db.Upgrade, 99)
	for i := range nothing {
		nothing[i] = func(context.Context, db.Store) error { return nil }
	}
	if err := errors.Join(db.UpgradeTables(context.Background(), driver, nothing, "9.0.0", now()), driver.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = server.New(context.Background(), path, server.Options{Log: io.Discard, Now: now})
	var newer *db.NewerError
	if !errors.As(err, &newer) || !strings.Contains(err.Error(), "9.0.0") {
		t.Errorf("a database of a newer release: %v", err)
	}
	if _, err := offline.Export(context.Background(), path, filepath.Join(t.TempDir(), "out"), nil); !errors.As(err, &newer) {
		t.Errorf("an export of a newer release: %v", err)
	}
}
