//go:build browser

package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/servertest"
)

const (
	manyRows  = 1_000_000
	largePage = 50_000
)

// makeRows stands before a server and answers for one of its collections, which has a million documents: its pages are made when
// they are asked for, of some size or else of the one that is asked for.
func makeRows(t testing.TB, server string, size int, makeRow func(body []byte, n int) []byte) string {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(to))
	mux.HandleFunc("POST /v1/db/notes/query", func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			After string
			Limit int
			Count bool
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		first, _ := strconv.Atoi(asked.After)
		last := first + size
		if size == 0 || asked.Count {
			last = first + asked.Limit
		}
		last = min(last, manyRows)
		body := []byte(`{"items":[`)
		for n := first; n < last; n++ {
			if n > first {
				body = append(body, ',')
			}
			body = makeRow(body, n)
		}
		next := "null"
		if last < manyRows {
			next = strconv.Quote(strconv.Itoa(last))
		}
		_, _ = w.Write(fmt.Appendf(body, `],"next":%s,"total":%d}`, next, manyRows))
	})
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	return front.URL
}

// TestConsole_AMillionRows goes through a table of a million rows, to its middle and its end. What is drawn is what is in view, and
// while it is scrolled no row is made.
func TestConsole_AMillionRows(t *testing.T) {
	server := servertest.Start(t, `
databases: { main: { driver: memory } }
auth: { tokens: { algorithm: HS256, secret: "0123456789abcdef0123456789abcdef" } }
admin: { users: 'auth.role == "admin"' }
collections: { notes: { realtime: false, fields: { title: { type: string } }, rules: { read: 'false' } } }
`)
	s := servertest.At(t, makeRows(t, server.URL, largePage, func(body []byte, n int) []byte {
		return fmt.Appendf(body, `{"id":"n%06d","title":"Note %[1]d"}`, n)
	}), server.Path)
	ctx := enter(t, s, "en-US")
	run(t, ctx, "open it", "", browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible("[data-id=n000000]"), text(`@class="count"`, "1,000,000"))
	type drawn struct{ Loaded, Most, Cells, Made int }
	// A screen of 900 pixels has 28 rows, and some are drawn before and after them.
	const most = 60
	look := func(what, script string) (d drawn) {
		t.Helper()
		d, err := chromedp.Run(ctx, chromedp.Evaluate[drawn](`(async () => {
			const grid = document.querySelector(".grid"), rows = grid.querySelector(".rows"), frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
			let most = 0, made = 0;
			const watch = new MutationObserver((all) => {
				for (const one of all) made += one.addedNodes.length;
				most = Math.max(most, rows.children.length);
			});
			watch.observe(rows, { childList: true });
			`+script+`
			await frame();
			watch.disconnect();
			return { Loaded: Math.round(rows.clientHeight / rows.firstElementChild.offsetHeight), Most: Math.max(most, rows.children.length), Cells: grid.querySelectorAll("*").length, Made: made };
		})()`, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if d.Most > most || d.Most < 28 || d.Cells > 20*most {
			t.Errorf("%s: %d rows and %d elements are drawn of %d rows", what, d.Most, d.Cells, d.Loaded)
		}
		return d
	}
	load := func(share string) string {
		return `const all = ` + share + ` * rows.firstElementChild.offsetHeight; while (rows.clientHeight < all) { grid.scrollTop = rows.clientHeight; await frame(); } grid.scrollTop = all - grid.clientHeight / 2;`
	}
	look("the beginning", "")
	if d := look("to the middle", load("500000")); d.Loaded < manyRows/2 || d.Loaded == manyRows {
		t.Errorf("%d rows are loaded in the middle", d.Loaded)
	}
	run(t, ctx, "the middle", "million", chromedp.WaitVisible("[data-id=n499999]"), chromedp.WaitNotPresent("[data-id=n000000]"))
	if d := look("a screen after the other", `for (let n = 0; n < 40; n++) { grid.scrollTop += n % 3 === 2 ? -700 : 450; await frame(); }`); d.Made != 0 {
		t.Errorf("%d rows were made while it was scrolled", d.Made)
	}
	if d := look("to the end", load("1000000")); d.Loaded != manyRows {
		t.Errorf("%d rows are loaded at the end", d.Loaded)
	}
	run(t, ctx, "the end", "", chromedp.WaitVisible("[data-id=n999999]"))
	look("back to the beginning", `grid.scrollTop = 0; await frame();`)
	run(t, ctx, "the beginning again", "", chromedp.WaitVisible("[data-id=n000000]"), chromedp.WaitNotPresent("[data-id=n999999]"))
}
