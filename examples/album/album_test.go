//go:build browser

// The albums in headless Chromium: `go run ./cmd/testenv --only browser`.
package album

import (
	"bytes"
	"context"
	"crypto/rand"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// photo writes a jpeg of a color, with more bytes behind it that no reader of jpegs looks at.
func photo(t *testing.T, name string, c color.Color, more int) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			r, g, b, _ := c.RGBA()
			img.Set(x, y, color.RGBA{uint8(r>>8) + uint8(x/16), uint8(g>>8) + uint8(y/16), uint8(b >> 8), 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(&out, rand.Reader, int64(more)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func signUp(t *testing.T, ctx context.Context, email string) {
	t.Helper()
	browsertest.Run(t, ctx, "sign up "+email,
		chromedp.WaitVisible("#sign"), chromedp.SendKeys("#sign [name=email]", email), chromedp.SendKeys("#sign [name=password]", "correct horse"),
		browsertest.Click("#sign button[value=up]"), chromedp.WaitVisible("#app"))
}

func sees(t *testing.T, ctx context.Context, what string, selectors ...string) {
	t.Helper()
	for _, s := range selectors {
		browsertest.Run(t, ctx, what, chromedp.WaitVisible(s))
	}
}

func eval[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return out
}

// drop drops files into the page, as a hand does.
func drop(t *testing.T, ctx context.Context, paths ...string) {
	t.Helper()
	at := eval[struct{ X, Y float64 }](t, ctx, `(() => { const b = document.querySelector("#drop").getBoundingClientRect(); return { X: b.x + b.width / 2, Y: b.y + b.height / 2 }; })()`)
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		params := input.DispatchDragEventParams{Type: kind, X: at.X, Y: at.Y, Data: &input.DragData{Items: []*input.DragDataItem{}, Files: paths, DragOperationsMask: 1}}
		if _, err := chromedp.Call(ctx, input.DispatchDragEvent, params); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAlbum_PhotosGoThroughABadNetwork: what one drops the other sees, although the network is cut in the middle of it and
// the page is closed.
func TestAlbum_PhotosGoThroughABadNetwork(t *testing.T) {
	t.Setenv("ALBUM_DATA", t.TempDir())
	server := servertest.StartFile(t, "basalt.yaml")
	ada, bob := browsertest.Open(t), browsertest.Open(t)
	browsertest.Run(t, ada, "open", chromedp.Navigate(server.URL))
	sees(t, ada, "the sign-in", "#sign")
	browsertest.Screenshot(t, ada, "album-signin")
	browsertest.Accessible(t, ada, "the sign-in")
	signUp(t, ada, "ada@example.com")
	browsertest.Run(t, ada, "make an album", chromedp.SendKeys("#make input", "The sea\n"), chromedp.WaitVisible(`//h2[text()="The sea"]`), chromedp.WaitVisible(`//*[@id="members" and text()="ada"]`))
	browsertest.Run(t, ada, "share it", browsertest.Click("#share"), chromedp.WaitVisible("#shared"))
	link := eval[string](t, ada, `document.querySelector("#link").value`)
	browsertest.Accessible(t, ada, "an album that is shared")

	browsertest.Run(t, bob, "open the link", chromedp.Navigate(link))
	signUp(t, bob, "bob@example.com")
	sees(t, bob, "he is in the album", `//h2[text()="The sea"]`)
	sees(t, ada, "he is a member", `//*[@id="members" and text()="ada, bob"]`)

	drop(t, ada, photo(t, "beach.jpg", color.RGBA{30, 90, 160, 255}, 0), photo(t, "dunes.jpg", color.RGBA{190, 150, 60, 255}, 0))
	for _, who := range []context.Context{ada, bob} {
		sees(t, who, "the photos", `button[aria-label="beach.jpg, by ada"] img`, `button[aria-label="dunes.jpg, by ada"] img`)
	}
	browsertest.Run(t, ada, "all is sent", chromedp.WaitNotVisible(".sending"))

	// A large one is cut off in the middle, and goes on by itself.
	browsertest.Network(t, ada, 1<<20, false)
	drop(t, ada, photo(t, "storm.jpg", color.RGBA{60, 60, 80, 255}, 10<<20))
	sees(t, ada, "it is the newest", `#photos li:first-child button[aria-label="storm.jpg, by ada"]`)
	sees(t, ada, "it is on its way", `.sending:not([hidden]) progress:not([value="0"])`)
	browsertest.Screenshot(t, ada, "album-sending")
	browsertest.Network(t, ada, -1, true)
	sees(t, ada, "that it waits", `//small[text()="waits for the network"]`)
	browsertest.Screenshot(t, ada, "album-cut")
	browsertest.Accessible(t, ada, "a photo that waits")
	sent := eval[float64](t, ada, `document.querySelector(".sending:not([hidden]) progress").value`)
	if sent <= 0 || sent >= 1 {
		t.Errorf("the network was cut at %v of it", sent)
	}
	// It is paused, the page is reloaded, and it goes on where it was. What is left takes longer than a busy machine to click.
	browsertest.Network(t, ada, 64<<10, false)
	browsertest.Run(t, ada, "pause", browsertest.Click(`button[aria-label="Pause storm.jpg"]`), chromedp.WaitVisible(`//small[text()="paused"]`), chromedp.Reload(),
		chromedp.WaitVisible(`//*[@id="progress" and text()="1 paused"]`), chromedp.WaitVisible(`//small[text()="paused"]`))
	browsertest.Network(t, ada, -1, false)
	browsertest.Run(t, ada, "resume", browsertest.Click(`button[aria-label="Resume storm.jpg"]`))
	for _, who := range []context.Context{ada, bob} {
		sees(t, who, "it has arrived", `button[aria-label="storm.jpg, by ada"]:not([disabled]) img`)
	}
	began := eval[int](t, ada, `performance.getEntriesByType("resource").filter((e) => /\/tus$/.test(e.name)).length`)
	if began != 0 {
		t.Errorf("after the reload it was started again, %d times", began)
	}
	// What has arrived is what was dropped.
	size := eval[int](t, ada, `document.querySelectorAll("#photos li").length`)
	if size != 3 {
		t.Errorf("there are %d photos", size)
	}

	browsertest.Run(t, ada, "describe", browsertest.Click(`button[aria-label="beach.jpg, by ada"]`), chromedp.WaitVisible("#viewer img"), chromedp.SendKeys("#describe input", "Low tide\n"))
	sees(t, bob, "the caption", `button[aria-label="Low tide, by ada"] img`)
	browsertest.Run(t, bob, "look at it", browsertest.Click(`button[aria-label="Low tide, by ada"]`), chromedp.WaitVisible(`#viewer img[alt="Low tide"]`), chromedp.WaitNotVisible("#delete"), chromedp.WaitNotVisible("#describe"))
	browsertest.Screenshot(t, bob, "album-viewer")
	browsertest.Accessible(t, bob, "the viewer")
	original := eval[string](t, bob, `document.querySelector("#original").href`)
	resp, err := http.Get(original)
	if err != nil || resp.StatusCode != 200 || !strings.Contains(resp.Header.Get("Content-Disposition"), "beach.jpg") {
		t.Fatalf("the original: %v %v", resp, err)
	}
	resp.Body.Close()
	browsertest.Run(t, bob, "close", browsertest.Click("#close"), chromedp.WaitNotVisible("#viewer"))

	drop(t, bob, photo(t, "of bob.jpg", color.RGBA{40, 130, 70, 255}, 6<<20))
	sees(t, ada, "his photo", `button[aria-label="of bob.jpg, by bob"]:not([disabled]) img`)
	text := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(text, []byte("no photo"), 0o600); err != nil {
		t.Fatal(err)
	}
	drop(t, bob, text)
	sees(t, bob, "what is no photo is refused", `//p[@id="message" and contains(text(), "text/plain")]`)
	browsertest.Run(t, bob, "and not shown", chromedp.WaitNotPresent(`button[aria-label^="notes.txt"]`))
	browsertest.Run(t, ada, "she deletes his photo", browsertest.Click(`button[aria-label="of bob.jpg, by bob"]`), chromedp.WaitVisible("#viewer img"), browsertest.Click("#delete"))
	browsertest.Run(t, bob, "it is gone", chromedp.WaitNotPresent(`button[aria-label="of bob.jpg, by bob"]`))

	for _, looks := range []struct {
		name, scheme string
		width        int64
	}{{"album-dark", "dark", 900}, {"album-phone", "light", 375}, {"album-phone-dark", "dark", 375}} {
		feature := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: looks.scheme}}}
		if _, err := chromedp.Call(ada, emulation.SetEmulatedMedia, feature); err != nil {
			t.Fatal(err)
		}
		browsertest.Run(t, ada, "resize", chromedp.EmulateViewport(looks.width, 760))
		if over := eval[int](t, ada, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s: %d pixels stick out", looks.name, over)
		}
		browsertest.Screenshot(t, ada, looks.name)
		browsertest.Accessible(t, ada, looks.name)
	}
	browsertest.Run(t, bob, "leave", browsertest.Click("#leave"), chromedp.WaitVisible("#none"))
	sees(t, ada, "he is no member", `//*[@id="members" and text()="ada"]`)
	if left := eval[int](t, bob, `document.querySelectorAll("#photos img").length`); left != 0 {
		t.Errorf("he still sees %d photos", left)
	}
}

// TestAlbum_TabsShareWhatIsSent: two tabs of one person show one upload, which either can hold and let go on, one sends, and the
// other sends on when that one is closed.
func TestAlbum_TabsShareWhatIsSent(t *testing.T) {
	t.Setenv("ALBUM_DATA", t.TempDir())
	server := servertest.StartFile(t, "basalt.yaml")
	one := browsertest.Open(t)
	browsertest.Run(t, one, "open", chromedp.Navigate(server.URL))
	signUp(t, one, "ada@example.com")
	browsertest.Run(t, one, "make an album", chromedp.SendKeys("#make input", "The sea\n"), chromedp.WaitVisible(`//*[@id="members" and text()="ada"]`))
	other, closeOther := browsertest.Tab(t, one)
	browsertest.Run(t, other, "the same in another tab", chromedp.Navigate(server.URL), chromedp.WaitVisible(`//h2[text()="The sea"]`))
	tabs := map[string]context.Context{"one": one, "the other": other}
	for _, tab := range tabs {
		browsertest.Network(t, tab, 1<<20, false)
	}
	bySender := func(tab context.Context) int {
		return eval[int](t, tab, `performance.getEntriesByType("resource").filter((e) => /\/tus(\/|$)/.test(e.name)).length`)
	}
	shown := func(what, selector string) {
		t.Helper()
		for name, tab := range tabs {
			sees(t, tab, name+": "+what, selector)
		}
	}
	press := func(tab context.Context, what string) {
		t.Helper()
		if _, err := chromedp.Call(tab, page.BringToFront, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
		browsertest.Run(t, tab, what, browsertest.Click(`button[aria-label="`+what+` storm.jpg"]`))
	}
	drop(t, other, photo(t, "storm.jpg", color.RGBA{60, 60, 80, 255}, 16<<20))
	shown("it is on its way", `.sending:not([hidden]) progress:not([value="0"])`)
	press(one, "Pause")
	shown("it is paused", `//small[text()="paused"]`)
	shown("of how many", `//*[@id="progress" and text()="1 paused"]`)
	if n, m := bySender(one), bySender(other); n != 0 && m != 0 { // either may be the first
		t.Errorf("both tabs send it: one made %d calls, the other %d", n, m)
	}
	press(other, "Resume")
	shown("it goes on", `button[aria-label="Pause storm.jpg"]`)
	press(other, "Pause")
	shown("it is paused again", `//small[text()="paused"]`)
	press(one, "Resume")
	shown("it goes on again", `button[aria-label="Pause storm.jpg"]`)
	closeOther()
	browsertest.Network(t, one, -1, false)
	sees(t, one, "it has arrived", `button[aria-label="storm.jpg, by ada"]:not([disabled]) img`)
	browsertest.Run(t, one, "nothing is left", chromedp.WaitNotVisible(".sending"))
	if began := strings.Count(server.Log(), "method=POST path=/v1/files/photos/tus "); began != 1 {
		t.Errorf("it was begun %d times", began)
	}
	if n := eval[int](t, one, `document.querySelectorAll("#photos li").length`); n != 1 {
		t.Errorf("there are %d photos", n)
	}
}
