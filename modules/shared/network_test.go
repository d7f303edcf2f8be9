package shared

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.5":           "203.0.113.5",
		"::ffff:203.0.113.5":    "203.0.113.5",
		"2001:db8:1:3::1":       "2001:db8:1:3::/64",
		"2001:db8:1:3:ffff::3c": "2001:db8:1:3::/64",
		"2001:db8:1:4::1":       "2001:db8:1:4::/64",
		"fe80::1%eth0":          "fe80::/64",
		"::1":                   "::/64",
		"":                      "",
		"nonsense":              "nonsense",
	} {
		if got := Network(address); got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

// TestMemory_ForgetsWhatHasEndedFirst, then what ends first, and never what is in force while something else is not.
func TestMemory_ForgetsWhatHasEndedFirst(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m := NewMemory(func() time.Time { return now })
	ctx := context.Background()
	strike := Limit{Every: time.Hour, Burst: 1}
	if wait, err := m.Take(ctx, "strike", strike); err != nil || wait != 0 {
		t.Fatalf("got %v, %v", wait, err)
	}
	if _, err := m.Count(ctx, "strike", 1, 1, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := m.Set(ctx, "strike", []byte("x"), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := range maxEntries + 1000 {
		key := fmt.Sprint("other ", i)
		if i == maxEntries/2 {
			now = now.Add(2 * time.Second) // the first half has ended
		}
		if _, err := m.Take(ctx, key, Limit{Every: time.Second, Burst: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Count(ctx, key, 1, 1, time.Second); err != nil {
			t.Fatal(err)
		}
		if err := m.Set(ctx, key, nil, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if wait, err := m.Take(ctx, "strike", strike); err != nil || wait == 0 {
		t.Errorf("a strike was forgotten: %v, %v", wait, err)
	}
	if u, err := m.Count(ctx, "strike", 1, 1, 24*time.Hour); err != nil || u.Wait == 0 {
		t.Errorf("a count was forgotten: %v, %v", u, err)
	}
	if _, found, err := m.Get(ctx, "strike"); err != nil || !found {
		t.Errorf("a value was forgotten: %v", err)
	}
	if last := fmt.Sprint("other ", maxEntries+999); len(m.full) > maxEntries || len(m.counts) > maxEntries || len(m.values) > maxEntries || m.full[last].IsZero() {
		t.Errorf("it keeps %d, %d and %d", len(m.full), len(m.counts), len(m.values))
	}
}
