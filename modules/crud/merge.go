package crud

import (
	"math"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// operators are the names that cannot be data inside a json field: Basalt's own operators, and those known from
// MongoDB.
var operators = []string{"$inc", "$push", "$pull", "$now", "$addToSet", "$unset", "$set", "$mul", "$min", "$max", "$pop", "$append", "$prepend", "$remove"}

// nested returns the operator in an object inside a json field.
func nested(v query.Value) (name string, arg query.Value, ok bool) {
	name, arg, ok = operator(v)
	return name, arg, ok && slices.Contains(operators, name)
}

// misplaced returns the name of an operator where only data is allowed; empty if there is none.
func misplaced(v query.Value) (found string) {
	if v.Kind() != query.KindJSON || !strings.Contains(v.Text(), `"$`) {
		return ""
	}
	for _, e := range v.Elements() {
		if found == "" {
			found = misplaced(e)
		}
	}
	v.Members(func(name string, member query.Value) bool {
		if slices.Contains(operators, name) {
			found = name
		} else if found == "" {
			found = misplaced(member)
		}
		return found == ""
	})
	return found
}

// data refuses a value that contains an operator.
func (m *problems) data(field string, v query.Value) bool {
	name := misplaced(v)
	if name != "" {
		m.Add(field, "operator", "%s is an operator; it must be the only member of an object that a patch assigns to a field or to a member of one", name)
	}
	return name == ""
}

// checkMerge refuses what a merge cannot do, whatever is stored.
func checkMerge(path string, patch query.Value, m *problems) {
	if name, arg, ok := nested(patch); ok {
		if _, known := changeOps[name]; !known {
			m.Add(path, "unknown_operator", "there is no operator %q%s", name, fault.DidYouMean(name, changeNames))
			return
		}
		switch {
		case changeOps[name].whole():
			m.Add(path, "operator", "%s changes a whole field, not a member of one", name)
		case name == "$inc" && !arg.IsNumber():
			m.Add(path, "type", "$inc takes a number")
		case name == "$now" && arg != query.Bool(true):
			m.Add(path, "type", "it is written {\"$now\": true}")
		default:
			m.data(path, arg)
		}
		return
	}
	if !schema.IsObject(patch) {
		m.data(path, patch)
		return
	}
	patch.Members(func(name string, member query.Value) bool {
		if slices.Contains(operators, name) {
			m.Add(path, "operator", "%s stands alone in its object", name)
			return true
		}
		checkMerge(path+"."+fault.Clip(name), member, m)
		return true
	})
}

// memberOperator reads an operator on a member of a json field, of which the type may be declared. It reports whether there
// is one, and whether it fits.
func (o *operation) memberOperator(f *schema.Field, path string, v query.Value, m *problems) (fit query.Value, taken, ok bool) {
	op, arg, is := nested(v)
	if !is || f.Type == query.TypeJSON && f.Inside == nil { // any type is checked by checkMerge
		return v, is, true
	}
	kind := f.Type.Kind()
	switch {
	case op == "$now" && (kind == query.KindTime || kind == query.KindDate):
		now, _ := query.Now(f.Type, o.now)
		return query.InJSON(now), true, true
	case op == "$inc" && (kind == query.KindFloat || kind == query.KindInt && arg.Kind() == query.KindInt):
		return v, true, true
	case op == "$inc" && kind == query.KindInt:
		m.Add(path, "type", "$inc takes %s", f.Expected())
	case f.Type.IsList() && changeOps[op] >= push:
		e, ok := f.Element().Fit(arg)
		if ok {
			e, ok = query.AsElement(f.Type.Element(), e)
		}
		if ok {
			return query.RawJSON(`{"` + op + `":` + e.JSON() + `}`), true, true
		}
		m.Add(path, "type", "%s takes %s", op, f.Element().Expected())
	default:
		m.Add(path, "type", "%s cannot change a member of type %s", op, f.Type)
	}
	return query.Null, true, false
}

// merged applies a merge patch (RFC 7396). Operators in it are applied to the stored value.
func (o *operation) merged(path string, old, patch query.Value, m *problems) query.Value {
	if !strings.Contains(patch.Text(), `"$`) {
		return old.Merge(patch)
	}
	return old.Merge(o.resolved(path, old, patch, m))
}

// resolved returns a patch with the operators replaced by their results.
func (o *operation) resolved(path string, old, patch query.Value, m *problems) query.Value {
	if name, arg, ok := nested(patch); ok {
		return o.operated(path, name, old, arg, m)
	}
	if !schema.IsObject(patch) {
		return patch
	}
	members := map[string]query.Value{}
	old.Members(func(name string, member query.Value) bool {
		members[name] = member
		return true
	})
	out := []byte{'{'}
	patch.Members(func(name string, member query.Value) bool {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(query.String(name).AppendJSON(out), ':')
		out = o.resolved(path+"."+fault.Clip(name), members[name], member, m).AppendJSON(out)
		return true
	})
	return query.RawJSON(string(append(out, '}')))
}

func (o *operation) operated(path, name string, old, arg query.Value, m *problems) query.Value {
	switch {
	case name == "$now":
		return query.String(strings.Trim(query.Time(o.now).JSON(), `"`))
	case name == "$inc":
		sum, code, detail := addJSON(old, arg)
		if code != "" {
			m.Add(path, code, "%s", detail)
		}
		return sum
	case !old.IsNull() && !schema.IsArray(old):
		m.Add(path, "type", "the stored value is not an array")
		return old
	}
	return elements(changeOps[name], old, arg)
}

// addJSON adds to a number inside a json field, which has no type of its own.
func addJSON(old, by query.Value) (sum query.Value, code, detail string) {
	switch {
	case old.IsNull():
		return by, "", ""
	case !old.IsNumber():
		return old, "type", "the stored value is not a number"
	}
	t := query.TypeInt
	if old.Kind() == query.KindFloat || by.Kind() == query.KindFloat {
		t = query.TypeFloat
	}
	if math.IsInf(old.Float(), 0) {
		return old, "range", "the stored number is too large"
	}
	sum, ok := add(old, by, t)
	if !ok {
		return old, "range", "the sum is out of range"
	}
	return sum, "", ""
}

// inside reads a member of a patch whose name is a path into a json field, such as "j.views".
func (o *operation) inside(name string, v query.Value, m *problems) (change, bool) {
	path, _, err := o.c.shape.Path(name)
	if err != nil {
		m.Join(err)
		return change{}, false
	}
	i := o.c.shape.Index(path.Field)
	if o.assigns && i != o.c.rest {
		o.c.object.Unknown(name, &m.Problems)
		return change{}, false
	}
	if o.unsets(rules.Update, i) {
		return change{}, false
	}
	text := []byte{}
	keys := strings.Split(path.Sub, ".")
	for _, key := range keys {
		text = append(query.String(key).AppendJSON(append(text, '{')), ':')
	}
	text = append(v.AppendJSON(text), strings.Repeat("}", len(keys))...)
	outer := 1 // the document, in which members that are not declared are as deep as fields
	if i == o.c.rest {
		outer = 0
	}
	if query.Deeper(string(text), o.Limits.Depth-outer) {
		m.Add(fault.Clip(name), "too_deep", "the document would be nested more than %d deep (limits.depth)", o.Limits.Depth)
		return change{}, false
	}
	return o.change(i, query.RawJSON(string(text)), m)
}
