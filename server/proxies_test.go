package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestProxies_BelowAPath: behind a real nginx, an app that is served below a path works, whether the proxy takes the path off
// or not, although nginx changes Host and compresses.
func TestProxies_BelowAPath(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
auth:
  url: https://app.example.com/api
  tokens: { secret: "0123456789abcdef0123456789abcdef" }
  providers: { password: {} }
proxies: ["127.0.0.1/32"]
log: { level: error }
storage: { local: { driver: local, dir: files } }
collections:
  visits:
    fields: { ip: { type: string }, n: { type: int, default: 0 } }
    set: { create: { ip: 'request.ip' } }
    rules: { read: 'true', create: 'true', update: 'true', delete: 'true' }
  papers:
    files: { storage: local }
    rules: { read: 'true', create: 'true' }
`)
	stripping, keeping := servertest.FreeAddress(t), servertest.FreeAddress(t)
	servertest.Nginx(t, s.URL, stripping, keeping)
	for _, origin := range []string{"http://" + stripping, "http://" + keeping} {
		at := servertest.At(t, origin+"/api", s.Path)
		created := at.Want(t, 201, call{Method: "POST", Path: "/v1/db/visits", Body: `{}`, Header: map[string]string{"X-Forwarded-For": "203.0.113.5:51234"}})
		if !strings.HasPrefix(created.Header.Get("Location"), "/api/v1/db/visits/") {
			t.Errorf("%s: Location is %q", origin, created.Header.Get("Location"))
		}
		var doc struct{ ID, IP string }
		created.Decode(t, &doc)
		if doc.IP != "203.0.113.5" {
			t.Errorf("%s: the client is %q", origin, doc.IP)
		}
		read := at.Want(t, 200, call{Method: "GET", Path: "/v1/db/visits/" + doc.ID, Header: map[string]string{"Accept-Encoding": "gzip"}})
		tag := read.Header.Get("ETag")
		if !strings.HasPrefix(tag, "W/") {
			t.Errorf("%s: nginx gives the tag %q", origin, tag)
		}
		at.Want(t, 304, call{Method: "GET", Path: "/v1/db/visits/" + doc.ID, Header: map[string]string{"If-None-Match": tag}})
		at.Want(t, 200, call{Method: "PATCH", Path: "/v1/db/visits/" + doc.ID, Body: `{"n":1}`, Header: map[string]string{"If-Match": tag}})
		at.Want(t, 412, call{Method: "PATCH", Path: "/v1/db/visits/" + doc.ID, Body: `{"n":2}`, Header: map[string]string{"If-Match": tag}})
		begun := at.Want(t, 201, call{Method: "POST", Path: "/v1/files/papers/tus", Header: map[string]string{"Tus-Resumable": "1.0.0", "Upload-Length": "3"}})
		if !strings.HasPrefix(begun.Header.Get("Location"), "/api/v1/files/papers/tus/") {
			t.Errorf("%s: the upload is at %q", origin, begun.Header.Get("Location"))
		}
		at.Want(t, 200, call{Method: "GET", Path: "/docs/"})
		// The page of this origin, of auth.url, and no other one may open a live connection.
		for page, want := range map[string]int{origin: 101, "https://app.example.com": 101, "https://evil.example.com": 403} {
			if got := upgrade(t, origin+"/api/v1/realtime", page); got != want {
				t.Errorf("%s: a live connection from %s gets %d, want %d", origin, page, got, want)
			}
		}
	}
	var description struct{ Servers []struct{ URL string } }
	s.Want(t, 200, call{Method: "GET", Path: "/openapi.json"}).Decode(t, &description)
	if len(description.Servers) != 1 || description.Servers[0].URL != "/api" {
		t.Errorf("/openapi.json has the servers %v", description.Servers)
	}
}

// upgrade asks for a live connection from a page, and returns the status.
func upgrade(t *testing.T, url, origin string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "basalt.v1", "Origin": origin,
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestProxies_OAuthBelowAPath: the provider is given the address below the path, and so is the cookie.
func TestProxies_OAuthBelowAPath(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string) string{
		"auth.url": func(c string) string { return strings.Replace(c, "  url: ", "  url: https://app.example.com/api #", 1) },
		"server.base": func(c string) string {
			return strings.Replace(c, "  url: ", "  url: https://app.example.com #", 1) + "\nserver: { base: /api/ }\n"
		},
	} {
		w := newSignIn(t, change)
		visit := func(path, cookie string) (to, set string) {
			req, err := http.NewRequest(http.MethodGet, w.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Cookie", cookie)
			resp, err := noRedirect.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			return resp.Header.Get("Location"), resp.Header.Get("Set-Cookie")
		}
		begin := func() (to, cookie string) {
			return visit("/v1/auth/oauth/test?redirect=https%3A%2F%2Fapp.example.com%2F%23%2Fwelcome&code_challenge="+strings.Repeat("a", 43)+"&code_challenge_method=S256", "")
		}
		to, cookie := begin()
		if !strings.Contains(to, "redirect_uri=https%3A%2F%2Fapp.example.com%2Fapi%2Fv1%2Fauth%2Foauth%2Ftest%2Fcallback") {
			t.Errorf("%s: the provider is given %q", name, to)
		}
		if !regexp.MustCompile(`^__Host-basalt_oauth\.api=\w+; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$`).MatchString(cookie) {
			t.Errorf("%s: the cookie is %q", name, cookie)
		}
		// One that another subdomain could have planted is not looked at.
		for planted, elsewhere := range map[bool]bool{false: false, true: true} {
			to, cookie := begin()
			provider, err := url.Parse(to)
			if err != nil {
				t.Fatal(err)
			}
			cookie, _, _ = strings.Cut(cookie, ";")
			if planted {
				cookie = "basalt_oauth=" + cookie[strings.Index(cookie, "=")+1:]
			}
			back, gone := visit("/v1/auth/oauth/test/callback?code=none&state="+provider.Query().Get("state"), cookie)
			if said := strings.Contains(back, "this+browser"); said != elsewhere || !strings.Contains(back, "error=") {
				t.Errorf("%s: planted %v: %s", name, planted, back)
			}
			if !strings.HasPrefix(gone, "__Host-basalt_oauth.api=; Path=/; Max-Age=0; HttpOnly; Secure") {
				t.Errorf("%s: it is removed by %q", name, gone)
			}
		}
	}
}

var noRedirect = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// TestProxies_SignsOfOneThatIsMissing: the log names the setting once, whoever comes through.
func TestProxies_SignsOfOneThatIsMissing(t *testing.T) {
	t.Parallel()
	const config = `
databases: { main: { driver: memory } }
log: { level: warn }
collections: { a: { fields: { b: { type: string } }, rules: { read: 'true' } } }
`
	s := servertest.Start(t, config)
	for i, header := range []string{"X-Forwarded-For", "Forwarded", "X-Forwarded-For"} {
		s.Want(t, 200, call{Method: "GET", Path: "/v1/db/a", Header: map[string]string{header: fmt.Sprintf("203.0.113.%d", i)}})
	}
	s.Stop()
	if n := strings.Count(s.Log(), `127.0.0.1/32`); n != 1 {
		t.Errorf("the log names the proxy %d times: %s", n, s.Log())
	}
	named := servertest.Start(t, config+"proxies: [127.0.0.0/8]\n")
	named.Want(t, 200, call{Method: "GET", Path: "/v1/db/a", Header: map[string]string{"X-Forwarded-For": "203.0.113.1"}})
	if named.Stop(); strings.Contains(named.Log(), "proxies") {
		t.Errorf("the log says %s", named.Log())
	}
}

// TestSignUp_HasABudgetOfItsOwn: people behind one address sign up, each after a mistake, whatever the limit of failed
// sign-ins, as often as the file says, and anonymous ones are counted apart.
func TestSignUp_HasABudgetOfItsOwn(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := servertest.StartNow(t, "127.0.0.1:0", `
databases: { main: { driver: memory } }
auth:
  tokens: { secret: "0123456789abcdef0123456789abcdef" }
  providers: { password: { attempts: 1 }, anonymous: {} }
  limits: { signups: 4/1h, anonymous: 2/1h }
log: { level: error }
`, func() time.Time { return now })
	for i := range 4 {
		s.Want(t, 422, call{Method: "POST", Path: "/v1/auth/signup", Body: fmt.Sprintf(`{"email":"pupil%d@example.com","password":"x"}`, i)})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: fmt.Sprintf(`{"email":"pupil%d@example.com","password":"correct horse %d"}`, i, i)})
	}
	s.Want(t, 429, call{Method: "POST", Path: "/v1/auth/signup", Body: `{"email":"one.more@example.com","password":"correct horse"}`})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/anonymous"})
	s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/anonymous"})
	s.Want(t, 429, call{Method: "POST", Path: "/v1/auth/anonymous"})
}

// TestLimits_AClassBehindOneAddress: with what is in force unless the file says otherwise, forty people behind one address
// sign up, look around, mistype, and sign in.
func TestLimits_AClassBehindOneAddress(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" }, providers: { password: {}, anonymous: {} } }
log: { level: error }
`)
	for i := range 40 {
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/anonymous"})
		s.Want(t, 201, call{Method: "POST", Path: "/v1/auth/signup", Body: fmt.Sprintf(`{"email":"pupil%d@example.com","password":"correct horse %d"}`, i, i)})
		s.Want(t, 401, call{Method: "POST", Path: "/v1/auth/signin", Body: fmt.Sprintf(`{"email":"pupil%d@example.com","password":"correct hrose"}`, i)})
		s.Want(t, 200, call{Method: "POST", Path: "/v1/auth/signin", Body: fmt.Sprintf(`{"email":"pupil%d@example.com","password":"correct horse %d"}`, i, i)})
	}
}

