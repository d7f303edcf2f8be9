package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/bus"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/services"
	"github.com/basalt-dev/basalt/modules/services/wire"
	"github.com/basalt-dev/basalt/modules/tracing"
	"github.com/basalt-dev/basalt/modules/webhook"
)

// service is one whose functions can be called.
type service struct {
	caller    services.Caller
	functions map[string]*function
}

type function struct {
	*config.Function
	callable *crud.Callable
}

type busKey struct{ driver, url string }

// prepareServices connects to the services.
func (g *generation) prepareServices(old *generation) error {
	g.services, g.buses = map[string]*service{}, map[busKey]bus.Bus{}
	for name, c := range g.config.Services {
		s := &service{functions: map[string]*function{}}
		for n, f := range c.Functions {
			s.functions[n] = &function{f, crud.NewCallable(name+"."+n, fieldsOf(f.Ordered), f.Allowed)}
		}
		if c.Driver == "http" {
			s.caller = services.NewHTTP(name, c.URL.Reveal(), []byte(c.Secret.Reveal()), g.server.options.Now,
				func(function string) bool { f := c.Functions[function]; return f != nil && f.Idempotent },
				func(open bool) {
					g.server.metrics.breaker(name, open)
					g.logger.Warn("a service changes", "service", name, "left_alone", open)
				})
		} else {
			b, err := g.busOf(c.Driver, c.URL.Reveal(), old)
			if err != nil {
				return fmt.Errorf("service %s: %w", name, err)
			}
			s.caller = services.Bus{Bus: b}
		}
		g.services[name] = s
	}
	return nil
}

// busOf returns a bus for a service: that of the nodes, when it is the same, or one of its own.
func (g *generation) busOf(driver, url string, old *generation) (bus.Bus, error) {
	if g.config.Bus.Driver == driver && g.config.Bus.URL.Reveal() == url {
		return g.bus, nil
	}
	key := busKey{driver, url}
	if g.buses[key] != nil {
		return g.buses[key], nil
	}
	if old != nil && old.buses[key] != nil {
		g.buses[key] = old.buses[key]
		return g.buses[key], nil
	}
	b, err := bus.Open(driver, url)
	if err == nil {
		g.buses[key] = b
	}
	return b, err
}

// callFunction is POST /v1/fn/:service/:function.
func callFunction(r *request) ([]byte, error) {
	name, functionName := r.segment("service"), r.segment("function")
	s := r.services[name]
	if s == nil || s.functions[functionName] == nil {
		return nil, fault.Errorf(fault.NotFound, "there is no such function")
	}
	f := s.functions[functionName]
	if err := r.spend(r.context, f.Limit, name+"."+functionName, 1); err != nil {
		return nil, err
	}
	params, err := r.crud.Call(r.context, r.caller, f.callable, bytes.Clone(r.body()))
	if err != nil {
		return nil, err
	}
	call := wire.Call{
		ID: webhook.NewID(), Service: name, Function: functionName, Params: params, Auth: r.caller.Auth,
		Key: strings.Clone(r.Get(idempotencyHeader)),
	}
	if strings.HasPrefix(r.Get(fiber.HeaderAccept), "text/event-stream") {
		return nil, r.streamFunction(s, f, call)
	}
	ctx, cancel := context.WithTimeout(r.context, time.Duration(f.Timeout))
	defer cancel()
	return r.callService(ctx, s, call, nil)
}

// mayCall reports, as an error, that the function may not be called with these parameters.
func (r *request) mayCall() error {
	s := r.services[r.segment("service")]
	if s == nil || s.functions[r.segment("function")] == nil {
		return fault.Errorf(fault.NotFound, "there is no such function")
	}
	_, err := r.crud.Call(r.context, r.caller, s.functions[r.segment("function")].callable, bytes.Clone(r.body()))
	return err
}

// callService calls a function and counts the call.
func (g *generation) callService(ctx context.Context, s *service, call wire.Call, piece func(json.RawMessage) error) (json.RawMessage, error) {
	start := time.Now()
	ctx, end := tracing.Start(ctx, "function "+call.Service+"."+call.Function)
	call.Trace = tracing.Parent(ctx)
	result, err := s.caller.Call(ctx, call, piece)
	end(err)
	g.server.metrics.called(call.Service, call.Function, err, time.Since(start))
	return result, err
}

// errStreaming says that the answer is under way already.
var errStreaming = errors.New("server: the answer is a stream")

// streamFunction answers with the pieces of a result as server-sent events, as they come; the last one, named
// result, has the result; one named error says why there is none.
func (r *request) streamFunction(s *service, f *function, call wire.Call) error {
	if !r.enter() {
		return fault.Retry(fault.Unavailable, time.Second, "the configuration is being replaced; try again")
	}
	g := r.generation
	header := &r.Response().Header
	header.SetContentType("text/event-stream")
	header.Set("X-Accel-Buffering", "no")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.context), time.Duration(f.Timeout))
	r.Ctx.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer g.leave()
		defer cancel()
		send := func(event string, data []byte) error {
			if event != "" {
				_, _ = w.WriteString("event: " + event + "\n") // Flush tells
			}
			_, _ = w.WriteString("data: ")
			_, _ = w.Write(bytes.ReplaceAll(data, []byte("\n"), nil))
			_, _ = w.WriteString("\n\n")
			return w.Flush()
		}
		result, err := g.callService(ctx, s, call, func(p json.RawMessage) error { return send("", p) })
		if err != nil {
			if code := fault.CodeOf(err); code == fault.Internal || code == fault.Unavailable {
				g.logger.Error("a function has failed", "service", call.Service, "function", call.Function, "call", call.ID, "error", err.Error())
			}
			_ = send("error", describeError(err)) // who has gone is told nothing
			return
		}
		_ = send("result", result)
	})
	return errStreaming
}
