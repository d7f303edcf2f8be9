package graphql

import (
	"context"
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/realtime"
)

// errReplaced ends the live queries of a configuration that is not served any more: the schema is another.
var errReplaced = fault.Errorf(fault.Unavailable, "the configuration has been replaced; connect again")

// live returns what prepares a subscription: its answer is computed again when a document of any level may have changed.
func (g *Graph) live(e *executor, sub *subscription) realtime.Prepare {
	return func(service *crud.Service, caller crud.Caller) (*crud.Live, error) {
		if service != g.Crud {
			return nil, errReplaced
		}
		caller.Method = "GET"
		compiled := e.as(context.Background(), caller)
		compiled.compiling = true
		from := ""
		if sub.stream != nil {
			from = sub.stream.at()
		}
		reads, err := compiled.reads(from)
		if err != nil {
			return nil, err
		}
		name, err := json.Marshal([]any{sub.ask.query, sub.ask.operation, sub.ask.variables, from})
		if err != nil {
			return nil, err
		}
		switch {
		case sub.stream != nil:
			live := crud.Composed(reads, string(name), func(ctx context.Context) ([]byte, error) { return e.as(ctx, caller).part(from) })
			live.Fleeting = true
			return live, nil
		case sub.changes:
			return crud.ComposedList(reads, string(name), func(ctx context.Context) ([]crud.Item, error) { return e.as(ctx, caller).items() }), nil
		}
		return crud.Composed(reads, string(name), func(ctx context.Context) ([]byte, error) {
			now := e.as(ctx, caller)
			data := now.data()
			return appendAnswer(nil, data, now.errs), now.passing
		}), nil
	}
}

// only returns the one root of a subscription.
func (e *executor) only() (*selected, *root) {
	s := collect([]ast.SelectionSet{e.op.SelectionSet}, e.vars)[0]
	return s, e.model.roots["subscription "+s.field.Name]
}

// part computes the part of a stream after a cursor.
func (e *executor) part(from string) ([]byte, error) {
	s, r := e.only()
	p, err := e.next(s, r, from)
	if err != nil {
		e.fail(s, err)
		if p.Answer = appendAnswer(nil, null, e.errs); e.passing != nil {
			return nil, e.passing
		}
	}
	return json.Marshal(p)
}

// items computes the documents of a list, each with what is selected of it. Instead of documents there may be errors.
func (e *executor) items() ([]crud.Item, error) {
	s, r := e.only()
	list, err := e.itemsOf(s, r)
	if err == nil {
		return list, nil
	}
	e.fail(s, err)
	if e.passing != nil {
		return nil, e.passing
	}
	errs, err := json.Marshal(e.errs)
	return []crud.Item{{Key: wrongKey, JSON: errs}}, err
}

func (e *executor) itemsOf(s *selected, r *root) (out []crud.Item, err error) {
	a, err := e.askOf(r.c, s)
	if err != nil {
		return nil, err
	}
	loaded, err := e.listed(s, r.c, a)
	if err != nil {
		return nil, err
	}
	size := 0
	for i, d := range loaded.docs {
		item := crud.Item{Key: d.ID(), JSON: loaded.append(nil, i, e.answer-size)}
		if size += len(item.JSON); size > e.answer {
			return nil, e.tooLong()
		}
		out = append(out, item)
	}
	return out, nil
}

// as returns the executor of the same operation for a caller.
func (e *executor) as(ctx context.Context, caller crud.Caller) *executor {
	return &executor{Graph: e.Graph, context: ctx, docs: e.Graph.Crud.ForRequest(), caller: caller, op: e.op, vars: e.vars}
}

// reads prepares the reads of all levels of a subscription. Its error is that of the root; a level below that may not be read
// is empty, and stays so until the rules or the caller are others.
// from is the place of a stream.
func (e *executor) reads(from string) ([]*crud.Plan, error) {
	s, r := e.only()
	list, err := e.readsOf(s, r, from)
	if err != nil {
		return nil, err
	}
	var out []*crud.Plan
	for i, read := range list {
		plan, err := e.docs.Prepare(e.caller, read)
		switch {
		case err == nil:
			out = append(out, plan)
		case i == 0 || unlessDenied(err) != nil:
			return nil, err
		}
	}
	return out, nil
}

// readsOf returns the reads of a root, its own first.
func (e *executor) readsOf(s *selected, r *root, from string) ([]crud.Read, error) {
	switch {
	case r.one:
		id, err := idOf(s.argument(r.c.fields[0].name, e.vars))
		if err != nil {
			return nil, err
		}
		lv, err := e.levelOf(r.c, s, 1)
		if err != nil {
			return nil, err
		}
		return e.below(lv, []crud.Read{{Collection: r.c.Name, Kind: crud.Get, ID: id, Params: crud.Params{}}})
	case r.figures, r.grouped:
		where, err := e.where(r.c, s.argument("where", e.vars))
		if err != nil {
			return nil, err
		}
		t, err := e.tallyOf(r.c, s)
		if err != nil {
			return nil, err
		}
		figures, err := t.reads(where, nil)
		if err != nil || t.nodes == nil {
			return figures, err
		}
		a, err := e.askOf(r.c, s)
		if err != nil {
			return nil, err
		}
		nodes, err := a.read(t.nodes)
		if err != nil {
			return nil, err
		}
		return e.below(t.nodes, append(figures, nodes))
	}
	a, err := e.askOf(r.c, s)
	if r.streams {
		a, err = e.streamArguments(s, r, from)
	}
	if err != nil {
		return nil, err
	}
	lv, err := e.levelOf(r.c, s, a.limit)
	if err != nil {
		return nil, err
	}
	read, err := a.read(lv)
	if err != nil {
		return nil, err
	}
	return e.below(lv, []crud.Read{read})
}

// below appends the reads of the relations of a level.
func (e *executor) below(lv *level, to []crud.Read) ([]crud.Read, error) {
	for _, o := range lv.outputs {
		r := o.relation
		if r == nil {
			continue
		}
		reads, err := r.reads()
		if err != nil {
			return nil, err
		}
		if to = append(to, reads...); r.inner != nil {
			if to, err = e.below(r.inner, to); err != nil {
				return nil, err
			}
		}
	}
	return to, nil
}

// reads are the reads of a relation, of no documents yet.
func (r *related) reads() ([]crud.Read, error) {
	if r.figures {
		return r.tally.reads(r.ask.where, []string{r.field.Name})
	}
	read, err := r.ask.read(r.inner)
	return []crud.Read{read}, err
}
