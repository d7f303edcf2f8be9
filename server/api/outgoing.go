package api

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

// piece is a string, or a range of the file.
type piece struct {
	text string
	byteRange
}

// outgoing is the body of an answer as it goes. Each piece of it is opened when its turn comes.
type outgoing struct {
	ctx    context.Context
	cancel context.CancelFunc
	file   *files.File
	pieces []piece
	now    io.Reader
	closer io.Closer
	conn   *conn
	stall  time.Duration // how long the client may take for a step
	wait   time.Duration // how long the storage may take for one; 0 for no limit
	late   *time.Timer   // cancels ctx after that
}

// within runs what asks the storage. It ends everything if that takes too long.
func (o *outgoing) within(ask func() error) error {
	if o.wait <= 0 {
		return ask()
	}
	if o.late == nil {
		o.late = time.AfterFunc(o.wait, o.cancel)
	} else {
		o.late.Reset(o.wait)
	}
	err := ask()
	if !o.late.Stop() {
		return errors.Join(fault.Errorf(fault.Timeout, "the storage of files did not answer in the time of a request; try again"), err)
	}
	return err
}

// open opens the next piece.
func (o *outgoing) open() error {
	if len(o.pieces) == 0 {
		o.now = nil
		return nil
	}
	next := o.pieces[0]
	o.pieces = o.pieces[1:]
	if next.text != "" || next.length == 0 {
		o.now = strings.NewReader(next.text)
		return nil
	}
	return o.within(func() error {
		f, err := o.file.Open(o.ctx, next.start, next.length)
		if err == nil {
			o.now, o.closer = f, f
		}
		return err
	})
}

// Read implements io.Reader. Each read gives the client time to take it.
func (o *outgoing) Read(p []byte) (int, error) {
	if o.conn != nil {
		if err := o.conn.SetWriteDeadline(time.Now().Add(o.stall)); err != nil {
			return 0, err
		}
	}
	for o.now != nil {
		n, err := o.read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if err = o.closePiece(); err == nil {
			err = o.open()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// read reads the piece that is open. What is a file of this machine, or in memory, does not wait.
func (o *outgoing) read(p []byte) (n int, err error) {
	if _, local := o.now.(storage.Sendable); local || o.closer == nil {
		return o.now.Read(p)
	}
	err = o.within(func() error {
		var err error
		n, err = o.now.Read(p)
		return err
	})
	return n, err
}

// A file goes in steps, each of which gives the client time to take it: a larger one while it takes them at once, and
// a small one where it is slow.
const (
	leastStep = 256 << 10
	mostStep  = 1 << 20
	slowStep  = time.Second / 4
)

// smallFile is up to where a file is read, and sent in one call of the system with the head of its answer. That takes less
// than when the kernel sends it by itself, in a second call after the head; see cmd/bench.
const smallFile = 32 << 10

// copied are the buffers of bytes that the kernel does not send by itself.
var copied = sync.Pool{New: func() any { return new([smallFile]byte) }}

// WriteTo implements io.WriterTo. Files of the storage that are files of this machine are sent by the kernel, unless they are
// small.
func (o *outgoing) WriteTo(w io.Writer) (n int64, err error) {
	to, _ := w.(io.ReaderFrom)
	if o.conn != nil {
		o.conn.gather()
		defer func() { err = errors.Join(err, o.conn.release()) }()
	}
	for o.now != nil && err == nil {
		var sent int64
		if file, left := o.sendable(); left > smallFile && to != nil && o.conn != nil {
			sent, err = o.sendFile(to, file, left)
		} else {
			sent, err = o.copyTo(w)
		}
		n += sent
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// sendable returns the file that the kernel can send by itself, and how much of it is to be sent; 0 for none.
func (o *outgoing) sendable() (*os.File, int64) {
	if s, ok := o.now.(storage.Sendable); ok {
		return s.Sendable()
	}
	return nil, 0
}

// copyTo reads once, and writes that.
func (o *outgoing) copyTo(w io.Writer) (int64, error) {
	buffer, _ := copied.Get().(*[smallFile]byte)
	defer copied.Put(buffer)
	read, err := o.Read(buffer[:])
	if read == 0 {
		return 0, err
	}
	written, failed := w.Write(buffer[:read])
	return int64(written), errors.Join(err, failed)
}

// sendFile sends what is left of a piece.
func (o *outgoing) sendFile(to io.ReaderFrom, file *os.File, left int64) (n int64, err error) {
	for step := int64(leastStep); n < left; {
		if err := o.conn.SetWriteDeadline(time.Now().Add(o.stall)); err != nil {
			return n, err
		}
		begun := time.Now()
		sent, err := to.ReadFrom(&io.LimitedReader{R: file, N: min(step, left-n)})
		n += sent
		switch {
		case err != nil:
			return n, err
		case sent == 0:
			return n, io.ErrUnexpectedEOF
		case time.Since(begun) < slowStep:
			step = min(2*step, mostStep)
		default:
			step = leastStep
		}
	}
	if err := o.closePiece(); err != nil {
		return n, err
	}
	return n, o.open()
}

func (o *outgoing) closePiece() error {
	if o.closer == nil {
		return nil
	}
	err := o.closer.Close()
	o.closer = nil
	return err
}

// Close implements io.Closer.
func (o *outgoing) Close() error {
	o.cancel()
	return o.closePiece()
}
