package crud

import (
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// ReadQuestion reads the body of a question, as in {"as": {…}, "op": "read", "collection": "notes", "id": "…", "doc": {…}}.
func ReadQuestion(body []byte, depth int) (as Caller, q Question, err error) {
	r := schema.Reader{Names: []string{"as", "op", "collection", "id", "doc"}}
	err = r.Parse(body, depth+1, func(name string, v query.Value) {
		switch name {
		case "as":
			claims, ok := v.Any().(map[string]any)
			if !ok && !v.IsNull() {
				r.Add(name, "type", "as has the claims of the caller, or is null for an anonymous one")
			}
			as.Auth = claims
		case "doc":
			q.Doc = v
		case "op":
			op, _ := r.String(name, v)
			q.Op = rules.Op(op)
		case "collection":
			q.Collection, _ = r.String(name, v)
		case "id":
			q.ID, _ = r.String(name, v)
		}
	})
	return as, q, err
}
