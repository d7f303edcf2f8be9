//go:build browser

package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// shop has what the pages of the schema, of functions and of schedules show.
const shop = `# a shop
databases: { main: { driver: sqlite, url: "file:%s/data.db" } }
auth: { tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" }, providers: { password: { min_length: 8 } } }
admin: { users: 'auth.role == "admin"' }
console: { edit: %t }
services:
  bills: { driver: http, url: %q, functions: { charge: { rule: 'auth != nil && amount < 1000', params: { amount: { type: int, required: true, min: 1 }, currency: { type: string, enum: [EUR, USD], default: EUR }, express: { type: bool }, lines: { type: json } } }, ping: {} } }
events:
  nightly: { schedule: "0 3 * * *", timezone: Europe/Berlin, call: bills.ping }
collections:
  # who buys
  customers:
    fields:
      name:  { type: string, required: true }   # as on the invoice
      email: { type: string, unique: true }
    rules: { read: 'auth != nil' }
  orders:
    fields:
      customer: { type: ref, to: customers }
      total:    { type: decimal, default: 0 }
      state:    { type: string, enum: [open, paid], default: open }
    indexes:
      - { fields: [customer, -total] }
    rules: { read: 'doc.state == "open" || auth.role == "seller"', create: 'auth != nil' }
  lines:
    fields:
      order:   { type: ref, to: orders, on_delete: cascade }
      product: { type: ref, to: products }
      count:   { type: int, default: 1 }
    rules: { read: 'auth != nil' }
  products:
    fields:
      title: { type: string, required: true }
      price: { type: decimal }
    rules: { read: 'true' }
`

func startShop(t *testing.T, edit bool) *servertest.Instance {
	t.Helper()
	bills := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"paid":true,"note":"`+strings.ReplaceAll(script, `"`, "'")+`"}`)
	}))
	t.Cleanup(bills.Close)
	return servertest.Start(t, fmt.Sprintf(shop, t.TempDir(), edit, bills.URL))
}

