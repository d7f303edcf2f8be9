package postgres

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
)

// decimal writes a float so that numbers in json compare in PostgreSQL, which stores them as decimals, as
// everywhere else: an integral value of 64 bits exactly, anything else in the shortest form that reads back as the
// same float.
func decimal(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) { // a numeric, but not JSON
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		return new(big.Float).SetFloat64(f).Text('f', 0)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// normalJSON returns compact JSON in which every number that is not a plain integer has the form of decimal; a
// float without a fraction stays recognisable as a float.
func normalJSON(text string) string {
	if !strings.ContainsAny(text, ".eE") && !longDigits(text) {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	quoted := false
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case quoted && c == '\\':
			out = append(out, c, text[i+1])
			i += 2
			continue
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '-' || c >= '0' && c <= '9'):
			end := i
			for end < len(text) && strings.IndexByte("+-0123456789.eE", text[end]) >= 0 {
				end++
			}
			out = append(out, normalNumber(text[i:end])...)
			i = end
			continue
		}
		out = append(out, c)
		i++
	}
	return string(out)
}

func longDigits(text string) bool {
	run := 0
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			if run++; run > 18 {
				return true
			}
		} else {
			run = 0
		}
	}
	return false
}

func normalNumber(text string) string {
	v, ok := query.ParseNumber(text)
	if !ok || v.Kind() != query.KindFloat {
		return text
	}
	out := decimal(v.Float())
	if !strings.Contains(out, ".") && len(out) < 17 {
		out += ".0"
	}
	return out
}

// compact removes the white space that PostgreSQL adds to jsonb.
func compact(dst []byte, text []byte) []byte {
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\':
			dst = append(dst, c)
			i++
			c = text[i]
		case c == '"':
			quoted = !quoted
		case !quoted && c == ' ':
			continue
		}
		dst = append(dst, c)
	}
	return dst
}
