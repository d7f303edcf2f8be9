package api

import (
	"bytes"

	"github.com/basalt-dev/basalt/modules/crud"
)

// heldBody is an answer that takes from the memory of the node until it has been written.
type heldBody struct {
	*bytes.Reader
	*crud.Hold
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
		r.http.Response().SetBodyStream(heldBody{bytes.NewReader(body), &r.hold}, len(body))
		return
	}
	r.http.Response().SetBodyRaw(body)
}
