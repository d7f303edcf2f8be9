package server_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// tusCall is a request of tus.
func tusCall(method, path, token, body string, header ...string) call {
	c := call{Method: method, Path: path, Token: token, Header: map[string]string{"Tus-Resumable": "1.0.0"}}
	if method == "PATCH" {
		c.Header["Content-Type"] = "application/offset+octet-stream"
	}
	if body != "" || method == "PATCH" {
		c.Body = body
	}
	for i := 0; i < len(header); i += 2 {
		c.Header[header[i]] = header[i+1]
	}
	return c
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestTus_AFileInPieces(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	o := s.Want(t, 204, call{Method: "OPTIONS", Path: "/v1/files/photos/tus"})
	if o.Header.Get("Tus-Version") != "1.0.0" || !strings.Contains(o.Header.Get("Tus-Extension"), "creation") || o.Header.Get("Tus-Max-Size") != fmt.Sprint(1<<20) {
		t.Errorf("options: %v", o.Header)
	}
	content := strings.Repeat("0123456789", 20_000)
	metadata := "filename " + base64Of("notes.txt") + ",filetype " + base64Of("text/plain") + ",path " + base64Of("d/notes.txt") + ",fields " + base64Of(`{"alt":"sea","stars":2}`) + ",empty"
	begun := s.Want(t, 201, tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", fmt.Sprint(len(content)), "Upload-Metadata", metadata))
	at := begun.Header.Get("Location")
	if !strings.HasPrefix(at, "/v1/files/photos/tus/") || begun.Header.Get("Upload-Expires") == "" || begun.Header.Get("Tus-Resumable") != "1.0.0" {
		t.Fatalf("begun: %v", begun.Header)
	}
	sum := sha1.Sum([]byte(content[:70_000]))
	good := "sha1 " + base64.StdEncoding.EncodeToString(sum[:])
	s.Want(t, 460, tusCall("PATCH", at, ada, content[1:70_001], "Upload-Offset", "0", "Upload-Checksum", good))
	a := s.Want(t, 204, tusCall("PATCH", at, ada, content[:70_000], "Upload-Offset", "0", "Upload-Checksum", good))
	if a.Header.Get("Upload-Offset") != "70000" {
		t.Errorf("after the first piece: %v", a.Header)
	}
	for name, c := range map[string]struct {
		call
		status int
	}{
		"an offset before":       {tusCall("PATCH", at, ada, "x", "Upload-Offset", "0"), 409},
		"an offset behind":       {tusCall("PATCH", at, ada, "x", "Upload-Offset", "70001"), 409},
		"an offset below":        {tusCall("PATCH", at, ada, "x", "Upload-Offset", "-1"), 400},
		"no offset":              {tusCall("PATCH", at, ada, "x"), 400},
		"more than its length":   {tusCall("PATCH", at, ada, content, "Upload-Offset", "70000"), 413},
		"another type":           {tusCall("PATCH", at, ada, "x", "Upload-Offset", "70000", "Content-Type", "text/plain"), 415},
		"another version":        {tusCall("PATCH", at, ada, "x", "Upload-Offset", "70000", "Tus-Resumable", "0.2.0"), 412},
		"a checksum of none":     {tusCall("PATCH", at, ada, "x", "Upload-Offset", "70000", "Upload-Checksum", "crc x"), 400},
		"of another":             {tusCall("PATCH", at, s.Token(map[string]any{"sub": "bob"}), "x", "Upload-Offset", "70000"), 404},
		"of an anonymous caller": {tusCall("PATCH", at, "", "x", "Upload-Offset", "70000"), 404},
		"head of another":        {tusCall("HEAD", at, s.Token(map[string]any{"sub": "bob"}), ""), 404},
		"removal by another":     {tusCall("DELETE", at, s.Token(map[string]any{"sub": "bob"}), ""), 404},
		"in another place":       {tusCall("HEAD", strings.Replace(at, "photos", "open", 1), ada, ""), 404},
		"a path as its id":       {tusCall("HEAD", "/v1/files/photos/tus/..%2f..%2fcontent", ada, ""), 404},
	} {
		if a := s.Do(t, c.call); a.Status != c.status {
			t.Errorf("%s: %d, want %d: %s", name, a.Status, c.status, a.Body)
		}
	}
	head := s.Want(t, 200, tusCall("HEAD", at, ada, ""))
	if head.Header.Get("Upload-Offset") != "70000" || head.Header.Get("Upload-Length") != fmt.Sprint(len(content)) || head.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("head: %v", head.Header)
	}
	last := s.Want(t, 204, tusCall("PATCH", at, ada, content[70_000:], "Upload-Offset", "70000"))
	id := last.Header.Get("X-Basalt-Document")
	var doc fileDoc
	s.Want(t, 200, call{Method: "GET", Path: "/v1/db/photos/" + id, Token: ada}).Decode(t, &doc)
	if doc.Name != "notes.txt" || doc.Path != "d/notes.txt" || doc.Alt != "sea" || doc.Stars != 2 || doc.SHA256 != hashOf(content) {
		t.Errorf("got %+v", doc)
	}
	if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + id, Token: ada}); got.Body != content {
		t.Errorf("got %d bytes", len(got.Body))
	}
	again := s.Want(t, 200, tusCall("HEAD", at, ada, "")) // the client has missed the answer
	if again.Header.Get("Upload-Offset") != fmt.Sprint(len(content)) || again.Header.Get("X-Basalt-Document") != id {
		t.Errorf("after the end: %v", again.Header)
	}
	s.Want(t, 204, tusCall("DELETE", at, ada, ""))
	s.Want(t, 404, tusCall("HEAD", at, ada, ""))
	if f := stored(t, s); len(f) != 1 {
		t.Errorf("stored: %v", f)
	}
}

