package basalt

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client talks to one server as one user, or anonymously.
type Client struct {
	// Auth signs up, in and out.
	Auth *Auth

	// base is the server: its origin, and the path that it is below.
	base string
	http *http.Client
	// timeout is how long an answer, or a piece of one, is waited for; 0 leaves that to http.
	timeout time.Duration
	// key is sent instead of a user's token when it is set.
	key string
	// retries is how often a call is sent again.
	retries int
	seen    seen
}

// Option changes a new client.
type Option func(*Client)

// WithHTTPClient uses another HTTP client. Its timeouts are its own, and should be none where functions are streamed.
func WithHTTPClient(c *http.Client) Option {
	return func(client *Client) { client.http, client.timeout = c, 0 }
}

// WithTimeout says how long an answer, or the next piece of one, is waited for; the default is 15 seconds.
func WithTimeout(d time.Duration) Option { return func(client *Client) { client.timeout = d } }

// WithToken sends this token, such as one of `basalt token` or an administrator's key, with every
// call.
func WithToken(token string) Option { return func(client *Client) { client.key = token } }

// WithSession starts with a session that [Auth.Session] has returned earlier. One of another server is not used: its
// tokens are not for this one.
func WithSession(s Session) Option {
	return func(client *Client) {
		if s.Server == "" || s.Server == client.base {
			s.Server = client.base
			client.Auth.session = &s
		}
	}
}

// WithRetries says how often a call is sent again that could not be answered; the default is 2. Writes have an
// Idempotency-Key, so that they happen once all the same.
func WithRetries(n int) Option { return func(client *Client) { client.retries = n } }

// New returns a client of the server at a URL.
func New(serverURL string, options ...Option) *Client {
	c := &Client{base: normalized(serverURL), http: &http.Client{}, timeout: 15 * time.Second, retries: 2}
	c.Auth = &Auth{client: c}
	for _, o := range options {
		o(c)
	}
	return c
}

// normalized writes the address of a server in one way.
func normalized(serverURL string) string {
	u, err := url.Parse(serverURL)
	if err != nil || u.Host == "" {
		return strings.TrimRight(serverURL, "/") // a call will say what is wrong with it
	}
	host := strings.ToLower(u.Host)
	for scheme, port := range map[string]string{"http": ":80", "https": ":443"} {
		if u.Scheme == scheme {
			host = strings.TrimSuffix(host, port)
		}
	}
	return u.Scheme + "://" + host + strings.TrimRight(u.EscapedPath(), "/")
}

// Code says what kind of error an [Error] is.
type Code string

// The codes of the server.
const (
	InvalidJSON        Code = "invalid_json"
	Invalid            Code = "invalid"
	Unauthenticated    Code = "unauthenticated"
	Forbidden          Code = "forbidden"
	NotFound           Code = "not_found"
	MethodNotAllowed   Code = "method_not_allowed"
	Conflict           Code = "conflict"
	PreconditionFailed Code = "precondition_failed"
	TooLarge           Code = "too_large"
	UnsupportedMedia   Code = "unsupported_media_type"
	RateLimited        Code = "rate_limited"
	Internal           Code = "internal"
	Unavailable        Code = "unavailable"
	Timeout            Code = "timeout"
	// Of files.
	RangeNotSatisfiable Code = "range_not_satisfiable"
	Locked              Code = "locked"
	ChecksumMismatch    Code = "checksum_mismatch"
)

