package crud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// stored replaces the names of columns in an error of a write by the names of their fields.
func (o *operation) stored(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	for i, f := range e.Fields {
		if n := slices.IndexFunc(o.c.stored.Columns, func(c db.Column) bool { return c.Name == f.Field && f.Field != "" }); n >= 0 {
			e.Fields[i].Field = o.c.fields[n].Name
		}
	}
	return err
}

// Target is the document of a write.
type Target struct {
	Collection, ID string
	// IfMatch is an entity tag or "*"; if the document has another one, the error is PreconditionFailed. Empty for any.
	IfMatch string
	// Whole says that an update assigns json as it is: an object takes the place of what a field has, instead of being merged
	// into it. A single operator is one all the same.
	Whole bool
}

// Update changes one document by a merge patch.
func (s *Service) Update(ctx context.Context, caller Caller, at Target, body []byte) (Document, error) {
	o, v, err := s.updating(caller, at.Collection, body)
	if err != nil {
		return Document{}, err
	}
	o.assigns = at.Whole
	return o.update(ctx, at.ID, v, at.IfMatch)
}

// updating begins an update that some rule may allow, and parses its merge patch.
func (s *Service) updating(caller Caller, collection string, body []byte) (*operation, query.Value, error) {
	o, err := s.operation(caller, collection)
	if err != nil {
		return nil, query.Null, err
	}
	if err := o.ruled(rules.Update); err != nil {
		return nil, query.Null, err
	}
	v, err := query.ParseJSON(body, s.Limits.Depth)
	if err != nil {
		return nil, query.Null, o.unfit(err, rules.Update)
	}
	return o, v, nil
}

func (o *operation) update(ctx context.Context, id string, v query.Value, ifMatch string) (Document, error) {
	read, p, err := o.patchOf(id, v)
	if err != nil {
		return Document{}, err
	}
	if ifMatch == "" && !read.byRow && !o.store.work.reads && simple(p.changes) && !o.repoints(p.changes) {
		doc, err := o.updateInOneStatement(ctx, id, read, p)
		if !o.needsRow(err) {
			return doc, err
		}
	}
	return o.updateLocked(ctx, id, read, p, tagged(ifMatch), (*operation).storeNext)
}

// needsRow reports that one statement cannot make a change, and that it can be made where the stored row is read first.
func (o *operation) needsRow(err error) bool {
	return needsDocument(err) || errors.Is(err, errAltered) || madeElsewhere(err) && !o.store.inside
}

// madeElsewhere reports that a change sends a value that the database makes, which may be the one that is stored.
func madeElsewhere(err error) bool {
	var e *fault.Error
	return errors.As(err, &e) && slices.ContainsFunc(e.Fields, func(f fault.FieldError) bool { return f.Code == "readonly" })
}

// patchOf returns the changes of a merge patch of a document, and who may read it.
func (o *operation) patchOf(id string, v query.Value) (readFilter, patch, error) {
	read, err := o.reading()
	if err != nil {
		return read, patch{}, err
	}
	m := problems{}
	p, err := o.using(o.withoutKey(o.patch(v, &m), id, &m))
	if err != nil {
		return read, patch{}, err
	}
	if err := m.err(); err != nil {
		return read, patch{}, o.unfit(err, rules.Update)
	}
	return read, p, nil
}

// updateInOneStatement adds the rules to the condition of the statement, so that check and write are atomic.
func (o *operation) updateInOneStatement(ctx context.Context, id string, read readFilter, p patch) (Document, error) {
	changes, residual, err := o.decided(p)
	if err != nil {
		return Document{}, err
	}
	if len(changes) == 0 {
		row, err := o.one(ctx, id, readFilter{filter: query.All(read.filter, residual)}, db.Unlocked)
		if err != nil {
			return Document{}, o.denialReason(ctx, rules.Update, id, read, err)
		}
		return o.shownDocument(ctx, row, nil)
	}
	set := assigning(changes)
	where := o.byID(id, read.filter, residual)
	var rows []query.Row
	if where != query.False {
		if _, rows, err = o.store.Update(ctx, o.c.stored, db.Update{Where: where, Set: set, Return: true}); err != nil {
			return Document{}, o.stored(err)
		}
	}
	if len(rows) == 0 {
		return Document{}, o.denialReason(ctx, rules.Update, id, read, ErrNotFound)
	}
	return o.visible(ctx, rows[0], read), nil
}

