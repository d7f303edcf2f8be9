package crud

import (
	"context"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/fault"
)

func TestBudget_HoldsNoMoreThanThereIs(t *testing.T) {
	b := NewBudget(100)
	one, two := &Hold{Budget: b}, &Hold{Budget: b}
	take := func(h *Hold, n int64) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // it does not wait
		if b.free.TryAcquire(n) {
			b.free.Release(n)
			ctx = t.Context()
		}
		return h.Take(ctx, n)
	}
	if err := take(one, 60); err != nil {
		t.Fatal(err)
	}
	if err := take(two, 60); fault.CodeOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "limits.memory") {
		t.Errorf("got %v", err)
	}
	if !one.Keep(30) {
		t.Error("it holds nothing")
	}
	if err := take(two, 60); err != nil {
		t.Error(err)
	}
	one.End()
	two.End()
	if err := take(two, 60); err != nil { // its request has ended, and nothing would give it back
		t.Error(err)
	}
	if err := (&Hold{Budget: b}).Take(t.Context(), 1000); err != nil { // more than there is takes all there is
		t.Error(err)
	}
	if (&Hold{}).Keep(10) || (*Hold)(nil).Take(t.Context(), 10) != nil {
		t.Error("without a budget nothing is held")
	}
}
