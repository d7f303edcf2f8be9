package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/basalt-dev/basalt/server/servertest"
)

const overTLS = `
databases: { main: { driver: memory } }
collections:
  notes: { fields: { text: { type: string } }, rules: { read: 'true', create: 'true' } }
`

// over returns a client that takes the server at an address for each name, and trusts roots.
func over(address string, roots *x509.CertPool) *http.Client {
	return &http.Client{
		Timeout:       2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, address)
			},
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		},
	}
}

// TestTLS_CertificatesOfAnAuthority gets a certificate by each challenge, and none again at the next start.
func TestTLS_CertificatesOfAnAuthority(t *testing.T) {
	t.Parallel()
	for _, challenge := range []string{"tls-alpn-01", "http-01"} {
		t.Run(challenge, func(t *testing.T) {
			t.Parallel()
			https, plain := servertest.FreeAddress(t), servertest.FreeAddress(t)
			a := startAuthority(t, challenge, https, plain)
			dir := t.TempDir()
			text := fmt.Sprintf("tls: { domains: [app.example.com], email: ops@example.com, authority: %q, roots: %q, dir: %q, http: %q }\n%s",
				a.url+"/dir", a.rootsFile, dir, plain, overTLS)
			node := servertest.StartAt(t, https, text)
			client := over(https, a.roots)
			resp, err := client.Get("https://app.example.com/healthz")
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.Header.Get("Strict-Transport-Security"); resp.StatusCode != 200 || got != "max-age=31536000" {
				t.Errorf("%s with HSTS %q", resp.Status, got)
			}
			if _, err := client.Get("https://other.example.com/healthz"); err == nil {
				t.Error("a name that is not ours has a certificate")
			}
			node.Stop()
			if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
				t.Errorf("the directory has %v, %v", entries, err)
			}
			asked := a.count()
			servertest.StartAt(t, https, text)
			if resp, err = over(https, a.roots).Get("https://app.example.com/healthz"); err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if a.count() != asked {
				t.Error("the certificate is requested again at the next start")
			}
		})
	}
}

// TestTLS_Files serves over a certificate of files: documents, live queries, the redirect; and other files later.
func TestTLS_Files(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first := servertest.WritePair(t, cert, key)
	https, plain := servertest.FreeAddress(t), servertest.FreeAddress(t)
	node := servertest.StartAt(t, https, fmt.Sprintf("tls: { cert: %q, key: %q, http: %q }\n%s", cert, key, plain, overTLS))
	roots := x509.NewCertPool()
	roots.AddCert(first)
	_, port, _ := net.SplitHostPort(https)
	base := "https://localhost:" + port
	client := over(https, roots)

	t.Run("HSTS is for others than localhost", func(t *testing.T) {
		for host, want := range map[string]string{"localhost:" + port: "", "app.example.com": "max-age=31536000", "127.0.0.1": "max-age=31536000"} {
			req, _ := http.NewRequest(http.MethodGet, base+"/healthz", nil)
			req.Host = host
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.Header.Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s: %q", host, got)
			}
		}
	})

	t.Run("plain HTTP is redirected", func(t *testing.T) {
		for _, c := range []struct{ host, path, want string }{
			{"app.example.com", "/a%2Fb?x=1&y=%20", "https://app.example.com:" + port + "/a%2Fb?x=1&y=%20"},
			{"app.example.com:80", "/", "https://app.example.com:" + port + "/"},
			{"[::1]:80", "/x", "https://[::1]:" + port + "/x"},
			{"evil.example.com/@", "/", ""},
		} {
			conn, err := net.Dial("tcp", plain)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", c.path, c.host)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			conn.Close()
			if got := resp.Header.Get("Location"); got != c.want || c.want != "" && resp.StatusCode != 308 {
				t.Errorf("%s%s: %s to %q, want %q", c.host, c.path, resp.Status, got, c.want)
			}
		}
	})

	t.Run("a live query", func(t *testing.T) {
		dialer := ws.Dialer{Protocols: []string{"basalt.v1"}, TLSConfig: &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}}
		conn, buffered, _, err := dialer.Dial(context.Background(), "wss://"+https+"/v1/realtime")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var in io.Reader = conn
		if buffered != nil {
			in = io.MultiReader(buffered, conn)
		}
		if err := wsutil.WriteClientText(conn, []byte(`{"id":"1","op":"subscribe","collection":"notes","query":{}}`)); err != nil {
			t.Fatal(err)
		}
		next := func(want string) {
			t.Helper()
			got, err := wsutil.ReadServerText(struct {
				io.Reader
				io.Writer
			}{in, conn})
			if err != nil || !strings.Contains(string(got), want) {
				t.Fatalf("got %s, %v, want %s", got, err, want)
			}
		}
		next(`"event":"snapshot"`)
		large := strings.Repeat("x", 100_000) // several records of TLS
		resp, err := client.Post(base+"/v1/db/notes", "application/json", strings.NewReader(`{"text":"`+large+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 201 {
			t.Fatal(resp.Status)
		}
		next(large)
	})

	t.Run("other files", func(t *testing.T) {
		if err := os.WriteFile(cert, []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
		serial := func() string {
			conn, err := tls.Dial("tcp", https, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // which one it is, is the question
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
		}
		for range 6000 {
			if serial() != first.SerialNumber.String() {
				t.Fatal("a broken file is used")
			}
			if strings.Contains(node.Log(), "the one before stays") {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if !strings.Contains(node.Log(), "address=https://127.0.0.1:"+port) {
			t.Error("the log does not say where it is")
		}
		second := servertest.WritePair(t, cert, key)
		for range 6000 {
			if serial() == second.SerialNumber.String() {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Error("the new certificate is never used")
	})
}
