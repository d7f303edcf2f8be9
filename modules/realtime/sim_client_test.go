package realtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
)

// client is a user with live queries, who comes back after each cut.
type client struct {
	sim     *sim
	number  int
	user    int
	views   []*view
	session *Session
	wire    *wire
	// cutAfter, when it is not 0, cuts the connection after so many messages.
	cutAfter int
}

// view is what a client has of one live query: all that a client that knows nothing of Basalt keeps.
type view struct {
	id     string
	way    int
	known  bool
	ended  bool
	keys   []string
	docs   map[string]string
	total  int64
	resume string
	step   []string   // what has come of a step that is not whole
	steps  [][]string // the whole ones, in scripts
}

// wire is a connection.
type wire struct {
	client *client
	number int
	node   *node
	closed bool
}

func (w *wire) Append(dst, head, body []byte, _, _ string) []byte {
	return append(append(append(dst, head...), body...), '\n')
}
func (w *wire) Ping(dst []byte) []byte { return dst }
func (w *wire) Close(Reason) {
	w.closed = true
	if w.client.wire == w {
		w.client.wire, w.client.session = nil, nil
	}
}

// Write implements Transport: the client reads when it is picked.
func (w *wire) Write(b []byte) error {
	if err := w.client.sim.park(nil); err != nil || w.closed {
		return errors.Join(errStopped, err)
	}
	for line := range bytes.Lines(b) {
		w.client.receive(line)
		if c := w.client; c.cutAfter > 0 {
			if c.cutAfter--; c.cutAfter == 0 {
				c.cut()
				return errStopped
			}
		}
	}
	return nil
}

type simMessage struct {
	ID     string
	Event  string
	Type   string
	Key    string
	Index  int
	Doc    json.RawMessage
	Items  []json.RawMessage
	Keys   []string
	Total  *int64
	Resume string
	Reset  bool
	More   bool
	Error  json.RawMessage
}

func (c *client) receive(line []byte) {
	s := c.sim
	var m simMessage
	if err := json.Unmarshal(line, &m); err != nil {
		s.failf("client %d: %v in %s", c.number, err, line)
		return
	}
	at := slices.IndexFunc(c.views, func(v *view) bool { return v.id == m.ID })
	if at < 0 {
		return // of what it has left
	}
	if s.trace != nil {
		s.trace("client %d gets %s", c.number, bytes.TrimSpace(line))
	}
	c.views[at].apply(s, m, line)
}

func (v *view) apply(s *sim, m simMessage, line []byte) {
	v.order(s, m, line)
	if m.Resume != "" {
		v.resume = m.Resume
	}
	if m.Total != nil {
		v.total = *m.Total
	}
	switch m.Event {
	case "snapshot":
		if v.known && !m.Reset && m.Keys != nil {
			s.failf("a second snapshot without reset: %s", line)
		}
		v.known, v.keys, v.docs = true, m.Keys, map[string]string{}
		for i, item := range m.Items {
			if m.Keys == nil {
				v.keys = append(v.keys, fmt.Sprint(i))
			}
			if i >= len(v.keys) {
				s.failf("more documents than keys: %s", line)
				return
			}
			v.docs[v.keys[i]] = string(item)
		}
	case "change":
		if at := slices.Index(v.keys, m.Key); at >= 0 {
			v.keys = slices.Delete(v.keys, at, at+1)
		}
		delete(v.docs, m.Key)
		if m.Type == "removed" {
			break
		}
		if m.Index > len(v.keys) {
			s.failf("place %d of %d: %s", m.Index, len(v.keys), line)
			return
		}
		v.keys, v.docs[m.Key] = slices.Insert(v.keys, m.Index, m.Key), string(m.Doc)
	case "error":
		*v = view{id: v.id, way: v.way, ended: true} // it is asked for again
	}
	if simWays[v.way].kind == "query" {
		for key, doc := range v.docs {
			if !strings.HasPrefix(doc, `{"id":"`+key+`"`) {
				s.failf("under the key %s there is %s after %s", key, doc, line)
			}
		}
	}
}

// order fails where a step does not begin with what is removed, or does not end with the number.
func (v *view) order(s *sim, m simMessage, line []byte) {
	rank := map[string]int{"removed": 1, "added": 2, "modified": 2, "": 3}
	what := m.Event
	if m.Event == "change" {
		what = m.Type + " " + m.Key
	}
	if n := len(v.step); n > 0 {
		before, _, _ := strings.Cut(v.step[n-1], " ")
		if m.Event != "change" && m.Event != "total" && m.Event != "snapshot" || m.Event != "snapshot" && rank[m.Type] < rank[before] {
			s.failf("after %v in one step: %s", v.step, line)
		}
	}
	if v.step = append(v.step, what); !m.More {
		v.steps, v.step = append(v.steps, v.step), nil
	}
}

