package mongo

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// name returns the stored name of a field.
func name(c *db.Collection, i int) string {
	if i == c.Key {
		return "_id"
	}
	return c.Columns[i].Name
}

// encode returns a document without the unset fields.
func encode(c *db.Collection, k kinds, row query.Row) (bson.D, error) {
	doc := make(bson.D, 0, len(row))
	for i, v := range row {
		if v.IsNull() && i != c.Key {
			continue
		}
		if i == c.Shape.Rest() {
			var err error
			if doc, err = appendRest(doc, v); err != nil {
				return nil, fault.FieldErrorf(c.Columns[i].Name, "type", "%s", err)
			}
			continue
		}
		b, err := k.native(c.Shape.Fields[i].Name, &c.Shape.Fields[i], v)
		if err != nil {
			return nil, fault.FieldErrorf(c.Columns[i].Name, "type", "%s", err)
		}
		doc = append(doc, bson.E{Key: name(c, i), Value: b})
	}
	return doc, nil
}

// native returns a value of a field, or of a declared member of a json field, as BSON.
func (k kinds) native(path string, f *query.Field, v query.Value) (any, error) {
	switch {
	case v.Kind() == query.KindString && f.Type.Kind() == query.KindString:
		return k[path].stored(v.Text()), nil
	case f.Inside != nil && v.Kind() == query.KindJSON && v.Text()[0] == '{':
		return object(v, func(name string, member query.Value) (any, error) {
			if i := f.Inside.Index(name); i >= 0 {
				return k.native(path+"."+name, &f.Inside.Fields[i], member)
			}
			return native(member)
		})
	case f.Type == query.TypeTime && v.Kind() == query.KindString: // a member, which JSON has as its text
		if t, ok := query.Coerce(f.Type, v); ok && query.InJSON(t) == v {
			return dateTime(t), nil
		}
		return v.Text(), nil
	case !f.Type.IsList() || v.Kind() != query.KindJSON || v.Text()[0] != '[':
		return native(v)
	}
	out := bson.A{}
	for _, e := range query.Typed(f.Type.Element(), v) {
		b, err := k.native(path, &query.Field{Type: f.Type.Element()}, e)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// native returns a value as BSON.
func native(v query.Value) (any, error) {
	switch v.Kind() {
	case query.KindNull:
		return nil, nil
	case query.KindBool:
		return v.Bool(), nil
	case query.KindInt:
		return v.Int(), nil
	case query.KindFloat:
		return v.Float(), nil
	case query.KindTime:
		return dateTime(v), nil
	case query.KindDecimal:
		return toDecimal128(v.Text())
	case query.KindDate:
		return strings.Trim(v.JSON(), `"`), nil
	case query.KindBytes:
		return primitive.Binary{Data: []byte(v.Text())}, nil
	case query.KindString:
		return v.Text(), nil
	}
	if v.Text()[0] == '[' {
		out := bson.A{}
		for _, e := range v.Elements() {
			b, err := native(e)
			if err != nil {
				return nil, err
			}
			out = append(out, b)
		}
		return out, nil
	}
	return object(v, func(_ string, member query.Value) (any, error) { return native(member) })
}

// object returns a JSON object as a document.
func object(v query.Value, native func(name string, member query.Value) (any, error)) (bson.D, error) {
	out := bson.D{}
	var failed error
	v.Members(func(key string, member query.Value) bool {
		if key == "" || strings.HasPrefix(key, "$") || strings.Contains(key, ".") {
			failed = fmt.Errorf("the key %.40q cannot be stored in MongoDB, where keys are not empty and have no . in them or $ at their start", key)
			return false
		}
		var b any
		if b, failed = native(key, member); failed == nil {
			out = append(out, bson.E{Key: key, Value: b})
		}
		return failed == nil
	})
	return out, failed
}

// toDecimal128 returns a decimal in the form of MongoDB, which keeps 34 digits.
func toDecimal128(text string) (primitive.Decimal128, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok { // an infinity, or NaN
		return primitive.ParseDecimal128(text)
	}
	exponent := -len(fraction)
	for ten, rest := big.NewInt(10), new(big.Int); n.Sign() != 0; exponent++ {
		quotient, rest := new(big.Int).QuoRem(n, ten, rest)
		if rest.Sign() != 0 {
			break
		}
		n = quotient
	}
	out, ok := primitive.ParseDecimal128FromBigInt(n, exponent)
	if !ok {
		return out, fault.Errorf(fault.Invalid, "MongoDB keeps 34 digits of a decimal, and this one has more")
	}
	return out, nil
}

// toDecimal returns a number as a decimal. MongoDB compares all of its numbers with each other.
func toDecimal(raw bson.RawValue, v query.Value) query.Value {
	if raw.Type == bson.TypeDecimal128 {
		v = query.String(raw.Decimal128().String())
	} else if !v.IsNumber() {
		return query.Null
	}
	if v.Kind() != query.KindString {
		out, _ := query.Coerce(query.TypeDecimal, v)
		return out
	}
	out, _ := query.StoredDecimal(strings.Replace(v.Text(), "E+", "E", 1))
	return out
}

// fieldOf returns the field that a stored name is of, -1 if it is of none. The key is stored as _id, and nothing else is it.
func fieldOf(c *db.Collection, name string) int {
	if name == "_id" {
		return c.Key
	}
	if i := c.FieldOf(name); i != c.Key && (i < 0 || i != c.Shape.Rest()) {
		return i
	}
	return -1
}

// decode returns the row of a document. A value of the wrong type is null, and lost is called for its field.
func decode(c *db.Collection, raw bson.Raw, lost func(row query.Row, field int)) (query.Row, error) {
	row := make(query.Row, len(c.Columns))
	var wrong []int
	elements, err := raw.Elements()
	if err != nil {
		return nil, fmt.Errorf("reading a document of %s: %w", c.Table, err)
	}
	for _, e := range elements {
		if i := fieldOf(c, e.Key()); i >= 0 {
			row[i] = valueOf(&c.Shape.Fields[i], e.Value())
			if t := e.Value().Type; row[i].IsNull() && t != bson.TypeNull && t != bson.TypeUndefined {
				wrong = append(wrong, i)
			}
		}
	}
	if i := c.Shape.Rest(); i >= 0 {
		row[i] = rest(c, elements)
	}
	for _, i := range wrong {
		lost(row, i)
	}
	return row, nil
}

// dateTime returns a time in milliseconds. The infinite times are the ends of the 64 bit range.
func dateTime(v query.Value) primitive.DateTime {
	switch v {
	case query.Forever:
		return math.MaxInt64
	case query.Always:
		return math.MinInt64
	}
	return primitive.DateTime(floor(v.Int(), 1000))
}

// The last and the first millisecond within the range of microseconds; the infinite times lie beyond.
const (
	lastMilli  = math.MaxInt64 / 1000
	firstMilli = math.MinInt64 / 1000
)

func timeOf(ms int64) query.Value {
	switch {
	case ms > lastMilli:
		return query.Forever
	case ms < firstMilli:
		return query.Always
	}
	return query.Micros(ms * 1000)
}

// types are the BSON types of a field of each kind; a value of another type is null. An int field may hold other
// numbers, and shows them.
var types = map[query.Kind]any{
	query.KindBool: "bool", query.KindInt: "number", query.KindFloat: "number", query.KindTime: "date", query.KindBytes: "binData",
	query.KindString: bson.A{"string", "objectId"}, query.KindDate: "string", query.KindDecimal: "number",
}

// valueOf returns the value of a field of the type, null for any other type.
func valueOf(f *query.Field, v bson.RawValue) query.Value {
	t := f.Type
	switch {
	case holdsUUIDs(t) && isUUID(v):
		return uuidOf(v)
	case f.Inside != nil && v.Type == bson.TypeEmbeddedDocument:
		return query.RawJSON(string(appendMembers(nil, f.Inside, v)))
	case !t.IsList():
		return fromBSON(t.Kind(), v)
	}
	if v.Type != bson.TypeArray {
		return query.Null
	}
	elements, err := v.Array().Values()
	if err != nil {
		return query.Null
	}
	items := make([]query.Value, len(elements))
	for i, e := range elements {
		if items[i] = valueOf(&query.Field{Type: t.Element()}, e); items[i].IsNull() { // no element of ours
			items[i] = query.RawJSON(string(appendJSON(nil, e)))
		}
	}
	return query.AsList(t.Element(), query.MakeArray(items))
}

// memberOf returns a declared member, nil if it is none.
func memberOf(in *query.Inside, name string) *query.Field {
	if in == nil {
		return nil
	}
	i := in.Index(name)
	if i < 0 {
		return nil
	}
	return &in.Fields[i]
}

// appendMembers appends a document as JSON: its declared members as what they are declared to be, where they are. in is nil
// where none are.
func appendMembers(dst []byte, in *query.Inside, v bson.RawValue) []byte {
	elements, err := v.Document().Elements()
	if err != nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	for i, e := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(query.String(e.Key()).AppendJSON(dst), ':')
		if f := memberOf(in, e.Key()); f != nil {
			if nested := f.Inside != nil && e.Value().Type == bson.TypeEmbeddedDocument; nested || f.Type.IsList() && e.Value().Type == bson.TypeArray || f.Type == query.TypeUUID && isUUID(e.Value()) {
				dst = valueOf(f, e.Value()).AppendJSON(dst)
				continue
			}
		}
		dst = appendJSON(dst, e.Value())
	}
	return append(dst, '}')
}

// fromBSON returns the value of a field of the kind, null for any other type.
func fromBSON(kind query.Kind, v bson.RawValue) query.Value {
	if kind == query.KindJSON {
		text := appendJSON(nil, v)
		if text == nil {
			return query.Null
		}
		return query.RawJSON(string(text))
	}
	value := scalar(v)
	switch {
	case kind == query.KindDecimal:
		return toDecimal(v, value)
	case kind == query.KindDate:
		if d, ok := query.ParseDate(value.Text()); ok && v.Type == bson.TypeString && d.Ordinary() {
			return d
		}
	case v.Type == bson.TypeTimestamp, v.Type == bson.TypeSymbol: // of no use to a filter
	case value.Kind() == kind:
		return value
	case kind == query.KindFloat && value.Kind() == query.KindInt:
		return query.Float(float64(value.Int()))
	case kind == query.KindInt && value.Kind() == query.KindFloat:
		if f := value.Float(); f == math.Trunc(f) && math.Abs(f) < 1<<63 {
			return query.Int(int64(f))
		}
		return value
	}
	return query.Null
}

func scalar(v bson.RawValue) query.Value {
	switch v.Type {
	case bson.TypeString:
		return query.String(v.StringValue())
	case bson.TypeInt32:
		return query.Int(int64(v.Int32()))
	case bson.TypeInt64:
		return query.Int(v.Int64())
	case bson.TypeDouble:
		return double(v.Double())
	case bson.TypeBoolean:
		return query.Bool(v.Boolean())
	case bson.TypeDateTime:
		return timeOf(v.DateTime())
	case bson.TypeBinary:
		_, data := v.Binary()
		return query.Bytes(string(data))
	case bson.TypeObjectID:
		return query.String(v.ObjectID().Hex())
	case bson.TypeDecimal128:
		f, err := strconv.ParseFloat(v.Decimal128().String(), 64) // also NaN and Infinity
		if n, ok := query.ParseNumber(v.Decimal128().String()); ok && err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return n
		}
		return double(f)
	case bson.TypeSymbol:
		return query.String(v.Symbol())
	case bson.TypeTimestamp:
		seconds, _ := v.Timestamp()
		return query.Time(time.Unix(int64(seconds), 0))
	}
	return query.Null
}

// double returns a number. MongoDB sorts NaN before all numbers.
func double(f float64) query.Value {
	if math.IsNaN(f) {
		f = math.Copysign(f, -1)
	}
	return query.Double(f)
}

// appendJSON appends a value as JSON, nothing if there is none.
func appendJSON(dst []byte, v bson.RawValue) []byte {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return appendMembers(dst, nil, v)
	case bson.TypeArray:
		values, err := v.Array().Values()
		if err != nil {
			return append(dst, "null"...)
		}
		dst = append(dst, '[')
		for i, e := range values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, e)
		}
		return append(dst, ']')
	}
	value := scalar(v)
	if value.Kind() == query.KindFloat && math.IsInf(value.Float(), 0) { // a number beyond all others stays one
		return append(dst, map[bool]string{true: "1e999", false: "-1e999"}[value.Float() > 0]...)
	}
	return value.AppendJSON(dst)
}
