package crud

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/query"
)

// Composed returns a live answer that compute makes of reads, at least one. It is computed again when something changes that
// one of the reads depends on. Two with the same name whose reads show the same are shared: the name has all that the
// answer depends on besides the reads.
func Composed(reads []*Plan, name string, compute func(context.Context) ([]byte, error)) *Live {
	live := ComposedList(reads, name, func(ctx context.Context) ([]Item, error) {
		answer, err := compute(ctx)
		return []Item{{JSON: answer}}, err
	})
	live.Figures, live.Limit = true, 1
	return live
}

// ComposedList is [Composed] for a list, whose listeners get the changes of its items.
func ComposedList(reads []*Plan, name string, compute func(context.Context) ([]Item, error)) *Live {
	first := reads[0]
	live := &Live{Collection: first.o.c.stored, Where: query.True, Computed: true, plan: first, compute: compute}
	var d identity
	d.text("composed")
	d.text(name)
	for _, p := range reads {
		d.text(p.identity())
		live.Timed = live.Timed || p.record.uses.Time
		for _, c := range p.watched() {
			if !slices.Contains(live.Watched, c) {
				live.Watched = append(live.Watched, c)
			}
		}
	}
	live.Identity = string(d.bytes)
	return live
}
