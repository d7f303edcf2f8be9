//go:build browser

package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestConsole_FilterShowsWhereItIsWrong has the wrong part of a filter underlined, the message under it, and a correction to click.
func TestConsole_FilterShowsWhereItIsWrong(t *testing.T) {
	s := servertest.Start(t, app)
	fill(t, s)
	ctx := enter(t, s, "en-US")
	type place struct{ Text, Wrong, Left, Right, Arrow float64 }
	// The place of the text that is underlined, by the width of what is before it, and that of the arrow of the message.
	where := func(before, wrong string) place {
		t.Helper()
		at, err := chromedp.Run(ctx, chromedp.Evaluate[place](fmt.Sprintf(`(() => {
			const input = document.getElementById("filter"), style = getComputedStyle(input), draw = document.createElement("canvas").getContext("2d");
			draw.font = style.font;
			const box = input.getBoundingClientRect(), u = document.querySelector(".under u").getBoundingClientRect(), spot = document.querySelector(".spot");
			const begin = box.left + parseFloat(style.borderLeftWidth) + parseFloat(style.paddingLeft) - input.scrollLeft;
			return { Text: begin + draw.measureText(%q).width, Wrong: draw.measureText(%q).width, Left: u.left, Right: u.right, Arrow: spot.getBoundingClientRect().left + parseFloat(getComputedStyle(spot).paddingLeft) };
		})()`, before, wrong)))
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	run(t, ctx, "a name that is wrong", "", browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible(cell("n000", "title")), chromedp.SendKeys("#filter", " !done && starz > 3\n"), chromedp.WaitVisible(`//u[text()="starz"]`), text(`@id="filter-wrong"`, `did you mean "stars"`))
	at := where(" !done && ", "starz")
	if near := func(a, b float64) bool { return a-b < 2 && b-a < 2 }; !near(at.Left, at.Text) || !near(at.Right, at.Text+at.Wrong) || !near(at.Arrow, at.Text) {
		t.Errorf("the word begins at %.0f and is %.0f wide, the line goes from %.0f to %.0f, and the message begins at %.0f", at.Text, at.Wrong, at.Left, at.Right, at.Arrow)
	}
	accessible(t, ctx, "filter-place")
	run(t, ctx, "the correction", "", browsertest.Click(`//button[contains(., "Replace by")]`), chromedp.WaitNotPresent("#filter-wrong"), chromedp.WaitNotPresent(".under"), chromedp.WaitNotPresent("[data-id=n000]"), chromedp.WaitVisible("#filter:focus"))
	run(t, ctx, "it ends too early", "filter-early", retype("#filter", "stars >=\n"), text(`@id="filter-wrong"`, "column 9"), chromedp.WaitVisible(".under u"))
	if at := where("stars >=", ""); at.Left-at.Text > 2 || at.Text-at.Left > 2 || at.Right-at.Left < 3 {
		t.Errorf("the text ends at %.0f, and the line goes from %.0f to %.0f", at.Text, at.Left, at.Right)
	}
	run(t, ctx, "text that has a value of the wrong type", "", retype("#filter", `stars == "many"`+"\n"), chromedp.WaitVisible(`//u[text()='"many"']`))
	long := strings.Repeat(`title == "A title that nobody has" || `, 8)
	run(t, ctx, "a text that is longer than the box", "filter-long", retype("#filter", long+"titel == 1\n"), chromedp.WaitVisible(`//u[text()="titel"]`))
	if at := where(long, "titel"); at.Left-at.Text > 2 || at.Text-at.Left > 2 {
		t.Errorf("in a long text the word begins at %.0f, and the line at %.0f", at.Text, at.Left)
	}
}

// TestConsole_FindsUsers types parts of addresses, names and ids, where accounts are and where a caller is chosen.
func TestConsole_FindsUsers(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	var accounts []string
	for n := range 60 {
		accounts = append(accounts, fmt.Sprintf(`{\"id\":\"u%03d\",\"email\":\"u%03d@example.com\",\"claims\":{\"name\":\"%s\"}}`, n, n, []string{"Grace Hopper", "Ada Lovelace", "Alan Turing"}[n%3]))
	}
	s.Want(t, 200, servertest.Call{Method: "POST", Path: "/v1/admin/users/import", Token: admin, Body: `{"from":"basalt","text":"` + strings.Join(accounts, `\n`) + `"}`})
	ctx := enter(t, s, "en-US")
	run(t, ctx, "a part of a name", "", browsertest.Visit(s.URL+"/console/#/users"), text(`self::a`, "u001@example.com"), chromedp.SendKeys(".filter input", "HOPP"), chromedp.WaitNotPresent(`//a[text()="u001@example.com"]`), text(`self::a`, "u057@example.com"))
	accessible(t, ctx, "users-found")
	n, err := chromedp.Run(ctx, chromedp.Evaluate[int](`location.hash === "#/users?search=HOPP" && document.activeElement.type === "search" ? document.querySelectorAll(".list tbody tr").length : -1`))
	if err != nil || n != 20 {
		t.Errorf("%d of 20 accounts are shown: %v", n, err)
	}
	run(t, ctx, "the beginning of an id", "", retype(".filter input", "u05"), text(`self::a`, "u058@example.com"), chromedp.WaitNotPresent(`//a[text()="u000@example.com"]`))
	run(t, ctx, "none", "", retype(".filter input", "nobody"), text(`self::h2`, "No document matches"))
	run(t, ctx, "as another caller", "", browsertest.Visit(s.URL+"/console/#/data/notes"), browsertest.Click(`//button[contains(., "View as")]`), chromedp.SendKeys(".picker input", "u059@"), chromedp.WaitNotPresent(`//ul[@class="choices"]//span[text()="u000@example.com"]`), browsertest.Click(`//ul[@class="choices"]//button[contains(., "u059@example.com")]`), text(`@class="banner"`, "u059@example.com"))
}

// TestConsole_WhoIsInAChannel shows the members of a channel by name, and what a live query has compared.
func TestConsole_WhoIsInAChannel(t *testing.T) {
	s := servertest.Start(t, app+`
channels: { "room:{id}": { subscribe: 'auth != nil', publish: 'auth != nil' } }
`)
	admin := fill(t, s)
	for n := range 103 {
		l := s.Live(t, s.Token(map[string]any{"sub": fmt.Sprintf("u%03d", n)}))
		if err := l.Send(map[string]any{"id": "1", "op": "subscribe", "channel": "room:7", "presence": true, "state": map[string]any{"name": fmt.Sprintf("Member %d %s", n, script)}}); err != nil {
			t.Fatal(err)
		}
		l.Want(t, "subscribed")
	}
	ctx := enter(t, s, "en-US")
	run(t, ctx, "who is there", "", browsertest.Visit(s.URL+"/console/#/live/channels"), text(`self::th`, "room:7"), text(`@title="u099"`, "Member 99"), text(`@class="who"`, "+ 3 others"), chromedp.WaitNotPresent(`//*[@title="u100"]`))
	accessible(t, ctx, "live-members")
	l := s.Live(t, s.Token(map[string]any{"sub": "ann"}))
	if err := l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "notes"}); err != nil {
		t.Fatal(err)
	}
	l.Want(t, "snapshot")
	s.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/db/notes/n000", Token: admin, Body: `{"stars":3}`})
	run(t, ctx, "what was compared", "", browsertest.Visit(s.URL+"/console/#/live"), text(`self::th`, "Compared"), chromedp.WaitVisible(`//tr[contains(., "ann")]/td[3][text()="1"]/following-sibling::td[1][text()="1"]`))
	accessible(t, ctx, "live-compared")
}

