package server

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// health is which databases do not answer this node.
type health struct {
	mu    sync.Mutex           // guards since
	since map[string]time.Time // when that was noticed
}

// pingTime is how long a database may take to answer.
const pingTime = time.Second

// away asks the databases, and returns those that do not answer, and since when that is known.
func (g *generation) away(ctx context.Context) map[string]time.Time {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	var asking sync.WaitGroup
	type failure struct {
		name string
		err  error
	}
	failed := make(chan failure, len(g.databases))
	for name, d := range g.databases {
		asking.Go(func() {
			if err := d.Ping(ctx); err != nil {
				failed <- failure{name, err}
			}
		})
	}
	asking.Wait()
	close(failed)
	now, away := g.server.options.Now(), map[string]time.Time{}
	h := &g.server.health
	h.mu.Lock()
	defer h.mu.Unlock()
	for f := range failed {
		since, known := h.since[f.name]
		if !known {
			g.logger.Error("a database does not answer", "database", f.name, "error", f.err)
			since = now
		}
		away[f.name] = since
	}
	for name := range h.since {
		if _, still := away[name]; !still {
			g.logger.Info("a database answers again", "database", name)
		}
	}
	h.since = away
	return away
}

// names returns the databases that did not answer when they were asked last.
func (h *health) names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.since))
}

// ready says whether this node should get requests: it is not shutting down, and its databases answer. Where none of
// the other nodes reaches a database either, it should: nobody would do better, and it still answers from the cache.
func (g *generation) ready(c *fiber.Ctx) error {
	if g.server.draining.Load() {
		return c.Status(http.StatusServiceUnavailable).JSON(fiber.Map{"status": "shutting down"})
	}
	away := g.away(context.Background()) // not that of the request, whose end is not for reading
	if len(away) == 0 {
		return c.JSON(fiber.Map{"status": "ready"})
	}
	failed := fiber.Map{}
	for name := range away {
		failed[name] = "does not answer"
	}
	if g.server.members.reachNone(g.server.node, away, g.server.options.Now()) {
		return c.JSON(fiber.Map{"status": "degraded", "databases": failed})
	}
	return c.Status(http.StatusServiceUnavailable).JSON(fiber.Map{"status": "unavailable", "databases": failed})
}

// reachNone reports whether there are other nodes, and none of them is known to reach a database since it is away.
func (m *members) reachNone(self string, away map[string]time.Time, now time.Time) bool {
	others := slices.DeleteFunc(m.list(now), func(one member) bool { return one.ID == self || one.Draining })
	for _, other := range others {
		for name, since := range away {
			if other.Seen.After(since.Add(pingTime)) && !slices.Contains(other.Away, name) {
				return false
			}
		}
	}
	return len(others) > 0
}
