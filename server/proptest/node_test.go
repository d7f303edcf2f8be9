package proptest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	_ "github.com/basalt-dev/basalt/modules/db/memory"
	_ "github.com/basalt-dev/basalt/modules/db/postgres" // the drivers that the configurations use
	_ "github.com/basalt-dev/basalt/modules/db/sqlite"
	"github.com/basalt-dev/basalt/server"
	"github.com/basalt-dev/basalt/server/offline"
)

const adminKey = "an-administrators-key-of-this-test"

// clock is the one of all servers of a run: it goes on with the calls, so that times are the same in both worlds.
type clock struct{ seconds atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC).Add(time.Duration(c.seconds.Load()) * time.Second)
}

// instance is a server.
type instance struct {
	url   string
	http  *fasthttp.HostClient
	log   *logs
	path  string
	clock *clock
	stop  func() error
	calls int
}

// logs keeps what a server has logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// configuration is the file of a server with some schemas.
func configuration(database string, schemas []*schema, cached bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, `databases:
  main: %s
%sadmin: { keys: [%s] }
proxies: [127.0.0.1/32]
encryption: { keys: { k1: 0123456789abcdef0123456789abcdef }, current: k1 }
log: { level: warn }
limits: { timeout: 60s }
graphql: {}
compat: { supabase: { anon_key: %s, service_key: the-service-key-of-this-test } }
collections:
`, database, signing, adminKey, anonKey)
	for _, s := range schemas {
		text := s.yaml()
		if !cached {
			text = strings.ReplaceAll(text, "    cache: { ttl: 1h }\n", "")
		}
		b.WriteString(text)
	}
	channels := ""
	for _, s := range schemas {
		if s.aside != nil {
			b.WriteString(s.aside.yaml())
			channels += s.aside.channel()
		}
	}
	if channels != "" {
		b.WriteString("channels:\n" + channels)
	}
	return b.String()
}

// inMemory is a database that is gone with its server.
func inMemory() string {
	return "{ driver: sqlite, url: \"memory:prop-" + uuid.NewString() + "\" }"
}

// start runs a server until the test, or what stops it earlier, ends.
func start(t testing.TB, c *clock, config string) *instance {
	t.Helper()
	i, err := serve(t.TempDir(), c, config)
	if err != nil {
		t.Fatalf("%v\n%s", err, config)
	}
	t.Cleanup(func() {
		if err := i.close(); err != nil {
			t.Error(err)
		}
	})
	return i
}

func serve(dir string, c *clock, config string) (*instance, error) {
	path := filepath.Join(dir, "basalt.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	i := &instance{log: &logs{}, path: path, clock: c}
	s, err := server.New(ctx, path, server.Options{Version: "test", Log: i.log, Now: c.now})
	if err != nil {
		cancel()
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		cancel()
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, listener, nil) }()
	i.url = listener.Addr().String()
	i.http = &fasthttp.HostClient{Addr: i.url, ReadTimeout: 30 * time.Second, DisablePathNormalizing: true, MaxResponseBodySize: 64 << 20}
	i.stop = func() error {
		cancel()
		i.http.CloseIdleConnections()
		return <-done
	}
	return i, nil
}

// close stops the server. It may be called twice.
func (i *instance) close() error {
	if i.stop == nil {
		return nil
	}
	stop := i.stop
	i.stop = nil
	return stop()
}

// token is one of a caller, empty for an anonymous caller.
func (i *instance) token(c *caller) string {
	if c.admin {
		return adminKey
	}
	if c.claims == nil {
		return ""
	}
	if known, ok := signed.Load(c.name); ok {
		return known.(string)
	}
	path := filepath.Join(must(os.MkdirTemp("", "prop")), "basalt.yaml")
	defer os.RemoveAll(filepath.Dir(path))
	if err := os.WriteFile(path, []byte("databases: { main: { driver: memory } }\n"+signing), 0o600); err != nil {
		panic(err)
	}
	token := must(offline.Token(context.Background(), path, c.claims, (&clock{}).now(), 8000*time.Hour))
	signed.Store(c.name, token)
	return token
}

// signed are the tokens of callers by their names. All servers take them: reading one of their files again for each token
// takes longer than all calls of a schema.
var signed sync.Map

// signing is the section of tokens in the file of every server.
const signing = "auth:\n  tokens: { secret: 0123456789abcdef0123456789abcdef, access: 8760h }\n  providers: { anonymous: {} }\n"

// answer is what a call got.
type answer struct {
	status int
	header map[string]string
	body   string
}

