package crud

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// Created is the result of a create: one document, or several if an array was sent.
type Created struct {
	Items []Document
	Many  bool
}

// AppendJSON appends the document, or `{"items":[…]}`.
func (c Created) AppendJSON(dst []byte) []byte {
	if !c.Many {
		return c.Items[0].AppendJSON(dst)
	}
	return append(appendItems(append(dst, '{'), c.Items, math.MaxInt), '}')
}

// Create stores one document, or an array of them, all or none.
func (s *Service) Create(ctx context.Context, caller Caller, collection string, body []byte) (Created, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return Created{}, err
	}
	if err := o.ruled(rules.Create); err != nil {
		return Created{}, err
	}
	v, err := query.ParseJSON(body, s.Limits.Depth)
	if err != nil {
		return Created{}, o.unfit(err, rules.Create)
	}
	values, many := []query.Value{v}, schema.IsArray(v)
	if many {
		values = v.Elements()
	}
	if len(values) == 0 || len(values) > s.Limits.Batch {
		return Created{}, fault.Errorf(fault.Invalid, "an array of documents has 1 to %d of them", s.Limits.Batch)
	}
	if err := o.count(ctx, rules.Create, len(values)); err != nil {
		return Created{}, err
	}
	rows := make([]query.Row, len(values))
	given := make([][]int, len(values))
	m := problems{}
	for i, v := range values {
		if many {
			m.Prefix = fmt.Sprintf("[%d].", i)
		}
		if rows[i], given[i], err = o.document(v, "", rules.Create, &m); err != nil {
			return Created{}, err
		}
	}
	if err := m.err(); err != nil {
		return Created{}, o.unfit(err, rules.Create)
	}
	if err := o.insert(ctx, rows, given, many); err != nil {
		return Created{}, err
	}
	out := Created{make([]Document, len(rows)), many}
	for i, row := range rows {
		out.Items[i] = o.asShown(ctx, row)
	}
	return out, nil
}

// CreateWithID stores one document under an id that is not for the client to choose. An id in the document has to be
// the same.
func (s *Service) CreateWithID(ctx context.Context, caller Caller, collection, id string, v query.Value) (Document, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return Document{}, err
	}
	if err := o.count(ctx, rules.Create, 1); err != nil {
		return Document{}, err
	}
	return o.create(ctx, id, v)
}

// create stores one document. An empty id means that of the document, or a new one.
func (o *operation) create(ctx context.Context, id string, v query.Value) (Document, error) {
	row, given, err := o.creating(id, v)
	if err != nil {
		return Document{}, err
	}
	if err := o.insert(ctx, []query.Row{row}, [][]int{given}, false); err != nil {
		return Document{}, err
	}
	return o.asShown(ctx, row), nil
}

// creating decodes the document of a create, and returns it with the fields that the client has set.
func (o *operation) creating(id string, v query.Value) (query.Row, []int, error) {
	if err := o.ruled(rules.Create); err != nil {
		return nil, nil, err
	}
	m := problems{}
	row, given, err := o.document(v, id, rules.Create, &m)
	if err = errors.Join(err, m.err()); err != nil {
		return nil, nil, o.unfit(err, rules.Create)
	}
	return row, given, nil
}

// ruled refuses an operation that no rule can allow, before the request is examined.
func (o *operation) ruled(op rules.Op) error {
	if !o.caller.Admin && o.c.rules[op] == nil {
		o.observe(op, "deny")
		return o.refusal(op)
	}
	return nil
}

// insert stores rows if all pass the create rule and the rules of the fields that the client has set. The lookups
// of the rules, and the checks of refs, run in the transaction that stores. array is true if the rows were sent as an array.
func (o *operation) insert(ctx context.Context, rows []query.Row, given [][]int, array bool) error {
	conditions, err := o.conditions(rows, given, nil)
	if err != nil {
		return err
	}
	pointing := o.pointing(rows, array)
	if len(conditions) == 0 && pointing == nil && o.supposed() == nil {
		return o.stored(o.store.Insert(ctx, o.c.stored, rows))
	}
	if !o.c.atomic && !o.store.inside { // nothing can lock what the rules find
		return o.insertUnder(ctx, conditions, pointing, rows, given)
	}
	sent := make([]query.Row, len(rows))
	for i, row := range rows {
		sent[i] = slices.Clone(row)
	}
	return o.begin(ctx, func(store db.Store) error {
		for i := range rows { // an earlier attempt may have set values
			copy(rows[i], sent[i])
		}
		return o.within(store).insertUnder(ctx, conditions, pointing, rows, given)
	})
}

// conditions returns what the create rule and the rules of the fields that the client has set leave to be looked up, by
// its text: most rows of one request share it. Of rows that are stored, sent are those that the request had; else it is nil.
func (o *operation) conditions(rows []query.Row, given [][]int, sent []query.Row) (map[string]query.Filter, error) {
	var conditions map[string]query.Filter
	for i, row := range rows {
		next := &rules.Next{Row: row}
		if sent != nil {
			next.Sent = sent[i]
		}
		f, err := o.verdict(rules.Create, next, nil)
		if err != nil {
			return nil, err
		}
		fields, err := o.mayWrite(rules.Create, given[i], next, make(query.Row, len(row)))
		if err != nil {
			return nil, err
		}
		f = query.All(f, fields)
		if f == query.False {
			return nil, o.refusal(rules.Create)
		}
		if f != query.True {
			if conditions == nil {
				conditions = map[string]query.Filter{}
			}
			conditions[query.Canonical(f)] = f
		}
	}
	return conditions, nil
}

// insertUnder stores rows if conditions hold and their refs point to documents. The conditions depend on other
// documents only.
func (o *operation) insertUnder(ctx context.Context, conditions map[string]query.Filter, pointing []pointed, rows []query.Row, given [][]int) error {
	if err := o.allHold(ctx, conditions, rows[0]); err != nil {
		return err
	}
	if err := o.mayPoint(ctx, pointing); err != nil {
		return err
	}
	return o.insertDecided(ctx, rows, given)
}

// insertDecided stores rows that the rules allow. In a transaction, where the rules have read a field in which the database
// then stores another value, they decide again about the rows as they are stored.
func (o *operation) insertDecided(ctx context.Context, rows []query.Row, given [][]int) error {
	var sent []query.Row
	if o.supposed() != nil {
		for _, row := range rows {
			sent = append(sent, slices.Clone(row))
		}
	}
	if err := o.store.Insert(ctx, o.c.stored, rows); err != nil {
		return o.stored(err)
	}
	if sent == nil {
		return nil
	}
	return o.createdOtherwise(ctx, sent, rows, given)
}

func (o *operation) allHold(ctx context.Context, conditions map[string]query.Filter, row query.Row) error {
	for _, f := range conditions {
		ok, err := o.holds(ctx, f, row)
		if err != nil {
			return err
		}
		if !ok {
			return o.refusal(rules.Create)
		}
	}
	return nil
}