// has returns what the client shows.
func (v *view) has() string {
	if !v.known {
		return "nothing"
	}
	docs := make([]string, len(v.keys))
	for i, key := range v.keys {
		docs[i] = v.docs[key]
	}
	out := "[" + strings.Join(docs, ",") + "]"
	if strings.Contains(simWays[v.way].body, `"count"`) && simWays[v.way].kind == "query" {
		out += fmt.Sprint(" of ", v.total)
	}
	return out
}

// connect opens a session at a node.
func (c *client) connect(n *node) {
	s := c.sim
	for _, v := range c.views {
		v.step = nil
	}
	s.number++
	w := &wire{client: c, number: c.number, node: n}
	session, err := n.hub.Open(w, Client{Caller: c.caller(), Describe: func(err error) []byte { b, _ := json.Marshal(err.Error()); return b }})
	if err != nil {
		return
	}
	c.session, c.wire = session, w
	for _, v := range c.views {
		v.ended = false
		c.subscribe(v)
	}
}

func (c *client) caller() crud.Caller {
	return crud.Caller{Auth: map[string]any{"sub": fmt.Sprint("u", c.user)}}
}

func (c *client) subscribe(v *view) {
	h := c.session.hub
	prepare := func(_ *crud.Service, caller crud.Caller) (*crud.Live, error) {
		return c.sim.model.lives[[2]int{int(caller.Auth["sub"].(string)[1] - '0'), v.way}], nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	live, err := prepare(nil, c.session.caller)
	if err != nil {
		panic(err)
	}
	sub := &subscription{session: c.session, id: v.id, head: headOf(v.id), prepare: prepare, resume: v.resume}
	if err := sub.join(live); err != nil {
		panic(err)
	}
	c.session.keep(sub)
}

func (c *client) cut() {
	session := c.session
	c.wire.closed = true
	c.wire, c.session = nil, nil
	session.Close()
}

// wanted is what a live query returns now, worked out by hand.
func (s *sim) wanted(user, way int) string {
	v := s.store.version
	member := func(team string) bool {
		return slices.ContainsFunc(v.members, func(m query.Row) bool {
			return m[1].Text() == team && m[2].Text() == fmt.Sprint("u", user)
		})
	}
	var rows []query.Row
	if simWays[way].collection == "members" {
		for _, m := range v.members {
			if m[2].Text() == fmt.Sprint("u", user) {
				rows = append(rows, m)
			}
		}
		docs := make([]string, len(rows))
		for i, m := range rows {
			docs[i] = fmt.Sprintf(`{"id":%q,"team":%q,"user":%q}`, m[0].Text(), m[1].Text(), m[2].Text())
		}
		return "[" + strings.Join(docs, ",") + "]"
	}
	for _, n := range v.notes {
		if member(n[1].Text()) {
			rows = append(rows, n)
		}
	}
	if way == 3 {
		counts := map[string]int{}
		var teams, groups []string
		for _, n := range rows {
			if counts[n[1].Text()]++; counts[n[1].Text()] == 1 {
				teams = append(teams, n[1].Text())
			}
		}
		sort.Strings(teams)
		for _, team := range teams {
			groups = append(groups, fmt.Sprintf(`{"team":%q,"count":%d}`, team, counts[team]))
		}
		return "[" + strings.Join(groups, ",") + "]"
	}
	limit := 2
	switch way {
	case 2:
		limit = 3
		rows = slices.DeleteFunc(rows, func(n query.Row) bool { return n[2].Int() < 3 })
	case 5:
		limit = 50
		rows = slices.DeleteFunc(rows, func(n query.Row) bool { return n[1].Text() != "t1" })
	}
	slices.SortFunc(rows, func(a, b query.Row) int {
		switch {
		case way < 2 && a[2].Int() != b[2].Int():
			return int(b[2].Int() - a[2].Int())
		case way < 2:
			return strings.Compare(b[0].Text(), a[0].Text())
		case a[3].Text() != b[3].Text():
			return strings.Compare(a[3].Text(), b[3].Text())
		}
		return strings.Compare(a[0].Text(), b[0].Text())
	})
	out := make([]string, 0, limit)
	for _, n := range rows[:min(limit, len(rows))] {
		memo := ""
		if n[2].Int() > 2 {
			memo = fmt.Sprintf(`,"memo":%q`, n[4].Text())
		}
		out = append(out, fmt.Sprintf(`{"id":%q,"team":%q,"rank":%d,"title":%q%s}`, n[0].Text(), n[1].Text(), n[2].Int(), n[3].Text(), memo))
	}
	text := "[" + strings.Join(out, ",") + "]"
	if strings.Contains(simWays[way].body, `"count"`) {
		text += fmt.Sprint(" of ", len(rows))
	}
	return text
}
