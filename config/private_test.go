package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/config"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
)

// TestStatic_ServesNothingPrivate: a directory with secrets in it is refused, at its place, however it is written.
func TestStatic_ServesNothingPrivate(t *testing.T) {
	for what, test := range map[string]struct{ file, problem string }{
		"the directory of the file":   {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nstatic: { dir: . }", ":2:9: static.dir"},
		"by another way":              {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nstatic: { dir: ./public/.. }", "the configuration file"},
		"above it":                    {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nstatic: { dir: .. }", "the configuration file"},
		"by a link":                   {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nstatic: { dir: ./link }", "the configuration file"},
		"that of a database":          {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nstatic: { dir: ./data }", "the database main"},
		"that of one to come":         {"databases: { main: { driver: sqlite, url: \"file:public/new/app.db\" } }\nstatic: { dir: ./public }", "the database main"},
		"in that of a database":       {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nstatic: { dir: ./data/public }", "lies in the directory of the database main"},
		"that of the mails' texts":    {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nmail: { url: \"file:mails\", from: \"me@example.com\", templates: public/mails }\nauth: { url: \"http://localhost:1\" }\nstatic: { dir: ./public }", "the templates of mails"},
		"that of a file with secrets": {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nstatic: { dir: ./keys }", "BASALT_TEST_KEY_FILE"},
		"that of backups":             {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nbackups: { to: public/kept }\nstatic: { dir: ./public }", "the backups"},
		"one of its own":              {"databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\nstatic: { dir: ./public }", ""},
		"beside a database":           {"databases: { main: { driver: sqlite, url: \"file:app.db\" } }\nstatic: { dir: ./public }", ""},
	} {
		dir := filepath.Join(t.TempDir(), "app")
		for _, d := range []string{"public/mails", "data/public", "keys"} {
			if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		key := filepath.Join(dir, "keys", "a.key")
		path := filepath.Join(dir, "basalt.yaml")
		for name, content := range map[string]string{path: test.file, key: "x"} {
			if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("BASALT_TEST_KEY_FILE", key)
		_, err := config.Load(path)
		if (err == nil) != (test.problem == "") || err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s: got %v, want %q", what, err, test.problem)
		}
	}
}

// TestAuth_RefusesWhatCannotHold: redirects that are compared as they are written, and passkeys without a domain.
func TestAuth_RefusesWhatCannotHold(t *testing.T) {
	for auth, problem := range map[string]string{
		`redirects: ["https://*.example.com"]`:                                        "without *",
		`redirects: ["*"]`:                                                            "without *",
		`redirects: ["https://App.Example.com"]`:                                      "small letters",
		`url: "http://127.0.0.1:4122", providers: { passkey: {} }`:                    "passkeys belong to a domain",
		`url: "http://[::1]:4122", providers: { passkey: {} }`:                        "passkeys belong to a domain",
		`url: "http://localhost:4122", providers: { passkey: {} }`:                    "",
		`url: "http://localhost:4122", redirects: ["https://app.example.com", "my:"]`: "",
	} {
		_, err := config.Parse("f", t.TempDir(), []byte("databases: { main: { driver: sqlite, url: \"file:app.db\" } }\nauth: { "+auth+" }"))
		if (err == nil) != (problem == "") || err != nil && !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: got %v, want %q", auth, err, problem)
		}
	}
}