// TestConsole_Schema adds a field, renames one, and adds an index and a collection: basalt.yaml has them, with its comments, and
// the server runs with it.
func TestConsole_Schema(t *testing.T) {
	s := startShop(t, true)
	admin := s.Token(map[string]any{"sub": "root", "role": "admin"})
	ctx := enter(t, s, "en-US")
	write := chromedp.Steps(chromedp.WaitVisible(".diff .plus"), browsertest.Click(`//button[contains(., "Write basalt.yaml") and not(@disabled)]`), chromedp.WaitNotPresent(".diff"))
	run(t, ctx, "the diagram", "", browsertest.Click(`nav a[href="#/schema"]`), chromedp.WaitVisible(".diagram path"))
	accessible(t, ctx, "schema")
	run(t, ctx, "a collection", "schema-collection", browsertest.Click(`.diagram a[href="#/schema/customers"]`), text(`self::b`, "email"))
	browsertest.Accessible(t, ctx, "schema-collection")
	run(t, ctx, "a field", "", browsertest.Click(`//button[contains(., "Field")]`), chromedp.WaitVisible(".panel [name=name]:focus"), chromedp.SendKeys(".panel [name=name]", "vip"), choose(".panel [name=type]", "bool"), retype(".panel [name=default]", "false"))
	browsertest.Accessible(t, ctx, "schema-field")
	run(t, ctx, "its difference", "", browsertest.Click(`.panel .actions .main`), text(`@class="plus"`, "vip:"), text(`self::pre`, "ALTER TABLE"))
	accessible(t, ctx, "schema-difference")
	run(t, ctx, "is written", "", write)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/customers", Token: admin, Body: `{"id":"c1","name":"Ada","vip":true}`})
	run(t, ctx, "another name", "", browsertest.Click(`.diagram a[href="#/schema/customers"]`), browsertest.Click(`//ul[contains(@class, "fields")]//button[contains(., "name")]`), chromedp.WaitVisible(`.panel [name=name]:focus`), retype(".panel [name=name]", "title"), browsertest.Click(`.panel .actions .main`), text(`@class="plus"`, "was: name"), write)
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/customers/c1?select=title", Token: admin})
	run(t, ctx, "an index", "", browsertest.Click(`.diagram a[href="#/schema/orders"]`), chromedp.WaitVisible(`[role=dialog][aria-label=orders]:focus`), chromedp.WaitVisible(".panel [name=index]"), chromedp.SendKeys(".panel [name=index]", "state, -total\n"), text(`@class="plus"`, "[state, -total]"), write)
	run(t, ctx, "a collection more", "", browsertest.Click(`//header//button[contains(., "Collection")]`), chromedp.WaitVisible(".panel [name=name]:focus"), chromedp.SendKeys(".panel [name=name]", "reviews"), browsertest.Click(`.panel .actions .main`), text(`@class="plus"`, "reviews:"), write, chromedp.WaitVisible(`nav a[href="#/data/reviews"]`))
	run(t, ctx, "what does not load is said, and not written", "", browsertest.Click(`.diagram a[href="#/schema/products"]`), chromedp.WaitVisible(`[role=dialog][aria-label=products]`), browsertest.Click(`//button[contains(., "Field")]`), chromedp.WaitVisible(".panel [name=name]:focus"), chromedp.SendKeys(".panel [name=name]", "sort"), chromedp.SendKeys(".panel [name=pattern]", "(["), browsertest.Click(`.panel .actions .main`), chromedp.WaitVisible(`.panel .findings .wrong`), chromedp.WaitVisible(`//button[contains(., "Write basalt.yaml") and @disabled]`))
	browsertest.Accessible(t, ctx, "schema-wrong")
	run(t, ctx, "a rule", "", browsertest.Click(`//button[contains(., "Discard")]`), browsertest.Visit(s.URL+"/console/#/rules/products"), retype("#rule", "auth != nil"), browsertest.Click(`//button[contains(., "Into basalt.yaml")]`), write)
	s.Want(t, 401, servertest.Call{Method: "GET", Path: "/v1/db/products"})
	got, err := os.ReadFile(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# a shop\n", "  # who buys\n", "      title: { type: string, required: true, was: name }   # as on the invoice\n", "      vip:   { type: bool, default: false }\n", "      - { fields: [state, -total] }\n", "  reviews:\n    fields:\n      title: { type: string }\n    rules:\n      read: 'auth != nil'\n", "rules: { read: 'auth != nil' }"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("it does not have %q:\n%s", want, got)
		}
	}
}

// TestConsole_SchemaIsOnlyShown where the file may not be written.
func TestConsole_SchemaIsOnlyShown(t *testing.T) {
	s := startShop(t, false)
	ctx := enter(t, s, "de-DE")
	run(t, ctx, "the difference alone", "schema-german", browsertest.Visit(s.URL+"/console/#/schema/products"), browsertest.Click(`//button[contains(., "Feld")]`), chromedp.WaitVisible(".panel [name=name]:focus"), chromedp.SendKeys(".panel [name=name]", "sort"), browsertest.Click(`.panel .actions .main`), text(`@class="plus"`, "sort:"), text(`@class="note"`, "console: { edit: true }"), chromedp.WaitNotPresent(`//button[contains(., "basalt.yaml schreiben")]`))
}

