package server_test

import (
	"bytes"
	"compress/gzip"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// compressed returns a text as gzip.
func compressed(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// everyTemplate returns the method and the path of each route in the table of the server.
func everyTemplate(t *testing.T) (calls []call) {
	t.Helper()
	pattern := regexp.MustCompile(`(?:app\.|router\.|method: http\.Method)(Get|Post|Put|Patch|Delete)(?:\(|, path: )"(/[^"]*)"`)
	for _, name := range []string{"routes.go", "routesauth.go", "handler.go", "status.go"} {
		source, err := os.ReadFile(filepath.Join("api", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pattern.FindAllStringSubmatch(string(source), -1) {
			calls = append(calls, call{Method: strings.ToUpper(m[1]), Path: m[2]})
		}
	}
	if len(calls) < 60 {
		t.Fatalf("the table of routes has %d", len(calls))
	}
	return calls
}

// everyRoute returns a call for each route in the table of the server.
func everyRoute(t *testing.T) []call {
	t.Helper()
	names := strings.NewReplacer(":collection", "notes", ":channel", "hall", ":service", "none", ":function", "none", ":provider", "google", ":id", "x")
	calls := everyTemplate(t)
	for i := range calls {
		calls[i].Path = names.Replace(calls[i].Path)
	}
	return calls
}

// allocated returns how many bytes this process, which is the server and its client, has allocated since it began.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// TestBodies_ThatGrowWhenDecoded sends bombs to every route: refused, by a code, and for no more memory than a body
// may have.
func TestBodies_ThatGrowWhenDecoded(t *testing.T) {
	s := servertest.Start(t, notes)
	large := `{"email":"a@example.com","password":"` + strings.Repeat("a", 32<<20) + `"}`
	once := compressed(t, large)
	twice := compressed(t, once)
	turn := 0
	for what, test := range map[string]struct {
		body, coding string
		status       int
		code         string
	}{
		"gzip":           {once, "gzip", 413, "too_large"},
		"x-gzip":         {once, "x-gzip", 413, "too_large"},
		"gzip, gzip":     {twice, "gzip, gzip", 415, "unsupported_media_type"},
		"gzip, identity": {once, "gzip, identity", 413, "too_large"},
		"deflate":        {once, "deflate", 415, "unsupported_media_type"},
		"br":             {once, "br", 415, "unsupported_media_type"},
		"zstd":           {once, "zstd", 415, "unsupported_media_type"},
		"no gzip":        {"{}", "gzip", 400, "invalid_json"},
		"cut":            {compressed(t, `{"a":"b"}`)[:20], "gzip", 400, "invalid_json"},
		"just too large": {compressed(t, strings.Repeat(" ", 1<<20+1)), "GZIP", 413, "too_large"},
	} {
		for n, c := range everyRoute(t) {
			if what != "gzip" && n%10 != turn && os.Getenv("BASALT_LONG") == "" {
				continue // every route meets the bomb, and some of the others: all of it took 40 seconds
			}
			if c.Path == "/v1/realtime" || strings.HasSuffix(c.Path, "/live") || strings.Contains(c.Path, "pprof") {
				continue // these stay open, and read no body
			}
			c.Body, c.Token, c.Header = test.body, admin, map[string]string{"Content-Encoding": test.coding}
			before := allocated()
			a := s.Do(t, c)
			if grown := allocated() - before; grown > 12<<20 {
				t.Errorf("%s, %s %s: %d MiB were allocated for it", what, c.Method, c.Path, grown>>20)
			}
			reads := c.Method != "GET" || strings.HasPrefix(c.Path, "/v1/") && !strings.HasSuffix(c.Path, ".js")
			if reads && (a.Status != test.status || a.Code() != test.code) {
				t.Errorf("%s, %s %s: got %d %s, want %d %s", what, c.Method, c.Path, a.Status, a.Body, test.status, test.code)
			}
			if test.status == 415 && reads && (a.Header.Get("Accept-Encoding") != "gzip" || !strings.Contains(a.Body, "Content-Encoding")) {
				t.Errorf("%s, %s %s: the answer does not say what is accepted: %s", what, c.Method, c.Path, a.Body)
			}
		}
		turn++
	}
	// A second line of the header is a chain, too.
	req, err := http.NewRequest("POST", s.URL+"/v1/auth/signin", strings.NewReader(twice))
	if err != nil {
		t.Fatal(err)
	}
	req.Header["Content-Encoding"] = []string{"gzip", "gzip"}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != 415 {
		t.Errorf("two lines: got %d, %v", resp.StatusCode, err)
	}
}

// TestBodies_AreDecoded says that a compressed body is as good as the one it was made of.
func TestBodies_AreDecoded(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, notes)
	u := user(s, "u1")
	for _, coding := range []string{"gzip", "x-gzip", "Identity, gzip"} {
		c := call{Method: "POST", Path: "/v1/batch", Token: u, Header: map[string]string{"Content-Encoding": coding, "Idempotency-Key": coding},
			Body: compressed(t, `{"ops":[{"op":"create","collection":"notes","doc":{"title":"small"}}]}`)}
		if a := s.Want(t, 200, c); !strings.Contains(a.Body, `"title":"small"`) {
			t.Errorf("%s: got %s", coding, a.Body)
		}
		c.Path, c.Body = "/v1/db/notes", compressed(t, `{"title":"alone"}`)
		c.Header["Idempotency-Key"] = "one " + coding
		s.Want(t, 201, c)
	}
	whole := `{"title":"x","tags":"` + strings.Repeat("y", 1<<20)
	whole = whole[:1<<20-2] + `"}`
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: compressed(t, whole), Header: map[string]string{"Content-Encoding": "gzip"}})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Token: u, Body: `{"title":"x"}`, Header: map[string]string{"Content-Encoding": "identity"}})
	if a := s.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes?count=true&limit=1&select=title", Token: u}); !strings.Contains(a.Body, `"total":8`) {
		t.Errorf("got %s", a.Body)
	}
}

// TestBodies_AreReadInOneWay looks for calls that would read a body past body(): those of the router and of the
// HTTP library that read, decode or parse one.
func TestBodies_AreReadInOneWay(t *testing.T) {
	t.Parallel()
	readers := []string{
		"Body", "BodyRaw", "BodyParser", "FormValue", "FormFile", "MultipartForm", "SaveFile", "PostArgs", "PostBody", "RequestBodyStream",
		"BodyStream", "BodyUncompressed", "BodyGunzip", "BodyInflate", "BodyUnbrotli", "BodyUnzstd", "BodyWriteTo",
	}
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "servertest") || strings.HasPrefix(path, "offline") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			called, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := called.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains(readers, method.Sel.Name) || ofResponse(method.X) {
				return true
			}
			if path == filepath.Join("api", "body.go") && method.Sel.Name == "Body" {
				seen++
				return true
			}
			if path == filepath.Join("api", "incoming.go") && (method.Sel.Name == "Body" || method.Sel.Name == "BodyStream") {
				return true // reads what is streamed, and passes on the rest whole
			}
			t.Errorf("%s: %s() reads a body; call body()", files.Position(method.Pos()), method.Sel.Name)
			return true
		})
		return nil
	})
	if err != nil || seen != 1 {
		t.Errorf("the body is read %d times in body.go, %v", seen, err)
	}
}

// ofResponse reports whether an expression is the response of a request.
func ofResponse(x ast.Expr) bool {
	if c, ok := x.(*ast.CallExpr); ok {
		x = c.Fun
	}
	s, ok := x.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "Response"
}
