package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/query"
)

// tsTypes writes for each collection what is read, stored and changed, and one type with all of them, for
// createClient<Collections>(url).
func tsTypes(c *config.Config, names []string) string {
	w := tsWriter{config: c, names: typeNames(names, "Collections", "Date", "Record")}
	w.line("// Code %s.", generated)
	for _, name := range names {
		w.documents(c.Collections[name])
		w.created(c.Collections[name])
		w.patch(c.Collections[name])
	}
	w.line("\n/** The types of each collection, for createClient<Collections>(url). */\nexport interface Collections {")
	for _, name := range names {
		w.model(c.Collections[name])
	}
	w.line("}")
	w.times(names)
	return w.String()
}

type tsWriter struct {
	strings.Builder
	config *config.Config
	names  map[string]string
}

func (w *tsWriter) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// documents writes the type of what is read. What the server fills in is there, and what a rule of the field hides may
// be missing.
func (w *tsWriter) documents(c *config.Collection) {
	parameter := ""
	if hasTimes(c) {
		parameter = "<Time = string>"
	}
	w.line("\n/** A document of %s, as it is read. */\nexport interface %s%s {", c.Name, w.names[c.Name], parameter)
	for i, f := range c.Declared() {
		typ := tsType(f, "Time")
		if f.Hash {
			typ = "null"
		} else if !filled(c, i) {
			typ = nullable(typ)
		}
		mark := ""
		if c.Readable != nil && c.Readable[i] != nil {
			mark = "?"
		}
		w.line("  %s%s: %s;", f.Name, mark, typ)
	}
	w.rest(c)
	w.line("}")
}

// rest writes that an open collection has other fields too.
func (w *tsWriter) rest(c *config.Collection) {
	if c.Open {
		w.line("  [field: string]: unknown;")
	}
}

// created writes the type of a document to store: what the server fills in may be left out.
func (w *tsWriter) created(c *config.Collection) {
	w.line("\n/** A document to store in %s. */\nexport interface New%s {", c.Name, w.names[c.Name])
	for i, f := range c.Declared() {
		typ, mark := tsSent(f), "?"
		if f.Required && f.Default == nil && !forced(c.SetCreate, i) {
			mark = ""
		}
		if !filled(c, i) {
			typ = nullable(typ)
		}
		w.line("  %s%s: %s;", f.Name, mark, typ)
	}
	w.rest(c)
	w.line("}")
}

// patch writes the type of a change: values and operators.
func (w *tsWriter) patch(c *config.Collection) {
	w.line("\n/** A change of a document of %s: values, null to clear, and operators such as increment(1). */\nexport interface %sPatch {", c.Name, w.names[c.Name])
	for i, f := range c.Declared() {
		if f.Name == "id" || f.Served {
			continue
		}
		typ := tsSent(f)
		if len(f.Members) > 0 {
			typ = tsPatched(f)
		}
		if !filled(c, i) {
			typ = nullable(typ)
		}
		w.line("  %s?: %s;", f.Name, typ+tsOperators(f))
	}
	w.rest(c)
	w.line("}")
}

// model writes the types of a collection, and where its references lead.
func (w *tsWriter) model(c *config.Collection) {
	name := w.names[c.Name]
	dated := name
	if hasTimes(c) {
		dated += "<Date>"
	}
	w.line("  %s: {\n    doc: %s;\n    dated: %s;\n    new: New%s;\n    patch: %sPatch;", c.Name, name, dated, name, name)
	var refs, back []string
	for _, f := range c.Ordered {
		if f.To != "" {
			refs = append(refs, fmt.Sprintf("%s: Collections[%q]", f.Name, f.To))
		}
	}
	for _, other := range sortedNames(w.names) {
		if c.Shape.Index(other) >= 0 && c.Fields[other] != nil && c.Fields[other].To != "" {
			continue // a ref of that name is what expand follows
		}
		if slices.ContainsFunc(w.config.Collections[other].Ordered, func(f *config.Field) bool { return f.To == c.Name }) {
			back = append(back, fmt.Sprintf("%s: Collections[%q]", other, other))
		}
	}
	w.line("    refs: %s;\n    back: %s;\n  };", tsObject(refs), tsObject(back))
}

// times writes which fields are times, for the option dates of the client.
func (w *tsWriter) times(names []string) {
	w.line("\n/** Which fields are times: createClient<Collections>(url, { dates }) reads them as Dates. */\nexport const dates = {")
	for _, name := range names {
		var times, refs []string
		for _, f := range w.config.Collections[name].Ordered {
			if f.Type == query.TypeTime {
				times = append(times, fmt.Sprintf("%q", f.Name))
			}
			if f.To != "" {
				refs = append(refs, fmt.Sprintf("%s: %q", f.Name, f.To))
			}
		}
		refsText := "{}"
		if len(refs) > 0 {
			refsText = "{ " + strings.Join(refs, ", ") + " }"
		}
		w.line("  %s: { times: [%s], refs: %s },", name, strings.Join(times, ", "), refsText)
	}
	w.line("} as const;")
}

