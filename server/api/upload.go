package api

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/basalt-dev/basalt/modules/crud"
)

const (
	// readBuffer is the longest request line and headers. The HTTP library reads them, and small bodies, into a buffer
	// of this size, and larger ones into one of the body's.
	readBuffer = 32 << 10
	// bodyAllowance is how much of a request a connection holds without taking it from the memory of the node.
	bodyAllowance = 64 << 10
	// bodyPart is the part of limits.memory that bodies take at most, so that uploads leave room for answers.
	bodyPart = 2
)

// upload is what a connection holds of the request that it receives: it takes that from the memory of the node before
// it is read, and gives it back when the answer begins. One goroutine reads and writes, until the connection is live.
type upload struct {
	received int // bytes of the request so far
	taken    int
	hold     atomic.Pointer[crud.Hold]
	streams  bool // the body is passed on as it comes, and held by no one
	off      bool // the connection is live: it takes for each message, and is read and written at once
}

// reserve takes what a read into a buffer of a size may add.
func (u *upload) reserve(size int, budget func() *crud.Budget) error {
	need := u.received
	if size > readBuffer { // the body's own buffer, which there is before it is filled
		need += size
	}
	if need <= max(bodyAllowance, u.taken) {
		return nil
	}
	need = (need + bodyAllowance - 1) / bodyAllowance * bodyAllowance
	hold := u.hold.Load()
	if hold == nil {
		hold = &crud.Hold{Budget: budget()}
		u.hold.Store(hold)
	}
	if err := hold.Take(context.Background(), int64(need-u.taken)); err != nil {
		return err
	}
	u.taken = need
	return nil
}

// stream says that from now on what is received is not held.
func (u *upload) stream() {
	u.end()
	u.streams = true
}

// end ends the request.
func (u *upload) end() {
	u.received, u.streams = 0, false
	if u.taken > 0 {
		u.taken = 0
		u.give()
	}
}

// give returns what was taken.
func (u *upload) give() {
	if hold := u.hold.Swap(nil); hold != nil {
		hold.End()
	}
}

// readMessage reads a message of a live connection, of which most bytes are accepted and one more is read. It takes
// from the budget what it holds beyond an allowance, as it grows.
func readMessage(r io.Reader, most int, hold *crud.Hold, pace *pace) ([]byte, error) {
	r = io.LimitReader(r, int64(most)+1)
	defer pace.end()
	var message []byte
	for {
		more, err := io.ReadAll(io.LimitReader(r, bodyAllowance))
		if message == nil {
			message = more
		} else {
			message = append(message, more...)
		}
		if err != nil || len(more) < bodyAllowance {
			return message, err
		}
		if err := hold.Take(context.Background(), 2*bodyAllowance); err != nil { // append holds twice as much for a moment
			return nil, err
		}
		pace.begin()
	}
}
