package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// reader is one subscription of one user, which comes back whenever it is cut off.
type reader struct {
	storm *storm
	user  int
	way   int
	state servertest.State
	items string // of figures

	mu     sync.Mutex // guards what follows
	live   *servertest.Live
	paused chan struct{}
	resets int
	stop   chan struct{}
	done   sync.WaitGroup
}

func (r *reader) run() {
	defer r.done.Done()
	for node := r.user; ; node++ {
		select {
		case <-r.stop:
			return
		default:
		}
		url := "http://" + r.storm.addr[node%len(r.storm.addr)]
		live, err := servertest.Dial(url, r.storm.tokens[r.user])
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		r.mu.Lock()
		r.live = live
		r.mu.Unlock()
		r.follow(live)
		_ = live.Close() // it may be closed already
	}
}

func (r *reader) follow(live *servertest.Live) {
	way := ways[r.way]
	if live.Send(map[string]any{"id": "s", "op": "subscribe", "collection": way.collection, way.kind: json.RawMessage(way.body), "resume": r.state.Resume()}) != nil {
		return
	}
	for {
		r.mu.Lock()
		paused := r.paused
		r.mu.Unlock()
		if paused != nil {
			<-paused
		}
		m, err := live.Next(5 * time.Minute)
		if err != nil {
			return
		}
		if m.Event == "error" && m.Error.Code != "unavailable" && m.Error.Code != "timeout" {
			r.storm.t.Errorf("%s", m.Text)
			return
		}
		if m.Event == "error" {
			_ = r.state.Apply(m)
			time.Sleep(50 * time.Millisecond)
			return
		}
		if err := r.state.Apply(m); err != nil {
			r.storm.t.Error(err)
			return
		}
		if way.collection == "notes" && way.kind == "query" {
			r.storm.allowed(r, m)
		}
		if m.Event == "snapshot" {
			r.mu.Lock()
			r.resets++
			items := make([]string, len(m.Items))
			for i, item := range m.Items {
				items[i] = string(item)
			}
			r.items = "[" + strings.Join(items, ",") + "]"
			r.mu.Unlock()
		}
	}
}

func (r *reader) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live != nil {
		_ = r.live.Close() // it may be closed already
	}
}

// pause makes a reader stop to read, or go on.
func (r *reader) pause(stop bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused != nil {
		close(r.paused)
		r.paused = nil
	}
	if stop {
		r.paused = make(chan struct{})
	}
}

func (r *reader) has() string {
	way := ways[r.way]
	if way.kind == "aggregate" {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.items
	}
	if strings.Contains(way.body, `"count"`) {
		return fmt.Sprintf("%s of %d", r.state.Items(), r.state.Total())
	}
	return r.state.Items()
}
