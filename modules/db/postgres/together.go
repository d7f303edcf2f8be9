package postgres

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
)

// Short statements that come while connections are busy are sent together, in one write on one connection, and answered
// together: reads (reads.go) and writes (writes.go) of one document each. Other statements are not: one that takes long
// would keep those behind it waiting.
//
// What goes wrong then is nobody's answer. Each statement that has none is run again alone, so that the error of one is its
// own. One whose time is over leaves, and the statements are cancelled when all have left.

// mostTogether is how many statements are sent together.
const mostTogether = 32

// together collects the statements of a pool that are sent in the same way.
type together struct {
	// run sends statements, and settles those that have an answer.
	run func(*sending, *together, *pgxpool.Conn)
	// resting is until when nothing is sent together, in nanoseconds since 1970.
	resting atomic.Int64

	mu      sync.Mutex // guards what follows, and what is said to be guarded by it
	waiting []*asked
	senders int
}

// asked is a statement that waits for its answer.
type asked struct {
	sql  string
	args []any
	// answer reads what the statement returns, if it returns rows.
	answer  answer
	returns bool
	// changed is how many rows a write has changed that returns none.
	changed int64
	// order is that in which writes of a transaction run.
	order string
	// unread says why the answer could not be read.
	unread error
	sent   *sending // guarded by together.mu; nil until it is sent
	left   bool     // guarded by together.mu
	// done is closed when the statement is settled, or will not be.
	done    chan struct{}
	settled bool
	err     error
}

// settle gives the answer.
func (a *asked) settle(err error) {
	a.settled, a.err = true, err
	close(a.done)
}

// sending are statements that are sent together.
type sending struct {
	all     []*asked
	stays   int             // how many wait for their answers; guarded by together.mu
	context context.Context //nolint:containedctx // of the statements
	cancel  context.CancelFunc
}

// crowded reports whether so many connections are busy that statements are sent together. Until then each has one of its own.
func (d *Driver) crowded() bool {
	used, all := d.slots.Used()
	return used >= min(all, runtime.GOMAXPROCS(0))
}

// ask sends the statement of a builder together with others. It reports false where it is to be run alone.
func (t *together) ask(ctx context.Context, on *Driver, b *builder, a *asked) (settled bool, err error) {
	if until := t.resting.Load(); until > 0 && time.Now().UnixNano() < until {
		return false, nil
	}
	a.sql, a.args, a.done = string(b.SQL), b.arguments(), make(chan struct{})
	defer profile.Begin(ctx, b.SQL).End()
	t.add(on, a)
	select {
	case <-a.done:
		return a.settled, a.err
	case <-ctx.Done():
		t.leave(a)
		return true, db.Timeout()
	}
}

// add makes a statement wait for the next sender, and starts one if there are few.
func (t *together) add(on *Driver, a *asked) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, a)
	if t.senders < runtime.GOMAXPROCS(0) {
		t.senders++
		go t.send(on) // ends when nothing waits
	}
}

// leave is for when nobody waits for a statement any more.
func (t *together) leave(a *asked) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a.left = true
	if a.sent == nil {
		return
	}
	if a.sent.stays--; a.sent.stays == 0 {
		a.sent.cancel()
	}
}

// send sends what waits, until nothing does. It takes the statements when it has a connection, which many wait for together.
func (t *together) send(on *Driver) {
	for {
		var s *sending
		err := on.with(context.Background(), func(c *pgxpool.Conn) error {
			if s = t.take(); s != nil {
				t.run(s, t, c)
			}
			return nil
		})
		if err != nil {
			s = t.take()
		}
		if s == nil {
			return
		}
		for _, a := range s.all {
			if err != nil && !a.settled { // there is no connection for any of them
				a.settle(err)
			}
		}
		s.end()
	}
}

// rest lets each statement be run alone for a while.
func (t *together) rest(d time.Duration) { t.resting.Store(time.Now().Add(d).UnixNano()) }

// take returns the statements that are sent next; nil if there are none, and the sender ends.
func (t *together) take() *sending {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []*asked
	n := 0
	for _, a := range t.waiting {
		if len(all) == mostTogether {
			break
		}
		if n++; !a.left {
			all = append(all, a)
		}
	}
	rest := copy(t.waiting, t.waiting[n:])
	clear(t.waiting[rest:])
	t.waiting = t.waiting[:rest]
	if all == nil {
		t.senders--
		return nil
	}
	s := &sending{all: all, stays: len(all)}
	s.context, s.cancel = context.WithCancel(context.Background())
	for _, a := range all {
		a.sent = s
	}
	return s
}

// end lets those run alone who have no answer.
func (s *sending) end() {
	s.cancel()
	for _, a := range s.all {
		if !a.settled {
			close(a.done)
		}
	}
}
