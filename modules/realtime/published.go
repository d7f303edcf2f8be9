package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/db"
)

// published is a place in what the nodes tell of a database.
type published struct {
	p       *Published
	byName  map[string]*db.Collection
	stop    []func()
	beating sync.WaitGroup
	cancel  context.CancelFunc

	mu    sync.Mutex // guards what follows
	news  chan struct{}
	heard []db.Touched
	lost  bool
	open  map[string]intent // writes whose outcome has not come, by node and number
}

type intent struct {
	touched []db.Touched
	until   time.Time
	tried   bool // it was read again without an outcome
}

// Watch implements [db.Watcher].
func (p *Published) Watch(_ context.Context, collections []*db.Collection) (db.Changes, error) {
	place := &published{p: p, byName: map[string]*db.Collection{}, news: make(chan struct{}, 1), open: map[string]intent{}}
	for _, c := range collections {
		place.byName[c.Name] = c
	}
	p.mu.Lock()
	p.places[place] = struct{}{}
	p.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	place.cancel = cancel
	b := *p.bus.Load()
	if _, alone := b.(*bus.Memory); !alone {
		stop, err := b.Subscribe(subjectChanges, func(text []byte) {
			var message told
			if json.Unmarshal(text, &message) == nil && message.Node != p.node && message.Database == p.name {
				p.note(message)
				place.hear(message)
			}
		}, func() { place.lose() })
		if err != nil {
			return nil, errors.Join(err, place.Close())
		}
		place.stop = append(place.stop, stop)
	}
	place.beating.Go(func() { place.beat(ctx) })
	return place, nil
}

// beat says that this node is there, and looks for those that are not.
func (w *published) beat(ctx context.Context) {
	ticker := time.NewTicker(beatInterval)
	defer ticker.Stop()
	for {
		w.p.publish(ctx, told{Node: w.p.node, Database: w.p.name})
		w.look(time.Now())
		select {
		case <-ticker.C:
		case <-ctx.Done():
			w.p.publish(context.WithoutCancel(ctx), told{Node: w.p.node, Database: w.p.name, Done: true})
			return
		}
	}
}

// look finds writes without an outcome, and nodes that have fallen silent.
func (w *published) look(now time.Time) {
	silent := w.p.mourn(now)
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
			w.tell([]db.Touched{{Collection: c}})
		}
	}
}

func (w *published) wake() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

func (w *published) tell(touched []db.Touched) {
	w.heard = append(w.heard, touched...)
	w.wake()
}

// lose notes that messages may have been missed.
func (w *published) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost = true
	w.wake()
}

// hear takes a message.
func (w *published) hear(message told) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if message.Number == 0 {
		return
	}
	var touched []db.Touched
	for name, ids := range message.Touched {
		if c := w.byName[name]; c != nil {
			for _, id := range ids {
				touched = append(touched, db.Touched{Collection: c, ID: id})
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

func (w *published) take() ([]db.Touched, error) {
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
func (w *published) Next(ctx context.Context) ([]db.Touched, error) {
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

// Settle implements [db.Changes]. A write that a read has seen has told its intent before, on this node; on
// others, as far as the bus has brought it.
func (w *published) Settle(context.Context) ([]db.Touched, error) {
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
