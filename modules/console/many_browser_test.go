//go:build browser

package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/basalt-dev/basalt/examples/browsertest"

	"github.com/basalt-dev/basalt/rules/ruletest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// choose sets a select of the page, as a person does.
func choose(selector, value string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); })()`, selector, value))
}

func count(t *testing.T, s *servertest.Instance, admin, filter string) int {
	t.Helper()
	var page struct{ Total int }
	s.Want(t, 200, servertest.Call{Method: "GET", Path: "/v1/db/notes?limit=1&count=true&filter=" + filter, Token: admin}).Decode(t, &page)
	return page.Total
}

// TestConsole_Many changes and deletes documents that are chosen one by one, and all that a filter finds.
func TestConsole_Many(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	ctx := enter(t, s, "en-US")
	run(t, ctx, "choose two", "", browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible(cell("n000", "title")), browsertest.Click(`button[aria-label="Choose"]`),
		browsertest.Click(`[data-id="n000"] .choice`), browsertest.Click(`[data-id="n002"] .choice`), text(`@class="banner choosing"`, "2"))
	accessible(t, ctx, "many")
	run(t, ctx, "change a field of both", "", browsertest.Click(`//div[@class="banner choosing"]//button[contains(., "Change a field")]`), chromedp.WaitVisible(".panel select"), choose(".panel .field select", "stars"), retype(".panel [name=stars]", "9"), browsertest.Click(`.panel button[type=submit]`), chromedp.WaitVisible("#bulk-wrong"))
	accessible(t, ctx, "many-refused")
	if n := count(t, s, admin, "stars==9"); n != 0 {
		t.Errorf("%d documents have what does not fit", n)
	}
	run(t, ctx, "with a value that fits", "", retype(".panel [name=stars]", "5"), browsertest.Click(`.panel button[type=submit]`), chromedp.WaitNotPresent(".panel"), chromedp.WaitVisible(`//*[@data-id="n002"]//*[@data-field="stars"][contains(., "5")]`))
	run(t, ctx, "by the keyboard", "", chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-id="n001"] [data-field="id"]').focus()`), chromedp.KeyEvent("x"), text(`@class="banner choosing"`, "1"))
	run(t, ctx, "all that a filter finds", "", browsertest.Visit(s.URL+`/console/#/data/notes?filter=owner%20%3D%3D%20%22cleo%22`), chromedp.WaitNotPresent(cell("n000", "title")), browsertest.Click(`button[aria-label="Choose"]`), browsertest.Click(`//button[contains(., "that the filter finds (40)")]`),
		browsertest.Click(`//div[@class="banner choosing"]//button[contains(., "Delete")]`), text(`@class="panel"`, "40"))
	accessible(t, ctx, "many-delete")
	if n := count(t, s, admin, "true"); n != 120 {
		t.Errorf("there are %d documents before it is confirmed", n)
	}
	run(t, ctx, "confirm it", "", browsertest.Click(`.panel button[type=submit]`), text(`self::h2`, "No document matches"))
	if n, others := count(t, s, admin, "owner==%22cleo%22"), count(t, s, admin, "true"); n != 0 || others != 80 {
		t.Errorf("%d are left of 0, and %d of 80", n, others)
	}
}

// TestConsole_ManyUnderRules has an editor, whom the rules let change nothing, choose all and delete them.
func TestConsole_ManyUnderRules(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	ctx := enterAs(t, s, "en-US", map[string]any{"sub": "ed", "role": "editor"})
	run(t, ctx, "delete all", "", browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible(cell("n000", "title")), browsertest.Click(`button[aria-label="Choose"]`), browsertest.Click(`//button[contains(., "Choose all (120)")]`),
		browsertest.Click(`//div[@class="banner choosing"]//button[contains(., "Delete")]`), browsertest.Click(`.panel button[type=submit]`), text(`contains(@class, "toast")`, "Deleted: 0"))
	if n := count(t, s, admin, "true"); n != 120 {
		t.Errorf("%d documents are left", n)
	}
}

