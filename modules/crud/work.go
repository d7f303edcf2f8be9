package crud

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// work is the shared state of the operations of one request: its cost so far, and what must stay the same when a
// transaction is retried. One goroutine uses it.
type work struct {
	now time.Time
	// answers are the answers of webhooks; asked counts the calls.
	answers map[query.Ask]bool
	asked   int
	// charged is what was counted against the limits of collections, over all attempts.
	charged map[limited]int
	// ids are the generated ids, which the next attempt reuses.
	ids []string
	try try
	env rules.Env // of the rule that is evaluated
	// supposed are fields that rules have read in the next document without knowing what the database stores in them, see
	// [rules.Env].
	supposed map[*Collection][]int
	// reads is true if each document is read before it is changed.
	reads bool
}

// try is the state that every attempt of a transaction resets.
type try struct {
	ids       int
	documents int // read by expansions
	bytes     int // of rows that the answer holds until it is written
	counted   map[limited]int
}

// limited identifies a limit of a collection.
type limited struct {
	collection string
	op         rules.Op
}

// mark returns the current state, for again.
func (w *work) mark() try {
	at := w.try
	at.counted = maps.Clone(at.counted)
	return at
}

// again resets the state to a mark.
func (w *work) again(at try) {
	w.try = at
	w.try.counted = maps.Clone(at.counted)
}

// id generates an id. A retry generates the same ids, so the answer of a webhook about a document stays valid.
func (w *work) id() string {
	if w.try.ids == len(w.ids) {
		w.ids = append(w.ids, uuid.Must(uuid.NewV7()).String())
	}
	w.try.ids++
	return w.ids[w.try.ids-1]
}

// count counts an operation against the limit of the collection.
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

// expands counts documents against the expansion limit of the request.
func (o *operation) expands(n int) error {
	w := o.store.work
	if w.try.documents += n; w.try.documents > o.Limits.Documents {
		return tooLarge("expand", "the expansions find more than %d documents (limits.documents)", o.Limits.Documents)
	}
	return nil
}

// room returns how many bytes of rows an answer may still read: twice the limit of the answer together, because fields
// that are not shown are read too.
func (o *operation) room() int { return max(1, 2*o.Limits.Answer-o.store.work.try.bytes) }

// keeps counts rows that an answer holds while it reads others.
func (o *operation) keeps(rows []query.Row) {
	for _, row := range rows {
		o.store.work.try.bytes += db.Size(row)
	}
}

// bounded returns an encoded answer, or an error if it exceeds the limit.
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
