package mongo

import (
	"math"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// The tests of this file are of values that FerretDB does not store, and MongoDB does.

func raw(t *testing.T, v any) bson.RawValue {
	t.Helper()
	doc, err := bson.Marshal(bson.D{{Key: "v", Value: v}})
	if err != nil {
		t.Fatal(err)
	}
	return bson.Raw(doc).Lookup("v")
}

func decimal128(t *testing.T, s string) primitive.Decimal128 {
	t.Helper()
	d, err := primitive.ParseDecimal128(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecode_NumbersBeyondJSON(t *testing.T) {
	for _, test := range []struct {
		kind  query.Kind
		value any
		want  string
	}{
		{query.KindFloat, math.NaN(), `"NaN"`},
		{query.KindFloat, math.Inf(1), `"Infinity"`},
		{query.KindFloat, math.Inf(-1), `"-Infinity"`},
		{query.KindFloat, decimal128(t, "NaN"), `"NaN"`},
		{query.KindFloat, decimal128(t, "-Infinity"), `"-Infinity"`},
		{query.KindFloat, decimal128(t, "1.5"), "1.5"},
		{query.KindFloat, decimal128(t, "1E+6000"), `"Infinity"`},
		{query.KindInt, math.NaN(), `"NaN"`},
		{query.KindInt, 2.5, "2.5"},
		{query.KindInt, 2.0, "2"},
		{query.KindTime, primitive.DateTime(math.MaxInt64), `"infinity"`},
		{query.KindTime, primitive.DateTime(math.MinInt64), `"-infinity"`},
		{query.KindTime, primitive.DateTime(317_339_683_200_000), `"+012026-02-04T00:00:00.000000Z"`},
		{query.KindTime, primitive.Timestamp{T: 1}, "null"},
		{query.KindTime, "2026-01-01T00:00:00Z", "null"},
		{query.KindJSON, bson.D{{Key: "a", Value: math.Inf(1)}, {Key: "b", Value: math.NaN()}}, `{"a":1e999,"b":"NaN"}`},
	} {
		if got := fromBSON(test.kind, raw(t, test.value)).JSON(); got != test.want {
			t.Errorf("%v in a field of the kind %s is %s, want %s", test.value, test.kind, got, test.want)
		}
	}
	for _, end := range []query.Value{query.Forever, query.Always} {
		b, err := native(end)
		if err != nil || fromBSON(query.KindTime, raw(t, b)) != end {
			t.Errorf("%s is stored as %v, %v", end.JSON(), b, err)
		}
	}
}

// TestTranslate_NumbersBeyondJSON: MongoDB finds NaN by equality alone and sorts it first, and has
// dates that microseconds do not hold.
func TestTranslate_NumbersBeyondJSON(t *testing.T) {
	shape := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID}, {Name: "f", Type: query.TypeFloat}, {Name: "t", Type: query.TypeTime}, {Name: "s", Type: query.TypeString}})
	c := &db.Collection{Name: "c", Table: "c", Shape: shape}
	for _, f := range shape.Fields {
		c.Columns = append(c.Columns, db.Column{Name: f.Name, Type: f.Type})
	}
	nan := double(math.NaN())
	compare := func(field string, op query.CompareOp, v query.Value) query.Filter {
		return &query.Compare{Path: query.Path{Field: field}, Op: op, Value: v}
	}
	notArray := func(field string) string { return `{"` + field + `":{"$not":{"$type":"array"}}}` }
	for _, test := range []struct {
		filter query.Filter
		want   string
	}{
		{compare("f", query.Lt, query.Float(5)), `{"f":{"$type":"number","$not":{"$gte":5.0}}}`},
		{compare("f", query.Le, query.Float(5)), `{"f":{"$type":"number","$not":{"$gt":5.0}}}`},
		{compare("f", query.Gt, query.Float(5)), `{"f":{"$gt":5.0}}`},
		{compare("f", query.Eq, nan), `{"f":{"$eq":{"$numberDouble":"NaN"}}}`},
		{compare("f", query.Gt, nan), `{"f":{"$gte":{"$numberDouble":"-Infinity"}}}`},
		{compare("f", query.Ge, nan), `{"f":{"$type":"number"}}`},
		{compare("f", query.Le, nan), `{"f":{"$eq":{"$numberDouble":"NaN"}}}`},
		{compare("t", query.Eq, query.Forever), `{"t":{"$gt":{"$date":{"$numberLong":"9223372036854775"}}}}`},
		{compare("t", query.Lt, query.Forever), `{"t":{"$lte":{"$date":{"$numberLong":"9223372036854775"}}}}`},
		{compare("t", query.Le, query.Forever), `{"t":{"$type":"date"}}`},
	} {
		field := string(test.want[2])
		got, err := translate(c, nil, test.filter)
		if err != nil {
			t.Fatal(err)
		}
		text, err := bson.MarshalExtJSON(got, false, false)
		if err != nil {
			t.Fatal(err)
		}
		if want := `{"$and":[` + notArray(field) + `,` + test.want + `]}`; string(text) != want {
			t.Errorf("%s is\n %s, want\n %s", query.Format(test.filter), text, want)
		}
	}
	if got, err := translate(c, nil, compare("f", query.Lt, nan)); err != nil || len(got) != 1 || got[0].Key != "_id" {
		t.Errorf("less than NaN is %v, %v", got, err)
	}
}

// TestDecimals has what is stored in MongoDB, whose decimals keep 34 digits.
func TestDecimals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "19.99": "19.99", "-0.1": "-0.1", "100": "1E+2", "9007199254740993": "9007199254740993", "0.3333333333333333333333333333333333": "0.3333333333333333333333333333333333",
		"1" + strings.Repeat("0", 299): "1E+299", "0." + strings.Repeat("0", 299) + "1": "1E-300", strings.Repeat("9", 34) + strings.Repeat("0", 200): strings.Repeat("9", 1) + "." + strings.Repeat("9", 33) + "E+233",
	} {
		v, _ := query.ParseDecimal(text)
		stored, err := native(v)
		if got, ok := stored.(primitive.Decimal128); err != nil || !ok || got.String() != want {
			t.Errorf("%.40s is stored as %v, %v", text, stored, err)
			continue
		}
		if back := fromBSON(query.KindDecimal, raw(t, stored)); back != v {
			t.Errorf("%.40s is read as %.40s", text, back.JSON())
		}
	}
	for _, text := range []string{strings.Repeat("1", 35), "0." + strings.Repeat("3", 35), "1" + strings.Repeat("0", 33) + ".1"} {
		v, _ := query.ParseDecimal(text)
		if stored, err := native(v); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s is stored as %v, %v", text, stored, err)
		}
	}
	for _, test := range []struct {
		value any
		want  string
	}{
		{int32(5), "5"}, {int64(1) << 60, "1152921504606846976"}, {0.1, "0.1"}, {decimal128(t, "1.50"), "1.5"}, {decimal128(t, "1E+3"), "1000"}, {decimal128(t, "-1.5E-7"), "-0.00000015"}, {decimal128(t, "Infinity"), `"Infinity"`}, {"1.5", "null"}, {true, "null"},
	} {
		if got := fromBSON(query.KindDecimal, raw(t, test.value)).JSON(); got != test.want {
			t.Errorf("%v is read as %s, want %s", test.value, got, test.want)
		}
	}
}
