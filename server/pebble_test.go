package server_test

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestTLS_Pebble gets certificates of the ACME server that Let's Encrypt tests clients with: by TLS-ALPN, and by HTTP, each where
// nothing answers at the port of the other. It refuses one nonce in twenty, and takes its time for a proof.
func TestTLS_Pebble(t *testing.T) {
	if os.Getenv("BASALT_LONG") == "" {
		t.Skip("BASALT_LONG builds Pebble and asks it for certificates")
	}
	t.Parallel()
	programs := t.TempDir()
	build := exec.Command("go", "build", "-o", programs+string(filepath.Separator), "github.com/letsencrypt/pebble/v2/cmd/pebble", "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv")
	build.Dir = filepath.Join("testdata", "pebble")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, challenge := range []string{"tls-alpn-01", "http-01"} {
		t.Run(challenge, func(t *testing.T) {
			t.Parallel()
			https, plain := servertest.FreeAddress(t), servertest.FreeAddress(t)
			byTLS, byHTTP := https, servertest.FreeAddress(t) // where nothing answers
			if challenge == "http-01" {
				byTLS, byHTTP = byHTTP, atPort80(t, plain)
			}
			p := startPebble(t, programs, byTLS, byHTTP)
			servertest.StartAt(t, https, fmt.Sprintf("tls: { domains: [app.example.com], email: ops@example.com, authority: %q, roots: %q, dir: %q, http: %q }\n%s",
				p.directory, p.certificate, t.TempDir(), plain, overTLS))
			// Pebble takes up to 5 s for a proof, besides the nonces that it refuses: a client that waits for longer than
			// limits.timeout comes again.
			client := over(https, p.roots(t))
			var resp *http.Response
			servertest.Eventually(t, "there is a certificate", func() bool {
				var err error
				if resp, err = client.Get("https://app.example.com/healthz"); err != nil {
					t.Logf("%v\n%s", err, p.log())
				}
				return err == nil
			})
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK || resp.TLS.PeerCertificates[0].DNSNames[0] != "app.example.com" {
				t.Errorf("%s with a certificate of %v", resp.Status, resp.TLS.PeerCertificates[0].DNSNames)
			}
			if _, err := over(https, p.roots(t)).Get("https://other.example.com/healthz"); err == nil {
				t.Error("a name that is not ours has a certificate")
			}
		})
	}
}

// atPort80 leads to an address as its own port 80 does, where requests name no port.
func atPort80(t *testing.T, address string) string {
	t.Helper()
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: address})
		r.Out.Host, _, _ = strings.Cut(r.In.Host, ":")
	}})
	t.Cleanup(front.Close)
	return front.Listener.Addr().String()
}

// pebble is a running Pebble, for which every name is at 127.0.0.1.
type pebble struct {
	directory, certificate, manager, output string
	trusted                                 *x509.CertPool // for its own addresses
}

func startPebble(t *testing.T, programs, https, plain string) *pebble {
	t.Helper()
	dir := t.TempDir()
	names, listens, manages := servertest.FreeAddress(t), servertest.FreeAddress(t), servertest.FreeAddress(t)
	p := &pebble{certificate: filepath.Join(dir, "own.pem"), output: filepath.Join(dir, "log"), trusted: x509.NewCertPool()}
	p.directory, p.manager = "https://"+localhost(listens)+"/dir", "https://"+localhost(manages)
	key := filepath.Join(dir, "own.key")
	p.trusted.AddCert(servertest.WritePair(t, p.certificate, key))
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": listens, "managementListenAddress": manages, "certificate": p.certificate, "privateKey": key, "httpPort": portOf(t, plain), "tlsPort": portOf(t, https), "keyAlgorithm": "ecdsa",
	}})
	file := filepath.Join(dir, "config.json")
	if err = errors.Join(err, os.WriteFile(file, config, 0o600)); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(p.output)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() }) // nothing of ours is written
	for _, cmd := range []*exec.Cmd{
		exec.Command(filepath.Join(programs, "pebble-challtestsrv"), "-dnsserver", names, "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", servertest.FreeAddress(t), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""),
		exec.Command(filepath.Join(programs, "pebble"), "-config", file, "-dnsserver", names),
	} {
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // it may be over already
			_ = cmd.Wait()         // it was killed
		})
	}
	servertest.Eventually(t, "Pebble listens", func() bool {
		_, err := p.get(p.directory)
		return err == nil
	})
	return p
}

func (p *pebble) get(address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	resp, err := over(net.JoinHostPort("127.0.0.1", u.Port()), p.trusted).Get(address)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// roots are those of the certificates that it gives.
func (p *pebble) roots(t *testing.T) *x509.CertPool {
	t.Helper()
	pem, err := p.get(p.manager + "/roots/0")
	out := x509.NewCertPool()
	if err != nil || !out.AppendCertsFromPEM(pem) {
		t.Fatalf("the roots: %v %s", err, pem)
	}
	return out
}

func (p *pebble) log() string {
	out, _ := os.ReadFile(p.output) // what is missing is seen
	return string(out)
}

// localhost is an address of this machine, by its name.
func localhost(address string) string {
	return "localhost" + address[strings.LastIndexByte(address, ':'):]
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	port, err := strconv.Atoi(address[strings.LastIndexByte(address, ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	return port
}
