// Package server is Basalt over HTTP: routes, errors as problem+json, limits, metrics, the access
// log, and the life of the process from the first listen to the last answer.
//
// It is the only package that knows HTTP, and it decides nothing: package crud and package auth do.
// A configuration is provisioned beside the running one, as a generation, and swapped in whole.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/mail"
	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/realtime"
)

// Options are what a server needs besides its configuration.
type Options struct {
	// Version is what `basalt version` says.
	Version string
	// Log is where the log is written.
	Log io.Writer
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// Client makes requests to identity providers, hooks and captchas; nil is one that follows no redirects.
	Client *http.Client
}

// drainTime is how long a shutdown waits for requests that are under way. It is longer than any of
// them may take.
const drainTime = 30 * time.Second

// spreadTime is how long a shutdown takes to send live connections away, so that they do not all come to
// another node at once.
const spreadTime = time.Second

// Server serves one configuration file.
type Server struct {
	options Options
	path    string
	node    string // the name of this process among others
	metrics *metrics
	log     *logWriter
	logger  atomic.Pointer[slog.Logger]
	http    *fasthttp.Server

	current   atomic.Pointer[generation]
	draining  atomic.Bool
	members   members
	health    health
	started   time.Time
	address   atomic.Pointer[string] // where it listens
	writers   writers
	attended  attended
	hub       *realtime.Hub
	cache     *cache.Cache
	connected sync.WaitGroup // live connections
	reloads   sync.Mutex     // one reload at a time
	wake      chan struct{}  // there may be events to deliver
	raised    atomic.Bool    // a request that may not have ended has stored events
}

// New provisions the configuration of a file. The caller runs the server, or closes it.
func New(ctx context.Context, path string, options Options) (*Server, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Client == nil {
		options.Client = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, path: path, node: uuid.NewString(), metrics: newMetrics(), log: newLogWriter(options.Log), wake: make(chan struct{}, 1), started: options.Now()}
	s.metrics.registry.MustRegister(pools{s})
	s.cache = cache.New(cache.Config{Now: options.Now, Observe: cacheMetrics{s.metrics}, Size: answersRoom(c.Limits.Cache), Loads: cacheLoads})
	s.hub = realtime.New(realtime.Config{Now: options.Now, Node: s.node, Observe: liveMetrics{s.metrics}, Follow: s.cache})
	s.metrics.registry.MustRegister(liveCounts{s.hub})
	s.http = &fasthttp.Server{
		Handler:                      s.handle,
		HeaderReceived:               s.limits,
		ErrorHandler:                 s.badRequest,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		CloseOnShutdown:              true,
		DisablePreParseMultipartForm: true,
		ReadBufferSize:               32 << 10, // the longest request line and headers
		IdleTimeout:                  2 * time.Minute,
		ReadTimeout:                  time.Duration(c.Limits.Timeout),
		KeepHijackedConns:            true, // see live
		Logger:                       httpLog{&s.logger},
	}
	g, err := s.provision(ctx, c, nil)
	if err != nil {
		s.hub.Close()
		return nil, errors.Join(err, s.cache.Close(), s.log.close())
	}
	if err := s.use(g); err != nil {
		s.hub.Close()
		return nil, errors.Join(err, s.cache.Close(), g.close(nil), s.log.close())
	}
	return s, nil
}

// Address returns what the configuration says to listen on.
func (s *Server) Address() string { return s.current.Load().config.Listen }

// Close closes the databases of a server that does not run any more, or never did.
func (s *Server) Close() error {
	s.hub.Close()
	s.connected.Wait()
	return errors.Join(s.cache.Close(), s.current.Load().close(nil), s.log.close())
}

// Run serves connections of the listener until ctx ends, then finishes what it has accepted and
// returns. Reloads arrive on the channel, besides changes of the file.
func (s *Server) Run(ctx context.Context, listener net.Listener, reload <-chan struct{}) error {
	if err := exposed(s.current.Load().config, listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close(), s.Close())
	}
	watching, stop := context.WithCancel(ctx)
	var owned sync.WaitGroup
	owned.Go(func() { s.watch(watching, reload) })
	owned.Go(func() { s.attended.watch(watching) })
	owned.Go(func() { s.poll(watching) })
	owned.Go(func() { s.deliver(watching) })
	address := listener.Addr().String()
	s.address.Store(&address)
	living, leave := context.WithCancel(context.WithoutCancel(ctx)) // other nodes see it drain, too
	owned.Go(func() { s.tellOfSelf(living) })
	open := newConnections(listener)
	sweeping, stopSweeping := context.WithCancel(context.WithoutCancel(ctx)) // deadlines hold while draining, too
	owned.Go(func() { open.sweep(sweeping) })
	owned.Go(func() { s.log.flushEvery(watching, 200*time.Millisecond) })
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(open) }()
	s.logger.Load().Info("serving", "address", "http://"+listener.Addr().String(), "config", s.path)
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		s.draining.Store(true)
		s.logger.Load().Info("shutting down: finishing what was accepted")
		select {
		case err = <-served:
			served <- nil
		case <-time.After(time.Duration(s.current.Load().config.Limits.Drain)):
		}
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		silent := time.AfterFunc(silentTime, open.endSilent)
		s.hub.Drain(drain, spreadTime)
		err = errors.Join(err, s.http.ShutdownWithContext(drain))
		cancel()
		silent.Stop()
		err = errors.Join(err, <-served)
	}
	s.hub.Close()
	s.connected.Wait()
	stop()
	leave()
	stopSweeping()
	owned.Wait()
	err = errors.Join(err, s.cache.Close(), s.current.Load().close(nil))
	s.logger.Load().Info("stopped")
	return errors.Join(err, s.log.close())
}

