package server_test

import (
	"fmt"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

type tail struct {
	Items []struct {
		ID                             uint64
		Database, Collection, Document string
		By                             *struct {
			User, Call string
			Admin      bool
		}
	}
}

// TestChanges_SayWhatByWhom watches the changes of a node: those made here say by whom, and only administrators see them.
func TestChanges_SayWhatByWhom(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, fmt.Sprintf(editable+"  tags: { fields: { name: { type: string } }, rules: { create: 'true' } }\n", t.TempDir(), false))
	admin, ann := s.Token(map[string]any{"sub": "root", "role": "admin"}), s.Token(map[string]any{"sub": "ann"})
	look := func(query string) (all tail) {
		t.Helper()
		s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/admin/changes" + query, Token: admin}).Decode(t, &all)
		return all
	}
	s.Want(t, 403, servertest.Call{Method: "GET", Path: "/v1/admin/changes", Token: ann})
	s.Want(t, 401, servertest.Call{Method: "GET", Path: "/v1/admin/changes"})
	for _, wrong := range []string{"?limit=0", "?limit=501", "?after=x"} {
		s.Want(t, 422, servertest.Call{Method: "GET", Path: "/v1/admin/changes" + wrong, Token: admin})
	}
	n := 0
	servertest.Eventually(t, "changes are seen", func() bool {
		n++
		s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: ann, Body: fmt.Sprintf(`{"id":"n%d","title":"a"}`, n)})
		return len(look("").Items) > 0
	})
	first := look("").Items[0]
	if first.Database != "main" || first.Collection != "notes" || first.By == nil || first.By.User != "ann" || first.By.Call != "POST /v1/db/:collection" || first.By.Admin {
		t.Errorf("got %+v, by %+v", first, first.By)
	}
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/tags", Token: admin, Body: `{"id":"t1","name":"a"}`})
	s.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/db/notes/n1", Token: admin, Body: `{"title":"b"}`})
	servertest.Eventually(t, "those that follow", func() bool { return len(look(fmt.Sprintf("?after=%d", first.ID)).Items) == 2 })
	later := look(fmt.Sprintf("?after=%d", first.ID)).Items
	if later[0].Document != "n1" || later[1].Document != "t1" || later[0].By == nil || later[0].By.User != "root" || !later[0].By.Admin {
		t.Errorf("got %+v", later)
	}
	if tags := look("?collection=tags").Items; len(tags) != 1 || tags[0].Document != "t1" {
		t.Errorf("got %+v", tags)
	}
	if one := look("?limit=1").Items; len(one) != 1 || one[0].Document != "n1" {
		t.Errorf("got %+v", one)
	}
	s.Want(t, 401, servertest.Call{Method: "PATCH", Path: "/v1/db/notes/n1", Body: `{"title":"c"}`}) // a refused one is none
	if now := look(fmt.Sprintf("?after=%d", later[0].ID)).Items; len(now) != 0 {
		t.Errorf("got %+v", now)
	}
}
