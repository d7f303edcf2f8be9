package crud

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// problems are the problems with a write.
type problems struct{ schema.Problems }

func (m *problems) err() error { return m.Err("the document does not fit the collection") }

// document reads and checks a whole document as a create, or a replacing update, would store it: with defaults, an
// id and, for a create, the forced values. The id is the given one unless that is empty. It also returns the
// fields that the client has set.
func (o *operation) document(v query.Value, id string, op rules.Op, m *problems) (query.Row, []int, error) {
	if op == rules.Create && o.c.files && !o.caller.Files {
		return nil, nil, o.errFiles()
	}
	if !schema.IsObject(v) {
		m.Add("", "type", "a document is a JSON object")
		return nil, nil, nil
	}
	values := o.c.object.Read(v, &m.Problems, func(i int) bool { return !o.unsets(op, i) })
	row, given, bad := values.Row, values.Given, values.Bad
	for i, g := range given {
		if g && !bad[i] && o.c.fields[i].Type == query.TypeJSON {
			bad[i] = !m.data(o.c.fields[i].Name, row[i])
		}
	}
	var sent []int
	for i, g := range given {
		if g && i != key {
			sent = append(sent, i)
		}
	}
	o.c.object.Default(values, o.now)
	for i := range row {
		row[i] = o.c.rounded(i, row[i])
	}
	if op == rules.Create {
		for i := range row {
			if !given[i] && row[i].IsNull() {
				row[i] = query.LeftOut
			}
		}
	}
	bad[key] = bad[key] || !o.identify(row, id, m)
	for _, f := range o.c.create {
		if op != rules.Create || o.caller.Admin && given[f.Field] {
			continue
		}
		value, err := f.Value.Value(o.env(rules.Create, &rules.Next{Row: row}, nil))
		if err != nil {
			return nil, nil, err
		}
		sent = slices.DeleteFunc(sent, func(i int) bool { return i == f.Field })
		if row[f.Field], bad[f.Field] = o.force(f.Field, value, m); bad[f.Field] {
			continue
		}
	}
	idBad := bad[key]
	bad[key] = true // identify has checked it
	o.c.object.Check(values, &m.Problems)
	o.compose(row, id, idBad, m)
	return row, sent, nil
}

// unsets reports whether a client's value for a field is dropped. An administrator's value never is, but for the fields
// of the server.
func (o *operation) unsets(op rules.Op, field int) bool {
	if o.c.fields[field].Served {
		return !o.caller.Files
	}
	return !o.caller.Admin && slices.Contains(o.c.unset[op], field)
}

// identify sets the id of a document, or the fields that compose it, and reports success. An int id that was not
// given stays null: the database generates it.
func (o *operation) identify(row query.Row, id string, m *problems) bool {
	name := o.c.fields[key].Name
	mismatch := func() bool {
		m.Add(name, "mismatch", "the id in the document differs from the id in the URL")
		return false
	}
	if id == "" {
		if row[key].IsNull() && o.c.fields[key].Type.Kind() == query.KindString && o.c.stored.Parts == nil {
			row[key] = query.String(o.store.work.id())
		}
		if sent := row[key]; sent.Kind() == query.KindString && !o.c.takesID(sent.Text()) {
			m.Add(name, "pattern", "%s", o.c.idForm())
			return false
		}
		return true
	}
	values, ok := o.c.stored.ParseID(id)
	if !ok || !o.c.takesID(id) {
		m.Add(name, "pattern", "%s", o.c.idForm())
		return false
	}
	for n, field := range o.c.stored.KeyFields() {
		if sent := row[field]; !sent.IsNull() && !o.c.sameKey(field, sent, values[n]) {
			return mismatch()
		}
		row[field] = values[n]
	}
	return true
}

// compose builds an id that is composed of other fields, and compares it with the one in the request.
func (o *operation) compose(row query.Row, id string, bad bool, m *problems) {
	if o.c.stored.Parts == nil || bad || m.Len() > 0 {
		return
	}
	sent := row[key]
	row[key] = query.String(o.c.stored.ID(row))
	made := o.c.plainID(row[key].Text())
	if !sent.IsNull() && o.c.plainID(sent.Text()) != made || id != "" && o.c.plainID(id) != made {
		m.Add(o.c.fields[key].Name, "mismatch", "the id does not match the values of %s", strings.Join(o.c.shape.Fields[key].Of, " and "))
	}
}

// force returns a forced value in the form its field stores.
func (o *operation) force(field int, value query.Value, m *problems) (query.Value, bool) {
	v, ok := o.c.fields[field].Fit(value)
	if !ok {
		m.Add(o.c.fields[field].Name, "type", "the value that the server forces here is not %s", o.c.fields[field].Expected())
	}
	return o.c.rounded(field, v), !ok
}

func (o *operation) env(op rules.Op, next *rules.Next, doc query.Row) *rules.Env {
	return o.Service.env(o.caller, o.now, op, next, doc)
}

// env is what a rule may see.
func (s *Service) env(caller Caller, now time.Time, op rules.Op, next *rules.Next, doc query.Row) *rules.Env {
	return &rules.Env{
		Auth:    caller.Auth,
		Request: rules.Request{Op: op, Time: now, IP: caller.IP, Method: caller.Method},
		Doc:     doc,
		Next:    next,
		Hasher:  s,
	}
}

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
)

var changeOps = map[string]changeOp{"$inc": increment, "$push": push, "$pull": pull, "$addToSet": addToSet, "$now": assign}

// changeNames are the operators, in the order of the documentation.
var changeNames = []string{"$inc", "$push", "$pull", "$addToSet", "$now"}

// patch reads a merge patch with atomic operators.
func (o *operation) patch(v query.Value, m *problems) []change {
	if !schema.IsObject(v) {
		m.Add("", "type", "a patch is a JSON object")
		return nil
	}
	var changes []change
	v.Members(func(name string, member query.Value) bool {
		i := o.c.shape.Index(name)
		if i < 0 && strings.Contains(name, ".") {
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
	if f.Type == query.TypeJSON && schema.IsObject(v) {
		wrong := m.Len()
		checkMerge(f.Name, v, m)
		return change{i, merge, v, true}, m.Len() == wrong
	}
	value, ok := f.Fit(v)
	if ok && f.Type == query.TypeJSON && !m.data(f.Name, value) {
		return change{}, false
	}
	if !ok {
		m.Add(f.Name, "type", "expected %s", f.Expected())
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
	case f.Type.IsList() && changeOps[op] >= push:
		e, ok := f.Element().Fit(arg)
		if e, ok = asElement(f, e, ok); ok {
			return change{i, code, e, true}, true
		}
		m.Add(f.Name, "type", "%s takes %s", op, f.Element().Expected())
	case changeOps[op] >= push && kind != query.KindJSON:
		m.Add(f.Name, "type", "%s is for lists and arrays in json fields, and %s is of type %s", op, f.Name, f.Type)
	case !m.data(f.Name, arg):
	default:
		return change{i, code, arg, true}, true
	}
	return change{}, false
}

// asElement returns a value of the type of a list's elements as one of them.
func asElement(f *Field, v query.Value, ok bool) (query.Value, bool) {
	if !ok {
		return v, false
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
			next[c.field] = o.merged(f.Name, old, c.value, m)
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
			set = append(set, db.Assignment{Field: i, Value: after[i]})
		}
	}
	return set
}
