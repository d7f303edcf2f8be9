package postgres

import (
	"context"
	"runtime"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/db/profile"
	"github.com/basalt-dev/basalt/modules/query"
)

// Reads of one document each that come while connections are busy are sent together, in one write on one connection, and
// answered together. Other reads are not: one that takes long would keep those behind it waiting.
//
// What goes wrong then is nobody's answer. Each read that has none is asked again alone, so that the error of one is its
// own. A read whose time is over leaves, and the statements are cancelled when all have left.

// mostTogether is how many reads are sent together.
const mostTogether = 32

// together collects the reads of a pool.
type together struct {
	mu      sync.Mutex // guards what follows, and what is said to be guarded by it
	waiting []*read
	senders int
}

// read is one that waits for its answer.
type read struct {
	sql    string
	args   []any
	answer answer
	sent   *sending // guarded by together.mu; nil until it is sent
	left   bool     // guarded by together.mu
	// done is closed when there is an answer, or will be none.
	done     chan struct{}
	rows     []query.Row
	answered bool
}

// sending are reads that are sent together.
type sending struct {
	reads   []*read
	stays   int             // how many wait for their answers; guarded by together.mu
	context context.Context //nolint:containedctx // of the statements
	cancel  context.CancelFunc
}

// crowded reports whether so many connections are busy that reads are sent together. Until then each has one of its own.
func (d *Driver) crowded() bool {
	used, all := d.slots.Used()
	return used >= min(all, runtime.GOMAXPROCS(0))
}

// isGet reports whether a read is one of a document by its key, which is short.
func isGet(c *db.Collection, f *db.Find) bool {
	return f.Limit == 1 && f.Sort == nil && f.Rank == nil && f.PerLimit == 0 && f.Offset == 0 && c.IsByKey(f.Where) && !query.HasLookups(f.Where)
}

// findTogether sends a read together with others. It reports false where it is to be asked alone.
func (d *Driver) findTogether(ctx context.Context, on *Driver, c *db.Collection, f db.Find) (rows []query.Row, ok bool, err error) {
	b := d.build(c)
	fields := b.Find(f)
	if b.layout.guarded || b.planned() {
		d.release(b)
		return nil, false, nil
	}
	r := &read{sql: string(b.SQL), args: b.arguments(), answer: newAnswer(b, b.Table.Kinds, fields, f.Limit, f.Bytes), done: make(chan struct{})}
	running := profile.Begin(ctx, b.SQL)
	defer running.End()
	d.release(b)
	on.together.add(on, r)
	select {
	case <-r.done:
		return r.rows, r.answered, nil
	case <-ctx.Done():
		on.together.leave(r)
		return nil, true, db.Timeout()
	}
}

// add makes a read wait for the next sender, and starts one if there are few.
func (t *together) add(on *Driver, r *read) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, r)
	if t.senders < runtime.GOMAXPROCS(0) {
		t.senders++
		go t.send(on) // ends when nothing waits
	}
}

// leave is for when nobody waits for a read any more.
func (t *together) leave(r *read) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.left = true
	if r.sent == nil {
		return
	}
	if r.sent.stays--; r.sent.stays == 0 {
		r.sent.cancel()
	}
}

// send sends what waits, until nothing does. It takes the reads when it has a connection, which many wait for together.
func (t *together) send(on *Driver) {
	for {
		var s *sending
		err := on.with(context.Background(), func(c *pgxpool.Conn) error {
			if s = t.take(); s != nil {
				s.ask(c)
			}
			return nil
		})
		if err != nil { // there is no connection, as each of them will hear
			s = t.take()
		}
		if s == nil {
			return
		}
		s.end()
	}
}

// take returns the reads that are sent next; nil if there are none, and the sender ends.
func (t *together) take() *sending {
	t.mu.Lock()
	defer t.mu.Unlock()
	var reads []*read
	n := 0
	for _, r := range t.waiting {
		if len(reads) == mostTogether {
			break
		}
		if n++; !r.left {
			reads = append(reads, r)
		}
	}
	rest := copy(t.waiting, t.waiting[n:])
	clear(t.waiting[rest:])
	t.waiting = t.waiting[:rest]
	if reads == nil {
		t.senders--
		return nil
	}
	s := &sending{reads: reads, stays: len(reads)}
	s.context, s.cancel = context.WithCancel(context.Background())
	for _, r := range reads {
		r.sent = s
	}
	return s
}

// end lets those ask again who have no answer.
func (s *sending) end() {
	s.cancel()
	for _, r := range s.reads {
		if !r.answered {
			close(r.done)
		}
	}
}

// ask sends the reads, and gives each its answer as it comes. Those after one that fails get none.
func (s *sending) ask(c *pgxpool.Conn) {
	var all pgx.Batch
	for _, r := range s.reads {
		all.Queue(r.sql, r.args...)
	}
	results := c.SendBatch(s.context, &all)
	defer results.Close() // which returns an error that was returned before
	for _, r := range s.reads {
		rows, err := results.Query()
		if err != nil {
			return
		}
		ok := r.take(rows)
		rows.Close()
		if rows.Err() != nil {
			return
		}
		if ok {
			r.rows, r.answered = r.answer.rows(), true
			close(r.done)
		}
	}
}

// take reads the answer. It reports false if that fails, also with a panic: the read is asked again by who waits for it.
func (r *read) take(rows pgx.Rows) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	for rows.Next() {
		if r.answer.add(rows, rows.RawValues()) != nil {
			return false
		}
	}
	return true
}
