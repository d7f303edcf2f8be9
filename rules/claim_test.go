package rules_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

func TestClaim_AbsentEqualsOnlyTheWordNil(t *testing.T) {
	rows := map[string][]query.Row{
		"members": {{query.String("m1"), query.Null, query.Null, query.Null, query.Int(1)}, {query.String("m2"), query.String("red"), query.String("ada"), query.Null, query.Int(1)}},
		"teams":   {{query.String("red"), query.Null, query.Null, query.Null}},
	}
	find := func(_ context.Context, collection string, where query.Filter, field string, _ int) ([]query.Value, error) {
		var out []query.Value
		shape := scope(t).Collections[collection]
		for _, row := range rows[collection] {
			if v := row[shape.Index(field)]; query.Match(where, shape, row, nil) && !v.IsNull() {
				out = append(out, v)
			}
		}
		return out, nil
	}
	for source, want := range map[string]string{
		`pluck("members", {"user": auth.id}, "team")`:            `[red]`,
		`pluck("members", {"user": auth.nothing}, "id")`:         `[]`,
		`pluck("members", {"user": nil}, "id")`:                  `[m1]`,
		`pluck("members", {}, "id")`:                             `[m1 m2]`,
		`exists("members", {"user": auth.nothing})`:              `false`,
		`exists("members", {"team": auth.team, "user": nil})`:    `false`,
		`exists("members", {"team": nil, "user": nil})`:          `true`,
		`get("teams", auth.nothing, "id")`:                       `<nil>`,
		`get("teams", "red", "owner") == auth.nothing`:           `false`,
		`get("teams", "red", "owner") != auth.nothing`:           `true`,
		`get("teams", "red", "owner") == nil`:                    `true`,
		`get("teams", "none", "owner") == auth.id`:               `false`,
		`auth.nothing == auth.team`:                              `false`,
		`auth.nothing in [nil, 1]`:                               `false`,
		`auth.id in ["ada"] && auth.id == "ada"`:                 `true`,
		`auth.nothing > 3 || auth.nothing <= 3`:                  `false`,
		`auth.age >= 18 ? "adult" : "child"`:                     `adult`,
		`!(auth.nothing == auth.nothing)`:                        `true`,
		`{"by": nil}`:                                            `map[by:<nil>]`,
		`pluck("members", {"level": 1, "user": auth.id}, "id")`:  `[m2]`,
		`auth.nothing == nil ? "none" : string(auth.nothing)`:    `none`,
		`nil != auth.id && auth.nothing not in ["a", auth.team]`: `true`,
	} {
		claim, err := rules.CompileClaim(source, scope(t))
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		got, err := claim.Compute(context.Background(), map[string]any{"sub": "ada", "age": int64(36), "team": nil}, now, find)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s is %v, %v, want %s", source, got, err, want)
		}
	}
}
