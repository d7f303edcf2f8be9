package query

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Date is a date in Go, as the days after 1970-01-01. It is the form of [Value.Any].
type Date int64

// String returns the date as the API writes it.
func (d Date) String() string { return string(Days(int64(d)).appendDate(nil)) }

// MarshalText returns the same.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Days returns the date that many days after 1970-01-01.
func Days(n int64) Value { return Value{kind: KindDate, bits: uint64(n)} }

// DateOf returns the date of an instant in UTC.
func DateOf(t time.Time) Value {
	const day = 24 * 60 * 60
	s := t.Unix()
	days := s / day
	if s%day < 0 {
		days--
	}
	return Days(days)
}

// The infinite dates: the infinity of PostgreSQL, after every date, and -infinity, before all.
var (
	ForeverDate = Days(math.MaxInt64)
	AlwaysDate  = Days(math.MinInt64)
)

// The dates of the years 0000 to 9999, which RFC 3339 can represent, and those of PostgreSQL, the largest range of
// a database.
const (
	firstDate    = -719528
	lastDate     = 2932896
	earliestDate = -2440588
	latestDate   = 2145042905
)

// day returns the midnight at which a date begins, in UTC.
func (v Value) day() time.Time { return time.Unix(int64(v.bits)*24*60*60, 0).UTC() }

// appendDate appends a date as in RFC 3339, and the others as [Value.appendTime] does.
func (v Value) appendDate(dst []byte) []byte {
	switch {
	case v == ForeverDate:
		return append(dst, forever...)
	case v == AlwaysDate:
		return append(dst, always...)
	}
	year, month, day := v.day().Date()
	if year < 0 || year > 9999 {
		return fmt.Appendf(dst, "%+07d-%02d-%02d", year, month, day)
	}
	return append(dst,
		byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// ParseDate reads what a date is written as. It reports false for a day that does not exist, such as February 30.
func ParseDate(s string) (Value, bool) {
	switch {
	case s == forever:
		return ForeverDate, true
	case s == always:
		return AlwaysDate, true
	case s == "":
		return Null, false
	}
	sign, digits := int64(1), 4
	rest := s
	if s[0] == '+' || s[0] == '-' {
		if s[0] == '-' {
			sign = -1
		}
		rest = s[1:]
		if digits = len(rest) - len("-01-02"); digits < 6 || digits > 7 {
			return Null, false
		}
	}
	if len(rest) != digits+len("-01-02") || rest[digits] != '-' || rest[digits+3] != '-' {
		return Null, false
	}
	year, ok1 := decimalDigits(rest[:digits])
	month, ok2 := decimalDigits(rest[digits+1 : digits+3])
	day, ok3 := decimalDigits(rest[digits+4:])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 {
		return Null, false
	}
	t := time.Date(int(sign*year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
	if t.Day() != int(day) { // the month has fewer days
		return Null, false
	}
	v := DateOf(t)
	if n := v.Int(); n < earliestDate || n > latestDate || digits > 4 && n >= firstDate && n <= lastDate {
		return Null, false
	}
	return v, true
}

// decimalDigits reads digits only.
func decimalDigits(s string) (int64, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return int64(n), err == nil
}
