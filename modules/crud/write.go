package crud

import (
	"context"
	"errors"
	"fmt"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Created is the result of a create: one document, or several when an array was sent.
type Created struct {
	Items []Document
	Many  bool
}

// AppendJSON appends the document, or `{"items":[…]}`.
func (c Created) AppendJSON(dst []byte) []byte {
	if !c.Many {
		return c.Items[0].AppendJSON(dst)
	}
	return append(appendItems(append(dst, '{'), c.Items), '}')
}

// Create stores one document, or an array of them, all or nothing.
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
		return Created{}, err
	}
	values := []query.Value{v}
	if isArray(v) {
		values = v.Elements()
	}
	if len(values) == 0 || len(values) > s.Limits.Batch {
		return Created{}, query.Errorf(query.Invalid, "an array of documents has 1 to %d of them", s.Limits.Batch)
	}
	rows := make([]query.Row, len(values))
	m := mistakes{}
	for i, v := range values {
		if isArray(v) || len(values) > 1 {
			m.prefix = fmt.Sprintf("[%d].", i)
		}
		if rows[i], err = o.document(v, "", o.c.create, &m); err != nil {
			return Created{}, err
		}
	}
	if err := m.err(); err != nil {
		return Created{}, err
	}
	if err := o.insert(ctx, rows); err != nil {
		return Created{}, err
	}
	out := Created{make([]Document, len(rows)), isArray(v)}
	for i, row := range rows {
		out.Items[i] = o.shown(row)
	}
	return out, nil
}

// ruled refuses an operation that no rule can allow, before anything of the request is looked at.
func (o *operation) ruled(op rules.Op) error {
	if !o.caller.Admin && o.c.rules[op] == nil {
		o.observe(op, "deny")
		return o.refusal(op)
	}
	return nil
}

// insert stores rows that all pass the create rule.
func (o *operation) insert(ctx context.Context, rows []query.Row) error {
	for _, row := range rows {
		f, err := o.verdict(rules.Create, &rules.Next{Row: row}, nil)
		if err != nil {
			return err
		}
		if f != query.True {
			return o.refusal(rules.Create)
		}
	}
	return o.conflict(o.store.Insert(ctx, o.c.stored, rows))
}

// conflict names the field where the driver names the column.
func (o *operation) conflict(err error) error {
	var e *query.Error
	if !errors.As(err, &e) || e.Code != query.Conflict {
		return err
	}
	for i, f := range e.Fields {
		if f.Field == o.c.stored.Columns[key].Name {
			e.Fields[i].Field = o.c.fields[key].Name
		}
	}
	return e
}

// Update changes one document by a merge patch. With ifMatch, an entity tag or "*", a document that
// is not that one is a PreconditionFailed error.
func (s *Service) Update(ctx context.Context, caller Caller, collection, id string, body []byte, ifMatch string) (Document, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return Document{}, err
	}
	if err := o.ruled(rules.Update); err != nil {
		return Document{}, err
	}
	v, err := query.ParseJSON(body, s.Limits.Depth)
	if err != nil {
		return Document{}, err
	}
	return o.update(ctx, id, v, ifMatch)
}

func (o *operation) update(ctx context.Context, id string, v query.Value, ifMatch string) (Document, error) {
	read, err := o.verdict(rules.Read, nil, nil)
	if err != nil {
		return Document{}, err
	}
	m := mistakes{}
	changes := o.patch(v, &m)
	for _, c := range changes {
		if c.field == key && c.value.Text() != id {
			m.add(o.c.fields[key].Name, "immutable", "the id of a document does not change")
		}
	}
	if err := m.err(); err != nil {
		return Document{}, err
	}
	if ifMatch == "" && simple(changes) {
		doc, err := o.updateInOneStatement(ctx, id, read, changes)
		if !needsDocument(err) {
			return doc, err
		}
	}
	var out Document
	err = o.begin(ctx, func(store db.Store) error {
		out, err = o.within(store).updateRow(ctx, id, read, changes, ifMatch)
		return err
	})
	return out, err
}

