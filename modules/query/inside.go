package query

// Map returns a value of a json field with f applied to each of the declared members that are scalars of the type, and to
// the elements of lists of it. A member of another type stays as it is.
func (in *Inside) Map(v Value, t Type, f func(Value) Value) Value {
	if in == nil || v.kind != KindJSON || v.text[0] != '{' {
		return v
	}
	out, changed := []byte{'{'}, false
	v.Members(func(name string, member Value) bool {
		before := member
		if i := in.Index(name); i >= 0 {
			member = in.Fields[i].mapped(member, t, f)
		}
		changed = changed || member != before
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(appendQuote(out, name), ':')
		out = member.AppendJSON(out)
		return true
	})
	if !changed {
		return v
	}
	return RawJSON(string(append(out, '}')))
}

func (f *Field) mapped(v Value, t Type, with func(Value) Value) Value {
	switch {
	case f.Inside != nil:
		return f.Inside.Map(v, t, with)
	case f.Type == t && !v.IsNull():
		if typed, ok := Coerce(t, v); ok {
			return InJSON(with(typed))
		}
	case f.Type == ListOf(t) && v.kind == KindJSON:
		items := Typed(t, v)
		for i, e := range items {
			if e.kind == t.Kind() {
				items[i] = InJSON(with(e))
			}
		}
		return MakeArray(items)
	}
	return v
}
