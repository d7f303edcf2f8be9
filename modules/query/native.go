package query

import "strconv"

// Native is a test that one database has for types of its own, such as ranges and the vectors of its text search. It has no
// meaning in memory, so nothing can be followed by it, and only that database takes it, see db.Natives.
type Native struct {
	Field string
	Op    NativeOp
	Text  string
	// Config is the configuration of a text search, empty for that of the database.
	Config string
}

// NativeOp is a test of a [Native].
type NativeOp string

// The tests of a value with another: whether it contains it, is contained in it, overlaps it; of a range, whether it lies left or
// right of it, does not reach beyond its right or left end, or touches it; of a text or a vector, whether a search finds it, by the
// syntax of the database, as plain words, as a phrase, or in the way of search engines.
const (
	NativeContains  NativeOp = "contains"
	NativeWithin    NativeOp = "within"
	NativeOverlaps  NativeOp = "overlaps"
	NativeLeft      NativeOp = "left"
	NativeRight     NativeOp = "right"
	NativeNotRight  NativeOp = "not beyond right"
	NativeNotLeft   NativeOp = "not beyond left"
	NativeAdjacent  NativeOp = "adjacent"
	NativeSearch    NativeOp = "search"
	NativePlain     NativeOp = "plain search"
	NativePhrase    NativeOp = "phrase search"
	NativeWebSearch NativeOp = "web search"
)

// maxNative limits the value of a native test, in bytes.
const maxNative = 10_000

// NativeTest returns the native test of a field. It reports false for a value that is too long.
func NativeTest(field string, op NativeOp, text, config string) (Filter, bool) {
	return &Native{field, op, text, config}, len(text) <= maxNative && len(config) <= maxNative
}

// Searches reports whether a test is one of a text search.
func (op NativeOp) Searches() bool {
	return op == NativeSearch || op == NativePlain || op == NativePhrase || op == NativeWebSearch
}

// Natives calls visit for each native test in a filter, but not in lookups.
func Natives(f Filter, visit func(*Native)) {
	Leaves(f, func(leaf Filter) {
		if n, ok := leaf.(*Native); ok {
			visit(n)
		}
	})
}

func (f *Native) appendCanonical(dst []byte) []byte {
	dst = strconv.AppendQuote(append(dst, "native("...), f.Field)
	for _, part := range []string{string(f.Op), f.Text, f.Config} {
		dst = strconv.AppendQuote(append(dst, ','), part)
	}
	return append(dst, ')')
}
