package supabase_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestStorage_WhatTheBytesDoNotSay goes at the documents of files by way of their bytes: whoever may have these, because they are
// public or by a link, is shown nothing that the rules hide.
func TestStorage_WhatTheBytesDoNotSay(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" } }
limits: { page: 5 }
collections:
  box:
    files: { images: {} }
    fields: { owner: { type: string }, team: { type: string } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id || doc.team == "shared"', create: 'auth != nil', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
    fields_readable: { updated: 'doc.owner == auth.id', sha256: 'doc.owner == auth.id' }
  posters:
    files: { public: true }
    fields: { owner: { type: string } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil', update: 'false', delete: 'auth.id == "cleaner"' }
    fields_readable: { updated: 'doc.owner == auth.id' }
`)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	do := func(token, method, path, body string, header ...string) servertest.Answer {
		t.Helper()
		h := map[string]string{"apikey": "anon-key-of-the-tests", "Content-Type": "text/plain"}
		for i := 0; i < len(header); i += 2 {
			h[header[i]] = header[i+1]
		}
		c := servertest.Call{Method: method, Path: path, Token: token, Header: h}
		if body != "" {
			c.Body = body
		}
		return s.Do(t, c)
	}
	made := func(a servertest.Answer) (doc struct{ ID, URL string }) {
		t.Helper()
		if err := json.Unmarshal([]byte(a.Body), &doc); err != nil || a.Status != 201 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		return doc
	}
	shared := made(do(ada, "POST", "/v1/files/box?path=a.txt&fields="+url.QueryEscape(`{"team":"shared"}`), "hello"))
	secret := base64.StdEncoding.EncodeToString([]byte(`{"secret":"S"}`))
	if a := do(ada, "POST", "/storage/v1/object/posters/p.txt", "poster", "x-metadata", secret); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}

	// a masked field in the headers of the bytes
	for what, path := range map[string]string{"a file": "/v1/files/box/" + shared.ID, "a public one": "/v1/files/posters?path=p.txt"} {
		if a := do(bob, "GET", path, ""); a.Status != 200 || a.Header.Get("Last-Modified") != "" {
			t.Errorf("%s: %d, Last-Modified: %s", what, a.Status, a.Header.Get("Last-Modified"))
		}
		if a := do(bob, "GET", path, "", "If-Modified-Since", "Wed, 01 Jan 2150 00:00:00 GMT"); a.Status != 200 {
			t.Errorf("%s: %d by its date", what, a.Status)
		}
	}
	if a := do(ada, "GET", "/v1/files/box/"+shared.ID, ""); a.Header.Get("Last-Modified") == "" {
		t.Error("its owner does not see when it was changed")
	}

	// the document of bytes that are public
	for what, a := range map[string]servertest.Answer{
		"info":   do(bob, "GET", "/storage/v1/object/info/public/posters/p.txt", ""),
		"a copy": do(bob, "POST", "/storage/v1/object/copy", `{"bucketId":"posters","sourceKey":"p.txt","destinationBucket":"box","destinationKey":"bob.txt"}`),
	} {
		if a.Status != 200 || strings.Contains(a.Body, "secret") {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
	}
	if a := do(bob, "GET", `/v1/db/box?filter=path=="bob.txt"`, ""); !strings.Contains(a.Body, "bob.txt") || strings.Contains(a.Body, "secret") {
		t.Errorf("the copy: %s", a.Body)
	}
	if a := do(ada, "GET", "/storage/v1/object/info/public/posters/p.txt", ""); !strings.Contains(a.Body, "secret") {
		t.Errorf("its owner: %s", a.Body)
	}

	// a link to a picture, whose tag was the hash of the whole photo
	photo, err := base64.StdEncoding.DecodeString(pixel)
	if err != nil {
		t.Fatal(err)
	}
	img := made(do(ada, "POST", "/v1/files/box?path=i.png", string(photo)))
	link := made(do(ada, "POST", "/v1/files/box/"+img.ID+"/link", `{"width":1}`))
	sum := sha256.Sum256(photo)
	if a := do("", "GET", link.URL, ""); a.Status != 200 || strings.Contains(a.Header.Get("ETag"), hex.EncodeToString(sum[:])) {
		t.Errorf("a picture by a link: %d %s", a.Status, a.Header.Get("ETag"))
	}

	// what the maker of an upload link has set, by the way of the other language
	upload := made(do(ada, "POST", "/v1/files/box/link", `{"path":"in/q.txt","fields":{"team":"reviewed"}}`))
	token := strings.SplitN(upload.URL, "upload=", 2)[1]
	signed := "/storage/v1/object/upload/sign/box/in/q.txt?token=" + token
	if a := do("", "PUT", signed, "x", "x-metadata", secret); a.Status != 400 {
		t.Errorf("metadata by a link of the native API: %d %s", a.Status, a.Body)
	}
	if a := do("", "PUT", signed, "x"); a.Status != 200 {
		t.Errorf("the link: %d %s", a.Status, a.Body)
	}
	if a := do(ada, "GET", `/v1/db/box?filter=path=="in/q.txt"`, ""); !strings.Contains(a.Body, `"team":"reviewed"`) || strings.Contains(a.Body, "secret") {
		t.Errorf("the fields of the link are gone: %s", a.Body)
	}

	// the row that says since when links are revoked is no link
	if a := do(ada, "DELETE", "/v1/files/box/"+shared.ID+"/link", ""); a.Status != 204 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	row := sha256.Sum256([]byte("revoked box\x00" + shared.ID))
	if a := do(ada, "DELETE", "/v1/files/box/link/"+hex.EncodeToString(row[:16]), ""); a.Status != 404 {
		t.Errorf("revoking what is revoked: %d %s", a.Status, a.Body)
	}

	// tokens without a subject are not one another
	tus := []string{"Tus-Resumable", "1.0.0", "Upload-Length", "5"}
	for name, other := range map[string]map[string]any{
		"no subject":     {"device": "b"},
		"another issuer": {"sub": "ada", "act": map[string]any{"sub": "root"}},
	} {
		first := map[string]any{"device": "a"}
		if other["sub"] != nil {
			first = map[string]any{"sub": "ada"}
		}
		a := do(s.Token(first), "POST", "/v1/files/box/tus", "", tus...)
		if a.Status != 201 {
			t.Fatalf("%s: %d %s", name, a.Status, a.Body)
		}
		if b := do(s.Token(other), "HEAD", a.Header.Get("Location"), "", tus...); b.Status != 404 {
			t.Errorf("%s: the upload of another is %d", name, b.Status)
		}
	}

	// folders with few files and with many, in pages
	for i := range 9 {
		for j := range 1 + i%3*8 {
			path := fmt.Sprintf("d%02d/f%d.txt", i, j)
			if a := do(ada, "POST", "/storage/v1/object/box/list/"+path, "x"); a.Status != 200 {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
		}
	}
	for _, order := range []string{"asc", "desc"} {
		a := do(ada, "POST", "/storage/v1/object/list/box", `{"prefix":"list","limit":1000,"sortBy":{"column":"name","order":"`+order+`"}}`)
		if n := strings.Count(a.Body, `"name":"d`); a.Status != 200 || n != 9 {
			t.Errorf("%s: %d folders: %d %s", order, n, a.Status, a.Body)
		}
	}
}
