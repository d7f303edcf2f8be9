package crud

import (
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Related restricts a list to documents that have a related one, as the caller sees it.
type Related struct {
	// Collection has the related documents. Inner is their field that equals the field Outer of the documents of the list.
	Collection   string
	Inner, Outer string
	// Where restricts the related documents; nil takes all of them.
	Where query.Filter
	// Related restricts them in turn.
	Related []Related
	// None asks for the documents that have no such related one.
	None bool
}

// related returns the filter of relations. Like a filter through a ref, it looks at what the caller may see: rows that the
// read rule hides are not there, and the fields it uses are under their rules.
func (o *operation) related(list []Related, depth int) (query.Filter, error) {
	if len(list) > 0 && depth > maxExpandDepth {
		return nil, fault.Errorf(fault.Invalid, "relations are followed at most %d deep", maxExpandDepth)
	}
	terms := make([]query.Filter, len(list))
	for i, r := range list {
		f, err := o.having(r, depth)
		if err != nil {
			return nil, err
		}
		terms[i] = f
	}
	return query.All(terms...), nil
}

func (o *operation) having(r Related, depth int) (query.Filter, error) {
	c, err := o.collection(r.Collection)
	if err != nil {
		return nil, err
	}
	target := o.of(c)
	inner, outer := query.Path{Field: r.Inner}, query.Path{Field: r.Outer}
	if c.shape.Index(r.Inner) < 0 || o.c.shape.Index(r.Outer) < 0 {
		return nil, fault.Errorf(fault.Invalid, "%s and %s are not related by %s and %s", o.c.name, c.name, fault.Clip(r.Outer), fault.Clip(r.Inner))
	}
	found, err := target.linkedBy(r, inner, depth)
	if err != nil {
		return nil, err
	}
	f := query.Lookup(c.name, found, query.Link{Inner: inner, Op: query.Eq, Outer: outer})
	if r.None {
		return query.Negate(f), nil
	}
	return f, nil
}

// linkedBy returns the filter of the related documents that the caller may see, with the rule of the field that links them.
func (o *operation) linkedBy(r Related, link query.Path, depth int) (query.Filter, error) {
	nested, err := o.related(r.Related, depth+1)
	if err != nil {
		return nil, err
	}
	where := query.Filter(query.True)
	if r.Where != nil {
		if !query.Within(r.Where, o.Limits.Nodes) {
			return nil, tooManyNodes(o.Limits.Nodes)
		}
		where = query.Spell(r.Where, o.c.shape, nil)
	}
	linked := query.Negate(&query.Compare{Path: link, Op: query.Eq, Value: query.Null})
	return o.asSeen(query.All(where, nested, linked))
}

// extend adds to a list the filter and the relations of a dialect.
func (o *operation) extend(l *list, r Read) error {
	related, err := o.related(r.Related, 1)
	if err != nil {
		return err
	}
	if r.Where != nil {
		if !query.Within(r.Where, o.Limits.Nodes) {
			return tooManyNodes(o.Limits.Nodes)
		}
		l.where = query.All(l.where, query.Spell(r.Where, o.c.shape, nil))
	}
	l.where = query.All(l.where, related)
	return nil
}

func tooManyNodes(n int) error {
	return fault.FieldErrorf("filter", "too_many_nodes", "the filter has more than %d conditions and values", n)
}

// Total returns the number of documents over all pages of a list, -1 if it was not asked for.
func (r *Result) Total() int64 { return r.total }
