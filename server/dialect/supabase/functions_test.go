package supabase_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// A function of a service is called by rpc and by functions.invoke, under its rule.
func TestFunctions_AreCalledBothWays(t *testing.T) {
	t.Parallel()
	worker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"sent":%d}`, min(len(body), 1))
	}))
	t.Cleanup(worker.Close)
	s := servertest.Start(t, config+fmt.Sprintf(`
services:
  math: { driver: http, url: %q, secret: whsec, functions: { add: { rule: 'auth != nil', params: { a: { type: int, required: true }, note: { type: string } } }, twice: { rule: "true" } } }
  more: { driver: http, url: %q, secret: whsec, functions: { twice: { rule: "true" } } }
`, worker.URL, worker.URL))
	for _, c := range []scenario{
		{who: "ann", method: "POST", path: "/rest/v1/rpc/add", body: `{"a":1}`, status: 200, want: `{"sent":1}`},
		{who: "ann", path: "/rest/v1/rpc/add?a=1&note=7", status: 200, want: `{"sent":1}`},
		{who: "ann", method: "POST", path: "/rest/v1/rpc/math.add", body: `{"a":1}`, status: 200, want: `{"sent":1}`},
		{who: "ann", method: "POST", path: "/rest/v1/rpc/add", body: `{"a":"one"}`, status: 400, has: []string{`"22023"`}},
		{method: "POST", path: "/rest/v1/rpc/add", body: `{"a":1}`, status: 401, has: []string{`"42501"`}},
		{method: "POST", path: "/rest/v1/rpc/twice", body: `{}`, status: 300, has: []string{`"PGRST203"`, "math.twice, more.twice"}},
		{method: "POST", path: "/rest/v1/rpc/ad", body: `{"b":1,"a":2}`, status: 404, has: []string{`"PGRST202"`, `function public.ad(a, b) in the schema cache`, `with parameters a, b or with`, `Perhaps you meant to call the function public.add"`}},
		{path: "/rest/v1/rpc/adds?x=1&select=y", status: 404, has: []string{`public.adds with parameter x or with`, `Perhaps you meant to call the function public.add"`}},
		{path: "/rest/v1/rpc/nothing_like_it", status: 404, has: []string{`public.nothing_like_it without parameters`, `"hint":null`}},
		{method: "POST", path: "/rest/v1/rpc/more.twice", body: `{}`, status: 200},
		{who: "ann", method: "POST", path: "/functions/v1/add", body: `{"a":1}`, status: 200, want: `{"sent":1}`, answered: map[string]string{"Content-Type": "application/json", "X-Relay-Error": ""}},
		{method: "POST", path: "/functions/v1/add", body: `{"a":1}`, status: 401},
		{who: "ann", method: "POST", path: "/functions/v1/add", body: `[1]`, status: 400},
		{who: "ann", method: "POST", path: "/functions/v1/nothing", body: `{}`, status: 404},
	} {
		c.run(t, s)
	}
	worker.Close()
	scenario{who: "ann", method: "POST", path: "/functions/v1/add", body: `{"a":1}`, status: 503, answered: map[string]string{"X-Relay-Error": "true"}}.run(t, s)
}
