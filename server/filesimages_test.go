package server_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

var pictured = strings.ReplaceAll(album, "files: { max: 1MiB,", "files: { images: { max: 500, formats: [jpeg, png, webp] }, max: 1MiB,")

// photo is a jpeg of one color.
func photo(t *testing.T, width, height int, c color.Color) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		img.Set(i%width, i/width, c)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// size is how large a picture is, and its format.
func size(t *testing.T, a servertest.Answer) (width, height int, format string) {
	t.Helper()
	config, format, err := image.DecodeConfig(strings.NewReader(a.Body))
	if err != nil {
		t.Fatalf("%d bytes are no picture: %v", len(a.Body), err)
	}
	return config.Width, config.Height, format
}

func TestFiles_Pictures(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, pictured)
	ada, bob := s.Token(map[string]any{"sub": "ada"}), s.Token(map[string]any{"sub": "bob"})
	doc := put(t, s, ada, "/v1/files/photos?name=sea.JPEG", photo(t, 300, 200, color.White))
	base := "/v1/files/photos/" + doc.ID

	a := s.Want(t, 200, call{Method: "GET", Path: base + "?width=100", Token: ada})
	if w, h, format := size(t, a); w != 100 || h != 67 || format != "jpeg" || a.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("%d x %d %s, %s", w, h, format, a.Header.Get("Content-Type"))
	}
	if got := a.Header.Get("Content-Disposition"); got != `inline; filename="sea.jpg"` {
		t.Error(got)
	}
	a = s.Want(t, 200, call{Method: "GET", Path: base + "?width=50&height=50&fit=cover&format=png", Token: ada})
	if w, h, format := size(t, a); w != 50 || h != 50 || format != "png" || a.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%d x %d %s, %s", w, h, format, a.Header.Get("Content-Type"))
	}

	// It is a file like others: conditions, ranges, HEAD, and the same from the storage as when it was made.
	first := s.Want(t, 200, call{Method: "GET", Path: base + "?width=20", Token: ada})
	again := s.Want(t, 200, call{Method: "GET", Path: base + "?width=20", Token: ada})
	if first.Body != again.Body || first.Header.Get("ETag") != again.Header.Get("ETag") {
		t.Error("what is kept is not what was made")
	}
	s.Want(t, 304, call{Method: "GET", Path: base + "?width=20", Token: ada, Header: map[string]string{"If-None-Match": first.Header.Get("ETag")}})
	s.Want(t, 200, call{Method: "GET", Path: base + "?width=21", Token: ada, Header: map[string]string{"If-None-Match": first.Header.Get("ETag")}})
	if part := s.Want(t, 206, call{Method: "GET", Path: base + "?width=20", Token: ada, Header: map[string]string{"Range": "bytes=0-3"}}); part.Body != first.Body[:4] {
		t.Errorf("%q", part.Body)
	}
	s.Want(t, 200, call{Method: "HEAD", Path: base + "?width=20", Token: ada})
	if whole := s.Want(t, 200, call{Method: "GET", Path: base, Token: ada}); len(whole.Body) != int(doc.Size) || whole.Header.Get("ETag") == first.Header.Get("ETag") {
		t.Error("the file itself has changed")
	}

	// The rules are those of the file.
	s.Want(t, 404, call{Method: "GET", Path: base + "?width=20", Token: bob})
	s.Want(t, 404, call{Method: "GET", Path: base + "?width=20"})
	for query, field := range map[string]string{
		"width=501": "width", "width=0": "width", "width=x": "width", "height=-1": "height", "fit=fill": "fit", "fit=cover": "fit",
		"format=webp": "format", "quality=0": "quality",
	} {
		if a := s.Want(t, 422, call{Method: "GET", Path: base + "?" + query, Token: ada}); !strings.Contains(a.Body, `"field":"`+field+`"`) {
			t.Errorf("%s: %s", query, a.Body)
		}
	}
	plain := put(t, s, ada, "/v1/files/photos", "no image at all")
	s.Want(t, 422, call{Method: "GET", Path: "/v1/files/photos/" + plain.ID + "?width=20", Token: ada})
	broken := put(t, s, ada, "/v1/files/photos", png+"x")
	s.Want(t, 422, call{Method: "GET", Path: "/v1/files/photos/" + broken.ID + "?width=20", Token: ada})
	other := put(t, s, ada, "/v1/files/open", png)
	s.Want(t, 422, call{Method: "GET", Path: "/v1/files/open/" + other.ID + "?width=20", Token: ada}) // it makes none

	// Replacing the bytes, or deleting the document, takes the pictures away.
	s.Want(t, 200, call{Method: "PUT", Path: base, Token: ada, Body: photo(t, 30, 20, color.Black)})
	a = s.Want(t, 200, call{Method: "GET", Path: base + "?width=20", Token: ada})
	if a.Body == first.Body {
		t.Error("the picture is that of the bytes before")
	}
	for _, id := range []string{doc.ID, plain.ID, broken.ID} {
		s.Want(t, 204, call{Method: "DELETE", Path: "/v1/files/photos/" + id, Token: ada})
	}
	servertest.Eventually(t, "nothing of them is stored", func() bool { return len(stored(t, s)) == 1 }) // the one in open
}

func TestFiles_LinksToPictures(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, pictured)
	ada := s.Token(map[string]any{"sub": "ada"})
	doc := put(t, s, ada, "/v1/files/photos", photo(t, 300, 200, color.White))
	link := func(status int, body map[string]any) *url.URL {
		var l struct{ URL string }
		s.Want(t, status, call{Method: "POST", Path: "/v1/files/photos/" + doc.ID + "/link", Token: ada, Body: body}).Decode(t, &l)
		u, err := url.Parse(l.URL)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	small, whole := link(201, map[string]any{"width": 60, "height": 60, "fit": "cover"}), link(201, nil)
	if w, h, _ := size(t, s.Want(t, 200, call{Method: "GET", Path: small.String()})); w != 60 || h != 60 {
		t.Errorf("%d x %d", w, h)
	}
	for name, change := range map[string]func(url.Values){
		"larger":        func(q url.Values) { q.Set("width", "300") },
		"the file":      func(q url.Values) { q.Del("width"); q.Del("height"); q.Del("fit") },
		"another shape": func(q url.Values) { q.Set("width", ""); q.Set("height", "60") },
		"added":         func(q url.Values) { q.Set("quality", "100") },
		"moved":         func(q url.Values) { q.Set("fit", ""); q.Set("format", "cover") },
	} {
		q := small.Query()
		change(q)
		if a := s.Do(t, call{Method: "GET", Path: small.Path + "?" + q.Encode()}); a.Status != 403 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	q := whole.Query()
	q.Set("width", "10")
	s.Want(t, 403, call{Method: "GET", Path: whole.Path + "?" + q.Encode()}) // a link is to what it was made for
	link(422, map[string]any{"width": 5000})
	link(400, map[string]any{"width": true})
}
