package rules_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// claimText draws the source of a claim.
type claimText struct {
	*rapid.T
	inside int // closures around
}

func (t *claimText) pick(label string, options ...string) string {
	return rapid.SampledFrom(options).Draw(t.T, label)
}

func (t *claimText) text(d int) string {
	leaves := []string{`"a"`, `"red"`, `""`, `"é"`, `"a,b"`, "auth.id", "auth.email", "auth.role", "auth.role", "auth.org.plan", "auth.nothing"}
	if t.inside > 0 {
		leaves = append(leaves, "#", "#", "#", "#", "#", "#")
	}
	if d <= 0 {
		return t.pick("text", leaves...)
	}
	switch rapid.IntRange(0, 15).Draw(t.T, "text of") {
	case 0:
		return t.pick("case", "lower", "upper", "trim") + "(" + t.text(d-1) + ")"
	case 1:
		return "(" + t.text(d-1) + " + " + t.text(d-1) + ")"
	case 2:
		return "(" + t.condition(d-1) + " ? " + t.text(d-1) + " : " + t.text(d-1) + ")"
	case 3:
		return "(" + t.text(d-1) + " ?? " + t.text(d-1) + ")"
	case 4:
		return "join(" + t.list(d-1) + `, ",")`
	case 5:
		return `get("teams", ` + t.text(d-1) + `, "owner")`
	case 6:
		return "string(" + t.number(d-1) + ")"
	case 7:
		return t.pick("end", "first", "last") + "(" + t.list(d-1) + ")"
	case 8:
		return t.list(d-1) + "[" + t.pick("index", "0", "1", "-1") + "]"
	case 9:
		return "replace(" + t.text(d-1) + ", " + t.text(d-1) + ", " + t.text(d-1) + ")"
	case 10:
		return t.pick("affix", "trimPrefix", "trimSuffix") + "(" + t.text(d-1) + ", " + t.text(d-1) + ")"
	case 11:
		return `get("teams", "red", "meta").` + t.pick("member", "color", "none")
	case 12:
		return "(let x = " + t.text(d-1) + "; x + x)"
	case 13:
		return "type(" + t.any(d-1) + ")"
	}
	return t.pick("text", leaves...)
}

func (t *claimText) number(d int) string {
	leaves := []string{"0", "1", "2", "-3", "0.5", "1e3", "auth.age", "auth.age", "auth.score", "auth.nothing"}
	if d <= 0 {
		return t.pick("number", leaves...)
	}
	switch rapid.IntRange(0, 10).Draw(t.T, "number of") {
	case 0, 1:
		return "(" + t.number(d-1) + " " + t.pick("arithmetic", "+", "-", "*", "/", "**") + " " + t.number(d-1) + ")"
	case 2:
		return "-(" + t.number(d-1) + ")"
	case 3:
		return "len(" + t.pick("of", t.text(d-1), t.list(d-1)) + ")"
	case 4:
		return "count(" + t.list(d-1) + ", " + t.within(d-1, t.condition) + ")"
	case 5:
		return t.pick("function", "max", "min", "mean", "median") + "(" + t.number(d-1) + ", " + t.number(d-1) + ")"
	case 6:
		return t.pick("function", "abs", "ceil", "floor", "round", "int", "float") + "(" + t.number(d-1) + ")"
	case 7:
		return t.pick("function", "indexOf", "lastIndexOf") + "(" + t.text(d-1) + ", " + t.text(d-1) + ")"
	case 8:
		return "(" + t.pick("whole", "auth.age", "7", "-7") + " % " + t.pick("by", "2", "-2", "auth.age", "0") + ")"
	}
	return t.pick("number", leaves...)
}

func (t *claimText) order() string { return t.pick("order", "==", "!=", "<", "<=", ">", ">=") }

func (t *claimText) condition(d int) string {
	if d <= 0 {
		return t.pick("condition", "true", "false", "auth.anonymous", `auth.role == "a"`, "auth.nothing == nil", "auth.role != nil")
	}
	switch rapid.IntRange(0, 12).Draw(t.T, "condition of") {
	case 0:
		return "(" + t.number(d-1) + " " + t.order() + " " + t.number(d-1) + ")"
	case 1, 2:
		return "(" + t.text(d-1) + " " + t.order() + " " + t.text(d-1) + ")"
	case 3:
		return "(" + t.text(d-1) + " " + t.pick("in", "in", "not in") + " " + t.pick("list", t.list(d-1), `[nil, "a"]`) + ")"
	case 4:
		return "(" + t.any(d-1) + " " + t.pick("equal", "==", "!=") + " nil)"
	case 5:
		return "(" + t.condition(d-1) + t.pick("logic", " && ", " || ") + t.condition(d-1) + ")"
	case 6:
		return "!(" + t.condition(d-1) + ")"
	case 7:
		return `exists("members", {"user": ` + t.text(d-1) + t.pick("more", "", `, "team": nil`, `, "level": `+t.number(d-1)) + "})"
	case 8:
		return t.pick("quantifier", "any", "all", "none", "one") + "(" + t.list(d-1) + ", " + t.within(d-1, t.condition) + ")"
	case 9:
		return "(" + t.text(d-1) + " " + t.pick("test", "contains", "startsWith", "endsWith") + " " + t.text(d-1) + ")"
	case 10:
		return t.pick("function", "hasPrefix", "hasSuffix") + "(" + t.text(d-1) + ", " + t.text(d-1) + ")"
	case 11:
		return "(" + t.time() + " " + t.order() + " " + t.time() + ")"
	}
	return "(" + t.list(d-1) + " == " + t.list(d-1) + ")"
}

func (t *claimText) time() string {
	return t.pick("time", "now()", `now() - duration("1h")`, `date("2026-01-01")`, `date("2026-01-02 03:04:05")`)
}

