//go:build browser

package console_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const album = `
databases: { main: { driver: sqlite, url: "file:%s/data.db" } }
auth: { tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { min_length: 8 } } }
admin: { users: 'auth.role == "admin"' }
storage: { main: { driver: local, dir: %q } }
collections:
  albums:
    fields: { title: { type: string }, cover: { type: ref, to: photos, check: exists }, settings: { type: json } }
    rules: { read: 'true' }
  visits:
    fields: { album: { type: ref, to: albums } }
    rules: { read: 'true' }
  photos:
    files: {}
    rules: { read: 'true', create: 'auth != nil' }
`

// TestConsole_Record looks at a document with what it refers to and what refers to it, edits its json as a tree, and sees a file.
func TestConsole_Record(t *testing.T) {
	s := servertest.Start(t, fmt.Sprintf(album, t.TempDir(), t.TempDir()))
	admin := s.Token(map[string]any{"sub": "root", "role": "admin"})
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 120, 80))); err != nil {
		t.Fatal(err)
	}
	var photo struct{ ID string }
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/files/photos?path=sea.png", Token: admin, Body: picture.String(), Header: map[string]string{"Content-Type": "image/png"}}).Decode(t, &photo)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/albums", Token: admin, Body: fmt.Sprintf(`{"id":"a1","title":"Summer","cover":%q,"settings":{"theme":"dark","sizes":[1,2],"zip":"01234"}}`, photo.ID)})
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/visits", Token: admin, Body: `[{"album":"a1"},{"album":"a1"}]`})
	ctx := enter(t, s, "en-US")
	run(t, ctx, "what refers to it, and what it refers to", "", chromedp.Navigate(s.URL+"/console/#/data/albums?doc=a1"), text(`contains(@class, "preview")`, "sea.png"), text(`self::a`, "visits.album"), chromedp.WaitVisible(`//li[contains(., "visits.album")]/span[text()="2"]`))
	run(t, ctx, "json as a tree", "", browsertest.Click(`//button[contains(., "Tree")]`), retype(`[aria-label="settings.theme"]`, "light"), retype(`[aria-label="settings.sizes.1"]`, "3"), browsertest.Click(`[aria-label="Add: settings.sizes"]`), retype(`[aria-label="settings.sizes.2"]`, "many"),
		chromedp.SendKeys(`[aria-label="settings: Name"]`, "open"), browsertest.Click(`[aria-label="Add: settings"]`), retype(`[aria-label="settings.open"]`, "true"), browsertest.Click(`[aria-label="Delete: settings.zip"]`))
	accessible(t, ctx, "record-tree")
	run(t, ctx, "is stored", "", browsertest.Click(`.panel form .actions .main`), text(`@class="toast"`, "Saved"))
	var got struct{ Settings any }
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/albums/a1", Token: admin}).Decode(t, &got)
	if is := fmt.Sprint(got.Settings); is != "map[open:true sizes:[1 3 many] theme:light]" {
		t.Errorf("got %s", is)
	}
	run(t, ctx, "copied as curl", "record-saved", chromedp.Evaluate[chromedp.Void](`navigator.clipboard.writeText = async (text) => { window.copied = text; }`), browsertest.Click(`[aria-label="Copy as curl"]`), chromedp.Poll[chromedp.Void](`(window.copied ?? "").includes("/v1/db/albums/a1")`))
	run(t, ctx, "the documents that refer to it", "", browsertest.Click(`//a[contains(., "visits.album")]`), chromedp.WaitVisible(`//span[@class="count" and contains(., "2")]`))
	run(t, ctx, "a file", "", chromedp.Navigate(s.URL+"/console/#/data/photos?doc="+photo.ID), chromedp.WaitVisible(`.file-of img`), chromedp.Poll[chromedp.Void](`document.querySelector(".file-of img").naturalWidth > 0`))
	accessible(t, ctx, "record-file")
}
