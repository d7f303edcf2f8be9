package rules_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

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

// TestClaim_IsInTheLanguageOfRules has what claims can do besides.
func TestClaim_IsInTheLanguageOfRules(t *testing.T) {
	t.Parallel()
	of := func(source string) (any, error) {
		claim, err := rules.CompileClaim(source, profiled(t))
		if err != nil {
			return nil, err
		}
		return claim.Compute(t.Context(), map[string]any{"sub": "red", "age": int64(36), "name": "Ada", "list": []any{nil, int64(1)}, "org": map[string]any{"plan": "pro"}}, now, rowsOf)
	}
	for source, want := range map[string]any{
		`1 + 2`:                                  int64(3),
		`auth.age`:                               int64(36),
		`auth.age / 2`:                           18.0,
		`7 % 4`:                                  int64(3),
		`len("é") + count([1, 2], # > 1)`:        int64(2),
		`[1, 0.5, "a", true, nil, auth.nothing]`: []any{int64(1), 0.5, "a", true, nil, nil},
		`{"a": auth.nothing, "b": [auth.list]}`:  map[string]any{"a": nil, "b": []any{[]any{nil, int64(1)}}},
		`map(auth.list, #)`:                      []any{nil, int64(1)},
		`auth.nothing`:                           nil,
		`auth.nothing.at.all`:                    nil,
		`upper(auth.nothing)`:                    nil,
		`auth.nothing + 1`:                       nil,
		`keys(auth)`:                             []any{"age", "id", "list", "name", "org", "sub"},
		`auth["id"]`:                             "red",
		`now()`:                                  now,
		`now() - duration("1h")`:                 now.Add(-time.Hour),
		`date("2026-01-01T02:00:00+02:00")`:      time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		`today()`:                                query.DateOf(now).Any(),
		`string(today())`:                        "2026-01-02",
		`pluck("members", {}, "level")`:          []any{int64(1), int64(36)},
		`pluck("members", {"level": {"$gt": 1}}, "id")`:                              []any{"m2"},
		`pluck("members", {"team": {"$in": ["red", "a"]}}, "team")`:                  []any{"red", "a"},
		`pluck("teams", {}, "meta.color")`:                                           []any{"blue"},
		`get("teams", "red", "meta")`:                                                map[string]any{"color": "blue"},
		`get("teams", "red", "meta.color")`:                                          "blue",
		`get("teams", "red").meta.color`:                                             "blue",
		`get("teams", get("members", "m2").team).owner`:                              "ada",
		`get("teams", get("teams", get("teams", get("teams", "red").id).id).id).id`:  "red",
		`auth.profile.owner`:                                                         "ada",
		`auth.profile.meta.color == "blue" ? "x" : "y"`:                              "x",
		`map(pluck("members", {"user": "ada"}, "team"), get("teams", #, "owner"))`:   []any{"ada", nil},
		`let all = pluck("members", {}, "id"); {"n": len(all), "first": first(all)}`: map[string]any{"n": int64(4), "first": "m1"},
	} {
		if got, err := of(source); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, %v, want %#v", source, got, err, want)
		}
	}
	for source, want := range map[string]string{ // at load
		`now().Year()`:                               `column 7: methods cannot be called; compare now() with a time`,
		`auth.name.toUpperCase()`:                    `only functions can be called`,
		`auth.name.trim()`:                           `column 11: methods cannot be called; write trim(auth.name)`,
		`sum(auth.list)`:                             `column 1: there is no function "sum"; write mean(list) * len(list)`,
		`auth.age > 1 ? find(auth.list, # == 1) : 2`: `column 16: there is no function "find"; write first(filter(…))`,
		`trin(auth.name)`:                            `did you mean "trim"`,
		`1..3`:                                       `the operator .. cannot be used`,
		`auth.list[0:1]`:                             `cannot be used`,
		`"é" + upper(1)`:                             `column 14: upper takes a string, not an integer`,
		`doc.x`:                                      `a claim is about the account, and there is no doc`,
		`next`:                                       `there is no next`,
		`"a" + request.ip`:                           `column 7: a claim is computed for many requests`,
		`webhook("https://example.com")`:             `a claim asks no webhook`,
		`changed("x")`:                               `only be used in an update rule`,
		`members`:                                    `there is no variable "members"`,
		`pluck("member", {}, "id")`:                  `there is no collection "member"`,
		`pluck("members", {"usr": 1}, "id")`:         `there is no field "usr"`,
		`pluck("members", {}, "tem")`:                `there is no field "tem"`,
		`pluck("members", {}, auth.name)`:            `the field must be a string literal`,
		`pluck("members", {})`:                       `pluck takes 3 argument(s), not 2`,
		`get("members")`:                             `get takes 3 argument(s), not 1`,
		`get("members", "m1")`:                       `is a whole document`,
		`pluck("members", auth, "id")`:               `takes conditions on the fields`,
		`pluck(auth.name, {}, "id")`:                 `the collection must be a string literal`,
		`pluck("notes", {}, "code")`:                 `encrypted or hashed`,
		`exists("notes", {"code": "x"})`:             `encrypted`,
		`exists("members", {"level": "x"})`:          `is of type int`,
		`!auth.name`:                                 `not true or false`,
	} {
		if _, err := of(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
	for source, want := range map[string]string{ // when it is computed
		`int(auth.name)`:  `int: "Ada" is not an integer`,
		`upper(auth.age)`: `upper takes a string, not an integer`,
		`exists("members", {"user": upper(auth.age)})`:              `upper takes a string`,
		`pluck("members", {"user": {"$ne": int(auth.name)}}, "id")`: `is not an integer`,
		`auth.name == "Ada" || upper(auth.age) == "x"`:              ``,
		`replace(join(map(split("` + strings.Repeat("a", 4000) + `", ""), "` + strings.Repeat("b", 4000) + `"), ""), "b", "` + strings.Repeat("c", 100) + `")`: `grows too large`,
	} {
		if _, err := of(source); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", source, err, want)
		}
	}
	asked := false
	if claim, err := rules.CompileClaim(`exists("members", {"user": {"$ne": upper(auth.age)}})`, scope(t)); err != nil {
		t.Error(err)
	} else if _, err := claim.Compute(t.Context(), map[string]any{"age": int64(1)}, now, func(context.Context, string, query.Filter, string, int) ([]query.Value, error) {
		asked = true
		return nil, nil
	}); err == nil || asked {
		t.Errorf("a failed condition is asked for: %v", err)
	}
	failed := errors.New("the database is away")
	claim, err := rules.CompileClaim(`exists("members", {"user": auth.id}) ? "a" : "b"`, scope(t))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := claim.Compute(t.Context(), nil, now, func(context.Context, string, query.Filter, string, int) ([]query.Value, error) { return nil, failed }); got != "b" || err != nil {
		t.Errorf("of nobody it is %v, %v: nothing is asked for what is absent", got, err)
	}
	if got, err := claim.Compute(t.Context(), map[string]any{"sub": "ada"}, now, func(context.Context, string, query.Filter, string, int) ([]query.Value, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("without a database it is %v, %v", got, err)
	}
}

// TestClaim_AsksForTheHashedByItsValue: the finder hashes.
func TestClaim_AsksForTheHashedByItsValue(t *testing.T) {
	t.Parallel()
	keys := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "code", Type: query.TypeString, Sealed: true, Hashed: true}, {Name: "owner", Type: query.TypeString}})
	claim, err := rules.CompileClaim(`pluck("keys", {"code": auth.code}, "owner")`, rules.Scope{Collections: map[string]*query.Shape{"keys": keys}})
	if err != nil {
		t.Fatal(err)
	}
	asked := ""
	_, err = claim.Compute(t.Context(), map[string]any{"code": "s3cret"}, now, func(_ context.Context, collection string, where query.Filter, field string, limit int) ([]query.Value, error) {
		asked = fmt.Sprint(collection, " ", query.Canonical(where), " ", field, " ", limit)
		return nil, nil
	})
	if want := `keys "code"=="s3cret" owner 1000`; err != nil || asked != want {
		t.Errorf("it asks %s, %v, want %s", asked, err, want)
	}
	for _, source := range []string{`pluck("keys", {"code": {"$gt": "x"}}, "owner")`, `pluck("keys", {}, "code")`} {
		if _, err := rules.CompileClaim(source, rules.Scope{Collections: map[string]*query.Shape{"keys": keys}}); err == nil {
			t.Errorf("%s is accepted", source)
		}
	}
}
