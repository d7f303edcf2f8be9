package server_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/basalt-dev/basalt/server/servertest"
)

// authority is a small ACME server (RFC 8555), which proves a domain by TLS-ALPN or by HTTP at addresses of this machine.
type authority struct {
	t          *testing.T
	url        string
	roots      *x509.CertPool // of its certificates
	rootsFile  string         // of its own
	https      string         // where the domains are, for TLS-ALPN
	plain      string         // and for HTTP
	challenge  string
	key        *ecdsa.PrivateKey
	root       *x509.Certificate
	mu         sync.Mutex // guards the rest
	thumbprint string
	domain     string
	valid      bool
	issued     []byte
	requests   int
}

func startAuthority(t *testing.T, challenge, https, plain string) *authority {
	t.Helper()
	a := &authority{t: t, challenge: challenge, https: https, plain: plain}
	a.root, a.key = servertest.SelfSigned(t, "test authority", true)
	a.roots = x509.NewCertPool()
	a.roots.AddCert(a.root)
	server := httptest.NewTLSServer(http.HandlerFunc(a.serve))
	t.Cleanup(server.Close)
	a.url = server.URL
	a.rootsFile = filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(a.rootsFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// count returns how many requests there were for a certificate.
func (a *authority) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.requests
}

func (a *authority) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Replay-Nonce", base64.RawURLEncoding.EncodeToString([]byte(time.Now().String())))
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	if r.URL.Path == "/dir" {
		answer(200, map[string]any{"newNonce": a.url + "/nonce", "newAccount": a.url + "/account", "newOrder": a.url + "/order", "revokeCert": a.url + "/revoke", "keyChange": a.url + "/key"})
		return
	}
	if r.URL.Path == "/nonce" {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
		return
	}
	signed, err := jose.ParseSignedJSON(string(body), []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		a.t.Error(err)
		return
	}
	if key := signed.Signatures[0].Protected.JSONWebKey; key != nil {
		print, err := key.Thumbprint(crypto.SHA256)
		if err != nil {
			a.t.Error(err)
		}
		a.thumbprint = base64.RawURLEncoding.EncodeToString(print)
	}
	payload := signed.UnsafePayloadWithoutVerification()
	order := map[string]any{"status": "pending", "identifiers": []any{map[string]any{"type": "dns", "value": a.domain}}, "authorizations": []string{a.url + "/authz"}, "finalize": a.url + "/finalize"}
	challenge := map[string]any{"type": a.challenge, "url": a.url + "/challenge", "token": "a-token", "status": "pending"}
	switch r.URL.Path {
	case "/account":
		w.Header().Set("Location", a.url+"/account/1")
		answer(201, map[string]any{"status": "valid"})
	case "/order":
		var asked struct{ Identifiers []struct{ Value string } }
		if err := json.Unmarshal(payload, &asked); err != nil {
			a.t.Error(err)
		}
		a.domain, a.valid, a.issued = asked.Identifiers[0].Value, false, nil
		a.requests++
		order["identifiers"] = []any{map[string]any{"type": "dns", "value": a.domain}}
		w.Header().Set("Location", a.url+"/order/1")
		answer(201, order)
	case "/order/1", "/finalize":
		if r.URL.Path == "/finalize" {
			a.issue(payload)
		}
		w.Header().Set("Location", a.url+"/order/1")
		if a.valid {
			order["status"] = "ready"
		}
		if a.issued != nil {
			order["status"], order["certificate"] = "valid", a.url+"/certificate"
		}
		answer(200, order)
	case "/authz":
		status := "pending"
		if a.valid {
			status, challenge["status"] = "valid", "valid"
		}
		answer(200, map[string]any{"status": status, "identifier": map[string]any{"type": "dns", "value": a.domain}, "challenges": []any{challenge}})
	case "/challenge":
		if err := a.prove(); err != nil {
			a.t.Errorf("%s is not proven: %v", a.domain, err)
		} else {
			a.valid = true
		}
		answer(200, challenge)
	case "/certificate":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		_, _ = w.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.issued}))
	default:
		a.t.Errorf("the authority is asked %s", r.URL.Path)
	}
}

// prove looks whether whoever asks has the domain.
func (a *authority) prove() error {
	if a.challenge == "http-01" {
		req, err := http.NewRequest(http.MethodGet, "http://"+a.plain+"/.well-known/acme-challenge/a-token", nil)
		if err != nil {
			return err
		}
		req.Host = a.domain
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if got, err := io.ReadAll(resp.Body); err != nil || string(got) != "a-token."+a.thumbprint {
			return fmt.Errorf("%w: %s", err, got)
		}
		return nil
	}
	conn, err := tls.Dial("tcp", a.https, &tls.Config{ServerName: a.domain, NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true}) //nolint:gosec // the challenge has a certificate of its own
	if err != nil {
		return err
	}
	defer conn.Close()
	state := conn.ConnectionState()
	for _, e := range state.PeerCertificates[0].Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}) && state.NegotiatedProtocol == "acme-tls/1" {
			return nil
		}
	}
	return errors.New("the certificate has no challenge")
}

// issue signs what was asked for.
func (a *authority) issue(payload []byte) {
	var asked struct {
		CSR string `json:"csr"`
	}
	raw, err := []byte(nil), json.Unmarshal(payload, &asked)
	if err == nil {
		raw, err = base64.RawURLEncoding.DecodeString(asked.CSR)
	}
	var request *x509.CertificateRequest
	if err == nil {
		request, err = x509.ParseCertificateRequest(raw)
	}
	if err != nil || !a.valid || strings.Join(request.DNSNames, ",") != a.domain {
		a.t.Errorf("a certificate is asked for without a proof: %v", err)
		return
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: request.DNSNames, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
	if a.issued, err = x509.CreateCertificate(rand.Reader, template, a.root, request.PublicKey, a.key); err != nil {
		a.t.Error(err)
	}
}
