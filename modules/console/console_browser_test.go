//go:build browser

// The console in headless Chromium: `go run ./cmd/testenv --only browser`.
package console_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

const app = `
databases: { main: { driver: memory } }
auth: { tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { min_length: 8 } } }
admin: { users: 'auth.role == "admin"' }
console: { access: 'auth.role == "editor"' }
collections:
  notes:
    fields:
      owner:   { type: string, index: true }
      title:   { type: string, required: true, max: 60 }
      stars:   { type: int, default: 0, min: 0, max: 5 }
      done:    { type: bool, default: false }
      state:   { type: string, enum: [draft, open, closed], default: draft }
      tags:    { type: json }
      pin:     { type: string }
      project: { type: ref, to: projects, check: none }
      created: { type: time, default: "now()" }
    rules: { read: 'doc.owner == auth.id || auth.role == "editor"', create: 'auth != nil', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
    fields_readable: { pin: 'doc.owner == auth.id' }
  projects:
    fields: { name: { type: string, required: true } }
    rules: { read: 'auth != nil', create: 'false', update: 'false', delete: 'false' }
  empty_shelf:
    fields: { label: { type: string, required: true } }
    rules: { read: 'true', create: 'true', update: 'false', delete: 'false' }
`

// invitation keeps what is printed for the first administrator.
type invitation struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (i *invitation) Write(p []byte) (int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.text.Write(p)
}

var link = regexp.MustCompile(`http://\S+`)

func (i *invitation) link(t *testing.T) string {
	t.Helper()
	found := ""
	servertest.Eventually(t, "the link is printed", func() bool {
		i.mu.Lock()
		defer i.mu.Unlock()
		found = link.FindString(i.text.String())
		return found != ""
	})
	return found
}

// script is a title that runs where text becomes part of a page as it is.
const script = `<img src=x onerror="window.hacked=1">`

func fill(t testing.TB, s *servertest.Instance) (admin string) {
	t.Helper()
	admin = s.Token(map[string]any{"sub": "root", "role": "admin"})
	for _, p := range []string{"garden", "house"} {
		s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/projects", Token: admin, Body: fmt.Sprintf(`{"id":%q,"name":%q}`, p, p)})
	}
	titles := []string{"Water the tomatoes", "Fix the gate", "Call the plumber", "Order seeds", "Paint the fence", "Sort the shed", script}
	var docs []string
	for n := range 120 {
		owner := []string{"ann", "bob", "cleo"}[n%3]
		docs = append(docs, fmt.Sprintf(`{"id":"n%03d","title":%q,"stars":%d,"done":%t,"state":%q,"tags":["a",%d],"pin":"%04d","project":%q}`, n, titles[n%len(titles)], n%6, n%4 == 0, []string{"draft", "open", "closed"}[n%3], n, 1234+n, []string{"garden", "house"}[n%2]))
		docs[n] = strings.Replace(docs[n], "{", fmt.Sprintf(`{"owner":%q,`, owner), 1)
	}
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: "[" + strings.Join(docs, ",") + "]"})
	return admin
}

func signIn(t *testing.T, ctx context.Context, url, email string) {
	t.Helper()
	browsertest.Run(t, ctx, "sign in as "+email, chromedp.Navigate(url+"/console/"), chromedp.WaitVisible("[name=email]"),
		chromedp.SendKeys("[name=email]", email), chromedp.SendKeys("[name=password]", "correct horse battery\n"))
}

// run is browsertest.Run with a picture at the end.
func run(t *testing.T, ctx context.Context, what, picture string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	browsertest.Run(t, ctx, what, actions...)
	if picture != "" {
		browsertest.Screenshot(t, ctx, picture)
	}
}

// cell is the place of a field of a document in the table.
func cell(id, field string) string { return fmt.Sprintf(`[data-id=%q] [data-field=%q]`, id, field) }

