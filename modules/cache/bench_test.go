package cache_test

import (
	"context"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/db"
)

func newBench(b *testing.B, on bool) (*cache.Cache, db.Driver) {
	b.Helper()
	c := cache.New(cache.Config{Now: time.Now, Size: 1 << 20, Loads: 8})
	collections := map[string]bool{}
	if on {
		collections["notes"] = true
	}
	if err := c.Use("", collections); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	return c, changes.NewDriver(nothing{}, c)
}

// BenchmarkGet answers from this process.
func BenchmarkGet(b *testing.B) {
	c, _ := newBench(b, true)
	s := &stored{}
	q := document(0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Get(context.Background(), q, s.load); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdate is what the cache adds to a write, of a collection that is cached and where none is.
func BenchmarkUpdate(b *testing.B) {
	for name, on := range map[string]bool{"cached": true, "nothing cached": false} {
		b.Run(name, func(b *testing.B) {
			_, d := newBench(b, on)
			where := notes.ByKey("1")
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := d.Update(context.Background(), notes, db.Update{Where: where}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
