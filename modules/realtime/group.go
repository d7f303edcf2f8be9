package realtime

import (
	"slices"
	"strconv"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

const (
	// history is how many changes a group remembers for those who come back, and historySize how many bytes.
	history     = 256
	historySize = 256 << 10
	// linger is how long a group without listeners is kept, for clients that come back.
	linger = 20 * time.Second
	// computeTime is the shortest time between two computations of one group.
	computeTime = 30 * time.Millisecond
)

var errTooMany = fault.Errorf(fault.Invalid, "a lookup finds more than %d documents", maxFound)

// group is a live query with all who listen to it. Whoever may see the same of the same query is in the same
// group, so that a change is decided and encoded once for all of them.
type group struct {
	engine *engine
	live   *crud.Live
	key    string
	subs   map[*subscription]struct{}
	// resultSet holds the documents; nil when the group is computed, and computed has what came out.
	set      *resultSet
	computed []computed
	// shown is what the listeners have received, total how many documents there are besides; -1 when that
	// is not asked or not known.
	shown   []place
	total   int64
	counted int64 // as it was counted last, -1 before
	ready   bool
	unknown bool   // the documents that are shown are not there any more; they are being computed
	state   uint64 // hash of shown and total

	log     []logged
	size    int // of log in bytes
	figures int // bytes of computed

	computing, dirty, counting, miscounted bool
	computation, tally                     *job // of computing and of counting
	lastComputed                           time.Time
	took                                   time.Duration
	idleSince                              time.Time
	spent                                  spent
}

// place is a document at the index that the listeners know.
type place struct {
	key  string
	hash uint64
}

// logged is an event, with the state before it.
type logged struct {
	before uint64
	event  *event
}

// join puts a listener into the group of a live query, which it makes when there is none.
func (g *engine) join(live *crud.Live, sub *subscription) (*group, error) {
	if c := g.groups[live.Identity]; c != nil {
		c.subs[sub] = struct{}{}
		delete(g.idle, c)
		return c, nil
	}
	for _, watched := range live.Watched {
		if err := g.unwatchable(watched); err != nil {
			return nil, err
		}
	}
	c := &group{engine: g, live: live, key: live.Identity, subs: map[*subscription]struct{}{sub: {}}, total: -1, counted: -1}
	if live.Fleeting { // a client that reads one part after the other is held to the pace of computations, too
		c.lastComputed = g.hub.clock.Now()
	}
	g.groups[c.key] = c
	g.held.add(sizeOfGroup(c.key))
	if live.Computed {
		c.watch()
		return c, nil
	}
	s, err := g.newSet(live, g.tableOf(g.shown, live.Collection), g.hub.bounds.slack, c.payers)
	switch {
	case err == errTooMany:
		c.watch()
	case err != nil:
		delete(g.groups, c.key)
		g.held.add(-sizeOfGroup(c.key))
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

// setFailed is what happens when the set cannot be kept: when it is for the number of documents that a
// lookup finds, the database is asked instead.
func (c *group) setFailed(err error) {
	if err != errTooMany {
		c.fail(err)
		return
	}
	c.set.close()
	c.set, c.unknown = nil, true
	c.watch()
}

// fail sends an error to all listeners that wait, and removes them.
func (c *group) fail(err error) {
	for sub := range c.subs {
		if !sub.live {
			sub.end(err)
		}
	}
}

// leave removes a listener. A group that has shown nothing yet has nothing for those who come back.
func (c *group) leave(sub *subscription) {
	if delete(c.subs, sub); len(c.subs) > 0 {
		return
	}
	if c.idleSince = c.engine.hub.clock.Now(); !c.ready || c.live.Fleeting {
		c.close()
		return
	}
	if c.engine.groups[c.key] == c {
		c.engine.idle[c] = struct{}{}
	}
}

// payers appends the listeners that wait, and where none does any one.
func (c *group) payers(to []payer) []payer {
	before := len(to)
	for sub := range c.subs {
		if !sub.live && len(to) < maxPayers {
			to = append(to, sub.session.payer())
		}
	}
	if len(to) > before {
		return to
	}
	for sub := range c.subs {
		return append(to, sub.session.payer())
	}
	return to
}

// wake restarts dropped work for a new listener, and work that waits in their turn.
func (c *group) wake(p payer) {
	switch {
	case c.set != nil:
		c.set.wake(p)
	case c.computing:
		c.engine.reads.want(c.computation, p)
	case c.unknown:
		c.compute()
	}
	switch {
	case c.counting:
		c.engine.reads.want(c.tally, p)
	case c.miscounted:
		c.count()
	}
}

// close releases everything.
func (c *group) close() {
	delete(c.engine.idle, c)
	if c.engine.groups[c.key] == c {
		delete(c.engine.groups, c.key)
		c.engine.held.add(-sizeOfGroup(c.key) - c.size - c.figures)
	}
	c.computation.end()
	c.tally.end()
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
func (c *group) steady() bool {
	return c.ready && !c.unknown && (c.set == nil || c.set.known() && !c.set.held)
}

// changed is called when the set has changed. While changes are applied, it acts once all of them are: what a
// commit does is one step.
func (c *group) changed() {
	if c.engine.applying {
		c.engine.changed[c] = struct{}{}
		return
	}
	c.count()
	c.show()
}

// show sends the listeners the difference between what is shown and what they have received.
func (c *group) show() {
	total := int64(-1)
	if c.live.Counted {
		if total = c.counted; c.set.complete {
			total = int64(len(c.set.items))
		}
		if total < 0 { // it is being counted; what is shown does not wait for it
			total = c.total
		}
		if total < 0 {
			return
		}
	}
	if !c.set.known() || c.set.held {
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
	c.notify(next, total, func(i int) []byte {
		if json := encoded[next[i].key]; json != nil {
			return json
		}
		return c.json(i)
	})
}

// notify sends the listeners what is shown now; json encodes the document at a place.
func (c *group) notify(next []place, total int64, json func(int) []byte) {
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
	// Each carries the state after it, so that a client that has received some of them is known to be in between.
	for i, e := range events {
		after := c.state
		if i < len(events)-1 {
			old = e.change.on(old)
			after = stateOf(old, was)
		}
		e.finish(after, i < len(events)-1)
		c.remember(before, e)
		before = after
	}
	c.pass(events)
}

// pass sends events to those who know what was before, and sends a snapshot to those who wait.
func (c *group) pass(events []*event) {
	for sub := range c.subs {
		switch {
		case !sub.live:
			sub.begin()
		case len(events) > 0:
			sub.send(events)
			c.spent.sent(events, 1)
		}
	}
}

func (c *group) remember(before uint64, e *event) {
	c.log = append(c.log, logged{before, e})
	c.resize(len(e.body))
	drop := 0
	for drop < len(c.log) && (len(c.log)-drop > history || c.size > historySize || c.engine.hub.full()) {
		c.resize(-len(c.log[drop].event.body))
		drop++
	}
	c.log = slices.Delete(c.log, 0, drop)
}

// resize counts bytes of the log.
func (c *group) resize(by int) {
	c.size += by
	c.engine.held.add(by)
}

// since returns what was sent after a state, and whether that can be sent again: what was sent of a
// document that is not shown any more may not be, because the caller may have no right to it any more.
func (c *group) since(state uint64) ([]*event, bool) {
	if state == c.state {
		return nil, true
	}
	if c.live.Figures {
		return nil, false
	}
	at := -1
	for i := len(c.log) - 1; i >= 0 && at < 0; i-- {
		if c.log[i].before == state {
			at = i
		}
	}
	if at < 0 {
		return nil, false
	}
	shown := make(map[string]bool, len(c.shown))
	for _, p := range c.shown {
		shown[p.key] = true
	}
	var events []*event
	for _, l := range c.log[at:] {
		if ch := l.event.change; ch != nil && ch.hash != 0 && !shown[ch.key] {
			return nil, false
		}
		events = append(events, l.event)
	}
	return events, true
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
	e.finish(c.state, false)
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
