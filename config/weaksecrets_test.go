package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSecrets_OfTheExamplesAreKnown collects the secrets of our own documents: a default of a variable that is named
// like a secret, and a value of a key that is.
func TestSecrets_OfTheExamplesAreKnown(t *testing.T) {
	defaults := regexp.MustCompile(`\$\{\w*(?:SECRET|KEY|TOKEN|PASSWORD)\w*:-([^}$][^}]*)\}`) // what a command makes is no default
	values := regexp.MustCompile(`\b(?:secret|token|BASALT_\w*(?:SECRET|KEY)\w*|admin: \{ keys|keys: \{ \w+)["']?[:=] ?\[?"([^"$]+)"`)
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == ".git" || name == "dist" {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".md", ".yaml", ".yml", ".env"}, filepath.Ext(path)) && d.Name() != "Dockerfile" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, pattern := range []*regexp.Regexp{defaults, values} {
			for _, m := range pattern.FindAllSubmatch(text, -1) {
				seen++
				if weakness(Secret(m[1])) == "" {
					t.Errorf("%s: %q is for every user to read, and taken for a secret; list it in exampleSecrets", path, m[1])
				}
			}
		}
		return nil
	})
	if err != nil || seen < 5 {
		t.Errorf("%d secrets were found, want 5 or more; %v", seen, err)
	}
}

func TestSecrets_Weak(t *testing.T) {
	for _, s := range []Secret{"secret", "changeme", "change-me", "CHANGE_ME", "my-secret", "your-secret-key", "super secret", "supersecret", "password123", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0000000000000000000000000000000000", "abababababababababab", "xxxxxxxx", "<your-key-here>", "replace-me-please", "test-key-1", "…", "  secret  "} {
		if weakness(s) == "" {
			t.Errorf("%q is taken for a secret", string(s))
		}
	}
	for _, s := range []Secret{"", "3f6a1c0b9d8e7f60514233a4b5c6d7e8", "correct horse battery staple", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----", "kX9$secretive-falcon-77"} {
		if why := weakness(s); why != "" {
			t.Errorf("%q %s", string(s), why)
		}
	}
}

func TestSecrets_AreNoted(t *testing.T) {
	c, err := Parse("b.yaml", t.TempDir(), []byte(head+`
auth: { tokens: { secret: "changeme" } }
admin: { keys: ["aaaaaaaaaaaaaaaaaaaa"] }
encryption: { keys: { k1: "only-for-trying-this-recipe-out-!" }, current: k1 }
webhooks: { secret: secret }
metrics: { token: test }
openapi: { token: "3f6a1c0b9d8e7f60514233a4b5c6d7e8" }
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range c.Exposed {
		if text := p.String(); strings.Contains(text, "changeme") || strings.Contains(text, "aaaa") || !slices.ContainsFunc(c.Warnings, func(w Problem) bool { return w.String() == text }) {
			t.Errorf("%s names the secret, or is no warning", text)
		}
		got = append(got, p.What)
	}
	for _, name := range []string{"auth.tokens.secret", "admin.keys", "encryption.keys.k1", "webhooks.secret", "metrics.token"} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, name) }) {
			t.Errorf("%s is not among %q", name, got)
		}
	}
	if len(got) != 5 {
		t.Errorf("got %q", got)
	}
}
