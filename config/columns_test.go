package config

import (
	"strings"
	"testing"
)

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
		{`key: [a, b], fields: { a: { type: int } }`, `there is no field "b"`},
	} {
		_, err := Parse("f", ".", []byte("databases: { main: { driver: memory } }\ncollections: { c: { "+test.collection+" } }\n"))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.collection, err, test.want)
		}
	}
}
