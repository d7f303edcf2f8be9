package supabase_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

const jsonColumns = `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" } }
collections:
  notes:
    fields: { settings: { type: json }, stars: { type: int } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
  loose:
    open: true
    fields: { settings: { type: json } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
`

// TestRest_AJSONColumnIsAssigned: as in PostgreSQL, an object takes the place of what a column has. The native API merges.
func TestRest_AJSONColumnIsAssigned(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, jsonColumns)
	call := func(method, path, body, prefer string) servertest.Call {
		return servertest.Call{Method: method, Path: path, Body: body, Header: map[string]string{"apikey": "anon-key-of-the-tests", "Prefer": prefer}}
	}
	const whole = "return=representation"
	for _, table := range []string{"notes", "loose"} {
		is := func(what, want string) {
			t.Helper()
			if a := s.Want(t, 200, call("GET", "/rest/v1/"+table+"?select=settings", "", "")); a.Body != want {
				t.Errorf("%s: %s: %s", table, what, a.Body)
			}
		}
		s.Want(t, 201, call("POST", "/rest/v1/"+table, `{"id":"a","settings":{"dark":true,"font":{"size":12,"bold":true}}}`, whole))
		s.Want(t, 200, call("PATCH", "/v1/db/"+table+"/a", `{"settings":{"font":{"size":14}}}`, ""))
		is("merged by the native API", `[{"settings":{"dark":true,"font":{"size":14,"bold":true}}}]`)
		s.Want(t, 200, call("PATCH", "/rest/v1/"+table+"?id=eq.a", `{"settings":{"font":{"size":16}}}`, whole))
		is("assigned", `[{"settings":{"font":{"size":16}}}]`)
		s.Want(t, 200, call("POST", "/rest/v1/"+table, `[{"id":"a","settings":{"dark":false}}]`, whole+",resolution=merge-duplicates"))
		is("by an upsert", `[{"settings":{"dark":false}}]`)
		s.Want(t, 200, call("PUT", "/rest/v1/"+table+"?id=eq.a", `{"id":"a","settings":{"size":1}}`, whole))
		is("by PUT", `[{"settings":{"size":1}}]`)
		for _, wrong := range []string{`{"settings":{"size":{"$inc":1}}}`, `{"settings":{"$set":{"size":2}}}`, `{"settings.size":2}`} {
			if a := s.Do(t, call("PATCH", "/rest/v1/"+table+"?id=eq.a", wrong, whole)); a.Status != 400 {
				t.Errorf("%s: %s: %d %s", table, wrong, a.Status, a.Body)
			}
		}
		is("nothing of these", `[{"settings":{"size":1}}]`)
		s.Want(t, 200, call("PATCH", "/rest/v1/"+table+"?id=eq.a", `{"settings":{"$remove":"size"}}`, whole))
		is("an operator alone", `[{"settings":{}}]`)
		s.Want(t, 200, call("PATCH", "/rest/v1/"+table+"?id=eq.a", `{"settings":null}`, whole))
		is("null", `[{"settings":null}]`)
	}
	s.Want(t, 200, call("PATCH", "/rest/v1/loose?id=eq.a", `{"more":{"a":1}}`, whole))
	if a := s.Want(t, 200, call("PATCH", "/rest/v1/loose?id=eq.a", `{"other":2}`, whole)); !strings.Contains(a.Body, `"more":{"a":1}`) {
		t.Errorf("what is not declared stays beside it: %s", a.Body)
	}
	if a := s.Want(t, 200, call("PATCH", "/rest/v1/notes?id=eq.a", `{"stars":{"$inc":1}}`, whole)); !strings.Contains(a.Body, `"stars":1`) {
		t.Errorf("an operator for a number: %s", a.Body)
	}
}
