package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestFiles_InS3: all that a file is, in a bucket instead of a directory.
func TestFiles_InS3(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	if err := backend.CreateBucket("media"); err != nil {
		t.Fatal(err)
	}
	fake := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(fake.Close)
	var ahead atomic.Int64
	s := servertest.StartNow(t, "127.0.0.1:0", fmt.Sprintf("storage: { media: { driver: s3, endpoint: %q, bucket: media, region: us-east-1, key: k, secret: s, path_style: true } }\n", fake.URL)+album,
		func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	keys := func() (out []string) {
		list, err := backend.ListBucket("media", &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Contents {
			out = append(out, o.Key)
		}
		return out
	}
	ada := s.Token(map[string]any{"sub": "ada"})
	content := strings.Repeat("0123456789", 50_000)
	doc := put(t, s, ada, "/v1/files/photos?path=a.txt", content)
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + doc.ID, Token: ada}); a.Body != content {
		t.Errorf("got %d bytes", len(a.Body))
	}
	if a := s.Want(t, 206, call{Method: "GET", Path: "/v1/files/photos?path=a.txt", Token: ada, Header: map[string]string{"Range": "bytes=10-14,-3"}}); !strings.Contains(a.Body, "01234\r\n") || !strings.Contains(a.Body, "789\r\n") {
		t.Errorf("ranges: %q", a.Body)
	}
	body, kind := asForm(t, [2]string{"alt", "x"}, [2]string{"@one.txt", "first"}, [2]string{"@two.txt", ""})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: body, Header: map[string]string{"Content-Type": kind}})
	s.Want(t, 415, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: "PK\x03\x04" + content})
	at := s.Want(t, 201, tusCall("POST", "/v1/files/photos/tus", ada, "", "Upload-Length", fmt.Sprint(len(content)+1))).Header.Get("Location")
	s.Want(t, 204, tusCall("PATCH", at, ada, content, "Upload-Offset", "0"))
	last := s.Want(t, 204, tusCall("PATCH", at, ada, "!", "Upload-Offset", fmt.Sprint(len(content))))
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + last.Header.Get("X-Basalt-Document"), Token: ada}); a.Body != content+"!" {
		t.Errorf("in pieces: %d bytes", len(a.Body))
	}
	s.Want(t, 200, call{Method: "DELETE", Path: "/v1/db/photos?filter=path==%22a.txt%22", Token: ada})
	key := "content/photos/" + doc.SHA256[:2] + "/" + doc.SHA256[2:4] + "/" + doc.SHA256
	if !slices.Contains(keys(), key) { // another node might be making a document of these bytes
		t.Errorf("stored: %v", keys())
	}
	ahead.Store(int64(7 * time.Hour)) // long enough for the next sweep
	s.Sweep()
	servertest.Eventually(t, "the sweeper has removed them", func() bool { return !slices.Contains(keys(), key) })
	ahead.Store(0)
	s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + last.Header.Get("X-Basalt-Document"), Token: ada})
}

// TestFiles_ASlowStorageIsNoSlowClient: what the storage takes longer for than limits.timeout is not taken off the time of the
// client, while it sends and after that.
func TestFiles_ASlowStorageIsNoSlowClient(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	if err := backend.CreateBucket("media"); err != nil {
		t.Fatal(err)
	}
	inner := gofakes3.New(backend).Server()
	var hangs, begins atomic.Bool
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/incoming/") {
			time.Sleep(2300 * time.Millisecond)
		}
		if hangs.Load() && strings.Contains(r.URL.Path, "/content/") {
			_, _ = io.Copy(io.Discard, r.Body) // only then is it seen that the caller leaves
			if begins.Load() {
				w.Header().Set("Content-Length", "9")
				w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
				_, _ = io.WriteString(w, "half")
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(fake.Close)
	s := servertest.Start(t, fmt.Sprintf("storage: { media: { driver: s3, endpoint: %q, bucket: media, region: us-east-1, key: k, secret: s, path_style: true } }\n", fake.URL)+
		strings.NewReplacer("limits: { body: 64KiB }", "limits: { timeout: 2s }", "max: 1MiB", "max: 20MiB", "next.size < 900000", "next.size < 90000000").Replace(album))
	ada := s.Token(map[string]any{"sub": "ada"})
	at := beginTus(t, s, ada, "half ", "Upload-Length", "9")
	last := s.Want(t, 204, tusCall("PATCH", at, ada, "full", "Upload-Offset", "5"))
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/files/photos/" + last.Header.Get("X-Basalt-Document"), Token: ada}); a.Body != "half full" {
		t.Errorf("got %q", a.Body)
	}
	body, kind := asForm(t, [2]string{"@large.txt", strings.Repeat("0123456789abcdef", 6<<16)}) // whose parts wait for each other
	s.Want(t, 201, call{Method: "POST", Path: "/v1/files/photos", Token: ada, Body: body, Header: map[string]string{"Content-Type": kind}})
	hangs.Store(true)
	for what, c := range map[string]call{
		"a new file":   {Method: "POST", Path: "/v1/files/photos", Body: "not stored before", Header: map[string]string{"Content-Type": "text/plain"}},
		"a stored one": {Method: "GET", Path: "/v1/files/photos/" + last.Header.Get("X-Basalt-Document")},
	} {
		c.Token = ada
		if a := s.Want(t, 504, c); !strings.Contains(a.Body, `"timeout"`) {
			t.Errorf("%s, where the storage hangs: %s", what, a.Body)
		}
	}
	begins.Store(true)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/v1/files/photos/"+last.Header.Get("X-Basalt-Document"), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+ada)
	response, err := http.DefaultClient.Do(request)
	if err != nil { // it is cut off before its head is sent
		return
	}
	defer response.Body.Close()
	if got, err := io.ReadAll(response.Body); response.StatusCode == 200 && err == nil {
		t.Errorf("a storage that stops in the middle: %q", got)
	}
}
