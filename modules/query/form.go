package query

import "slices"

// Form is how a column spells its strings, if it takes several spellings of one value, as a uuid column does.
// Filters, ids and values to write get the canonical spelling before they are compared or stored, so that a
// database and [Match] agree.
type Form interface {
	// Canonical returns the spelling in which the column returns a string. It reports false for a string that the
	// column cannot hold.
	Canonical(text string) (string, bool)
}

// SetForms records the forms of the columns, one for each field, nil for a column that keeps what it is given. The
// driver calls it when it has read the table. A field of type uuid always has its form.
func (s *Shape) SetForms(forms []Form) {
	if s.own != nil {
		all := slices.Clone(s.own)
		for i, f := range forms {
			if f != nil {
				all[i] = f
			}
		}
		forms = all
	}
	if !slices.ContainsFunc(forms, func(f Form) bool { return f != nil }) {
		forms = nil
	}
	if forms != nil || s.forms.Load() != nil {
		s.forms.Store(&forms)
	}
}

// Form returns the form of a field; nil if there is none.
func (s *Shape) Form(field int) Form {
	forms := s.forms.Load()
	if forms == nil || *forms == nil || field < 0 {
		return nil
	}
	return (*forms)[field]
}

// Spell returns a value of a field in its canonical spelling, and unchanged if the column cannot hold it.
func (s *Shape) Spell(field int, v Value) Value {
	if v.kind != KindString {
		return v
	}
	if form := s.Form(field); form != nil {
		if text, ok := form.Canonical(v.text); ok && text != v.text {
			return String(text)
		}
	}
	return v
}

// Spell returns a filter over documents of the shape with its values in the canonical spelling of their columns. No
// comparison with a value that a column cannot hold is true. shapes are those of the collections that lookups name; other
// lookups stay as they are.
func Spell(f Filter, s *Shape, shapes map[string]*Shape) Filter {
	switch f := f.(type) {
	case *And:
		if terms, changed := spellAll(f.Terms, s, shapes); changed {
			return All(terms...)
		}
	case *Or:
		if terms, changed := spellAll(f.Terms, s, shapes); changed {
			return Any(terms...)
		}
	case *Not:
		if term := Spell(f.Term, s, shapes); term != f.Term {
			return Negate(term)
		}
	case *Compare:
		return spellCompare(f, s)
	case *In:
		return spellIn(f, s)
	case *Exists:
		inner := shapes[f.Collection]
		if inner == nil {
			return f
		}
		if where := Spell(f.Where, inner, shapes); where != f.Where {
			return Lookup(f.Collection, where, f.Links...)
		}
	}
	return f
}

func spellAll(terms []Filter, s *Shape, shapes map[string]*Shape) (out []Filter, changed bool) {
	for i, t := range terms {
		spelled := Spell(t, s, shapes)
		if spelled != t && !changed {
			out, changed = slices.Clone(terms), true
		}
		if changed {
			out[i] = spelled
		}
	}
	return out, changed
}

// FormAt returns the form of a field, or of a declared member of a json field; nil if there is none.
func (s *Shape) FormAt(p Path) Form {
	if p.Sub != "" {
		f := s.Declared(p)
		switch {
		case f == nil:
			return nil
		case f.Type == TypeUUID:
			return UUID{}
		case f.Type == TypeTime || f.Type == TypeDate:
			return MemberForm{f.Type}
		}
		return nil
	}
	if s.forms.Load() == nil {
		return nil
	}
	return s.Form(s.Index(p.Field))
}

func spellCompare(f *Compare, s *Shape) Filter {
	form := s.FormAt(f.Path)
	if form == nil || f.Value.kind != KindString {
		return f
	}
	text, ok := form.Canonical(f.Value.text)
	switch {
	case !ok:
		return False
	case text == f.Value.text:
		return f
	}
	return &Compare{f.Path, f.Op, String(text)}
}

func spellIn(f *In, s *Shape) Filter {
	form := s.FormAt(f.Path)
	if form == nil {
		return f
	}
	values := make([]Value, 0, len(f.Values))
	for _, v := range f.Values {
		if v.kind == KindString {
			text, ok := form.Canonical(v.text)
			if !ok {
				continue
			}
			v = String(text)
		}
		values = append(values, v)
	}
	if slices.Equal(values, f.Values) {
		return f
	}
	return OneOf(f.Path, values)
}

// MemberForm is how a member of a json field spells the values of a type that JSON has no form for: times and dates.
type MemberForm struct{ Type Type }

// Canonical implements [Form].
func (f MemberForm) Canonical(text string) (string, bool) {
	v, ok := Coerce(f.Type, String(text))
	return InJSON(v).text, ok
}
