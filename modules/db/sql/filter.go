package sqldb

import (
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/query"
)

// Where writes the WHERE of a filter; nothing if all rows satisfy it.
func (b *Builder) Where(f query.Filter) {
	if f == nil || f == query.True {
		return
	}
	b.Write(" WHERE ")
	b.Filter(f)
}

// Filter writes a condition.
func (b *Builder) Filter(f query.Filter) {
	switch f := f.(type) {
	case query.Const:
		b.Bool(bool(f))
	case *query.And:
		b.and(f.Terms)
	case *query.Or:
		b.join(f.Terms, " OR ")
	case *query.Not:
		if i, ok := b.nullOnly(f.Term); ok { // an index can find these
			b.nullable(i)
			b.Write(" IS NOT NULL")
			return
		}
		b.Write("(")
		b.Filter(f.Term)
		b.Write(") IS NOT TRUE")
	case *query.Compare:
		b.compare(f)
	case *query.CompareFields:
		b.compareColumns(b.own(b.Index(f.Left)), f.Op, b.own(b.Index(f.Right)), true)
	case *query.In:
		b.in(f)
	case *query.Text:
		b.text(f)
	case *query.Has:
		b.dialect.JSONHas(b, f.Path, f.Value)
	case *query.Length:
		b.length(f)
	case *query.Exists:
		b.exists(f)
	case *query.Search:
		b.dialect.Search(b, f)
	case *query.Native:
		if d, ok := b.dialect.(NativeDialect); ok {
			d.Native(b, f)
		} else { // which package crud refuses
			b.Bool(false)
		}
	}
}

func (b *Builder) join(terms []query.Filter, operator string) {
	b.Write("(")
	for i, t := range terms {
		if i > 0 {
			b.Write(operator)
		}
		b.Filter(t)
	}
	b.Write(")")
}

// nullOnly returns the column of a condition that is true for null in that column, and for nothing else.
func (b *Builder) nullOnly(f query.Filter) (field int, ok bool) {
	c, ok := f.(*query.Compare)
	if !ok || c.Op != query.Eq || !c.Value.IsNull() {
		return 0, false
	}
	field = b.Index(c.Path)
	return field, b.Table.Columns[field].Kind != query.KindJSON
}

// Symbol returns the operator of a comparison, with its spaces.
func Symbol(op query.CompareOp) string {
	return [...]string{" = ", " < ", " <= ", " > ", " >= "}[op]
}

func (b *Builder) compare(f *query.Compare) {
	i := b.Index(f.Path)
	switch {
	case b.Table.Columns[i].Kind == query.KindJSON:
		b.compareJSON(f)
	case f.Value.IsNull():
		b.isNull(i)
	default:
		b.dialect.Compare(b, i, f.Op, f.Value)
	}
}

// Compare writes the comparison of a column with a value of its kind, or of the other kind of numbers.
func (b *Builder) Compare(field int, op query.CompareOp, v query.Value) {
	kind := b.Table.Columns[field].Kind
	switch {
	case b.syntax.ExactNumbers || kind == v.Kind():
	case kind == query.KindInt && v.Kind() == query.KindFloat:
		b.intAgainstFloat(field, op, v.Float())
		return
	case kind == query.KindFloat && v.Kind() == query.KindInt:
		b.floatAgainstInt(field, op, v.Int())
		return
	}
	f := b.Table.Columns[field].Folding
	switch {
	case f != nil:
		b.Sorted(field)
		v = f.Fold.Of(v)
	case op == query.Eq:
		b.Value(field)
	default:
		b.Ordered(field)
	}
	b.Write(Symbol(op))
	b.Param(v)
}

// compareColumns compares two columns. Two nulls are equal if nulls is true.
func (b *Builder) compareColumns(left operand, op query.CompareOp, right operand, nulls bool) {
	switch {
	case b.mixes(left, right):
		b.mixed(left, op, right, nulls)
	case folding(left.column(), right.column()) != nil:
		b.compareFolded(left, op, right, nulls)
	case op == query.Eq && !nulls && left.column().Loose != "" && left.column().Loose == right.column().Loose:
		b.Write("(" + left.alias + left.column().Name + " = " + right.alias + right.column().Name + " AND ")
		b.value(left)
		b.Write(" = ")
		b.value(right)
		b.Write(")")
	case op == query.Eq:
		b.value(left)
		if nulls {
			b.Write(b.syntax.Same)
		} else {
			b.Write(" = ")
		}
		b.value(right)
	default:
		b.ordered(left)
		b.Write(Symbol(op))
		b.ordered(right)
	}
}

