package shared_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/shared"
	"github.com/basalt-dev/basalt/modules/shared/redistest"
)

// each runs a test on every kind of store.
func each(t *testing.T, f func(*testing.T, shared.Store)) {
	t.Run("memory", func(t *testing.T) { f(t, shared.NewMemory(time.Now)) })
	t.Run("redis", func(t *testing.T) {
		f(t, open(t, redistest.Start(t)))
	})
}

func open(t *testing.T, server *redistest.Server) *shared.Redis {
	t.Helper()
	s, err := shared.OpenRedis(server.URL(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestTake_LetsThroughABurstAndNoMore(t *testing.T) {
	each(t, func(t *testing.T, s shared.Store) {
		ctx := context.Background()
		limit := shared.Limit{Burst: 20, Every: time.Hour}
		var taken atomic.Int64
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				for range 10 {
					wait, err := s.Take(ctx, "a", limit)
					if err != nil {
						t.Error(err)
					}
					if wait == 0 {
						taken.Add(1)
					} else if wait > time.Hour {
						t.Errorf("wait for %s", wait)
					}
				}
			})
		}
		callers.Wait()
		if taken.Load() != 20 {
			t.Errorf("%d were let through, not 20", taken.Load())
		}
		if wait, err := s.Take(ctx, "b", limit); wait != 0 || err != nil {
			t.Errorf("another key: %s %v", wait, err)
		}
		if err := s.GiveBack(ctx, "a", limit); err != nil {
			t.Error(err)
		}
		if wait, err := s.Take(ctx, "a", limit); wait != 0 || err != nil {
			t.Errorf("after one was given back: %s %v", wait, err)
		}
		if wait, err := s.Take(ctx, "a", limit); wait == 0 || err != nil {
			t.Errorf("and then: %s %v", wait, err)
		}
	})
}

func TestCount_LetsThroughNoMoreThanTheWindowHolds(t *testing.T) {
	each(t, func(t *testing.T, s shared.Store) {
		ctx := context.Background()
		const n, window = 20, 400 * time.Millisecond
		var counted []time.Time
		var mu sync.Mutex
		var callers sync.WaitGroup
		until := time.Now().Add(5 * window)
		for range 4 {
			callers.Go(func() {
				for time.Now().Before(until) {
					at := time.Now()
					u, err := s.Count(ctx, "a", 1, n, window)
					if err != nil {
						t.Error(err)
					}
					if u.Wait == 0 {
						mu.Lock()
						counted = append(counted, at)
						mu.Unlock()
					} else if u.Wait > 2*window || u.Left != 0 {
						t.Errorf("got %+v", u)
					}
				}
			})
		}
		callers.Wait()
		if len(counted) < 3*n || len(counted) > 7*n {
			t.Errorf("%d were let through in 5 windows of %d", len(counted), n)
		}
		first, err := s.Count(ctx, "b", 1, 3, time.Hour)
		if err != nil || first.Wait != 0 || first.Left != 2 {
			t.Errorf("another key: %+v %v", first, err)
		}
	})
}

func TestValues_LiveForATimeAndAreDeletedOnce(t *testing.T) {
	each(t, func(t *testing.T, s shared.Store) {
		ctx := context.Background()
		if _, ok, err := s.Get(ctx, "x"); ok || err != nil {
			t.Errorf("got %v %v", ok, err)
		}
		if err := s.Set(ctx, "x", []byte("value"), time.Hour); err != nil {
			t.Fatal(err)
		}
		if v, ok, err := s.Get(ctx, "x"); !ok || string(v) != "value" || err != nil {
			t.Errorf("got %q %v %v", v, ok, err)
		}
		var deleted atomic.Int64
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				if was, err := s.Delete(ctx, "x"); err != nil {
					t.Error(err)
				} else if was {
					deleted.Add(1)
				}
			})
		}
		callers.Wait()
		if deleted.Load() != 1 {
			t.Errorf("%d callers have deleted it", deleted.Load())
		}
		if err := s.Set(ctx, "short", []byte("value"), 50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		for {
			if _, ok, err := s.Get(ctx, "short"); err != nil {
				t.Fatal(err)
			} else if !ok {
				break
			}
		}
	})
}

// TestRedis_MayBeAway: limits go on in the process, values are Unavailable, and both come back.
func TestRedis_MayBeAway(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, server)
	ctx := context.Background()
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	limit := shared.Limit{Burst: 1, Every: time.Hour}
	for n, want := range []bool{true, false} {
		if wait, err := s.Take(ctx, "a", limit); err != nil || (wait == 0) != want {
			t.Errorf("number %d: %s %v", n, wait, err)
		}
		if u, err := s.Count(ctx, "a", 1, 1, time.Hour); err != nil || (u.Wait == 0) != want {
			t.Errorf("number %d: %+v %v", n, u, err)
		}
	}
	if err := s.Set(ctx, "x", nil, time.Hour); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	if err := server.Run(); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := s.Set(ctx, "x", []byte("back"), time.Hour); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("it does not come back")
}

func TestOpenRedis_TellsNoSecret(t *testing.T) {
	if _, err := shared.OpenRedis("nonsense://user:hunter2@x", time.Now); err == nil || err.Error() != `redis: the url has the form "redis://user:password@host:6379/0"` {
		t.Errorf("got %v", err)
	}
}
