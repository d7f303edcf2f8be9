package graphql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// executor runs one operation for a caller.
type executor struct {
	*Graph
	context context.Context
	docs    *crud.Service
	caller  crud.Caller
	op      *ast.OperationDefinition
	vars    map[string]any
	request *dialect.Request // nil for a live query, and over a socket
	// charge counts against the limits of collections; nil for the answers of a live query, which counts where it begins.
	charge func(collection string, op rules.Op, n int) error

	// remembers is what is kept of a mutation that happens once, nil for any other. noted are the changes of the root that runs.
	remembers *remembered
	noted     []change

	cost, found int
	// counts are the filters that have counted related documents. compiling says that nothing is read yet: the reads of a live
	// query are prepared.
	counts    int
	compiling bool
	errs      []problem
	// passing is an error that passes, after which a live query is computed again.
	passing error
}

// result is what a root is answered with: JSON.
type result []byte

// null is the answer of a root that has failed, or has found nothing.
var null = result("null")

// pathed is an error at a path below a root.
type pathed struct {
	path []any
	error
}

func (p *pathed) Unwrap() error { return p.error }

// within says that an error has happened below a key.
func (e *executor) within(key string, err error) error {
	var inner *pathed
	if errors.As(err, &inner) {
		return &pathed{append([]any{key}, inner.path...), inner.error}
	}
	return &pathed{[]any{key}, err}
}

// run runs the roots of the operation in their order, and returns its data. It is null where a root that must not be null
// has failed.
func (e *executor) data() []byte {
	roots := collect([]ast.SelectionSet{e.op.SelectionSet}, e.vars)
	if e.op.Operation == ast.Mutation && e.op.Directives.ForName("transaction") != nil {
		return e.transaction(roots)
	}
	return e.each(roots)
}

func (e *executor) each(roots []*selected) []byte {
	out := []byte{'{'}
	for i, s := range roots {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(query.String(s.key).AppendJSON(out), ':')
		answer, err := e.root(s)
		if len(out)+len(answer) > e.answer {
			err = e.tooLong()
		}
		if err != nil {
			e.fail(s, err)
			if s.field.Definition.Type.NonNull {
				return null
			}
			answer = null
		}
		out = append(out, answer...)
	}
	return append(out, '}')
}

// transaction runs the roots in one transaction: all or none.
func (e *executor) transaction(roots []*selected) []byte {
	var first *collection
	for _, s := range roots {
		r := e.model.roots["mutation "+s.field.Name]
		switch {
		case r == nil: // __typename
		case r.c == nil:
			e.fail(s, fault.FieldErrorf(s.key, "transaction", "a function is not part of a transaction"))
			return null
		case first == nil:
			first = r.c
		case first.Database != r.c.Database:
			e.fail(s, fault.FieldErrorf(s.key, "transaction", "this collection is in another database than those before it"))
			return null
		}
	}
	if first == nil {
		return e.each(roots)
	}
	if !e.docs.Atomic(first.Name) {
		e.fail(roots[0], fault.FieldErrorf("transaction", "unsupported", "this database has no transactions"))
		return null
	}
	outside := e.docs
	defer func() { e.docs = outside }()
	var out []byte
	err := outside.Transaction(e.context, first.Name, func(within *crud.Service, _ db.Store) error {
		e.docs, e.errs, e.found, e.cost = within, nil, 0, 0
		if e.remembers != nil {
			e.remembers.Roots = nil
		}
		var err error
		out, err = e.together(roots)
		return err
	})
	if err != nil {
		if e.remembers != nil {
			e.remembers.Roots = nil
		}
		return e.refusedTogether(roots, err)
	}
	return out
}

// root runs one root.
func (e *executor) root(s *selected) (result, error) {
	switch s.field.Name {
	case "__typename":
		return query.String(string(e.op.Operation) + "_root").AppendJSON(nil), nil
	case "__schema", "__type":
		return e.introspect(s)
	case "no_queries_available":
		return null, nil
	case "_service":
		return e.service(s)
	case "_entities":
		return e.entities(s)
	}
	r := e.model.roots[string(e.op.Operation)+" "+s.field.Name]
	switch {
	case r.change != nil:
		return e.changes(s, r)
	case r.node:
		return e.node(s)
	}
	if err := e.count(r.c, rules.Read); err != nil {
		return nil, err
	}
	switch {
	case r.one:
		return e.one(s, r.c)
	case r.figures:
		return e.aggregate(s, r.c)
	case r.grouped:
		return e.groups(s, r.c)
	case r.connected:
		return e.connection(s, r.c)
	}
	a, err := e.askOf(r.c, s)
	if err != nil {
		return nil, err
	}
	return e.list(s, r.c, a)
}

// run runs a read under the rules of its collection.
func (e *executor) run(read crud.Read) (crud.Result, error) {
	plan, err := e.docs.Prepare(e.caller, read)
	if err != nil {
		return crud.Result{}, err
	}
	return plan.Run(e.context)
}

// list answers a list.
func (e *executor) list(s *selected, c *collection, a *ask) (result, error) {
	out, err := e.listed(s, c, a)
	if err != nil {
		return nil, err
	}
	return out.appendList(nil, e.answer), nil
}

