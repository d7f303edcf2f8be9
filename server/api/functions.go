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
	name, functionName := r.segment("service"), r.segment("function")
	if err := f.limits.spend(r.context, r, function.Limit, name+"."+functionName, 1); err != nil {
		return nil, err
	}
	params, err := docs.Call(r.context, r.caller, function.Callable, bytes.Clone(r.body()))
	if err != nil {
		return nil, err
	}
	call := wire.Call{
		ID: webhook.NewID(), Service: name, Function: functionName, Params: params, Auth: r.caller.Auth,
		Key: strings.Clone(r.header(idempotencyHeader)),
	}
	if strings.HasPrefix(r.header(fiber.HeaderAccept), "text/event-stream") {
		return nil, f.stream(r, s, function, call)
	}
	ctx, cancel := context.WithTimeout(r.context, time.Duration(function.Timeout))
	defer cancel()
	return s.Caller.Call(ctx, call, nil)
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
