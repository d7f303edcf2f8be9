package crud

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// A rule judges the document as it would be stored. A table of another program may store another one: it has triggers, generated
// columns or types of less precision. Where rules have read a field that can become another, the write is in a transaction,
// and they decide again about what is stored.

// altered returns the fields of which the database may store another value than it is sent.
func (c *Collection) altered() []int {
	if c.alterer == nil {
		return nil
	}
	fields := c.alterer.Alters(c.stored)
	if fields == nil || !c.seals && c.stored.Parts == nil {
		return fields
	}
	out := slices.DeleteFunc(slices.Clone(fields), func(i int) bool { return c.fields[i].Sealing != Plain }) // nobody else writes those
	if slices.ContainsFunc(fields, c.isPart) {
		out = append(out, key)
	}
	return out
}

// suppose notes what a rule has read without knowing what will be stored.
func (o *operation) suppose(fields []int) {
	if len(fields) == 0 {
		return
	}
	w := o.store.work
	if w.supposed == nil {
		w.supposed = map[*Collection][]int{}
	}
	for _, i := range fields {
		if !slices.Contains(w.supposed[o.c], i) {
			w.supposed[o.c] = append(w.supposed[o.c], i)
		}
	}
}

func (o *operation) supposed() []int { return o.store.work.supposed[o.c] }

// reread makes stored rows what triggers have made of them since, where rules have read what those can change.
func (o *operation) reread(ctx context.Context, rows []query.Row) error {
	altered := o.c.altered()
	if !slices.ContainsFunc(o.supposed(), func(i int) bool { return slices.Contains(altered, i) }) {
		return nil
	}
	now, err := o.store.Find(ctx, o.c.stored, db.Find{Query: query.Query{Where: o.c.stored.ByKeys(o.idsOf(rows))}})
	if err != nil {
		return err
	}
	for _, row := range rows {
		n := slices.IndexFunc(now, func(r query.Row) bool { return o.c.stored.ID(r) == o.c.stored.ID(row) })
		if n < 0 {
			continue // a trigger has removed it
		}
		for i, v := range now[n] {
			if o.c.fields[i].Sealing == Plain {
				row[i] = v
			}
		}
	}
	return nil
}

func (o *operation) idsOf(rows []query.Row) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = o.c.stored.ID(row)
	}
	return ids
}

// otherwise reports whether a row is stored otherwise than the rules have supposed.
func (o *operation) otherwise(supposed, stored query.Row) bool {
	return slices.ContainsFunc(o.supposed(), func(i int) bool {
		if i >= len(supposed) {
			return false
		}
		if supposed[i] == query.LeftOut {
			return !stored[i].IsNull()
		}
		return !supposed[i].Equal(stored[i])
	})
}

// without returns a condition as it was before some rows of the collection were stored: old is one that stood in the place of one,
// nil if there was none.
func (o *operation) without(f query.Filter, ids []string, old query.Row) query.Filter {
	f, _ = query.Replace(f, func(e *query.Exists) (query.Filter, error) {
		if e.Collection != o.c.name || old != nil && (query.HasLookups(e.Where) || len(e.Links) > 0) {
			return e, nil
		}
		if old != nil && query.Match(e.Where, o.c.shape, old, nil) {
			return query.True, nil
		}
		return query.Lookup(e.Collection, query.All(e.Where, query.Negate(o.c.stored.ByKeys(ids))), e.Links...), nil
	})
	return f
}

// createdOtherwise lets the rules decide again about rows that were created, if they are stored otherwise than was sent.
func (o *operation) createdOtherwise(ctx context.Context, sent, rows []query.Row, given [][]int) error {
	if err := o.reread(ctx, rows); err != nil {
		return err
	}
	other := false
	for i, row := range rows {
		other = other || o.otherwise(sent[i], row)
	}
	if !other {
		return nil
	}
	conditions, err := o.conditions(rows, given, sent)
	if err != nil {
		return err
	}
	ids := o.idsOf(rows)
	for name, f := range conditions {
		conditions[name] = o.without(f, ids, nil)
	}
	return o.allHold(ctx, conditions, rows[0])
}

// changedOtherwise lets the rules decide again about a row that was changed, if it is stored otherwise than the next one, about which
// they have decided. It returns the row as it is stored now.
func (o *operation) changedOtherwise(ctx context.Context, row, next, stored query.Row, p patch) (query.Row, error) {
	if o.supposed() == nil {
		return stored, nil
	}
	if err := o.reread(ctx, []query.Row{stored}); err != nil || !o.otherwise(next, stored) {
		return stored, err
	}
	as := &rules.Next{Row: stored, Sent: next}
	f, err := o.verdict(rules.Update, as, row)
	if err != nil {
		return nil, err
	}
	fields, err := o.mayWrite(rules.Update, p.sent, as, row)
	if err != nil {
		return nil, err
	}
	ok, err := o.holds(ctx, o.without(query.All(f, fields), []string{o.c.stored.ID(stored)}, row), row)
	if err == nil && !ok {
		err = o.refusal(rules.Update)
	}
	return stored, err
}
