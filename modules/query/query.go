// Package query is the query language of Basalt: typed values, an immutable filter tree, its JSON and text forms,
// an in-memory matcher, sorting, and keyset paging with sealed cursors.
//
// It is not for running anything: drivers translate a [Filter] to their database, package rules produces filters
// from policy, and package crud combines the two. Of Basalt it imports package fault only, so that every other
// package can use it.
//
// The semantics are two-valued. A missing field equals null; equality treats null as a value. An ordering
// comparison or a string operator is false if either side is null or the types differ, so its negation is true.
// Ints and floats compare by value, times by instant, strings by their UTF-8 bytes, but for columns with a [Fold].
package query

import (
	"slices"
	"time"
)

// Query requests documents of one collection.
type Query struct {
	// Where selects documents. Nil means all of them.
	Where Filter
	// Sort is the order. Drivers receive it complete: it ends with the key.
	Sort []SortKey
	// Limit is the largest number of documents to return; 0 means no limit.
	Limit int
}

// SortKey is one level of an ordering. Null sorts before every value, unless it is the largest.
type SortKey struct {
	Field string
	// Sub is a path into a json field; empty for the whole field. Such a key compares what is there by type first:
	// see [Ordering].
	Sub         string
	Desc        bool
	NullLargest bool
	// Of leads to the related document whose field it is; nil for a field of the document itself. The value is null where
	// there is none.
	Of *Chain
}

// NullsLast reports whether nulls come last in the order of the key.
func (k SortKey) NullsLast() bool { return k.Desc != k.NullLargest }

// Reversed returns the opposite order.
func Reversed(sort []SortKey) []SortKey {
	out := slices.Clone(sort)
	for i := range out {
		out[i].Desc = !out[i].Desc // which moves nulls to the other end
	}
	return out
}

// Chain leads over lookups, each of which finds at most one document, from a document to another.
type Chain struct{ Steps []*Exists }

// Related reports whether an order depends on other documents.
func Related(sort []SortKey) bool {
	return slices.ContainsFunc(sort, func(k SortKey) bool { return k.Of != nil })
}

// ByPosition reports whether values of the row alone do not say where a page of an order continues: it depends on other
// documents, or on what is inside json fields.
func ByPosition(sort []SortKey) bool {
	return slices.ContainsFunc(sort, func(k SortKey) bool { return k.Of != nil || k.Sub != "" })
}

// Limits limit the cost of one client filter. A zero field means its default.
type Limits struct {
	Depth int // nesting of the filter; default 32
	Nodes int // nodes of the tree; default 500
	In    int // values of one $in; default 500
	Text  int // bytes of a text filter; default 16384
}

func (l Limits) orDefault() Limits {
	or := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	or(&l.Depth, 32)
	or(&l.Nodes, 500)
	or(&l.In, 500)
	or(&l.Text, 16<<10)
	return l
}

// TimeFormat is how a time is written: RFC 3339 in UTC with microseconds.
const TimeFormat = "2006-01-02T15:04:05.000000Z"

// ParseTime reads an RFC 3339 time, in any zone, and rounds it down to microseconds. Years outside 0000 to 9999
// cannot be written back and are refused.
func ParseTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, false
	}
	if t = t.UTC(); t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t.Truncate(time.Microsecond), true
}
