package schema

import (
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Object is the fields of a JSON object. It is immutable.
type Object struct {
	Fields []Field
	noun   string // what a member is called: field, parameter
	code   string // of a problem with an unknown member
	open   bool   // whether other members are taken too
	rest   int    // the field that has the other members of a document, -1 for none
	refuse func(name string) string
	names  []string
	index  map[string]int
}

// Document returns the object of the fields of a collection.
func Document(fields []Field) *Object { return newObject("field", "unknown_field", fields) }

// Parameters returns the object of the parameters of a function or an event.
func Parameters(fields []Field) *Object { return newObject("parameter", "unknown_name", fields) }

func newObject(noun, code string, fields []Field) *Object {
	o := &Object{Fields: fields, noun: noun, code: code, rest: -1, index: make(map[string]int, len(fields))}
	for i, f := range fields {
		o.names = append(o.names, f.Name)
		o.index[f.Name] = i
	}
	return o
}

// Index returns the position of a field, -1 if there is none of that name.
func (o *Object) Index(name string) int {
	if i, ok := o.index[name]; ok {
		return i
	}
	return -1
}

// Keep makes the field [query.Rest] have the members that are none of the others. refuse says why a name cannot be that of
// one; it is empty where it can.
func (o *Object) Keep(refuse func(name string) string) {
	o.rest, o.refuse = o.Index(query.Rest), refuse
}

// Takes reports whether a name can be that of a member which is not declared. It adds the problem if not.
func (o *Object) Takes(name string, p *Problems) bool {
	if o.rest < 0 {
		o.Unknown(name, p)
		return false
	}
	detail := ""
	switch {
	case !query.IsKey(name):
		detail = "the name of a member that is not declared is 1 to 64 letters, digits, spaces, _ or -, and no - at its start"
	default:
		detail = o.refuse(name)
	}
	if detail != "" {
		p.Add(fault.Clip(name), "name", "%s", detail)
	}
	return detail == ""
}

// Unknown adds the problem of a member that is none of the fields.
func (o *Object) Unknown(name string, p *Problems) {
	p.Add(fault.Clip(name), o.code, "there is no %s %q%s", o.noun, fault.Clip(name), fault.DidYouMean(name, o.names))
}

// Values are the values of an object, one for each field.
type Values struct {
	Row query.Row
	// Given has the fields that the sender has set, Bad those with a problem.
	Given, Bad []bool
}

// Read reads the members of a JSON object. take may drop a member by its field; it may be nil.
func (o *Object) Read(v query.Value, p *Problems, take func(field int) bool) Values {
	out := Values{make(query.Row, len(o.Fields)), make([]bool, len(o.Fields)), make([]bool, len(o.Fields))}
	var rest []byte
	v.Members(func(name string, member query.Value) bool {
		i := o.Index(name)
		switch {
		case i < 0:
			if o.Takes(name, p) && (take == nil || take(o.rest)) {
				rest = append(query.String(name).AppendJSON(append(rest, ',')), ':')
				rest = member.AppendJSON(rest)
			}
		case take == nil || take(i):
			value, ok := o.Fields[i].Read(name, member, p)
			out.Row[i], out.Given[i], out.Bad[i] = value, true, !ok
		}
		return true
	})
	if rest != nil {
		rest[0] = '{'
		value, ok := o.Fields[o.rest].Read(query.Rest, query.RawJSON(string(append(rest, '}'))), p)
		if out.Given[o.rest] { // sent whole, too
			value, ok = out.Row[o.rest].Merge(value), ok && !out.Bad[o.rest]
		}
		out.Row[o.rest], out.Given[o.rest], out.Bad[o.rest] = value, true, !ok
	}
	return out
}

// Default sets the fields that were not given.
func (o *Object) Default(v Values, now time.Time) {
	for i := range o.Fields {
		if f := &o.Fields[i]; v.Given[i] {
			v.Row[i] = f.Complete(v.Row[i], now)
		} else {
			v.Row[i] = f.initial(now)
		}
	}
}

// Check adds the problems of the values that have none yet.
func (o *Object) Check(v Values, p *Problems) {
	for i := range o.Fields {
		if v.Bad[i] {
			continue
		}
		o.Fields[i].CheckAll(o.Fields[i].Name, v.Row[i], p)
	}
}

// Validate returns the values of a JSON object with their defaults, or all problems with it. what names it in the
// error, as in "the parameters".
func (o *Object) Validate(what string, v query.Value, now time.Time) (query.Row, error) {
	if !IsObject(v) {
		return nil, fault.Errorf(fault.Invalid, "%s have to be a JSON object", what)
	}
	p := Problems{}
	values := o.Read(v, &p, nil)
	o.Default(values, now)
	o.Check(values, &p)
	return values.Row, p.Err(what + " do not fit")
}

// AppendJSON appends the JSON object of values.
func (o *Object) AppendJSON(dst []byte, row query.Row) []byte {
	dst = append(dst, '{')
	for i, f := range o.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(query.String(f.Name).AppendJSON(dst), ':')
		dst = row[i].AppendJSON(dst)
	}
	return append(dst, '}')
}

// IsObject reports whether a value is a JSON object.
func IsObject(v query.Value) bool { return v.Kind() == query.KindJSON && v.Text()[0] == '{' }

// IsArray reports whether a value is a JSON array.
func IsArray(v query.Value) bool { return v.Kind() == query.KindJSON && v.Text()[0] == '[' }
