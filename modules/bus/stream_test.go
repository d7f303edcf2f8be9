package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
)

// handled is what was handled, and by whom.
type handled struct {
	mu   sync.Mutex // guards list
	list map[string][]string
}

func (h *handled) add(id, by string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.list == nil {
		h.list = map[string][]string{}
	}
	h.list[id] = append(h.list[id], by)
}

func (h *handled) get(id string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.list[id]
}

// until waits for something that comes in its own time.
func until(t *testing.T, what string, there func() bool) {
	t.Helper()
	for range 1200 {
		if there() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("it does not come: %s", what)
}

func appendAll(t *testing.T, b bus.Bus, stream string, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		id := fmt.Sprint(n)
		for tries := 0; ; tries++ { // the server may be on its way
			err := b.Append(t.Context(), stream, id, []byte("message "+id), time.Hour)
			if err == nil {
				break
			}
			if tries == 100 {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// TestStreams_EveryGroupGetsEverything: from the beginning, shared by its members, each once when nothing fails.
func TestStreams_EveryGroupGetsEverything(t *testing.T) {
	t.Parallel()
	redis, nats := redistest.Start(t), bustest.Start(t)
	for driver, url := range map[string]string{"memory": "", "redis": redis.URL(), "nats": nats.URL()} {
		t.Run(driver, func(t *testing.T) {
			open := opener(t, driver, url)
			first := open()
			appendAll(t, first, "orders", 0, 20)
			appendAll(t, first, "orders", 10, 20) // again, as after an answer that was lost
			appendAll(t, first, "others", 100, 101)
			var billing, mail handled
			failed := map[string]bool{}
			var mu sync.Mutex
			for i := range 3 {
				stop, err := open().Consume("orders", "billing", 2, func(_ context.Context, e bus.Entry) error {
					mu.Lock()
					defer mu.Unlock()
					if again := e.ID == "7" && !failed[e.ID]; again {
						failed[e.ID] = true
						return errors.New("not now")
					}
					if string(e.Message) != "message "+e.ID || (e.ID == "7") != (e.Attempt > 1) {
						t.Errorf("got %q as %s, attempt %d", e.Message, e.ID, e.Attempt)
					}
					billing.add(e.ID, fmt.Sprint(i))
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				defer stop()
			}
			stop, err := open().Consume("orders", "mail", 4, func(_ context.Context, e bus.Entry) error {
				mail.add(e.ID, "m")
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			appendAll(t, first, "orders", 20, 40)
			for n := range 40 {
				id := fmt.Sprint(n)
				until(t, id, func() bool { return len(billing.get(id)) > 0 && len(mail.get(id)) > 0 })
			}
			time.Sleep(200 * time.Millisecond)
			members := map[string]bool{}
			for n := range 40 {
				id := fmt.Sprint(n)
				if len(billing.get(id)) != 1 || len(mail.get(id)) != 1 {
					t.Errorf("%s was handled by %v and %v", id, billing.get(id), mail.get(id))
				}
				members[billing.get(id)[0]] = true
			}
			if len(billing.get("100")) > 0 {
				t.Error("a message of another stream was received")
			}
			t.Logf("%d of 3 members have handled something", len(members))
		})
	}
}

// TestStreams_OutliveTheirReaders: what one who has died had taken goes to another; a server that comes back has what
// was appended, as far as it keeps things.
func TestStreams_OutliveTheirReaders(t *testing.T) {
	t.Parallel()
	redis, nats := redistest.Start(t), bustest.Start(t)
	for driver, server := range map[string]interface {
		URL() string
		Kill() error
		Run() error
	}{"redis": redis, "nats": nats} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			open := opener(t, driver, server.URL())
			sender, dying, living := open(), open(), open()
			appendAll(t, sender, "jobs", 0, 1)
			taken, end := make(chan struct{}), make(chan struct{})
			stopDying, err := dying.Consume("jobs", "workers", 1, func(context.Context, bus.Entry) error {
				close(taken)
				<-end
				return errors.New("dead")
			})
			if err != nil {
				t.Fatal(err)
			}
			<-taken
			if err := dying.Close(); err != nil {
				t.Fatal(err)
			}
			var done handled
			stop, err := living.Consume("jobs", "workers", 4, func(_ context.Context, e bus.Entry) error {
				done.add(e.ID, fmt.Sprint(e.Attempt > 1))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			until(t, "what the dead one had taken", func() bool { return len(done.get("0")) > 0 })
			if done.get("0")[0] != "true" {
				t.Error("it is not known that it was taken before")
			}
			close(end)
			stopDying()
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := sender.Append(ctx, "jobs", "lost", nil, time.Hour); err == nil {
				t.Error("a message that is kept nowhere is no error")
			}
			if err := server.Run(); err != nil {
				t.Fatal(err)
			}
			appendAll(t, sender, "jobs", 1, 5)
			for n := 1; n < 5; n++ {
				until(t, fmt.Sprint(n), func() bool { return len(done.get(fmt.Sprint(n))) > 0 })
			}
			if len(done.get("lost")) > 0 {
				t.Error("what was an error was handled")
			}
		})
	}
}
