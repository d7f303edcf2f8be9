package server_test

import (
	"regexp"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestSeen_TellsNothingOfHiddenReferences: deleting what hidden documents refer to is answered as deleting what none refers to.
func TestSeen_TellsNothingOfHiddenReferences(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
graphql: {}
collections:
  posts:
    cache: { ttl: 1h }
    fields: { title: { type: string } }
    rules: { read: 'true', delete: 'true', update: 'true' }
  notes:
    fields: { post: { type: ref, to: posts, on_delete: null } }
    rules: { read: 'false' }
  files:
    fields: { note: { type: ref, to: notes, on_delete: cascade }, post: { type: ref, to: posts, on_delete: cascade } }
    rules: { read: 'false' }
`)
	digits := regexp.MustCompile(`\d+`)
	for what, remove := range map[string]func(id string) call{
		"a delete": func(id string) call { return call{Method: "DELETE", Path: "/v1/db/posts/" + id} },
		"a batch": func(id string) call {
			return call{Method: "POST", Path: "/v1/batch", Body: `{"ops":[{"op":"delete","collection":"posts","id":"` + id + `"}]}`}
		},
		"a mutation": func(id string) call {
			return call{Method: "POST", Path: "/v1/graphql", Body: `{"query":"mutation { delete_posts(where: {id: {_eq: \"` + id + `\"}}) { affected_rows } }"}`}
		},
	} {
		for _, id := range []string{"alone", "noted", "filed"} {
			s.Want(t, 201, call{Method: "POST", Path: "/v1/db/posts", Token: admin, Body: `{"id":"` + id + `"}`})
		}
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `{"post":"noted"}`})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/db/files", Token: admin, Body: `{"post":"filed"}`})
		var seen [3]string
		for i, id := range []string{"alone", "noted", "filed"} {
			seen[i] = digits.ReplaceAllString(s.Do(t, remove(id)).Header.Get("X-Basalt-Seen"), "#")
		}
		if seen[0] != "files=#,notes=#,posts=#" || seen[1] != seen[0] || seen[2] != seen[0] {
			t.Errorf("%s: %q", what, seen)
		}
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/posts", Token: admin, Body: `{"id":"x"}`})
	update := s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/posts/x", Body: `{"title":"y"}`})
	if got := digits.ReplaceAllString(update.Header.Get("X-Basalt-Seen"), "#"); got != "posts=#" {
		t.Errorf("an update: %q", got)
	}
}
