package realtime

import (
	"errors"
	"slices"
	"sort"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
)

const (
	// slack is how many documents behind its window a set holds, so that one that leaves the window is
	// followed by the next without asking the database.
	slack = 16
	// maxTouched is how many documents may change while a set is loaded; after more it is loaded again.
	maxTouched = 2000
)

// resultSet holds the first documents of a filter in their order, and keeps them up to date.
type resultSet struct {
	engine *engine
	table  *index
	live   *crud.Live
	// filter and masks are those of live, with the lookups replaced by what they find.
	filter  query.Filter
	masks   []query.Filter
	lookups []*lookup
	terms   []term // that it is indexed by
	loads   int64  // how often its rows were read
	// compared counts the changed documents that were held against it, and matched those that were in it or are now.
	compared, matched int64
	// items are the first documents, at most room of them; complete says that there are no others.
	items    []item
	room     int
	complete bool
	ready    bool
	behind   bool  // a change was not looked at, because it was not known what the lookups find
	load     *load // that waits, or is under way
	job      *job  // of the load
	again    bool  // it is to be loaded again after that
	// held says that what is shown waits for a load that belongs to the same step: what has come into the window, or
	// what a lookup finds since.
	held    bool
	holding bool // there is an end to it
	closed  bool
	round   int
	sight   sight
	// charged names those whom a load is charged to.
	charged func([]payer) []payer
	// changed is called after the items have changed, failed when they cannot be loaded at all.
	changed func()
	failed  func(error)
}

// item is a document in its place, with a hash of how it is shown; 0 when that is not known.
type item struct {
	*entry
	hash uint64
}

// load is the reading of a set's documents.
type load struct {
	from  int // in the log of the table
	epoch int
	begun bool
	done  bool
	rows  []query.Row
}

// blocked reports whether it is not known what the lookups find, so that nothing can be said.
func (s *resultSet) blocked() bool { return blocked(s.lookups) }

// known reports whether the items are what they should be.
func (s *resultSet) known() bool { return s.ready && !s.behind && !s.blocked() }

// onLookupChanged implements dependent.
func (s *resultSet) onLookupChanged() {
	before := s.filter
	s.bind()
	switch {
	case s.closed || s.blocked():
	case s.filter != before || s.again || s.behind || !s.ready:
		s.hold()
		s.reload()
	default:
		s.resee()
		s.changed()
	}
}

// fail implements dependent.
func (s *resultSet) fail(err error) { s.failed(err) }

// matches reports whether a row belongs here.
func (s *resultSet) matches(row query.Row) bool {
	return query.Match(s.filter, s.table.collection.Shape, row, nil)
}

func (s *resultSet) less(a, b query.Row) bool {
	return query.Less(s.table.collection.Shape, s.live.Sort, a, b)
}

// update puts a document that has changed in its place, or takes it out. Where that hangs on lookups that may be
// older than the document, the set is read again instead: the database decides by both at once.
func (s *resultSet) update(e *entry, exists, settled bool) {
	at := slices.IndexFunc(s.items, func(i item) bool { return i.entry == e })
	if s.blocked() || !settled && len(s.lookups) > 0 {
		if at >= 0 {
			s.items[at].hash = 0
		}
		s.behind = true
		s.reload()
		return
	}
	belongs := exists && s.matches(e.row)
	s.compared++
	if at < 0 && !belongs {
		return
	}
	s.matched++
	if at >= 0 {
		s.items = slices.Delete(s.items, at, at+1)
	}
	held := false
	if belongs {
		place := sort.Search(len(s.items), func(i int) bool { return s.less(e.row, s.items[i].row) })
		// What comes after the last item is not known, unless these are all. While the set is loaded,
		// everything is kept until it is.
		if place < len(s.items) || s.complete || s.load != nil {
			s.items = slices.Insert(s.items, place, item{entry: e})
			held = true
		}
	}
	if held && at < 0 {
		e.refs++
	}
	if !held && at >= 0 {
		s.table.release(e)
	}
	s.trim()
	if s.ready {
		if !s.complete && len(s.items) < s.live.Limit { // there are others to follow
			s.hold()
			s.reload()
		}
		s.changed()
	}
}

// trim drops what is past the room.
func (s *resultSet) trim() {
	if s.load != nil || len(s.items) <= s.room {
		return
	}
	for _, i := range s.items[s.room:] {
		s.table.release(i.entry)
	}
	clear(s.items[s.room:])
	s.items, s.complete = s.items[:s.room], false
}

// reload reads the documents, or does so again when that is under way.
func (s *resultSet) reload() {
	switch {
	case s.closed:
	case s.load != nil || s.blocked() || !s.engine.watching(s.table.collection):
		s.again = true
	default:
		s.again = false
		s.load = &load{}
		s.engine.read(s)
	}
}

// beginLoad notes what the load that begins now can miss. What has come until now it sees.
func (s *resultSet) beginLoad() {
	t := s.table
	s.again = false
	s.load.from, s.load.epoch, s.load.begun = t.since, t.epoch, true
	t.loads++
	if len(s.lookups) > 0 {
		s.engine.recent[s] = struct{}{}
	}
}

// dropLoad drops a load without waiters: a listener that comes back starts it again.
func (s *resultSet) dropLoad() {
	if s.load != nil {
		s.giveUp()
		s.again, s.behind = true, true
	}
}

// payers implements dependent.
func (s *resultSet) payers(to []payer) []payer { return s.charged(to) }

// wake restarts a dropped load for a new waiter, and a load that waits in their turn.
func (s *resultSet) wake(p payer) {
	for _, l := range s.lookups {
		l.set.wake(p)
	}
	switch {
	case s.load != nil:
		s.engine.reads.want(s.job, p)
	case s.again:
		s.reload()
	}
}

