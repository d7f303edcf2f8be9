package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus/bustest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/sdk/go/worker"
	"github.com/basalt-dev/basalt/server/servertest"
)

const streamsConfig = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
admin: { keys: ["admin-key-admin-key"] }
bus: { driver: DRIVER, url: "URL", keep: 1h }
collections:
  orders:
    fields: { item: { type: string, required: true } }
    rules: { create: 'true', update: 'true' }
events:
  ordered: { on: orders.created, stream: orders, backoff: 100ms, retries: 20 }
  changed: { on: orders.updated, stream: orders, backoff: 100ms, retries: 20 }
`

type orderEvent struct{ Doc, Old struct{ ID, Item string } }

// streamReader is a service that reads the stream of orders.
type streamReader struct {
	mu   sync.Mutex // guards seen
	seen []worker.StreamEvent[orderEvent]
}

// run handles events until the returned function is called. refuse decides which fail.
func (r *streamReader) run(t *testing.T, service, url string, refuse func(worker.StreamEvent[orderEvent]) bool) (stop func()) {
	t.Helper()
	s := worker.New(service, worker.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))), worker.WithConcurrency(1))
	worker.Consume(s, "orders", func(_ context.Context, e worker.StreamEvent[orderEvent]) error {
		if refuse(e) {
			return errors.New("not now")
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen = append(r.seen, e)
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, url) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// want waits until so many different events have come, and returns each as it came first.
func (r *streamReader) want(t *testing.T, n int) (out []worker.StreamEvent[orderEvent]) {
	t.Helper()
	for range 1200 {
		seen := map[string]bool{}
		out = out[:0]
		r.mu.Lock()
		for _, e := range r.seen {
			if !seen[e.ID] {
				out = append(out, e)
			}
			seen[e.ID] = true
		}
		r.mu.Unlock()
		if len(out) >= n {
			return out
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%d events came, not %d", len(out), n)
	return nil
}

func never(worker.StreamEvent[orderEvent]) bool { return false }

// TestConsume_GetsEveryEvent: events are kept until a service reads them; every service gets all of them, in order; a
// bus that is down delays them.
func TestConsume_GetsEveryEvent(t *testing.T) {
	t.Parallel() // most of it is waiting
	redis, nats := redistest.Start(t), bustest.Start(t)
	for driver, server := range map[string]interface {
		URL() string
		Kill() error
		Run() error
	}{"redis": redis, "nats": nats} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			s := servertest.Start(t, strings.NewReplacer("DRIVER", driver, "URL", server.URL()).Replace(streamsConfig))
			made := func(from, to int) {
				for n := from; n < to; n++ {
					s.Want(t, 201, call{Method: "POST", Path: "/v1/db/orders", Body: fmt.Sprintf(`{"id":"o%d","item":"mug %d"}`, n, n)})
				}
			}
			waiting := func() int {
				var page struct{ Items []json.RawMessage }
				s.Want(t, 200, call{Method: "GET", Path: "/v1/admin/events?state=pending", Token: admin}).Decode(t, &page)
				return len(page.Items)
			}
			made(0, 3)
			var billing, mail streamReader
			failed := false
			stopBilling := billing.run(t, "billing", server.URL(), func(e worker.StreamEvent[orderEvent]) bool {
				first := e.Data.Doc.ID == "o1" && !failed
				failed = failed || first
				return first
			})
			for _, e := range billing.want(t, 3) {
				if e.Type != "orders.created" || e.Data.Doc.Item != "mug "+e.Data.Doc.ID[1:] || (e.Attempt > 1) != (e.Data.Doc.ID == "o1") || e.ID == "" || time.Since(e.Timestamp) > time.Hour {
					t.Errorf("got %+v", e)
				}
			}
			stopBilling()
			if driver == "nats" { // which keeps its streams; what is in Redis is as safe as it is told to keep it
				if err := server.Kill(); err != nil {
					t.Fatal(err)
				}
				made(3, 6)
				if waiting() == 0 {
					t.Error("what could not be appended does not wait")
				}
				if err := server.Run(); err != nil {
					t.Fatal(err)
				}
			} else {
				made(3, 6)
			}
			s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/orders/o5", Token: admin, Body: `{"item":"cup"}`})
			stopMail, stopBilling := mail.run(t, "mail", server.URL(), never), billing.run(t, "billing", server.URL(), never)
			defer stopMail()
			defer stopBilling()
			billing.want(t, 7)
			var o5 []string
			for _, e := range mail.want(t, 7) {
				if e.Data.Doc.ID == "o5" {
					o5 = append(o5, e.Type+" "+e.Data.Old.Item+" "+e.Data.Doc.Item)
				}
			}
			if strings.Join(o5, ", ") != "orders.created  mug 5, orders.updated mug 5 cup" {
				t.Errorf("of one document: %v", o5)
			}
			if n := waiting(); n > 0 {
				t.Errorf("%d events wait that were appended", n)
			}
		})
	}
}
