package api

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/realtime"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Live connections are taken over from the HTTP library whole, so that one which is idle costs a small
// buffer and a goroutine, and not the 32 KiB that the library reads requests with.

const (
	subprotocol = "basalt.v1"
	// writeTime is how long a client may take to read.
	writeTime = 30 * time.Second
	// goodbyeTime is how long a connection may take to end.
	goodbyeTime = time.Second
	// messageInterval is how often a client may send something in the long run, and messageBurst how much at
	// once. One that sends more is read more slowly.
	messageInterval = 10 * time.Millisecond
	messageBurst    = 300
)

// live is a connection that was taken over, or will be.
type live struct {
	mu    sync.Mutex    // held while writing; guards cut
	cut   bool          // a message was written in part: anything after it would be read as its rest
	ready chan struct{} // closed when there is conn
	gone  chan struct{} // closed when the connection has ended, even if it never was there
	conn  *conn
	once  sync.Once
}

func newLive() live { return live{ready: make(chan struct{}), gone: make(chan struct{})} }

var errGone = errors.New("server: the connection has ended")

// take is called when the HTTP library has given the connection away. It returns what the client has sent
// already.
func (l *live) take(given net.Conn) ([]byte, error) {
	inner, ok := given.(interface{ UnsafeConn() net.Conn }).UnsafeConn().(*conn)
	if !ok {
		return nil, errors.New("server: this connection cannot be taken over")
	}
	var early []byte
	buffer := make([]byte, 512)
	for inner.Conn.SetReadDeadline(time.Unix(1, 0)) == nil { // so that only what has been read comes
		n, err := given.Read(buffer)
		early = append(early, buffer[:n]...)
		if err != nil {
			break
		}
	}
	l.conn = inner
	inner.upload.off = true
	inner.upload.end()
	close(l.ready)
	select {
	case <-l.gone:
		return nil, errors.Join(errGone, inner.Close())
	default:
		return early, inner.Conn.SetReadDeadline(time.Time{})
	}
}

// Write implements [realtime.Transport].
func (l *live) Write(b []byte) error {
	select {
	case <-l.ready:
	case <-l.gone:
		return errGone
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err := l.conn.Write(b)
	l.cut = l.cut || err != nil
	return errors.Join(err, l.conn.SetWriteDeadline(time.Time{}))
}

// end closes the connection, after last words.
func (l *live) end(last []byte) {
	l.once.Do(func() {
		close(l.gone)
		select {
		case <-l.ready:
		default:
			return // take closes it
		}
		_ = l.conn.SetWriteDeadline(time.Now().Add(goodbyeTime)) // a write that is under way ends
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(last) > 0 && !l.cut {
			_ = l.conn.SetWriteDeadline(time.Now().Add(goodbyeTime))
			_, _ = l.conn.Write(last) // a client that has gone does not get it
		}
		_ = l.conn.Close()
	})
}

// appender is a writer to a slice.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// webSocket is a live connection that speaks RFC 6455.
type webSocket struct{ live }

// Append implements [realtime.Transport].
func (w *webSocket) Append(dst, head, body []byte, _, _ string) []byte {
	return append(append(begin(dst, ws.OpText, len(head)+len(body)), head...), body...)
}

// AppendBinary implements [dialect.BinaryTransport].
func (w *webSocket) AppendBinary(dst, message []byte) []byte {
	return append(begin(dst, ws.OpBinary, len(message)), message...)
}

// begin appends the header of a frame.
func begin(dst []byte, op ws.OpCode, length int) []byte {
	a := appender{dst}
	_ = ws.WriteHeader(&a, ws.Header{Fin: true, OpCode: op, Length: int64(length)}) // to memory
	return a.b
}

// Ping implements [realtime.Transport].
func (w *webSocket) Ping(dst []byte) []byte {
	a := appender{dst}
	_ = ws.WriteFrame(&a, ws.NewPingFrame(nil)) // to memory
	return a.b
}

// Close implements [realtime.Transport].
func (w *webSocket) Close(why realtime.Reason) {
	var a appender
	_ = ws.WriteFrame(&a, ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(why.Code), why.Text))) // to memory
	w.end(a.b)
}

// acceptKey is the answer to a client's key, RFC 6455, section 4.2.2.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// openWebSocket is GET /v1/realtime.
func (o *opener) openWebSocket(c *fiber.Ctx) error {
	key, spoken, err := o.handshake(c, []string{subprotocol})
	if err != nil {
		return err
	}
	client, err := o.client(c)
	if err != nil {
		return err
	}
	w := &webSocket{newLive()}
	session, err := o.hub.Open(w, client)
	if err != nil {
		return err
	}
	o.upgrade(c, w, session, key, spoken)
	return nil
}

// socket is a WebSocket address of a dialect.
func (o *opener) socket(d dialect.Dialect, s dialect.Socket) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if c.Get(fiber.HeaderUpgrade) == "" {
			return c.Next()
		}
		key, spoken, err := o.handshake(c, s.Protocols)
		if err != nil {
			return err
		}
		if spoken == "" && !s.Optional {
			return fault.Errorf(fault.Invalid, "this address takes WebSocket connections with the subprotocol %s", strings.Join(s.Protocols, " or "))
		}
		client, err := o.clientOf(c, d)
		if err != nil {
			return err
		}
		client.Describe = func(err error) []byte {
			e := clientError(err)
			return d.Problem(e, statusOf(e)).Body
		}
		w := &webSocket{newLive()}
		asked := (&request{http: c, caller: client.Caller}).asked()
		asked.Memory = o.memory
		asked.Send = o.transport.sendsFor(c, s.Path).send
		session, err := s.Open(w, client, asked)
		if err != nil {
			return err
		}
		o.upgrade(c, w, session, key, spoken)
		return nil
	}
}

