package events

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Deliverer delivers the events of one database. Every node has one: the first node to claim an event delivers it.
type Deliverer struct {
	Database db.Driver
	// Plans has the delivery plan of each event, by name. Events without a plan stay in the outbox.
	Plans map[string]Plan
	Now   func() time.Time
	// Observe receives each delivery: delivered, retried or dead.
	Observe func(e Event, outcome string, err error)
	// Failed receives errors that prevented a delivery, or recording its outcome.
	Failed func(err error)
	// Wake is called when there may be more to deliver.
	Wake func()

	stopped atomic.Bool
	mu      sync.Mutex      // guards the fields below
	busy    map[string]bool // ordering keys with a delivery in progress
	under   map[string]int  // running deliveries by event
	running sync.WaitGroup
}

const (
	// window is how many events are read at once; maxConcurrent is how many deliveries of one kind run concurrently.
	window        = 200
	maxConcurrent = 16
	// leaseTime is how long a claim lasts beyond the time limit of the delivery. No other node delivers the event
	// before.
	leaseTime = 10 * time.Second
)

// Run starts the deliveries that are due: for each ordering key the first event, then the following ones. It does
// not wait for them, so a slow receiver does not delay other events.
func (d *Deliverer) Run(ctx context.Context) error {
	names := d.free()
	if len(names) == 0 {
		return nil
	}
	due := query.All(query.OneOf(query.Path{Field: "event"}, names), equal("state", number(Pending)),
		&query.Compare{Path: query.Path{Field: "due"}, Op: query.Le, Value: query.Time(d.Now())})
	rows, err := d.Database.Find(db.ReadPrimary(ctx), outbox, db.Find{Query: query.Query{Where: due, Sort: append([]query.SortKey{{Field: "due"}}, outbox.KeyOrder(false)...), Limit: window}})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if e := eventOf(row); d.begin(e) {
			d.running.Go(func() {
				defer d.end(e)
				if err := d.inOrder(ctx, e); err != nil && ctx.Err() == nil {
					d.Failed(err)
				}
			})
		}
	}
	return nil
}

// free returns the names of the events with free delivery slots.
func (d *Deliverer) free() []query.Value {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.names(func(name string) bool { return d.under[name] < maxConcurrent })
}

// names returns the names of the events that are delivered and match.
func (d *Deliverer) names(wanted func(name string) bool) []query.Value {
	names := make([]query.Value, 0, len(d.Plans))
	for name := range d.Plans {
		if wanted(name) {
			names = append(names, query.String(name))
		}
	}
	return names
}

// begin claims the ordering key of an event within this node.
func (d *Deliverer) begin(e Event) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy == nil {
		d.busy, d.under = map[string]bool{}, map[string]int{}
	}
	if d.busy[e.OrderingKey] || d.under[e.Name] >= maxConcurrent {
		return false
	}
	d.busy[e.OrderingKey] = true
	d.under[e.Name]++
	return true
}

func (d *Deliverer) end(e Event) {
	d.mu.Lock()
	delete(d.busy, e.OrderingKey)
	d.under[e.Name]--
	d.mu.Unlock()
	d.Wake()
}

// Stop starts no more deliveries and waits for the running ones. Run must not be called afterwards.
func (d *Deliverer) Stop() {
	d.stopped.Store(true)
	d.running.Wait()
}

// inOrder delivers a due event, if it is the first of its ordering key, and the following ones up to the first
// failure.
func (d *Deliverer) inOrder(ctx context.Context, e Event) error {
	if e.OrderingKey == e.ID {
		_, _, err := d.one(ctx, e)
		return err
	}
	for ctx.Err() == nil && !d.stopped.Load() {
		head, found, err := d.head(ctx, e.OrderingKey)
		if err != nil || !found {
			return err
		}
		// An event with attempts waits for its retry, or is being delivered. An event without may have been moved
		// while it waited for an earlier one.
		if head.Attempts > 0 && head.Due.After(d.Now()) {
			if head.ID != e.ID && head.Due.After(e.Due) {
				_, err = d.move(ctx, e, head.Due.Add(time.Millisecond), nil)
			}
			return err
		}
		// If the claim failed, another node has just moved or claimed the event: it is read again.
		if claimed, finished, err := d.one(ctx, head); err != nil || claimed && !finished {
			return err
		}
	}
	return nil
}

// head returns the first undelivered event of an ordering key. Events that are no longer configured do not block
// it.
func (d *Deliverer) head(ctx context.Context, key string) (Event, bool, error) {
	where := query.All(equal("lane", query.String(key)), equal("state", number(Pending)), query.OneOf(query.Path{Field: "event"}, d.names(func(string) bool { return true })))
	rows, err := d.Database.Find(db.ReadPrimary(ctx), outbox, db.Find{Query: query.Query{Where: where, Sort: outbox.KeyOrder(false), Limit: 1}})
	if err != nil || len(rows) == 0 {
		return Event{}, false, err
	}
	return eventOf(rows[0]), true, nil
}

// move changes the due time of an event and more, unless another node has done so.
func (d *Deliverer) move(ctx context.Context, e Event, due time.Time, set []db.Assignment) (bool, error) {
	where := query.All(outbox.ByKey(e.ID), equal("state", number(Pending)), equal("due", query.Time(e.Due)))
	n, _, err := d.Database.Update(ctx, outbox, db.Update{Where: where, Set: append([]db.Assignment{{Field: colDue, Value: query.Time(due)}}, set...)})
	return n > 0, err
}

// one claims and delivers an event. It reports whether the claim succeeded, and whether the next event of its
// ordering key may follow.
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
		_, err := d.move(noting, e, lease, finish(Dead, query.String(fault.Cut(failed.Error(), longestError))))
		return true, err == nil, err // a dead event does not block the following ones
	}
	d.Observe(e, "retried", failed)
	_, err = d.move(noting, e, d.Now().Add(plan.wait(e.Attempts)), []db.Assignment{{Field: colError, Value: query.String(fault.Cut(failed.Error(), longestError))}})
	return true, false, err
}

// longestError is how many bytes of an error are stored.
const longestError = 500
