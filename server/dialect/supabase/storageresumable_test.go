package supabase_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

func TestStorage_UploadsInPieces(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, fmt.Sprintf(rowBuckets, rand.Text()))
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	const service = "service-key-of-the-tests"
	do := func(who, method, path, body string, header ...string) servertest.Answer {
		t.Helper()
		h := map[string]string{"apikey": "anon-key-of-the-tests", "Authorization": "Bearer " + who, "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
		if who == service {
			h["apikey"], h["Content-Type"] = service, "application/json"
		}
		for i := 0; i < len(header); i += 2 {
			h[header[i]] = header[i+1]
		}
		c := servertest.Call{Method: method, Path: path, Header: h}
		if body != "" {
			c.Body = body
		}
		return s.Do(t, c)
	}
	metadata := func(pairs ...string) string {
		var out []string
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
		}
		return strings.Join(out, ",")
	}
	const at = "/storage/v1/upload/resumable"
	begin := func(who, address, object string, length int, header ...string) servertest.Answer {
		t.Helper()
		said := metadata("bucketName", "files", "objectName", object, "contentType", "text/plain", "metadata", `{"a":1}`)
		return do(who, "POST", address, "", append(header, "Content-Type", "", "Upload-Length", fmt.Sprint(length), "Upload-Metadata", said)...)
	}
	status := func(what string, a servertest.Answer, want int) servertest.Answer {
		t.Helper()
		if a.Status != want {
			t.Fatalf("%s: %d %s", what, a.Status, a.Body)
		}
		return a
	}
	read := func(who, object string) servertest.Answer {
		return do(who, "GET", "/storage/v1/object/files/"+object, "")
	}
	status("a bucket", do(service, "POST", "/storage/v1/bucket", `{"id":"files","file_size_limit":100}`), 200)

	a := status("begun", begin(ada, at, "in/x.txt", 11), 201)
	upload := a.Header.Get("Location")
	if !strings.HasPrefix(upload, at+"/") || a.Header.Get("Upload-Offset") != "0" {
		t.Fatalf("begun: %v", a.Header)
	}
	status("a piece", do(ada, "PATCH", upload, "hello ", "Upload-Offset", "0"), 204)
	if a := status("of another", do(bob, "HEAD", upload, ""), 404); a.Header.Get("Upload-Offset") != "" {
		t.Errorf("of another: %v", a.Header)
	}
	status("a piece of another", do(bob, "PATCH", upload, "!!!!!", "Upload-Offset", "6"), 404)
	status("a piece at a wrong place", do(ada, "PATCH", upload, "world", "Upload-Offset", "3"), 409)
	if a := status("how far", do(ada, "HEAD", upload, ""), 200); a.Header.Get("Upload-Offset") != "6" || a.Header.Get("Upload-Length") != "11" {
		t.Errorf("how far: %v", a.Header)
	}
	status("not yet there", read(ada, "in/x.txt"), 400)
	status("the last piece", do(ada, "PATCH", upload, "world", "Upload-Offset", "6"), 204)
	if a := status("read", read(ada, "in/x.txt"), 200); a.Body != "hello world" {
		t.Errorf("read: %s", a.Body)
	}
	if a := status("info", do(ada, "GET", "/storage/v1/object/info/files/in/x.txt", ""), 200); !strings.Contains(a.Body, `"metadata":{"a":1}`) {
		t.Errorf("info: %s", a.Body)
	}
	status("whole", do(ada, "HEAD", upload, ""), 200)

	for name, c := range map[string]struct {
		a    servertest.Answer
		want int
	}{
		"one that is there":        {begin(ada, at, "in/x.txt", 3), 409},
		"larger than the bucket":   {begin(ada, at, "large", 101), 413},
		"an anonymous caller":      {begin("anon-key-of-the-tests", at, "y", 3), 403},
		"no path":                  {begin(ada, at, "", 3), 400},
		"outside":                  {begin(ada, at, "../x", 3), 400},
		"no bucket":                {do(ada, "POST", at, "", "Upload-Length", "3", "Upload-Metadata", metadata("bucketName", "none", "objectName", "x")), 404},
		"metadata that is none":    {do(ada, "POST", at, "", "Upload-Length", "3", "Upload-Metadata", "bucketName !"), 400},
		"another version":          {do(ada, "POST", at, "", "Tus-Resumable", "0.2", "Upload-Length", "3", "Upload-Metadata", metadata("bucketName", "files", "objectName", "x")), 412},
		"an address that is none":  {do(ada, "HEAD", at+"/!", ""), 404},
		"an upload that is none":   {do(ada, "HEAD", at+"/"+base64.RawURLEncoding.EncodeToString([]byte("files/"+strings.Repeat("0", 48))), ""), 404},
		"of a bucket that is none": {do(ada, "HEAD", at+"/"+base64.RawURLEncoding.EncodeToString([]byte("none/"+strings.Repeat("0", 48))), ""), 404},
		"signed by no token":       {begin("", at+"/sign", "y", 3), 400},
		"put together of others":   {do(ada, "POST", at, "", "Upload-Length", "3", "Upload-Concat", "partial", "Upload-Metadata", metadata("bucketName", "files", "objectName", "x")), 400},
	} {
		if c.a.Status != c.want {
			t.Errorf("%s: %d, not %d: %s", name, c.a.Status, c.want, c.a.Body)
		}
	}

	// With x-upsert the bytes are replaced, of what the caller may change.
	upload = status("replacing", begin(ada, at, "in/x.txt", 3, "x-upsert", "true"), 201).Header.Get("Location")
	status("replaced", do(ada, "PATCH", upload, "new", "Upload-Offset", "0"), 204)
	if a := status("read", read(ada, "in/x.txt"), 200); a.Body != "new" {
		t.Errorf("replaced: %s", a.Body)
	}
	status("that of another", do(bob, "PATCH", begin(bob, at, "in/x.txt", 3, "x-upsert", "true").Header.Get("Location"), "bob", "Upload-Offset", "0"), 409)
	if a := status("read", read(ada, "in/x.txt"), 200); a.Body != "new" {
		t.Errorf("replaced by another: %s", a.Body)
	}

	upload = status("to be left", begin(ada, at, "left", 3), 201).Header.Get("Location")
	status("left", do(ada, "DELETE", upload, ""), 204)
	status("left", do(ada, "HEAD", upload, ""), 404)

	// By a token for one upload, without one of a user.
	var signed struct{ Token string }
	if err := json.Unmarshal([]byte(do(ada, "POST", "/storage/v1/object/upload/sign/files/signed.txt", "", "Content-Type", "application/json").Body), &signed); err != nil {
		t.Fatal(err)
	}
	token := []string{"x-signature", signed.Token}
	status("elsewhere by a token", begin("", at+"/sign", "other.txt", 5, token...), 400)
	upload = status("by a token", begin("", at+"/sign", "signed.txt", 5, token...), 201).Header.Get("Location")
	status("without it", do("", "PATCH", upload, "bytes", "Upload-Offset", "0"), 400)
	status("half by a token", do("", "PATCH", upload, "by", append(token, "Upload-Offset", "0")...), 204)
	if a := status("how far by a token", do("", "HEAD", upload, "", token...), 200); a.Header.Get("Upload-Offset") != "2" {
		t.Errorf("how far by a token: %v", a.Header)
	}
	status("whole by a token", do("", "PATCH", upload, "tes", append(token, "Upload-Offset", "2")...), 204)
	status("asked again", do("", "HEAD", upload, "", token...), 200)
	if a := status("read", read(ada, "signed.txt"), 200); a.Body != "bytes" {
		t.Errorf("by a token: %s", a.Body)
	}
	status("a token is good once", begin("", at+"/sign", "signed.txt", 5, token...), 400)
}
