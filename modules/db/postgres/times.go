package postgres

import (
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// PostgreSQL's times count microseconds, and its dates days, from 2000-01-01. The limits of both types are
// infinity and -infinity, which are [query.Forever] and [query.Always]. Times beyond 64 bits from 1970, 292,000
// years ahead, all count as the last instant before infinity.
const (
	microsFrom1970 = 946684800 * 1_000_000
	daysFrom1970   = 10957
)

// firstMicro is the first instant of PostgreSQL, in the year 4714 BC.
const firstMicro = -211813488000000000 + microsFrom1970

// far is that last instant.
var far = query.Micros(math.MaxInt64 - 1)

func timestamp(us int64) query.Value {
	switch {
	case us == math.MinInt64:
		return query.Always
	case us == math.MaxInt64:
		return query.Forever
	case us >= math.MaxInt64-1-microsFrom1970:
		return far
	}
	return query.Micros(us + microsFrom1970)
}

func date(days int32) query.Value {
	const day, last = 24 * 3600 * 1_000_000, (math.MaxInt64 - microsFrom1970) / (24 * 3600 * 1_000_000)
	switch {
	case days == math.MinInt32:
		return query.Always
	case days == math.MaxInt32:
		return query.Forever
	case int64(days) > last:
		return far
	}
	return query.Micros(int64(days)*day + microsFrom1970)
}

// dayOf returns a date of PostgreSQL.
func dayOf(days int32) query.Value {
	switch days {
	case math.MinInt32:
		return query.AlwaysDate
	case math.MaxInt32:
		return query.ForeverDate
	}
	return query.Days(int64(days) + daysFrom1970)
}

// day returns a date as a parameter.
func day(v query.Value) pgtype.Date {
	switch v {
	case query.ForeverDate:
		return pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}
	case query.AlwaysDate:
		return pgtype.Date{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	return pgtype.Date{Time: time.Unix(v.Int()*24*3600, 0).UTC(), Valid: true}
}

// instant returns a time as a parameter. Earlier times than PostgreSQL's first become the first.
func instant(v query.Value) pgtype.Timestamptz {
	switch v {
	case query.Forever:
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	case query.Always:
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	if v.Int() < firstMicro {
		v = query.Micros(firstMicro)
	}
	return pgtype.Timestamptz{Time: v.Time(), Valid: true}
}

// compareFar compares with the last instant before infinity, which stands for all later ones.
func compareFar(b *sqldb.Builder, field int, op query.CompareOp) {
	against := func(symbol string, v query.Value) {
		b.Name(field)
		b.Write(symbol + "(")
		b.Param(v)
		if isUTC(&b.Table.Columns[field]) {
			b.Write(" AT TIME ZONE 'UTC'")
		}
		b.Write(")")
	}
	switch op {
	case query.Gt:
		against(" = ", query.Forever)
	case query.Ge:
		against(" >= ", far)
	case query.Lt:
		against(" < ", far)
	case query.Le:
		against(" < ", query.Forever)
	default:
		b.Write("(")
		against(" >= ", far)
		b.Write(" AND ")
		against(" < ", query.Forever)
		b.Write(")")
	}
}
