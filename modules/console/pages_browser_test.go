//go:build browser

package console_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// enter opens the console as an administrator, in a language of the browser.
func enter(t testing.TB, s *servertest.Instance, language string) context.Context {
	t.Helper()
	return enterAs(t, s, language, map[string]any{"sub": "root", "role": "admin"})
}

// enterAs opens the console as a user with claims.
func enterAs(t testing.TB, s *servertest.Instance, language string, claims map[string]any) context.Context {
	t.Helper()
	ctx := browsertest.Open(t)
	agent := emulation.SetUserAgentOverrideParams{UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", AcceptLanguage: language}
	if _, err := chromedp.Call(ctx, emulation.SetUserAgentOverride, agent); err != nil {
		t.Fatal(err)
	}
	browsertest.Run(t, ctx, "enter", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(s.URL+"/console/icon.svg"), // a page that is soon there
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`sessionStorage.setItem("basalt.console", %q)`, sessionOf(s, claims))), chromedp.Navigate(s.URL+"/console/"), chromedp.WaitVisible("nav.side"))
	return ctx
}

// drawn waits until a page has been drawn twice: the first time tells it of another size or theme, and the second one has what it
// makes of that. A tab that is behind another one is not drawn.
var drawn = chromedp.Evaluate[chromedp.Void](`document.hidden || new Promise((done) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => setTimeout(done)))))`, chromedp.EvalAwaitPromise)

// accessible holds that a page has no mistake that axe finds, in both themes and on a phone, and is no wider than the screen.
func accessible(t *testing.T, ctx context.Context, picture string) {
	t.Helper()
	for _, look := range []struct {
		name          string
		theme         string
		width, height int64
	}{{"", "light", 1440, 900}, {"-dark", "dark", 1440, 900}, {"-phone", "light", 390, 844}, {"-phone-dark", "dark", 390, 844}} {
		theme := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.theme}}}
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, theme); err != nil {
			t.Fatal(err)
		}
		run(t, ctx, picture+look.name, picture+look.name, chromedp.EmulateViewport(look.width, look.height), drawn)
		if look.theme == "dark" {
			browsertest.AccessibleColors(t, ctx, picture+look.name)
		} else {
			browsertest.Accessible(t, ctx, picture+look.name)
		}
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
		if err != nil || wide {
			t.Errorf("%s%s is wider than the screen: %v", picture, look.name, err)
		}
	}
	if hacked, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`"hacked" in window`)); err != nil || hacked {
		t.Errorf("what is in the data has run: %v", err)
	}
	_, _ = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	run(t, ctx, "wide again", "", chromedp.EmulateViewport(1440, 900))
}

// text waits until an element has a text, which has one kind of quotes at most.
func text(selector, want string) chromedp.Action[chromedp.Void] {
	quote := `"`
	if strings.Contains(want, quote) {
		quote = "'"
	}
	return chromedp.WaitVisible(fmt.Sprintf(`//*[%s][contains(., %s)]`, selector, quote+want+quote))
}

