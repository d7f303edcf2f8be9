package dbtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// members is the collection of the rules' lookups.
var members = query.NewShape([]query.Field{
	{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "team", Type: query.TypeString}, {Name: "user", Type: query.TypeString},
	{Name: "n", Type: query.TypeInt}, {Name: "j", Type: query.TypeJSON},
})

// related returns the two collections of the rules.
func related(name string) (things, others *db.Collection) {
	things = Collection(name)
	others = &db.Collection{Name: "members", Table: name + "_members", Shape: members}
	for _, f := range members.Fields {
		others.Columns = append(others.Columns, db.Column{Name: f.Name, Type: f.Type, Index: f.Name == "user"})
	}
	both := map[string]*db.Collection{"members": others, "things": things}
	things.Related, others.Related = both, both
	return things, others
}

var scope = rules.Scope{Shape: shape, Collections: map[string]*query.Shape{"members": members, "things": shape}}

// ruleText draws the source of a rule.
type ruleText struct {
	*rapid.T
	lookups, expressions, decimals bool
}

func (t ruleText) pick(label string, options ...string) string {
	return rapid.SampledFrom(options).Draw(t.T, label)
}

func (t ruleText) op() string { return t.pick("op", "==", "!=", "<", "<=", ">", ">=") }

func (t ruleText) text() string {
	if rapid.IntRange(0, 2).Draw(t.T, "claim") == 0 {
		return t.pick("claim", "auth.id", "auth.role", "auth.nothing", "auth.n")
	}
	return query.String(rapid.SampledFrom(texts).Draw(t.T, "text")).JSON()
}

func (t ruleText) number() string {
	return t.pick("number", "0", "1", "2", "-1", "0.5", "9007199254740993", "auth.n", "auth.f", "auth.nothing", "auth.n - 1", "1e300", "nil")
}

func (t ruleText) at() string {
	return t.pick("time", `"2026-01-01T00:00:00Z"`, `"1970-01-01T00:00:00.123456Z"`, "now()", `now() - duration("1h")`, "auth.nothing", `"infinity"`, `"-infinity"`, `"+012026-01-01T00:00:00Z"`, "nil")
}

func (t ruleText) date() string {
	return t.pick("date", `"2026-02-28"`, `"1969-12-31"`, "today()", `today() - duration("24h")`, "auth.nothing", `"infinity"`, `"-infinity"`, "nil")
}

// prices is the field of decimals, where there are some.
func (t ruleText) prices() []string {
	if t.decimals {
		return []string{"p"}
	}
	return nil
}

func (t ruleText) list() string {
	return t.pick("list", "auth.teams", `["a", "ab"]`, `["", "é", nil]`, "auth.nothing", "[]")
}

// scalarJSON draws a value to compare a json field with.
func (t ruleText) scalarJSON() string {
	return t.pick("json", `"a"`, `"1"`, "1", "1.0", "0.5", "true", "false", "nil", "auth.id", "auth.n", "2.5", "9007199254740993")
}

func (t ruleText) path() string { return t.pick("path", "doc.j", "doc.j.a", "doc.j.a.b", "doc.j.b") }

