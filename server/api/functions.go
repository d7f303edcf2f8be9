package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/modules/webhook"
)

// functions are the calls of functions of services.
type functions struct {
	services map[string]*Service
	limits   *limiter
	lease    *Lease
	logger   *slog.Logger
}

// find returns the function that the path of a request names.
func (f *functions) find(r *request) (*Service, *Function, error) {
	s := f.services[r.segment("service")]
	if s == nil || s.Functions[r.segment("function")] == nil {
		return nil, nil, fault.Errorf(fault.NotFound, "there is no such function")
	}
	return s, s.Functions[r.segment("function")], nil
}

// call is POST /v1/fn/:service/:function.
func (f *functions) call(r *request, docs *crud.Service) ([]byte, error) {
	s, function, err := f.find(r)
	if err != nil {
		return nil, err
	}
	call, err := f.permit(r, docs, function, wire.Call{Service: r.segment("service"), Function: r.segment("function"), Params: r.body()})
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(r.header(fiber.HeaderAccept), "text/event-stream") {
		return nil, f.stream(r, s, function, call)
	}
	ctx, cancel := context.WithTimeout(r.context, time.Duration(function.Timeout))
	defer cancel()
	return s.Caller.Call(ctx, call, nil)
}

// run calls a function by its names, for a dialect. With GET, one of a database changes nothing.
func (f *functions) run(r *request, docs *crud.Service, service, name string, params []byte, direct *wire.Direct) ([]byte, error) {
	s := f.services[service]
	if s == nil || s.Functions[name] == nil {
		return nil, fault.Errorf(fault.NotFound, "there is no such function")
	}
	if direct == nil {
		direct = &wire.Direct{}
	}
	direct.ReadOnly = r.method() == fiber.MethodGet || r.method() == fiber.MethodHead
	function := s.Functions[name]
	call, err := f.permit(r, docs, function, wire.Call{Service: service, Function: name, Params: params, Direct: direct})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.context, time.Duration(function.Timeout))
	defer cancel()
	return s.Caller.Call(ctx, call, nil)
}

// permit counts a call of a function and asks its rule. It returns the call with what the rule has made of the parameters.
func (f *functions) permit(r *request, docs *crud.Service, function *Function, call wire.Call) (wire.Call, error) {
	if err := f.limits.spend(r.context, r, function.Limit, call.Service+"."+call.Function, 1); err != nil {
		return call, err
	}
	params, err := docs.Call(r.context, r.caller, function.Callable, bytes.Clone(call.Params))
	if err != nil {
		return call, err
	}
	call.Headers = told(r)
	call.ID, call.Params, call.Auth, call.Key = webhook.NewID(), params, r.caller.Auth, strings.Clone(r.header(idempotencyHeader))
	return call, nil
}

// toldHeaders are those of a request that a function of a database can read: where the call belongs, and which client makes it.
// None is a credential.
var toldHeaders = [...]string{"traceparent", "tracestate", "baggage", "user-agent", "x-client-info", "accept-language"}

func told(r *request) map[string]string {
	var out map[string]string
	for _, name := range toldHeaders {
		if value := r.header(name); value != "" {
			if out == nil {
				out = make(map[string]string, len(toldHeaders))
			}
			out[name] = strings.Clone(value)
		}
	}
	return out
}

// mayCall reports, as an error, that the function may not be called with these parameters.
func (f *functions) mayCall(r *request, docs *crud.Service) error {
	_, function, err := f.find(r)
	if err != nil {
		return err
	}
	_, err = docs.Call(r.context, r.caller, function.Callable, bytes.Clone(r.body()))
	return err
}

// may is mayCall for a function by its name.
func (f *functions) may(r *request, docs *crud.Service, service, name string, params []byte) error {
	s := f.services[service]
	if s == nil || s.Functions[name] == nil {
		return fault.Errorf(fault.NotFound, "there is no such function")
	}
	_, err := docs.Call(r.context, r.caller, s.Functions[name].Callable, bytes.Clone(params))
	return err
}

// stream answers with the pieces of a result as server-sent events, as they come; the last one, named
// result, has the result; one named error says why there is none.
func (f *functions) stream(r *request, s *Service, function *Function, call wire.Call) error {
	if !f.lease.Enter() {
		return fault.Retry(fault.Unavailable, time.Second, "the configuration is being replaced; try again")
	}
	header := &r.http.Response().Header
	header.SetContentType("text/event-stream")
	header.Set("X-Accel-Buffering", "no")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.context), time.Duration(function.Timeout))
	r.http.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer f.lease.Leave()
		defer cancel()
		result, err := s.Caller.Call(ctx, call, func(p json.RawMessage) error { return sendEvent(w, "", p) })
		if err != nil {
			if code := fault.CodeOf(err); code == fault.Internal || code == fault.Unavailable {
				f.logger.Error("a function has failed", "service", call.Service, "function", call.Function, "call", call.ID, "error", err.Error())
			}
			_ = sendEvent(w, "error", describeError(err)) // a client that has gone does not need it
			return
		}
		_ = sendEvent(w, "result", result)
	})
	return errStreaming
}

// sendEvent writes one server-sent event, whose name may be empty.
func sendEvent(w *bufio.Writer, name string, data []byte) error {
	if name != "" {
		_, _ = w.WriteString("event: " + name + "\n") // Flush returns the first error
	}
	_, _ = w.WriteString("data: ")
	_, _ = w.Write(bytes.ReplaceAll(data, []byte("\n"), nil))
	_, _ = w.WriteString("\n\n")
	return w.Flush()
}
