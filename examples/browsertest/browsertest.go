//go:build browser

package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Open starts a Chromium with a profile of its own, so with a storage of its own. It takes certificates of themselves.
func Open(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, chromedp.IgnoreCertErrors, chromedp.Flag("disable-quic", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(900, 760))
	if path := os.Getenv("BASALT_CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	ctx, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancelBrowser := chromedp.NewContext(ctx)
	t.Cleanup(func() { cancelBrowser(); cancelAllocator() })
	if err := chromedp.Do(ctx); err != nil { // starts it
		t.Fatalf("starting Chromium: %v", err)
	}
	return ctx
}

// Tab opens another tab of a browser, with the same storage. close closes it, as a person does.
func Tab(t *testing.T, of context.Context) (tab context.Context, closeTab func()) {
	t.Helper()
	tab, closeTab = chromedp.NewContext(of)
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil { // opens it
		t.Fatalf("opening a tab: %v", err)
	}
	return tab, closeTab
}

// Run runs steps, within a time, and fails the test when one of them does.
func Run(t *testing.T, ctx context.Context, what string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	bounded, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(bounded, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// Visit loads a page anew. An address that differs from that of the page in its fragment alone would leave the page, and
// what is waited for next might be there already, of what was shown before.
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
	return func(ctx context.Context, page *chromedp.Target) (chromedp.Void, error) {
		for {
			if _, err := chromedp.Steps(chromedp.WaitVisible(selector), look, chromedp.Click(selector))(ctx, page); err != nil {
				return chromedp.Void{}, err
			}
			// A page that the click has left says nothing.
			if missed, err := chromedp.Evaluate[bool]("window.missed === true")(ctx, page); err != nil || !missed {
				return chromedp.Void{}, nil
			}
			if _, err := chromedp.Sleep(50*time.Millisecond)(ctx, page); err != nil {
				return chromedp.Void{}, err
			}
		}
	}
}

// Network makes the network of a page one that carries so many bytes a second upwards, -1 for any number, or takes it away.
func Network(t *testing.T, ctx context.Context, upload float64, offline bool) {
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
func Block(t *testing.T, ctx context.Context, patterns ...string) {
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
func Screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	dir := os.Getenv("BASALT_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Accessible fails the test when axe finds a mistake in the page as it is.
func Accessible(t *testing.T, ctx context.Context, what string) {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join("..", "..", "modules", "console", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is not there; run: cd modules/console && npm ci: %v", err)
	}
	Run(t, ctx, what, chromedp.Evaluate[chromedp.Void](string(axe)))
	// What flashes keeps the colors of the theme it began in, and colors on their way are none of the design.
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`Promise.allSettled(document.getAnimations().filter((a) => Number.isFinite(a.effect?.getComputedTiming().endTime)).map((a) => a.finished)).then(() => axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join("; ")).join("\n")))`, chromedp.EvalAwaitPromise))
	if err != nil || found != "" {
		t.Errorf("%s: %v: axe finds %s", what, err, found)
	}
}
