package api

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/zstd"
	"github.com/valyala/fasthttp"
)

// An answer is compressed from smallest on, where a header costs less than the bytes that it saves, to largest, which
// bounds the work that one request makes.
const (
	smallestPacked = 1 << 10
	largestPacked  = 16 << 20
	brotliLevel    = 2 // more takes several times as long as making the answer
)

// secretPrefixes are the paths whose answers are never compressed. They have tokens, codes and keys, beside what a caller
// has sent: the length of a compressed answer would tell which guesses are in the secret (BREACH). No cookie signs a user
// in, so that another page cannot ask for such an answer in a user's name; this does not rely on it.
var secretPrefixes = []string{"/v1/auth/", "/auth/v1/", "/v1/admin/"}

// packer compresses answers.
type packer struct{ zstd *zstd.Encoder }

func newPacker() *packer {
	// Browsers take windows up to 8 MiB (RFC 9659). This one bounds what an encoder holds.
	e, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(512<<10), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true)) // it fails for wrong options only
	return &packer{e}
}

// pack compresses an answer, if its client takes it so and it is worth it. What has a range, is a stream or is compressed
// already stays as it is.
func (p *packer) pack(ctx *fasthttp.RequestCtx) {
	header, stream := &ctx.Response.Header, ctx.Response.IsBodyStream()
	if !stream && header.StatusCode() == fasthttp.StatusOK && len(ctx.Response.Body()) < smallestPacked { // most answers
		return
	}
	if header.StatusCode() == fasthttp.StatusNotModified || len(header.Peek(fiber.HeaderContentEncoding)) > 0 {
		addVary(header)
		return
	}
	held, isHeld := heldBody{}, false
	var body []byte
	if stream {
		if held, isHeld = ctx.Response.BodyStream().(heldBody); !isHeld || held.Len() < smallestPacked {
			return
		}
	} else if body = ctx.Response.Body(); len(body) < smallestPacked {
		return
	}
	if !packable(ctx, header) {
		return
	}
	addVary(header)
	coding := coding(joined(ctx.Request.Header.PeekAll(fiber.HeaderAcceptEncoding)))
	if coding == "" || ctx.IsHead() {
		return
	}
	if isHeld {
		body = make([]byte, held.Len())
		if _, err := io.ReadFull(held.Reader, body); err != nil {
			return
		}
	}
	if len(body) > largestPacked {
		if isHeld {
			held.Reset(body)
		}
		return
	}
	var packed []byte
	switch coding {
	case "zstd":
		packed = p.zstd.EncodeAll(body, nil)
	case "br":
		packed = fasthttp.AppendBrotliBytesLevel(nil, body, brotliLevel)
	default:
		packed = fasthttp.AppendGzipBytesLevel(nil, body, fasthttp.CompressBestSpeed)
	}
	setCoding(header, coding)
	if isHeld {
		held.Reset(packed)
		header.SetContentLength(len(packed))
		return
	}
	ctx.Response.SetBodyRaw(packed)
}

// setCoding says how an answer is compressed. Its tag is weak then: the bytes are others, and the document is the same.
func setCoding(header *fasthttp.ResponseHeader, coding string) {
	header.Set(fiber.HeaderContentEncoding, coding)
	header.Del(fiber.HeaderAcceptRanges)
	if tag := header.Peek(fiber.HeaderETag); len(tag) > 0 && !bytes.HasPrefix(tag, []byte("W/")) {
		header.Set(fiber.HeaderETag, "W/"+string(tag))
	}
}

// packable reports whether an answer may be compressed.
func packable(ctx *fasthttp.RequestCtx, header *fasthttp.ResponseHeader) bool {
	if len(header.Peek(fiber.HeaderContentRange)) > 0 || len(header.Peek(fiber.HeaderSetCookie)) > 0 ||
		header.StatusCode() == fasthttp.StatusPartialContent || bytes.Contains(header.Peek(fiber.HeaderCacheControl), []byte("no-transform")) {
		return false
	}
	path := string(ctx.Path())
	for _, prefix := range secretPrefixes {
		if strings.HasPrefix(path, prefix) {
			return false
		}
	}
	return isText(string(header.ContentType()))
}

// isText reports whether a type is one that compression makes smaller. A stream of events is none: it has to arrive as it
// comes.
func isText(contentType string) bool {
	base, _, _ := strings.Cut(contentType, ";")
	switch base = strings.ToLower(strings.TrimSpace(base)); {
	case base == "text/event-stream":
		return false
	case strings.HasPrefix(base, "text/"), strings.HasSuffix(base, "+json"), strings.HasSuffix(base, "+xml"):
		return true
	}
	switch base {
	case "application/json", "application/javascript", "application/xml", "application/wasm":
		return true
	}
	return false
}

func addVary(header *fasthttp.ResponseHeader) {
	switch vary := string(header.Peek(fiber.HeaderVary)); {
	case vary == "":
		header.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	case !strings.Contains(vary, fiber.HeaderAcceptEncoding):
		header.Set(fiber.HeaderVary, vary+", "+fiber.HeaderAcceptEncoding)
	}
}

// codings are those that this server writes, the best first.
var codings = []string{"zstd", "br", "gzip"}

// coding returns the one that a client wants most, RFC 9110, section 12.5.3, empty for none.
func coding(accept string) string { return chosenCoding(accept, codings) }

func chosenCoding(accept string, from []string) string {
	if accept == "" {
		return ""
	}
	weights := map[string]float64{}
	for part := range strings.SplitSeq(accept, ",") {
		name, rest, _ := strings.Cut(part, ";")
		weight := 1.0
		for parameter := range strings.SplitSeq(rest, ";") {
			if k, v, ok := strings.Cut(parameter, "="); ok && strings.EqualFold(strings.TrimSpace(k), "q") {
				q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
				if err != nil || q < 0 || q > 1 {
					q = 0
				}
				weight = q
			}
		}
		weights[strings.ToLower(strings.TrimSpace(name))] = weight
	}
	best, most := "", 0.0
	for _, name := range from {
		w, listed := weights[name]
		if !listed && name == "gzip" {
			w, listed = weights["x-gzip"]
		}
		if !listed {
			w = weights["*"]
		}
		if w > most {
			best, most = name, w
		}
	}
	if identity, listed := weights["identity"]; listed && identity > most {
		return ""
	}
	return best
}
