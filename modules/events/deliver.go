package events

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Deliverer delivers the events of one database. Every node has one: whoever claims an event first delivers it.
type Deliverer struct {
	Database db.Driver
	// Plans has how each event is delivered, by its name. Others stay where they are.
	Plans map[string]Plan
	Now   func() time.Time
	// Observe is told of each delivery: delivered, retried or dead.
	Observe func(e Event, outcome string, err error)
	// Failed is told of what has kept an event from being delivered, or from being noted.
	Failed func(err error)
	// Wake is called when there may be more to deliver.
	Wake func()

	stopped atomic.Bool
	mu      sync.Mutex      // guards what follows
	busy    map[string]bool // lanes that are being delivered
	under   map[string]int  // deliveries under way by event
	running sync.WaitGroup
}

const (
	// window is how many events are looked at together, and together how many of one kind are delivered at once.
	window   = 200
	together = 16
	// leaseTime is how long, besides its time limit, nobody else delivers an event that was claimed.
	leaseTime = 10 * time.Second
)

// Run begins to deliver what is due: of each lane the first event, and then those behind it. It does not wait for
// the deliveries: an event whose receiver is slow does not keep others waiting.
func (d *Deliverer) Run(ctx context.Context) error {
	names := d.free()
	if len(names) == 0 {
		return nil
	}
	due := query.All(query.OneOf(query.Path{Field: "event"}, names), equal("state", number(Pending)),
		&query.Compare{Path: query.Path{Field: "due"}, Op: query.Le, Value: query.Time(d.Now())})
	rows, err := d.Database.Find(db.Strong(ctx), outbox, db.Find{Query: query.Query{Where: due, Sort: append([]query.SortKey{{Field: "due"}}, outbox.KeyOrder(false)...), Limit: window}})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if e := eventOf(row); d.begin(e) {
			d.running.Go(func() {
				defer d.end(e)
				if err := d.lane(ctx, e); err != nil && ctx.Err() == nil {
					d.Failed(err)
				}
			})
		}
	}
	return nil
}

// free returns the names of the events of which more can be delivered.
func (d *Deliverer) free() []query.Value {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.names(func(name string) bool { return d.under[name] < together })
}

// names returns those of the events that are delivered, and wanted.
func (d *Deliverer) names(wanted func(name string) bool) []query.Value {
	names := make([]query.Value, 0, len(d.Plans))
	for name := range d.Plans {
		if wanted(name) {
			names = append(names, query.String(name))
		}
	}
	return names
}

// begin claims the lane of an event in this node.
func (d *Deliverer) begin(e Event) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy == nil {
		d.busy, d.under = map[string]bool{}, map[string]int{}
	}
	if d.busy[e.Lane] || d.under[e.Name] >= together {
		return false
	}
	d.busy[e.Lane] = true
	d.under[e.Name]++
	return true
}

func (d *Deliverer) end(e Event) {
	d.mu.Lock()
	delete(d.busy, e.Lane)
	d.under[e.Name]--
	d.mu.Unlock()
	d.Wake()
}

// Stop waits for the deliveries that are under way, and begins no more. Run is not called any more.
func (d *Deliverer) Stop() {
	d.stopped.Store(true)
	d.running.Wait()
}

// lane delivers an event that is due, when it is the first of its lane, and those behind it, up to the first that
// fails.
func (d *Deliverer) lane(ctx context.Context, e Event) error {
	if e.Lane == e.ID {
		_, _, err := d.one(ctx, e)
		return err
	}
	for ctx.Err() == nil && !d.stopped.Load() {
		head, found, err := d.head(ctx, e.Lane)
		if err != nil || !found {
			return err
		}
		// One that was tried waits to be tried again, or somebody is at it. One that was not may have been
		// moved while it waited for another.
		if head.Attempts > 0 && head.Due.After(d.Now()) {
			if head.ID != e.ID && head.Due.After(e.Due) {
				_, err = d.move(ctx, e, head.Due.Add(time.Millisecond), nil)
			}
			return err
		}
		// One that could not be claimed has just been moved, or claimed, by another node: it is looked at again.
		if claimed, finished, err := d.one(ctx, head); err != nil || claimed && !finished {
			return err
		}
	}
	return nil
}

// head returns the first event of a lane that is not delivered. Those that the configuration does not have any more
// keep nobody waiting.
func (d *Deliverer) head(ctx context.Context, lane string) (Event, bool, error) {
	where := query.All(equal("lane", query.String(lane)), equal("state", number(Pending)), query.OneOf(query.Path{Field: "event"}, d.names(func(string) bool { return true })))
	rows, err := d.Database.Find(db.Strong(ctx), outbox, db.Find{Query: query.Query{Where: where, Sort: outbox.KeyOrder(false), Limit: 1}})
	if err != nil || len(rows) == 0 {
		return Event{}, false, err
	}
	return eventOf(rows[0]), true, nil
}

// move changes when an event is due, and more, if nobody else has done so.
func (d *Deliverer) move(ctx context.Context, e Event, due time.Time, set []db.Assignment) (bool, error) {
	where := query.All(outbox.ByKey(e.ID), equal("state", number(Pending)), equal("due", query.Time(e.Due)))
	n, _, err := d.Database.Update(ctx, outbox, db.Update{Where: where, Set: append([]db.Assignment{{Field: colDue, Value: query.Time(due)}}, set...)})
	return n > 0, err
}

// one claims and delivers an event, and reports whether it was there to be claimed, and whether the next one of its
// lane may follow.
func (d *Deliverer) one(ctx context.Context, e Event) (claimed, finished bool, err error) {
	plan := d.Plans[e.Name]
	lease := d.Now().Add(plan.Timeout + leaseTime).Truncate(time.Microsecond)
	attempts := db.Assignment{Field: colAttempts, Value: query.Int(int64(e.Attempts + 1))}
	if claimed, err = d.move(ctx, e, lease, []db.Assignment{attempts}); err != nil || !claimed {
		return false, false, err
	}
	e.Due, e.Attempts = lease, e.Attempts+1
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), plan.Timeout)
	failed := plan.Receiver.Deliver(limited, e)
	cancel()
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTime)
	defer cancel()
	finish := func(state State, text query.Value) []db.Assignment {
		return []db.Assignment{{Field: colState, Value: number(state)}, {Field: colFinished, Value: query.Time(d.Now())}, {Field: colError, Value: text}}
	}
	switch {
	case failed == nil:
		d.Observe(e, "delivered", nil)
		_, err := d.move(noting, e, lease, finish(Done, query.Null))
		return true, err == nil, err
	case e.Attempts > plan.Retries:
		d.Observe(e, "dead", failed)
		_, err := d.move(noting, e, lease, finish(Dead, query.String(clip(failed.Error()))))
		return true, err == nil, err // those behind it need not wait for what is never delivered
	}
	d.Observe(e, "retried", failed)
	_, err = d.move(noting, e, d.Now().Add(plan.wait(e.Attempts)), []db.Assignment{{Field: colError, Value: query.String(clip(failed.Error()))}})
	return true, false, err
}

// clip bounds what is stored of an error.
func clip(s string) string {
	const most = 500
	if len(s) > most {
		return s[:most]
	}
	return s
}
