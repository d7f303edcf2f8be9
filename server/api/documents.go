package api

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
)

// The handlers of /v1/db and /v1/batch. Each reads the request, calls package crud and writes what
// that returns.

// documents are the calls of /v1/db and /v1/batch. docs is the service to call, which may run in a transaction.
type documents struct {
	reads *reads
	base  string // of addresses
}

func (d *documents) get(r *request, docs *crud.Service) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	return d.reads.answer(r, docs, crud.Read{Collection: r.collection(), Kind: crud.Get, ID: r.id(), Params: p})
}

func (d *documents) list(r *request, docs *crud.Service) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	return d.reads.answer(r, docs, crud.Read{Collection: r.collection(), Params: p})
}

func (d *documents) queryList(r *request, docs *crud.Service) ([]byte, error) {
	return d.reads.answer(r, docs, crud.Read{Collection: r.collection(), Body: orEmpty(r.body())})
}

func (d *documents) aggregate(r *request, docs *crud.Service) ([]byte, error) {
	return d.reads.answer(r, docs, crud.Read{Collection: r.collection(), Kind: crud.Aggregate, Body: r.body()})
}

// orEmpty returns a body that is there, if only as an empty one.
func orEmpty(body []byte) []byte {
	if body == nil {
		return []byte{}
	}
	return body
}

func (d *documents) create(r *request, docs *crud.Service) ([]byte, error) {
	collection := r.collection()
	created, err := docs.Create(r.context, r.caller, collection, r.body())
	if err != nil {
		return nil, err
	}
	if !created.Many {
		body := withTag(r, created.Items[0])
		r.setHeader(fiber.HeaderLocation, d.base+"/v1/db/"+url.PathEscape(collection)+"/"+url.PathEscape(created.Items[0].ID()))
		return body, nil
	}
	return created.AppendJSON(make([]byte, 0, 512)), nil
}

func (d *documents) update(r *request, docs *crud.Service) ([]byte, error) {
	doc, err := docs.Update(r.context, r.caller, r.target(), r.body())
	if err != nil {
		return nil, err
	}
	return withTag(r, doc), nil
}

// withTag returns a document as the body of an answer with its ETag.
func withTag(r *request, doc crud.Document) []byte {
	body, tag := doc.Encode(make([]byte, 0, 512))
	var buffer [maxTag]byte
	r.http.Response().Header.SetCanonical(etagHeader, tag.Append(buffer[:0]))
	return body
}

// target is the document that the address names, under the condition of the request.
func (r *request) target() crud.Target {
	return crud.Target{Collection: r.collection(), ID: r.id(), IfMatch: strings.Clone(strings.TrimSpace(r.header(fiber.HeaderIfMatch)))}
}

func (d *documents) replace(r *request, docs *crud.Service) ([]byte, error) {
	doc, created, err := docs.Replace(r.context, r.caller, r.target(), r.body())
	if err != nil {
		return nil, err
	}
	if created {
		r.status(http.StatusCreated)
	}
	return withTag(r, doc), nil
}

func (d *documents) remove(r *request, docs *crud.Service) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	switch p["steps"] {
	case "", "false":
		return nil, docs.Delete(r.context, r.caller, r.target())
	case "true":
	default:
		return nil, fault.FieldErrorf("steps", "type", "steps is true or false")
	}
	step, err := docs.DeleteStep(r.context, r.caller, r.target())
	if err != nil || !step.More {
		return nil, err
	}
	r.status(http.StatusAccepted)
	return counted(step.Count, nil)
}

func counted(n int64, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return append(strconv.AppendInt([]byte(`{"count":`), n, 10), '}'), nil
}

func (d *documents) updateMany(r *request, docs *crud.Service) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	return counted(docs.UpdateMany(r.context, r.caller, r.collection(), p, r.body()))
}

func (d *documents) deleteMany(r *request, docs *crud.Service) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	return counted(docs.DeleteMany(r.context, r.caller, r.collection(), p))
}

// parsedBatch is the batch in the body, parsed once: it says who keeps its answer, too.
func (r *request) parsedBatch(docs *crud.Service) (*crud.Batch, error) {
	if r.batch == nil {
		var err error
		if r.batch, err = docs.ParseBatch(r.body()); err != nil {
			return nil, err
		}
	}
	return r.batch, nil
}

func (d *documents) batch(r *request, docs *crud.Service) ([]byte, error) {
	batch, err := r.parsedBatch(docs)
	if err != nil {
		return nil, err
	}
	if batch.Dry && r.header(idempotencyHeader) != "" {
		return nil, fault.FieldErrorf("dry", "unsupported", "a dry run keeps nothing, and so no answer for an Idempotency-Key; leave that out")
	}
	results, err := docs.Batch(r.context, r.caller, batch)
	if err != nil {
		return nil, err
	}
	return results.AppendJSON(nil), nil
}
