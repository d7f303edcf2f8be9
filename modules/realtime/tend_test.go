package realtime

import (
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/crud"
)

// listening is a transport that counts its pings.
type listening struct {
	deaf
	pings *int
}

func (l listening) Ping(dst []byte) []byte {
	*l.pings++
	return append(dst, '.')
}

// TestTidy_EachHasItsTurn: each interval looks after a part of the connections, and over all turns each is asked in time whether it is
// there, and ended in time when it says nothing.
func TestTidy_EachHasItsTurn(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	h := newHub(Config{Clock: clock.New(func() time.Time { return now })}, usual)
	h.engine = newEngine(h, Collections{Limits: Limits{Connections: 100, UserConnections: 100, Queue: 1 << 20}})
	const sessions = 23
	pings := make([]int, sessions)
	var all []*Session
	for i := range pings {
		one, err := h.Open(listening{pings: &pings[i]}, Client{Caller: crud.Caller{Auth: map[string]any{"sub": "ann"}}, Describe: func(error) []byte { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	for _, turn := range h.turns {
		if n := len(turn); n < sessions/tendTurns || n > sessions/tendTurns+1 {
			t.Errorf("%d of %d connections have the same turn", n, sessions)
		}
	}
	pass := func(d time.Duration) {
		for range d / tendInterval {
			now = now.Add(tendInterval)
			h.tidy(now)
			h.writing.Wait()
		}
	}
	const least, most = pingInterval - tendTurns*tendInterval, pingInterval + tendTurns*tendInterval
	pass(least - tendInterval)
	for i, n := range pings {
		if n != 0 {
			t.Errorf("connection %d is pinged %d times before it is time", i, n)
		}
	}
	pass(most - least + tendInterval)
	for i, n := range pings {
		if n != 1 {
			t.Errorf("connection %d is pinged %d times", i, n)
		}
	}
	all[7].Alive()
	pass(silence + tendTurns*tendInterval - most)
	for i, one := range all {
		if one.ended != (i != 7) {
			t.Errorf("connection %d: ended %t", i, one.ended)
		}
	}
	if got := h.Counts().Connections; got != 1 {
		t.Errorf("%d connections are left", got)
	}
	n := 0
	for _, turn := range h.turns {
		n += len(turn)
	}
	if n != 1 {
		t.Errorf("%d connections have a turn", n)
	}
}
