package rules

import (
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// formOf returns the form of a field's column; nil if there is none.
func (e *evaluator) formOf(p query.Path) query.Form { return e.shape.FormAt(p) }

// foldOf returns how a field's column compares; nil if it does by bytes.
func (e *evaluator) foldOf(p query.Path) *query.Fold {
	if p.Sub != "" {
		return nil
	}
	return e.shape.Fold(e.shape.Index(p.Field))
}

// folded returns two known results as they are compared: a column with a fold takes different strings as equal. Two fields
// are compared by their bytes, unless both fold.
func folded(left, right result) (l, r result) {
	fold := left.fold
	switch {
	case left.field && right.field:
		fold = query.Joint(left.fold, right.fold)
	case fold == nil:
		fold = right.fold
	}
	return left.key(fold), right.key(fold)
}

func (r result) key(fold *query.Fold) result {
	if text, ok := r.value.(string); ok {
		r.value = fold.Key(text)
	}
	return r
}

// spelled returns two known results in one spelling: what is compared with a field's value gets the spelling of its
// column, as in a filter. It reports false if the column cannot hold it: no comparison is true then.
func spelled(left, right result) (l, r result, ok bool) {
	if left.json && notJSON(right.value) || right.json && notJSON(left.value) {
		return left, right, false
	}
	left, okLeft := left.beside(right)
	right, okRight := right.beside(left)
	if !okLeft || !okRight {
		return left, right, false
	}
	left, right = folded(left, right)
	l, okLeft = left.as(right.spell)
	r, okRight = right.as(left.spell)
	return l, r, okLeft && okRight
}

// beside returns a time as a filter compares it with a json field: what is inside the field has it as a string, and the field
// itself, as a whole, never equals it.
func (r result) beside(field result) (result, bool) {
	t, is := r.value.(time.Time)
	if !is || !field.json {
		return r, true
	}
	r.value = query.InJSON(query.Time(t)).Text()
	return r, field.inner
}

// inJSON reports whether a path into a json field can have a value: what is inside has a time as a string.
func inJSON(p query.Path, typ query.Type, v any) bool {
	_, isTime := v.(time.Time)
	return typ != query.TypeJSON || !notJSON(v) && (!isTime || p.Sub != "")
}

// notJSON reports whether a value is of a type that JSON does not have, which nothing inside a json field equals.
func notJSON(v any) bool {
	switch v.(type) {
	case query.Date, query.Decimal:
		return true
	}
	return false
}

func (r result) as(form query.Form) (result, bool) {
	if m, ok := form.(query.MemberForm); ok {
		if v := toValue(r.value); v.Kind() == m.Type.Kind() {
			r.value = query.InJSON(v).Text()
			return r, true
		}
	}
	text, isText := r.value.(string)
	if form == nil || !isText {
		return r, true
	}
	canonical, ok := form.Canonical(text)
	if ok {
		r.value = canonical
	}
	return r, ok
}
