package cluster

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// pingTime is how long a database may take to answer.
const pingTime = time.Second

// Pinger is a database that can be asked whether it answers.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Health knows which databases do not answer this node. The zero value knows of none. It is safe for concurrent use.
type Health struct {
	mu    sync.Mutex           // guards since
	since map[string]time.Time // when a database was first found not to answer
}

// Check asks the databases, and returns those that do not answer and since when that is known. What has changed is
// logged.
func Check[P Pinger](ctx context.Context, h *Health, databases map[string]P, now time.Time, log *slog.Logger) map[string]time.Time {
	failed := ping(ctx, databases)
	away := map[string]time.Time{}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, err := range failed {
		since, known := h.since[name]
		if !known {
			log.Error("a database does not answer", "database", name, "error", err)
			since = now
		}
		away[name] = since
	}
	for name := range h.since {
		if _, still := away[name]; !still {
			log.Info("a database answers again", "database", name)
		}
	}
	h.since = away
	return away
}

// ping asks all databases at once, and returns the errors of those that do not answer.
func ping[P Pinger](ctx context.Context, databases map[string]P) map[string]error {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	var asking sync.WaitGroup
	var mu sync.Mutex // guards failed
	failed := map[string]error{}
	for name, d := range databases {
		asking.Go(func() {
			if err := d.Ping(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[name] = err
			}
		})
	}
	asking.Wait()
	return failed
}

// Away returns the names of the databases that did not answer the last check.
func (h *Health) Away() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.since))
}

// ReachedByNone reports whether there are other nodes that serve, and none of them is known to reach any of the
// databases since they are away.
func (r *Registry) ReachedByNone(self string, away map[string]time.Time, now time.Time) bool {
	others := slices.DeleteFunc(r.Alive(now), func(m Member) bool { return m.ID == self || m.Draining })
	for _, other := range others {
		for name, since := range away {
			if other.Seen.After(since.Add(pingTime)) && !slices.Contains(other.Away, name) {
				return false
			}
		}
	}
	return len(others) > 0
}
