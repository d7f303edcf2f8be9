package postgres

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
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
	if !strings.ContainsAny(text, ".eE") && !sqldb.LongDigits(text) {
		return text
	}
	return sqldb.RewriteNumbers(text, normalNumber)
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
