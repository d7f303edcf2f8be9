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

// Dispatcher raises scheduled events and delivers due ones. It is one loop per process, which continues across
// configuration reloads. It is safe for concurrent use.
type Dispatcher struct {
	now func() time.Time
	// use calls f with the outboxes of the current configuration, which stays open until f returns. f must not
	// call use.
	use    func(f func(*Outboxes))
	wake   chan struct{}
	stored atomic.Bool // an unfinished request may have stored events
}

// NewDispatcher returns a Dispatcher that does nothing before Run.
func NewDispatcher(now func() time.Time, use func(f func(*Outboxes))) *Dispatcher {
	return &Dispatcher{now: now, use: use, wake: make(chan struct{}, 1)}
}

// deliverInterval is how often a node polls for due events.
const deliverInterval = time.Second

// Wake makes Run check for due events.
func (d *Dispatcher) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Stored records that a transaction has stored events. It may not be committed yet; Flush is called afterwards.
func (d *Dispatcher) Stored() { d.stored.Store(true) }

// Flush wakes Run if events were stored since the last call.
func (d *Dispatcher) Flush() {
	if d.stored.Load() && d.stored.Swap(false) {
		d.Wake()
	}
}

// Run raises and delivers events until ctx ends.
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

// once raises the events scheduled since a time and delivers the due ones. It returns the time up to which
// schedules are done.
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
