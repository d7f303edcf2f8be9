//go:build browser

// The chat in two browsers: `go run ./cmd/testenv --only browser`.
package chat

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

func comeIn(t *testing.T, ctx context.Context, url, name string) {
	t.Helper()
	browsertest.Run(t, ctx, name+" comes in", chromedp.Navigate(url), chromedp.WaitVisible("#sign"),
		chromedp.SendKeys("#sign input", name+"\n"), chromedp.WaitVisible("#app"))
}

func say(t *testing.T, ctx context.Context, text string) {
	t.Helper()
	browsertest.Run(t, ctx, "say "+text, chromedp.SendKeys("#say input", text+"\n"), chromedp.WaitVisible(`//ol/li[contains(., "`+text+`")]`))
}

func sees(t *testing.T, ctx context.Context, what, path string) {
	t.Helper()
	browsertest.Run(t, ctx, what, chromedp.WaitVisible(path))
}

func TestChat_TwoPeopleInTwoBrowsers(t *testing.T) {
	t.Setenv("CHAT_DATA", t.TempDir())
	address := servertest.FreeAddress(t)
	server := servertest.StartFileAt(t, address, "basalt.yaml")
	ada, bob := browsertest.Open(t), browsertest.Open(t)
	comeIn(t, ada, server.URL, "Ada")
	comeIn(t, bob, server.URL, "Bob")

	browsertest.Run(t, ada, "make a room", chromedp.SendKeys("#make input", "Kitchen\n"), chromedp.WaitVisible("#room"))
	sees(t, bob, "the new room appears by itself", `//nav//button[text()="Kitchen"]`)
	say(t, ada, "hello, anybody here?")
	browsertest.Run(t, bob, "enter", browsertest.Click(`//nav//button[text()="Kitchen"]`), chromedp.WaitVisible("#room"))
	sees(t, bob, "what was said before", `//ol/li[contains(., "anybody here")]`)
	sees(t, ada, "who is there", `//*[@id="here"]/li[text()="Bob"]`)
	sees(t, ada, "who is a member", `//*[@id="members"]/li[text()="Bob"]`)

	browsertest.Run(t, bob, "type", chromedp.SendKeys("#say input", "yes, "))
	sees(t, ada, "that he types", `//*[@id="typing" and contains(., "Bob is typing")]`)
	say(t, bob, "here I am")
	sees(t, ada, "his message", `//ol/li[contains(., "yes, here I am") and contains(., "Bob")]`)
	browsertest.Screenshot(t, ada, "chat")

	// While the server is away, a message is shown as waiting, and sent when it is back.
	server.Stop()
	sees(t, ada, "that there is no connection", "#offline")
	say(t, ada, "written offline")
	browsertest.Screenshot(t, ada, "chat-offline")
	servertest.StartFileAt(t, address, "basalt.yaml")
	sees(t, bob, "the message, when the server is back", `//ol/li[contains(., "written offline")]`)

	browsertest.Run(t, bob, "leave", browsertest.Click("#leave"), chromedp.WaitNotVisible("#room"))
	browsertest.Run(t, ada, "who has left is not there", chromedp.WaitNotPresent(`//*[@id="here"]/li[text()="Bob"]`), chromedp.WaitNotPresent(`//*[@id="members"]/li[text()="Bob"]`))
}
