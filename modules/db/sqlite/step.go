package sqlite

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cespare/xxhash/v2"
)

// A step of a stream is the size of a page, and then pages, each behind its number, in the order in which they are to be
// written; at its end 0 and how many pages the database has. Numbers are of 32 bits, big-endian.
type stepWriter struct {
	w    *bufio.Writer
	size func() int64
	any  bool // something is in it
	err  error
}

func (o *stepWriter) begin() error {
	if !o.any {
		o.any = true
		o.number(uint32(o.size()))
	}
	return o.err
}

func (o *stepWriter) page(page uint32, content []byte) error {
	_ = o.begin() // which keeps the error
	o.number(page)
	if o.err == nil {
		_, o.err = o.w.Write(content)
	}
	return o.err
}

func (o *stepWriter) end(pages uint32) error {
	o.number(0)
	o.number(pages)
	return errors.Join(o.err, o.w.Flush())
}

func (o *stepWriter) number(n uint32) {
	if o.err == nil {
		_, o.err = o.w.Write(binary.BigEndian.AppendUint32(nil, n))
	}
}

// Apply implements [db.Streamer].
func (d *Driver) Apply(_ context.Context, file string, step io.Reader) (err error) {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, _, err := layout(f)
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(step, 256<<10)
	var number [4]byte
	next := func() (uint32, error) {
		_, err := io.ReadFull(r, number[:])
		return binary.BigEndian.Uint32(number[:]), err
	}
	if got, err := next(); err != nil || int64(got) != size {
		return errors.Join(fmt.Errorf("sqlite: a step of pages of %d bytes does not fit a database of pages of %d", got, size), err)
	}
	content := make([]byte, size)
	for {
		page, err := next()
		if err != nil {
			return fmt.Errorf("sqlite: a step is not whole: %w", err)
		}
		if page == 0 {
			break
		}
		if _, err := io.ReadFull(r, content); err != nil {
			return fmt.Errorf("sqlite: a step is not whole: %w", err)
		}
		if _, err := f.WriteAt(content, int64(page-1)*size); err != nil {
			return err
		}
	}
	pages, err := next()
	if err != nil || pages == 0 {
		return errors.Join(errors.New("sqlite: a step is not whole"), err)
	}
	return f.Truncate(int64(pages) * size)
}

// State implements [db.Streamer].
func (d *Driver) State(ctx context.Context, file string) (string, error) {
	var pages uint32
	var total uint64
	err := eachPage(ctx, file, func(page uint32, content []byte) error {
		pages, total = page, total^sumOf(page, content)
		return nil
	})
	return stateOf(pages, total), err
}

func stateOf(pages uint32, total uint64) string { return fmt.Sprintf("%x-%016x", pages, total) }

// sumOf is a number for a page at its place, 0 for one of zeros: SQLite need not write pages that are free.
func sumOf(page uint32, content []byte) uint64 {
	for _, b := range content {
		if b != 0 {
			return xxhash.Sum64(content) * (2*uint64(page) + 1)
		}
	}
	return 0
}

// layout returns the size of a page and the number of pages, as the first page says.
func layout(f *os.File) (size int64, pages uint32, err error) {
	var header [100]byte
	if _, err := f.ReadAt(header[:], 0); err != nil || string(header[:16]) != "SQLite format 3\x00" {
		return 0, 0, errors.Join(errors.New("sqlite: this is not a database"), err)
	}
	if size = int64(binary.BigEndian.Uint16(header[16:])); size == 1 {
		size = 65536
	}
	return size, binary.BigEndian.Uint32(header[28:]), nil
}

// eachPage reads a database from its file, which must not change.
func eachPage(ctx context.Context, file string, f func(page uint32, content []byte) error) (err error) {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close() // it was read only
	size, pages, err := layout(in)
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(in, 1<<20)
	content := make([]byte, size)
	for page := uint32(1); page <= pages; page++ {
		if page%stepPages == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := io.ReadFull(r, content); err != nil {
			return fmt.Errorf("sqlite: reading page %d of %d: %w", page, pages, err)
		}
		if err := f(page, content); err != nil {
			return err
		}
	}
	return nil
}
