package rules_test

import (
	"context"
	"testing"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// BenchmarkFold_Functions folds a rule with functions, beside one that says the same without any.
func BenchmarkFold_Functions(b *testing.B) {
	auth := map[string]any{"sub": "ada", "role": " Editor ", "teams": []any{"blue", "red", "blue"}, "since": "2026-01-01", "age": int64(36)}
	for name, source := range map[string]string{
		"functions": `lower(trim(auth.role)) == "editor" && len(uniq(auth.teams)) == 2 && join(sort(auth.teams), ",") == "blue,blue,red" && max(auth.age, 18) == auth.age && now() > date(auth.since) + duration("1h") && doc.owner == auth.id`,
		"none":      `auth.role == " Editor " && len(auth.teams) == 3 && auth.teams == ["blue", "red", "blue"] && auth.age >= 18 && now() != nil && doc.owner == auth.id`,
	} {
		b.Run(name, func(b *testing.B) {
			rule, err := rules.Compile(source, scope(b), rules.Read)
			if err != nil {
				b.Fatal(err)
			}
			env := &rules.Env{Auth: auth, Request: rules.Request{Op: rules.Read, Time: now}}
			if f, err := rule.Fold(env); err != nil || query.Format(f) != `doc.owner == "ada"` {
				b.Fatalf("it folds to %s, %v", query.Format(f), err)
			}
			b.ReportAllocs()
			for b.Loop() {
				rule.Fold(env)
			}
		})
	}
}

func BenchmarkClaim(b *testing.B) {
	find := func(context.Context, string, query.Filter, string, int) ([]query.Value, error) {
		return []query.Value{query.String("red"), query.String("blue"), query.String("red")}, nil
	}
	auth := map[string]any{"sub": "ada", "email": "Ada@Example.com", "age": int64(36)}
	for name, source := range map[string]string{
		"pluck":     `pluck("members", {"user": auth.id}, "team")`,
		"auth":      `auth.email != nil ? "mail" : "nobody"`,
		"functions": `{"mail": lower(auth.email), "teams": sort(pluck("members", {"user": auth.id}, "team")), "adult": auth.age >= 18 && auth.age in [36, 37]}`,
		"map":       `map(filter(pluck("members", {"user": auth.id}, "team"), # startsWith "r"), upper(#))`,
	} {
		b.Run(name, func(b *testing.B) {
			claim, err := rules.CompileClaim(source, scope(b))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := claim.Compute(context.Background(), auth, now, find); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
