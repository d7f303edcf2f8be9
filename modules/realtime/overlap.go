package realtime

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/changes"
)

// A set whose rule looks something up is read by the database with what the lookups find at that moment. Where
// that was there only for a moment (a membership that ended and began again before this node received
// either), the lookups are then what they were, and nothing says that documents are missing. So what a set was
// read with has to be older than what the lookups receive: a set is recent until a change of its lookups comes
// whose commit it cannot have seen; a change of a commit that it may have seen has it read again.

const (
	// doubtPause is how long a recent set waits until it is read again where it is not known what it has seen;
	// twice as long the next time, up to sureTime. After that, all that it can have seen has been received.
	doubtPause = time.Second
	sureTime   = 30 * time.Second
)

// sight is what a set may have seen when it was read.
type sight struct {
	position uint64 // nothing after this one; 0 when that is not known
	at       time.Time
	pause    time.Duration
	doubted  bool // it will be read again
}

// positionOf returns how far the commits are that a set can have seen, 0 where that cannot be known: its
// lookups are in another database, or it has none.
func (g *engine) positionOf(ctx context.Context, s *resultSet) (uint64, error) {
	if len(s.lookups) == 0 {
		return 0, nil
	}
	feed := g.config.Feeds[s.table.collection]
	for _, l := range s.lookups {
		if g.config.Feeds[l.set.table.collection] != feed {
			return 0, nil
		}
	}
	return feed.Position(ctx)
}

// overlaps reports whether a set may have been read with a state of its lookups between those that are known,
// when what they receive now begins at a position; 0 when that is not known.
func (s *resultSet) overlaps(first uint64) (overlaps, certain bool) {
	if _, recent := s.engine.recent[s]; !recent {
		return false, true
	}
	if first == 0 || s.sight.position == 0 {
		return true, false
	}
	return s.sight.position >= first, true
}

// resee reads a set again that may have been read between two states of its lookups.
func (s *resultSet) resee() {
	switch overlaps, certain := s.overlaps(s.engine.first); {
	case s.load != nil, overlaps && certain:
		s.reload()
	case overlaps:
		s.invalidate()
	}
}

// invalidate reads a set again after a while.
func (s *resultSet) invalidate() {
	if s.sight.doubted {
		return
	}
	s.sight.doubted = true
	s.sight.pause = min(max(doubtPause, 2*s.sight.pause), 2*sureTime)
	s.engine.after(s.sight.pause, s, func() {
		s.sight.doubted = false
		s.reload()
	})
}

// sure releases the recent sets of a database that have seen nothing of what lookups receive now, or are old enough.
// unclear says that it has changed more than once, so that a set may have seen what is not known here.
func (g *engine) sure(feed *changes.Feed, first uint64, unclear bool) {
	now := g.hub.clock.Now()
	for s := range g.recent {
		if s.load != nil || !s.looksInto(feed) {
			if unclear && s.load != nil {
				s.invalidate()
			}
			continue
		}
		overlaps, certain := s.overlaps(first)
		switch {
		case certain && !overlaps, !certain && now.Sub(s.sight.at) > sureTime:
			s.sight.pause = 0
			delete(g.recent, s)
		case unclear:
			s.invalidate()
		}
	}
}

// looksInto reports whether a lookup of the set is in a database.
func (s *resultSet) looksInto(feed *changes.Feed) bool {
	for _, l := range s.lookups {
		if s.engine.config.Feeds[l.set.table.collection] == feed {
			return true
		}
	}
	return false
}
