package test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	basalt "github.com/basalt-dev/basalt/sdk/go"
	"github.com/basalt-dev/basalt/server/servertest"
)

type picture struct {
	ID, Path, Name, Type, Alt string
	Size, Stars               int64
}

func TestFiles_UploadDownloadAndLink(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config+`
  pictures:
    files: { max: 1MiB, images: {} }
    fields: { owner: { type: string }, alt: { type: string }, stars: { type: int } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil', update: 'doc.owner == auth.id' }
`)
	ctx := context.Background()
	c := basalt.New(s.URL)
	must[basalt.User](t)(c.Auth.SignUp(ctx, "ada@example.com", "correct horse"))
	pictures := basalt.Collection[picture](c, "pictures")
	content := strings.Repeat("bytes ", 50_000)
	doc := must[picture](t)(pictures.Upload(ctx, strings.NewReader(content), basalt.Upload{Name: "ä.txt", Fields: map[string]any{"alt": "sea", "stars": 2}}))
	if doc.Name != "ä.txt" || doc.Alt != "sea" || doc.Stars != 2 || doc.Size != int64(len(content)) {
		t.Errorf("got %+v", doc)
	}
	body := must[io.ReadCloser](t)(pictures.Download(ctx, doc.ID))
	back := must[[]byte](t)(io.ReadAll(body))
	if err := body.Close(); err != nil || string(back) != content {
		t.Errorf("%d bytes, %v", len(back), err)
	}
	one := must[picture](t)(pictures.Upload(ctx, strings.NewReader("one"), basalt.Upload{Path: "a/b.txt"}))
	two := must[picture](t)(pictures.Upload(ctx, io.MultiReader(strings.NewReader("se"), strings.NewReader("cond")), basalt.Upload{Path: "a/b.txt"})) // of no known length
	if one.ID != two.ID || two.Size != 6 || two.Path != "a/b.txt" {
		t.Errorf("%+v, then %+v", one, two)
	}
	address, expires, err := pictures.Link(ctx, doc.ID, 5*time.Minute)
	if err != nil || time.Until(expires) <= 0 {
		t.Fatal(err, expires)
	}
	for address, want := range map[string]int{address: http.StatusOK, pictures.URL(doc.ID): http.StatusNotFound} {
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Body.Close() != nil || resp.StatusCode != want {
			t.Errorf("%s: %d", address, resp.StatusCode)
		}
	}
	pixel := must[[]byte](t)(base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="))
	image := must[picture](t)(pictures.Upload(ctx, bytes.NewReader(pixel), basalt.Upload{Name: "pixel.png"}))
	small := basalt.Picture{Width: 1, Format: "jpeg", Quality: 50}
	body = must[io.ReadCloser](t)(pictures.Download(ctx, image.ID, small))
	if back := must[[]byte](t)(io.ReadAll(body)); http.DetectContentType(back) != "image/jpeg" || body.Close() != nil {
		t.Errorf("the picture is %q", back)
	}
	if address, _, err = pictures.Link(ctx, image.ID, time.Hour, small); err != nil || !strings.Contains(address, "width=1") {
		t.Errorf("%s, %v", address, err)
	}
	if got, want := pictures.URL("a", small), s.URL+"/v1/files/pictures/a?format=jpeg&quality=50&width=1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	up := must[basalt.UploadLink](t)(pictures.UploadLink(ctx, time.Hour, basalt.UploadBounds{Max: 10, Types: []string{"text/*"}, Path: "in/a.txt", Fields: map[string]any{"alt": "by link"}}))
	over := must[basalt.UploadLink](t)(pictures.UploadLink(ctx, time.Hour, basalt.UploadBounds{Document: one.ID}))
	gone := must[basalt.UploadLink](t)(pictures.UploadLink(ctx, time.Hour, basalt.UploadBounds{}))
	if err := pictures.RevokeUploadLink(ctx, gone.ID); err != nil {
		t.Error(err)
	}
	if err := pictures.RevokeLinks(ctx, doc.ID); err != nil {
		t.Error(err)
	}
	for _, sent := range []struct {
		url    string
		status int
	}{{up.URL, 201}, {up.URL, 403}, {over.URL, 200}, {gone.URL, 403}} {
		req := must[*http.Request](t)(http.NewRequestWithContext(ctx, http.MethodPut, sent.url, strings.NewReader("by link")))
		if resp := must[*http.Response](t)(http.DefaultClient.Do(req)); resp.StatusCode != sent.status || resp.Body.Close() != nil {
			t.Errorf("%s: %d, want %d", sent.url, resp.StatusCode, sent.status)
		}
	}
	if _, err := pictures.Upload(ctx, strings.NewReader(strings.Repeat("x", 2<<20)), basalt.Upload{}); basalt.CodeOf(err) != basalt.TooLarge {
		t.Errorf("too large: %v", err)
	}
	if _, err := basalt.Collection[picture](basalt.New(s.URL), "pictures").Upload(ctx, strings.NewReader("x"), basalt.Upload{}); basalt.CodeOf(err) != basalt.Unauthenticated {
		t.Errorf("anonymous: %v", err)
	}
	if _, err := basalt.Collection[picture](basalt.New(s.URL), "pictures").Download(ctx, doc.ID); basalt.CodeOf(err) != basalt.NotFound {
		t.Errorf("hidden: %v", err)
	}
}
