package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/clock"
)

// stoppedBus is a bus that is away until it is let go on. It keeps what is published.
type stoppedBus struct {
	bus.Bus
	goOn      chan struct{}
	published [][]byte
}

func (b *stoppedBus) Local() bool { return false }

func (b *stoppedBus) Publish(_ context.Context, _ string, message []byte) error {
	<-b.goOn
	b.published = append(b.published, message)
	return nil
}

// TestAnnouncer_WhatWaitsIsBounded has members come, change and go while the bus is away. What waits is bounded, and counted
// as held; another node knows in the end who is there.
func TestAnnouncer_WhatWaitsIsBounded(t *testing.T) {
	for name, keys := range map[string]int{"few members that change often": 50, "as many as may wait": maxWaiting, "many that come and go": 2000} {
		t.Run(name, func(t *testing.T) {
			b := &stoppedBus{goOn: make(chan struct{})}
			h := newHub(Config{Clock: clock.New(time.Now), Node: "a"}, usual)
			r := h.rooms
			r.bus = b
			state := strings.Repeat("s", 100)
			send := func(kind, key, state string) {
				h.mu.Lock()
				defer h.mu.Unlock()
				w := peerMessage{Kind: kind, Channel: "room:1", Member: &member{Key: key, State: json.RawMessage(`"` + state + `"`), node: r.node}}
				if kind == "join" {
					r.join(r.room("room:1"), *w.Member)
				} else {
					r.leave(r.room("room:1"), key)
				}
				h.telling.push(r, w)
			}
			most := 0
			for n := range 2 * keys {
				key := fmt.Sprint("m", n%keys)
				send("join", key, state+fmt.Sprint(n))
				if n%3 == 0 {
					send("leave", key, "")
				}
				h.mu.Lock()
				most = max(most, len(h.telling.order))
				h.mu.Unlock()
			}
			h.mu.Lock()
			room, members := r.room("room:1"), 0
			for _, m := range room.members {
				members += memberSize + len(m.State)
			}
			if waits := int(h.held.bytes.Load()) - members; most > maxWaiting || waits > maxWaiting*500 || waits != h.telling.size {
				t.Errorf("%d messages waited at once, with %d bytes now, of which %d are counted", most, h.telling.size, waits)
			}
			h.mu.Unlock()
			close(b.goOn)
			h.writing.Wait()
			other := newHub(Config{Clock: clock.New(time.Now), Node: "b"}, usual)
			other.rooms.bus = b
			for _, text := range b.published {
				other.rooms.receive(text)
			}
			got, want := maps.Clone(other.rooms.room("room:1").members), maps.Clone(room.members)
			for _, all := range []map[string]member{got, want} {
				for key, m := range all {
					m.node = ""
					all[key] = m
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("another node knows %d members, want %d", len(got), len(want))
			}
			if held := int(h.held.bytes.Load()); held != members {
				t.Errorf("%d bytes are held, want those of the members, %d", held, members)
			}
		})
	}
}
