package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestParse_SaysWhatToWrite holds what is said to people who know another system, or who have left out a quote.
func TestParse_SaysWhatToWrite(t *testing.T) {
	t.Parallel()
	const field = "    fields: { x: { type: %s } }\n"
	for _, test := range []struct{ collection, want string }{
		{fmt.Sprintf(field, "text"), `there is no type "text"; write string`},
		{fmt.Sprintf(field, "integer"), `there is no type "integer"; write int`},
		{fmt.Sprintf(field, "datetime"), `there is no type "datetime"; write time`},
		{fmt.Sprintf(field, "boolean"), `there is no type "boolean"; write bool`},
		{fmt.Sprintf(field, "Number"), `there is no type "Number"; write int, float or decimal`},
		{fmt.Sprintf(field, "array"), `there is no type "array"; write list, with of: …`},
		{fmt.Sprintf(field, `"string[]"`), `there is no type "string[]"; write type: list, of: string`},
		{fmt.Sprintf(field, `"[]integer"`), `there is no type "[]integer"; write type: list, of: int`},
		{fmt.Sprintf(field, "list of text"), `there is no type "list of text"; write type: list, of: string`},
		{fmt.Sprintf(field, "Array<notes>"), `there is no type "Array<notes>"`},
		{fmt.Sprintf(field, "relation"), `there is no type "relation"; write ref`},
		{fmt.Sprintf(field, "strin"), `there is no type "strin"; did you mean "string"?`},
		{"    fields: { x: { type: ref, to: note } }\n", `there is no collection "note"; did you mean "notes"?`},

		{"    fields: { a: { type: string } }\n    rules:\n      read: !changed(\"x\")\n", "f:6:13: a value that begins with ! is a tag in YAML, and tags are not supported; put the expression in quotes"},
		{"    fields: { a: { type: string } }\n    rules:\n      read: *x\n", "anchors and aliases are not supported; write the value out; put the expression in quotes"},
		{"    fields: { a: { type: string } }\n    rules:\n      read: auth != nil ? true : false\n", "put the expression after read: in quotes, '…'"},
		{"    fields: { a: { type: string } }\n    rules:\n      read: auth != nil && auth.x == \"a: b\"\n", "put the expression after read: in quotes, '…'"},
		{"    fields: { a: { type: string } }\n    rules:\n      read: auth.x in ['a'] ? true : false\n", "put the expression after read: in quotes, \"…\""},
		{"    fields: { a: { type: string } }\n    rules:\n      read: && auth != nil\n", "put the expression after read: in quotes"},
		{"    fields: { a: { type: string } }\n    rules:\n      read: @auth\n", "put the expression after read: in quotes"},
		{"    fields: { a: { type: string } }\n    rules:\n      read: \"auth.x == \"y\"\"\n", "value is not allowed in this context"},
		{"    fields: { a: { type: string }\n    rules: { read: 'true' }\n", "f:4:13: this { is not closed, or a comma is missing, before line 5"},
		{"    fields: { a: { type: string, enum: [a, b } }\n    rules: { read: 'true' }\n", "f:4:"},
		{"    fields:\n      a: { type: string, enum: [a, b\n      b: { type: string }\n", "f:5:32: this [ is not closed, or a comma is missing, before line 6"},
		{"    fields: { a: { type: string } }\n    rules: { read: [auth] }\n", "expected an expression as text, got a list; put the expression in quotes"},
		{"    fields: { a: { type: string } }\n    rules: { read: { \"a\": 1 } }\n", "expected an expression as text, got a mapping; put the expression in quotes"},
		{"    fields: { a: { type: string } }\n    rules: { read: 5 }\n", "expected an expression as text, got a number; put the expression in quotes"},

		{"    fields: { a: { type: string } }\n    rules: { read: 'auth.id' }\n", "a rule is true or false"},
		{"    fields: { a: { type: string } }\n    rules: { read: '' }\n", "there is no condition; write one, such as auth != nil"},
		{"    fields: { a: { type: string } }\n    rules: { read: 'auth != nil AND true' }\n", "f:5:33: the rule read: use && instead of AND"},
		{"    fields: { a: { type: string } }\n    rules: { read: 'exists(\"note\", {})' }\n", `there is no collection "note"; did you mean "notes"?`},
	} {
		_, err := Parse("f", ".", []byte(head+"collections:\n  notes:\n"+test.collection))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("%s got %v, want %s and nothing else", test.collection, err, test.want)
		}
	}
}

// TestLoad_SaysHowToBegin holds what whoever starts it beside no file is told.
func TestLoad_SaysHowToBegin(t *testing.T) {
	t.Parallel()
	if _, err := Load(filepath.Join(t.TempDir(), "basalt.yaml")); err == nil || !strings.Contains(err.Error(), "basalt init DIR") || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it says %v", err)
	}
}

// TestParse_DoesNotTakeAllForExpressions holds that lines that YAML refuses for another reason are not said to lack a quote.
func TestParse_DoesNotTakeAllForExpressions(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"listen: a: b\n", "a: [\n", "listen: 'x' # the rule (here) && there: x\n  b: c\n"} {
		_, err := Parse("f", ".", []byte(content))
		if err == nil || strings.Contains(err.Error(), "quotes") {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// TestLint_SaysEachOnce holds that what is the same for many collections is one warning.
func TestLint_SaysEachOnce(t *testing.T) {
	t.Parallel()
	c, err := Parse("f", ".", []byte(head+`
collections:
  a: { fields: { x: { type: string }, t: { type: string, index: true } }, rules: { read: 'exists("c", {"user": doc.t, "on": true})', update: 'exists("c", {"user": doc.t, "on": true})' } }
  b: { fields: { x: { type: string } }, rules: { read: 'true' } }
  c: { fields: { user: { type: string }, on: { type: bool } }, rules: { read: 'true' } }
  d: { fields: { x: { type: string } }, rules: { read: 'true', create: 'false', update: 'false', delete: 'false' } }
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range c.Warnings {
		if strings.Contains(w.What, "no one may") || strings.Contains(w.What, "looked through") {
			got = append(got, w.String())
		}
	}
	want := []string{
		"f:4:6: no one may create or delete a, because there is no rule; make it explicit with create: 'false'",
		"f:5:6: no one may create, update or delete b and c, because there is no rule; make it explicit with create: 'false'",
		"f:4:91: all of c is looked through by the rule read of a and the rule update of a; add index: true to c.user",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
