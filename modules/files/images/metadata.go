package images

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
)

// What is read of the metadata of an image: its EXIF block and its color profile. Both are chosen by whoever sends it, and the
// libraries that read them believe the numbers in them, so that they are taken out and checked here first.

const (
	// maxBlock is how many bytes an EXIF block or a color profile may have; larger ones are as if they were not there.
	maxBlock = 1 << 20
	// maxScans is how often a progressive JPEG may go over its pixels. Encoders write about ten scans; a decoder works as
	// long for one of fifty bytes.
	maxScans = 100
)

// metadata is what was found in an image.
type metadata struct{ exif, profile []byte }

var errMetadata = errors.New("images: the metadata cannot be read")

// metadataOf reads the metadata of an image up to where its pixels are.
func metadataOf(mediaType string, r io.Reader) (metadata, error) {
	in := bufio.NewReader(r)
	switch mediaType {
	case "image/jpeg":
		return jpegMetadata(in)
	case "image/png":
		return pngMetadata(in)
	case "image/webp":
		return webpMetadata(in)
	}
	return metadata{}, nil
}

// block reads a block of a length, and skips one that is too large.
func block(in *bufio.Reader, length int64) ([]byte, error) {
	if length > maxBlock {
		_, err := io.CopyN(io.Discard, in, length)
		return nil, err
	}
	out := make([]byte, length)
	_, err := io.ReadFull(in, out)
	return out, err
}

// The markers of JPEG that matter here.
const (
	markerStart, markerEnd, markerScan = 0xd8, 0xd9, 0xda
	markerEXIF, markerProfile          = 0xe1, 0xe2
)

// jpegSegment reads the next segment of a JPEG, after the pixels before it. data is nil for a marker that stands alone.
func jpegSegment(in *bufio.Reader) (marker byte, data []byte, err error) {
	for previous := byte(0); ; previous = marker {
		if marker, err = in.ReadByte(); err != nil {
			return 0, nil, err
		}
		if previous == 0xff && marker != 0xff && marker != 0 && (marker < 0xd0 || marker > 0xd7) { // no stuffing, no restart
			break
		}
	}
	if marker == markerStart || marker == markerEnd || marker == 1 {
		return marker, nil, nil
	}
	var length [2]byte
	if _, err = io.ReadFull(in, length[:]); err != nil {
		return 0, nil, err
	}
	n := int64(binary.BigEndian.Uint16(length[:])) - int64(len(length))
	if n < 0 {
		return 0, nil, errMetadata
	}
	data, err = block(in, n)
	return marker, data, err
}

func jpegMetadata(in *bufio.Reader) (out metadata, err error) {
	for {
		marker, data, err := jpegSegment(in)
		if err != nil || marker == markerScan || marker == markerEnd {
			return out, err
		}
		if rest, ok := bytes.CutPrefix(data, []byte("Exif\x00\x00")); ok && marker == markerEXIF && out.exif == nil {
			out.exif = rest
		}
		// two bytes say which part of how many it is; they come in order
		if rest, ok := bytes.CutPrefix(data, []byte("ICC_PROFILE\x00")); ok && marker == markerProfile && len(rest) > 2 && len(out.profile)+len(rest) <= maxBlock {
			out.profile = append(out.profile, rest[2:]...)
		}
	}
}

// jpegScans counts how often a JPEG goes over its pixels, up to one more than it may.
func jpegScans(r io.Reader) int {
	in := bufio.NewReader(r)
	for n := 0; ; {
		marker, _, err := jpegSegment(in)
		if err != nil || marker == markerEnd {
			return n
		}
		if marker == markerScan {
			if n++; n > maxScans {
				return n
			}
		}
	}
}

