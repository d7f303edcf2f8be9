package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth"
)

var everything = auth.Message{Kind: "signin", To: "ann@example.com", Link: "https://app.example.com/#token=x", Code: "123456", Minutes: 10, Hours: 168, What: "The password was changed."}

// withTemplate returns a mailer whose signin.txt is text.
func withTemplate(t *testing.T, app, text string) (*Mailer, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "signin.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return New(Config{URL: "file:mails", From: "me@example.com", App: app, Templates: dir, Dir: dir})
}

func TestTemplates_InsertValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, app, text, subject, body string }{
		{"each value", "Notes", "{{.App}} for {{.To}}\n{{.Link}} {{.Code}} {{.Minutes}} {{.Hours}} {{.What}}", "Notes for ann@example.com", "https://app.example.com/#token=x 123456 10 168 The password was changed."},
		{"with spaces", "Notes", "{{ .App }}\n\n{{\t.Code\n}}.\n", "Notes", "123456.\n"},
		{"lines of Windows", "Notes", "{{.App}}\r\n\r\n{{.Code}}\r\n", "Notes", "123456\n"},
		{"a value like a placeholder", "{{.Code}}", "{{.App}}\n{{.App}}{{.Code}}", "{{.Code}}", "{{.Code}}123456"},
		{"a value like markup", "<b>&amp;", "{{.App}}\n{{.App}}", "<b>&amp;", "<b>&amp;"},
		{"a value that begins one", "{{", "x\n{{.App}}.Code}}", "x", "{{.Code}}"},
		{"braces alone", "Notes", "}} { }\n}} {.Code}", "}} { }", "}} {.Code}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := withTemplate(t, c.app, c.text)
			if err != nil {
				t.Fatal(err)
			}
			subject, body, err := m.write(everything)
			if err != nil || subject != c.subject || body != c.body {
				t.Errorf("got %q and %q (%v), want %q and %q", subject, body, err, c.subject, c.body)
			}
		})
	}
}

// TestTemplates_NameTheLine: a template that cannot be filled stops the start, with the place and what there is.
func TestTemplates_NameTheLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a condition", "x\n\n{{if .Code}}{{.Code}}{{end}}", []string{"signin.txt:3: {{if .Code}} is not a value", "no conditions", "{{.Link}}, {{.Code}}, {{.Minutes}}"}},
		{"an unknown value", "x\n{{.Lnk}}", []string{"signin.txt:2: {{.Lnk}}", `did you mean "Link"?`}},
		{"a value without its dot", "x {{Code}}\ny", []string{`signin.txt:1: {{Code}}`, `did you mean "Code"?`}},
		{"a function", "x\n{{.Code | printf}}", []string{"signin.txt:2: {{.Code | printf}}"}},
		{"after one over two lines", "x {{\n.App\n}}\n{{.No}}", []string{"signin.txt:4: {{.No}}"}},
		{"no end", "x\n\n{{.Code", []string{"signin.txt:3: {{ without }}"}},
		{"no text", "x {{.Code}}", []string{"signin.txt: ", "the first line is the subject"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := withTemplate(t, "Notes", c.text)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %s", err, want)
				}
			}
		})
	}
}

// TestTemplates_Bundled are complete: every kind says what it is about, and no placeholder is left.
func TestTemplates_Bundled(t *testing.T) {
	t.Parallel()
	m, err := New(Config{URL: "file:mails", From: "me@example.com", App: "Notes"})
	if err != nil {
		t.Fatal(err)
	}
	needs := map[string][]string{"signin": {everything.Link, "123456", "10 minutes"}, "confirm": {everything.Link, "123456", "10 minutes"}, "change": {everything.Link, "123456"}, "reset": {everything.Link, "10 minutes"},
		"invite": {everything.Link, "168 hours"}, "taken": {everything.Link}, "notice": {everything.What, everything.Link}, "reauthenticate": {"123456", "10 minutes"}}
	for _, kind := range Kinds {
		message := everything
		message.Kind = kind
		subject, text, err := m.write(message)
		if err != nil || !strings.Contains(subject, "Notes") || strings.Contains(subject+text, "{{") {
			t.Errorf("%s: %q, %q (%v)", kind, subject, text, err)
		}
		if len(needs[kind]) == 0 {
			t.Errorf("%s: say here what it needs", kind)
		}
		for _, want := range needs[kind] {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s: %s", kind, want, text)
			}
		}
	}
}
