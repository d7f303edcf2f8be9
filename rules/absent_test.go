package rules_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// nullClaims has only the claims that every token has, one of which is null.
var nullClaims = map[string]any{"sub": "ada", "team": nil, "teams": []any{nil}, "pair": []any{nil, "b"}}

func TestFold_AbsentEqualsOnlyTheWordNil(t *testing.T) {
	for _, test := range []struct {
		source   string
		auth     map[string]any
		residual string
	}{
		{`doc.owner == auth.id`, nil, `false`},
		{`auth.id == doc.owner`, nil, `false`},
		{`doc.owner != auth.id`, nil, `true`},
		{`!(doc.owner == auth.id)`, nil, `true`},
		{`auth.id == nil`, nil, `true`},
		{`nil == auth.id`, nil, `true`},
		{`auth == nil`, nil, `true`},
		{`auth != nil`, nullClaims, `true`},
		{`auth.id == auth.id`, nil, `false`},
		{`auth.nothing == auth.missing`, nullClaims, `false`},
		{`doc.team == auth.team`, nullClaims, `false`},
		{`doc.team in auth.teams`, nullClaims, `false`},
		{`doc.team in auth.teams`, nil, `false`},
		{`!(doc.team in auth.teams)`, nil, `true`},
		{`doc.team in [auth.id]`, nil, `false`},
		{`doc.team in [auth.id, "a"]`, nil, `"team"=="a"`},
		{`doc.team in [nil, "a"]`, nil, `"team" in["a",null]`},
		{`doc.team == nil`, nil, `"team"==null`},
		{`auth.id in doc.tags`, nil, `false`},
		{`nil in doc.tags`, nil, `"tags" has null`},
		{`nil in auth.teams`, nullClaims, `false`},
		{`auth.role in [nil]`, nil, `false`},
		{`any(auth.teams, # == doc.team)`, nullClaims, `false`},
		{`all([auth.id], # == doc.owner)`, nil, `false`},
		{`doc.owner == (auth.id ?? nil)`, nil, `false`},
		{`doc.owner == (auth != nil ? auth.id : nil)`, nil, `false`},
		{`(doc.owner ?? nil) == auth.id`, nil, `false`},
		{`(auth.id ?? "guest") == "guest"`, nil, `true`},
		{`doc.owner == (auth.id ?? doc.team)`, nil, `"owner"=="team"`},
		{`let me = auth.id; doc.owner == me`, nil, `false`},
		{`let none = nil; doc.owner == none`, nil, `"owner"==null`},
		{`doc.owner == lower(auth.id)`, nil, `false`},
		{`doc.owner == first(auth.pair)`, nullClaims, `false`},
		{`doc.owner == join(auth.pair, "-")`, nullClaims, `false`},
		{`doc.owner == auth.pair[0]`, nullClaims, `false`},
		{`doc.owner == map(auth.pair, #)[0]`, nullClaims, `false`},
		{`doc.owner in filter(auth.pair, # != "b")`, nullClaims, `false`},
		{`doc.owner in concat(auth.teams, ["x"])`, nullClaims, `"owner"=="x"`},
		{`doc.owner == {"a": auth.team}.a`, nullClaims, `false`},
		{`doc.stars == auth.age + 1`, nil, `false`},
		{`doc.stars == -auth.age`, nil, `false`},
		{`doc.score == auth.zero / 0`, map[string]any{"zero": int64(0)}, `false`},
		{`doc.stars == int(auth.level)`, map[string]any{"level": "high"}, `false`},
		{`doc.stars < auth.age`, nil, `false`},
		{`[auth.id, auth.team] == [auth.id, auth.team]`, nil, `false`},
		{`doc.owner contains auth.id`, nil, `false`},
		{`roles.editor`, nil, `false`},
		{`isOwner()`, nil, `false`},
		// what another document has not is absent too, and what is in a condition on it
		{`exists("members", {"team": doc.team, "user": auth.id})`, nil, `false`},
		{`isMember(doc.team)`, nil, `false`},
		{`exists("members", {"user": {"$ne": auth.id}})`, nil, `exists("members",true)`},
		{`exists("members", {"user": nil})`, nil, `exists("members","user"==null)`},
		{`exists("members", {"user": {"$in": [nil, auth.id]}})`, nullClaims, `exists("members","user"=="ada")`},
		{`exists("members", {"user": {"$in": [auth.id]}})`, nil, `false`},
		{`get("teams", doc.team).owner == auth.id`, nil, `false`},
		{`get("teams", auth.team).owner == nil`, nullClaims, `true`},
		{`get("teams", auth.team).owner == doc.owner`, nullClaims, `false`},
		{`get("teams", doc.team).owner != auth.id`, nil, `true`},
		{`get("teams", doc.team).owner in [nil, "a"]`, nil, `exists("teams",this."id"=="team","owner"=="a")`},
		{`nil in get("teams", doc.team).meta`, nil, `false`},
		{`get("orgs", get("teams", doc.team).org).owner == auth.id`, nil, `false`},
		{`(get("teams", doc.team).owner ?? nil) == doc.owner`, nil, `and(exists("teams",this."id"=="team",not("owner"==null)),exists("teams",this."id"=="team",this."owner"=="owner",true))`},
	} {
		f := fold(t, test.source, rules.Read, &rules.Env{Auth: test.auth, Request: rules.Request{Op: rules.Read, Time: now}})
		if got := query.Canonical(f); got != test.residual {
			t.Errorf("%s for %v is %s, want %s", test.source, test.auth, got, test.residual)
		}
	}
}

