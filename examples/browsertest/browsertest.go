//go:build browser

package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Main runs the tests of a package, as its TestMain, and ends the Chromium that they share.
func Main(m *testing.M) {
	shared.main = true
	defer shared.end()
	m.Run()
}

// shared is the Chromium of this process: starting one costs more than most tests.
var shared browser

type browser struct {
	main bool // whether there is something that ends it

	mu   sync.Mutex // guards what follows
	ctx  context.Context
	stop func()
}

// running returns the browser, and starts it when there is none, or no longer one. It takes certificates of themselves.
func (b *browser) running() (context.Context, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.main {
		return nil, errors.New("the package has to have a TestMain that calls browsertest.Main")
	}
	if b.ctx != nil && b.ctx.Err() == nil {
		return b.ctx, nil
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, chromedp.IgnoreCertErrors, chromedp.Flag("disable-quic", true), chromedp.WindowSize(900, 760))
	if path := os.Getenv("BASALT_CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil { // starts it
		stop()
		stopAllocator()
		return nil, err
	}
	b.ctx, b.stop = ctx, func() { stop(); stopAllocator() }
	return ctx, nil
}

func (b *browser) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop != nil {
		b.stop()
	}
}

// Open opens a window with a storage of its own, as that of another person's browser.
func Open(t testing.TB) context.Context {
	t.Helper()
	of, err := shared.running()
	if err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	ctx, closeWindow := chromedp.NewContext(of, chromedp.WithNewBrowserContext())
	t.Cleanup(closeWindow)
	if err := chromedp.Do(ctx); err != nil { // opens it
		t.Fatalf("opening a window: %v", err)
	}
	return ctx
}

// Tab opens another tab of a window, with the same storage. close closes it, as a person does.
func Tab(t testing.TB, of context.Context) (tab context.Context, closeTab func()) {
	t.Helper()
	tab, closeTab = chromedp.NewContext(of)
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil { // opens it
		t.Fatalf("opening a tab: %v", err)
	}
	return tab, closeTab
}

// Run runs steps, within a time, and fails the test when one of them does.
func Run(t testing.TB, ctx context.Context, what string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	bounded, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(bounded, actions...); err != nil {
		t.Fatalf("%s: %v\n%s", what, err, shown(ctx))
	}
}

// shown describes the page of a step that failed.
func shown(ctx context.Context) string {
	bounded, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	page, err := chromedp.Run(bounded, chromedp.Evaluate[string](`location.href + "\nfocus: " + document.activeElement?.outerHTML.slice(0, 300) + "\n" + document.body.innerText.slice(0, 3000)`))
	if err != nil {
		return "the page does not answer: " + err.Error()
	}
	return page
}

// Visit loads a new document. A URL that differs from the current one only in its fragment would keep the document, and what is
// waited for next could be left over from before.
func Visit(url string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.Navigate("about:blank"), chromedp.Navigate(url))
}

// Click clicks on what a selector finds: one of CSS, or an XPath. A page that still loads moves what is in it after
// the browser was asked where it is, so a click that something else has got, or nothing, is made again.
func Click(selector string) chromedp.Action[chromedp.Void] {
	find := fmt.Sprintf("document.querySelector(%q)", selector)
	if strings.HasPrefix(selector, "/") {
		find = fmt.Sprintf("document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue", selector)
	}
	look := chromedp.Evaluate[chromedp.Void](`window.missed = true; document.addEventListener("click", (e) => { if (e.composedPath().includes(` + find + `)) window.missed = false; }, {capture: true, once: true})`)
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		for {
			if _, err := chromedp.Steps(chromedp.WaitVisible(selector), look, chromedp.Click(selector))(ctx, target); err != nil {
				return chromedp.Void{}, err
			}
			// A page that the click has left says nothing.
			if missed, err := chromedp.Evaluate[bool]("window.missed === true")(ctx, target); err != nil || !missed {
				return chromedp.Void{}, nil
			}
			if _, err := chromedp.Sleep(50*time.Millisecond)(ctx, target); err != nil {
				return chromedp.Void{}, err
			}
		}
	}
}

// Network makes the network of a page one that carries so many bytes a second upwards, -1 for any number, or takes it away.
func Network(t testing.TB, ctx context.Context, upload float64, offline bool) {
	t.Helper()
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	if err == nil {
		all := &network.Conditions{DownloadThroughput: -1, UploadThroughput: upload, Offline: offline}
		_, err = chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{all}})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{DownloadThroughput: -1, UploadThroughput: upload, Offline: offline})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Block lets no request of a page get to addresses, by patterns; none for all that it blocked before.
func Block(t testing.TB, ctx context.Context, patterns ...string) {
	t.Helper()
	blocked := []*network.BlockPattern{}
	for _, p := range patterns {
		blocked = append(blocked, &network.BlockPattern{URLPattern: p, Block: true})
	}
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: blocked})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Screenshot writes a picture of the page into the directory of BASALT_SCREENSHOTS, if there is one.
func Screenshot(t testing.TB, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("BASALT_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{OptimizeForSpeed: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture.Data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Accessible fails the test when axe finds a mistake in the page as it is.
func Accessible(t testing.TB, ctx context.Context, what string) {
	t.Helper()
	check(t, ctx, what, `resultTypes: ["violations"]`)
}

// AccessibleColors does the same with what axe says of colors: all that another theme changes in a page that was looked at.
func AccessibleColors(t testing.TB, ctx context.Context, what string) {
	t.Helper()
	check(t, ctx, what, `resultTypes: ["violations"], runOnly: ["color-contrast", "link-in-text-block"]`)
}

func check(t testing.TB, ctx context.Context, what, options string) {
	t.Helper()
	there, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("window.axe !== undefined"))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if !there {
		axe, err := os.ReadFile(filepath.Join("..", "..", "modules", "console", "node_modules", "axe-core", "axe.min.js"))
		if err != nil {
			t.Fatalf("axe-core is not there; run: cd modules/console && npm ci: %v", err)
		}
		Run(t, ctx, what, chromedp.Evaluate[chromedp.Void](string(axe)))
	}
	// What flashes keeps the colors of the theme it began in, and colors on their way are none of the design.
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`Promise.allSettled(document.getAnimations().filter((a) => Number.isFinite(a.effect?.getComputedTiming().endTime)).map((a) => a.finished)).then(() => axe.run(document, {`+options+`}).then((r) => r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join("; ")).join("\n")))`, chromedp.EvalAwaitPromise))
	if err != nil || found != "" {
		t.Errorf("%s: %v: axe finds %s", what, err, found)
	}
}
