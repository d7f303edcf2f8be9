package realtime

import (
	"context"
	"maps"
	"slices"
)

// A node that starts, or may have missed messages, asks the others for their state of the channels, and takes it over.

// summary is what a node knows of a channel: its last messages, and the members at this node.
type summary struct {
	History []publication `json:"history,omitempty"`
	// Count is how many messages the history has, of which History may be a part.
	Count   int      `json:"count,omitempty"`
	Members []member `json:"members,omitempty"`
}

// own says who is in the channels of this node. The lock of the hub is held.
func (r *rooms) own() peerMessage {
	w := peerMessage{Kind: "all", Rooms: map[string]summary{}}
	for name, c := range r.all {
		var s summary
		for _, m := range c.members {
			if m.node == r.node {
				s.Members = append(s.Members, m)
			}
		}
		if len(s.Members) > 0 {
			w.Rooms[name] = s
		}
	}
	return w
}

// answer tells another node what this one knows: the members in the order of all that is told about them, the messages
// beside. It waits for neither, because the bus waits for this one.
func (r *rooms) answer() {
	r.hub.telling.pushAll(r)
	var words []peerMessage
	past, size := map[string]summary{}, 0
	flush := func() {
		if len(past) > 0 {
			words = append(words, peerMessage{Kind: "past", Rooms: past})
		}
		past, size = map[string]summary{}, 0
	}
	for name, c := range r.all {
		for _, m := range c.history {
			if size += messageSize + len(m.Data); size > pastSize {
				flush()
			}
			past[name] = summary{append(past[name].History, m), len(c.history), nil}
		}
	}
	flush()
	if len(words) == 0 {
		return
	}
	r.hub.writing.Go(func() {
		for _, w := range words {
			_ = r.publish(context.Background(), w) // the node that asked asks again when the bus is back
		}
	})
}

// learn takes over what another node knows: its members as they are now, and messages that were missed.
func (r *rooms) learn(w peerMessage) {
	for name, s := range w.Rooms {
		for _, m := range s.Members {
			m.node = w.Node
			r.join(r.room(name), m)
		}
	}
	r.learnPast(w)
	for name, c := range r.all {
		for _, m := range slices.Collect(maps.Values(c.members)) {
			if m.node == w.Node && !slices.ContainsFunc(w.Rooms[name].Members, func(o member) bool { return o.Key == m.Key }) {
				r.leave(c, m.Key)
			}
		}
	}
}

// learnPast takes over messages of channels of which another node knows more.
func (r *rooms) learnPast(w peerMessage) {
	for name, s := range w.Rooms {
		count := max(s.Count, len(s.History))
		if len(s.History) == 0 || count <= len(r.room(name).history) {
			continue
		}
		c, known := r.room(name), map[string]bool{}
		for _, m := range c.history {
			known[m.ID] = true
		}
		for _, m := range s.History {
			if !known[m.ID] {
				r.say(name, m, count+len(c.history))
			}
		}
		slices.SortStableFunc(c.history, func(a, b publication) int { return a.At.Compare(b.At) })
	}
}
