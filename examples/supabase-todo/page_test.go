//go:build browser

// The list in headless Chromium: `go run ./cmd/testenv --only browser`.
package supabasetodo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// shared is a list of two people: each sees all of it, and changes what is their own.
const shared = `
databases: { main: { driver: sqlite, url: "file:app.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { attempts: 1000 } } }
log: { level: error }
static: { dir: PUBLIC }
compat: { supabase: { anon_key: "anon-key-of-the-page" } }
collections:
  todos:
    fields:
      user_id: { type: string, index: true }
      task:    { type: string, required: true, min: 1, max: 20 }
      done:    { type: bool, default: false }
    set: { create: { user_id: auth.id } }
    rules: { read: 'auth != nil', create: 'auth != nil', update: 'doc.user_id == auth.id', delete: 'doc.user_id == auth.id' }
`

func TestMain(m *testing.M) { browsertest.Main(m) }

// page bundles the page into a directory, from the sources of the SDK.
func page(t *testing.T) string {
	t.Helper()
	sdk, err := filepath.Abs("../../sdk/js")
	if err != nil {
		t.Fatal(err)
	}
	modules := filepath.Join(sdk, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "@supabase")); err != nil {
		t.Fatalf("supabase-js is not there; run: cd sdk/js && npm ci: %v", err)
	}
	public := t.TempDir()
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{"page/app.js"}, Outfile: filepath.Join(public, "app.js"), Bundle: true, Write: true, Format: api.FormatESModule, Platform: api.PlatformBrowser, Target: api.ES2022,
		NodePaths: []string{modules}, TsconfigRaw: "{}",
		Alias: map[string]string{"@basalt-dev/client": filepath.Join(sdk, "src/basalt.ts"), "@basalt-dev/supabase": filepath.Join(sdk, "supabase/index.ts")},
	})
	for _, e := range result.Errors {
		t.Fatal(e.Text)
	}
	html, err := os.ReadFile("page/index.html")
	if err == nil {
		html = []byte(strings.Replace(string(html), "<html ", `<html data-key="anon-key-of-the-page" `, 1))
		err = os.WriteFile(filepath.Join(public, "index.html"), html, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// person is a user with their own browser.
type person struct {
	*testing.T
	ctx context.Context
}

func (p person) run(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	browsertest.Run(p.T, p.ctx, what, actions...)
}

func (p person) sign(email string) {
	p.Helper()
	p.run("sign in "+email, chromedp.WaitVisible("#sign"), chromedp.SendKeys("#sign [name=email]", email), chromedp.SendKeys("#sign [name=password]", "correct horse\n"), chromedp.WaitVisible("#app"))
}

func (p person) add(tasks string) {
	p.Helper()
	p.run("add "+tasks, chromedp.SendKeys("#add input", tasks+"\n"))
}

// sees waits until the list is this one, and so many writes wait.
func (p person) sees(what, state string, todos ...string) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	want, got := strings.Join(append(todos, state), ", "), ""
	for got != want {
		now, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("#todos li"), document.querySelector("#state")].map((e) => e.textContent).join(", ")`))
		if err != nil {
			message, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector("#message").textContent`))
			p.Fatalf("%s: the page has %q, not %q; %s", what, got, want, message)
		}
		if got = now; got != want {
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// reads waits until a read answers so.
func (p person) reads(answer string) {
	p.Helper()
	p.run("read "+answer, browsertest.Click("#read"), chromedp.WaitVisible(`//*[@id="answer" and text()="`+answer+`"]`))
}

// TestPage_TwoPeopleAndANetworkThatGoes: what one adds the other sees, and what is written without a network, several rows at a
// time too, goes out when it is back, after a reload too; what is refused is taken back whole, and shown as refused.
func TestPage_TwoPeopleAndANetworkThatGoes(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(shared, "PUBLIC", page(t), 1))
	ada, bob := person{t, browsertest.Open(t)}, person{t, browsertest.Open(t)}
	ada.run("open", browsertest.Visit(s.URL))
	bob.run("open", browsertest.Visit(s.URL))
	ada.sign("ada@example.com")
	bob.sign("bob@example.com")
	ada.add("bread, milk")
	for _, who := range []person{ada, bob} {
		who.sees("it is live", "0 waiting", "☐ bread", "☐ milk")
	}
	ada.reads("bread, milk")
	browsertest.Accessible(t, ada.ctx, "the list")

	browsertest.Network(t, ada.ctx, -1, true)
	ada.add("apples, plums")
	ada.sees("she sees it at once", "1 waiting, not connected", "☐ apples", "☐ bread", "☐ milk", "☐ plums")
	ada.run("all done", browsertest.Click("#done"))
	ada.sees("changed", "2 waiting, not connected", "☑ apples", "☑ bread", "☑ milk", "☑ plums")
	ada.add("fine, far too long for this list")
	ada.sees("and added", "3 waiting, not connected", "☑ apples", "☑ bread", "☐ far too long for this list", "☐ fine", "☑ milk", "☑ plums")
	ada.reads("bread, milk (kept)")
	browsertest.Screenshot(t, ada.ctx, "supabase-offline")
	bob.sees("nothing of it has gone out", "0 waiting", "☐ bread", "☐ milk")

	browsertest.Network(t, ada.ctx, -1, false)
	for _, who := range []person{ada, bob} {
		who.sees("it goes out when the network is back", "0 waiting", "☑ apples", "☑ bread", "☑ milk", "☑ plums")
	}
	ada.run("what is refused is said", chromedp.WaitVisible(`//*[@id="message" and starts-with(text(), "Not taken: fine, far too long for this list.")]`))

	// What waits is there after a reload, and is not that of who signs in next in the same browser.
	browsertest.Block(t, ada.ctx, s.URL+"/rest/v1/todos*")
	ada.add("eggs, flour")
	ada.sees("it waits", "1 waiting", "☑ apples", "☑ bread", "☐ eggs", "☐ flour", "☑ milk", "☑ plums")
	ada.run("sign out", browsertest.Click("#leave"), chromedp.WaitVisible("#sign"), browsertest.Visit(s.URL))
	browsertest.Block(t, ada.ctx)
	eve := ada
	eve.sign("eve@example.com")
	eve.add("of eve")
	for _, who := range []person{eve, bob} {
		who.sees("nothing of hers is sent as another", "0 waiting", "☑ apples", "☑ bread", "☑ milk", "☐ of eve", "☑ plums")
	}
	eve.run("sign out", browsertest.Click("#leave"), chromedp.WaitVisible("#sign"))
	ada.sign("ada@example.com")
	for _, who := range []person{ada, bob} {
		who.sees("she is back", "0 waiting", "☑ apples", "☑ bread", "☐ eggs", "☐ flour", "☑ milk", "☐ of eve", "☑ plums")
	}
	ada.run("remove what is done", browsertest.Click("#clear"))
	bob.sees("in one step", "0 waiting", "☐ eggs", "☐ flour", "☐ of eve")
	bob.run("he cannot", browsertest.Click("#done"), chromedp.WaitVisible(`//*[@id="message" and text()!=""]`))
	bob.sees("change hers", "0 waiting", "☐ eggs", "☐ flour", "☐ of eve")
}
