package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/config"
)

// linted loads a collection, with what is said of it as "column: text" of notes and warnings.
func linted(t *testing.T, collection string) (notes, warnings []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	text := `databases: { main: { driver: sqlite, url: "file:x.db" } }
auth: { claims: { teams: 'pluck("members", {"user": auth.id}, "team")' } }
channels: { "room:{id}": { subscribe: 'auth != nil', publish: 'auth != nil' } }
collections:
  members: { fields: { team: { type: string, index: true }, user: { type: string, index: true } }, rules: { read: 'false', create: 'false', update: 'false', delete: 'false' } }
  notes:
    fields: { owner: { type: string, index: true }, team: { type: string, index: true }, email: { type: string, unique: true }, open: { type: bool }, title: { type: string } }
` + collection
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatalf("%s\n%v", collection, err)
	}
	for _, p := range c.Notes {
		notes = append(notes, p.String())
	}
	for _, p := range c.Warnings {
		warnings = append(warnings, p.String())
	}
	return notes, warnings
}

func TestLint_SaysWhatAnAnonymousCallerMayDo(t *testing.T) {
	const absence, unasked = "because a condition on auth holds where there is no caller", "because the rule does not ask who it is"
	for _, test := range []struct {
		read, create, update, delete string
		note, warning                string // empty for none
	}{
		{"true", "true", "true", "true", "", ""},
		{"doc.owner == auth.id", "auth != nil", "doc.owner == auth.id", "doc.owner == auth.id", "", ""},
		{"doc.open", "false", "false", "false", "may read where doc.open == true", ""},
		{`auth.role == "a" || doc.open && doc.owner != nil || doc.owner == auth.id`, "false", "false", "false", "may read where doc.open == true && doc.owner != nil", ""},
		{"doc.owner != auth.id", "false", "false", "false", "", "may read, " + absence},
		{"!(auth.role == \"banned\")", "false", "false", "false", "", "may read, " + absence},
		{`auth.role != "guest" && doc.open`, "false", "false", "false", "", "may read, " + absence},
		{`!exists("members", {"user": auth.id})`, "false", "false", "false", "", "may read, " + absence},
		{"auth == nil || doc.owner == auth.id", "false", "false", "false", "may read", ""},
		{"auth == nil || doc.owner != auth.id", "false", "false", "false", "may read", "may read, " + absence},
		{"false", "next.open", "doc.open", "doc.open", "", "may create, update and delete, " + unasked},
		{"false", "next.title != nil", "false", "false", "", "may create, " + unasked},
		{"false", "true && next.title != nil", "false", "false", "may create where doc.title != nil", ""},
		{"false", `get("members", next.team).user == auth.id`, "false", "false", "", ""},
		{"false", `exists("members", {"team": next.team})`, "false", "false", "", "may create, " + unasked},
		{"false", `next.owner == auth.id`, `doc.owner == auth.id && next.title != "x"`, `len(doc.title) > 3 && roles.editor`, "", ""},
		{`doc.team in auth.teams`, `next.team in auth.teams`, `webhook("https://example.com/ok")`, `false`, "may update where the document decides", ""},
	} {
		notes, warnings := linted(t, "    rules: { read: '"+test.read+"', create: '"+test.create+"', update: '"+test.update+"', delete: '"+test.delete+"' }\nroles: { editor: 'auth.role == \"editor\"' }\nwebhooks: { secret: \"0123456789abcdef0123456789abcdef\" }\n")
		check := func(what, want string, got []string) {
			got = slices.DeleteFunc(got, func(s string) bool { return !strings.Contains(s, "anonymous") })
			if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.Contains(got[0], "notes: an anonymous caller "+want)) {
				t.Errorf("%v: the %s are %q, want %q", test, what, got, want)
			}
		}
		check("notes", test.note, notes)
		check("warnings", test.warning, warnings)
	}
}

func TestLint_SaysWhatIsHardlyMeant(t *testing.T) {
	for rest, want := range map[string]string{
		"read: 'doc.owner == auth.uid'":                                                                                             "notes: read: auth.uid is not a claim that tokens have; did you mean auth.id?",
		"read: 'doc.owner == auth.user_id', update: 'auth.user_id != nil'":                                                          "notes: read and update: auth.user_id is not",
		"read: 'doc.owner == auth.emial && auth.email_verified'":                                                                    "did you mean auth.email?",
		"read: 'doc.team in auth.temas'":                                                                                            "did you mean auth.teams?",
		"read: 'doc.owner == auth.id', create: 'mine(next.owner)'":                                                                  "notes: create: auth.uid is not",
		"read: 'doc.email == auth.email'":                                                                                           "add && auth.email_verified",
		"read: 'exists(\"members\", {\"user\": auth.email})'":                                                                       "add && auth.email_verified",
		"read: 'auth.role in [nil, \"a\"]'":                                                                                         "`in` never finds nil",
		"read: 'get(\"members\", doc.team).user in [nil, auth.id]'":                                                                 "`in` never finds nil",
		"read: 'exists(\"members\", {\"user\": {\"$in\": [nil, \"a\"]}})'":                                                          "$in and $nin never find nil; compare user",
		"read: '(doc.open ? nil : doc.owner) == doc.team && auth.id != nil'":                                                        "the nil of a choice",
		"read: 'doc.owner == (auth.id ?? nil)'":                                                                                     "?? nil changes nothing",
		"read: 'auth != nil' }\n    set: { create: { owner: auth.uid }":                                                             "notes: set.create.owner: auth.uid is not",
		"read: 'auth != nil' }\n    fields_readable: { email: 'doc.owner == auth.uid'":                                              "notes: fields_readable.email: auth.uid is not",
		"read: 'auth != nil' }\n    fields_readable: { email: 'doc.owner == auth.id'":                                               "email is unique and not readable by every caller",
		"read: 'auth != nil', update: 'auth != nil && !changed(\"title\")' }\n    fields_readable: { title: 'doc.owner == auth.id'": "update asks changed() about title, which is not readable by every caller",
	} {
		_, warnings := linted(t, "    rules: { "+rest+" }\nfunctions: { mine(x): 'x == auth.uid' }\n")
		if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, want) }) {
			t.Errorf("%s: %q, want %s", rest, warnings, want)
		}
	}
	for _, fine := range []string{
		`doc.owner == auth.id`, `doc.owner == auth.sub`, `auth.role == "admin"`, `doc.team == auth.tenant`, `auth.email != nil`, `doc.email == auth.email && auth.email_verified`, `doc.team in auth.teams`, `auth.level > 3`,
		`doc.owner in [nil, auth.id] && auth != nil`, `auth.anonymous == true`, `auth.act == nil && auth != nil`,
	} {
		_, warnings := linted(t, "    rules: { read: '"+fine+"', create: 'false', update: 'false', delete: 'false' }\n")
		if len(warnings) > 0 {
			t.Errorf("%s: %q", fine, warnings)
		}
	}
}

