package config

import (
	"errors"
	"strings"
	"testing"
)

func TestMembers_AreCheckedAtLoad(t *testing.T) {
	const fields = "collections: { c: { fields: { n: { type: int }, a: { type: json, fields: { city: { type: string }, n: { type: int }, at: { type: time }, due: { type: date }, geo: { type: json, fields: { lat: { type: float } } }, bag: { type: json }, tags: { type: list, of: string }, id: { type: string } } }, o: { type: json, open: true, fields: { x: { type: int } } } }, rules: { read: '%' } } }"
	for rule, want := range map[string]string{
		`doc.a.city == "x"`:                                "",
		`doc.a.geo.lat > 1 && "x" in doc.a.tags`:           "",
		`doc.a.bag.any.thing == 3`:                         "",
		`doc.o.other == 3 && doc.o.x == 3`:                 "",
		`doc.a.at < now() && doc.a.due < today()`:          "",
		`doc.a.id == auth.id`:                              "",
		`len(doc.a.city) > 3 && doc.a.city startsWith "x"`: "",
		`doc.a.citi == "x"`:                                `there is no "citi" in a; did you mean "city"?`,
		`doc.a.geo.lot == 1`:                               `there is no "lot" in a.geo; did you mean "lat"?`,
		`doc.a.city == 3`:                                  "doc.a.city is of type string and cannot equal or be ordered against 3",
		`doc.a.n == "3"`:                                   "doc.a.n is of type int",
		`doc.a.n`:                                          "a field of type int; compare it with something",
		`doc.a.at < today()`:                               "a date cannot be compared with a time",
		`doc.a.city.x == "x"`:                              "a.city is of type string and has nothing inside",
		`doc.a.n startsWith "x"`:                           "startsWith works on strings",
		`3 in doc.a.tags`:                                  "has no element like 3",
		`doc.a.n == doc.n`:                                 "can only be compared with a value, not with another field",
		`exists("c", {"n": doc.a.n})`:                      "cannot link two documents",
		`get("c", doc.a.id).n == 1`:                        "an id inside a json field cannot be looked up",
		`exists("c", {"a.city": 3})`:                       "c.a.city is of type string",
		`exists("c", {"a.city": auth.id})`:                 "",
	} {
		_, err := Parse("f", ".", []byte(head+strings.Replace(fields, "%", rule, 1)))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", rule, err, want)
		}
	}
}

func TestMembers_HaveTheOptionsThatJSONCanKeep(t *testing.T) {
	for field, want := range map[string]string{
		`{ type: string, fields: { x: { type: int } } }`:                                              "fields: is for fields of type json",
		`{ type: json, open: true }`:                                                                  "without fields it takes any",
		`{ type: json, default: "x", fields: { x: { type: int } } }`:                                  "has no default",
		`{ type: json, fields: { x: { type: decimal } } }`:                                            "a member of a json field is of type string, int, float, bool, time, date, uuid, json or list",
		`{ type: json, fields: { x: { type: list, of: decimal } } }`:                                  "a member of a json field is of type",
		`{ type: json, fields: { x: { type: ref, to: c } } }`:                                         "a member of a json field is of type",
		`{ type: json, fields: { x: { type: strin } } }`:                                              `there is no type "strin"; did you mean "string"?`,
		`{ type: json, fields: { x: { type: int, index: true } } }`:                                   "make it a field of its own",
		`{ type: json, fields: { x: { type: int, column: y } } }`:                                     "make it a field of its own",
		`{ type: json, fields: { "x-y": { type: int } } }`:                                            `the name "x-y" is not`,
		`{ type: json, fields: { x: { type: int, default: "a" } } }`:                                  "this default does not fit the type int",
		`{ type: json, fields: { x: { type: json, fields: { y: { type: bytes } } } } }`:               "y: a member of a json field is of type",
		`{ type: json, fields: { x: { type: int, requird: true } } }`:                                 `unknown key "requird"; did you mean "required"?`,
		`{ type: json, fields: { id: { type: int, min: 0 }, at: { type: time, default: "now()" } } }`: "",
	} {
		_, err := Parse("f", ".", []byte(head+"collections: { c: { fields: { j: "+field+" } } }"))
		var all *Error
		if want == "" && err != nil || want != "" && (!errors.As(err, &all) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", field, err, want)
		}
	}
}