// TestLimits_ANetworkOfIPv6IsOneClient: who has a /64, as every customer does, has no more tries than one with an IPv4 address,
// by whatever is limited; the next /64 is another user.
func TestLimits_ANetworkOfIPv6IsOneClient(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, `
databases: { main: { driver: memory } }
proxies: ["127.0.0.1/32"]
auth:
  tokens: { secret: "0123456789abcdef0123456789abcdef" }
  providers: { password: { attempts: 1 }, anonymous: {} }
  limits: { signups: 3/1h, anonymous: 3/1h }
log: { level: error }
collections:
  notes: { fields: { a: { type: string } }, limits: { read: { rate: 3/1h, by: address } }, rules: { read: 'true' } }
`)
	for what, c := range map[string]func(i int) call{
		"signing in": func(i int) call {
			return call{Method: "POST", Path: "/v1/auth/signin", Body: fmt.Sprintf(`{"email":"nobody%d@example.com","password":"wrong"}`, i)}
		},
		"signing up": func(i int) call {
			return call{Method: "POST", Path: "/v1/auth/signup", Body: fmt.Sprintf(`{"email":"p%d@example.com","password":"correct horse"}`, i)}
		},
		"guests": func(int) call { return call{Method: "POST", Path: "/v1/auth/anonymous"} },
		"reads":  func(int) call { return call{Method: "GET", Path: "/v1/db/notes"} },
	} {
		ask := func(i int, address string) int {
			one := c(i)
			one.Header = map[string]string{"X-Forwarded-For": address}
			return s.Do(t, one).Status
		}
		refused := 0
		for i := range 12 {
			if ask(i, fmt.Sprintf("2001:db8:1:3::%x", i+1)) == 429 {
				refused++
			}
		}
		if refused == 0 {
			t.Errorf("%s: a /64 is not limited", what)
		}
		if got := ask(100, "2001:db8:1:4::1"); got == 429 {
			t.Errorf("%s: another /64 is refused", what)
		}
	}
}

