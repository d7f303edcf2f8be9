package schema

import (
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Inside returns the object of the declared members of a json field. It may have others too if it is open.
func Inside(fields []Field, open bool) *Object {
	o := newObject("field", "unknown_field", fields)
	o.open = open
	return o
}

// Shape returns the members for filters and rules; nil for a nil object.
func (o *Object) Shape() *query.Inside {
	if o == nil {
		return nil
	}
	fields := make([]query.Field, len(o.Fields))
	for i, f := range o.Fields {
		fields[i] = query.Field{Name: f.Name, Type: f.Type, Inside: f.Inside.Shape()}
	}
	return &query.Inside{Shape: query.NewShape(fields), Open: o.open}
}

// declares reports whether the members of a value of the field are declared.
func (f *Field) declares() bool { return f.Type == query.TypeJSON && f.Inside != nil }

// Read returns a value as the field stores it. It adds the problems with its type, and with those of what is declared
// inside it, under their dotted paths.
func (f *Field) Read(path string, v query.Value, p *Problems) (query.Value, bool) {
	if f.declares() && !v.IsNull() {
		if !IsObject(v) {
			p.Add(path, "type", "expected an object")
			return query.Null, false
		}
		return f.Inside.readMembers(path, v, p, func(f *Field, path string, v query.Value) (query.Value, bool) { return f.Read(path, v, p) })
	}
	value, ok := f.Fit(v)
	if !ok {
		p.Add(path, "type", "expected %s", f.Expected())
	}
	return value, ok
}

// ReadPatch returns a merge patch of a json field as it is applied. Its values are read as those of the field; of objects
// that are operators, as operator says, read takes over.
func (f *Field) ReadPatch(path string, v query.Value, p *Problems, operator func(f *Field, path string, v query.Value) (fit query.Value, taken, ok bool)) (query.Value, bool) {
	if fit, taken, ok := operator(f, path, v); taken {
		return fit, ok
	}
	if !f.declares() || !IsObject(v) {
		return f.Read(path, v, p)
	}
	return f.Inside.readMembers(path, v, p, func(f *Field, path string, v query.Value) (query.Value, bool) {
		return f.ReadPatch(path, v, p, operator)
	})
}

// anything is a member of which nothing is declared.
var anything = Field{Type: query.TypeJSON}

// readMembers reads the members of an object, each in the form in which JSON has it.
func (o *Object) readMembers(path string, v query.Value, p *Problems, read func(f *Field, path string, v query.Value) (query.Value, bool)) (query.Value, bool) {
	out, whole := []byte{'{'}, true
	v.Members(func(name string, member query.Value) bool {
		at, f := path+"."+fault.Clip(name), &anything
		i := o.Index(name)
		switch {
		case i >= 0:
			f = &o.Fields[i]
		case !o.open:
			p.Add(at, o.code, "there is no %s %q in %s%s", o.noun, fault.Clip(name), path, fault.DidYouMean(name, o.names))
			whole = false
			return true
		}
		fit, ok := read(f, at, member)
		whole = whole && ok
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(query.String(name).AppendJSON(out), ':')
		out = query.InJSON(fit).AppendJSON(out)
		return true
	})
	return query.RawJSON(string(append(out, '}'))), whole
}

// Complete returns a value of the field with the defaults of what is declared inside it.
func (f *Field) Complete(v query.Value, now time.Time) query.Value {
	if !f.declares() || !IsObject(v) {
		return v
	}
	given := map[string]bool{}
	out := []byte{'{'}
	add := func(name string, v query.Value) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(query.String(name).AppendJSON(out), ':')
		out = query.InJSON(v).AppendJSON(out)
	}
	v.Members(func(name string, member query.Value) bool {
		given[name] = true
		if i := f.Inside.Index(name); i >= 0 {
			member = f.Inside.Fields[i].Complete(member, now)
		}
		add(name, member)
		return true
	})
	for i := range f.Inside.Fields {
		member := &f.Inside.Fields[i]
		if given[member.Name] {
			continue
		}
		if v := member.initial(now); !v.IsNull() {
			add(member.Name, v)
		}
	}
	return query.RawJSON(string(append(out, '}')))
}

// CompletePatched is [Field.Complete] for the objects that a merge patch has made where an older value had none.
func (f *Field) CompletePatched(old, v query.Value, now time.Time) query.Value {
	switch {
	case !f.declares() || !IsObject(v):
		return v
	case !IsObject(old):
		return f.Complete(v, now)
	}
	for i := range f.Inside.Fields {
		member := &f.Inside.Fields[i]
		if before := v.Member(member.Name); member.declares() && IsObject(before) {
			after := member.CompletePatched(old.Member(member.Name), before, now)
			if after != before {
				v = v.Merge(query.RawJSON(`{"` + member.Name + `":` + after.JSON() + `}`))
			}
		}
	}
	return v
}

// initial is the value of a field that was not given.
func (f *Field) initial(now time.Time) query.Value {
	if f.DefaultNow {
		v, _ := query.Now(f.Type, now)
		return v
	}
	return f.Default
}

// CheckAll adds the problems of a value, and of what is declared inside it, under their dotted paths.
func (f *Field) CheckAll(path string, v query.Value, p *Problems) {
	if code, detail := f.Check(v); code != "" {
		p.Add(path, code, "%s", detail)
		return
	}
	if f.declares() && IsObject(v) {
		f.Inside.checkMembers(path, v, p, nil)
	}
}

// CheckPatched adds the problems of a value that a merge patch has made of an older one. What the patch does not touch may
// be older than what is declared, and is not asked.
func (f *Field) CheckPatched(path string, old, patch, v query.Value, p *Problems) {
	if !f.declares() || !IsObject(old) || !IsObject(patch) || !IsObject(v) {
		f.CheckAll(path, v, p)
		return
	}
	touched := map[string]query.Value{}
	patch.Members(func(name string, member query.Value) bool {
		touched[name] = member
		return true
	})
	f.Inside.checkMembers(path, v, p, func(f *Field, path string, v query.Value) {
		if change, ok := touched[f.Name]; ok {
			f.CheckPatched(path, old.Member(f.Name), change, v, p)
		}
	})
}

// checkMembers checks each of the declared members; by CheckAll if check is nil.
func (o *Object) checkMembers(path string, v query.Value, p *Problems, check func(f *Field, path string, v query.Value)) {
	members := make([]query.Value, len(o.Fields))
	v.Members(func(name string, member query.Value) bool {
		if i := o.Index(name); i >= 0 {
			members[i] = member
		}
		return true
	})
	for i, member := range members {
		f := &o.Fields[i]
		if typed, ok := query.Coerce(f.Type, member); ok { // a time is text in JSON
			member = typed
		}
		if at := path + "." + f.Name; check == nil {
			f.CheckAll(at, member, p)
		} else {
			check(f, at, member)
		}
	}
}
