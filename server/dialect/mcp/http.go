package mcp

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// turn is one request while it is answered. A tool runs inside of it, and not after it.
type turn struct {
	request *dialect.Request
	mu      sync.Mutex // held while a tool runs
	over    bool       // guarded by mu
}

// turnKey is the key of the turn in a context.
type turnKey struct{}

func turnOf(ctx context.Context) *turn {
	t, _ := ctx.Value(turnKey{}).(*turn)
	return t
}

// end waits for the tool that runs, and lets none begin.
func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
}

// envelope is how deep the arguments of a tool stand in a message.
const envelope = 3

// post is POST /v1/mcp: one message of JSON-RPC.
func (d *Dialect) post(r *dialect.Request) (dialect.Response, error) {
	message, err := query.ParseJSON(r.Body, d.depth+envelope)
	if err != nil {
		return dialect.Response{}, fault.Errorf(fault.InvalidJSON, "the body is not a message of JSON-RPC: %s", err)
	}
	if message.Kind() != query.KindJSON || message.Text()[0] != '{' {
		return dialect.Response{}, fault.Errorf(fault.Invalid, "the body is one message of JSON-RPC, an object; lists of them are not supported")
	}
	if method := message.Member("method"); method.Kind() == query.KindString && method.Text() == "subscriptions/listen" {
		return d.Problem(fault.Errorf(fault.NotFound, "there is no stream here: nothing is sent unasked"), http.StatusNotFound), nil
	}
	t := &turn{request: r}
	defer t.end()
	asked := &http.Request{
		Method: http.MethodPost, URL: &url.URL{Path: Path}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: headerOf(r), Body: io.NopCloser(bytes.NewReader(r.Body)), ContentLength: int64(len(r.Body)),
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	// It returns when the tool has: that ends with the request, and nothing of it is left behind.
	d.handler.ServeHTTP(w, asked.WithContext(context.WithValue(context.WithoutCancel(r.Context), turnKey{}, t)))
	return d.answer(w), nil
}

// headerOf returns the headers that the protocol knows. Answers are JSON, whatever else a client accepts.
func headerOf(r *dialect.Request) http.Header {
	out := http.Header{"Accept": {"application/json, text/event-stream"}}
	for _, name := range []string{"Content-Type", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "Last-Event-Id"} {
		if v := r.Header(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

// answer returns what has been written. Errors that are plain text get the form of the dialect.
func (d *Dialect) answer(w *recorder) dialect.Response {
	status, body, kind := w.result()
	if status < http.StatusBadRequest || kind == "application/json" {
		out := dialect.Response{Status: status, Body: body}
		if kind != "" {
			out.Header = http.Header{"Content-Type": {kind}}
		}
		return out
	}
	code := fault.Invalid
	if status == http.StatusUnsupportedMediaType {
		code = fault.UnsupportedMedia
	}
	return d.Problem(fault.Errorf(code, "%s", bytes.TrimSpace(body)), status)
}

// recorder keeps an answer. The SDK may write to it from another goroutine than the one that reads it.
type recorder struct {
	mu     sync.Mutex
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements [http.ResponseWriter].
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *recorder) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = status
}

// Write implements [http.ResponseWriter].
func (w *recorder) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.body.Write(p)
}

func (w *recorder) result() (status int, body []byte, kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status, bytes.Clone(w.body.Bytes()), w.header.Get("Content-Type")
}
