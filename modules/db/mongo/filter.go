package mongo

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// translator turns a filter into one of MongoDB. MongoDB matches elements of arrays along and at the end of a
// path, which the filter tree does not. So each condition also requires that there is no array.
type translator struct {
	c     *db.Collection
	kinds kinds
	err   error
}

var (
	always = bson.D{}
	never  = bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}}
)

func translate(c *db.Collection, k kinds, f query.Filter) (bson.D, error) {
	t := translator{c: c, kinds: k}
	if f == nil {
		return always, nil
	}
	out := t.filter(f)
	return out, t.err
}

func one(key string, value any) bson.D { return bson.D{{Key: key, Value: value}} }

func (t *translator) filter(f query.Filter) bson.D {
	switch f := f.(type) {
	case query.Const:
		if f {
			return always
		}
		return never
	case *query.And:
		return one("$and", t.terms(f.Terms))
	case *query.Or:
		return one("$or", t.terms(f.Terms))
	case *query.Not:
		return one("$nor", bson.A{t.filter(f.Term)})
	case *query.Compare:
		return t.compare(f)
	case *query.CompareFields:
		return t.compareFields(f)
	case *query.In:
		terms := bson.A{}
		for _, v := range f.Values {
			terms = append(terms, t.compare(&query.Compare{Path: f.Path, Op: query.Eq, Value: v}))
		}
		if all, ok := t.inOne(f); ok {
			return all
		}
		return one("$or", terms)
	case *query.Text:
		return t.text(f)
	case *query.Has:
		if f.Value.Kind() == query.KindNull {
			return t.at(f.Path, bson.D{{Key: "$type", Value: "array"}, {Key: "$elemMatch", Value: bson.D{{Key: "$eq", Value: nil}}}}, false)
		}
		return t.at(f.Path, bson.D{{Key: "$type", Value: "array"}, {Key: "$in", Value: t.element(f)}}, false)
	case *query.Length:
		return t.length(f)
	case *query.Search:
		return search(t.c, f)
	}
	t.fail("this condition is not supported by MongoDB")
	return never
}

func (t *translator) fail(format string, args ...any) {
	if t.err == nil {
		t.err = fault.Errorf(fault.Invalid, format, args...)
	}
}

func (t *translator) terms(filters []query.Filter) bson.A {
	out := make(bson.A, len(filters))
	for i, f := range filters {
		out[i] = t.filter(f)
	}
	return out
}

func (t *translator) native(v query.Value) any {
	b, err := native(v)
	if err != nil && t.err == nil {
		t.err = err
	}
	return b
}

// element is what an array has, in all the forms in which it may be stored.
func (t *translator) element(f *query.Has) bson.A {
	element := t.typeOf(f.Path).Element()
	v, ok := query.Coerce(element, f.Value)
	switch {
	case element == "" || !ok:
		v = f.Value
	case element == query.TypeTime && f.Path.Sub != "":
		return bson.A{t.native(v), f.Value.Text()}
	}
	if v.Kind() == query.KindString {
		return forms(v.Text(), holdsUUIDs(element))
	}
	return bson.A{t.native(v)}
}

// typeOf returns the type of what is at a path: json where nothing is declared.
func (t *translator) typeOf(p query.Path) query.Type {
	if f := t.c.Shape.Declared(p); f != nil {
		return f.Type
	}
	return query.TypeJSON
}

func (t *translator) kind(p query.Path) query.Kind {
	return t.c.Columns[t.c.Shape.Index(p.Field)].Type.Kind()
}

func (t *translator) path(p query.Path) string {
	field := name(t.c, t.c.Shape.Index(p.Field))
	if p.Field == query.Rest {
		if p.Sub == "" {
			t.fail("MongoDB finds documents by a member that is not declared, not by all of them together")
		}
		if first, _, _ := strings.Cut(p.Sub, "."); !isRest(t.c, first) {
			return missing
		}
		return p.Sub
	}
	if p.Sub == "" {
		return field
	}
	return field + "." + p.Sub
}

// noArray requires that nothing along a path is an array and, with last, that its end is none.
func (t *translator) noArray(p query.Path, last bool) bson.A {
	out := bson.A{}
	whole := t.path(p)
	isNot := bson.D{{Key: "$not", Value: bson.D{{Key: "$type", Value: "array"}}}}
	for i := range whole {
		if whole[i] == '.' {
			out = append(out, one(whole[:i], isNot))
		}
	}
	if last {
		out = append(out, one(whole, isNot))
	}
	return out
}

