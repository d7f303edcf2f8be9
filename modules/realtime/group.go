package realtime

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
)

const (
	// history is how many changes a group remembers for those who come back, and historySize how many bytes.
	history     = 256
	historySize = 256 << 10
	// linger is how long a group that nobody listens to goes on, for those who come back.
	linger = 20 * time.Second
	// computeTime is the shortest time between two computations of one group.
	computeTime = 30 * time.Millisecond
)

var errTooMany = query.Errorf(query.Invalid, "a lookup finds more than %d documents", maxFound)

// group is a live query with all who listen to it. Whoever may see the same of the same query is in the same
// group, so that a change is decided and encoded once for all of them.
type group struct {
	engine *engine
	live   *crud.Live
	key    string
	subs   map[*subscription]struct{}
	// set holds the documents; nil when the group is computed, and computed has what came out.
	set      *set
	computed []computed
	// shown is what the listeners have been told, total how many documents there are besides; -1 when that
	// is not asked or not known.
	shown   []place
	total   int64
	counted int64 // as it was counted last, -1 before
	ready   bool
	state   uint64 // hash of shown and total

	log  []logged
	size int // of log in bytes

	computing, dirty, counting, miscounted bool
	lastComputed                           time.Time
	took                                   time.Duration
	idleSince                              time.Time
}

// computed is a document, or a group of figures, that was computed.
type computed struct {
	key  string
	hash uint64
	json []byte
}

// place is a document in its place as it was told.
type place struct {
	key  string
	hash uint64
}

// logged is an event, with the state before it.
type logged struct {
	before uint64
	event  *event
}

// event is what is told to a listener, encoded once for all: the members of the message after the id, and the
// closing bracket.
type event struct {
	name string
	body []byte
	// resume is the token in it, for server-sent events.
	resume string
	// change is what it does to the places; nil when it leaves them.
	change *change
}

// change puts a document in a place, or takes it out where there is no hash.
type change struct {
	place
	index int
}

// on returns the places after the change.
func (c *change) on(places []place) []place {
	if at := slices.IndexFunc(places, func(p place) bool { return p.key == c.key }); at >= 0 {
		places = slices.Delete(places, at, at+1)
	}
	if c.hash == 0 {
		return places
	}
	return slices.Insert(places, c.index, c.place)
}

// join returns the group of a live query, which it makes when there is none.
func (g *engine) join(live *crud.Live) (*group, error) {
	if c := g.groups[live.Identity]; c != nil {
		return c, nil
	}
	for _, watched := range live.Watched {
		if err := g.unwatchable(watched); err != nil {
			return nil, err
		}
	}
	c := &group{engine: g, live: live, key: live.Identity, subs: map[*subscription]struct{}{}, total: -1, counted: -1}
	g.groups[c.key] = c
	if live.Computed {
		c.watch()
		return c, nil
	}
	s, err := g.newSet(live, g.table(g.shown, live), slack)
	switch {
	case err == errTooMany:
		c.watch()
	case err != nil:
		delete(g.groups, c.key)
		return nil, err
	default:
		c.set = s
		s.changed, s.failed = c.changed, c.setFailed
		if live.Counted {
			s.table.counted[c] = struct{}{}
		}
		s.reload()
	}
	return c, nil
}

// watch makes the group one that is computed when something it depends on changes.
func (c *group) watch() {
	for _, watched := range c.live.Watched {
		t := c.engine.shown[watched]
		if t == nil {
			t = newTable(watched)
			c.engine.shown[watched] = t
		}
		t.computed[c] = struct{}{}
	}
	c.compute()
}

// setFailed is what happens when the set can not be kept: when it is for the number of documents that a
// lookup finds, the database is asked instead.
func (c *group) setFailed(err error) {
	if err != errTooMany {
		c.fail(err)
		return
	}
	c.set.close()
	c.set = nil
	c.watch()
}

