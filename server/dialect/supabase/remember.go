package supabase

import (
	"hash/maphash"
	"sync/atomic"
)

// An app sends the few texts of `select` that are written in it, again and again.

// selections remembers the plans that texts of `select` have led to, ahead of their parameters: those of one configuration.
type selections struct {
	seed maphash.Seed
	// entries are found by their hash alone: of two with the same one the later stays.
	entries [maxSelections]atomic.Pointer[selection]
}

// selection is a plan that is remembered. It is not changed: who uses it copies it.
type selection struct {
	of   *table
	text string
	plan *plan
}

// maxSelections bounds how many selections are remembered, and the others how large one is: some MiB in the worst case,
// whatever clients send.
const (
	maxSelections    = 512
	longestSelection = 512 // bytes
	widestSelection  = 128 // columns and embedded tables
)

func newSelections() *selections { return &selections{seed: maphash.MakeSeed()} }

func (s *selections) entry(t *table, text string) *atomic.Pointer[selection] {
	return &s.entries[(maphash.String(s.seed, text)^maphash.String(s.seed, t.name)*31)%maxSelections]
}

// plan returns a copy of the plan of a text; nil where it is not remembered.
func (s *selections) plan(t *table, text string) *plan {
	if e := s.entry(t, text).Load(); e != nil && e.of == t && e.text == text {
		return e.plan.copy()
	}
	return nil
}

// keep remembers a plan that has no parameters yet. One with functions of the database is made each time: which tables it has is known
// when they have answered.
func (s *selections) keep(t *table, text string, p *plan) {
	if len(text) <= longestSelection && p.width() <= widestSelection && !p.anyComputed() {
		s.entry(t, text).Store(&selection{of: t, text: text, plan: p.copy()})
	}
}

// copy returns a plan that can take parameters of its own. What is selected is shared.
func (p *plan) copy() *plan {
	out := *p
	if len(p.embeds) == 0 {
		return &out
	}
	out.embeds = make([]*embed, len(p.embeds))
	for i, e := range p.embeds {
		inner := *e
		inner.plan = e.plan.copy()
		out.embeds[i] = &inner
	}
	return &out
}

// width is how many columns and tables a plan has.
func (p *plan) width() int {
	n := len(p.items) + len(p.shown)
	for _, e := range p.embeds {
		n += 1 + e.plan.width()
	}
	return n
}

// anyComputed reports whether functions of the database make something, at any depth.
func (p *plan) anyComputed() bool {
	if p.computes() {
		return true
	}
	for _, e := range p.embeds {
		if e.plan.anyComputed() {
			return true
		}
	}
	return false
}
