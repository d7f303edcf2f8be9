package realtime

import (
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// index is what is known of the documents of one collection with viewers. The rows that lookups
// of rules find are kept in a table apart, so that permissions can be brought up to date first.
type index struct {
	collection *db.Collection
	held       *held
	entries    map[string]*entry
	// byTerm has the sets that can only hold documents with a value at a path, scan all others.
	byTerm map[query.Path]map[query.Value]map[*resultSet]struct{}
	scan   map[*resultSet]struct{}
	sets   map[*resultSet]struct{}
	// computed are the groups that are computed again when anything changes here.
	computed map[*group]struct{}
	// counted are the groups that say how many documents there are, those that no set holds among them.
	counted map[*group]struct{}
	// guarded is how many sets have lookups.
	guarded int

	// log has the ids that were touched since the oldest of the loads began that are under way. Those
	// from reading on are being read; it is the length of log when none are.
	log     []string
	reading int
	since   int // what a load that begins now can miss: what is being read, until it has been
	loads   int
	waiting []*resultSet // have loaded, and wait for what is being read
	// epoch counts how often the place in the stream was lost. A row of an earlier epoch may be any age.
	epoch int
	round int // of candidates
}

// entry is a document that some set holds.
type entry struct {
	id    string
	row   query.Row
	size  int // as it is counted
	refs  int
	epoch int
}

func newTable(c *db.Collection, h *held) *index {
	return &index{
		collection: c, held: h, entries: map[string]*entry{}, byTerm: map[query.Path]map[query.Value]map[*resultSet]struct{}{},
		scan: map[*resultSet]struct{}{}, sets: map[*resultSet]struct{}{}, computed: map[*group]struct{}{}, counted: map[*group]struct{}{},
	}
}

// idle reports whether the collection has no viewers.
func (t *index) idle() bool { return len(t.sets) == 0 && len(t.computed) == 0 }

// unwatched reports whether a document that has changed need not be read for the table. One that was being read has to be:
// what began to load meanwhile leaves it out.
func (t *index) unwatched() bool { return t == nil || t.idle() && !t.busy() }

// term is a value that a document of a set has at a path.
type term struct {
	path  query.Path
	value query.Value
}

// termsOf returns terms of which a document has one at least when it satisfies the filter, as few as there
// are; nil when any document may.
func termsOf(shape *query.Shape, f query.Filter) []term {
	switch f := f.(type) {
	case *query.Compare:
		if f.Op == query.Eq {
			return []term{{f.Path, indexed(shape.Key(f.Path, f.Value))}}
		}
	case *query.In:
		out := make([]term, len(f.Values))
		for i, v := range f.Values {
			out[i] = term{f.Path, indexed(shape.Key(f.Path, v))}
		}
		return out
	case *query.And:
		var best []term
		for _, t := range f.Terms {
			if terms := termsOf(shape, t); terms != nil && (best == nil || len(terms) < len(best)) {
				best = terms
			}
		}
		return best
	case *query.Or:
		var all []term
		for _, t := range f.Terms {
			terms := termsOf(shape, t)
			if terms == nil {
				return nil
			}
			all = append(all, terms...)
		}
		return all
	}
	return nil
}

// indexed returns the one form of all values that are equal.
func indexed(v query.Value) query.Value {
	if v.Kind() == query.KindInt && query.Float(float64(v.Int())).Equal(v) {
		return query.Float(float64(v.Int()))
	}
	return v.Rounded()
}

// add makes a set known, under the terms of its filter.
func (t *index) add(s *resultSet) {
	t.sets[s] = struct{}{}
	if len(s.lookups) > 0 {
		t.guarded++
	}
	t.index(s)
}

func (t *index) index(s *resultSet) {
	if s.filter == query.False {
		s.terms = nil
		return
	}
	if s.terms = termsOf(t.collection.Shape, s.filter); s.terms == nil {
		t.scan[s] = struct{}{}
		return
	}
	for _, k := range s.terms {
		values := t.byTerm[k.path]
		if values == nil {
			values = map[query.Value]map[*resultSet]struct{}{}
			t.byTerm[k.path] = values
		}
		if values[k.value] == nil {
			values[k.value] = map[*resultSet]struct{}{}
		}
		values[k.value][s] = struct{}{}
	}
}

func (t *index) unindex(s *resultSet) {
	delete(t.scan, s)
	for _, k := range s.terms {
		sets := t.byTerm[k.path][k.value]
		if delete(sets, s); len(sets) == 0 {
			delete(t.byTerm[k.path], k.value)
		}
		if len(t.byTerm[k.path]) == 0 {
			delete(t.byTerm, k.path)
		}
	}
	s.terms = nil
}

func (t *index) remove(s *resultSet) {
	t.unindex(s)
	delete(t.sets, s)
	if len(s.lookups) > 0 {
		t.guarded--
	}
	for _, i := range s.items {
		t.release(i.entry)
	}
	s.items = nil
}

func (t *index) release(e *entry) {
	if e.refs--; e.refs == 0 {
		delete(t.entries, e.id)
		t.held.add(-e.size)
		e.size = 0
	}
}

// candidates calls visit for each set that may hold one of the rows, either of which may be nil.
func (t *index) candidates(visit func(*resultSet), rows ...query.Row) {
	t.round++
	once := func(s *resultSet) {
		if s.round != t.round {
			s.round = t.round
			visit(s)
		}
	}
	for path, values := range t.byTerm {
		for _, row := range rows {
			if row != nil {
				for s := range values[indexed(t.collection.Shape.Key(path, t.collection.Shape.Get(row, path)))] {
					once(s)
				}
			}
		}
	}
	for s := range t.scan {
		once(s)
	}
}

// change brings the sets up to date with a document as it was read, nil for one that is not there. settled says
// that what lookups find is known to be no older.
func (t *index) change(id string, row query.Row, settled bool) {
	e := t.entries[id]
	if e == nil {
		if row == nil {
			return
		}
		e = &entry{id: id}
	}
	old := e.row // the same, where a set has loaded it before others received it
	e.epoch = t.epoch
	if row != nil {
		e.row = row
	}
	e.refs++ // it stays while the sets let go of it
	t.entries[id] = e
	t.measure(e)
	t.candidates(func(s *resultSet) { s.update(e, row != nil, settled) }, old, row)
	t.release(e)
}

// apply brings the sets up to date with documents as they were read.
func (t *index) apply(b batch, settled bool) {
	for _, id := range b.ids {
		t.change(id, b.rows[id], settled)
	}
}

// invalidate marks the sets of lookups as unknown, which send nothing until they are loaded again.
func (t *index) invalidate() {
	for s := range t.sets {
		s.ready = false
	}
	t.invalidateAll()
}

// begin notes that documents are about to be read.
func (t *index) begin(ids []string) {
	if !t.busy() {
		t.reading, t.since = len(t.log), len(t.log)
	}
	t.log = append(t.log, ids...)
}

// invalidateAll notes that any document may have changed. What is being loaded will be loaded again.
func (t *index) invalidateAll() {
	t.epoch++
	if !t.busy() {
		t.log, t.reading, t.since = t.log[:0], 0, 0
	}
	for s := range t.sets {
		s.behind = true
		s.reload()
	}
}

// read notes that the documents have been read: a load that begins now reads them later.
func (t *index) read() { t.since = len(t.log) }

// end notes that what was read has been applied.
func (t *index) end() {
	t.reading, t.since = len(t.log), len(t.log)
	if t.loads == 0 {
		t.log, t.reading, t.since = t.log[:0], 0, 0
	}
	waiting := t.waiting
	t.waiting = nil
	for _, s := range waiting {
		s.install()
	}
}

// busy reports whether documents are being read.
func (t *index) busy() bool { return t.reading < len(t.log) }
