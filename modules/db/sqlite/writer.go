package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/fault"
)

// maxGroup limits how many writes share one commit, and so how long the first of them waits.
const maxGroup = 256

// writer owns the only writing connection. Writes that arrive during a commit run one by one in the next
// transaction and share its commit. No caller gets a result before that commit.
type writer struct {
	conn *conn
	jobs chan *job
	done chan struct{}

	mu     sync.RWMutex // guards closed against a send on jobs
	closed bool

	observers sync.Map // of chan struct{}, notified of each commit
}

type job struct {
	ctx context.Context
	run func(*conn) error
	// single is true if run is one short statement, which undoes itself if it fails. Any other job gets a
	// savepoint of its own, and so does this one where foreign keys are checked after the statement.
	single bool
	// alone is true if no other write may be in its transaction.
	alone  bool
	err    error
	panic  any
	result chan struct{}
}

func newWriter(c *conn) *writer {
	w := &writer{conn: c, jobs: make(chan *job, maxGroup), done: make(chan struct{})}
	go w.loop()
	return w
}

var errClosed = &fault.Error{Code: fault.Unavailable, Detail: "the server is shutting down"}

// do runs f in a transaction and returns after the commit. Once f has started, do waits for it even if ctx ends,
// so that the caller knows what happened.
func (w *writer) do(ctx context.Context, single bool, f func(*conn) error) error {
	return w.wait(&job{ctx: ctx, run: f, single: single, result: make(chan struct{}, 1)})
}

// alone runs f while no one else writes, in this process or in another one.
func (w *writer) alone(ctx context.Context, f func(*conn) error) error {
	return w.wait(&job{ctx: ctx, run: f, single: true, alone: true, result: make(chan struct{}, 1)})
}

func (w *writer) wait(j *job) error {
	ctx := j.ctx
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.RLock()
	if w.closed {
		w.mu.RUnlock()
		return errClosed
	}
	select {
	case w.jobs <- j:
		w.mu.RUnlock()
	default: // which does not cost what waiting does
		select {
		case w.jobs <- j:
			w.mu.RUnlock()
		case <-ctx.Done():
			w.mu.RUnlock()
			return ctx.Err()
		}
	}
	<-j.result
	if j.panic != nil {
		panic(j.panic)
	}
	return j.err
}

func (w *writer) loop() {
	defer close(w.done)
	group := make([]*job, 0, maxGroup)
	for first := range w.jobs {
		group = append(group[:0], first)
		var alone *job
	gather:
		for len(group) < maxGroup && !first.alone {
			select {
			case j, ok := <-w.jobs:
				if !ok {
					break gather
				}
				if j.alone {
					alone = j
					break gather
				}
				group = append(group, j)
			default:
				break gather
			}
		}
		w.commit(group)
		if alone != nil {
			w.commit([]*job{alone})
			group = append(group, alone)
		}
		for _, j := range group {
			j.result <- struct{}{}
		}
		w.observers.Range(func(observer, _ any) bool {
			select {
			case observer.(chan struct{}) <- struct{}{}:
			default: // it has not looked since the one before
			}
			return true
		})
	}
}

// observe notifies a channel with a buffer of one of every commit from now on.
func (w *writer) observe(committed chan struct{}) { w.observers.Store(committed, nil) }

func (w *writer) ignore(committed chan struct{}) { w.observers.Delete(committed) }

// commit runs a group in one transaction. If the whole transaction fails, every write in it gets the error.
func (w *writer) commit(group []*job) {
	w.conn.db.SetInterrupt(context.Background())
	if err := w.conn.exec("BEGIN IMMEDIATE"); err != nil {
		for _, j := range group {
			j.err = err
		}
		return
	}
	for i, j := range group {
		w.run(j)
		w.conn.db.SetInterrupt(context.Background())
		if w.conn.db.GetAutocommit() { // the database has rolled back everything, for example because the disk is full
			lost := fmt.Errorf("the transaction was rolled back: %w", j.err)
			if j.err == nil {
				lost = errors.New("the transaction was rolled back")
			}
			for _, before := range group[:i] {
				before.err = errors.Join(before.err, lost)
			}
			if i+1 < len(group) {
				w.commit(group[i+1:])
			}
			return
		}
	}
	if err := w.conn.exec("COMMIT"); err != nil {
		for _, j := range group {
			j.err = errors.Join(j.err, fmt.Errorf("commit: %w", err))
		}
		if !w.conn.db.GetAutocommit() {
			_ = w.conn.exec("ROLLBACK") // the commit's error is the one that matters
		}
	}
}

func (w *writer) run(j *job) {
	if j.err = j.ctx.Err(); j.err != nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			j.panic = p
			j.err = w.undo(fmt.Errorf("panic in a transaction: %v", p))
		}
	}()
	w.conn.caller = j.ctx
	defer func() { w.conn.caller = context.Background() }()
	if j.alone || j.single && !w.conn.dialect.guarded.Load() {
		j.err = j.run(w.conn)
		return
	}
	if j.err = w.conn.exec("SAVEPOINT job"); j.err != nil {
		return
	}
	w.conn.db.SetInterrupt(j.ctx)
	err := j.run(w.conn)
	if err == nil {
		err = j.ctx.Err() // after its deadline, report that nothing happened
	}
	if err == nil {
		err = w.conn.unkept() // the commit, which is not of this job alone, would be refused
	}
	w.conn.db.SetInterrupt(context.Background())
	if err != nil {
		j.err = w.undo(err)
		return
	}
	j.err = w.conn.exec("RELEASE job")
}

// undo rolls the current job back, unless the database has already rolled back everything.
func (w *writer) undo(err error) error {
	w.conn.db.SetInterrupt(context.Background())
	if w.conn.db.GetAutocommit() {
		return err
	}
	return errors.Join(err, w.conn.exec("ROLLBACK TO job"), w.conn.exec("RELEASE job"))
}

// close runs the accepted jobs and closes the connection.
func (w *writer) close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	close(w.jobs)
	w.mu.Unlock()
	<-w.done
	// Moves the write-ahead log into the database file.
	_, _, err := w.conn.db.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	if errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.LOCKED) {
		err = nil // another process still reads, and will do it
	}
	return errors.Join(err, w.conn.close())
}
