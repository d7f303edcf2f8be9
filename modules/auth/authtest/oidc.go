// Package authtest runs what sign-in tests need: an OpenID Connect server, and a mail server.
package authtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Environment is the variable that names the built program of the module oidcprovider.
const Environment = "BASALT_TEST_OIDC"

// Account is an account at the provider.
type Account struct {
	ID, Username, Password, Email string
	EmailVerified                 bool
}

// Provider is a running OpenID Connect server.
type Provider struct{ Issuer string }

// BuildProvider builds the program into a directory.
func BuildProvider(dir string) (string, error) {
	_, file, _, _ := runtime.Caller(0)
	path := filepath.Join(dir, "oidcprovider")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = filepath.Join(filepath.Dir(file), "..", "oidcprovider")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the provider of OpenID Connect: %w: %s", err, out)
	}
	return path, nil
}

// StartProvider runs a provider until the test ends. It has the client "basalt" with the secret "secret".
func StartProvider(t testing.TB, accounts []Account, redirects ...string) *Provider {
	t.Helper()
	program := os.Getenv(Environment)
	if program == "" {
		var err error
		if program, err = BuildProvider(t.TempDir()); err != nil {
			t.Fatal(err)
		}
	}
	users := map[string]Account{}
	for _, a := range accounts {
		users[a.ID] = a
	}
	encoded, err := json.Marshal(users)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(file, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"127.0.0.1:0", file}, redirects...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill() // need not wait for connections
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider does not start: %v", err)
	}
	return &Provider{Issuer: strings.TrimSpace(line)}
}

// Browser returns a client with its own cookies. It follows redirects up to a URL that stop accepts, which
// [Follow] returns.
func Browser(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// SignIn opens a URL of a provider as a browser would, signs in there, and returns the URL that the provider
// redirects to, without opening it.
func (p *Provider) SignIn(t testing.TB, browser *http.Client, address, username, password string) string {
	t.Helper()
	for range 10 {
		resp, err := browser.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // only the redirect matters
		next, err := resp.Location()
		if err != nil {
			break
		}
		if !strings.HasPrefix(next.String(), p.Issuer) {
			return next.String()
		}
		address = next.String()
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := browser.PostForm(p.Issuer+"login/username", url.Values{"id": {u.Query().Get("authRequestID")}, "username": {username}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	next, err := resp.Location()
	if err != nil {
		t.Fatalf("the provider does not let %s in: %s from %s", username, resp.Status, address)
	}
	return p.SignIn(t, browser, next.String(), username, password)
}
