package realtime

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Published is a database that does not tell of its changes. The nodes tell each other what they write: an
// intent before, and the outcome after, so that the write of a node that dies in between is seen all the same.
// What other programs write is not seen.
type Published struct {
	db.Driver
	name string
	node string
	bus  atomic.Pointer[bus.Bus]
	why  db.Source
	log  func(msg string, args ...any)

	number atomic.Int64 // of writes
	mu     sync.Mutex   // guards what follows
	places map[*published]struct{}
	nodes  map[string]time.Time // when others were heard last
	dead   map[string]time.Time // silent ones, since when
}

const (
	subjectChanges = "changes"
	// outcomeTime is how long after an intent its outcome comes, at most; then the documents are read anyway.
	outcomeTime = 15 * time.Second
	// beatInterval is how often a node says that it is there, and silentTime after how long it is taken for
	// dead or cut off. What it may write meanwhile is looked for as often, for mourningTime.
	beatInterval = 2 * time.Second
	silentTime   = 7 * time.Second
	mourningTime = time.Minute
)

// Publish returns a database whose changes are published on a bus. name is that of the database in the
// configuration, node the name of this node, which no other has.
func Publish(driver db.Driver, name, node string, b bus.Bus, why db.Source, warn func(msg string, args ...any)) *Published {
	p := &Published{Driver: driver, name: name, node: node, why: why, log: warn, places: map[*published]struct{}{}, nodes: map[string]time.Time{}, dead: map[string]time.Time{}}
	p.Use(b)
	return p
}

// Use publishes on another bus from now on.
func (p *Published) Use(b bus.Bus) { p.bus.Store(&b) }

// Unwrap implements [db.Wrapper].
func (p *Published) Unwrap() db.Driver { return p.Driver }

// Source implements [db.Watcher].
func (p *Published) Source(context.Context) db.Source { return p.why }

// Unsupported implements [db.Watcher].
func (p *Published) Unsupported(context.Context, []*db.Collection) (map[*db.Collection]error, error) {
	return nil, nil
}

// Position implements [db.Positioner]: messages have none.
func (p *Published) Position(context.Context) (uint64, error) { return 0, nil }

// changeMessage is a message between nodes.
type changeMessage struct {
	Node     string `json:"node"`
	Database string `json:"database"`
	// Number is that of a write; 0 for a sign of life.
	Number int64 `json:"number,omitempty"`
	// Done says that this is the outcome, or, of a sign of life, that it is the last.
	Done bool `json:"done,omitempty"`
	// Mark is a node's own mark, by which it finds out what has arrived.
	Mark int64 `json:"mark,omitempty"`
	// Touched has ids by collection; an empty id stands for any.
	Touched map[string][]string `json:"touched,omitempty"`
}

// write is one that is under way.
type write struct {
	p       *Published
	number  int64
	touched map[*db.Collection][]string
}

// begin tells the intent of a write.
func (p *Published) begin(ctx context.Context, touched map[*db.Collection][]string) *write {
	w := &write{p, p.number.Add(1), touched}
	w.tell(ctx, false)
	return w
}

// end tells the outcome. A write that has failed may have happened.
func (w *write) end(ctx context.Context) {
	w.tell(context.WithoutCancel(ctx), true)
}

func (w *write) tell(ctx context.Context, done bool) {
	message := changeMessage{Node: w.p.node, Database: w.p.name, Number: w.number, Done: done, Touched: map[string][]string{}}
	for c, ids := range w.touched {
		message.Touched[c.Name] = ids
	}
	w.p.pass(message)
	w.p.publish(ctx, message)
}

// publish sends a message to the other nodes. Those who miss it are told so when the bus is back, or take
// this node for silent, and look for themselves.
func (p *Published) publish(ctx context.Context, message changeMessage) {
	if p.alone() {
		return
	}
	b := *p.bus.Load()
	text, err := json.Marshal(message)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		err = b.Publish(ctx, subjectChanges, text)
	}
	if err != nil {
		p.log("other nodes cannot be told of a change; they will look for themselves", "database", p.name, "error", err.Error())
	}
}

// alone reports whether there are no other nodes.
func (p *Published) alone() bool {
	_, memory := (*p.bus.Load()).(*bus.Memory)
	return memory
}

// pass gives a message to the places of this node.
func (p *Published) pass(message changeMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for place := range p.places {
		place.receive(message)
	}
}

// Insert implements [db.Store].
func (p *Published) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	w := p.begin(ctx, map[*db.Collection][]string{c: db.IDs(c, rows)})
	defer w.end(ctx)
	return p.Driver.Insert(ctx, c, rows)
}

// Update implements [db.Store].
func (p *Published) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	w := p.begin(ctx, map[*db.Collection][]string{c: {db.IDIn(c, u.Where)}})
	defer w.end(ctx)
	return p.Driver.Update(ctx, c, u)
}

// Delete implements [db.Store].
func (p *Published) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	w := p.begin(ctx, map[*db.Collection][]string{c: {db.IDIn(c, where)}})
	defer w.end(ctx)
	return p.Driver.Delete(ctx, c, where)
}

// Transaction implements [db.Driver].
func (p *Published) Transaction(ctx context.Context, f func(db.Store) error) error {
	var w *write
	defer func() {
		if w != nil {
			w.end(ctx)
		}
	}()
	return p.Driver.Transaction(ctx, func(s db.Store) error {
		touched := map[*db.Collection][]string{}
		if err := f(db.Recorder{Store: s, Touched: touched}); err != nil {
			return err
		}
		if len(touched) > 0 {
			if w != nil { // of a try that has failed
				w.end(ctx)
			}
			w = p.begin(ctx, touched)
		}
		return nil
	})
}

// note notes that another node is there, or that it has said goodbye.
func (p *Published) note(message changeMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.dead, message.Node)
	if p.nodes[message.Node] = time.Now(); message.Done && message.Number == 0 {
		delete(p.nodes, message.Node)
	}
}

// expireNodes reports whether a node has fallen silent that may have written something.
func (p *Published) expireNodes(now time.Time) bool {
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
