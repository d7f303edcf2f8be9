package api

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/fault"
)

// body is the body of the request, decoded. It is the only way to one: the router's own methods decode whatever
// Content-Encoding names, as often as it names something, without a bound, and again at each call. What it
// returns is good until the request is answered.
func (r *request) body() []byte { return r.content }

// receive decodes the body, once, up to a limit.
func (r *request) receive(limit int64) error {
	r.content = r.http.Request().Body()
	if len(r.content) == 0 {
		return nil
	}
	coding, err := contentCoding(r.http.Request().Header.PeekAll(fiber.HeaderContentEncoding))
	if err != nil {
		r.setHeader(fiber.HeaderAcceptEncoding, "gzip") // RFC 9110, section 12.5.3
		return err
	}
	if coding == "gzip" {
		if err := r.hold.Take(r.context, limit); err != nil {
			return err
		}
		r.content, err = gunzip(r.content, limit)
	}
	return err
}

// contentCoding returns how a body is encoded: gzip, or empty for not at all. Two codings, and any other, are
// refused.
func contentCoding(lines [][]byte) (coding string, err error) {
	for _, line := range lines {
		for name := range strings.SplitSeq(string(line), ",") {
			switch name = strings.ToLower(strings.TrimSpace(name)); {
			case name == "" || name == "identity":
			case coding == "" && (name == "gzip" || name == "x-gzip"):
				coding = "gzip"
			default:
				return "", fault.Errorf(fault.UnsupportedMedia, "Content-Encoding %.80q is not accepted; send the body as it is, or with gzip, once", bytes.Join(lines, []byte(", ")))
			}
		}
	}
	return coding, nil
}

// gunzip decodes a body, of which limit bytes are accepted.
func gunzip(body []byte, limit int64) ([]byte, error) {
	wrong := fault.Errorf(fault.InvalidJSON, "the body is not gzip, as its Content-Encoding says")
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, wrong
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(reader, limit+1))
	switch {
	case n > limit:
		return nil, bodyTooLarge(limit)
	case err != nil:
		return nil, wrong
	}
	return out.Bytes(), nil
}

func bodyTooLarge(limit int64) *fault.Error {
	return fault.Errorf(fault.TooLarge, "the body is larger than %d bytes, which is limits.body", limit)
}