// TestConsole_Functions calls a function by its form, as oneself, with what its schema and its rule refuse, and as JSON.
func TestConsole_Functions(t *testing.T) {
	s := startShop(t, false)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"ann@example.com","password":"correct horse battery"}`})
	ctx := enter(t, s, "en-US")
	play, outcome := browsertest.Click(`.trial .actions .main`), func(status string) chromedp.Action[chromedp.Void] { return text(`contains(@class, "outcome")`, status) }
	run(t, ctx, "the form", "", browsertest.Click(`nav a[href="#/functions"]`), chromedp.WaitVisible(`.trial [name=amount]`), chromedp.WaitVisible(`.trial select[name=currency]`))
	run(t, ctx, "what the schema refuses stands at its field", "", chromedp.SendKeys(`.trial [name=amount]`, "0"), play, outcome("422"), chromedp.WaitVisible(`#p-amount-wrong`))
	run(t, ctx, "a call", "", retype(`.trial [name=amount]`, "5"), chromedp.SendKeys(`.trial [name=lines]`, `[{"a":1}]`), play, outcome("200"), text(`self::pre`, `"paid": true`))
	accessible(t, ctx, "functions-called")
	run(t, ctx, "as JSON", "functions-json", browsertest.Click(`//button[@role="tab" and text()="JSON"]`), chromedp.WaitVisible(`.trial [name=raw]`), play, outcome("200"))
	if raw, err := chromedp.Run(ctx, chromedp.Evaluate[string](`JSON.stringify(JSON.parse(document.querySelector(".trial [name=raw]").value))`)); err != nil || raw != `{"amount":5,"currency":"EUR","lines":[{"a":1}]}` {
		t.Errorf("got %s, %v", raw, err)
	}
	run(t, ctx, "as someone who is not signed in", "", chromedp.Evaluate[chromedp.Void](`location.hash = "#/functions/bills.charge?as=anonymous"`), chromedp.WaitVisible(`//button[contains(., "Not signed in")]`), play, outcome("401"))
	run(t, ctx, "as an account, which the rule refuses", "functions-refused", browsertest.Click(`//button[contains(., "Not signed in")]`), browsertest.Click(`//div[@class="panel"]//button[contains(., "ann@example.com")]`), chromedp.WaitVisible(`//button[contains(., "ann@example.com")]`), retype(`.trial [name=raw]`, `{"amount":5000}`), play, outcome("403"))
	run(t, ctx, "one without parameters", "", browsertest.Visit(s.URL+"/console/#/functions/bills.ping"), text(`@class="note"`, "takes no parameters"))
	run(t, ctx, "schedules", "", browsertest.Visit(s.URL+"/console/#/events?state=schedules"), text(`self::th`, "nightly"), chromedp.WaitVisible("td li time"))
	accessible(t, ctx, "schedules")
}

// TestConsole_Changes watches what is written, and by whom.
func TestConsole_Changes(t *testing.T) {
	s := startShop(t, false)
	admin := s.Token(map[string]any{"sub": "root", "role": "admin"})
	ctx := enter(t, s, "en-US")
	run(t, ctx, "nothing yet", "changes-none", browsertest.Click(`nav a[href="#/live"]`), browsertest.Click(`a[href="#/live/changes"]`), chromedp.WaitVisible(".empty"))
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/products", Token: admin, Body: `{"id":"p1","title":"Seeds"}`})
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/orders", Token: s.Token(map[string]any{"sub": "ann"}), Body: `{"id":"o1"}`})
	run(t, ctx, "two changes", "", text(`self::a`, "products / p1"), text(`self::a`, "orders / o1"), text(`self::td`, "ann"))
	accessible(t, ctx, "changes")
	run(t, ctx, "of one collection", "", choose(`.list select`, "orders"), chromedp.WaitNotPresent(`//a[contains(., "products / p1")]`), text(`self::a`, "orders / o1"))
}

// TestConsole_Coverage marks what the documents and callers of the table have not reached in a rule.
func TestConsole_Coverage(t *testing.T) {
	s := startShop(t, false)
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/orders", Token: s.Token(map[string]any{"sub": "root", "role": "admin"}), Body: `[{"id":"o1"},{"id":"o2"}]`})
	ctx := enter(t, s, "en-US")
	run(t, ctx, "never false, and never reached", "", browsertest.Visit(s.URL+"/console/#/rules/orders"), text(`self::mark[@class="yes"]`, `doc.state == "open"`), text(`self::mark[@class="none"]`, `auth.role == "seller"`))
	accessible(t, ctx, "coverage")
	run(t, ctx, "once there is a document for it", "", retype("#rule", `doc.state == "paid" || doc.id == "o1"`), text(`self::mark[@class="no"]`, `doc.state == "paid"`), text(`self::mark[@class="both"]`, `doc.id == "o1"`))
}

