package supabase_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// What an answer may hold and what is written are bounded, however little is read for it.
func TestREST_Budgets(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, strings.Replace(config, "  locked:\n", "  limited:\n    limits: { create: { rate: 3/1h }, update: { rate: 2/1h } }\n    fields: { x: { type: int } }\n    rules: { read: \"true\", create: \"true\", update: \"true\" }\n  locked:\n", 1)+"\nlimits: { answer: 64KiB, documents: 60 }\n")
	text := strings.Repeat("x", 10_000)
	var notes, comments []string
	for i := range 40 {
		notes = append(notes, fmt.Sprintf(`{"id":"n%d","owner":"all","author":"p","editor":"p","title":"t","data":{"a":[1]}}`, i))
		comments = append(comments, fmt.Sprintf(`{"id":"c%d","note":"n%d","text":"t"}`, i, i))
	}
	for _, made := range [][2]string{{"people", `{"id":"p","name":"` + text + `"}`}, {"notes", "[" + strings.Join(notes, ",") + "]"}, {"comments", "[" + strings.Join(comments, ",") + "]"}} {
		scenario{who: "service", method: "POST", path: "/rest/v1/" + made[0], body: made[1], status: 201}.run(t, s)
	}
	again := func(n int, item string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf("c%d:%s", i, item)
		}
		return url.QueryEscape(strings.Join(parts, ","))
	}
	tooLarge := []string{`"54000"`, "limits.answer"}
	for _, c := range []scenario{
		{path: "/rest/v1/notes?select=id,author(name)&limit=5", status: 200},
		{path: "/rest/v1/notes?select=id,author(name)&limit=30", status: 422, has: tooLarge},
		{path: "/rest/v1/notes?select=id,...author(name)&limit=30", status: 422, has: tooLarge},
		{path: "/rest/v1/notes?select=id,author(name)&limit=30", header: map[string]string{"Accept": "text/csv"}, status: 422, has: tooLarge},
		{path: "/rest/v1/people?select=" + again(20, "name"), status: 422, has: tooLarge},
		{path: "/rest/v1/people?select=" + again(20, "name") + "&id=eq.p", header: map[string]string{"Accept": "application/vnd.pgrst.object+json"}, status: 422, has: tooLarge},
		{path: "/rest/v1/notes?select=id,comments(id)", status: 200},
		{path: "/rest/v1/notes?select=id,comments(id),author(id),x:author(id)", status: 200},
		{path: "/rest/v1/notes?select=id,comments(id,note(comments(id)))", status: 422, has: []string{`"54000"`, "limits.documents"}},
		// Figures that a rule refuses have no row.
		{path: "/rest/v1/locked?select=count()", header: map[string]string{"Accept": "application/vnd.pgrst.object+json"}, status: 406, has: []string{"PGRST116"}},
		// What is made counts as made, and what is changed as changed.
		{method: "POST", path: "/rest/v1/limited", body: `[{"id":"a","x":1},{"id":"b","x":1}]`, status: 201},
		{method: "POST", path: "/rest/v1/limited", body: `[{"id":"c"},{"id":"d"}]`, status: 429, has: []string{"over_request_rate_limit"}},
		{method: "POST", path: "/rest/v1/limited", header: prefer("resolution=merge-duplicates"), body: `[{"id":"a","x":2},{"id":"b","x":2}]`, status: 204},
		{method: "POST", path: "/rest/v1/limited", header: prefer("resolution=merge-duplicates"), body: `[{"id":"a","x":3}]`, status: 429},
		{path: "/rest/v1/limited?select=x&id=eq.a", status: 200, want: `[{"x":2}]`},
	} {
		c.run(t, s)
	}
}
