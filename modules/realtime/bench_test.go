package realtime

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// counter is a transport that counts.
type counter struct{ messages *atomic.Int64 }

func (c counter) Append(dst, head, body []byte, _, _ string) []byte {
	c.messages.Add(1)
	return append(append(dst, head...), body...)
}
func (c counter) Ping(dst []byte) []byte { return dst }
func (c counter) Write([]byte) error     { return nil }
func (c counter) Close(Reason)           {}

// newBench returns a hub over a collection of notes whose read rule is doc.owner == auth.id.
func newBench(b *testing.B, name string) (*Hub, db.Driver, *db.Collection) {
	b.Helper()
	driver, err := db.Open(context.Background(), "sqlite", db.Config{URL: "memory:" + name})
	if err != nil {
		b.Fatal(err)
	}
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "owner", Type: query.TypeString}, {Name: "title", Type: query.TypeString}})
	read, err := rules.Compile("doc.owner == auth.id", rules.Scope{Shape: shape}, rules.Read)
	if err != nil {
		b.Fatal(err)
	}
	c := crud.NewCollection(crud.Spec{
		Name: "notes", Table: "notes", Key: []string{"id"}, Shape: shape, Rules: map[rules.Op]*rules.Rule{rules.Read: read},
		Fields: []crud.Field{{Field: schema.Field{Name: "id", Type: query.TypeID}}, {Field: schema.Field{Name: "owner", Type: query.TypeString}, Index: true}, {Field: schema.Field{Name: "title", Type: query.TypeString}}},
	}, driver)
	if err := driver.Sync(context.Background(), []*db.Collection{c.Stored()}); err != nil {
		b.Fatal(err)
	}
	service := crud.New(crud.Config{Collections: []*crud.Collection{c}, Limits: crud.Limits{Page: 500, Batch: 500, Depth: 32, Nodes: 500, Documents: 10_000, Expansions: 20, Answer: 16 << 20, Webhooks: 50}, Cursors: query.NewCursors([32]byte{}), Now: time.Now})
	wall, log := clock.New(time.Now), slog.New(slog.DiscardHandler)
	h := New(Config{Clock: wall, Node: "bench"})
	feed := changes.NewFeed(changes.Config{Driver: driver, Collections: []*db.Collection{c.Stored()}, Clock: wall, Log: log})
	err = h.Serve(Collections{
		Service: service, Feeds: map[*db.Collection]*changes.Feed{c.Stored(): feed}, Bus: bus.NewMemory(), Log: log,
		Limits: Limits{Connections: 1 << 20, UserConnections: 1 << 20, Subscriptions: 1 << 20, Queue: 1 << 30},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		h.Close()
		feed.Close()
		if err := driver.Close(); err != nil {
			b.Error(err)
		}
	})
	return h, driver, c.Stored()
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSubscriptions changes a document that 10 subscriptions have, of 10, 1,000 and 100,000, each of the
// others of another owner. CPU-µs/change is all that the process uses, the write in SQLite among it.
func BenchmarkSubscriptions(b *testing.B) {
	for _, n := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h, driver, c := newBench(b, fmt.Sprintf("b%d", n))
			var messages atomic.Int64
			for i := range n {
				owner := "watched"
				if i >= 10 {
					owner = fmt.Sprint("other", i)
				}
				s, err := h.Open(counter{&messages}, Client{Caller: crud.Caller{Auth: map[string]any{"sub": owner}}, Describe: func(err error) []byte { return []byte(`"` + err.Error() + `"`) }})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Subscribe("1", crud.Read{Collection: "notes"}, ""); err != nil {
					b.Fatal(err)
				}
			}
			wait := func(want int64) {
				for messages.Load() < want {
					time.Sleep(50 * time.Microsecond)
				}
			}
			wait(int64(n)) // their snapshots
			ctx := context.Background()
			if err := driver.Insert(ctx, c, []query.Row{{query.String("n"), query.String("watched"), query.String("first")}}); err != nil {
				b.Fatal(err)
			}
			wait(int64(n) + 10)
			before := cpuTime()
			b.ResetTimer()
			for i := range b.N {
				_, _, err := driver.Update(ctx, c, db.Update{Where: c.ByKey("n"), Set: []db.Assignment{{Field: 2, Value: query.String(fmt.Sprint(i))}}})
				if err != nil {
					b.Fatal(err)
				}
				wait(int64(n) + 10 + int64(i+1)*10)
			}
			b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(b.N), "CPU-µs/change")
		})
	}
}