// loaded takes over what was read, with nothing seen after a position.
func (s *resultSet) loaded(rows []query.Row, position uint64) {
	if s.load == nil {
		return
	}
	s.load.rows, s.load.done = rows, true
	s.loads++
	s.sight.position, s.sight.at = position, s.engine.hub.clock.Now()
	s.install()
}

// holdTime is how long what is shown waits for a load at most.
const holdTime = 300 * time.Millisecond

// hold has what is shown wait for a load that belongs to the same step.
func (s *resultSet) hold() {
	if s.held = true; s.ready && !s.holding {
		s.holding = true
		s.engine.after(holdTime, s, func() {
			if s.holding = false; s.held {
				s.release()
			}
		})
	}
}

// release shows what is known after a load has failed: what has left is not held back until the database answers.
func (s *resultSet) release() {
	if s.held = false; s.ready && !s.closed {
		s.changed()
	}
}

// giveUp ends a load without a result.
func (s *resultSet) giveUp() {
	if s.load.begun {
		s.table.loads--
	}
	s.load = nil
}

// install puts what was read in place of the items. Documents that were touched since then are left as
// they are: they have been read later.
func (s *resultSet) install() {
	t := s.table
	switch {
	case s.closed || s.load == nil || !s.load.done:
		return
	case t.busy():
		t.waiting = append(t.waiting, s)
		return
	}
	l := s.load
	s.giveUp()
	if s.again || s.blocked() || l.epoch != t.epoch || len(t.log)-l.from > s.engine.hub.bounds.touched {
		s.again = false
		s.reload()
		return
	}
	touched := make(map[string]bool, len(t.log)-l.from)
	for _, id := range t.log[l.from:] {
		touched[id] = true
	}
	items := make([]item, 0, len(l.rows))
	for _, row := range l.rows {
		id := t.collection.ID(row)
		if touched[id] {
			continue
		}
		e := t.entries[id]
		switch {
		case e == nil:
			e = &entry{id: id, row: row, epoch: t.epoch}
		case !slices.Equal(e.row, row) && e.epoch == t.epoch:
			s.engine.later(s) // a change that was not reported yet: which row is newer is not known
			return
		case !slices.Equal(e.row, row):
			t.change(id, row, false)
			if e = t.entries[id]; e == nil {
				e = &entry{id: id, row: row, epoch: t.epoch}
			}
		}
		if s.matches(row) {
			items = append(items, item{entry: e})
		}
	}
	s.complete = len(l.rows) <= s.room
	s.replace(items, touched)
	s.ready, s.behind, s.held = true, false, false
	s.trim()
	if !s.complete && len(s.items) < s.live.Limit { // much of what was read has been touched meanwhile
		s.hold()
		s.engine.later(s)
	}
	s.changed()
}

// replace makes these the items, and the touched ones of those before.
func (s *resultSet) replace(items []item, touched map[string]bool) {
	t := s.table
	before := make(map[*entry]item, len(s.items))
	for _, i := range s.items {
		before[i.entry] = i
	}
	for n, i := range items {
		if old, ok := before[i.entry]; ok {
			items[n] = old
		}
		i.refs++
		t.entries[i.id] = i.entry
		t.measure(i.entry)
	}
	last := len(items) - 1
	for _, i := range s.items {
		if touched[i.id] && s.matches(i.row) && (s.complete || last >= 0 && s.less(i.row, items[last].row)) {
			place := sort.Search(len(items), func(n int) bool { return s.less(i.row, items[n].row) })
			i.refs++
			items = slices.Insert(items, place, i)
			last = len(items) - 1
		}
	}
	for _, i := range s.items {
		t.release(i.entry)
	}
	s.items = items
}

// bind replaces the lookups of the filter and the masks by what they find now. What does not belong here any
// more leaves at once; what does since is read.
func (s *resultSet) bind() {
	if s.closed || s.blocked() {
		return
	}
	filter, err := s.engine.bound(s.lookups, s.live.Where)
	masks := make([]query.Filter, len(s.live.Masks))
	same := s.filter != nil && query.Equal(filter, s.filter) && len(s.masks) == len(masks)
	for i, m := range s.live.Masks {
		var failed error
		masks[i], failed = s.engine.bound(s.lookups, m.Where)
		err = errors.Join(err, failed)
		same = same && query.Equal(masks[i], s.masks[i])
	}
	if err != nil {
		s.failed(errTooMany)
		return
	}
	if same {
		return
	}
	s.table.unindex(s)
	s.filter, s.masks = filter, masks
	s.table.index(s)
	kept := s.items[:0]
	for _, i := range s.items {
		if i.hash = 0; s.matches(i.row) {
			kept = append(kept, i)
		} else {
			s.table.release(i.entry)
		}
	}
	clear(s.items[len(kept):])
	s.items = kept
	if s.ready {
		s.changed()
	}
}

// shown returns for each mask whether it holds for a row.
func (s *resultSet) shown(row query.Row) []bool {
	if len(s.masks) == 0 {
		return nil
	}
	out := make([]bool, len(s.masks))
	for i, m := range s.masks {
		out[i] = query.Match(m, s.table.collection.Shape, row, nil)
	}
	return out
}

// close releases everything.
func (s *resultSet) close() {
	s.closed = true
	s.job.end()
	if s.load != nil {
		s.giveUp()
	}
	delete(s.engine.recent, s)
	s.table.remove(s)
	for _, l := range s.lookups {
		s.engine.leaveLookup(l, s)
	}
}
