package basalt

import (
	"context"
	"net/http"
	"net/url"
)

// Patch is a change by field: a value, nil to clear, or an operator such as [Increment].
type Patch map[string]any

// Increment adds to a number, atomically.
func Increment(by int64) any { return map[string]any{"$inc": by} }

// Push appends to an array in a json field, atomically.
func Push(element any) any { return map[string]any{"$push": element} }

// Pull removes all equal elements from an array in a json field, atomically.
func Pull(element any) any { return map[string]any{"$pull": element} }

// Append joins a value with what a field has, atomically: the members of two objects, or else the elements of both.
func Append(value any) any { return map[string]any{"$append": value} }

// Prepend is Append, ahead of what the field has.
func Prepend(value any) any { return map[string]any{"$prepend": value} }

// RemoveAt takes a member away by its name or an element by its place, which below 0 counts from the end, or what several of
// those lead to.
func RemoveAt(steps ...any) any {
	if len(steps) == 1 {
		return map[string]any{"$remove": steps[0]}
	}
	return map[string]any{"$remove": steps}
}

// Now is the server's time.
func Now() any { return map[string]any{"$now": true} }

// Add stores a document and returns it as stored.
func (q Query[T]) Add(ctx context.Context, doc T) (T, error) {
	var stored T
	_, err := q.client.do(ctx, call{method: http.MethodPost, path: q.path(""), body: doc, due: aDocument}, &stored)
	return stored, err
}

// NewOf is a document to store in a collection of T: of the types of `basalt gen types --lang go`, NewNotes is one of Notes.
type NewOf[T any] interface{ NewOf(T) }

// PatchOf is a change of a document of T: of the types of `basalt gen types --lang go`, NotesPatch is one of Notes.
type PatchOf[T any] interface{ PatchOf(T) }

// Create stores a document and returns it as stored. What is left out is up to the server.
func (q Query[T]) Create(ctx context.Context, doc NewOf[T]) (T, error) {
	var stored T
	_, err := q.client.do(ctx, call{method: http.MethodPost, path: q.path(""), body: doc, due: aDocument}, &stored)
	return stored, err
}

// AddAll stores documents, all or none.
func (q Query[T]) AddAll(ctx context.Context, docs []T) ([]T, error) {
	var page Page[T]
	_, err := q.client.do(ctx, call{method: http.MethodPost, path: q.path(""), body: docs, due: aPage}, &page)
	return page.Items, err
}

// Document is one document of a collection, whether it exists or not.
type Document[T any] struct {
	client         *Client
	collection, id string
	path           string
	match          string
	strong         bool
}

// Doc returns the document of an id.
func (q Query[T]) Doc(id string) Document[T] {
	return Document[T]{client: q.client, collection: q.name, id: id, path: q.path("/" + url.PathEscape(id)), strong: q.strong}
}

// IfMatch makes changes fail with [PreconditionFailed] when the document does not have this tag.
func (d Document[T]) IfMatch(tag string) Document[T] { d.match = tag; return d }

func (d Document[T]) do(ctx context.Context, method string, body, out any) (http.Header, error) {
	header := consistency(d.strong)
	if d.match != "" {
		header.Set("If-Match", d.match)
	}
	want := aDocument
	if method == http.MethodDelete {
		want = nothing
	}
	return d.client.do(ctx, call{method: method, path: d.path, header: header, body: body, due: want}, out)
}

// Get gets the document. One that is missing or hidden is an error of code [NotFound].
func (d Document[T]) Get(ctx context.Context) (T, error) {
	doc, _, err := d.GetWithTag(ctx)
	return doc, err
}

// GetWithTag gets the document with its tag, for [Document.IfMatch].
func (d Document[T]) GetWithTag(ctx context.Context) (doc T, tag string, err error) {
	header, err := d.do(ctx, http.MethodGet, nil, &doc)
	return doc, header.Get("ETag"), err
}

// Update changes the document and returns it.
func (d Document[T]) Update(ctx context.Context, patch Patch) (T, error) {
	var doc T
	_, err := d.do(ctx, http.MethodPatch, patch, &doc)
	return doc, err
}

// Patch changes the document and returns it. What is left out stays as it is.
func (d Document[T]) Patch(ctx context.Context, patch PatchOf[T]) (T, error) {
	var doc T
	_, err := d.do(ctx, http.MethodPatch, patch, &doc)
	return doc, err
}

// Replace stores a whole document under this id, new or not. What is left out is up to the server.
func (d Document[T]) Replace(ctx context.Context, doc NewOf[T]) (T, error) {
	var stored T
	_, err := d.do(ctx, http.MethodPut, doc, &stored)
	return stored, err
}

// Set stores a whole document under this id, new or not.
func (d Document[T]) Set(ctx context.Context, doc T) (T, error) {
	var stored T
	_, err := d.do(ctx, http.MethodPut, doc, &stored)
	return stored, err
}

// Delete deletes the document.
func (d Document[T]) Delete(ctx context.Context) error {
	_, err := d.do(ctx, http.MethodDelete, nil, nil)
	return err
}

// DeleteInSteps deletes the document and what its collection deletes along with it, however much that is: step by step, each a
// transaction of at most limits.cascade documents. After an error what is gone stays gone, and a new call goes on.
func (d Document[T]) DeleteInSteps(ctx context.Context) error {
	header := consistency(d.strong)
	if d.match != "" {
		header.Set("If-Match", d.match)
	}
	for {
		step := struct{ Count *int64 }{}
		_, err := d.client.do(ctx, call{method: http.MethodDelete, path: d.path + "?steps=true", header: header, due: anything}, &step)
		if err != nil || step.Count == nil {
			return err
		}
	}
}

// Batch collects operations that happen together or not at all. It is not safe for concurrent use.
type Batch struct {
	client *Client
	ops    []step
	each   bool
	dry    bool
}

type step struct {
	Op         string `json:"op"`
	Collection string `json:"collection"`
	ID         string `json:"id,omitempty"`
	Doc        any    `json:"doc,omitempty"`
}

// Batch starts a batch.
func (c *Client) Batch() *Batch { return &Batch{client: c} }

func (b *Batch) add(s step) *Batch {
	b.ops = append(b.ops, s)
	return b
}

// Create adds a document.
func (b *Batch) Create(collection string, doc any) *Batch {
	return b.add(step{"create", collection, "", doc})
}

// Update changes a document.
func (b *Batch) Update(collection, id string, patch Patch) *Batch {
	return b.add(step{"update", collection, id, patch})
}

// Replace stores a whole document.
func (b *Batch) Replace(collection, id string, doc any) *Batch {
	return b.add(step{"replace", collection, id, doc})
}

// Delete deletes a document.
func (b *Batch) Delete(collection, id string) *Batch {
	return b.add(step{"delete", collection, id, nil})
}

// NotAtomic lets the operations run one after the other, each by itself: for a database without
// transactions. Those before a failure stay.
func (b *Batch) NotAtomic() *Batch {
	b.each = true
	return b
}

// Dry lets all of it be checked, and nothing be kept: the answer, or the error, is the one that it would have.
func (b *Batch) Dry() *Batch {
	b.dry = true
	return b
}

// Commit runs the operations. The results are the documents, nil for a delete.
func (b *Batch) Commit(ctx context.Context) ([]map[string]any, error) {
	var answer struct {
		Results []map[string]any `json:"results"`
	}
	_, err := b.client.do(ctx, call{method: http.MethodPost, path: "/v1/batch", body: map[string]any{"ops": b.ops, "atomic": !b.each, "dry": b.dry}, due: results, dry: b.dry}, &answer)
	return answer.Results, err
}
