package files

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

const (
	// Grace is how old bytes without a document are before the sweeper removes them. A node that has just stored them
	// may still be making the document.
	Grace = time.Hour
	// releaseTime bounds the release of what one request let go of.
	releaseTime = 30 * time.Second
	// sweepInterval is how often a node looks for orphans.
	sweepInterval = 6 * time.Hour
)

// releases are the bytes that documents have let go of, and who removes them.
type releases struct {
	stop    context.CancelFunc
	living  context.Context // ends with Close
	running sync.WaitGroup

	mu      sync.Mutex             // guards the fields below
	noted   map[released]time.Time // when
	working bool
	again   bool // Flush was called while working
	swept   time.Time
}

// released are bytes of a collection that a document had.
type released struct{ collection, sum string }

func (r *releases) begin() {
	r.living, r.stop = context.WithCancel(context.Background())
	r.noted = map[released]time.Time{}
}

// Close ends what runs. Bytes that were let go of and are still there are left to the sweeper.
func (s *Service) Close() {
	if s == nil {
		return
	}
	s.stop()
	s.running.Wait()
}

// Note notes bytes that a document has let go of, or may have: whether others have them is asked when they are removed.
func (s *Service) Note(collection, sum string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noted[released{collection, sum}] = s.Now()
}

// Flush removes what was noted, beside the caller. It is called when the transactions of a request have ended.
func (s *Service) Flush() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.noted) == 0 || s.living.Err() != nil {
		return
	}
	if s.again = s.working; s.working {
		return
	}
	s.working = true
	s.running.Go(s.releaseAll)
}

// Finish is Flush for a process that ends: it waits.
func (s *Service) Finish() {
	s.Flush()
	s.running.Wait()
}

// releaseAll removes what is noted, and starts over when Flush was called meanwhile. What a document still has stays noted
// for a while: the transaction that lets go of it may not have ended, and then Flush is called again.
func (s *Service) releaseAll() {
	for {
		s.mu.Lock()
		now := s.noted
		s.noted, s.again = map[released]time.Time{}, false
		s.mu.Unlock()
		for r, at := range now {
			if had := s.releaseOne(r); had && s.Now().Sub(at) < releaseTime {
				s.mu.Lock()
				if _, later := s.noted[r]; !later {
					s.noted[r] = at
				}
				s.mu.Unlock()
			}
		}
		s.mu.Lock()
		if !s.again || s.living.Err() != nil {
			s.working = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
}

// releaseOne removes bytes that a document had, and reports whether one has them.
func (s *Service) releaseOne(r released) (had bool) {
	ctx, cancel := context.WithTimeout(s.living, releaseTime)
	defer cancel()
	grace := time.Duration(0)
	c := s.Collections[r.collection]
	if c.Store.Shared() { // another node may be making a document of these bytes
		grace = Grace
	}
	_, had, err := s.release(ctx, c, r.sum, grace)
	if err != nil && s.living.Err() == nil {
		s.Log.Warn("bytes that no document has are still stored; the sweeper removes them", "collection", c.Name, "error", err.Error())
	}
	return had
}

// release removes bytes that no document has and that are old enough. It reports whether it has, and whether a document
// has them.
func (s *Service) release(ctx context.Context, c *Collection, sum string, grace time.Duration) (removed, had bool, err error) {
	lock := &c.Store.locks[c.Store.lock(sum)]
	lock.Lock()
	defer lock.Unlock()
	all, err := c.has(ctx, []string{sum})
	if err != nil || all[sum] {
		return false, all[sum], err
	}
	object, err := c.Store.Stat(ctx, c.key(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, s.dropPictures(ctx, c, sum)
	}
	if err != nil || grace > 0 && s.Now().Sub(object.Stored) < grace {
		return false, false, err
	}
	if err := c.Store.Delete(ctx, c.key(sum)); err != nil {
		return false, false, err
	}
	s.Observe("removed")
	return true, false, s.dropPictures(ctx, c, sum)
}

// has returns which of some hashes documents have.
func (c *Collection) has(ctx context.Context, sums []string) (map[string]bool, error) {
	values := make([]query.Value, len(sums))
	for i, sum := range sums {
		values[i] = query.String(sum)
	}
	field := c.Stored.Shape.Index(fieldSHA256)
	groups, err := c.Database.Aggregate(db.ReadPrimary(ctx), c.Stored, db.Aggregate{Where: query.OneOf(query.Path{Field: fieldSHA256}, values), Group: []int{field}, Limit: len(sums)})
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, group := range groups {
		out[group[0].Text()] = true
	}
	return out, nil
}
