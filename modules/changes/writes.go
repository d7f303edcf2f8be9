package changes

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Write is a write of this process: one statement, or a transaction.
type Write struct {
	// Number is unique among the writes through a Driver.
	Number  int64
	Touched []Touched
}

// statement is a Write of one collection, in one allocation.
type statement struct {
	Write
	touched [1]Touched
	id      [1]string
}

func statementOf(c *db.Collection, ids ...string) *Write {
	s := &statement{}
	if len(ids) == 1 {
		s.id[0] = ids[0]
		ids = s.id[:]
	}
	s.touched[0] = Touched{c, ids}
	s.Touched = s.touched[:]
	return &s.Write
}

// WriteListener is notified of the writes of this process. Its methods are called concurrently for different writes.
type WriteListener interface {
	// Listening reports whether the listener is to be notified now. It is asked before each call of the others.
	Listening() bool
	// Writing is called before the database is asked to write, or to commit.
	Writing(ctx context.Context, w *Write)
	// Written is called when the outcome is known, before the caller has it. A write that has failed may have been
	// committed, unless it was [Rejected].
	Written(ctx context.Context, w *Write, err error)
}

// Rejected reports whether the database has refused a write, so that nothing of it was committed.
func Rejected(err error) bool {
	var refused *fault.Error
	return errors.As(err, &refused) && refused.Code != fault.Unavailable && refused.Code != fault.Timeout
}

// Driver is a database that notifies listeners of each write through it.
type Driver struct {
	db.Driver
	listeners []WriteListener
	number    atomic.Int64 // of writes
}

// NewDriver returns a database that notifies listeners, in their order, of each write through it. Those of this process
// come before those that pass it on to other nodes.
func NewDriver(driver db.Driver, listeners ...WriteListener) *Driver {
	return &Driver{Driver: driver, listeners: listeners}
}

// Unwrap implements [db.Wrapper].
func (d *Driver) Unwrap() db.Driver { return d.Driver }

func (d *Driver) listening() bool {
	for _, l := range d.listeners {
		if l.Listening() {
			return true
		}
	}
	return false
}

// begin notifies the listeners of an intent.
func (d *Driver) begin(ctx context.Context, w *Write) *Write {
	w.Number = d.number.Add(1)
	for _, l := range d.listeners {
		if l.Listening() {
			l.Writing(ctx, w)
		}
	}
	return w
}

// end notifies the listeners of an outcome.
func (d *Driver) end(ctx context.Context, w *Write, err error) {
	for _, l := range d.listeners {
		if l.Listening() {
			l.Written(ctx, w, err)
		}
	}
}

// Insert implements [db.Store].
func (d *Driver) Insert(ctx context.Context, c *db.Collection, rows []query.Row) (err error) {
	if !d.listening() {
		return d.Driver.Insert(ctx, c, rows)
	}
	w := d.begin(ctx, statementOf(c, idsOf(c, rows)...))
	defer func() {
		w.Touched[0].IDs = idsOf(c, rows) // with those that the database has generated
		d.end(ctx, w, err)
	}()
	return d.Driver.Insert(ctx, c, rows)
}

// Update implements [db.Store].
func (d *Driver) Update(ctx context.Context, c *db.Collection, u db.Update) (n int64, rows []query.Row, err error) {
	if !d.listening() {
		return d.Driver.Update(ctx, c, u)
	}
	w := d.begin(ctx, statementOf(c, idIn(c, u.Where)))
	defer func() { d.end(ctx, w, err) }()
	return d.Driver.Update(ctx, c, u)
}

// Delete implements [db.Store].
func (d *Driver) Delete(ctx context.Context, c *db.Collection, where query.Filter) (n int64, err error) {
	if !d.listening() {
		return d.Driver.Delete(ctx, c, where)
	}
	w := d.begin(ctx, statementOf(c, idIn(c, where)))
	defer func() { d.end(ctx, w, err) }()
	return d.Driver.Delete(ctx, c, where)
}

// errRetried is the outcome of a try of a transaction after which the driver has begun another one.
var errRetried = errors.New("the transaction is tried again")

// Transaction implements [db.Driver]. What a transaction touches is known just before it is committed.
func (d *Driver) Transaction(ctx context.Context, f func(db.Store) error) (err error) {
	if !d.listening() {
		return d.Driver.Transaction(ctx, f)
	}
	var w *Write
	defer func() {
		if w != nil {
			d.end(ctx, w, err)
		}
	}()
	return d.Driver.Transaction(ctx, func(s db.Store) error {
		if w != nil {
			d.end(ctx, w, errRetried)
			w = nil
		}
		r := &recorder{Store: s}
		if err := f(r); err != nil {
			return err
		}
		if len(r.touched) > 0 {
			w = d.begin(ctx, &Write{Touched: r.touched})
		}
		return nil
	})
}
