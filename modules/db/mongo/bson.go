package mongo

import (
	"fmt"
	"math"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// name returns where a field is kept.
func name(c *db.Collection, i int) string {
	if i == c.Key {
		return "_id"
	}
	return c.Columns[i].Name
}

// encode returns a document without the fields that are unset.
func encode(c *db.Collection, row query.Row) (bson.D, error) {
	doc := make(bson.D, 0, len(row))
	for i, v := range row {
		if v.IsNull() && i != c.Key {
			continue
		}
		b, err := native(v)
		if err != nil {
			return nil, query.FieldErrorf(c.Columns[i].Name, "type", "%s", err)
		}
		doc = append(doc, bson.E{Key: name(c, i), Value: b})
	}
	return doc, nil
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
		return primitive.DateTime(floor(v.Int(), 1000)), nil
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
	out := bson.D{}
	var failed error
	v.Members(func(key string, member query.Value) bool {
		if key == "" || strings.HasPrefix(key, "$") || strings.Contains(key, ".") {
			failed = fmt.Errorf("the key %.40q can not be stored in MongoDB, where keys are not empty and have no . in them or $ at their start", key)
			return false
		}
		var b any
		if b, failed = native(member); failed == nil {
			out = append(out, bson.E{Key: key, Value: b})
		}
		return failed == nil
	})
	return out, failed
}

// decode returns the row of a document. What does not have the type of its field is null.
func decode(c *db.Collection, raw bson.Raw) (query.Row, error) {
	row := make(query.Row, len(c.Columns))
	elements, err := raw.Elements()
	if err != nil {
		return nil, fmt.Errorf("reading a document of %s: %w", c.Table, err)
	}
	for _, e := range elements {
		i := c.Shape.Index(e.Key())
		if e.Key() == "_id" {
			i = c.Key
		} else if i == c.Key {
			continue
		}
		if i >= 0 {
			row[i] = fromBSON(c.Columns[i].Type.Kind(), e.Value())
		}
	}
	return row, nil
}

// fromBSON returns a value of a field of the kind, null for any other.
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
	case value.Kind() == kind:
		return value
	case kind == query.KindFloat && value.Kind() == query.KindInt:
		return query.Float(float64(value.Int()))
	case kind == query.KindInt && value.Kind() == query.KindFloat && value.Float() == math.Trunc(value.Float()) && math.Abs(value.Float()) < 1<<63:
		return query.Int(int64(value.Float()))
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
		return query.Float(v.Double())
	case bson.TypeBoolean:
		return query.Bool(v.Boolean())
	case bson.TypeDateTime:
		return query.Micros(v.DateTime() * 1000)
	case bson.TypeBinary:
		_, data := v.Binary()
		return query.Bytes(string(data))
	case bson.TypeObjectID:
		return query.String(v.ObjectID().Hex())
	case bson.TypeDecimal128:
		if n, ok := query.ParseNumber(v.Decimal128().String()); ok {
			return n
		}
		return query.String(v.Decimal128().String())
	case bson.TypeSymbol:
		return query.String(v.Symbol())
	case bson.TypeTimestamp:
		seconds, _ := v.Timestamp()
		return query.Time(time.Unix(int64(seconds), 0))
	}
	return query.Null
}

// appendJSON appends a value as JSON, nothing where there is none.
func appendJSON(dst []byte, v bson.RawValue) []byte {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
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
			dst = appendJSON(dst, e.Value())
		}
		return append(dst, '}')
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
	return scalar(v).AppendJSON(dst)
}