// handshake reads what a client sends to open a WebSocket connection, RFC 6455, section 4.2.1. spoken is the first of the
// protocols that the client has offered, empty where it has offered none.
func (o *opener) handshake(c *fiber.Ctx, protocols []string) (key, spoken string, err error) {
	key = strings.Clone(c.Get("Sec-WebSocket-Key"))
	raw, err := base64.StdEncoding.DecodeString(key)
	if !strings.EqualFold(c.Get(fiber.HeaderUpgrade), "websocket") || !hasToken(c.Get(fiber.HeaderConnection), "upgrade") || c.Get("Sec-WebSocket-Version") != "13" || err != nil || len(raw) != 16 {
		return "", "", fault.Errorf(fault.Invalid, "this address takes WebSocket connections (RFC 6455), with the subprotocol %s", strings.Join(protocols, " or "))
	}
	if offered := c.Get("Sec-WebSocket-Protocol"); offered != "" {
		at := slices.IndexFunc(protocols, func(p string) bool { return hasToken(offered, p) })
		if at < 0 {
			return "", "", fault.Errorf(fault.Invalid, "this server speaks the subprotocol %s", strings.Join(protocols, " or "))
		}
		spoken = protocols[at]
	}
	if !o.origins.mayOpen(c.Context(), o.proxies) {
		o.signs.refuse(c.Context())
		return "", "", fault.Errorf(fault.Forbidden, "pages of this origin may not connect; see cors.origins")
	}
	return key, spoken, nil
}

// upgrade answers that the connection is a WebSocket now, and serves it.
func (o *opener) upgrade(c *fiber.Ctx, w *webSocket, session dialect.Session, key, spoken string) {
	c.Status(http.StatusSwitchingProtocols)
	c.Set(fiber.HeaderUpgrade, "websocket")
	c.Set(fiber.HeaderConnection, "Upgrade")
	c.Set("Sec-WebSocket-Accept", acceptKey(key))
	if spoken != "" {
		c.Set("Sec-WebSocket-Protocol", spoken)
	}
	most := o.message
	c.Context().Hijack(func(given net.Conn) {
		early, err := w.take(given)
		if err != nil {
			session.Close()
			return
		}
		o.transport.live.Go(func() { w.serve(session, early, most, o.bodies) })
	})
}

// hasToken reports whether a header with a list has a token in it.
func hasToken(header, word string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if strings.EqualFold(strings.TrimSpace(t), word) {
			return true
		}
	}
	return false
}

// serve reads what a client sends, until the connection ends.
func (w *webSocket) serve(session dialect.Session, early []byte, most int, bodies *crud.Budget) {
	defer session.Close()
	source := io.Reader(w.conn)
	if len(early) > 0 {
		source = io.MultiReader(strings.NewReader(string(early)), w.conn)
	}
	control := w.control(session)
	binary, _ := session.(dialect.Binary)
	reader := wsutil.Reader{Source: bufio.NewReaderSize(source, 512), State: ws.StateServerSide, CheckUTF8: true, MaxFrameSize: int64(most), OnIntermediate: control}
	allowance, last := float64(messageBurst), time.Now()
	for {
		header, err := reader.NextFrame()
		switch {
		case errors.Is(err, wsutil.ErrFrameTooLarge):
			w.Close(realtime.TooMuch)
			return
		case err != nil:
			return
		}
		if header.OpCode.IsControl() {
			if control(header, &reader) != nil {
				return
			}
			continue
		}
		hold := &crud.Hold{Budget: bodies}
		message, err := readMessage(&reader, most, hold, &w.conn.pace)
		if why := unwanted(header, message, most, binary != nil, err); why != (realtime.Reason{}) {
			hold.End()
			w.Close(why)
			return
		}
		now := time.Now()
		allowance = min(messageBurst, allowance+float64(now.Sub(last))/float64(messageInterval)) - 1
		if last = now; allowance < 0 {
			time.Sleep(messageInterval)
		}
		ctx, cancel := context.WithTimeout(context.Background(), writeTime)
		if header.OpCode == ws.OpBinary {
			binary.HandleBinary(ctx, message)
		} else {
			session.Handle(ctx, message)
		}
		cancel()
		hold.End()
	}
}

// unwanted returns why a message ends the connection; the zero Reason if it does not.
func unwanted(header ws.Header, message []byte, most int, binary bool, err error) realtime.Reason {
	switch {
	case fault.CodeOf(err) == fault.Unavailable:
		return realtime.Reason{Code: 1013, Text: "the requests under way take all of limits.memory; connect again"}
	case err != nil:
		return realtime.Reason{Code: 1007, Text: "this is not valid UTF-8"}
	case len(message) > most || header.OpCode != ws.OpText && !(binary && header.OpCode == ws.OpBinary):
		return realtime.TooMuch
	}
	return realtime.Reason{}
}

// control answers pings, notes signs of life, and ends on a close.
func (w *webSocket) control(session dialect.Session) wsutil.FrameHandlerFunc {
	return func(header ws.Header, body io.Reader) error {
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(body, payload); err != nil {
			return err
		}
		session.Alive()
		switch header.OpCode {
		case ws.OpPing:
			var a appender
			_ = ws.WriteFrame(&a, ws.NewPongFrame(payload)) // to memory
			return w.Write(a.b)
		case ws.OpClose:
			w.Close(realtime.Finished)
			return io.EOF
		}
		return nil
	}
}