// TestConsole_Import makes documents of a CSV file that has quotes, line breaks, script, and rows that do not fit.
func TestConsole_Import(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	csv := "\ufeffTitle;Stars;DONE;Who;state\r\n" +
		"\"Buy \"\"good\"\" soil; now\r\nor later\";4;yes;ann;open\r\n" +
		strings.ReplaceAll(script, `"`, ``) + ";1;no;ann;draft\r\n" +
		"Too many stars;9;no;ann;open\r\n" + // which the server refuses
		"No such state;1;no;ann;lost\r\n" +
		";1;no;ann;open\r\n"
	ctx := enter(t, s, "en-US")
	run(t, ctx, "open a file", "", browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible(cell("n000", "title")), browsertest.Click(`button[aria-label="Import"]`), chromedp.WaitVisible(".panel input[type=file]"),
		chromedp.SetUploadFiles(".panel input[type=file]", []string{file("notes.csv", csv)}), text(`self::p`, "5 rows are in the file"), text(`self::p`, "2 do not fit"), choose(`.panel select[aria-label="Field: Who"]`, "owner"))
	accessible(t, ctx, "import")
	run(t, ctx, "import it", "", browsertest.Click(`.panel .actions .main`), text(`contains(@class, "outcome")`, "2 documents were made"), text(`@class="conditions wrongs"`, "stars: has to be at most 5"))
	accessible(t, ctx, "import-done")
	var page struct {
		Items []struct {
			Title, Owner, State string
			Stars               int
			Done                bool
		}
	}
	s.Want(t, 200, servertest.Call{Method: "GET", Path: `/v1/db/notes?filter=title+startsWith+%22Buy%22`, Token: admin}).Decode(t, &page)
	if len(page.Items) != 1 || page.Items[0].Title != "Buy \"good\" soil; now\r\nor later" || page.Items[0].Owner != "ann" || page.Items[0].Stars != 4 || !page.Items[0].Done || page.Items[0].State != "open" {
		t.Errorf("got %+v", page.Items)
	}
	var many []string
	for n := range 230 {
		many = append(many, fmt.Sprintf(`{"id":"m%03d","title":"Imported","stars":%d}`, n, n%6))
	}
	many[150] = `{"id":"n000","title":"Imported"}` // which is there already
	run(t, ctx, "JSON, with one that is there", "import-json", chromedp.SetUploadFiles(".panel input[type=file]", []string{file("notes.json", "["+strings.Join(many, ",")+"]")}), text(`self::p`, "230 rows are in the file"), browsertest.Click(`.panel .actions .main`), text(`contains(@class, "outcome")`, "229 documents were made, 1 do not fit"))
	if n := count(t, s, admin, "title==%22Imported%22"); n != 229 {
		t.Errorf("%d documents were made", n)
	}
	run(t, ctx, "what is no table", "", chromedp.SetUploadFiles(".panel input[type=file]", []string{file("bad.json", `[1, {"a":`)}), text(`@role="alert"`, "This is no CSV"))
}

