package edit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/config/edit"
)

const file = `# what this server serves
databases:
  main: { driver: memory }   # nothing is kept
auth:
  tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" }

collections:
  # notes of people
  notes:
    fields:
      owner:   { type: string, index: true }   # who made it
      title:   { type: string, required: true, max: 200 }
      # how good it is
      stars:   { type: int, default: 0 }

    indexes:
      - { fields: [owner, -stars] }   # the list of a person
      - { fields: [title] }
    rules:   # an operation without a rule is denied
      read: 'doc.owner == auth.id'   # one's own
      create: |-
        auth != nil
        && next.owner == auth.id
      update: 'doc.owner == auth.id && !changed("owner")'
    fields_readable: { stars: 'doc.owner == auth.id', title: 'auth != nil' }
    set:
      create: { owner: auth.id }

  tags:
    fields: { name: { type: string } }
    rules: { read: 'true' }
# the end of it
log: { level: info }
`

func object(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

func at(path string) []string { return append([]string{"collections"}, strings.Split(path, ".")...) }

func set(path, value string) edit.Edit {
	return edit.Edit{Do: edit.Set, Path: at(path), Value: object(value)}
}
func remove(path string) edit.Edit     { return edit.Edit{Do: edit.Remove, Path: at(path)} }
func rename(path, to string) edit.Edit { return edit.Edit{Do: edit.Rename, Path: at(path), To: to} }

// changes are the lines that differ, as a person would see them.
func changes(before, after string) string {
	var out []string
	for _, l := range edit.Diff(before, after) {
		if l.Op == "+" || l.Op == "-" {
			out = append(out, l.Op+l.Text)
		}
	}
	return strings.Join(out, "\n")
}

func TestApply_ChangesOnlyWhatIsMeant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit edit.Edit
		want string
	}{
		{"a new field stands in line with the others", set("notes.fields.done", `{"default": false, "type": "bool"}`), `+      done:    { type: bool, default: false }`},
		{"a longer name does not fit", set("notes.fields.description", `{"type": "string"}`), `+      description: { type: string }`},
		{"a key of a field", set("notes.fields.title.max", `300`), "-      title:   { type: string, required: true, max: 200 }\n+      title:   { type: string, required: true, max: 300 }"},
		{"a new key of a field", set("notes.fields.stars.min", `1`), "-      stars:   { type: int, default: 0 }\n+      stars:   { type: int, default: 0, min: 1 }"},
		{"a field as a whole writes what differs", set("notes.fields.owner", `{"type": "string", "unique": true}`), "-      owner:   { type: string, index: true }   # who made it\n+      owner:   { type: string, unique: true }   # who made it"},
		{"a key goes", remove("notes.fields.title.required"), "-      title:   { type: string, required: true, max: 200 }\n+      title:   { type: string, max: 200 }"},
		{"the last key goes", remove("notes.fields.title.max"), "-      title:   { type: string, required: true, max: 200 }\n+      title:   { type: string, required: true }"},
		{"a field goes, and its comment stays", remove("notes.fields.stars"), "-      stars:   { type: int, default: 0 }"},
		{"a rule", set("notes.rules.read", `"auth != nil"`), "-      read: 'doc.owner == auth.id'   # one's own\n+      read: 'auth != nil'   # one's own"},
		{"a rule with both quotes", set("notes.rules.read", `"doc.title == \"it's\""`), "-      read: 'doc.owner == auth.id'   # one's own\n+      read: 'doc.title == \"it''s\"'   # one's own"},
		{"a rule of several lines gets short", set("notes.rules.create", `"auth != nil"`), "-      create: |-\n-        auth != nil\n-        && next.owner == auth.id\n+      create: 'auth != nil'"},
		{"and a short one long", set("notes.rules.update", `"auth != nil\n&& doc.owner == auth.id"`), "-      update: 'doc.owner == auth.id && !changed(\"owner\")'\n+      update: |-\n+        auth != nil\n+        && doc.owner == auth.id"},
		{"a new rule", set("notes.rules.delete", `"false"`), `+      delete: 'false'`},
		{"an index more", set("notes.indexes", `[{"fields": ["owner", "-stars"]}, {"fields": ["title"]}, {"fields": ["stars", "title"], "unique": true}]`), `+      - { unique: true, fields: [stars, title] }`},
		{"another index", set("notes.indexes", `[{"fields": ["owner", "-stars"], "unique": true}, {"fields": ["title"]}]`), "-      - { fields: [owner, -stars] }   # the list of a person\n+      - { unique: true, fields: [owner, -stars] }   # the list of a person"},
		{"an index less", set("notes.indexes", `[{"fields": ["title"]}]`), `-      - { fields: [owner, -stars] }   # the list of a person`},
		{"the last index less", set("notes.indexes", `[{"fields": ["owner", "-stars"]}]`), `-      - { fields: [title] }`},
		{"a section that is empty then goes, too", remove("tags.rules.read"), "-    rules: { read: 'true' }"},
		{"in braces", set("tags.fields.color", `{"type": "string", "enum": ["red", "true", "1"]}`), "-    fields: { name: { type: string } }\n+    fields: { name: { type: string }, color: { type: string, enum: [red, 'true', '1'] } }"},
		{"a section that is not there", set("tags.rules", `{"read": "auth != nil", "create": "false"}`), "-    rules: { read: 'true' }\n+    rules: { read: 'auth != nil', create: 'false' }"},
		{"a path of which nothing is there", set("tags.fields_readable.name", `"auth != nil"`), "+    fields_readable:\n+      name: 'auth != nil'"},
		{"a collection", set("lists", `{"fields": {"name": {"type": "string"}}, "rules": {"read": "true"}}`), "+\n+  lists:\n+    fields:\n+      name: { type: string }\n+    rules:\n+      read: 'true'"},
		{"a collection goes", remove("tags"), "-  tags:\n-    fields: { name: { type: string } }\n-    rules: { read: 'true' }"},
		{"what is the same already", set("notes.fields.title", `{"max": 200, "required": true, "type": "string"}`), ""},
	} {
		got, err := edit.Apply(file, []edit.Edit{c.edit})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if is := changes(file, got); is != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, is, c.want)
		}
	}
}

