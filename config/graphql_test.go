package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/config"
)

func TestGraphQL_Section(t *testing.T) {
	t.Parallel()
	const fields = "fields: { title: { type: string } }, rules: { read: 'true' }"
	for _, c := range []struct{ section, wrong string }{
		{"collections: { notes: { graphql: { name: Note }, " + fields + " } }", ""},
		{"collections: { notes: { graphql: { name: __note }, " + fields + " } }", "is not a name of GraphQL"},
		{"collections: { notes: { graphql: { name: a-b }, " + fields + " } }", "is not a name of GraphQL"},
		{"collections: { notes: { graphql: { name: Note }, " + fields + " }, others: { graphql: { name: Note }, " + fields + " } }", "is the name of notes already"},
		{"collections: { notes: { graphql: { name: others }, " + fields + " }, others: { " + fields + " } }", "there is a collection others"},
		{"collections: { notes: { graphql: { nme: Note }, " + fields + " } }", `did you mean "name"`},
		{"graphql: { only: ./nowhere }", "no such file"},
		{"graphql: { only: . }", "there are no operations in"},
		{"graphql: { only: basalt.yaml }", "is not a file of operations"},
		{"graphql: { depth: -1 }", "a whole number from 1 on"},
	} {
		path := filepath.Join(t.TempDir(), "basalt.yaml")
		if err := os.WriteFile(path, []byte("databases: { main: { driver: memory } }\n"+c.section+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(path)
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: %v, not %q", c.section, err, c.wrong)
		}
	}
}
