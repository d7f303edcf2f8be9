package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
)

// maxRanges is how many ranges one request may ask for. More, and more bytes together than the file has, get the whole file.
const maxRanges = 16

// byteRange is a part of a file.
type byteRange struct{ start, length int64 }

func (b byteRange) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", b.start, b.start+b.length-1, size)
}

// ranges reads the header Range, RFC 9110, section 14.2; nil for the whole file, as for one that is no range of bytes.
func (f *fileCalls) ranges(r *request, file *files.File) ([]byteRange, error) {
	header := r.header(fiber.HeaderRange)
	unit, list, _ := strings.Cut(header, "=")
	if header == "" || !strings.EqualFold(strings.TrimSpace(unit), "bytes") || !ifRange(r, file) {
		return nil, nil
	}
	var out []byteRange
	var sum int64
	asked := 0
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if asked++; asked > maxRanges {
			return nil, nil
		}
		b, ok := parseRange(part, file.Size)
		if !ok {
			return nil, nil
		}
		if b.length > 0 {
			out = append(out, b)
			sum += b.length
		}
	}
	switch {
	case asked == 0:
		return nil, nil
	case len(out) == 0:
		return nil, fault.Errorf(fault.RangeNotSatisfiable, "the file has %d bytes", file.Size)
	case len(out) > 1 && sum > file.Size:
		return nil, nil
	}
	return out, nil
}

// parseRange reads one range; its length is 0 where the file has nothing of it.
func parseRange(text string, size int64) (byteRange, bool) {
	from, to, dash := strings.Cut(text, "-")
	if !dash || strings.ContainsAny(text, "+ ") {
		return byteRange{}, false
	}
	if from == "" {
		n, err := strconv.ParseInt(to, 10, 64)
		if err != nil || n < 0 {
			return byteRange{}, false
		}
		n = min(n, size)
		return byteRange{size - n, n}, true
	}
	start, err := strconv.ParseInt(from, 10, 64)
	if err != nil || start < 0 {
		return byteRange{}, false
	}
	end := size - 1
	if to != "" {
		if end, err = strconv.ParseInt(to, 10, 64); err != nil || end < start {
			return byteRange{}, false
		}
		end = min(end, size-1)
	}
	return byteRange{start, max(0, end-start+1)}, true
}

// ifRange reports whether If-Range, if it is there, is of the file as it is.
func ifRange(r *request, file *files.File) bool {
	header := strings.TrimSpace(r.header(fiber.HeaderIfRange))
	if header == "" || header == file.ETag() {
		return true
	}
	t, err := http.ParseTime(header)
	return err == nil && !file.Updated.IsZero() && file.Updated.Truncate(time.Second).Equal(t)
}

// pieces are what an answer consists of.
type pieces struct {
	boundary string
	pieces   []piece
}

// wholeFile returns the pieces for ranges, none for the whole file, and how many bytes they have together.
func wholeFile(file *files.File, ranges []byteRange) (pieces, int64) {
	switch len(ranges) {
	case 0:
		return pieces{pieces: []piece{{byteRange: byteRange{0, file.Size}}}}, file.Size
	case 1:
		return pieces{pieces: []piece{{byteRange: ranges[0]}}}, ranges[0].length
	}
	out := pieces{boundary: strings.ReplaceAll(uuid.NewString(), "-", "")}
	var size int64
	add := func(p piece) {
		out.pieces = append(out.pieces, p)
		size += int64(len(p.text)) + p.length
	}
	for i, b := range ranges {
		lead := "\r\n"
		if i == 0 {
			lead = ""
		}
		add(piece{text: fmt.Sprintf("%s--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n", lead, out.boundary, file.Type, b.contentRange(file.Size))})
		add(piece{byteRange: b})
	}
	add(piece{text: "\r\n--" + out.boundary + "--\r\n"})
	return out, size
}
