package api

import (
	"testing"

	"github.com/basalt-dev/basalt/config"
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
)

// TestCandidate_CountsCharacters: the place of a mistake is for people, who see no bytes.
func TestCandidate_CountsCharacters(t *testing.T) {
	t.Parallel()
	c, err := config.Parse("basalt.yaml", t.TempDir(), []byte("databases: { main: { driver: sqlite, url: \"file:x.db\" } }\ncollections: { notes: { fields: { id: { type: id } } } }\n"))
	if err != nil {
		t.Fatal(err)
	}
	x := &ruleTester{config: c}
	for rule, want := range map[string]string{
		`"äöü" == doc.nix`:           `the request does not fit the collection; rule: column 14: there is no field "nix"`,
		"auth.id == \"é\" &&\ndoc.x": `the request does not fit the collection; rule: line 2, column 5: there is no field "x"`,
	} {
		if _, err := x.candidate(map[string]string{"collection": "notes", "op": "read", "rule": rule}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", rule, err)
		}
	}
}