// TestConsole_WhatIsTypedStays has a row come before the one in which somebody types, and goes on with the keys from a row that
// was scrolled away.
func TestConsole_WhatIsTypedStays(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	ctx := enter(t, s, "en-US")
	run(t, ctx, "type, while another one makes a row", "", browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible(cell("n001", "title")), text(`@class="live"`, "Live"), chromedp.DoubleClick(cell("n001", "title")), retype(cell("n001", "title")+" [data-edit]", "Typed by"))
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: `{"id":"a","title":"Comes first"}`})
	run(t, ctx, "it comes, and one goes on", "", chromedp.WaitVisible(cell("a", "title")), chromedp.SendKeys(cell("n001", "title")+" [data-edit]", " hand\n"), text(`@data-field="title"`, "Typed by hand"))
	if a := s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes/n001", Token: admin}); !strings.Contains(a.Body, `"Typed by hand"`) {
		t.Errorf("it is %s", a.Body)
	}
	run(t, ctx, "the keys go on", "", chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-id="n003"] [data-field=title]').focus()`), chromedp.WaitVisible(cell("n003", "title")+":focus"), chromedp.Evaluate[chromedp.Void](`document.querySelector(".grid").scrollTop = 1e6`),
		chromedp.WaitNotPresent(`[data-id="n003"]`), chromedp.WaitVisible(".grid:focus"), chromedp.KeyEvent(kb.ArrowDown), chromedp.WaitVisible(cell("n004", "title")+":focus"))
	// A key that is pressed at once comes before anything is drawn: it has to find the old value selected, not to be selected itself.
	ready, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(async () => {
		document.querySelector('[data-id="n004"] [data-field=title]').dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
		for (let n = 0; n < 20; n++) await null;
		const input = document.activeElement;
		return input.matches("[data-edit]") && input.value !== "" && input.selectionStart === 0 && input.selectionEnd === input.value.length;
	})()`, chromedp.EvalAwaitPromise))
	if err != nil || !ready {
		t.Errorf("the editor of a cell waits for no key: %v", err)
	}
}

// TestConsole_APageIsReadyWhenItIsDrawn presses a button before the first frame with it. What a page does once after it is drawn
// ended the call.
func TestConsole_APageIsReadyWhenItIsDrawn(t *testing.T) {
	s := servertest.Start(t, app)
	fill(t, s)
	ctx := enter(t, s, "en-US")
	run(t, ctx, "another page", "", browsertest.Visit(s.URL+"/console/#/status"), chromedp.WaitVisible(`nav a[href="#/status"][aria-current=page]`))
	run(t, ctx, "run at once", "", chromedp.Evaluate[chromedp.Void](`(() => {
		new MutationObserver((_, observer) => {
			const button = [...document.querySelectorAll(".trial button")].find((b) => b.textContent === "Run");
			if (!button) return;
			observer.disconnect();
			button.click();
		}).observe(document.body, { childList: true, subtree: true });
		location.hash = "#/api/notes?op=list";
	})()`), chromedp.WaitVisible(".trial .outcome"))
}