func pngMetadata(in *bufio.Reader) (out metadata, err error) {
	if _, err = in.Discard(8); err != nil {
		return out, err
	}
	for {
		var head [8]byte
		if _, err = io.ReadFull(in, head[:]); err != nil {
			return out, err
		}
		kind := string(head[4:])
		if kind == "IDAT" || kind == "IEND" {
			return out, nil
		}
		data, err := block(in, int64(binary.BigEndian.Uint32(head[:4])))
		if err == nil {
			_, err = in.Discard(4) // the checksum
		}
		if err != nil {
			return out, err
		}
		switch kind {
		case "eXIf":
			out.exif = data
		case "iCCP":
			out.profile = inflated(data)
		}
	}
}

// inflated is the profile of an iCCP chunk: a name, a method and compressed bytes. It is nil for what cannot be read, or is
// too large when it is unpacked.
func inflated(chunk []byte) []byte {
	_, packed, ok := bytes.Cut(chunk, []byte{0})
	if !ok || len(packed) == 0 || packed[0] != 0 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return nil
	}
	out, err := io.ReadAll(io.LimitReader(z, maxBlock+1))
	if err != nil || len(out) > maxBlock {
		return nil
	}
	return out
}

func webpMetadata(in *bufio.Reader) (out metadata, err error) {
	if _, err = in.Discard(12); err != nil {
		return out, err
	}
	for {
		var head [8]byte
		if _, err = io.ReadFull(in, head[:]); err != nil {
			return out, nil // the end: EXIF stands behind the pixels
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		kind := string(head[:4])
		if kind != "EXIF" && kind != "ICCP" {
			if _, err = io.CopyN(io.Discard, in, length+length%2); err != nil {
				return out, err
			}
			continue
		}
		data, err := block(in, length)
		if err != nil {
			return out, err
		}
		if _, err = in.Discard(int(length % 2)); err != nil && err != io.EOF {
			return out, err
		}
		if kind == "EXIF" {
			out.exif = bytes.TrimPrefix(data, []byte("Exif\x00\x00"))
		} else {
			out.profile = data
		}
	}
}

// orientation reads which side of a photo is up, 1 to 8 as EXIF numbers them, from the first directory of its EXIF block; 1
// where it does not say so.
func (m metadata) orientation() int {
	const tag, short, entry = 0x0112, 3, 12
	b := m.exif
	var order binary.ByteOrder = binary.BigEndian
	switch {
	case len(b) < 8:
		return 1
	case string(b[:4]) == "II*\x00":
		order = binary.LittleEndian
	case string(b[:4]) != "MM\x00*":
		return 1
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return 1
	}
	b = b[at:]
	n := int(order.Uint16(b))
	for b = b[2:]; n > 0 && len(b) >= entry; n, b = n-1, b[entry:] {
		if order.Uint16(b) == tag && order.Uint16(b[2:]) == short {
			if o := int(order.Uint16(b[8:])); o >= 1 && o <= 8 {
				return o
			}
		}
	}
	return 1
}

// The table of a color profile: how many tags, and where each one is.
const profileHeader, profileTag = 128, 12

// soundProfile reports whether all that a color profile says of the lengths of its parts fits into it.
func soundProfile(b []byte) bool {
	if len(b) < profileHeader+4 || string(b[36:40]) != "acsp" {
		return false
	}
	n := uint64(binary.BigEndian.Uint32(b[profileHeader:]))
	table := b[profileHeader+4:]
	if n > uint64(len(table)/profileTag) {
		return false
	}
	for i := range n {
		tag := table[i*profileTag:]
		start, length := uint64(binary.BigEndian.Uint32(tag[4:])), uint64(binary.BigEndian.Uint32(tag[8:]))
		if start < profileHeader+4+n*profileTag || start+length > uint64(len(b)) {
			return false
		}
	}
	// counts of elements, wherever such a part is nested
	return counted(b, "curv", 2) && counted(b, "mluc", 12)
}

// counted reports whether the elements that parts of a type count are there.
func counted(b []byte, kind string, size uint64) bool {
	for {
		i := bytes.Index(b, []byte(kind))
		if i < 0 {
			return true
		}
		if b = b[i+len(kind):]; len(b) < 8 {
			return true
		}
		if n := uint64(binary.BigEndian.Uint32(b[4:])); n*size > uint64(len(b)-8) {
			return false
		}
	}
}
