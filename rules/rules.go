// Package rules turns a security rule, one boolean expression of an admin, into a filter for one caller. It parses
// and checks a rule once, folds what is known per request, and translates the rest, the residual over doc, to the
// filter tree of package query.
//
// It is not for running queries or for identifying the caller: package crud provides the claims, the request and
// the documents, and receives a filter.
//
// The expression language is that of github.com/expr-lang/expr, read by package syntax. Evaluation is this package's
// own, because it must be partial and two-valued (see package query): a missing claim is absent, an ordering
// comparison with nil is false, and nothing panics.
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

// Limits of a rule, and of its residual for one caller's claims.
const (
	maxSource   = 8 << 10 // bytes of a rule
	maxNesting  = 64      // brackets in brackets
	maxParsed   = 1000    // parts of a rule as it is written
	maxNodes    = 5000    // parts of a rule, with its functions put in
	maxResidual = 2000    // nodes of a residual
)

// Request is the variable request of rules.
type Request struct {
	Op     Op
	Time   time.Time
	IP     string
	Method string
}

// State is what is known of one field of the document that a write would store.
type State uint8

// The states of a field of next.
const (
	// Known: Row has the value.
	Known State = iota
	// Same: the write keeps the stored value.
	Same
	// Computed: the value depends on the stored one in a way that no filter can express.
	Computed
)

// Next is the document as it would be stored.
type Next struct {
	Row query.Row
	// States has one entry per field; nil means that all of them are Known.
	States []State
	// Sent is what webhooks are asked about instead of Row, if that is what the database has stored: they have been asked about
	// it before, and another attempt may store another time.
	Sent query.Row
}

// Env is the input of folding a rule. It is for one fold at a time.
type Env struct {
	// Auth holds the verified claims of the caller, JSON values with integers as int64; nil if the caller is
	// anonymous. It must not be changed.
	Auth    map[string]any
	Request Request
	// Doc is the stored document if it is known. Nil leaves doc symbolic.
	Doc query.Row
	// Altered are the fields of which the database may store another value than that in Next.
	Altered []int
	// Supposed gets the fields that a rule has read in Next without knowing what will be stored: those of Altered, and those that
	// were left out, read as null, for which the database may have a default.
	Supposed []int
	// Next is the document to be stored; nil for reads and deletes.
	Next *Next
	// Hasher hashes values that lookups compare with hashed fields. If it is nil, lookups by such a field find
	// nothing.
	Hasher Hasher

	fold evaluator // of the fold that runs, which saves its allocation
}

// Hasher knows how hashed fields are stored.
type Hasher interface {
	// Hashes returns what a hashed field of a collection may store for a string, one value for each key.
	Hashes(collection string, field int, text string) []query.Value
}

// Rule is a compiled rule. It is immutable, but for its place, and safe for concurrent use.
type Rule struct {
	source      string
	place       string
	scope       Scope
	op          Op
	root        node
	mentionsDoc bool
	calls       bool // it has functions, which may fail
	uses        Uses
	spans       []string // text of the traced conditions
	traced      func() (*Rule, error)
}

// Error is a mistake in a rule, with its position in the source.
type Error struct {
	Offset int // in bytes from the start of the rule
	Msg    string
}

// Error returns the message with the column.
func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Offset+1, e.Msg) }

// Source returns the rule as it was written.
func (r *Rule) Source() string { return r.source }

// Place returns where the rule stands, such as basalt.yaml:12:13; empty if that is not known.
func (r *Rule) Place() string { return r.place }

// At sets the place of a rule that was just compiled.
func (r *Rule) At(place string) *Rule { r.place = place; return r }

// MentionsDoc reports whether the rule as written uses the stored document. It decides how a refusal looks to the
// caller: forbidden, or not found.
func (r *Rule) MentionsDoc() bool { return r.mentionsDoc }

// NeedsDocument is returned by [Rule.Fold] if the result depends on the stored document in a way that no filter
// can express. Fold again with Env.Doc set.
type NeedsDocument struct{ why string }

// Error describes what needs the document.
func (e *NeedsDocument) Error() string { return "the rule needs the stored document: " + e.why }

// Fold substitutes what is known and returns the rest: query.True, query.False, or the residual over doc. With
// Env.Doc set, the residual uses other documents only, and is a constant if the rule does not use any.
//
// Its errors are *NeedsDocument, and a *fault.Error of code Forbidden if the caller's claims would make the
// residual too large to run.
func (r *Rule) Fold(env *Env) (query.Filter, error) {
	env.fold = evaluator{env: env, shape: r.scope.Shape, stance: pro, calls: r.calls}
	return r.finish(&env.fold)
}

func (r *Rule) finish(e *evaluator) (query.Filter, error) {
	f := e.filter(r.root)
	if e.err != nil {
		return query.False, e.err
	}
	if _, decided := f.(query.Const); !decided && !query.Within(f, maxResidual) {
		return query.False, fault.Errorf(fault.Forbidden, "the rule grows past %d conditions for this caller's claims", maxResidual)
	}
	return query.Spell(f, r.scope.Shape, r.scope.Collections), nil
}

// Value evaluates the expression of a forced value (`set:`), which does not use doc, and returns it as a JSON
// value.
func (r *Rule) Value(env *Env) (query.Value, error) {
	e := evaluator{env: env, shape: r.scope.Shape}
	v := e.known(r.root)
	switch {
	case e.err != nil:
		return query.Null, e.err
	case e.failed: // by what may be a stored value that the caller cannot read
		return query.Null, fault.Errorf(fault.Forbidden, "a value that is set here cannot be computed: %s fails", e.by)
	}
	return toValue(v), nil
}
