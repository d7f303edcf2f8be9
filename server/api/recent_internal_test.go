package api

import (
	"testing"
	"time"
)

// TestRecent_FloodKeepsSome holds that a flood is sampled, that what is kept stands for all of it, and that it pushes no
// refusal out.
func TestRecent_FloodKeepsSome(t *testing.T) {
	t.Parallel()
	var m Recent
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	seen := func(at time.Time, status int) {
		if kind, of, ok := m.pick(at, time.Millisecond, status); ok {
			m.add(kind, recentRequest{Time: at, Status: status, Of: of})
		}
	}
	seen(start, 403)
	for second := range 20 {
		for range 100_000 {
			seen(start.Add(time.Duration(second)*time.Second), 200)
		}
	}
	all, more := m.newest(10_000, func(*recentRequest) bool { return true })
	if more || len(all) > recentGood+1 {
		t.Fatalf("%d are kept", len(all))
	}
	refusals, stands, last := 0, int64(0), uint64(1)<<62
	for _, e := range all {
		if e.ID >= last {
			t.Fatal("they are not in order")
		}
		if last = e.ID; e.Status == 403 {
			refusals++
		} else if e.Time.Equal(start.Add(19 * time.Second)) {
			stands += e.Of
		}
	}
	if refusals != 1 || stands < 95_000 || stands > 105_000 {
		t.Errorf("%d refusals are left, and the last second stands for %d of 100000", refusals, stands)
	}
	seen(start.Add(time.Hour), 200)
	if one, _ := m.newest(1, func(*recentRequest) bool { return true }); one[0].Of != 1 {
		t.Errorf("after the flood one stands for %d", one[0].Of)
	}
}

func BenchmarkRecent_Pick(b *testing.B) {
	var m Recent
	start := time.Now()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if kind, of, ok := m.pick(start, time.Millisecond, 200); ok {
				m.add(kind, recentRequest{Of: of})
			}
		}
	})
}
