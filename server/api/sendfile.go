package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/cache"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/files/images"
)

// download is GET and HEAD of /v1/files/{collection}/{id}, with a name behind it or not.
func (f *fileCalls) download(r *request) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	if r.query("signature") == "" {
		return f.sendByID(r, c)
	}
	q, err := url.ParseQuery(string(r.http.Context().QueryArgs().QueryString()))
	if err != nil {
		return nil, fault.Errorf(fault.Forbidden, "this link is not valid")
	}
	file, err := f.files.Follow(r.context, f.docs, r.caller, c, r.id(), q)
	if err != nil {
		return nil, err
	}
	return f.send(r, c, file, r.query)
}

// sendByID answers with the file of the path. What is known of it is cached as its document is; the bytes are not.
func (f *fileCalls) sendByID(r *request, c *files.Collection) ([]byte, error) {
	look, err := f.files.Look(f.docs, r.caller, c, r.id())
	if err != nil {
		return nil, err
	}
	if key, cached := f.reads.cacheOf(look.Plan, c.Name); cached != nil {
		file, err := f.cached(r, look, key, cached)
		if err != nil {
			return nil, err
		}
		body, err := f.send(r, c, file, r.query)
		if !errors.Is(err, fs.ErrNotExist) { // its bytes have been replaced since
			return body, err
		}
	}
	file, err := look.Find(r.context)
	if err != nil {
		return nil, err
	}
	return f.send(r, c, file, r.query)
}

func (f *fileCalls) cached(r *request, look *files.Lookup, key *crud.CacheKey, c *config.Cache) (*files.File, error) {
	q := question(key, c)
	q.Key = key.As(look.Kind())
	var err error
	if q.After, err = seenVersion(f.reads.cache, r.header(seenHeader), q); err != nil {
		return nil, err
	}
	answer, err := f.reads.cache.Get(r.context, q, func(ctx context.Context) (cache.Entry, error) {
		file, err := look.Find(ctx)
		if fault.CodeOf(err) == fault.NotFound {
			return cache.Entry{Missing: true}, nil
		}
		if err != nil {
			return cache.Entry{}, err
		}
		record, err := file.Record()
		return cache.Entry{Body: record}, err
	})
	if err == nil && answer.Missing {
		err = crud.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return look.Recall(answer.Body)
}

// downloadPath is GET and HEAD of /v1/files/{collection}?path=.
func (f *fileCalls) downloadPath(r *request) ([]byte, error) {
	c, err := f.find(r)
	if err != nil {
		return nil, err
	}
	path := r.query("path")
	if path == "" {
		return nil, fault.FieldErrorf("path", "required", "say which file with ?path=; lists are at /v1/db/%s", c.Name)
	}
	file, err := f.files.GetPath(r.context, f.docs, r.caller, c, strings.Clone(path))
	if err != nil {
		return nil, err
	}
	return f.send(r, c, file, r.query)
}

// Headers of files.
var (
	fileHeaders   = fixed("Accept-Ranges", "bytes", "Cache-Control", "private, no-cache", "X-Content-Type-Options", "nosniff", "Content-Security-Policy", filePolicy)
	pdfHeaders    = fixed("Content-Security-Policy", pdfPolicy)
	publicHeaders = fixed("Cache-Control", "public, no-cache")
)

// filePolicy lets nothing run, whatever a file is. A PDF is shown by the browser's own viewer, which a sandbox stops.
const (
	filePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; frame-ancestors 'self'; sandbox"
	pdfPolicy  = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf; frame-ancestors 'self'"
)

// shown are the types that browsers show in a page of their own. Everything else is saved.
func shown(mediaType string) bool {
	base := mediaType
	if strings.ContainsFunc(base, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("/+.-", c)
	}) { // else there is nothing to parse
		var err error
		if base, _, err = mime.ParseMediaType(mediaType); err != nil {
			return false
		}
	}
	switch class, name, _ := strings.Cut(base, "/"); class {
	case "image":
		return name != "" && name != "svg+xml"
	case "audio", "video":
		return name != ""
	}
	return base == "text/plain" || base == "application/pdf"
}