func TestLint_ChannelsAreLookedAt(t *testing.T) {
	for rule, want := range map[string]string{"auth != nil": "", "true": "", `auth.role != "banned"`: "may publish", `id == "lobby"`: "may publish"} {
		path := filepath.Join(t.TempDir(), "basalt.yaml")
		text := "databases: { main: { driver: sqlite, url: \"file:x.db\" } }\ncollections: { a: { fields: { x: { type: int } }, rules: { read: 'true', create: 'true', update: 'true', delete: 'true' } } }\nchannels: { \"room:{id}\": { subscribe: 'auth != nil', publish: '" + rule + "' } }\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if said := len(c.Warnings) > 0 && strings.Contains(c.Warnings[0].String(), "channel room:{id}: an anonymous caller "+want); said != (want != "") {
			t.Errorf("%s: %v", rule, c.Warnings)
		}
	}
}

// TestLint_UnverifiedMailIsNamedWhereThereMayBeSome: in each place that has rules, once for all of its rules, and not
// where every address is proven before a user signs in.
func TestLint_UnverifiedMailIsNamedWhereThereMayBeSome(t *testing.T) {
	const want = "auth.email may be an address that is not verified"
	for auth, warned := range map[string]bool{
		"providers: { password: {} }":                 true,
		"providers: { password: { confirm: false } }": true,
		"providers: { password: { confirm: true } }":  false,
		"providers: { anonymous: {} }":                true,
		"url: \"https://app.example.com\", providers: { password: { confirm: true } }, issuers: [ { issuer: \"https://id.example.com\", audience: x, prefix: \"x:\" } ]": true,
	} {
		path := filepath.Join(t.TempDir(), "basalt.yaml")
		text := `databases: { main: { driver: sqlite, url: "file:x.db" } }
auth: { url: "https://app.example.com", ` + strings.TrimPrefix(auth, `url: "https://app.example.com", `) + ` }
mail: { url: "file:mails", from: "me@example.com" }
channels: { "room:{id}": { subscribe: 'auth.email == "boss@example.com"', publish: 'auth.email == "boss@example.com"' } }
events: { ask: { rule: 'auth.email in ["a@example.com"]', url: "https://example.com/x" } }
webhooks: { secret: "0123456789abcdef0123456789abcdef" }
collections:
  notes:
    fields: { email: { type: string, index: true } }
    rules: { read: 'doc.email == auth.email', create: 'auth.email endsWith "@example.com"', update: 'false', delete: 'false' }
`
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range c.Warnings {
			if strings.Contains(w.String(), want) {
				got = append(got, w.String())
			}
		}
		if !warned && len(got) > 0 || warned && (len(got) != 3 || !strings.Contains(strings.Join(got, "\n"), "notes: read and create: ") || !strings.Contains(strings.Join(got, "\n"), "channel room:{id}: subscribe and publish: ") || !strings.Contains(strings.Join(got, "\n"), "event ask: rule: ")) {
			t.Errorf("%s: %q", auth, got)
		}
	}
}

// TestLint_AProxyThatIsNotNamed: who serves plain HTTP and is met by HTTPS has a proxy before it.
func TestLint_AProxyThatIsNotNamed(t *testing.T) {
	const want = "name its network, as in proxies"
	for text, warned := range map[string]bool{
		`auth: { url: "https://app.example.com/api", providers: { password: {} } }`:                                       true,
		`auth: { url: "https://app.example.com", providers: { password: {} } }` + "\nproxies: [\"10.0.0.0/8\"]":           false,
		`auth: { url: "https://app.example.com", providers: { password: {} } }` + "\ntls: { domains: [app.example.com] }": false,
		`auth: { url: "http://localhost:4122", providers: { password: {} } }`:                                             false,
		`auth: { providers: { password: {} } }`:                                                                           false,
		`listen: ":4122"`:                                                                                                 false,
	} {
		path := filepath.Join(t.TempDir(), "basalt.yaml")
		if err := os.WriteFile(path, []byte("databases: { main: { driver: memory } }\n"+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(fmt.Sprint(c.Warnings), want); got != warned {
			t.Errorf("%s: the warnings are %v", text, c.Warnings)
		}
	}
}