func TestTus_RulesAreAskedAtTheBeginningAndAtTheEnd(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	for name, c := range map[string]struct {
		call
		status int
	}{
		"anonymous":               {tusCall("POST", "/v1/files/photos/tus", "", "", "Upload-Length", "5"), 401},
		"larger than max":         {tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", "2000000"), 413},
		"larger than a rule":      {tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", "950000"), 403},
		"no length":               {tusCall("POST", "/v1/files/photos/tus", ada, ""), 400},
		"a bad name":              {tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", "5", "Upload-Metadata", "path "+base64Of("../x")), 422},
		"bad metadata":            {tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", "5", "Upload-Metadata", "path !"), 400},
		"no files":                {tusCall("POST", "/v1/files/notes/tus", ada, "", "Upload-Length", "5"), 404},
		"a wrong type at the end": {tusCall("POST", "/v1/files/photos/tus", ada, "PK\x03\x04xxxx", "Upload-Length", "8", "Content-Type", "application/offset+octet-stream"), 415},
	} {
		if a := s.Do(t, c.call); a.Status != c.status {
			t.Errorf("%s: %d, want %d: %s", name, a.Status, c.status, a.Body)
		}
	}
	if f := stored(t, s); len(f) != 0 {
		t.Errorf("stored: %v", f)
	}
	for _, content := range []string{"", "all at once"} {
		a := s.Want(t, 201, tusCall("POST", "/v1/files/photos/tus", ada, content, "Upload-Length", fmt.Sprint(len(content)), "Content-Type", "application/offset+octet-stream"))
		id := a.Header.Get("X-Basalt-Document")
		if got := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + id, Token: ada}); got.Body != content {
			t.Errorf("got %q", got.Body)
		}
	}
}

// openRaw writes a request to a server byte by byte as it is, and ends the connection without waiting.
func openRaw(t *testing.T, s *servertest.Instance, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err == nil {
		_, err = io.WriteString(c, text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTus_WhatHasComeIsKept: of a piece whose connection breaks.
func TestTus_WhatHasComeIsKept(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	content := strings.Repeat("x", 100_000)
	at := s.Want(t, 201, tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", fmt.Sprint(len(content)))).Header.Get("Location")
	c := openRaw(t, s, "PATCH "+at+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+ada+"\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"+
		"Content-Type: application/offset+octet-stream\r\nContent-Length: 100000\r\n\r\n"+content[:40_000])
	servertest.Eventually(t, "the piece is being written", func() bool {
		return slices.ContainsFunc(stored(t, s), func(f string) bool { return strings.HasPrefix(f, ".partial/") })
	})
	s.Want(t, 423, tusCall("PATCH", at, ada, "x", "Upload-Offset", "0"))
	c.Close()
	servertest.Eventually(t, "what has come is there", func() bool {
		return s.Do(t, tusCall("HEAD", at, ada, "")).Header.Get("Upload-Offset") == "40000"
	})
	servertest.Eventually(t, "the rest is taken", func() bool { // the broken request may not have ended
		return s.Do(t, tusCall("PATCH", at, ada, content[40_000:], "Upload-Offset", "40000")).Status == 204
	})
}

// TestFiles_ABrokenUploadLeavesNothing: by a length that lies, or a connection that ends.
func TestFiles_ABrokenUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	head := "POST /v1/files/photos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + ada + "\r\n"
	for name, body := range map[string]string{
		"less than its length": "Content-Length: 50000\r\n\r\n" + strings.Repeat("x", 20_000),
		"chunks without end":   "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhel",
		"a form without end":   "Content-Length: 90000\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\n" + strings.Repeat("x", 20_000),
	} {
		c := openRaw(t, s, head+body).(*net.TCPConn)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil && (resp.StatusCode < 400 || resp.StatusCode > 499) {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
		c.Close()
	}
	servertest.Eventually(t, "nothing is left", func() bool { return len(stored(t, s)) == 0 })
	// More than its length is not a part of the file: it is the next request, which is none.
	c := openRaw(t, s, head+"Content-Length: 3\r\n\r\nabcdef")
	defer c.Close()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || resp.StatusCode != 201 {
		t.Fatalf("%v %v", resp, err)
	}
	servertest.Eventually(t, "three bytes are stored", func() bool { f := stored(t, s); return len(f) == 1 && strings.HasSuffix(f[0], hashOf("abc")) })
}
