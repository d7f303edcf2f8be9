package api

import (
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
)

// object reads a body that is a JSON object of the names that the route takes, and calls f for each of its members, which
// may refuse it. An empty body has none.
func (r *request) object(f func(name string, v query.Value) bool) error {
	return r.deepObject(r.depth, f)
}

// deepObject is object for a body that is nested at most depth.
func (r *request) deepObject(depth int, f func(name string, v query.Value) bool) error {
	if len(r.body()) == 0 {
		return nil
	}
	reader := schema.Reader{Names: r.route.names}
	return reader.Parse(r.body(), depth, func(name string, v query.Value) {
		if !f(name, v) {
			reader.Add(name, "type", "this is of another type than expected")
		}
	})
}

// fields reads a body that is a JSON object of strings.
func (r *request) fields() (map[string]string, error) {
	out := map[string]string{}
	err := r.object(func(name string, v query.Value) bool {
		out[name] = v.Text()
		return v.Kind() == query.KindString
	})
	return out, err
}

// fieldsAnd is fields for a body in which one more member is a document, or null.
func (r *request) fieldsAnd(document string) (out map[string]string, doc query.Value, err error) {
	out = map[string]string{}
	err = r.deepObject(r.depth+1, func(name string, v query.Value) bool {
		if name == document {
			doc = v
			return v.IsNull() || schema.IsObject(v)
		}
		out[name] = v.Text()
		return v.Kind() == query.KindString
	})
	return out, doc, err
}