func sortedNames(names map[string]string) []string {
	var out []string
	for name := range names {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// tsObject writes a type of an object; {} would be any value.
func tsObject(members []string) string {
	if len(members) == 0 {
		return "Record<never, never>"
	}
	return "{ " + strings.Join(members, "; ") + " }"
}

func hasTimes(c *config.Collection) bool {
	return slices.ContainsFunc(c.Ordered, func(f *config.Field) bool { return f.Type == query.TypeTime })
}

// filled reports whether a field is never null: it is required, or the server gives it a value.
func filled(c *config.Collection, field int) bool {
	f := c.Ordered[field]
	return f.Name == "id" || f.Required || f.Served || f.Default != nil || forced(c.SetCreate, field)
}

// forced reports whether the server sets a field, whatever the client sends.
func forced(set []config.Forced, field int) bool {
	return slices.ContainsFunc(set, func(s config.Forced) bool { return s.Field == field })
}

func nullable(typ string) string {
	if typ == "unknown" {
		return typ
	}
	return typ + " | null"
}

// tsType returns the type of a value; that of a time is given.
func tsType(f *config.Field, time string) string {
	if f.Type.IsList() {
		return "(" + orNull(f, tsType(f.Element(), "string")) + ")[]"
	}
	if len(f.Enum) > 0 {
		values := make([]string, len(f.Enum))
		for i, e := range f.Enum {
			values[i] = e.Value.JSON()
			if f.JSON == "string" {
				values[i] = `"` + values[i] + `"`
			}
		}
		return strings.Join(values, " | ")
	}
	switch f.Type {
	case query.TypeDecimal:
		if f.JSON == "string" {
			return "string"
		}
		return "number"
	case query.TypeInt, query.TypeFloat:
		return "number"
	case query.TypeBool:
		return "boolean"
	case query.TypeTime:
		return time
	case query.TypeJSON:
		return tsMembers(f, func(m *config.Field) (string, bool) {
			typ := tsType(m, "string")
			if !m.Required && m.Default == nil {
				return nullable(typ), false
			}
			return typ, true
		})
	}
	return "string"
}

// tsMembers writes the type of a json field: the declared members, of which member says the type and whether it is always
// there, or unknown.
func tsMembers(f *config.Field, member func(*config.Field) (typ string, there bool)) string {
	if len(f.Members) == 0 {
		return "unknown"
	}
	var members []string
	for _, m := range f.Members {
		typ, there := member(m)
		mark := "?"
		if there {
			mark = ""
		}
		members = append(members, m.Name+mark+": "+typ)
	}
	if f.Open {
		members = append(members, "[name: string]: unknown")
	}
	return "{ " + strings.Join(members, "; ") + " }"
}

// tsPatched returns the type of what a merge patch takes for a json field with declared members: any of them.
func tsPatched(f *config.Field) string {
	return tsMembers(f, func(m *config.Field) (string, bool) {
		typ := tsSent(m)
		if len(m.Members) > 0 {
			typ = tsPatched(m)
		}
		if !m.Required {
			typ = nullable(typ)
		}
		return typ + tsOperators(m), false
	})
}

// orNull is the type of the elements of a list.
func orNull(list *config.Field, element string) string {
	if list.Nulls {
		return nullable(element)
	}
	return element
}

// tsSent returns the type of a value that a client sends.
func tsSent(f *config.Field) string {
	if f.Type.IsList() {
		return "readonly (" + orNull(f, tsSent(f.Element())) + ")[]"
	}
	if len(f.Members) > 0 {
		return tsMembers(f, func(m *config.Field) (string, bool) {
			typ := tsSent(m)
			if !m.Required {
				typ = nullable(typ)
			}
			return typ, m.Required && m.Default == nil
		})
	}
	if f.Type == query.TypeDecimal && len(f.Enum) == 0 {
		return "number | string" // which is what holds all digits
	}
	return tsType(f, "string | Date")
}

// tsOperators returns the operators that a field takes in a change, as further members of its type.
func tsOperators(f *config.Field) string {
	if f.To != "" {
		return ""
	}
	if f.Type.IsList() {
		one := orNull(f, tsSent(f.Element()))
		return " | { readonly $push: " + one + " } | { readonly $pull: " + one + " } | { readonly $addToSet: " + one + " } | { readonly $append: " + tsSent(f) + " } | { readonly $prepend: " + tsSent(f) + " } | { readonly $remove: number }"
	}
	switch f.Type {
	case query.TypeInt, query.TypeFloat:
		return " | { readonly $inc: number }"
	case query.TypeDecimal:
		return " | { readonly $inc: number | string }"
	case query.TypeTime, query.TypeDate:
		return " | { readonly $now: true }"
	}
	return ""
}
