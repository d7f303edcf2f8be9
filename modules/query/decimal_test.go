package query_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 300)
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.0": "0", "-0.000": "0", "0e999999999999999999999": "0", "1": "1", "-1": "-1", "007": "7", "1.50": "1.5", "100": "100", "1e2": "100", "1E+2": "100", "1.5e-3": "0.0015", "-12.30e1": "-123",
		"123456789012.12345678": "123456789012.12345678", "0.12345678901234567890": "0.1234567890123456789", "9007199254740993": "9007199254740993", "99999999999999.99": "99999999999999.99",
		long + "." + long: long + "." + long, "1e299": "1" + strings.Repeat("0", 299), "1e-300": "0." + strings.Repeat("0", 299) + "1", "10000e-4": "1", "0." + strings.Repeat("0", 600) + "e700": "0",
		"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity",
	} {
		if v, ok := query.ParseDecimal(text); !ok || v.Text() != want {
			t.Errorf("%.40s: got %.40s, %v, want %.40s", text, v.Text(), ok, want)
		}
	}
	for _, text := range []string{
		"", "-", "+1", ".5", "5.", "1.2.3", "1e", "1e+", "e5", "1e1.5", "--1", "1 ", " 1", "1,5", "1_000", "0x10", "١", "nan", "inf", "-NaN", "+Infinity", "1e300", "1e999999999", "1e99999999999999999999", "-1e999999999",
		"1e-301", "1e-999999999", "9" + long, "0." + long + "9", strings.Repeat("1", 10_000), "0." + strings.Repeat("1", 10_000), strings.Repeat("0", 10_000), "1e" + strings.Repeat("9", 10_000),
	} {
		if v, ok := query.ParseDecimal(text); ok {
			t.Errorf("%.40q is read as %.40s", text, v.Text())
		}
	}
}

// TestDecimals_AreReadFromJSON: a number keeps the digits that a float has not.
func TestDecimals_AreReadFromJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`0.1`: "0.1", `19.90`: "19.9", `0.12345678901234567890`: "0.1234567890123456789", `123456789012.12345678`: "123456789012.12345678", `9007199254740993`: "9007199254740993",
		`12345678901234567890`: "12345678901234567890", `1e22`: "10000000000000000000000", `1e-7`: "0.0000001", `"0.10"`: "0.1", `-0.0`: "0", `9007199254740993.0`: "9007199254740993", `1e308`: "", `true`: "", `"x"`: "", `[1]`: "", `""`: "",
	} {
		v, ok := query.Coerce(query.TypeDecimal, query.RawJSON(text))
		if ok != (want != "") || ok && (v.Text() != want || v.JSON() != want || v.Kind() != query.KindDecimal) {
			t.Errorf("%s: got %s, %v, want %s", text, v.JSON(), ok, want)
		}
	}
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID}, {Name: "p", Type: query.TypeDecimal}, {Name: "f", Type: query.TypeFloat}})
	for text, want := range map[string]string{
		`p == 0.12345678901234567890`: `doc.p == 0.1234567890123456789`, `p > -0.12345678901234567890`: `doc.p > -0.1234567890123456789`, `é == 1 || p == 1`: ``,
		`"é" != "x" && p == 1`: ``, `p in [0.1, "0.30000000000000000001", 0.300000000000000000010]`: `doc.p in [0.1,0.30000000000000000001]`, `p<1e-20`: `doc.p < 0.00000000000000000001`, `p == $x`: `doc.p == 0.3333333333333333333333333`,
		`f == 0.12345678901234567890`: `doc.f == 0.12345678901234568`, `p == "x"`: ``, `p == f`: ``, `p contains "1"`: ``,
	} {
		f, err := query.ParseText(shape, text, map[string]query.Value{"x": query.RawJSON("0.3333333333333333333333333")}, query.Limits{}, nil)
		if want == "" {
			if err == nil {
				t.Errorf("%s: no error", text)
			}
			continue
		}
		if err != nil || query.Format(f) != want {
			t.Errorf("%s: got %v, %v, want %s", text, f, err, want)
		}
	}
}

func TestDecimals_AreAddedExactly(t *testing.T) {
	t.Parallel()
	decimal := func(text string) query.Value {
		v, ok := query.ParseDecimal(text)
		if !ok {
			t.Fatal(text)
		}
		return v
	}
	for _, test := range []struct{ op, a, b, want string }{
		{"+", "0.1", "0.2", "0.3"}, {"+", "-0.1", "0.1", "0"}, {"-", "1", "0.9", "0.1"}, {"*", "1.1", "1.1", "1.21"}, {"*", "0", "-5", "0"}, {"+", "9007199254740993", "0.0000000001", "9007199254740993.0000000001"},
		{"+", strings.Repeat("9", 300), "1", ""}, {"*", "1e-200", "1e-200", ""}, {"+", "NaN", "1", ""}, {"-", "Infinity", "Infinity", ""},
	} {
		got, ok := query.DecimalArithmetic(test.op, decimal(test.a), decimal(test.b))
		if ok != (test.want != "") || ok && got.Text() != test.want {
			t.Errorf("%s %s %s is %s, %v, want %s", test.a, test.op, test.b, got.Text(), ok, test.want)
		}
	}
	for _, test := range []struct {
		values       []string
		sum, average string
	}{
		{[]string{"0.1", "0.1", "0.1"}, "0.3", "0.1"}, {[]string{"1", "0", "0"}, "1", "0.33333333333333333333"}, {[]string{"-2", "0", "0"}, "-2", "-0.66666666666666666667"},
		{[]string{"0.00000000000000000000001", "0", "0"}, "0.00000000000000000000001", "0"}, {[]string{"1e30", "1"}, "1000000000000000000000000000001", "500000000000000000000000000000.5"}, {[]string{"1", "Infinity"}, "Infinity", "Infinity"},
		{[]string{"Infinity", "-Infinity"}, "NaN", "NaN"},
	} {
		var total query.Total
		for _, text := range test.values {
			total.Add(decimal(text))
		}
		total.Add(query.Null)
		sum := total.Sum()
		if sum.Text() != test.sum || query.Average(sum, total.N).Text() != test.average {
			t.Errorf("%v: the sum is %s, the average %s", test.values, sum.Text(), query.Average(sum, total.N).Text())
		}
	}
	if sum := new(query.Total).Sum(); !sum.IsNull() || !query.Average(sum, 0).IsNull() {
		t.Error("nothing has a sum")
	}
}
