package syntax_test

import (
	"fmt"
	"testing"

	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"

	"github.com/basalt-dev/basalt/modules/syntax"
)

// BenchmarkParse reads filters and a rule, beside expr's parser as it was used before.
func BenchmarkParse(b *testing.B) {
	for name, source := range map[string]string{
		"short":  `status == "open"`,
		"filter": `stars >= $min && (title startsWith "b" || "x" in tags) && author == $me`,
		"rule":   `auth != nil && (doc.owner == auth.id || doc.team in auth.teams && !doc.locked) && any(auth.roles, # in ["editor", "admin"]) && exists("members", {"team": doc.team, "user": auth.id, "since": {"$lt": now()}})`,
	} {
		b.Run(fmt.Sprintf("%s/syntax", name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := syntax.Parse(source, syntax.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%s/expr", name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				config := conf.CreateNew()
				if _, err := parser.ParseWithConfig(source, config); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