// at writes conditions on the value at a path; single requires that the value is not an array.
func (t *translator) at(p query.Path, condition bson.D, single bool) bson.D {
	all := append(t.noArray(p, single), one(t.path(p), condition))
	if len(all) == 1 {
		return all[0].(bson.D)
	}
	return one("$and", all)
}

// isNull is true if there is no value, if an array is along the path, or if the value has a type that the field
// does not show.
func (t *translator) isNull(p query.Path) bson.D {
	if t.c.Columns[t.c.Shape.Index(p.Field)].Type.IsList() {
		return one(t.path(p), bson.D{{Key: "$not", Value: bson.D{{Key: "$type", Value: "array"}}}})
	}
	if kind := t.kind(p); kind != query.KindJSON {
		is := bson.D{{Key: "$type", Value: types[kind]}}
		if kind == query.KindDate {
			is = append(is, isDate)
		}
		if holdsUUIDs(t.typeOf(p)) {
			return one("$or", bson.A{one(t.path(p), bson.D{{Key: "$type", Value: "array"}}), one("$nor", bson.A{one(t.path(p), is), one(t.path(p), anyUUID)})})
		}
		return one("$or", bson.A{one(t.path(p), bson.D{{Key: "$type", Value: "array"}}), one("$nor", bson.A{one(t.path(p), is)})})
	}
	guards := t.noArray(p, false)
	null := one("$and", bson.A{one(t.path(p), nil), one(t.path(p), bson.D{{Key: "$not", Value: bson.D{{Key: "$type", Value: "array"}}}})})
	if len(guards) == 0 {
		return null
	}
	return one("$or", bson.A{one("$nor", bson.A{one("$and", guards)}), null})
}

var operators = [...]string{"$eq", "$lt", "$lte", "$gt", "$gte"}

func (t *translator) compare(f *query.Compare) bson.D {
	v, kind := f.Value, t.kind(f.Path)
	switch {
	case v.IsNull():
		return t.isNull(f.Path)
	case v.Kind() == query.KindTime:
		return t.compareTime(f)
	case v.Kind() == query.KindDate && f.Op != query.Eq:
		return t.at(f.Path, bson.D{{Key: operators[f.Op], Value: t.native(v)}, isDate}, true)
	case v.Kind() == query.KindBytes && f.Op != query.Eq:
		t.fail("%s is of type bytes, which MongoDB orders by length", f.Path)
		return never
	case v.Kind() == query.KindString:
		return t.compareText(f)
	}
	if (v.IsNumber() || v.Kind() == query.KindDecimal) && kind != query.KindJSON {
		return t.compareNumber(f)
	}
	return t.at(f.Path, one(operators[f.Op], t.native(v)), true)
}

// compareText compares with a string, as which ids of other programs are shown, and inside json times, too.
func (t *translator) compareText(f *query.Compare) bson.D {
	text, typ := f.Value.Text(), t.typeOf(f.Path)
	terms := bson.A{}
	add := func(condition bson.D) { terms = append(terms, t.at(f.Path, condition, true)) }
	switch ids := forms(text, holdsUUIDs(typ)); {
	case f.Op == query.Eq && len(ids) > 1:
		add(one("$in", ids))
	default:
		add(one(operators[f.Op], text))
	}
	switch k := t.kinds[f.Path.String()]; {
	case f.Op != query.Eq && t.kinds.several() && f.Path == t.c.KeyPath():
		for _, k := range []kind{objectIDs, uuids} {
			if condition := k.ordered(f.Op, text); condition != nil {
				add(condition)
			}
		}
	case f.Op != query.Eq && k != texts:
		if condition := k.ordered(f.Op, text); condition != nil {
			add(condition)
		}
	default:
		if at, ok := t.shownTime(f.Path, f.Value); ok {
			terms = append(terms, t.memberTime(&query.Compare{Path: f.Path, Op: f.Op, Value: at}))
		}
	}
	if len(terms) == 1 {
		return terms[0].(bson.D)
	}
	return one("$or", terms)
}

// isDate is the condition that a string is a date. Dates are stored as strings, which sort as they do.
var isDate = bson.E{Key: "$regex", Value: primitive.Regex{Pattern: `^(-?infinity|\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))` +
	`|(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)\z`}}

func isObjectID(s string) bool {
	if len(s) != 24 {
		return false
	}
	_, err := primitive.ObjectIDFromHex(s)
	return err == nil && s == strings.ToLower(s)
}

