package server_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// described is what the tests read of /openapi.json.
type described struct {
	Paths map[string]map[string]struct {
		RequestBody struct {
			Content map[string]struct {
				Schema struct{ Properties map[string]any }
			}
		}
		Parameters []struct{ In, Name string }
		Security   []map[string][]string
	}
}

func openAPIOf(t *testing.T) (d described) {
	t.Helper()
	s := servertest.Start(t, notes+`
services: { billing: { driver: http, url: "http://127.0.0.1:1", secret: whsec, functions: { charge: { rule: 'true', params: {} } } } }
events: { ping: { rule: 'true', params: {}, url: "http://127.0.0.1:1", secret: whsec } }
channels: { "room:{id}": { subscribe: 'true', publish: 'true' } }
`)
	s.Want(t, 200, call{Method: "GET", Path: "/openapi.json"}).Decode(t, &d)
	return d
}

// TestOpenAPI_HasEveryRoute compares the description with the table of routes.
func TestOpenAPI_HasEveryRoute(t *testing.T) {
	t.Parallel()
	d := openAPIOf(t)
	names := strings.NewReplacer("/db/:collection", "/db/notes", "/fn/:service/:function", "/fn/billing/charge", ":channel", "{channel}", ":provider", "{provider}", ":id", "{id}", ":session", "{session}")
	for _, r := range everyTemplate(t) {
		path := names.Replace(r.Path)
		switch {
		case path == "/healthz", path == "/readyz", path == "/metrics", path == "/openapi.json", path == "/v1/sdk.js", path == "/.well-known/jwks.json", strings.HasPrefix(path, "/docs"), strings.Contains(path, "/pprof"):
			continue // what everyone expects, pages, and profiles
		}
		operation, ok := d.Paths[path][strings.ToLower(r.Method)]
		if !ok {
			t.Errorf("%s %s is not described", r.Method, path)
			continue
		}
		if admin := strings.HasPrefix(path, "/v1/admin/"); admin != (len(operation.Security) == 1) {
			t.Errorf("%s %s: the description says that it takes %v", r.Method, path, operation.Security)
		}
		if strings.Contains(path, "{id}") && len(operation.Parameters) == 0 {
			t.Errorf("%s %s: the description has no parameter id", r.Method, path)
		}
	}
}

// TestOpenAPI_TakesWhatItDescribes sends each name that is described, and one that is not: the server refuses the latter
// alone by its name.
func TestOpenAPI_TakesWhatItDescribes(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, func(config string) string { return config })
	var d described
	w.Want(t, 200, call{Method: "GET", Path: "/openapi.json"}).Decode(t, &d)
	tried := 0
	for path, operations := range d.Paths {
		if !strings.HasPrefix(path, "/v1/auth/") && !strings.HasPrefix(path, "/v1/admin/") || path == "/v1/admin/explain" {
			continue // package crud reads the question of explain, up to the first mistake
		}
		for method, o := range operations {
			takes := o.RequestBody.Content["application/json"].Schema.Properties
			if len(takes) == 0 {
				continue
			}
			tried++
			body := map[string]any{"no_such_name": "x"}
			for name := range takes {
				body[name] = "x"
			}
			a := w.Do(t, call{Method: strings.ToUpper(method), Path: strings.ReplaceAll(path, "{id}", "x"), Token: "admin-key-admin-key", Body: body})
			if a.Status != 422 || !strings.Contains(a.Body, `"no_such_name"`) {
				t.Errorf("%s %s: got %d %s", method, path, a.Status, a.Body)
			}
			for name := range takes {
				if strings.Contains(a.Body, `{"field":"`+name+`","code":"unknown_name"`) {
					t.Errorf("%s %s does not take %s: %s", method, path, name, a.Body)
				}
			}
		}
	}
	if tried < 20 {
		t.Errorf("%d calls with a body are described", tried)
	}
}
