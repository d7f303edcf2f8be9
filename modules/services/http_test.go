package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services/wire"
)

// answer is what a service answers.
type answer struct {
	status     int
	kind, body string
}

// serve returns the caller of a service that gives these answers, the last of them again and again, and counts calls.
func serve(t *testing.T, idempotent bool, answers ...answer) (h *HTTP, calls *int, open *bool) {
	t.Helper()
	calls, open = new(int), new(bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a := answers[min(*calls, len(answers)-1)]
		*calls++
		w.Header().Set("Content-Type", a.kind)
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body) // the caller may have enough
	}))
	t.Cleanup(server.Close)
	return NewHTTP(Config{Name: "billing", URL: server.URL, Secret: []byte("whsec"), Now: time.Now, Idempotent: func(string) bool { return idempotent }, Changed: func(is bool) { *open = is }}), calls, open
}

const (
	asJSON    = "application/json"
	asProblem = "application/problem+json"
	asEvents  = "text/event-stream"
)

// outcome writes a result or an error as one string: the code that the client gets, or "internal".
func outcome(result json.RawMessage, err error) string {
	var e *fault.Error
	switch {
	case errors.As(err, &e):
		return string(e.Code) + ": " + e.Detail
	case err != nil:
		return "internal"
	}
	return string(result)
}

func TestHTTP_AnswersOfAService(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", wire.MaxSize)
	for name, test := range map[string]struct {
		answer answer
		want   string
	}{
		"a result":                     {answer{200, asJSON, `{"a":1}`}, `{"a":1}`},
		"no body":                      {answer{204, "", ""}, "null"},
		"blanks":                       {answer{200, asJSON, " \n"}, "null"},
		"not JSON":                     {answer{200, "text/html", "<html>"}, "internal"},
		"too large":                    {answer{200, asJSON, `"` + large + `"`}, "internal"},
		"a redirect is not followed":   {answer{302, "", ""}, "internal"},
		"a problem":                    {answer{409, asProblem, `{"code":"conflict","detail":"charged already"}`}, "conflict: charged already"},
		"a problem without a detail":   {answer{403, asProblem, `{"code":"forbidden"}`}, "forbidden: the function refuses this"},
		"a status alone":               {answer{404, "text/plain", "nothing here"}, "not_found: the function refuses this"},
		"a code that we do not have":   {answer{422, asProblem, `{"code":"E42","detail":"no such card"}`}, "invalid: no such card"},
		"a status that we do not have": {answer{418, "", ""}, "internal"},
		"its own trouble":              {answer{500, asProblem, `{"code":"internal","detail":"password is x"}`}, "internal"},
		"500 with a code for callers":  {answer{500, asProblem, `{"code":"conflict","detail":"twice"}`}, "conflict: twice"},
		"a gateway":                    {answer{502, "text/html", "<html>"}, "unavailable: the service does not answer"},
		"503 with a problem":           {answer{503, asProblem, `{"code":"unavailable","detail":"later"}`}, "unavailable: the service does not answer"},
		"pieces":                       {answer{200, asEvents, "data: 1\n\ndata: {\"a\":2}\n\n"}, `[1,{"a":2}]`},
		"pieces, with a charset":       {answer{200, asEvents + "; charset=utf-8", "data:1\r\n\r\n: a comment\n\n"}, `[1]`},
		"pieces, then an error":        {answer{200, asEvents, "data: 1\n\nevent: error\ndata: {\"code\":\"conflict\",\"detail\":\"no more\"}\n\n"}, "conflict: no more"},
		"pieces, then its own trouble": {answer{200, asEvents, "event: error\ndata: {\"code\":\"internal\",\"detail\":\"password\"}\n\n"}, "internal"},
		"an error that is not JSON":    {answer{200, asEvents, "event: error\ndata: [1]\n\n"}, "internal"},
		"a piece that is not JSON":     {answer{200, asEvents, "data: {\n\n"}, "internal"},
		"pieces that are too large":    {answer{200, asEvents, strings.Repeat(`data: "`+large[:wire.MaxSize/4]+"\"\n\n", 4)}, "internal"},
		"no pieces":                    {answer{200, asEvents, ""}, "null"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _, _ := serve(t, false, test.answer)
			result, err := h.Call(t.Context(), wire.Call{ID: "1", Service: "billing", Function: "charge"}, nil)
			if got := outcome(result, err); got != test.want {
				t.Errorf("got %.200s (%v), want %s", got, err, test.want)
			}
		})
	}
}

// TestHTTP_TriesAgain where that is allowed, and where nothing has gone to the client yet.
func TestHTTP_TriesAgain(t *testing.T) {
	t.Parallel()
	gone, fine := answer{502, "", ""}, answer{200, asJSON, "1"}
	for name, test := range map[string]struct {
		idempotent bool
		answers    []answer
		calls      int
		want       string
	}{
		"idempotent":                   {true, []answer{gone, gone, fine}, 3, "1"},
		"idempotent, but never there":  {true, []answer{gone}, tries, "unavailable: the service does not answer"},
		"only once":                    {false, []answer{gone, fine}, 1, "unavailable: the service does not answer"},
		"a refusal is an answer":       {true, []answer{{409, asProblem, `{"code":"conflict","detail":"no"}`}, fine}, 1, "conflict: no"},
		"what is not JSON is, too":     {true, []answer{{200, "text/html", "<html>"}, fine}, 1, "internal"},
		"a stream that had begun ends": {true, []answer{{200, asEvents, "data: 1\n\ndata: \"" + strings.Repeat("x", wire.MaxSize) + "\"\n\n"}, fine}, 1, "unavailable: the service does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, calls, _ := serve(t, test.idempotent, test.answers...)
			var piece func(json.RawMessage) error
			if test.answers[0].kind == asEvents {
				piece = func(json.RawMessage) error { return nil }
			}
			result, err := h.Call(t.Context(), wire.Call{Function: "charge"}, piece)
			if got := outcome(result, err); got != test.want || *calls != test.calls {
				t.Errorf("got %s after %d calls, want %s after %d", got, *calls, test.want, test.calls)
			}
		})
	}
}