// Error is a refusal of the server.
type Error struct {
	Code   Code         `json:"code"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Fields []FieldError `json:"errors"`
	// RequestID is what to look for in the server's log.
	RequestID string `json:"request_id"`
	// RetryAfter is how long to wait before trying again; 0 when the server did not say.
	RetryAfter time.Duration `json:"-"`
	// FromServer is whether the server itself has answered. What a proxy or a captive portal answers is no answer to the call.
	FromServer bool `json:"-"`
}

// FieldError is one mistake in one field.
type FieldError struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	// Column is where in the text of a filter the mistake begins, in characters from 1, and Length how many are wrong,
	// 0 where the text ends too early. Both are 0 for other mistakes.
	Column int `json:"column"`
	Length int `json:"length"`
}

// Error returns the code and what was wrong.
func (e *Error) Error() string {
	text := fmt.Sprintf("basalt: %s: %s", e.Code, e.Detail)
	for _, f := range e.Fields {
		text += fmt.Sprintf("; %s: %s", f.Field, f.Detail)
	}
	return text
}

// CodeOf returns the code of an error of the server, and "" for any other.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// call is one request.
type call struct {
	method, path string
	query        url.Values
	header       http.Header
	body         any
	// raw is sent as it is instead, with the Content-Type in header.
	raw io.Reader
	// due is what is answered when it is no error.
	due due
	// anonymous sends no token: for the calls that get tokens.
	anonymous bool
	// as is the id of the user whose call it is, empty for an anonymous caller. It is sent as them or not at
	// all, however long it waits for a token or tries again.
	as string
	// dry is true for a write that keeps nothing: it can be sent again without a key, and is refused with one.
	dry bool
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 256 << 20

// do sends a request and decodes the answer into out, which may be nil. It returns the headers. What could not be
// answered is sent again, where nothing can happen twice by that.
func (c *Client) do(ctx context.Context, r call, out any) (http.Header, error) {
	reads := r.reads()
	tries := 0
	r.as = c.Auth.userID()
	r.header = r.header.Clone()
	if r.header == nil {
		r.header = http.Header{}
	}
	if !reads && !r.dry && r.keeps() && r.header.Get("Idempotency-Key") == "" {
		r.header.Set("Idempotency-Key", rand.Text())
	}
	if reads || r.keeps() {
		tries = c.retries
	}
	for n := 0; ; n++ {
		if reads {
			c.seen.ask(r.header)
		}
		header, err := c.once(ctx, r, out)
		wait, passing := again(err, n)
		if !passing || n >= tries || ctx.Err() != nil {
			return header, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return header, err
		}
	}
}

func (c *Client) once(ctx context.Context, r call, out any) (header http.Header, err error) {
	err = c.authorized(ctx, r, func(token string) (err error) {
		header, err = c.send(ctx, r, token, out)
		return err
	})
	return header, err
}

// authorized sends a call with the token of who is signed in, and with another one when that is refused.
func (c *Client) authorized(ctx context.Context, r call, send func(token string) error) error {
	token := ""
	if !r.anonymous {
		var err error
		if token, err = c.Auth.tokenOf(ctx, r.as, r.reads()); err != nil {
			return err
		}
	}
	err := send(token)
	if CodeOf(err) == Unauthenticated && token != "" && c.key == "" {
		other, refreshErr := c.Auth.refused(ctx, token)
		if refreshErr != nil || other == "" {
			return errors.Join(err, refreshErr)
		}
		if c.Auth.userID() != r.as {
			return errLeft()
		}
		err = send(other)
	}
	return err
}

func (c *Client) send(ctx context.Context, r call, token string, out any) (http.Header, error) {
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	resp, err := c.open(ctx, r, token)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("basalt: reading the answer: %w", err)
	}
	if err := r.due.check(resp, answer); err != nil {
		return nil, err
	}
	if out != nil && len(answer) > 0 {
		if err := json.Unmarshal(answer, out); err != nil {
			return nil, fmt.Errorf("basalt: decoding the answer: %w", err)
		}
	}
	return resp.Header, nil
}

// open sends a request and returns an answer that is no error, before its body is read. The caller closes it.
func (c *Client) open(ctx context.Context, r call, token string) (*http.Response, error) {
	body := r.raw
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("basalt: encoding the request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, body)
	if err != nil {
		return nil, fmt.Errorf("basalt: %w", err)
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("basalt: %w", err)
	}
	c.seen.note(resp.Header)
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("basalt: reading the answer: %w", err)
	}
	return nil, problem(resp, answer)
}
