package api

import (
	"context"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// disconnectInterval is how often the server looks whether the clients of requests that take long are
// still there. Most requests are over before the first look.
const disconnectInterval = 250 * time.Millisecond

// disconnects has the requests that are under way. One goroutine looks after all of them: a timer for each
// request would cost as much as a small query.
type disconnects struct {
	mu       sync.Mutex // guards requests
	requests map[*attendance]struct{}
}

type attendance struct {
	conn   *conn
	since  time.Time
	cancel context.CancelFunc
}

// begin notes a request, whose context ends by cancel when its client goes away. It returns nil where
// that cannot be seen.
func (a *disconnects) begin(c *fiber.Ctx, cancel context.CancelFunc) *attendance {
	connection, ok := c.Context().Conn().(*conn)
	if !ok {
		return nil
	}
	at := &attendance{connection, time.Now(), cancel}
	a.mu.Lock()
	if a.requests == nil {
		a.requests = map[*attendance]struct{}{}
	}
	a.requests[at] = struct{}{}
	a.mu.Unlock()
	return at
}

// end forgets a request before its connection is used for another one.
func (a *disconnects) end(at *attendance) {
	if at == nil {
		return
	}
	a.mu.Lock()
	delete(a.requests, at)
	a.mu.Unlock()
}

// watch cancels the requests whose clients have gone, until ctx ends.
func (a *disconnects) watch(ctx context.Context) {
	ticker := time.NewTicker(disconnectInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			a.look(now)
		}
	}
}

func (a *disconnects) look(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for at := range a.requests {
		if now.Sub(at.since) > disconnectInterval && at.conn.gone() {
			at.cancel()
		}
	}
}
