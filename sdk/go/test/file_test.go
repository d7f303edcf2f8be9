package test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
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

// shaky breaks off requests that send a piece: of the second it loses the answer, of the third it sends a part.
type shaky struct {
	pieces, files atomic.Int64
}

func (s *shaky) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/v1/files/") {
		s.files.Add(1)
	}
	if r.Method != http.MethodPatch {
		return http.DefaultTransport.RoundTrip(r)
	}
	n := s.pieces.Add(1)
	if n == 3 {
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 1<<20), iotest.ErrReader(errors.New("the network is gone"))))
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if n == 2 && err == nil {
		err = errors.Join(errors.New("the answer is lost"), resp.Body.Close())
		resp = nil
	}
	return resp, err
}

// TestFiles_LargeOnesGoInPieces: of a length that is known or not, by a token or a link, over a network that breaks.
func TestFiles_LargeOnesGoInPieces(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, config+`
  pictures:
    files: { max: 20MiB }
    fields: { owner: { type: string }, alt: { type: string } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil && next.alt != "never"', update: 'doc.owner == auth.id' }
`)
	ctx := context.Background()
	network := &shaky{}
	c := basalt.New(s.URL, basalt.WithHTTPClient(&http.Client{Transport: network}))
	must[basalt.User](t)(c.Auth.SignUp(ctx, "ada@example.com", "correct horse"))
	pictures := basalt.Collection[picture](c, "pictures")
	content := make([]byte, 15<<20) // three pieces, the last of which is as large as the others
	for i := range content {
		content[i] = byte(i % 251)
	}
	same := func(what, id string, want []byte) {
		t.Helper()
		body := must[io.ReadCloser](t)(pictures.Download(ctx, id))
		back := must[[]byte](t)(io.ReadAll(body))
		if err := body.Close(); err != nil || !bytes.Equal(back, want) {
			t.Errorf("%s: %d of %d bytes, %v", what, len(back), len(want), err)
		}
	}
	for what, from := range map[string]io.Reader{"a known length": bytes.NewReader(content), "an unknown length": io.MultiReader(bytes.NewReader(content))} {
		network.pieces.Store(0)
		doc := must[picture](t)(pictures.Upload(ctx, from, basalt.Upload{Name: "ä.bin", Fields: map[string]any{"alt": what}}))
		if doc.Name != "ä.bin" || doc.Alt != what || doc.Size != int64(len(content)) || network.pieces.Load() < 4 {
			t.Errorf("%s: got %+v in %d pieces", what, doc, network.pieces.Load())
		}
		same(what, doc.ID, content)
	}
	link := must[basalt.UploadLink](t)(pictures.UploadLink(ctx, time.Hour, basalt.UploadBounds{Fields: map[string]any{"alt": "by link"}}))
	network.pieces.Store(0)
	way := basalt.WithHTTPClient(&http.Client{Transport: network})
	receipt := must[basalt.Receipt](t)(basalt.UploadByLink(ctx, link.URL, io.MultiReader(bytes.NewReader(content)), basalt.Upload{Name: "partner.bin"}, way))
	doc := must[picture](t)(pictures.Doc(receipt.ID).Get(ctx))
	if doc.Name != "partner.bin" || doc.Alt != "by link" || network.pieces.Load() < 4 {
		t.Errorf("by link: %+v in %d pieces", doc, network.pieces.Load())
	}
	same("by link", doc.ID, content)
	if _, err := basalt.UploadByLink(ctx, link.URL, bytes.NewReader(content), basalt.Upload{}); basalt.CodeOf(err) != basalt.Forbidden {
		t.Errorf("a link that was used: %v", err)
	}
	for _, replaced := range [][]byte{[]byte("small"), content[:6<<20]} {
		over := must[basalt.UploadLink](t)(pictures.UploadLink(ctx, time.Hour, basalt.UploadBounds{Document: doc.ID}))
		if got := must[basalt.Receipt](t)(basalt.UploadByLink(ctx, over.URL, bytes.NewReader(replaced), basalt.Upload{})); got.ID != doc.ID {
			t.Errorf("replaced %s", got.ID)
		}
		same("replaced", doc.ID, replaced)
	}
	// What is refused is refused at once, and what cannot go on leaves nothing.
	before := network.files.Load()
	if _, err := pictures.Upload(ctx, bytes.NewReader(content), basalt.Upload{Fields: map[string]any{"alt": "never"}}); basalt.CodeOf(err) != basalt.Forbidden || network.files.Load() != before+1 {
		t.Errorf("refused: %v after %d requests", err, network.files.Load()-before)
	}
	broken := io.MultiReader(bytes.NewReader(content[:7<<20]), iotest.ErrReader(errors.New("the disk is gone")))
	if _, err := pictures.Upload(ctx, broken, basalt.Upload{}); err == nil || !strings.Contains(err.Error(), "the disk is gone") || strings.Contains(err.Error(), "keeps") {
		t.Errorf("a file that cannot be read: %v", err)
	}
	if _, err := basalt.UploadByLink(ctx, s.URL+"/v1/files/pictures", strings.NewReader("x"), basalt.Upload{}); err == nil {
		t.Error("an address that is no link is taken")
	}
}