// press clicks a button by its text, wherever it is when it is clicked: what loads beside it may move it.
func press(label string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll("button")].find((b) => b.textContent === %q).click()`, label))
}

// TestConsole_Logs goes from a refused request to the rule that has refused it.
func TestConsole_Logs(t *testing.T) {
	s := servertest.Start(t, app)
	fill(t, s)
	bob := s.Token(map[string]any{"sub": "bob"})
	s.Want(t, 403, servertest.Call{Method: "PATCH", Path: "/v1/db/notes/n000", Token: s.Token(map[string]any{"sub": "ed", "role": "editor"}), Body: `{"title":"Mine"}`})
	s.Want(t, 404, servertest.Call{Method: "GET", Path: "/v1/db/notes/n000", Token: bob})
	s.Want(t, 401, servertest.Call{Method: "POST", Path: "/v1/db/notes", Body: `{}`})
	s.Do(t, servertest.Call{Method: "GET", Path: `/v1/db/notes/%3Cimg%20src=x%20onerror=%22window.hacked=1%22%3E`, Token: s.Token(map[string]any{"sub": script})})
	for n := range 30 {
		s.Want(t, 200, servertest.Call{Method: "GET", Path: fmt.Sprintf("/v1/db/notes?limit=%d", n+1), Token: bob})
	}
	ctx := enter(t, s, "en-US")
	run(t, ctx, "open the logs", "", browsertest.Click(`nav a[href="#/logs"]`), chromedp.WaitVisible(`//tr[contains(., "/v1/db/notes/n000")]`))
	accessible(t, ctx, "logs")
	run(t, ctx, "only errors", "", chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector(".filters select"); s.value = "error"; s.dispatchEvent(new Event("change", {bubbles: true})); })()`),
		chromedp.WaitNotPresent(`//tr[.//span[contains(@class, "tag") and text()="200"]]`), chromedp.WaitVisible(`//tr[contains(., "notes.update")]`))
	s.Want(t, 404, servertest.Call{Method: "GET", Path: "/v1/db/notes/late", Token: bob})
	run(t, ctx, "a new one comes by itself", "", chromedp.WaitVisible(`//tr[contains(., "/v1/db/notes/late")]`))
	run(t, ctx, "open a refusal", "", browsertest.Click(`//tr[contains(., "notes.update")]//a`), text(`@class="panel"`, "doc.owner == auth.id"))
	accessible(t, ctx, "logs-refused")
	run(t, ctx, "try its rule", "", browsertest.Click(`.panel a[href^="#/rules/notes"]`), chromedp.WaitVisible(".trial textarea"), text(`@aria-selected="true"`, "update"), chromedp.WaitVisible(".fine"))
	run(t, ctx, "why was it not found", "logs-hidden", browsertest.Visit(s.URL+"/console/#/logs?code=404&user=bob"), browsertest.Click(`//tr[contains(., "/v1/db/notes/n000")]//a`), browsertest.Click(`//div[@class="panel"]//button[contains(., "hidden from them")]`), chromedp.WaitVisible(".panel .outcome.bad"))
	run(t, ctx, "the keyboard goes down and up", "", browsertest.Visit(s.URL+"/console/#/logs?code=4xx"), chromedp.WaitVisible(".log tbody a"), chromedp.Evaluate[chromedp.Void](`document.querySelector(".log tbody a").focus()`),
		chromedp.KeyEvent(kb.ArrowDown), chromedp.WaitVisible(".log tbody tr:nth-child(2) a:focus"), chromedp.KeyEvent(kb.ArrowUp), chromedp.WaitVisible(".log tbody tr:nth-child(1) a:focus"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(".panel"))
	german := enter(t, s, "de-DE")
	run(t, german, "in German", "logs-german", browsertest.Visit(s.URL+"/console/#/logs?user=nobody"), text(`self::h2`, "Keine Anfrage passt"))
}

// TestConsole_Status looks at the figures as they come, the cluster, and the configuration.
func TestConsole_Status(t *testing.T) {
	s := servertest.Start(t, app)
	fill(t, s)
	ctx := enter(t, s, "en-US")
	run(t, ctx, "the figures", "", browsertest.Click(`nav a[href="#/status"]`), chromedp.WaitVisible(".chart"))
	for n := range 40 {
		s.Want(t, 200, servertest.Call{Method: "GET", Path: fmt.Sprintf("/v1/db/notes?limit=%d", n+1), Token: s.Token(map[string]any{"sub": "bob"})})
	}
	run(t, ctx, "more come by themselves", "", chromedp.Poll[chromedp.Void](`[...document.querySelectorAll(".plot .line")].some((l) => l.getAttribute("d").includes("L"))`))
	run(t, ctx, "the keyboard goes back in time", "", chromedp.Evaluate[chromedp.Void](`document.querySelector(".plot").focus()`), chromedp.KeyEvent(kb.ArrowLeft), chromedp.WaitVisible(".plot .at"))
	accessible(t, ctx, "status")
	run(t, ctx, "the cluster", "", browsertest.Click(`a[href="#/status/cluster"]`), chromedp.WaitVisible(`//th[contains(., "main")]`))
	accessible(t, ctx, "cluster")
	run(t, ctx, "the configuration", "", browsertest.Click(`a[href="#/status/configuration"]`), text(`self::pre`, "[secret]"))
	accessible(t, ctx, "configuration")
}

