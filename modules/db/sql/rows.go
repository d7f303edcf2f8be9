package sqldb

import (
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Rows collects the rows of an answer. The strings of all rows share one allocation, and so do their values. It may
// be used again, which saves memory.
type Rows struct {
	// Text has the strings so far. A driver appends one to it, and then calls Keep.
	Text   []byte
	kinds  []query.Kind
	values []query.Value
	row    []query.Value // the last of values
	spans  []span
}

// span is where the string of a value is.
type span struct{ value, from, to int }

// Start begins an answer whose rows have values of these kinds. The limit is the largest number of rows, 0 if it is
// not known.
func (r *Rows) Start(kinds []query.Kind, limit int) {
	guess := 8
	if limit > 0 {
		guess = min(limit, 64)
	}
	width := len(kinds)
	r.kinds, r.values = kinds, make([]query.Value, 0, guess*width)
	if r.Text, r.spans = r.Text[:0], r.spans[:0]; r.Text == nil {
		r.Text, r.spans = make([]byte, 0, guess*width*8), make([]span, 0, guess*width/2)
	}
}

// Next begins a row of nulls.
func (r *Rows) Next() {
	base := len(r.values)
	r.values = append(r.values, make([]query.Value, len(r.kinds))...)
	r.row = r.values[base:]
}

// Set sets a value of the row.
func (r *Rows) Set(i int, v query.Value) { r.row[i] = v }

// Keep sets a value of the row to the string, bytes or JSON that Text has after a position.
func (r *Rows) Keep(i, from int) {
	r.spans = append(r.spans, span{len(r.values) - len(r.row) + i, from, len(r.Text)})
}

// Full reports whether the rows are too large for the Bytes of a [db.Find].
func (r *Rows) Full(bytes int) bool { return db.Full(bytes, len(r.values), len(r.Text)) }

// Done returns the rows.
func (r *Rows) Done() []query.Row {
	text, width := string(r.Text), len(r.kinds)
	for _, s := range r.spans {
		part := text[s.from:s.to]
		switch r.kinds[s.value%width] {
		case query.KindJSON:
			r.values[s.value] = query.RawJSON(part)
		case query.KindBytes:
			r.values[s.value] = query.Bytes(part)
		case query.KindDecimal:
			r.values[s.value] = query.KnownDecimal(part)
		default:
			r.values[s.value] = query.String(part)
		}
	}
	out := make([]query.Row, len(r.values)/width)
	for i := range out {
		out[i] = query.Row(r.values[i*width : (i+1)*width : (i+1)*width])
	}
	r.values, r.row = nil, nil // they are the caller's
	return out
}
