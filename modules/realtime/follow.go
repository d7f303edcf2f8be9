package realtime

import (
	"context"
	"maps"
	"slices"

	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// follower keeps what an engine has of one database up to date. It is the listener of the database's feed.
type follower struct {
	engine     *engine
	feed       *changes.Feed
	leave      func() // ends the subscription to the feed; there when subscribed is closed
	subscribed chan struct{}
	touched    []db.Change // were received and are not read yet; used by the feed only

	// The lock of the hub guards these, as all sets.
	ready       bool // the feed has a position
	collections []*db.Collection
	unsupported map[*db.Collection]error
	left        bool // it follows no more, and another one may by now
}

// follow returns what follows a feed, from the first time that it is asked for.
func (g *engine) follow(feed *changes.Feed) *follower {
	f := g.followers[feed]
	if f == nil {
		f = &follower{engine: g, feed: feed, leave: func() {}, subscribed: make(chan struct{})}
		for c, of := range g.config.Feeds {
			if of == feed {
				f.collections = append(f.collections, c)
			}
		}
		g.followers[feed] = f
		g.hub.clock.Run(&g.tasks, f, func() { // beside, because the feed calls Began, which takes the lock
			defer close(f.subscribed)
			if g.ctx.Err() == nil {
				f.leave = feed.Subscribe(f)
			}
		})
	}
	return f
}

// rest ends following where nothing of the database is live any more; then the feed may stop. The next live query follows
// again, from a new position. The lock is held.
func (f *follower) rest() {
	g := f.engine
	if !f.ready || slices.ContainsFunc(f.collections, func(c *db.Collection) bool { return !g.shown[c].unwatched() || !g.looked[c].unwatched() }) {
		return
	}
	for _, one := range g.groups {
		if g.config.Feeds[one.live.Collection] == f.feed {
			return
		}
	}
	f.left, f.ready = true, false
	delete(g.followers, f.feed)
	g.hub.clock.Run(&g.tasks, f, func() { // beside, because the feed calls with its own lock held
		<-f.subscribed
		f.leave()
	})
}

// ended reports whether what the feed says is of no use any more. The lock is held.
func (f *follower) ended() bool { return f.left || f.engine.ctx.Err() != nil }

// Began implements [changes.Listener]: everything is loaded, now that the position in the stream is known.
func (f *follower) Began(_ []*db.Collection, unsupported map[*db.Collection]error) {
	f.engine.hub.mu.Lock()
	defer f.engine.hub.mu.Unlock()
	if f.ended() {
		return
	}
	f.unsupported, f.touched = unsupported, nil
	f.begin()
}

// Receive implements [changes.Listener].
func (f *follower) Receive(changed []db.Change) { f.touched = append(f.touched, changed...) }

// Lost implements [changes.Listener]. What is shown stays as it is until there is a new position, from which everything is
// loaded again.
func (f *follower) Lost() {
	f.engine.hub.mu.Lock()
	defer f.engine.hub.mu.Unlock()
	if f.ended() {
		return
	}
	f.ready, f.touched = false, nil
	f.tables(f.collections, (*index).end)
}

// Read implements [changes.Reader]: it reads what was touched, and applies it.
func (f *follower) Read(catchUp func() error) error {
	for len(f.touched) > 0 {
		step, err := f.read(catchUp)
		switch {
		case f.engine.ctx.Err() != nil:
			return nil // the engine has ended; the feed goes on for others
		case err != nil:
			return err
		}
		f.apply(step)
	}
	return nil
}

// received takes the changes that were received and not taken yet.
func (f *follower) received() []db.Change {
	out := f.touched
	f.touched = nil
	return out
}

// begin loads everything, after the position in the stream is known.
func (f *follower) begin() {
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
		if f.unsupported[g.live.Collection] != nil {
			g.fail(f.engine.unwatchable(g.live.Collection))
		}
	}
}

// tables calls visit for the tables of collections, those of lookups first.
func (f *follower) tables(collections []*db.Collection, visit func(*index)) {
	for _, tables := range []map[*db.Collection]*index{f.engine.looked, f.engine.shown} {
		for _, c := range collections {
			if t := tables[c]; t != nil {
				visit(t)
			}
		}
	}
}

// maxExtended bounds how often a step is read again for commits that came while it was, where the database cannot read twice
// from one state.
const maxExtended = 5

