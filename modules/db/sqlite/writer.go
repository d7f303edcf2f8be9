package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/fault"
)

// maxGroup bounds how many writes share one commit, and so how long the first of them waits.
const maxGroup = 256

// writer owns the one writing connection. Writes that arrive while another commit is under way
// are run one after the other in the next transaction and share its commit; nobody is answered
// before that commit has happened.
type writer struct {
	conn *conn
	jobs chan *job
	done chan struct{}

	mu     sync.RWMutex // guards closed against a send on jobs
	closed bool

	observers sync.Map // of chan struct{}, told of each commit
}

type job struct {
	ctx context.Context
	run func(*conn) error
	// single says that run is one short statement, which undoes itself when it fails. Any other
	// job gets a savepoint of its own.
	single bool
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

// do runs f in a transaction and returns after the commit. Once f has started, do waits for it
// even when ctx ends, so that the caller knows what happened.
func (w *writer) do(ctx context.Context, single bool, f func(*conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{ctx: ctx, run: f, single: single, result: make(chan struct{}, 1)}
	w.mu.RLock()
	if w.closed {
		w.mu.RUnlock()
		return errClosed
	}
	select {
	case w.jobs <- j:
		w.mu.RUnlock()
	case <-ctx.Done():
		w.mu.RUnlock()
		return ctx.Err()
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
	gather:
		for len(group) < maxGroup {
			select {
			case j, ok := <-w.jobs:
				if !ok {
					break gather
				}
				group = append(group, j)
			default:
				break gather
			}
		}
		w.commit(group)
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

// observe tells a channel of one place of every commit from now on.
func (w *writer) observe(committed chan struct{}) { w.observers.Store(committed, nil) }

func (w *writer) ignore(committed chan struct{}) { w.observers.Delete(committed) }

// commit runs a group in one transaction. When the transaction as a whole is lost, so is every
// write in it, and each is told so.
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
		if w.conn.db.GetAutocommit() { // the database has rolled back everything, on a full disk for one
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
	if j.single {
		j.err = j.run(w.conn)
		return
	}
	if j.err = w.conn.exec("SAVEPOINT job"); j.err != nil {
		return
	}
	w.conn.db.SetInterrupt(j.ctx)
	err := j.run(w.conn)
	if err == nil {
		err = j.ctx.Err() // past its deadline the caller is told that nothing happened
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

// close runs what has been accepted and closes the connection.
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
	// Moves what is in the write-ahead log into the database file.
	_, _, err := w.conn.db.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	if errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.LOCKED) {
		err = nil // another process still reads; it will do it
	}
	return errors.Join(err, w.conn.close())
}