// listed reads a list with all levels of it.
func (e *executor) listed(s *selected, c *collection, a *ask) (*loaded, error) {
	lv, err := e.levelOf(c, s, a.limit)
	if err != nil {
		return nil, err
	}
	read, err := a.read(lv)
	if err != nil {
		return nil, err
	}
	found, err := e.run(read)
	if err != nil {
		return nil, err
	}
	return e.load(lv, found.Documents)
}

// one answers a document by its id; null where there is none that the caller may see.
func (e *executor) one(s *selected, c *collection) (result, error) {
	id, err := idOf(s.argument(c.fields[0].name, e.vars))
	if err != nil {
		return nil, err
	}
	return e.byID(s, c, id)
}

// byID answers a document by its id.
func (e *executor) byID(s *selected, c *collection, id string) (result, error) {
	lv, err := e.levelOf(c, s, 1)
	if err != nil {
		return nil, err
	}
	doc, err := e.get(lv, id)
	if err != nil || doc == nil {
		return null, err
	}
	return e.document(lv, *doc)
}

// get reads a document for a level; nil where there is none.
func (e *executor) get(lv *level, id string) (*crud.Document, error) {
	selects, _ := lv.fields()
	found, err := e.run(crud.Read{Collection: lv.c.Name, Kind: crud.Get, ID: id, Params: crud.Params{"select": strings.Join(selects, ",")}})
	switch {
	case fault.CodeOf(err) == fault.NotFound && err != nil:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &found.Documents[0], nil
}

// document writes one document with what is selected of it.
func (e *executor) document(lv *level, doc crud.Document) (result, error) {
	out, err := e.load(lv, []crud.Document{doc})
	if err != nil {
		return nil, err
	}
	return out.append(nil, 0, e.answer), nil
}

// idOf returns an id as the native API has it in a path.
func idOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case int64:
		return fmt.Sprint(v), nil
	}
	return "", fault.FieldErrorf("id", "type", "an id is a string or a whole number")
}

// aggregate answers the figures of all documents of a filter, and documents of it.
func (e *executor) aggregate(s *selected, c *collection) (result, error) {
	a, err := e.askOf(c, s)
	if err != nil {
		return nil, err
	}
	t, err := e.tallyOf(c, s)
	if err != nil {
		return nil, err
	}
	reads, err := t.reads(a.where, nil)
	if err != nil {
		return nil, err
	}
	rows, err := e.figuresOf(reads[0])
	if err != nil {
		return nil, err
	}
	if err := e.countColumns(t, reads[1:], func(figured) (figured, error) { return rows[0], nil }); err != nil {
		return nil, err
	}
	var nodes *loaded
	if t.nodes != nil {
		read, err := a.read(t.nodes)
		if err != nil {
			return nil, err
		}
		found, err := e.run(read)
		if err != nil {
			return nil, err
		}
		if nodes, err = e.load(t.nodes, found.Documents); err != nil {
			return nil, err
		}
	}
	var row figured
	if len(rows) > 0 {
		row = rows[0]
	}
	return t.append(nil, row, nodes, e.answer), nil
}

// groups answers the figures of groups.
func (e *executor) groups(s *selected, c *collection) (result, error) {
	where, err := e.where(c, s.argument("where", e.vars))
	if err != nil {
		return nil, err
	}
	t, err := e.tallyOf(c, s)
	if err != nil {
		return nil, err
	}
	for _, by := range listOf(s.argument("by", e.vars)) {
		name, _ := by.(string)
		if m := c.members[name]; m != nil && m.field != nil && !slices.Contains(t.group, m.field.Name) {
			t.group = append(t.group, m.field.Name)
		}
	}
	if len(t.group) == 0 {
		return nil, fault.FieldErrorf("by", "min", "name one field or more to group by")
	}
	read, err := t.read(where, t.group)
	if err != nil {
		return nil, err
	}
	rows, err := e.figuresOf(read)
	if err != nil {
		return nil, err
	}
	out := []byte{'['}
	for i, row := range rows {
		if i > 0 {
			out = append(out, ',')
		}
		if out = t.append(out, row, nil, e.answer); len(out) > e.answer {
			break
		}
	}
	return append(out, ']'), nil
}

// variables checks the variables of an operation.
func variables(types *ast.Schema, op *ast.OperationDefinition, given map[string]any) (map[string]any, error) {
	vars, err := coerce(types, op, given)
	if err != nil {
		var e *gqlerror.Error
		if errors.As(err, &e) {
			return nil, fault.FieldErrorf(e.Path.String(), "type", "%s", e.Message)
		}
		return nil, fault.FieldErrorf("variables", "type", "%s", err)
	}
	for _, v := range op.VariableDefinitions {
		if _, sent := given[v.Variable]; !sent && v.DefaultValue != nil {
			vars[v.Variable], _ = valueOf(v.DefaultValue, nil) // numbers as they are written
		}
	}
	return vars, nil
}

// coerce is VariableValues of the library, whose panics are errors about what was sent.
func coerce(types *ast.Schema, op *ast.OperationDefinition, given map[string]any) (vars map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("a variable does not fit its type")
		}
	}()
	return validator.VariableValues(types, op, given)
}
