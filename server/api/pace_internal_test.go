package api

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
)

// TestPace_WhoHoldsMemoryMovesWhileOthersWait: an answer that is not read, and a body that does not come, end in a
// moment when others wait for the memory that they hold, and not before; what moves goes on.
func TestPace_WhoHoldsMemoryMovesWhileOthersWait(t *testing.T) {
	t.Parallel()
	for name, move := range map[string]func(c *conn, body []byte) error{
		"answer": func(c *conn, body []byte) error { _, err := c.Write(body); c.pace.add(len(body)); return err },
		"body":   func(c *conn, body []byte) error { _, err := io.ReadFull(c, body); return err },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				budget := crud.NewBudget(100)
				l := newConnections()
				l.waits = budget.Wanted
				l.bodies = func() *crud.Budget { return nil }
				go l.sweep(ctx)
				connect := func() (*conn, net.Conn) {
					ours, theirs := net.Pipe()
					c := &conn{Conn: ours, owner: l}
					l.mu.Lock()
					l.open[c] = struct{}{}
					l.mu.Unlock()
					t.Cleanup(func() { _ = c.Close(); _ = theirs.Close() })
					return c, theirs
				}
				stuck, _ := connect()
				stuck.spoken.Store(true) // as every connection has that holds something
				stuck.upload.streams = true
				stuck.pace.begin()
				ended := make(chan error, 1)
				go func() { ended <- move(stuck, make([]byte, 10)) }()

				moving, theirs := connect()
				moving.upload.streams = true
				moving.pace.begin()
				go func() { _, _ = io.Copy(theirs, endless{}) }()
				go func() { _, _ = io.Copy(io.Discard, theirs) }()
				failed := make(chan error, 1)
				go func() {
					for ctx.Err() == nil {
						if err := move(moving, make([]byte, 10<<10)); err != nil {
							failed <- err
							return
						}
						select {
						case <-ctx.Done():
						case <-time.After(200 * time.Millisecond):
						}
					}
				}()

				time.Sleep(time.Minute)
				select {
				case err := <-ended:
					t.Fatalf("it ended when there was memory for all: %v", err)
				default:
				}
				hold, other := &crud.Hold{Budget: budget}, &crud.Hold{Budget: budget}
				if err := hold.Take(ctx, 100); err != nil {
					t.Fatal(err)
				}
				got := make(chan error, 1)
				go func() { got <- other.Take(ctx, 100) }()
				if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				hold.End()
				if err := <-got; err != nil {
					t.Errorf("who waited got %v", err)
				}
				select {
				case err := <-failed:
					t.Errorf("what moves ended: %v", err)
				default:
				}
				stop()
				_ = moving.Close()
				_ = theirs.Close()
				synctest.Wait()
			})
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