func TestApply_ARenamedFieldIsRenamedEverywhere(t *testing.T) {
	t.Parallel()
	got, err := edit.Apply(file, []edit.Edit{rename("notes.fields.owner", "author"), rename("notes.fields.stars", "points")})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"      author:  { type: string, index: true, was: owner }   # who made it", "      points:  { type: int, default: 0, was: stars }", "- { fields: [author, -points] }",
		"read: 'doc.author == auth.id'   # one's own", "&& next.author == auth.id", `!changed("author")`, "fields_readable: { points: 'doc.author == auth.id'", "create: { author: auth.id }",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not have %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "doc.owner") || strings.Contains(got, "# how good it is\n      points") == false {
		t.Errorf("something is left:\n%s", got)
	}
}

func TestApply_OtherShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, after string }{
		{"databases: { main: { driver: memory } }\n", "databases: { main: { driver: memory } }\ncollections:\n  a:\n    fields:\n      b: { type: int }\n"},
		{"collections:\n", "collections:\n  a:\n    fields:\n      b: { type: int }\n"},
		{"collections: # none yet\nlog: {}\n", "collections: # none yet\n  a:\n    fields:\n      b: { type: int }\nlog: {}\n"},
		{"collections: {}", "collections: { a: { fields: { b: { type: int } } } }"},
		{"collections:\n  a:\n    fields:\n      c: { type: int }", "collections:\n  a:\n    fields:\n      c: { type: int }\n      b: { type: int }\n"},
		{"collections:\r\n  a:\r\n    fields:\r\n      c: { type: int }\r\n", "collections:\r\n  a:\r\n    fields:\r\n      c: { type: int }\r\n      b: { type: int }\r\n"},
		{"collections:\n  a:\n    fields:\n      c:\n        type: int\n        # large\n        max: 3\n      # the end\nlog: {}\n", "collections:\n  a:\n    fields:\n      c:\n        type: int\n        # large\n        max: 3\n      b: { type: int }\n      # the end\nlog: {}\n"},
		{"collections:\n  a:\n    fields: {\n      c: { type: int },\n    }\n", "collections:\n  a:\n    fields: {\n      c: { type: int }, b: { type: int }\n    }\n"},
		{"\"collections\":\n  'a':\n    fields: { ü: { type: int, column: \"}, x: {\" } }\n", "\"collections\":\n  'a':\n    fields: { ü: { type: int, column: \"}, x: {\" }, b: { type: int } }\n"},
	} {
		got, err := edit.Apply(c.before, []edit.Edit{set("a.fields.b", `{"type": "int"}`)})
		if err != nil || got != c.after {
			t.Errorf("%q became\n%q, %v; want\n%q", c.before, got, err, c.after)
		}
	}
}

