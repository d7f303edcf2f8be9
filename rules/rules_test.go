package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

var (
	notes = query.NewShape([]query.Field{
		{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "owner", Type: query.TypeString}, {Name: "team", Type: query.TypeString, To: "teams"},
		{Name: "stars", Type: query.TypeInt}, {Name: "score", Type: query.TypeFloat}, {Name: "done", Type: query.TypeBool},
		{Name: "at", Type: query.TypeTime}, {Name: "tags", Type: query.TypeJSON}, {Name: "code", Type: query.TypeString, Sealed: true},
	})
	members = query.NewShape([]query.Field{
		{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "team", Type: query.TypeString}, {Name: "user", Type: query.TypeString}, {Name: "since", Type: query.TypeTime}, {Name: "level", Type: query.TypeInt},
	})
	teams = query.NewShape([]query.Field{
		{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "owner", Type: query.TypeString}, {Name: "org", Type: query.TypeString, To: "orgs"}, {Name: "meta", Type: query.TypeJSON},
	})
	orgs = query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "owner", Type: query.TypeString}, {Name: "open", Type: query.TypeBool}, {Name: "parent", Type: query.TypeString, To: "orgs"}})
)

func scope(t testing.TB) rules.Scope {
	t.Helper()
	function := func(signature, source string) *rules.Function {
		f, err := rules.ParseFunction(signature, source)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	return rules.Scope{
		Shape:       notes,
		Collections: map[string]*query.Shape{"notes": notes, "members": members, "teams": teams, "orgs": orgs},
		Functions: map[string]*rules.Function{
			"isMember": function("isMember(team)", `exists("members", {"team": team, "user": auth.id})`),
			"orgOf":    function("orgOf(t)", `t.org`),
			"loop":     function("loop(x)", `loop(x)`),
			"broken":   function("broken(x)", `x == doc.nothing`),
			"accent":   function("accent", `"ä" == doc.nothing`),
			"isOwner":  function("isOwner", `doc.owner == auth.id`),
		},
		Roles: map[string]*rules.Function{"editor": function("editor", `auth.role in ["editor", "admin"]`)},
	}
}

func fold(t testing.TB, source string, op rules.Op, env *rules.Env) query.Filter {
	t.Helper()
	rule, err := rules.Compile(source, scope(t), op)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	f, err := rule.Fold(env)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return f
}

var (
	ada = map[string]any{"sub": "ada", "role": "editor", "teams": []any{"a", "b"}, "age": int64(36), "org": map[string]any{"plan": "pro"}}
	now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func TestFold_LeavesWhatDependsOnTheDocument(t *testing.T) {
	for source, want := range map[string]string{
		`true`:                       `true`,
		`auth != nil`:                `true`,
		`auth.id == "ada"`:           `true`,
		`auth.nothing.at.all == nil`: `true`,
		`auth.nothing > 3`:           `false`,
		`!(auth.nothing > 3)`:        `true`,
		`auth.age >= 18 && auth.org.plan == "pro"`: `true`,
		`roles.editor`:                                        `true`,
		`doc.owner == auth.id`:                                `"owner"=="ada"`,
		`auth.id == doc.owner`:                                `"owner"=="ada"`,
		`doc.owner != auth.id`:                                `not("owner"=="ada")`,
		`isOwner()`:                                           `"owner"=="ada"`,
		`doc.team in auth.teams`:                              `"team" in["a","b"]`,
		`any(auth.teams, doc.team == #)`:                      `or("team"=="a","team"=="b")`,
		`all(auth.teams, # != doc.team)`:                      `and(not("team"=="a"),not("team"=="b"))`,
		`auth.role == "admin" || doc.done`:                    `"done"==true`,
		`auth.role == "editor" || doc.done`:                   `true`,
		`auth.role == "admin" && doc.done`:                    `false`,
		`doc.done ? doc.owner == auth.id : true`:              `or(and("done"==true,"owner"=="ada"),not("done"==true))`,
		`(doc.team ?? "none") == "a"`:                         `and("team"=="a",not("team"==null))`,
		`(doc.team ?? "none") == "none"`:                      `or("team"==null,and("team"=="none",not("team"==null)))`,
		`doc.stars > auth.age - 30`:                           `"stars">6`,
		`doc.stars == "3"`:                                    ``,
		`doc.at < now() - duration("1h")`:                     `"at"<t"2026-01-02T02:04:05.000000Z"`,
		`len(doc.owner) > 3`:                                  `len("owner")>3`,
		`doc.owner startsWith auth.id`:                        `"owner" startsWith "ada"`,
		`doc.owner matches "^inv-"`:                           `"owner" startsWith "inv-"`,
		`"x" in doc.tags`:                                     `"tags" has "x"`,
		`doc.tags.color == auth.role`:                         `"tags.color"=="editor"`,
		`let me = auth.id; doc.owner == me`:                   `"owner"=="ada"`,
		`request.op == "read" && request.ip startsWith "10."`: `true`,
		// lookups
		`exists("members", {"team": doc.team, "user": auth.id})`: `exists("members",this."team"=="team","user"=="ada")`,
		`isMember(doc.team)`: `exists("members",this."team"=="team","user"=="ada")`,
		`exists("members", {"user": auth.id, "level": {"$gte": 2, "$lt": 5}})`:          `exists("members",and("level"<5,"level">=2,"user"=="ada"))`,
		`exists("members", {"team": {"$in": auth.teams}, "level": {"$gt": doc.stars}})`: `exists("members",this."level">"stars","team" in["a","b"])`,
		`!exists("members", {"team": doc.team})`:                                        `not(exists("members",this."team"=="team",true))`,
		`get("teams", doc.team).owner == auth.id`:                                       `exists("teams",this."id"=="team","owner"=="ada")`,
		`get("teams", doc.team).owner != auth.id`:                                       `not(exists("teams",this."id"=="team","owner"=="ada"))`,
		`get("teams", doc.team).owner == nil`:                                           `not(exists("teams",this."id"=="team",not("owner"==null)))`,
		`get("teams", doc.team).owner == doc.owner`:                                     `exists("teams",this."id"=="team",this."owner"=="owner",true)`,
		`get("teams", doc.team).meta.color == "red"`:                                    `exists("teams",this."id"=="team","meta.color"=="red")`,
		`auth.id in get("teams", doc.team).meta`:                                        `exists("teams",this."id"=="team","meta" has "ada")`,
		`get("orgs", get("teams", doc.team).org).owner == auth.id`:                      `exists("teams",this."id"=="team",exists("orgs",this."id"=="org","owner"=="ada"))`,
		`get("orgs", orgOf(get("teams", doc.team))).open`:                               `exists("teams",this."id"=="team",exists("orgs",this."id"=="org","open"==true))`,
		`get("teams", "t1").owner == auth.id`:                                           `exists("teams",and("id"=="t1","owner"=="ada"))`,
		`exists("members", {"team": get("teams", doc.team).org, "user": auth.id})`:      `exists("teams",this."id"=="team",exists("members",this."team"=="org","user"=="ada"))`,
		`get("teams", auth.nothing).owner == auth.id`:                                   `false`,
	} {
		if want == "" {
			continue // refused when it is compiled; see below
		}
		f := fold(t, source, rules.Read, &rules.Env{Auth: ada, Request: rules.Request{Op: rules.Read, Time: now, IP: "10.0.0.1"}})
		if got := query.Canonical(f); got != want {
			t.Errorf("%s folds to\n  %s, want\n  %s", source, got, want)
		}
	}
}

func TestFold_OnAnUpdateNextIsTheOldValueWhereNothingChanges(t *testing.T) {
	row := make(query.Row, len(notes.Fields))
	row[notes.Index("owner")] = query.String("bob")
	states := make([]rules.State, len(notes.Fields))
	for i := range states {
		states[i] = rules.Same
	}
	states[notes.Index("owner")] = rules.Known
	env := &rules.Env{Auth: ada, Next: &rules.Next{Row: row, States: states}}
	for source, want := range map[string]string{
		`doc.owner == auth.id && !changed("owner")`: `and("owner"=="ada","owner"=="bob")`,
		`!changed("team")`:                          `true`,
		`next.owner == "bob"`:                       `true`,
		`next.team == "a"`:                          `"team"=="a"`,
		`next.team == doc.team`:                     `"team"=="team"`,
		`isMember(next.team)`:                       `exists("members",this."team"=="team","user"=="ada")`,
	} {
		if got := query.Canonical(fold(t, source, rules.Update, env)); got != want {
			t.Errorf("%s folds to %s, want %s", source, got, want)
		}
	}
}

// TestCompile_FollowsReferences holds that doc.team.owner is get("teams", doc.team).owner, in all it decides.
func TestCompile_FollowsReferences(t *testing.T) {
	t.Parallel()
	team := func(id query.Value) query.Row {
		row := make(query.Row, len(notes.Fields))
		row[notes.Index("team")] = id
		return row
	}
	for short, long := range map[string]string{
		`@.team.owner == auth.id`:                   `get("teams", @.team).owner == auth.id`,
		`@.team.owner != auth.id`:                   `get("teams", @.team).owner != auth.id`,
		`@.team.owner == nil`:                       `get("teams", @.team).owner == nil`,
		`@?.team?.owner == auth.none`:               `get("teams", @.team).owner == auth.none`,
		`@.team.owner in auth.teams`:                `get("teams", @.team).owner in auth.teams`,
		`@["team"]["owner"] == @.owner`:             `get("teams", @.team).owner == @.owner`,
		`@.team.meta.color == "red"`:                `get("teams", @.team).meta.color == "red"`,
		`@.team.org.open`:                           `get("orgs", get("teams", @.team).org).open`,
		`get("teams", @.team).org.open`:             `get("orgs", get("teams", @.team).org).open`,
		`let t = @.team; @.team.owner == t`:         `let t = @.team; get("teams", @.team).owner == t`,
		`get("teams", @.team.org).owner == ""`:      `get("teams", get("teams", @.team).org).owner == ""`,
		`exists("members", {"user": @.team.owner})`: `exists("members", {"user": get("teams", @.team).owner})`,
	} {
		for variable, op := range map[string]rules.Op{"doc": rules.Read, "next": rules.Create} {
			for _, id := range []query.Value{query.String("t1"), query.String(""), query.Null} {
				for _, auth := range []map[string]any{nil, {"id": "ada", "teams": []any{"a"}}} {
					env := &rules.Env{Auth: auth}
					if op == rules.Create {
						env.Next = &rules.Next{Row: team(id)}
					}
					got := query.Format(fold(t, strings.ReplaceAll(short, "@", variable), op, env))
					want := query.Format(fold(t, strings.ReplaceAll(long, "@", variable), op, env))
					if got != want {
						t.Errorf("%s of %s: %s folds to %s, and %s to %s", variable, id.JSON(), short, got, long, want)
					}
				}
			}
		}
	}
}

func TestCompile_SaysWhereAndWhatToWriteInstead(t *testing.T) {
	for _, test := range []struct {
		op     rules.Op
		source string
		want   string
	}{
		{rules.Read, `doc.ownr == auth.id`, `column 5: there is no field "ownr"; did you mean "owner"?`},
		{rules.Read, `owner == auth.id`, `did you mean doc.owner`},
		{rules.Read, `next.owner == auth.id`, `this operation stores none; use doc`},
		{rules.Create, `doc.owner == auth.id`, `there is none here; use next`},
		{rules.Read, `doc.stars == "3"`, `of type int and cannot equal`},
		{rules.Read, `doc.stars + 1 > 3`, `arithmetic cannot be computed from doc`},
		{rules.Read, `doc.owner matches "a.*b"`, `limited to a literal`},
		{rules.Read, `doc.owner`, `a rule is true or false`},
		{rules.Read, `doc == nil`, `doc is the whole document; name a field`},
		{rules.Read, `changed("owner")`, `only be used in an update rule`},
		{rules.Read, `doc.code == "x"`, `encrypted or hashed`},
		{rules.Read, `len(doc.tags) == doc.stars`, `a length can only be compared with a known number`},
		{rules.Read, `upper(doc.owner) == "X"`, `a function cannot be computed from doc`},
		{rules.Read, `foo(1)`, `there is no function "foo"`},
		{rules.Read, `doc.team.ownr == auth.id`, `column 10: there is no field "ownr"; did you mean "owner"?`},
		{rules.Read, `doc.team.org.opn`, `did you mean "open"?`},
		{rules.Read, `doc.team.org.parent.parent.open`, `more than 3 deep`},
		{rules.Read, `doc.owner.name == "x"`, `owner is of type string and has nothing inside`},
		{rules.Create, `doc.team.owner == auth.id`, `there is none here; use next`},
		{rules.Read, `next.team.owner == auth.id`, `this operation stores none; use doc`},
		{rules.Read, `get("members", "m").team.x == 1`, `team is of type string and has nothing inside`},
		{rules.Read, `user.id == doc.owner`, `there is no variable "user"; write auth`},
		{rules.Read, `resource.owner == auth.id`, `write doc`},
		{rules.Read, `doc.owner == undefined`, `write nil`},
		{rules.Read, `request.auth.uid == doc.owner`, `the caller is auth, not a member of request`},
		{rules.Create, `request.resource.owner == auth.id`, `is next, not a member of request`},
		{rules.Read, `doc.owner.startsWith("a")`, `startsWith is an operator; write doc.owner startsWith …`},
		{rules.Read, `doc.tags.includes("a")`, `write … in doc.tags`},
		{rules.Read, `doc.owner.length() > 3`, `write len(doc.owner)`},
		{rules.Read, `doc.owner.length > 3`, `owner has no length; write len(…)`},
		{rules.Read, `doc.owner = auth.id AND doc.done`, `column 11: use == to compare`},
		{rules.Read, `auth.id ==`, `column 11: a value or a condition is missing after ==`},
		{rules.Read, strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100), `nested more than`},
		{rules.Read, strings.Repeat("(", 60) + "auth.a" + strings.Repeat(" ?: auth.b)", 60) + " == 1", `made of more than`},
		{rules.Read, strings.Repeat("true || ", 2000) + "true", `longer than`},
		{rules.Read, `roles.admin`, `there is no role "admin"`},
		{rules.Read, `exists("member", {"user": auth.id})`, `there is no collection "member"; did you mean "members"?`},
		{rules.Read, `exists(auth.x, {})`, `must be a string literal`},
		{rules.Read, `exists("members", "x")`, `conditions on the fields of members`},
		{rules.Read, `exists("members", {"usr": auth.id})`, `did you mean "user"?`},
		{rules.Read, `exists("members", {"user": {"$regex": "x"}})`, `$eq $ne $gt`},
		{rules.Read, `exists("members", {"user": {"$ne": doc.owner}})`, `and not with !=`},
		{rules.Read, `exists("members", {"user": doc.stars})`, `cannot be compared with a value of type int`},
		{rules.Read, `exists("members", {"user": doc.tags})`, `a json field or a list cannot link`},
		{rules.Read, `exists("members", {"user": doc.done && true})`, `with a condition or a length`},
		{rules.Read, `exists("members", {"level": "x"})`, `of type int and cannot equal`},
		{rules.Read, `exists("notes", {"code": "x"})`, `is encrypted`},
		{rules.Read, `exists("members", {"team": get("teams", doc.team).org, "user": doc.owner})`, `both another lookup and a field of doc`},
		{rules.Read, `get("teams", doc.team)`, `is a whole document; name a field of it`},
		{rules.Read, `get("teams", doc.stars).owner == "x"`, `is an id of teams, which is string`},
		{rules.Read, `get("teams", doc.team).owner == get("teams", doc.owner).owner`, `cannot be compared with each other`},
		{rules.Read, `get("orgs", get("teams", doc.team).org).owner == doc.owner`, `reached over two documents`},
		{rules.Read, `get("orgs", get("orgs", get("orgs", get("orgs", "x").owner).owner).owner).owner == "x"`, `more than 3 deep`},
		{rules.Read, `get("notes", doc.team).code == "x"`, `encrypted or hashed`},
		{rules.Read, `len(get("teams", doc.team).owner) > 1`, `another document's field`},
		{rules.Read, `loop(1)`, `calls itself`},
		{rules.Read, `isMember()`, `isMember takes 1 argument(s), not 0`},
		{rules.Read, `accent()`, `column 1: in accent, column 12: there is no field "nothing"`},
		{rules.Read, `broken(1)`, `column 1: in broken, column 10: there is no field "nothing"`},
	} {
		_, err := rules.Compile(test.source, scope(t), test.op)
		var e *rules.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80s: got %v, want %s", test.source, err, test.want)
		}
	}
	if _, err := rules.CompileValue(`get("teams", next.team).owner`, scope(t)); err == nil || !strings.Contains(err.Error(), "cannot look documents up") {
		t.Errorf("a forced value that looks up: %v", err)
	}
	for _, signature := range []string{"", "a b", "f(", "f(x,x)", "f(auth)", "exists", "len(x)"} {
		if _, err := rules.ParseFunction(signature, "true"); err == nil {
			t.Errorf("the signature %q is accepted", signature)
		}
	}
}

