package rules_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// profiled is the scope of a configuration whose profiles are in the collection teams.
func profiled(t testing.TB) rules.Scope {
	t.Helper()
	s := scope(t)
	s.Profile = &rules.Profile{Collection: "teams", Shape: teams}
	return s
}

// TestProfile_IsTheLookupOfTheCaller holds that auth.profile.x is get("teams", auth.id).x in all it decides, and that
// no claim stands in for it.
func TestProfile_IsTheLookupOfTheCaller(t *testing.T) {
	t.Parallel()
	for short, long := range map[string]string{
		`@.owner == auth.id`:                             ``,
		`@.owner != doc.owner`:                           ``,
		`@.owner == doc.owner`:                           ``,
		`@.owner == nil`:                                 ``,
		`@.id != nil`:                                    ``,
		`@?.owner in ["a", auth.role]`:                   ``,
		`auth["profile"]["owner"] == "a"`:                `get("teams", auth.id).owner == "a"`,
		`@.meta.color == "red"`:                          ``,
		`@.org.open`:                                     ``,
		`!(@.owner == "a") && doc.done`:                  ``,
		`exists("members", {"user": @.owner})`:           ``,
		`any(["a", "b"], @.owner == #)`:                  ``,
		`let p = @.owner; p == "a" || doc.owner == "b"`:  ``,
		`get("orgs", @.org).owner == "a"`:                ``,
		`(@.owner ?? "none") == "none"`:                  ``,
		`auth.role == "editor" ? @.owner == "a" : false`: ``,
	} {
		if long == "" {
			long = strings.ReplaceAll(short, "@", `get("teams", auth.id)`)
		}
		short = strings.ReplaceAll(short, "@", "auth.profile")
		for _, auth := range []map[string]any{nil, {"sub": "ada", "role": "editor"}, {"sub": "ada", "profile": map[string]any{"owner": "a", "id": "x"}}, {"profile": "t1"}} {
			rule, err := rules.Compile(short, profiled(t), rules.Read)
			if err != nil {
				t.Errorf("%s: %v", short, err)
				break
			}
			meant, err := rules.Compile(long, profiled(t), rules.Read)
			if err != nil {
				t.Fatalf("%s: %v", long, err)
			}
			env := &rules.Env{Auth: auth}
			got, err := rule.Fold(env)
			want, wantErr := meant.Fold(env)
			if err != nil || wantErr != nil || query.Canonical(got) != query.Canonical(want) {
				t.Errorf("%v: %s folds to %s, and %s to %s (%v, %v)", auth, short, query.Canonical(got), long, query.Canonical(want), err, wantErr)
			}
			if rule.Uses() != meant.Uses() || !rule.MentionsAuth() || rule.MentionsDoc() != meant.MentionsDoc() {
				t.Errorf("%s uses %+v, and %s %+v", short, rule.Uses(), long, meant.Uses())
			}
		}
	}
}

func TestProfile_Mistakes(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`auth.profile != nil`:              "auth.profile is a whole document; name a field of it, as in auth.profile.",
		`auth.profile.ownr == "a"`:         `did you mean "owner"`,
		`auth.profile.owner`:               "type",
		`auth.profile.owner + "x" == "ax"`: "",
		`auth.profile[auth.role] == "a"`:   "auth.profile is a whole document",
	} {
		_, err := rules.Compile(source, profiled(t), rules.Read)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
	alone := rules.Scope{Profile: &rules.Profile{Collection: "teams"}}
	if _, err := rules.CompileCall(`auth.profile.owner == "a"`, nil, alone); err == nil || !strings.Contains(err.Error(), "put its field into a claim") {
		t.Errorf("where nothing is looked up: %v", err)
	}
	if _, err := rules.CompileValue(`auth.profile.owner`, profiled(t)); err == nil {
		t.Error("a forced value looks a document up")
	}
	rule, err := rules.Compile(`auth.profile.owner == "a"`, scope(t), rules.Read)
	if err != nil || len(rule.Suspicions(nil)) != 1 || len(rule.Suspicions([]string{"profile"})) != 0 {
		t.Errorf("without a collection of profiles: %v, %v", rule.Suspicions(nil), err)
	}
}

// TestProfile_InRolesAndClaims: a role may ask for the profile, and looks nothing else up; a claim takes a field of it.
func TestProfile_InRolesAndClaims(t *testing.T) {
	t.Parallel()
	for source, ok := range map[string]bool{
		`auth.profile.owner == "a"`: true, `auth.profile.org.open`: true,
		`auth.profile.ownr == "a"`: false, `get("teams", auth.id).owner == "a"`: false, `exists("members", {"user": auth.id})`: false,
	} {
		f, err := rules.ParseFunction("vip", source)
		if err != nil {
			t.Fatal(err)
		}
		if err := rules.CheckRole(f, profiled(t)); (err == nil) != ok {
			t.Errorf("the role %s: %v", source, err)
		}
	}
	find := func(_ context.Context, collection string, where query.Filter, field string, _ int) ([]query.Value, error) {
		return []query.Value{query.String(collection + " " + query.Canonical(where) + " " + field)}, nil
	}
	claims := map[string]any{"sub": "ada", "profile": map[string]any{"owner": "forged"}}
	for source, want := range map[string]any{
		`auth.profile.owner`:                            `teams "id"=="ada" owner`,
		`auth?.profile?.owner`:                          `teams "id"=="ada" owner`,
		`auth.profile.owner == "x" ? "yes" : "no"`:      "no",
		`[auth.profile.owner][0] == auth.profile.owner`: true,
	} {
		claim, err := rules.CompileClaim(source, profiled(t))
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := claim.Compute(t.Context(), claims, time.Time{}, find); err != nil || got != want {
			t.Errorf("%s is %v, %v, want %v", source, got, err, want)
		}
	}
	for _, source := range []string{`auth.profile`, `auth.profile.ownr`, `auth.profile == nil`, `auth.profile[auth.id]`} {
		if _, err := rules.CompileClaim(source, profiled(t)); err == nil {
			t.Errorf("the claim %s is accepted", source)
		}
	}
}
