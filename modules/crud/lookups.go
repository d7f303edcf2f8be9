package crud

import (
	"context"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// maxKeys limits what a lookup in another database may find.
const maxKeys = 1000

// answerable returns the filter in a form the database of the collection can run. Lookups into another database
// are replaced by the keys they find; so are lookups into its own if the driver cannot run them in a statement.
func (a access) answerable(ctx context.Context, c *db.Collection, f query.Filter) (query.Filter, error) {
	if f == nil || !query.HasLookups(f) {
		return f, nil
	}
	return query.Replace(f, func(e *query.Exists) (query.Filter, error) {
		if a.service.collections[c.Name].correlates && a.inOneStatement(c, e) {
			return e, nil
		}
		return a.keys(ctx, e)
	})
}

// inOneStatement reports whether a lookup and all lookups inside it are in the database of the collection.
func (a access) inOneStatement(c *db.Collection, e *query.Exists) bool {
	if c.Related[e.Collection] == nil {
		return false
	}
	whole := true
	query.Lookups(e.Where, func(inner *query.Exists) { whole = whole && a.inOneStatement(c, inner) })
	return whole
}

// beside returns the store of another collection: this one if both are in the same database.
func (a access) beside(c *Collection) access {
	if c.driver == a.driver {
		return a
	}
	return access{c.driver, a.service, c.driver, false, a.work, a.caller, nil}
}

// keys runs a lookup, and returns the filter that is true for documents linked to what it found.
func (a access) keys(ctx context.Context, e *query.Exists) (query.Filter, error) {
	if len(e.Links) == 0 {
		found, err := a.exists(ctx, e)
		return query.Const(found), err
	}
	tuples, err := a.tuples(ctx, e, e.Where, maxKeys+1)
	if err != nil {
		return query.False, err
	}
	if len(tuples) > maxKeys {
		return query.False, fault.Errorf(fault.Invalid, "the rule or the filter looks up more than %d documents of %s for this request, which this database cannot do in one statement; narrow it, or keep what the rule needs in the token's claims", maxKeys, e.Collection)
	}
	return linked(e, tuples), nil
}

// linked returns the filter for documents whose links match one of the tuples of linked values.
func linked(e *query.Exists, tuples [][]query.Value) query.Filter {
	if len(e.Links) == 1 && e.Links[0].Op == query.Eq {
		values := make([]query.Value, 0, len(tuples))
		for _, t := range tuples {
			if !t[0].IsNull() { // null matches nothing
				values = append(values, t[0])
			}
		}
		return query.OneOf(e.Links[0].Outer, values)
	}
	terms := make([]query.Filter, len(tuples))
	for i, t := range tuples {
		linked := make([]query.Filter, len(e.Links))
		for n, l := range e.Links {
			linked[n] = query.False
			if !t[n].IsNull() {
				linked[n] = &query.Compare{Path: l.Outer, Op: l.Op.Flip(), Value: t[n]}
			}
		}
		terms[i] = query.All(linked...)
	}
	return query.Any(terms...)
}

// exists answers a lookup without links. In a transaction the rows it finds stay locked until the end.
func (a access) exists(ctx context.Context, e *query.Exists) (bool, error) {
	c := a.service.collections[e.Collection]
	store := a.beside(c)
	lock := db.Unlocked
	if store.inside {
		lock = db.Shared
	}
	rows, err := store.Find(ctx, c.stored, db.Find{Query: query.Query{Where: e.Where, Limit: 1}, Fields: []int{key}, Lock: lock})
	return len(rows) > 0, err
}

// tuples returns the distinct values of the linked fields in the documents of a filter.
func (a access) tuples(ctx context.Context, e *query.Exists, where query.Filter, limit int) ([][]query.Value, error) {
	c := a.service.collections[e.Collection]
	group := make([]int, len(e.Links))
	for i, l := range e.Links {
		group[i] = c.shape.Index(l.Inner.Field)
	}
	return a.beside(c).Aggregate(ctx, c.stored, db.Aggregate{Where: where, Group: group, Limit: limit})
}

// holds reports whether a row satisfies a filter.
func (a access) holds(ctx context.Context, shape *query.Shape, f query.Filter, row query.Row) (bool, error) {
	if decided, ok := f.(query.Const); ok {
		return bool(decided), nil
	}
	out, err := a.decide(ctx, shape, f, []query.Row{row})
	if err != nil {
		return false, err
	}
	return out[0], nil
}

// decide reports for each of the given rows whether it satisfies a filter. Each lookup of the filter is one query
// for all rows.
func (a access) decide(ctx context.Context, shape *query.Shape, f query.Filter, rows []query.Row) ([]bool, error) {
	answers := map[*query.Exists][][]query.Value{}
	found := map[*query.Exists]bool{}
	var failed error
	query.Lookups(f, func(e *query.Exists) {
		if failed != nil {
			return
		}
		if len(e.Links) == 0 {
			found[e], failed = a.exists(ctx, e)
			return
		}
		answers[e], failed = a.tuples(ctx, e, query.All(linkedTo(shape, e, rows), e.Where), 0)
	})
	query.Asks(f, func(q *query.Ask) {
		if failed == nil {
			failed = a.ask(ctx, q)
		}
	})
	if failed != nil {
		return nil, failed
	}
	answer := func(f query.Filter, s *query.Shape, row query.Row) bool {
		if q, ok := f.(*query.Ask); ok {
			return a.work.answers[*q]
		}
		e := f.(*query.Exists)
		if len(e.Links) == 0 {
			return found[e]
		}
		for _, t := range answers[e] {
			if linksHold(e, t, a.service.collections[e.Collection].shape, s, row) {
				return true
			}
		}
		return false
	}
	out := make([]bool, len(rows))
	for i, row := range rows {
		out[i] = query.Match(f, shape, row, answer)
	}
	return out, nil
}

func linksHold(e *query.Exists, tuple []query.Value, inner, s *query.Shape, row query.Row) bool {
	for i, l := range e.Links {
		if !l.HoldsBetween(inner, s, tuple[i], s.Get(row, l.Outer)) {
			return false
		}
	}
	return true
}

// linkedTo restricts a lookup to documents linked to one of the rows.
func linkedTo(s *query.Shape, e *query.Exists, rows []query.Row) query.Filter {
	terms := make([]query.Filter, 0, len(rows))
	for _, l := range e.Links {
		if len(e.Links) == 1 && l.Op == query.Eq {
			values := make([]query.Value, 0, len(rows))
			for _, row := range rows {
				if v := s.Get(row, l.Outer); !v.IsNull() {
					values = append(values, v)
				}
			}
			return query.OneOf(l.Inner, values)
		}
	}
	for _, row := range rows {
		linked := make([]query.Filter, len(e.Links))
		for i, l := range e.Links {
			linked[i] = query.False
			if v := s.Get(row, l.Outer); !v.IsNull() {
				linked[i] = &query.Compare{Path: l.Inner, Op: l.Op, Value: v}
			}
		}
		terms = append(terms, query.All(linked...))
	}
	return query.Any(terms...)
}
