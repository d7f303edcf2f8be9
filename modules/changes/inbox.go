package changes

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/db"
)

// inbox is a position in the messages that nodes send each other about a database.
type inbox struct {
	peers   *Peers
	byName  map[string]*db.Collection
	stop    []func()
	beating sync.WaitGroup
	cancel  context.CancelFunc
	arrival chan struct{} // wakes who waits for a mark

	mu       sync.Mutex // guards the fields below
	news     chan struct{}
	received []db.Change
	lost     bool
	mark     int64             // the newest mark of this node that has arrived
	open     map[string]intent // writes without an outcome so far, by node and number
}

type intent struct {
	touched []db.Change
	until   time.Time
	retried bool // it was reported once without an outcome
}

// Watch implements [db.Watcher].
func (p *Peers) Watch(_ context.Context, collections []*db.Collection) (db.Changes, error) {
	in := &inbox{peers: p, byName: map[string]*db.Collection{}, news: make(chan struct{}, 1), arrival: make(chan struct{}, 1), open: map[string]intent{}}
	for _, c := range collections {
		in.byName[c.Name] = c
	}
	p.mu.Lock()
	p.watch[in] = struct{}{}
	p.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	in.cancel = cancel
	if !p.alone() {
		stop, err := (*p.bus.Load()).Subscribe(subjectChanges, in.arrived, in.invalidate)
		if err != nil {
			return nil, errors.Join(err, in.Close())
		}
		in.stop = append(in.stop, stop)
	}
	in.beating.Go(func() { in.heartbeat(ctx) })
	return in, nil
}

// arrived takes a message from the bus.
func (in *inbox) arrived(text []byte) {
	p := in.peers
	var message peerMessage
	switch {
	case json.Unmarshal(text, &message) != nil || message.Database != p.config.Name:
	case message.Node == p.config.Node && message.Mark > 0:
		in.mu.Lock()
		in.mark = max(in.mark, message.Mark)
		in.mu.Unlock()
		wake(in.arrival)
	case message.Node != p.config.Node:
		p.note(message)
		in.receive(message)
	}
}

// heartbeat reports that this node is there, and looks for those that are not, until ctx ends.
func (in *inbox) heartbeat(ctx context.Context) {
	p := in.peers
	beat := func() {
		p.publish(ctx, peerMessage{Node: p.config.Node, Database: p.config.Name})
		in.look(p.config.Now())
	}
	beat()
	clock.Every(ctx, heartbeatInterval, beat)
	p.publish(context.WithoutCancel(ctx), peerMessage{Node: p.config.Node, Database: p.config.Name, Done: true})
}

// look finds writes without an outcome, and nodes that have fallen silent.
func (in *inbox) look(now time.Time) {
	silent := in.peers.expireNodes(now)
	in.mu.Lock()
	defer in.mu.Unlock()
	for key, i := range in.open {
		if now.After(i.until) {
			in.notify(i.touched)
			if i.retried {
				delete(in.open, key)
			} else {
				in.open[key] = intent{i.touched, now.Add(outcomeTime), true}
			}
		}
	}
	if silent { // what the node has written is not known, but the position is not lost
		for _, c := range in.byName {
			in.notify([]db.Change{{Collection: c}})
		}
	}
}

// notify reports changes. The lock is held.
func (in *inbox) notify(touched []db.Change) {
	in.received = append(in.received, touched...)
	wake(in.news)
}

// wake lets the goroutine that waits for c, or waits for it next, go on.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// invalidate records that messages may have been missed.
func (in *inbox) invalidate() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.lost = true
	wake(in.news)
}

// receive takes a message about a write.
func (in *inbox) receive(message peerMessage) {
	if message.Number == 0 {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	var touched []db.Change
	for name, ids := range message.Touched {
		if c := in.byName[name]; c != nil {
			for _, id := range ids {
				touched = append(touched, db.Change{Collection: c, ID: id})
			}
		}
	}
	key := message.Node + " " + strconv.FormatInt(message.Number, 10)
	if !message.Done {
		in.open[key] = intent{touched: touched, until: in.peers.config.Now().Add(outcomeTime)}
		return
	}
	delete(in.open, key)
	in.notify(touched)
}

// errMissed is the loss of a position: messages of other nodes may have been missed.
var errMissed = errors.New("messages of other nodes may have been missed")

func (in *inbox) take() ([]db.Change, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.lost {
		return nil, errMissed
	}
	out := in.received
	in.received = nil
	return out, nil
}

// Next implements [db.Changes].
func (in *inbox) Next(ctx context.Context) ([]db.Change, error) {
	for {
		touched, err := in.take()
		if err != nil || len(touched) > 0 {
			return touched, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-in.news:
		}
	}
}

// CatchUp implements [db.Changes]. The intent of a write that a read has seen was published before. What the bus has
// taken before a mark of this node has arrived before it.
func (in *inbox) CatchUp(ctx context.Context) ([]db.Change, error) {
	if !in.peers.alone() {
		if err := in.barrier(ctx); err != nil {
			return nil, err
		}
	}
	touched, err := in.take()
	if err != nil {
		return nil, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, i := range in.open {
		for _, touch := range i.touched {
			touch.Pending = true
			touched = append(touched, touch)
		}
	}
	return touched, nil
}

// markTime is how long a mark may be under way.
const markTime = 2 * time.Second

// barrier sends a mark and waits until it is back.
func (in *inbox) barrier(ctx context.Context) error {
	p := in.peers
	mark := p.marks.Add(1)
	text, err := json.Marshal(peerMessage{Node: p.config.Node, Database: p.config.Name, Mark: mark})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, markTime)
	defer cancel()
	if err := (*p.bus.Load()).Publish(ctx, subjectChanges, text); err != nil {
		return errors.Join(errMissed, err)
	}
	for {
		in.mu.Lock()
		arrived := in.mark >= mark // a later one will do: it was published after this call, too
		in.mu.Unlock()
		if arrived {
			return nil
		}
		select {
		case <-in.arrival:
		case <-ctx.Done():
			return errMissed
		}
	}
}

// Close implements [db.Changes].
func (in *inbox) Close() error {
	in.peers.mu.Lock()
	delete(in.peers.watch, in)
	in.peers.mu.Unlock()
	in.cancel()
	for _, stop := range in.stop {
		stop()
	}
	in.beating.Wait()
	return nil
}
