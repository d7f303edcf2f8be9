package api

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
)

// Transport is the HTTP side of a process: connections, and which configuration's Handler answers. It outlives
// configurations.
type Transport struct {
	http     *fasthttp.Server
	current  atomic.Pointer[Handler]
	draining atomic.Bool
	open     *connections
	writers  writers
	live     sync.WaitGroup // live connections
}

// NewTransport returns one that has no Handler yet. Reading a request may take so long.
func NewTransport(readTime time.Duration) *Transport {
	t := &Transport{open: newConnections()}
	t.open.bodies = func() *crud.Budget { return t.current.Load().bodies }
	t.open.waits = func() bool {
		h := t.current.Load()
		return h != nil && (h.memory.Wanted() || h.bodies.Wanted())
	}
	t.http = &fasthttp.Server{
		Handler:                      t.Handle,
		HeaderReceived:               t.limits,
		ErrorHandler:                 t.badRequest,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		CloseOnShutdown:              true,
		DisablePreParseMultipartForm: true,
		ReadBufferSize:               readBuffer,
		IdleTimeout:                  2 * time.Minute,
		ReadTimeout:                  readTime,
		StreamRequestBody:            true, // see streamsBody
		KeepHijackedConns:            true, // see live
		Logger:                       httpLog{t},
	}
	return t
}

// Use makes a Handler the one that answers from now on. Requests that have begun end with the one before.
func (t *Transport) Use(h *Handler) { t.current.Store(h) }

// Serve answers what comes through a listener, until Shutdown, also one that was before.
func (t *Transport) Serve(l net.Listener) error {
	if !t.open.listen(l) {
		return l.Close()
	}
	return t.http.Serve(t.open)
}

// Watch enforces deadlines and notices clients that have gone, until ctx ends.
func (t *Transport) Watch(ctx context.Context) {
	t.open.sweep(ctx)
}

// Drain announces that this node shuts down. It answers until Shutdown.
func (t *Transport) Drain() { t.draining.Store(true) }

// Draining reports whether Drain was called.
func (t *Transport) Draining() bool { return t.draining.Load() }

// Shutdown accepts no more connections, ends the live ones by drainLive, and waits for requests until ctx ends.
func (t *Transport) Shutdown(ctx context.Context, drainLive func()) error {
	silent := time.AfterFunc(silentTime, t.open.endSilent)
	defer silent.Stop()
	drainLive()
	// The library closes the listeners of a Serve that has begun, and one that is about to begin would serve for good.
	return errors.Join(t.open.Close(), t.http.ShutdownWithContext(ctx))
}

// WaitLive waits until there are no live connections.
func (t *Transport) WaitLive() { t.live.Wait() }

// Alive reports whether a request for /healthz is answered. It waits for the answer, and takes no connection for it.
func (t *Transport) Alive() bool {
	var ctx fasthttp.RequestCtx
	request := fasthttp.AcquireRequest()
	defer fasthttp.ReleaseRequest(request)
	request.SetRequestURI("http://localhost/healthz")
	ctx.Init(request, nil, nil)
	t.Handle(&ctx)
	return ctx.Response.StatusCode() == fasthttp.StatusOK
}

// Handle passes a request to the Handler that is current when it arrives.
func (t *Transport) Handle(ctx *fasthttp.RequestCtx) {
	h := t.enter()
	h.takeOffBase(ctx)
	defer h.backend.Lease.Leave() // not in a loop, where it would cost an allocation
	if ctx.Request.IsBodyStream() && !h.streams(&ctx.Request.Header, ctx.URI().PathOriginal()) {
		if err := readWhole(ctx, int(h.backend.Config.Limits.Body)); err != nil {
			h.badRequest(ctx, err)
			return
		}
	}
	h.serve(ctx)
	if t.draining.Load() {
		ctx.SetConnectionClose() // the next one goes to another node
	}
}

// enter begins a request with the current Handler.
func (t *Transport) enter() *Handler {
	for {
		if h := t.current.Load(); h.backend.Lease.Enter() {
			return h
		}
	}
}

// limits bounds a request's body as soon as its head has been read.
func (t *Transport) limits(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	l := t.current.Load().backend.Config.Limits
	timeout := time.Duration(l.Timeout)
	c := fasthttp.RequestConfig{MaxRequestBodySize: int(l.Body), WriteTimeout: timeout + writeSlack}
	if header.ContentLength() > int(l.Body) {
		c.MaxRequestBodySize = 1 // nothing is read ahead of one that is refused
	}
	return c
}

// writeSlack is how much longer than limits.timeout a client may take for an answer.
const writeSlack = 20 * time.Second

// badRequest answers what is not even a request, with the headers that every answer has.
func (t *Transport) badRequest(ctx *fasthttp.RequestCtx, err error) {
	h := t.enter()
	defer h.backend.Lease.Leave()
	h.badRequest(ctx, err)
}

func (h *Handler) badRequest(ctx *fasthttp.RequestCtx, err error) {
	e := unreadable(err, int64(h.backend.Config.Limits.Body))
	ctx.Response.Reset()
	id := string(appendRequestID(nil))
	ctx.Response.Header.Set(requestIDHeader, id)
	securityHeaders.set(&ctx.Response.Header)
	apiHeaders.set(&ctx.Response.Header)
	h.origins.allowRefusal(ctx)
	status := h.writeError(ctx, e, "")
	h.backend.Metrics.counters("-", "unread", status).add(0)
	h.backend.Log.LogAttrs(ctx, slog.LevelInfo, "a request was refused before it was read", slog.Int("status", status), slog.String("ip", h.proxies.address(ctx)),
		slog.String("request", id), slog.String("error", e.Error()))
	ctx.SetConnectionClose()
	if c, ok := ctx.Conn().(*conn); ok {
		c.linger.Store(true)
	}
}

// unreadable is the error for a request that could not be read.
func unreadable(err error, body int64) *fault.Error {
	var small *fasthttp.ErrSmallBuffer
	var timeout net.Error
	var refused *fault.Error
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return bodyTooLarge(body)
	case errors.As(err, &small):
		return fault.Errorf(fault.TooLarge, "the address and the headers are larger than 32 KiB; long queries go into the body of POST …/query")
	case errors.As(err, &timeout) && timeout.Timeout():
		return fault.Errorf(fault.Timeout, "the request did not arrive in time")
	}
	return fault.Errorf(fault.InvalidJSON, "this is not an HTTP request")
}

// httpLog passes what the HTTP library says to the log: broken connections, which clients cause.
type httpLog struct{ t *Transport }

// Printf implements fasthttp.Logger.
func (l httpLog) Printf(_ string, args ...any) {
	if h := l.t.current.Load(); h != nil && len(args) > 0 {
		h.backend.Log.Debug("a connection ended early", "error", args[len(args)-1])
	}
}
