package query_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

var shape = query.NewShape([]query.Field{
	{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "title", Type: query.TypeString}, {Name: "stars", Type: query.TypeInt},
	{Name: "score", Type: query.TypeFloat}, {Name: "done", Type: query.TypeBool}, {Name: "at", Type: query.TypeTime},
	{Name: "data", Type: query.TypeBytes}, {Name: "tags", Type: query.TypeJSON},
})

func row(values map[string]query.Value) query.Row {
	r := make(query.Row, len(shape.Fields))
	for name, v := range values {
		r[shape.Index(name)] = v
	}
	return r
}

// The two forms of a filter, by what they mean.
var sameMeaning = []struct{ where, text string }{
	{`{}`, `true`},
	{`{"done":true}`, `done`},
	{`{"done":{"$ne":true}}`, `!done`},
	{`{"stars":3,"title":"a"}`, `title == "a" && stars == 3`},
	{`{"stars":{"$gte":3,"$lt":5}}`, `stars >= 3 && 5 > stars`},
	{`{"$or":[{"stars":1},{"stars":{"$gt":9}}]}`, `stars == 1 || doc.stars > 9`},
	{`{"$not":{"title":"x"}}`, `title != "x"`},
	{`{"title":null}`, `title == nil`},
	{`{"title":{"$exists":true}}`, `title != null`},
	{`{"stars":{"$in":[1,2,2]}}`, `stars in [2,1]`},
	{`{"stars":{"$nin":[1,2]}}`, `not (stars in [1,2])`},
	{`{"title":{"$startsWith":"b"}}`, `title startsWith "b"`},
	{`{"title":{"$not":{"$endsWith":"b"}}}`, `!(title endsWith "b")`},
	{`{"tags.color":"red"}`, `tags.color == "red"`},
	{`{"tags":{"$contains":7}}`, `7 in tags`},
	{`{"at":{"$lt":"2026-01-01T02:00:00+02:00"}}`, `at < "2026-01-01T00:00:00Z"`},
	{`{"data":"AAE="}`, `data == "AAE="`},
	{`{"score":{"$gt":1}}`, `score > 1`},
	{`{"stars":-5}`, `stars == -5`},
	{`{"$and":[{"done":true},{"$or":[]}]}`, `false`},
}

