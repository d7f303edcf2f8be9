package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// writes is what was written to the celebrity, in its order.
type writes struct {
	mu   sync.Mutex // guards list
	list []written
}

type written struct {
	hits int64
	seen string    // what the answer has said
	at   time.Time // when the answer was there
}

func (w *writes) add(one written) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, one)
}

// last returns what was written last.
func (w *writes) last() (written, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.list) == 0 {
		return written{}, false
	}
	return w.list[len(w.list)-1], true
}

// before returns the last value that was written before a moment.
func (w *writes) before(at time.Time) (hits int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.list {
		if one.at.Before(at) {
			hits = one.hits
		}
	}
	return hits
}

// TestCache_Celebrity: one hot document, 500 clients on two nodes, written once a second, by clients and in the end
// by psql. The database is asked a few times for each write; no user sees a value that is older than the ttl, nor
// one from before a write that they have seen; what psql writes is soon seen.
func TestCache_Celebrity(t *testing.T) {
	t.Parallel()
	const (
		clients = 500
		rounds  = 8
		ttl     = 2 * time.Second
		pause   = 150 * time.Millisecond // of a client, on average
	)
	url := postgrestest.Database(t)
	redis := redistest.Start(t)
	config := servertest.Write(t, strings.ReplaceAll(cacheServer(t, fmt.Sprintf("postgres, url: %q", url), redis.URL()), "ttl: 30s", "ttl: "+ttl.String()))
	one, two := servertest.StartProcess(t, config), servertest.StartProcess(t, config)
	nodes := []*servertest.Instance{one.Instance(config), two.Instance(config)}
	nodes[0].Want(t, 201, call{Method: "POST", Path: "/v1/db/news", Token: admin, Body: `{"id":"star","title":"hello"}`})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var readers sync.WaitGroup
	var reads atomic.Int64
	var done writes
	get := func(node *servertest.Instance, seen string) int64 {
		header := map[string]string{}
		if seen != "" {
			header["X-Basalt-Seen"] = seen
		}
		fresh := done.before(time.Now().Add(-ttl))
		var doc struct{ Hits int64 }
		a := node.Do(t, call{Method: "GET", Path: "/v1/db/news/star", Header: header})
		if a.Status != 200 || json.Unmarshal([]byte(a.Body), &doc) != nil {
			t.Errorf("a read: %d %s", a.Status, a.Body)
		}
		if doc.Hits < fresh {
			t.Errorf("a reader sees %d, and %d was written more than %s before", doc.Hits, fresh, ttl)
		}
		reads.Add(1)
		return doc.Hits
	}
	read := func(i int) {
		last, any := done.last()
		if !any || i%4 != 0 {
			get(nodes[i%2], "")
		} else if got := get(nodes[rand.IntN(2)], last.seen); got < last.hits { // these know of the write
			t.Errorf("after a write of %d a reader sees %d", last.hits, got)
		}
	}
	for i := range clients {
		readers.Go(func() {
			for ctx.Err() == nil {
				read(i)
				time.Sleep(rand.N(2 * pause))
			}
		})
	}
	time.Sleep(time.Second)
	before, began := asked(t, nodes...), time.Now()
	for n := int64(1); n <= rounds; n++ {
		a := nodes[n%2].Want(t, 200, call{Method: "PATCH", Path: "/v1/db/news/star", Token: admin, Body: map[string]any{"hits": n}})
		seen := a.Header.Get("X-Basalt-Seen")
		done.add(written{n, seen, time.Now()})
		for _, node := range nodes { // who has written it
			if got := get(node, seen); got < n {
				t.Errorf("a write of %d is undone: %d", n, got)
			}
		}
		time.Sleep(time.Second)
	}
	questions, lives := asked(t, nodes...)-before, float64(time.Since(began))/float64(ttl)
	t.Logf("%d clients, %d reads, %d questions to the database for %d writes and %.1f times the ttl", clients, reads.Load(), questions, rounds, lives)
	// A write is one, each node reads it at most once more than it must, and an entry that ends is read again.
	if most := rounds*(1+2*float64(len(nodes))) + float64(len(nodes))*lives; float64(questions) > most {
		t.Errorf("the database was asked %d times, at most %.0f are due", questions, most)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(ctx, "UPDATE news SET hits = 1000"); err != nil {
		t.Fatal(err)
	}
	for _, node := range nodes {
		for get(node, "") != 1000 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	stop()
	readers.Wait()

	// Without Redis everything goes on.
	if err := redis.Kill(); err != nil {
		t.Fatal(err)
	}
	for n := int64(2000); n < 2003; n++ {
		a := nodes[0].Want(t, 200, call{Method: "PATCH", Path: "/v1/db/news/star", Token: admin, Body: map[string]any{"hits": n}})
		for _, node := range nodes {
			if got := get(node, a.Header.Get("X-Basalt-Seen")); got != n {
				t.Errorf("without Redis: %d, not %d", got, n)
			}
		}
	}
	if text := nodes[0].Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; !strings.Contains(text, "basalt_cache_redis_up 0") {
		t.Error("the metrics do not say that Redis is away")
	}
	if err := redis.Run(); err != nil {
		t.Fatal(err)
	}
	for _, node := range nodes {
		for range 50 {
			if got := get(node, ""); got != 2002 {
				t.Fatalf("with Redis back: %d", got)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
