package graphql

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// loaded are documents with what is selected of them.
type loaded struct {
	level *level
	docs  []crud.Document
	rels  []links // one for each output
	// hidden has the keys of documents of which the caller may see nothing else; nil where there are none.
	hidden []json.RawMessage
}

// links are the related documents: of each value that relates them, the places in inner.
type links struct {
	one     map[query.Value]int // of a ref
	at      map[query.Value][]int
	inner   *loaded
	figures map[query.Value]figured
}

// load reads what is selected of documents: one statement for each relation, whatever the number of documents.
func (e *executor) load(lv *level, docs []crud.Document) (*loaded, error) {
	if e.found += len(docs); e.found > e.documents {
		return nil, &fault.Error{Code: fault.AnswerTooLarge, Detail: "the operation finds too many documents (limits.documents); narrow it"}
	}
	out := &loaded{level: lv, docs: docs, rels: make([]links, len(lv.outputs))}
	for i, o := range lv.outputs {
		if o.relation == nil || len(docs) == 0 {
			continue
		}
		var err error
		if out.rels[i], err = e.follow(lv, docs, o.relation); err != nil {
			return nil, e.within(o.path, err)
		}
	}
	return out, nil
}

// follow reads a relation of documents, under the rules of the collection it leads to. Who may read nothing there finds
// nothing.
func (e *executor) follow(lv *level, docs []crud.Document, r *related) (out links, err error) {
	values := make([]query.Value, 0, len(docs))
	for _, d := range docs {
		if v := r.valueIn(d); !v.IsNull() {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return out, nil
	}
	if r.figures {
		out.figures, err = e.tallies(r, values)
		return out, unlessDenied(err)
	}
	a := *r.ask
	a.offset = 0
	if a.limit += r.ask.offset; a.limit > e.page {
		return out, fault.FieldErrorf("offset", "max", "limit and offset of related documents are at most %d together (limits.page)", e.page)
	}
	read, err := a.read(r.inner)
	if err != nil {
		return out, err
	}
	read.Of, read.Values, read.Unsorted = r.there(), values, !r.many
	found, err := e.run(read)
	if err != nil {
		return out, unlessDenied(err)
	}
	if !r.many {
		out.one = make(map[query.Value]int, len(found.Documents))
		for i, d := range found.Documents {
			out.one[r.valueOf(d)] = i
		}
		out.inner, err = e.load(r.inner, found.Documents)
		return out, err
	}
	out.at = make(map[query.Value][]int, len(docs))
	kept := found.Documents[:0]
	skipped := map[query.Value]int{}
	for _, d := range found.Documents {
		v := r.valueOf(d)
		if skipped[v] < r.ask.offset {
			skipped[v]++
			continue
		}
		if len(out.at[v]) == r.ask.limit { // those of distinct_on are not limited for each value by their statement
			continue
		}
		out.at[v] = append(out.at[v], len(kept))
		kept = append(kept, d)
	}
	out.inner, err = e.load(r.inner, kept)
	return out, err
}

// unlessDenied returns an error, but not one that says that nothing may be read there: then there is nothing to see.
// That a field is hidden is said.
func unlessDenied(err error) error {
	var e *fault.Error
	if errors.As(err, &e) && e.Fields == nil && (e.Code == fault.Forbidden || e.Code == fault.Unauthenticated) {
		return nil
	}
	return err
}

// there is the field of the target that has the values, and here the one of the documents.
func (r *relation) there() string {
	if r.many {
		return r.field.Name
	}
	return r.target.fields[0].Name
}

func (r *relation) thereIndex() int {
	if r.many {
		return r.field.index
	}
	return 0
}

// hereIndex is the field of the documents that it leads from.
func (r *relation) hereIndex() int {
	if r.many {
		return 0
	}
	return r.field.index
}

// valueIn is the value of a document that the target has, in that form; null where it may not be seen.
func (r *related) valueIn(d crud.Document) query.Value {
	v, _ := d.Value(r.hereIndex())
	return r.meet(v)
}

// valueOf is that of a document of the target.
func (r *related) valueOf(d crud.Document) query.Value {
	v, _ := d.Value(r.thereIndex())
	return r.meet(v)
}

// append writes the document at a place as JSON.
func (l *loaded) append(dst []byte, i, limit int) []byte {
	if l.hidden != nil && l.hidden[i] != nil {
		return l.appendHidden(dst, l.hidden[i], limit)
	}
	d := l.docs[i]
	dst = append(dst, '{')
	for n := range l.level.outputs {
		if n > 0 {
			dst = append(dst, ',')
		}
		o := &l.level.outputs[n]
		dst = append(dst, o.key...)
		switch {
		case o.constant != nil:
			dst = append(dst, o.constant...)
		case o.field != nil:
			dst = d.AppendField(dst, o.field.index)
		case o.node:
			dst = query.String(l.level.c.globalID(d.ID())).AppendJSON(dst)
		case o.tag:
			dst = query.String(d.ETag()).AppendJSON(dst)
		case o.snippet != nil:
			dst = appendSnippet(dst, d, o.snippet)
		case o.relation.figures:
			dst = o.relation.tally.append(dst, l.rels[n].figures[o.relation.valueIn(d)], nil, limit)
		default:
			dst = l.appendRelated(dst, o.relation, l.rels[n], d, limit)
		}
		if len(dst) > limit {
			return dst
		}
	}
	return append(dst, '}')
}

// appendHidden writes the document of a key, without anything else.
func (l *loaded) appendHidden(dst []byte, key json.RawMessage, limit int) []byte {
	var id any
	_ = json.Unmarshal(key, &id) // it was made here
	dst = append(dst, '{')
	for n, o := range l.level.outputs {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, o.key...)
		switch {
		case o.constant != nil:
			dst = append(dst, o.constant...)
		case o.field != nil && o.field.index == 0:
			dst = append(dst, key...)
		case o.node:
			dst = query.String(l.level.c.globalID(fmt.Sprint(id))).AppendJSON(dst)
		case o.tag:
			dst = append(dst, `""`...)
		case o.relation != nil && o.relation.figures:
			dst = o.relation.tally.append(dst, nil, nil, limit)
		case o.relation != nil && o.relation.many:
			dst = append(dst, "[]"...)
		default:
			dst = append(dst, "null"...)
		}
	}
	return append(dst, '}')
}

func (l *loaded) appendRelated(dst []byte, r *related, rel links, d crud.Document, limit int) []byte {
	if !r.many {
		at, there := rel.one[r.valueIn(d)]
		if !there {
			return append(dst, "null"...)
		}
		return rel.inner.append(dst, at, limit)
	}
	places := rel.at[r.valueIn(d)]
	dst = append(dst, '[')
	for n, at := range places {
		if n > 0 {
			dst = append(dst, ',')
		}
		if dst = rel.inner.append(dst, at, limit); len(dst) > limit {
			return dst
		}
	}
	return append(dst, ']')
}

// appendList writes all documents.
func (l *loaded) appendList(dst []byte, limit int) []byte {
	dst = append(slices.Grow(dst, min(limit, 64+32*len(l.docs)*len(l.level.outputs))), '[')
	for i := range l.docs {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst = l.append(dst, i, limit); len(dst) > limit {
			return dst
		}
	}
	return append(dst, ']')
}
