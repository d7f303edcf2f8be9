package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// measured is album with a quota: 1000 bytes for each user.
var measured = strings.Replace(album, `files: { max: 1MiB,`, `files: { quota: { by: auth.id, bytes: 1000 }, max: 1MiB,`, 1)

func TestFiles_Quota(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, measured)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	upload := func(status int, token, path string, size int) (doc fileDoc) {
		t.Helper()
		a := s.Want(t, status, call{Method: "POST", Path: path, Token: token, Body: strings.Repeat("x", size), Header: map[string]string{"Content-Type": "text/plain"}})
		if status == 201 {
			a.Decode(t, &doc)
		} else if !strings.Contains(a.Body, "1000 is files.quota of photos") {
			t.Errorf("the error is %s", a.Body)
		}
		if strings.Contains(a.Body, "charged_to") {
			t.Errorf("the answer is %s", a.Body)
		}
		return doc
	}
	one := upload(201, ada, "/v1/files/photos", 600)
	upload(413, ada, "/v1/files/photos", 401)
	two := upload(201, ada, "/v1/files/photos?fields="+`{"alt":"all","charged_to":"bob"}`, 400)
	upload(413, ada, "/v1/files/photos", 1)
	upload(201, ada, "/v1/files/photos", 0)
	upload(201, bob, "/v1/files/photos", 1000) // another has their own, and the same bytes count again
	raw := map[string]string{"Content-Type": "text/plain"}
	replace := func(status int, token string, doc fileDoc, size int) {
		t.Helper()
		s.Want(t, status, call{Method: "PUT", Path: "/v1/files/photos/" + doc.ID + `?fields={"charged_to":"bob"}`, Token: token, Body: strings.Repeat("y", size), Header: raw})
	}
	replace(413, ada, one, 601)
	replace(200, ada, one, 100) // gives back 500
	upload(413, ada, "/v1/files/photos", 501)
	upload(201, ada, "/v1/files/photos", 500)
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/photos/" + two.ID, Token: ada, Body: map[string]any{"stars": 1, "charged_to": "bob"}})
	upload(413, ada, "/v1/files/photos", 1)
	s.Want(t, 200, call{Method: "DELETE", Path: `/v1/db/photos?filter=id=="` + two.ID + `"`, Token: ada})
	upload(413, ada, "/v1/files/photos", 401)
	upload(201, ada, "/v1/files/photos", 400)
	// By whatever way it comes.
	body, kind := asForm(t, [2]string{"@a.txt", "x"}, [2]string{"@b.txt", "y"})
	s.Want(t, 413, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: body, Header: map[string]string{"Content-Type": kind}})
	s.Want(t, 413, tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", "5"))
	link := s.Do(t, call{Method: "POST", Path: "/v1/files/photos/link", Token: ada})
	var l uploadLink
	link.Decode(t, &l)
	s.Want(t, 413, call{Method: "POST", Path: l.URL, Body: "x"})
	s.Want(t, 401, call{Method: "POST", Path: "/v1/files/photos", Body: "x"})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/files/photos", Token: "adminadminadminadmin", Body: strings.Repeat("z", 5000)})
	for _, path := range []string{"/v1/db/photos/" + one.ID, "/v1/db/photos?select=charged_to", `/v1/db/photos?filter=charged_to=="ada"`} {
		if a := s.Do(t, call{Method: "GET", Path: path, Token: ada}); strings.Contains(a.Body, `"charged_to":"ada"`) || strings.Contains(path, "filter") && a.Status < 400 {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos/" + one.ID, Token: "adminadminadminadmin"}); !strings.Contains(a.Body, `"charged_to":"ada"`) {
		t.Errorf("an administrator sees %s", a.Body)
	}
}

// TestFiles_AQuotaIsExact under uploads at once, to one node and to two.
func TestFiles_AQuotaIsExact(t *testing.T) {
	t.Parallel()
	fill := func(t *testing.T, nodes ...*servertest.Instance) {
		t.Helper()
		ada := nodes[0].Token(map[string]any{"sub": "ada"})
		done := make(chan map[int]int, len(nodes))
		for n, s := range nodes {
			calls := make([]call, 20/len(nodes))
			for i := range calls {
				calls[i] = call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: fmt.Sprintf("%150s", fmt.Sprint(n, "-", i))}
			}
			go func() { done <- atOnce(t, s, calls) }()
		}
		sum := map[int]int{}
		for range nodes {
			for status, n := range <-done {
				sum[status] += n
			}
		}
		if sum[201] != 6 || sum[413] != 14 {
			t.Errorf("of 20 files of 150 bytes, 6 fit into 1000: the answers are %v", sum)
		}
	}
	t.Run("sqlite", func(t *testing.T) { fill(t, servertest.Start(t, measured)) })
	t.Run("memory", func(t *testing.T) {
		fill(t, servertest.Start(t, strings.Replace(measured, `driver: sqlite, url: "file:app.db"`, "driver: memory", 1)))
	})
	t.Run("two nodes on postgres", func(t *testing.T) {
		config := strings.Replace(measured, `driver: sqlite, url: "file:app.db"`, fmt.Sprintf("driver: postgres, url: %q", postgrestest.Database(t)), 1)
		config = fmt.Sprintf("storage: { local: { driver: local, dir: %q } }\n", t.TempDir()) + config
		fill(t, servertest.Start(t, config), servertest.Start(t, config))
	})
}

