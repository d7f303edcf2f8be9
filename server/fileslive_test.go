package server_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestFiles_AreLiveAndCached: like every document.
func TestFiles_AreLiveAndCached(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(album, "  photos:\n", "  photos:\n    cache: { ttl: 1h }\n", 1))
	ada := s.Token(map[string]any{"sub": "ada"})
	list := call{Method: "GET", Path: "/v1/db/photos?select=id,size", Token: ada}
	if ids := s.Want(t, 200, list).IDs(t); len(ids) != 0 {
		t.Fatalf("there are %v", ids)
	}
	live := s.Live(t, ada)
	if err := live.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "photos", "query": map[string]any{"select": []string{"size"}}}); err != nil {
		t.Fatal(err)
	}
	live.Want(t, "snapshot")
	doc := put(t, s, ada, "/v1/files/photos", "content")
	if m := live.Want(t, "change"); m.Type != "added" || m.Key != doc.ID || !strings.Contains(string(m.Doc), `"size":7`) {
		t.Errorf("after the upload: %s", m.Text)
	}
	servertest.Eventually(t, "the list has it", func() bool { return len(s.Want(t, 200, list).IDs(t)) == 1 })
	s.Want(t, 200, call{Method: "PUT", Path: "/v1/files/photos/" + doc.ID, Token: ada, Body: "longer content"})
	if m := live.Want(t, "change"); m.Type != "modified" || !strings.Contains(string(m.Doc), `"size":14`) {
		t.Errorf("after the replacement: %s", m.Text)
	}
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/" + doc.ID, Token: ada})
	if m := live.Want(t, "change"); m.Type != "removed" || m.Key != doc.ID {
		t.Errorf("after the removal: %s", m.Text)
	}
	servertest.Eventually(t, "the list is empty", func() bool { return len(s.Want(t, 200, list).IDs(t)) == 0 })
}