func TestApply_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		edit edit.Edit
		want string
	}{
		{file, edit.Edit{Do: edit.Set, Path: []string{"admin", "keys"}, Value: "k"}, "the path of an edit"},
		{file, edit.Edit{Do: edit.Set, Path: []string{"collections"}, Value: map[string]any{}}, "the path of an edit"},
		{file, set("notes.files", `{"storage": "x"}`), "files cannot be edited here"},
		{file, set("lists", `{"cache": {}}`), "cache cannot be edited here"},
		{file, set("notes.fields.x: { type: int }\n  evil", `{"type": "int"}`), "is not a name"},
		{file, rename("notes.fields.title", "a: 1\nb"), "is not a name"},
		{file, set("notes.fields.x", `{"type: int, y": 1}`), "is not a name"},
		{file, set("notes.fields.x", `{"type": "string", "default": "${BASALT_SECRET}"}`), "variables of the environment"},
		{file, set("notes.fields.x", `{"type": "string", "enum": ["a", "${HOME:-x}"]}`), "variables of the environment"},
		{file, set("lists", `{"fields": {"x": {"type": "string", "default": "${HOME}"}}}`), "variables of the environment"},
		{file, set("notes.fields", `{"rules": {"default": "${HOME}"}}`), "variables of the environment"},
		{file, set("notes.indexes", `[{"fields": ["${HOME}"]}]`), "variables of the environment"},
		{file, set("notes.fields.x", `{"default": "a\u0000"}`), "NUL"},
		{file, set("notes.fields.x", strings.Repeat(`{"fields":`, 12)+`1`+strings.Repeat(`}`, 12)), "too deep"},
		{file, remove("notes.fields.nothing"), "there is no"},
		{file, rename("notes.fields.title", "stars"), "there is a stars already"},
		{file, rename("notes.rules.read", "create"), "can be renamed"},
		{file, rename("tags", "labels"), "another table"},
		{file, edit.Edit{Do: "drop", Path: at("notes")}, "does one of"},
		{file, edit.Edit{Do: edit.Set, Path: at("notes"), Value: "x"}, "is an object"},
		{"{ auth: { secret: x }, collections: { a: { fields: {} } } }", set("a.fields.b", `{"type": "int"}`), "pair of braces"},
		{"collections: &c\n  a: { fields: {} }\n", set("a.fields.b", `{"type": "int"}`), "anchors"},
		{"collections: x\n", set("a.fields.b", `{"type": "int"}`), "not a mapping"},
		{"collections: [\n", set("a.fields.b", `{"type": "int"}`), "not valid YAML"},
	} {
		got, err := edit.Apply(c.text, []edit.Edit{c.edit})
		var wrong *edit.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q\n%s", c.edit, err, c.want, changes(c.text, got))
		}
	}
}

// TestApply_TextStaysText puts texts that mean something in YAML into rules and values, and reads them again.
func TestApply_TextStaysText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " ", "a: b", "- a", "# a", "a # b", "{a}", "[a", "'", `"`, `'"`, `\`, "|", "> x", "&a", "*a", "!a", "null", "NO", "1", "1e3", ".5", "2026-01-01", "a\nb", "a\n\nb", "\ta", "a\n b", "a ", "\u2028", "\u0085", "\u200b", "😀", "a\r\nb", "--- x", "...", "%a", "@a", "`a", "a,b}", "${x", "=", "<<", "~", "a\x01b"} {
		for _, path := range []string{"notes.rules.read", "notes.rules.create", "notes.rules.delete", "tags.rules.read", "notes.set.create.owner", "tags.fields_readable.name"} {
			value, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			got, err := edit.Apply(file, []edit.Edit{set(path, string(value))})
			if err != nil {
				t.Errorf("%q at %s: %v", s, path, err)
				continue
			}
			if again, err := edit.Apply(got, []edit.Edit{set(path, string(value))}); err != nil || again != got {
				t.Errorf("%q at %s is read as something else: %v\n%s", s, path, err, changes(got, again))
			}
		}
	}
}

// TestApply_KeepsComments makes many edits after one another. No comment is lost but on a line that goes.
func TestApply_KeepsComments(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	text := file
	for n := range 300 {
		field := fmt.Sprintf("f%d", r.IntN(12))
		collection := []string{"notes", "tags", "made"}[r.IntN(3)]
		e := []edit.Edit{
			set(collection+".fields."+field, fmt.Sprintf(`{"type": "string", "max": %d}`, r.IntN(9)+1)), set(collection+".fields."+field+".required", "true"), remove(collection + ".fields." + field),
			set(collection+".rules.delete", fmt.Sprintf(`"auth.n == %d"`, r.IntN(9))), set(collection+".rules.update", `"auth != nil\n&& true"`), rename(collection+".fields."+field, fmt.Sprintf("f%d", r.IntN(12))),
			set(collection+".indexes", fmt.Sprintf(`[{"fields": ["owner", "-stars"]}, {"fields": ["%s"]}]`, field)), set(collection+".fields_writable."+field, `"false"`), remove(collection + ".fields_writable." + field),
		}[r.IntN(9)]
		if got, err := edit.Apply(text, []edit.Edit{e}); err == nil {
			text = got
		} else if strings.Contains(err.Error(), "without loss") {
			t.Fatalf("seed %d, edit %d: %v: %v\n%s", seed, n, e, err, text)
		}
	}
	for _, comment := range []string{"# what this server serves", "# nothing is kept", "# notes of people", "# who made it", "# how good it is", "# the list of a person", "# an operation without a rule is denied", "# one's own", "# the end of it"} {
		if strings.Count(text, comment) != 1 {
			t.Errorf("seed %d: %q is gone:\n%s", seed, comment, text)
		}
	}
	head, _, _ := strings.Cut(file, "collections:")
	if !strings.HasPrefix(text, head) || !strings.HasSuffix(text, "# the end of it\nlog: { level: info }\n") {
		t.Errorf("seed %d: other sections have changed:\n%s", seed, text)
	}
}

