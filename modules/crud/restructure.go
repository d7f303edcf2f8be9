package crud

import (
	"strconv"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
)

// $append and $prepend join a value with the stored one, as || of PostgreSQL joins two jsonb: the members of two objects, or
// else the elements of both, where what is no array is an array of it alone. $remove takes a member or an element away. They
// change a whole field.

// whole reports whether an operator is one of these.
func (op changeOp) whole() bool { return op == appendTo || op == prepend || op == remove }

// restructureArgument checks the argument of one of the three for a field; detail says what it has to be.
func restructureArgument(f *Field, op changeOp, arg query.Value) (v query.Value, detail string) {
	switch {
	case op == remove && f.Type.IsList() && arg.Kind() != query.KindInt:
		return arg, "$remove takes the place of an element, a whole number; below 0 it counts from the end"
	case op == remove && !isStep(arg) && !isPath(arg):
		return arg, "$remove takes the name of a member, the place of an element, or an array of those that leads to one"
	case op == remove || !f.Type.IsList():
		return arg, ""
	}
	items := elementsOf(arg)
	for i, e := range items {
		fit, ok := f.Element().Fit(e)
		if items[i], ok = asElement(f, fit, ok); !ok {
			return arg, map[changeOp]string{appendTo: "$append", prepend: "$prepend"}[op] + " takes an array of elements, each of them " + f.Element().Expected()
		}
	}
	return query.MakeArray(items), ""
}

func isStep(v query.Value) bool { return v.Kind() == query.KindString || v.Kind() == query.KindInt }

func isPath(v query.Value) bool {
	steps := v.Elements()
	for _, s := range steps {
		if !isStep(s) {
			return false
		}
	}
	return len(steps) > 0
}

// elementsOf are the elements of an array, or the value alone.
func elementsOf(v query.Value) []query.Value {
	if schema.IsArray(v) {
		return v.Elements()
	}
	return []query.Value{v}
}

// restructured returns a stored value after one of the three; detail says why it cannot be.
func restructured(op changeOp, old, v query.Value) (next query.Value, detail string) {
	if op == remove {
		steps := v.Elements()
		if isStep(v) {
			return without(old, v)
		}
		return withoutAt(old, steps)
	}
	first, second := old, v
	if op == prepend {
		first, second = v, old
	}
	switch {
	case old.IsNull():
		return v, ""
	case schema.IsObject(old) && schema.IsObject(v):
		return union(first, second), ""
	}
	return query.MakeArray(append(elementsOf(first), elementsOf(second)...)), ""
}

// members are those of an object in their order.
type members struct {
	names  []string
	values map[string]query.Value
}

func membersOf(v query.Value) members {
	out := members{values: map[string]query.Value{}}
	v.Members(func(name string, member query.Value) bool {
		out.set(name, member)
		return true
	})
	return out
}

func (m *members) set(name string, v query.Value) {
	if _, there := m.values[name]; !there {
		m.names = append(m.names, name)
	}
	m.values[name] = v
}

// object returns them without one.
func (m *members) object(but *string) query.Value {
	text := []byte{'{'}
	for _, name := range m.names {
		if but != nil && name == *but {
			continue
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(query.String(name).AppendJSON(text), ':')
		text = m.values[name].AppendJSON(text)
	}
	return query.RawJSON(string(append(text, '}')))
}

// union has the members of two objects; those of the second win.
func union(first, second query.Value) query.Value {
	out := membersOf(first)
	second.Members(func(name string, member query.Value) bool {
		out.set(name, member)
		return true
	})
	return out.object(nil)
}

// without takes away a member by its name, elements that are equal to a name, or the element at a place.
func without(old, step query.Value) (query.Value, string) {
	switch {
	case old.IsNull():
		return old, ""
	case schema.IsObject(old) && step.Kind() == query.KindString:
		name, m := step.Text(), membersOf(old)
		return m.object(&name), ""
	case schema.IsArray(old) && step.Kind() == query.KindString:
		return elements(pull, old, step), ""
	case schema.IsArray(old):
		return withoutPlace(old, step.Int()), ""
	case schema.IsObject(old):
		return old, "the stored value is an object; name a member to remove"
	}
	return old, "the stored value is neither an array nor an object"
}

func withoutPlace(old query.Value, at int64) query.Value {
	items := old.Elements()
	if at < 0 {
		at += int64(len(items))
	}
	if at < 0 || at >= int64(len(items)) {
		return old
	}
	return query.MakeArray(append(items[:at], items[at+1:]...))
}

// withoutAt takes away what steps lead to. Where they lead nowhere, nothing is.
func withoutAt(old query.Value, steps []query.Value) (query.Value, string) {
	switch step := steps[0]; {
	case schema.IsObject(old):
		m := membersOf(old)
		name := step.Text()
		if step.Kind() == query.KindInt {
			name = step.JSON()
		}
		inner, there := m.values[name]
		switch {
		case !there:
			return old, ""
		case len(steps) == 1:
			return m.object(&name), ""
		}
		next, detail := withoutAt(inner, steps[1:])
		m.set(name, next)
		return m.object(nil), detail
	case schema.IsArray(old):
		at, isPlace := placeOf(step)
		items := old.Elements()
		if at < 0 {
			at += int64(len(items))
		}
		switch {
		case !isPlace:
			return old, "a name leads into an array, where the place of an element is expected"
		case at < 0 || at >= int64(len(items)):
			return old, ""
		case len(steps) == 1:
			return withoutPlace(old, at), ""
		}
		next, detail := withoutAt(items[at], steps[1:])
		items[at] = next
		return query.MakeArray(items), detail
	}
	return old, ""
}

// placeOf reads the place of an element, which may be written as a string.
func placeOf(step query.Value) (int64, bool) {
	if step.Kind() == query.KindInt {
		return step.Int(), true
	}
	n, err := strconv.ParseInt(step.Text(), 10, 64)
	return n, err == nil
}