func TestFold_NullFieldsOfDocAndNextAreEqual(t *testing.T) {
	next := make(query.Row, len(notes.Fields))
	stored := make(query.Row, len(notes.Fields))
	for source, want := range map[string]bool{
		`next.owner == doc.owner`:                        true,
		`next.owner == next.team`:                        true,
		`doc.owner == doc.team`:                          true,
		`!changed("owner")`:                              true,
		`next.owner == nil`:                              true,
		`let x = next.owner; doc.owner == x`:             true,
		`next.owner == auth.id`:                          false,
		`next.owner in [auth.id]`:                        false,
		`next.team in auth.teams`:                        false,
		`[next.owner] == [auth.id]`:                      false,
		`exists("members", {"team": next.team})`:         false,
		`exists("members", {"team": doc.team})`:          false,
		`get("teams", next.team).owner == next.owner`:    false,
		`get("teams", "t1").owner == next.owner`:         false,
		`next.owner != auth.id`:                          true,
		`get("teams", next.team).owner != auth.id`:       true,
		`get("teams", next.team).owner == nil`:           true,
		`auth.id == nil && next.owner == nil`:            true,
		`next.owner == (auth.id ?? next.owner ?? "x")`:   false,
		`next.owner == get("teams", next.team).meta.any`: false,
	} {
		f := fold(t, source, rules.Update, &rules.Env{Doc: stored, Next: &rules.Next{Row: next}})
		if query.Match(f, notes, stored, query.Tables(map[string]*query.Shape{"members": members, "teams": teams}, map[string][]query.Row{
			"members": {make(query.Row, len(members.Fields))}, "teams": {{query.String("t1"), query.Null, query.Null, query.Null}},
		})) != want {
			t.Errorf("%s is %v, want %v", source, !want, want)
		}
	}
}

func TestFold_ParametersAreAbsentWhereTheyAreNull(t *testing.T) {
	fields := []query.Field{{Name: "a", Type: query.TypeString}, {Name: "b", Type: query.TypeString}}
	for source, want := range map[string]query.Filter{
		`params.a == params.b`: query.False, `a == auth.id`: query.False, `a == nil`: query.True, `a != auth.id`: query.True,
		`exists("members", {"user": a})`: query.False, `get("teams", a).owner == b`: query.False,
	} {
		rule, err := rules.CompileCall(source, fields, scope(t))
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		if got, err := rule.Fold(&rules.Env{Next: &rules.Next{Row: make(query.Row, 2)}}); err != nil || got != want {
			t.Errorf("%s is %v, %v, want %v", source, got, err, want)
		}
	}
}

func TestValue_WhatIsAbsentIsStoredAsNull(t *testing.T) {
	for source, want := range map[string]string{`auth.id`: `null`, `[auth.id, nil]`: `[null,null]`, `{"by": auth.id}`: `{"by":null}`, `nil`: `null`} {
		rule, err := rules.CompileValue(source, scope(t))
		if err != nil {
			t.Fatal(err)
		}
		if v, err := rule.Value(&rules.Env{}); err != nil || v.JSON() != want {
			t.Errorf("%s is stored as %s, %v, want %s", source, v.JSON(), err, want)
		}
	}
}