func (t ruleText) condition(depth int) string {
	if depth > 0 {
		switch rapid.IntRange(0, 6).Draw(t.T, "kind") {
		case 0:
			return "(" + t.condition(depth-1) + " && " + t.condition(depth-1) + ")"
		case 1:
			return "(" + t.condition(depth-1) + " || " + t.condition(depth-1) + ")"
		case 2:
			return "!(" + t.condition(depth-1) + ")"
		case 3:
			return "(" + t.condition(depth-1) + " ? " + t.condition(depth-1) + " : " + t.condition(depth-1) + ")"
		}
	}
	if rapid.IntRange(0, 3).Draw(t.T, "absent") == 0 {
		return t.absent()
	}
	leaves := 15
	if t.lookups {
		leaves = 22
	}
	switch rapid.IntRange(0, leaves).Draw(t.T, "leaf") {
	case 0:
		return "doc.s " + t.op() + " " + t.text()
	case 1:
		return t.number() + " " + t.op() + " doc." + t.pick("field", "n", "f")
	case 2:
		return "doc.b"
	case 3:
		return "doc.b " + t.pick("op", "==", "!=") + " " + t.pick("bool", "true", "false", "nil")
	case 4:
		switch rapid.IntRange(0, 3).Draw(t.T, "type") {
		case 0:
			return "doc.u " + t.op() + " " + t.pick("uuid", `"`+uuids[0]+`"`, `"`+uuids[1]+`"`, `"`+uuids[3]+`"`, "auth.nothing", "nil")
		case 1:
			if t.decimals {
				return "doc.p " + t.op() + " " + t.pick("decimal", "0.1", "1", `"1.050"`, `"0.12345678901234567890123456789012"`, "9007199254740993", "auth.n", "auth.nothing", "nil")
			}
			return "doc.b"
		case 2:
			return "doc.d " + t.op() + " " + t.date()
		}
		return "doc.t " + t.op() + " " + t.at()
	case 5:
		return "doc.s " + t.pick("in", "in", "not in") + " " + t.list()
	case 6:
		return "doc.s " + t.pick("text op", "contains", "startsWith", "endsWith") + " " + t.text()
	case 7:
		return t.path() + " " + t.op() + " " + t.scalarJSON()
	case 8:
		return t.scalarJSON() + " in " + t.path()
	case 9:
		return "len(" + t.pick("of", "doc.s", t.path()) + ") " + t.op() + " " + t.pick("length", "0", "1", "2")
	case 10:
		return "(doc.s ?? " + t.pick("default", `"a"`, "auth.id", "nil") + ") " + t.op() + " " + t.text()
	case 11:
		return t.pick("any", "any", "all", "none") + "(" + t.pick("list", "auth.teams", `["a"]`) + ", doc.s " + t.op() + " #)"
	case 12:
		if !t.expressions {
			return "doc.b"
		}
		return t.pick("pair", "doc.n", "doc.f") + " " + t.op() + " " + t.pick("pair", "doc.n2", "doc.f")
	case 13:
		return t.text() + " " + t.op() + " " + t.text()
	case 14:
		return "(doc.b ? doc.s : " + t.text() + ") " + t.op() + " " + t.text()
	case 15:
		return t.pick("like", "like", "ilike") + "(" + t.pick("of", "doc.s", t.path(), "auth.role") + ", " + t.pick("with", query.String(pattern(t.T)).JSON(), "auth.role", "auth.nothing") + ")"
	case 16:
		return `exists("members", {"team": doc.s, "user": ` + t.text() + `})`
	case 17:
		return `exists("members", {"team": ` + t.text() + `, "n": {"` + t.pick("op", "$gt", "$lte", "$ne", "$eq") + `": ` + t.number() + `}})`
	case 18:
		return `exists("members", {"user": {"$in": ` + t.list() + `}, "n": {"` + t.pick("op", "$gt", "$gte", "$lt", "$lte") + `": doc.n}})`
	case 19:
		return `get("members", ` + t.pick("id", "doc.s", t.text()) + `).` + t.pick("field", "team", "user") + " " + t.op() + " " + t.text()
	case 20:
		return `get("members", doc.s).` + t.pick("field", "team", "user") + " " + t.op() + " doc.s"
	case 21:
		return `get("members", doc.s).` + t.pick("path", "j", "j.a") + " " + t.op() + " " + t.scalarJSON()
	}
	return `get("members", get("members", doc.s).team).user ` + t.pick("text op", "startsWith", "==", "!=") + " " + t.text()
}

// claim draws a claim that is absent for many callers, and always for anonymous ones.
func (t ruleText) claim() string {
	return t.pick("claim", "auth.id", "auth.role", "auth.nothing", "auth.nothing.at.all", "auth.teams[1]", "auth.teams[9]")
}

