package offline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

type call = servertest.Call

const outgrown = `
auth: { providers: { password: {}, totp: { issuer: Test } } }
log: { level: error }
collections:
  notes:
    fields: { slug: { type: string, unique: true }, n: { type: int } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
`

// TestImport_CutOver moves from SQLite to PostgreSQL as the guide says: most of it while the old server serves, and then, in a
// short break, what has changed meanwhile.
func TestImport_CutOver(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from := file(t, `databases: { main: { driver: sqlite, url: "file:app.db" } }`+outgrown)
	to := file(t, fmt.Sprintf(`databases: { main: { driver: postgres, url: %q } }`, postgrestest.Database(t))+outgrown)
	process := servertest.StartProcess(t, from)
	s := process.Instance(from)
	signUp := func(name string) (token string) {
		t.Helper()
		var session struct {
			Token string `json:"access_token"`
		}
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: fmt.Sprintf(`{"email":"%s@example.com","password":"correct horse"}`, name)}).Decode(t, &session)
		return session.Token
	}
	ada, bob := signUp("ada"), signUp("bob")
	var many []string
	for i := range 1100 {
		many = append(many, fmt.Sprintf(`{"id":"n%04d","slug":"s%d","n":%d}`, i, i, i))
	}
	for _, part := range [][]string{many[:400], many[400:800], many[800:]} {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: "[" + strings.Join(part, ",") + "]"})
	}
	move := func(name string) []offline.Imported {
		t.Helper()
		dir := filepath.Join(t.TempDir(), name)
		if _, err := offline.Export(ctx, from, dir, nil); err != nil {
			t.Fatal(err)
		}
		done, err := offline.Import(ctx, to, dir, offline.Importing{Replace: true})
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	move("first")
	// Meanwhile: what is unique changes hands, documents and people come and go, and a user gets a second factor.
	for _, c := range []call{
		{Method: "PATCH", Path: "/v1/db/notes/n0000", Body: `{"slug":"free"}`},
		{Method: "PATCH", Path: "/v1/db/notes/n0700", Body: `{"slug":"s0"}`},
		{Method: "PATCH", Path: "/v1/db/notes/n0000", Body: `{"slug":"s700"}`},
		{Method: "PATCH", Path: "/v1/db/notes/n0600", Body: `{"n":-1}`},
	} {
		s.Want(t, 200, c)
	}
	for _, id := range []string{"n0003", "n0500", "n1099"} {
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/notes/" + id})
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `[{"id":"a","slug":"s3"},{"id":"z","slug":"s1099"}]`})
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/auth/user", Token: bob, Body: `{"current_password":"correct horse"}`})
	signUp("eve")
	var factor struct{ Secret string }
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/totp", Token: ada, Body: `{"current_password":"correct horse"}`}).Decode(t, &factor)
	now := func(at time.Time) string {
		code, err := totp.GenerateCode(factor.Secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/totp/confirm", Token: ada, Body: fmt.Sprintf(`{"code":%q}`, now(time.Now().Add(-30*time.Second)))})
	process.Stop() // the break begins
	for _, one := range move("last") {
		if one.Collection == "notes" && (one.Removed != 6 || one.Written != 5 || one.Kept != 1094) {
			t.Errorf("the break writes more than what has changed: %+v", one)
		}
	}
	r := servertest.StartProcess(t, to).Instance(to)
	var page struct{ Total int64 }
	if r.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?count=true&limit=1"}).Decode(t, &page); page.Total != 1099 {
		t.Errorf("there are %d documents", page.Total)
	}
	for id, want := range map[string]string{"n0000": `"slug":"s700"`, "n0700": `"slug":"s0"`, "n0600": `"n":-1`, "a": `"slug":"s3"`, "z": `"slug":"s1099"`} {
		if a := r.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/" + id}); !strings.Contains(a.Body, want) {
			t.Errorf("%s is %s", id, a.Body)
		}
	}
	r.Want(t, 404, call{Method: "GET", Path: "/v1/db/notes/n0500"})
	signIn := func(status int, name, more string) {
		t.Helper()
		r.Want(t, status, call{Method: "POST", Path: "/v1/auth/signin", Body: fmt.Sprintf(`{"email":"%s@example.com","password":"correct horse"%s}`, name, more)})
	}
	signIn(401, "bob", "")
	signIn(200, "eve", "")
	signIn(401, "ada", "")
	signIn(200, "ada", fmt.Sprintf(`,"totp":%q`, now(time.Now()))) // the key that it is sealed with has moved, too
	// Who has signed in since is not thrown away by mistake: an import without --replace refuses what differs.
	dir := filepath.Join(t.TempDir(), "again")
	if _, err := offline.Export(ctx, from, dir, nil); err != nil {
		t.Fatal(err)
	}
	r.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/notes/a", Body: `{"n":5}`})
	if _, err := offline.Import(ctx, to, dir, offline.Importing{}); err == nil || !strings.Contains(err.Error(), "--replace") {
		t.Errorf("an import over newer documents: %v", err)
	}
}

// TestExport_GoesOn where it was interrupted: after whole tables, whole lines, and half a line, and ends as it would have.
func TestExport_GoesOn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	from := file(t, `databases: { main: { driver: sqlite, url: "file:app.db" } }`+outgrown)
	process := servertest.StartProcess(t, from)
	s := process.Instance(from)
	var many []string
	for i := range 450 {
		many = append(many, fmt.Sprintf(`{"id":"n%04d","slug":"s%d \u00fc","n":%d}`, i, i, i))
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: "[" + strings.Join(many, ",") + "]"})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ada@example.com","password":"correct horse"}`})
	process.Stop()
	whole := filepath.Join(t.TempDir(), "whole")
	want, err := offline.Export(ctx, from, whole, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(whole, "notes.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{0, 1, 17, 100, len(text) / 2, len(text) - 1, len(text)} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "notes.jsonl"), text[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := offline.Export(ctx, from, dir, nil)
		if err != nil {
			t.Errorf("after %d bytes: %v", length, err)
			continue
		}
		for i, one := range want.Files {
			if got.Files[i] != one {
				t.Errorf("after %d bytes: %+v and not %+v", length, got.Files[i], one)
			}
		}
	}
	for name, content := range map[string]string{"notes.jsonl": "nonsense\n", "other.jsonl": "", "notes.jsonl.bak": ""} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := offline.Export(ctx, from, dir, nil); err == nil {
			t.Errorf("an export goes on after %s", name)
		}
	}
}
