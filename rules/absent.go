package rules

import (
	"math"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// Absent is not null. A nil from the caller's claims, from another document or from a computation is absent: it
// equals only the literal nil written beside the operator, and is in no list. Only fields of doc and next, and a
// nil written in a list, are null, which equals null. Otherwise `doc.owner == auth.id` would give anonymous
// callers access to every document without an owner.
//
// A result is foreign if its nils are absent. Inside a list built from several results, absence stands for each of
// them.

// absence is an absent element of a list or an object.
type absence struct{}

// String is how the function string prints it.
func (absence) String() string { return "<nil>" }

// absent is the result that equals nothing.
var absent = result{foreign: true}

// computed returns the result of a computation: a nil means that it has no result, and is absent.
func computed(v any) result {
	switch n := v.(type) {
	case nil:
		return absent
	case absence:
		return absent
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) { // neither has a JSON form
			return absent
		}
	}
	return known(v)
}

// element returns an element of a known list or object.
func element(v any, foreign bool) result {
	if _, missing := v.(absence); missing {
		return absent
	}
	return result{value: v, foreign: foreign}
}

// written is a part of a rule at a place where the literal nil means null.
func (e *evaluator) written(n node) result {
	if isNil(n) {
		return known(nil)
	}
	return e.eval(n)
}

// packed evaluates a known node for a list or an object: what is absent stays absent there.
func (e *evaluator) packed(n node) any {
	r := e.written(n)
	if r.form != knownForm {
		e.needsDocument("a value of the stored document is used where only a known one can be")
		return nil
	}
	e.pay(r.value)
	if r.foreign && hasAbsent(r.value, true) {
		return marked(r.value)
	}
	return r.value
}

// pay counts that all of a list or an object is gone through.
func (e *evaluator) pay(values ...any) {
	for _, v := range values {
		switch v.(type) {
		case []any, map[string]any:
			e.work += partsOf(v) / partsOfNode
		}
	}
}

// partsOf counts what is in a list or an object, and in what is in it.
func partsOf(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += partsOf(item)
		}
	case map[string]any:
		for _, member := range v {
			n += partsOf(member)
		}
	}
	return n
}

// marked returns a foreign value with its nils replaced by absence.
func marked(v any) any {
	switch v := v.(type) {
	case nil:
		return absence{}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = marked(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = marked(v[k])
		}
		return out
	}
	return v
}

// hasAbsent reports whether a value, or anything in it, is absent.
func hasAbsent(v any, foreign bool) bool {
	switch v := v.(type) {
	case nil:
		return foreign
	case absence:
		return true
	case []any:
		for _, item := range v {
			if hasAbsent(item, foreign) {
				return true
			}
		}
	case map[string]any:
		for _, member := range v {
			if hasAbsent(member, foreign) {
				return true
			}
		}
	}
	return false
}

// equalKnown is == between two known results, neither of which is the literal nil.
func equalKnown(l, r result) bool {
	switch a := l.value.(type) {
	case string:
		if b, ok := r.value.(string); ok {
			return a == b
		}
	case nil:
		return r.value == nil && !l.foreign && !r.foreign
	case time.Duration: // it has no JSON form, and is not null for that
		b, ok := r.value.(time.Duration)
		return ok && a == b
	case []any, map[string]any:
		if hasAbsent(l.value, l.foreign) || hasAbsent(r.value, r.foreign) {
			return false
		}
	}
	if v := toValue(r.value); v.IsNull() {
		return false
	}
	return compareKnown(query.Eq, l.value, r.value)
}

// isNil is == with the literal nil.
func (e *evaluator) isNil(r result) query.Filter {
	switch r.form {
	case knownForm:
		return query.Const(r.value == nil)
	case fieldForm:
		return &query.Compare{Path: r.path, Op: query.Eq, Value: query.Null}
	case lengthForm:
		e.needsDocument("a length is compared with what is not a whole number")
		return query.False
	}
	return e.each(r, e.isNil)
}

// against returns the value to compare a field with by == or `in`, and false if nothing equals it.
func (f result) against(r result) (query.Value, bool) {
	v := toValue(r.value)
	return v, !v.IsNull() || r.value == nil && !r.foreign && !f.foreign
}