func TestFold_ClaimsCanNotMakeItGrowWithoutBound(t *testing.T) {
	many := make([]any, 5000)
	for i := range many {
		many[i] = fmt.Sprintf("t%d", i)
	}
	env := &rules.Env{Auth: map[string]any{"sub": "x", "teams": many}}
	for _, source := range []string{`doc.team in auth.teams`, `any(auth.teams, doc.team == #)`, `all(auth.teams, any(auth.teams, # == doc.team))`} {
		rule, err := rules.Compile(source, scope(t), rules.Read)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := rule.Fold(env); fault.CodeOf(err) != fault.Forbidden || f != query.False {
			t.Errorf("%s: got %v", source, err)
		}
	}
}

func TestConstant_AndIndexes(t *testing.T) {
	for source, want := range map[string]string{
		`true`: "", `doc.done`: "", `1 == 1`: "true", `doc.done || true`: "true", `doc.team == "a" && doc.team == "b"`: "false", `doc.team == "a" || doc.team == "b"`: "", `!(1 < 2)`: "false",
	} {
		rule, err := rules.Compile(source, scope(t), rules.Read)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if value, constant := rule.Constant(); constant {
			got = fmt.Sprint(value)
		}
		if got != want {
			t.Errorf("%s is constant: %q, want %q", source, got, want)
		}
	}
	for source, want := range map[string]string{
		`doc.owner == auth.id`:                                   `[{ [owner]}]`,
		`auth != nil && doc.owner == auth.id`:                    `[{ [owner]}]`,
		`doc.owner == auth.id && doc.team == "x"`:                `[{ [owner team]}]`,
		`doc.owner == auth.id || doc.team in auth.teams`:         `[{ [owner]} { [team]}]`,
		`doc.done || doc.owner == auth.id`:                       `[]`,
		`doc.stars > 3`:                                          `[]`,
		`exists("members", {"team": doc.team, "user": auth.id})`: `[{ [team]} {members [team user]}]`,
	} {
		rule, err := rules.Compile(source, scope(t), rules.Read)
		if err != nil {
			t.Fatal(err)
		}
		got := []rules.Index{}
		got = append(got, rule.Indexes()...)
		if fmt.Sprint(got) != want {
			t.Errorf("%s needs %v, want %s", source, got, want)
		}
	}
}

