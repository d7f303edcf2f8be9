package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// typed has a field of each type that has a form of its own in rules.
var typed = query.NewShape([]query.Field{
	{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "s", Type: query.TypeString}, {Name: "t", Type: query.TypeTime}, {Name: "d", Type: query.TypeDate}, {Name: "e", Type: query.TypeDate},
	{Name: "u", Type: query.TypeUUID},
})

func TestTypes_Fold(t *testing.T) {
	t.Parallel()
	day := func(text string) query.Value {
		v, _ := query.ParseDate(text)
		return v
	}
	next := make(query.Row, len(typed.Fields))
	next[typed.Index("d")] = day("2026-01-31")
	next[typed.Index("u")] = query.String("aaaaaaaa-0000-7000-8000-00000000000a")
	env := &rules.Env{
		Auth:    map[string]any{"born": "2000-02-29", "no": "2001-02-29", "sub": "AAAAAAAA-0000-7000-8000-00000000000A", "ids": []any{"{BBBBBBBB-0000-7000-8000-00000000000B}", "me"}, "days": []any{"2026-01-01", "soon"}},
		Request: rules.Request{Op: rules.Update, Time: time.Date(2026, 3, 1, 0, 30, 0, 0, time.FixedZone("", 3600))}, // February 28 in UTC
		Next:    &rules.Next{Row: next},
	}
	for source, want := range map[string]string{
		`doc.d == "2026-01-31"`:                     `doc.d == "2026-01-31"`,
		`doc.d > today()`:                           `doc.d > "2026-02-28"`,
		`doc.d >= today() - duration("720h")`:       `doc.d >= "2026-01-29"`,
		`doc.d < duration("24h") + today()`:         `doc.d < "2026-03-01"`,
		`doc.d > today() - duration("1h")`:          `false`,
		`doc.d == auth.born`:                        `doc.d == "2000-02-29"`,
		`doc.d == auth.no`:                          `false`,
		`doc.d in auth.days`:                        `doc.d == "2026-01-01"`,
		`doc.d == doc.e`:                            `doc.d == doc.e`,
		`doc.u == auth.id`:                          `doc.u == "aaaaaaaa-0000-7000-8000-00000000000a"`,
		`next.u == auth.id`:                         `true`,
		`next.u in [auth.id]`:                       `true`,
		`doc.u in auth.ids`:                         `doc.u == "bbbbbbbb-0000-7000-8000-00000000000b"`,
		`doc.u == auth.no`:                          `false`,
		`next.u < auth.born + "x"`:                  `false`,
		`doc.u < auth.born + "x"`:                   `false`,
		`doc.u == doc.id`:                           `doc.u == doc.id`,
		`get("typed", doc.u).d == today()`:          `exists("typed": id == doc.u && d == "2026-02-28")`,
		`exists("typed", {"u": auth.id})`:           `exists("typed": u == "aaaaaaaa-0000-7000-8000-00000000000a")`,
		`doc.d == next.d`:                           `doc.d == "2026-01-31"`,
		`next.d < today()`:                          `true`,
		`next.d == "2026-01-31"`:                    `true`,
		`today() - next.d == duration("672h")`:      `true`,
		`today() == "2026-02-28"`:                   `true`,
		`string(today()) == "2026-02-28"`:           `true`,
		`next.d == doc.s`:                           `false`,
		`doc.s == string(next.d)`:                   `doc.s == "2026-01-31"`,
		`{"d": next.d}.d == "2026-01-31"`:           `true`,
		`[next.d] == ["2026-01-31"]`:                `true`,
		`doc.d == "infinity"`:                       `doc.d == "infinity"`,
		`today() + duration("100000000h") == nil`:   `true`,
		`exists("typed", {"d": {"$lte": today()}})`: `exists("typed": d <= "2026-02-28")`,
		`exists("typed", {"d": doc.e})`:             `exists("typed": d == doc.e)`,
		`get("typed", auth.no).d == today()`:        `exists("typed": id == "2001-02-29" && d == "2026-02-28")`,
	} {
		rule, err := rules.Compile(source, rules.Scope{Shape: typed, Collections: map[string]*query.Shape{"typed": typed}}, rules.Update)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		f, err := rule.Fold(env)
		if err != nil || query.Format(f) != want {
			t.Errorf("%s folds to %s, %v; want %s", source, query.Format(f), err, want)
		}
	}
}

func TestTypes_AreChecked(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`doc.d == "2026-02-30"`:           `doc.d is of type date and cannot equal or be ordered against "2026-02-30"`,
		`doc.d > 5`:                       `is of type date`,
		`doc.d > now()`:                   `compare dates with today()`,
		`now() < doc.d`:                   `compare dates with today()`,
		`doc.t > today()`:                 `compare dates with today()`,
		`doc.t == doc.d`:                  `cannot be compared`,
		`doc.s == doc.d`:                  `cannot be compared`,
		`doc.d startsWith "2026"`:         `works on strings`,
		`len(doc.d) == 10`:                `len takes a string`,
		`doc.d`:                           `a field of type date; compare it`,
		`doc.d in ["2026-01-01", "soon"]`: `"soon"`,
		`doc.u == "me"`:                   `doc.u is of type uuid`,
		`doc.u == doc.d`:                  `cannot be compared`,
		`exists("typed", {"u": "me"})`:    `is of type uuid`,
		`today(1) == doc.d`:               `argument`,
		`exists("typed", {"d": "soon"})`:  `is of type date`,
		`exists("typed", {"d": doc.t})`:   `cannot be compared`,
	} {
		_, err := rules.Compile(source, rules.Scope{Shape: typed, Collections: map[string]*query.Shape{"typed": typed}}, rules.Update)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", source, err, want)
		}
	}
}