// absent draws a condition that compares a possibly absent value with a possibly null one.
func (t ruleText) absent() string {
	equal, in := t.pick("equal", "==", "!="), t.pick("in", "in", "not in")
	leaves := 10
	if t.lookups {
		leaves = 21
	}
	switch rapid.IntRange(0, leaves).Draw(t.T, "absent leaf") {
	case 0:
		return t.claim() + " " + equal + " doc." + t.pick("field", append([]string{"s", "n", "t", "d", "u", "b", "j", "j.a"}, t.prices()...)...)
	case 1:
		return t.claim() + " " + t.op() + " " + t.claim()
	case 2:
		return t.pick("caller", "auth", t.claim()) + " " + equal + " nil"
	case 3:
		return t.claim() + " " + in + " " + t.pick("list", "doc.j", "doc.j.a", "[nil]", "auth.teams", "[auth.nothing]")
	case 4:
		return "nil " + in + " " + t.pick("list", "doc.j", "auth.teams", "[nil]")
	case 5:
		return "doc.s " + in + " " + t.pick("list", "[auth.id, auth.nothing]", `[nil, auth.role, "a"]`, "auth.teams", "[auth.id ?? nil]")
	case 6:
		return t.pick("any", "any", "all", "none") + "(" + t.pick("list", "auth.teams", "[auth.id]", "[auth.nothing, nil]") + ", # " + equal + " doc.s)"
	case 7:
		return "(" + t.claim() + " ?? nil) " + equal + " doc.s"
	case 8:
		return "(doc.b ? nil : doc.s) " + equal + " " + t.claim()
	case 9:
		return "(doc.b ? " + t.claim() + " : nil) " + equal + " nil"
	case 10:
		return "(let x = " + t.claim() + "; doc.s " + equal + " x)"
	case 11:
		return `exists("members", {"team": ` + t.claim() + `})`
	case 12:
		return `exists("members", {"team": doc.s})`
	case 13:
		return `exists("members", {"team": nil, "user": {"` + t.pick("op", "$ne", "$eq") + `": nil}})`
	case 14:
		return `exists("members", {"user": {"$ne": ` + t.claim() + `}, "team": doc.s})`
	case 15:
		return `exists("members", {"user": {"$in": ` + t.pick("list", "[nil]", "[auth.id, auth.nothing]", "auth.teams") + `}})`
	case 16:
		return `get("members", ` + t.pick("id", "doc.s", t.claim()) + `).team ` + equal + " " + t.pick("with", "doc.s", t.claim(), "nil")
	case 17:
		return `get("members", doc.s).` + t.pick("field", "team", "j.a") + " " + in + " " + t.pick("list", `["a", nil]`, "[nil]", "auth.teams")
	case 18:
		return t.pick("item", "nil", t.claim(), `"a"`) + " " + in + ` get("members", doc.s).j`
	case 19:
		return `(get("members", doc.s).team ?? nil) ` + equal + " doc.s"
	case 20:
		return `exists("members", {"team": get("members", doc.s).user})`
	}
	return `(doc.b ? get("members", doc.s).user : ` + t.claim() + ") " + equal + " nil"
}

func caller(t *rapid.T) map[string]any {
	if rapid.IntRange(0, 5).Draw(t, "anonymous") == 0 {
		return nil
	}
	text := func(label string) any { return rapid.SampledFrom(texts).Draw(t, label) }
	auth := map[string]any{
		"sub": text("sub"), "role": text("role"), "n": rapid.SampledFrom(ints).Draw(t, "n"), "f": rapid.SampledFrom(floats).Draw(t, "f"),
		"teams": []any{text("team"), text("team")},
	}
	switch rapid.IntRange(0, 3).Draw(t, "claims") {
	case 0:
		auth["teams"], auth["role"] = []any{text("team"), nil}, nil
	case 1:
		return map[string]any{"sub": auth["sub"]}
	}
	return auth
}

