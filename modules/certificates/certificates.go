// Package certificates has the certificates that a server shows: of an authority that gives them by ACME, or of files. It
// renews the first and reads the second again when they change.
//
// It is not for the connections themselves: package server/api has those.
package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// Config says where the certificates come from: Domains, or Cert and Key.
type Config struct {
	// Domains are the names that certificates are requested for.
	Domains []string
	// Email is where the authority writes to; it may be empty.
	Email string
	// Authority is the ACME directory, Roots a file with the roots of its own certificate; Let's Encrypt and those of the
	// system without.
	Authority, Roots string
	// Dir keeps what the authority has given. Nodes that share it request each certificate once.
	Dir string
	// Cert and Key are files in PEM; Cert has the chain.
	Cert, Key string
}

// Source gives certificates. It is safe for concurrent use.
type Source struct {
	domains []string
	manager *autocert.Manager // nil where they are in files
	files   *files
	log     *slog.Logger
	ctx     context.Context //nolint:containedctx // it ends what the manager has begun
}

// New returns a source that stops asking an authority when ctx ends.
func New(ctx context.Context, c Config, log *slog.Logger) (*Source, error) {
	s := &Source{domains: c.Domains, log: log, ctx: ctx}
	if len(c.Domains) == 0 {
		s.files = &files{cert: c.Cert, key: c.Key, log: log}
		_, err := s.files.get(nil)
		return s, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("tls.dir: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if c.Roots != "" {
		text, err := os.ReadFile(c.Roots)
		if err != nil {
			return nil, fmt.Errorf("tls.roots: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("tls.roots: %s has no certificates in PEM", c.Roots)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	s.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(c.Dir), HostPolicy: autocert.HostWhitelist(c.Domains...), Email: c.Email,
		Client: &acme.Client{DirectoryURL: c.Authority, UserAgent: "basalt", HTTPClient: &http.Client{Timeout: 30 * time.Second, Transport: until{ctx, transport}}},
	}
	return s, nil
}

// until makes no more requests when ctx has ended.
type until struct {
	ctx context.Context //nolint:containedctx // that of the source
	http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (u until) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := u.ctx.Err(); err != nil {
		return nil, err
	}
	return u.RoundTripper.RoundTrip(r)
}

// TLS returns the settings of a listener. HTTP/2 is not among the protocols.
func (s *Source) TLS() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: s.get}
	if s.manager != nil {
		c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	}
	return c
}

func (s *Source) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if s.manager == nil {
		return s.files.get(hello)
	}
	cert, err := s.manager.GetCertificate(hello)
	if err != nil && slices.Contains(s.domains, hello.ServerName) { // others ask for names that are not ours all the time
		s.log.Warn("there is no certificate yet; the authority must reach this server at the domain, on port 443 or 80", "domain", hello.ServerName, "error", err.Error())
	}
	return cert, err
}

// Prepare gets the certificates of the domains before the first client needs them. Where that fails, the next client that
// comes tries again.
func (s *Source) Prepare() {
	for _, domain := range s.domains {
		if s.ctx.Err() != nil {
			return
		}
		hello := &tls.ClientHelloInfo{ServerName: domain, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
		if cert, err := s.get(hello); err == nil && cert.Leaf != nil {
			s.log.Info("the certificate is ready", "domain", domain, "until", cert.Leaf.NotAfter.UTC().Format(time.DateOnly))
		}
	}
}

// Redirect answers plain HTTP: what the authority asks, and else the address with https. port is that of HTTPS.
func (s *Source) Redirect(port string) http.Handler {
	to := redirect{s.domains, port}
	if s.manager != nil {
		return s.manager.HTTPHandler(to)
	}
	return to
}

// usable is an error if a file and its key make no certificate.
func usable(cert, key string) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("tls.cert and tls.key: %w", err)
	}
	if pair.Leaf == nil {
		return nil, errors.New("tls.cert has no certificate")
	}
	return &pair, nil
}
