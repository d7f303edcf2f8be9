// Package realtime keeps live queries: each is a state that converges to what the query returns now for
// the one who asks, whatever happens in between.
//
// A change is only a hint which document to read again. What was read is held against the queries that it
// can belong to, found by the values that they ask for; all who may see the same of one query share a group,
// in which a change is decided and encoded once. What the lookups of rules find is kept like a query of its
// own, so that a change of a membership changes what its holder sees.
//
// It is not for deciding who may see what (package crud prepares a [crud.Live] with the rules in it) or for
// speaking HTTP: package server brings the connections.
package realtime

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
)

// Limits bound what clients may ask for.
type Limits struct {
	Connections     int // of a node
	UserConnections int // of one user, or of one address without a user
	Subscriptions   int // of a connection
	Queue           int // bytes that wait for one connection
	Message         int // bytes of one message of a channel
	State           int // bytes of what a member of a channel says of itself
	History         int // bytes of the last messages of all channels
	Live            int // bytes that clients make a node hold besides that; 0 means no limit
}

// Config is what a [Hub] needs. Nothing in it may be nil but Observe.
type Config struct {
	// Clock is the only one that the hub has, and what its work runs by.
	Clock clock.Clock
	// Node is the name of this node, which no other has.
	Node string
	// Observe counts messages.
	Observe Observer
}

// Observer counts. Its methods are called with a lock held and return at once.
type Observer interface {
	// Applied is called after changes were applied, which took some time.
	Applied(documents int, took time.Duration)
	// Sent is called for messages to clients.
	Sent(messages int)
	// Resynchronised is called when a slow reader gets a snapshot instead of what has piled up.
	Resynchronised()
	// Diverged is called when a live query did not show what its query returns.
	Diverged()
}

// Collections are what a hub serves: those of one configuration.
type Collections struct {
	Service *crud.Service
	// Feeds has the changes of each collection's database. The caller closes them after the hub serves others.
	Feeds map[*db.Collection]*changes.Feed
	// Off are the names of the collections that are not to be live.
	Off    map[string]bool
	Limits Limits
	Log    *slog.Logger
	// Channels are those of the configuration; Bus carries the messages between nodes.
	Channels []*Channel
	Bus      bus.Bus
}

// Hub has the connections of a node and what they listen to. It is safe for concurrent use.
type Hub struct {
	clock    clock.Clock
	observer Observer
	bounds   bounds

	mu       sync.Mutex // guards all that follows, and all of the engine
	engine   *engine
	sessions map[*Session]struct{}
	users    map[string]int // connections by owner
	rooms    *rooms
	draining bool
	closed   bool
	checked  time.Time // when a group was compared with its query last
	// turns are the sessions by when they are looked after, turn the ones whose turn it was last. timed are those with
	// rules that depend on the time.
	turns [tendTurns]map[*Session]struct{}
	turn  int
	timed map[*Session]struct{}

	stop    context.CancelFunc
	tending sync.WaitGroup
	writing sync.WaitGroup // to clients, and to other nodes
	telling announcer
	held    held
	most    atomic.Int64 // limits.live
	// stalled says that a session may wait for room.
	stalled atomic.Bool
}

// New returns a hub that serves nothing yet. The caller closes it.
func New(config Config) *Hub {
	ctx, stop := context.WithCancel(context.Background())
	h := newHub(config, usual)
	h.stop = stop
	h.tending.Go(func() { clock.Every(ctx, tendInterval, func() { h.tidy(h.clock.Now()) }) })
	h.tending.Go(func() { clock.Every(ctx, tendInterval, func() { h.verify(ctx) }) })
	return h
}

// newHub returns a hub without background work.
func newHub(config Config, b bounds) *Hub {
	h := &Hub{clock: config.Clock, observer: config.Observe, bounds: b, checked: config.Clock.Now(), sessions: map[*Session]struct{}{}, users: map[string]int{}, timed: map[*Session]struct{}{}, stop: func() {}}
	for i := range h.turns {
		h.turns[i] = map[*Session]struct{}{}
	}
	h.rooms = &rooms{hub: h, node: config.Node, all: map[string]*channelState{}, nodes: map[string]time.Time{}}
	return h
}

// Serve makes the hub serve these collections instead of those before. Those who listen go on listening, by
// the new rules. It returns when nothing uses the ones before any more.
func (h *Hub) Serve(c Collections) error {
	c.Channels = prepareChannels(c.Channels)
	if err := h.rooms.use(c.Bus); err != nil {
		return err
	}
	h.mu.Lock()
	old := h.engine
	h.most.Store(int64(c.Limits.Live))
	if old != nil {
		old.held.leave()
	}
	h.engine = newEngine(h, c)
	for s := range h.sessions {
		s.prepareAgain()
	}
	h.mu.Unlock()
	if old != nil {
		old.close()
	}
	return nil
}

// Close ends all connections.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for s := range h.sessions {
		s.close(Leaving)
	}
	engine := h.engine
	h.mu.Unlock()
	h.stop()
	h.tending.Wait()
	h.rooms.close()
	if engine != nil {
		engine.close()
	}
	h.writing.Wait()
}

// Drain asks all clients to connect to another node, spread over some time, and accepts no more.
func (h *Hub) Drain(ctx context.Context, over time.Duration) {
	h.mu.Lock()
	h.draining = true
	var all []*Session
	for s := range h.sessions {
		all = append(all, s)
	}
	h.mu.Unlock()
	for i, s := range all {
		if i > 0 {
			select {
			case <-time.After(over / time.Duration(len(all))):
			case <-ctx.Done():
			}
		}
		h.mu.Lock()
		s.close(Leaving)
		h.mu.Unlock()
	}
}

// maxVerify is how many tokens are verified at once: one that takes long keeps few others waiting.
const maxVerify = 8

// verify asks for each token of a connection whether it is still good.
func (h *Hub) verify(ctx context.Context) {
	h.mu.Lock()
	tokens := map[string][]*Session{}
	for s := range h.sessions {
		if s.token != "" && s.lapsed == nil {
			tokens[s.token] = append(tokens[s.token], s)
		}
	}
	h.mu.Unlock()
	var all errgroup.Group
	all.SetLimit(maxVerify)
	for token, sessions := range tokens {
		all.Go(func() error {
			h.verifyOne(ctx, token, sessions)
			return nil
		})
	}
	_ = all.Wait() // none of them fails
}

func (h *Hub) verifyOne(ctx context.Context, token string, sessions []*Session) {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	_, err := sessions[0].client.Identify(ctx, token)
	if code := fault.CodeOf(err); err == nil || code != fault.Unauthenticated && code != fault.Forbidden {
		return // it cannot be found out now
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range sessions {
		if s.token == token && s.lapsed == nil {
			s.lapse(err)
		}
	}
}

// observe counts what was applied.
func (h *Hub) observe(start time.Time, batches []batch) {
	if h.observer == nil {
		return
	}
	n := 0
	for _, b := range batches {
		n += len(b.ids)
	}
	h.observer.Applied(n, h.clock.Now().Sub(start))
}

// Counts are what a hub has at a moment.
type Counts struct {
	Connections, Subscriptions, Groups int
	// Held is how many bytes clients make the hub hold, as limits.live counts them.
	Held int64
}

// Counts returns what the hub has now.
func (h *Hub) Counts() Counts {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := Counts{Connections: len(h.sessions), Held: h.held.bytes.Load()}
	for s := range h.sessions {
		out.Subscriptions += len(s.subs)
	}
	if h.engine != nil {
		out.Groups = len(h.engine.groups)
	}
	return out
}
