package dbtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// restDocuments are the members that are not declared of a document each.
var restDocuments = []string{
	`{"s":"b"}`, `{"s":"B"}`, `{"s":""}`, `{"s":3}`, `{"s":null}`, `{"n":0}`, `{"n":-1}`, `{"n":9007199254740993}`, `{"n":2.5}`, `{"n":"2"}`, `{"n":1e300}`, `{"b":true}`, `{"b":false}`,
	`{"a":[]}`, `{"a":["b",2]}`, `{"a":{"b":1}}`, `{"a":[{"b":1}]}`, `{"a":{"b":{"c":null}}}`, `{"s":"b","n":2,"first name":"x","own":1}`, `{"S":"b"}`,
}

// restConditions are written as clients and rules write them.
var restConditions = []string{
	`s == "b"`, `s != "b"`, `s < "c"`, `s >= ""`, `s in ["b", "B"]`, `s startsWith "b"`, `s == nil`, `len(s) == 1`, `n == 2`, `n >= 0`, `n in [2.5, -1]`, `n == 9007199254740993`, `n > 1.0`,
	`b == true`, `b`, `"b" in a`, `2 in a`, `len(a) == 0`, `a == nil`, `a.b == 1`, `a.b.c == nil`, `a.b != nil`, `s == "b" && n == 2 || b == false`, `doc["first name"] == "x"`, `S == "b"`, `own == 1`, `none == nil`,
}

// openDocuments keeps members that are not declared, compares filters over them with the matcher, and changes them.
func openDocuments(t *testing.T, d db.Driver) {
	ctx := context.Background()
	c := keyed("open", []query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "title", Type: query.TypeString}, {Name: query.Rest, Type: query.TypeJSON}}, nil)
	must(t, d.Sync(ctx, []*db.Collection{c}))
	must(t, d.Sync(ctx, []*db.Collection{c}))
	rows := []query.Row{{query.String("d00"), query.String("none"), query.Null}}
	for i, text := range restDocuments {
		rows = append(rows, query.Row{query.String(fmt.Sprintf("d%02d", i+1)), query.Null, query.RawJSON(text)})
	}
	must(t, d.Insert(ctx, c, rows))
	for i, got := range all(t, d, c, query.True) {
		if !got[2].Equal(rows[i][2]) || got[1] != rows[i][1] {
			t.Errorf("%s: stored %s, got %s", got[0].Text(), rows[i][2].JSON(), got[2].JSON())
		}
	}
	asMatched(t, d, c, rows, restConditions)
	before := rows[0][2]
	for _, text := range []string{`{"x":1,"y":{"a":1,"b":[1]}}`, `{"y":{"b":[1],"c":null}}`, `{"y":{"b":{"d":2}},"z":"t"}`, `{"y":7,"z":"t"}`, `{}`, `null`, `{"x":2}`} {
		after := query.RawJSON(text)
		_, updated, err := d.Update(ctx, c, db.Update{Where: c.ByKey("d00"), Set: []db.Assignment{{Field: 2, Value: after, Before: before}}, Return: true})
		must(t, err)
		if len(updated) != 1 || !updated[0][2].Equal(after) && !(text == "{}" && updated[0][2].IsNull()) || updated[0][1].Text() != "none" {
			t.Errorf("updated %v, want %s", updated, text)
		}
		before = after
	}
	found, err := d.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKey("d00")}, Fields: []int{2}})
	must(t, err)
	if len(found) != 1 || !found[0][2].Equal(query.RawJSON(`{"x":2}`)) {
		t.Errorf("selected %v", found)
	}
}