// TestConsole_TestsOfRules runs the file beside the configuration, marks what its tests reach, and says which fail with another rule.
func TestConsole_TestsOfRules(t *testing.T) {
	s := startShop(t, false)
	ctx := enter(t, s, "en-US")
	play := browsertest.Click(`//section[contains(., "Tests of the rules")]//button[contains(., "Run")]`)
	run(t, ctx, "there is no file", "", browsertest.Visit(s.URL+"/console/#/rules/orders"), chromedp.WaitVisible(".fine"), play, text(`@role="alert"`, "there is no rules.test.yaml"))
	tests := `
fixtures: { orders: [{ id: a, state: open }, { id: b, state: paid }] }
tests:
  - { as: { sub: ann }, read: orders, visible: [a] }
  - { as: { sub: sue, role: seller }, read: orders, visible: [a, b] }
  - { as: { sub: ann }, create: orders, doc: { id: c }, expect: allow }
expected: ["an anonymous caller may read orders"]
`
	if err := os.WriteFile(filepath.Join(filepath.Dir(s.Path), "rules.test.yaml"), []byte(tests), 0o600); err != nil {
		t.Fatal(err)
	}
	mark := func(class, source string) chromedp.Action[chromedp.Void] {
		return chromedp.WaitVisible(fmt.Sprintf(`//pre[@aria-label="What the tests cover"]/mark[@class=%q and contains(., '%s')]`, class, source))
	}
	run(t, ctx, "it passes", "", play, text(`contains(@class, "outcome")`, "Passed: 3, failed: 0"), mark("both", `doc.state == "open"`), mark("both", `auth.role == "seller"`))
	accessible(t, ctx, "rules-tests")
	run(t, ctx, "with another rule it does not", "", retype("#rule", `doc.state == "paid"`), chromedp.WaitVisible(".fine"), play, text(`contains(@class, "outcome")`, "failed:"), chromedp.WaitVisible(".wrongs li"), mark("both", `doc.state == "paid"`))
	accessible(t, ctx, "rules-tests-failed")
	other := filepath.Join(t.TempDir(), "other.test.yaml")
	if err := os.WriteFile(other, []byte(strings.Replace(tests, "{ id: b, state: paid }", "{ id: b, state: open, total: 1 }", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, "another file", "", chromedp.SetUploadFiles(`.matrix input[type=file]`, []string{other}), play, mark("no", `doc.state == "paid"`))
}

// TestConsole_ImportIsTried on the server, which says what it would refuse, and makes nothing.
func TestConsole_ImportIsTried(t *testing.T) {
	s := startShop(t, false)
	admin := s.Token(map[string]any{"sub": "root", "role": "admin"})
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/customers", Token: admin, Body: `{"name":"Ada","email":"ada@example.com"}`})
	path := t.TempDir() + "/customers.csv"
	if err := os.WriteFile(path, []byte("name,email\nBob,bob@example.com\nAda again,ada@example.com\nCleo,cleo@example.com\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx := enter(t, s, "en-US")
	run(t, ctx, "try a file", "import-tried", browsertest.Visit(s.URL+"/console/#/data/customers"), chromedp.WaitVisible(".row"), browsertest.Click(`button[aria-label="Import"]`), chromedp.WaitVisible(".panel input[type=file]"), chromedp.SetUploadFiles(".panel input[type=file]", []string{path}),
		browsertest.Click(`//button[contains(., "Try on the server")]`), text(`contains(@class, "outcome")`, "would take: 2, 1 do not fit"), text(`@class="conditions wrongs"`, "email"))
	var page struct{ Total int }
	if s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/customers?count=true", Token: admin}).Decode(t, &page); page.Total != 1 {
		t.Errorf("there are %d", page.Total)
	}
	run(t, ctx, "and make what it takes", "", browsertest.Click(`.panel .actions .main`), text(`contains(@class, "outcome")`, "2 documents were made"))
}
