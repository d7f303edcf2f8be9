//go:build browser

// Package clients runs tus-js-client and Uppy, as they are, against /v1/files: `go run ./cmd/testenv --only browser`.
package clients

import (
	"bufio"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"

	"github.com/basalt-dev/basalt/examples/browsertest"
	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

const photos = `
databases: { main: { driver: sqlite, url: "file:app.db" } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
log: { level: error }
static: { dir: PUBLIC }
compat: { supabase: { anon_key: "anon-key-of-the-tests", service_key: "service-key-of-the-tests", objects: objects } }
collections:
  photos:
    files: {}
    fields: { owner: { type: string }, alt: { type: string } }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil && next.alt != "never"', update: 'doc.owner == auth.id' }
  buckets:
    fields:
      public: { type: bool, default: false }
      file_size_limit: { type: int }
      allowed_mime_types: { type: list, of: string }
      created_at: { type: time, default: "now()" }
    rules: { read: 'doc.public' }
  objects:
    files: {}
    fields:
      bucket: { type: ref, to: buckets, check: exists, required: true, on_delete: restrict }
      owner: { type: string }
    set: { create: { owner: auth.id } }
    rules: { read: 'doc.owner == auth.id', create: 'auth != nil', update: 'doc.owner == auth.id' }
`

func configured(t *testing.T, public string) string {
	t.Helper()
	if _, err := os.Stat("node_modules"); err != nil {
		t.Fatalf("the clients are not there; run: cd modules/files/clients && npm ci: %v", err)
	}
	return strings.Replace(photos, "PUBLIC", public, 1)
}

// given returns what the steps need of a server, as JSON.
func given(t *testing.T, s *servertest.Instance) map[string]any {
	t.Helper()
	token := s.Token(map[string]any{"sub": "ada"})
	s.Want(t, 200, servertest.Call{Method: "POST", Path: "/storage/v1/bucket", Body: `{"id":"files"}`, Token: "service-key-of-the-tests", Header: map[string]string{"apikey": "service-key-of-the-tests"}})
	var doc struct{ ID string }
	s.Want(t, 201, servertest.Call{Method: "POST", Path: "/v1/files/photos", Token: token, Body: "before", Header: map[string]string{"Content-Type": "text/plain"}}).Decode(t, &doc)
	secret := func(path, body string) string {
		var link struct{ URL string }
		s.Want(t, 201, servertest.Call{Method: "POST", Path: path, Token: token, Body: body}).Decode(t, &link)
		_, secret, _ := strings.Cut(link.URL, "?upload=")
		return secret
	}
	return map[string]any{
		"token": token, "document": doc.ID, "link": secret("/v1/files/photos/link", `{"expires":"1h","fields":{"alt":"by link"}}`),
		"replacing": secret("/v1/files/photos/"+doc.ID+"/link", `{"expires":"1h","method":"PUT"}`),
	}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestClients_InNode(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, configured(t, t.TempDir()))
	about := given(t, s)
	about["url"] = s.URL
	out, err := exec.CommandContext(t.Context(), "node", "node.mjs", "all", encoded(t, about)).CombinedOutput()
	if err != nil || string(out) != "ok\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// TestClients_ANodeIsKilled: the client goes on by itself with another one.
func TestClients_ANodeIsKilled(t *testing.T) {
	t.Parallel()
	config, address := servertest.Write(t, configured(t, t.TempDir())), servertest.FreeAddress(t)
	p := servertest.StartProcessAt(t, address, config)
	token, err := offline.Token(t.Context(), config, map[string]any{"sub": "ada"}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", "node.mjs", "interrupted", encoded(t, map[string]any{"url": p.URL, "token": token}))
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err == nil {
		err = node.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || line != "half\n" {
		t.Fatalf("%v: %q", err, line)
	}
	p.Kill()
	if _, err := io.WriteString(in, "\n"); err != nil {
		t.Fatal(err)
	}
	servertest.StartProcessAt(t, address, config)
	if line, err := lines.ReadString('\n'); err != nil || line != "ok\n" {
		t.Errorf("%v: %q", err, line)
	}
	if err := node.Wait(); err != nil {
		t.Error(err)
	}
}

// bundled writes the page into a directory.
func bundled(t *testing.T, public string) {
	t.Helper()
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{"page.js"}, Outfile: filepath.Join(public, "page.js"), Bundle: true, Write: true, Format: api.FormatESModule, Platform: api.PlatformBrowser, Target: api.ES2022,
	})
	for _, e := range result.Errors {
		t.Fatal(e.Text)
	}
	if err := os.WriteFile(filepath.Join(public, "index.html"), []byte(`<!doctype html><html lang="en"><meta charset="utf-8"><title>tus</title><script type="module" src="page.js"></script></html>`), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestClients_InABrowser(t *testing.T) {
	t.Parallel()
	public := t.TempDir()
	bundled(t, public)
	s := servertest.Start(t, configured(t, public))
	ctx := browsertest.Open(t)
	browsertest.Run(t, ctx, "run", chromedp.Navigate(s.URL+"/#"+url.PathEscape(encoded(t, given(t, s)))), chromedp.WaitVisible("#result"))
	out, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#result").textContent`))
	if err != nil || out != "ok" {
		t.Errorf("%v: %s", err, out)
	}
}

// TestClients_TheNetworkOfABrowserIsCut: in the middle of an upload, which goes on by itself.
func TestClients_TheNetworkOfABrowserIsCut(t *testing.T) {
	t.Parallel()
	public := t.TempDir()
	bundled(t, public)
	s := servertest.Start(t, configured(t, public))
	ctx := browsertest.Open(t)
	about := map[string]any{"token": s.Token(map[string]any{"sub": "ada"}), "interrupted": true}
	browsertest.Run(t, ctx, "begin", chromedp.Navigate(s.URL+"/#"+url.PathEscape(encoded(t, about))), chromedp.WaitVisible("#half"))
	browsertest.Network(t, ctx, -1, true)
	failed := make(chan struct{}, 100)
	if err := chromedp.Listen(ctx, func(event any) {
		if _, ok := event.(*network.EventLoadingFailed); ok {
			failed <- struct{}{}
		}
	}); err != nil {
		t.Fatal(err)
	}
	browsertest.Run(t, ctx, "go on without a network", chromedp.Evaluate[chromedp.Void](`goOn()`))
	<-failed
	<-failed // it was tried again
	browsertest.Network(t, ctx, -1, false)
	browsertest.Run(t, ctx, "arrive", chromedp.WaitVisible("#result"))
	out, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#result").textContent`))
	if err != nil || out != "ok" {
		t.Errorf("%v: %s", err, out)
	}
}
