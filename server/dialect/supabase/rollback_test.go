package supabase_test

import (
	"strings"
	"testing"
)

// TestREST_Rollback: with tx=rollback a call says what it would do, and nothing stays.
func TestREST_Rollback(t *testing.T) {
	t.Parallel()
	s := filled(t, strings.Replace(config, "driver: memory", `driver: sqlite, url: "file:test.db"`, 1))
	undone := prefer("tx=rollback,return=representation")
	merge := prefer("tx=rollback,return=representation,resolution=merge-duplicates")
	for _, c := range []scenario{
		{who: "service", method: "POST", path: "/rest/v1/teams?select=id", header: undone, body: `{"id":"new","name":"New"}`, status: 201, want: `[{"id":"new"}]`},
		{who: "service", method: "POST", path: "/rest/v1/teams?select=id,name", header: merge, body: `[{"id":"red","name":"R"},{"id":"new","name":"N"}]`, status: 201, want: `[{"id":"red","name":"R"},{"id":"new","name":"N"}]`},
		{who: "service", method: "PATCH", path: "/rest/v1/teams?id=eq.red&select=name", header: undone, body: `{"name":"R"}`, status: 200, want: `[{"name":"R"}]`, answered: map[string]string{"Preference-Applied": "tx=rollback, return=representation"}},
		{who: "service", method: "DELETE", path: "/rest/v1/teams?id=eq.grey&select=id", header: undone, status: 200, want: `[{"id":"grey"}]`},
		{who: "ann", method: "POST", path: "/rest/v1/notes", header: undone, body: `{"owner":"bob","title":"x"}`, status: 403},
		{path: "/rest/v1/teams?select=id,name&order=id", status: 200, want: `[{"id":"blue","name":"Blue"},{"id":"grey","name":"Grey"},{"id":"red","name":"Red"}]`},
	} {
		c.run(t, s)
	}
}
