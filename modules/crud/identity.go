package crud

import (
	"encoding/binary"
	"slices"

	"github.com/basalt-dev/basalt/modules/query"
)

// identity builds the name of what callers share: an answer that is kept, a live query. It is an encoding, not
// prose: a part has its length before it, a list its count, so that two sequences of parts have the same bytes only
// where they are the same parts. It takes what has been parsed; there is no way to put in a text of a client that
// stands for something else than itself.
type identity struct{ bytes []byte }

func (d *identity) number(n int) { d.bytes = binary.AppendVarint(d.bytes, int64(n)) }

func (d *identity) text(s string) {
	d.number(len(s))
	d.bytes = append(d.bytes, s...)
}

func (d *identity) flag(b bool) {
	if b {
		d.bytes = append(d.bytes, 1)
	} else {
		d.bytes = append(d.bytes, 0)
	}
}

// numbers tells no list from an empty one.
func (d *identity) numbers(list []int) {
	d.flag(list != nil)
	d.number(len(list))
	for _, n := range list {
		d.number(n)
	}
}

func (d *identity) filter(f query.Filter) { d.text(query.Canonical(f)) }

func (d *identity) order(keys []query.SortKey) {
	d.number(len(keys))
	for _, k := range keys {
		d.text(k.Field)
		d.flag(k.Desc)
	}
}

// view adds what is shown of documents.
func (d *identity) view(v *view) {
	if d.flag(v != nil); v == nil {
		return
	}
	d.number(len(v.hidden))
	for _, h := range v.hidden {
		d.flag(h)
	}
	d.number(len(v.partial))
	for _, p := range v.partial {
		d.number(p.field)
		d.filter(p.where)
	}
}

// expansions adds the related documents that are shown, and which of them.
func (d *identity) expansions(list []expansion) {
	d.number(len(list))
	for _, e := range list {
		d.text(e.name)
		d.text(e.target.signature)
		d.number(e.field)
		d.flag(e.many)
		d.flag(e.none)
		d.order(e.sort)
		d.number(e.limit)
		d.filter(e.residual)
		d.view(e.view)
		d.expansions(e.inner)
	}
}

// within returns the whole name, behind the hash of all that rules have come to for the caller: whatever was
// forgotten behind it, what one of two callers may see and the other may not has two names.
func (d *identity) within(r *record) string {
	scope := r.scope()
	return string(slices.Concat(scope[:], d.bytes))
}
