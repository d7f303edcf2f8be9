package gen

import (
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/query"
)

// goTypes writes for each collection what is read, stored and changed. It needs nothing but the standard library: the
// Go client knows the types by their methods.
func goTypes(c *config.Config, names []string) (string, error) {
	w := goWriter{names: typeNames(names, "Change", "Set", "Clear", "Apply"), imports: map[string]bool{"encoding/json": true}, nested: map[*config.Field]string{}}
	for _, name := range names {
		w.documents(c.Collections[name])
		w.created(c.Collections[name])
		w.patch(c.Collections[name])
	}
	w.line("%s", goChange)
	if slices.ContainsFunc(names, func(name string) bool { return c.Collections[name].Open }) {
		w.line("%s", goRest)
	}
	head := "// Code " + generated + ".\n\npackage types\n\nimport (\n"
	for _, pkg := range []string{"encoding/json", "time"} {
		if w.imports[pkg] {
			head += fmt.Sprintf("%q\n", pkg)
		}
	}
	out, err := format.Source([]byte(head + ")\n" + w.String()))
	if err != nil {
		return "", fmt.Errorf("writing the types: %w", err)
	}
	return string(out), nil
}

type goWriter struct {
	strings.Builder
	names   map[string]string
	imports map[string]bool
	nested  map[*config.Field]string // the types of json fields with declared members
}

func (w *goWriter) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// typeOf returns the type of a field's values, and remembers what it imports.
func (w *goWriter) typeOf(f *config.Field) string {
	typ := goType(f)
	if name := w.nested[f]; name != "" {
		typ = name
	}
	if strings.Contains(typ, "time.") {
		w.imports["time"] = true
	}
	return typ
}

// declare writes the type of a json field with declared members, and of those inside it. What may be missing is a pointer.
func (w *goWriter) declare(name string, f *config.Field) {
	if len(f.Members) == 0 || f.Open {
		return
	}
	for w.taken(name) {
		name += "_"
	}
	w.nested[f] = name
	for _, m := range f.Members {
		w.declare(name+exported(m.Name), m)
	}
	w.line("\n// %s is what is inside %s.\ntype %s struct {", name, f.Name, name)
	for _, m := range f.Members {
		typ, tag := w.typeOf(m), m.Name
		if !m.Required {
			typ, tag = optional(typ), tag+",omitempty"
		}
		w.line("%s %s `json:%q`", exported(m.Name), typ, tag)
	}
	w.line("}")
}

// taken reports whether another type has the name.
func (w *goWriter) taken(name string) bool {
	for _, n := range w.names {
		if name == n || name == "New"+n || name == n+"Patch" {
			return true
		}
	}
	return slices.Contains(slices.Collect(maps.Values(w.nested)), name)
}

// documents writes the type of what is read. What may be null or hidden is a pointer.
func (w *goWriter) documents(c *config.Collection) {
	name := w.names[c.Name]
	for _, f := range c.Declared() {
		w.declare(name+exported(f.Name), f)
	}
	w.line("\n// %s is a document of the collection %s, as it is read.\ntype %s struct {", name, c.Name, name)
	for i, f := range c.Declared() {
		typ, tag := w.typeOf(f), f.Name
		masked := c.Readable != nil && c.Readable[i] != nil
		switch {
		case f.Name == "id":
			tag += ",omitempty"
		case !filled(c, i) || masked || f.Hash:
			typ, tag = optional(typ), tag+",omitempty"
		case typ == "time.Time" && !f.Required:
			tag += ",omitzero"
		}
		w.line("%s %s `json:%q`", exported(f.Name), typ, tag)
	}
	w.rest(c, name, "json.RawMessage")
}

// rest ends the type of a document. One of an open collection has the fields that are not declared in Rest.
func (w *goWriter) rest(c *config.Collection, name, values string) {
	if !c.Open {
		w.line("}")
		return
	}
	rest := w.restName(c)
	w.line("// %s has the fields that are not declared.\n%s map[string]%s `json:\"-\"`\n}", rest, rest, values)
	w.line("\n// MarshalJSON implements json.Marshaler.\nfunc (d %s) MarshalJSON() ([]byte, error) {\ntype declared %s\nreturn withRest(declared(d), d.%s)\n}", name, name, rest)
	if values != "json.RawMessage" {
		return
	}
	names := []string{`"expand"`, `"snippets"`}
	for _, f := range c.Declared() {
		names = append(names, fmt.Sprintf("%q", f.Name))
	}
	w.line("\n// UnmarshalJSON implements json.Unmarshaler.\nfunc (d *%s) UnmarshalJSON(text []byte) (err error) {\ntype declared %s\nd.%s, err = restOf(text, (*declared)(d), %s)\nreturn err\n}", name, name, rest, strings.Join(names, ", "))
}

