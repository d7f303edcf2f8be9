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
	{Name: "p", Type: query.TypeDecimal}, {Name: "n", Type: query.TypeInt}, {Name: "j", Type: query.TypeJSON}, {Name: "f", Type: query.TypeFloat},
})

func TestTypes_Fold(t *testing.T) {
	t.Parallel()
	day := func(text string) query.Value {
		v, _ := query.ParseDate(text)
		return v
	}
	next := make(query.Row, len(typed.Fields))
	next[typed.Index("d")] = day("2026-01-31")
	next[typed.Index("p")], _ = query.ParseDecimal("0.1")
	next[typed.Index("j")] = query.String("2026-02-27")
	next[typed.Index("u")] = query.String("aaaaaaaa-0000-7000-8000-00000000000a")
	env := &rules.Env{
		Auth:    map[string]any{"born": "2000-02-29", "no": "2001-02-29", "price": 19.9, "credit": "0.30000000000000000001", "one": int64(1), "sub": "AAAAAAAA-0000-7000-8000-00000000000A", "ids": []any{"{BBBBBBBB-0000-7000-8000-00000000000B}", "me"}, "days": []any{"2026-01-01", "soon"}},
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
		`doc.j.d < today() - duration("24h")`:       `false`,
		`doc.j.d == string(today())`:                `doc.j.d == "2026-02-28"`,
		`next.p in doc.j`:                           `false`,
		`doc.j in [next.p, 1]`:                      `doc.j == 1`,
		`next.j == today() - duration("24h")`:       `false`,
		`doc.p == 0.10`:                             `doc.p == 0.1`,
		`doc.p <= auth.price`:                       `doc.p <= 19.9`,
		`doc.p > auth.credit`:                       `doc.p > 0.30000000000000000001`,
		`doc.p in [1, "2.0", 0.1]`:                  `doc.p in [1,2,0.1]`,
		`doc.p == auth.no`:                          `false`,
		`next.p + 0.2 == 0.3`:                       `true`,
		`next.p * 3 < auth.credit`:                  `true`,
		`auth.one - next.p == "0.90"`:               `true`,
		`next.p == 0.1`:                             `true`,
		`next.p < 0.10000000000000001`:              `false`,
		`next.p > auth.one`:                         `false`,
		`0.1 in [next.p]`:                           `true`,
		`next.p + "1" == nil`:                       `true`,
		`next.p / 3 == nil`:                         `true`,
		`doc.p == next.p`:                           `doc.p == 0.1`,
		`doc.p >= next.p + auth.one`:                `doc.p >= 1.1`,
		`string(next.p) == "0.1"`:                   `true`,
		`exists("typed", {"p": {"$gt": next.p}})`:   `exists("typed": p > 0.1)`,
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
		`doc.d == "2026-02-30"`:                    `doc.d is of type date and cannot equal or be ordered against "2026-02-30"`,
		`doc.d > 5`:                                `is of type date`,
		`doc.d > now()`:                            `compare dates with today()`,
		`now() < doc.d`:                            `compare dates with today()`,
		`doc.t > today()`:                          `compare dates with today()`,
		`doc.t == doc.d`:                           `cannot be compared`,
		`doc.s == doc.d`:                           `cannot be compared`,
		`doc.d startsWith "2026"`:                  `works on strings`,
		`len(doc.d) == 10`:                         `len takes a string`,
		`doc.d`:                                    `a field of type date; compare it`,
		`doc.d in ["2026-01-01", "soon"]`:          `"soon"`,
		`doc.j.p == next.p`:                        `inside a json field`,
		`today() < doc.j.d`:                        `compare it with string`,
		`doc.p == "x"`:                             `doc.p is of type decimal`,
		`doc.p == true`:                            `doc.p is of type decimal`,
		`doc.p == doc.n`:                           `cannot be compared`,
		`doc.p == doc.f`:                           `cannot be compared`,
		`doc.p contains "1"`:                       `works on strings`,
		`doc.u == "me"`:                            `doc.u is of type uuid`,
		`doc.u == doc.d`:                           `cannot be compared`,
		`exists("typed", {"u": "me"})`:             `is of type uuid`,
		`today(1) == doc.d`:                        `argument`,
		`doc.d < today() + duration("100000000h")`: `"100000000h" is not a duration`,
		`exists("typed", {"d": "soon"})`:           `is of type date`,
		`exists("typed", {"d": doc.t})`:            `cannot be compared`,
	} {
		_, err := rules.Compile(source, rules.Scope{Shape: typed, Collections: map[string]*query.Shape{"typed": typed}}, rules.Update)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", source, err, want)
		}
	}
}
