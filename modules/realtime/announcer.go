package realtime

import (
	"context"
	"sync"
)

// announcer sends the other nodes who is in the channels of this one, one message after the other: the bus may be slow, or
// away. Of each member only the latest message waits. Where more wait than maxWaiting, all members are sent instead.
// Whoever gives it the first message starts the goroutine, which ends when there are none left.
type announcer struct {
	mu      sync.Mutex // guards what follows
	waiting map[string]peerMessage
	order   []string // of the keys of waiting
	size    int      // bytes of waiting
	all     bool     // all members are to be sent
	sending bool
}

// maxWaiting is how many messages about members wait.
const maxWaiting = 1000

// push adds a message about a member. The lock of the hub is held.
func (t *announcer) push(r *rooms, w peerMessage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.all {
		key := w.Channel + "\x00" + w.Member.Key
		if old, ok := t.waiting[key]; ok {
			t.count(r, -sizeOfMember(old))
		} else {
			t.order = append(t.order, key)
		}
		if t.waiting == nil {
			t.waiting = map[string]peerMessage{}
		}
		t.waiting[key] = w
		if t.count(r, sizeOfMember(w)); len(t.order) > maxWaiting {
			t.clear(r)
			t.all = true
		}
	}
	t.start(r)
}

// pushAll has all members sent. The lock of the hub is held.
func (t *announcer) pushAll(r *rooms) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear(r)
	t.all = true
	t.start(r)
}

func (t *announcer) start(r *rooms) {
	if !t.sending {
		t.sending = true
		r.hub.writing.Go(func() { t.send(r) })
	}
}

func sizeOfMember(w peerMessage) int { return memberSize + len(w.Channel) + len(w.Member.State) }

func (t *announcer) count(r *rooms, bytes int) {
	t.size += bytes
	r.hub.held.add(bytes)
}

func (t *announcer) clear(r *rooms) {
	t.count(r, -t.size)
	t.waiting, t.order = nil, nil
}

// next returns what to send; false where there is nothing left.
func (t *announcer) next(r *rooms) (peerMessage, bool) {
	r.hub.mu.Lock() // so that the members are those of one moment
	defer r.hub.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.all:
		t.all = false
		return r.own(), true
	case len(t.order) == 0:
		t.sending, t.waiting, t.order = false, nil, nil
		return peerMessage{}, false
	}
	key := t.order[0]
	w := t.waiting[key]
	t.order = t.order[1:]
	delete(t.waiting, key)
	t.count(r, -sizeOfMember(w))
	return w, true
}

func (t *announcer) send(r *rooms) {
	for w, more := t.next(r); more; w, more = t.next(r) {
		_ = r.publish(context.Background(), w) // the others ask when the bus is back
	}
}
