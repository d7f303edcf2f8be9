package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/crud"
)

// TestWriters_AreBounded: many callers write. Who was the last to write is remembered, and no name is long.
func TestWriters_AreBounded(t *testing.T) {
	t.Parallel()
	var w writers
	now := time.Unix(1_700_000_000, 0)
	for n := range 3 * maxWriters {
		name := who(crud.Caller{Auth: map[string]any{"sub": fmt.Sprint(strings.Repeat("x", 1000), n)}})
		w.wrote(name, now)
		if len(w.last) > maxWriters || len(name) > 40 || !w.lately(name, now) {
			t.Fatalf("%d callers are remembered, the last by %d bytes: %t", len(w.last), len(name), w.lately(name, now))
		}
	}
	w.wrote("late", now.Add(time.Hour))
	for n := range maxWriters {
		w.wrote(fmt.Sprint("later ", n), now.Add(time.Hour))
	}
	if w.lately("late", now.Add(2*time.Hour)) {
		t.Error("a write is remembered for hours")
	}
}
