package basalt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Snapshot is what a live query shows at a moment.
type Snapshot[T any] struct {
	Items []T
	// Keys are the ids, in the order of Items.
	Keys []string
	// Total is the number of documents over all pages, when [Query.WithCount] was called.
	Total int64
	// Changes are what has become of single documents since the snapshot before.
	Changes []DocumentChange[T]
}

// ChangeType says what has become of a document.
type ChangeType string

// The kinds of changes.
const (
	Added    ChangeType = "added"
	Modified ChangeType = "modified"
	Removed  ChangeType = "removed"
)

// DocumentChange is what has become of one document.
type DocumentChange[T any] struct {
	Type ChangeType
	Key  string
	// Doc is the document as it is now; the zero value when it was removed.
	Doc T
	// Index is its place now; -1 when it was removed.
	Index int
}

// Snapshots goes through the states of a live query: what it returns, now and whenever that changes, by a write
// of anyone or by a change of what the caller may see. A lost connection is made again, and nothing is
// missed; it ends with an error of the server that does not pass, or when ctx does. States that come while the
// loop is busy may arrive as one.
func (q Query[T]) Snapshots(ctx context.Context) iter.Seq2[Snapshot[T], error] {
	body := q.condition(map[string]any{})
	for name, value := range q.settings() {
		body[name] = value
	}
	return snapshots[T](ctx, q.client, map[string]any{"collection": q.name, "query": body})
}

// Watch is [Query.Snapshots] as a channel, which is closed at the end; the function then returns why.
func (q Query[T]) Watch(ctx context.Context) (<-chan Snapshot[T], func() error) {
	out := make(chan Snapshot[T])
	done := make(chan struct{})
	var failed error
	go func() {
		defer close(done)
		defer close(out)
		for s, err := range q.Snapshots(ctx) {
			if err != nil {
				failed = err
				return
			}
			select {
			case out <- s:
			case <-ctx.Done():
				failed = ctx.Err()
				return
			}
		}
	}()
	return out, func() error {
		<-done
		return failed
	}
}

// AggregateSnapshots goes through the states of figures.
func (q Query[T]) AggregateSnapshots(ctx context.Context, ask Aggregation) iter.Seq2[[]Group, error] {
	states := snapshots[json.RawMessage](ctx, q.client, map[string]any{"collection": q.name, "aggregate": q.figures(ask)})
	return func(yield func([]Group, error) bool) {
		for s, err := range states {
			var groups []Group
			if err == nil {
				groups, err = groupsOf(s.Items, ask)
			}
			if !yield(groups, err) {
				return
			}
		}
	}
}

// Snapshots goes through the states of a document; the pointer is nil while there is none that the caller may see.
func (d Document[T]) Snapshots(ctx context.Context) iter.Seq2[*T, error] {
	states := snapshots[T](ctx, d.client, map[string]any{"collection": d.collection, "key": d.id})
	return func(yield func(*T, error) bool) {
		for s, err := range states {
			var doc *T
			if len(s.Items) > 0 {
				doc = &s.Items[0]
			}
			if !yield(doc, err) {
				return
			}
		}
	}
}

// liveMessage is a message of the server.
type liveMessage struct {
	ID      string            `json:"id"`
	Event   string            `json:"event"`
	Type    string            `json:"type"`
	Key     string            `json:"key"`
	Index   int               `json:"index"`
	Doc     json.RawMessage   `json:"doc"`
	Items   []json.RawMessage `json:"items"`
	Keys    []string          `json:"keys"`
	Total   *int64            `json:"total"`
	Resume  string            `json:"resume"`
	Error   *Error            `json:"error"`
	More    bool              `json:"more"` // others follow that belong to the same step
	Message string            `json:"message"`
	From    string            `json:"from"`
	User    string            `json:"user"`
	At      time.Time         `json:"at"`
	Data    json.RawMessage   `json:"data"`
	State   json.RawMessage   `json:"state"`
	// Messages and Present are those of a channel that was entered.
	Messages []liveMessage `json:"messages"`
	Present  []liveMessage `json:"present"`
}

