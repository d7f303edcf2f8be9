package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/server/servertest"
)

// scanner is a check that refuses what has the word virus in it, and reads the bytes at the address it is given.
type scanner struct {
	*httptest.Server
	closed atomic.Bool // it does not answer
	base   atomic.Value
	asked  atomic.Int64
}

func newScanner(t *testing.T) *scanner {
	t.Helper()
	s := &scanner{}
	s.closed.Store(true)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if s.closed.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var q files.Question
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Errorf("the question: %v", err)
		}
		resp, err := http.Get(s.base.Load().(string) + q.URL)
		if err != nil {
			t.Errorf("the bytes: %v", err)
			return
		}
		content, err := io.ReadAll(resp.Body)
		if err != nil || resp.Body.Close() != nil || resp.StatusCode != 200 || hashOf(string(content)) != q.SHA256 || q.Size != int64(len(content)) {
			t.Errorf("the bytes of %+v: %d, %v", q, resp.StatusCode, err)
		}
		fmt.Fprintf(w, `{"allow":%v,"reason":"a virus"}`, !strings.Contains(string(content), "virus"))
	}))
	t.Cleanup(s.Server.Close)
	return s
}

func TestFiles_AreReadWhenTheirCheckSaysYes(t *testing.T) {
	t.Parallel()
	scan := newScanner(t)
	config := strings.Replace(album, `files: { max: 1MiB,`, fmt.Sprintf(`files: { check: %q, public: true, images: {}, max: 1MiB,`, scan.URL), 1)
	s := servertest.Start(t, config)
	scan.base.Store(s.URL)
	ada, admin := s.Token(map[string]any{"sub": "ada"}), "adminadminadminadmin"
	live := s.Live(t, ada)
	if err := live.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "photos", "query": map[string]any{}}); err != nil {
		t.Fatal(err)
	}
	live.Want(t, "snapshot")
	good := put(t, s, ada, `/v1/files/photos?path=a.txt&fields={"alt":"all","pending":false}`, "clean")
	bad := put(t, s, ada, "/v1/files/photos?path=b.txt", "a virus")
	servertest.Eventually(t, "the scanner was asked", func() bool { return scan.asked.Load() > 1 })
	for _, doc := range []fileDoc{good, bad} { // by no one, in no way
		for _, token := range []string{ada, "", admin} {
			for _, path := range []string{"", "/name.txt", "?width=10"} {
				if a := s.Do(t, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID + path, Token: token}); a.Status != 404 {
					t.Errorf("GET %s: %d", path, a.Status)
				}
			}
			if a := s.Do(t, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link", Token: token}); a.Status != 404 {
				t.Errorf("a link: %d %s", a.Status, a.Body)
			}
		}
		s.Want(t, 404, call{Method: "GET", Path: "/v1/db/photos/" + doc.ID, Token: ada})
		s.Want(t, 404, call{Method: "PATCH", Path: "/v1/db/photos/" + doc.ID, Token: ada, Body: map[string]any{"pending": false}})
		s.Want(t, 404, call{Method: "GET", Path: "/v1/files/photos?path=a.txt", Token: ada})
	}
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/photos/" + good.ID, Token: admin, Body: map[string]any{"pending": false}}) // the server alone sets it
	s.Want(t, 404, call{Method: "GET", Path: "/v1/files/photos/" + good.ID, Token: admin})
	if ids := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos?count=true", Token: ada}).IDs(t); len(ids) != 0 {
		t.Errorf("the list has %v", ids)
	}

	// The server stops in between, and the scanner comes back.
	s.Stop()
	s = servertest.StartFile(t, s.Path)
	scan.base.Store(s.URL)
	live = s.Live(t, ada)
	if err := live.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "photos", "query": map[string]any{}}); err != nil {
		t.Fatal(err)
	}
	live.Want(t, "snapshot")
	scan.closed.Store(false)
	servertest.Eventually(t, "the good one is there", func() bool {
		return s.Do(t, call{Method: "GET", Path: "/v1/files/photos/" + good.ID}).Body == "clean"
	})
	servertest.Eventually(t, "the bad one is gone", func() bool {
		return s.Do(t, call{Method: "GET", Path: "/v1/db/photos/" + bad.ID, Token: admin}).Status == 404 && len(stored(t, s)) == 1
	})
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos/" + good.ID, Token: ada})

	// Other bytes are checked again, and what becomes readable is told.
	next := put(t, s, ada, "/v1/files/photos?path=c.txt", "third")
	for m := live.Want(t, "change"); m.Key != next.ID; {
		m = live.Want(t, "change")
	}
	scan.closed.Store(true)
	s.Want(t, 200, call{Method: "PUT", Path: "/v1/files/photos/" + next.ID, Token: ada, Body: "more virus"})
	for m := live.Want(t, "change"); m.Key != next.ID || m.Type != "removed"; {
		m = live.Want(t, "change")
	}
	s.Want(t, 404, call{Method: "GET", Path: "/v1/files/photos/" + next.ID, Token: ada})
	scan.closed.Store(false)
	servertest.Eventually(t, "its document is gone", func() bool {
		return s.Do(t, call{Method: "GET", Path: "/v1/db/photos/" + next.ID, Token: admin}).Status == 404
	})
}
