package server

import (
	"context"
	"encoding/json"
	"io"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// The handlers of /v1/admin, for administrators' keys alone.

func (r *request) adminOnly() error {
	switch {
	case r.caller.Admin:
		return nil
	case r.caller.Auth == nil:
		return fault.Errorf(fault.Unauthenticated, "this call needs a key of admin.keys")
	}
	return fault.Errorf(fault.Forbidden, "this call needs a key of admin.keys")
}

func explain(r *request) ([]byte, error) {
	if err := r.adminOnly(); err != nil {
		return nil, err
	}
	as, q, err := readQuestion(r.body(), r.config.Limits.Depth)
	if err != nil {
		return nil, err
	}
	as.IP, as.Method = r.caller.IP, r.caller.Method
	e, err := r.crud.Explain(r.context, as, q)
	if err != nil {
		return nil, err
	}
	return json.Marshal(e)
}

// readQuestion reads {"as": {…}, "op": "read", "collection": "notes", "id": "…", "doc": {…}}.
func readQuestion(body []byte, depth int) (as crud.Caller, q crud.Question, err error) {
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
		case !contains(names, name):
			err = fault.FieldErrorf(name[:min(80, len(name))], "unknown_name", "this call does not take it%s", fault.DidYouMean(name, names))
		case name == "as":
			claims, ok := rules.FromJSON(v).(map[string]any)
			if !ok && !v.IsNull() {
				err = fault.FieldErrorf(name, "type", "as has the claims of the caller, or is null for an anonymous one")
			}
			as.Auth = claims
		case name == "doc":
			q.Doc = v
		case !text:
			err = fault.FieldErrorf(name, "type", "expected a text")
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

// Explain answers the question of a JSON body, as POST /v1/admin/explain does, with the databases of a
// configuration and without serving anything.
func Explain(ctx context.Context, path string, body []byte, options Options) (*crud.Explanation, error) {
	options.Log = io.Discard
	s, err := New(ctx, path, options)
	if err != nil {
		return nil, err
	}
	g := s.current.Load()
	as, q, err := readQuestion(body, g.config.Limits.Depth)
	if err == nil {
		var e *crud.Explanation
		if e, err = g.crud.Explain(ctx, as, q); err == nil {
			return e, s.Close()
		}
	}
	if closing := s.Close(); closing != nil {
		return nil, closing
	}
	return nil, err
}