// updateInOneStatement puts the rules into the condition of the statement, so that nothing can come
// between check and write.
func (o *operation) updateInOneStatement(ctx context.Context, id string, read query.Filter, changes []change) (Document, error) {
	m := mistakes{}
	changes, err := o.forceChanges(changes, o.next(changes), nil, &m)
	if err = errors.Join(err, m.err()); err != nil {
		return Document{}, err
	}
	residual, err := o.verdict(rules.Update, o.next(changes), nil)
	if err != nil {
		return Document{}, err
	}
	if len(changes) == 0 {
		row, err := o.one(ctx, id, query.All(read, residual), false)
		if err != nil {
			return Document{}, o.whyNot(ctx, rules.Update, id, read, err)
		}
		return Document{o.c, row, nil}, nil
	}
	set := make([]db.Assignment, len(changes))
	for i, c := range changes {
		set[i] = db.Assignment{Field: c.field, Value: c.value}
	}
	where := o.byID(id, read, residual)
	var rows []query.Row
	if where != query.False {
		if _, rows, err = o.store.Update(ctx, o.c.stored, db.Update{Where: where, Set: set, Return: true}); err != nil {
			return Document{}, o.conflict(err)
		}
	}
	if len(rows) == 0 {
		return Document{}, o.whyNot(ctx, rules.Update, id, read, errNotFound)
	}
	return o.shown(rows[0]), nil
}

// whyNot turns "no row passed" into forbidden when the caller may at least read the document.
func (o *operation) whyNot(ctx context.Context, op rules.Op, id string, read query.Filter, err error) error {
	if query.CodeOf(err) != query.NotFound {
		return err
	}
	if _, found := o.one(ctx, id, read, false); found != nil {
		return found
	}
	return o.refusal(op)
}

// updateRow is the way of a change that depends on the stored document: find it, with a lock, work
// out the next one, ask the rule about both, and store it, in one transaction.
func (o *operation) updateRow(ctx context.Context, id string, read query.Filter, changes []change, ifMatch string) (Document, error) {
	row, err := o.one(ctx, id, read, true)
	if err != nil {
		return Document{}, err
	}
	if err := o.match(row, ifMatch); err != nil {
		return Document{}, err
	}
	next, err := o.changed(row, changes)
	if err != nil {
		return Document{}, err
	}
	if next == nil {
		return Document{}, o.refusal(rules.Update)
	}
	if err := o.store1(ctx, row, next); err != nil {
		return Document{}, err
	}
	return o.shown(next), nil
}

// match checks an If-Match condition.
func (o *operation) match(row query.Row, ifMatch string) error {
	if ifMatch != "" && ifMatch != "*" && ifMatch != (Document{o.c, row, nil}).ETag() {
		return query.Errorf(query.PreconditionFailed, "the document has changed; read it again")
	}
	return nil
}

// changed returns the row after the changes, nil when the rule does not allow them.
func (o *operation) changed(row query.Row, changes []change) (query.Row, error) {
	m := mistakes{}
	changes, err := o.forceChanges(changes, &rules.Next{Row: o.apply(row, changes, &mistakes{})}, row, &m)
	if err != nil {
		return nil, err
	}
	next := o.apply(row, changes, &m)
	if err := m.err(); err != nil {
		return nil, err
	}
	f, err := o.verdict(rules.Update, &rules.Next{Row: next}, row)
	if err != nil || f != query.True {
		return nil, err
	}
	return next, nil
}

// store1 stores what differs between a locked row and the next one.
func (o *operation) store1(ctx context.Context, row, next query.Row) error {
	set := assignments(row, next)
	if len(set) == 0 {
		return nil
	}
	_, _, err := o.store.Update(ctx, o.c.stored, db.Update{Where: o.c.stored.ByKey(row[key].Text()), Set: set})
	return o.conflict(err)
}

