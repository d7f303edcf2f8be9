package realtime

import (
	"slices"
	"sync"
)

// queue has what is to be written to a client. Whoever puts something in starts the goroutine that writes,
// which ends when there is nothing left: a connection that is idle has none. What has piled up for a slow
// reader is thrown away, and replaced by a snapshot once it reads again.
type queue struct {
	session *Session

	mu      sync.Mutex // guards what follows
	waiting []message
	size    int             // bytes of waiting
	flying  int             // bytes that are being written
	behind  []*subscription // get a snapshot instead of what was thrown away
	pings   bool
	writing bool
	closed  bool
}

type message struct {
	sub   *subscription
	event *event
}

const (
	// overhead is what a message costs besides its text.
	overhead = 64
	// maxWrite is about how much is written at once.
	maxWrite = 64 << 10
)

// push adds events of a subscription. The hub's lock is held.
func (q *queue) push(sub *subscription, events []*event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || sub.behind {
		return
	}
	for _, e := range events {
		q.waiting = append(q.waiting, message{sub, e})
		sub.queued++
		q.resize(len(e.body) + overhead)
	}
	if most := q.most(); q.size > most && len(q.waiting) > len(events) {
		if q.overflow(); q.size > most { // of answers to what it asks
			q.closed = true
			q.session.hub.writing.Go(func() { q.session.transport.Close(TooSlow) })
			return
		}
	}
	q.wake()
	if o := q.session.hub.observer; o != nil {
		o.Sent(len(events))
	}
}

// overflow throws away what belongs to subscriptions.
func (q *queue) overflow() {
	kept := q.waiting[:0]
	q.resize(-q.size)
	for _, m := range q.waiting {
		if m.sub.group == nil && m.sub.room == nil {
			kept = append(kept, m)
			q.resize(len(m.event.body) + overhead)
			continue
		}
		m.sub.queued = 0
		q.fallBehind(m.sub)
	}
	clear(q.waiting[len(kept):])
	q.waiting = kept
	if o := q.session.hub.observer; o != nil {
		o.Resynchronised()
	}
}

// fallBehind notes that a subscription gets a snapshot. The lock is held.
func (q *queue) fallBehind(sub *subscription) {
	if !sub.behind {
		sub.behind = true
		q.behind = append(q.behind, sub)
	}
}

// resize counts bytes that wait.
func (q *queue) resize(by int) {
	q.size += by
	q.session.hub.held.add(by)
}

// most is how many bytes may wait: limits.queue, and where the node is full an equal part of limits.live at most. The
// hub's lock is held.
func (q *queue) most() int {
	h := q.session.hub
	most := h.engine.config.Limits.Queue
	if h.full() {
		most = min(most, int(h.most.Load())/max(1, len(h.sessions)))
	}
	return most
}

// postpone reports that there is no room for a snapshot: the subscription gets it when there is. The hub's lock is held.
func (q *queue) postpone(sub *subscription) bool {
	if !q.session.hub.full() {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fallBehind(sub)
	q.session.hub.stalled.Store(true)
	return true
}

// goOn begins to write the snapshots that have waited for room.
func (q *queue) goOn() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.behind) > 0 && !q.closed {
		q.wake()
	}
}

// forget drops what waits for a subscription that has ended. The hub's lock is held.
func (q *queue) forget(sub *subscription) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if sub.behind {
		sub.behind = false
		q.behind = slices.DeleteFunc(q.behind, func(other *subscription) bool { return other == sub })
	}
	if sub.queued == 0 { // one of many
		return
	}
	sub.queued = 0
	kept := q.waiting[:0]
	for _, m := range q.waiting {
		if m.sub == sub {
			q.resize(-len(m.event.body) - overhead)
		} else {
			kept = append(kept, m)
		}
	}
	clear(q.waiting[len(kept):])
	q.waiting = kept
}

func (q *queue) ping() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pings = true
	q.wake()
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.resize(-q.size)
	q.waiting, q.behind = nil, nil
}

// wake starts to write.
func (q *queue) wake() {
	if !q.writing {
		q.writing = true
		h := q.session.hub
		h.clock.Run(&h.writing, q, q.write)
	}
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// write writes until there is nothing left.
func (q *queue) write() {
	t := q.session.transport
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	defer q.land()
	for {
		batch, resync, done := q.take((*buffer)[:0])
		if done {
			return
		}
		if *buffer = batch; len(batch) > 0 {
			if err := t.Write(batch); err != nil {
				q.session.hub.mu.Lock()
				q.session.close(TooSlow)
				q.session.hub.mu.Unlock()
				return
			}
		}
		if resync {
			q.session.resynchronise()
		}
	}
}

// land counts that nothing is being written.
func (q *queue) land() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.session.hub.held.add(-q.flying)
	q.flying = 0
}

// take appends what is to be written next. When nothing is left it reports that writing is done, or that
// there are subscriptions to bring up to date first.
func (q *queue) take(dst []byte) (out []byte, resync, done bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := q.session.transport
	q.session.hub.held.add(-q.flying)
	q.flying = 0
	defer func() {
		q.flying = len(out)
		q.session.hub.held.add(q.flying)
	}()
	if q.pings {
		q.pings = false
		dst = t.Ping(dst)
	}
	n := 0
	for n < len(q.waiting) && len(dst) < maxWrite {
		m := q.waiting[n]
		dst = t.Append(dst, m.sub.head, m.event.body, m.event.name, m.event.resume)
		q.resize(-len(m.event.body) - overhead)
		m.sub.queued--
		n++
	}
	if n == len(q.waiting) {
		clear(q.waiting)
		if q.waiting = q.waiting[:0]; cap(q.waiting) > 64 {
			q.waiting = nil // an idle connection holds little
		}
	} else {
		q.waiting = append(q.waiting[:0], q.waiting[n:]...)
	}
	behind := len(q.behind) > 0 && !q.session.hub.full()
	if len(dst) == 0 && !behind {
		if len(q.behind) > 0 { // when there is room, see Hub.tidy
			q.session.hub.stalled.Store(true)
		}
		q.writing = false
		return nil, false, true
	}
	return dst, len(q.waiting) == 0 && behind, false
}

// resynchronise sends a snapshot to one of the subscriptions that are behind. The others get theirs when that
// has been written.
func (s *Session) resynchronise() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.queue.mu.Lock()
	var sub *subscription
	if len(s.queue.behind) > 0 {
		sub = s.queue.behind[0]
		sub.behind, s.queue.behind[0] = false, nil
		s.queue.behind = s.queue.behind[1:]
	}
	s.queue.mu.Unlock()
	if sub != nil && sub.room != nil {
		sub.greet()
	}
	if sub == nil || sub.group == nil {
		return
	}
	sub.live, sub.reset, sub.resume = false, true, ""
	if sub.group.steady() {
		sub.begin()
	}
}
