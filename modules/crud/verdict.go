package crud

import (
	"errors"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// verdict folds the rule of an operation for the caller: query.True, a residual over doc, or
// query.False where the rule mentions doc, so that what it hides is simply not there. Where it does
// not, or there is no rule, the refusal is an error: forbidden, or unauthenticated for an anonymous
// caller. next and doc may be nil.
func (o *operation) verdict(op rules.Op, next *rules.Next, doc query.Row) (query.Filter, error) {
	if o.caller.Admin {
		o.observe(op, "allow")
		return query.True, nil
	}
	rule := o.c.rules[op]
	if rule == nil {
		o.observe(op, "deny")
		return query.False, o.refusal(op)
	}
	f, err := rule.Fold(&rules.Env{
		Auth:    o.caller.Auth,
		Request: rules.Request{Op: op, Time: o.now, IP: o.caller.IP, Method: o.caller.Method},
		Doc:     doc,
		Next:    next,
	})
	if err != nil {
		return query.False, err
	}
	switch f {
	case query.True:
		o.observe(op, "allow")
	case query.False:
		o.observe(op, "deny")
		if !rule.MentionsDoc() {
			return f, o.refusal(op)
		}
	default:
		o.observe(op, "filter")
	}
	return f, nil
}

func (o *operation) observe(op rules.Op, verdict string) {
	if o.Observe != nil {
		o.Observe(o.c.name, op, verdict)
	}
}

func (o *operation) refusal(op rules.Op) error {
	if o.caller.Auth == nil {
		return query.Errorf(query.Unauthenticated, "sign in to %s here", op)
	}
	return query.Errorf(query.Forbidden, "you may not %s this", op)
}

var errNotFound = query.Errorf(query.NotFound, "there is no such document")

// readable reports whether the caller may see a row that is at hand.
func (o *operation) readable(row query.Row) bool {
	f, err := o.verdict(rules.Read, nil, row)
	return err == nil && f == query.True
}

// shown returns what the caller gets of a row it has just written: all of it, or the id alone when
// the row is now out of the caller's sight.
func (o *operation) shown(row query.Row) Document {
	if o.readable(row) {
		return Document{o.c, row, nil}
	}
	return Document{o.c, row, []int{key}}
}

func needsDocument(err error) bool {
	var needs *rules.NeedsDocument
	return errors.As(err, &needs)
}
