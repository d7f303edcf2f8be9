package graphql

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// response is what is selected of the answer to a change of several documents.
type response struct {
	parts []part
	lv    *level // of returning; nil where it is not selected
}

// responseOf compiles a selection of affected_rows and returning.
func (e *executor) responseOf(c *collection, s *selected) (*response, error) {
	out := &response{}
	for _, sub := range collect(s.sets, e.vars) {
		p := part{key: append(query.String(sub.key).AppendJSON(nil), ':'), kind: sub.field.Name}
		switch p.kind {
		case "__typename":
			p.constant = query.String(c.typ + "_mutation_response").AppendJSON(nil)
		case "returning":
			if out.lv != nil {
				return nil, fault.FieldErrorf(sub.key, "twice", "select returning once")
			}
			var err error
			if out.lv, err = e.levelOf(c, sub, e.batch); err != nil {
				return nil, e.within(sub.key, err)
			}
		}
		out.parts = append(out.parts, p)
	}
	return out, nil
}

// answer writes the answer to a change of n documents.
func (r *response) answer(e *executor, n int64, docs []crud.Document) (result, error) {
	e.note(n, docs)
	var returning *loaded
	if r.lv != nil {
		var err error
		if returning, err = e.load(r.lv, docs); err != nil {
			return nil, err
		}
	}
	return r.write(e, n, returning), nil
}

func (r *response) write(e *executor, n int64, returning *loaded) result {
	out := []byte{'{'}
	for i, p := range r.parts {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, p.key...)
		switch p.kind {
		case "affected_rows":
			out = strconv.AppendInt(out, n, 10)
		case "returning":
			out = returning.appendList(out, e.answer)
		default:
			out = append(out, p.constant...)
		}
	}
	return append(out, '}')
}

// inTransaction runs f in one transaction of the database of a collection, as far as it has them. f may run several times.
func (e *executor) inTransaction(c *collection, f func() error) error {
	if !e.docs.Atomic(c.Name) {
		return fault.Errorf(fault.Invalid, "this database has no transactions for a change of several documents together; change them one by one")
	}
	outside, found, noted := e.docs, e.found, len(e.noted)
	defer func() { e.docs = outside }()
	return outside.Transaction(e.context, c.Name, func(within *crud.Service, _ db.Store) error {
		e.docs, e.found, e.noted = within, found, e.noted[:noted]
		return f()
	})
}

// update is update_notes and update_notes_by_pk.
func update(e *executor, s *selected, r *root) (result, error) {
	patch, err := r.c.patch(s.given(e.vars))
	if err != nil {
		return nil, err
	}
	if r.one {
		return e.updateOne(s, r.c, patch)
	}
	out, err := e.responseOf(r.c, s)
	if err != nil {
		return nil, err
	}
	where, err := e.where(r.c, s.argument("where", e.vars))
	if err != nil {
		return nil, err
	}
	if out.lv == nil {
		return e.updateAll(r.c, out, where, patch)
	}
	var answer result
	err = e.inTransaction(r.c, func() (err error) {
		answer, err = e.updateEach(r.c, out, where, patch)
		return err
	})
	return answer, err
}

// updateMany is update_notes_many: its updates in their order, in one transaction.
func updateMany(e *executor, s *selected, r *root) (result, error) {
	out, err := e.responseOf(r.c, s)
	if err != nil {
		return nil, err
	}
	updates := listOf(s.argument("updates", e.vars))
	if len(updates) > e.batch {
		return nil, fault.FieldErrorf("updates", "max", "there are at most %d updates (limits.batch)", e.batch)
	}
	var answer []byte
	err = e.inTransaction(r.c, func() error {
		answer = []byte{'['}
		for i, item := range updates {
			given := object(item)
			patch, err := r.c.patch(given)
			if err != nil {
				return err
			}
			where, err := e.where(r.c, given["where"])
			if err != nil {
				return err
			}
			change := e.updateEach
			if out.lv == nil {
				change = e.updateAll
			}
			one, err := change(r.c, out, where, patch)
			if err != nil {
				return err
			}
			if i > 0 {
				answer = append(answer, ',')
			}
			answer = append(answer, one...)
		}
		return nil
	})
	return append(answer, ']'), err
}

// updateAll changes what the rules let through, in one statement.
func (e *executor) updateAll(c *collection, out *response, where map[string]any, patch []byte) (result, error) {
	encoded, err := json.Marshal(where)
	if err != nil {
		return nil, err
	}
	if err := e.count(c, rules.Update); err != nil {
		return nil, err
	}
	n, err := e.docs.UpdateWhere(e.context, e.caller, c.Name, encoded, patch)
	if err != nil {
		return nil, err
	}
	return out.answer(e, n, nil)
}

