//go:build browser

package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// slow is a proxy before a server that makes some calls wait.
type slow struct {
	url string

	mu   sync.Mutex // guards held
	held []*held
}

// held are the calls to wait: the first one whose method and address have a part, or end with it before "$", or all of them.
type held struct {
	part    string
	all     bool
	came    chan struct{}
	release chan struct{}
	once    sync.Once
}

func startSlow(t *testing.T, s *servertest.Instance) *slow {
	t.Helper()
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &slow{}
	proxy := &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := p.match(r.Method + " " + r.URL.String()); h != nil {
			h.once.Do(func() { close(h.came) })
			select {
			case <-h.release:
			case <-r.Context().Done():
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
	})
	p.url = front.URL
	return p
}

func (p *slow) match(call string) *held {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n, h := range p.held {
		if part, end := strings.CutSuffix(h.part, "$"); !strings.Contains(call, part) || end && !strings.HasSuffix(call, part) {
			continue
		}
		if !h.all {
			p.held = append(p.held[:n:n], p.held[n+1:]...)
		}
		return h
	}
	return nil
}

func (p *slow) hold(part string, all bool) *held {
	h := &held{part: part, all: all, came: make(chan struct{}), release: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = append(p.held, h)
	return h
}

// answer lets the calls go on, and from now on all of its kind.
func (p *slow) answer(h *held) {
	p.mu.Lock()
	for n, one := range p.held {
		if one == h {
			p.held = append(p.held[:n:n], p.held[n+1:]...)
			break
		}
	}
	p.mu.Unlock()
	close(h.release)
}

// asked waits until the call is there.
func (h *held) asked() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		select {
		case <-h.came:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("%s is not asked for: %w", h.part, ctx.Err())
		}
	})
}

// late lets the calls go on, and waits until the page has had the answer, and time to show it.
func (p *slow) late(h *held) chromedp.Action[chromedp.Void] {
	_, part, named := strings.Cut(h.part, " ")
	if !named {
		part = h.part
	}
	part, end := strings.CutSuffix(part, "$")
	answers := fmt.Sprintf(`performance.getEntriesByType("resource").filter((e) => e.name.%s(%q)).length`, map[bool]string{true: "endsWith", false: "includes"}[end], part)
	return chromedp.Steps(
		chromedp.Evaluate[chromedp.Void](`window.before = `+answers),
		chromedp.Func(func(context.Context, *chromedp.Target) error { p.answer(h); return nil }),
		chromedp.Poll[chromedp.Void](answers+` > window.before`),
		chromedp.Sleep(200*time.Millisecond))
}

// settled waits until the list that is shown is the one that was asked for.
const settled = `[aria-busy="false"]`

