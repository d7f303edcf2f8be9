package crud

import (
	"context"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Plan is a read whose rules are evaluated for a caller. It can run, name the answer for a cache, and be kept live.
// One goroutine uses it at a time.
type Plan struct {
	o      operation
	record record // of the rules that decide about the answer
	work   work   // of o, unless it is a part of a request; first is the document of a Get. Both save an allocation
	first  [1]Document
	// room is where the answer to a Get goes, where nobody keeps it.
	room [512]byte
	kind Kind
	// list is what a list asks for; of a Get it has the fields and the expansions.
	list list
	view *mask
	// where has the rules in it. Of a Get it is set when it is needed; see [Plan.filter].
	where query.Filter
	// id and read are of a Get.
	id   string
	read readFilter
	// ask is that of an aggregate.
	ask db.Aggregate
}

// Run asks the database.
func (p *Plan) Run(ctx context.Context) (Result, error) {
	switch p.kind {
	case Get:
		return p.get(ctx)
	case Aggregate:
		rows, err := p.o.groups(ctx, p.ask)
		return Result{groups: rows, plan: p}, err
	}
	return p.page(ctx)
}

// Read prepares a read for a caller and runs it.
func (s *Service) Read(ctx context.Context, caller Caller, r Read) (Result, error) {
	plan, err := s.Prepare(caller, r)
	if err != nil {
		return Result{}, err
	}
	return plan.Run(ctx)
}

// Result is the answer to a read.
type Result struct {
	// Documents are the document of a Get, or those of the page of a list.
	Documents []Document

	plan *Plan
	// last is the row that the next page of a list begins after; nil at the end.
	last   query.Row
	total  int64 // documents over all pages, -1 if not requested
	groups [][]query.Value
}

// More reports whether a list has a next page.
func (r *Result) More() bool { return r.last != nil }

// Next returns the cursor of the next page of a list, empty at the end. It costs a signature.
func (r *Result) Next() string {
	switch p := r.plan; {
	case r.last == nil:
		return ""
	case p.list.byOffset():
		return p.o.Cursors.MakeOffset(p.rankScope(), p.list.offset+p.list.limit)
	default:
		return p.o.Cursors.Make(p.o.c.name, p.o.c.shape, p.list.sort, r.last)
	}
}

// Cursor continues a list after one of its documents.
func (r *Result) Cursor(i int) string {
	p := r.plan
	if p.list.byOffset() {
		return p.o.Cursors.MakeOffset(p.rankScope(), p.list.offset+i+1)
	}
	return p.o.Cursors.Make(p.o.c.name, p.o.c.shape, p.list.sort, r.Documents[i].row)
}

// Encode returns the answer as JSON, and its entity tag.
func (r *Result) Encode() (body []byte, tag Tag, err error) {
	p := r.plan
	limit := p.o.Limits.Answer
	switch p.kind {
	case Get:
		doc := r.Documents[0]
		if !doc.Expanded() {
			body, tag = doc.Encode(p.buffer())
			return body, tag, nil
		}
		body, err = p.o.bounded(doc.append(make([]byte, 0, 1024), limit))
		return body, Tag{}, err
	case Aggregate:
		body, err = p.o.bounded(groups{p.o.c, p.ask, r.groups}.append(nil, limit))
	default:
		body, err = p.o.bounded(page{r.Documents, r.Next(), r.total}.append(make([]byte, 0, 256+256*len(r.Documents)), limit))
	}
	if err == nil && p.o.c.cached {
		tag = tagOf(body)
	}
	return body, tag, err
}

// buffer is an empty one for a document. What a cache keeps does not keep the plan.
func (p *Plan) buffer() []byte {
	if p.o.c.cached {
		return make([]byte, 0, len(p.room))
	}
	return p.room[:0]
}

// filter returns the filter of the documents that the answer is about, with the rules in it.
func (p *Plan) filter() query.Filter {
	if p.where == nil {
		p.where = p.o.byID(p.o.c.plainID(p.id), p.read.filter)
	}
	return p.where
}