// TestReload_FollowsLinks: a configuration that is a symbolic link is read again when what it leads to changes, and when it
// leads somewhere else.
func TestReload_FollowsLinks(t *testing.T) {
	t.Parallel()
	const config = `
databases: { main: { driver: memory } }
log: { level: error }
collections: { first: { fields: { b: { type: string } }, rules: { read: 'true' } } }
`
	home, etc, other := t.TempDir(), t.TempDir(), t.TempDir()
	write := func(dir, collection string) string {
		t.Helper()
		path := filepath.Join(dir, "real.yaml")
		if err := os.WriteFile(path, []byte(strings.Replace(config, "first", collection, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := filepath.Join(home, "basalt.yaml")
	if err := os.Symlink(write(etc, "first"), link); err != nil {
		t.Fatal(err)
	}
	s := servertest.StartFile(t, link)
	serves := func(collection string) func() bool {
		return func() bool { return s.Do(t, call{Method: "GET", Path: "/v1/db/" + collection}).Status == 200 }
	}
	if !serves("first")() {
		t.Fatal("the file of the link is not served")
	}
	write(etc, "second")
	servertest.Eventually(t, "the file that the link leads to is read again", serves("second"))
	write(other, "third")
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(other, "real.yaml"), link); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the link leads somewhere else", serves("third"))
	write(other, "fourth")
	servertest.Eventually(t, "the new file is followed", serves("fourth"))
}

// TestReload_ConfigMap: Kubernetes changes a mounted ConfigMap by renaming the link ..data, through which the file is reached.
func TestReload_ConfigMap(t *testing.T) {
	t.Parallel()
	mount := t.TempDir()
	version := func(name, collection string) {
		t.Helper()
		text := "databases: { main: { driver: memory } }\nlog: { level: error }\ncollections: { " + collection + ": { fields: { b: { type: string } }, rules: { read: 'true' } } }\n"
		err := os.Mkdir(filepath.Join(mount, name), 0o700)
		if err == nil {
			err = os.WriteFile(filepath.Join(mount, name, "basalt.yaml"), []byte(text), 0o600)
		}
		if err == nil {
			err = os.Symlink(name, filepath.Join(mount, "..data_tmp"))
		}
		if err == nil {
			err = os.Rename(filepath.Join(mount, "..data_tmp"), filepath.Join(mount, "..data"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	version("..2026_03_01", "first")
	path := filepath.Join(mount, "basalt.yaml")
	if err := os.Symlink(filepath.Join("..data", "basalt.yaml"), path); err != nil {
		t.Fatal(err)
	}
	s := servertest.StartFile(t, path)
	serves := func(collection string) func() bool {
		return func() bool { return s.Do(t, call{Method: "GET", Path: "/v1/db/" + collection}).Status == 200 }
	}
	if !serves("first")() {
		t.Fatal("the ConfigMap is not served")
	}
	for i, collection := range []string{"second", "third", "fourth"} {
		version(fmt.Sprintf("..2026_03_0%d", i+2), collection)
		if err := os.RemoveAll(filepath.Join(mount, fmt.Sprintf("..2026_03_0%d", i+1))); err != nil {
			t.Fatal(err)
		}
		servertest.Eventually(t, collection+" is served", serves(collection))
	}
}
