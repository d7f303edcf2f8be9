package rules_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/builtin"
	"pgregory.net/rapid"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// arities are the functions of the language, with the fewest arguments that they are tried with, and the kinds of all that they
// take: number, string, list or object, and words: an order, a time, its form and its zone.
var arities = map[string]struct {
	fewest int
	kinds  string
}{
	"abs": {1, "n"}, "ceil": {1, "n"}, "floor": {1, "n"}, "round": {1, "n"}, "int": {1, "s"}, "float": {1, "s"}, "string": {1, "l"}, "trim": {1, "ss"}, "trimPrefix": {1, "ss"},
	"trimSuffix": {1, "ss"}, "upper": {1, "s"}, "lower": {1, "s"}, "split": {2, "ssn"}, "replace": {3, "sssn"}, "join": {1, "ls"}, "indexOf": {2, "ss"}, "lastIndexOf": {2, "ss"},
	"hasPrefix": {2, "ss"}, "hasSuffix": {2, "ss"}, "max": {1, "nln"}, "min": {1, "nln"}, "mean": {1, "nln"}, "median": {1, "nln"}, "duration": {1, "s"}, "date": {1, "tfz"}, "first": {1, "l"},
	"last": {1, "l"}, "keys": {1, "o"}, "values": {1, "o"}, "reverse": {1, "l"}, "uniq": {1, "l"}, "concat": {1, "lll"}, "flatten": {1, "l"}, "sort": {1, "lw"}, "type": {1, "l"},
}

var (
	someInts   = []int64{0, 1, -1, 2, 3, 7, 42, 1 << 53, 1<<53 + 1, -(1<<53 + 1), math.MaxInt64, math.MinInt64}
	someFloats = []float64{0, math.Copysign(0, -1), 0.5, -0.5, 1, 1.5, 2, 2.5, -2.5, 1e6, 1e20, 1e21, 1e-7, 123456.789, 1 << 53, 1 << 63, -(1 << 63), 1e300, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}
	someTexts  = []string{
		"", "a", "b", "ab", "aab", "abcabc", " a ", "\t\n", "é", "日本語", "\xff", "a\xffb", "ß", "İ", "ſ", "ǆ", "12", "-3", "+5", "1_0", "0x10", "1e3", "1.5", ".5", "inf", "NaN", "9223372036854775808",
		"1h", "-1.5h", "1h30m", "5", "2026-01-01", "12:30:00", "2026-01-01 12:30:00", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5+02:00", "02 Jan 26 15:04 UTC", "2006-01-02", "15:04", "UTC", "Europe/Paris", "../etc", "asc", "desc",
		strings.Repeat("ab", 300),
	}
)

// argument draws a value, most often one of a kind.
func argument(t *rapid.T, kind byte) any {
	if rapid.IntRange(0, 3).Draw(t, "odd") == 0 {
		return anyValue(t, 2)
	}
	switch kind {
	case 'n':
		if rapid.Bool().Draw(t, "whole") {
			return rapid.SampledFrom(someInts).Draw(t, "int")
		}
		return rapid.SampledFrom(someFloats).Draw(t, "float")
	case 'w':
		return rapid.SampledFrom([]string{"asc", "desc"}).Draw(t, "order")
	case 't':
		return rapid.SampledFrom([]string{"2026-01-01", "12:30:00", "2026-01-01 12:30:00", "2026-03-29 02:30:00", "2026-01-01T00:00:00.5+02:00", "02 Jan 26 15:04 CET"}).Draw(t, "time")
	case 'f':
		return rapid.SampledFrom([]string{"2006-01-02", "2006-01-02 15:04:05", time.RFC3339, time.RFC822, "15:04"}).Draw(t, "form")
	case 'z':
		return rapid.SampledFrom([]string{"UTC", "Europe/Paris", "America/New_York", "Nowhere/None"}).Draw(t, "zone")
	case 's':
		return rapid.SampledFrom(someTexts).Draw(t, "string")
	case 'o':
		return someObject(t, 2)
	}
	return someList(t, 2)
}

