package crud_test

import (
	"testing"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// What is expected is what PostgreSQL 15 makes of the same jsonb by ||, - and #-, but for null, which a value is joined with
// as with nothing.
func TestUpdate_JoinsAndRemovesPartsOfJSON(t *testing.T) {
	t.Parallel()
	s := start(t, []described{{name: "notes", read: "true", fields: []crud.Field{field("j", query.TypeJSON), field("n", query.TypeInt)},
		writes: map[rules.Op]string{"create": "true", "update": "true"}}}, fixed)
	for _, test := range []struct{ stored, patch, want string }{
		{`["a"]`, `{"$append":["b","c"]}`, `["a","b","c"]`},
		{`["a"]`, `{"$append":"b"}`, `["a","b"]`},
		{`["a"]`, `{"$append":{"k":1}}`, `["a",{"k":1}]`},
		{`["a"]`, `{"$append":[]}`, `["a"]`},
		{`["a"]`, `{"$append":[["b"]]}`, `["a",["b"]]`},
		{`["a"]`, `{"$prepend":["b","c"]}`, `["b","c","a"]`},
		{`["a"]`, `{"$prepend":{"k":1}}`, `[{"k":1},"a"]`},
		{`{"a":1,"b":{"x":1}}`, `{"$append":{"b":{"y":2},"c":null}}`, `{"a":1,"b":{"y":2},"c":null}`},
		{`{"a":1,"b":{"x":1}}`, `{"$prepend":{"b":{"y":2},"c":null}}`, `{"b":{"x":1},"c":null,"a":1}`},
		{`{"a":1}`, `{"$append":["x"]}`, `[{"a":1},"x"]`},
		{`7`, `{"$append":8}`, `[7,8]`},
		{`null`, `{"$append":["x"]}`, `["x"]`},
		{`null`, `{"$prepend":{"x":1}}`, `{"x":1}`},
		{`{"a":1,"b":2}`, `{"$remove":"a"}`, `{"b":2}`},
		{`{"a":1}`, `{"$remove":"x"}`, `{"a":1}`},
		{`["a","b","a"]`, `{"$remove":"a"}`, `["b"]`},
		{`["a","b","c"]`, `{"$remove":0}`, `["b","c"]`},
		{`["a","b","c"]`, `{"$remove":-1}`, `["a","b"]`},
		{`["a"]`, `{"$remove":5}`, `["a"]`},
		{`["a"]`, `{"$remove":-5}`, `["a"]`},
		{`null`, `{"$remove":"a"}`, `null`},
		{`{"a":1}`, `{"$remove":0}`, `invalid j=type`},
		{`7`, `{"$remove":"a"}`, `invalid j=type`},
		{`{"a":{"b":[{"c":1,"d":2},5]}}`, `{"$remove":["a","b","0","c"]}`, `{"a":{"b":[{"d":2},5]}}`},
		{`{"a":{"b":[1,2]}}`, `{"$remove":["a","b",-1]}`, `{"a":{"b":[1]}}`},
		{`{"a":{"b":1}}`, `{"$remove":["x","b"]}`, `{"a":{"b":1}}`},
		{`{"a":{"b":1}}`, `{"$remove":["a","b","c"]}`, `{"a":{"b":1}}`},
		{`{"7":{"b":1}}`, `{"$remove":[7,"b"]}`, `{"7":{}}`},
		{`["a"]`, `{"$remove":["x"]}`, `invalid j=type`},
		{`{"a":1}`, `{"$remove":[]}`, `invalid j=type`},
		{`{"a":1}`, `{"$remove":{"a":1}}`, `invalid j=type`},
		{`{"a":1}`, `{"$remove":["a",{}]}`, `invalid j=type`},
		{`{"a":1}`, `{"$remove":1.5}`, `invalid j=type`},
		{`{"a":{"b":1}}`, `{"a":{"$remove":"b"}}`, `invalid j.a=operator`},
		{`{"a":1}`, `{"$append":{"$inc":1}}`, `invalid j=operator`},
	} {
		if _, err := s.Create(t.Context(), as("ann"), "notes", []byte(`{"id":"x","j":`+test.stored+`}`)); err != nil {
			t.Fatal(err)
		}
		got, err := s.Update(t.Context(), as("ann"), crud.Target{Collection: "notes", ID: "x"}, []byte(`{"j":`+test.patch+`}`))
		text := codeOf(err)
		if err == nil {
			v, _ := got.Value(1)
			text = v.JSON()
		}
		if text != test.want {
			t.Errorf("%s %s: got %s, want %s", test.stored, test.patch, text, test.want)
		}
		if err := s.Delete(t.Context(), crud.Caller{Admin: true}, crud.Target{Collection: "notes", ID: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Create(t.Context(), as("ann"), "notes", []byte(`{"id":"x","n":1}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), as("ann"), crud.Target{Collection: "notes", ID: "x"}, []byte(`{"n":{"$append":1}}`)); codeOf(err) != "invalid n=type" {
		t.Errorf("a number: %v", err)
	}
}
