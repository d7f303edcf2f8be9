package dbtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// declared is a collection with a json field whose members are declared, and nested.
func declared() *db.Collection {
	deep := &query.Inside{Shape: query.NewShape([]query.Field{{Name: "x", Type: query.TypeFloat}, {Name: "at", Type: query.TypeTime}})}
	inside := &query.Inside{Open: true, Shape: query.NewShape([]query.Field{
		{Name: "city", Type: query.TypeString}, {Name: "n", Type: query.TypeInt}, {Name: "x", Type: query.TypeFloat}, {Name: "ok", Type: query.TypeBool},
		{Name: "at", Type: query.TypeTime}, {Name: "due", Type: query.TypeDate}, {Name: "owner", Type: query.TypeUUID},
		{Name: "tags", Type: query.ListOf(query.TypeString)}, {Name: "times", Type: query.ListOf(query.TypeTime)}, {Name: "owners", Type: query.ListOf(query.TypeUUID)},
		{Name: "deep", Type: query.TypeJSON, Inside: deep},
	})}
	return keyed("declared", []query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "j", Type: query.TypeJSON, Inside: inside}}, nil)
}

// The values of members, in the form that a write stores, and some that another program may have left in their place.
var memberValues = map[string][]string{
	"city": {`"Bonn"`, `"bonn"`, `""`, `"Köln"`, `3`}, "n": {`0`, `-1`, `9007199254740993`, `2`, `"2"`}, "x": {`0.5`, `2`, `-1e-300`},
	"ok": {`true`, `false`}, "due": {`"2026-02-28"`, `"0000-01-01"`, `"9999-12-31"`, `"soon"`},
	"at":    {`"2026-01-01T00:00:00.000000Z"`, `"1969-12-31T23:59:59.999000Z"`, `"9999-12-31T23:59:59.999000Z"`, `"0000-01-01T00:00:00.000000Z"`, `"soon"`, `5`},
	"owner": {`"0191e7a0-0000-7000-8000-00000000000a"`, `"ffffffff-ffff-ffff-ffff-ffffffffffff"`, `"00000000-0000-0000-0000-000000000000"`, `"none"`},
	"tags":  {`[]`, `["a"]`, `["a","b"]`}, "times": {`["2026-01-01T00:00:00.000000Z"]`, `["soon"]`}, "owners": {`["0191e7a0-0000-7000-8000-00000000000a"]`, `[]`},
	"deep": {`{"x":1.5,"at":"2026-01-01T00:00:00.000000Z"}`, `{}`, `{"at":"9999-12-31T23:59:59.999000Z"}`, `"flat"`},
	"else": {`1`, `"2026-01-01T00:00:00.000000Z"`},
}

// memberDocuments has a document for each value of each member, one without any, and one that is no object.
func memberDocuments() []query.Row {
	texts := []string{`{}`, `"flat"`, `["a"]`}
	for _, name := range slices.Sorted(maps.Keys(memberValues)) {
		for _, v := range append([]string{"null", "{}"}, memberValues[name]...) {
			texts = append(texts, fmt.Sprintf(`{%q:%s}`, name, v))
		}
	}
	rows := []query.Row{{query.String("d00"), query.Null}}
	for i, text := range texts {
		rows = append(rows, query.Row{query.String(fmt.Sprintf("d%02d", i+1)), query.RawJSON(text)})
	}
	return rows
}

// memberConditions are written as clients and rules write them.
var memberConditions = []string{
	`j.city == "Bonn"`, `j.city != "bonn"`, `j.city < "C"`, `j.city in ["", "Köln"]`, `j.city startsWith "B"`, `j.city == nil`, `len(j.city) > 3`,
	`j.n == 2`, `j.n >= 0`, `j.n in [-1, 9007199254740993]`, `j.n == 2.0`, `j.x > 0`, `j.x == 2`, `j.ok`, `j.ok == false`,
	`j.at == "2026-01-01T00:00:00Z"`, `j.at == "2026-01-01T01:00:00+01:00"`, `j.at < "2026-01-01T00:00:00.001Z"`, `j.at >= "1970-01-01T00:00:00Z"`, `j.at <= "9999-12-31T23:59:59.999Z"`,
	`j.at > "0000-01-01T00:00:00Z"`, `j.at in ["2026-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z"]`, `j.at == nil`, `j.at < "2026-01-01T00:00:00.0000015Z"`,
	`j.due == "2026-02-28"`, `j.due < "2026-03-01"`, `j.due >= "0000-01-01"`, `j.due in ["2026-02-28", "9999-12-31"]`,
	`j.owner == "0191E7A0-0000-7000-8000-00000000000A"`, `j.owner > "{00000000-0000-0000-0000-000000000000}"`, `j.owner <= "0191e7a0-0000-7000-8000-00000000000a"`,
	`j.owner in ["ffffffff-ffff-ffff-ffff-ffffffffffff", "0191e7a000007000800000000000000a"]`, `j.owner == nil`,
	`"a" in j.tags`, `j.tags contains "b"`, `len(j.tags) == 2`, `j.tags == nil`, `"2026-01-01T00:00:00Z" in j.times`, `"0191E7A0-0000-7000-8000-00000000000A" in j.owners`,
	`j.deep.x == 1.5`, `j.deep.at <= "2026-01-01T00:00:00Z"`, `j.deep.at > "2026-01-01T00:00:00Z"`, `j.deep == nil`, `j.else == 1`, `j.else == "2026-01-01T00:00:00.000000Z"`,
}

// declaredMembers compares filters over declared members of json with the matcher, and a round trip with what was written.
func declaredMembers(t *testing.T, d db.Driver) {
	ctx := context.Background()
	c := declared()
	must(t, d.Sync(ctx, []*db.Collection{c}))
	must(t, d.Sync(ctx, []*db.Collection{c}))
	rows := memberDocuments()
	must(t, d.Insert(ctx, c, rows))
	same(t, "rows", all(t, d, c, query.True), rows)
	asMatched(t, d, c, rows, memberConditions)
	moved := rows[len(rows)-1][1].Merge(query.RawJSON(`{"at":"2026-01-01T00:00:00.001000Z","owner":"0191e7a0-0000-7000-8000-00000000000a","deep":{"at":"1970-01-01T00:00:00.000000Z"}}`))
	_, updated, err := d.Update(ctx, c, db.Update{Where: c.ByKey("d00"), Set: []db.Assignment{{Field: 1, Value: moved}}, Return: true})
	must(t, err)
	if len(updated) != 1 || !updated[0][1].Equal(moved) {
		t.Errorf("updated %v, want %s", updated, moved.JSON())
	}
}

// asMatched compares what conditions and their negations select with what the matcher does.
func asMatched(t *testing.T, d db.Driver, c *db.Collection, rows []query.Row, conditions []string) {
	t.Helper()
	for _, text := range conditions {
		f, err := query.ParseText(c.Shape, text, nil, query.Limits{}, nil)
		must(t, err)
		for _, f := range []query.Filter{f, query.Negate(f)} {
			want := []string{}
			for _, r := range rows {
				if query.Match(f, c.Shape, r, nil) {
					want = append(want, r[0].Text())
				}
			}
			if got := ids(all(t, d, c, f)); !slices.Equal(got, want) {
				t.Errorf("%s selects %v in the database and %v in memory", query.Canonical(f), got, want)
			}
		}
	}
}
