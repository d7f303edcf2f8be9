package realtime

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// What clients make a node hold is counted in bytes: subscriptions and their groups, the rows of live windows and
// the changes they remember, the members of channels, and what waits for clients. Past limits.live nothing is
// added: new subscriptions are refused, snapshots wait until there is room, and a slow reader loses what has piled
// up. If what is there grows past it, the largest groups are let go. Histories of channels have a limit of their own.

// held counts bytes. An engine counts what belongs to its groups, as a part of what the hub holds.
type held struct {
	bytes atomic.Int64
	whole *held // nil for the hub's; the lock of the hub guards it
}

func (h *held) add(n int) {
	if h.bytes.Add(int64(n)); h.whole != nil {
		h.whole.add(n)
	}
}

// leave takes a part out of the whole, when its engine is replaced.
func (h *held) leave() {
	h.whole.add(-int(h.bytes.Load()))
	h.whole = nil
}

// What these cost besides their text.
const (
	subscriptionSize = 1 << 10
	groupSize        = 4 << 10
	entrySize        = 128
	memberSize       = 256
)

// sizeOfGroup is what a group costs whose key this is: it keeps the key, and the values of its filter.
func sizeOfGroup(key string) int { return groupSize + 2*len(key) }

// asks counts what the subscription keeps to be prepared again: about as much as its query says.
func (sub *subscription) asks(bytes int) {
	sub.session.hub.held.add(bytes - sub.asked)
	sub.asked = bytes
}

func errFull() error {
	return fault.Retry(fault.Unavailable, 5*time.Second, "the live queries, channels and slow clients of this node take all of limits.live; try again")
}

// full reports whether nothing may be added.
func (h *Hub) full() bool {
	most := h.most.Load()
	return most > 0 && h.held.bytes.Load() >= most
}

// size is what a row costs that a window holds.
func sizeOf(row query.Row) int { return entrySize + db.Size(row) }

// measure counts an entry that is held, after its row has changed.
func (t *index) measure(e *entry) {
	size := sizeOf(e.row)
	t.held.add(size - e.size)
	e.size = size
}

// bytes is about how much a group holds. Rows that it shares with others count for each.
func (c *group) bytes() int {
	n := sizeOfGroup(c.key) + c.size + c.figures
	if c.set != nil {
		for _, i := range c.set.items {
			n += i.size
		}
	}
	return n
}

// shed drops groups until there is room: those without listeners, then the largest. Whoever
// listens there subscribes again when there is room.
func (g *engine) shed() {
	if !g.hub.full() {
		return
	}
	for c := range g.idle {
		c.close()
	}
	most := g.hub.most.Load()
	if !g.hub.full() || g.held.bytes.Load() < most/2 { // it is the clients that do not read
		return
	}
	type sized struct {
		*group
		bytes int
	}
	var all []sized
	for _, c := range g.groups {
		all = append(all, sized{c, c.bytes()})
	}
	slices.SortFunc(all, func(a, b sized) int { return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.key, b.key)) })
	for _, c := range all {
		if g.hub.held.bytes.Load() < most-most/10 {
			return
		}
		for sub := range c.subs {
			sub.end(errFull())
		}
		if g.groups[c.key] == c.group {
			c.close()
		}
	}
}
