package config

import (
	"strings"
	"testing"
)

// TestQueries_ProposeTheirIndex: for each list and the rule read, the entry of indexes that can be pasted.
func TestQueries_ProposeTheirIndex(t *testing.T) {
	const file = head + "collections: { n: { fields: { owner: { type: string }, team: { type: string, index: true }, email: { type: string, unique: true }, done: { type: bool }, at: { type: time }, n: { type: int }, j: { type: json } }, INDEXES queries: { q: { QUERY } }, rules: { read: 'RULE', create: 'false', update: 'false', delete: 'false' } } }"
	for _, test := range []struct{ rule, query, indexes, want string }{
		{"doc.owner == auth.id", "sort: -at", "", "{ fields: [owner, -at] }"},
		{"doc.owner == auth.id", "sort: -at", "indexes: [ { fields: [owner, -at] } ],", ""},
		{"doc.owner == auth.id", "sort: -at", "indexes: [ { fields: [owner, at] } ],", ""}, // backwards
		{"doc.owner == auth.id", "sort: -at", "indexes: [ { fields: [at, owner] } ],", "{ fields: [owner, -at] }"},
		{"doc.owner == auth.id", "sort: -at", "indexes: [ { fields: [owner, at], where: 'done == false' } ],", "{ fields: [owner, -at] }"},
		{"doc.owner == auth.id", "sort: [-at, n]", "indexes: [ { fields: [owner, at, n] } ],", "{ fields: [owner, -at, n] }"},
		{`auth.role == "admin" || doc.owner == auth.id`, "sort: at", "", "{ fields: [owner, at] }"},
		{`doc.owner == auth.id || doc.team == auth.team`, "sort: at", "", "{ fields: [at] }"}, // no index gives the order of an alternative
		{"auth != nil", "sort: at", "", "{ fields: [at] }"},
		{"auth != nil", "sort: [at, id]", "", "{ fields: [at] }"},
		{"auth != nil", "sort: team", "", ""},
		{"auth != nil", "filter: 'team == $team && done == false', sort: -at", "", "{ fields: [team, done, -at] }"},
		{"doc.done && doc.owner == auth.id", "filter: 'n in $all && owner != nil', sort: -at", "", "{ fields: [done, owner, -at] }"},
		{"auth != nil", "filter: 'team == $team && at > $since'", "", ""}, // an index narrows it
		{"auth != nil", "filter: 'owner == $owner'", "", "{ fields: [owner] }"},
		{"auth != nil", "filter: 'at > $since'", "", "{ fields: [at] }"},
		{"auth != nil", "filter: 'email == $email', sort: at", "", ""}, // of which there is one
		{"doc.owner == auth.id", "filter: 'j.x == 3'", "", "{ fields: [owner] }"},
	} {
		text := strings.NewReplacer("RULE", test.rule, "QUERY", test.query, "INDEXES", test.indexes).Replace(file)
		c, err := Parse("f", ".", []byte(text))
		if err != nil {
			t.Errorf("%s with %s: %v", test.rule, test.query, err)
			continue
		}
		got := ""
		for _, w := range c.Warnings {
			if _, entry, ok := strings.Cut(w.String(), "add to indexes: of n: - "); ok {
				got += entry
			}
		}
		if got != test.want {
			t.Errorf("%s with %s and %s: proposes %q, want %q", test.rule, test.query, test.indexes, got, test.want)
		}
		if test.want == "" {
			continue
		}
		// What is proposed is enough.
		pasted := strings.NewReplacer("RULE", test.rule, "QUERY", test.query, "INDEXES", "indexes: [ "+test.want+" ],").Replace(file)
		if c, err = Parse("f", ".", []byte(pasted)); err != nil {
			t.Errorf("%s: %v", test.want, err)
			continue
		}
		for _, w := range c.Warnings {
			if strings.Contains(w.String(), "add to indexes:") {
				t.Errorf("with %s: %s", test.want, w)
			}
		}
	}
	for query, want := range map[string]string{
		"sort: att":                 `queries: there is no field "att"; did you mean "at"?`,
		"sort: j":                   "queries: j has no order",
		"filter: 'att == 1'":        `queries: filter: column 1: there is no field "att"`,
		"filter: 'n == $n && x'":    `queries: filter: column 12: there is no field "x"`,
		"filter: 'true', order: at": `unknown key "order"`,
	} {
		_, err := Parse("f", ".", []byte(strings.NewReplacer("RULE", "auth != nil", "QUERY", query, "INDEXES", "").Replace(file)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", query, err, want)
		}
	}
}