// anyValue draws what a claim may have, and what rules have besides.
func anyValue(t *rapid.T, depth int) any {
	top := 11
	if depth == 0 {
		top = 9
	}
	switch rapid.IntRange(0, top).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom([]any{nil, true, false, query.Date(20000), query.Decimal("1.5"), []byte("ab"), time.Duration(90 * time.Minute), time.Hour, -time.Hour}).Draw(t, "other")
	case 1, 2:
		return rapid.SampledFrom(someInts).Draw(t, "int")
	case 3, 4:
		return rapid.SampledFrom(someFloats).Draw(t, "float")
	case 5, 6, 7, 8:
		return rapid.SampledFrom(someTexts).Draw(t, "string")
	case 9:
		return rapid.SampledFrom([]any{now, now.Add(time.Hour), now.In(time.FixedZone("", 3600))}).Draw(t, "time")
	case 10:
		return someObject(t, depth)
	}
	return someList(t, depth)
}

func someObject(t *rapid.T, depth int) map[string]any {
	out := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		out[rapid.SampledFrom([]string{"a", "b", "", "é", "sub"}).Draw(t, "name")] = anyValue(t, depth-1)
	}
	return out
}

func someList(t *rapid.T, depth int) []any {
	out := []any{}
	kind := rapid.IntRange(0, 4).Draw(t, "of")
	for range rapid.IntRange(0, 5).Draw(t, "elements") {
		switch kind {
		case 0:
			out = append(out, anyValue(t, depth-1))
		case 1:
			out = append(out, rapid.SampledFrom(someTexts).Draw(t, "string"))
		case 2:
			out = append(out, rapid.SampledFrom([]any{now, now.Add(time.Hour), now.Add(-time.Second)}).Draw(t, "time"))
		default:
			if rapid.Bool().Draw(t, "whole") {
				out = append(out, rapid.SampledFrom(someInts).Draw(t, "int"))
			} else {
				out = append(out, rapid.SampledFrom(someFloats).Draw(t, "float"))
			}
		}
	}
	return out
}

// judged is what expr's own function returns, as the types of rules.
func judged(name string, args []any) (out any, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("it panics: %v", r)
		}
	}()
	given := make([]any, len(args))
	for i, a := range args {
		given[i] = forExpr(a)
	}
	f := builtin.Builtins[builtin.Index[name]]
	switch {
	case f.Func != nil:
		out, err = f.Func(given...)
	case f.Fast != nil:
		out = f.Fast(given[0])
	default:
		out, _, err = f.Safe(given...)
	}
	if err != nil {
		return nil, err
	}
	return fromExpr(out), nil
}

// forExpr turns integers into those of expr, at every level.
func forExpr(v any) any {
	switch v := v.(type) {
	case int64:
		return int(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = forExpr(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = forExpr(v[k])
		}
		return out
	}
	return v
}

// fromExpr is the opposite. A float without a JSON form is no result.
func fromExpr(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case time.Time:
		return v.UTC()
	case []string:
		out := make([]any, len(v))
		for i := range v {
			out[i] = v[i]
		}
		return out
	case []any:
		return inList(v)
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = inList([]any{v[k]})[0]
		}
		return out
	}
	return v
}

// inList is fromExpr for what is inside a list, where a float is what it was.
func inList(v []any) []any {
	out := make([]any, len(v))
	for i := range v {
		switch x := v[i].(type) {
		case float64:
			out[i] = x
		default:
			out[i] = fromExpr(x)
		}
	}
	return out
}