// fail tells an error to all listeners that wait, and lets go of them.
func (c *group) fail(err error) {
	for sub := range c.subs {
		if !sub.live {
			sub.end(err)
		}
	}
}

// close lets go of everything.
func (c *group) close() {
	delete(c.engine.groups, c.key)
	if c.set != nil {
		c.set.close()
	}
	for _, watched := range c.live.Watched {
		if t := c.engine.shown[watched]; t != nil {
			delete(t.computed, c)
			delete(t.counted, c)
		}
	}
}

// steady reports whether what is shown is known now.
func (c *group) steady() bool { return c.ready && (c.set == nil || c.set.known()) }

// changed is called when the set has changed.
func (c *group) changed() {
	c.count()
	c.show()
}

// show tells the listeners how what is shown differs from what they have been told.
func (c *group) show() {
	total := int64(-1)
	if c.live.Counted {
		if total = c.counted; c.set.complete {
			total = int64(len(c.set.items))
		}
		if total < 0 {
			return // it is being counted
		}
	}
	if !c.set.known() {
		return
	}
	n := min(len(c.set.items), c.live.Limit)
	next := make([]place, n)
	var encoded map[string][]byte
	for i := range n {
		it := &c.set.items[i]
		if it.hash == 0 {
			json := c.live.AppendJSON(nil, it.row, c.set.shown(it.row))
			it.hash = hashOf(it.id, json)
			if encoded == nil {
				encoded = map[string][]byte{}
			}
			encoded[it.id] = json
		}
		next[i] = place{it.id, it.hash}
	}
	c.tell(next, total, func(i int) []byte {
		if json := encoded[next[i].key]; json != nil {
			return json
		}
		row := c.set.items[i].row
		return c.live.AppendJSON(nil, row, c.set.shown(row))
	})
}

// tell tells the listeners what is shown now; json encodes the document at a place.
func (c *group) tell(next []place, total int64, json func(int) []byte) {
	before, was, old := c.state, c.total, c.shown
	events := changesOf(old, next, json)
	c.shown, c.total = next, total
	c.state = stateOf(next, total)
	if !c.ready {
		c.ready = true
		c.pass(nil)
		return
	}
	if total != was {
		events = append(events, &event{name: "total", body: append(strconv.AppendInt([]byte(`"event":"total","total":`), total, 10), ',')})
	}
	// Each carries the state after it, so that a client that has heard some of them is known to be between.
	shown := slices.Clone(old)
	for i, e := range events {
		after := c.state
		if i < len(events)-1 {
			shown = e.change.on(shown)
			after = stateOf(shown, was)
		}
		e.finish(after)
		c.remember(before, e)
		before = after
	}
	c.pass(events)
}

// pass tells events to those who know what was before, and begins to tell those who wait.
func (c *group) pass(events []*event) {
	for sub := range c.subs {
		switch {
		case !sub.live:
			sub.begin()
		case len(events) > 0:
			sub.send(events)
		}
	}
}

// finish ends an event with the token of a state.
func (e *event) finish(state uint64) {
	e.resume = tokenOf(state)
	e.body = append(append(append(e.body, `"resume":"`...), e.resume...), `"}`...)
}

func (c *group) remember(before uint64, e *event) {
	c.log, c.size = append(c.log, logged{before, e}), c.size+len(e.body)
	drop := 0
	for len(c.log)-drop > history || c.size > historySize && drop < len(c.log) {
		c.size -= len(c.log[drop].event.body)
		drop++
	}
	c.log = slices.Delete(c.log, 0, drop)
}

// since returns what was told after a state, and whether that is known.
func (c *group) since(state uint64) ([]*event, bool) {
	if state == c.state {
		return nil, true
	}
	for i := len(c.log) - 1; i >= 0; i-- {
		if c.log[i].before == state {
			var events []*event
			for _, l := range c.log[i:] {
				events = append(events, l.event)
			}
			return events, true
		}
	}
	return nil, false
}