// assigning returns changes that do not depend on the stored document as those of a statement.
func assigning(changes []change) []db.Assignment {
	set := make([]db.Assignment, len(changes))
	for i, c := range changes {
		set[i] = db.Assignment{Field: c.field, Value: c.value}
	}
	return set
}

// decided adds the forced values to changes that do not depend on the stored document. It returns the condition
// under which the rules allow them.
func (o *operation) decided(p patch) ([]change, query.Filter, error) {
	m := problems{}
	changes, err := o.forceChanges(p.changes, o.next(p.changes), nil, &m)
	if err != nil {
		return nil, query.False, err
	}
	next := o.next(changes)
	residual, err := o.verdict(rules.Update, next, nil)
	if err != nil {
		return nil, query.False, err
	}
	fields, err := o.mayWrite(rules.Update, p.sent, next, nil)
	if err == nil {
		err = m.err()
	}
	if err == nil && o.supposed() != nil {
		err = errAltered
	}
	return changes, query.All(residual, fields, p.permitted), err
}

// errAltered is the error of a change in one statement, whose rules have to decide again about what the database stores.
var errAltered = errors.New("crud: the database may store something else")

// withoutKey drops changes that leave the fields of the key as they are, and refuses others.
func (o *operation) withoutKey(changes []change, id string, m *problems) []change {
	values, known := o.c.stored.ParseID(id)
	fields := o.c.stored.KeyFields()
	return slices.DeleteFunc(changes, func(c change) bool {
		n := slices.Index(fields, c.field)
		if n < 0 && c.field != key {
			return false
		}
		same := n >= 0 && known && o.c.sameKey(c.field, c.value, values[n]) || n < 0 && o.c.plainID(c.value.Text()) == o.c.plainID(id)
		if !same {
			m.Add(o.c.fields[c.field].Name, "immutable", "the id of a document does not change")
		}
		return true
	})
}

func fieldsOf(changes []change) []int {
	out := make([]int, len(changes))
	for i, c := range changes {
		out[i] = c.field
	}
	return out
}

// denialReason turns "no row passed" into forbidden if the caller may at least read the document.
func (o *operation) denialReason(ctx context.Context, op rules.Op, id string, read readFilter, err error) error {
	if fault.CodeOf(err) != fault.NotFound {
		return err
	}
	if _, found := o.one(ctx, id, read, db.Unlocked); found != nil {
		return found
	}
	return o.refusal(op)
}

// condition is what a write asks of the stored document besides the rules.
type condition func(ctx context.Context, o *operation, row query.Row) error

// tagged is the condition of an If-Match.
func tagged(ifMatch string) condition {
	return func(ctx context.Context, o *operation, row query.Row) error { return o.match(ctx, row, ifMatch) }
}

// storing stores the next row in the place of a locked one, and returns what is stored.
type storing func(o *operation, ctx context.Context, row, next query.Row, p patch) (query.Row, error)

// updateLocked makes a change that depends on the stored document, in one transaction: find and lock the document,
// compute the next one, check the rule and the condition with both, and store it.
func (o *operation) updateLocked(ctx context.Context, id string, read readFilter, p patch, match condition,
	store storing) (out Document, err error) {
	err = o.begin(ctx, func(inside db.Store) error {
		in := o.within(inside)
		row, err := in.one(ctx, id, read, db.Exclusive)
		if err != nil {
			return err
		}
		next, err := in.changed(ctx, row, p, match)
		if err != nil {
			return err
		}
		if next == nil {
			return in.refusal(rules.Update)
		}
		stored, err := store(in, ctx, row, next, p)
		if err != nil {
			return err
		}
		out = in.visible(ctx, stored, read)
		return nil
	})
	return out, err
}

