package realtime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// feed brings the changes of one database.
type feed struct {
	engine      *engine
	driver      db.Driver
	collections []*db.Collection
	ready       bool // guarded by the hub's lock, as are all sets
	refused     map[*db.Collection]error
	complained  time.Time
}

// run watches the database until the engine ends. After an error it starts anew, and so does all that hangs
// on it.
func (f *feed) run() {
	g := f.engine
	for pause := 50 * time.Millisecond; g.ctx.Err() == nil; pause = min(pause*2, 5*time.Second) {
		started := g.hub.world.now()
		err := f.watch()
		if g.ctx.Err() != nil {
			return
		}
		g.hub.lost(f, err)
		if g.hub.world.now().Sub(started) > time.Minute {
			pause = 50 * time.Millisecond
		}
		g.hub.world.sleep(g.ctx, f, pause)
	}
}

func (f *feed) watch() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	g := f.engine
	watcher, ok := db.As[db.Watcher](f.driver)
	if !ok {
		return errors.New("the driver of the database tells of no changes")
	}
	ctx, cancel := context.WithTimeout(g.ctx, queryTime)
	refused, err := watcher.Unsupported(ctx, f.collections)
	if err != nil {
		cancel()
		return err
	}
	var collections []*db.Collection
	for _, c := range f.collections {
		if refused[c] == nil {
			collections = append(collections, c)
		}
	}
	changes, err := watcher.Watch(ctx, collections)
	cancel()
	if err != nil {
		return err
	}
	if follower := g.hub.Follow; follower != nil {
		follower.Began(f.driver, collections)
		defer follower.Lost(f.driver)
	}
	g.hub.mu.Lock()
	f.refused = refused
	f.begin()
	g.hub.mu.Unlock()
	err = f.follow(changes)
	return errors.Join(err, changes.Close())
}

// begin loads everything, after the place in the stream is known.
func (f *feed) begin() {
	f.ready = true
	for _, c := range f.collections { // first, so that what hangs on them waits
		if t := f.engine.looked[c]; t != nil {
			t.invalidate()
		}
	}
	for _, c := range f.collections {
		if t := f.engine.shown[c]; t != nil {
			t.invalidateAll()
			for c := range t.computed {
				c.compute()
			}
		}
	}
	for _, g := range f.engine.groups {
		if why := f.refused[g.live.Collection]; why != nil {
			g.fail(f.engine.unwatchable(g.live.Collection))
		}
	}
}

// tables calls visit for the tables of collections, those of lookups first.
func (f *feed) tables(collections []*db.Collection, visit func(*index)) {
	for _, tables := range []map[*db.Collection]*index{f.engine.looked, f.engine.shown} {
		for _, c := range collections {
			if t := tables[c]; t != nil {
				visit(t)
			}
		}
	}
}

// maxBatch is how many documents of a collection are read one by one; where more have changed, what hangs
// on the collection is loaded anew.
const maxBatch = 1000

// touches are the documents that have changed, by collection; all says that any may have.
type touches struct {
	ids map[*db.Collection]map[string]uint64 // with the first position
	all map[*db.Collection]bool
	// first is the first position of a collection, 0 when one is not known; unclear says that an id was touched
	// more than once.
	first   map[*db.Collection]uint64
	unclear map[*db.Collection]bool
}

func (t *touches) add(touched []db.Change, most int) {
	if t.ids == nil {
		t.ids, t.all = map[*db.Collection]map[string]uint64{}, map[*db.Collection]bool{}
		t.first, t.unclear = map[*db.Collection]uint64{}, map[*db.Collection]bool{}
	}
	for _, touch := range touched {
		c := touch.Collection
		if t.ids[c] == nil {
			t.ids[c], t.first[c] = map[string]uint64{}, touch.Position
		}
		t.first[c] = min(t.first[c], touch.Position)
		before, again := t.ids[c][touch.ID]
		switch {
		case again:
			t.unclear[c] = t.unclear[c] || before == 0 || before != touch.Position
		case touch.ID == "" || len(t.ids[c]) >= most:
			t.all[c], t.unclear[c] = true, true
		default:
			t.ids[c][touch.ID] = touch.Position
		}
	}
}