// retype types in the place of what an input has.
func retype(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.WaitVisible(selector), chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).focus(); document.querySelector(%[1]q).select()`, selector)), chromedp.SendKeys(selector, text))
}

func edit(id, field, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.DoubleClick(cell(id, field)), retype(cell(id, field)+" [data-edit]", text+"\n"))
}

func dark(t *testing.T, ctx context.Context) {
	t.Helper()
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}); err != nil {
		t.Fatal(err)
	}
}

// TestConsole_FromTheLinkToEachPage makes the first administrator, looks at all pages and changes something on each.
func TestConsole_FromTheLinkToEachPage(t *testing.T) {
	var printed invitation
	s := servertest.StartInviting(t, servertest.Write(t, app), &printed, time.Now)
	fill(t, s)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`})
	ctx := browsertest.Open(t)
	run(t, ctx, "open the link", "first", chromedp.EmulateViewport(1440, 900), chromedp.Navigate(printed.link(t)), chromedp.WaitVisible("[name=email]"))
	run(t, ctx, "make the first administrator", "", chromedp.SendKeys("[name=email]", "root@example.com"), chromedp.SendKeys("[name=password]", "correct horse battery\n"), chromedp.WaitVisible(`nav a[href="#/data/notes"]`))
	run(t, ctx, "an empty collection says what to do", "empty", browsertest.Click(`nav a[href="#/data/empty_shelf"]`), chromedp.WaitVisible(".empty .main"))
	run(t, ctx, "open the notes", "grid", browsertest.Click(`nav a[href="#/data/notes"]`), chromedp.WaitVisible(`[data-id=n000]`), chromedp.WaitVisible(`//span[@class="count" and contains(., "120")]`))

	run(t, ctx, "what the server refuses stands at the cell", "refused", edit("n000", "stars", "9"), chromedp.WaitVisible(cell("n000", "stars")+" .wrong"))
	run(t, ctx, "and is kept until it is right", "", retype(cell("n000", "stars")+" [data-edit]", "4\n"), chromedp.WaitVisible(`//div[@data-id="n000"]//div[@data-field="stars" and normalize-space()="4"]`))
	run(t, ctx, "the answer to a change does not take the focus from where one has gone meanwhile", "", chromedp.DoubleClick(cell("n000", "stars")), retype(cell("n000", "stars")+" [data-edit]", "3"),
		chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-id=n000] [data-field=stars] [data-edit]").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true})); document.querySelector("#filter").focus()`),
		chromedp.WaitVisible(`//div[@data-id="n000"]//div[@data-field="stars" and normalize-space()="3"]`),
		chromedp.Evaluate[chromedp.Void](`new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))`, chromedp.EvalAwaitPromise), chromedp.WaitVisible("#filter:focus"))
	s.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/db/notes/n001", Token: s.Token(map[string]any{"sub": "bob"}), Body: `{"title":"Changed elsewhere"}`})
	run(t, ctx, "a change of another shows by itself", "flash", chromedp.WaitVisible(`//div[@data-id="n001"]//span[text()="Changed elsewhere"]`))

	run(t, ctx, "a filter that is wrong says so", "filter-wrong", chromedp.SendKeys("#filter", "starz > 3\n"), chromedp.WaitVisible("#filter-wrong"))
	run(t, ctx, "a filter and an order are in the address", "filter", retype("#filter", "stars >= 5 && !done\n"), chromedp.WaitNotPresent("[data-id=n001]"), chromedp.WaitVisible("[data-id=n005]"),
		browsertest.Click(`//div[@role="columnheader"]//span[text()="title"]`), chromedp.WaitVisible(`[aria-sort=ascending]`))
	run(t, ctx, "which can be loaded again", "", chromedp.Reload(), chromedp.WaitVisible("[data-id=n005]"), chromedp.WaitVisible(`[aria-sort=ascending]`), chromedp.WaitNotPresent("[data-id=n001]"))

	run(t, ctx, "make a note", "new", browsertest.Click(`//header//button[contains(., "New")]`), chromedp.WaitVisible(".panel [name=title]"), chromedp.SendKeys(".panel [name=stars]", "7"), browsertest.Click(`.panel .actions .main`), chromedp.WaitVisible(`#f-title-wrong`))
	run(t, ctx, "once it is right", "record", retype(".panel [name=stars]", "5"), chromedp.SendKeys(".panel [name=id]", "mine"), chromedp.SendKeys(".panel [name=title]", "A new note"), browsertest.Click(`.panel .actions .main`), chromedp.WaitVisible("[data-id=mine]"),
		chromedp.WaitVisible(`//h2[contains(., "notes / mine")]`))
	run(t, ctx, "delete it, and undo that", "undo", browsertest.Click(`.panel [aria-label=Delete]`), chromedp.WaitNotPresent("[data-id=mine]"), browsertest.Click(`//div[@class="toast"]//button`), chromedp.WaitVisible("[data-id=mine]"))
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes/mine", Token: s.Token(map[string]any{"role": "admin", "sub": "x"})})

	run(t, ctx, "see it as ann", "view-as", browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible("[data-id=n000]"), browsertest.Click(`//button[contains(., "View as")]`), chromedp.WaitVisible(`//button[contains(., "ann@example.com")]`),
		retype(".picker textarea", `{"sub":"ann"}`), browsertest.Click(".picker .main"), chromedp.WaitVisible(".row.hidden[data-id=n001]"), chromedp.WaitVisible(`//span[@class="count" and contains(., "visible of")]`))
	run(t, ctx, "and why not", "why", browsertest.Click("[data-id=n001] .why"), chromedp.WaitVisible(".outcome.bad"))
	run(t, ctx, "an editor sees the row and not the field", "masked", browsertest.Visit(s.URL+`/console/#/data/notes?as=claims:{"sub":"ed","role":"editor"}`), chromedp.WaitVisible(cell("n001", "pin")+".masked"))

	run(t, ctx, "the users", "users", browsertest.Click(`nav a[href="#/users"]`), browsertest.Click(`//a[text()="ann@example.com"]`), chromedp.WaitVisible(".panel textarea"))
	run(t, ctx, "give ann a role", "", retype(".panel textarea", `{"role":"editor"}`), browsertest.Click(".panel .main"), chromedp.WaitVisible(`//td/code[contains(., "editor")]`))
	run(t, ctx, "try a rule", "rules", browsertest.Click(`nav a[href="#/rules"]`), chromedp.WaitVisible(`.trial textarea`), browsertest.Visit(s.URL+"/console/#/rules/notes"), chromedp.WaitVisible(".fine"), retype(".trial textarea", "doc.ownr == auth.id"), chromedp.WaitVisible("#rule-problems .wrong"))
	run(t, ctx, "the status", "status", browsertest.Click(`nav a[href="#/status"]`), browsertest.Click(`a[href="#/status/cluster"]`), chromedp.WaitVisible(`//th[contains(., "main")]`))
	run(t, ctx, "the events", "events", browsertest.Click(`nav a[href="#/events"]`), chromedp.WaitVisible(".empty"))
	run(t, ctx, "jump by name", "palette", chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.WaitVisible(".palette input"), chromedp.SendKeys(".palette input", "projects"))
	run(t, ctx, "to it", "", chromedp.SendKeys(".palette input", "\n"), chromedp.WaitVisible("[data-id=garden]"))
	dark(t, ctx)
	run(t, ctx, "dark", "dark", browsertest.Visit(s.URL+`/console/#/data/notes?as=claims:{"sub":"ann"}`), chromedp.WaitVisible(".row.hidden[data-id=n001]"))
	run(t, ctx, "on a phone", "phone", chromedp.EmulateViewport(390, 844), browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible("[data-id=n000]"))
	run(t, ctx, "a document on a phone", "phone-record", browsertest.Click("[data-id=n000] .open"), chromedp.WaitVisible(".panel [name=title]"))
	run(t, ctx, "the menu on a phone", "phone-menu", browsertest.Click(".panel [aria-label=Close]"), chromedp.WaitNotPresent(".panel"), browsertest.Click(".burger button"), chromedp.WaitVisible(`nav a[href="#/users"]`))
	if hacked, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`"hacked" in window`)); err != nil || hacked {
		t.Errorf("what is in the data has run: %v", err)
	}
}

