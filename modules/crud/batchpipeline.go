package crud

import (
	"context"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// pipelined are operations of a batch that follow each other and are sent to the database together. What each does is known
// before any has run, and what has to be true for it, such as that a ref leads somewhere, is asked along with the others.
// If something is not as it should be, all is rolled back, and the operations are run one by one, to say which it is.
type pipelined struct {
	store      access
	operations []*db.Operation
	sent       []sent
	// within has the operations on collections inside of the transaction.
	within map[*Collection]*operation
	// open are the collections whose documents can be shown without asking the database.
	open map[*Collection]bool
	// asked are what was looked for in the documents of a collection, since one of them was written.
	asked map[*db.Collection]map[string]*db.Operation
}

// sent is an operation of the batch that is sent with others.
type sent struct {
	step
	out *Document
	// does is its operation of the database, of whose rows this is number n where it is a create.
	does   *db.Operation
	n      int
	row    query.Row
	checks []func() error // of what was asked along
	read   readFilter
}

// runPipelined runs operations up to one that has to be run by itself, and returns how many. If there is an error, that is the number
// of the one that it is about.
func runPipelined(ctx context.Context, store db.Store, steps []step, results Results) (int, error) {
	p := pipelined{open: map[*Collection]bool{}, asked: map[*db.Collection]map[string]*db.Operation{}, within: map[*Collection]*operation{}}
	for i, st := range steps {
		in := p.within[st.c]
		if in == nil {
			in = st.within(store)
			p.within[st.c] = in
		}
		p.store, st.operation = in.store, in
		added, err := p.add(st, &results[i])
		if err != nil {
			if before := p.run(ctx); before != nil {
				return 0, before
			}
			return i, err
		}
		if !added {
			break
		}
	}
	if err := p.run(ctx); err != nil {
		return 0, err
	}
	return len(p.sent), nil
}

// run sends the operations, and makes the results.
func (p *pipelined) run(ctx context.Context) error {
	if len(p.operations) == 0 {
		return nil
	}
	if err := p.store.Store.(db.Pipeliner).Pipeline(ctx, p.operations, p.store.service.Limits.Answer); err != nil {
		return &doneTogether{err}
	}
	for i := range p.sent {
		if err := p.sent[i].finish(ctx); err != nil {
			return &doneTogether{err}
		}
	}
	return nil
}

// finish checks what the operation has found, and makes its result.
func (s *sent) finish(ctx context.Context) error {
	for _, check := range s.checks {
		if err := check(); err != nil {
			return err
		}
	}
	switch c := s.c.stored; {
	case s.Op == "create":
		s.store.inserted(c, []query.Row{s.row}, s.does.Insert[s.n:s.n+1])
		*s.out = s.asShown(ctx, s.row)
	case s.does.Count == 0:
		return ErrNotFound // one by one, the answer says whether it is there
	case s.Op == "delete":
		*s.out = Document{}
	default:
		composeIDs(c, s.does.Rows)
		if err := s.store.open(c, s.does.Rows); err != nil {
			return err
		}
		*s.out = s.visible(ctx, s.does.Rows[0], s.read)
	}
	return nil
}

// add reports false for an operation that has to be run by itself.
func (p *pipelined) add(st step, out *Document) (bool, error) {
	switch {
	case st.c.readOnly, st.IfMatch != "", st.store.work.reads, st.store.raises(st.c.stored, rules.Op(st.Op)):
		return false, nil
	case st.Op == "create":
		return p.create(st, out)
	case st.Op == "update":
		return p.update(st, out)
	case st.Op == "delete":
		return p.delete(st, out)
	}
	return false, nil
}

func (p *pipelined) create(st step, out *Document) (bool, error) {
	if open, err := p.opens(st); err != nil || !open {
		return false, err
	}
	row, given, err := st.creating(st.ID, st.Doc)
	if err != nil {
		return false, err
	}
	rows := []query.Row{row}
	conditions, err := st.conditions(rows, [][]int{given}, nil)
	if err != nil || st.supposed() != nil { // the rules may have to decide again about what is stored
		return false, err
	}
	var checks []func() error
	for _, f := range conditions {
		check, err := p.condition(st, f, row)
		if err != nil || check == nil {
			return false, err
		}
		checks = append(checks, check)
	}
	for _, ref := range st.pointing(rows, false) {
		check, err := p.ref(st, ref)
		if err != nil || check == nil {
			return false, err
		}
		checks = append(checks, check)
	}
	stored, err := st.store.seal(st.c.stored, rows)
	if err != nil {
		return false, err
	}
	does, n := p.insert(st.c.stored, stored[0])
	p.sent = append(p.sent, sent{step: st, out: out, does: does, n: n, row: row, checks: checks})
	return true, nil
}

// opens reports whether the documents of a collection are shown without asking the database. What an operation after this one
// changes could be the answer.
func (p *pipelined) opens(st step) (bool, error) {
	if open, known := p.open[st.c]; known {
		return open, nil
	}
	read, err := st.reading()
	open := err == nil && !read.byRow && plain(read.filter)
	if err != nil && !refused(err) {
		return false, err
	}
	open = open || refused(err) // its id alone is shown
	v, err := st.view()
	if err != nil {
		return false, err
	}
	p.open[st.c] = open && (v == nil || !slices.ContainsFunc(v.partial, func(of partial) bool { return !plain(of.where) }))
	return p.open[st.c], nil
}

// plain reports whether a filter is about the document alone.
func plain(f query.Filter) bool {
	asks := false
	query.Asks(f, func(*query.Ask) { asks = true })
	return !asks && !query.HasLookups(f)
}

// condition asks for what a filter looks up, and returns what checks it; nil where it cannot be asked along with the others.
func (p *pipelined) condition(st step, f query.Filter, row query.Row) (func() error, error) {
	found := map[*query.Exists]*db.Operation{}
	possible := true
	query.Asks(f, func(*query.Ask) { possible = false })
	query.Lookups(f, func(e *query.Exists) {
		c := st.collections[e.Collection]
		if possible = possible && len(e.Links) == 0 && p.here(st, c, e.Where); possible {
			found[e] = p.find(c.stored, db.Find{Query: query.Query{Where: e.Where, Limit: 1}, Fields: []int{key}, Lock: db.Shared})
		}
	})
	if !possible {
		return nil, nil
	}
	return func() error {
		if !query.Match(f, st.c.shape, row, func(f query.Filter, _ *query.Shape, _ query.Row) bool { return len(found[f.(*query.Exists)].Rows) > 0 }) {
			return st.refusal(rules.Create)
		}
		return nil
	}, nil
}

// here reports whether a filter of another collection can be asked of the database of the batch, in one statement.
func (p *pipelined) here(st step, c *Collection, f query.Filter) bool {
	return c.driver == st.store.driver && p.store.whole(c, f)
}

// whole reports whether the database of a collection can run a filter in one statement.
func (a access) whole(c *Collection, f query.Filter) bool {
	whole := true
	query.Lookups(f, func(e *query.Exists) { whole = whole && c.correlates && a.inOneStatement(c.stored, e) })
	return whole
}

// ref asks for what a ref leads to, and returns what checks it; nil where it cannot be asked along with the others.
func (p *pipelined) ref(st step, ref pointed) (func() error, error) {
	target, read, err := st.target(ref.field)
	if err != nil {
		return nil, err
	}
	where := query.All(leadingTo(target, []query.Value{ref.value}), read.filter)
	if read.byRow || where == query.False || !p.here(st, target.c, where) {
		return nil, nil
	}
	o := p.find(target.c.stored, db.Find{Query: query.Query{Where: where}, Fields: []int{key}, Lock: db.Shared})
	return func() error {
		composeIDs(target.c.stored, o.Rows)
		want := st.pointed(ref.field, ref.value)
		if !slices.ContainsFunc(o.Rows, func(row query.Row) bool { return st.pointed(ref.field, row[key]) == want }) {
			return ErrNotFound // one by one, the answer names the field
		}
		return nil
	}, nil
}

// find adds a find, unless the same was asked, and could not have another answer now.
func (p *pipelined) find(c *db.Collection, f db.Find) *db.Operation {
	f.Fields = withParts(c, f.Fields)
	name := query.Canonical(f.Where)
	if o := p.asked[c][name]; o != nil {
		return o
	}
	o := &db.Operation{Collection: c, Find: &f}
	p.operations = append(p.operations, o)
	if query.HasLookups(f.Where) { // its answer depends on other collections
		return o
	}
	if p.asked[c] == nil {
		p.asked[c] = map[string]*db.Operation{}
	}
	p.asked[c][name] = o
	return o
}

// write adds an operation that writes. In a table of another program it may change other tables, too: by triggers, or what refers to
// what it deletes.
func (p *pipelined) write(o *db.Operation) *db.Operation {
	if o.Delete != nil || p.store.service.collections[o.Collection.Name].altered() != nil {
		clear(p.asked)
	}
	delete(p.asked, o.Collection)
	p.operations = append(p.operations, o)
	return o
}

// insert adds a row to the last operation, if that inserts in the same collection, or to a new one. It returns the operation, and which
// of its rows it is.
func (p *pipelined) insert(c *db.Collection, row query.Row) (in *db.Operation, n int) {
	if last := len(p.operations) - 1; last >= 0 && p.operations[last].Insert != nil && p.operations[last].Collection == c {
		in = p.operations[last]
	} else {
		in = p.write(&db.Operation{Collection: c})
	}
	in.Insert = append(in.Insert, row)
	return in, len(in.Insert) - 1
}

func (p *pipelined) update(st step, out *Document) (bool, error) {
	if err := st.ruled(rules.Update); err != nil {
		return false, err
	}
	read, patch, err := st.patchOf(st.ID, st.Doc)
	if err != nil {
		return false, err
	}
	if read.byRow || !simple(patch.changes) || st.repoints(patch.changes) {
		return false, nil
	}
	if open, err := p.opens(st); err != nil || !open {
		return false, err
	}
	changes, residual, err := st.decided(patch)
	if err != nil || len(changes) == 0 {
		return false, nil // which says why
	}
	where := st.byID(st.ID, read.filter, residual)
	if where == query.False || !p.store.whole(st.c, where) {
		return false, nil
	}
	set, err := st.store.sealAssignments(st.c.stored, assigning(changes))
	if err != nil {
		return false, err
	}
	does := p.write(&db.Operation{Collection: st.c.stored, Update: &db.Update{Where: where, Set: set, Return: true}})
	p.sent = append(p.sent, sent{step: st, out: out, does: does, read: read})
	return true, nil
}

func (p *pipelined) delete(st step, out *Document) (bool, error) {
	if st.referrers[st.c.name] != nil || st.store.lets(st.c.stored) {
		return false, nil
	}
	residual, err := st.verdict(rules.Delete, nil, nil)
	if err != nil {
		return false, nil // which says why
	}
	read, err := st.reading()
	if err != nil || read.byRow {
		return false, nil
	}
	where := st.byID(st.ID, read.filter, residual)
	if where == query.False || !p.store.whole(st.c, where) {
		return false, nil
	}
	does := p.write(&db.Operation{Collection: st.c.stored, Delete: where})
	p.sent = append(p.sent, sent{step: st, out: out, does: does})
	return true, nil
}
