package basalt

import (
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// due is what the right answer to a call is: an object with some members. A page of html, or JSON of another server, with
// status 200 (a captive portal, a single-page app's fallback, a sign-in page of a company) is none, and confirms
// nothing.
type due struct {
	members []string
	// nothing says that there is no body, and anything that there may be any JSON, or none.
	nothing, anything bool
}

var (
	anObject  = due{}
	aDocument = due{members: []string{"id"}}
	aPage     = due{members: []string{"items"}}
	aCount    = due{members: []string{"count"}}
	results   = due{members: []string{"results"}}
	aSession  = due{members: []string{"access_token", "refresh_token", "user"}}
	nothing   = due{nothing: true}
	anything  = due{anything: true}
)

// check returns an error when an answer without an error is not the one that is due.
func (d due) check(resp *http.Response, body []byte) error {
	foreign := &Error{
		Code: Unavailable, Status: resp.StatusCode,
		Detail: "what answered with " + resp.Status + " is not the server; is there a sign-in page, or another app, at this address?",
	}
	if resp.StatusCode == http.StatusNoContent {
		if d.nothing || d.anything {
			return nil
		}
		return foreign
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	isJSON := kind == "application/json" || strings.HasSuffix(kind, "+json")
	switch {
	case d.nothing || !isJSON || !json.Valid(body):
		return foreign
	case d.anything:
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil || members == nil {
		return foreign
	}
	for _, name := range d.members {
		if _, ok := members[name]; !ok {
			return foreign
		}
	}
	return nil
}

// byStatus has the codes of answers that have none, because they are those of a proxy.
var byStatus = map[int]Code{
	401: Unauthenticated, 403: Forbidden, 404: NotFound, 405: MethodNotAllowed, 408: Timeout, 409: Conflict, 412: PreconditionFailed,
	413: TooLarge, 414: TooLarge, 415: UnsupportedMedia, 429: RateLimited, 431: TooLarge, 504: Timeout,
}

var ofServer = []Code{
	InvalidJSON, Invalid, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, Conflict, PreconditionFailed, TooLarge,
	UnsupportedMedia, RateLimited, Internal, Unavailable, Timeout,
}

// problem is the error in an answer.
func problem(resp *http.Response, body []byte) error {
	e := &Error{}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	e.FromServer = json.Unmarshal(body, e) == nil && e.Code != "" && (kind == "application/problem+json" || slices.Contains(ofServer, e.Code))
	if !e.FromServer {
		code, ok := byStatus[resp.StatusCode]
		switch {
		case ok:
		case resp.StatusCode >= 400 && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooEarly:
			code = Invalid
		default:
			code = Unavailable
		}
		e = &Error{Code: code, Detail: "the server answered " + resp.Status}
	}
	e.Status = resp.StatusCode
	e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"))
	if e.RequestID == "" {
		e.RequestID = resp.Header.Get("X-Request-Id")
	}
	return e
}

// retryAfter reads seconds, or a date.
func retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
