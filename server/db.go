package server

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/crud"
)

// The handlers of /v1/db and /v1/batch. Each reads the request, calls package crud and writes what
// that returns.

func get(r *request) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	return r.send(r.crud.ReadDocument(r.caller, r.collection(), r.id(), p))
}

// matches reports whether an If-None-Match header names a tag.
func matches(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			return true
		}
	}
	return false
}

func list(r *request) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	return r.send(r.crud.ReadList(r.caller, r.collection(), p))
}

func queryList(r *request) ([]byte, error) {
	return r.send(r.crud.ReadQuery(r.caller, r.collection(), r.body()))
}

func aggregate(r *request) ([]byte, error) {
	return r.send(r.crud.ReadFigures(r.caller, r.collection(), r.body()))
}

func create(r *request) ([]byte, error) {
	collection := r.collection()
	created, err := r.crud.Create(r.context, r.caller, collection, r.body())
	if err != nil {
		return nil, err
	}
	if !created.Many {
		body, tag := created.Items[0].Encode(make([]byte, 0, 512))
		r.Set(fiber.HeaderETag, tag)
		r.Set(fiber.HeaderLocation, "/v1/db/"+url.PathEscape(collection)+"/"+url.PathEscape(created.Items[0].ID()))
		return body, nil
	}
	return created.AppendJSON(make([]byte, 0, 512)), nil
}

func update(r *request) ([]byte, error) {
	doc, err := r.crud.Update(r.context, r.caller, r.collection(), r.id(), r.body(), r.ifMatch())
	if err != nil {
		return nil, err
	}
	return withTag(r, doc), nil
}

// withTag returns a document as the body of an answer with its ETag.
func withTag(r *request, doc crud.Document) []byte {
	body, tag := doc.Encode(make([]byte, 0, 512))
	r.Set(fiber.HeaderETag, tag)
	return body
}

func (r *request) ifMatch() string {
	return strings.Clone(strings.TrimSpace(r.Get(fiber.HeaderIfMatch)))
}

func replace(r *request) ([]byte, error) {
	doc, created, err := r.crud.Replace(r.context, r.caller, r.collection(), r.id(), r.body(), r.ifMatch())
	if err != nil {
		return nil, err
	}
	if created {
		r.Status(http.StatusCreated)
	}
	return withTag(r, doc), nil
}

func remove(r *request) ([]byte, error) {
	return nil, r.crud.Delete(r.context, r.caller, r.collection(), r.id(), r.ifMatch())
}

func counted(n int64, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return append(strconv.AppendInt([]byte(`{"count":`), n, 10), '}'), nil
}

func updateMany(r *request) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	return counted(r.crud.UpdateMany(r.context, r.caller, r.collection(), p, r.body()))
}

func deleteMany(r *request) ([]byte, error) {
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	return counted(r.crud.DeleteMany(r.context, r.caller, r.collection(), p))
}

// batchOutline is what the server itself needs of a batch: who keeps its answer, and what is counted.
type batchOutline struct {
	Atomic *bool
	Ops    []struct{ Op, Collection string }
}

// outline reads that of the body, once. What is wrong with the batch is said by who runs it.
func (r *request) outline() *batchOutline {
	if r.batch == nil {
		r.batch = &batchOutline{}
		if json.Unmarshal(r.body(), r.batch) != nil {
			*r.batch = batchOutline{}
		}
	}
	return r.batch
}

func batch(r *request) ([]byte, error) {
	results, err := r.crud.Batch(r.context, r.caller, r.body())
	if err != nil {
		return nil, err
	}
	return results.AppendJSON(nil), nil
}
