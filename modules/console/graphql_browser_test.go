//go:build browser

package console_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/basalt-dev/basalt/examples/browsertest"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestConsole_GraphQL writes and runs operations beside the schema, as an administrator, as an account and as an anonymous caller.
func TestConsole_GraphQL(t *testing.T) {
	s := servertest.Start(t, app+"graphql: {}\n")
	admin := fill(t, s)
	var ann struct{ User struct{ ID string } }
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`}).Decode(t, &ann)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: fmt.Sprintf(`{"id":"anns","owner":%q,"title":"For Ann alone","pin":"0000"}`, ann.User.ID)})
	ctx := enter(t, s, "en-US")
	play := browsertest.Click(`//button[contains(., "Run") and not(contains(., "as"))]`)
	outcome := func(status string) chromedp.Action[chromedp.Void] { return text(`contains(@class, "outcome")`, status) }
	written := func(field, value string) chromedp.Action[chromedp.Void] {
		return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const area = document.querySelectorAll(".trial textarea")[%s]; area.value = %q; area.dispatchEvent(new Event("input", {bubbles: true})); })()`, field, value))
	}
	run(t, ctx, "the schema", "", browsertest.Click(`nav a[href="#/graphql"]`), chromedp.WaitVisible(`//code[text()="notes_by_pk"]`), chromedp.SendKeys(".trial input", "notes_agg"), chromedp.WaitNotPresent(`//code[text()="notes_by_pk"]`))
	run(t, ctx, "a template", "", browsertest.Click(`//button[contains(@aria-label, "notes_aggregate")]`), play, outcome("200"), text(`self::pre`, `"count"`))
	run(t, ctx, "a list with variables", "", browsertest.Click(`//a[@role="tab" and text()="query"]`), chromedp.SendKeys(".trial input", kb.Backspace), written("0", `query($n: Int!) { notes(limit: $n, order_by: {id: asc}) { id title } }`), written("1", `{"n": 1}`), play, outcome("200"), text(`self::pre`, `"id": "anns"`))
	accessible(t, ctx, "graphql")
	run(t, ctx, "a type", "", browsertest.Click(`//a[text()="[notes_order_by!]"]`), chromedp.WaitVisible(`//h3[contains(., "notes_order_by")]`), browsertest.Click(`//a[text()="order_by"]`), chromedp.WaitVisible(`//code[text()="desc_nulls_last"]`))
	run(t, ctx, "what is wrong", "", written("0", `{ nothing }`), written("1", ``), play, outcome("400"), text(`self::pre`, "Cannot query field"))
	run(t, ctx, "variables that are not JSON", "", written("1", `{`), play, chromedp.WaitVisible(".trial .problem"), written("1", ""))
	run(t, ctx, "as an account", "", written("0", `{ notes { title } }`), browsertest.Click(`//button[contains(., "Yourself")]`), browsertest.Click(`//div[@class="panel"]//button[contains(., "ann@example.com")]`), chromedp.WaitVisible(`//button[contains(., "ann@example.com")]`), play, outcome("200"), text(`self::pre`, "For Ann alone"), chromedp.WaitNotPresent(`//pre[contains(., "Note 0")]`))
	run(t, ctx, "live", "", written("0", `subscription { notes { title } }`), play, outcome("200"), text(`self::pre`, "For Ann alone"))
	s.Want(t, 200, servertest.Call{Method: "PATCH", Path: "/v1/db/notes/anns", Token: admin, Body: `{"title":"Changed meanwhile"}`})
	run(t, ctx, "what another changes", "graphql-live", text(`self::pre`, "Changed meanwhile"), browsertest.Click(`//button[contains(., "Stop")]`))
	run(t, ctx, "as an anonymous caller", "", written("0", `{ notes { title } }`), browsertest.Click(`//button[contains(., "ann@example.com")]`), browsertest.Click(`//div[@class="panel"]//li/button[contains(., "Not signed in")]`), play, outcome("200"), chromedp.WaitNotPresent(`//pre[contains(., "Changed meanwhile")]`))
	german := enter(t, s, "de-DE")
	run(t, german, "in German", "", browsertest.Visit(s.URL+"/console/#/graphql"), text(`self::span`, "Variablen"))
	without := servertest.Start(t, app)
	fill(t, without)
	plain := enter(t, without, "en-US")
	run(t, plain, "without the section", "", chromedp.WaitVisible(`nav a[href="#/api"]`), chromedp.WaitNotPresent(`nav a[href="#/graphql"]`))
}
