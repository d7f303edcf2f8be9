package api

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
)

// flood is a connection on which the client sends for ever.
type flood struct{ net.Conn }

func (flood) Read(p []byte) (int, error)  { return len(p), nil }
func (flood) Write(p []byte) (int, error) { return len(p), nil }
func (flood) Close() error                { return nil }

func senders(n int, budget *crud.Budget) (out []*conn) {
	l := newConnections()
	l.bodies = func() *crud.Budget { return budget }
	for range n {
		out = append(out, &conn{Conn: flood{}, owner: l})
	}
	return out
}

func refusedForMemory(t *testing.T, err error) {
	t.Helper()
	if fault.CodeOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "limits.memory") {
		t.Errorf("got %v", err)
	}
}

// TestUpload_ABodyTakesFromTheMemoryOfTheNode: by its length before it is there, by what has come where that is not
// said, and no longer than until it is answered or its connection ends.
func TestUpload_ABodyTakesFromTheMemoryOfTheNode(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, send := range map[string]func(*conn) error{
		"one length": func(c *conn) error {
			_, err := c.Read(make([]byte, mib-readBuffer))
			return err
		},
		"many pieces": func(c *conn) error {
			for range mib / readBuffer {
				if _, err := c.Read(make([]byte, readBuffer)); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := senders(6, crud.NewBudget(4*mib).Part(2*mib+bodyAllowance))
			for i, end := range []func(*conn){func(c *conn) { _, _ = c.Write(nil) }, func(c *conn) { _ = c.Close() }} {
				held := all[3*i : 3*i+3]
				for _, c := range held[:2] {
					if err := send(c); err != nil {
						t.Fatal(err)
					}
				}
				refusedForMemory(t, send(held[2]))
				for _, c := range held {
					end(c)
				}
			}
			if c := senders(1, nil)[0]; c.upload.reserve(readBuffer, nil) != nil { // small ones ask for nothing
				t.Error("a small request is refused")
			}
		})
	}
}

func TestReadMessage_TakesFromTheMemoryOfTheNode(t *testing.T) {
	t.Parallel()
	budget := crud.NewBudget(4 * bodyAllowance)
	hold := &crud.Hold{Budget: budget}
	text := strings.Repeat("x", 2*bodyAllowance)
	if got, err := readMessage(strings.NewReader(text), len(text), hold, nil); string(got) != text || err != nil {
		t.Fatalf("got %d bytes, %v", len(got), err)
	}
	other := &crud.Hold{Budget: budget}
	_, err := readMessage(strings.NewReader(text), len(text), other, nil)
	refusedForMemory(t, err)
	other.End()
	hold.End()
	if _, err := readMessage(io.MultiReader(strings.NewReader(text), broken{}), 10*len(text), &crud.Hold{Budget: budget}, nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }
