package crud

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Budget is how many bytes the requests of a node may hold at once, besides the little that each may have anyway. It
// is safe for concurrent use.
type Budget struct {
	size  int64
	free  *semaphore.Weighted
	whole *Budget // nil unless this is a part of another
	wait  atomic.Int32
}

// NewBudget returns one of a size.
func NewBudget(size int64) *Budget { return &Budget{size: size, free: semaphore.NewWeighted(size)} }

// Part returns a budget within this one, so that what is taken for one purpose leaves the rest for others.
func (b *Budget) Part(size int64) *Budget {
	return &Budget{size: size, free: semaphore.NewWeighted(size), whole: b}
}

func (b *Budget) take(ctx context.Context, bytes int64) error {
	if !b.free.TryAcquire(bytes) {
		b.wait.Add(1)
		err := b.free.Acquire(ctx, bytes)
		if b.wait.Add(-1); err != nil {
			return err
		}
	}
	if b.whole == nil {
		return nil
	}
	err := b.whole.take(ctx, bytes)
	if err != nil {
		b.free.Release(bytes)
	}
	return err
}

// Wanted reports whether requests wait for some of it.
func (b *Budget) Wanted() bool { return b.wait.Load() > 0 }

func (b *Budget) give(bytes int64) {
	b.free.Release(bytes)
	if b.whole != nil {
		b.whole.give(bytes)
	}
}

const (
	// smallRows is how many bytes of rows a read may find without asking the budget. What finds more is run again
	// with growth times as many, until it is known what it takes.
	smallRows = 256 << 10
	growth    = 8
	// budgetTime is how long a request waits for others to be answered.
	budgetTime = 2 * time.Second
)

// Hold is what one request holds of a budget. Its zero value holds nothing.
type Hold struct {
	Budget *Budget

	mu    sync.Mutex
	bytes int64
	ended bool
}

// Take takes bytes more, and waits a while for them.
func (h *Hold) Take(ctx context.Context, bytes int64) error {
	if h == nil || h.Budget == nil {
		return nil
	}
	h.mu.Lock()
	bytes = min(bytes, h.Budget.size-h.bytes)
	h.mu.Unlock()
	if bytes <= 0 {
		return nil
	}
	wait, cancel := context.WithTimeout(ctx, budgetTime)
	defer cancel()
	if err := h.Budget.take(wait, bytes); err != nil {
		return fault.Retry(fault.Unavailable, time.Second, "the requests under way take all of limits.memory; try again")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended { // what goes on after its request is bounded otherwise
		h.Budget.give(bytes)
		return nil
	}
	h.bytes += bytes
	return nil
}

// Keep returns all but some bytes to the budget, and reports whether it holds any.
func (h *Hold) Keep(bytes int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if more := h.bytes - bytes; more > 0 {
		h.Budget.give(more)
		h.bytes = bytes
	}
	return h.bytes > 0
}

// End gives everything back.
func (h *Hold) End() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended = true; h.bytes > 0 {
		h.Budget.give(h.bytes)
		h.bytes = 0
	}
}

// Close implements io.Closer for an answer that is written later.
func (h *Hold) Close() error {
	h.End()
	return nil
}

// findWithin runs a Find that may find much in steps, each of which takes from the budget what it may hold: its rows, and
// the answer that is made of them.
func (a access) findWithin(ctx context.Context, c *db.Collection, f db.Find) ([]query.Row, error) {
	if f.Bytes <= smallRows || a.caller.Hold == nil {
		return a.Store.Find(ctx, c, f)
	}
	most, held := f.Bytes, 0
	for f.Bytes = smallRows; ; f.Bytes = min(f.Bytes*growth, most) {
		rows, err := a.Store.Find(ctx, c, f)
		if f.Bytes == most || !errors.Is(err, db.ErrTooLarge) {
			return rows, err
		}
		need := min(f.Bytes*growth, most)
		need += need / 2
		if err := a.caller.Hold.Take(ctx, int64(need-held)); err != nil {
			return nil, err
		}
		held = need
	}
}
