package query_test

import (
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

func TestParseDate(t *testing.T) {
	for text, days := range map[string]int64{
		"1970-01-01": 0, "1969-12-31": -1, "2024-02-29": 19782, "2000-02-29": 11016, "0000-01-01": -719528, "9999-12-31": 2932896, "+010000-01-01": 2932897, "-000001-12-31": -719529,
		"+5874897-12-31": 2145042905, "-004713-11-24": -2440588,
	} {
		v, ok := query.ParseDate(text)
		if !ok || v.Int() != days || v.JSON() != `"`+text+`"` {
			t.Errorf("%s: got %v days, shown as %s, %v", text, v.Int(), v.JSON(), ok)
		}
		if v != query.DateOf(time.Unix(days*86400+86399, 0)) || v != query.DateOf(time.Unix(days*86400, 0)) {
			t.Errorf("%s: another date at the first or the last second of the day", text)
		}
	}
	for _, text := range []string{
		"", "2026", "2026-02-30", "2025-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "2026-04-31", "2026-1-1", "26-01-01", "02026-01-01", "10000-01-01",
		"2026-01-01T00:00:00Z", "2026-01-01 ", " 2026-01-01", "2026/01/01", "2026-01-0١", "+002026-01-01", "-002026-01-01x", "+5874898-01-01", "-004713-11-23", "+99999999-01-01", "+-12026-01-01",
		"2026-+1-01", "2026-01--1", "Infinity", "today", "-", "+",
	} {
		if v, ok := query.ParseDate(text); ok {
			t.Errorf("%q is read as %s", text, v.JSON())
		}
	}
}

func TestDates_AreOrderedAsDates(t *testing.T) {
	order := []string{"-infinity", "-004713-11-24", "-000043-03-15", "0000-01-01", "0999-12-31", "2026-02-28", "2026-03-01", "9999-12-31", "+012026-01-01", "infinity"}
	for i, a := range order {
		for j, b := range order {
			x, _ := query.ParseDate(a)
			y, _ := query.ParseDate(b)
			if got, ok := x.Compare(y); !ok || (got < 0) != (i < j) || (got == 0) != (i == j) || x.Equal(y) != (i == j) {
				t.Errorf("%s against %s: %d, %v", a, b, got, ok)
			}
		}
	}
	at, _ := query.ParseDate("2026-01-01")
	for _, other := range []query.Value{query.String("2026-01-01"), query.Int(at.Int()), query.Micros(at.Int()), query.Null} {
		if _, ok := at.Compare(other); ok || at.Equal(other) {
			t.Errorf("a date has an order with %s %s", other.Kind(), other.JSON())
		}
	}
}