// TestConsole_RightsLost takes the rights away while the console is open: of an editor, and of an account that is
// disabled.
func TestConsole_RightsLost(t *testing.T) {
	var printed invitation
	s := servertest.StartInviting(t, servertest.Write(t, app), &printed, time.Now)
	admin := fill(t, s)
	var made struct {
		ID string `json:"id"`
	}
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ed@example.com","password":"correct horse battery"}`})
	var list struct {
		Items []struct{ ID string } `json:"items"`
	}
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/admin/users?email=ed@example.com", Token: admin}).Decode(t, &list)
	made.ID = list.Items[0].ID
	ctx := browsertest.Open(t)
	run(t, ctx, "look around with a pass", "", chromedp.Navigate(printed.link(t)), browsertest.Click(`//button[contains(., "Look around")]`), chromedp.WaitVisible(`nav a[href="#/users"]`), browsertest.Click(`nav a[href="#/data/notes"]`),
		chromedp.WaitVisible("[data-id=n000]"), chromedp.WaitVisible(`//span[@class="live" and text()="Live"]`), browsertest.Click(`[aria-label="Sign out"]`), chromedp.WaitVisible("[name=email]"))
	signIn(t, ctx, s.URL, "ed@example.com")
	run(t, ctx, "someone without the claims stays outside", "locked", chromedp.WaitVisible(`//h1[contains(., "may not use the console")]`), browsertest.Click(".button"), chromedp.WaitVisible("[name=email]"))
	s.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/admin/users/" + made.ID, Token: admin, Body: `{"claims":{"role":"editor"}}`})
	signIn(t, ctx, s.URL, "ed@example.com")
	run(t, ctx, "an editor sees data and no settings", "editor", chromedp.WaitVisible(`nav a[href="#/data/notes"]`), chromedp.WaitNotPresent(`nav a[href="#/users"]`), browsertest.Click(`nav a[href="#/data/notes"]`), chromedp.WaitVisible("[data-id=n000]"))
	run(t, ctx, "what a rule refuses is said", "", edit("n000", "title", "Mine now"), chromedp.WaitVisible(cell("n000", "title")+" .wrong"))
	run(t, ctx, "a settings page is not there", "", browsertest.Visit(s.URL+"/console/#/users"), chromedp.WaitVisible(".empty"))
	s.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/admin/users/" + made.ID, Token: admin, Body: `{"disabled":true}`})
	run(t, ctx, "a disabled account is out when it comes back", "", chromedp.Evaluate[chromedp.Void](`document.dispatchEvent(new Event("visibilitychange"))`), chromedp.WaitVisible("[name=email]"))
	if left, err := chromedp.Run(ctx, chromedp.Evaluate[int](`sessionStorage.length + document.cookie.length + document.querySelectorAll("[data-id]").length`)); err != nil || left != 0 {
		t.Errorf("%d things are left: %v", left, err)
	}
}
