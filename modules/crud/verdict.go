package crud

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// verdict folds the rule of an operation for the caller: query.True, a residual over doc, or query.False if the
// rule mentions doc, so that hidden documents look missing. If it does not mention doc, or there is no rule, the
// refusal is an error: forbidden, or unauthenticated for an anonymous caller. next and doc may be nil.
func (o *operation) verdict(op rules.Op, next *rules.Next, doc query.Row) (query.Filter, error) {
	if o.caller.Trace != nil {
		o.begun = time.Now()
	}
	if o.caller.Admin {
		o.everything()
		o.observe(op, "allow")
		return query.True, nil
	}
	rule := o.c.rules[op]
	if rule == nil {
		o.observe(op, "deny")
		return query.False, o.refusal(op)
	}
	f, err := o.fold(rule, string(op), o.env(op, next, doc))
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
	if o.caller.Trace != nil {
		o.caller.Trace.Verdict(o.c.name, string(op), verdict, o.begun)
	}
}

func (o *operation) refusal(op rules.Op) error {
	e := fault.Errorf(fault.Forbidden, "you may not %s this", op)
	if o.caller.Auth == nil {
		e = fault.Errorf(fault.Unauthenticated, "sign in to %s here", op)
	}
	e.Rule = fmt.Sprintf("%s has no rule %s", o.c.name, op)
	if rule := o.c.rules[op]; rule != nil {
		e.Rule = fmt.Sprintf("%s.%s %s: %s", o.c.name, op, rule.Place(), rule.Source())
	}
	return e
}

// ErrNotFound is the error for a document that is missing or hidden.
var ErrNotFound = fault.Errorf(fault.NotFound, "there is no such document")

// readable reports whether the caller may see a given row.
func (o *operation) readable(ctx context.Context, row query.Row) (bool, error) {
	f, err := o.verdict(rules.Read, nil, row)
	if err != nil {
		return false, err
	}
	return o.holds(ctx, f, row)
}

// holds reports whether a given row satisfies a filter.
func (o *operation) holds(ctx context.Context, f query.Filter, row query.Row) (bool, error) {
	return o.store.holds(ctx, o.c.shape, f, row)
}

// readFilter selects the documents that a caller can see: those of a filter or, if no filter can express it, those that
// the rule allows one by one.
type readFilter struct {
	filter query.Filter
	byRow  bool
}

// reading folds the read rule.
func (o *operation) reading() (readFilter, error) {
	f, err := o.verdict(rules.Read, nil, nil)
	if needsDocument(err) {
		return readFilter{query.True, true}, nil
	}
	return readFilter{f, false}, err
}

// readFilter is reading for operations on many documents.
func (o *operation) readFilter() (query.Filter, error) {
	g, err := o.reading()
	if err == nil && g.byRow {
		err = ErrOneByOne
	}
	return g.filter, err
}

// ErrOneByOne is the error of an operation on many documents whose rule needs each of them.
var ErrOneByOne = fault.Errorf(fault.Forbidden, "the rule of this collection can only be checked for one document at a time; get documents by id")

func needsDocument(err error) bool {
	if err == nil {
		return false
	}
	var needs *rules.NeedsDocument
	return errors.As(err, &needs)
}