// TestFold_ALookupByAnUnchangedFieldKeepsItsOperator: a field that an update leaves as it is stands for
// the stored one, and only == and its like link two documents in a statement.
func TestFold_ALookupByAnUnchangedFieldKeepsItsOperator(t *testing.T) {
	states := make([]rules.State, len(notes.Fields))
	for i := range states {
		states[i] = rules.Same
	}
	for _, source := range []string{
		`exists("members", {"user": {"$ne": next.owner}})`, `exists("members", {"user": {"$in": next.tags}})`, `exists("members", {"level": next.owner})`, `exists("members", {"user": next.tags})`,
	} {
		rule, err := rules.Compile(source, scope(t), rules.Update)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := rule.Fold(&rules.Env{Next: &rules.Next{Row: make(query.Row, len(notes.Fields)), States: states}}); err == nil || !strings.Contains(err.Error(), "needs the stored document") {
			t.Errorf("%s is %v, %v", source, f, err)
		}
	}
}

type hasher struct{}

func (hasher) Hashes(collection string, field int, text string) []query.Value {
	return []query.Value{query.String(collection + ":new:" + text), query.String(collection + ":old:" + text)}
}

func TestFold_ALookupComparesHashes(t *testing.T) {
	invites := query.NewShape([]query.Field{{Name: "id", Type: query.TypeID, NotNull: true}, {Name: "team", Type: query.TypeString}, {Name: "code", Type: query.TypeString, Sealed: true, Hashed: true}})
	s := scope(t)
	s.Collections["invites"] = invites
	row := make(query.Row, len(notes.Fields))
	row[notes.Index("code")], row[notes.Index("team")] = query.String("x"), query.String("a")
	for source, want := range map[string]string{
		`exists("invites", {"team": next.team, "code": next.code})`: `exists("invites",and("code" in["invites:new:x","invites:old:x"],"team"=="a"))`,
		`exists("invites", {"code": {"$in": [next.code, nil]}})`:    `exists("invites","code" in["invites:new:x","invites:old:x"])`,
		`exists("invites", {"code": next.owner})`:                   `false`,
		`exists("invites", {"code": auth.code})`:                    `false`,
		`exists("invites", {"code": next.stars})`:                   `false`,
		`exists("invites", {"code": nil})`:                          `exists("invites","code"==null)`,
	} {
		rule, err := rules.Compile(source, s, rules.Create)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		f, err := rule.Fold(&rules.Env{Next: &rules.Next{Row: row}, Hasher: hasher{}})
		if err != nil || query.Canonical(f) != want {
			t.Errorf("%s is %v, %v, want %s", source, query.Canonical(f), err, want)
		}
		if f, _ := rule.Fold(&rules.Env{Next: &rules.Next{Row: row}}); strings.Contains(source, "next.code") && f != query.False {
			t.Errorf("%s without keys is %v", source, f)
		}
	}
	for source, want := range map[string]string{
		`exists("invites", {"code": {"$ne": next.code}})`: `can only be compared`,
		`exists("invites", {"code": {"$gt": next.code}})`: `can only be compared`,
		`get("invites", next.team).code == "x"`:           `encrypted or hashed`,
	} {
		if _, err := rules.Compile(source, s, rules.Create); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
	if _, err := rules.Compile(`exists("invites", {"code": doc.owner})`, s, rules.Read); err == nil || !strings.Contains(err.Error(), "not with a field of doc") {
		t.Errorf("a hash is compared with a field: %v", err)
	}
}

func TestCompile_RefusesWhatIsNoCondition(t *testing.T) {
	for _, source := range []string{
		`auth.id`, `auth`, `"x"`, `1`, `nil`, `request.ip`, `request.time`, `now()`, `next.owner`, `next.stars`, `[auth.id]`, `{"a": 1}`, `auth.age + 1`, `-auth.age`, `len(auth.teams)`, `lower(auth.role)`,
		`filter(auth.teams, # == "a")`, `count(auth.teams, # == "a")`, `map(auth.teams, #)`, `auth != nil && next.owner`, `!auth.id`, `not auth`, `auth.id || next.done`, `auth.email ? true : false`,
		`next.done ? auth.id : auth.sub`, `!(auth.id ?? "x")`, `let me = auth.id; me`,
	} {
		_, err := rules.Compile(source, scope(t), rules.Create)
		if err == nil || !strings.Contains(err.Error(), "true or false") {
			t.Errorf("%s as a rule: %v", source, err)
		}
	}
	for _, source := range []string{`true`, `false`, `auth.admin`, `!auth.blocked`, `next.done`, `next.tags.open`, `auth.flags[0]`, `first(auth.flags)`, `hasPrefix(auth.role, "a")`, `auth.org.open ?? false`, `next.done ? true : auth.admin`} {
		if _, err := rules.Compile(source, scope(t), rules.Create); err != nil {
			t.Errorf("%s is refused: %v", source, err)
		}
	}
	f, err := rules.ParseFunction("someone", "auth.id")
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.CheckRole(f, rules.Scope{}); err == nil {
		t.Error("a role that is a text is accepted")
	}
}
