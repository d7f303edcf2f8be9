// Package query is the language every part of Basalt asks in: typed values, an immutable filter
// tree, its JSON and text forms, an in-memory matcher, sorting and keyset paging.
//
// It is not for running anything: drivers translate a [Filter] to their database, package rules
// produces filters from policy, and package crud puts the two together. It imports nothing
// of Basalt but package fault, so that every other package can speak it.
//
// The semantics are two-valued. A missing field equals null; equality treats null as a value; an
// ordering comparison or a string operator with null on either side, or between values of
// different types, is false, and its negation is therefore true. Ints and floats compare by
// value, strings by their UTF-8 bytes, times by instant.
package query

import "time"

// Query asks for documents of one collection.
type Query struct {
	// Where selects documents. Nil means all of them.
	Where Filter
	// Sort orders them; a driver gets it complete, that is, ending with the key.
	Sort []SortKey
	// Limit is the largest number of documents to return; 0 means no limit.
	Limit int
}

// SortKey is one level of an ordering. Null sorts before every value.
type SortKey struct {
	Field string
	Desc  bool
}

// Limits bound what one client filter may cost. The zero value of a field means its default.
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

// ParseTime reads an RFC 3339 time, in any zone, and rounds it down to microseconds.
// Years outside 0000 to 9999 cannot be written back and are refused.
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
