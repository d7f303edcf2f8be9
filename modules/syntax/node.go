package syntax

// Node is a part of an expression: one of the types of this file, as a pointer.
type Node interface {
	// Where returns the place of the name, the operator or the bracket that stands for the node.
	Where() Place
	// String returns the expression in its usual spelling. It has the same tree.
	String() string

	write(*printer)
}

// Place is a part of a source, in bytes.
type Place struct{ Offset, End int }

// Where implements Node.
func (p Place) Where() Place { return p }

// Nil is nil.
type Nil struct{ Place }

// Bool is true or false.
type Bool struct {
	Place
	Value bool
}

// Int is a whole number.
type Int struct {
	Place
	Value int64
}

// Float is a number with a point or an exponent. Text has all of its digits.
type Float struct {
	Place
	Value float64
	Text  string
}

// String is a string in quotes or backticks, a name after a dot, or the key of a map.
type String struct {
	Place
	Value string
}

// Bytes is a string in quotes after the letter b.
type Bytes struct {
	Place
	Value []byte
}

// Identifier is a name.
type Identifier struct {
	Place
	Value string
}

// Pointer is # in a predicate, the element; or, with a name, as in #index, something else about the element.
type Pointer struct {
	Place
	Name string
}

// Unary is an operator with one operand: !, not, - or +.
type Unary struct {
	Place
	Operator string
	Node     Node
}

// Binary is an operator between two operands. `a not in b` is Unary with Binary in it, and `a < b < c` is `a < b && b < c`,
// with the same node for both b.
type Binary struct {
	Place
	Operator    string
	Left, Right Node
}

// Conditional is cond ? yes : no or, with If, if cond { yes } else { no }.
type Conditional struct {
	Place
	If            bool
	Cond, Yes, No Node
}

// Member is node.name, where Property is a *String, or node[property].
type Member struct {
	Place
	Node, Property Node
	Optional       bool // ?. instead of .
	Method         bool // it is called
}

// Chain is where a chain with ?. in it ends: what is nil before a ?. makes all of it nil.
type Chain struct {
	Place
	Node Node
}

// Slice is node[from:to]; From and To may be nil.
type Slice struct {
	Place
	Node, From, To Node
}

// Call calls a function, an *Identifier, or a method, a *Member. `a | f(b)` is f(a, b).
type Call struct {
	Place
	Callee    Node
	Arguments []Node
}

// Predicate is an argument that is computed for each element, such as .age > 3 in any(users, .age > 3).
type Predicate struct {
	Place
	Node Node
}

// Let is let name = value; body.
type Let struct {
	Place
	Name        string
	Value, Body Node
}

// Sequence is several expressions with ; between them, of which the last is the value.
type Sequence struct {
	Place
	Nodes []Node
}

// Array is [a, b].
type Array struct {
	Place
	Nodes []Node
}

// Map is {a: b}.
type Map struct {
	Place
	Pairs []*Pair
}

// Pair is a key and a value of a map. The key is a *String unless it is an expression in brackets.
type Pair struct {
	Place
	Key, Value Node
}

// Walk visits a tree, what is in a node before the node.
func Walk(n Node, visit func(Node)) {
	all := func(nodes ...Node) {
		for _, n := range nodes {
			if n != nil {
				Walk(n, visit)
			}
		}
	}
	switch n := n.(type) {
	case *Unary:
		all(n.Node)
	case *Binary:
		all(n.Left, n.Right)
	case *Conditional:
		all(n.Cond, n.Yes, n.No)
	case *Member:
		all(n.Node, n.Property)
	case *Chain:
		all(n.Node)
	case *Slice:
		all(n.Node, n.From, n.To)
	case *Call:
		all(n.Callee)
		all(n.Arguments...)
	case *Predicate:
		all(n.Node)
	case *Let:
		all(n.Value, n.Body)
	case *Sequence:
		all(n.Nodes...)
	case *Array:
		all(n.Nodes...)
	case *Map:
		for _, pair := range n.Pairs {
			Walk(pair, visit)
		}
	case *Pair:
		all(n.Key, n.Value)
	}
	visit(n)
}
