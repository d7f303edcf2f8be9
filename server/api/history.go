package api

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/basalt-dev/basalt/modules/clock"
)

const (
	historyStep   = 10 * time.Second
	historyLength = 360 // an hour
)

// figures are those of a node over one step. Rates are for a second.
type figures struct {
	ID       uint64    `json:"id"`
	Time     time.Time `json:"time"`
	Requests float64   `json:"requests"`
	// Refused are answers from 400 to 499, Failed those from 500 on.
	Refused float64 `json:"refused"`
	Failed  float64 `json:"failed"`
	// P50, P95 and P99 are how long requests took, in milliseconds; nil without requests.
	P50 *float64 `json:"p50"`
	P95 *float64 `json:"p95"`
	P99 *float64 `json:"p99"`
	// CPU counts processors: 1 is one of them all the time.
	CPU        float64 `json:"cpu"`
	Memory     float64 `json:"memory"`
	Goroutines float64 `json:"goroutines"`
	// Hits are answers of the cache, Misses those that the database had to give.
	Hits   float64 `json:"hits"`
	Misses float64 `json:"misses"`
	// Connections and Subscriptions are the live ones.
	Connections   float64 `json:"connections"`
	Subscriptions float64 `json:"subscriptions"`
	// Used, Idle and Waiting are of the pools of all databases.
	Used    float64 `json:"db_used"`
	Idle    float64 `json:"db_idle"`
	Waiting float64 `json:"db_waiting"`
	// Calls are those of databases, and CallTime how many milliseconds one took.
	Calls    float64  `json:"db_calls"`
	CallTime *float64 `json:"db_ms"`
}

// History keeps the figures of the last hour, which a node takes from its own metrics.
type History struct {
	metrics prometheus.Gatherer
	now     func() time.Time

	mu   sync.Mutex // guards what follows
	last *totals
	ring []figures // the oldest first
}

// NewHistory returns one that has nothing yet.
func NewHistory(metrics prometheus.Gatherer, now func() time.Time) *History {
	return &History{metrics: metrics, now: now}
}

// Run takes figures until ctx ends.
func (h *History) Run(ctx context.Context) {
	h.Take()
	clock.Every(ctx, historyStep, h.Take)
}

// Take takes the current figures.
func (h *History) Take() {
	t := totalsOf(h.metrics, h.now())
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last != nil && t.at.After(h.last.at) {
		f := t.since(h.last)
		f.ID = 1
		if n := len(h.ring); n > 0 {
			f.ID = h.ring[n-1].ID + 1
		}
		if len(h.ring) == historyLength {
			h.ring = append(h.ring[:0], h.ring[1:]...)
		}
		h.ring = append(h.ring, f)
	}
	h.last = t
}

// after returns the figures with later ids.
func (h *History) after(id uint64) []figures {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, _ := slices.BinarySearchFunc(h.ring, id+1, func(f figures, id uint64) int { return cmp.Compare(f.ID, id) })
	return append([]figures{}, h.ring[at:]...)
}

// totals are metrics at one moment: by their names, with the value of the label that tells them apart.
type totals struct {
	at      time.Time
	sums    map[string]float64
	bounds  []float64 // of the buckets of the time of requests
	buckets []float64 // how many requests are in each and those below
}

// apart are the labels that tell apart what is summed of a metric; all others are summed over.
var apart = map[string]string{
	"basalt_http_requests_total": "code", "basalt_cache_answers_total": "from", "basalt_realtime_open": "what", "basalt_db_connections": "state",
	"basalt_db_call_seconds": "", "basalt_http_request_seconds": "", "process_cpu_seconds_total": "", "process_resident_memory_bytes": "", "go_goroutines": "",
}

func totalsOf(metrics prometheus.Gatherer, now time.Time) *totals {
	t := &totals{at: now, sums: map[string]float64{}}
	families, _ := metrics.Gather() // what it has is shown, without what fails
	for _, f := range families {
		label, wanted := apart[f.GetName()]
		if !wanted {
			continue
		}
		for _, m := range f.GetMetric() {
			key := f.GetName()
			for _, l := range m.GetLabel() {
				if l.GetName() == label {
					key += " " + l.GetValue()
				}
			}
			if hist := m.GetHistogram(); hist != nil {
				t.sums[key+" sum"] += hist.GetSampleSum()
				t.sums[key+" count"] += float64(hist.GetSampleCount())
				for i, b := range hist.GetBucket() {
					if f.GetName() == "basalt_http_request_seconds" {
						t.addBucket(i, b.GetUpperBound(), float64(b.GetCumulativeCount()))
					}
				}
				continue
			}
			t.sums[key] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return t
}

func (t *totals) addBucket(i int, bound, count float64) {
	if i == len(t.bounds) {
		t.bounds, t.buckets = append(t.bounds, bound), append(t.buckets, 0)
	}
	t.buckets[i] += count
}

// since returns the figures of the time between two moments.
func (t *totals) since(before *totals) figures {
	seconds := t.at.Sub(before.at).Seconds()
	rate := func(names ...string) (sum float64) {
		for _, name := range names {
			sum += max(0, t.sums[name]-before.sums[name]) / seconds
		}
		return sum
	}
	f := figures{
		Time: t.at, CPU: rate("process_cpu_seconds_total"), Memory: t.sums["process_resident_memory_bytes"], Goroutines: t.sums["go_goroutines"],
		Hits: rate("basalt_cache_answers_total local", "basalt_cache_answers_total shared", "basalt_cache_answers_total stale", "basalt_cache_answers_total waited"), Misses: rate("basalt_cache_answers_total miss"),
		Connections: t.sums["basalt_realtime_open connections"], Subscriptions: t.sums["basalt_realtime_open subscriptions"],
		Used: t.sums["basalt_db_connections used"], Idle: t.sums["basalt_db_connections idle"], Waiting: t.sums["basalt_db_connections waiting"],
		Calls: rate("basalt_db_call_seconds count"),
	}
	for name := range t.sums {
		class, ok := codeClass(name)
		if !ok {
			continue
		}
		n := rate(name)
		f.Requests += n
		switch class {
		case '4':
			f.Refused += n
		case '5':
			f.Failed += n
		}
	}
	if f.Calls > 0 {
		ms := rate("basalt_db_call_seconds sum") / f.Calls * 1000
		f.CallTime = &ms
	}
	f.P50, f.P95, f.P99 = t.quantile(before, 0.5), t.quantile(before, 0.95), t.quantile(before, 0.99)
	return f
}

// codeClass returns the first digit of the status that requests are counted by.
func codeClass(name string) (byte, bool) {
	const prefix = "basalt_http_requests_total "
	if len(name) <= len(prefix) || name[:len(prefix)] != prefix {
		return 0, false
	}
	return name[len(prefix)], true
}

// quantile returns a time in milliseconds that a part of the requests since a moment did not exceed, as exact as the
// buckets are.
func (t *totals) quantile(before *totals, part float64) *float64 {
	since := func(i int) float64 {
		if i < len(before.buckets) {
			return t.buckets[i] - before.buckets[i]
		}
		return t.buckets[i]
	}
	all := t.sums["basalt_http_request_seconds count"] - before.sums["basalt_http_request_seconds count"]
	if all <= 0 {
		return nil
	}
	below, from, ms := 0.0, 0.0, 0.0
	for i, bound := range t.bounds {
		n := since(i)
		if n >= part*all {
			ms = (from + (bound-from)*(part*all-below)/math.Max(n-below, 1)) * 1000
			return &ms
		}
		below, from = n, bound
	}
	ms = from * 1000 // slower than the last bucket
	return &ms
}