// Replace stores a whole document under an id: it replaces the one that is there, by the update
// rule, or creates it, by the create rule. It reports whether it was created.
func (s *Service) Replace(ctx context.Context, caller Caller, collection, id string, body []byte, ifMatch string) (doc Document, created bool, err error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return Document{}, false, err
	}
	if o.c.rules[rules.Create] == nil {
		if err := o.ruled(rules.Update); err != nil {
			return Document{}, false, err
		}
	}
	v, err := query.ParseJSON(body, s.Limits.Depth)
	if err != nil {
		return Document{}, false, err
	}
	err = o.begin(ctx, func(store db.Store) error {
		doc, created, err = o.within(store).replace(ctx, id, v, ifMatch)
		return err
	})
	return doc, created, err
}

func (o *operation) replace(ctx context.Context, id string, v query.Value, ifMatch string) (Document, bool, error) {
	if !validID(id) {
		return Document{}, false, query.FieldErrorf(o.c.fields[key].Name, "pattern", "an id is 1 to 128 letters, digits and _ - . : @ ~, and not . or ..")
	}
	row, err := o.one(ctx, id, query.True, true)
	exists := query.CodeOf(err) != query.NotFound
	if exists && err != nil {
		return Document{}, false, err
	}
	if exists {
		read, err := o.verdict(rules.Read, nil, row)
		if err != nil {
			return Document{}, false, err
		}
		if read != query.True {
			return Document{}, false, errNotFound
		}
		if err := o.match(row, ifMatch); err != nil {
			return Document{}, false, err
		}
	} else if ifMatch != "" {
		return Document{}, false, query.Errorf(query.PreconditionFailed, "there is no document to replace")
	}
	m := mistakes{}
	forced := o.c.create
	if exists {
		forced = nil
	}
	next, err := o.document(v, id, forced, &m)
	if err = errors.Join(err, m.err()); err != nil {
		return Document{}, false, err
	}
	if !exists {
		if err := o.insert(ctx, []query.Row{next}); err != nil {
			return Document{}, false, err
		}
		return o.shown(next), true, nil
	}
	changes := make([]change, 0, len(next))
	for i, v := range next {
		changes = append(changes, change{i, assign, v})
	}
	stored, err := o.changed(row, changes)
	if err != nil {
		return Document{}, false, err
	}
	if stored == nil {
		return Document{}, false, o.refusal(rules.Update)
	}
	if err := o.store1(ctx, row, stored); err != nil {
		return Document{}, false, err
	}
	return o.shown(stored), false, nil
}

// Delete removes one document.
func (s *Service) Delete(ctx context.Context, caller Caller, collection, id, ifMatch string) error {
	o, err := s.operation(caller, collection)
	if err != nil {
		return err
	}
	return o.delete(ctx, id, ifMatch)
}

func (o *operation) delete(ctx context.Context, id, ifMatch string) error {
	residual, err := o.verdict(rules.Delete, nil, nil)
	if err != nil {
		return err
	}
	read, err := o.verdict(rules.Read, nil, nil)
	if err != nil {
		return err
	}
	if ifMatch != "" {
		return o.begin(ctx, func(store db.Store) error {
			in := o.within(store)
			row, err := in.one(ctx, id, read, true)
			if err != nil {
				return err
			}
			if err := in.match(row, ifMatch); err != nil {
				return err
			}
			return in.remove(ctx, id, read, residual)
		})
	}
	return o.remove(ctx, id, read, residual)
}

func (o *operation) remove(ctx context.Context, id string, read, residual query.Filter) error {
	where := o.byID(id, read, residual)
	if where != query.False {
		n, err := o.store.Delete(ctx, o.c.stored, where)
		if err != nil || n > 0 {
			return err
		}
	}
	return o.whyNot(ctx, rules.Delete, id, read, errNotFound)
}
