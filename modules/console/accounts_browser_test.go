//go:build browser

package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestConsole_OpensTheApp as a user, in a tab that has nothing of the console and from which the console cannot be reached, while
// the administrator's own session in the app stays.
func TestConsole_OpensTheApp(t *testing.T) {
	dir := t.TempDir()
	page := `<!doctype html><title>app</title><p id="who"></p><ul id="list"></ul><script type="module">
import { createClient } from "/v1/sdk.js";
const { auth, db } = createClient(location.origin);
auth.onChange(async (user) => {
  document.getElementById("who").textContent = user ? user.email : "nobody";
  const items = user ? (await db.collection("notes").get()).items : [];
  document.getElementById("list").textContent = items.map((n) => n.title).join(", ");
});
</script>`
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t, app+fmt.Sprintf("static: { path: /, dir: %q }\n", dir))
	admin := fill(t, s)
	var ann struct{ User struct{ ID string } }
	for _, email := range []string{"support@example.com", "ann@example.com"} {
		s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"` + email + `","password":"correct horse battery"}`}).Decode(t, &ann)
	}
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: fmt.Sprintf(`{"owner":%q,"title":"Only for Ann"}`, ann.User.ID)})
	ctx := enter(t, s, "en-US")
	own, _ := browsertest.Tab(t, ctx)
	who := func(email string) chromedp.Action[chromedp.Void] { return text(`@id="who"`, email) }
	run(t, own, "the administrator uses the app, too", "", chromedp.Navigate(s.URL+"/"), who("nobody"),
		chromedp.Evaluate[chromedp.Void](`import("/v1/sdk.js").then((m) => m.createClient(location.origin).auth.signIn("support@example.com", "correct horse battery"))`, chromedp.EvalAwaitPromise), chromedp.Reload(), who("support@example.com"))
	run(t, ctx, "give a reason", "", browsertest.Visit(s.URL+"/console/#/users"), browsertest.Click(`//a[text()="ann@example.com"]`), chromedp.SendKeys(`[placeholder="Why, such as a ticket"]`, "ticket 7"))
	accessible(t, ctx, "account-open")
	// Where the console opens the tab is written down, and the tab is opened by the test, which cannot hold one without an opener.
	run(t, ctx, "open the app", "", chromedp.Evaluate[chromedp.Void](`window.links = []; HTMLAnchorElement.prototype.click = function () { window.links.push(this.href, this.target, this.rel); }`), browsertest.Click(`//button[contains(., "Open the app as this user")]`), chromedp.Poll[chromedp.Void](`window.links.length > 0`))
	links, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`window.links`))
	if err != nil || len(links) != 3 || links[1] != "_blank" || links[2] != "noopener noreferrer" || !strings.Contains(links[0], "/#basalt=impersonation&server=") {
		t.Fatalf("it has opened %q, %v", links, err)
	}
	address := links[0]
	tab, _ := browsertest.Tab(t, ctx)
	run(t, tab, "as Ann", "opened-app", chromedp.Navigate(address), who("ann@example.com"), text(`@id="list"`, "Only for Ann"))
	for what, script := range map[string]string{
		"the address":        `location.href === "` + s.URL + `/"`,
		"the console's key":  `!Object.keys(sessionStorage).some((name) => name.includes("console"))`,
		"the session":        `Object.values(sessionStorage).some((text) => text.includes("ann@example.com")) && !Object.values(localStorage).some((text) => text.includes("ann@example.com"))`,
		"no way to go on":    `JSON.parse(Object.values(sessionStorage)[0]).refreshToken === ""`,
		"the code in a page": `!performance.getEntries().some((e) => e.name.split("#")[0].includes("code="))`,
	} {
		if ok, err := chromedp.Run(tab, chromedp.Evaluate[bool](script)); err != nil || !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	run(t, tab, "loaded again", "", chromedp.Reload(), who("ann@example.com"))
	run(t, own, "the administrator's own tab is as it was", "", chromedp.Reload(), who("support@example.com"))
	run(t, tab, "signing out ends it", "", chromedp.Evaluate[chromedp.Void](`import("/v1/sdk.js").then((m) => m.createClient(location.origin).auth.signOut())`, chromedp.EvalAwaitPromise), chromedp.Reload(), who("support@example.com"))
	run(t, own, "which is still signed in", "", chromedp.Reload(), who("support@example.com"))
	again, _ := browsertest.Tab(t, ctx)
	run(t, again, "the address opens nothing twice", "", chromedp.Navigate(address), who("nobody"))
	log := s.Log() + s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/admin/requests?limit=500", Token: admin}).Body
	if _, code, ok := strings.Cut(address, "code="); ok && strings.Contains(log, code) {
		t.Error("the code is in the log")
	}
	run(t, ctx, "it is in the trail", "", browsertest.Click(`//a[@role="tab" and text()="Audit trail"]`), text(`self::span`, "ticket 7"), text(`self::span`, "opened: the app"))
	tokenless, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!location.href.includes("code=") && !document.body.textContent.includes("eyJ")`))
	if err != nil || !tokenless {
		t.Errorf("the console shows a code or a token: %v", err)
	}
}

// TestConsole_OpensTheAppElsewhere opens an app of another origin as a user, in the tab that the browser makes of it, which has no
// way back to the console. A page whose origin is not configured gets nothing, with the code or without it.
func TestConsole_OpensTheAppElsewhere(t *testing.T) {
	var server atomic.Pointer[servertest.Instance]
	pages := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Referrer-Policy", "unsafe-url")
		fmt.Fprintf(w, `<!doctype html><title>elsewhere</title><p id="who"></p><ul id="list"></ul><script>
window.came = { opener: window.opener === null, referrer: document.referrer, name: window.name, history: history.length, messages: 0 };
addEventListener("message", () => window.came.messages++);
</script><script type="module">
import { createClient } from %[1]q;
const { auth, db } = createClient(%[2]q);
window.client = { auth, db };
auth.onChange(async (user) => {
  document.getElementById("who").textContent = user ? user.email : "nobody";
  const items = user ? (await db.collection("notes").get()).items : [];
  document.getElementById("list").textContent = items.map((n) => n.title).join(", ");
});
</script>`, server.Load().URL+"/v1/sdk.js", server.Load().URL)
	}
	elsewhere, evil := httptest.NewServer(http.HandlerFunc(pages)), httptest.NewServer(http.HandlerFunc(pages))
	t.Cleanup(elsewhere.Close)
	t.Cleanup(evil.Close)
	s := servertest.Start(t, strings.Replace(app, "console: {", fmt.Sprintf("cors: { origins: [%q] }\nconsole: { app: %q,", elsewhere.URL, elsewhere.URL+"/start?from=console"), 1))
	server.Store(s)
	admin := fill(t, s)
	var ann struct{ User struct{ ID string } }
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`}).Decode(t, &ann)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: fmt.Sprintf(`{"owner":%q,"title":"Only for Ann"}`, ann.User.ID)})
	ctx := enter(t, s, "en-US")
	who := func(email string) chromedp.Action[chromedp.Void] { return text(`@id="who"`, email) }
	holds := func(tab context.Context, checks map[string]string) {
		t.Helper()
		for what, script := range checks {
			if ok, err := chromedp.Run(tab, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise)); err != nil || !ok {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	account := chromedp.Steps(browsertest.Visit(s.URL+"/console/#/users"), browsertest.Click(`//a[text()="ann@example.com"]`), chromedp.SendKeys(`[placeholder="Why, such as a ticket"]`, "ticket 8"))
	run(t, ctx, "open the app", "", account, browsertest.Click(`//button[contains(., "Open the app as this user")]`))
	tab := tabAt(t, ctx, elsewhere.URL)
	run(t, tab, "as Ann", "opened-elsewhere", who("ann@example.com"), text(`@id="list"`, "Only for Ann"))
	holds(tab, map[string]string{
		"its own address":  `location.href === "` + elsewhere.URL + `/start?from=console"`,
		"no opener":        `window.came.opener && window.opener === null`,
		"no referrer":      `window.came.referrer === ""`,
		"no name":          `window.came.name === ""`,
		"no way back":      `window.came.history === 1`,
		"no message":       `window.came.messages === 0`,
		"nothing to go on": `JSON.parse(Object.values(sessionStorage)[0]).refreshToken === ""`,
		"this tab alone":   `localStorage.length === 0`,
		"no administrator": `fetch("` + s.URL + `/v1/admin/users", { headers: { Authorization: "Bearer " + JSON.parse(Object.values(sessionStorage)[0]).accessToken } }).then((r) => r.status === 403)`,
	})
	if n, err := chromedp.Run(ctx, chromedp.Evaluate[int](`frames.length + (window.name === "" ? 0 : 1)`)); err != nil || n != 0 {
		t.Errorf("the console has what it opened: %v", err)
	}

	// What the console would open is taken, and given to a page that is not configured.
	if _, err := chromedp.Call(ctx, page.BringToFront, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, "take the address", "", account, chromedp.Evaluate[chromedp.Void](`window.links = []; HTMLAnchorElement.prototype.click = function () { window.links.push(this.href); }`), browsertest.Click(`//button[contains(., "Open the app as this user")]`), chromedp.Poll[chromedp.Void](`window.links.length > 0`))
	address, err := chromedp.Run(ctx, chromedp.Evaluate[string](`window.links[0]`))
	_, code, ok := strings.Cut(address, "#")
	if err != nil || !ok {
		t.Fatalf("it would open %q, %v", address, err)
	}
	thief, _ := browsertest.Tab(t, ctx)
	run(t, thief, "a page that is not configured", "", chromedp.Navigate(evil.URL+"/#"+code), chromedp.Poll[chromedp.Void](`document.readyState === "complete"`))
	holds(thief, map[string]string{
		"the server's script and answers are not for it": `Promise.all(["/v1/sdk.js", "/v1/auth/server", "/v1/auth/impersonation"].map((path) => fetch("` + s.URL + `" + path, path.endsWith("n") ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code: new URLSearchParams(location.hash.slice(1)).get("code") }) } : {}).then(() => path.endsWith(".js"), () => true))).then((all) => all.every(Boolean))`,
	})
	// It opens the console itself, waits for what that says, and asks for it.
	run(t, thief, "open the console", "", chromedp.Evaluate[chromedp.Void](`window.opened = window.open("`+s.URL+`/console/#/users"); 0`, func(p *runtime.EvaluateParams) { yes := true; p.UserGesture = &yes }))
	console := tabAt(t, ctx, s.URL+"/console/")
	run(t, console, "it is there, and no one is signed in: a tab has its own session", "", chromedp.WaitVisible("[name=email]"))
	holds(console, map[string]string{"it has no opener": `window.opener === null`})
	holds(thief, map[string]string{
		"it is cut off":            `window.opened === null || window.opened.closed`,
		"asking it tells nothing":  `(window.opened?.postMessage({ type: "token" }, "*"), new Promise((done) => setTimeout(() => done(window.came.messages === 0), 300)))`,
		"it cannot be framed":      `new Promise((done) => { const f = document.createElement("iframe"); f.onload = () => { try { done(!f.contentDocument || !f.contentDocument.querySelector("#app")); } catch { done(true); } }; f.src = "` + s.URL + `/console/"; document.body.append(f); })`,
		"nobody has been let in":   `!Object.keys(sessionStorage).length && !Object.keys(localStorage).length`,
		"a script of it is no way": `import("` + s.URL + `/console/app.js").then(() => false, () => true)`,
	})
	good, _ := browsertest.Tab(t, ctx)
	run(t, good, "the code is still good for the app: nobody has used it", "", chromedp.Navigate(address), who("ann@example.com"))
	if log := s.Log(); strings.Contains(log, strings.Split(strings.Split(code, "code=")[1], "&")[0]) {
		t.Error("the code is in the log")
	}
}

// tabAt is the tab that a page has opened at an address, which the test has not opened.
func tabAt(t *testing.T, of context.Context, url string) context.Context {
	t.Helper()
	var found target.ID
	servertest.Eventually(t, "a tab at "+url, func() bool {
		all, err := chromedp.Targets(of)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			if one.Type == "page" && !one.Attached && strings.HasPrefix(one.URL, url) {
				found = one.TargetID
			}
		}
		return found != ""
	})
	tab, closeTab := chromedp.NewContext(of, chromedp.WithTargetID(found))
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	return tab
}

