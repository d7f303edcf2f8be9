package graphql

import (
	"encoding/json"
	"errors"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// remembered is what is kept of a mutation that happens once: which documents it has changed, and not what they were. Whoever
// sends it again gets them as they may see them then.
type remembered struct {
	Roots  []rememberedRoot `json:"roots"`
	Errors []problem        `json:"errors,omitempty"`
}

// rememberedRoot is that of one field at the top. A failed one has nothing, one of a function its result.
type rememberedRoot struct {
	Failed  bool            `json:"failed,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Changes []change        `json:"changes,omitempty"`
}

// change is one change of a root: how many documents, and the keys of those that the answer may have.
type change struct {
	Rows int64             `json:"rows"`
	Keys []json.RawMessage `json:"keys,omitempty"`
}

// note notes a change of the root that runs.
func (e *executor) note(rows int64, docs []crud.Document) {
	if e.remembers == nil {
		return
	}
	ch := change{Rows: rows}
	for _, d := range docs {
		key, _ := d.Value(0)
		ch.Keys = append(ch.Keys, json.RawMessage(key.JSON()))
	}
	e.noted = append(e.noted, ch)
}

// changes runs a root that changes something, and remembers it.
func (e *executor) changes(s *selected, r *root) (result, error) {
	e.noted = nil
	answer, err := r.change(e, s, r)
	if e.remembers == nil {
		return answer, err
	}
	one := rememberedRoot{Failed: err != nil, Changes: e.noted}
	if r.function != nil && err == nil {
		one.Result = json.RawMessage(answer)
	}
	e.remembers.Roots = append(e.remembers.Roots, one)
	return answer, err
}

// once runs a mutation that has an Idempotency-Key. Its error is why it was not run.
func (e *executor) once() (data []byte, err error) {
	roots := collect([]ast.SelectionSet{e.op.SelectionSet}, e.vars)
	collection, functions := e.inOne(roots)
	if functions > 1 {
		return nil, fault.FieldErrorf("Idempotency-Key", "max", "a mutation with an Idempotency-Key calls one function")
	}
	var undone error // why nothing was done, which is part of the answer
	err = e.request.Once(dialect.Write{
		Collection: collection,
		Do: func(docs *crud.Service) ([]byte, error) {
			e.errs, e.found, e.cost, e.passing, undone, e.remembers = nil, 0, 0, nil, nil, &remembered{}
			if collection == "" {
				data = e.data()
				undone = e.undone()
			} else {
				outside := e.docs
				defer func() { e.docs = outside }()
				e.docs = docs
				data, undone = e.together(roots)
			}
			if undone != nil {
				return nil, undone
			}
			e.remembers.Errors = e.errs
			return json.Marshal(e.remembers)
		},
		Again: func(kept []byte) error {
			var before remembered
			if err := json.Unmarshal(kept, &before); err != nil {
				return err
			}
			e.cost, e.found, e.errs = 0, 0, nil
			data, err = e.again(roots, before)
			return err
		},
	})
	if err != nil && undone != nil && errors.Is(err, undone) {
		if collection != "" {
			data = e.refusedTogether(roots, undone)
		}
		return data, nil
	}
	return data, err
}

// inOne returns a collection where one transaction of its database holds the whole operation: a single root, or @transaction.
// functions is how many functions it calls.
func (e *executor) inOne(roots []*selected) (collection string, functions int) {
	var first *root
	one := true
	for _, s := range roots {
		r := e.model.roots["mutation "+s.field.Name]
		switch {
		case r == nil: // __typename
		case r.function != nil:
			functions++
			one = false
		case first == nil:
			first = r
		default:
			one = one && first.c.Database == r.c.Database && e.op.Directives.ForName("transaction") != nil
		}
	}
	if first == nil || !one || !e.docs.Atomic(first.c.Name) {
		return "", functions
	}
	return first.c.Name, functions
}

// together runs all roots; the first error ends it.
func (e *executor) together(roots []*selected) ([]byte, error) {
	out := []byte{'{'}
	for i, s := range roots {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(query.String(s.key).AppendJSON(out), ':')
		answer, err := e.root(s)
		if err != nil {
			return nil, e.within(s.key, err) // which may be one that the driver tries again after
		}
		out = append(out, answer...)
	}
	return append(out, '}'), nil
}

// refusedTogether is the data of an operation whose roots were run together and undone.
func (e *executor) refusedTogether(roots []*selected, why error) []byte {
	e.errs = nil
	at := roots[0]
	var below *pathed
	if errors.As(why, &below) && len(below.path) > 0 {
		for _, s := range roots {
			if s.key == below.path[0] {
				at = s
			}
		}
	}
	e.fail(at, why)
	if e.op.Directives.ForName("transaction") != nil {
		return null
	}
	out := []byte{'{'}
	for i, s := range roots {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(query.String(s.key).AppendJSON(out), ':')
		if s.field.Name == "__typename" {
			out = query.String("mutation_root").AppendJSON(out)
			continue
		}
		out = append(out, null...)
	}
	return append(out, '}')
}

// undone returns why nothing was changed; nil where something was, or was asked for and did not fail.
func (e *executor) undone() error {
	if len(e.remembers.Roots) == 0 && len(e.errs) == 0 { // nothing but __typename
		return nil
	}
	for _, r := range e.remembers.Roots {
		if !r.Failed {
			return nil
		}
	}
	if e.passing != nil {
		return e.passing
	}
	return errNothingDone
}

var errNothingDone = fault.Errorf(fault.Invalid, "the mutation was refused")

// again answers a mutation that has happened before, with what it has changed as the caller may see it now.
func (e *executor) again(roots []*selected, before remembered) ([]byte, error) {
	out := []byte{'{'}
	at := 0
	for i, s := range roots {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(query.String(s.key).AppendJSON(out), ':')
		r := e.model.roots["mutation "+s.field.Name]
		if r == nil {
			answer, err := e.root(s)
			if err != nil {
				return nil, err
			}
			out = append(out, answer...)
			continue
		}
		if at >= len(before.Roots) { // what is kept is of another version
			return nil, fault.Errorf(fault.Conflict, "this write has happened, and its answer is no longer kept")
		}
		answer, err := e.againRoot(s, r, before.Roots[at])
		at++
		if err != nil {
			e.fail(s, err)
			answer = null
		}
		out = append(out, answer...)
	}
	e.errs = append(before.Errors, e.errs...)
	return append(out, '}'), nil
}

func (e *executor) againRoot(s *selected, r *root, before rememberedRoot) (result, error) {
	switch {
	case before.Failed:
		return null, nil
	case r.function != nil:
		params, err := r.function.encode(s, e.vars)
		if err != nil {
			return nil, err
		}
		if err := e.request.May(r.function.service, r.function.function, params); err != nil {
			return nil, err
		}
		return result(before.Result), nil
	case r.one:
		if len(before.Changes) == 0 || len(before.Changes[0].Keys) == 0 {
			return null, nil
		}
		lv, err := e.levelOf(r.c, s, 1)
		if err != nil {
			return nil, err
		}
		shown, err := e.shown(lv, before.Changes[0].Keys)
		if err != nil {
			return nil, err
		}
		return shown.append(nil, 0, e.answer), nil
	}
	list, err := e.responseOf(r.c, s)
	if err != nil {
		return nil, err
	}
	var out []byte
	for i, ch := range before.Changes {
		if i > 0 {
			out = append(out, ',')
		}
		var returning *loaded
		if list.lv != nil {
			if returning, err = e.shown(list.lv, ch.Keys); err != nil {
				return nil, err
			}
		}
		out = append(out, list.write(e, ch.Rows, returning)...)
	}
	if r.many {
		return append(append([]byte{'['}, out...), ']'), nil
	}
	return out, nil
}

// shown reads documents by their keys as the caller may see them. One that they may not see has its key, and nothing else.
func (e *executor) shown(lv *level, keys []json.RawMessage) (*loaded, error) {
	var values []query.Value
	for _, key := range keys {
		v, err := query.ParseJSON(key, 1)
		if err != nil {
			return nil, err
		}
		values = append(values, lv.c.Shape.Spell(0, v))
	}
	ask := &ask{where: all, limit: 1}
	read, err := ask.read(lv)
	if err != nil {
		return nil, err
	}
	read.Of, read.Values = lv.c.fields[0].Name, values
	at := map[query.Value]crud.Document{}
	if len(values) > 0 {
		found, err := e.run(read)
		if err := unlessDenied(err); err != nil {
			return nil, err
		}
		for _, d := range found.Documents {
			v, _ := d.Value(0)
			at[v] = d
		}
	}
	docs := make([]crud.Document, len(values))
	hidden := make([]json.RawMessage, len(values))
	for i, v := range values {
		var seen bool
		if docs[i], seen = at[v]; !seen {
			hidden[i] = keys[i]
		}
	}
	out, err := e.load(lv, docs)
	if err == nil {
		out.hidden = hidden
	}
	return out, err
}
