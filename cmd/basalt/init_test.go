//go:build browser

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

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
		chromedp.Click("#sign button[value=up]"), chromedp.WaitVisible(`//p[@id="message" and contains(text(), "password")]`))
	browsertest.Run(t, ada, "sign up",
		chromedp.SetValue("#sign [name=password]", "correct horse"), chromedp.Click("#sign button[value=up]"),
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
	browsertest.Run(t, second, "delete", chromedp.Click(`//li[span[text()="milk"]]/button`), chromedp.WaitNotPresent(noteOf("milk")))
	browsertest.Run(t, ada, "see that it is gone", chromedp.WaitNotPresent(noteOf("milk")))

	browsertest.Run(t, bob, "see nothing of it as another user",
		chromedp.Navigate(server.URL), chromedp.WaitVisible("#sign"),
		chromedp.SendKeys("#sign [name=email]", "bob@example.com"), chromedp.SendKeys("#sign [name=password]", "correct horse"),
		chromedp.Click("#sign button[value=up]"), chromedp.WaitVisible("#empty"), chromedp.WaitNotPresent(noteOf("bread")))
	browsertest.Run(t, ada, "sign out", chromedp.Click("#signout"), chromedp.WaitVisible("#sign"), chromedp.WaitNotPresent(noteOf("bread")))
}

func noteOf(text string) string { return fmt.Sprintf(`//li/span[text()=%q]`, text) }
