package server_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestMemoryDriver_ServesUntilItStops: all of a node works on a database in memory, a reload keeps the documents, and
// another start begins with none.
func TestMemoryDriver_ServesUntilItStops(t *testing.T) {
	t.Parallel()
	config := strings.Replace(liveConfig, `{ driver: sqlite, url: "file:test.db" }`, "{ driver: memory }", 1)
	s := servertest.Start(t, config)
	session := s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`})
	var signedIn struct {
		Token string `json:"access_token"`
		User  struct{ ID string }
	}
	session.Decode(t, &signedIn)
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/members", Token: admin, Body: `{"team":"red","user":"` + signedIn.User.ID + `"}`})
	l := s.Live(t, signedIn.Token)
	if err := l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "notes"}); err != nil {
		t.Fatal(err)
	}
	if m := l.Want(t, "snapshot"); len(m.Items) != 0 {
		t.Errorf("the snapshot is %s", m.Items)
	}
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `[{"id":"n1","team":"red","title":"a"},{"id":"n2","team":"blue","title":"b"}]`})
	if m := l.Want(t, "change"); m.Key != "n1" {
		t.Errorf("the change is of %s", m.Key)
	}
	list := call{Path: "/v1/db/notes?count=true", Token: signedIn.Token}
	for range 2 {
		if ids := s.Want(t, 200, list).IDs(t); len(ids) != 1 || ids[0] != "n1" {
			t.Errorf("the list is %v", ids)
		}
		if err := s.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	other := servertest.Start(t, config)
	if ids := other.Want(t, 200, call{Path: "/v1/db/notes", Token: admin}).IDs(t); len(ids) != 0 {
		t.Errorf("another node has %v", ids)
	}
}
