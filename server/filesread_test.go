package server_test

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

func TestFiles_Ranges(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	content := "0123456789abcdefghij"
	doc := put(t, s, ada, "/v1/files/photos", content)
	many := strings.TrimSuffix(strings.Repeat("0-0,", 200), ",")
	for header, want := range map[string]struct {
		status       int
		body, range_ string
	}{
		"bytes=0-3":                      {206, "0123", "bytes 0-3/20"},
		"bytes=5-":                       {206, content[5:], "bytes 5-19/20"},
		"bytes=-5":                       {206, "fghij", "bytes 15-19/20"},
		"bytes=-50":                      {206, content, "bytes 0-19/20"},
		"bytes=18-99":                    {206, "ij", "bytes 18-19/20"},
		"bytes=20-":                      {416, "", "bytes */20"},
		"bytes=-0":                       {416, "", "bytes */20"},
		"bytes=99999999999999999999-":    {200, content, ""},
		"bytes=5-3":                      {200, content, ""},
		"bytes=x":                        {200, content, ""},
		"lines=0-1":                      {200, content, ""},
		"bytes=0-19,0-19,0-19":           {200, content, ""}, // more than the file has
		"bytes=" + many:                  {200, content, ""},
		"bytes=0-0,30-":                  {206, "0", "bytes 0-0/20"},
		"bytes=9223372036854775807-":     {416, "", "bytes */20"},
		"bytes=0-9223372036854775807":    {206, content, "bytes 0-19/20"},
		"bytes= 0-3 , ,":                 {206, "0123", "bytes 0-3/20"},
		"bytes=":                         {200, content, ""},
		"bytes=-9223372036854775808":     {200, content, ""},
		"bytes=+1-2":                     {200, content, ""},
		"bytes=0-0,-1,5-5,7-7,9-9,11-11": {206, "", ""},
	} {
		a := s.Do(t, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: ada, Header: map[string]string{"Range": header}})
		if a.Status != want.status || want.status < 300 && want.body != "" && a.Body != want.body || a.Header.Get("Content-Range") != want.range_ {
			t.Errorf("%s: %d %q %q", header, a.Status, a.Body, a.Header.Get("Content-Range"))
		}
	}
	a := s.Want(t, 206, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: ada, Header: map[string]string{"Range": "bytes=0-1,-2"}})
	_, params, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	reader := multipart.NewReader(strings.NewReader(a.Body), params["boundary"])
	for _, want := range [][2]string{{"01", "bytes 0-1/20"}, {"ij", "bytes 18-19/20"}} {
		part, err := reader.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := io.ReadAll(part); string(text) != want[0] || part.Header.Get("Content-Range") != want[1] {
			t.Errorf("part %q %v", text, part.Header)
		}
	}
	if _, err := reader.NextPart(); err != io.EOF {
		t.Errorf("after the last part: %v", err)
	}
}

func TestFiles_Conditions(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	doc := put(t, s, ada, "/v1/files/photos", "content")
	address := "/v1/files/photos/" + doc.ID
	first := s.Want(t, 200, call{Method: "GET", Path: address, Token: ada})
	tag, at := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
	earlier := time.Now().Add(-24 * time.Hour).UTC().Format(http.TimeFormat)
	for _, test := range []struct {
		header map[string]string
		status int
	}{
		{map[string]string{"If-None-Match": tag}, 304},
		{map[string]string{"If-None-Match": `"x", W/` + tag}, 304},
		{map[string]string{"If-None-Match": "*"}, 304},
		{map[string]string{"If-None-Match": `"x"`, "If-Modified-Since": at}, 200},
		{map[string]string{"If-Modified-Since": at}, 304},
		{map[string]string{"If-Modified-Since": earlier}, 200},
		{map[string]string{"If-Unmodified-Since": earlier}, 412},
		{map[string]string{"If-Match": tag}, 200},
		{map[string]string{"If-Match": `"x"`}, 412},
		{map[string]string{"Range": "bytes=0-1", "If-Range": tag}, 206},
		{map[string]string{"Range": "bytes=0-1", "If-Range": at}, 206},
		{map[string]string{"Range": "bytes=0-1", "If-Range": `"x"`}, 200},
		{map[string]string{"Range": "bytes=0-1", "If-Range": earlier}, 200},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			a := s.Do(t, call{Method: method, Path: address, Token: ada, Header: test.header})
			if a.Status != test.status || (method == "HEAD" || a.Status == 304) && a.Body != "" {
				t.Errorf("%s %v: %d %q", method, test.header, a.Status, a.Body)
			}
		}
	}
}

