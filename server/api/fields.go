package api

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// object reads a body that is a JSON object of the names that the route takes, and calls f for each of its members, which
// may refuse it. An
// empty body has none.
func (r *request) object(f func(name string, v query.Value) bool) error {
	if len(r.body()) == 0 {
		return nil
	}
	v, err := query.ParseJSON(r.body(), r.depth)
	if err != nil {
		return err
	}
	if v.Kind() != query.KindJSON || v.Text()[0] != '{' {
		return fault.Errorf(fault.Invalid, "the body has to be a JSON object")
	}
	names := r.route.names
	var wrong []fault.FieldError
	v.Members(func(name string, v query.Value) bool {
		switch {
		case !slices.Contains(names, name):
			wrong = append(wrong, fault.FieldError{Field: name[:min(80, len(name))], Code: "unknown_name", Detail: "this call does not take it" + fault.DidYouMean(name, names)})
		case !f(name, v):
			wrong = append(wrong, fault.FieldError{Field: name, Code: "type", Detail: "this is of another type than expected"})
		}
		return len(wrong) < 20
	})
	if wrong != nil {
		return &fault.Error{Code: fault.Invalid, Detail: "the body does not fit this call", Fields: wrong}
	}
	return nil
}

// fields reads a body that is a JSON object of texts.
func (r *request) fields() (map[string]string, error) {
	out := map[string]string{}
	err := r.object(func(name string, v query.Value) bool {
		if v.Kind() != query.KindString {
			return false
		}
		out[name] = v.Text()
		return true
	})
	return out, err
}
