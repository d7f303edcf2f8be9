package basalt

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
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
	return call{method: http.MethodPost, path: "/v1/fn/" + url.PathEscape(service) + "/" + url.PathEscape(name), body: params}, nil
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
		var resp *http.Response
		err = c.authorized(ctx, r, func(token string) (err error) {
			resp, err = c.open(ctx, r, token)
			return err
		})
		if err != nil {
			fail(err)
			return
		}
		defer resp.Body.Close()
		if err := readPieces(resp, yield); err != nil {
			fail(err)
		}
	}
}

// maxPiece bounds one piece of a result, in bytes.
const maxPiece = 8 << 20

// readPieces yields the pieces of a result until it ends, or nobody wants more.
func readPieces[P any](resp *http.Response, yield func(P, error) bool) error {
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, 4096), maxPiece)
	event := ""
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
			continue
		case event == "error":
			e := &Error{}
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