// TestFiles_NotModifiedHasThePolicyOfTheFile: a cache takes over the headers of such an answer, and a browser then shows the
// PDF that it has under them.
func TestFiles_NotModifiedHasThePolicyOfTheFile(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	for _, content := range []string{"%PDF-1.7\n1 0 obj", "just text"} {
		var doc fileDoc
		s.Want(t, 201, call{Method: "POST", Path: "/v1/files/open", Body: content}).Decode(t, &doc)
		first := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/open/" + doc.ID})
		again := s.Want(t, 304, call{Method: "GET", Path: "/v1/files/open/" + doc.ID, Header: map[string]string{"If-None-Match": first.Header.Get("ETag")}})
		for _, name := range []string{"Content-Security-Policy", "Cache-Control", "X-Content-Type-Options"} {
			if first.Header.Get(name) == "" || again.Header.Get(name) != first.Header.Get(name) {
				t.Errorf("%q: %s is %q, and %q where it has not changed", content, name, first.Header.Get(name), again.Header.Get(name))
			}
		}
	}
}

// TestFiles_OneAfterTheOther asks for files of all sizes at once over one connection: each comes whole, and in its turn.
func TestFiles_OneAfterTheOther(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	var asked strings.Builder
	var contents []string
	for _, size := range []int{1, 3000, 4000, 4096, 5000, 8192, 8193, 32 << 10, 32<<10 + 1, 40_000, 300_000, 2} {
		content := strings.Repeat(fmt.Sprintf("%d of many ", size), size/10+1)[:size]
		var doc fileDoc
		s.Want(t, 201, call{Method: "POST", Path: "/v1/files/open", Body: content}).Decode(t, &doc)
		fmt.Fprintf(&asked, "GET /v1/files/open/%s HTTP/1.1\r\nHost: localhost\r\n\r\n", doc.ID)
		contents = append(contents, content)
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sent := make(chan error, 1)
	go func() { _, err := io.WriteString(c, asked.String()); sent <- err }()
	from := bufio.NewReader(c)
	for _, content := range contents {
		answer, err := http.ReadResponse(from, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK || string(got) != content {
			t.Fatalf("%d: %d bytes of %d, %v", answer.StatusCode, len(got), len(content), err)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// TestFiles_NothingRuns: whatever is stored, and whatever its client said that it is.
func TestFiles_NothingRuns(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	for content, want := range map[string]struct{ says, mediaType, disposition string }{
		"<!DOCTYPE html><script>alert(1)</script>":                                              {"image/png", "text/html", "attachment"},
		`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`:               {"image/png", "image/svg+xml", "attachment"},
		`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>`: {"text/plain", "image/svg+xml", "attachment"},
		"just text":         {"text/html", "text/plain", "inline"},
		"%PDF-1.7\n1 0 obj": {"text/html", "application/pdf", "inline"},
		png:                 {"text/html", "image/png", "inline"},
	} {
		var doc fileDoc
		s.Want(t, 201, call{Method: "POST", Path: "/v1/files/open?name=a.html", Body: content, Header: map[string]string{"Content-Type": want.says}}).Decode(t, &doc)
		a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/open/" + doc.ID})
		policy := a.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(a.Header.Get("Content-Type"), want.mediaType) || !strings.HasPrefix(a.Header.Get("Content-Disposition"), want.disposition) ||
			a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "script") || a.Body != content {
			t.Errorf("%s: %v", content, a.Header)
		}
		if want.mediaType != "application/pdf" && !strings.HasSuffix(policy, "sandbox") {
			t.Errorf("%s: %s", content, policy)
		}
		if got := a.Header.Get("Cache-Control"); got != "public, no-cache" {
			t.Errorf("public bytes: %s", got)
		}
	}
	s.Want(t, 401, call{Method: "GET", Path: "/v1/db/open"}) // the documents are not public
}

func TestFiles_TheirNamesInHeaders(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	for name, want := range map[string]string{
		"a.txt":                  `inline; filename="a.txt"`,
		`q"uo;te%.txt`:           `inline; filename="q_uo_te_.txt"; filename*=UTF-8''q%22uo%3Bte%25.txt`,
		"ünï 日.txt":              `inline; filename="_n_ _.txt"; filename*=UTF-8''%C3%BCn%C3%AF%20%E6%97%A5.txt`,
		`C:\dir\b.txt`:           `inline; filename="b.txt"`,
		"a\r\nSet-Cookie: x.txt": "",
	} {
		a := s.Do(t, call{Method: "POST", Path: "/v1/files/photos?name=" + url.QueryEscape(name), Token: ada, Body: "text"})
		if want == "" {
			if a.Status != 422 {
				t.Errorf("%q: %d %s", name, a.Status, a.Body)
			}
			continue
		}
		got := s.Want(t, 200, call{Method: "GET", Path: a.Header.Get("Location"), Token: ada})
		if got.Header.Get("Content-Disposition") != want {
			t.Errorf("%q: %s", name, got.Header.Get("Content-Disposition"))
		}
		saved := s.Want(t, 200, call{Method: "GET", Path: a.Header.Get("Location") + "?download=c%0d%0a.txt", Token: ada})
		if d := saved.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || strings.Contains(d, "c") && strings.Contains(d, "\r") {
			t.Errorf("download: %q", d)
		}
	}
	a := s.Want(t, 201, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: "text", Header: map[string]string{"X-File-Name": "%C3%BC.txt"}})
	if !strings.Contains(a.Body, `"name":"ü.txt"`) {
		t.Error(a.Body)
	}
}

func TestFiles_Links(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	s := servertest.StartNow(t, "127.0.0.1:0", album, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	doc, other := put(t, s, ada, "/v1/files/photos", "content"), put(t, s, ada, "/v1/files/photos", "other")
	link := func(expires string) string {
		var l struct{ URL, Expires string }
		s.Want(t, 201, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link", Token: ada, Body: map[string]any{"expires": expires}}).Decode(t, &l)
		if _, err := time.Parse(time.RFC3339, l.Expires); err != nil {
			t.Errorf("expires: %v", err)
		}
		return l.URL
	}
	hour := link("1h")
	a := s.Want(t, 200, call{Method: "GET", Path: hour})
	if a.Body != "content" || strings.Contains(hour, doc.SHA256) {
		t.Errorf("%s: %s", hour, a.Body)
	}
	s.Want(t, 206, call{Method: "GET", Path: hour, Header: map[string]string{"Range": "bytes=0-1"}})
	s.Want(t, 200, call{Method: "GET", Path: hour, Token: bob}) // whoever has it
	s.Want(t, 404, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link", Token: bob})
	s.Want(t, 404, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link"})
	for _, expires := range []any{"0s", "-1h", "1000h", "soon", 5} {
		if a := s.Do(t, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link", Token: ada, Body: map[string]any{"expires": expires}}); a.Status != 422 && a.Status != 400 {
			t.Errorf("expires %v: %d", expires, a.Status)
		}
	}
	u, err := url.Parse(hour)
	if err != nil {
		t.Fatal(err)
	}
	forge := func(change func(url.Values)) string {
		q := u.Query()
		change(q)
		return u.Path + "?" + q.Encode()
	}
	for name, address := range map[string]string{
		"another file":    strings.Replace(hour, doc.ID, other.ID, 1),
		"later":           forge(func(q url.Values) { q.Set("expires", "99999999999") }),
		"no signature":    forge(func(q url.Values) { q.Set("signature", "x") }),
		"another":         forge(func(q url.Values) { q.Set("version", "x") }),
		"not a number":    forge(func(q url.Values) { q.Set("expires", "x") }),
		"another place":   strings.Replace(hour, "/photos/", "/open/", 1),
		"delimiters":      forge(func(q url.Values) { q.Set("expires", q.Get("expires")+"\x00") }),
		"expires removed": forge(func(q url.Values) { q.Del("expires") }),
	} {
		if a := s.Do(t, call{Method: "GET", Path: address}); a.Status != 403 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	s.Want(t, 404, call{Method: "DELETE", Path: hour, Token: bob}) // it is for reading
	short := link("10s")
	ahead.Store(int64(11 * time.Second))
	s.Want(t, 403, call{Method: "GET", Path: short})
	s.Want(t, 200, call{Method: "GET", Path: hour})
	s.Want(t, 200, call{Method: "PUT", Path: "/v1/files/photos/" + doc.ID, Token: ada, Body: "new"})
	s.Want(t, 404, call{Method: "GET", Path: hour}) // it was of the bytes before
	hour = link("1h")
	s.Want(t, 200, call{Method: "GET", Path: hour})
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/photos/" + doc.ID, Token: ada})
	s.Want(t, 404, call{Method: "GET", Path: hour})
}

// TestFiles_HiddenOnesAreNotThere: ids that are guessed, documents that are hidden, and fields that are masked.
func TestFiles_HiddenOnesAreNotThere(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(album, "fields_readable: {", `fields_readable: { name: 'doc.owner == auth.id', type: 'doc.owner == auth.id',`, 1))
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	mine := put(t, s, ada, `/v1/files/photos?path=x/private.txt`, "mine")
	var all fileDoc
	s.Want(t, 201, call{Method: "POST", Path: `/v1/files/photos?name=secret-name.txt&fields={"alt":"all"}`, Token: ada, Body: "for all"}).Decode(t, &all)
	missing := s.Do(t, call{Method: "GET", Path: "/v1/files/photos/nothing", Token: bob})
	for _, path := range []string{mine.ID, mine.ID + "/private.txt", "%2e%2e", mine.ID + "%00"} {
		a := s.Do(t, call{Method: "GET", Path: "/v1/files/photos/" + path, Token: bob})
		if a.Status != 404 || a.Body != missing.Body || a.Header.Get("ETag") != "" || a.Header.Get("Last-Modified") != "" {
			t.Errorf("%s: %d %s %v", path, a.Status, a.Body, a.Header)
		}
	}
	for _, path := range []string{"x/private.txt", "nope", "../x", "%00"} {
		if a := s.Do(t, call{Method: "GET", Path: "/v1/files/photos?path=" + path, Token: bob}); a.Status != 404 || a.Body != missing.Body {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + all.ID, Token: bob})
	if a.Header.Get("Content-Type") != "application/octet-stream" || strings.Contains(a.Header.Get("Content-Disposition"), "secret") {
		t.Errorf("a masked name and type: %v", a.Header)
	}
}
