package supabase_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// rowBuckets lets clients make buckets. Users see those that are public, and have objects of their own in each.
const rowBuckets = `
databases: { main: { driver: sqlite, url: "memory:%s" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests", objects: objects } }
limits: { page: 3 }
collections:
  buckets:
    fields:
      public: { type: bool, default: false }
      file_size_limit: { type: int }
      allowed_mime_types: { type: list, of: string }
      created_at: { type: time, default: "now()" }
    rules: { read: 'doc.public' }
  objects:
    files: { max: 1MiB, images: {} }
    fields:
      bucket: { type: ref, to: buckets, check: exists, required: true, on_delete: restrict }
      owner: { type: string }
    set: { create: { owner: auth.id } }
    rules:
      read:   'doc.owner == auth.id'
      create: 'auth != nil'
      update: 'doc.owner == auth.id'
      delete: 'doc.owner == auth.id'
  photos: { files: {}, rules: { read: 'true' } }
`

func TestStorage_BucketsAreRows(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, fmt.Sprintf(rowBuckets, rand.Text()))
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	const service, anon = "service-key-of-the-tests", "anon-key-of-the-tests"
	do := func(who, method, path, body string, header ...string) servertest.Answer {
		t.Helper()
		h := map[string]string{"apikey": anon, "Authorization": "Bearer " + who, "Content-Type": "text/plain"}
		if who == service {
			h["apikey"] = service
		}
		for i := 0; i < len(header); i += 2 {
			h[header[i]] = header[i+1]
		}
		c := servertest.Call{Method: method, Path: "/storage/v1" + path, Header: h}
		if body != "" {
			c.Body = body
		}
		return s.Do(t, c)
	}
	ok := func(a servertest.Answer) string {
		t.Helper()
		if a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		return a.Body
	}
	ok(do(service, "POST", "/bucket", `{"id":"open-one","public":true,"file_size_limit":"1kb","allowed_mime_types":["text/*"]}`))
	ok(do(service, "POST", "/bucket", `{"name":"closed","file_size_limit":10000000}`))
	ok(do(ada, "POST", "/object/closed/a/x.txt", "of ada"))
	ok(do(ada, "POST", "/object/open-one/a/x.txt", "for all"))
	ok(do(bob, "POST", "/object/closed/b.txt", "of bob"))

	for name, c := range map[string]struct {
		a            servertest.Answer
		status, code string
	}{
		"made by a user":              {do(ada, "POST", "/bucket", `{"id":"mine"}`), "403", "AccessDenied"},
		"made twice":                  {do(service, "POST", "/bucket", `{"id":"closed"}`), "409", "ResourceAlreadyExists"},
		"called as a collection":      {do(service, "POST", "/bucket", `{"id":"photos"}`), "409", "ResourceAlreadyExists"},
		"with a name that is a path":  {do(service, "POST", "/bucket", `{"id":"a/b"}`), "400", "InvalidBucketName"},
		"with no name":                {do(service, "POST", "/bucket", `{}`), "400", "InvalidBucketName"},
		"of a size that is none":      {do(service, "POST", "/bucket", `{"id":"x","file_size_limit":"many"}`), "400", "InvalidRequest"},
		"of types that are none":      {do(service, "POST", "/bucket", `{"id":"x","allowed_mime_types":["a b"]}`), "400", "InvalidRequest"},
		"of vectors":                  {do(service, "POST", "/bucket", `{"id":"x","type":"VECTOR"}`), "400", "NotSupported"},
		"seen by no rule":             {do(ada, "GET", "/bucket/closed", ""), "404", "NoSuchBucket"},
		"the objects are no bucket":   {do(service, "GET", "/bucket/objects", ""), "404", "NoSuchBucket"},
		"nor the buckets":             {do(service, "GET", "/bucket/buckets", ""), "404", "NoSuchBucket"},
		"an upload where none is":     {do(ada, "POST", "/object/none/x.txt", "x"), "404", "NoSuchBucket"},
		"larger than the bucket says": {do(ada, "POST", "/object/open-one/large", strings.Repeat("x", 1025)), "413", "EntityTooLarge"},
		"larger than files.max":       {do(ada, "POST", "/object/closed/large", strings.Repeat("x", 1<<20+1)), "413", "EntityTooLarge"},
		"of a type that it refuses":   {do(ada, "POST", "/object/open-one/x.zip", "PK\x03\x04xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), "415", "InvalidMimeType"},
		"of another":                  {do(bob, "GET", "/object/closed/a/x.txt", ""), "404", "NoSuchKey"},
		"public in one that is not":   {do(ada, "GET", "/object/public/closed/a/x.txt", ""), "404", "NoSuchBucket"},
		"moved by another":            {do(bob, "POST", "/object/move", `{"bucketId":"closed","sourceKey":"a/x.txt","destinationKey":"y.txt"}`), "404", "NoSuchKey"},
		"moved over what is there":    {do(ada, "POST", "/object/move", `{"bucketId":"closed","sourceKey":"a/x.txt","destinationKey":"b.txt"}`), "409", "KeyAlreadyExists"},
		"deleted with its objects":    {do(service, "DELETE", "/bucket/closed", ""), "409", "InvalidRequest"},
		"deleted by a user":           {do(ada, "DELETE", "/bucket/open-one", ""), "403", "AccessDenied"},
		"changed by a user":           {do(ada, "PUT", "/bucket/open-one", `{"public":false}`), "403", "AccessDenied"},
		"changed where none is":       {do(service, "PUT", "/bucket/none", `{"public":false}`), "404", "NoSuchBucket"},
		"deleted where none is":       {do(service, "DELETE", "/bucket/none", ""), "404", "NoSuchBucket"},
		"emptied by a user":           {do(ada, "POST", "/bucket/closed/empty", ""), "403", "AccessDenied"},
		"a collection is configured":  {do(service, "DELETE", "/bucket/photos", ""), "400", "NotSupported"},
	} {
		var e storageError
		if err := json.Unmarshal([]byte(c.a.Body), &e); c.a.Status != 400 || err != nil || e.StatusCode != c.status || e.Code != c.code {
			t.Errorf("%s: %d %s", name, c.a.Status, c.a.Body)
		}
	}
	var buckets []struct{ ID string }
	ids := func(who, query string) (out string) {
		t.Helper()
		if err := json.Unmarshal([]byte(ok(do(who, "GET", "/bucket"+query, ""))), &buckets); err != nil {
			t.Fatal(err)
		}
		for _, b := range buckets {
			out += b.ID + " "
		}
		return out
	}
	for _, name := range []string{"p1", "p2", "p3"} { // more than a page
		ok(do(service, "POST", "/bucket", `{"id":"`+name+`"}`))
	}
	for query, want := range map[string]string{
		"": "closed open-one p1 p2 p3 photos ", "?search=P&limit=2&offset=1&sortOrder=desc": "p3 p2 ", "?search=one": "open-one ",
	} {
		if got := ids(service, query); got != want {
			t.Errorf("buckets%s: %q, not %q", query, got, want)
		}
	}
	if got := ids(ada, ""); got != "open-one " {
		t.Errorf("buckets for a user: %q", got)
	}
	if got := ok(do(ada, "GET", "/bucket/open-one", "")); !strings.Contains(got, `"file_size_limit":1000,"allowed_mime_types":["text/*"]`) || !strings.Contains(got, `"name":"open-one"`) {
		t.Errorf("a bucket: %s", got)
	}
	if got := ok(do("anon-key-of-the-tests", "GET", "/object/public/open-one/a/x.txt", "")); got != "for all" {
		t.Errorf("public: %s", got)
	}
	// The paths are those in the bucket, in lists and pages of every order.
	for body, want := range map[string]string{
		`{"prefix":""}`: `"name":"a"`, `{"prefix":"a"}`: `"name":"x.txt"`,
	} {
		if got := ok(do(ada, "POST", "/object/list/closed", body)); !strings.Contains(got, want) || strings.Contains(got, "closed/") || strings.Contains(got, "b.txt") {
			t.Errorf("list %s: %s", body, got)
		}
	}
	for _, name := range []string{"z", "y", "x"} {
		ok(do(ada, "POST", "/object/closed/in/"+name, name))
	}
	for sort, want := range map[string]string{
		`{}`: "in/x in/y in/z ", `{"column":"name","order":"desc"}`: "in/z in/y in/x ", `{"column":"created_at"}`: "in/z in/y in/x ", `{"column":"created_at","order":"desc"}`: "in/x in/y in/z ",
	} {
		got, cursor := "", ""
		for range 4 {
			var page struct {
				HasNext    bool
				NextCursor string
				Objects    []struct{ Name string }
			}
			if err := json.Unmarshal([]byte(ok(do(ada, "POST", "/object/list-v2/closed", `{"prefix":"in/","limit":1,"cursor":"`+cursor+`","sortBy":`+sort+`}`))), &page); err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Objects {
				got += o.Name + " "
			}
			if cursor = page.NextCursor; !page.HasNext {
				break
			}
		}
		if got != want {
			t.Errorf("pages by %s: %q, not %q", sort, got, want)
		}
	}
	// What the native API puts where a bucket is named is none of its objects.
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/files/objects?path=open-one/sneaked.txt&fields=%7B%22bucket%22%3A%22closed%22%7D", Token: bob, Body: "x", Header: map[string]string{"Content-Type": "text/plain"}})
	if a := do(bob, "GET", "/object/public/open-one/sneaked.txt", ""); a.Status != 400 {
		t.Errorf("an object of another bucket: %d %s", a.Status, a.Body)
	}
	if got := ok(do(bob, "POST", "/object/list/open-one", `{"prefix":""}`)); strings.Contains(got, "sneaked") {
		t.Errorf("an object of another bucket: %s", got)
	}
	// Moves, signed addresses and uploads, and removal.
	ok(do(ada, "POST", "/object/move", `{"bucketId":"closed","sourceKey":"in/x","destinationKey":"in/moved"}`))
	ok(do(ada, "POST", "/object/copy", `{"bucketId":"closed","sourceKey":"in/y","destinationKey":"copied","destinationBucket":"open-one"}`))
	if got := ok(do(anon, "GET", "/object/public/open-one/copied", "")); got != "y" {
		t.Errorf("copied: %s", got)
	}
	var signed struct{ SignedURL, URL, Token string }
	if err := json.Unmarshal([]byte(ok(do(ada, "POST", "/object/sign/closed/in/moved", `{"expiresIn":60}`))), &signed); err != nil {
		t.Fatal(err)
	}
	if a := do("", "GET", signed.SignedURL, ""); a.Status != 200 || a.Body != "x" {
		t.Errorf("a signed address: %d %s", a.Status, a.Body)
	}
	if err := json.Unmarshal([]byte(ok(do(ada, "POST", "/object/upload/sign/closed/signed.txt", ""))), &signed); err != nil {
		t.Fatal(err)
	}
	ok(do("", "PUT", signed.URL, "by a link"))
	if got := ok(do(ada, "GET", "/object/closed/signed.txt", "")); got != "by a link" {
		t.Errorf("by a link: %s", got)
	}
	if got := ok(do(ada, "DELETE", "/object/closed", `{"prefixes":["signed.txt","b.txt"]}`)); !strings.Contains(got, "signed.txt") || strings.Contains(got, "b.txt") {
		t.Errorf("removed: %s", got)
	}
	ok(do(service, "PUT", "/bucket/open-one", `{"public":false,"file_size_limit":null}`))
	if a := do(anon, "GET", "/object/public/open-one/copied", ""); a.Status != 400 {
		t.Errorf("public no more: %d", a.Status)
	}
	ok(do(ada, "POST", "/object/open-one/larger", strings.Repeat("x", 2000)))
	ok(do(service, "POST", "/bucket/closed/empty", ""))
	ok(do(service, "DELETE", "/bucket/closed", ""))
	if got := ids(service, "?search=closed"); got != "" {
		t.Errorf("deleted: %q", got)
	}
}

// TestStorage_ADeletedBucketHasNoObjects deletes a bucket while objects come.
func TestStorage_ADeletedBucketHasNoObjects(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, fmt.Sprintf(rowBuckets, rand.Text()))
	h := map[string]string{"apikey": "service-key-of-the-tests", "Content-Type": "text/plain"}
	for round := range 10 {
		s.Want(t, 200, servertest.Call{Method: "POST", Path: "/storage/v1/bucket", Header: h, Body: `{"id":"b"}`})
		var wait sync.WaitGroup
		var stored, deleted servertest.Answer
		wait.Add(2)
		go func() {
			defer wait.Done()
			stored = s.Do(t, servertest.Call{Method: "POST", Path: "/storage/v1/object/b/x", Header: h, Body: "x"})
		}()
		go func() {
			defer wait.Done()
			deleted = s.Do(t, servertest.Call{Method: "DELETE", Path: "/storage/v1/bucket/b", Header: h})
		}()
		wait.Wait()
		if stored.Status == 200 && deleted.Status == 200 {
			t.Fatalf("round %d: the bucket went, and its object is there", round)
		}
		if stored.Status == 200 {
			s.Want(t, 200, servertest.Call{Method: "POST", Path: "/storage/v1/bucket/b/empty", Header: h})
			s.Want(t, 200, servertest.Call{Method: "DELETE", Path: "/storage/v1/bucket/b", Header: h})
		}
	}
}
