package crud

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// work is what the operations of one request have in common: what it has cost so far, and what has to be the same when
// a transaction is tried again. One goroutine uses it.
type work struct {
	now time.Time
	// answers are those of webhooks, and asked is how many were asked for.
	answers map[query.Ask]bool
	asked   int
	// charged is what was counted against the limits of collections, over all tries.
	charged map[limited]int
	// ids are those that were made, for the next try to make the same.
	ids []string
	try try
}

// try is what begins anew with every try of a transaction.
type try struct {
	ids       int
	documents int // read by expansions
	counted   map[limited]int
}

// limited is what a collection may have a limit for.
type limited struct {
	collection string
	op         rules.Op
}

// mark returns where the work stands, to go back to.
func (w *work) mark() try {
	at := w.try
	at.counted = maps.Clone(at.counted)
	return at
}

// again goes back to a mark.
func (w *work) again(at try) {
	w.try = at
	w.try.counted = maps.Clone(at.counted)
}

// id makes an id. What a webhook was asked about a document holds for the next try, too, because that makes the same.
func (w *work) id() string {
	if w.try.ids == len(w.ids) {
		w.ids = append(w.ids, uuid.Must(uuid.NewV7()).String())
	}
	w.try.ids++
	return w.ids[w.try.ids-1]
}

// count counts what is about to be done against the limit that the collection has for it.
func (o *operation) count(ctx context.Context, op rules.Op, n int) error {
	if o.caller.Count == nil || o.caller.Admin {
		return nil
	}
	w, key := o.store.work, limited{o.c.name, op}
	if w.try.counted == nil {
		w.try.counted = map[limited]int{}
	}
	if w.charged == nil {
		w.charged = map[limited]int{}
	}
	w.try.counted[key] += n
	more := w.try.counted[key] - w.charged[key]
	if more <= 0 {
		return nil
	}
	w.charged[key] += more
	return o.caller.Count(ctx, o.c.name, op, more)
}

// expands takes documents from what the expansions of one request may read.
func (o *operation) expands(n int) error {
	w := o.store.work
	if w.try.documents += n; w.try.documents > o.Limits.Documents {
		return tooLarge("expand", "the expansions find more than %d documents (limits.documents)", o.Limits.Documents)
	}
	return nil
}

// room is how many bytes of rows an answer may be made of: twice its own, since fields that are not shown are read, too.
func (o *operation) room() int { return 2 * o.Limits.Answer }

// bounded returns an answer that was encoded up to the limit.
func (o *operation) bounded(body []byte) ([]byte, error) {
	if len(body) > o.Limits.Answer {
		return nil, o.tooLong()
	}
	return body, nil
}

func (o *operation) tooLong() error { return tooLong(o.Limits.Answer) }

func tooLong(limit int) error {
	return tooLarge("limit", "the answer has more than %d bytes (limits.answer)", limit)
}

// tooLarge is the error of an answer that would be too large.
func tooLarge(field, format string, args ...any) error {
	e := fault.FieldErrorf(field, "too_large", format+"; narrow it", args...)
	return &fault.Error{Code: fault.AnswerTooLarge, Detail: e.Fields[0].Detail, Fields: e.Fields}
}
