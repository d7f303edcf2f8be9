// Package syntax reads the expressions of rules and filters into syntax trees.
//
// The language is that of github.com/expr-lang/expr, whose parser is the judge of this one in tests: what it accepts has
// the same tree here. The package is not for what an expression means: packages rules and query give a tree its meaning,
// and refuse what they have none for.
package syntax

// Limits of a source. Zero stands for the default.
//
// They bound the recursion of the parser, and of whatever goes through the tree: each level is a bracket or a node, and both
// are counted before the parser goes deeper.
type Limits struct {
	Bytes int // of the source; default 16384
	Depth int // brackets in brackets; default 64
	Nodes int // of the tree; default 10000
}

func (l Limits) orDefault() Limits {
	or := func(limit *int, standard int) {
		if *limit <= 0 {
			*limit = standard
		}
	}
	or(&l.Bytes, 16<<10)
	or(&l.Depth, 64)
	or(&l.Nodes, 10_000)
	return l
}

// Error says what is wrong with a source, where, and what to write instead.
type Error struct {
	Place
	// Message is a sentence without its end. With an Excess it goes on after "the expression is".
	Message string
	Excess  Excess
}

func (e *Error) Error() string { return e.Message }

// Excess is the limit that a source exceeds, 0 for none.
type Excess uint8

// The limits.
const (
	TooLong Excess = iota + 1
	TooDeep
	TooMany
)

// Parse reads an expression. Errors are *Error. The tree is not changed by anyone, so it may be shared.
func Parse(source string, limits Limits) (root Node, err error) {
	p := parser{lexer: lexer{source: source}, limits: limits.orDefault()}
	if len(source) > p.limits.Bytes {
		return nil, p.exceeds(Place{}, TooLong, "longer than %d bytes", p.limits.Bytes)
	}
	defer func() {
		// The parser exits by panic(*Error): that keeps its recursion readable.
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			e.End = min(e.End, len(source))
			e.Offset = min(e.Offset, e.End)
			root, err = nil, e
		}
	}()
	p.next()
	root = p.sequence()
	if p.current.kind != end {
		p.unexpected()
	}
	return root, nil
}
