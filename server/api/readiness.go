package api

import (
	"context"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/cluster"
)

// ready says whether this node should get requests: it is not shutting down, and its databases answer. Where none of
// the other nodes reaches a database either, it should: no other node would do better, and it still answers from the
// cache.
func (n *node) ready(c *fiber.Ctx) error {
	if n.draining() {
		return c.Status(http.StatusServiceUnavailable).JSON(fiber.Map{"status": "shutting down"})
	}
	now := n.now()
	away := cluster.Check(context.Background(), &n.cluster.Health, n.databases, now, n.logger) // the context of the request ends when its body was read
	if len(away) == 0 {
		return c.JSON(fiber.Map{"status": "ready"})
	}
	failed := fiber.Map{}
	for name := range away {
		failed[name] = "does not answer"
	}
	if n.cluster.Members.ReachedByNone(n.cluster.Self().ID, away, now) {
		return c.JSON(fiber.Map{"status": "degraded", "databases": failed})
	}
	return c.Status(http.StatusServiceUnavailable).JSON(fiber.Map{"status": "unavailable", "databases": failed})
}