// send answers with the bytes of a file, or some of them. asked returns the parameters of a picture of it.
func (f *fileCalls) send(r *request, c *files.Collection, file *files.File, asked func(name string) string) ([]byte, error) {
	header := &r.http.Response().Header
	picture, err := images.Parse(asked, c.Images)
	if err != nil {
		return nil, err
	}
	if picture != nil {
		file = file.As(picture)
	}
	header.Set(fiber.HeaderETag, file.ETag())
	if !file.Updated.IsZero() {
		header.SetLastModified(file.Updated)
	}
	fileHeaders.set(header)
	if c.Public {
		publicHeaders.set(header)
	}
	if strings.HasPrefix(file.Type, "application/pdf") {
		pdfHeaders.set(header)
	}
	switch done, err := precondition(r, file); {
	case err != nil:
		return nil, err
	case done:
		r.status(http.StatusNotModified)
		return nil, errStreaming
	}
	if picture != nil {
		if file, err = f.files.Picture(r.context, file); err != nil {
			return nil, err
		}
	}
	header.SetContentType(file.Type)
	if strings.HasPrefix(file.Type, "text/") {
		header.SetContentType(file.Type + "; charset=utf-8")
	}
	header.Set(fiber.HeaderContentDisposition, disposition(r, file))
	if file.MayRedirect() && !r.http.Context().IsHead() {
		if done, err := f.redirect(r, file); done || err != nil {
			return nil, err
		}
	}
	ranges, err := f.ranges(r, file)
	if err != nil {
		header.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", file.Size))
		return nil, err
	}
	return nil, f.stream(r, file, ranges)
}

// precondition compares If-Match, If-None-Match, If-Unmodified-Since and If-Modified-Since, RFC 9110, section 13.2.2. done
// says that the client has the file.
func precondition(r *request, file *files.File) (done bool, err error) {
	match := r.match()
	changed := fault.Errorf(fault.PreconditionFailed, "the file has changed")
	since := func(name string) (time.Time, bool) {
		header := r.header(name)
		if header == "" || file.Updated.IsZero() {
			return time.Time{}, false
		}
		t, err := http.ParseTime(header)
		return t, err == nil
	}
	modified := file.Updated.Truncate(time.Second)
	if len(match.If) > 0 {
		if !file.HasTag(match.If) {
			return false, changed
		}
	} else if t, ok := since(fiber.HeaderIfUnmodifiedSince); ok && modified.After(t) {
		return false, changed
	}
	if len(match.IfNone) > 0 {
		return file.HasTag(match.IfNone), nil
	}
	t, ok := since(fiber.HeaderIfModifiedSince)
	return ok && !modified.After(t), nil
}

// disposition says whether a file is shown or saved, and its name in both forms of RFC 6266.
func disposition(r *request, file *files.File) string {
	kind, name := "inline", file.Name
	args := r.http.Context().QueryArgs()
	if args.Has("download") {
		kind = "attachment"
		if asked := string(args.Peek("download")); files.CheckName(asked) == "" && asked != "true" && asked != "1" {
			name = asked
		}
	} else if !shown(file.Type) {
		kind = "attachment"
	}
	if name == "" || !utf8.ValidString(name) {
		return kind
	}
	plain := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || strings.ContainsRune(`"\%;`, c) {
			return '_'
		}
		return c
	}, name)
	out := kind + `; filename="` + plain + `"`
	if plain != name {
		out += "; filename*=UTF-8''" + extended(name)
	}
	return out
}

// extended is a string as RFC 8187, section 3.2, writes it.
func extended(s string) string {
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

// stream answers with the bytes of ranges, one after the other.
func (f *fileCalls) stream(r *request, file *files.File, ranges []byteRange) error {
	ctx := r.http.Context()
	body, size := wholeFile(file, ranges)
	if ranges != nil {
		r.status(http.StatusPartialContent)
		if len(ranges) == 1 {
			ctx.Response.Header.Set(fiber.HeaderContentRange, ranges[0].contentRange(file.Size))
		} else {
			ctx.Response.Header.SetContentType("multipart/byteranges; boundary=" + body.boundary)
		}
	}
	if ctx.IsHead() {
		ctx.Response.SkipBody = true
		ctx.Response.Header.SetContentLength(int(size))
		return errStreaming
	}
	out := &outgoing{pieces: body.pieces, file: file, stall: r.timeout + writeSlack, wait: r.timeout}
	out.ctx, out.cancel = context.WithCancel(context.WithoutCancel(r.context))
	out.conn, _ = ctx.Conn().(*conn)
	if err := out.open(); err != nil { // before the status is sent
		err = errors.Join(err, out.Close())
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the bytes of %s/%s are not in the storage: %w", r.collection(), file.ID, err)
		}
		return err
	}
	ctx.Response.SetBodyStream(out, int(size))
	return errStreaming
}