// updateEach changes what the rules let through, and answers with it.
func (e *executor) updateEach(c *collection, out *response, where map[string]any, patch []byte) (result, error) {
	encoded, err := json.Marshal(where)
	if err != nil {
		return nil, err
	}
	if err := e.count(c, rules.Update); err != nil {
		return nil, err
	}
	found, err := e.toChange(c, encoded)
	if err != nil {
		return nil, err
	}
	var changed []crud.Document
	for _, doc := range found {
		after, err := e.docs.Update(e.context, e.caller, crud.Target{Collection: c.Name, ID: doc.ID()}, patch)
		switch code := fault.CodeOf(err); {
		case err == nil:
			changed = append(changed, after)
		case code != fault.Forbidden && code != fault.NotFound: // the rules let those through that they let through
			return nil, err
		}
	}
	return out.answer(e, int64(len(changed)), changed)
}

func (e *executor) updateOne(s *selected, c *collection, patch []byte) (result, error) {
	id, err := idOf(object(s.argument("pk_columns", e.vars))[c.fields[0].name])
	if err != nil {
		return nil, err
	}
	lv, err := e.levelOf(c, s, 1)
	if err != nil {
		return nil, err
	}
	if err := e.count(c, rules.Update); err != nil {
		return nil, err
	}
	doc, err := e.docs.Update(e.context, e.caller, crud.Target{Collection: c.Name, ID: id, IfMatch: s.ifMatch(e.vars)}, patch)
	switch {
	case fault.CodeOf(err) == fault.NotFound && err != nil:
		return null, nil
	case err != nil:
		return nil, err
	}
	e.note(1, []crud.Document{doc})
	return e.document(lv, doc)
}

// ifMatch is the tag that the document has to have; empty for any.
func (s *selected) ifMatch(vars map[string]any) string {
	tag, _ := s.argument("ifMatch", vars).(string)
	return strings.TrimSpace(tag)
}

// count counts an operation against the limits of its collection.
func (e *executor) count(c *collection, op rules.Op) error {
	if e.charge == nil {
		return nil
	}
	return e.charge(c.Name, op, 1)
}

// toChange reads the documents of a filter that the caller may see, which a change returns.
func (e *executor) toChange(c *collection, where []byte) ([]crud.Document, error) {
	most := min(e.batch, e.page)
	found, err := e.run(crud.Read{Collection: c.Name, Body: []byte(`{"where":` + string(where) + `,"limit":` + strconv.Itoa(most) + `}`)})
	if err != nil {
		return nil, err
	}
	if found.Next() != "" {
		return nil, fault.FieldErrorf("where", "max", "a change that returns documents is limited to %d; narrow the filter, or leave out returning", most)
	}
	return found.Documents, nil
}

func (c *collection) encodedWhere(e *executor, s *selected) ([]byte, error) {
	where, err := e.where(c, s.argument("where", e.vars))
	if err != nil {
		return nil, err
	}
	return json.Marshal(where)
}

// patch returns the merge patch of an update, which is given by operator.
func (c *collection) patch(given map[string]any) ([]byte, error) {
	out := map[string]any{}
	for operator, translate := range patches {
		for name, v := range object(given[operator]) {
			f := c.members[name].field
			if _, twice := out[f.Name]; twice {
				return nil, fault.FieldErrorf(name, "duplicate", "%s is changed twice", name)
			}
			var err error
			if out[f.Name], err = translate(name, v); err != nil {
				return nil, err
			}
		}
	}
	if len(out) == 0 {
		return nil, fault.FieldErrorf("_set", "required", "say what to change, as in _set: {…}")
	}
	return json.Marshal(out)
}

// patches make the member of a merge patch of what an operator takes for a field.
var patches = map[string]func(name string, v any) (any, error){
	"_set":  func(_ string, v any) (any, error) { return v, nil },
	"_inc":  operated("$inc"),
	"_push": operated("$push"),
	"_pull": operated("$pull"),
	// Those of json, as PostgreSQL has them.
	"_append":      operated("$append"),
	"_prepend":     operated("$prepend"),
	"_delete_key":  operated("$remove"),
	"_delete_elem": operated("$remove"),
	"_delete_at_path": func(name string, v any) (any, error) {
		path := listOf(v)
		if len(path) == 0 {
			return nil, fault.FieldErrorf(name, "min", "_delete_at_path takes the names that lead to a member")
		}
		return map[string]any{"$remove": path}, nil
	},
}

func operated(operator string) func(string, any) (any, error) {
	return func(_ string, v any) (any, error) { return map[string]any{operator: v}, nil }
}

// call calls a function of a service.
func call(e *executor, s *selected, r *root) (result, error) {
	body, err := r.function.encode(s, e.vars)
	if err != nil {
		return nil, err
	}
	out, err := e.request.Call(r.function.service, r.function.function, body, nil)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return null, nil
	}
	return out, nil
}

// encode returns the parameters that are given.
func (f *function) encode(s *selected, vars map[string]any) ([]byte, error) {
	params := map[string]any{}
	for _, p := range f.params {
		if v := s.argument(p.name, vars); v != nil {
			params[p.name] = v
		}
	}
	return json.Marshal(params)
}
