package realtime

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// maxInspected bounds each list of an [Inspection], and maxFilter the bytes of a filter in it.
const (
	maxInspected = 200
	maxFilter    = 500
	// maxMembers bounds the members of a channel, maxPresent those of all, and maxCalled the bytes of a name.
	maxMembers = 100
	maxPresent = 2000
	maxCalled  = 100
)

// Inspection is what a hub has at a moment: of each the largest, and how many there are of all.
type Inspection struct {
	Counts      Counts
	Connections []Connection
	Queries     []LiveQuery
	Channels    []OpenChannel
	// AllChannels counts the channels.
	AllChannels int
}

// Connection is one that a client has open.
type Connection struct {
	User   string    `json:"user,omitempty"`
	Admin  bool      `json:"admin,omitempty"`
	IP     string    `json:"ip"`
	Opened time.Time `json:"opened"`
	// Subscriptions counts its live queries and channels; Waiting is how many bytes it has not read yet.
	Subscriptions int `json:"subscriptions"`
	Waiting       int `json:"waiting"`
}

// LiveQuery is a live query with all who listen to it, and what it has cost since it began.
type LiveQuery struct {
	Collection string `json:"collection"`
	// Filter is what selects the documents, with the rules in it.
	Filter    string `json:"filter"`
	Limit     int    `json:"limit"`
	Listeners int    `json:"listeners"`
	Documents int    `json:"documents"`
	// Computed says that it is asked again at each change, because a changed document alone does not say what changes.
	Computed bool `json:"computed"`
	// Reads counts how often the database was asked, and Time how many milliseconds that took of a computed one.
	Reads int64   `json:"reads"`
	Time  float64 `json:"ms"`
	// Compared counts the changed documents that were held against a query that is not computed, and Matched those that
	// were in its result or are now. What its filter rules out by an index is not held against it.
	Compared int64 `json:"compared"`
	Matched  int64 `json:"matched"`
	// Messages and Bytes are those to all listeners.
	Messages int64 `json:"messages"`
	Bytes    int64 `json:"bytes"`
}

// OpenChannel is a channel with who is there.
type OpenChannel struct {
	Name string `json:"name"`
	// Listeners are those of this node, Members those of all nodes.
	Listeners int `json:"listeners"`
	Members   int `json:"members"`
	// Who are the first of the members.
	Who []Present `json:"who"`
	// Messages counts those that are kept, and Bytes what they take.
	Messages int `json:"messages"`
	Bytes    int `json:"bytes"`
}

// Present is a member of a channel.
type Present struct {
	// User is empty for an anonymous caller.
	User string `json:"user,omitempty"`
	// Name is what the member calls itself: the text in the member name of its state.
	Name string `json:"name,omitempty"`
	Key  string `json:"key"`
}

// spent is what a group has cost.
type spent struct {
	computations    int64
	time            time.Duration
	messages, bytes int64
}

// sent counts events to a number of listeners.
func (s *spent) sent(events []*event, listeners int64) {
	for _, e := range events {
		s.messages += listeners
		s.bytes += listeners * int64(len(e.body))
	}
}

// Inspect returns what the hub has now.
func (h *Hub) Inspect() Inspection {
	out := Inspection{Counts: h.Counts()}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.sessions {
		user, _ := s.caller.Auth["sub"].(string)
		out.Connections = append(out.Connections, Connection{User: user, Admin: s.caller.Admin, IP: s.caller.IP, Opened: s.opened, Subscriptions: len(s.subs), Waiting: s.queue.waits()})
	}
	slices.SortFunc(out.Connections, func(a, b Connection) int {
		return cmp.Or(cmp.Compare(b.Waiting, a.Waiting), cmp.Compare(b.Subscriptions, a.Subscriptions), b.Opened.Compare(a.Opened))
	})
	out.Connections = first(out.Connections)
	if h.engine != nil {
		out.Queries = h.engine.inspect()
	}
	out.AllChannels = len(h.rooms.all)
	for _, c := range h.rooms.all {
		out.Channels = append(out.Channels, OpenChannel{c.name, len(c.subs), len(c.members), nil, len(c.history), c.kept})
	}
	slices.SortFunc(out.Channels, func(a, b OpenChannel) int {
		return cmp.Or(cmp.Compare(b.Listeners, a.Listeners), cmp.Compare(b.Members, a.Members), cmp.Compare(a.Name, b.Name))
	})
	out.Channels = first(out.Channels)
	room := maxPresent
	for i := range out.Channels {
		who := h.rooms.all[out.Channels[i].Name].present(min(maxMembers, room))
		out.Channels[i].Who = who
		room -= len(who)
	}
	return out
}

// inspect returns the live queries, those that have cost most first. The filters are written for those alone.
func (g *engine) inspect() []LiveQuery {
	groups := make([]*group, 0, len(g.groups))
	for _, c := range g.groups {
		groups = append(groups, c)
	}
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.spent.time, a.spent.time), cmp.Compare(b.spent.bytes, a.spent.bytes), cmp.Compare(len(b.subs), len(a.subs)), cmp.Compare(a.key, b.key))
	})
	out := []LiveQuery{}
	for _, c := range first(groups) {
		q := LiveQuery{
			Collection: c.live.Collection.Name, Filter: clipTo(query.Format(c.live.Where), maxFilter), Limit: c.live.Limit, Listeners: len(c.subs), Documents: len(c.shown),
			Computed: c.set == nil, Reads: c.spent.computations, Time: float64(c.spent.time.Microseconds()) / 1000, Messages: c.spent.messages, Bytes: c.spent.bytes,
		}
		if c.set != nil {
			q.Reads += c.set.loads
			q.Compared, q.Matched = c.set.compared, c.set.matched
		}
		out = append(out, q)
	}
	return out
}

// present returns the first members by user and key, in one pass: a channel may have many.
func (c *channelState) present(most int) []Present {
	out := []Present{}
	before := func(a, b Present) int { return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Key, b.Key)) }
	for _, m := range c.members {
		one := Present{User: m.User, Key: m.Key}
		at, _ := slices.BinarySearchFunc(out, one, before)
		if at == most {
			continue
		}
		if len(out) == most {
			out = out[:most-1]
		}
		out = slices.Insert(out, at, one)
	}
	for i, one := range out {
		var state struct {
			Name any `json:"name"`
		}
		_ = json.Unmarshal(c.members[one.Key].State, &state) // a state that is no object has no name
		name, _ := state.Name.(string)
		out[i].Name = clipTo(name, maxCalled)
	}
	return out
}

func first[T any](all []T) []T { return append([]T{}, all[:min(len(all), maxInspected)]...) }

func clipTo(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return string([]rune(text[:most])) + "…"
}

// waits returns how many bytes wait for the client.
func (q *queue) waits() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size + q.flying
}
