package query

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// What databases hold and JSON and RFC 3339 have no form for is shown as text, and means one thing
// everywhere: it is not null, and compares and orders as in the database.

// appendFloat appends a number; an infinity and NaN as the text that the JSON of Protocol Buffers has
// for them.
func (v Value) appendFloat(dst []byte) []byte {
	switch f := v.Float(); {
	case v.text != "":
		return append(dst, v.text...)
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	default:
		return jsontext.AppendFloat(dst, f, 64)
	}
}

// The first and the last microsecond that RFC 3339 can say.
const (
	firstYear = -62167219200 * 1_000_000
	lastYear  = 253402300800*1_000_000 - 1
)

const (
	forever = "infinity"
	always  = "-infinity"
)

// appendTime appends a time as RFC 3339; one of another year with the sign and six digits that ISO 8601
// wants there, as in +012026-01-01T00:00:00.000000Z; and the ends of time as PostgreSQL writes them.
func (v Value) appendTime(dst []byte) []byte {
	switch us := int64(v.bits); {
	case us >= firstYear && us <= lastYear:
		return appendTime(dst, v.Time())
	case v == Forever:
		return append(dst, forever...)
	case v == Always:
		return append(dst, always...)
	}
	t := v.Time()
	return append(fmt.Appendf(dst, "%+07d", t.Year()), t.Format(TimeFormat[len("2006"):])...)
}

// parseInstant reads what appendTime writes, and RFC 3339 in any zone.
func parseInstant(s string) (Value, bool) {
	switch {
	case s == forever:
		return Forever, true
	case s == always:
		return Always, true
	case s != "" && (s[0] == '+' || s[0] == '-'):
		return parseFarYear(s)
	}
	t, ok := ParseTime(s)
	return Time(t), ok
}

// parseFarYear reads a year of a sign and six digits. The rest is read in a year of the same days.
func parseFarYear(s string) (Value, bool) {
	if len(s) < len("+012026-") || strings.ContainsAny(s[1:7], "+-") {
		return Null, false
	}
	year, err := strconv.Atoi(s[:7])
	if err != nil {
		return Null, false
	}
	const cycle = 400 // years after which the calendar repeats
	near := 2000 + (year%cycle+cycle)%cycle
	t, err := time.Parse(time.RFC3339Nano, strconv.Itoa(near)+s[7:])
	if err != nil {
		return Null, false
	}
	v := Time(t.UTC().AddDate(year-near, 0, 0))
	return v, v != Forever && v != Always
}

// Ordinary reports whether a value is one that JSON and RFC 3339 have a form for, or an end of time.
// Only these can be written.
func (v Value) Ordinary() bool {
	switch us := int64(v.bits); v.kind {
	case KindTime:
		return us >= firstYear && us <= lastYear || v == Forever || v == Always
	case KindFloat:
		return !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0)
	}
	return true
}

// appendTime is TimeFormat by hand: a fifth of the cost of time.AppendFormat, on every row.
func appendTime(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	two := func(n int) { dst = append(dst, byte('0'+n/10), byte('0'+n%10)) }
	two(year / 100)
	two(year % 100)
	dst = append(dst, '-')
	two(int(month))
	dst = append(dst, '-')
	two(day)
	dst = append(dst, 'T')
	two(hour)
	dst = append(dst, ':')
	two(minute)
	dst = append(dst, ':')
	two(second)
	dst = append(dst, '.')
	us := t.Nanosecond() / 1000
	two(us / 10000)
	two(us / 100 % 100)
	two(us % 100)
	return append(dst, 'Z')
}
