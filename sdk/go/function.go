package basalt

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Call calls a function of a service, such as "billing.charge", and decodes its result into R. The parameters are
// encoded as a JSON object; nil is none.
func Call[R any](ctx context.Context, c *Client, function string, params any) (R, error) {
	var out R
	r, err := functionCall(function, params)
	if err != nil {
		return out, err
	}
	_, err = c.do(ctx, r, &out)
	return out, err
}

func functionCall(function string, params any) (call, error) {
	service, name, ok := strings.Cut(function, ".")
	if !ok {
		return call{}, fmt.Errorf("basalt: a function is named like billing.charge, not %q", function)
	}
	if params == nil {
		params = struct{}{}
	}
	return call{method: http.MethodPost, path: "/v1/fn/" + url.PathEscape(service) + "/" + url.PathEscape(name), body: params, due: anything}, nil
}

// Stream calls a function that sends its result in pieces, and yields them as they come. The last one of an error
// ends it.
func Stream[P any](ctx context.Context, c *Client, function string, params any) iter.Seq2[P, error] {
	return func(yield func(P, error) bool) {
		var none P
		fail := func(err error) { yield(none, err) }
		r, err := functionCall(function, params)
		if err != nil {
			fail(err)
			return
		}
		r.header = http.Header{"Accept": {"text/event-stream"}}
		r.as = c.Auth.userID()
		ctx, silence := c.untilSilence(ctx)
		defer silence.stop()
		var resp *http.Response
		err = c.authorized(ctx, r, func(token string) (err error) {
			resp, err = c.open(ctx, r, token)
			return err
		})
		if err != nil {
			fail(silence.error(ctx, err))
			return
		}
		defer resp.Body.Close()
		if err := readPieces(resp, silence, yield); err != nil {
			fail(silence.error(ctx, err))
		}
	}
}

// silence ends a context when nothing has come for too long. Without a timeout it does nothing.
type silence struct {
	after  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

func (c *Client) untilSilence(ctx context.Context) (context.Context, *silence) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &silence{after: c.timeout, cancel: cancel}
	if s.after > 0 {
		quiet := &Error{Code: Timeout, Detail: "nothing has come for " + s.after.String()}
		s.timer = time.AfterFunc(s.after, func() { cancel(quiet) })
	}
	return ctx, s
}

func (s *silence) restart() {
	if s.timer != nil {
		s.timer.Reset(s.after)
	}
}

func (s *silence) pause() {
	if s.timer != nil {
		s.timer.Stop()
	}
}

func (s *silence) stop() {
	s.pause()
	s.cancel(nil)
}

// error is why a stream has ended.
func (s *silence) error(ctx context.Context, err error) error {
	var quiet *Error
	if errors.As(context.Cause(ctx), &quiet) {
		return quiet
	}
	return err
}

// maxPiece bounds one piece of a result, in bytes.
const maxPiece = 8 << 20

// readPieces yields the pieces of a result until it ends, or the caller stops.
func readPieces[P any](resp *http.Response, silence *silence, yield func(P, error) bool) error {
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "text/event-stream" {
		return &Error{Code: Unavailable, Status: resp.StatusCode, Detail: "what answered is not the server"}
	}
	silence.restart()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, 4096), maxPiece)
	event := ""
	for ; lines.Scan(); silence.restart() {
		silence.pause() // what its reader does in between is not waited for
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
			continue
		case event == "error":
			e := &Error{FromServer: true}
			if err := json.Unmarshal([]byte(data), e); err != nil {
				return fmt.Errorf("basalt: decoding the answer: %w", err)
			}
			return e
		case event == "result":
			return nil
		}
		var p P
		if err := json.Unmarshal([]byte(data), &p); err != nil {
			return fmt.Errorf("basalt: decoding the answer: %w", err)
		}
		if !yield(p, nil) {
			return nil
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("basalt: reading the answer: %w", err)
	}
	return fmt.Errorf("basalt: the answer was cut off")
}