func member(t *rapid.T, i int) query.Row {
	r := make(query.Row, len(members.Fields))
	r[0] = query.String([]string{"a", "b", "ab", "A", "1", "true"}[i])
	for n, f := range members.Fields[1:] {
		r[n+1] = stored(t, f)
	}
	return r
}

// meaning draws documents, callers, rules and client filters, and compares everything that can evaluate a rule:
// the language's own virtual machine, the rule with the document, its residual in memory, and its residual in the
// database.
func meaning(t *testing.T, d db.Driver, things *db.Collection, except Exceptions) {
	ctx := context.Background()
	_, lookups := db.As[db.Correlator](d)
	if lookups != (except.Lookups == "") {
		t.Fatalf("the statements of the driver accept lookups: %v; its exceptions say %q", lookups, except.Lookups)
	}
	things, others := related(things.Table)
	must(t, d.Sync(ctx, []*db.Collection{things, others}))
	request := rules.Request{Op: rules.Read, Time: time.Unix(1767225600, 0).UTC(), IP: "10.0.0.1"}
	rapid.Check(t, func(rt *rapid.T) {
		rows := make([]query.Row, rapid.IntRange(1, 8).Draw(rt, "documents"))
		for i := range rows {
			rows[i] = except.document(rt, i)
		}
		rows = rounded(d, rows)
		around := make([]query.Row, rapid.IntRange(0, 6).Draw(rt, "members"))
		for i := range around {
			around[i] = except.taken(member(rt, i))
		}
		must(t, errOnly(d.Delete(ctx, things, query.True)))
		must(t, errOnly(d.Delete(ctx, others, query.True)))
		must(t, d.Insert(ctx, things, rows))
		if len(around) > 0 {
			must(t, d.Insert(ctx, others, around))
		}
		tables := query.Tables(scope.Collections, map[string][]query.Row{"members": around, "things": rows})
		for range 100 {
			auth := caller(rt)
			source := ruleText{rt, lookups, except.Expressions == "", except.Decimals == ""}.condition(2)
			rule, err := rules.Compile(source, scope, rules.Read)
			if err != nil {
				rt.Fatalf("%s: %v", source, err)
			}
			env := rules.Env{Auth: auth, Request: request}
			residual, err := rule.Fold(&env)
			if err != nil {
				rt.Fatalf("%s: %v", source, err)
			}
			machine := newMachine(source, auth, request, around)
			filter := query.Filter(query.True)
			if rapid.Bool().Draw(rt, "with a filter") {
				filter = except.filter(rt)
			}
			var want []string
			for _, r := range rows {
				withDoc := env
				withDoc.Doc = r
				closed, err := rule.Fold(&withDoc)
				if err != nil {
					rt.Fatalf("%s: %v", source, err)
				}
				answers := []bool{machine.run(rt, r), query.Match(closed, shape, r, tables), query.Match(residual, shape, r, tables)}
				if answers[0] != answers[1] || answers[1] != answers[2] {
					rt.Fatalf("%s\n for %v on %s\n the machine, the rule and the residual %s say %v", source, auth, show([]query.Row{r}), query.Format(residual), answers)
				}
				if answers[0] && query.Match(filter, shape, r, tables) {
					want = append(want, r[0].Text())
				}
			}
			if got := ids(all(t, d, things, query.All(filter, residual))); !slices.Equal(got, want) && len(got)+len(want) > 0 {
				rt.Fatalf("%s\n for %v with the filter %s\n selects %v in the database and %v in memory of %s\n members %s",
					source, auth, query.Format(filter), got, want, show(rows), showMembers(around))
			}
		}
	})
}

func showMembers(rows []query.Row) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "\n  %s team=%s user=%s n=%s j=%s", r[0].JSON(), r[1].JSON(), r[2].JSON(), r[3].JSON(), r[4].JSON())
	}
	return b.String()
}
