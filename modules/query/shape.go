package query

import (
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Type is the declared type of a field.
type Type string

// The field types.
const (
	TypeID      Type = "id"
	TypeString  Type = "string"
	TypeInt     Type = "int"
	TypeFloat   Type = "float"
	TypeDecimal Type = "decimal"
	TypeBool    Type = "bool"
	TypeTime    Type = "time"
	TypeDate    Type = "date"
	TypeUUID    Type = "uuid"
	TypeJSON    Type = "json"
	TypeBytes   Type = "bytes"
	TypeRef     Type = "ref"
)

// TypeList is the type of a list in the configuration, which names the type of its elements beside it. A field has the
// two together, see [ListOf].
const TypeList Type = "list"

// Types lists every field type, in the order of the documentation.
var Types = []Type{TypeID, TypeString, TypeInt, TypeFloat, TypeDecimal, TypeBool, TypeTime, TypeDate, TypeUUID, TypeJSON, TypeList, TypeBytes, TypeRef}

// Kind returns the kind of the values of a type. TypeJSON has KindJSON, but may hold any scalar too; a list has it.
func (t Type) Kind() Kind {
	switch t {
	case TypeInt:
		return KindInt
	case TypeFloat:
		return KindFloat
	case TypeDecimal:
		return KindDecimal
	case TypeBool:
		return KindBool
	case TypeTime:
		return KindTime
	case TypeDate:
		return KindDate
	case TypeBytes:
		return KindBytes
	case TypeJSON:
		return KindJSON
	}
	if t.IsList() {
		return KindJSON
	}
	return KindString
}

// Field is one field of a document.
type Field struct {
	Name string
	Type Type
	// NotNull is true if no stored document has null here, which simplifies some statements.
	NotNull bool
	// Sealed is true if the value is stored encrypted or hashed, so rules cannot use it.
	Sealed bool
	// Hashed is true if it is sealed with a hash, so a lookup of a rule can compare it with a value.
	Hashed bool
	// Search is true if the full-text search covers the field.
	Search bool
	// Ref is true if the field refers to a document of another collection.
	Ref bool
	// To is that collection, where rules may follow the reference; its id is one field.
	To string
	// Of are the fields that this field is composed of. It is then not stored itself, and no filter or rule can
	// use it. Nil for a stored field.
	Of []string
	// Inside has the declared members of a json field; nil where any may be there.
	Inside *Inside
}

// Inside is what is declared of the objects in a json field, or in a member of one. A member is kept in JSON: a time, a
// date and a uuid as their text in the form of the API, which sorts as they do.
type Inside struct {
	*Shape
	// Open is true if there may be other members too, of any type.
	Open bool
}

// InsideTypes are the types of declared members, besides lists.
var InsideTypes = []Type{TypeString, TypeInt, TypeFloat, TypeBool, TypeTime, TypeDate, TypeUUID, TypeJSON}

// Shape is the list of a collection's fields; a [Row] holds one value for each. It is immutable but for the forms
// of its columns, which are known when the table is.
type Shape struct {
	Fields []Field
	index  map[string]int
	rest   int // the position of [Rest], -1 where other members are refused
	forms  atomic.Pointer[[]Form]
	folds  atomic.Pointer[[]*Fold]
	own    []Form // those of the types, nil if there are none
}

// NewShape returns the shape of the fields, in their order.
func NewShape(fields []Field) *Shape {
	s := &Shape{Fields: slices.Clone(fields), index: make(map[string]int, len(fields)), rest: -1}
	for i, f := range s.Fields {
		s.index[f.Name] = i
		if f.Name == Rest {
			s.rest = i
		}
		if f.Type == TypeUUID {
			if s.own == nil {
				s.own = make([]Form, len(fields))
			}
			s.own[i] = UUID{}
		}
	}
	s.SetForms(nil)
	return s
}

// Index returns the position of a field, -1 if there is none of that name.
func (s *Shape) Index(name string) int {
	if i, ok := s.index[name]; ok {
		return i
	}
	return -1
}

// Rest returns the position of the field [Rest], -1 if there is none.
func (s *Shape) Rest() int { return s.rest }

// Names returns the names of the declared fields.
func (s *Shape) Names() []string {
	names := make([]string, 0, len(s.Fields))
	for _, f := range s.Fields {
		if f.Name != Rest {
			names = append(names, f.Name)
		}
	}
	return names
}

// Row is one document: a value for each field of its [Shape], in that order.
type Row []Value

// Of spells the values of some fields together: rows with the same have the same text.
func (r Row) Of(fields []int) string {
	var text []byte
	for _, i := range fields {
		text = append(r[i].AppendJSON(text), ',')
	}
	return string(text)
}

// Path names a field, or a path inside a json field. It is comparable.
type Path struct {
	Field string
	Sub   string // dotted keys inside the json field; empty for the field itself
}

// String returns the dotted path.
func (p Path) String() string {
	switch {
	case p.Sub == "":
		return p.Field
	case p.Field == Rest:
		return p.Sub
	}
	return p.Field + "." + p.Sub
}

// Rest is the name of a field of type json that has the members of a document which are not declared, where a collection
// takes such. Paths lead into it by the names of the members alone.
const Rest = "_rest"

// IsKey reports whether a name can be a key of a path on every database. MariaDB finds none that begins with -, however it is quoted.
func IsKey(name string) bool { return keyPattern.MatchString(name) }

var keyPattern = regexp.MustCompile(`^[\p{L}\p{N}_ ][\p{L}\p{N}_\- ]{0,63}$`)

// Path resolves a dotted name. An unknown field, a path into a field that is not json, and a key that not every
// database supports are [fault.Invalid] errors.
func (s *Shape) Path(name string) (Path, Type, error) {
	field, sub, nested := strings.Cut(name, ".")
	i := s.Index(field)
	switch {
	case i < 0 && s.rest >= 0:
		i, field, sub, nested = s.rest, Rest, name, true
	case i >= 0 && i == s.rest && nested: // what is stored there from before a field was declared is not the field
		if key, _, _ := strings.Cut(sub, "."); s.Index(key) >= 0 {
			return Path{}, "", fault.FieldErrorf(fault.Clip(name), "invalid_path", "%s is a declared field; use its name", key)
		}
	}
	if i < 0 {
		return Path{}, "", fault.FieldErrorf(fault.Clip(name), "unknown_field", "there is no field %q%s", fault.Clip(field), fault.DidYouMean(field, s.Names()))
	}
	if of := s.Fields[i].Of; of != nil {
		return Path{}, "", fault.FieldErrorf(fault.Clip(name), "composite", "%s is composed of %s; use those", field, strings.Join(of, " and "))
	}
	p := Path{Field: field, Sub: sub}
	if !nested {
		return p, s.Fields[i].Type, nil
	}
	if s.Fields[i].Type != TypeJSON {
		return Path{}, "", fault.FieldErrorf(fault.Clip(name), "invalid_path", "%s is of type %s and has nothing inside; only json fields do", field, s.Fields[i].Type)
	}
	t, err := s.Fields[i].inside(field, sub)
	return p, t, err
}

// mostKeys is how many keys a path has at most.
const mostKeys = 100

// inside returns the type of what a dotted path inside a json field leads to: the declared one, or json where there is none.
func (f *Field) inside(whole, sub string) (Type, error) {
	if strings.Count(sub, ".") >= mostKeys {
		return "", fault.FieldErrorf(fault.Clip(Path{whole, sub}.String()), "invalid_path", "a path has at most %d keys", mostKeys)
	}
	declared := f.Inside
	for {
		key, rest, deeper := strings.Cut(sub, ".")
		name := fault.Clip(Path{whole, key}.String())
		if !keyPattern.MatchString(key) {
			return "", fault.FieldErrorf(name, "invalid_path", "a key of a path is 1 to 64 letters, digits, spaces, _ or -, and no - at its start")
		}
		t := TypeJSON
		if declared != nil {
			i := declared.Index(key)
			if i < 0 && !declared.Open {
				return "", fault.FieldErrorf(name, "unknown_field", "there is no %q in %s%s", fault.Clip(key), fault.Clip(whole), fault.DidYouMean(key, declared.Names()))
			}
			declared = nil
			if i >= 0 {
				f = &f.Inside.Fields[i]
				t, declared = f.Type, f.Inside
			}
		}
		if !deeper {
			return t, nil
		}
		if t != TypeJSON {
			return "", fault.FieldErrorf(name, "invalid_path", "%s is of type %s and has nothing inside; only json has", name, t)
		}
		whole, sub = Path{whole, key}.String(), rest
	}
}

// Declared returns what is declared of a path inside a json field, nil if nothing is.
func (s *Shape) Declared(p Path) *Field {
	i := s.Index(p.Field)
	for sub := p.Sub; i >= 0; {
		f := &s.Fields[i]
		if sub == "" {
			return f
		}
		if f.Inside == nil {
			return nil
		}
		var key string
		key, sub, _ = strings.Cut(sub, ".")
		s, i = f.Inside.Shape, f.Inside.Index(key)
	}
	return nil
}

// Get returns the value at a path of a row, Null if there is none.
func (s *Shape) Get(row Row, p Path) Value {
	i := s.Index(p.Field)
	if i < 0 || i >= len(row) {
		return Null
	}
	if p.Sub == "" {
		return row[i]
	}
	return row[i].Member(p.Sub)
}
