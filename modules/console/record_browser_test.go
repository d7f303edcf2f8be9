//go:build browser

package console_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
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
    files: { images: {} }
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
	run(t, ctx, "what refers to it, and what it refers to", "", browsertest.Visit(s.URL+"/console/#/data/albums?doc=a1"), text(`contains(@class, "preview")`, "sea.png"), text(`self::a`, "visits.album"), chromedp.WaitVisible(`//li[contains(., "visits.album")]/span[text()="2"]`))
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
	run(t, ctx, "a file", "", browsertest.Visit(s.URL+"/console/#/data/photos?doc="+photo.ID), chromedp.WaitVisible(`.file-of img`), chromedp.Poll[chromedp.Void](`document.querySelector(".file-of img").naturalWidth > 0`))
	accessible(t, ctx, "record-file")
}

// TestConsole_ImagesInRows shows those of a collection of files in their rows, in one size, as they come into view, and fetches none
// without the rights of who looks.
func TestConsole_ImagesInRows(t *testing.T) {
	content := strings.Replace(fmt.Sprintf(album, t.TempDir(), t.TempDir()), "admin:", "console: { access: 'auth.role == \"editor\"' }\nadmin:", 1)
	content = strings.Replace(content, "rules: { read: 'true', create: 'auth != nil' }", "fields: { secret: { type: bool } }\n    rules: { read: 'doc.secret != true', create: 'auth != nil' }", 1)
	s := servertest.Start(t, content)
	admin := s.Token(map[string]any{"sub": "root", "role": "admin"})
	store := func(path, kind, bytes string) {
		s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/files/photos?path=" + path, Token: admin, Body: bytes, Header: map[string]string{"Content-Type": kind}})
	}
	for n := range 150 {
		picture := image.NewRGBA(image.Rect(0, 0, 300, 200))
		picture.Set(n, 0, color.White)
		var out bytes.Buffer
		if err := png.Encode(&out, picture); err != nil {
			t.Fatal(err)
		}
		store(fmt.Sprintf("p%03d.png", n), "image/png", out.String())
	}
	store("a-note.txt", "text/plain", script)
	store("broken.png", "image/png", "this is no picture at all")
	var hidden struct{ ID string }
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/files/photos?path=p000.png", Token: admin})
	var page struct{ Items []struct{ ID string } }
	s.Want(t, 200, servertest.Call{Method: "GET", Path: `/v1/db/photos?filter=path%3D%3D%22p000.png%22`, Token: admin}).Decode(t, &page)
	hidden.ID = page.Items[0].ID
	s.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/db/photos/" + hidden.ID, Token: admin, Body: `{"secret":true}`})
	asked := `performance.getEntriesByType("resource").filter((e) => e.name.includes("/v1/files/")).length`
	drawn := `[...document.querySelectorAll(".thumb img")].filter((i) => i.naturalWidth > 0)`
	ctx := enter(t, s, "en-US")
	run(t, ctx, "the images are in their rows", "", browsertest.Visit(s.URL+"/console/#/data/photos?sort=path"), chromedp.WaitVisible(".thumb img"), chromedp.Poll[chromedp.Void](drawn+`.length > 15`))
	accessible(t, ctx, "thumbs")
	for what, script := range map[string]string{
		"each has one size":                 `[...document.querySelectorAll(".thumb")].every((e) => e.offsetWidth === 28 && e.offsetHeight === 28)`,
		"smaller than its file":             drawn + `.every((i) => i.naturalWidth <= 56 && i.naturalHeight <= 56)`,
		"within the page":                   drawn + `.every((i) => i.src.startsWith("blob:"))`,
		"what is no image has none":         `document.querySelector('[data-id] [data-field]') !== null && ![...document.querySelectorAll(".row")].some((r) => r.textContent.includes("a-note.txt") && r.querySelector(".thumb"))`,
		"those far below are not asked for": asked + ` < 120`,
		"no token is in an address":         `!performance.getEntriesByType("resource").some((e) => e.name.includes("eyJ"))`,
	} {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script)); err != nil || !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	run(t, ctx, "further down they come, too", "", chromedp.Evaluate[chromedp.Void](`document.querySelector(".grid").scrollTop = 32 * 85`), chromedp.WaitVisible(`//div[contains(@class, "row") and .//span[text()="p090.png"]]//img`))
	editor := enterAs(t, s, "en-US", map[string]any{"sub": "ed", "role": "editor"})
	run(t, editor, "an editor sees those that the rules show", "", browsertest.Visit(s.URL+"/console/#/data/photos?sort=path"), chromedp.WaitVisible(".thumb img"), chromedp.WaitNotPresent(`//span[text()="p000.png"]`))
	if leaked, err := chromedp.Run(editor, chromedp.Evaluate[bool](`performance.getEntriesByType("resource").some((e) => e.name.includes("`+hidden.ID+`"))`)); err != nil || leaked {
		t.Errorf("a file that the rules hide was asked for: %v", err)
	}
}
