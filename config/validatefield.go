package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// typesElsewhere are names that other systems have for types, and what they are called here.
var typesElsewhere = map[string]string{
	"text": "string", "varchar": "string", "char": "string", "email": "string", "url": "string", "citext": "string", "enum": "string, with enum: […]",
	"integer": "int", "bigint": "int", "smallint": "int", "serial": "int", "long": "int", "int64": "int", "int32": "int",
	"number": "int, float or decimal", "double": "float", "real": "float", "float64": "float", "numeric": "decimal", "money": "decimal",
	"boolean": "bool", "datetime": "time", "timestamp": "time", "timestamptz": "time", "autodate": "time",
	"object": "json", "jsonb": "json", "map": "json", "array": "list, with of: …", "any": "json",
	"relation": "ref", "reference": "ref", "link": "ref", "foreign": "ref", "guid": "uuid",
	"binary": "bytes", "blob": "bytes", "bytea": "bytes", "file": "bytes, or make a collection with files: {}",
}

// elements returns what a list has, where a type is written as that of a list in another language; otherwise nothing.
func elements(name string) string {
	for _, form := range [][2]string{{"", "[]"}, {"[]", ""}, {"list of ", ""}, {"array<", ">"}, {"list<", ">"}} {
		inner, begins := strings.CutPrefix(strings.ToLower(name), form[0])
		inner, ends := strings.CutSuffix(inner, form[1])
		if !begins || !ends {
			continue
		}
		if meant := typesElsewhere[inner]; meant != "" {
			inner = meant
		}
		if query.IsElement(query.Type(inner)) {
			return inner
		}
	}
	return ""
}

func (v *validator) field(f *Field) {
	if !v.fieldType(f) {
		return
	}
	v.members(f)
	v.pointer(f)
	v.sealed(f)
	v.options(f)
	v.bounds(f)
	for i := range f.Enum {
		v.fits(f, &f.Enum[i], "enum")
	}
	if f.Default != nil && f.Name == "id" {
		v.fail(f.Default.At, "id has its own default: a UUIDv7, or the next number")
	} else if f.Default != nil && !f.DefaultsToNow() {
		v.fits(f, f.Default, "default")
		v.defaultElements(f)
	}
}

// fieldType checks the name and the type of a field. It returns false where nothing else can be checked.
func (v *validator) fieldType(f *Field) bool {
	switch {
	case !namePattern.MatchString(f.Name):
		v.fail(f.At, "the name %q is not 1 to 63 letters, digits and _, starting with a letter", f.Name)
	case f.Type == "": // reported already
		return false
	case !slices.Contains(query.Types, f.Type):
		names := make([]string, len(query.Types))
		for i, t := range query.Types {
			names[i] = string(t)
		}
		hint := didYouMean(string(f.Type), names)
		if meant := typesElsewhere[strings.ToLower(string(f.Type))]; meant != "" && fault.DidYouMean(string(f.Type), names) == "" {
			hint = "; write " + meant
		}
		if of := elements(string(f.Type)); of != "" {
			hint = "; write type: list, of: " + of
		}
		v.fail(f.At, "there is no type %q%s", f.Type, hint)
		f.Type = query.TypeJSON
		return false
	case f.Type == query.TypeList && f.Name != "id":
		v.list(f)
	case f.Of != "":
		v.fail(f.At, "of: is for fields of type list")
	case f.Name == "id" && (f.Type == query.TypeInt || f.Type == query.TypeUUID):
	case f.Name == "id" && f.Type == query.TypeString: // such as keys of other programs have
		f.Type, f.AnyID = query.TypeID, true
	case (f.Name == "id") != (f.Type == query.TypeID):
		v.fail(f.At, "the field id, and no other, is of type id, or of type int, uuid or string")
	}
	return true
}

// pointer checks what a field of type ref points to.
func (v *validator) pointer(f *Field) {
	if f.To == "" && (f.OnDelete != "" || f.Check != "") {
		v.fail(f.At, "on_delete and check are for fields of type ref")
	}
	if (f.To != "") != (f.Type == query.TypeRef) {
		v.fail(f.At, "a field of type ref, and no other, says what it points to, as in { type: ref, to: users }")
	} else if f.To != "" && v.c.Collections[f.To] == nil {
		v.fail(f.At, "there is no collection %q%s", f.To, didYouMean(f.To, sorted(v.c.Collections)))
	} else if f.To != "" {
		v.reference(f)
	}
}

// options checks that the options of a field are for its type.
func (v *validator) options(f *Field) {
	if f.Search && (f.Type != query.TypeString || f.Encrypt || f.Hash) {
		v.fail(f.At, "search needs a string field that is stored in plain; it cannot be used for this field")
	}
	if f.JSON != "" && f.Type != query.TypeDecimal && f.Type != query.ListOf(query.TypeDecimal) {
		v.fail(f.At, "json: is for fields of type decimal, which it sends as a number or a string")
	} else if f.JSON != "" && f.JSON != "number" && f.JSON != "string" {
		v.fail(f.At, "json: is number or string, not %q", f.JSON)
	}
	if f.Nulls && !f.Type.IsList() {
		v.fail(f.At, "nulls: is for fields of type list, whose elements may be null")
	}
	if f.Type.Kind() == query.KindJSON && (f.Unique || f.Index) {
		v.fail(f.At, "a json field or a list cannot be unique or indexed; give what you look for a field of its own")
	}
	if f.Pattern != nil {
		if !patterned(f.Type) {
			v.fail(f.Pattern.At, "pattern is for strings, not for %s", f.Type)
		} else if _, err := regexp.Compile(f.Pattern.Source); err != nil {
			v.fail(f.Pattern.At, "the pattern is not a regular expression (RE2): %s", err)
		}
	}
}

// bounds checks min and max.
func (v *validator) bounds(f *Field) {
	kind := f.Type.Kind()
	number, text := kind == query.KindInt || kind == query.KindFloat, kind == query.KindString || kind == query.KindBytes || f.Type.IsList()
	for name, bound := range map[string]*Literal{"min": f.Min, "max": f.Max} {
		switch {
		case bound == nil:
		case kind == query.KindDate || kind == query.KindDecimal:
			v.fits(f, bound, name)
		case !number && !text:
			v.fail(bound.At, "%s is for numbers and dates (their value) and strings and lists (their length), not for %s", name, f.Type)
		case !bound.Value.IsNumber(), text && (bound.Value.Kind() != query.KindInt || bound.Value.Int() < 0):
			v.fail(bound.At, "%s of a field of type %s is a number", name, f.Type)
		}
	}
	if f.Min != nil && f.Max != nil {
		if order, ok := f.Min.Value.Compare(f.Max.Value); ok && order > 0 {
			v.fail(f.Min.At, "min is above max")
		}
	}
}

// DefaultsToNow reports whether a new document gets the current time here.
func (f *Field) DefaultsToNow() bool {
	return (f.Type == query.TypeTime || f.Type == query.TypeDate) && f.Default != nil && f.Default.Value.Text() == "now()"
}

// fits replaces a literal by the value that the field holds for it.
func (v *validator) fits(f *Field, l *Literal, what string) {
	t := f.Type
	if t.IsList() && what == "enum" { // of each element
		t = t.Element()
	}
	c, ok := query.Coerce(t, l.Value)
	if ok && t == query.TypeInt && c.Kind() == query.KindFloat {
		ok = false
	}
	if ok && t == query.TypeFloat {
		c = query.Float(c.Float())
	}
	if !ok {
		v.fail(l.At, "this %s does not fit the type %s", what, t)
	}
	l.Value = c
}