// compareFolded compares two columns that fold in the same way.
func (b *Builder) compareFolded(left operand, op query.CompareOp, right operand, nulls bool) {
	f := left.column().Folding
	if f.Same != "" && op == query.Eq && !nulls { // which an index serves
		b.Write(left.alias + left.column().Name + f.Same + right.alias + right.column().Name)
		return
	}
	b.sorted(left)
	if op == query.Eq && nulls {
		b.Write(b.syntax.Same)
	} else {
		b.Write(Symbol(op))
	}
	b.sorted(right)
}

func (b *Builder) in(f *query.In) {
	i := b.Index(f.Path)
	alone := b.Table.Columns[i].Kind == query.KindJSON
	for _, v := range f.Values {
		alone = alone || !v.IsNull() && !b.dialect.Lists(b, i, v)
	}
	if alone {
		terms := make([]query.Filter, len(f.Values))
		for n, v := range f.Values {
			terms[n] = &query.Compare{Path: f.Path, Op: query.Eq, Value: v}
		}
		b.join(terms, " OR ")
		return
	}
	values := make([]query.Value, 0, len(f.Values))
	for _, v := range f.Values {
		if !v.IsNull() {
			values = append(values, v)
		}
	}
	null := len(values) < len(f.Values)
	if null {
		b.Write("(")
		b.isNull(i)
		b.Write(" OR ")
	}
	b.dialect.In(b, i, values)
	if null {
		b.Write(")")
	}
}

// In writes the values as parameters. Repeating the last value up to a power of two limits the number of distinct
// statements.
func (b *Builder) In(field int, values []query.Value) {
	f := b.Table.Columns[field].Folding
	if f != nil {
		b.Sorted(field)
	} else {
		b.Value(field)
	}
	b.Write(" IN (")
	for i := 0; i < len(values) || i&(i-1) != 0; i++ {
		if i > 0 {
			b.Write(", ")
		}
		v := values[min(i, len(values)-1)]
		if f != nil {
			v = f.Fold.Of(v)
		}
		b.Param(v)
	}
	b.Write(")")
}

// string writes the string at a path. In a json field it is one only where isString holds.
func (b *Builder) string(i int, p query.Path) {
	if b.Table.Columns[i].Kind == query.KindJSON {
		b.jsonText(p)
	} else if f := b.Table.Columns[i].Folding; f != nil {
		b.Parts(i, f.Text)
	} else {
		b.Ordered(i)
	}
}

func (b *Builder) text(f *query.Text) {
	i := b.Index(f.Path)
	text := b.Key(i, f.Text)
	b.Write("(")
	if b.Table.Columns[i].Kind == query.KindJSON {
		b.isString(f.Path)
		b.Write(" AND ")
	}
	switch {
	case text == "" && f.Op != query.Like && f.Op != query.ILike:
		b.string(i, f.Path)
		b.Write(" IS NOT NULL")
	case f.Op == query.Contains:
		b.Write(b.syntax.Position)
		b.Write("(")
		b.string(i, f.Path)
		b.Write(", ")
		b.Param(query.String(text))
		b.Write(") > 0")
	case f.Op == query.Like, f.Op == query.ILike:
		b.string(i, f.Path)
		b.dialect.Pattern(b, text, f.Op == query.ILike)
	case f.Op == query.StartsWith:
		// A range can use an index: strings sort by code points.
		b.string(i, f.Path)
		b.Write(" >= ")
		b.Param(query.String(text))
		if end := after(text); end != "" {
			b.Write(" AND ")
			b.string(i, f.Path)
			b.Write(" < ")
			b.Param(query.String(end))
		}
	default:
		b.Write(b.syntax.Last[0])
		b.string(i, f.Path)
		b.Write(b.syntax.Last[1])
		b.Int(utf8.RuneCountInString(text))
		b.Write(") = ")
		b.Param(query.String(text))
	}
	b.Write(")")
}

// after returns the smallest string above all strings with this prefix, empty if there is none.
func after(text string) string {
	for text != "" {
		last, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
		switch last {
		case utf8.MaxRune:
			continue
		case 0xd7ff: // what follows are surrogates, which are no characters
			return text + string(rune(0xe000))
		}
		return text + string(last+1)
	}
	return ""
}

func (b *Builder) length(f *query.Length) {
	i := b.Index(f.Path)
	if b.Table.Columns[i].Kind == query.KindJSON {
		b.jsonLength(f.Path)
	} else {
		b.Write(b.syntax.Chars)
		b.Write("(")
		b.Value(i)
		b.Write(")")
	}
	b.Write(Symbol(f.Op))
	b.Param(query.Int(f.Value))
}
