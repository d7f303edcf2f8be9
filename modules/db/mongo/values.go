package mongo

import (
	"math"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"github.com/basalt-dev/basalt/modules/query"
)

// Numbers and times, which MongoDB compares otherwise than they are shown.

// compareNumber compares numbers, of which NaN is the smallest: MongoDB sorts it so, but finds it by equality
// only.
func (t *translator) compareNumber(f *query.Compare) bson.D {
	isNumber := bson.E{Key: "$type", Value: "number"}
	not := func(op string, v any) bson.D { return bson.D{isNumber, {Key: "$not", Value: one(op, v)}} }
	if v := f.Value; v.Kind() == query.KindFloat && math.IsNaN(v.Float()) {
		above := bson.D{{Key: "$gte", Value: math.Inf(-1)}}
		switch {
		case f.Op == query.Eq:
		case !f.Op.Holds(v, v): // strictly on one side
			if f.Op.Holds(query.Int(0), v) {
				return t.at(f.Path, above, true)
			}
			return never
		case f.Op.Holds(query.Int(0), v):
			return t.at(f.Path, bson.D{isNumber}, true)
		}
		return t.at(f.Path, one("$eq", v.Float()), true)
	}
	op, low, high := f.Op, t.native(f.Value), t.native(f.Value)
	if v := f.Value; t.kind(f.Path) == query.KindFloat && v.IsNumber() {
		near := v.Float()
		if v.Kind() == query.KindInt && !query.Float(near).Equal(v) { // no float is this number, near is the next one
			above := query.Gt.Holds(query.Float(near), v)
			switch {
			case op == query.Eq:
				return never
			case above && op == query.Le:
				op = query.Lt
			case above && op == query.Gt:
				op = query.Ge
			case !above && op == query.Lt:
				op = query.Le
			case !above && op == query.Ge:
				op = query.Gt
			}
		}
		low, high = rounding(near)
	}
	switch op {
	case query.Lt:
		return t.at(f.Path, not("$gte", low), true)
	case query.Le:
		return t.at(f.Path, not("$gt", high), true)
	case query.Gt:
		return t.at(f.Path, one("$gt", high), true)
	case query.Ge:
		return t.at(f.Path, one("$gte", low), true)
	}
	if low != high {
		return t.at(f.Path, bson.D{{Key: "$gte", Value: low}, {Key: "$lte", Value: high}}, true)
	}
	return t.at(f.Path, one("$eq", low), true)
}

// rounding returns the first and the last number that a field of type float shows as f. MongoDB compares an integer of 64 bits
// by all its digits.
func rounding(f float64) (low, high any) {
	if math.Abs(f) < 1<<53 || math.Abs(f) > 1<<63 {
		return f, f
	}
	low, high = f, f
	if half := (f - math.Nextafter(f, math.Inf(-1))) / 2; f > -(1 << 63) {
		first := int64(f-2*half) + int64(half)
		if float64(first) != f {
			first++
		}
		low = first
	}
	if half := (math.Nextafter(f, math.Inf(1)) - f) / 2; f < 1<<63 {
		last := int64(f) + int64(half)
		if float64(last) != f {
			last--
		}
		high = last
	}
	return low, high
}

// compareTime compares with a time that may lie between two milliseconds.
func (t *translator) compareTime(f *query.Compare) bson.D {
	op, ms := f.Op, floor(f.Value.Int(), 1000)
	switch { // beyond microseconds all times equal the infinite ones
	case f.Value == query.Forever && (op == query.Eq || op == query.Ge):
		return t.at(f.Path, one("$gt", primitive.DateTime(lastMilli)), true)
	case f.Value == query.Forever && op == query.Lt:
		return t.at(f.Path, one("$lte", primitive.DateTime(lastMilli)), true)
	case f.Value == query.Always && (op == query.Eq || op == query.Le):
		return t.at(f.Path, one("$lt", primitive.DateTime(firstMilli)), true)
	case f.Value == query.Always && op == query.Gt:
		return t.at(f.Path, one("$gte", primitive.DateTime(firstMilli)), true)
	case f.Value == query.Forever && op == query.Gt, f.Value == query.Always && op == query.Lt:
		return never
	case f.Value == query.Forever || f.Value == query.Always:
		return t.at(f.Path, one("$type", "date"), true)
	case ms*1000 != f.Value.Int():
		switch op {
		case query.Eq:
			return never
		case query.Lt, query.Le:
			op = query.Le
		default:
			op = query.Gt
		}
	}
	return t.at(f.Path, one(operators[op], primitive.DateTime(ms)), true)
}

// shownTime returns the time that a text inside json is the form of: a date is shown so there.
func (t *translator) shownTime(p query.Path, text query.Value) (at query.Value, ok bool) {
	switch t.typeOf(p) {
	case query.TypeTime:
		return query.Coerce(query.TypeTime, text)
	case query.TypeJSON:
		at, ok = query.Coerce(query.TypeTime, text)
		return at, ok && query.InJSON(at) == text
	}
	return query.Null, false
}

// memberTime compares a date inside json, which compares by its text: a year of more than four digits sorts before the
// others there.
func (t *translator) memberTime(f *query.Compare) bson.D {
	const last = 253402300799999 // of the year 9999
	inside := t.compareTime(f)
	switch f.Op {
	case query.Lt, query.Le:
		return one("$or", bson.A{inside, t.at(f.Path, bson.D{{Key: "$gt", Value: primitive.DateTime(last)}, {Key: "$lte", Value: primitive.DateTime(lastMilli)}}, true)})
	case query.Gt, query.Ge:
		return one("$and", bson.A{inside, one("$nor", bson.A{t.at(f.Path, bson.D{{Key: "$gt", Value: primitive.DateTime(last)}, {Key: "$lte", Value: primitive.DateTime(lastMilli)}}, true)})})
	}
	return inside
}
