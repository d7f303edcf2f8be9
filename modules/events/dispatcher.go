package events

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// Outboxes are the outboxes and schedules of one configuration.
type Outboxes struct {
	Deliverers map[string]*Deliverer // by database
	Scheduler  *Scheduler
	Log        *slog.Logger
}

// Dispatcher raises what is scheduled and delivers what is due, as the one loop of a process that outlives its
// configurations. It is safe for concurrent use.
type Dispatcher struct {
	now func() time.Time
	// use calls f with the outboxes of the present configuration, which stays open until f returns; it may not call it.
	use    func(f func(*Outboxes))
	wake   chan struct{}
	stored atomic.Bool // a request that may not have ended has stored events
}

// NewDispatcher returns one that does nothing before Run.
func NewDispatcher(now func() time.Time, use func(f func(*Outboxes))) *Dispatcher {
	return &Dispatcher{now: now, use: use, wake: make(chan struct{}, 1)}
}

// deliverInterval is how often a node looks for events that are due.
const deliverInterval = time.Second

// Wake makes Run look for events that are due.
func (d *Dispatcher) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Stored notes that a transaction has stored events, and may not have ended yet. Flush is called after it.
func (d *Dispatcher) Stored() { d.stored.Store(true) }

// Flush wakes Run where events were stored since it was called last.
func (d *Dispatcher) Flush() {
	if d.stored.Load() && d.stored.Swap(false) {
		d.Wake()
	}
}

// Run raises and delivers until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) {
	ticker := time.NewTicker(deliverInterval)
	defer ticker.Stop()
	checked := d.now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-d.wake:
		}
		d.use(func(o *Outboxes) { checked = d.once(ctx, o, checked) })
	}
}

// once raises what was scheduled since another time and delivers what is due. It returns until when schedules are done.
func (d *Dispatcher) once(ctx context.Context, o *Outboxes, checked time.Time) time.Time {
	if now := d.now(); o.Scheduler.Raise(ctx, checked, now) {
		checked = now
	}
	for name, deliverer := range o.Deliverers {
		if err := deliverer.Run(ctx); err != nil && ctx.Err() == nil {
			o.Log.Error("looking for events to deliver; it is tried again", "database", name, "error", err.Error())
		}
	}
	return checked
}
