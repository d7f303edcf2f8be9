package crud

import (
	"context"
	"errors"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// UpdateMany changes the documents that match a filter and that the rules allow. It changes all or none, and
// returns how many.
func (s *Service) UpdateMany(ctx context.Context, caller Caller, collection string, p Params, body []byte) (int64, error) {
	return s.updateMany(ctx, caller, collection, func(o *operation) (query.Filter, error) { return o.bulkFilter(p) }, body)
}

// UpdateWhere is [Service.UpdateMany] with the filter in its JSON form.
func (s *Service) UpdateWhere(ctx context.Context, caller Caller, collection string, where, body []byte) (int64, error) {
	return s.updateMany(ctx, caller, collection, func(o *operation) (query.Filter, error) { return o.bulkWhere(where) }, body)
}

func (s *Service) updateMany(ctx context.Context, caller Caller, collection string, selecting func(*operation) (query.Filter, error), body []byte) (int64, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return 0, err
	}
	if err := o.ruled(rules.Update); err != nil {
		return 0, err
	}
	read, err := o.readFilter()
	if err != nil {
		return 0, err
	}
	filter, err := selecting(o)
	if err != nil {
		return 0, err
	}
	v, err := query.ParseJSON(body, s.Limits.Depth)
	if err != nil {
		return 0, o.unfit(err, rules.Update)
	}
	m := problems{}
	changes := o.patch(v, &m)
	for _, c := range changes {
		if c.field == key || o.c.isPart(c.field) {
			m.Add(o.c.fields[c.field].Name, "immutable", "the id of a document does not change")
		}
	}
	if len(changes) == 0 && m.Len() == 0 {
		m.Add("", "empty", "the patch changes nothing")
	}
	patch, err := o.using(changes)
	if err != nil {
		return 0, err
	}
	if err := m.err(); err != nil {
		return 0, o.unfit(err, rules.Update)
	}
	selected := query.All(filter, read, patch.permitted)
	again := false // whether the rules decide again about what is stored
	if simple(changes) && !o.store.work.reads {
		n, err := o.updateManyInOneStatement(ctx, selected, patch)
		again = errors.Is(err, errAltered)
		if !o.needsRow(err) {
			return n, err
		}
	}
	var n int64
	err = o.begin(ctx, func(store db.Store) error {
		n, err = o.within(store).updateRows(ctx, selected, patch, again)
		return err
	})
	return n, err
}

// bulkFilter reads the filter of a bulk change. It is mandatory.
func (o *operation) bulkFilter(p Params) (query.Filter, error) {
	if err := p.known("filter", "params"); err != nil {
		return nil, err
	}
	if p["filter"] == "" {
		return nil, fault.FieldErrorf("filter", "required", "filter is missing; for all documents use filter=true")
	}
	f, err := o.filter(p)
	if err != nil {
		return nil, err
	}
	return o.guarded(f)
}

// bulkWhere reads the filter of a bulk change in its JSON form.
func (o *operation) bulkWhere(where []byte) (query.Filter, error) {
	v, err := query.ParseJSON(where, o.Limits.Depth)
	if err != nil {
		return nil, err
	}
	f, err := o.where(v, nil, query.Null)
	if err != nil {
		return nil, err
	}
	return o.guarded(f)
}

// guarded returns a client's filter with the rules of the fields it uses.
func (o *operation) guarded(f query.Filter) (query.Filter, error) {
	v, err := o.view()
	if err != nil {
		return nil, err
	}
	return o.guard(v, f)
}

func (o *operation) updateManyInOneStatement(ctx context.Context, selected query.Filter, p patch) (int64, error) {
	changes, residual, err := o.decided(p)
	if err != nil {
		return 0, err
	}
	where := query.All(selected, residual)
	if where == query.False {
		return 0, nil
	}
	set := assigning(changes)
	moved := o.assigned(set)
	if moved == nil || !o.c.atomic {
		return o.updateWhere(ctx, where, set, moved)
	}
	var n int64
	err = o.begin(ctx, func(store db.Store) error {
		n, err = o.within(store).updateWhere(ctx, where, set, moved)
		return err
	})
	return n, err
}