// TestConsole_API runs the calls of a collection as an administrator, as an account and anonymously.
func TestConsole_API(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	var ann struct{ User struct{ ID string } }
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`}).Decode(t, &ann)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: fmt.Sprintf(`{"id":"anns","owner":%q,"title":"For Ann alone","pin":"0000"}`, ann.User.ID)})
	ctx := enter(t, s, "en-US")
	play := browsertest.Click(`//button[contains(., "Run") and not(contains(., "as"))]`)
	outcome := func(status string) chromedp.Action[chromedp.Void] { return text(`contains(@class, "outcome")`, status) }
	run(t, ctx, "list as oneself", "", browsertest.Click(`nav a[href="#/api"]`), browsertest.Visit(s.URL+"/console/#/api/notes"), text(`self::pre`, `db.collection("notes")`), play, outcome("200"), text(`self::pre`, `"id": "n000"`))
	accessible(t, ctx, "api")
	run(t, ctx, "as an account", "", browsertest.Click(`//button[contains(., "Yourself")]`), browsertest.Click(`//div[@class="panel"]//button[contains(., "ann@example.com")]`), chromedp.WaitVisible(`//button[contains(., "ann@example.com")]`), play, outcome("200"), text(`self::pre`, "For Ann alone"), chromedp.WaitNotPresent(`//pre[contains(., '"n001"')]`))
	audit := s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/_audit", Token: admin})
	if !strings.Contains(audit.Body, "the API page of the console") {
		t.Errorf("the audit does not have it: %s", audit.Body)
	}
	run(t, ctx, "what a rule refuses is said", "api-refused", browsertest.Click(`//a[@role="tab" and text()="delete"]`), retype(`.trial input`, "n000"), play, outcome("404"))
	run(t, ctx, "anonymously", "", browsertest.Visit(s.URL+"/console/#/api/notes?op=create&as=anonymous&in=curl"), text(`self::pre`, "curl -X POST"), play, outcome("401"))
	accessible(t, ctx, "api-create")
	run(t, ctx, "create as oneself", "", browsertest.Visit(s.URL+"/console/#/api/notes?op=create"), retype(".trial textarea", `{"id":"made","title":"<img src=x onerror=window.hacked=1>"}`), play, outcome("201"))
	run(t, ctx, "in Go", "api-go", browsertest.Click(`//a[@role="tab" and text()="Go"]`), text(`self::pre`, "basalt.Collection[types.Notes]"))
	run(t, ctx, "live", "", browsertest.Visit(s.URL+"/console/#/api/notes?op=live"), play, text(`self::pre`, "snapshot"))
	s.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/db/notes/n001", Token: admin, Body: `{"title":"Changed meanwhile"}`})
	run(t, ctx, "a change comes", "api-live", text(`self::pre`, "Changed meanwhile"), browsertest.Click(`//button[contains(., "Stop")]`))
}

