//go:build browser

// The todo app in headless Chromium: `go run ./cmd/testenv --only browser`.
package todo

import (
	"context"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

func signUp(t *testing.T, ctx context.Context, url, email string) {
	t.Helper()
	browsertest.Run(t, ctx, "sign up "+email,
		chromedp.Navigate(url),
		chromedp.WaitVisible("#sign"),
		chromedp.SendKeys("#sign [name=email]", email),
		chromedp.SendKeys("#sign [name=password]", "correct horse"),
		browsertest.Click("#sign button[value=up]"),
		chromedp.WaitVisible("#app"))
}

func add(t *testing.T, ctx context.Context, title string) {
	t.Helper()
	browsertest.Run(t, ctx, "add "+title,
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

func TestTodo_TwoPeopleInTwoBrowsers(t *testing.T) {
	t.Setenv("TODO_DATA", t.TempDir())
	server := servertest.StartFile(t, "basalt.yaml")
	ada, second, bob := browsertest.Open(t), browsertest.Open(t), browsertest.Open(t)

	browsertest.Run(t, ada, "open", chromedp.Navigate(server.URL), chromedp.WaitVisible("#sign"))
	browsertest.Screenshot(t, ada, "signin")
	signUp(t, ada, server.URL, "ada@example.com")
	add(t, ada, "milk")
	add(t, ada, "bread")
	expect(t, ada, "bread", "milk")

	browsertest.Run(t, ada, "tick", browsertest.Click(`//li[.//span[text()="milk"]]//input`), chromedp.WaitVisible(`//li[@class="done"]//span[text()="milk"]`))
	browsertest.Run(t, ada, "show what is open", browsertest.Click(`[data-show=open]`), chromedp.WaitNotPresent(`//li//span[text()="milk"]`))
	expect(t, ada, "bread")
	browsertest.Run(t, ada, "show all", browsertest.Click(`[data-show=all]`), chromedp.WaitVisible(`//li//span[text()="milk"]`))
	browsertest.Screenshot(t, ada, "list")

	browsertest.Run(t, ada, "reload", chromedp.Reload(), chromedp.WaitVisible(`//li[@class="done"]//span[text()="milk"]`))
	expect(t, ada, "bread", "milk")

	browsertest.Run(t, second, "a second window of hers",
		chromedp.Navigate(server.URL), chromedp.WaitVisible("#sign"),
		chromedp.SendKeys("#sign [name=email]", "ada@example.com"), chromedp.SendKeys("#sign [name=password]", "correct horse\n"),
		chromedp.WaitVisible(`//li[@class="done"]//span[text()="milk"]`))

	signUp(t, bob, server.URL, "bob@example.com")
	browsertest.Run(t, bob, "see nothing", chromedp.WaitVisible("#empty"))
	add(t, bob, "beer")
	expect(t, bob, "beer")

	browsertest.Run(t, ada, "delete", browsertest.Click(`//li[.//span[text()="milk"]]//button`), chromedp.WaitNotPresent(`//li//span[text()="milk"]`))
	expect(t, ada, "bread")
	browsertest.Run(t, second, "see that it is gone", chromedp.WaitNotPresent(`//li//span[text()="milk"]`))
	expect(t, second, "bread")
	browsertest.Run(t, ada, "sign out", browsertest.Click("#signout"), chromedp.WaitVisible("#sign"))
	expect(t, ada)
	browsertest.Run(t, ada, "sign in with a wrong password",
		chromedp.SendKeys("#sign [name=email]", "ada@example.com"), chromedp.SendKeys("#sign [name=password]", "wrong horse\n"),
		chromedp.WaitVisible(`//p[@id="message" and contains(text(), "wrong")]`))
}
