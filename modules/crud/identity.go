package crud

import (
	"encoding/binary"
	"slices"

	"github.com/basalt-dev/basalt/modules/query"
)

// identity builds the key of what callers share: a cached answer, or a live query. It is an unambiguous encoding:
// each part is preceded by its length and each list by its count, so two sequences of parts have equal bytes only
// if they are equal. It takes parsed input only: no string of a client can stand for anything but itself.
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

// numbers distinguishes a nil list from an empty one.
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
		d.text(k.Sub)
		d.flag(k.Desc)
		d.flag(k.NullLargest)
		if d.flag(k.Of != nil); k.Of != nil {
			d.number(len(k.Of.Steps))
			for _, s := range k.Of.Steps {
				d.filter(s)
			}
		}
	}
}

// mask adds which fields and documents are shown.
func (d *identity) view(v *mask) {
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

// expansions adds which related documents are shown.
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

// within returns the whole key. It begins with the hash of all rule results for the caller. So even if the rest
// were incomplete, callers with different permissions never share a key.
func (d *identity) within(r *record) string {
	scope := r.scope()
	return string(slices.Concat(scope[:], d.bytes))
}