// within draws the body of a closure.
func (t *claimText) within(d int, body func(int) string) string {
	t.inside++
	defer func() { t.inside-- }()
	return body(d)
}

func (t *claimText) list(d int) string {
	leaves := []string{"auth.teams", "auth.teams", `["a", "red"]`, "[]", `pluck("members", {"user": auth.id}, "team")`, `pluck("members", {}, "id")`}
	if d <= 0 {
		return t.pick("list", leaves...)
	}
	switch rapid.IntRange(0, 11).Draw(t.T, "list of") {
	case 0:
		return "[" + t.text(d-1) + ", " + t.text(d-1) + "]"
	case 1:
		return `pluck("members", {"` + t.pick("field", "user", "team") + `": ` + t.text(d-1) + `}, "` + t.pick("of", "team", "id") + `")`
	case 2:
		return "map(" + t.list(d-1) + ", " + t.within(d-1, t.text) + ")"
	case 3:
		return "filter(" + t.list(d-1) + ", " + t.within(d-1, t.condition) + ")"
	case 4:
		return t.pick("function", "sort", "uniq", "reverse", "flatten") + "(" + t.list(d-1) + ")"
	case 5:
		return "concat(" + t.list(d-1) + ", " + t.list(d-1) + ")"
	case 6:
		return "split(" + t.text(d-1) + `, ` + t.pick("by", `","`, `""`) + ")"
	case 7:
		return "flatten([" + t.list(d-1) + ", " + t.list(d-1) + "])"
	case 8:
		return "keys(" + t.pick("object", "auth.org", `{"x": 1}`, "auth.nothing") + ")"
	}
	return t.pick("list", leaves...)
}

func (t *claimText) any(d int) string {
	switch rapid.IntRange(0, 6).Draw(t.T, "any") {
	case 0:
		return t.number(d)
	case 1:
		return t.condition(d)
	case 2:
		return t.list(d)
	case 3:
		return `{"x": ` + t.text(d-1) + `, "y": ` + t.pick("y", "nil", t.number(d-1), t.list(d-1)) + "}"
	case 4:
		return t.time()
	case 5:
		if d > 0 {
			return "(let v = " + t.any(d-1) + "; [v, v])"
		}
	}
	return t.text(d)
}

func someClaims(t *rapid.T) map[string]any {
	pick := func(label string, options ...any) any { return rapid.SampledFrom(options).Draw(t, label) }
	return map[string]any{
		"sub": pick("sub", "ada", "bob"), "email": pick("email", "Ada@example.com", ""), "role": pick("role", "a", "red", nil),
		"age": pick("age", int64(36), int64(0), int64(-7)), "score": pick("score", 0.5, 2.0, int64(3)), "anonymous": pick("anonymous", true, false),
		"teams": pick("teams", []any{"a", "red", "a"}, []any{}, []any{"é", nil}, []any{"b,c"}), "org": map[string]any{"plan": pick("plan", "pro", nil)},
	}
}

// rowsOf finds in a few documents.
func rowsOf(_ context.Context, collection string, where query.Filter, field string, limit int) ([]query.Value, error) {
	shapes := map[string]*query.Shape{"members": members, "teams": teams}
	rows := map[string][]query.Row{
		"members": {
			{query.String("m1"), query.Null, query.Null, query.Null, query.Int(1)}, {query.String("m2"), query.String("red"), query.String("ada"), query.Null, query.Int(36)},
			{query.String("m3"), query.String("a"), query.String("ada"), query.Null, query.Null}, {query.String("m4"), query.String("red"), query.String("ada"), query.Null, query.Int(1)},
		},
		"teams": {{query.String("red"), query.String("ada"), query.Null, query.RawJSON(`{"color":"blue"}`)}, {query.String("a"), query.Null, query.Null, query.Null}},
	}
	var out []query.Value
	for _, row := range rows[collection] {
		if v := row[shapes[collection].Index(field)]; len(out) < limit && query.Match(where, shapes[collection], row, nil) && !v.IsNull() {
			out = append(out, v)
		}
	}
	return out, nil
}

// TestClaim_IsAsExpr computes random claims by rules and by the virtual machine of expr. For more: -rapid.checks 10000.
func TestClaim_IsAsExpr(t *testing.T) {
	t.Parallel()
	s := scope(t)
	rapid.Check(t, func(rt *rapid.T) {
		for range 20 {
			text := &claimText{T: rt}
			source, auth := text.any(rapid.IntRange(1, 3).Draw(rt, "depth")), someClaims(rt)
			if wrong := judgeClaim(s, source, auth); wrong != "" {
				rt.Fatal(wrong)
			}
		}
	})
}

// judgeClaim computes a claim in both ways. It returns what is wrong, empty if nothing is.
func judgeClaim(s rules.Scope, source string, auth map[string]any) string {
	var got, want any
	old, with := compileOracle(source, s.Collections)
	if with == nil {
		want, with = old.compute(context.Background(), auth, now, rowsOf)
	}
	claim, err := rules.CompileClaim(source, s)
	if err == nil {
		got, err = claim.Compute(context.Background(), auth, now, rowsOf)
	}
	if want = fromExpr(want); (err != nil) == (with != nil) && (err != nil || alike(got, want)) {
		return ""
	}
	if with != nil && absentIs.MatchString(with.Error()) {
		return ""
	}
	if err != nil && strings.Contains(err.Error(), "is not in the range of integers") { // one of differences
		return ""
	}
	return fmt.Sprintf("%s\n of %v\n is %#v, %v\n with expr %#v, %v", source, auth, got, err, want, with)
}

// absentIs are the errors of expr on nil that remain.
var absentIs = regexp.MustCompile(`is nil, not|fetch .* from <nil>`)