func FuzzApply(f *testing.F) {
	f.Add(file, "notes", "title", `{"type":"int"}`)
	f.Add("collections:\n  a: {fields: {b: {type: int}}, rules: {read: 'x'}}\n", "a", "b", `{"type":"int","max":3}`)
	f.Fuzz(func(t *testing.T, text, collection, field, value string) {
		var v any
		if json.Unmarshal([]byte(value), &v) != nil {
			return
		}
		for _, e := range []edit.Edit{{Do: edit.Set, Path: []string{"collections", collection, "fields", field}, Value: v}, {Do: edit.Remove, Path: []string{"collections", collection, "fields", field}}, {Do: edit.Rename, Path: []string{"collections", collection, "fields", field}, To: "other"}} {
			if got, err := edit.Apply(text, []edit.Edit{e}); err == nil {
				edit.Diff(text, got)
			}
		}
	})
}

func TestDiff_ShowsTheCollectionsAlone(t *testing.T) {
	t.Parallel()
	got, err := edit.Apply("auth:\n  secret: hunter2\ncollections:\n  a: { fields: { b: { type: int } } }\nadmin:\n  keys: [hunter3]\n", []edit.Edit{set("a.fields.c", `{"type": "int"}`)})
	if err != nil {
		t.Fatal(err)
	}
	lines := edit.Diff("auth:\n  secret: hunter2\ncollections:\n  a: { fields: { b: { type: int } } }\nadmin:\n  keys: [hunter3]\n", got)
	text := fmt.Sprint(lines)
	if strings.Contains(text, "hunter") || strings.Contains(text, "admin") || !strings.Contains(text, "collections:") || !strings.Contains(text, "c: { type: int }") {
		t.Errorf("got %s", text)
	}
}

// TestDiff_NamesTheCollection: of a change far below the line that names its collection, the name stands before it, as in the
// heads of git; where that line is shown, it says enough.
func TestDiff_NamesTheCollection(t *testing.T) {
	t.Parallel()
	long := func(name string) string {
		text := "  " + name + ":\n    fields:\n"
		for n := range 12 {
			text += fmt.Sprintf("      f%d: { type: int }\n", n)
		}
		return text
	}
	before := "auth:\n  secret: hunter2\ncollections:\n" + long("notes") + long("teams") + "  small:\n    fields:\n      a: { type: int }\n"
	for name, c := range map[string]struct {
		edits []edit.Edit
		want  []string // the lines that stand for others, and those that begin collections
	}{
		"far below":                 {[]edit.Edit{set("teams.fields.f8", `{"type": "string"}`)}, []string{"… teams"}},
		"in the first":              {[]edit.Edit{set("notes.fields.f8", `{"type": "string"}`)}, []string{"… notes"}},
		"close to it":               {[]edit.Edit{set("small.fields.a", `{"type": "string"}`)}, []string{"… teams", "  small:"}},
		"twice in one":              {[]edit.Edit{set("notes.fields.f1", `{"type": "string"}`), set("notes.fields.f11", `{"type": "string"}`)}, []string{"  notes:", "…", "  teams:"}},
		"twice in one, both far":    {[]edit.Edit{set("teams.fields.f3", `{"type": "string"}`), set("teams.fields.f11", `{"type": "string"}`)}, []string{"… teams", "…", "  small:"}},
		"in two":                    {[]edit.Edit{set("notes.fields.f6", `{"type": "string"}`), set("teams.fields.f6", `{"type": "string"}`)}, []string{"… notes", "… teams"}},
		"of which one is taken out": {[]edit.Edit{{Do: edit.Remove, Path: []string{"collections", "teams", "fields", "f6"}}}, []string{"… teams"}},
	} {
		after, err := edit.Apply(before, c.edits)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range edit.Diff(before, after) {
			switch {
			case l.Op == "…":
				got = append(got, strings.TrimSpace("… "+l.Text))
			case strings.HasPrefix(l.Text, "  ") && l.Text[2] != ' ':
				got = append(got, l.Text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