// collections returns those that were touched, in the order of their names: what is read in which order does not
// hang on chance.
func (t *touches) collections() []*db.Collection {
	return slices.SortedFunc(maps.Keys(t.ids), func(a, b *db.Collection) int { return strings.Compare(a.Name, b.Name) })
}

// batch is what was read of a collection: for each id its row, nil for one that is not there.
type batch struct {
	collection *db.Collection
	ids        []string
	rows       map[string]query.Row
}

// follow applies changes until the place in the stream is lost.
func (f *feed) follow(changes db.Changes) error {
	g := f.engine
	var more []db.Change
	for {
		touched := more
		if more = nil; len(touched) == 0 {
			var err error
			if touched, err = changes.Next(g.ctx); err != nil {
				return err
			}
			f.tell(touched)
		}
		step, err := f.read(changes, touched)
		if err != nil {
			return err
		}
		more = step.more
		f.apply(step)
		f.watchLog(changes)
	}
}

// step is what is applied at once: some commits, each of them as a whole, as their documents were read.
type step struct {
	touches              touches
	batches, permissions []batch
	more                 []db.Change      // is told already, and comes after
	begun                []*db.Collection // whose documents are being read, as far as their tables know
	// settled says that what lookups find is no older than the documents.
	settled bool
}

// maxExtended bounds how often a step is read again for commits that came while it was.
const maxExtended = 5

// read reads the documents of commits. A later commit may have changed some of them before they were read: then it
// is part of the step, so that half of it is not shown.
func (f *feed) read(changes db.Changes, touched []db.Change) (*step, error) {
	g := f.engine
	s := &step{}
	s.touches.add(touched, g.hub.bounds.batch)
	for tries := 0; ; tries++ {
		var looked bool
		if s.batches, looked = f.claim(&s.touches); len(s.batches) == 0 && tries == 0 {
			return s, nil
		}
		for _, b := range s.batches { // a later try may find that nobody looks at a collection any more
			s.begun = append(s.begun, b.collection)
		}
		err := f.readAll(s.batches)
		if err != nil {
			return nil, err
		}
		settled, err := changes.CatchUp(g.ctx)
		if err != nil {
			return nil, err
		}
		f.tell(settled)
		if s.more = append(s.more, settled...); tries < maxExtended && s.touches.meets(settled) {
			s.touches.add(s.more, g.hub.bounds.batch)
			s.more = slices.DeleteFunc(s.more, func(touch db.Change) bool { return !touch.Pending })
			continue
		}
		if s.settled = looked; looked {
			if s.permissions, err = f.permissions(s.more); err != nil {
				return nil, err
			}
		}
		s.more = slices.DeleteFunc(s.more, func(touch db.Change) bool { return touch.Pending })
		return s, nil
	}
}

// meets reports whether something was touched that is read.
func (t *touches) meets(touched []db.Change) bool {
	return slices.ContainsFunc(touched, func(touch db.Change) bool {
		ids, ok := t.ids[touch.Collection]
		_, is := ids[touch.ID]
		return ok && (is || touch.ID == "")
	})
}

// tell passes on what was touched to who follows.
func (f *feed) tell(touched []db.Change) {
	if follower := f.engine.hub.Follow; follower != nil && len(touched) > 0 {
		follower.Heard(touched)
	}
}

const (
	// manyBytes of a database's log unread are a reason to say so, once in complainInterval.
	manyBytes        = 64 << 20
	complainInterval = time.Minute
)

// watchLog says so when this node is far behind, because the database keeps its log until it is read.
func (f *feed) watchLog(changes db.Changes) {
	log, ok := changes.(db.Lagger)
	if !ok {
		return
	}
	n := log.Lag()
	if o := f.engine.hub.Observe; o != nil {
		o.Behind(n)
	}
	if n > manyBytes && time.Since(f.complained) > complainInterval {
		f.complained = time.Now()
		f.engine.config.Log.Warn("this node is behind the changes of a database, which keeps its log meanwhile; max_slot_wal_keep_size bounds that", "bytes", n)
	}
}

