package query

import "cmp"

// path is where the value of a key is.
func (k SortKey) path() Path { return Path{Field: k.Field, Sub: k.Sub} }

// Less orders two rows by sort keys.
func Less(s *Shape, sort []SortKey, a, b Row) bool {
	for _, key := range sort {
		i := s.Index(key.Field)
		if order := key.order(s.Fold(i), a[i], b[i]); order != 0 {
			return order < 0
		}
	}
	return false
}

// Ordering returns the order of [Less] as a comparison. It resolves the fields once, for sorting.
func Ordering(s *Shape, sort []SortKey) func(a, b Row) int {
	fields, folds := make([]int, len(sort)), make([]*Fold, len(sort))
	for n, key := range sort {
		fields[n] = s.Index(key.Field)
		folds[n] = s.Fold(fields[n])
	}
	return func(a, b Row) int {
		for n, i := range fields {
			if order := sort[n].order(folds[n], a[i], b[i]); order != 0 {
				return order
			}
		}
		return 0
	}
}

// order is the order of two values of the field of a key.
func (k SortKey) order(fold *Fold, a, b Value) (order int) {
	if k.Sub != "" {
		order = k.compareInside(a.Member(k.Sub), b.Member(k.Sub))
	} else {
		order = k.compare(fold.Of(a), fold.Of(b))
	}
	if k.Desc {
		return -order
	}
	return order
}

// compare is the order of two values, upwards.
func (k SortKey) compare(a, b Value) int {
	null := -1
	if k.NullLargest {
		null = 1
	}
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull():
		return null
	case b.IsNull():
		return -null
	}
	order, _ := a.Compare(b)
	return order
}

// compareInside is the order of two values inside json fields, where each document may have one of another type: null, false, true,
// numbers, strings, and then lists and objects, which have no order among themselves.
func (k SortKey) compareInside(a, b Value) int {
	if order := cmp.Compare(k.rank(a), k.rank(b)); order != 0 {
		return order
	}
	order, _ := a.Compare(b)
	return order
}

// The places of what is inside json fields, for all drivers.
const (
	RankNull = iota
	RankFalse
	RankTrue
	RankNumber
	RankString
	RankOther
	RankLast // of null, where it is the largest
)

func (k SortKey) rank(v Value) int {
	switch {
	case v.IsNull():
		return k.NullRank()
	case v.Kind() == KindBool && !v.Bool():
		return RankFalse
	case v.Kind() == KindBool:
		return RankTrue
	case v.IsNumber():
		return RankNumber
	case v.Kind() == KindString:
		return RankString
	}
	return RankOther
}

// NullRank is the place of null in the order of a key.
func (k SortKey) NullRank() int {
	if k.NullLargest {
		return RankLast
	}
	return RankNull
}
