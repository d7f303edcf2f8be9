package crud

import (
	"context"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// CascadeStep is what one step of a delete has done.
type CascadeStep struct {
	// Count is how many documents were deleted or have lost a ref.
	Count int64
	// More is true if the document itself is still there.
	More bool
}

// DeleteStep is [Service.Delete] for a document with more documents that refer to it than limits.cascade. Each call deletes
// some of these in one transaction, each with all that refers to it, and the last one the document. What is gone stays
// gone when a later call is refused.
func (s *Service) DeleteStep(ctx context.Context, caller Caller, at Target) (CascadeStep, error) {
	o, err := s.operation(caller, at.Collection)
	if err != nil {
		return CascadeStep{}, err
	}
	var done CascadeStep
	o.store.steps = &done
	err = o.delete(ctx, at.ID, at.IfMatch)
	return done, err
}

// maxVisited bounds the work of looking for a part that fits.
const maxVisited = 20

// part finds a part of a delete: documents that it takes along, such that all that refers to them fits into one
// transaction.
type part struct {
	access
	visited map[string]bool
}

// deletePart does a part of a delete of one document that is too large for one transaction.
func (a access) deletePart(ctx context.Context, c *Collection, where query.Filter) (int64, error) {
	rows, err := a.Find(ctx, c.stored, db.Find{Query: query.Query{Where: where, Limit: 1}, Fields: []int{key}, Lock: db.Exclusive})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	if err := a.staying(ctx, c, rows[0][key]); err != nil {
		return 0, err
	}
	p := part{a, map[string]bool{}}
	n, err := p.below(ctx, c, rows[0])
	if err == nil && n == 0 {
		err = newCascade(a).tooMany()
	}
	if err != nil {
		return 0, err
	}
	*a.steps = CascadeStep{n, true}
	return n, nil
}

// staying refuses a delete that a ref with restrict will refuse in its last step, before the first one.
func (a access) staying(ctx context.Context, c *Collection, id query.Value) error {
	goes := map[*Collection]bool{}
	var visit func(*Collection)
	visit = func(c *Collection) {
		for _, r := range a.service.referrers[c.name] {
			if r.does == Cascade && !goes[r.from] {
				goes[r.from] = true
				visit(r.from)
			}
		}
	}
	visit(c)
	for _, r := range a.service.referrers[c.name] {
		if r.does == Restrict && !goes[r.from] {
			if err := newCascade(a).unreferred(ctx, restricted{r, []query.Value{id}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// below deletes some of the documents that refer to one, or empties their refs. It returns how many it has touched: 0 if all
// of them belong to a part that is too large.
func (p *part) below(ctx context.Context, c *Collection, row query.Row) (int64, error) {
	for _, r := range p.service.referrers[c.name] {
		if r.does == Restrict {
			continue
		}
		rows, err := p.Find(ctx, r.from.stored, db.Find{
			Query:  query.Query{Where: r.found([]query.Value{row[key]}), Sort: r.from.stored.KeyOrder(false), Limit: min(p.service.Limits.Cascade, maxParameters)},
			Fields: []int{key}, Lock: db.Exclusive,
		})
		var n int64
		switch {
		case err != nil || len(rows) == 0:
		case r.does == SetNull:
			n, _, err = p.Update(ctx, r.from.stored, db.Update{Where: r.from.stored.ByKeys(idsOf(r.from, rows)), Set: []db.Assignment{{Field: r.field, Value: query.Null}}})
		default:
			n, err = p.some(ctx, r.from, rows)
		}
		if err != nil || n > 0 {
			return n, err
		}
	}
	return 0, nil
}

// some deletes as many of the rows as one transaction takes, with all that refers to them, or a part of what refers to
// one of them.
func (p *part) some(ctx context.Context, c *Collection, rows []query.Row) (int64, error) {
	for ids := idsOf(c, rows); len(ids) > 0; ids, rows = ids[1:], rows[1:] {
		for n := len(ids); n > 0; n /= 2 {
			k := newCascade(p.access)
			if _, err := k.run(ctx, c, c.stored.ByKeys(ids[:n])); !k.full {
				return int64(k.size), err
			}
		}
		place := c.name + "/" + ids[0]
		if p.visited[place] { // those that refer to each other in a circle go together or not at all
			continue
		}
		if len(p.visited) == maxVisited {
			break
		}
		p.visited[place] = true
		if n, err := p.below(ctx, c, rows[0]); err != nil || n > 0 {
			return n, err
		}
	}
	return 0, nil
}

func idsOf(c *Collection, rows []query.Row) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = c.stored.ID(row)
	}
	return ids
}
