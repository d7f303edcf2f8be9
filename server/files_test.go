package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// album is a configuration with files.
const album = `
databases: { main: { driver: sqlite, url: "file:app.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["adminadminadminadmin"] }
limits: { body: 64KiB }
collections:
  photos:
    files: { max: 1MiB, types: ["image/*", "text/*", "application/pdf", "application/octet-stream"] }
    fields: { owner: { type: string, index: true }, alt: { type: string }, stars: { type: int }, secret: { type: string } }
    rules:
      read: 'doc.owner == auth.id || doc.alt == "all"'
      create: 'auth != nil && next.size < 900000 && next.alt != "never"'
      update: 'doc.owner == auth.id && next.size < 900000'
      delete: 'doc.owner == auth.id'
    set: { create: { owner: auth.id } }
    fields_readable: { secret: 'doc.owner == auth.id' }
  open:
    files: { public: true, types: ["text/html", "image/svg+xml", "text/plain", "application/pdf", "image/png"] }
    rules: { read: 'false', create: 'true', update: 'true', delete: 'true' }
  notes:
    fields: { title: { type: string } }
    rules: { read: 'true', create: 'true' }
`

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"

// fileDoc is the document of a file.
type fileDoc struct {
	ID, Owner, Alt, Path, Name, Type, SHA256, Created, Updated string
	Size                                                       int64
	Stars                                                      int
	Metadata                                                   map[string]any
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// stored returns the files below the storage of a server.
func stored(t *testing.T, s *servertest.Instance) (found []string) {
	t.Helper()
	dir := filepath.Join(filepath.Dir(s.Path), "data", "files")
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed meanwhile
			return nil
		case err == nil && !d.IsDir():
			found = append(found, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// put stores a file as it is and returns its document.
func put(t *testing.T, s *servertest.Instance, token, address, content string) fileDoc {
	t.Helper()
	var doc fileDoc
	s.Want(t, 201, call{Method: "POST", Path: address, Token: token, Body: content, Header: map[string]string{"Content-Type": "application/octet-stream"}}).Decode(t, &doc)
	return doc
}

// asForm returns a form of parts; a name with @ in front is a file.
func asForm(t *testing.T, parts ...[2]string) (body, contentType string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, p := range parts {
		header := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="` + p[0] + `"`}}
		if name, ok := strings.CutPrefix(p[0], "@"); ok {
			header = textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)}, "Content-Type": {"text/plain"}}
		}
		part, err := w.CreatePart(header)
		if err == nil {
			_, err = io.WriteString(part, p[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), w.FormDataContentType()
}

func TestFiles_AreDocumentsWithBytes(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	content := png + strings.Repeat("x", 200_000) // more than limits.body
	a := s.Want(t, 201, call{Method: "POST", Path: `/v1/files/photos?path=trips/a.png&fields={"alt":"sea","stars":3,"size":1,"owner":"bob"}`, Token: ada, Body: content,
		Header: map[string]string{"Content-Type": "text/plain"}})
	var doc fileDoc
	a.Decode(t, &doc)
	if doc.Owner != "ada" || doc.Alt != "sea" || doc.Stars != 3 || doc.Path != "trips/a.png" || doc.Name != "a.png" || doc.Type != "image/png" ||
		doc.Size != int64(len(content)) || doc.SHA256 != hashOf(content) || doc.Created == "" || doc.Updated == "" {
		t.Fatalf("got %s", a.Body)
	}
	if a.Header.Get("Location") != "/v1/files/photos/"+doc.ID || a.Header.Get("ETag") == "" {
		t.Errorf("headers: %v", a.Header)
	}
	for _, address := range []string{"/v1/files/photos/" + doc.ID, "/v1/files/photos/" + doc.ID + "/any.png", "/v1/files/photos?path=trips/a.png"} {
		got := s.Want(t, 200, call{Method: "GET", Path: address, Token: ada})
		if got.Body != content || got.Header.Get("Content-Type") != "image/png" || got.Header.Get("ETag") != a.Header.Get("ETag") {
			t.Errorf("%s: %d bytes, %v", address, len(got.Body), got.Header)
		}
		s.Want(t, 404, call{Method: "GET", Path: address, Token: bob})
		s.Want(t, 404, call{Method: "GET", Path: address})
		head := s.Want(t, 200, call{Method: "HEAD", Path: address, Token: ada})
		if head.Header.Get("Content-Length") != fmt.Sprint(len(content)) {
			t.Errorf("HEAD %s: %v", address, head.Header)
		}
	}
	// The document is one like every other.
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/photos/" + doc.ID, Token: ada, Body: map[string]any{"alt": "all", "name": "b.png", "metadata": map[string]any{"k": 1}, "size": 1, "sha256": "x"}}).Decode(t, &doc)
	if doc.Alt != "all" || doc.Name != "b.png" || doc.Size != int64(len(content)) || doc.SHA256 != hashOf(content) {
		t.Errorf("after the patch: %+v", doc)
	}
	if ids := s.Want(t, 200, call{Method: "GET", Path: `/v1/db/photos?filter=path%20startsWith%20%22trips/%22`, Token: bob}).IDs(t); len(ids) != 1 || ids[0] != doc.ID {
		t.Errorf("bob sees %v", ids)
	}
	s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: bob})
	s.Want(t, 403, call{Method: "DELETE", Path: "/v1/files/photos/" + doc.ID, Token: bob})
	s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/" + doc.ID, Token: ada})
	s.Want(t, 404, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: ada})
	servertest.Eventually(t, "the bytes are gone", func() bool { return len(stored(t, s)) == 0 })
}

func TestFiles_InAForm(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	body, kind := asForm(t, [2]string{"alt", "5"}, [2]string{"stars", "4"}, [2]string{"@one.txt", "first"}, [2]string{"@two.txt", "second"})
	a := s.Want(t, 201, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: body, Header: map[string]string{"Content-Type": kind}})
	var page struct{ Items []fileDoc }
	a.Decode(t, &page)
	if len(page.Items) != 2 || page.Items[0].Name != "one.txt" || page.Items[0].Type != "text/plain" || page.Items[1].SHA256 != hashOf("second") || page.Items[1].Stars != 4 || page.Items[0].Alt != "5" {
		t.Errorf("got %s", a.Body)
	}
	for name, test := range map[string]struct {
		parts  [][2]string
		status int
	}{
		"no file":              {[][2]string{{"alt", "x"}}, 422},
		"a field twice":        {[][2]string{{"alt", "x"}, {"alt", "y"}, {"@a.txt", "x"}}, 422},
		"an unknown field":     {[][2]string{{"alto", "x"}, {"@a.txt", "x"}}, 422},
		"a wrong type":         {[][2]string{{"stars", "many"}, {"@a.txt", "x"}}, 422},
		"not allowed":          {[][2]string{{"alt", "never"}, {"@a.txt", "x"}}, 403},
		"the second too large": {[][2]string{{"@a.txt", "x"}, {"@b.txt", strings.Repeat("x", 2<<20)}}, 413},
		"the second not taken": {[][2]string{{"@a.txt", "x"}, {"@b.zip", "PK\x03\x04" + strings.Repeat("x", 100)}}, 415},
		"fields too large":     {[][2]string{{"alt", strings.Repeat("x", 70<<10)}, {"@a.txt", "x"}}, 413},
		"a path as a name":     {[][2]string{{"@../../etc/x.txt", "a"}}, 201},
		"a field after a file": {[][2]string{{"@c.txt", "c"}, {"alt", "late"}}, 201},
	} {
		body, kind := asForm(t, test.parts...)
		a := s.Want(t, test.status, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: body, Header: map[string]string{"Content-Type": kind}})
		if name == "a path as a name" && !strings.Contains(a.Body, `"name":"x.txt"`) || name == "a field after a file" && !strings.Contains(a.Body, `"alt":"late"`) {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	for name, sent := range map[string]string{"ends early": body[:len(body)-30], "no form": "x", "only a beginning": strings.Repeat("y", 80<<10)} {
		if a := s.Do(t, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: sent, Header: map[string]string{"Content-Type": kind}}); a.Status < 400 || a.Status > 499 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	servertest.Eventually(t, "what was refused is gone", func() bool { return len(stored(t, s)) == 4 })
}

func TestFiles_ArePutByPathAndReplaced(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	raw := map[string]string{"Content-Type": "text/plain"}
	var one, two fileDoc
	s.Want(t, 201, call{Method: "PUT", Path: "/v1/files/photos?path=a/b.txt", Token: ada, Body: "one", Header: raw}).Decode(t, &one)
	second := s.Want(t, 200, call{Method: "PUT", Path: "/v1/files/photos?path=a/b.txt", Token: ada, Body: "two", Header: raw})
	if second.Decode(t, &two); one.ID != two.ID || two.SHA256 != hashOf("two") {
		t.Errorf("%+v, then %+v", one, two)
	}
	s.Want(t, 409, call{Method: "PUT", Path: "/v1/files/photos?path=a/b.txt", Token: bob, Body: "mine", Header: raw}) // he does not see it
	with := func(name, value string) map[string]string {
		return map[string]string{"Content-Type": "text/plain", name: value}
	}
	tag := second.Header.Get("ETag")
	s.Want(t, 412, call{Method: "PUT", Path: "/v1/files/photos/" + one.ID, Token: ada, Body: "three", Header: with("If-Match", `"`+hashOf("one")+`"`)})
	s.Want(t, 412, call{Method: "PUT", Path: "/v1/files/photos?path=a/b.txt", Token: ada, Body: "three", Header: with("If-None-Match", "*")})
	s.Want(t, 412, call{Method: "PUT", Path: "/v1/files/photos?path=new.txt", Token: ada, Body: "three", Header: with("If-Match", "*")})
	s.Want(t, 412, call{Method: "DELETE", Path: "/v1/files/photos/" + one.ID, Token: ada, Header: with("If-Match", `"x"`)})
	s.Want(t, 200, call{Method: "PUT", Path: "/v1/files/photos/" + one.ID, Token: ada, Body: "three", Header: with("If-Match", tag)})
	s.Want(t, 404, call{Method: "PUT", Path: "/v1/files/photos/" + one.ID, Token: bob, Body: "x", Header: raw})
	s.Want(t, 404, call{Method: "PUT", Path: "/v1/files/photos/none", Token: ada, Body: "x", Header: raw})
	s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/photos/" + one.ID, Token: ada, Body: map[string]any{"alt": "all"}})
	s.Want(t, 403, call{Method: "PUT", Path: "/v1/files/photos/" + one.ID, Token: bob, Body: "x", Header: raw})
	servertest.Eventually(t, "only the last bytes are there", func() bool { f := stored(t, s); return len(f) == 1 && strings.HasSuffix(f[0], hashOf("three")) })
}

// TestFiles_SameBytesAreStoredOnce: until the last document that has them is gone, by whatever call.
func TestFiles_SameBytesAreStoredOnce(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	for i, remove := range []func(one, two fileDoc){
		func(one, two fileDoc) {
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/db/photos/" + one.ID, Token: ada})
			s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + two.ID, Token: ada})
			s.Want(t, 200, call{Method: "DELETE", Path: `/v1/db/photos?filter=id=="` + two.ID + `"`, Token: ada})
		},
		func(one, two fileDoc) {
			s.Want(t, 200, call{Method: "POST", Path: "/v1/batch", Token: ada, Body: map[string]any{"ops": []any{
				map[string]any{"op": "delete", "collection": "photos", "id": one.ID}, map[string]any{"op": "delete", "collection": "photos", "id": two.ID}}}})
		},
		func(one, two fileDoc) {
			raw := map[string]string{"Content-Type": "text/plain"}
			s.Want(t, 200, call{Method: "PUT", Path: "/v1/files/photos/" + one.ID, Token: ada, Body: "other", Header: raw})
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/" + two.ID, Token: ada})
			s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/" + one.ID, Token: ada})
		},
	} {
		content := fmt.Sprint("the same ", i)
		one, two := put(t, s, ada, "/v1/files/photos", content), put(t, s, ada, "/v1/files/photos", content)
		if f := stored(t, s); len(f) != 1 {
			t.Fatalf("stored: %v", f)
		}
		remove(one, two)
		servertest.Eventually(t, "the bytes are gone", func() bool { return len(stored(t, s)) == 0 })
	}
}

func TestFiles_DocumentsWithoutBytesAreRefused(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	for _, token := range []string{s.Token(map[string]any{"sub": "ada"}), "adminadminadminadmin"} {
		for _, c := range []call{
			{Method: "POST", Path: "/v1/db/photos", Body: map[string]any{"alt": "x"}},
			{Method: "POST", Path: "/v1/db/photos", Body: []any{map[string]any{"alt": "x"}}},
			{Method: "PUT", Path: "/v1/db/photos/p1", Body: map[string]any{"alt": "x"}},
			{Method: "POST", Path: "/v1/batch", Body: map[string]any{"ops": []any{map[string]any{"op": "create", "collection": "photos", "doc": map[string]any{"alt": "x"}}}}},
		} {
			c.Token = token
			if a := s.Do(t, c); a.Status != 422 || !strings.Contains(a.Body, "/v1/files/photos") {
				t.Errorf("%s %s: %d %s", c.Method, c.Path, a.Status, a.Body)
			}
		}
	}
	ada := s.Token(map[string]any{"sub": "ada"})
	doc := put(t, s, ada, "/v1/files/photos", "bytes")
	var after fileDoc // an administrator cannot change what the server has found out, either
	s.Want(t, 200, call{Method: "PUT", Path: "/v1/db/photos/" + doc.ID, Token: "adminadminadminadmin", Body: map[string]any{"alt": "y", "size": 1, "sha256": "z", "type": "text/html"}}).Decode(t, &after)
	if after.Alt != "y" || after.Size != 5 || after.SHA256 != hashOf("bytes") || after.Type != doc.Type {
		t.Errorf("got %+v", after)
	}
	for _, path := range []string{"/v1/files/notes", "/v1/files/none"} {
		s.Want(t, 404, call{Method: "POST", Path: path, Token: ada, Body: "x"})
		s.Want(t, 404, call{Method: "GET", Path: path + "/x", Token: ada})
	}
}

func TestFiles_BadNamesAreRefused(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	doc := put(t, s, ada, "/v1/files/photos", "bytes")
	for _, path := range []string{"%2e%2e/x", "../x", "a/../b", "/etc/passwd", "a//b", "a/", "a/./b", `a\b`, "a%00b", "a%0ab", "%e2%80%aegpj.exe", "a%ff", strings.Repeat("a/", 2048) + "a", strings.Repeat("x", 256)} {
		for _, c := range []call{{Method: "POST", Path: "/v1/files/photos?path=" + path}, {Method: "PUT", Path: "/v1/files/photos?path=" + path}} {
			c.Token, c.Body = ada, "x"
			if a := s.Do(t, c); a.Status != 422 {
				t.Errorf("%s %q: %d %s", c.Method, path, a.Status, a.Body)
			}
		}
	}
	for _, name := range []string{"..", ".", "a/b", `a\b`, "a\x00b", "a\u202eb", "", strings.Repeat("x", 300)} {
		if a := s.Do(t, call{Method: "PATCH", Path: "/v1/db/photos/" + doc.ID, Token: ada, Body: map[string]any{"name": name}}); a.Status != 422 && a.Status != 400 {
			t.Errorf("name %q: %d %s", name, a.Status, a.Body)
		}
	}
	for _, path := range []string{"../a", "/a", "a//b", "a/..", "a/./b", "a\u202eb", "a\nb"} {
		if a := s.Do(t, call{Method: "PATCH", Path: "/v1/db/photos/" + doc.ID, Token: ada, Body: map[string]any{"path": path}}); a.Status != 422 {
			t.Errorf("path %q: %d %s", path, a.Status, a.Body)
		}
	}
	for _, path := range []string{"...a/..b/.c", "ünï/日本.png", "a b/c;d.png", "....", "👩‍🚀.png"} {
		s.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/photos/" + doc.ID, Token: ada, Body: map[string]any{"path": path, "name": path[strings.LastIndex(path, "/")+1:]}})
	}
	for _, f := range stored(t, s) {
		if !strings.HasPrefix(f, "content/photos/") {
			t.Errorf("stored as %s", f)
		}
	}
	root := filepath.Join(filepath.Dir(s.Path), "data", "files")
	if info, err := os.Stat(root); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Join(root, stored(t, s)[0])); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestFiles_LimitsHoldWhileTheyCome(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, album)
	ada := s.Token(map[string]any{"sub": "ada"})
	endless := func(n int) io.Reader { return io.LimitReader(neverEnding('x'), int64(n)) }
	for name, test := range map[string]struct {
		body   io.Reader
		token  string
		status int
		header map[string]string
		path   string
	}{
		"too large, and says so":          {strings.NewReader(strings.Repeat("x", 2<<20)), ada, 413, nil, ""},
		"too large, without a length":     {endless(3 << 20), ada, 413, nil, ""},
		"more than the rule allows":       {strings.NewReader(strings.Repeat("x", 950_000)), ada, 403, nil, ""},
		"more than the rule, at the end":  {endless(950_000), ada, 403, nil, ""},
		"anonymous":                       {endless(3 << 20), "", 401, nil, ""},
		"a token that is none":            {endless(3 << 20), "x", 401, nil, ""},
		"not the type it says":            {strings.NewReader("PK\x03\x04" + strings.Repeat("x", 100)), ada, 415, map[string]string{"Content-Type": "image/png"}, ""},
		"encoded":                         {strings.NewReader("x"), ada, 415, map[string]string{"Content-Encoding": "gzip"}, ""},
		"fields that are none":            {strings.NewReader("x"), ada, 422, nil, "?fields=x"},
		"an unknown field":                {strings.NewReader("x"), ada, 422, nil, `?fields={"nope":1}`},
		"nothing":                         {strings.NewReader(""), ada, 201, nil, ""},
		"without a length, within limits": {endless(100_000), ada, 201, nil, ""},
	} {
		req, err := http.NewRequest("POST", s.URL+"/v1/files/photos"+test.path, test.body)
		if err != nil {
			t.Fatal(err)
		}
		if test.token != "" {
			req.Header.Set("Authorization", "Bearer "+test.token)
		}
		for k, v := range test.header {
			req.Header.Set(k, v)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != test.status {
			t.Errorf("%s: %d, want %d: %s", name, resp.StatusCode, test.status, text)
		}
	}
	servertest.Eventually(t, "what was refused is gone", func() bool { return len(stored(t, s)) == 2 })
	for _, c := range []call{{Method: "POST", Path: "/v1/db/notes"}, {Method: "POST", Path: "/v1/files/photos/x/link"}, {Method: "DELETE", Path: "/v1/files/photos/x"}, {Method: "POST", Path: "/v1/none"}} {
		c.Token, c.Body = ada, `{"title":"`+strings.Repeat("x", 65<<10)+`"}`
		s.Want(t, 413, c) // every other body has the limit it had
	}
}

type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}