// claim returns what somebody looks at, and marks it as being read. guarded says that permissions for it
// hang on other documents.
func (f *feed) claim(t *touches) (batches []batch, guarded bool) {
	g := f.engine
	g.hub.mu.Lock()
	defer g.hub.mu.Unlock()
	for _, c := range t.collections() {
		shown, looked := g.shown[c], g.looked[c]
		if shown.unwatched() && looked.unwatched() {
			delete(t.all, c)
			continue
		}
		b := batch{collection: c, ids: slices.Sorted(maps.Keys(t.ids[c]))}
		batches = append(batches, b)
		for _, table := range []*index{shown, looked} {
			if table != nil {
				table.begin(b.ids)
				guarded = guarded || table.guarded > 0
			}
		}
	}
	return batches, guarded
}

// permissions reads what lookups may find of touched documents.
func (f *feed) permissions(touched []db.Change) ([]batch, error) {
	g := f.engine
	var t touches
	t.add(touched, f.engine.hub.bounds.batch)
	var batches []batch
	g.hub.mu.Lock()
	for _, c := range t.collections() {
		looked := g.looked[c]
		if looked == nil || looked.idle() {
			continue
		}
		if t.all[c] {
			looked.invalidate()
		}
		b := batch{collection: c, ids: slices.Sorted(maps.Keys(t.ids[c]))}
		looked.begin(b.ids)
		batches = append(batches, b)
	}
	g.hub.mu.Unlock()
	return batches, f.readAll(batches)
}

// readAll reads the documents of batches.
func (f *feed) readAll(batches []batch) error {
	ctx, cancel := context.WithTimeout(db.ReadPrimary(f.engine.ctx), queryTime)
	defer cancel()
	for i := range batches {
		b := &batches[i]
		b.rows = make(map[string]query.Row, len(b.ids))
		for from := 0; from < len(b.ids); from += readTogether {
			rows, err := f.engine.service.RowsOf(ctx, b.collection, b.ids[from:min(from+readTogether, len(b.ids))])
			if err != nil {
				return err
			}
			for _, row := range rows {
				b.rows[b.collection.ID(row)] = row
			}
		}
	}
	return nil
}

// readTogether is how many documents one statement reads.
const readTogether = 250

// apply brings everything up to date with what was read: what lookups find first, so that nothing is shown
// by a permission that has ended.
func (f *feed) apply(step *step) {
	g := f.engine
	batches, permissions, t := step.batches, step.permissions, &step.touches
	g.hub.mu.Lock()
	defer g.hub.mu.Unlock()
	defer g.hub.observe(time.Now(), batches)
	touched := step.begun
	for _, b := range permissions {
		touched = append(touched, b.collection)
	}
	f.tables(touched, (*index).read)
	g.applying = true
	for _, b := range batches {
		if looked := g.looked[b.collection]; looked != nil {
			g.first = t.first[b.collection]
			looked.apply(b, true)
			if t.all[b.collection] {
				looked.invalidate()
			}
			g.sure(f.driver, g.first, t.unclear[b.collection])
			g.first = 0
		}
	}
	for _, b := range permissions {
		if looked := g.looked[b.collection]; looked != nil {
			looked.apply(b, true)
		}
	}
	for _, b := range batches {
		if shown := g.shown[b.collection]; shown != nil {
			shown.apply(b, step.settled)
			if t.all[b.collection] {
				shown.invalidateAll()
			}
			for c := range shown.computed {
				c.compute()
			}
			for c := range shown.counted {
				c.count()
			}
		}
	}
	f.tables(touched, (*index).end)
	g.applying = false
	for c := range g.changed {
		delete(g.changed, c)
		if c.set != nil {
			c.changed()
		}
	}
}
