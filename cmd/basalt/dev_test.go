//go:build !browser

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/mail"
	"github.com/basalt-dev/basalt/server/servertest"
)

const devConfig = `
databases: { main: { driver: DRIVER, url: "file:data/app.db" } }
mail: { url: "smtp://127.0.0.1:1", from: "App <app@example.com>" }
auth:
  providers: { password: {}, email: { signup: true } }
  url: "http://localhost"
admin: { users: 'auth.role == "admin"' }
collections:
  teams: { fields: { name: { type: string, required: true } }, rules: { read: 'true' } }
  notes:
    fields: { owner: { type: string }, team: { type: ref, to: teams }, text: { type: string, required: true }, stars: { type: int } }
    set:   { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil' }
`

const devSeed = `
users:
  ann: { email: Ann@example.com, password: correct horse ann, claims: { role: admin } }
  bob: { email: bob@example.com, password: correct horse bob }
documents:
  notes:
    - { owner: $ann, team: t, text: $ann is only a string here, stars: 9007199254740993 }
    - { owner: $bob, team: t, text: of bob }
  teams: [ { id: t, name: $5 } ]
`

// TestDev_ShowsMailsLoadsSeedsAndKeepsTypes follows a developer through two starts.
func TestDev_ShowsMailsLoadsSeedsAndKeepsTypes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, address := filepath.Join(dir, "basalt.yaml"), servertest.FreeAddress(t)
	text := strings.Replace(devConfig, "DRIVER", "sqlite", 1)
	write("basalt.yaml", text)
	write("seed.yaml", devSeed)
	write("collections.ts", "")
	write("basalt.schema.json", "{}")
	node := servertest.At(t, "http://"+address, path)
	type call = servertest.Call
	signIn := func(name string) (token string) {
		t.Helper()
		var s struct {
			Access string `json:"access_token"`
		}
		node.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"` + name + `@example.com","password":"correct horse ` + name + `"}`}).Decode(t, &s)
		return s.Access
	}
	t.Run("first start", func(t *testing.T) {
		out := play(t, true, nil, "dev", "--config", path, "--listen", address, "--mails", "127.0.0.1:0")
		shown := out.wait(t, `(?s)http://127\.0\.0\.1:\d+/\n.*/docs/`)
		if !strings.Contains(shown, "2 account(s) and 3 document(s) are new") {
			t.Errorf("no word of the seeds in\n%s", shown)
		}
		if schema, err := os.ReadFile(filepath.Join(dir, "basalt.schema.json")); err != nil || !bytes.Equal(schema, config.Schema) {
			t.Errorf("the schema stays old: %v", err)
		}
		var page struct {
			Items []struct {
				Text  string
				Stars json.Number
			}
		}
		node.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes", Token: signIn("bob")}).Decode(t, &page)
		if len(page.Items) != 1 || page.Items[0].Text != "of bob" {
			t.Errorf("bob has %v", page.Items)
		}
		node.Want(t, 200, call{Method: "GET", Path: `/v1/db/notes?filter=stars==9007199254740993`, Token: signIn("ann")}).Decode(t, &page)
		if len(page.Items) != 2 && len(page.Items) != 1 {
			t.Errorf("ann has %v", page.Items)
		}

		node.Want(t, 202, call{Method: "POST", Path: "/v1/auth/email", Body: `{"email":"ann@example.com","redirect":"http://localhost/"}`})
		out.wait(t, `mail to <?ann@example\.com`)
		mails := regexp.MustCompile(`Mails .* (http://127\.0\.0\.1:\d+)/`).FindStringSubmatch(shown)[1]
		var kept []mail.Kept
		get(t, mails+"/mails.json", "", http.StatusOK, &kept)
		if len(kept) != 1 || !strings.Contains(kept[0].To, "ann@example.com") || kept[0].Text == "" || kept[0].Subject == "" {
			t.Errorf("the mails are %v", kept)
		}
		get(t, mails+"/", "", http.StatusOK, nil)
		get(t, mails+"/mails.json", "evil.example.com", http.StatusForbidden, nil) // a name that was rebound to this machine

		write("basalt.yaml", strings.Replace(text, "stars:", "points:", 1))
		for range 6000 {
			if types, err := os.ReadFile(filepath.Join(dir, "collections.ts")); err == nil && strings.Contains(string(types), "points?: number") {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Error("the types are never written again")
	})
	t.Run("second start", func(t *testing.T) {
		write("basalt.yaml", text)
		out := play(t, false, nil, "dev", "--config", path, "--listen", address, "--mails", "127.0.0.1:0")
		if shown := out.wait(t, `/docs/`); strings.Contains(shown, "are new") {
			t.Errorf("the seeds were loaded twice:\n%s", shown)
		}
		signIn("ann")
	})
}

// get asks a page, by another name if one is given.
func get(t *testing.T, url, host string, status int, into any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != status {
		t.Errorf("%s: %s", url, resp.Status)
	}
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Error(err)
		}
	}
}

// TestDev_Refuses is what would show or store what it must not.
func TestDev_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, seed, mails, want string }{
		{"mails for others", "", "0.0.0.0:0", "on this machine only"},
		{"an unknown key", "people: {}", "127.0.0.1:0", "documents: { COLLECTION"},
		{"a wrong document", "documents: { teams: [ { nam: x } ] }", "127.0.0.1:0", "nam: there is no field"},
		{"an unknown collection", "documents: { team: [ {} ] }", "127.0.0.1:0", "documents.team: "},
		{"a weak password", "users: { ann: { email: ann@example.com, password: x } }", "127.0.0.1:0", "users.ann: password: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := servertest.Write(t, strings.Replace(devConfig, `DRIVER, url: "file:data/app.db"`, "memory", 1))
			d := devCommand{Config: path, Listen: "127.0.0.1:0", Mails: c.mails}
			if c.seed != "" {
				d.Seed = filepath.Join(t.TempDir(), "s.yaml")
				if err := os.WriteFile(d.Seed, []byte(c.seed), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.Run(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
