package schema

import (
	"errors"
	"fmt"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Problems collects the problems of an object, so that they are reported together.
type Problems struct {
	// Prefix precedes the names of the fields, such as "[3].".
	Prefix string
	list   []fault.FieldError
}

// maxProblems limits the answer to a large invalid request.
const maxProblems = 100

// Add adds a problem with a field.
func (p *Problems) Add(field, code, format string, args ...any) {
	if len(p.list) < maxProblems {
		p.list = append(p.list, fault.FieldError{Field: p.Prefix + field, Code: code, Detail: fmt.Sprintf(format, args...)})
	}
}

// Join adds the problems of an error.
func (p *Problems) Join(err error) {
	var e *fault.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			p.Add(f.Field, f.Code, "%s", f.Detail)
		}
	}
}

// Len returns the number of problems.
func (p *Problems) Len() int { return len(p.list) }

// Err returns the error of all problems, nil if there are none.
func (p *Problems) Err(detail string) error {
	if len(p.list) == 0 {
		return nil
	}
	return &fault.Error{Code: fault.Invalid, Detail: detail, Fields: p.list}
}

// Reader reads a JSON object that has known names, such as the body of a request. Its methods add a problem for a
// value of another type than theirs. Null is the value of a member that is left out.
type Reader struct {
	Names []string
	Problems
}

// Parse reads the JSON text of an object, nested at most depth. It calls member for each name that is known, and
// returns the error of all problems.
func (r *Reader) Parse(text []byte, depth int, member func(name string, v query.Value)) error {
	v, err := query.ParseJSON(text, depth)
	if err != nil {
		return err
	}
	return r.Object("the body", v, member)
}

// Object reads an object like Parse does. what names it in an error.
func (r *Reader) Object(what string, v query.Value, member func(name string, v query.Value)) error {
	if !IsObject(v) {
		return fault.Errorf(fault.Invalid, "%s has to be a JSON object", what)
	}
	v.Members(func(name string, v query.Value) bool {
		if r.known(name) {
			member(name, v)
		} else {
			r.Add(fault.Clip(name), "unknown_name", "there is no %q here%s", fault.Clip(name), fault.DidYouMean(name, r.Names))
		}
		return r.Len() < maxProblems
	})
	return r.Err(what + " does not fit this call")
}

func (r *Reader) known(name string) bool {
	for _, n := range r.Names {
		if n == name {
			return true
		}
	}
	return false
}

// String reads a string, and reports whether there is one.
func (r *Reader) String(name string, v query.Value) (string, bool) {
	if v.Kind() != query.KindString && !v.IsNull() {
		r.Add(name, "type", "%s must be a string", name)
	}
	return v.Text(), v.Kind() == query.KindString
}

// Strings reads an array of strings, nil for none.
func (r *Reader) Strings(name string, v query.Value) []string {
	if v.IsNull() {
		return nil
	}
	items := v.Elements()
	out := make([]string, len(items))
	whole := IsArray(v)
	for i, e := range items {
		whole = whole && e.Kind() == query.KindString
		out[i] = e.Text()
	}
	if !whole {
		r.Add(name, "type", "%s must be an array of strings", name)
		return nil
	}
	return out
}

// Int reads a whole number.
func (r *Reader) Int(name string, v query.Value) int {
	const large = 1 << 30
	switch {
	case v.IsNull():
		return 0
	case v.Kind() != query.KindInt || v.Int() > large || v.Int() < -large:
		r.Add(name, "type", "%s is a whole number", name)
		return 0
	}
	return int(v.Int())
}

// Number reads a number.
func (r *Reader) Number(name string, v query.Value) float64 {
	if v.IsNull() {
		return 0
	}
	if !v.IsNumber() {
		r.Add(name, "type", "%s is a number", name)
		return 0
	}
	return v.Float()
}

// Bool reads true or false.
func (r *Reader) Bool(name string, v query.Value) bool {
	if v.Kind() != query.KindBool && !v.IsNull() {
		r.Add(name, "type", "%s is true or false", name)
	}
	return v.Bool()
}
