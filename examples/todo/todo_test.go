//go:build browser

// The todo app in headless Chromium: `go run ./cmd/testenv --only browser`.
package todo

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/server/servertest"
)

// browser starts a Chromium with a profile of its own, so with a storage of its own.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, chromedp.Flag("disable-quic", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(900, 760))
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

func run(t *testing.T, ctx context.Context, what string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	bounded, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(bounded, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func signUp(t *testing.T, ctx context.Context, url, email string) {
	t.Helper()
	run(t, ctx, "sign up "+email,
		chromedp.Navigate(url),
		chromedp.WaitVisible("#sign"),
		chromedp.SendKeys("#sign [name=email]", email),
		chromedp.SendKeys("#sign [name=password]", "correct horse"),
		chromedp.Click("#sign button[value=up]"),
		chromedp.WaitVisible("#app"))
}

func add(t *testing.T, ctx context.Context, title string) {
	t.Helper()
	run(t, ctx, "add "+title,
		chromedp.SendKeys("#add input", title+"\n"),
		chromedp.WaitVisible(`//li//span[text()="`+title+`"]`))
}

func titles(t *testing.T, ctx context.Context) []string {
	t.Helper()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("#list li span")].map(e => e.textContent)`))
	if err != nil {
		t.Fatalf("reading the list: %v", err)
	}
	return out
}

func expect(t *testing.T, ctx context.Context, want ...string) {
	t.Helper()
	if got := titles(t, ctx); !slices.Equal(got, want) {
		t.Errorf("the list has %q, want %q", got, want)
	}
}

func screenshot(t *testing.T, ctx context.Context, name string) {
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

func TestTodo_TwoPeopleInTwoBrowsers(t *testing.T) {
	t.Setenv("TODO_DATA", t.TempDir())
	server := servertest.StartFile(t, "basalt.yaml")
	ada, bob := browser(t), browser(t)

	run(t, ada, "open", chromedp.Navigate(server.URL), chromedp.WaitVisible("#sign"))
	screenshot(t, ada, "signin")
	signUp(t, ada, server.URL, "ada@example.com")
	add(t, ada, "milk")
	add(t, ada, "bread")
	expect(t, ada, "bread", "milk")

	run(t, ada, "tick", chromedp.Click(`//li[.//span[text()="milk"]]//input`), chromedp.WaitVisible(`//li[@class="done"]//span[text()="milk"]`))
	run(t, ada, "show what is open", chromedp.Click(`[data-show=open]`), chromedp.WaitNotPresent(`//li//span[text()="milk"]`))
	expect(t, ada, "bread")
	run(t, ada, "show all", chromedp.Click(`[data-show=all]`), chromedp.WaitVisible(`//li//span[text()="milk"]`))
	screenshot(t, ada, "list")

	run(t, ada, "reload", chromedp.Reload(), chromedp.WaitVisible(`//li[@class="done"]//span[text()="milk"]`))
	expect(t, ada, "bread", "milk")

	signUp(t, bob, server.URL, "bob@example.com")
	run(t, bob, "see nothing", chromedp.WaitVisible("#empty"))
	add(t, bob, "beer")
	expect(t, bob, "beer")

	run(t, ada, "delete", chromedp.Click(`//li[.//span[text()="milk"]]//button`), chromedp.WaitNotPresent(`//li//span[text()="milk"]`))
	expect(t, ada, "bread")
	run(t, ada, "sign out", chromedp.Click("#signout"), chromedp.WaitVisible("#sign"))
	expect(t, ada)
	run(t, ada, "sign in with a wrong password",
		chromedp.SendKeys("#sign [name=email]", "ada@example.com"), chromedp.SendKeys("#sign [name=password]", "wrong horse\n"),
		chromedp.WaitVisible(`//p[@id="message" and contains(text(), "wrong")]`))
}
