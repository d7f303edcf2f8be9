package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/certificates"
)

// secured is a listener with TLS, and one without that redirects to it.
type secured struct {
	net.Listener
	source *certificates.Source
	plain  net.Listener // nil for none
}

// secure puts TLS on a listener where the configuration says so. What it needs ends with ctx.
func (s *Server) secure(ctx context.Context, l net.Listener) (secured, error) {
	r := s.current.Load()
	c := r.config.TLS
	if c == nil {
		return secured{Listener: l}, nil
	}
	source, err := certificates.New(ctx, certificates.Config{Domains: c.Domains, Email: c.Email, Authority: c.Authority, Roots: c.Roots, Dir: c.Dir, Cert: c.Cert, Key: c.Key}, r.logger)
	if err != nil {
		return secured{}, err
	}
	out := secured{Listener: tls.NewListener(l, source.TLS()), source: source}
	if address := c.RedirectFrom(l.Addr().String()); address != "" {
		if out.plain, err = net.Listen("tcp", address); err != nil {
			return out, fmt.Errorf("listening on %s, to redirect to HTTPS: %w; tls.http says where, or off", address, err)
		}
	}
	return out, nil
}

// begin gets certificates and redirects, until ctx ends.
func (t secured) begin(ctx context.Context, owned *sync.WaitGroup) {
	if t.source == nil {
		return
	}
	owned.Go(t.source.Prepare)
	if t.plain == nil {
		return
	}
	_, port, _ := net.SplitHostPort(t.Addr().String())
	server := &http.Server{Handler: t.source.Redirect(port), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10}
	owned.Go(func() { _ = server.Serve(t.plain) }) // it ends by Close
	owned.Go(func() {
		<-ctx.Done()
		_ = server.Close() // it is over
	})
}

// warnTLS says that other certificates take a restart.
func (r *runtime) warnTLS(old *config.Config) {
	is, was := config.TLS{}, config.TLS{}
	if r.config.TLS != nil {
		is = *r.config.TLS
	}
	if old.TLS != nil {
		was = *old.TLS
	}
	is.At, was.At = config.Position{}, config.Position{}
	if !reflect.DeepEqual(is, was) {
		r.logger.Warn("tls has changed; restart the server to use it")
	}
}
