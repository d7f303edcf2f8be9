package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/files"
)

// redirect answers with the address where the storage sends a file itself, where the collection says so. The headers of the
// answer are set already. The address ends no later than what has let the caller read: a link, or a token.
func (f *fileCalls) redirect(r *request, file *files.File) (done bool, err error) {
	header := &r.http.Response().Header
	until := earlier(linkEnd(r), tokenEnd(r.caller.Auth))
	address, err := file.Redirect(r.context, f.files.Now(), until, string(header.ContentType()), string(header.Peek(fiber.HeaderContentDisposition)))
	if err != nil || address == "" {
		return false, err
	}
	for _, name := range []string{fiber.HeaderETag, fiber.HeaderLastModified, fiber.HeaderAcceptRanges, fiber.HeaderContentDisposition, fiber.HeaderContentType} {
		header.Del(name) // they are those of the bytes
	}
	header.SetNoDefaultContentType(true)
	header.Set(fiber.HeaderCacheControl, "private, no-store")
	header.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	header.Set(fiber.HeaderLocation, address)
	r.status(http.StatusFound)
	return true, errStreaming
}

// linkEnd is when the link of a request ends; zero for a request without one.
func linkEnd(r *request) time.Time {
	if r.query("signature") == "" {
		return time.Time{}
	}
	return unixTime(r.query("expires"))
}

// tokenEnd is when the token of a caller ends; zero for none and for one that does not end.
func tokenEnd(claims map[string]any) time.Time {
	switch end := claims["exp"].(type) {
	case float64:
		return time.Unix(int64(end), 0)
	case int64:
		return time.Unix(end, 0)
	case json.Number:
		return unixTime(end.String())
	}
	return time.Time{}
}

func unixTime(text string) time.Time {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// earlier is the first of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
