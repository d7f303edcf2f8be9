package cluster_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/cluster"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func record(t *testing.T, m cluster.Member) []byte {
	t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func ids(members []cluster.Member) (out []string) {
	for _, m := range members {
		out = append(out, m.ID)
	}
	return out
}

func TestRegistry_Alive(t *testing.T) {
	var r cluster.Registry
	old, young := cluster.Member{ID: "b", Started: start}, cluster.Member{ID: "a", Started: start.Add(time.Second)}
	gone := young
	gone.Gone = true
	for _, step := range []struct {
		name string
		send []byte
		at   time.Duration
		want []string
	}{
		{"what is no record is ignored", []byte("{"), 0, nil},
		{"a record without an id is ignored", []byte("{}"), 0, nil},
		{"a node announces itself", record(t, young), 0, []string{"a"}},
		{"the oldest node is first", record(t, old), 5 * time.Second, []string{"b", "a"}},
		{"a silent node is not counted", nil, 8 * time.Second, []string{"b"}},
		{"it comes back", record(t, young), 9 * time.Second, []string{"b", "a"}},
		{"a node that ends says so", record(t, gone), 9 * time.Second, []string{"b"}},
	} {
		now := start.Add(step.at)
		if step.send != nil {
			r.Receive(step.send, now)
		}
		if got := ids(r.Alive(now)); !slices.Equal(got, step.want) {
			t.Errorf("%s: %v, expected %v", step.name, got, step.want)
		}
	}
}

func TestAnnounce_EndsWithGone(t *testing.T) {
	var r cluster.Registry
	b := bus.NewMemory()
	stop, err := r.Subscribe(b, func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ctx, cancel := context.WithCancel(context.Background())
	var seen []int
	cluster.Announce(ctx, func(gone bool) {
		cluster.Publish(ctx, b, cluster.Member{ID: "a", Gone: gone})
		seen = append(seen, len(r.Alive(start)))
		cancel()
	})
	if !slices.Equal(seen, []int{1, 0}) {
		t.Errorf("nodes alive after each record: %v, expected 1 and 0", seen)
	}
}

type database struct{ err error }

func (d *database) Ping(context.Context) error { return d.err }

func TestHealth_SinceAndReadiness(t *testing.T) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	main := &database{}
	databases := map[string]*database{"main": main, "other": {}}
	var h cluster.Health
	check := func(at time.Duration) map[string]time.Time {
		return cluster.Check(context.Background(), &h, databases, start.Add(at), log)
	}
	if away := check(0); len(away) != 0 {
		t.Fatalf("away: %v", away)
	}
	main.err = errors.New("down")
	check(time.Second)
	away := check(10 * time.Second)
	if len(away) != 1 || !away["main"].Equal(start.Add(time.Second)) || !slices.Equal(h.Away(), []string{"main"}) {
		t.Fatalf("away: %v, names %v", away, h.Away())
	}
	for _, c := range []struct {
		name    string
		members []cluster.Member
		want    bool
	}{
		{"alone, no other node can serve, but neither can this one", nil, false},
		{"the other does not reach it either", []cluster.Member{{ID: "other", Away: []string{"main"}}}, true},
		{"the other reaches it", []cluster.Member{{ID: "other"}}, false},
		{"the only one that reaches it is draining", []cluster.Member{{ID: "other", Draining: true}}, false},
		{"its own record says nothing", []cluster.Member{{ID: "self", Away: []string{"main"}}}, false},
	} {
		var r cluster.Registry
		for _, m := range c.members {
			r.Receive(record(t, m), start.Add(10*time.Second))
		}
		if got := r.ReachedByNone("self", away, start.Add(10*time.Second)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	main.err = nil
	if away := check(20 * time.Second); len(away) != 0 || len(h.Away()) != 0 {
		t.Errorf("it answers again, and is away: %v", away)
	}
}
