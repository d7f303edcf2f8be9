package api

import (
	"net"
	"sync"
)

// head is what the HTTP library has written first of an answer: its head, and as much of the body as its buffer has room for.
// It waits for the rest, so that both go in one call of the system, and in one packet where they fit.
type head struct {
	text   [4096]byte
	length int
	parts  [2][]byte
	both   net.Buffers
}

var heads = sync.Pool{New: func() any { return new(head) }}

// gather keeps what is written next until release, or until more is written.
func (c *conn) gather() { c.head, _ = heads.Get().(*head) }

// keep keeps what is written first, and reports whether it has.
func (h *head) keep(p []byte) bool {
	if h.length > 0 || len(p) > len(h.text) {
		return false
	}
	h.length = copy(h.text[:], p)
	return true
}

// writeBoth writes what waits, and what follows it.
func (c *conn) writeBoth(p []byte) (int, error) {
	h := c.head
	c.head = nil
	defer h.free()
	h.parts = [2][]byte{h.text[:h.length], p}
	h.both = h.parts[:]
	n, err := h.both.WriteTo(c.Conn)
	return max(0, int(n)-h.length), err
}

// release writes what waits alone.
func (c *conn) release() error {
	if c.head == nil {
		return nil
	}
	if c.head.length == 0 {
		c.head.free()
		c.head = nil
		return nil
	}
	_, err := c.writeBoth(nil)
	return err
}

func (h *head) free() {
	h.length, h.parts, h.both = 0, [2][]byte{}, nil
	heads.Put(h)
}