// restName is Rest, unless a field has that name.
func (w *goWriter) restName(c *config.Collection) string {
	name := "Rest"
	for slices.ContainsFunc(c.Declared(), func(f *config.Field) bool { return exported(f.Name) == name }) {
		name += "_"
	}
	return name
}

// goRest is what the types of open collections call.
const goRest = `
func withRest[V any](declared any, rest map[string]V) ([]byte, error) {
	text, err := json.Marshal(declared)
	if err != nil || len(rest) == 0 {
		return text, err
	}
	more, err := json.Marshal(rest)
	if err != nil || len(text) == len("{}") {
		return more, err
	}
	return append(append(text[:len(text)-1], ','), more[1:]...), nil
}

func restOf(text []byte, declared any, names ...string) (rest map[string]json.RawMessage, err error) {
	if err = json.Unmarshal(text, declared); err == nil {
		err = json.Unmarshal(text, &rest)
	}
	for _, name := range names {
		delete(rest, name)
	}
	return rest, err
}
`

// created writes the type of a document to store: what the server fills in may be left out.
func (w *goWriter) created(c *config.Collection) {
	name := w.names[c.Name]
	w.line("\n// New%s is a document to store in %s. What is left out is up to the server.\ntype New%s struct {", name, c.Name, name)
	for i, f := range c.Declared() {
		typ, tag := w.typeOf(f), f.Name
		switch {
		case f.Name == "id":
			tag += ",omitempty"
		case !f.Required || f.Default != nil || forced(c.SetCreate, i):
			typ, tag = optional(typ), tag+",omitempty"
		}
		w.line("%s %s `json:%q`", exported(f.Name), typ, tag)
	}
	w.rest(c, "New"+name, "any")
	w.line("\n// NewOf says what it is a new one of.\nfunc (New%s) NewOf(%s) {}", name, name)
}

// patch writes the type of a change.
func (w *goWriter) patch(c *config.Collection) {
	name := w.names[c.Name]
	w.line("\n// %sPatch is a change of a document of %s. What is left out stays as it is.\ntype %sPatch struct {", name, c.Name, name)
	for _, f := range c.Declared() {
		if f.Name != "id" && !f.Served {
			w.line("%s Change[%s] `json:%q`", exported(f.Name), w.typeOf(f), f.Name+",omitzero")
		}
	}
	w.rest(c, name+"Patch", "any")
	w.line("\n// PatchOf says what it changes.\nfunc (%sPatch) PatchOf(%s) {}", name, name)
}

// goChange is what the fields of patches are made of.
const goChange = `
// Change is what becomes of a field: its zero value leaves it as it is.
type Change[V any] struct {
	to   any
	made bool
}

// Set gives a field a value.
func Set[V any](value V) Change[V] { return Change[V]{value, true} }

// Clear makes a field null.
func Clear[V any]() Change[V] { return Change[V]{nil, true} }

// Apply changes a field by an operator, such as basalt.Increment(1).
func Apply[V any](operator any) Change[V] { return Change[V]{operator, true} }

// IsZero reports whether the field stays as it is.
func (c Change[V]) IsZero() bool { return !c.made }

// MarshalJSON implements json.Marshaler.
func (c Change[V]) MarshalJSON() ([]byte, error) { return json.Marshal(c.to) }
`

// optional returns a type that may be left out.
func optional(typ string) string {
	if strings.HasPrefix(typ, "[]") || typ == "json.RawMessage" {
		return typ
	}
	return "*" + typ
}

func goType(f *config.Field) string {
	if f.Type.IsList() {
		if f.Nulls {
			return "[]" + optional(goType(f.Element()))
		}
		return "[]" + goType(f.Element())
	}
	switch f.Type {
	case query.TypeDecimal:
		if f.JSON == "string" {
			return "string"
		}
		return "json.Number"
	case query.TypeInt:
		return "int64"
	case query.TypeFloat:
		return "float64"
	case query.TypeBool:
		return "bool"
	case query.TypeTime:
		return "time.Time"
	case query.TypeBytes:
		return "[]byte"
	case query.TypeJSON:
		return "json.RawMessage"
	}
	return "string"
}
