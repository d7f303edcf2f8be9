package api

import (
	"bytes"
	"io"

	"github.com/basalt-dev/basalt/modules/crud"
)

// heldBody is an answer that takes from the memory of the node until it has been written.
type heldBody struct {
	*bytes.Reader
	*crud.Hold
	pace *pace // nil where the connection is not ours
}

// writtenAtOnce is how much of an answer is written before it is seen how far it has come.
const writtenAtOnce = 64 << 10

// WriteTo implements io.WriterTo.
func (b heldBody) WriteTo(w io.Writer) (int64, error) {
	var all int64
	for {
		n, err := io.CopyN(w, b.Reader, writtenAtOnce)
		b.pace.add(int(n))
		switch all += n; {
		case err == io.EOF: //nolint:errorlint // CopyN returns it as it is
			return all, nil
		case err != nil:
			return all, err
		}
	}
}

// Close implements io.Closer.
func (b heldBody) Close() error {
	b.pace.end()
	return b.Hold.Close()
}

// hold lets a request take from the memory of the node, and gives that back.
func (h *Handler) hold(_ *route, next call) call {
	return func(r *request) error {
		r.hold.Budget = h.memory
		r.caller.Hold = &r.hold
		defer func() {
			if !r.streams {
				r.hold.End()
			}
		}()
		return next(r)
	}
}

// send answers with a body. One that was taken from the memory of the node is given back when it has been written.
func (r *request) send(body []byte) {
	if r.streams = r.hold.Keep(int64(len(body))); r.streams {
		held := heldBody{Reader: bytes.NewReader(body), Hold: &r.hold}
		if c, ok := r.http.Context().Conn().(*conn); ok {
			held.pace = &c.pace
			held.pace.begin()
		}
		r.http.Response().SetBodyStream(held, len(body))
		return
	}
	r.http.Response().SetBodyRaw(body)
}
