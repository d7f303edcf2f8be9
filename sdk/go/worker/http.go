package worker

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/modules/webhook"
)

// Handler answers calls over HTTP, for a service with `driver: http`, with server-sent events where a function sends
// pieces. Calls that are not signed with the secret, or are older than five minutes, are refused; an empty secret
// accepts all calls.
func (w *Worker) Handler(secret string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, wire.MaxSize))
		if err != nil {
			http.Error(rw, "the call is too large", http.StatusRequestEntityTooLarge)
			return
		}
		if secret != "" {
			if err := webhook.Verify(r.Header, body, []byte(secret), time.Now()); err != nil {
				http.Error(rw, err.Error(), http.StatusUnauthorized)
				return
			}
		}
		var c wire.Call
		if err := json.Unmarshal(body, &c); err != nil {
			http.Error(rw, "this is not a call", http.StatusBadRequest)
			return
		}
		response := response{ResponseWriter: rw}
		_ = w.answer(r.Context(), &c, response.send) // a caller that has gone gets no answer
	})
}

// response writes the answers to one call.
type response struct {
	http.ResponseWriter
	streams bool // a piece was sent
}

func (r *response) send(a wire.Answer) error {
	switch {
	case a.Piece != nil:
		if !r.streams {
			r.Header().Set("Content-Type", "text/event-stream")
			r.streams = true
		}
		if _, err := fmt.Fprintf(r, "data: %s\n\n", a.Piece); err != nil {
			return err
		}
		return http.NewResponseController(r.ResponseWriter).Flush()
	case r.streams && a.Error != nil:
		text, err := json.Marshal(a.Error)
		if err == nil {
			_, err = fmt.Fprintf(r, "event: error\ndata: %s\n\n", text)
		}
		return err
	case r.streams:
		return nil
	case a.Error != nil:
		return r.fail(a.Error)
	}
	r.Header().Set("Content-Type", "application/json")
	_, err := r.Write(a.Result)
	return err
}

var statuses = map[fault.Code]int{
	fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Conflict: 409, fault.PreconditionFailed: 412,
	fault.TooLarge: 413, fault.Invalid: 422, fault.RateLimited: 429, fault.Unavailable: 503, fault.Timeout: 504,
}

// fail answers with a problem (RFC 9457).
func (r *response) fail(f *wire.Failure) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	status, ok := statuses[f.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	r.Header().Set("Content-Type", "application/problem+json")
	r.WriteHeader(status)
	_, err = r.Write(text)
	return err
}
