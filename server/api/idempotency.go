package api

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/idempotency"
	"github.com/basalt-dev/basalt/server/dialect"
)

// idempotencyHeader names a write, so that it happens once however often it is sent.
const idempotencyHeader = "Idempotency-Key"

// replayedHeader says that the answer is that of an earlier request.
const replayedHeader = "Idempotent-Replayed"

// keptHeaders are those of an answer that are kept with it.
var keptHeaders = []string{fiber.HeaderETag, fiber.HeaderLocation}

// repeats makes writes with an Idempotency-Key happen once.
type repeats struct {
	databases   map[string]Database
	kept        map[string]bool // the databases that keep answers
	home        string
	collections map[string]*config.Collection
	functions   *functions
	now         func() time.Time
	logger      *slog.Logger
}

// keepTime bounds what is noted after a request.
const keepTime = 5 * time.Second

// idempotent makes a handler answer a repeated write with the answer that it has got before.
func (p *repeats) idempotent(do action) action {
	return func(r *request, docs *crud.Service) ([]byte, error) {
		if key := r.header(idempotencyHeader); key != "" {
			return p.once(r, docs, strings.Clone(key), do)
		}
		return do(r, docs)
	}
}

// once runs a write, or returns the answer that it has got before.
func (p *repeats) once(r *request, docs *crud.Service, key string, do action) ([]byte, error) {
	name, collection, inside := p.target(r, docs)
	if !p.kept[name] {
		return do(r, docs)
	}
	d := p.databases[name]
	w, err := idempotency.NewWrite(writer(r), key, p.now(), []byte(r.method()), r.http.Request().RequestURI(), r.body())
	if err != nil {
		return nil, err
	}
	r.setHeader(idempotencyHeader, key)
	if !inside {
		return p.onceClaimed(r, docs, w, d, do)
	}
	var body []byte
	err = docs.Transaction(r.context, collection, func(within *crud.Service, store db.Store) error {
		r.status(r.route.status) // an attempt that was undone may have set another one
		var err error
		if body, err = do(r, within); err != nil {
			return err
		}
		return w.Keep(r.context, store, answered(r, body))
	})
	if err == nil {
		return body, nil
	}
	if a, found, failed := w.Find(r.context, d); failed != nil || found {
		return p.replay(r, docs, a, failed)
	}
	return nil, err
}

// onceClaimed is once for what no transaction can hold together with the answer.
func (p *repeats) onceClaimed(r *request, docs *crud.Service, w *idempotency.Write, d db.Driver, do action) (body []byte, err error) {
	err = p.claimed(r, w, d, strings.HasPrefix(r.path(), "/v1/db/"), func() (idempotency.Answer, error) {
		if body, err = do(r, docs); err != nil {
			return idempotency.Answer{}, err
		}
		return answered(r, body), nil
	}, func(a idempotency.Answer, failed error) error {
		body, err = p.replay(r, docs, a, failed)
		return err
	})
	return body, err
}

// claimed runs a write between the claim of its key and its answer, or gives the answer that is kept to again. unsure says that
// the write may have happened where it has failed with an error of this node.
func (p *repeats) claimed(r *request, w *idempotency.Write, d db.Driver, unsure bool, do func() (idempotency.Answer, error), again func(idempotency.Answer, error) error) error {
	if err := w.Claim(r.context, d); fault.CodeOf(err) == fault.Conflict {
		a, found, failed := w.Find(r.context, d)
		if failed != nil || found {
			return again(a, failed)
		}
		return &fault.Error{Code: fault.Conflict, Detail: "this write was under way and has just failed; send it again"}
	} else if err != nil {
		return err
	}
	a, err := do()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.context), keepTime)
	defer cancel()
	if err == nil {
		if err := w.Finish(ctx, d, a); err != nil {
			p.logger.Error("the answer to a write with an Idempotency-Key could not be kept; it will not be repeated", "request", r.requestID(), "error", err.Error())
		}
		return nil
	}
	if code := fault.CodeOf(err); unsure && (code == fault.Internal || code == fault.Unavailable || code == fault.Timeout) {
		return err // it may have happened
	}
	if err := w.GiveUp(ctx, d); err != nil {
		p.logger.Error("a write with an Idempotency-Key has failed, and is taken for one under way", "request", r.requestID(), "error", err.Error())
	}
	return err
}

// spoken makes a write of a dialect happen once.
func (p *repeats) spoken(r *request, docs *crud.Service, key string, write dialect.Write) error {
	name := p.home
	c := p.collections[write.Collection]
	if c != nil {
		name = c.Database
	}
	if !p.kept[name] {
		_, err := write.Do(docs)
		return err
	}
	w, err := idempotency.NewWrite(writer(r), key, p.now(), []byte(r.method()), r.http.Request().RequestURI(), r.body())
	if err != nil {
		return err
	}
	r.setHeader(idempotencyHeader, key)
	again := func(a idempotency.Answer, failed error) error {
		if failed != nil {
			return failed
		}
		r.setHeader(replayedHeader, "true")
		return write.Again(a.Body)
	}
	d := p.databases[name]
	if c == nil {
		return p.claimed(r, w, d, true, func() (idempotency.Answer, error) {
			kept, err := write.Do(docs)
			return idempotency.Answer{Body: kept}, err
		}, again)
	}
	err = docs.Transaction(r.context, write.Collection, func(within *crud.Service, store db.Store) error {
		kept, err := write.Do(within)
		if err != nil {
			return err
		}
		return w.Keep(r.context, store, idempotency.Answer{Body: kept})
	})
	if err == nil {
		return nil
	}
	if a, found, failed := w.Find(r.context, d); failed != nil || found {
		return again(a, failed)
	}
	return err
}

// answered returns what the answer with a body is.
func answered(r *request, body []byte) idempotency.Answer {
	r.status(r.statusOf(body))
	a := idempotency.Answer{Status: r.http.Response().StatusCode(), Header: map[string]string{}, Body: body}
	for _, name := range keptHeaders {
		if v := r.http.GetRespHeader(name); v != "" {
			a.Header[name] = strings.Clone(v)
		}
	}
	return a
}

// replay answers with what was answered before, as far as the caller may see it now.
func (p *repeats) replay(r *request, docs *crud.Service, a idempotency.Answer, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	body, err := p.shown(r, docs, a)
	if err != nil {
		return nil, err
	}
	for _, name := range keptHeaders { // an attempt that was undone may have set them
		r.http.Response().Header.Del(name)
	}
	for name, v := range a.Header {
		if name != fiber.HeaderETag || bytes.Equal(body, a.Body) { // which is that of the whole
			r.setHeader(name, v)
		}
	}
	r.setHeader(replayedHeader, "true")
	r.status(a.Status)
	return body, nil
}

// target returns the database that keeps the answer of a write; and, where the answer can be kept in the
// transaction that writes, a collection of it.
func (p *repeats) target(r *request, docs *crud.Service) (database, collection string, inside bool) {
	switch path := r.path(); {
	case strings.HasPrefix(path, "/v1/db/"):
		collection = r.collection()
		inside = true
	case path == "/v1/batch":
		if batch, err := r.parsedBatch(docs); err == nil { // what is wrong with it is said by who runs it
			collection, inside = batch.Steps[0].Collection, batch.Atomic
		}
	}
	if c := p.collections[collection]; c != nil {
		return c.Database, collection, inside && docs.Atomic(collection)
	}
	return p.home, "", false
}
