package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	_ "github.com/basalt-dev/basalt/modules/db/memory"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	_ "github.com/basalt-dev/basalt/modules/files/local"
	_ "github.com/basalt-dev/basalt/modules/files/s3"
)

var update = flag.Bool("update", false, "write the generated files")

const head = "databases: { main: { driver: sqlite, url: \"file:data/app.db\" } }\n"

func TestParse_ReportsEveryMistakeWithItsPlace(t *testing.T) {
	file := head + `lisen: ":1"
log: { level: loud }
limits: { page: many, body: 3XB }
auth: { tokens: { algorithm: RS255, secret: "${BASALT_TEST_UNSET}" } }
collections:
  notes:
    fields:
      title: { type: strin }
      done: { type: bool, max: 3, requird: true }
      stars: { type: int, default: x }
      owner: { type: ref, to: user }
    rules:
      read: 'doc.onwer == auth.id'
      create: |
        auth != nil &&
          next.titl == "a"
      update: "doc.title =="
    set:
      create: { author: auth.id }
  team:
    fields:
      a: { type: int }
      a: { type: int }
    open: true
open: true
`
	_, err := Parse("b.yaml", ".", []byte(file))
	var all *Error
	if !errors.As(err, &all) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, p := range all.Problems {
		got = append(got, p.String())
	}
	want := []string{
		`b.yaml:2:1: unknown key "lisen"; did you mean "listen"?`,
		`b.yaml:3:6: log.level is debug, info, warn or error, not "loud"`,
		`b.yaml:4:17: expected a whole number above 0, got "many"`,
		`b.yaml:4:29: expected a size such as 512KiB or 1MiB, up to 2GiB, got "3XB"`,
		`b.yaml:5:17: auth.tokens.algorithm is one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, not "RS255"; did you mean "RS256"?`,
		`b.yaml:5:45: the environment variable BASALT_TEST_UNSET is not set; set it, or give a default as in ${BASALT_TEST_UNSET:-value}`,
		`b.yaml:9:14: there is no type "strin"; did you mean "string"?`,
		`b.yaml:10:32: max is for numbers and dates (their value) and strings and lists (their length), not for bool`,
		`b.yaml:10:35: unknown key "requird"; did you mean "required"?`,
		`b.yaml:11:36: this default does not fit the type int`,
		`b.yaml:12:14: there is no collection "user"; there are notes, team`,
		`b.yaml:14:18: the rule read: there is no field "onwer"; did you mean "owner"?`,
		`b.yaml:17:16: the rule create: there is no field "titl"; did you mean "title"?`,
		`b.yaml:18:28: the rule update: a value or a condition is missing after ==`,
		`b.yaml:20:25: there is no field "author"; there are id, title, done, stars, owner`,
		`b.yaml:24:7: the key "a" appears twice`,
		`b.yaml:26:1: unknown key "open"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParse_EmptyOrBrokenFilesSayWhere(t *testing.T) {
	for content, want := range map[string]string{
		"":              "f:1:1: the file is empty",
		"# nothing\n":   "f:1:1: the file is empty",
		"a: [":          "f:1:4:",
		"- 1":           "f:1:1: expected a mapping",
		"listen: ':1'":  `f:1:1: the key "databases" is missing here`,
		"databases: {}": "f:1:1: there is no database",
		"databases: { main: { driver: sqlite } }":           "f:1:20: databases.main.url is missing: where the database is",
		"databases: { main: { driver: memory, url: 'x' } }": "f:1:20: memory: a database in memory has no url",
		"databases: { main: { driver: memorry } }":          `there is no database driver "memorry" in this build; did you mean "memory"?`,
		head + "a: &x 1":                                                    `f:2:1: unknown key "a"`,
		head + "listen: &x a":                                               "f:2:9: anchors and aliases",
		head + "static: { dir: ./nowhere }":                                 "f:2:9: static.dir: there is no directory",
		head + "admin: { keys: [short] }":                                   "f:2:17: a key of admin.keys is shorter",
		head + "admin:\n  keys:\n    - 0123456789abcdef\n    - short":       "f:5:7: a key of admin.keys is shorter",
		head + "cors: { origins: [https://example.com, example.com/path] }": "f:2:40: cors.origins: \"example.com/path\" is not an origin",
		head + "proxies: [10.0.0.0/8, 10.0.0.1]":                            "f:2:23: proxies: \"10.0.0.1\" is not a network",
	} {
		_, err := Parse("f", ".", []byte(content))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", content, err, want)
		}
	}
}

func TestParse_FillsInTheEnvironment(t *testing.T) {
	t.Setenv("BASALT_TEST_SECRET", "0123456789abcdef0123456789abcdef")
	c, err := Parse("f", ".", []byte(head+`
listen: "${BASALT_TEST_LISTEN:-127.0.0.1:1}"
limits: { page: "${BASALT_TEST_PAGE:-7}" }
auth: { tokens: { secret: "${BASALT_TEST_SECRET}" } }
`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:1" || c.Limits.Page != 7 || c.Auth.Tokens.Secret.Reveal() != "0123456789abcdef0123456789abcdef" {
		t.Errorf("got %+v", c)
	}
}

func TestSecret_IsNeverPrinted(t *testing.T) {
	c := Tokens{Secret: "hunter2-hunter2"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "tokens", c, "secret", c.Secret)
	text, _ := json.Marshal(c)
	for _, out := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %#v", c, c, c), log.String(), string(text)} {
		if strings.Contains(out, "hunter2") {
			t.Errorf("the secret is in %s", out)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(head + "collections: { a: { fields: { b: { type: int } }, rules: { read: 'doc.b > 1' } } }"))
	f.Add([]byte("a: &x [*x]\n<<: *x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := Parse("f", ".", data); err == nil && c == nil {
			t.Error("neither a configuration nor an error")
		}
	})
}
