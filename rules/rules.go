// Package rules turns a security rule, one boolean expression of an admin, into a filter for one
// caller. It parses and checks a rule once, folds what is known per request, and translates what
// is left, the residual over doc, to the filter tree of package query.
//
// It is not for running queries or for knowing who the caller is: it gets the claims, the request
// and the documents from package crud, and gives back a [Verdict].
//
// The expression language is that of github.com/expr-lang/expr, read by its parser. Evaluation is
// this package's own, because it has to be partial and two-valued (see package query): a missing
// claim is absent, an ordering comparison with nil is false, and nothing panics.
package rules

import (
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Op is the operation that a rule decides.
type Op string

// The operations.
const (
	Read   Op = "read"
	Create Op = "create"
	Update Op = "update"
	Delete Op = "delete"
)

// Ops lists the operations, in the order of the documentation.
var Ops = []Op{Read, Create, Update, Delete}

// Limits of a rule and of what one caller's claims may make of it.
const (
	maxSource   = 8 << 10 // bytes of a rule
	maxNesting  = 64      // brackets in brackets
	maxNodes    = 5000    // parts of a rule, with its functions put in
	maxResidual = 2000    // nodes of a residual
)

// Request is what a rule can know of the request, as the variable request.
type Request struct {
	Op     Op
	Time   time.Time
	IP     string
	Method string
}

// State says what is known of one field of the document that a write would store.
type State uint8

// The states of a field of next.
const (
	// Known: Row has the value.
	Known State = iota
	// Same: the write leaves the stored value as it is.
	Same
	// Computed: the value depends on the stored one in a way no filter can say.
	Computed
)

// Next is the document as it would be stored.
type Next struct {
	Row query.Row
	// States has one entry a field; nil means that all of them are Known.
	States []State
}

// Env is everything a rule can be folded with.
type Env struct {
	// Auth holds the verified claims of the caller, JSON values with integers as int64;
	// nil when the caller is anonymous. Claims are read only.
	Auth    map[string]any
	Request Request
	// Doc is the stored document where it is at hand. Nil leaves doc symbolic.
	Doc query.Row
	// Next is the document to be stored; nil for reads and deletes.
	Next *Next
	// Hasher hashes what lookups compare hashed fields with; without one they find nothing by such a field.
	Hasher Hasher
}

// Hasher knows how fields are stored that are hashed.
type Hasher interface {
	// Hashes returns what a hashed field of a collection may hold for a text, one value for each key.
	Hashes(collection string, field int, text string) []query.Value
}

// Rule is a compiled rule. It is immutable and safe for concurrent use.
type Rule struct {
	source      string
	scope       Scope
	op          Op
	root        node
	mentionsDoc bool
	uses        Uses
	spans       []string // texts of the conditions, when they are traced
	traced      func() (*Rule, error)
}

// Error is a mistake in a rule, with the place in its source.
type Error struct {
	Offset int // in bytes from the start of the rule
	Msg    string
}

// Error returns the message with the column.
func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Offset+1, e.Msg) }

// Source returns the rule as it was written.
func (r *Rule) Source() string { return r.source }

// MentionsDoc reports whether the rule as written looks at the stored document. It decides how a
// refusal looks from outside: forbidden, or simply not there.
func (r *Rule) MentionsDoc() bool { return r.mentionsDoc }

// NeedsDocument is returned by [Rule.Fold] when the answer depends on the stored document in a
// way that no filter can say; folding again with Env.Doc set gives it.
type NeedsDocument struct{ why string }

// Error says what it was that needs the document.
func (e *NeedsDocument) Error() string { return "the rule needs the stored document: " + e.why }

// Fold substitutes what is known and returns what is left: query.True, query.False, or the
// residual over doc. With Env.Doc set, what is left looks at other documents alone, and is one of the
// constants when the rule does not.
//
// Its errors are *NeedsDocument, and a *fault.Error of code Forbidden when the caller's claims
// would make the residual too large to run.
func (r *Rule) Fold(env *Env) (query.Filter, error) {
	return r.finish(&evaluator{env: env, shape: r.scope.Shape})
}

func (r *Rule) finish(e *evaluator) (query.Filter, error) {
	f := e.filter(r.root)
	if e.err != nil {
		return query.False, e.err
	}
	if _, decided := f.(query.Const); !decided && !query.Within(f, maxResidual) {
		return query.False, fault.Errorf(fault.Forbidden, "the rule grows past %d conditions for this caller's claims", maxResidual)
	}
	return f, nil
}

// Value evaluates the expression of a forced value (`set:`), which does not look at doc, and
// returns it as a JSON value.
func (r *Rule) Value(env *Env) (query.Value, error) {
	e := evaluator{env: env, shape: r.scope.Shape}
	v := e.known(r.root)
	if e.err != nil {
		return query.Null, e.err
	}
	return toValue(v), nil
}