// TestConsole_Export completes a filter, saves what it finds, and reads the file back as an import does: formulas, quotes and line
// breaks come back as they were.
func TestConsole_Export(t *testing.T) {
	s := servertest.Start(t, app)
	admin := fill(t, s)
	titles := []string{"=1+1", "'=quoted", `two "lines"` + "\nof, it", "-5 degrees", "plain"}
	for n, title := range titles {
		body, _ := json.Marshal(map[string]any{"id": fmt.Sprintf("x%d", n), "title": title, "owner": "zoe", "tags": []any{"a", 1}})
		s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/db/notes", Token: admin, Body: string(body)})
	}
	ctx := enter(t, s, "en-US")
	run(t, ctx, "complete a field, an operator and a value", "", browsertest.Visit(s.URL+"/console/#/data/notes"), chromedp.WaitVisible(cell("n000", "title")), chromedp.SendKeys("#filter", "stat"), text(`@id="filter-choices"`, "state"), chromedp.KeyEvent("\t"), chromedp.SendKeys("#filter", " "), text(`@id="filter-choices"`, "startsWith"), chromedp.KeyEvent("\t"), text(`@id="filter-choices"`, "draft"), chromedp.SendKeys("#filter", `"dr`), chromedp.KeyEvent("\t"), chromedp.Poll[chromedp.Void](`document.getElementById("filter").value === 'state == "draft"'`))
	run(t, ctx, "export what a filter finds", "", browsertest.Visit(s.URL+`/console/#/data/notes?filter=owner%20%3D%3D%20%22zoe%22`), chromedp.WaitVisible(cell("x0", "title")), browsertest.Click(`button[aria-label="Export"]`), chromedp.WaitVisible(".panel select"))
	accessible(t, ctx, "export")
	save := func(format string) string {
		t.Helper()
		run(t, ctx, format, "", choose(".panel select", format), chromedp.Evaluate[chromedp.Void](`window.saved = ""; URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text; }); return "blob:none"; }; HTMLAnchorElement.prototype.click = function () { window.file = this.download; }; 0`), browsertest.Click(`.panel .actions .main`), chromedp.Poll[chromedp.Void](`window.saved !== ""`), text(`self::p`, "5 rows"))
		saved, err := chromedp.Run(ctx, chromedp.Evaluate[string](`window.file + "\n" + window.saved`))
		if err != nil || !strings.HasPrefix(saved, "notes."+format+"\n") {
			t.Fatalf("%v: %.100q", err, saved)
		}
		return strings.TrimPrefix(saved, "notes."+format+"\n")
	}
	var items []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(save("json")), &items); err != nil || len(items) != len(titles) || items[0].Title != titles[0] {
		t.Errorf("JSON: %v, %v", items, err)
	}
	if lines := strings.Split(strings.TrimSpace(save("ndjson")), "\n"); len(lines) != len(titles) {
		t.Errorf("NDJSON: %q", lines)
	}
	csv := save("csv")
	if strings.Contains(csv, ",=1+1") || !strings.Contains(csv, ",'=1+1,") {
		t.Errorf("a formula is in %q", csv)
	}
	file := filepath.Join(t.TempDir(), "notes.csv")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(csv, "\nx", "\ny")), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, "import it", "", browsertest.Click(`button[aria-label="Import"]`), chromedp.WaitVisible(".panel input[type=file]"), chromedp.SetUploadFiles(".panel input[type=file]", []string{file}), text(`self::p`, "5 rows are in the file"), browsertest.Click(`.panel .actions .main`), text(`contains(@class, "outcome")`, "5 documents were made"))
	for n, title := range titles {
		var note struct{ Title string }
		s.Want(t, 200, servertest.Call{Method: "GET", Path: fmt.Sprintf("/v1/db/notes/y%d", n), Token: admin}).Decode(t, &note)
		if note.Title != title {
			t.Errorf("%q has become %q", title, note.Title)
		}
	}
}

// TestConsole_SaveAsTest takes the file that the matrix makes, and runs it: with the rules as they are it holds, and with
// another rule it does not.
func TestConsole_SaveAsTest(t *testing.T) {
	s := servertest.Start(t, app)
	fill(t, s)
	ctx := enter(t, s, "en-US")
	for _, op := range []string{"read", "update", "delete", "create"} {
		run(t, ctx, op, "", browsertest.Visit(s.URL+"/console/#/rules/notes?op="+op), chromedp.WaitVisible(".verdict-cell"), browsertest.Click(`//button[contains(., "Save as test")]`), chromedp.WaitVisible(".panel pre"))
		if op == "read" {
			accessible(t, ctx, "save-as-test")
		}
		file, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".panel pre").textContent`))
		if err != nil {
			t.Fatal(err)
		}
		problems := func(config string) int {
			dir := t.TempDir()
			for name, content := range map[string]string{"basalt.yaml": config, "rules.test.yaml": file} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			report, err := ruletest.Run(context.Background(), filepath.Join(dir, "rules.test.yaml"), offline.OpenRuleTests)
			if err != nil {
				t.Fatalf("%s: %v\n%s", op, err, file)
			}
			failed := 0
			for _, r := range report.Results {
				if r.Failure != "" {
					failed++
					t.Logf("%s: %s: %s", op, r.Name, r.Failure)
				}
			}
			if len(report.Results) == 0 {
				t.Errorf("%s: nothing was tried of\n%s", op, file)
			}
			return failed
		}
		if n := problems(app); n != 0 {
			t.Errorf("%s: %d tests fail of\n%s", op, n, file)
		}
		other := strings.NewReplacer(`doc.owner == auth.id || auth.role == "editor"`, `auth.role == "editor"`, `update: 'doc.owner == auth.id'`, `update: 'true'`, `delete: 'doc.owner == auth.id'`, `delete: 'true'`, `create: 'auth != nil'`, `create: 'true'`).Replace(app)
		if problems(other) == 0 {
			t.Errorf("%s: with another rule all of it holds", op)
		}
	}
}