// snapshot returns all that is shown as one event.
func (c *group) snapshot(reset bool) *event {
	body := []byte(`"event":"snapshot","items":[`)
	for i := range c.shown {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, c.json(i)...)
	}
	body = append(body, "],"...)
	if c.live.Counted {
		body = append(strconv.AppendInt(append(body, `"total":`...), c.total, 10), ',')
	}
	if !c.live.Figures { // the keys, where a selection leaves out the ids
		body = append(body, `"keys":[`...)
		for i, p := range c.shown {
			if i > 0 {
				body = append(body, ',')
			}
			body = query.String(p.key).AppendJSON(body)
		}
		body = append(body, "],"...)
	}
	if reset {
		body = append(body, `"reset":true,`...)
	}
	e := &event{name: "snapshot", body: body}
	e.finish(c.state)
	return e
}

// json encodes the document at a place.
func (c *group) json(i int) []byte {
	if c.set == nil {
		return c.computed[i].json
	}
	row := c.set.items[i].row
	return c.live.AppendJSON(nil, row, c.set.shown(row))
}

// compute computes the group anew, as soon as that may be.
func (c *group) compute() {
	g := c.engine
	if c.computing {
		c.dirty = true
		return
	}
	if !g.watching(c.live.Collection) || len(c.subs) == 0 && c.ready && time.Since(c.idleSince) > linger {
		return
	}
	c.computing, c.dirty = true, false
	wait := max(computeTime, c.took*2) - time.Since(c.lastComputed)
	if wait > 0 {
		g.after(wait, c.computeNow)
		return
	}
	c.computeNow()
}

func (c *group) computeNow() {
	g := c.engine
	g.task(func(ctx context.Context) {
		g.hub.mu.Lock()
		c.dirty = false // what has changed until now is seen
		g.hub.mu.Unlock()
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		start := time.Now()
		items, err := c.live.Compute(ctx)
		total := int64(-1)
		if err == nil && c.live.Counted {
			total, err = c.live.Count(ctx)
		}
		g.hub.mu.Lock()
		defer g.hub.mu.Unlock()
		c.computing, c.lastComputed, c.took = false, time.Now(), time.Since(start)
		if g.groups[c.key] != c {
			return
		}
		if err != nil {
			if !c.ready {
				c.fail(err)
			}
			g.after(retryTime, c.compute)
			return
		}
		c.take(items, total)
		if c.dirty {
			c.compute()
		}
	})
}

// take tells what was computed.
func (c *group) take(items []crud.Item, total int64) {
	c.computed = make([]computed, len(items))
	next := make([]place, len(items))
	for i, it := range items {
		c.computed[i] = computed{it.Key, hashOf(it.Key, it.JSON), it.JSON}
		next[i] = place{it.Key, c.computed[i].hash}
	}
	if !c.live.Figures {
		c.tell(next, total, func(i int) []byte { return items[i].JSON })
		return
	}
	if c.ready && stateOf(next, total) == c.state {
		c.pass(nil)
		return
	}
	before := c.state
	c.shown, c.state = next, stateOf(next, total)
	if !c.ready {
		c.ready = true
		c.pass(nil)
		return
	}
	e := c.snapshot(false)
	c.remember(before, e)
	c.pass([]*event{e})
}

// count finds out how many documents there are, where the set does not hold all of them.
func (c *group) count() {
	g := c.engine
	if !c.live.Counted || c.set == nil || c.set.complete {
		return
	}
	if c.counting {
		c.miscounted = true
		return
	}
	c.counting, c.miscounted = true, false
	g.after(computeTime, func() {
		g.task(func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, queryTime)
			defer cancel()
			total, err := c.live.Count(ctx)
			g.hub.mu.Lock()
			defer g.hub.mu.Unlock()
			c.counting = false
			if g.groups[c.key] != c || c.set == nil {
				return
			}
			if err == nil {
				c.counted = total
				c.show()
			}
			if err != nil || c.miscounted {
				c.count()
			}
		})
	})
}

