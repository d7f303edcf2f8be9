package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
)

// published is a place in what the nodes tell of a database.
type published struct {
	p       *Published
	byName  map[string]*db.Collection
	stop    []func()
	beating sync.WaitGroup
	cancel  context.CancelFunc
	marks   chan int64 // of this node, that are back

	mu    sync.Mutex // guards what follows
	news  chan struct{}
	heard []db.Change
	lost  bool
	open  map[string]intent // writes whose outcome has not come, by node and number
}

type intent struct {
	touched []db.Change
	until   time.Time
	tried   bool // it was read again without an outcome
}

// Watch implements [db.Watcher].
func (p *Published) Watch(_ context.Context, collections []*db.Collection) (db.Changes, error) {
	place := &published{p: p, byName: map[string]*db.Collection{}, news: make(chan struct{}, 1), marks: make(chan int64, 16), open: map[string]intent{}}
	for _, c := range collections {
		place.byName[c.Name] = c
	}
	p.mu.Lock()
	p.places[place] = struct{}{}
	p.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	place.cancel = cancel
	if !p.alone() {
		stop, err := (*p.bus.Load()).Subscribe(subjectChanges, func(text []byte) {
			var message changeMessage
			switch {
			case json.Unmarshal(text, &message) != nil || message.Database != p.name:
			case message.Node == p.node && message.Mark > 0:
				place.arrive(message.Mark)
			case message.Node != p.node:
				p.note(message)
				place.receive(message)
			}
		}, func() { place.invalidate() })
		if err != nil {
			return nil, errors.Join(err, place.Close())
		}
		place.stop = append(place.stop, stop)
	}
	place.beating.Go(func() { place.heartbeat(ctx) })
	return place, nil
}

// heartbeat says that this node is there, and looks for those that are not.
func (w *published) heartbeat(ctx context.Context) {
	ticker := time.NewTicker(beatInterval)
	defer ticker.Stop()
	for {
		w.p.publish(ctx, changeMessage{Node: w.p.node, Database: w.p.name})
		w.look(time.Now())
		select {
		case <-ticker.C:
		case <-ctx.Done():
			w.p.publish(context.WithoutCancel(ctx), changeMessage{Node: w.p.node, Database: w.p.name, Done: true})
			return
		}
	}
}

// look finds writes without an outcome, and nodes that have fallen silent.
func (w *published) look(now time.Time) {
	silent := w.p.expireNodes(now)
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, i := range w.open {
		if now.After(i.until) {
			w.tell(i.touched)
			if i.tried {
				delete(w.open, key)
			} else {
				w.open[key] = intent{i.touched, now.Add(outcomeTime), true}
			}
		}
	}
	if silent { // what it has written is not known, and the place is not lost
		for _, c := range w.byName {
			w.tell([]db.Change{{Collection: c}})
		}
	}
}

func (w *published) wake() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

func (w *published) tell(touched []db.Change) {
	w.heard = append(w.heard, touched...)
	w.wake()
}

// invalidate notes that messages may have been missed.
func (w *published) invalidate() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = true
	w.wake()
}

// receive takes a message.
func (w *published) receive(message changeMessage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if message.Number == 0 {
		return
	}
	var touched []db.Change
	for name, ids := range message.Touched {
		if c := w.byName[name]; c != nil {
			for _, id := range ids {
				touched = append(touched, db.Change{Collection: c, ID: id})
			}
		}
	}
	key := message.Node + " " + strconv.FormatInt(message.Number, 10)
	if !message.Done {
		w.open[key] = intent{touched: touched, until: time.Now().Add(outcomeTime)}
		return
	}
	delete(w.open, key)
	w.tell(touched)
}

// errMissed is the loss of a place: messages of other nodes may have been missed.
var errMissed = errors.New("messages of other nodes may have been missed")

func (w *published) take() ([]db.Change, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lost {
		return nil, errMissed
	}
	out := w.heard
	w.heard = nil
	return out, nil
}

// Next implements [db.Changes].
func (w *published) Next(ctx context.Context) ([]db.Change, error) {
	for {
		touched, err := w.take()
		if err != nil || len(touched) > 0 {
			return touched, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.news:
		}
	}
}

// CatchUp implements [db.Changes]. A write that a read has seen has told its intent before. What the bus has
// taken before a mark of this node has arrived before it.
func (w *published) CatchUp(ctx context.Context) ([]db.Change, error) {
	if !w.p.alone() {
		if err := w.barrier(ctx); err != nil {
			return nil, err
		}
	}
	touched, err := w.take()
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, i := range w.open {
		for _, touch := range i.touched {
			touch.Pending = true
			touched = append(touched, touch)
		}
	}
	return touched, nil
}

// markTime is how long a mark may be under way.
const markTime = 2 * time.Second

// barrier sends a mark, and waits until it is back.
func (w *published) barrier(ctx context.Context) error {
	mark := w.p.number.Add(1)
	text, err := json.Marshal(changeMessage{Node: w.p.node, Database: w.p.name, Mark: mark})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, markTime)
	defer cancel()
	if err := (*w.p.bus.Load()).Publish(ctx, subjectChanges, text); err != nil {
		return errors.Join(errMissed, err)
	}
	for {
		select {
		case arrived := <-w.marks:
			if arrived >= mark {
				return nil
			}
		case <-ctx.Done():
			return errMissed
		}
	}
}

// arrive passes on a mark that is back. One that nobody waits for any more is dropped.
func (w *published) arrive(mark int64) {
	select {
	case w.marks <- mark:
	default:
	}
}

// Close implements [db.Changes].
func (w *published) Close() error {
	w.p.mu.Lock()
	delete(w.p.places, w)
	w.p.mu.Unlock()
	w.cancel()
	for _, stop := range w.stop {
		stop()
	}
	w.beating.Wait()
	return nil
}