// inOne writes a list of plain values as one $in.
func (t *translator) inOne(f *query.In) (bson.D, bool) {
	values := bson.A{}
	for _, v := range f.Values {
		if v.IsNull() || v.Kind() == query.KindTime {
			return nil, false
		}
		if v.Kind() == query.KindString {
			if _, ok := t.shownTime(f.Path, v); ok {
				return nil, false
			}
			values = append(values, forms(v.Text(), holdsUUIDs(t.typeOf(f.Path)))...)
			continue
		}
		if t.kind(f.Path) == query.KindFloat && v.IsNumber() && math.Abs(v.Float()) >= 1<<53 { // see rounding
			return nil, false
		}
		values = append(values, t.native(v))
	}
	return t.at(f.Path, one("$in", values), true), true
}

func (t *translator) compareFields(f *query.CompareFields) bson.D {
	held := bson.A{
		one("$nor", bson.A{t.isNull(f.Left), t.isNull(f.Right)}),
		one("$expr", one(operators[f.Op], bson.A{"$" + t.path(f.Left), "$" + t.path(f.Right)})),
	}
	if f.Op == query.Eq {
		return one("$or", bson.A{one("$and", held), one("$and", bson.A{t.isNull(f.Left), t.isNull(f.Right)})})
	}
	return one("$and", held)
}

func (t *translator) text(f *query.Text) bson.D {
	pattern := regexp.QuoteMeta(f.Text)
	switch f.Op {
	case query.StartsWith:
		pattern = "^" + pattern
	case query.EndsWith:
		pattern += `\z`
	case query.Like, query.ILike:
		pattern = regex(query.PatternParts(f.Text), f.Op == query.ILike)
	}
	return t.at(f.Path, bson.D{{Key: "$type", Value: "string"}, {Key: "$regex", Value: primitive.Regex{Pattern: pattern}}}, true)
}

// regex writes a pattern as a regular expression. The option that ignores case would fold more letters than those of
// ASCII.
func regex(parts []query.PatternPart, fold bool) string {
	var out strings.Builder
	out.WriteByte('^')
	for _, part := range parts {
		switch {
		case part.Any:
			out.WriteString(`[\s\S]*`)
		case part.One:
			out.WriteString(`[\s\S]`)
		case !fold:
			out.WriteString(regexp.QuoteMeta(part.Text))
		default:
			for _, r := range part.Text {
				if r < utf8.RuneSelf && unicode.IsLetter(r) {
					out.WriteString("[" + string(unicode.ToUpper(r)) + string(unicode.ToLower(r)) + "]")
				} else {
					out.WriteString(regexp.QuoteMeta(string(r)))
				}
			}
		}
	}
	return out.String() + `\z`
}

// maxRepeat is the largest repeat count that every regular expression implementation supports.
const maxRepeat = 1000

// length compares the length of a string, by a pattern, or of an array, by its indexes.
func (t *translator) length(f *query.Length) bson.D {
	low, high := int64(0), int64(math.MaxInt64)
	switch f.Op {
	case query.Eq:
		low, high = f.Value, f.Value
	case query.Lt:
		high = f.Value - 1
	case query.Le:
		high = f.Value
	case query.Gt:
		low = f.Value + 1
	case query.Ge:
		low = f.Value
	}
	low = max(low, 0)
	if high < low || f.Op == query.Gt && f.Value == math.MaxInt64 {
		return never
	}
	if low > maxRepeat || high != math.MaxInt64 && high > maxRepeat {
		t.fail("a length of more than %d is not supported by MongoDB", maxRepeat)
		return never
	}
	pattern := `^[\s\S]{` + strconv.FormatInt(low, 10) + `,`
	if high != math.MaxInt64 {
		pattern += strconv.FormatInt(high, 10)
	}
	text := t.at(f.Path, bson.D{{Key: "$type", Value: "string"}, {Key: "$regex", Value: primitive.Regex{Pattern: pattern + `}\z`}}}, true)
	if t.kind(f.Path) != query.KindJSON {
		return text
	}
	sizes := bson.A{}
	switch {
	case low == high:
		sizes = append(sizes, one("$size", low))
	case high == math.MaxInt64 && low == 0:
		sizes = append(sizes, one("$type", "array"))
	case high == math.MaxInt64: // longer than all the shorter ones
		shorter := bson.A{}
		for n := range low {
			shorter = append(shorter, t.at(f.Path, one("$size", n), false))
		}
		array := t.at(f.Path, one("$type", "array"), false)
		return one("$or", bson.A{text, one("$and", bson.A{array, one("$nor", shorter)})})
	default:
		for n := low; n <= high; n++ {
			sizes = append(sizes, one("$size", n))
		}
	}
	either := bson.A{text}
	for _, s := range sizes {
		either = append(either, t.at(f.Path, s.(bson.D), false))
	}
	return one("$or", either)
}