func snapshots[T any](ctx context.Context, c *Client, ask map[string]any) iter.Seq2[Snapshot[T], error] {
	return func(yield func(Snapshot[T], error) bool) {
		var s Snapshot[T]
		resume, user := "", c.Auth.userID()
		known, pending := false, false // pending: there is a state that was not yielded
		var step []liveMessage         // what has come of a step that is not whole
		var shown []string             // the keys that were yielded last
		err := c.listen(ctx, func() map[string]any {
			step = nil // what is missing of it comes again, after the newest whole one
			delete(ask, "resume")
			if now := c.Auth.userID(); now != user {
				resume, user = "", now // where the one before was in the stream is not theirs
			}
			if resume != "" {
				ask["resume"] = resume
			}
			return ask
		}, func(m liveMessage) error {
			if step = append(step, m); m.More {
				return nil
			}
			whole := step
			step = nil
			if m.Resume != "" {
				resume = m.Resume
			}
			for _, part := range whole {
				if err := s.apply(part, shown); err != nil {
					return err
				}
				known = known || part.Event == "snapshot"
			}
			pending = known && (pending || m.Event != "resumed")
			return nil
		}, func() error {
			if !pending {
				return nil
			}
			now := s
			now.Items, now.Keys = slices.Clone(s.Items), slices.Clone(s.Keys)
			s.Changes, shown, pending = nil, slices.Clone(s.Keys), false
			if !yield(now, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Snapshot[T]{}, err)
		}
	}
}

// errEnough ends a loop that its caller has left.
var errEnough = errors.New("basalt: enough")

// apply brings a snapshot up to date with a message. shown are the keys of the snapshot that the changes lead from.
func (s *Snapshot[T]) apply(m liveMessage, shown []string) error {
	if m.Total != nil {
		s.Total = *m.Total
	}
	switch m.Event {
	case "snapshot":
		s.Items, s.Keys = make([]T, len(m.Items)), m.Keys
		s.Changes = nil
		for i, item := range m.Items {
			if err := json.Unmarshal(item, &s.Items[i]); err != nil {
				return fmt.Errorf("basalt: decoding a document: %w", err)
			}
			if i < len(s.Keys) {
				kind := Added
				if slices.Contains(shown, s.Keys[i]) {
					kind = Modified
				}
				s.Changes = append(s.Changes, DocumentChange[T]{kind, s.Keys[i], s.Items[i], i})
			}
		}
		for _, key := range shown {
			if !slices.Contains(s.Keys, key) {
				s.Changes = append(s.Changes, DocumentChange[T]{Type: Removed, Key: key, Index: -1})
			}
		}
	case "change":
		if at := slices.Index(s.Keys, m.Key); at >= 0 {
			s.Keys, s.Items = slices.Delete(s.Keys, at, at+1), slices.Delete(s.Items, at, at+1)
		}
		change := DocumentChange[T]{Type: ChangeType(m.Type), Key: m.Key, Index: -1}
		if change.Type != Removed {
			if err := json.Unmarshal(m.Doc, &change.Doc); err != nil {
				return fmt.Errorf("basalt: decoding a document: %w", err)
			}
			if m.Index < 0 || m.Index > len(s.Keys) {
				return fmt.Errorf("basalt: the server has put a document at place %d of %d", m.Index, len(s.Keys))
			}
			change.Index = m.Index
			s.Keys, s.Items = slices.Insert(s.Keys, m.Index, m.Key), slices.Insert(s.Items, m.Index, change.Doc)
		}
		s.Changes = append(s.Changes, change)
	}
	return nil
}

const (
	// silentTime is how long a server may say nothing; it asks every 25 seconds.
	silentTime = 70 * time.Second
	maxPause   = 15 * time.Second
	maxFrame   = 256 << 20
)

// next waits for a message. idle is called before it waits, also after a ping: what was received must not wait for the
// message after it.
func (l *liveConn) next(idle func() error) (liveMessage, error) {
	reader := wsutil.Reader{Source: l, State: ws.StateClientSide, CheckUTF8: true, MaxFrameSize: maxFrame}
	for {
		if l.reader.Buffered() == 0 {
			if err := idle(); err != nil {
				return liveMessage{}, err
			}
		}
		if err := l.SetReadDeadline(time.Now().Add(silentTime)); err != nil {
			return liveMessage{}, errors.Join(errCut, err)
		}
		header, err := reader.NextFrame()
		if err != nil {
			return liveMessage{}, errors.Join(errCut, err)
		}
		body, err := io.ReadAll(&reader)
		if err != nil {
			return liveMessage{}, errors.Join(errCut, err)
		}
		switch header.OpCode {
		case ws.OpPing:
			l.mu.Lock()
			err = wsutil.WriteClientMessage(l.Conn, ws.OpPong, body)
			l.mu.Unlock()
		case ws.OpClose:
			err = io.EOF
		case ws.OpText:
			var m liveMessage
			if err := json.Unmarshal(body, &m); err != nil {
				return m, fmt.Errorf("basalt: decoding a message: %w", err)
			}
			return m, nil
		}
		if err != nil {
			return liveMessage{}, errors.Join(errCut, err)
		}
	}
}