// TestConsole_LateAnswers makes answers come after the address, the caller or the filter has changed: none of them is shown, and a
// list that is still of another filter says so.
func TestConsole_LateAnswers(t *testing.T) {
	server := servertest.Start(t, app)
	admin := fill(t, server)
	p := startSlow(t, server)
	s := servertest.At(t, p.url, server.Path)
	bob := s.Token(map[string]any{"sub": "bob"})
	visitors := func() { // of a second, no more than these are all remembered
		for n := range 45 {
			server.Want(t, 200, servertest.Call{Method: "GET", Path: fmt.Sprintf("/v1/db/notes?limit=%d", n+1), Token: bob})
		}
	}
	visitors()
	server.Want(t, 404, servertest.Call{Method: "GET", Path: "/v1/db/notes/nothing", Token: bob})
	var accounts []string
	for n := range 60 {
		accounts = append(accounts, fmt.Sprintf(`{\"id\":\"u%03d\",\"email\":\"u%03d@example.com\"}`, n, n))
	}
	server.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/admin/users/import", Token: admin, Body: `{"from":"basalt","text":"` + strings.Join(accounts, `\n`) + `"}`})
	ctx := enter(t, s, "en-US")
	count := func(selector string) int {
		t.Helper()
		n, err := chromedp.Run(ctx, chromedp.Evaluate[int](fmt.Sprintf(`document.querySelectorAll(%q).length`, selector)))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	visit := func(route string) chromedp.Action[chromedp.Void] {
		return browsertest.Visit(s.URL + "/console/#/" + route)
	}

	user := p.hold("email=u001", false)
	run(t, ctx, "find a user, and go elsewhere", "", visit("logs"), chromedp.WaitVisible(".log"+settled), chromedp.SendKeys(".filters .user", "u001@example.com\n"), user.asked(), browsertest.Click(`nav a[href="#/status"]`), p.late(user))
	if n := count(`nav a[href="#/status"][aria-current=page]`); n != 1 {
		where, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.hash`))
		t.Errorf("the answer has led away from the page, to %s (%d)", where, n)
	}

	visitors()
	more := p.hold("&after=", false)
	run(t, ctx, "ask for more accounts, and for one meanwhile", "", visit("users"), chromedp.WaitVisible(".list"+settled), press("More"), more.asked(), chromedp.SendKeys(".filter input", "u007@example.com\n"), text(`@class="list"`, "u007"), chromedp.WaitNotPresent(`//a[text()="u000@example.com"]`), p.late(more))
	if n := count(".list tbody tr"); n != 1 {
		t.Errorf("%d accounts are shown, where one was looked for", n)
	}

	visitors()
	run(t, ctx, "a rule for a caller", "", visit(`rules/notes?op=update&as=claims:{"sub":"ann"}`), text(`contains(@class, "outcome")`, "Only some documents"), chromedp.WaitVisible(".matrix .wide"+settled))
	check, compare := p.hold("/v1/admin/check", true), p.hold("/v1/admin/compare", true)
	run(t, ctx, "and then for another", "", chromedp.Evaluate[chromedp.Void](`location.hash = "#/rules/notes?op=update&as=anonymous"`), check.asked(), text(`self::button`, "Not signed in"))
	if n := count(".verdict"); n != 0 {
		t.Error("what one caller may is shown as what another one may")
	}
	run(t, ctx, "the table with another caller in the place of one", "", browsertest.Click(`button[aria-label="Delete: Not signed in"]`), browsertest.Click(`//button[contains(., "Add a caller")]`), retype(".picker textarea", `{"sub":"bob"}`), browsertest.Click(".picker .main"), chromedp.WaitNotPresent(".picker"), compare.asked(), chromedp.WaitVisible(`.matrix .wide[aria-busy="true"]`), chromedp.WaitNotPresent(`//th[contains(., "bob")]`))
	run(t, ctx, "both come", "", p.late(check), p.late(compare), text(`contains(@class, "outcome")`, "Denied"), chromedp.WaitVisible(".matrix .wide"+settled), text(`self::th`, "bob"), chromedp.WaitNotPresent(`//div[@class="wide"]//th[contains(., "Not signed in")]`))

	visitors()
	called := p.hold("GET /v1/db/notes?limit=20", false)
	run(t, ctx, "call as oneself, and choose another caller", "", visit("api/notes?op=list"), chromedp.WaitVisible(".trial"), press("Run"), called.asked(), chromedp.Evaluate[chromedp.Void](`location.hash = "#/api/notes?op=list&as=anonymous"`), text(`self::button`, "Not signed in"))
	p.answer(called)
	run(t, ctx, "the answer to another caller", "", chromedp.Sleep(300*time.Millisecond))
	if n := count(".trial .outcome"); n != 0 {
		t.Error("what one caller has got is shown as what another one gets")
	}

	visitors()
	run(t, ctx, "all rows", "", visit("data/notes"), chromedp.WaitVisible(".grid"+settled), text(`@class="count"`, "120"))
	filtered := p.hold("/v1/db/notes/query", true)
	run(t, ctx, "filter: the rows say that they are not these yet", "", chromedp.SendKeys("#filter", "stars >= 5\n"), filtered.asked(), chromedp.WaitVisible(`.grid[aria-busy="true"]`), chromedp.WaitVisible("[data-id=n001]"))
	run(t, ctx, "nor is their number that of what can be chosen", "", browsertest.Click(`button[aria-label="Choose"]`), chromedp.WaitVisible(".choosing"), chromedp.WaitNotPresent(`//div[contains(@class, "choosing")]//button[contains(., "120")]`))
	run(t, ctx, "they come", "", p.late(filtered), chromedp.WaitVisible(".grid"+settled), chromedp.WaitNotPresent("[data-id=n001]"))
	run(t, ctx, "type a filter, and go elsewhere at once", "", visit("data/notes"), chromedp.WaitVisible(".grid"+settled), chromedp.Evaluate[chromedp.Void](`(() => {
		const input = document.getElementById("filter");
		Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, "stars > 3");
		input.dispatchEvent(new Event("input", { bubbles: true }));
		document.querySelector('nav a[href="#/data/projects"]').click();
	})()`), chromedp.WaitVisible("[data-id=garden]"), chromedp.Sleep(700*time.Millisecond))
	if n := count(`nav a[href="#/data/projects"][aria-current=page]`); n != 1 {
		t.Error("the filter has led back to where it was typed")
	}

	visitors()
	created := p.hold("POST /v1/db/notes$", false)
	run(t, ctx, "make a document, and go elsewhere", "", visit("data/notes"), browsertest.Click(`//header//button[contains(., "New")]`), chromedp.WaitVisible(".panel [name=title]"), chromedp.SendKeys(".panel [name=id]", "slowly"), chromedp.SendKeys(".panel [name=title]", "Made slowly"), browsertest.Click(`.panel .actions .main`), created.asked(), browsertest.Click(`nav a[href="#/data/projects"]`), chromedp.WaitVisible("[data-id=garden]"), p.late(created))
	server.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes/slowly", Token: admin})
	if n := count(`nav a[href="#/data/projects"][aria-current=page]`); n != 1 {
		t.Error("the answer has led back to where it was asked for")
	}

	visitors()
	saved := p.hold("PATCH /v1/db/notes/slowly", false)
	run(t, ctx, "what is typed while it saves stays", "", visit("data/notes?doc=slowly"), retype(".panel [name=title]", "Once"), browsertest.Click(`.panel .actions .main`), saved.asked(), retype(".panel [name=title]", "Twice"), p.late(saved), chromedp.Poll[chromedp.Void](`document.querySelector(".panel [name=title]").value === "Twice"`), chromedp.WaitVisible(".panel .actions .main:not(:disabled)"))

	run(t, ctx, "look at the tail of changes", "", visit("live/changes"), chromedp.WaitVisible(".list .empty"))
	tail := p.hold("/v1/admin/changes", false)
	run(t, ctx, "it is asked again", "", tail.asked())
	server.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/db/notes/n001", Token: bob, Body: `{"title":"Once"}`})
	run(t, ctx, "and a change comes meanwhile", "late-changes", chromedp.Sleep(3500*time.Millisecond), p.late(tail), text(`@class="list"`, "n001"))
	if n := count(`.list th a[href*="n001"]`); n != 1 {
		t.Errorf("one change is shown %d times", n)
	}

	visitors()
	older := p.hold("before=", false)
	run(t, ctx, "ask for older requests", "", visit("logs"), chromedp.WaitVisible(".log"+settled), press("More"), older.asked())
	other := p.hold("code=error", false)
	run(t, ctx, "and for others meanwhile: the list says that it is not them yet", "", choose(".filters select", "error"), other.asked(), chromedp.WaitVisible(`.log[aria-busy="true"]`))
	run(t, ctx, "until it is", "late-logs", p.late(other), chromedp.WaitVisible(".log"+settled), chromedp.WaitNotPresent(".log tbody .tag.good"), p.late(older))
	if n := count(".log tbody .tag.good"); n != 0 {
		t.Errorf("%d requests are shown that have not failed", n)
	}

	run(t, ctx, "sign out while it is asked who is signed in", "", visit("data/notes"), chromedp.WaitVisible(".grid"+settled))
	who := p.hold("/v1/admin/console", false)
	run(t, ctx, "what comes then opens nothing", "", chromedp.Evaluate[chromedp.Void](`document.dispatchEvent(new Event("visibilitychange"))`), who.asked(), browsertest.Click(`[aria-label="Sign out"]`), chromedp.WaitVisible("[name=email]"), p.late(who))
	if n := count("nav.side") + count("[data-id]"); n != 0 {
		t.Error("the console is open again")
	}
}
