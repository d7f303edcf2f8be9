package server

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/idempotency"
)

// idempotencyHeader names a write, so that it happens once however often it is sent.
const idempotencyHeader = "Idempotency-Key"

// keptHeaders are those of an answer that are kept with it.
var keptHeaders = []string{fiber.HeaderETag, fiber.HeaderLocation}

// prepareIdempotency makes the tables for the answers to writes. Where a database does not let Basalt make one,
// keys mean nothing there, and the answer does not repeat them.
func (g *generation) prepareIdempotency(ctx context.Context) {
	g.remembers = map[string]bool{}
	for name, d := range g.databases {
		if err := d.Sync(ctx, idempotency.Collections()); err != nil {
			g.logger.Warn("writes to this database cannot be told from their repetitions: there is no table _idempotency", "database", name, "error", err.Error())
			continue
		}
		g.remembers[name] = true
	}
}

// once runs a write, or returns the answer that it has got before.
func (r *request) once(key string, f func(*request) ([]byte, error)) ([]byte, error) {
	name, collection, inside := r.target()
	if !r.remembers[name] {
		return f(r)
	}
	d := r.databases[name]
	w, err := idempotency.NewWrite(r.writer(), key, r.server.options.Now(), []byte(r.Method()), r.Request().RequestURI(), r.body())
	if err != nil {
		return nil, err
	}
	r.Set(idempotencyHeader, key)
	if !inside {
		return r.onceClaimed(w, d, f)
	}
	var body []byte
	outside, status := r.crud, r.Response().StatusCode()
	err = outside.Transaction(r.context, collection, func(s *crud.Service, store db.Store) error {
		r.crud = s
		r.Status(status)
		var err error
		if body, err = f(r); err != nil {
			return err
		}
		return w.Keep(r.context, store, r.answered(body))
	})
	r.crud = outside
	if err == nil {
		return body, nil
	}
	if a, found, failed := w.Find(r.context, d); failed != nil || found {
		return r.replay(a, failed)
	}
	return nil, err
}

// onceClaimed is once for what no transaction can hold together with the answer.
func (r *request) onceClaimed(w *idempotency.Write, d db.Driver, f func(*request) ([]byte, error)) ([]byte, error) {
	if err := w.Claim(r.context, d); fault.CodeOf(err) == fault.Conflict {
		a, found, failed := w.Find(r.context, d)
		if failed != nil || found {
			return r.replay(a, failed)
		}
		return nil, &fault.Error{Code: fault.Conflict, Detail: "this write was under way and has just failed; send it again"}
	} else if err != nil {
		return nil, err
	}
	body, err := f(r)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.context), keepTime)
	defer cancel()
	if err == nil {
		if err := w.Finish(ctx, d, r.answered(body)); err != nil {
			r.logger.Error("the answer to a write with an Idempotency-Key could not be kept; it will not be repeated", "request", r.Locals("request"), "error", err.Error())
		}
		return body, nil
	}
	if code := fault.CodeOf(err); strings.HasPrefix(r.Path(), "/v1/db/") && (code == fault.Internal || code == fault.Unavailable || code == fault.Timeout) {
		return nil, err // it may have happened
	}
	if err := w.GiveUp(ctx, d); err != nil {
		r.logger.Error("a write with an Idempotency-Key has failed, and is taken for one under way", "request", r.Locals("request"), "error", err.Error())
	}
	return nil, err
}

// answered returns what the answer with a body is.
func (r *request) answered(body []byte) idempotency.Answer {
	a := idempotency.Answer{Status: r.Response().StatusCode(), Header: map[string]string{}, Body: body}
	for _, name := range keptHeaders {
		if v := r.GetRespHeader(name); v != "" {
			a.Header[name] = strings.Clone(v)
		}
	}
	return a
}

// replay answers with what was answered before, as far as the caller may see it now.
func (r *request) replay(a idempotency.Answer, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	body, err := r.shown(a)
	if err != nil {
		return nil, err
	}
	for _, name := range keptHeaders { // an attempt that was undone may have set them
		r.Response().Header.Del(name)
	}
	for name, v := range a.Header {
		if name != fiber.HeaderETag || bytes.Equal(body, a.Body) { // which is that of the whole
			r.Set(name, v)
		}
	}
	r.Set("Idempotent-Replayed", "true")
	r.Status(a.Status)
	return body, nil
}

// target returns the database that keeps the answer of a write; and, where the answer can be kept in the
// transaction that writes, a collection of it.
func (r *request) target() (database, collection string, inside bool) {
	switch path := r.Path(); {
	case strings.HasPrefix(path, "/v1/db/"):
		collection = r.collection()
		inside = true
	case path == "/v1/batch":
		if batch := r.outline(); len(batch.Ops) > 0 {
			collection, inside = batch.Ops[0].Collection, batch.Atomic == nil || *batch.Atomic
		}
	}
	if c := r.config.Collections[collection]; c != nil {
		return c.Database, collection, inside && r.crud.Atomic(collection)
	}
	return r.firstDatabase(), "", false
}

// firstDatabase is where the server keeps what belongs to no collection.
func (g *generation) firstDatabase() string {
	if g.config.Auth != nil {
		return g.config.Auth.Database
	}
	return slices.Min(slices.Collect(maps.Keys(g.databases)))
}

// prune removes the answers that have expired, the events that were delivered long ago, and what the audit keeps no longer.
func (g *generation) prune(ctx context.Context) error {
	for name := range g.remembers {
		if err := idempotency.Prune(ctx, g.databases[name], g.server.options.Now()); err != nil {
			return err
		}
	}
	for _, d := range g.deliverers {
		if err := events.Prune(ctx, d.Database, g.server.options.Now()); err != nil {
			return err
		}
	}
	if g.auth != nil {
		return g.auth.Prune(ctx)
	}
	return nil
}

// statusOf is the status of an answer: without a body it is 204, unless it leads somewhere else.
func (r *request) statusOf(body []byte, status int) int {
	if now := r.Response().StatusCode(); body != nil || now != status || status == http.StatusSeeOther {
		return now
	}
	return http.StatusNoContent
}
