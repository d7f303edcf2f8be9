package supabase_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// storageConfig has a bucket under rules and a public one.
const storageConfig = `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests" } }
collections:
  avatars:
    files: { max: 1MiB, types: ["text/*", "image/*"], images: { max: 100 } }
    fields: { owner: { type: string } }
    set: { create: { owner: auth.id } }
    rules:
      read:   'doc.owner == auth.id'
      create: 'auth != nil && next.path startsWith auth.id + "/"'
      update: 'doc.owner == auth.id && next.path startsWith auth.id + "/"'
      delete: 'doc.owner == auth.id'
  posters:
    files: { public: true, images: {} }
    rules: { read: 'false', create: 'auth != nil', update: 'false', delete: 'false' }
  notes: { fields: { title: { type: string } }, rules: { read: 'true' } }
`

// pixel is a PNG of one pixel.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// storageError is an error in the form of Supabase Storage.
type storageError struct{ StatusCode, Error, Message, Code string }

func TestStorage_ObjectsAreFilesUnderRules(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, storageConfig)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	do := func(who, method, path, body string, header ...string) servertest.Answer {
		t.Helper()
		h := map[string]string{}
		switch who {
		case "":
		case "anon":
			h["apikey"], h["Authorization"] = "anon-key-of-the-tests", "Bearer anon-key-of-the-tests"
		case "service":
			h["apikey"], h["Authorization"] = "service-key-of-the-tests", "Bearer service-key-of-the-tests"
		default:
			h["apikey"], h["Authorization"] = "anon-key-of-the-tests", "Bearer "+who
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
	refused := func(what string, a servertest.Answer, status, code string) {
		t.Helper()
		var e storageError
		if err := json.Unmarshal([]byte(a.Body), &e); a.Status != 400 || err != nil || e.StatusCode != status || e.Code != code || e.Message == "" || e.Error == "" {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
	}
	text := []string{"Content-Type", "text/plain"}
	meta := base64.StdEncoding.EncodeToString([]byte(`{"a":1}`))

	if got := ok(do(ada, "POST", "/object/avatars/ada/a.txt", "hello", append(text, "x-metadata", meta)...)); !strings.Contains(got, `"Key":"avatars/ada/a.txt"`) || !strings.Contains(got, `"Id":"`) {
		t.Errorf("uploaded: %s", got)
	}
	ok(do(ada, "POST", "/object/avatars/ada/in/b.txt", "nested", text...))
	ok(do(ada, "POST", "/object/avatars/ada/in/c.txt", "nested", text...))
	for name, c := range map[string]struct {
		a            servertest.Answer
		status, code string
	}{
		"there already":            {do(ada, "POST", "/object/avatars/ada/a.txt", "x", text...), "409", "KeyAlreadyExists"},
		"against the rule":         {do(ada, "POST", "/object/avatars/bob/a.txt", "x", text...), "403", "AccessDenied"},
		"of no one":                {do("anon", "POST", "/object/avatars/ada/x.txt", "x", text...), "403", "AccessDenied"},
		"over that of another":     {do(bob, "POST", "/object/avatars/ada/a.txt", "x", append(text, "x-upsert", "true")...), "403", "AccessDenied"},
		"put over another's":       {do(bob, "PUT", "/object/avatars/ada/a.txt", "x", text...), "404", "NoSuchKey"},
		"put where there is none":  {do(ada, "PUT", "/object/avatars/ada/none.txt", "x", text...), "404", "NoSuchKey"},
		"too large":                {do(ada, "POST", "/object/avatars/ada/x.txt", strings.Repeat("x", 2<<20), text...), "413", "EntityTooLarge"},
		"of a wrong type":          {do(ada, "POST", "/object/avatars/ada/x.zip", "PK\x03\x04xxxxxxxxxxxxxxxxxxxxxxxxxx", text...), "415", "InvalidMimeType"},
		"outside":                  {do(ada, "POST", "/object/avatars/ada/%2e%2e/x", "x", text...), "400", "InvalidKey"},
		"metadata that is none":    {do(ada, "POST", "/object/avatars/ada/x.txt", "x", append(text, "x-metadata", "!")...), "400", "InvalidRequest"},
		"no bucket":                {do(ada, "POST", "/object/nope/x", "x", text...), "404", "NoSuchBucket"},
		"a table":                  {do(ada, "POST", "/object/notes/x", "x", text...), "404", "NoSuchBucket"},
		"read by another":          {do(bob, "GET", "/object/avatars/ada/a.txt", ""), "404", "NoSuchKey"},
		"read by no one":           {do("anon", "GET", "/object/authenticated/avatars/ada/a.txt", ""), "404", "NoSuchKey"},
		"read as public":           {do(ada, "GET", "/object/public/avatars/ada/a.txt", ""), "404", "NoSuchBucket"},
		"info for another":         {do(bob, "GET", "/object/info/avatars/ada/a.txt", ""), "404", "NoSuchKey"},
		"signed for another":       {do(bob, "POST", "/object/sign/avatars/ada/a.txt", `{"expiresIn":60}`), "404", "NoSuchKey"},
		"signed for a century":     {do(ada, "POST", "/object/sign/avatars/ada/a.txt", `{"expiresIn":9999999999}`), "400", "InvalidRequest"},
		"a token that is none":     {do("", "GET", "/object/sign/avatars/ada/a.txt?token=x", ""), "400", "InvalidJWT"},
		"moved by another":         {do(bob, "POST", "/object/move", `{"bucketId":"avatars","sourceKey":"ada/a.txt","destinationKey":"bob/a.txt"}`), "404", "NoSuchKey"},
		"moved against the rule":   {do(ada, "POST", "/object/move", `{"bucketId":"avatars","sourceKey":"ada/a.txt","destinationKey":"bob/a.txt"}`), "403", "AccessDenied"},
		"moved over another":       {do(ada, "POST", "/object/move", `{"bucketId":"avatars","sourceKey":"ada/a.txt","destinationKey":"ada/in/b.txt"}`), "409", "KeyAlreadyExists"},
		"copied against the rule":  {do(ada, "POST", "/object/copy", `{"bucketId":"avatars","sourceKey":"ada/a.txt","destinationKey":"bob/a.txt"}`), "403", "AccessDenied"},
		"no json":                  {do(ada, "POST", "/object/list/avatars", "x"), "400", "InvalidRequest"},
		"a bucket is not made":     {do(ada, "POST", "/bucket", `{"id":"x"}`), "403", "AccessDenied"},
		"nor by the service":       {do("service", "POST", "/bucket", `{"id":"x"}`), "400", "NotSupported"},
		"one that is there":        {do("service", "POST", "/bucket", `{"id":"avatars"}`), "409", "ResourceAlreadyExists"},
		"emptied by a user":        {do(ada, "POST", "/bucket/avatars/empty", ""), "403", "AccessDenied"},
		"a bucket, for a user":     {do(ada, "GET", "/bucket/avatars", ""), "404", "NoSuchBucket"},
		"deleted by another":       {do(bob, "DELETE", "/object/avatars/ada/a.txt", ""), "404", "NoSuchKey"},
		"pictures of what is none": {do(ada, "GET", "/render/image/authenticated/avatars/ada/a.txt?width=10", ""), "400", "InvalidRequest"},
	} {
		refused(name, c.a, c.status, c.code)
	}
	if got := ok(do(bob, "DELETE", "/object/avatars", `{"prefixes":["ada/a.txt"]}`)); got != "[]" {
		t.Errorf("removed by another: %s", got)
	}
	if got := ok(do(bob, "POST", "/object/list/avatars", `{"prefix":"ada"}`)); got != "[]" {
		t.Errorf("listed for another: %s", got)
	}
	if got := ok(do("anon", "GET", "/bucket", "")); got != "[]" {
		t.Errorf("buckets for anyone: %s", got)
	}
	if a := do("", "GET", "/bucket", "", "apikey", "wrong"); a.Status != 401 {
		t.Errorf("a wrong key: %d", a.Status)
	}

	if a := do(ada, "GET", "/object/avatars/ada/a.txt", "", "Range", "bytes=1-2"); a.Status != 206 || a.Body != "el" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a range: %d %s %v", a.Status, a.Body, a.Header)
	}
	ok(do(ada, "PUT", "/object/avatars/ada/a.txt", "hello again", text...))
	var info struct {
		Name, ContentType string
		Size              int
		Metadata          map[string]int
	}
	if err := json.Unmarshal([]byte(ok(do(ada, "GET", "/object/info/avatars/ada/a.txt", ""))), &info); err != nil || info.Size != 11 || info.Name != "ada/a.txt" || info.Metadata["a"] != 1 {
		t.Errorf("info: %+v %v", info, err)
	}
	names := func(body string) (out []string) {
		t.Helper()
		var entries []struct {
			Name string
			ID   *string
		}
		if err := json.Unmarshal([]byte(ok(do(ada, "POST", "/object/list/avatars", body))), &entries); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.ID == nil {
				e.Name += "/"
			}
			out = append(out, e.Name)
		}
		return out
	}
	for body, want := range map[string]string{
		`{"prefix":""}`:    "ada/",
		`{"prefix":"ada"}`: "a.txt in/",
		`{"prefix":"ada/","sortBy":{"column":"name","order":"desc"}}`: "in/ a.txt",
		`{"prefix":"ada/in/","limit":1,"offset":1}`:                   "c.txt",
		`{"prefix":"ada","search":"A"}`:                               "a.txt",
		`{"prefix":"ad"}`:                                             "",
		`{"prefix":"ada","sortBy":{"column":"created_at"},"limit":1}`: "in/",
	} {
		if got := strings.Join(names(body), " "); got != want {
			t.Errorf("list %s: %q, want %q", body, got, want)
		}
	}
	var pages []string
	for cursor := ""; ; {
		var page struct {
			HasNext    bool
			NextCursor string
			Folders    []struct{ Name string }
			Objects    []struct{ Key string }
		}
		body, _ := json.Marshal(map[string]any{"prefix": "ada/", "limit": 1, "cursor": cursor, "with_delimiter": true})
		if err := json.Unmarshal([]byte(ok(do(ada, "POST", "/object/list-v2/avatars", string(body)))), &page); err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Folders {
			pages = append(pages, f.Name)
		}
		for _, o := range page.Objects {
			pages = append(pages, o.Key)
		}
		if cursor = page.NextCursor; !page.HasNext {
			break
		}
	}
	if got := strings.Join(pages, " "); got != "ada/a.txt ada/in/" {
		t.Errorf("pages: %s", got)
	}

	// Signed addresses, for reading and for one upload.
	var signed struct{ SignedURL, URL, Token string }
	decode := func(body string) {
		t.Helper()
		if err := json.Unmarshal([]byte(body), &signed); err != nil {
			t.Fatal(err)
		}
	}
	decode(ok(do(ada, "POST", "/object/sign/avatars/ada/a.txt", `{"expiresIn":31536000}`)))
	if got := ok(do("", "GET", signed.SignedURL, "")); got != "hello again" {
		t.Errorf("signed: %s", got)
	}
	refused("the address of another object", do("", "GET", strings.Replace(signed.SignedURL, "/a.txt", "/in/b.txt", 1), ""), "400", "InvalidJWT")
	refused("in another bucket", do("", "GET", strings.Replace(signed.SignedURL, "/avatars/", "/posters/", 1), ""), "400", "InvalidJWT")
	refused("a picture of it", do("", "GET", strings.Replace(signed.SignedURL, "/object/", "/render/image/", 1)+"&width=1", ""), "400", "InvalidJWT")
	if got := ok(do(ada, "POST", "/object/sign/avatars", `{"expiresIn":60,"paths":["ada/a.txt","ada/none","../x"]}`)); strings.Count(got, `"signedURL":null`) != 2 || strings.Count(got, `"error":null`) != 1 {
		t.Errorf("signed: %s", got)
	}
	decode(ok(do(ada, "POST", "/object/upload/sign/avatars/ada/new.txt", "")))
	u, err := url.Parse(signed.URL)
	if err != nil || u.Query().Get("token") != signed.Token {
		t.Errorf("for an upload: %+v %v", signed, err)
	}
	refused("at another path", do("", "PUT", strings.Replace(signed.URL, "new.txt", "other.txt", 1), "x", text...), "400", "InvalidJWT")
	ok(do("", "PUT", signed.URL, "by token", text...))
	refused("twice", do("", "PUT", signed.URL, "again", text...), "400", "InvalidJWT")
	refused("for what is there", do(ada, "POST", "/object/upload/sign/avatars/ada/new.txt", ""), "409", "KeyAlreadyExists")
	refused("for another", do(bob, "POST", "/object/upload/sign/avatars/ada/b.txt", ""), "403", "AccessDenied")
	decode(ok(do(ada, "POST", "/object/upload/sign/avatars/ada/new.txt", "", "x-upsert", "true")))
	ok(do("", "PUT", signed.URL, "over it", text...))
	if got := ok(do(ada, "GET", "/object/avatars/ada/new.txt", "")); got != "over it" {
		t.Errorf("replaced by an address: %s", got)
	}

	// Elsewhere, also in another bucket; pictures; and away.
	ok(do(ada, "POST", "/object/move", `{"bucketId":"avatars","sourceKey":"ada/new.txt","destinationKey":"ada/moved.txt"}`))
	ok(do(ada, "POST", "/object/copy", `{"bucketId":"avatars","sourceKey":"ada/a.txt","destinationKey":"poster.txt","destinationBucket":"posters"}`))
	ok(do(ada, "POST", "/object/move", `{"bucketId":"avatars","sourceKey":"ada/moved.txt","destinationKey":"moved.txt","destinationBucket":"posters"}`))
	for _, path := range []string{"poster.txt", "moved.txt"} {
		ok(do("", "GET", "/object/public/posters/"+path, ""))
	}
	refused("moved away", do(ada, "GET", "/object/avatars/ada/moved.txt", ""), "404", "NoSuchKey")
	refused("moved from where one may not delete", do("service", "POST", "/object/move", `{"bucketId":"posters","sourceKey":"none","destinationKey":"x"}`), "404", "NoSuchKey")
	png, err := base64.StdEncoding.DecodeString(pixel)
	if err != nil {
		t.Fatal(err)
	}
	ok(do(ada, "POST", "/object/posters/p.png", string(png), "Content-Type", "image/png"))
	if a := do("", "GET", "/render/image/public/posters/p.png?width=1&height=1&format=jpeg&quality=50", ""); a.Status != 200 || a.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("a picture: %d %v", a.Status, a.Header)
	}
	ok(do(ada, "POST", "/object/avatars/ada/p.png", string(png), "Content-Type", "image/png"))
	decode(ok(do(ada, "POST", "/object/sign/avatars/ada/p.png", `{"expiresIn":60,"transform":{"width":1,"format":"jpeg"}}`)))
	if a := do("", "GET", signed.SignedURL, ""); a.Status != 200 || a.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("a signed picture: %d %s", a.Status, a.Body)
	}
	refused("the file of a signed picture", do("", "GET", strings.Replace(signed.SignedURL, "/render/image/", "/object/", 1), ""), "400", "InvalidJWT")
	if got := ok(do(ada, "DELETE", "/object/avatars", `{"prefixes":["ada/a.txt","ada/none.txt","ada/in/b.txt"]}`)); strings.Count(got, `"id"`) != 2 {
		t.Errorf("removed: %s", got)
	}
	ok(do(ada, "DELETE", "/object/avatars/ada/in/c.txt", ""))
	ok(do("service", "POST", "/bucket/avatars/empty", ""))
	if got := ok(do("service", "POST", "/object/list/avatars", `{"prefix":""}`)); got != "[]" {
		t.Errorf("after it was emptied: %s", got)
	}
	if got := ok(do("service", "GET", "/bucket", "")); !strings.Contains(got, `"id":"posters"`) || !strings.Contains(got, `"file_size_limit":1048576`) {
		t.Errorf("buckets: %s", got)
	}
}
