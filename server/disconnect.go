package server

import (
	"context"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// disconnectInterval is how often a request that takes long looks whether its client is still there.
// Most requests are over before the first look.
const disconnectInterval = 250 * time.Millisecond

// untilDisconnect returns a context that ends with ctx, and when the client has closed its connection.
// The caller calls stop when the request is done.
func untilDisconnect(ctx context.Context, c *fiber.Ctx) (watched context.Context, stop func()) {
	connection, ok := c.Context().Conn().(*conn)
	if !ok {
		return ctx, func() {}
	}
	watched, cancel := context.WithCancel(ctx)
	var mu sync.Mutex // guards done and the timer
	done := false
	var timer *time.Timer
	mu.Lock()
	timer = time.AfterFunc(disconnectInterval, func() {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case done:
		case connection.gone():
			cancel()
		default:
			timer.Reset(disconnectInterval)
		}
	})
	mu.Unlock()
	return watched, func() {
		mu.Lock()
		done = true
		timer.Stop()
		mu.Unlock()
		cancel()
	}
}