// alike compares results: NaN is like NaN, -0 like 0, and times are instants.
func alike(a, b any) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && (x == y || x != x && y != y)
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case []any:
		y, ok := b.([]any)
		return ok && len(x) == len(y) && !slices.ContainsFunc(indexes(x), func(i int) bool { return !alike(x[i], y[i]) })
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k := range x {
			if _, there := y[k]; !there || !alike(x[k], y[k]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

func indexes(list []any) []int {
	out := make([]int, len(list))
	for i := range out {
		out[i] = i
	}
	return out
}

// difference is what a function returns for some arguments, here and with expr.
type difference struct {
	args      []any
	got, want any
	err, with error
}

func (d difference) same() bool { return (d.err != nil) == (d.with != nil) && alike(d.got, d.want) }

func compared(claims map[string]*rules.Claim, name string, args []any) difference {
	auth, d := map[string]any{}, difference{args: args}
	for i, a := range args {
		auth[fmt.Sprintf("a%d", i)] = a
	}
	d.got, d.err = claims[fmt.Sprintf("%s/%d", name, len(args))].Compute(context.Background(), auth, now, nil)
	d.want, d.with = judged(name, args)
	return d
}

// judge compares a function with expr's for the same arguments. It returns what is wrong, empty if nothing is.
func judge(claims map[string]*rules.Claim, name string, args []any) string {
	of := compared(claims, name, args)
	if of.same() {
		return ""
	}
	for _, d := range differences {
		if (d.functions == "" || slices.Contains(strings.Fields(d.functions), name)) && d.here(of) {
			return ""
		}
	}
	return fmt.Sprintf("%s of %#v is %#v, %v; with expr %#v, %v", name, args, of.got, of.err, of.want, of.with)
}

// callable compiles each function with each number of arguments.
func callable(t testing.TB) map[string]*rules.Claim {
	out := map[string]*rules.Claim{}
	for name, arity := range arities {
		for n := arity.fewest; n <= len(arity.kinds); n++ {
			source := name + "(" + strings.Join([]string{"auth.a0", "auth.a1", "auth.a2", "auth.a3"}[:n], ", ") + ")"
			claim, err := rules.CompileClaim(source, rules.Scope{})
			if err != nil {
				t.Fatalf("%s: %v", source, err)
			}
			out[fmt.Sprintf("%s/%d", name, n)] = claim
		}
	}
	return out
}

// TestLibrary_IsAsExpr holds every function against that of expr. For more cases: -rapid.checks 10000.
func TestLibrary_IsAsExpr(t *testing.T) {
	t.Parallel()
	claims := callable(t)
	names := make([]string, 0, len(arities))
	for name := range arities {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(rt *rapid.T) {
		for _, name := range names {
			arity := arities[name]
			args := make([]any, rapid.IntRange(arity.fewest, len(arity.kinds)).Draw(rt, "arguments"))
			for i := range args {
				args[i] = argument(rt, arity.kinds[i])
			}
			if wrong := judge(claims, name, args); wrong != "" {
				rt.Fatal(wrong)
			}
		}
	})
}

// differences are all that is not as with expr, each with its reason.
var differences = []struct {
	functions string // all of them, if it is empty
	example   []any  // for the first of functions
	reason    string
	here      func(d difference) bool
}{
	{"", []any{nil}, "nothing comes of what is absent; expr fails, but prints nil by string and names it by type", func(d difference) bool {
		return slices.ContainsFunc(d.args, func(v any) bool { return v == nil }) && d.err == nil && d.got == nil
	}},
	{"concat flatten reverse uniq max min mean median sort first last join type", []any{[]byte("ab")}, "bytes are no list of numbers", func(d difference) bool { return has(d.args, isType[[]byte]) }},
	{"first last", []any{"ab"}, "what is not a list has no first; expr swallows its own panic, and takes bytes of a string", func(d difference) bool {
		return d.err != nil && !isType[[]any](d.args[0])
	}},
	{"sort", []any{"ab"}, "what is not a list has no order; expr returns an empty list", func(d difference) bool { return d.err != nil && !isType[[]any](d.args[0]) }},
	{"max min", []any{"a"}, "what is not a number is not the largest either; expr returns it if it is alone", func(d difference) bool {
		return d.err != nil && len(d.args) == 1 && kindNot[int64](d.args[0]) && kindNot[float64](d.args[0])
	}},
	{"max min", []any{[]any{time.Hour}}, "durations compare in lists, too", func(d difference) bool { return d.with != nil && has(d.args, isType[time.Duration]) }},
	{"max min", []any{query.Date(1), []any{}}, "dates are no numbers; expr takes the days", func(d difference) bool { return d.err != nil && has(d.args, isType[query.Date]) }},
	{"mean median", []any{time.Hour}, "durations and dates are no numbers; expr takes nanoseconds and days", func(d difference) bool {
		return d.err != nil && (has(d.args, isType[time.Duration]) || has(d.args, isType[query.Date]))
	}},
	{"max min sort", []any{1.5, math.NaN()}, "NaN is the largest, as for < in rules and databases; for expr it has no order", func(d difference) bool { return has(d.args, isNaN) }},
	{"max min sort uniq", []any{float64(1 << 53), int64(1<<53 + 1)}, "integers and floats compare exactly, as == does; expr rounds integers beyond 2^53", func(d difference) bool {
		return d.err == nil && d.with == nil && has(d.args, isVast) && has(d.args, isType[float64])
	}},
	{"abs", []any{int64(math.MinInt64)}, "the smallest integer has no positive one; expr returns a negative one", func(d difference) bool { return d.err != nil && d.args[0] == any(int64(math.MinInt64)) }},
	{"int split replace", []any{1e300}, "a float beyond the range of integers, or NaN, is none; for expr it is whatever the processor makes of it", func(d difference) bool {
		x, ok := d.args[len(d.args)-1].(float64)
		return d.err != nil && ok && !(x >= math.MinInt64 && x < 1<<63)
	}},
	{"float", []any{"inf"}, "what has no JSON form is no number; expr returns infinity", func(d difference) bool { return d.err != nil && d.with == nil && d.want == nil }},
	{"type", []any{query.Date(1)}, "dates and decimals are the project's own; expr writes the path of the package", func(d difference) bool { return d.got == "date" || d.got == "decimal" }},
	{"keys values", []any{map[string]any{"a": int64(1), "b": int64(2), "c": int64(3)}}, "the order is that of the names; with expr it is another each time", func(d difference) bool {
		return d.err == nil && d.with == nil && permuted(d.got, d.want)
	}},
}

// has reports whether a value, or one inside, is of a kind.
func has(v any, is func(any) bool) bool {
	switch v := v.(type) {
	case []any:
		if slices.ContainsFunc(v, func(item any) bool { return has(item, is) }) {
			return true
		}
	case map[string]any:
		for _, member := range v {
			if has(member, is) {
				return true
			}
		}
	}
	return is(v)
}

func isType[T any](v any) bool { _, ok := v.(T); return ok }

func kindNot[T any](v any) bool { return !isType[T](v) }

func isNaN(v any) bool { x, ok := v.(float64); return ok && x != x }

func isVast(v any) bool {
	i, ok := v.(int64)
	return ok && (i > 1<<53 || i < -1<<53)
}

// permuted reports whether two lists have the same elements.
func permuted(a, b any) bool {
	rest := slices.Clone(b.([]any))
	for _, v := range a.([]any) {
		i := slices.IndexFunc(rest, func(w any) bool { return alike(v, w) })
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return len(rest) == 0
}

// TestLibrary_Differences shows each difference, so that none is listed that is no more.
func TestLibrary_Differences(t *testing.T) {
	t.Parallel()
	claims := callable(t)
	for i, d := range differences {
		name, _, _ := strings.Cut(d.functions, " ")
		if name == "" {
			name = "string"
		}
		found := false
		for range 20 { // expr has the members of an object in another order each time
			of := compared(claims, name, d.example)
			found = found || !of.same() && d.here(of)
		}
		if !found {
			t.Errorf("%d: %s of %v is as with expr: %s", i, name, d.example, d.reason)
		}
	}
}
