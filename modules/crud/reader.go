package crud

import (
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// reader reads a JSON object with known member names, and records its first problem.
type reader struct {
	names []string
	err   error
}

func (r *reader) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

// object calls member for each known name of the body.
func (r *reader) object(body []byte, depth int, member func(name string, v query.Value)) error {
	v, err := query.ParseJSON(body, depth)
	if err != nil {
		return err
	}
	return r.value("the body", v, member)
}

func (r *reader) value(what string, v query.Value, member func(name string, v query.Value)) error {
	if !isObject(v) {
		return fault.Errorf(fault.Invalid, "%s has to be a JSON object", what)
	}
	v.Members(func(name string, v query.Value) bool {
		if !contains(r.names, name) {
			r.note(fault.FieldErrorf(clip(name), "unknown_name", "there is no %q here%s", clip(name), fault.DidYouMean(name, r.names)))
		} else {
			member(name, v)
		}
		return r.err == nil
	})
	return r.err
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func clip(s string) string {
	if len(s) > 80 {
		return "…"
	}
	return s
}

func isObject(v query.Value) bool { return v.Kind() == query.KindJSON && v.Text()[0] == '{' }

func isArray(v query.Value) bool { return v.Kind() == query.KindJSON && v.Text()[0] == '[' }

func (r *reader) text(name string, v query.Value) (string, bool) {
	if v.Kind() != query.KindString && !v.IsNull() {
		r.note(fault.FieldErrorf(name, "type", "%s must be a string", name))
	}
	return v.Text(), v.Kind() == query.KindString
}

func (r *reader) texts(name string, v query.Value) []string {
	if v.IsNull() {
		return nil
	}
	if !isArray(v) {
		r.note(fault.FieldErrorf(name, "type", "%s must be an array of strings", name))
		return nil
	}
	items := v.Elements()
	out := make([]string, len(items))
	for i, e := range items {
		if e.Kind() != query.KindString {
			r.note(fault.FieldErrorf(name, "type", "%s must be an array of strings", name))
			return nil
		}
		out[i] = e.Text()
	}
	return out
}

func (r *reader) integer(name string, v query.Value) int {
	if v.IsNull() {
		return 0
	}
	const large = 1 << 30
	if v.Kind() != query.KindInt || v.Int() > large || v.Int() < -large {
		r.note(fault.FieldErrorf(name, "type", "%s is a whole number", name))
		return 0
	}
	return int(v.Int())
}

func (r *reader) boolean(name string, v query.Value) bool {
	if v.Kind() != query.KindBool && !v.IsNull() {
		r.note(fault.FieldErrorf(name, "type", "%s is true or false", name))
	}
	return v.Bool()
}
