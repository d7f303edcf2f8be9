package query

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Values that databases can store but JSON and RFC 3339 cannot represent are shown as strings. Their meaning is
// the same everywhere: they are not null, and compare and sort as in the database.

// appendFloat appends a number; an infinity and NaN as the strings used by the JSON of Protocol Buffers.
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

// The first and the last microsecond that RFC 3339 can represent.
const (
	firstYear = -62167219200 * 1_000_000
	lastYear  = 253402300800*1_000_000 - 1
)

const (
	forever = "infinity"
	always  = "-infinity"
)

// appendTime appends a time as RFC 3339; years outside 0000 to 9999 with a sign and six digits as in ISO 8601
// (+012026-01-01T00:00:00.000000Z); and the infinite times as PostgreSQL writes them.
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

// parseFarYear reads a year with a sign and six digits. The rest is read in an equivalent year.
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

// Ordinary reports whether JSON or RFC 3339 can represent a value, or it is an infinite time or date. Only such values can
// be written.
func (v Value) Ordinary() bool {
	switch us := int64(v.bits); v.kind {
	case KindTime:
		return us >= firstYear && us <= lastYear || v == Forever || v == Always
	case KindDecimal:
		return decimalRank(v.text) == 0
	case KindDate:
		return int64(v.bits) >= firstDate && int64(v.bits) <= lastDate || v == ForeverDate || v == AlwaysDate
	case KindFloat:
		return !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0)
	}
	return true
}

// appendTime is TimeFormat written by hand: it takes a fifth of the time of time.AppendFormat, and runs on every
// row.
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
