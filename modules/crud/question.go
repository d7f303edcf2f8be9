package crud

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// ReadQuestion reads the body of a question, as in {"as": {…}, "op": "read", "collection": "notes", "id": "…", "doc": {…}}.
func ReadQuestion(body []byte, depth int) (as Caller, q Question, err error) {
	v, err := query.ParseJSON(body, depth+1)
	if err != nil {
		return as, q, err
	}
	if v.Kind() != query.KindJSON || v.Text()[0] != '{' {
		return as, q, fault.Errorf(fault.Invalid, "the body has to be a JSON object")
	}
	names := []string{"as", "op", "collection", "id", "doc"}
	v.Members(func(name string, v query.Value) bool {
		text := v.Kind() == query.KindString
		switch {
		case !slices.Contains(names, name):
			err = fault.FieldErrorf(name[:min(80, len(name))], "unknown_name", "this call does not take it%s", fault.DidYouMean(name, names))
		case name == "as":
			claims, ok := v.Any().(map[string]any)
			if !ok && !v.IsNull() {
				err = fault.FieldErrorf(name, "type", "as has the claims of the caller, or is null for an anonymous one")
			}
			as.Auth = claims
		case name == "doc":
			q.Doc = v
		case !text:
			err = fault.FieldErrorf(name, "type", "must be a string")
		case name == "op":
			q.Op = rules.Op(v.Text())
		case name == "collection":
			q.Collection = v.Text()
		case name == "id":
			q.ID = v.Text()
		}
		return err == nil
	})
	return as, q, err
}
