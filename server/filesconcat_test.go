package server_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/servertest"
)

// beginTus begins an upload in pieces, and returns its address.
func beginTus(t *testing.T, s *servertest.Instance, token, content string, header ...string) string {
	t.Helper()
	if content != "" {
		header = append(header, "Content-Type", "application/offset+octet-stream")
	}
	return s.Want(t, 201, tusCall("POST", "/v1/files/photos/tus", token, content, header...)).Header.Get("Location")
}

// TestTus_OptionsSayWhatWorks: each extension that is named has a test in this package.
func TestTus_OptionsSayWhatWorks(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	o := s.Want(t, 204, call{Method: "OPTIONS", Path: "/v1/files/photos/tus"})
	for name, want := range map[string]string{
		"Tus-Version": "1.0.0", "Tus-Checksum-Algorithm": "sha1,sha256,md5", "Tus-Max-Size": "1048576",
		"Tus-Extension": "creation,creation-with-upload,creation-defer-length,concatenation,termination,expiration,checksum",
	} {
		if got := o.Header.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
}

func TestTus_AFileOfPartialUploads(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	part := func(token, content string) string {
		return beginTus(t, s, token, content, "Upload-Concat", "partial", "Upload-Length", fmt.Sprint(len(content)))
	}
	one, two := part(ada, "the first "), beginTus(t, s, ada, "", "Upload-Concat", "partial", "Upload-Length", "6")
	final := func(of string, header ...string) call {
		return tusCall("POST", "/v1/files/photos/tus", ada, "", append([]string{"Upload-Concat", "final;" + of}, header...)...)
	}
	s.Want(t, 409, final(one+" "+two)) // the second is not whole
	if a := s.Want(t, 204, tusCall("PATCH", two, ada, "second", "Upload-Offset", "0")); a.Header.Get("X-Basalt-Document") != "" {
		t.Error("a partial upload has become a document")
	}
	if a := s.Want(t, 200, tusCall("HEAD", two, ada, "")); a.Header.Get("Upload-Concat") != "partial" || a.Header.Get("Upload-Offset") != "6" {
		t.Errorf("the head of a part: %v", a.Header)
	}
	others, single := part(bob, "of another"), beginTus(t, s, ada, "one", "Upload-Length", "9")
	large := part(ada, strings.Repeat("x", 800_000))
	larger := part(ada, strings.Repeat("x", 300_000))
	for name, c := range map[string]struct {
		call
		status int
	}{
		"a part of another":             {final(one + " " + others), 404},
		"parts of another by another":   {tusCall("POST", "/v1/files/photos/tus", bob, "", "Upload-Concat", "final;"+one+" "+two), 404},
		"parts by an anonymous caller":  {tusCall("POST", "/v1/files/photos/tus", "", "", "Upload-Concat", "final;"+one+" "+two), 404},
		"a part by an administrator":    {tusCall("POST", "/v1/files/photos/tus", "adminadminadminadmin", "", "Upload-Concat", "final;"+one+" "+two), 404},
		"an upload that is no part":     {final(one + " " + single), 400},
		"a part twice":                  {final(one + " " + one), 400},
		"no parts":                      {final(""), 400},
		"more parts than there may":     {final(strings.Repeat(one+" ", 101)), 400},
		"a part of another place":       {final(one + " " + strings.Replace(two, "photos", "open", 1)), 400},
		"an address of no upload":       {final(one + " /v1/files/photos/tus/../x"), 404},
		"a document":                    {final(one + " /v1/db/photos/1"), 400},
		"in the wrong collection":       {tusCall("POST", "/v1/files/open/tus", ada, "", "Upload-Concat", "final;"+strings.ReplaceAll(one+" "+two, "photos", "open")), 404},
		"with a length":                 {final(one+" "+two, "Upload-Length", "16"), 400},
		"another word":                  {tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Concat", "last;"+one, "Upload-Length", "1"), 400},
		"larger than max together":      {final(large + " " + larger), 413},
		"larger than a rule together":   {final(large + " " + part(ada, strings.Repeat("x", 100_000))), 403},
		"what a rule refuses":           {final(one+" "+two, "Upload-Metadata", "fields "+base64Of(`{"alt":"never"}`)), 403},
		"a path that none may have":     {final(one+" "+two, "Upload-Metadata", "path "+base64Of("../x")), 422},
		"a part by an anonymous caller": {tusCall("POST", "/v1/files/photos/tus", "", "", "Upload-Concat", "partial", "Upload-Length", "5"), 401},
		"a part larger than max":        {tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Concat", "partial", "Upload-Length", "2000000"), 413},
	} {
		if a := s.Do(t, c.call); a.Status != c.status {
			t.Errorf("%s: %d, want %d: %s", name, a.Status, c.status, a.Body)
		}
	}
	// Some clients send whole addresses, and the parts are there after all those refusals.
	a := s.Want(t, 201, final(s.URL+one+" "+two, "Upload-Metadata", "filename "+base64Of("both.txt")+",fields "+base64Of(`{"stars":4}`)))
	id, at := a.Header.Get("X-Basalt-Document"), a.Header.Get("Location")
	var doc fileDoc
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos/" + id, Token: ada}).Decode(t, &doc)
	if doc.Name != "both.txt" || doc.Stars != 4 || doc.Owner != "ada" || doc.SHA256 != hashOf("the first second") {
		t.Errorf("got %+v", doc)
	}
	head := s.Want(t, 200, tusCall("HEAD", at, ada, "")).Header
	if head.Get("Upload-Concat") != "final;"+one+" "+two || head.Get("Upload-Length") != "16" || head.Get("Upload-Offset") != "16" || head.Get("X-Basalt-Document") != id {
		t.Errorf("head: %v", head)
	}
	s.Want(t, 403, tusCall("PATCH", at, ada, "x", "Upload-Offset", "16"))
	s.Want(t, 404, tusCall("HEAD", one, ada, "")) // used up
	s.Want(t, 404, final(one+" "+two))
	for _, left := range []string{at, large, larger, single} {
		s.Want(t, 204, tusCall("DELETE", left, ada, ""))
	}
	s.Want(t, 200, tusCall("HEAD", others, bob, ""))
}

func TestTus_ALengthThatFollows(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	for name, c := range map[string]struct {
		call
		status int
	}{
		"another number":         {tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Defer-Length", "2"), 400},
		"both":                   {tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Defer-Length", "1", "Upload-Length", "5"), 400},
		"by an anonymous caller": {tusCall("POST", "/v1/files/photos/tus", "", "", "Upload-Defer-Length", "1"), 401},
		"more than max":          {tusCall("POST", "/v1/files/photos/tus", ada, strings.Repeat("x", 1<<20+1), "Upload-Defer-Length", "1", "Content-Type", "application/offset+octet-stream"), 413},
	} {
		if a := s.Do(t, c.call); a.Status != c.status {
			t.Errorf("%s: %d, want %d: %s", name, a.Status, c.status, a.Body)
		}
	}
	if f := stored(t, s); len(f) != 0 {
		t.Errorf("stored after refusals: %v", f)
	}
	never := beginTus(t, s, ada, "", "Upload-Defer-Length", "1", "Upload-Metadata", "fields "+base64Of(`{"alt":"never"}`)) // the rule needs the size
	s.Want(t, 403, tusCall("PATCH", never, ada, "x", "Upload-Offset", "0", "Upload-Length", "1"))
	s.Want(t, 204, tusCall("DELETE", never, ada, ""))
	metadata := "filename " + base64Of("live.txt")
	at := beginTus(t, s, ada, "begun", "Upload-Defer-Length", "1", "Upload-Metadata", metadata)
	head := s.Want(t, 200, tusCall("HEAD", at, ada, "")).Header
	if head.Get("Upload-Defer-Length") != "1" || head.Get("Upload-Length") != "" || head.Get("Upload-Offset") != "5" || head.Get("Upload-Metadata") != metadata {
		t.Errorf("head: %v", head)
	}
	s.Want(t, 413, tusCall("PATCH", at, ada, strings.Repeat("x", 1<<20), "Upload-Offset", "5")) // more than files.max
	s.Want(t, 204, tusCall("PATCH", at, ada, ", and", "Upload-Offset", "5"))
	for length, status := range map[string]int{"9": 400, "-1": 400, "x": 400, "1048577": 413, "950000": 403} {
		s.Want(t, status, tusCall("PATCH", at, ada, "", "Upload-Offset", "10", "Upload-Length", length))
	}
	s.Want(t, 404, tusCall("PATCH", at, s.Token(map[string]any{"sub": "bob"}), "", "Upload-Offset", "10", "Upload-Length", "10"))
	s.Want(t, 413, tusCall("PATCH", at, ada, " ended.", "Upload-Offset", "10", "Upload-Length", "16"))
	s.Want(t, 400, tusCall("PATCH", at, ada, " ended.", "Upload-Offset", "10", "Upload-Length", "17")) // it was 16
	last := s.Want(t, 204, tusCall("PATCH", at, ada, " ended", "Upload-Offset", "10", "Upload-Length", "16"))
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + last.Header.Get("X-Basalt-Document"), Token: ada}); a.Body != "begun, and ended" {
		t.Errorf("got %q", a.Body)
	}
	// A client that learns the length at the end says it with nothing.
	at = beginTus(t, s, ada, "all of it", "Upload-Defer-Length", "1")
	if a := s.Want(t, 204, tusCall("PATCH", at, ada, "", "Upload-Offset", "9", "Upload-Length", "9")); a.Header.Get("X-Basalt-Document") == "" {
		t.Errorf("no document: %v", a.Header)
	}
	if f := stored(t, s); len(f) != 4 { // two documents, and what is known of their uploads
		t.Errorf("stored: %v", f)
	}
}

// TestTus_TwoNodes: no two work on one upload, and what one node has taken the other goes on with.
func TestTus_TwoNodes(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	if err := backend.CreateBucket("media"); err != nil {
		t.Fatal(err)
	}
	fake := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(fake.Close)
	dir := t.TempDir()
	for name, storage := range map[string]string{
		"s3":        fmt.Sprintf("{ driver: s3, endpoint: %q, bucket: media, region: us-east-1, key: k, secret: s, path_style: true }", fake.URL),
		"directory": fmt.Sprintf("{ driver: local, dir: %q }", dir),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "app.db")
			config := "storage: { media: " + storage + " }\n" + strings.Replace(album, "file:app.db", "file:"+file, 1)
			one, two := servertest.Start(t, config), servertest.Start(t, config)
			ada := one.Token(map[string]any{"sub": "ada"})
			at := beginTus(t, one, ada, "", "Upload-Length", "100000")
			content := strings.Repeat("0123456789", 10_000)
			broken := openRaw(t, one, "PATCH "+at+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+ada+"\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"+
				"Content-Type: application/offset+octet-stream\r\nContent-Length: 100000\r\n\r\n"+content[:40_000])
			servertest.Eventually(t, "one node works on it", func() bool {
				if name == "s3" {
					return leased(t, file)
				}
				there, err := os.ReadDir(filepath.Join(dir, ".partial")) // a lock, and the piece
				return err == nil && len(there) == 2
			})
			busy := two.Want(t, 423, tusCall("PATCH", at, ada, content, "Upload-Offset", "0"))
			if busy.Header.Get("Retry-After") != "1" {
				t.Errorf("the refusal has %v", busy.Header)
			}
			two.Want(t, 423, tusCall("DELETE", at, ada, ""))
			broken.Close()
			servertest.Eventually(t, "the other node goes on", func() bool {
				head := two.Do(t, tusCall("HEAD", at, ada, ""))
				offset := 0
				_, _ = fmt.Sscan(head.Header.Get("Upload-Offset"), &offset) // 0 where there is none
				a := two.Do(t, tusCall("PATCH", at, ada, content[offset:], "Upload-Offset", fmt.Sprint(offset)))
				return a.Status == 204 && a.Header.Get("Upload-Offset") == "100000"
			})
			id := one.Want(t, 200, tusCall("HEAD", at, ada, "")).Header.Get("X-Basalt-Document")
			if a := one.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + id, Token: ada}); a.Body != content {
				t.Errorf("got %d bytes", len(a.Body))
			}
		})
	}
}

// leased reports whether a node works on an upload, as the database says.
func leased(t *testing.T, file string) bool {
	t.Helper()
	driver, err := db.Open(t.Context(), "sqlite", db.Config{URL: "file:" + file})
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Close()
	n, err := driver.Count(t.Context(), db.Describe("_file_leases", db.Column{Name: "id", Type: query.TypeID}), query.True)
	if err != nil {
		t.Fatal(err)
	}
	return n == 1
}