// TestHTTP_TheCircuitBreakerOpens after failures in a row, and not for refusals.
func TestHTTP_TheCircuitBreakerOpens(t *testing.T) {
	t.Parallel()
	h, calls, open := serve(t, false, answer{502, "", ""})
	for range 2 * tripAfter {
		_, err := h.Call(t.Context(), wire.Call{Function: "charge"}, nil)
		if fault.CodeOf(err) != fault.Unavailable {
			t.Fatalf("got %v", err)
		}
	}
	_, err := h.Call(t.Context(), wire.Call{Function: "charge"}, nil)
	var e *fault.Error
	if *calls != tripAfter || !*open || !errors.As(err, &e) || e.RetryAfter != restTime {
		t.Errorf("%d calls, open %v, then %+v", *calls, *open, e)
	}

	h, calls, open = serve(t, false, answer{409, asProblem, `{"code":"conflict","detail":"no"}`})
	for range 2 * tripAfter {
		_, _ = h.Call(t.Context(), wire.Call{Function: "charge"}, nil) // the code is tested above
	}
	if *calls != 2*tripAfter || *open {
		t.Errorf("refusals open the circuit after %d calls", *calls)
	}
}

func TestHTTP_TheDeadlineOfACall(t *testing.T) {
	t.Parallel()
	arrived := make(chan wire.Call, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var c wire.Call
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
			t.Error(err)
		}
		arrived <- c
		<-r.Context().Done()
	}))
	defer server.Close()
	h := NewHTTP(Config{Name: "billing", URL: server.URL, Now: time.Now, Idempotent: func(string) bool { return true }, Changed: func(bool) {}})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := h.Call(ctx, wire.Call{Function: "charge"}, nil)
	deadline, _ := ctx.Deadline()
	if c := <-arrived; fault.CodeOf(err) != fault.Timeout || !c.Deadline.Equal(deadline) {
		t.Errorf("got %v; the call had the deadline %v", err, c.Deadline)
	}
}

// TestCollector_PutsAnswersTogether as they come from a bus.
func TestCollector_PutsAnswersTogether(t *testing.T) {
	t.Parallel()
	half := json.RawMessage(`"` + strings.Repeat("x", wire.MaxSize*2/3) + `"`)
	for name, test := range map[string]struct {
		answers []wire.Answer
		stream  bool
		want    string
		pieces  int
	}{
		"a result":                     {answers: []wire.Answer{{Result: json.RawMessage("1"), Done: true}}, want: "1"},
		"no result":                    {answers: []wire.Answer{{Done: true}}, want: "null"},
		"pieces become an array":       {answers: []wire.Answer{{Piece: json.RawMessage("1")}, {Piece: json.RawMessage("2")}, {Done: true}}, want: "[1,2]"},
		"a result counts more":         {answers: []wire.Answer{{Piece: json.RawMessage("1")}, {Result: json.RawMessage("7"), Done: true}}, want: "7"},
		"pieces of a stream":           {answers: []wire.Answer{{Piece: json.RawMessage("1")}, {Piece: json.RawMessage("2")}, {Done: true}}, stream: true, want: "null", pieces: 2},
		"a refusal":                    {answers: []wire.Answer{{Error: &wire.Failure{Code: fault.Conflict, Detail: "no"}, Done: true}}, want: "conflict: no"},
		"its own trouble":              {answers: []wire.Answer{{Error: &wire.Failure{Code: "E42", Detail: "password"}, Done: true}}, want: "internal"},
		"too large together":           {answers: []wire.Answer{{Piece: half}, {Piece: half}, {Done: true}}, want: "internal"},
		"a stream may be as long":      {answers: []wire.Answer{{Piece: half}, {Piece: half}, {Done: true}}, stream: true, want: "null", pieces: 2},
		"nothing counts after the end": {answers: []wire.Answer{{Result: json.RawMessage("1"), Done: true}, {Result: json.RawMessage("2"), Done: true}}, want: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := 0
			c := collector{}
			if test.stream {
				c.piece = func(json.RawMessage) error { got++; return nil }
			}
			for _, a := range test.answers {
				if !c.take(a) {
					break
				}
			}
			if text := outcome(c.whole()); text != test.want || got != test.pieces {
				t.Errorf("got %.100s and %d pieces, want %s and %d", text, got, test.want, test.pieces)
			}
		})
	}
	c := collector{piece: func(json.RawMessage) error { return fmt.Errorf("the client has gone") }}
	if c.take(wire.Answer{Piece: json.RawMessage("1")}) {
		t.Error("pieces are taken for a client that has gone")
	}
}
