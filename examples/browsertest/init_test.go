//go:build browser

package browsertest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestInit_MakesAnAppForTwoPeople uses the page of `basalt init` as its first readers do.
func TestInit_MakesAnAppForTwoPeople(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command(servertest.Binary(t), "init", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	server := servertest.StartProcess(t, filepath.Join(dir, "basalt.yaml"))
	ada, second, bob := browsertest.Open(t), browsertest.Open(t), browsertest.Open(t)

	browsertest.Run(t, ada, "open", chromedp.Navigate(server.URL), chromedp.WaitVisible("#sign"), chromedp.WaitVisible("main:has(#app[hidden]):has(#who[hidden])"))
	browsertest.Screenshot(t, ada, "init-signin")
	browsertest.Run(t, ada, "sign up with a common password",
		chromedp.SendKeys("#sign [name=email]", "ada@example.com"), chromedp.SendKeys("#sign [name=password]", "password1"),
		browsertest.Click("#sign button[value=up]"), chromedp.WaitVisible(`//p[@id="message" and contains(text(), "password")]`))
	browsertest.Run(t, ada, "sign up",
		chromedp.SetValue("#sign [name=password]", "correct horse"), browsertest.Click("#sign button[value=up]"),
		chromedp.WaitVisible("#add"), chromedp.WaitVisible("main:has(#sign[hidden])"), chromedp.WaitVisible("#empty"))
	browsertest.Run(t, second, "sign in in a second window",
		chromedp.Navigate(server.URL), chromedp.WaitVisible("#sign"),
		chromedp.SendKeys("#sign [name=email]", "ada@example.com"), chromedp.SendKeys("#sign [name=password]", "correct horse\n"),
		chromedp.WaitVisible("#empty"))

	for _, text := range []string{"milk", "bread"} {
		browsertest.Run(t, ada, "add "+text, chromedp.SendKeys("#add input", text+"\n"), chromedp.WaitVisible(noteOf(text)))
		browsertest.Run(t, second, "see "+text, chromedp.WaitVisible(noteOf(text)))
	}
	browsertest.Screenshot(t, second, "init-list")
	browsertest.Run(t, second, "delete", browsertest.Click(`//li[span[text()="milk"]]/button`), chromedp.WaitNotPresent(noteOf("milk")))
	browsertest.Run(t, ada, "see that it is gone", chromedp.WaitNotPresent(noteOf("milk")))

	browsertest.Run(t, bob, "see nothing of it as another user",
		chromedp.Navigate(server.URL), chromedp.WaitVisible("#sign"),
		chromedp.SendKeys("#sign [name=email]", "bob@example.com"), chromedp.SendKeys("#sign [name=password]", "correct horse"),
		browsertest.Click("#sign button[value=up]"), chromedp.WaitVisible("#empty"), chromedp.WaitNotPresent(noteOf("bread")))
	browsertest.Run(t, ada, "sign out", browsertest.Click("#signout"), chromedp.WaitVisible("#sign"), chromedp.WaitNotPresent(noteOf("bread")))
}

func noteOf(text string) string { return fmt.Sprintf(`//li/span[text()=%q]`, text) }

// TestReadme_PageIsALiveList serves the page of the README in the place of the one of `basalt init`.
func TestReadme_PageIsALiveList(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	source := regexp.MustCompile("(?s)```html\n(.*?)```").FindSubmatch(readme)
	if source == nil {
		t.Fatal("the README has no page")
	}
	dir := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command(servertest.Binary(t), "init", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "public", "index.html"), source[1], 0o600); err != nil {
		t.Fatal(err)
	}
	server := servertest.StartProcess(t, filepath.Join(dir, "basalt.yaml"))
	ada := browsertest.Open(t)
	answers := make(chan string, 2)
	answers <- "ada@example.com"
	answers <- "correct horse"
	close(answers)
	var answering sync.WaitGroup
	defer answering.Wait()
	if err := chromedp.Listen(ada, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			answering.Go(func() { // not from within the event
				if _, err := chromedp.Call(ada, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true, PromptText: <-answers}); err != nil {
					t.Error(err)
				}
			})
		}
	}); err != nil {
		t.Fatal(err)
	}
	browsertest.Run(t, ada, "sign up", chromedp.Navigate(server.URL), chromedp.WaitVisible(`//ul[count(li[text()="Hello"])=1]`))
	browsertest.Run(t, ada, "come back", chromedp.Reload(), chromedp.WaitVisible(`//ul[count(li[text()="Hello"])=2]`))
}
