package services

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/modules/webhook"
)

// HTTP calls a service that is an HTTP server: POST {URL}/{function} with a [wire.Call] as its body, signed as in
// Standard Webhooks. The answer is the result as JSON, a problem (RFC 9457), or server-sent events, each of them a
// piece.
type HTTP struct {
	url        string
	secret     []byte
	client     *http.Client
	now        func() time.Time
	idempotent func(function string) bool
	breaker    *gobreaker.CircuitBreaker[json.RawMessage]
}

const (
	// tripAfter is how many consecutive failures open the circuit breaker; restTime is how long it stays open.
	tripAfter = 5
	restTime  = 5 * time.Second
	// tries is how often an idempotent call is attempted.
	tries     = 3
	retryTime = 100 * time.Millisecond
)

// NewHTTP returns the caller of a server.
func NewHTTP(c Config) *HTTP {
	return &HTTP{
		url: strings.TrimSuffix(c.URL, "/"), secret: c.Secret, now: c.Now, idempotent: c.Idempotent,
		client: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute, Proxy: http.ProxyFromEnvironment},
		},
		breaker: gobreaker.NewCircuitBreaker[json.RawMessage](gobreaker.Settings{
			Name: c.Name, MaxRequests: 1, Timeout: restTime,
			ReadyToTrip:   func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= tripAfter },
			OnStateChange: func(_ string, _, to gobreaker.State) { c.Changed(to == gobreaker.StateOpen) },
			IsSuccessful: func(err error) bool { // an error meant for the caller is an answer
				var e *unreachable
				return !errors.As(err, &e)
			},
		}),
	}
}

// unreachable is the error of a server that is unreachable, or fails.
type unreachable struct{ error }

// Unwrap returns the cause.
func (u *unreachable) Unwrap() error { return u.error }

// Call implements [Caller].
func (h *HTTP) Call(ctx context.Context, c wire.Call, piece func(json.RawMessage) error) (json.RawMessage, error) {
	c.Deadline, _ = ctx.Deadline()
	body, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		begun := false
		result, err := h.breaker.Execute(func() (json.RawMessage, error) {
			return h.once(ctx, c, body, piece, &begun)
		})
		var away *unreachable
		switch {
		case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
			return nil, fault.Retry(fault.Unavailable, restTime, "circuit breaker open: the service failed several times in a row; try again")
		case !errors.As(err, &away):
			return result, err
		case begun || n >= tries || !h.idempotent(c.Function) || ctx.Err() != nil:
			if ctx.Err() != nil {
				return nil, late(ctx.Err())
			}
			return nil, errors.Join(&fault.Error{Code: fault.Unavailable, Detail: "the service does not answer"}, away.error)
		}
		select {
		case <-time.After(retryTime*time.Duration(n) + rand.N(retryTime)):
		case <-ctx.Done():
			return nil, late(ctx.Err())
		}
	}
}

// once sends a call. begun is set once pieces were sent to the client.
func (h *HTTP) once(ctx context.Context, c wire.Call, body []byte, piece func(json.RawMessage) error, begun *bool) (_ json.RawMessage, err error) {
	req, err := webhook.Request(ctx, h.url+"/"+url.PathEscape(c.Function), h.secret, c.ID, body, h.now())
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json, text/event-stream")
	if c.Key != "" {
		req.Header.Set("Idempotency-Key", c.Key)
	}
	if c.Trace != "" {
		req.Header.Set("traceparent", c.Trace)
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return nil, &unreachable{webhook.WithoutURL(err)}
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	switch {
	case resp.StatusCode >= 300:
		return nil, h.refused(resp)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/event-stream" {
		return h.events(resp.Body, func(p json.RawMessage) error {
			*begun = true
			if piece == nil {
				return nil
			}
			return piece(p)
		}, piece == nil)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, wire.MaxSize+1))
	switch {
	case err != nil:
		return nil, &unreachable{err}
	case len(text) > wire.MaxSize:
		return nil, fmt.Errorf("the service answers with more than %d bytes", wire.MaxSize)
	case len(bytes.TrimSpace(text)) == 0:
		return json.RawMessage("null"), nil
	case !json.Valid(text):
		return nil, errors.New("the service answered with something other than JSON")
	}
	return text, nil
}

// refused returns the client's error if a server rejects a call, or the function has failed.
func (h *HTTP) refused(resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return &unreachable{err}
	}
	var f wire.Failure
	problem := json.Unmarshal(text, &f) == nil && f.Code != ""
	if resp.StatusCode >= 500 && (!problem || resp.StatusCode != http.StatusInternalServerError) {
		return &unreachable{fmt.Errorf("the service answers %s", resp.Status)}
	}
	if resp.StatusCode < 500 && !clientCodes[f.Code] {
		codes := map[int]fault.Code{401: fault.Unauthenticated, 403: fault.Forbidden, 404: fault.NotFound, 409: fault.Conflict, 412: fault.PreconditionFailed, 422: fault.Invalid, 400: fault.Invalid, 429: fault.RateLimited}
		code, ok := codes[resp.StatusCode]
		if !ok {
			return fmt.Errorf("the service answers %s", resp.Status)
		}
		f.Code = code
	}
	if f.Detail == "" {
		f.Detail = "the function refuses this"
	}
	return clientError(&f)
}

// events reads server-sent events. gather collects them in an array.
func (h *HTTP) events(body io.Reader, piece func(json.RawMessage) error, gather bool) (json.RawMessage, error) {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 4096), wire.MaxSize)
	var pieces []json.RawMessage
	size, event := 0, ""
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event:"); ok {
			event = strings.TrimSpace(name)
		}
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok {
			continue
		}
		p := json.RawMessage(strings.TrimSpace(data))
		if !json.Valid(p) {
			return nil, errors.New("the service sent something other than JSON")
		}
		if event == "error" {
			var f wire.Failure
			if err := json.Unmarshal(p, &f); err != nil {
				return nil, fmt.Errorf("the service has failed: %w", err)
			}
			return nil, clientError(&f)
		}
		if gather {
			if size += len(p); size > wire.MaxSize {
				return nil, fmt.Errorf("the service answers with more than %d bytes", wire.MaxSize)
			}
			pieces = append(pieces, p)
		}
		if err := piece(p); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, &unreachable{err}
	}
	if gather {
		return json.Marshal(pieces)
	}
	return json.RawMessage("null"), nil
}
