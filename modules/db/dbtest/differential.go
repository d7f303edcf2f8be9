package dbtest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// The values in documents and filters: few, so that they collide, and at the edges.
var (
	texts   = []string{"", "a", "A", "ab", "abc", "b", "é", "e\u0301", "😀", "a%", "a_b", "'", `"`, `\`, "*", "[a]", "É", "K", "\u212a", "a\nb", "1", "true", "null", "2026-01-01T00:00:00Z", " a"}
	ints    = []int64{0, 1, -1, 2, 3, 1 << 53, 1<<53 + 1, -1 << 63, 1<<63 - 1}
	floats  = []float64{0, 0.5, 1, 2, -1, 1e300, -1e-300, 1 << 53, 1 << 62, 9.223372036854775807e18}
	seconds = []int64{0, 1, -1, 1767225600, 253402300799, -62135596800}
	// The values that JSON and RFC 3339 cannot represent: other programs may store them.
	beyond = []float64{math.Inf(1), math.Inf(-1), math.NaN()}
	ends   = []query.Value{query.Forever, query.Always, micros(253402300800), micros(5e12), micros(-62167219201), micros(-15e10)}
	prices = []string{"0", "1", "-1", "2", "0.1", "0.5", "-0.5", "10", "9", "1.05", "9007199254740993", "0.12345678901234567890123456789012", "-99999999999999999999999999999999", "9223372036854775808"}
	uuids  = []string{"00000000-0000-0000-0000-000000000000", "0191e7a0-0000-7000-8000-00000000000a", "0191e7a0-0000-7000-8000-0000000000a0", "a191e7a0-0000-7000-8000-00000000000a", "ffffffff-ffff-ffff-ffff-ffffffffffff"}
	dates  = []query.Value{day("0000-01-01"), day("1969-12-31"), day("1970-01-01"), day("2024-02-29"), day("2026-02-28"), day("9999-12-31"), query.ForeverDate, query.AlwaysDate}
	jsons  = []string{
		`[]`, `{}`, `[1,2]`, `["a","b"]`, `[null]`, `[true,1,"1",1.0]`, `{"a":1}`, `{"a":{"b":"a"}}`, `{"a":null}`, `{"a":[1,"a"]}`,
		`"a"`, `"1"`, `1`, `1.0`, `0.5`, `true`, `false`, `9007199254740993`, `{"a":"a","b":true}`, `[[1]]`, `"ab"`, `{"a":2.5}`, `""`, `{"a":1e400}`, `{"a":{"b":-1e400}}`,
	}
	paths = []query.Path{{Field: "j"}, {Field: "j", Sub: "a"}, {Field: "j", Sub: "a.b"}, {Field: "j", Sub: "b"}}
)

func micros(s int64) query.Value { return query.Time(time.Unix(s, 123456000).UTC()) }

func scalar(t *rapid.T, kind query.Kind) query.Value {
	switch kind {
	case query.KindInt:
		if rapid.IntRange(0, 3).Draw(t, "as float") == 0 {
			return float(t)
		}
		return query.Int(rapid.SampledFrom(ints).Draw(t, "int"))
	case query.KindFloat:
		if rapid.IntRange(0, 3).Draw(t, "as int") == 0 {
			return query.Int(rapid.SampledFrom(ints).Draw(t, "int"))
		}
		return float(t)
	case query.KindBool:
		return query.Bool(rapid.Bool().Draw(t, "bool"))
	case query.KindTime:
		if rapid.IntRange(0, 3).Draw(t, "far") == 0 {
			return rapid.SampledFrom(ends).Draw(t, "end")
		}
		return micros(rapid.SampledFrom(seconds).Draw(t, "time"))
	case query.KindDecimal:
		return decimal(rapid.SampledFrom(prices).Draw(t, "decimal"))
	case query.KindDate:
		return rapid.SampledFrom(dates).Draw(t, "date")
	case query.KindBytes:
		return query.Bytes(rapid.SampledFrom([]string{"", "\x00", "a", "\xff"}).Draw(t, "bytes"))
	case query.KindJSON:
		v := scalar(t, rapid.SampledFrom([]query.Kind{query.KindInt, query.KindFloat, query.KindBool, query.KindString}).Draw(t, "kind"))
		if !v.Ordinary() {
			return query.Null
		}
		return v
	}
	return query.String(rapid.SampledFrom(texts).Draw(t, "text"))
}

func float(t *rapid.T) query.Value {
	return query.Double(rapid.SampledFrom(slices.Concat(floats, beyond)).Draw(t, "float"))
}

// stored draws a value for a field of a document.
func stored(t *rapid.T, f query.Field) query.Value {
	if rapid.IntRange(0, 3).Draw(t, "null") == 0 {
		return query.Null
	}
	switch f.Type {
	case query.TypeJSON:
		return query.RawJSON(rapid.SampledFrom(jsons).Draw(t, "json"))
	case query.TypeInt:
		return query.Int(rapid.SampledFrom(ints).Draw(t, "int"))
	case query.TypeFloat:
		return float(t)
	case query.TypeUUID:
		return query.String(rapid.SampledFrom(uuids).Draw(t, "uuid"))
	}
	return scalar(t, f.Type.Kind())
}

func document(t *rapid.T, i int) query.Row {
	r := row(fmt.Sprintf("d%02d", i), nil)
	for n, f := range shape.Fields {
		if f.Name != "id" && f.Name != "s2" { // s2 is unique
			r[n] = stored(t, f)
		}
	}
	return r
}

// pattern draws a pattern of the characters that mean something in one of the languages it is written in.
func pattern(t *rapid.T) string {
	parts := []string{"%", "_", "a", "A", "b", "ab", "é", "É", "😀", "\\", `\%`, `\_`, `\\`, `\a`, "*", "?", "[", "]", ".", "^", "$", "'", "k", "\u212a", "\n"}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 4).Draw(t, "pattern"), "")
}

// condition draws a filter of one node.
func condition(t *rapid.T) query.Filter {
	fields := []query.Field{shape.Fields[1], shape.Fields[3], shape.Fields[4], shape.Fields[5], shape.Fields[6], shape.Fields[7], shape.Fields[8], shape.Fields[10], shape.Fields[11], shape.Fields[12]}
	f := rapid.SampledFrom(fields).Draw(t, "field")
	path, typ := query.Path{Field: f.Name}, f.Type
	if rapid.IntRange(0, 2).Draw(t, "json") == 0 {
		path, typ = rapid.SampledFrom(paths).Draw(t, "path"), query.TypeJSON
	}
	op := rapid.SampledFrom([]query.CompareOp{query.Eq, query.Lt, query.Le, query.Gt, query.Ge}).Draw(t, "op")
	value := func() query.Value {
		if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
			return query.Null
		}
		if typ == query.TypeUUID {
			text := rapid.SampledFrom(uuids).Draw(t, "uuid")
			return query.String(rapid.SampledFrom([]string{text, strings.ToUpper(text), "{" + text + "}", strings.ReplaceAll(text, "-", "")}).Draw(t, "spelling"))
		}
		return scalar(t, typ.Kind())
	}
	var out query.Filter
	switch rapid.IntRange(0, 5).Draw(t, "node") {
	case 0:
		out, _ = query.Membership(path, typ, []query.Value{value(), value(), value()})
	case 1:
		op := rapid.SampledFrom([]query.TextOp{query.Contains, query.StartsWith, query.EndsWith, query.Like, query.ILike}).Draw(t, "text op")
		text := rapid.SampledFrom(texts).Draw(t, "text")
		if op == query.Like || op == query.ILike {
			text = pattern(t)
		}
		out, _ = query.TextTest(path, typ, op, text)
	case 2:
		out = &query.Has{Path: rapid.SampledFrom(paths).Draw(t, "path"), Value: scalar(t, query.KindJSON)}
	case 3:
		p := rapid.SampledFrom(append([]query.Path{{Field: "s"}}, paths...)).Draw(t, "path")
		out = &query.Length{Path: p, Op: op, Value: rapid.SampledFrom([]int64{0, 1, 2, -1}).Draw(t, "length")}
	case 4:
		pair := rapid.SampledFrom([][2]string{{"n", "n2"}, {"n", "f"}, {"f", "n"}, {"s", "s"}, {"t", "t"}, {"d", "d"}, {"u", "u"}, {"p", "p"}, {"u", "s"}, {"s", "s2"}}).Draw(t, "fields")
		out = &query.CompareFields{Left: query.Path{Field: pair[0]}, Op: op, Right: query.Path{Field: pair[1]}}
	default:
		out, _ = query.Comparison(path, typ, op, value())
	}
	return out
}

func filter(t *rapid.T, depth int) query.Filter {
	kind := 0
	if depth > 0 {
		kind = rapid.IntRange(0, 3).Draw(t, "kind")
	}
	switch kind {
	case 1:
		return query.All(filter(t, depth-1), filter(t, depth-1))
	case 2:
		return query.Any(filter(t, depth-1), filter(t, depth-1))
	case 3:
		return query.Negate(filter(t, depth-1))
	}
	return condition(t)
}

// document draws a document that the server accepts.
func (e Exceptions) document(t *rapid.T, i int) query.Row { return e.taken(document(t, i)) }

// taken returns a row without what the server does not accept.
func (e Exceptions) taken(r query.Row) query.Row {
	for i, v := range r {
		number := v.Kind() == query.KindFloat
		switch {
		case e.Decimals != "" && v.Kind() == query.KindDecimal,
			e.Digits != "" && v.Kind() == query.KindDecimal && len(v.Text()) > 33,
			e.Far != "" && far(v):
			r[i] = query.Null
		case e.NestedArrays != "" && v.Kind() == query.KindJSON && strings.Contains(v.Text(), "[["),
			e.Infinite != "" && (number && !v.Ordinary() || v.Kind() == query.KindJSON && strings.Contains(v.Text(), "e400")),
			e.NaN != "" && number && math.IsNaN(v.Float()):
			r[i] = query.Null
		}
	}
	return r
}

// far reports whether a time or a date is infinite or outside the years 0 to 9999.
func far(v query.Value) bool {
	switch v.Kind() {
	case query.KindTime:
		return v.Int() < micros(-62167219200).Int() || v.Int() >= micros(253402300800).Int()
	case query.KindDate:
		return v == query.ForeverDate || v == query.AlwaysDate
	}
	return false
}

// filter draws a filter that the server accepts.
func (e Exceptions) filter(t *rapid.T) query.Filter {
	f := Filter(t)
	taken := true
	query.Leaves(f, func(leaf query.Filter) {
		switch leaf := leaf.(type) {
		case *query.CompareFields:
			taken = taken && e.Expressions == ""
		case *query.Compare:
			taken = taken && (e.Decimals == "" || leaf.Value.Kind() != query.KindDecimal)
			taken = taken && (e.BytesOrder == "" || leaf.Value.Kind() != query.KindBytes || leaf.Op == query.Eq)
			taken = taken && (e.Infinite == "" || leaf.Value.Kind() != query.KindFloat || leaf.Value.Ordinary())
		case *query.In:
			for _, v := range leaf.Values {
				taken = taken && (e.Decimals == "" || v.Kind() != query.KindDecimal)
				taken = taken && (e.Infinite == "" || v.Kind() != query.KindFloat || v.Ordinary())
			}
		case *query.Has:
			taken = taken && (e.Infinite == "" || leaf.Value.Kind() != query.KindFloat || leaf.Value.Ordinary())
		}
	})
	if !taken {
		return query.True
	}
	return f
}

// Filter draws a filter over the fields of [Collection].
func Filter(t *rapid.T) query.Filter { return filter(t, 3) }

// differential draws documents and filters and compares the database with the matcher. A failure shrinks, and
// prints the seed that repeats it.
func differential(t *testing.T, d db.Driver, c *db.Collection, except Exceptions) {
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		rows := make([]query.Row, rapid.IntRange(1, 12).Draw(rt, "documents"))
		for i := range rows {
			rows[i] = except.document(rt, i)
		}
		rows = rounded(d, rows)
		must(t, errOnly(d.Delete(ctx, c, query.True)))
		must(t, d.Insert(ctx, c, rows))
		for range 100 {
			f := except.filter(rt)
			want := []string{}
			for _, r := range rows {
				if query.Match(f, shape, r, nil) {
					want = append(want, r[0].Text())
				}
			}
			if got := ids(all(t, d, c, f)); !slices.Equal(got, want) {
				rt.Fatalf("%s selects %v in the database and %v in memory of %v", query.Canonical(f), got, want, show(rows))
			}
		}
	})
}

func errOnly(_ int64, err error) error { return err }

func show(rows []query.Row) string {
	out := ""
	for _, r := range rows {
		out += "\n  "
		for i, v := range r {
			if !v.IsNull() {
				out += shape.Fields[i].Name + "=" + v.JSON() + " "
			}
		}
	}
	return out
}

// pages draws documents and an ordering, and concatenates the pages by cursor.
func pages(t *testing.T, d db.Driver, c *db.Collection, except Exceptions) {
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		rows := make([]query.Row, rapid.IntRange(0, 20).Draw(rt, "documents"))
		for i := range rows {
			rows[i] = except.document(rt, i)
		}
		rows = rounded(d, rows)
		sortable := []string{"s", "n", "f", "b", "t", "d", "u", "p", "y"}
		if except.BytesOrder != "" {
			sortable = sortable[:8]
		}
		var sort []query.SortKey
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(sortable), 0, 3, rapid.ID).Draw(rt, "sort") {
			sort = append(sort, query.SortKey{Field: name, Desc: rapid.Bool().Draw(rt, "desc"), NullLargest: except.NullOrder == "" && rapid.Bool().Draw(rt, "null is the largest")})
		}
		sort = append(sort, query.SortKey{Field: "id", Desc: rapid.Bool().Draw(rt, "desc")})
		must(t, errOnly(d.Delete(ctx, c, query.True)))
		if len(rows) > 0 {
			must(t, d.Insert(ctx, c, rows))
		}
		want := slices.Clone(rows)
		slices.SortFunc(want, func(a, b query.Row) int {
			if query.Less(shape, sort, a, b) {
				return -1
			}
			return 1
		})
		got := ids(paged(t, d, c, sort, 3, len(rows)+1))
		if !slices.Equal(got, ids(want)) {
			rt.Fatalf("sorted by %v the pages are %v and the whole %v: %s", sort, got, ids(want), show(rows))
		}
	})
}
