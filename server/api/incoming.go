package api

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
)

const filesPrefix = "/v1/files/"

// streamsBody reports whether the body of a request is read as it comes, by its handler: that of a file. Every other body
// is read whole, within limits.body, before anything else is done.
func streamsBody(header *fasthttp.RequestHeader, path []byte) bool {
	return bytes.HasPrefix(path, []byte(filesPrefix)) && !bytes.HasSuffix(path, []byte("/link")) && (header.IsPost() || header.IsPut() || string(header.Method()) == fiber.MethodPatch)
}

// preread is how much of a body the HTTP library has read before the handler runs.
const preread = 8 << 10

// readWhole reads a body to its end, and refuses one that is larger than a limit.
func readWhole(ctx *fasthttp.RequestCtx, limit int) error {
	length := ctx.Request.Header.ContentLength()
	var body []byte
	var err error
	if c, ok := ctx.Conn().(*conn); ok && (length < 0 || length > preread) {
		c.pace.begin()
		defer c.pace.end()
	}
	switch {
	case length > limit:
		return fasthttp.ErrBodyTooLarge
	case length >= 0 && length <= preread:
		ctx.Request.Body() // moves it out of the stream
		return nil
	case length >= 0:
		body = make([]byte, length)
		_, err = io.ReadFull(ctx.Request.BodyStream(), body)
	default:
		body, err = io.ReadAll(io.LimitReader(ctx.Request.BodyStream(), int64(limit)+1))
		if len(body) > limit {
			err = fasthttp.ErrBodyTooLarge
		}
	}
	if err != nil {
		return err
	}
	ctx.Request.SetBodyRaw(body)
	return nil
}

// leastProgress is how many bytes have to come in each limits.timeout.
const leastProgress = 4 << 10

// incoming is the body of a request as it comes.
type incoming struct {
	from   io.Reader
	conn   *conn // nil where the request did not come over one
	length int64 // -1 where it is not known
	n      int64
	marked int64 // n when the deadline was set last
	stall  time.Duration
	until  time.Time // the deadline
	left   time.Time // when the last read has ended: from then on, the client waits for the server
	done   bool
}

// incoming returns the body of a request whose route streams.
func (r *request) incoming() (*incoming, error) {
	coding, err := contentCoding(r.http.Request().Header.PeekAll(fiber.HeaderContentEncoding))
	if err == nil && coding != "" {
		err = fault.Errorf(fault.UnsupportedMedia, "a file is sent as it is, without Content-Encoding")
	}
	if err != nil {
		return nil, err
	}
	ctx := r.http.Context()
	b := &incoming{length: int64(ctx.Request.Header.ContentLength()), stall: r.timeout}
	if b.from = ctx.Request.BodyStream(); b.from == nil {
		body := ctx.Request.Body()
		b.from, b.length = bytes.NewReader(body), int64(len(body))
	}
	if b.conn, _ = ctx.Conn().(*conn); b.conn != nil {
		b.conn.upload.stream()
	}
	b.extend()
	r.sent = b
	return b, nil
}

// extend gives the client time for the next bytes.
func (b *incoming) extend() {
	b.marked = b.n
	b.expect(time.Now().Add(b.stall))
}

func (b *incoming) expect(until time.Time) {
	b.until = until
	if b.conn != nil {
		_ = b.conn.SetReadDeadline(until) // it fails only on a connection that is closed already
	}
}

// leastWait is how long a server may keep its client waiting before that gets more time. It is no time worth a system call.
const leastWait = 50 * time.Millisecond

// wait gives the client the time that the server has kept it waiting.
func (b *incoming) wait() {
	if b.left.IsZero() {
		return
	}
	if waited := time.Since(b.left); waited > leastWait {
		b.expect(b.until.Add(waited))
	}
}

// Read implements io.Reader.
func (b *incoming) Read(p []byte) (int, error) {
	b.wait()
	n, err := b.from.Read(p)
	b.left = time.Now()
	if b.n += int64(n); b.n-b.marked >= leastProgress {
		b.extend()
	}
	switch {
	case err == nil:
	case errors.Is(err, io.EOF) && (b.length < 0 || b.n >= b.length):
		b.done = true
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fault.Errorf(fault.Timeout, "the file did not arrive in time: less than %d bytes in %s", leastProgress, b.stall)
	default:
		err = files.ErrCut
	}
	return n, err
}

// leaveBody ends the connection in two steps when the client is still sending, so that it reads the answer.
func (r *request) leaveBody() {
	ctx := r.http.Context()
	b := r.sent
	if b == nil {
		b = &incoming{length: int64(ctx.Request.Header.ContentLength())}
	}
	if b.done || b.length >= 0 && b.n >= b.length {
		return
	}
	ctx.SetConnectionClose()
	if c, ok := ctx.Conn().(*conn); ok {
		c.linger.Store(true)
	}
}

// withBody runs a call that reads a streamed body.
func withBody(f func(r *request, body *incoming) ([]byte, error)) endpoint {
	return func(r *request) ([]byte, error) {
		body, err := r.incoming()
		if err != nil {
			return nil, err
		}
		return f(r, body)
	}
}

// headerText returns a header of the request that outlives it.
func (r *request) headerText(name string) string {
	return strings.Clone(strings.TrimSpace(r.header(name)))
}