// updateWhere changes the documents of a filter if the refs among the new values point to documents.
func (o *operation) updateWhere(ctx context.Context, where query.Filter, set []db.Assignment, moved []pointed) (int64, error) {
	if err := o.mayPoint(ctx, moved); err != nil {
		return 0, err
	}
	n, _, err := o.store.Update(ctx, o.c.stored, db.Update{Where: where, Set: set})
	return n, o.stored(err)
}

// unwritableHere reports that a field may not be written in this document, and may in others.
func (o *operation) unwritableHere(err error) bool {
	var e *fault.Error
	return errors.As(err, &e) && len(e.Fields) > 0 && !slices.ContainsFunc(e.Fields, func(f fault.FieldError) bool {
		i := o.c.shape.Index(f.Field)
		return f.Code != "not_writable" || i < 0 || !o.c.writable[i].MentionsDoc()
	})
}

// updateRows applies row by row a patch that cannot be one statement. It skips the rows that the rule does not
// allow. If it is told to go on, it does so after as many as it may read at once.
func (o *operation) updateRows(ctx context.Context, selected query.Filter, p patch, goOn bool) (int64, error) {
	if selected == query.False {
		return 0, nil
	}
	sort, err := o.sort(nil)
	if err != nil {
		return 0, err
	}
	var n int64
	where := selected
	for {
		find := db.Find{Query: query.Query{Where: where, Sort: sort, Limit: o.Limits.Batch + 1}, Lock: db.Exclusive}
		rows, err := o.store.Find(ctx, o.c.stored, find)
		if err != nil {
			return 0, err
		}
		more := goOn && o.c.atomic && o.c.stored.Parts == nil && len(rows) > o.Limits.Batch
		if more {
			rows = rows[:o.Limits.Batch]
			where = query.All(selected, &query.Compare{Path: o.c.stored.KeyPath(), Op: query.Gt, Value: rows[len(rows)-1][key]})
		}
		some, err := o.updateEach(ctx, rows, p)
		if err != nil || !more {
			return n + some, err
		}
		n += some
	}
}

func (o *operation) updateEach(ctx context.Context, rows []query.Row, p patch) (int64, error) {
	if len(rows) > o.Limits.Batch {
		return 0, fault.FieldErrorf("filter", "max", "this patch must read each document, and is limited to %d documents; narrow the filter", o.Limits.Batch)
	}
	if !o.c.atomic && len(rows) > 1 {
		return 0, fault.Errorf(fault.Invalid, "this patch must read each document, and this database has no transactions to change several together; change them one by one")
	}
	var n int64
	for _, row := range rows {
		next, err := o.changed(ctx, row, p, tagged(""))
		if err != nil && !o.unwritableHere(err) {
			return 0, err
		}
		if next == nil {
			continue
		}
		if _, err := o.storeNext(ctx, row, next, p); err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// DeleteMany deletes the documents that match a filter and that the rules allow, and returns how many.
func (s *Service) DeleteMany(ctx context.Context, caller Caller, collection string, p Params) (int64, error) {
	return s.deleteMany(ctx, caller, collection, func(o *operation) (query.Filter, error) { return o.bulkFilter(p) })
}

// DeleteWhere is [Service.DeleteMany] with the filter in its JSON form.
func (s *Service) DeleteWhere(ctx context.Context, caller Caller, collection string, where []byte) (int64, error) {
	return s.deleteMany(ctx, caller, collection, func(o *operation) (query.Filter, error) { return o.bulkWhere(where) })
}

func (s *Service) deleteMany(ctx context.Context, caller Caller, collection string, selecting func(*operation) (query.Filter, error)) (int64, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return 0, err
	}
	residual, err := o.verdict(rules.Delete, nil, nil)
	if needsDocument(err) {
		err = fault.Errorf(fault.Forbidden, "the rule of this collection can only be checked for one document at a time; delete documents by id")
	}
	if err != nil {
		return 0, err
	}
	read, err := o.readFilter()
	if err != nil {
		return 0, err
	}
	filter, err := selecting(o)
	if err != nil {
		return 0, err
	}
	where := query.All(filter, read, residual)
	if where == query.False {
		return 0, nil
	}
	n, err := o.store.Delete(ctx, o.c.stored, where)
	return n, o.stored(err)
}