// TestConsole_ImportUsers tries a file of accounts, imports it, and reads what was refused.
func TestConsole_ImportUsers(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	var lines []string
	for n := range 450 {
		lines = append(lines, fmt.Sprintf(`{"id":"u%03d","email":"u%03d@example.com","claims":{"n":%d}}`, n, n, n))
	}
	lines[3] = `{"id":"u003","emial":"x@example.com"}`
	lines[303] = fmt.Sprintf(`{"id":"u303","email":"u303@example.com","claims":{"sub":%q}}`, script)
	file := func(name, content string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	count := func() int {
		n, after := 0, ""
		for {
			var page struct {
				Items []struct{ ID string }
				Next  *string
			}
			s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/admin/users?limit=500&after=" + after, Token: admin}).Decode(t, &page)
			if n += len(page.Items); page.Next == nil {
				return n
			}
			after = *page.Next
		}
	}
	ctx := enter(t, s, "en-US")
	run(t, ctx, "choose a file", "", browsertest.Visit(s.URL+"/console/#/users"), browsertest.Click(`//header//button[contains(., "Import")]`), chromedp.WaitVisible(".panel input[type=file]"), chromedp.SetUploadFiles(".panel input[type=file]", []string{file("users.jsonl", strings.Join(lines, "\n"))}), text(`@role="status"`, "450 accounts are in the file"))
	run(t, ctx, "try it", "", browsertest.Click(`//div[@class="panel wide"]//button[contains(., "Try on the server")] | //button[contains(., "Try on the server")]`), text(`contains(@class, "outcome")`, "Would be imported: 448, were there: 0, refused: 2"))
	accessible(t, ctx, "users-import")
	if n := count(); n != 0 {
		t.Errorf("trying it has made %d", n)
	}
	run(t, ctx, "import it", "", browsertest.Click(`.panel .actions .main`), text(`contains(@class, "outcome")`, "Imported: 448, were there: 0, refused: 2"), text(`self::b`, "Account 4"), text(`self::b`, "Account 304, u303@example.com"), chromedp.WaitVisible(`//a[text()="u000@example.com"]`))
	if n := count(); n != 448 {
		t.Errorf("there are %d", n)
	}
	run(t, ctx, "once more", "", browsertest.Click(`.panel .actions .main`), text(`contains(@class, "outcome")`, "Imported: 0, were there: 448, refused: 2"))
	firebase := `{"users": [{"localId":"f1","email":"fi@example.com","passwordHash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==","salt":"42xEC+ixf3L2lw=="}]}`
	run(t, ctx, "of Firebase it wants the hash parameters", "", chromedp.SetUploadFiles(".panel input[type=file]", []string{file("firebase.json", firebase)}), chromedp.WaitVisible(".panel textarea"), browsertest.Click(`.panel .actions .main`), text(`@role="alert"`, "hash parameters"))
	accessible(t, ctx, "users-import-firebase")
	run(t, ctx, "with them", "", retype(".panel textarea", "hash_config { algorithm: SCRYPT,"), chromedp.SendKeys(".panel textarea", "\nbase64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,\nbase64_salt_separator: Bw==,\nrounds: 8,\nmem_cost: 14,\nalgorithm: SCRYPT,\n}"), browsertest.Click(`.panel .actions .main`), text(`contains(@class, "outcome")`, "Imported: 1"))
}

// TestConsole_ANewcomerSeesWhyARowIsHidden goes the way of the README: from the first start of the todo app to the reason why a row
// of one user is not shown to another, without a change of a file.
func TestConsole_ANewcomerSeesWhyARowIsHidden(t *testing.T) {
	t.Setenv("TODO_DATA", t.TempDir())
	url, link := os.Getenv("BASALT_WALK_URL"), os.Getenv("BASALT_WALK_LINK") // of a server that was started by hand
	if url == "" {
		var printed invitation
		s := servertest.StartInviting(t, "../../examples/todo/basalt.yaml", &printed, time.Now)
		url, link = s.URL, printed.link(t)
	}
	begun := time.Now()
	person := func(email, todo string) {
		ctx := browsertest.Open(t)
		run(t, ctx, email, "", chromedp.Navigate(url), chromedp.WaitVisible("#sign"), chromedp.SendKeys("#sign [name=email]", email), chromedp.SendKeys("#sign [name=password]", "correct horse"), browsertest.Click("#sign button[value=up]"),
			chromedp.WaitVisible("#app"), chromedp.SendKeys("#add input", todo+"\n"), chromedp.WaitVisible(`//li//span[text()="`+todo+`"]`))
	}
	person("ann@example.com", "Buy milk")
	person("bob@example.com", "Walk the dog")
	ctx := browsertest.Open(t)
	run(t, ctx, "the link that the server prints", "", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(link), chromedp.WaitVisible("[name=email]"), chromedp.SendKeys("[name=email]", "root@example.com"), chromedp.SendKeys("[name=password]", "correct horse battery\n"))
	row := func(class string) string {
		return `//div[contains(@class, "row") and ` + class + ` and .//span[text()="Buy milk"]]`
	}
	run(t, ctx, "the rows", "", browsertest.Click(`nav a[href="#/data/todos"]`), chromedp.WaitVisible(row(`not(contains(@class, "hidden"))`)))
	run(t, ctx, "as Bob", "", browsertest.Click(`//button[contains(., "View as")]`), browsertest.Click(`//div[@class="picker"]//button[contains(., "bob@example.com")]`), chromedp.WaitVisible(row(`contains(@class, "hidden")`)))
	run(t, ctx, "why", "newcomer", browsertest.Click(row(`contains(@class, "hidden")`)+`//button[@class="why"]`), chromedp.WaitVisible(".outcome.bad"), text(`contains(@class, "panel")`, "doc.owner == auth.id"))
	t.Logf("from the running server to the reason: %.1f s", time.Since(begun).Seconds())
}
