package schema_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// problems writes an error as "field code, field code", or as its detail if it is not about fields.
func problems(err error) string {
	var e *fault.Error
	if !errors.As(err, &e) {
		return ""
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Field+" "+f.Code)
	}
	if out == nil {
		return e.Detail
	}
	return strings.Join(out, ", ")
}

func TestValidate_FieldsAndTheirProblems(t *testing.T) {
	t.Parallel()
	object := schema.Parameters([]schema.Field{
		{Name: "name", Type: query.TypeString, Required: true, Min: query.Int(2), Max: query.Int(4), Pattern: regexp.MustCompile("^[a-zé]*$")},
		{Name: "n", Type: query.TypeInt, Default: query.Int(7), Min: query.Int(0), Max: query.Int(10)},
		{Name: "f", Type: query.TypeFloat},
		{Name: "b", Type: query.TypeBool},
		{Name: "at", Type: query.TypeTime, DefaultNow: true},
		{Name: "y", Type: query.TypeBytes, Max: query.Int(2)},
		{Name: "kind", Type: query.TypeString, Enum: []query.Value{query.String("a"), query.String("b")}},
		{Name: "j", Type: query.TypeJSON},
	})
	const rest = `,"f":null,"b":null,"at":"2026-01-02T03:04:05.000000Z","y":null,"kind":null,"j":null}`
	for name, test := range map[string]struct{ in, want, wrong string }{
		"defaults":                  {`{"name":"ab"}`, `{"name":"ab","n":7` + rest, ""},
		"null is no default":        {`{"name":"ab","n":null}`, `{"name":"ab","n":null` + rest, ""},
		"an int as a float":         {`{"name":"ab","n":3.0}`, `{"name":"ab","n":3` + rest, ""},
		"a fraction":                {`{"name":"ab","n":3.5}`, "", "n type"},
		"a large float as an int":   {`{"name":"ab","n":1e300}`, "", "n type"},
		"characters, not bytes":     {`{"name":"éééé"}`, `{"name":"éééé","n":7` + rest, ""},
		"too short":                 {`{"name":"a"}`, "", "name min"},
		"too long":                  {`{"name":"abcde"}`, "", "name max"},
		"a pattern":                 {`{"name":"AB"}`, "", "name pattern"},
		"too small":                 {`{"name":"ab","n":-1}`, "", "n min"},
		"too large":                 {`{"name":"ab","n":11}`, "", "n max"},
		"too many bytes":            {`{"name":"ab","y":"AAAA"}`, "", "y max"},
		"not base64":                {`{"name":"ab","y":"?"}`, "", "y type"},
		"not in the enum":           {`{"name":"ab","kind":"c"}`, "", "kind enum"},
		"not a time":                {`{"name":"ab","at":"yesterday"}`, "", "at type"},
		"any JSON":                  {`{"name":"ab","j":[{"$inc":1}],"b":true,"f":2}`, `{"name":"ab","n":7,"f":2,"b":true,"at":"2026-01-02T03:04:05.000000Z","y":null,"kind":null,"j":[{"$inc":1}]}`, ""},
		"all problems together":     {`{"nmae":"x","n":"3","b":1}`, "", "nmae unknown_name, n type, b type, name required"},
		"a wrong type is said once": {`{"name":3}`, "", "name type"},
		"not an object":             {`[1]`, "", "the parameters have to be a JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := query.ParseJSON([]byte(test.in), 8)
			if err != nil {
				t.Fatal(err)
			}
			row, err := object.Validate("the parameters", v, now)
			if got := problems(err); got != test.wrong {
				t.Fatalf("got the problems %q, want %q", got, test.wrong)
			}
			if err != nil {
				return
			}
			if got := string(object.AppendJSON(nil, row)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestUnknown_SuggestsTheNearestName(t *testing.T) {
	t.Parallel()
	fields := []schema.Field{{Name: "title", Type: query.TypeString}}
	for code, object := range map[string]*schema.Object{"unknown_field": schema.Document(fields), "unknown_name": schema.Parameters(fields)} {
		p := schema.Problems{Prefix: "[3]."}
		object.Read(query.RawJSON(`{"titel":1}`), &p, nil)
		var e *fault.Error
		if !errors.As(p.Err("x"), &e) || e.Fields[0].Code != code || e.Fields[0].Field != "[3].titel" || !strings.Contains(e.Fields[0].Detail, `did you mean "title"?`) {
			t.Errorf("%s: got %+v", code, e)
		}
	}
}

func TestProblems_AreBounded(t *testing.T) {
	t.Parallel()
	p := schema.Problems{}
	long := strings.Repeat("x", 10_000)
	object := schema.Document(nil)
	for range 1000 {
		object.Unknown(long, &p)
	}
	if err := p.Err("x"); p.Len() != 100 || len(err.Error()) > 50_000 {
		t.Errorf("%d problems with %d bytes", p.Len(), len(err.Error()))
	}
}

func TestReader_Bodies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, wrong string }{
		"everything":           {`{"text":"a","list":["a","b"],"n":3,"on":true}`, ""},
		"null is left out":     {`{"text":null,"list":null,"n":null,"on":null}`, ""},
		"all types wrong":      {`{"text":1,"list":[1],"n":"3","on":0}`, "text type, list type, n type, on type"},
		"an object for a list": {`{"list":{"a":"b"}}`, "list type"},
		"a large number":       {`{"n":9999999999}`, "n type"},
		"a fraction":           {`{"n":1.5}`, "n type"},
		"unknown names":        {`{"txet":1,"other":2}`, "txet unknown_name, other unknown_name"},
		"a prototype":          {`{"__proto__":{}}`, "__proto__ unknown_name"},
		"not an object":        {`"a"`, "the body has to be a JSON object"},
		"null":                 {`null`, "the body has to be a JSON object"},
		"too deep":             {`{"list":[[[["a"]]]]}`, "the JSON is nested more than 3 deep at byte 10"},
		"a name twice":         {`{"n":1,"n":2}`, `byte 7: the name at /n appears twice`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := schema.Reader{Names: []string{"text", "list", "n", "on"}}
			err := r.Parse([]byte(test.in), 3, func(name string, v query.Value) {
				switch name {
				case "text":
					r.String(name, v)
				case "list":
					r.Strings(name, v)
				case "n":
					r.Int(name, v)
				case "on":
					r.Bool(name, v)
				}
			})
			if got := problems(err); got != test.wrong {
				t.Errorf("got %q, want %q", got, test.wrong)
			}
		})
	}
}