func (a answer) String() string {
	out := fmt.Sprint(a.status)
	for _, name := range comparedHeaders {
		if a.header[name] != "" {
			out += "  " + name + ": " + a.header[name]
		}
	}
	return out + "\n      " + a.body
}

// comparedHeaders are those that may tell something.
var comparedHeaders = []string{"Content-Type", "Cache-Control", "Etag", "Vary", "Location", "Idempotent-Replayed", "Idempotency-Key", "Allow", "Retry-After", "X-Basalt-Seen", "Content-Range", "Preference-Applied", "Basalt-Rule", "Upload-Offset", "Upload-Expires", "Content-Disposition", "Last-Modified"}

// send makes a request as a caller with a token.
func (i *instance) send(token, ip string, c call) answer {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(c.method)
	req.SetRequestURI("http://" + i.url + c.path)
	req.Header.Set("X-Forwarded-For", ip)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for name, v := range c.header {
		req.Header.Set(name, v)
	}
	if c.body != "" {
		if c.header["Content-Type"] == "" {
			req.Header.SetContentType("application/json")
		}
		req.SetBodyString(c.body)
	}
	i.calls++
	if err := i.http.Do(req, resp); err != nil {
		return answer{body: err.Error()}
	}
	out := answer{status: resp.StatusCode(), header: map[string]string{}, body: string(resp.Body())}
	for _, name := range comparedHeaders {
		if v := resp.Header.Peek(name); len(v) > 0 {
			out.header[name] = string(v)
		}
	}
	return out
}

// load stores a world. References are given when everything is there that they may point to.
func (i *instance) load(s *schema, w *world) error {
	var ops []string
	op := func(kind string, c *collection, r row, names []string) {
		ops = append(ops, row{"op": quoted(kind), "collection": quoted(c.name), "id": r["id"], "doc": r.object(names...)}.object())
	}
	for _, refs := range []bool{false, true} {
		for _, c := range s.collections {
			for _, r := range w.rows[c.name] {
				names, points := []string{}, false
				for _, f := range c.fields {
					isRef := f.to != "" && r[f.name] != "null"
					if points = points || isRef; f.to == "" && !refs || isRef && refs {
						names = append(names, f.name)
					}
				}
				switch {
				case !refs:
					op("create", c, r, names)
				case points:
					op("update", c, r, append(names, c.forced()...))
				}
			}
		}
	}
	a := i.send(adminKey, addresses[0], call{method: "POST", path: "/v1/batch", body: `{"ops":[` + strings.Join(ops, ",") + `]}`})
	if a.status != 200 {
		return fmt.Errorf("loading: %v", a)
	}
	return nil
}

// read returns what is stored in collections.
func (i *instance) read(names ...string) (map[string][]row, error) {
	out := map[string][]row{}
	for _, name := range names {
		a := i.send(adminKey, addresses[0], call{method: "POST", path: "/v1/db/" + name + "/query", body: `{"limit":500}`})
		var page struct{ Items []map[string]json.RawMessage }
		if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != 200 {
			return nil, fmt.Errorf("reading %s: %v", name, a)
		}
		out[name] = []row{}
		for _, item := range page.Items {
			r := row{}
			for field, v := range item {
				r[field] = string(v)
			}
			out[name] = append(out[name], r)
		}
	}
	return out, nil
}

var (
	cursorPattern = regexp.MustCompile(`"next":"([^"]*)"`)
	digitsPattern = regexp.MustCompile(`\d+`)
)

// cursor is the next page of an answer.
func (a answer) cursor() string {
	if m := cursorPattern.FindStringSubmatch(a.body); m != nil {
		return m[1]
	}
	return ""
}

// unmarked is an answer without its tag, which files have of their own.
func (a answer) unmarked() answer {
	a.header = maps.Clone(a.header)
	delete(a.header, "Etag")
	return a
}

// comparable is an answer without what differs each time: of a cursor, and the tag of a page with one, it
// keeps the length, of an age or a version that there is one.
func (a answer) comparable() string {
	paged := a.cursor() != ""
	a.body = cursorPattern.ReplaceAllStringFunc(a.body, func(s string) string { return fmt.Sprint(`"next":`, len(s)) })
	header := map[string]string{}
	for name, v := range a.header {
		if name == "Cache-Control" || name == "X-Basalt-Seen" {
			v = digitsPattern.ReplaceAllString(v, "#")
		}
		if name == "Etag" && paged {
			v = "a tag"
		}
		header[name] = v
	}
	a.header = header
	return a.String()
}