// handle passes a request to the generation that is current when it arrives.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	g := s.enter()
	defer g.leave() // not in a loop, where it would cost an allocation
	g.serve(ctx)
	if s.draining.Load() {
		ctx.SetConnectionClose() // the next one goes to another node
	}
}

// enter begins a request with the current generation.
func (s *Server) enter() *generation {
	for {
		if g := s.current.Load(); g.enter() {
			return g
		}
	}
}

// limits bounds a request's body as soon as its head has been read.
func (s *Server) limits(*fasthttp.RequestHeader) fasthttp.RequestConfig {
	l := s.current.Load().config.Limits
	timeout := time.Duration(l.Timeout)
	return fasthttp.RequestConfig{MaxRequestBodySize: int(l.Body), WriteTimeout: timeout + 20*time.Second}
}

// badRequest answers what is not even a request, with the headers that every answer has.
func (s *Server) badRequest(ctx *fasthttp.RequestCtx, err error) {
	var small *fasthttp.ErrSmallBuffer
	var timeout net.Error
	e := fault.Errorf(fault.InvalidJSON, "this is not an HTTP request")
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		e = bodyTooLarge(int64(s.current.Load().config.Limits.Body))
	case errors.As(err, &small):
		e = fault.Errorf(fault.TooLarge, "the address and the headers are larger than 32 KiB; long queries go into the body of POST …/query")
	case errors.As(err, &timeout) && timeout.Timeout():
		e = fault.Errorf(fault.Timeout, "the request did not arrive in time")
	}
	g := s.enter()
	defer g.leave()
	ctx.Response.Reset()
	id := string(appendRequestID(nil))
	ctx.Response.Header.Set(requestIDHeader, id)
	securityHeaders.set(&ctx.Response.Header)
	apiHeaders.set(&ctx.Response.Header)
	g.allowRefusal(ctx)
	status := writeProblem(ctx, e, "")
	g.server.metrics.counters("-", "unread", status).add(0)
	g.logger.LogAttrs(ctx, slog.LevelInfo, "a request was refused before it was read", slog.Int("status", status), slog.String("ip", g.address(ctx)),
		slog.String("request", id), slog.String("error", e.Error()))
	ctx.SetConnectionClose()
	if c, ok := ctx.Conn().(*conn); ok {
		c.linger.Store(true)
	}
}

// use makes a generation the current one.
func (s *Server) use(g *generation) error {
	s.cache.Resize(answersRoom(g.config.Limits.Cache))
	if err := s.cache.Use(g.sharedURL, g.cachedCollections()); err != nil {
		return err
	}
	if err := s.hub.Serve(g.live); err != nil {
		return err
	}
	s.logger.Store(g.logger)
	old := s.current.Swap(g)
	if old != nil {
		if err := old.close(g); err != nil {
			g.logger.Error("closing what the old configuration used", "error", err)
		}
	}
	return nil
}

// Reload reads the file again. When something is wrong with it, the one before goes on serving.
func (s *Server) Reload(ctx context.Context) error {
	s.reloads.Lock()
	defer s.reloads.Unlock()
	c, err := config.Load(s.path)
	if err != nil {
		return err
	}
	if address := s.address.Load(); address != nil {
		if err := exposed(c, *address); err != nil {
			return err
		}
	}
	old := s.current.Load()
	g, err := s.provision(ctx, c, old)
	if err != nil {
		return err
	}
	if c.Listen != old.config.Listen {
		g.logger.Warn("listen has changed; that takes a restart", "now", old.config.Listen, "file", c.Listen)
	}
	if err := s.use(g); err != nil {
		return errors.Join(err, g.close(old))
	}
	return nil
}

func (s *Server) reload(ctx context.Context, why string) {
	if err := s.Reload(ctx); err != nil {
		s.metrics.reloads.WithLabelValues("refused").Inc()
		s.logger.Load().Error("the new configuration is refused; the one before goes on serving", "reason", why, "error", err.Error())
		return
	}
	s.metrics.reloads.WithLabelValues("done").Inc()
	s.logger.Load().Info("reloaded the configuration", "reason", why)
}

// Check loads a file and opens nothing. It is what `basalt check` runs.
func Check(path string) (*config.Config, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	if c.Auth != nil && c.Auth.Tokens.Secret != "" {
		if _, err := newTokens(context.Background(), c, nil, time.Now()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if m := c.Mail; m != nil {
		if _, err := mail.New(mail.Config{URL: m.URL.Reveal(), From: m.From, App: m.App, Templates: m.Templates, Dir: c.Dir}); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return c, nil
}
