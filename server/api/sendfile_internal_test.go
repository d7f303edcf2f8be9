package api

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/files/storage"
)

// kernel is a connection that notes what it is given to send by itself.
type kernel struct {
	net.Conn
	sent  bytes.Buffer
	files int
}

func (k *kernel) Write(p []byte) (int, error) { return k.sent.Write(p) }

func (k *kernel) ReadFrom(r io.Reader) (int64, error) {
	if limited, ok := r.(*io.LimitedReader); ok {
		if _, ok := limited.R.(*os.File); ok {
			k.files++
		}
	}
	return io.Copy(struct{ io.Writer }{&k.sent}, r)
}

// stretch is a part of a file, as the storage of this machine returns it.
type stretch struct {
	io.LimitedReader
	file *os.File
}

func (s *stretch) Sendable() (*os.File, int64) { return s.file, s.N }

var _ storage.Sendable = (*stretch)(nil)

// TestOutgoing_TheKernelSendsFiles: a file that is one of this machine is given to the connection, in steps, and none of it
// is read here.
func TestOutgoing_TheKernelSendsFiles(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	left, right := net.Pipe()
	defer left.Close()
	defer right.Close()
	k := &kernel{Conn: left}
	c := &conn{Conn: k, owner: newConnections()}
	c.upload.off = true
	ctx, cancel := context.WithCancel(t.Context())
	out := &outgoing{ctx: ctx, cancel: cancel, conn: c, stall: time.Minute, now: &stretch{io.LimitedReader{R: file, N: int64(len(content)) - 5}, file}, pieces: []piece{{text: "the end"}}}
	n, err := out.WriteTo(c)
	want := string(content[:len(content)-5]) + "the end"
	if err != nil || n != int64(len(want)) || k.sent.String() != want || k.files < 2 {
		t.Errorf("%v: %d bytes of %d, %d of them by the kernel", err, n, len(want), k.files)
	}
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	// A file that has become shorter is no endless loop.
	if _, err := file.Seek(0, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	out = &outgoing{ctx: ctx, cancel: cancel, conn: c, stall: time.Minute, now: &stretch{io.LimitedReader{R: file, N: smallFile + 10}, file}}
	if _, err := out.WriteTo(c); err == nil {
		t.Error("a file that ends early is sent as if it did not")
	}
}

// TestConn_TheHeadWaitsForTheBody: so that both are sent together, in order, and the head alone where nothing follows.
func TestConn_TheHeadWaitsForTheBody(t *testing.T) {
	t.Parallel()
	k := &kernel{}
	c := &conn{Conn: k, owner: newConnections()}
	c.upload.off = true
	write := func(text string) {
		t.Helper()
		if n, err := c.Write([]byte(text)); err != nil || n != len(text) {
			t.Fatalf("%d of %d bytes: %v", n, len(text), err)
		}
	}
	holds := func(want string) {
		t.Helper()
		if got := k.sent.String(); got != want {
			t.Fatalf("%q was sent, not %q", got, want)
		}
	}
	c.gather()
	write("head ")
	holds("")
	write("body ")
	holds("head body ")
	write("next ")
	holds("head body next ")
	if err := c.release(); err != nil {
		t.Fatal(err)
	}
	c.gather()
	write("alone ")
	if err := c.release(); err != nil {
		t.Fatal(err)
	}
	holds("head body next alone ")
	c.gather()
	if err := c.release(); err != nil {
		t.Fatal(err)
	}
	c.gather()
	write("head ")
	if _, err := c.ReadFrom(strings.NewReader("of the kernel ")); err != nil {
		t.Fatal(err)
	}
	holds("head body next alone head of the kernel ")
	long := strings.Repeat("x", 5000) // longer than what waits
	c.gather()
	write(long)
	holds("head body next alone head of the kernel " + long)
}
