package graphql

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// defaultLimit is how many documents a list has that says no limit.
const defaultLimit = 50

// level is what is selected of the documents of a collection. One statement reads it, and one each of its relations.
type level struct {
	c       *collection
	outputs []output
}

// output is one member of each document.
type output struct {
	key      []byte // with its quotes and colon
	path     string
	field    *field
	relation *related
	constant []byte // __typename
	node     bool   // the global id
	tag      bool   // the entity tag
}

// related is a selected relation.
type related struct {
	*relation
	// meet returns the one form of all values of the two fields that are equal to each other.
	meet  func(query.Value) query.Value
	ask   *ask // of the documents
	inner *level
	tally *tally // of figures
}

// ask is what a list is asked for.
type ask struct {
	where  map[string]any
	sort   []string
	limit  int
	offset int
	after  any
	// distinct are the fields of whose values together each has one document; empty for none.
	distinct []string
	count    bool // the number of all is asked for, too
	backward bool // from the end
}

// levelOf compiles a selection. parents is how many documents are on the level above, at most; what all levels find is
// counted, and bounded.
func (e *executor) levelOf(c *collection, s *selected, rows int) (*level, error) {
	if e.cost += rows; e.cost > e.limits.Cost {
		return nil, fault.FieldErrorf(s.key, "cost", "the operation may find more than %d documents, by its limits and its levels; set smaller limits (graphql.cost)", e.limits.Cost)
	}
	fields := collectOf(c.typ, s.sets, e.vars)
	lv := &level{c: c, outputs: make([]output, 0, len(fields))}
	keys := make([]byte, 0, 16*len(fields))
	for _, sub := range fields {
		start := len(keys)
		keys = append(query.String(sub.key).AppendJSON(keys), ':')
		o := output{key: keys[start:len(keys):len(keys)], path: sub.key}
		m := c.members[sub.field.Name]
		switch {
		case sub.field.Name == "__typename":
			o.constant = query.String(c.typ).AppendJSON(nil)
		case m == nil:
			return nil, fault.FieldErrorf(sub.key, "unknown_field", "there is no such field")
		case m.node:
			o.node = true
		case m.tag:
			o.tag = true
		case m.field != nil:
			o.field = m.field
		default:
			var err error
			if o.relation, err = e.relatedOf(m.relation, sub, rows); err != nil {
				return nil, e.within(sub.key, err)
			}
		}
		lv.outputs = append(lv.outputs, o)
	}
	return lv, nil
}

func (e *executor) relatedOf(r *relation, s *selected, rows int) (out *related, err error) {
	out = &related{relation: r, meet: query.Between(r.of.Shape, r.hereIndex(), r.target.Shape, r.thereIndex())}
	switch {
	case r.figures:
		if out.ask, err = e.askOf(r.target, s); err == nil {
			out.tally, err = e.tallyOf(r.target, s)
		}
		if err == nil && out.tally.nodes != nil {
			err = fault.FieldErrorf("nodes", "unsupported", "nodes of related documents are not part of their figures; select the relation itself")
		}
	case r.many:
		if out.ask, err = e.askOf(r.target, s); err == nil {
			out.inner, err = e.levelOf(r.target, s, rows*out.ask.limit)
		}
	default:
		out.ask = &ask{where: all, limit: 1}
		out.inner, err = e.levelOf(r.target, s, rows)
	}
	return out, err
}

// askOf reads the arguments of a list.
func (e *executor) askOf(c *collection, s *selected) (a *ask, err error) {
	a = &ask{limit: min(defaultLimit, e.page), after: s.argument("after", e.vars)}
	if a.where, err = e.where(c, s.argument("where", e.vars)); err != nil {
		return nil, err
	}
	if a.sort, err = c.order(s, e.vars); err != nil {
		return nil, err
	}
	for _, column := range listOf(s.argument("distinct_on", e.vars)) {
		if name, _ := column.(string); c.members[name] != nil {
			a.distinct = append(a.distinct, c.members[name].field.Name)
		}
	}
	for _, n := range []struct {
		name  string
		to    *int
		least int
	}{{"limit", &a.limit, 1}, {"first", &a.limit, 1}, {"last", &a.limit, 1}, {"offset", &a.offset, 0}} {
		v := s.argument(n.name, e.vars)
		if v == nil {
			continue
		}
		i, ok := whole(v)
		if !ok || i < n.least {
			return nil, fault.FieldErrorf(n.name, "min", "%s is a whole number from %d on", n.name, n.least)
		}
		*n.to = i
	}
	a.limit = min(a.limit, e.page)
	before := s.argument("before", e.vars)
	if a.backward = before != nil || s.argument("last", e.vars) != nil; a.backward {
		if a.after != nil || s.argument("first", e.vars) != nil {
			return nil, fault.FieldErrorf("last", "unsupported", "last goes with before, and first with after, not both")
		}
		a.after = before
	}
	return a, nil
}

// read returns the read of a list with what a level needs of its documents.
func (a *ask) read(lv *level) (crud.Read, error) {
	selects, needs := lv.fields()
	out := crud.Read{Collection: lv.c.Name, Offset: a.offset, Needs: needs, Distinct: a.distinct, Backward: a.backward}
	if len(a.where) == 0 { // a body is for filters: it is written, and read again
		out.Params = crud.Params{"limit": strconv.Itoa(a.limit), "select": strings.Join(selects, ",")}
		if len(a.sort) > 0 {
			out.Params["sort"] = strings.Join(a.sort, ",")
		}
		if after, ok := a.after.(string); ok {
			out.Params["after"] = after
		}
		if a.count {
			out.Params["count"] = "true"
		}
		return out, nil
	}
	body := map[string]any{"limit": a.limit, "select": selects, "where": a.where}
	if len(a.sort) > 0 {
		body["sort"] = a.sort
	}
	if a.after != nil {
		body["after"] = a.after
	}
	if a.count {
		body["count"] = true
	}
	var err error
	out.Body, err = json.Marshal(body)
	return out, err
}

// fields returns the names of the selected fields, at least the id, and the places of the others that are needed.
func (lv *level) fields() (selects []string, needs []int) {
	seen := make([]bool, len(lv.c.fields))
	selects = make([]string, 0, len(lv.outputs))
	for i := range lv.outputs {
		switch o := &lv.outputs[i]; {
		case o.field != nil && !seen[o.field.index]:
			seen[o.field.index] = true
			selects = append(selects, o.field.Name)
		case o.tag:
			needs = lv.c.allFields()
		case o.node || o.relation != nil && o.relation.many:
			needs = append(needs, 0)
		case o.relation != nil:
			needs = append(needs, o.relation.field.index)
		}
	}
	if len(selects) == 0 {
		selects = []string{lv.c.fields[0].Name}
	}
	return selects, needs
}

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