// TestConsole_RulesPlayground changes a rule, with what is offered, and looks at what would change for whom.
func TestConsole_RulesPlayground(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`})
	var users struct{ Items []struct{ ID string } }
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/admin/users", Token: admin}).Decode(t, &users)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: fmt.Sprintf(`{"id":"a-note","owner":%q,"title":"For Ann alone"}`, users.Items[0].ID)})
	ctx := enter(t, s, "en-US")
	run(t, ctx, "the matrix", "", browsertest.Visit(s.URL+"/console/#/rules/notes"), text(`self::th`, "ann@example.com"), text(`self::a`, "For Ann alone"), chromedp.WaitVisible(".verdict-cell.good"), chromedp.WaitNotPresent(".verdict-cell.new"))
	accessible(t, ctx, "playground")
	run(t, ctx, "a field is completed", "", retype("#rule", "doc.own"), chromedp.WaitVisible("#rule-choices li"), chromedp.SendKeys("#rule", kb.Tab), chromedp.SendKeys("#rule", " == auth.i"), chromedp.WaitVisible("#rule-choices li"), chromedp.SendKeys("#rule", kb.Tab), chromedp.WaitVisible(".fine"))
	if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#rule").value`)); err != nil || got != "doc.owner == auth.id" {
		t.Errorf("got %q, %v", got, err)
	}
	run(t, ctx, "a mistake offers its correction", "playground-mistake", retype("#rule", `doc.state == "open" && auth.id != nil || doc.ownr == auth.id`), chromedp.WaitVisible("#rule-problems .wrong"), browsertest.Click(`#rule-problems .button`), chromedp.WaitVisible(".fine"))
	run(t, ctx, "what would change", "", chromedp.WaitVisible(".verdict-cell.good.new"), press("Count all"), chromedp.WaitVisible(`//tfoot//span[contains(., "+40")]`))
	accessible(t, ctx, "playground-changed")
	run(t, ctx, "another caller", "", browsertest.Click(`//button[contains(., "Add a caller")]`), retype(".picker textarea", `{"sub":"ed","role":"editor"}`), browsertest.Click(".picker .main"), chromedp.WaitVisible(".verdict-cell.bad.new"))
}

// TestConsole_Account looks at the sessions of an account, ends one, and acts in its name.
func TestConsole_Account(t *testing.T) {
	s := servertest.Start(t, app)
	fill(t, s)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`, Header: map[string]string{"User-Agent": script}})
	s.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"ann@example.com","password":"correct horse battery"}`, Header: map[string]string{"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}})
	ctx := enter(t, s, "en-US")
	run(t, ctx, "open the account", "", browsertest.Click(`nav a[href="#/users"]`), browsertest.Click(`//a[text()="ann@example.com"]`), chromedp.WaitVisible(".methods"))
	accessible(t, ctx, "account")
	run(t, ctx, "its sessions", "", browsertest.Click(`//a[@role="tab" and contains(., "Sessions (2)")]`), text(`self::b`, "Firefox 140, Linux"))
	accessible(t, ctx, "account-sessions")
	run(t, ctx, "end one", "", browsertest.Click(`[aria-label="End this session: Firefox 140, Linux"]`), chromedp.WaitVisible(`//a[@role="tab" and contains(., "Sessions (1)")]`))
	run(t, ctx, "act in its name", "", browsertest.Click(`//a[@role="tab" and text()="Account"]`), chromedp.SendKeys(`[placeholder="Why, such as a ticket"]`, "ticket 7\n"), chromedp.WaitVisible(".token"))
	run(t, ctx, "all of it is in the trail", "", browsertest.Click(`//a[@role="tab" and text()="Audit trail"]`), text(`self::b`, "impersonation"), text(`self::span`, "ticket 7"), text(`self::b`, "session.end"))
	accessible(t, ctx, "account-trail")
}

// TestConsole_Live sees a live query of its own data page and what a change costs it.
func TestConsole_Live(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	watching, ctx := enter(t, s, "en-US"), enter(t, s, "en-US")
	run(t, watching, "someone looks at notes", "", browsertest.Visit(s.URL+"/console/#/data/notes"), text(`@class="live"`, "Live"))
	run(t, ctx, "their query is there", "", browsertest.Click(`nav a[href="#/live"]`), chromedp.WaitVisible(`//tr[contains(., "notes")]`))
	s.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/db/notes/n001", Token: admin, Body: `{"title":"Changed meanwhile"}`})
	run(t, ctx, "with the message of a change", "", chromedp.WaitVisible(`//tr[contains(., "notes")]/td[5][text()="1"]`))
	accessible(t, ctx, "live")
	run(t, ctx, "and they are connected", "", browsertest.Click(`a[href="#/live/connections"]`), chromedp.WaitVisible(`//tr[contains(., "root")]`))
	accessible(t, ctx, "live-connections")
	run(t, ctx, "no channel is open", "live-channels", browsertest.Click(`a[href="#/live/channels"]`), text(`self::h2`, "No channels are open"))
}