func hashOf(key string, json []byte) uint64 {
	h := xxhash.NewWithSeed(uint64(len(key)))
	_, _ = h.WriteString(key) // never fails
	_, _ = h.Write(json)
	return max(h.Sum64(), 1)
}

// stateOf is a hash of what is shown: two states with the same hash are the same.
func stateOf(shown []place, total int64) uint64 {
	buffer := make([]byte, 0, 8*(len(shown)+1))
	for _, p := range shown {
		buffer = binary.BigEndian.AppendUint64(buffer, p.hash)
	}
	return xxhash.Sum64(binary.BigEndian.AppendUint64(buffer, uint64(total)))
}

// A token names what its holder has been shown, by its hash. So it is good on every node, and one that is made
// up does harm to nobody but its maker.
func tokenOf(state uint64) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, state))
}

func stateOfToken(token string) (uint64, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(raw), true
}

// changesOf returns what leads from one list to another, told one after the other: removed documents, and
// those that are added or modified with their new places.
func changesOf(old, next []place, json func(int) []byte) []*event {
	first := 0
	for first < len(old) && first < len(next) && old[first] == next[first] {
		first++
	}
	end := 0
	for end < len(old)-first && end < len(next)-first && old[len(old)-1-end] == next[len(next)-1-end] {
		end++
	}
	was, is := old[first:len(old)-end], next[first:len(next)-end]
	if len(was) == 0 && len(is) == 0 {
		return nil
	}
	hashes := make(map[string]uint64, len(was))
	for _, p := range was {
		hashes[p.key] = p.hash
	}
	stays := make(map[string]bool, len(is))
	for _, p := range is {
		stays[p.key] = true
	}
	var events []*event
	list := make([]string, 0, len(is)) // as the client has it
	for _, p := range was {
		if stays[p.key] {
			list = append(list, p.key)
		} else {
			events = append(events, removed(p.key))
		}
	}
	for i := 0; i < len(is); i++ {
		key := is[i].key
		hash, known := hashes[key]
		switch {
		case !known:
			list = slices.Insert(list, i, key)
			events = append(events, documentEvent("added", is[i], first+i, json(first+i)))
		case list[i] == key:
			if hash != is[i].hash {
				events = append(events, documentEvent("modified", is[i], first+i, json(first+i)))
			}
		case len(list) > i+1 && list[i+1] == key: // it is the one in between that has moved
			moved := list[i]
			to := slices.IndexFunc(is, func(p place) bool { return p.key == moved })
			list = slices.Delete(list, i, i+1)
			to = min(to, len(list))
			list = slices.Insert(list, to, moved)
			at := slices.IndexFunc(is, func(p place) bool { return p.key == moved })
			events = append(events, documentEvent("modified", is[at], first+to, json(first+at)))
			hashes[moved] = is[at].hash
			i--
		default:
			from := slices.Index(list, key)
			list = slices.Insert(slices.Delete(list, from, from+1), i, key)
			events = append(events, documentEvent("modified", is[i], first+i, json(first+i)))
		}
	}
	return events
}

func removed(key string) *event {
	body := query.String(key).AppendJSON([]byte(`"event":"change","type":"removed","key":`))
	return &event{name: "change", body: append(body, ','), change: &change{place: place{key: key}}}
}

func documentEvent(kind string, p place, index int, json []byte) *event {
	body := make([]byte, 0, len(json)+len(p.key)+120)
	body = append(append(append(body, `"event":"change","type":"`...), kind...), `","key":`...)
	body = query.String(p.key).AppendJSON(body)
	body = strconv.AppendInt(append(body, `,"index":`...), int64(index), 10)
	body = append(append(body, `,"doc":`...), json...)
	return &event{name: "change", body: append(body, ','), change: &change{p, index}}
}
