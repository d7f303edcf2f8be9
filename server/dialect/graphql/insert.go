package graphql

import (
	"encoding/json"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
)

// insert is insert_notes and insert_notes_one.
func insert(e *executor, s *selected, r *root) (result, error) {
	objects := listOf(s.argument("objects", e.vars))
	if r.one {
		objects = []any{s.argument("object", e.vars)}
	}
	var out *response
	var lv *level
	var err error
	if r.one {
		lv, err = e.levelOf(r.c, s, 1)
	} else {
		out, err = e.responseOf(r.c, s)
	}
	if err != nil {
		return nil, err
	}
	var answer result
	finish := func(docs []crud.Document) (err error) {
		switch {
		case !r.one:
			answer, err = out.answer(e, int64(len(docs)), docs)
		case len(docs) == 0: // it was there, and stays
			answer = null
		default:
			e.note(1, docs)
			answer, err = e.document(lv, docs[0])
		}
		return err
	}
	conflict := object(s.argument("on_conflict", e.vars))
	if conflict == nil && !r.c.nests(objects) {
		docs, err := e.create(r.c, objects)
		if err != nil {
			return nil, err
		}
		err = finish(docs)
		return answer, err
	}
	err = e.inTransaction(r.c, func() error {
		i := inserter{executor: e}
		var docs []crud.Document
		for _, o := range objects {
			doc, err := i.one(r.c, object(o), conflict)
			if err != nil {
				return err
			}
			if doc != nil {
				docs = append(docs, *doc)
			}
		}
		return finish(docs)
	})
	return answer, err
}

// nests reports whether objects have others in them.
func (c *collection) nests(objects []any) bool {
	for _, o := range objects {
		for name := range object(o) {
			if m := c.members[name]; m != nil && m.relation != nil {
				return true
			}
		}
	}
	return false
}

// create stores documents, all or none.
func (e *executor) create(c *collection, objects []any) ([]crud.Document, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	list := make([]any, len(objects))
	for i, o := range objects {
		doc := map[string]any{}
		for name, v := range object(o) {
			doc[c.members[name].field.Name] = v
		}
		list[i] = doc
	}
	var sent any = list
	if len(list) == 1 {
		sent = list[0] // an error then names the field alone
	}
	body, err := json.Marshal(sent)
	if err != nil {
		return nil, err
	}
	created, err := e.docs.Create(e.context, e.caller, c.Name, body)
	return created.Items, err
}

// inserter inserts objects with others in them, and those that may be there already.
type inserter struct {
	*executor
	n int
}

// one inserts an object: first what it refers to, then itself, then what refers to it. It is nil where the object was
// there and stays as it was.
func (i *inserter) one(c *collection, o, conflict map[string]any) (*crud.Document, error) {
	if i.n++; i.n > i.batch {
		return nil, fault.FieldErrorf("objects", "max", "an insert has at most %d objects, with those in them (limits.batch)", i.batch)
	}
	own := map[string]any{}
	for name, v := range o {
		m := c.members[name]
		switch {
		case m.field != nil:
			own[name] = v
		case m.relation.many || v == nil:
		default:
			if m.relation.target.Database != c.Database {
				return nil, fault.FieldErrorf(name, "database", "it is in another database")
			}
			doc, err := i.one(m.relation.target, object(object(v)["data"]), object(object(v)["on_conflict"]))
			if err != nil {
				return nil, i.within(name, err)
			}
			if doc == nil {
				return nil, fault.FieldErrorf(name, "conflict", "the document that it refers to is there already and stays as it is; name a column in update_columns, or refer to it by its id")
			}
			key, _ := doc.Value(0)
			own[m.relation.field.name] = json.RawMessage(key.JSON())
		}
	}
	doc, err := i.store(c, own, conflict)
	if err != nil || doc == nil {
		return doc, err
	}
	for name, v := range o {
		r := c.members[name].relation
		if r == nil || !r.many || v == nil {
			continue
		}
		if r.target.Database != c.Database {
			return nil, fault.FieldErrorf(name, "database", "it is in another database")
		}
		key, _ := doc.Value(0)
		for _, child := range listOf(object(v)["data"]) {
			with := map[string]any{}
			for k, x := range object(child) {
				with[k] = x
			}
			with[r.field.name] = json.RawMessage(key.JSON())
			if _, err := i.one(r.target, with, object(object(v)["on_conflict"])); err != nil {
				return nil, i.within(name, err)
			}
		}
	}
	return doc, nil
}

// store creates a document. With on_conflict one that is there already is changed as that says.
func (i *inserter) store(c *collection, own, conflict map[string]any) (*crud.Document, error) {
	if conflict != nil {
		id, err := i.existing(c, own, conflict)
		if err != nil {
			return nil, err
		}
		if id != "" {
			if in, err := i.merges(c, id, conflict); err != nil || !in {
				return nil, err
			}
			return i.merge(c, id, own, conflict)
		}
	}
	docs, err := i.create(c, []any{own})
	if err != nil {
		return nil, err
	}
	return &docs[0], nil
}

// existing returns the id of the document that has the values of the constraint already; empty where the caller can see
// none. One that is hidden is a conflict when the object is created.
func (i *inserter) existing(c *collection, own, conflict map[string]any) (string, error) {
	constraint, _ := conflict["constraint"].(string)
	f := c.fields[0]
	for _, other := range c.fields {
		if constraint == c.typ+"_"+other.name+"_key" {
			f = other
		}
	}
	v, given := own[f.name]
	if !given || v == nil {
		return "", nil
	}
	body, err := json.Marshal(map[string]any{"where": map[string]any{f.Name: map[string]any{"$eq": v}}, "limit": 1})
	if err != nil {
		return "", err
	}
	found, err := i.run(crud.Read{Collection: c.Name, Body: body})
	if err != nil || len(found.Documents) == 0 {
		return "", unlessDenied(err)
	}
	return found.Documents[0].ID(), nil
}

// merges reports whether on_conflict takes a document that is there already, by its where.
func (i *inserter) merges(c *collection, id string, conflict map[string]any) (bool, error) {
	where, err := i.where(c, conflict["where"])
	if err != nil || len(where) == 0 {
		return true, err
	}
	body, err := json.Marshal(map[string]any{"where": both([]any{map[string]any{c.fields[0].Name: map[string]any{"$eq": id}}, where}), "limit": 1})
	if err != nil {
		return false, err
	}
	found, err := i.run(crud.Read{Collection: c.Name, Body: body})
	return len(found.Documents) == 1, err
}

func (i *inserter) merge(c *collection, id string, own, conflict map[string]any) (*crud.Document, error) {
	patch := map[string]any{}
	for _, name := range listOf(conflict["update_columns"]) {
		column, _ := name.(string)
		f := c.members[column].field
		if v, given := own[column]; given {
			patch[f.Name] = v
		} else {
			patch[f.Name] = nil
		}
	}
	if len(patch) == 0 {
		return nil, nil
	}
	body, err := json.Marshal(patch)
	if err != nil {
		return nil, err
	}
	if err := i.count(c, rules.Update); err != nil {
		return nil, err
	}
	doc, err := i.docs.Update(i.context, i.caller, crud.Target{Collection: c.Name, ID: id}, body)
	if err != nil {
		return nil, err
	}
	return &doc, nil
}
