//go:build browser

package browsertest_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// TestInit_MakesAnAppForTwoPeople uses the page of `basalt init` as its first readers do.
func TestInit_MakesAnAppForTwoPeople(t *testing.T) {
	dir := initialized(t, "todo")
	server := servertest.StartProcess(t, filepath.Join(dir, "basalt.yaml"))
	usedByTwo(t, server.URL, "init")
}

// TestInit_TemplatesForTwoPeople does the same with the other templates, as npm builds them.
func TestInit_TemplatesForTwoPeople(t *testing.T) {
	if os.Getenv("BASALT_LONG") == "" {
		t.Skip("npm installs some 800 MB and builds for minutes; `go run ./cmd/testenv --long` does it")
	}
	for _, template := range []string{"react", "vue", "svelte"} {
		t.Run(template, func(t *testing.T) {
			dir := initialized(t, template)
			npm(t, dir, "install", "--no-audit", "--no-fund")
			npm(t, dir, "run", "build")
			server := servertest.StartProcess(t, filepath.Join(dir, "basalt.yaml"))
			usedByTwo(t, server.URL, template)
		})
	}
	t.Run("next", func(t *testing.T) {
		dir := initialized(t, "next")
		npm(t, dir, "install", "--no-audit", "--no-fund")
		t.Run("http", func(t *testing.T) {
			api, page := servertest.FreeAddress(t), servertest.FreeAddress(t)
			server := startNext(t, dir, api, page, "http://"+api, "http://"+page)
			usedBehindNext(t, server, "http://"+page)
		})
		t.Run("https", func(t *testing.T) {
			secure, api, page := servertest.FreeAddress(t), servertest.FreeAddress(t), servertest.FreeAddress(t)
			url := "https://localhost" + secure[strings.LastIndexByte(secure, ':'):]
			certificate := servertest.NginxSecure(t, secure, api, page)
			server := startNext(t, dir, api, page, url+"/api", url, "NODE_EXTRA_CA_CERTS="+certificate)
			usedBehindNext(t, server, url)
		})
	})
	t.Run("api", func(t *testing.T) {
		dir := initialized(t, "api")
		npm(t, dir, "install", "--no-audit", "--no-fund")
		address := servertest.FreeAddress(t)
		start(t, exec.Command(servertest.Binary(t), "dev", "--config", filepath.Join(dir, "basalt.yaml"), "--listen", address, "--mails", "127.0.0.1:0"), "http://"+address+"/readyz")
		t.Setenv("BASALT_URL", "http://"+address)
		npm(t, dir, "run", "build")
		first := exec.Command("node", "dist/main.js")
		first.Dir = dir
		shown, err := first.StdoutPipe()
		if err == nil {
			err = first.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = first.Process.Kill(); _ = first.Wait() }) // with an error, as it was killed
		second := exec.Command("node", "dist/main.js", "Buy milk")
		second.Dir = dir
		for lines := bufio.NewScanner(shown); ; {
			if !lines.Scan() {
				t.Fatalf("the first program does not see what the second one adds: %v", lines.Err())
			}
			if second.Process == nil { // it has the seeds
				start(t, second, "http://"+address+"/readyz")
			}
			if strings.HasSuffix(lines.Text(), "  Buy milk") {
				return
			}
		}
	})
}

