package rules

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// Claim is an expression that is computed when a token is created. It is one of rules, but for its lookups: they are asked
// at once, so that everything is known and the result is a value.
type Claim struct{ rule *Rule }

// Finder returns the values of a field in the documents of a filter, at most limit of them.
type Finder func(ctx context.Context, collection string, where query.Filter, field string, limit int) ([]query.Value, error)

// maxPlucked limits the values of one lookup.
const maxPlucked = 1000

// CompileClaim compiles an expression over auth, pluck(collection, filter, field), exists(collection, filter),
// get(collection, id, field) and now(), and of the scope the collections and the profile. Errors are *Error.
func CompileClaim(source string, scope Scope) (*Claim, error) {
	scope.Shape = query.NewShape(nil)
	c := &compiler{scope: scope, claim: true}
	r, err := c.compile(source)
	if err != nil {
		return nil, err
	}
	return &Claim{r}, nil
}

// pluck compiles pluck("members", {"user": auth.id}, "team").
func (c *compiler) pluck(n syntax.Node, arguments []syntax.Node) node {
	l := c.exists(n, arguments)
	f := c.fieldOf(fetched{collection: l.collection, shape: c.scope.Collections[l.collection]}, arguments[2])
	return plucked{l, f.path}
}

// fieldOf names the field of a lookup by the argument that follows.
func (c *compiler) fieldOf(f fetched, n syntax.Node) fetched {
	name, ok := n.(*syntax.String)
	if !ok {
		fail(n, "the field must be a string literal")
	}
	return c.fetchedField(&syntax.Member{Property: n}, f, name.Value).(fetched)
}

// hashed is the position of a hashed field in a condition. The finder of a claim hashes by itself.
func (c *compiler) hashed(field int) int {
	if c.claim {
		return -1
	}
	return field
}

// Compute evaluates the expression with the claims that the token already has; auth.id is `sub`. Numbers, strings, times,
// lists and objects of the result are of the types that [query.Value.Any] returns.
func (c *Claim) Compute(ctx context.Context, auth map[string]any, now time.Time, find Finder) (any, error) {
	who := map[string]any{}
	maps.Copy(who, auth)
	who["id"] = auth["sub"]
	e := evaluator{env: &Env{Auth: who, Request: Request{Time: now}}, shape: c.rule.scope.Shape, collections: c.rule.scope.Collections}
	e.find = func(collection string, where query.Filter, field string, limit int) ([]query.Value, error) {
		return find(ctx, collection, where, field, limit)
	}
	v := e.known(c.rule.root)
	switch {
	case e.err != nil:
		return nil, e.err
	case e.failed:
		return nil, errors.New(e.why)
	}
	return unmarked(v), nil
}

// unmarked returns a value with nil for what is absent in it.
func unmarked(v any) any {
	if !hasAbsent(v, false) {
		return v
	}
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = unmarked(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = unmarked(v[k])
		}
		return out
	}
	return nil
}

// keyOf returns the first field of a collection.
func (e *evaluator) keyOf(collection string) string {
	return e.collections[collection].Fields[0].Name
}

// found asks for the values of a field in the documents of a lookup.
func (e *evaluator) found(n lookup, field string, limit int) []query.Value {
	where := make([]query.Filter, len(n.terms))
	for i, t := range n.terms {
		where[i] = e.term(n.collection, t, e.eval(t.value))
	}
	return e.ask(n.collection, query.All(where...), field, limit)
}

// ask asks the finder, unless the filter finds nothing or is of a failure.
func (e *evaluator) ask(collection string, where query.Filter, field string, limit int) []query.Value {
	where = query.Spell(where, e.collections[collection], nil)
	if where == query.False || e.failed || e.err != nil {
		return nil
	}
	values, err := e.find(collection, where, field, limit)
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("finding %s of %s: %w", field, collection, err)
	}
	return values
}

// pluck returns the values of a field, each once.
func (e *evaluator) pluck(n plucked) result {
	values := e.found(n.lookup, n.path.Field, maxPlucked)
	seen := make(map[query.Value]bool, len(values))
	out := make([]any, 0, len(values))
	for _, v := range values {
		if v = memberAt(v, n.path); !v.IsNull() && !seen[v] {
			out = append(out, v.Any())
			seen[v] = true
		}
	}
	return result{value: out, foreign: true}
}

// fetch returns a field of a document; what is not there is absent.
func (e *evaluator) fetch(n fetched) result {
	id := toValue(e.eval(n.id).value)
	if id.IsNull() {
		return absent
	}
	where, _ := query.Comparison(query.Path{Field: n.shape.Fields[0].Name}, n.shape.Fields[0].Type, query.Eq, id)
	values := e.ask(n.collection, where, n.path.Field, 1)
	if len(values) == 0 {
		return absent
	}
	return result{value: memberAt(values[0], n.path).Any(), foreign: true, spell: n.shape.FormAt(n.path), json: n.typ == query.TypeJSON, inner: n.path.Sub != ""}
}

func memberAt(v query.Value, p query.Path) query.Value {
	if p.Sub == "" {
		return v
	}
	return v.Member(p.Sub)
}