func TestTrace_TellsEveryCondition(t *testing.T) {
	rule, err := rules.Compile(`auth.role == "admin" || doc.owner == auth.id && !doc.done`, scope(t), rules.Read)
	if err != nil {
		t.Fatal(err)
	}
	row := make(query.Row, len(notes.Fields))
	row[notes.Index("owner")] = query.String("ada")
	row[notes.Index("done")] = query.Bool(true)
	f, steps, err := rule.Trace(&rules.Env{Auth: ada, Doc: row})
	if err != nil || f != query.False {
		t.Fatalf("got %v, %v", f, err)
	}
	var got []string
	for _, s := range steps {
		got = append(got, fmt.Sprint(s.Source, s.Outcomes))
	}
	want := []string{`auth.role == "admin"[false]`, `doc.owner == auth.id[true]`, `!doc.done[false]`, `doc.owner == auth.id && !doc.done[false]`, `auth.role == "admin" || (doc.owner == auth.id && !doc.done)[false]`}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// FuzzCompile looks for a rule that panics, hangs or grows without bound, and for one whose residual
// says something else about a document than the rule does with the document at hand.
func FuzzCompile(f *testing.F) {
	for _, source := range []string{
		`doc.owner == auth.id`, `doc.team in auth.teams && !(doc.stars > 3)`, `doc.done ? doc.team == "a" : doc.stars < auth.age`, `(doc.team ?? auth.id) startsWith "a"`,
		`any(auth.teams, # == doc.team || doc.owner contains #)`, `"x" in doc.tags || doc.tags.color == "red"`, `doc.at < now() - duration("1h")`, `len(doc.owner) == 3`,
		`exists("members", {"team": doc.team, "user": auth.id})`, `get("teams", doc.team).owner == doc.owner`, `let x = doc.team; x == "a" || x == nil`,
		`count(auth.teams, # == "a") == 1`, `doc.owner == (doc.done ? doc.team : auth.id)`, `get("orgs", get("teams", doc.team).org).open`, `not (doc.score >= 1.5) and doc.stars == 2`,
	} {
		f.Add(source, "ada", int64(2), true)
	}
	s := scope(f)
	f.Fuzz(func(t *testing.T, source, text string, n int64, done bool) {
		rule, err := rules.Compile(source, s, rules.Read)
		if err != nil {
			var e *rules.Error
			if !errors.As(err, &e) {
				t.Errorf("%v is no *rules.Error", err)
			}
			return
		}
		row := make(query.Row, len(notes.Fields))
		for name, v := range map[string]query.Value{
			"id": query.String("n1"), "owner": query.String(text), "team": query.String("a"), "stars": query.Int(n), "score": query.Float(float64(n) / 2), "done": query.Bool(done),
			"at": query.Time(now.Add(-2 * time.Hour)), "tags": query.RawJSON(`{"color":"red","list":["x"]}`),
		} {
			row[notes.Index(name)] = v
		}
		tables := query.Tables(map[string]*query.Shape{"members": members, "teams": teams, "orgs": orgs, "notes": notes}, map[string][]query.Row{
			"members": {{query.String("m1"), query.String("a"), query.String("ada"), query.Null, query.Int(1)}},
			"teams":   {{query.String("a"), query.String("ada"), query.String("o1"), query.Null}},
			"orgs":    {{query.String("o1"), query.String("ada"), query.Bool(true)}},
			"notes":   {row},
		})
		env := &rules.Env{Auth: ada, Request: rules.Request{Op: rules.Read, Time: now, IP: text}}
		residual, err := rule.Fold(env)
		if err != nil {
			return
		}
		env.Doc = row
		closed, err := rule.Fold(env)
		if err != nil {
			return
		}
		if a, b := query.Match(residual, notes, row, tables), query.Match(closed, notes, row, tables); a != b {
			t.Errorf("%s: the residual %s says %v, and with the document the rule says %v (%s)", source, query.Canonical(residual), a, b, query.Canonical(closed))
		}
	})
}

func benchmark(b *testing.B, source string) {
	rule, err := rules.Compile(source, scope(b), rules.Read)
	if err != nil {
		b.Fatal(err)
	}
	env := &rules.Env{Auth: ada, Request: rules.Request{Op: rules.Read, Time: now}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rule.Fold(env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFold_Owner(b *testing.B) { benchmark(b, `doc.owner == auth.id`) }

func BenchmarkFold_TenTerms(b *testing.B) {
	benchmark(b, `auth != nil && (auth.role == "admin" || doc.owner == auth.id || doc.team in auth.teams && doc.stars > 3 && !doc.done && doc.score < 4.5 && doc.at > now() && "x" in doc.tags && doc.owner startsWith "a")`)
}

func BenchmarkFold_Lookup(b *testing.B) {
	benchmark(b, `exists("members", {"team": doc.team, "user": auth.id})`)
}
