package api

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestHistory_IsTakenFromTheMetrics counts requests by hand, and compares what the history says of them.
func TestHistory_IsTakenFromTheMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	h := NewHistory(registry, func() time.Time { return now })
	answer := func(route string, status, times int, took time.Duration) {
		for range times {
			m.counters("GET", route, status).add(took)
		}
	}
	answer("/before", 500, 100, time.Second) // what was before the first moment does not count
	h.Take()
	if got := h.after(0); len(got) != 0 {
		t.Errorf("after one moment there are %v", got)
	}
	answer("/a", 200, 60, time.Millisecond)
	answer("/b", 404, 30, 2*time.Millisecond)
	answer("/b", 503, 10, 3*time.Second)
	now = now.Add(10 * time.Second)
	h.Take()
	h.Take() // at the same moment: there is no rate
	got := h.after(0)
	if len(got) != 1 {
		t.Fatalf("got %v", got)
	}
	f := got[0]
	if f.Requests != 10 || f.Refused != 3 || f.Failed != 1 || !f.Time.Equal(now) {
		t.Errorf("got %+v", f)
	}
	if *f.P50 < 0.5 || *f.P50 > 1.5 || *f.P95 < 1000 || *f.P95 > 5000 || *f.P99 < *f.P95 {
		t.Errorf("got %v %v %v", *f.P50, *f.P95, *f.P99)
	}
	for range historyLength + 5 {
		now = now.Add(10 * time.Second)
		h.Take()
	}
	if got = h.after(0); len(got) != historyLength || got[0].P50 != nil || got[0].Requests != 0 {
		t.Errorf("%d are kept, and the first is %+v", len(got), got[0])
	}
	if last := got[historyLength-1].ID; len(h.after(last)) != 0 || len(h.after(last-2)) != 2 || last != historyLength+6 {
		t.Errorf("the last id is %d", last)
	}
}
