package config

import (
	"strings"
	"testing"
)

func TestIndexes_AreChecked(t *testing.T) {
	t.Parallel()
	for index, want := range map[string]string{
		`fields: [owner, -at], unique: true, where: 'done == false && owner != nil || n in [1, 2]'`: "",
		`fields: []`:                         "an index has one field or more",
		`unique: true`:                       `the key "fields" is missing`,
		`fields: [ownr]`:                     `there is no field "ownr"; did you mean "owner"?`,
		`fields: [owner, -owner]`:            "owner appears twice",
		`fields: [j]`:                        "j has no order",
		`fields: [owner], where: 'j.x == 1'`: "where compares fields that are not json",
		`fields: [owner], where: 'owner startsWith "x"'`: "where compares fields",
		`fields: [owner], where: 'n == "x"'`:             "expected int, got string",
		`fields: [owner], where: 'm == 1'`:               `there is no field "m"`,
		`fields: [owner], sort: [n]`:                     `unknown key "sort"`,
	} {
		_, err := Parse("f", ".", []byte("databases: { main: { driver: memory } }\ncollections: { c: { fields: { owner: { type: string }, at: { type: time }, n: { type: int }, j: { type: json }, done: { type: bool } }, indexes: [ { "+index+" } ] } }\n"))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", index, err, want)
		}
	}
}

func TestColumns_EveryFieldHasItsOwn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ collection, want string }{
		{`fields: { x: { type: string, column: "First Name" } }`, ""},
		{`fields: { x: { type: string, column: y }, y: { type: string, column: x } }`, ""},
		{`key: [id, at], fields: { event: { type: int, column: id }, at: { type: time } }`, ""},
		{`key: ["größe", b], fields: { a: { type: int, column: "größe" }, b: { type: int } }`, ""},
		{`fields: { id: { type: int, column: "No." } }`, ""},
		{`key: number, fields: { id: { type: int, column: number } }`, ""},
		{`key: number, fields: { id: { type: int, column: other } }`, "the column of the id is named by key: number already"},
		{`fields: { x: { type: string, column: y }, y: { type: string } }`, `the fields "x" and "y" have the same column "y"`},
		{`fields: { x: { type: string, column: ID } }`, `the fields "id" and "x" have the same column "ID"`},
		{`fields: { x: { type: string, column: "` + strings.Repeat("ü", 32) + `" } }`, "a column has a name of 1 to 63 bytes"},
		{`fields: { x: { type: string, column: "a\0b" } }`, "without control characters"},
		{`fields: { x: { type: string, was: y }, z: { type: string, column: y } }`, `was: "y" is the column of the field z`},
		{`fields: { x: { type: string, was: y }, z: { type: string, was: Y } }`, `was: "Y" is the column of the field x`},
		{`fields: { x: { type: string, was: x } }`, `was: "x" is the column of the field x`},
		{`fields: { id: { type: id, was: key } }`, "the id keeps its column"},
		{`fields: { x: { type: string, was: "first name" } }`, ""},
		{`key: [a, b], fields: { a: { type: int } }`, `there is no field "b"`},
	} {
		_, err := Parse("f", ".", []byte("databases: { main: { driver: memory } }\ncollections: { c: { "+test.collection+" } }\n"))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.collection, err, test.want)
		}
	}
}
