package changes

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/db"
)

// PeersConfig is what [Peers] needs.
type PeersConfig struct {
	// Name is the name of the database in the configuration; Node is the name of this node, which no other node has.
	Name, Node string
	// Source is what the database says about its changes.
	Source db.Source
	Now    func() time.Time
	Log    *slog.Logger
}

// Peers is a database that does not report its changes. The nodes notify each other of their writes: of an intent before,
// and of the outcome after, so that the write of a node that dies in between is seen all the same. Writes of other
// programs are not seen. It is a [WriteListener] of the [Driver] around it.
type Peers struct {
	db.Driver
	config PeersConfig
	bus    atomic.Pointer[bus.Bus]
	marks  atomic.Int64 // number of the last mark

	mu    sync.Mutex // guards the fields below
	watch map[*inbox]struct{}
	nodes map[string]time.Time // when other nodes were last seen
	dead  map[string]time.Time // silent nodes, since when
}

const (
	subjectChanges = "changes"
	// outcomeTime is how long after an intent its outcome comes, at most; then the documents are read anyway.
	outcomeTime = 15 * time.Second
	// heartbeatInterval is how often a node reports that it is there. A node that was silent for silentTime counts as dead
	// or cut off. What it may write meanwhile is looked for as often, for mourningTime.
	heartbeatInterval = 2 * time.Second
	silentTime        = 7 * time.Second
	mourningTime      = time.Minute
	// publishTime limits how long a write waits for the bus.
	publishTime = time.Second
)

// NewPeers returns a database whose changes are published on a bus.
func NewPeers(driver db.Driver, b bus.Bus, config PeersConfig) *Peers {
	p := &Peers{Driver: driver, config: config, watch: map[*inbox]struct{}{}, nodes: map[string]time.Time{}, dead: map[string]time.Time{}}
	p.Use(b)
	return p
}

// Use publishes on another bus from now on.
func (p *Peers) Use(b bus.Bus) { p.bus.Store(&b) }

// alone reports whether there are no other nodes.
func (p *Peers) alone() bool { return (*p.bus.Load()).Local() }

// Unwrap implements [db.Wrapper].
func (p *Peers) Unwrap() db.Driver { return p.Driver }

// Source implements [db.Watcher].
func (p *Peers) Source(context.Context) db.Source { return p.config.Source }

// Unsupported implements [db.Watcher].
func (p *Peers) Unsupported(context.Context, []*db.Collection) (map[*db.Collection]error, error) {
	return nil, nil
}

// Position implements [db.Positioner]: messages have none.
func (p *Peers) Position(context.Context) (uint64, error) { return 0, nil }

// peerMessage is a message between nodes.
type peerMessage struct {
	Node     string `json:"node"`
	Database string `json:"database"`
	// Number is that of a write; 0 in a heartbeat.
	Number int64 `json:"number,omitempty"`
	// Done marks the outcome of a write, or the last heartbeat.
	Done bool `json:"done,omitempty"`
	// Mark is the number of a node's own mark, by which it finds out what has arrived.
	Mark int64 `json:"mark,omitempty"`
	// Touched has ids by collection; an empty id stands for any.
	Touched map[string][]string `json:"touched,omitempty"`
}

// Listening implements [WriteListener].
func (p *Peers) Listening() bool { return true }

// Writing implements [WriteListener]: it publishes the intent.
func (p *Peers) Writing(ctx context.Context, w *Write) { p.pass(ctx, w, false) }

// Written implements [WriteListener]: it publishes the outcome.
func (p *Peers) Written(ctx context.Context, w *Write, _ error) {
	p.pass(context.WithoutCancel(ctx), w, true)
}

// pass passes a write on, in this process first.
func (p *Peers) pass(ctx context.Context, w *Write, done bool) {
	message := peerMessage{Node: p.config.Node, Database: p.config.Name, Number: w.Number, Done: done, Touched: map[string][]string{}}
	for _, t := range w.Touched {
		message.Touched[t.Collection.Name] = t.IDs
	}
	p.mu.Lock()
	for in := range p.watch {
		in.receive(message)
	}
	p.mu.Unlock()
	p.publish(ctx, message)
}

// publish sends a message to the other nodes. Those that miss it are notified by the bus when it is back, or find this
// node silent, and read for themselves.
func (p *Peers) publish(ctx context.Context, message peerMessage) {
	if p.alone() {
		return
	}
	text, err := json.Marshal(message)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, publishTime)
		defer cancel()
		err = (*p.bus.Load()).Publish(ctx, subjectChanges, text)
	}
	if err != nil {
		p.config.Log.Warn("other nodes cannot be notified of a change; they will find it by themselves", "database", p.config.Name, "error", err.Error())
	}
}

// note records that another node is there, or that it has left.
func (p *Peers) note(message peerMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.dead, message.Node)
	if p.nodes[message.Node] = p.config.Now(); message.Done && message.Number == 0 {
		delete(p.nodes, message.Node)
	}
}

// expireNodes reports whether there is a silent node that may have written something.
func (p *Peers) expireNodes(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for node, at := range p.nodes {
		if now.Sub(at) > silentTime {
			p.dead[node] = now
			delete(p.nodes, node)
		}
	}
	some := len(p.dead) > 0
	for node, since := range p.dead {
		if now.Sub(since) > mourningTime {
			delete(p.dead, node)
		}
	}
	return some
}