// MatchesTag reports whether a header such as If-Match names an entity tag. A tag names a document and not the bytes of an
// answer, so that a weak one, which compression leaves of it, names the same document.
func MatchesTag(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			return true
		}
	}
	return false
}

// match checks an If-Match condition against what the caller may see of the document.
func (o *operation) match(ctx context.Context, row query.Row, ifMatch string) error {
	if ifMatch == "" || ifMatch == "*" {
		return nil
	}
	doc, err := o.shownDocument(ctx, row, nil)
	if err != nil {
		return err
	}
	if !MatchesTag(ifMatch, doc.ETag()) {
		return fault.Errorf(fault.PreconditionFailed, "the document has changed; read it again")
	}
	return nil
}

// changed returns the row after the changes, or nil if the rules do not allow them. Validation problems are
// reported only if the rules allow the change and the condition holds, because they may reveal stored values.
func (o *operation) changed(ctx context.Context, row query.Row, p patch, match condition) (query.Row, error) {
	m := problems{}
	changes, err := o.forceChanges(p.changes, &rules.Next{Row: o.apply(row, p.changes, &problems{})}, row, &m)
	if err != nil {
		return nil, err
	}
	next := o.apply(row, changes, &m)
	f, err := o.verdict(rules.Update, &rules.Next{Row: next}, row)
	if err != nil {
		return nil, err
	}
	fields, err := o.mayWrite(rules.Update, p.sent, &rules.Next{Row: next}, row)
	if err != nil {
		return nil, err
	}
	if ok, err := o.holds(ctx, query.All(f, fields, p.permitted), row); err != nil || !ok {
		return nil, err
	}
	if err := match(ctx, o, row); err != nil {
		return nil, err
	}
	if err := m.err(); err != nil {
		return nil, err
	}
	moved, err := o.moved(ctx, row, next, p.sent)
	if err != nil {
		return nil, err
	}
	return next, o.mayPoint(ctx, moved)
}

// sameMasked assigns what a masked field has already; nil where no field is masked. A write that changes nothing is stored
// where it may have named such a field: otherwise what follows a change, such as the version in X-Basalt-Seen, says that the
// caller has guessed its value.
func (o *operation) sameMasked(row query.Row) []db.Assignment {
	for i, rule := range o.c.readable {
		if rule != nil && i != key && o.c.fields[i].Sealing != Hashed && !slices.Contains(o.c.stored.KeyFields(), i) {
			return []db.Assignment{{Field: i, Value: row[i]}}
		}
	}
	return nil
}

// storeNext stores the differences between a locked row and the next one, which a patch has made. It returns the stored row, in
// which the database may have changed other fields.
func (o *operation) storeNext(ctx context.Context, row, next query.Row, p patch) (query.Row, error) {
	set := assignments(row, next)
	if len(set) == 0 {
		if set = o.sameMasked(next); set == nil {
			return next, nil
		}
	}
	_, rows, err := o.store.Update(ctx, o.c.stored, db.Update{Where: o.c.stored.ByKey(o.c.stored.ID(row)), Set: set, Return: true})
	if err != nil {
		return nil, o.stored(err)
	}
	if i := o.c.shape.Index(fieldBytes); o.store.lets(o.c.stored) && row[i] != next[i] {
		o.store.letGo(o.c.stored, row)
	}
	if len(rows) != 1 {
		return nil, fmt.Errorf("collection %s: a locked document has disappeared", o.c.name)
	}
	return o.changedOtherwise(ctx, row, next, rows[0], p)
}
