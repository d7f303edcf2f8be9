package crud

import (
	"math"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// change is what a patch does to one field.
type change struct {
	field int
	op    changeOp
	value query.Value
	uses  bool // operators that read or compute on the stored value
}

type changeOp uint8

const (
	assign    changeOp = iota // the value, whatever is stored
	merge                     // RFC 7396 into a json field
	increment                 // $inc
	push                      // $push
	pull                      // $pull
	addToSet                  // $addToSet
	appendTo                  // $append
	prepend                   // $prepend
	remove                    // $remove
)

var changeOps = map[string]changeOp{
	"$inc": increment, "$push": push, "$pull": pull, "$addToSet": addToSet, "$now": assign, "$append": appendTo, "$prepend": prepend, "$remove": remove,
}

// changeNames are the operators, in the order of the documentation.
var changeNames = []string{"$inc", "$push", "$pull", "$addToSet", "$now", "$append", "$prepend", "$remove"}

// patch reads a merge patch with atomic operators.
func (o *operation) patch(v query.Value, m *problems) []change {
	if !schema.IsObject(v) {
		m.Add("", "type", "a patch is a JSON object")
		return nil
	}
	var changes []change
	v.Members(func(name string, member query.Value) bool {
		i := o.c.shape.Index(name)
		if i < 0 && (strings.Contains(name, ".") && !o.assigns || o.c.rest >= 0) {
			if c, ok := o.inside(name, member, m); ok {
				changes = append(changes, c)
			}
			return true
		}
		if i < 0 {
			o.c.object.Unknown(name, &m.Problems)
			return true
		}
		if o.unsets(rules.Update, i) {
			return true
		}
		if c, ok := o.change(i, member, m); ok {
			changes = append(changes, c)
		}
		return true
	})
	return changes
}

func (o *operation) change(i int, v query.Value, m *problems) (change, bool) {
	f := &o.c.fields[i]
	if op, arg, ok := operator(v); ok {
		return o.operatorChange(i, op, arg, m)
	}
	merges := !o.assigns || i == o.c.rest // of what is not declared, each member is a field
	if f.Type == query.TypeJSON && merges && schema.IsObject(v) {
		wrong := m.Len()
		checkMerge(f.Name, v, m)
		o.keepsRest(i, v, m)
		if f.Inside != nil && m.Len() == wrong {
			v, _ = f.ReadPatch(f.Name, v, &m.Problems, func(f *schema.Field, path string, v query.Value) (query.Value, bool, bool) {
				return o.memberOperator(f, path, v, m)
			})
		}
		return change{i, merge, v, true}, m.Len() == wrong
	}
	value, ok := f.Read(f.Name, v, &m.Problems)
	if !ok || f.Type == query.TypeJSON && !m.data(f.Name, value) || !o.keepsRest(i, value, m) {
		return change{}, false
	}
	if code, detail := f.Check(value); code != "" {
		m.Add(f.Name, code, "%s", detail)
		return change{}, false
	}
	return change{i, assign, o.c.rounded(i, value), false}, true
}

// operator recognises {"$name": argument}.
func operator(v query.Value) (name string, arg query.Value, ok bool) {
	n := 0
	if schema.IsObject(v) {
		v.Members(func(member string, value query.Value) bool {
			n++
			name, arg = member, value
			return n < 2
		})
	}
	return name, arg, n == 1 && name[:min(1, len(name))] == "$"
}

func (o *operation) operatorChange(i int, op string, arg query.Value, m *problems) (change, bool) {
	f := &o.c.fields[i]
	kind := f.Type.Kind()
	code, ok := changeOps[op]
	switch {
	case !ok:
		m.Add(f.Name, "unknown_operator", "there is no operator %q%s", fault.Clip(op), fault.DidYouMean(op, changeNames))
	case i == o.c.rest:
		m.Add(f.Name, "operator", "operators are for members, as in {\"views\": {\"$inc\": 1}}")
	case i == key || o.c.isPart(i):
		m.Add(f.Name, "immutable", "the id of a document does not change")
	case op == "$now" && kind != query.KindTime && kind != query.KindDate:
		m.Add(f.Name, "type", "$now is for times and dates, and %s is of type %s", f.Name, f.Type)
	case op == "$now" && arg != query.Bool(true):
		m.Add(f.Name, "type", "it is written {\"$now\": true}")
	case op == "$now":
		now, _ := query.Now(f.Type, o.now)
		return change{i, assign, o.c.rounded(i, now), true}, true
	case op == "$inc" && kind == query.KindDecimal:
		by, ok := f.Fit(arg)
		if ok && !by.IsNull() {
			return change{i, code, by, true}, true
		}
		m.Add(f.Name, "type", "$inc takes %s", f.Expected())
	case op == "$inc" && kind != query.KindInt && kind != query.KindFloat:
		m.Add(f.Name, "type", "$inc is for numbers, and %s is of type %s", f.Name, f.Type)
	case op == "$inc" && (!arg.IsNumber() || kind == query.KindInt && arg.Kind() != query.KindInt):
		m.Add(f.Name, "type", "$inc takes %s", f.Expected())
	case code.whole() && !f.Type.IsList() && kind != query.KindJSON:
		m.Add(f.Name, "type", "%s is for lists and json fields, and %s is of type %s", op, f.Name, f.Type)
	case code.whole():
		v, detail := restructureArgument(f, code, arg)
		if detail != "" {
			m.Add(f.Name, "type", "%s", detail)
			break
		}
		if m.data(f.Name, arg) {
			return change{i, code, v, true}, true
		}
	case f.Type.IsList() && changeOps[op] >= push:
		e, ok := f.Element().Fit(arg)
		if e, ok = asElement(f, e, ok); ok {
			return change{i, code, e, true}, true
		}
		m.Add(f.Name, "type", "%s takes %s", op, f.Element().Expected())
	case changeOps[op] >= push && (kind != query.KindJSON || f.Inside != nil):
		m.Add(f.Name, "type", "%s is for lists and arrays in json fields, and %s is of type %s", op, f.Name, f.Type)
	case !m.data(f.Name, arg):
	default:
		return change{i, code, arg, true}, true
	}
	return change{}, false
}

// asElement returns a value of the type of a list's elements as one of them.
func asElement(f *Field, v query.Value, ok bool) (query.Value, bool) {
	if !ok || v.IsNull() && f.Nulls {
		return v, ok
	}
	return query.AsElement(f.Type.Element(), v)
}

// forceChanges adds the values that the server sets in every change. They replace the client's values for the same
// fields.
func (o *operation) forceChanges(changes []change, next *rules.Next, doc query.Row, m *problems) ([]change, error) {
	for _, f := range o.c.update {
		if o.caller.Admin && slices.ContainsFunc(changes, func(c change) bool { return c.field == f.Field }) {
			continue
		}
		value, err := f.Value.Value(o.env(rules.Update, next, doc))
		if err != nil {
			return nil, err
		}
		v, bad := o.force(f.Field, value, m)
		if bad {
			continue
		}
		changes = slices.DeleteFunc(changes, func(c change) bool { return c.field == f.Field })
		changes = append(changes, change{f.Field, assign, v, false})
	}
	return changes, nil
}

// next returns the document after those changes whose result does not depend on the stored document.
func (o *operation) next(changes []change) *rules.Next {
	n := &rules.Next{Row: make(query.Row, len(o.c.fields)), States: make([]rules.State, len(o.c.fields))}
	for i := range n.States {
		n.States[i] = rules.Same
	}
	for _, c := range changes {
		n.Row[c.field] = c.value
		n.States[c.field] = rules.Known
		if c.op != assign {
			n.States[c.field] = rules.Computed
		}
	}
	return n
}

func simple(changes []change) bool {
	return !slices.ContainsFunc(changes, func(c change) bool { return c.op != assign })
}

// apply returns the row after the changes, and checks the computed values.
func (o *operation) apply(row query.Row, changes []change, m *problems) query.Row {
	next := slices.Clone(row)
	for _, c := range changes {
		f := &o.c.fields[c.field]
		old := next[c.field] // a patch may contain several paths of one field
		switch c.op {
		case assign:
			next[c.field] = c.value
			continue
		case merge:
			next[c.field] = f.CompletePatched(old, o.merged(f.Name, old, c.value, m), o.now)
			f.CheckPatched(f.Name, old, c.value, next[c.field], &m.Problems)
			continue
		case increment:
			sum, ok := add(old, c.value, f.Type)
			if !ok {
				m.Add(f.Name, "range", "the sum is out of range")
				continue // keep the stored value, for the rules
			}
			next[c.field] = sum
		case push, pull, addToSet:
			if !old.IsNull() && !schema.IsArray(old) {
				m.Add(f.Name, "type", "the stored value is not an array")
				continue
			}
			next[c.field] = elements(c.op, old, c.value)
		case appendTo, prepend, remove:
			v, detail := restructured(c.op, old, c.value)
			if detail != "" {
				m.Add(f.Name, "type", "%s", detail)
				continue
			}
			next[c.field] = v
		}
		if code, detail := f.Check(next[c.field]); code != "" {
			m.Add(f.Name, code, "%s", detail)
		}
	}
	return next
}

// elements applies an operator to an array.
func elements(op changeOp, array, v query.Value) query.Value {
	items := array.Elements()
	switch {
	case op == pull:
		items = slices.DeleteFunc(items, v.Equal)
	case op == push || !slices.ContainsFunc(items, v.Equal):
		items = append(items, v)
	}
	return query.MakeArray(items)
}

func add(old, by query.Value, t query.Type) (query.Value, bool) {
	if t == query.TypeFloat {
		sum := old.Float() + by.Float()
		if old.IsNull() {
			sum = by.Float()
		}
		return query.Float(sum), !math.IsInf(sum, 0) && !math.IsNaN(sum)
	}
	if t == query.TypeDecimal {
		if old.IsNull() {
			return by, true
		}
		return query.DecimalArithmetic("+", old, by)
	}
	if old.Kind() == query.KindFloat { // an untyped database may hold a float in an int field
		return old, false
	}
	a, b := old.Int(), by.Int()
	sum := a + b
	return query.Int(sum), (sum > a) == (b > 0) || b == 0
}

// assignments returns the fields in which two rows differ.
func assignments(before, after query.Row) []db.Assignment {
	var set []db.Assignment
	for i := range after {
		if before[i] != after[i] {
			set = append(set, db.Assignment{Field: i, Value: after[i], Before: before[i]})
		}
	}
	return set
}
