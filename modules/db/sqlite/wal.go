package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// The write-ahead log, as https://sqlite.org/fileformat2.html#the_write_ahead_log describes it: a header, then frames of a
// page each. A frame counts if its salts are those of the header and its checksum continues that of the frame before, and
// is committed if it, or one after it, says how large the database is.
const (
	walHeaderSize   = 32
	frameHeaderSize = 24
	walMagic        = 0x377f0682 // and 1 more where checksums are of big-endian words
)

// walPosition is a place in a write-ahead log, behind a commit. Its zero value is before any.
type walPosition struct {
	header [walHeaderSize]byte
	offset int64
	sum    [2]uint32
	last   [frameHeaderSize]byte // the header of the frame before; zero at the first
}

var errWALGone = errors.New("sqlite: the write-ahead log has changed under the stream")

func (p *walPosition) pageSize() int64 { return int64(binary.BigEndian.Uint32(p.header[8:])) }

// start goes to the first frame of a log, whose header must be sound.
func (p *walPosition) start(header [walHeaderSize]byte) bool {
	magic, size := binary.BigEndian.Uint32(header[:]), binary.BigEndian.Uint32(header[8:])
	if magic&^1 != walMagic || size < 512 || size > 65536 || size&(size-1) != 0 {
		return false
	}
	next := walPosition{header: header, offset: walHeaderSize}
	next.sum = next.add(header[:24], [2]uint32{})
	if next.sum[0] != binary.BigEndian.Uint32(header[24:]) || next.sum[1] != binary.BigEndian.Uint32(header[28:]) {
		return false
	}
	*p = next
	return true
}

// add continues a checksum.
func (p *walPosition) add(b []byte, sum [2]uint32) [2]uint32 {
	word := binary.LittleEndian.Uint32
	if p.header[3]&1 == 1 {
		word = binary.BigEndian.Uint32
	}
	for ; len(b) >= 8; b = b[8:] {
		sum[0] += word(b) + sum[1]
		sum[1] += word(b[4:]) + sum[0]
	}
	return sum
}

// scan reads what is committed from here on. It calls frame with each page and where it is in the file, in order, and
// commit with the number of pages of the database after each commit. It ends early when frame returns false.
func (p *walPosition) scan(wal *os.File, frame func(page uint32, at int64, content []byte) bool, commit func(pages uint32)) error {
	if err := p.unchanged(wal); err != nil {
		return err
	}
	info, err := wal.Stat()
	if err != nil {
		return err
	}
	size := frameHeaderSize + p.pageSize()
	next := *p
	r := io.NewSectionReader(wal, p.offset, max(0, info.Size()-p.offset)) // what comes while it reads would have no end
	buffer := make([]byte, size*max(1, (256<<10)/size))
	for {
		n, err := io.ReadFull(r, buffer)
		for b := buffer[:n]; int64(len(b)) >= size; b = b[size:] {
			if !bytes.Equal(b[8:16], p.header[16:24]) {
				return nil
			}
			sum := next.add(b[frameHeaderSize:size], next.add(b[:8], next.sum))
			if sum[0] != binary.BigEndian.Uint32(b[16:]) || sum[1] != binary.BigEndian.Uint32(b[20:]) {
				return nil
			}
			if !frame(binary.BigEndian.Uint32(b), next.offset+frameHeaderSize, b[frameHeaderSize:size]) {
				return nil
			}
			next.offset, next.sum, next.last = next.offset+size, sum, [frameHeaderSize]byte(b)
			if pages := binary.BigEndian.Uint32(b[4:]); pages > 0 {
				commit(pages)
				*p = next
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// unchanged returns an error if the frame before is not the one that was read.
func (p *walPosition) unchanged(wal *os.File) error {
	if p.last == ([frameHeaderSize]byte{}) {
		return nil
	}
	var last [frameHeaderSize]byte
	if _, err := wal.ReadAt(last[:], p.offset-frameHeaderSize-p.pageSize()); err != nil {
		return errors.Join(errWALGone, err)
	}
	if last != p.last {
		return errWALGone
	}
	return nil
}
