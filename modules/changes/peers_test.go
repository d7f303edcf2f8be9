package changes

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// wide is a bus in memory that several nodes are on. It can lose messages.
type wide struct {
	*bus.Memory
	deaf   atomic.Bool
	missed []func()
}

func (*wide) Local() bool { return false }

func (w *wide) Publish(ctx context.Context, subject string, message []byte) error {
	if w.deaf.Load() {
		return nil
	}
	return w.Memory.Publish(ctx, subject, message)
}

func (w *wide) Subscribe(subject string, receive func([]byte), missed func()) (func(), error) {
	w.missed = append(w.missed, missed)
	return w.Memory.Subscribe(subject, receive, missed)
}

// peer is a node of a test.
type peer struct {
	*Driver
	inbox *inbox
}

func newPeer(t *testing.T, b bus.Bus, node string, now func() time.Time) *peer {
	t.Helper()
	var log []string
	p := NewPeers(&target{log: &log}, b, PeersConfig{Name: "main", Node: node, Source: db.Source{Name: "test"}, Now: now, Log: slog.New(slog.DiscardHandler)})
	w, err := p.Watch(t.Context(), []*db.Collection{written})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &peer{NewDriver(p, p), w.(*inbox)}
}

func (p *peer) write(t *testing.T, id string) {
	t.Helper()
	if err := p.Insert(t.Context(), written, []query.Row{rowOf(id)}); err != nil {
		t.Fatal(err)
	}
}

// stopHeartbeat returns when the node has published for the last time.
func (p *peer) stopHeartbeat() {
	p.inbox.cancel()
	p.inbox.beating.Wait()
}

// caughtUp returns what a node hears, those that are pending with a question mark.
func (p *peer) caughtUp(t *testing.T) (ids []string) {
	t.Helper()
	touched, err := p.inbox.CatchUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range touched {
		if c.Pending {
			c.ID += "?"
		}
		ids = append(ids, c.ID)
	}
	return ids
}

func TestPeers_HearOfEachOthersWrites(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]bus.Bus{"two nodes": &wide{Memory: bus.NewMemory()}, "one node": bus.NewMemory()} {
		t.Run(name, func(t *testing.T) {
			a := newPeer(t, b, "a", time.Now)
			other := a
			if !b.Local() {
				other = newPeer(t, b, "b", time.Now)
			}
			a.write(t, "1")
			if got := other.caughtUp(t); !slices.Equal(got, []string{"1"}) {
				t.Errorf("got %q", got)
			}
			w := a.begin(t.Context(), statementOf(written, "2"))
			if got := other.caughtUp(t); !slices.Equal(got, []string{"2?"}) {
				t.Errorf("before the outcome: got %q", got)
			}
			a.end(t.Context(), w, nil)
			if touched, err := other.inbox.Next(t.Context()); err != nil || len(touched) != 1 || touched[0].ID != "2" || touched[0].Pending {
				t.Errorf("after the outcome: got %v %v", touched, err)
			}
			if got := other.caughtUp(t); len(got) > 0 {
				t.Errorf("it is reported again: %q", got)
			}
		})
	}
}

// TestPeers_ANodeMayDie: what it was about to write is read twice, and while it is silent everything is.
func TestPeers_ANodeMayDie(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_700_000_000, 0)
	b := bus.NewMemory()
	onBus := &wide{Memory: b}
	a := newPeer(t, onBus, "a", func() time.Time { return start })
	other := newPeer(t, &wide{Memory: b}, "b", func() time.Time { return start })
	other.stopHeartbeat() // the steps below are its only looks
	a.begin(t.Context(), statementOf(written, "1"))
	onBus.deaf.Store(true) // a dies, and says no farewell
	a.stopHeartbeat()
	other.caughtUp(t)
	other.inbox.peers.note(peerMessage{Node: "a"})
	for _, step := range []struct {
		after time.Duration
		want  []string
	}{
		{silentTime - time.Second, []string{"1?"}},
		{silentTime + time.Second, []string{"", "1?"}},
		{outcomeTime + time.Second, []string{"1", "", "1?"}},
		{2*outcomeTime + 2*time.Second, []string{"1", ""}},
		{silentTime + 2*time.Second + mourningTime, []string{""}},
		{silentTime + 10*time.Second + mourningTime, nil},
	} {
		other.inbox.look(start.Add(step.after))
		if got := other.caughtUp(t); !slices.Equal(got, step.want) {
			t.Errorf("after %s: got %q, want %q", step.after, got, step.want)
		}
	}
}

func TestPeers_MessagesMayBeMissed(t *testing.T) {
	t.Parallel()
	b := &wide{Memory: bus.NewMemory()}
	newPeer(t, b, "a", time.Now)
	other := newPeer(t, b, "b", time.Now)
	b.missed[1]()
	if _, err := other.inbox.Next(t.Context()); err == nil {
		t.Error("the position is kept although messages were missed")
	}
	third := newPeer(t, b, "c", time.Now)
	b.deaf.Store(true)
	if _, err := third.inbox.CatchUp(t.Context()); err == nil {
		t.Error("it has caught up although its mark is not back")
	}
}

// TestPeers_TwoPositionsAtOnce, as while a configuration is reloaded: the marks of one do not keep back those of the other.
func TestPeers_TwoPositionsAtOnce(t *testing.T) {
	t.Parallel()
	a := newPeer(t, &wide{Memory: bus.NewMemory()}, "a", time.Now)
	w, err := a.inbox.peers.Watch(t.Context(), []*db.Collection{written})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for range 100 {
		a.caughtUp(t)
	}
	if _, err := w.CatchUp(t.Context()); err != nil {
		t.Errorf("the other position: %v", err)
	}
}