// TestFiles_QuotaOfUploadsInPieces: what is under way counts, so that no one fills a storage with uploads that they never
// finish.
func TestFiles_QuotaOfUploadsInPieces(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, measured)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	begin := func(status int, token, size string) string {
		t.Helper()
		header := []string{"Upload-Length", size}
		if size == "" {
			header = []string{"Upload-Defer-Length", "1"}
		}
		return s.Want(t, status, tusCall("POST", "/v1/files/photos/tus", token, "", header...)).Header.Get("Location")
	}
	send := func(status int, at, offset string, size int, header ...string) {
		t.Helper()
		s.Want(t, status, tusCall("PATCH", at, ada, strings.Repeat("x", size), append(header, "Upload-Offset", offset)...))
	}
	first := begin(201, ada, "400")
	send(204, first, "0", 399)
	second := begin(201, ada, "600")
	begin(413, ada, "1")
	begin(201, bob, "1000")
	s.Want(t, 413, tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", "1", "Upload-Concat", "partial"))
	send(204, first, "399", 1) // it has its document now, and is counted once
	begin(413, ada, "1")
	s.Want(t, 204, tusCall("DELETE", second, ada, ""))
	// Those whose length is not known yet.
	third, fourth := begin(201, ada, ""), begin(201, ada, "")
	send(204, third, "0", 300)
	send(204, fourth, "0", 300)
	begin(413, ada, "1")
	send(413, third, "300", 1, "Upload-Length", "301")
	s.Want(t, 204, tusCall("DELETE", fourth, ada, ""))
	send(204, third, "300", 300, "Upload-Length", "600")
	begin(413, ada, "1")
	if a := s.Want(t, 200, tusCall("HEAD", third, ada, "")); a.Header.Get("X-Basalt-Document") == "" {
		t.Error("an upload that has ended does not name its document")
	}
}

// TestFiles_AQuotaEndsWhatArrives: the bytes of a form and of an upload without a length are refused as soon as they are
// more than is left, and not when all of them are stored.
func TestFiles_AQuotaEndsWhatArrives(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, measured)
	ada := s.Token(map[string]any{"sub": "ada"})
	const quota = "1000 is files.quota of photos"
	tooLarge := [2]string{"@c.txt", strings.Repeat("z", 2<<20)} // which is refused for its own sake, if it is looked at
	body, kind := asForm(t, [2]string{"@a.txt", strings.Repeat("x", 600)}, [2]string{"@b.txt", strings.Repeat("y", 600)}, tooLarge)
	if a := s.Want(t, 413, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: body, Header: map[string]string{"Content-Type": kind}}); !strings.Contains(a.Body, quota) {
		t.Errorf("a form is refused by its last file: %s", a.Body)
	}
	body, kind = asForm(t, [2]string{"@a.txt", strings.Repeat("x", 500)}, [2]string{"@b.txt", strings.Repeat("y", 500)})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: body, Header: map[string]string{"Content-Type": kind}})

	bob := s.Token(map[string]any{"sub": "bob"})
	at := s.Want(t, 201, tusCall("POST", "/v1/files/photos/tus", bob, "", "Upload-Defer-Length", "1")).Header.Get("Location")
	if a := s.Want(t, 413, tusCall("PATCH", at, bob, strings.Repeat("x", 1001), "Upload-Offset", "0")); !strings.Contains(a.Body, "files.quota") {
		t.Errorf("a piece is refused by %s", a.Body)
	}
	s.Want(t, 204, tusCall("PATCH", at, bob, strings.Repeat("x", 400), "Upload-Offset", "0"))
	s.Want(t, 413, tusCall("PATCH", at, bob, strings.Repeat("x", 601), "Upload-Offset", "400"))
	s.Want(t, 204, tusCall("PATCH", at, bob, strings.Repeat("x", 600), "Upload-Offset", "400", "Upload-Length", "1000"))
}

// TestTus_UploadsUnderWayAreCounted: an owner has a bounded number of them, and another owner has their own.
func TestTus_UploadsUnderWayAreCounted(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	begin := func(status int, token string) string {
		t.Helper()
		return s.Want(t, status, tusCall("POST", "/v1/files/photos/tus", token, "", "Upload-Length", "5")).Header.Get("Location")
	}
	last := ""
	for range 100 {
		last = begin(201, ada)
	}
	begin(429, ada)
	begin(201, bob)
	s.Want(t, 204, tusCall("PATCH", last, ada, "hello", "Upload-Offset", "0"))
	begin(201, ada)
}
