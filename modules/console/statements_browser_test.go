//go:build browser

package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestConsole_Statements goes from a request to the statement that it waited for, and to its plan.
func TestConsole_Statements(t *testing.T) {
	s := servertest.Start(t, strings.Replace(app, "driver: memory", `driver: sqlite, url: "file:app.db"`, 1))
	fill(t, s)
	bob := s.Token(map[string]any{"sub": "bob"})
	for n := range 5 {
		s.Want(t, 200, servertest.Call{Method: "GET", Path: fmt.Sprintf("/v1/db/notes?limit=%d&filter=stars%%3E1", n+1), Token: bob})
	}
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes?filter=stars%3E1", Token: s.Token(map[string]any{"sub": "ed", "role": "editor"})})
	ctx := enter(t, s, "en-US")
	run(t, ctx, "a request", "", browsertest.Visit(s.URL+"/console/#/logs?user=bob"), browsertest.Click(`//tr[contains(., "/v1/db/notes")]//a`), chromedp.WaitVisible(".panel .layers meter"), text(`@class="statements"`, "SELECT"))
	accessible(t, ctx, "logs-work")
	run(t, ctx, "its statement", "", browsertest.Click(".panel .statements a"), chromedp.WaitVisible(".costs tr.at"), text(`@class="panel"`, "notes"), chromedp.WaitVisible(`//div[@class="panel"]//h3[contains(., "How the database runs it")]/following-sibling::pre`))
	run(t, ctx, "an index would help", "", browsertest.Visit(s.URL+"/console/#/logs/statements"), browsertest.Click(`//tr[contains(., 'WHERE "stars" > ?') or contains(., 'WHERE ("stars" > ?)')]/th/a`), browsertest.Click(`//div[@class="panel"]//section[@class="advice" and contains(., "stars")]/p/a`), chromedp.Poll[chromedp.Void](`document.querySelector(".panel [name=index]")?.value === "stars"`), chromedp.NavigateBack(), chromedp.WaitVisible(".advice"))
	accessible(t, ctx, "statements")
	run(t, ctx, "by the count", "", browsertest.Click(`//th/a[contains(., "Runs")]`), chromedp.WaitVisible(`//th[@aria-sort="descending"]/a[contains(., "Runs")]`))
	german := enter(t, s, "de-DE")
	run(t, german, "in German", "statements-german", browsertest.Visit(s.URL+"/console/#/logs/statements"), text(`self::p`, "ohne die Werte"))
}