func where(t testing.TB, text string) query.Filter {
	t.Helper()
	v, err := query.ParseJSON([]byte(text), 64)
	if err != nil {
		t.Fatal(err)
	}
	f, err := query.ParseWhere(shape, v, query.Limits{}, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

func TestFilter_BothFormsMeanTheSame(t *testing.T) {
	for _, test := range sameMeaning {
		f := where(t, test.where)
		g, err := query.ParseText(shape, test.text, nil, query.Limits{}, nil)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if !query.Equal(f, g) || query.Hash(f) != query.Hash(g) {
			t.Errorf("%s is %s, and %s is %s", test.where, query.Canonical(f), test.text, query.Canonical(g))
		}
	}
}

func TestCanonical_KeepsApartWhatDiffers(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{
		`title == "1"`, `title == "a,b"`, `title in ["a","b"]`, `title in ["a,b","c"]`, `stars == 1`, `score == 1.5`, `at == "2026-01-01T00:00:00Z"`,
		`title == "2026-01-01T00:00:00Z"`, `data == "AAE="`, `title == "AAE="`, `tags == 1`, `tags == "1"`, `tags == true`, `tags.a == 1`, `title == nil`, `title == "null"`,
		`title contains "a"`, `title startsWith "a"`, `!(title contains "a")`, `done || stars == 1`, `done && stars == 1`, `(done || stars == 1) && stars == 2`,
	} {
		f, err := query.ParseText(shape, text, nil, query.Limits{}, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		c := query.Canonical(f)
		if other, ok := seen[c]; ok {
			t.Errorf("%s and %s have the same form %s", text, other, c)
		}
		seen[c] = text
	}
}

func TestMatch_IsTwoValued(t *testing.T) {
	r := row(map[string]query.Value{
		"title": query.String("banana"), "stars": query.Int(1<<53 + 1), "score": query.Float(1), "tags": query.RawJSON(`{"n":1,"list":["a",1,null],"s":"x"}`),
	})
	for text, want := range map[string]bool{
		`at == nil`: true, `at != nil`: false, `at < "2026-01-01T00:00:00Z"`: false, `!(at < "2026-01-01T00:00:00Z")`: true,
		`done == false`: false, `done != true`: true, `!done`: true,
		`stars > 9007199254740992`: true, `stars == 9007199254740993`: true, `score == 1`: true,
		`tags.missing == nil`: true, `tags.n == 1.0`: true, `tags.n == "1"`: false, `!(tags.n == "1")`: true, `tags.n < "2"`: false,
		`tags.s >= "a"`: true, `"a" in tags.list`: true, `nil in tags.list`: true, `2 in tags.list`: false, `"x" in tags.s`: false,
		`title contains "nan"`: true, `title contains ""`: true, `title startsWith "B"`: false,
		`title < "c" && title > "b"`: true, `stars in [1]`: false,
	} {
		f, err := query.ParseText(shape, text, nil, query.Limits{}, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := query.Match(f, shape, r, nil); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func TestParse_LimitsAreClearErrors(t *testing.T) {
	limits := query.Limits{Depth: 3, Nodes: 6, In: 4, Text: 200}
	for text, code := range map[string]string{
		`{"$not":{"$not":{"$not":{"done":true}}}}`: "too_deep",
		`{"stars":{"$in":[1,2,3,4,5]}}`:            "too_many_values",
		`{"$or":[{"a":1}]}`:                        "unknown_field",
		`{"$or":[{"stars":1},{"stars":2},{"stars":3},{"stars":4},{"stars":5},{"stars":6}]}`: "too_many_nodes",
	} {
		v, err := query.ParseJSON([]byte(text), 64)
		if err != nil {
			t.Fatal(err)
		}
		_, err = query.ParseWhere(shape, v, limits, nil)
		if fault.CodeOf(err) != fault.Invalid || !strings.Contains(fmt.Sprintf("%+v", err.(*fault.Error).Fields), code) {
			t.Errorf("%s: got %+v, want %s", text, err, code)
		}
	}
	for _, text := range []string{strings.Repeat("(", 5) + "done" + strings.Repeat(")", 5), "stars in [1,2,3,4,5]", strings.Repeat("done||", 8) + "done", strings.Repeat("x", 300)} {
		if _, err := query.ParseText(shape, text, nil, limits, nil); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestCursor_IsSealedAndBound(t *testing.T) {
	c := query.NewCursors([32]byte{1})
	sort := []query.SortKey{{Field: "title", Desc: true}, {Field: "id"}}
	r := row(map[string]query.Value{"id": query.String("x"), "title": query.String("secret title")})
	cursor := c.Make("notes", shape, sort, r)
	if raw, err := base64.RawURLEncoding.DecodeString(cursor); err != nil || strings.Contains(string(raw), "secret") {
		t.Errorf("the cursor says what is in the row: %q", raw)
	}
	if _, err := c.After("notes", shape, sort, cursor); err != nil {
		t.Error(err)
	}
	flipped := []byte(cursor)
	flipped[len(flipped)/2] ^= 1
	for what, err := range map[string]error{
		"another collection": second(c.After("other", shape, sort, cursor)),
		"another order":      second(c.After("notes", shape, []query.SortKey{{Field: "title"}, {Field: "id"}}, cursor)),
		"another key":        second(query.NewCursors([32]byte{2}).After("notes", shape, sort, cursor)),
		"a changed byte":     second(c.After("notes", shape, sort, string(flipped))),
		"nothing":            second(c.After("notes", shape, sort, "")),
		"too long":           second(c.After("notes", shape, sort, strings.Repeat("A", 1<<17))),
	} {
		if fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func second(_ []query.Filter, err error) error { return err }

func TestValue_TimesAndNumbersKeepTheirValue(t *testing.T) {
	at, ok := query.ParseTime("2026-01-02T03:04:05.1234569+01:00")
	if got := query.Time(at).JSON(); !ok || got != `"2026-01-02T02:04:05.123456Z"` {
		t.Errorf("got %s", got)
	}
	for text, want := range map[string]query.Value{
		"9223372036854775807": query.Int(math.MaxInt64), "-9223372036854775808": query.Int(math.MinInt64), "1e3": query.Float(1000), "-0": query.Int(0), "-0.0": query.Float(0),
		"9007199254740993": query.Int(1<<53 + 1), "9223372036854775808": query.Float(1 << 63),
	} {
		if got, ok := query.ParseNumber(text); !ok || got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
	if query.Int(1<<53 + 1).Equal(query.Float(1 << 53)) {
		t.Error("2^53+1 equals 2^53 as a float")
	}
	if got := query.Time(time.Unix(0, 999)).JSON(); got != `"1970-01-01T00:00:00.000000Z"` {
		t.Errorf("got %s", got)
	}
}

func FuzzParseWhere(f *testing.F) {
	for _, test := range sameMeaning {
		f.Add(test.where)
	}
	f.Add(`{"$or":[1]}`)
	f.Add(`{"tags.a'b":{"$in":[[],{}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := query.ParseJSON([]byte(text), 32)
		if err != nil {
			return
		}
		filter, err := query.ParseWhere(shape, v, query.Limits{}, nil)
		check(t, filter, err)
	})
}

func FuzzParseText(f *testing.F) {
	for _, test := range sameMeaning {
		f.Add(test.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := query.ParseText(shape, text, map[string]query.Value{"a": query.Int(1)}, query.Limits{}, nil)
		check(t, filter, err)
	})
}

func check(t *testing.T, f query.Filter, err error) {
	if err != nil {
		if fault.CodeOf(err) != fault.Invalid {
			t.Errorf("an error that is not the client's: %v", err)
		}
		return
	}
	r := row(map[string]query.Value{"tags": query.RawJSON(`{"a":[1]}`)})
	if query.Match(f, shape, r, nil) == query.Match(query.Negate(f), shape, r, nil) {
		t.Errorf("%s and its negation say the same", query.Canonical(f))
	}
	if !query.Within(f, 2000) {
		t.Error("more than 2000 nodes have got through")
	}
}

// TestParseText_CountsNoBracketsAndDashesInTexts as nesting.
func TestParseText_CountsNoBracketsAndDashesInTexts(t *testing.T) {
	t.Parallel()
	ids := strings.Repeat(`"0198c0de-0000-7000-8000-000000000001", `, 300)
	for _, text := range []string{`id in [` + ids + `"x"]`, `title == "` + strings.Repeat("(", 40) + `"`} {
		if _, err := query.ParseText(shape, text, nil, query.Limits{}, nil); err != nil {
			t.Errorf("%.60s: %v", text, err)
		}
	}
	for text, code := range map[string]string{
		`done && ` + strings.Repeat("(", 33) + `done` + strings.Repeat(")", 33): "too_deep", strings.Repeat("!", 3000) + "done": "too_many_nodes", strings.Repeat(" ", 20_000): "too_long",
	} {
		_, err := query.ParseText(shape, text, nil, query.Limits{}, nil)
		var e *fault.Error
		if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Code != code {
			t.Errorf("%.60s: got %v, want %s", text, err, code)
		}
	}
}

// BenchmarkParseText reads a filter that is not remembered.
func BenchmarkParseText(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := query.ParseText(shape, `stars >= 3 && (title startsWith "b" || "x" in tags) && !done`, nil, query.Limits{}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch_MembershipAndEquality(b *testing.B) {
	f, err := query.ParseText(shape, `title in ["a","b","c","d","e","f","g","h","i","j"] && id == "x"`, nil, query.Limits{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	r := row(map[string]query.Value{"id": query.String("x"), "title": query.String("j")})
	b.ReportAllocs()
	for b.Loop() {
		if !query.Match(f, shape, r, nil) {
			b.Fatal("no match")
		}
	}
}