// startNext builds the app of the template, and runs it and its server. Both are met at addresses of their own, or behind a proxy.
func startNext(t *testing.T, dir, api, page, serverURL, pageURL string, environment ...string) *servertest.Process {
	t.Helper()
	config := filepath.Join(t.TempDir(), "basalt.yaml")
	text := read(t, filepath.Join(dir, "basalt.yaml"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	replaceIn(t, config, "http://localhost:3000", pageURL)
	t.Setenv("NEXT_PUBLIC_BASALT_URL", serverURL)
	t.Setenv("NEXT_TELEMETRY_DISABLED", "1")
	before := read(t, filepath.Join(dir, "tsconfig.json"))
	npm(t, dir, "run", "build")
	if read(t, filepath.Join(dir, "tsconfig.json")) != before {
		t.Error("Next.js has changed tsconfig.json: it wants something that is not in ours")
	}
	server := servertest.StartProcessAt(t, api, config)
	host, port, _ := net.SplitHostPort(page)
	next := exec.Command("node", "node_modules/next/dist/bin/next", "start", "-H", host, "-p", port)
	next.Dir, next.Env = dir, append(os.Environ(), environment...)
	start(t, next, "http://"+page)
	return server
}

// usedBehindNext uses the page of the template: its session is in cookies, which its server reads and refreshes. Over https
// they are of the host alone.
func usedBehindNext(t *testing.T, server *servertest.Process, url string) {
	t.Helper()
	evaluate := func(page context.Context, script string) string {
		t.Helper()
		got, err := chromedp.Run(page, chromedp.Evaluate[string]("(async () => { "+script+" })()", chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	ada := usedByTwo(t, url, "next")
	if left := evaluate(ada, "return document.cookie"); strings.Contains(left, "basalt-") {
		t.Errorf("signing out has left %s", left)
	}
	signIn(t, ada, "ada@example.com")
	prefix := "basalt-"
	if strings.HasPrefix(url, "https:") {
		prefix = "__Host-basalt-"
	}
	if cookies := evaluate(ada, "return document.cookie"); !strings.HasPrefix(cookies, prefix) {
		t.Errorf("the cookies are %s", cookies)
	}
	if made := evaluate(ada, `return (await fetch("/")).text()`); !strings.Contains(made, "bread") || !strings.Contains(made, "ada@example.com") {
		t.Errorf("the server has not made the page of this user: %s", made)
	}
	// A session whose token has expired, which the server of the page gets a new one for: by cookies of the same names.
	evaluate(ada, `
		const [pair] = document.cookie.split("; ");
		const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
		const session = JSON.parse(atob(value.replace(/-/g, "+").replace(/_/g, "/")));
		sessionStorage.setItem("before", session.refreshToken);
		const old = btoa(JSON.stringify({ ...session, accessToken: "none", expiresAt: 1 })).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
		document.cookie = name + "=" + old + "; path=/; max-age=3600; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
		return "";`)
	browsertest.Run(t, ada, "reload with a token that has expired", chromedp.Reload(), chromedp.WaitVisible(noteOf("bread")))
	after := evaluate(ada, `
		const value = document.cookie.split("; ").map((pair) => pair.slice(pair.indexOf("=") + 1));
		const session = JSON.parse(atob(value[0].replace(/-/g, "+").replace(/_/g, "/")));
		return [document.cookie, value.length, session.refreshToken !== sessionStorage.getItem("before"), session.expiresAt > Date.now()].join(" ");`)
	if !strings.HasPrefix(after, prefix) || !strings.HasSuffix(after, " 1 true true") {
		t.Errorf("after the server has refreshed the session: %s", after)
	}
	server.Kill()
	browsertest.Run(t, ada, "reload without Basalt", chromedp.Reload(), chromedp.WaitVisible("#message"))
}

func initialized(t *testing.T, template string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command(servertest.Binary(t), "init", dir, "--template", template).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func npm(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("npm", args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("npm %v: %v: %s", args, err, out)
	}
	return string(out)
}

// start starts a program until the test ends, and waits until it answers.
func start(t *testing.T, c *exec.Cmd, url string) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()         // with an error, as it was killed
	})
	if !servertest.Ready(url) {
		t.Fatalf("nothing answers at %s", url)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func replaceIn(t *testing.T, file, old, by string) {
	t.Helper()
	text := read(t, file)
	if !strings.Contains(text, old) {
		t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, old, by)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func signIn(t *testing.T, ctx context.Context, email string) {
	t.Helper()
	browsertest.Run(t, ctx, "sign in", chromedp.WaitVisible("#sign"), chromedp.SendKeys("#sign [name=email]", email),
		chromedp.SendKeys("#sign [name=password]", "correct horse\n"), chromedp.WaitVisible("#add"))
}

// usedByTwo signs people up, in and out at a page, in three windows, and returns the first one, signed out.
func usedByTwo(t *testing.T, url, name string) context.Context {
	t.Helper()
	ada, second, bob := browsertest.Open(t), browsertest.Open(t), browsertest.Open(t)
	browsertest.Run(t, ada, "open", chromedp.Navigate(url), chromedp.WaitVisible("#sign"), chromedp.WaitVisible("main:not(:has(:not([hidden]) > #add))"))
	looks(t, ada, name+"-signin")
	browsertest.Run(t, ada, "sign up with a common password",
		chromedp.SendKeys("#sign [name=email]", "ada@example.com"), chromedp.SendKeys("#sign [name=password]", "password1"),
		browsertest.Click("#sign button[value=up]"), chromedp.WaitVisible(`//p[@id="message" and contains(text(), "password")]`))
	browsertest.Run(t, ada, "sign up",
		chromedp.Evaluate[chromedp.Void](`document.querySelector("#sign [name=password]").value = ""`), chromedp.SendKeys("#sign [name=password]", "correct horse"), browsertest.Click("#sign button[value=up]"),
		chromedp.WaitVisible("#add"), chromedp.WaitVisible("main:not(:has(#sign:not([hidden])))"), chromedp.WaitVisible("#empty"))
	browsertest.Run(t, second, "open a second window", chromedp.Navigate(url))
	signIn(t, second, "ada@example.com")
	browsertest.Run(t, second, "sign in in a second window", chromedp.WaitVisible("#empty"))

	for _, text := range []string{"milk", "bread"} {
		browsertest.Run(t, ada, "add "+text, chromedp.SendKeys("#add input", text+"\n"), chromedp.WaitVisible(noteOf(text)))
		browsertest.Run(t, second, "see "+text, chromedp.WaitVisible(noteOf(text)))
	}
	looks(t, second, name+"-list")
	browsertest.Run(t, second, "delete", browsertest.Click(`//li[span[text()="milk"]]/button`), chromedp.WaitNotPresent(noteOf("milk")))
	browsertest.Run(t, ada, "see that it is gone", chromedp.WaitNotPresent(noteOf("milk")))

	browsertest.Run(t, bob, "see nothing of it as another user",
		chromedp.Navigate(url), chromedp.WaitVisible("#sign"),
		chromedp.SendKeys("#sign [name=email]", "bob@example.com"), chromedp.SendKeys("#sign [name=password]", "correct horse"),
		browsertest.Click("#sign button[value=up]"), chromedp.WaitVisible("#empty"), chromedp.WaitNotPresent(noteOf("bread")))
	browsertest.Run(t, ada, "sign out", browsertest.Click(`//button[text()="Sign out"]`), chromedp.WaitVisible("#sign"), chromedp.WaitNotPresent(noteOf("bread")))
	return ada
}

// looks holds that a page has no mistake that axe finds and is no wider than the screen, in both themes and on a phone.
func looks(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	for _, look := range []struct {
		name, theme   string
		width, height int64
	}{{"", "light", 1280, 800}, {"-dark", "dark", 1280, 800}, {"-phone", "light", 375, 700}} {
		theme := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.theme}}}
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, theme); err != nil {
			t.Fatal(err)
		}
		browsertest.Run(t, ctx, name+look.name, chromedp.EmulateViewport(look.width, look.height))
		if look.theme == "dark" {
			browsertest.AccessibleColors(t, ctx, name+look.name)
		} else {
			browsertest.Accessible(t, ctx, name+look.name)
		}
		if wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); err != nil || wide > look.width {
			t.Errorf("%s%s: %v: the page is %d wide", name, look.name, err, wide)
		}
		browsertest.Screenshot(t, ctx, name+look.name)
	}
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
	dir := initialized(t, "todo")
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