// reading is a step that is read.
type reading struct {
	*follower
	*step
	catchUp func() error
	looked  bool        // permissions hang on what is read
	later   []db.Change // have come since, and are not part of the step
}

// read reads the documents of commits. A later commit may have changed some of them before they were read: then it
// is part of the step, so that half of it is not shown.
func (f *follower) read(catchUp func() error) (*step, error) {
	r := reading{follower: f, step: &step{}, catchUp: catchUp}
	r.touches.add(f.received(), f.engine.hub.bounds.batch)
	if !r.claim() {
		return r.step, nil
	}
	ctx, cancel := context.WithTimeout(db.ReadPrimary(f.engine.ctx), queryTime)
	defer cancel()
	met, err := r.pass(ctx, f.engine.service)
	of := r.batches[0].collection // all are of one database
	if err == nil && len(met) > 0 && f.engine.service.Snapshots(of) {
		r.extend()
		err = f.engine.service.Snapshot(ctx, of, func(service *crud.Service) error {
			r.claim()
			if met, err = r.pass(ctx, service); err != nil || len(met) == 0 {
				return err
			}
			// What has come meanwhile is before this state or after it. It is read in the same, and once more in the next step.
			r.touches.add(met, f.engine.hub.bounds.batch)
			r.claim()
			return r.readAll(ctx, service, r.batches)
		})
	} else {
		for tries := 0; err == nil && len(met) > 0 && tries < maxExtended; tries++ {
			r.extend()
			r.claim()
			met, err = r.pass(ctx, f.engine.service)
		}
	}
	if err == nil && r.looked {
		r.step.permissions, err = f.permissions(r.later)
	}
	if err != nil {
		return nil, err
	}
	r.settled = r.looked
	f.touched = slices.DeleteFunc(r.later, func(touch db.Change) bool { return touch.Pending })
	return r.step, nil
}

// claim claims what the step is to read, and reports whether there is something.
func (r *reading) claim() bool {
	r.batches, r.looked = r.follower.claim(&r.touches)
	for _, b := range r.batches { // a later try may find a collection without viewers
		r.begun = append(r.begun, b.collection)
	}
	return len(r.batches) > 0
}

// pass reads the documents once, and returns what has come until they were read, if it has to do with them.
func (r *reading) pass(ctx context.Context, service *crud.Service) ([]db.Change, error) {
	if err := r.readAll(ctx, service, r.batches); err != nil {
		return nil, err
	}
	if err := r.catchUp(); err != nil {
		return nil, err
	}
	came := r.received()
	r.later = append(r.later, came...)
	if !r.touches.meets(came) {
		return nil, nil
	}
	return came, nil
}

// extend makes what has come a part of the step, which has to be read again.
func (r *reading) extend() {
	r.touches.add(r.later, r.engine.hub.bounds.batch)
	r.later = slices.DeleteFunc(r.later, func(touch db.Change) bool { return !touch.Pending })
}

// claim returns what has viewers, and marks it as being read. guarded says that permissions for it
// hang on other documents.
func (f *follower) claim(t *touches) (batches []batch, guarded bool) {
	g := f.engine
	g.hub.mu.Lock()
	defer g.hub.mu.Unlock()
	if f.ended() {
		return nil, false
	}
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
func (f *follower) permissions(touched []db.Change) ([]batch, error) {
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
	ctx, cancel := context.WithTimeout(db.ReadPrimary(g.ctx), queryTime)
	defer cancel()
	return batches, f.readAll(ctx, g.service, batches)
}

// readAll reads the documents of batches.
func (f *follower) readAll(ctx context.Context, service *crud.Service, batches []batch) error {
	for i := range batches {
		b := &batches[i]
		b.rows = make(map[string]query.Row, len(b.ids))
		for from := 0; from < len(b.ids); from += readTogether {
			rows, err := service.RowsOf(ctx, b.collection, b.ids[from:min(from+readTogether, len(b.ids))])
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
func (f *follower) apply(step *step) {
	g := f.engine
	batches, permissions, t := step.batches, step.permissions, &step.touches
	g.hub.mu.Lock()
	defer g.hub.mu.Unlock()
	if f.ended() {
		return
	}
	defer g.hub.observe(g.hub.clock.Now(), batches)
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
			g.sure(f.feed, g.first, t.unclear[b.collection])
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
