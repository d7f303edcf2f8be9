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
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/rules"
)

// Results are the results of a batch: the document of each operation, null for a delete.
type Results []Document

// AppendJSON appends `{"results":[…]}`.
func (r Results) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"results":[`...)
	for i, d := range r {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = d.AppendJSON(dst)
	}
	return append(dst, "]}"...)
}

// Batch is a parsed batch. It is immutable.
type Batch struct {
	// Atomic is true if all steps run in one transaction.
	Atomic bool
	// Dry is true if nothing is kept: the transaction is rolled back when all steps have run.
	Dry   bool
	Steps []Step
}

// Step is one operation of a batch.
type Step struct {
	// Op is create, update, replace or delete.
	Op                      string
	Collection, ID, IfMatch string
	Doc                     query.Value
}

var stepOps = []string{"create", "update", "replace", "delete"}

// ParseBatch reads the body of a batch.
func (s *Service) ParseBatch(body []byte) (*Batch, error) {
	var ops query.Value
	b := &Batch{Atomic: true}
	r := schema.Reader{Names: []string{"ops", "atomic", "dry"}}
	// A document in a batch may be as deep as a document on its own.
	err := r.Parse(body, s.Limits.Depth+3, func(name string, v query.Value) {
		switch {
		case name == "ops":
			ops = v
		case name == "dry" && !v.IsNull():
			b.Dry = r.Bool(name, v)
		case !v.IsNull():
			b.Atomic = r.Bool(name, v)
		}
	})
	if err != nil {
		return nil, err
	}
	items := ops.Elements()
	if len(items) == 0 || len(items) > s.Limits.Batch {
		return nil, fault.FieldErrorf("ops", "type", "ops is an array of 1 to %d operations", s.Limits.Batch)
	}
	b.Steps = make([]Step, len(items))
	for i, item := range items {
		if b.Steps[i], err = parseStep(item); err != nil {
			return nil, inStep(i, err)
		}
	}
	return b, nil
}

func parseStep(item query.Value) (st Step, err error) {
	r := schema.Reader{Names: []string{"op", "collection", "id", "doc", "if_match"}}
	err = r.Object("an operation", item, func(name string, v query.Value) {
		switch name {
		case "op":
			st.Op, _ = r.String(name, v)
		case "collection":
			st.Collection, _ = r.String(name, v)
		case "id":
			st.ID, _ = r.String(name, v)
		case "if_match":
			st.IfMatch, _ = r.String(name, v)
		case "doc":
			st.Doc = v
		}
	})
	switch {
	case err != nil:
		return st, err
	case !slices.Contains(stepOps, st.Op):
		return st, fault.FieldErrorf("op", "enum", "op is create, update, replace or delete%s", fault.DidYouMean(st.Op, stepOps))
	case st.Op != "create" && st.ID == "":
		return st, fault.FieldErrorf("id", "required", "id is missing")
	}
	return st, nil
}

// step is an operation of a batch on its collection.
type step struct {
	*operation
	Step
}

// Batch runs operations in one transaction, in order. Each is checked by its rule against the data as the earlier
// ones have left it. The first failure rolls back all.
func (s *Service) Batch(ctx context.Context, caller Caller, b *Batch) (Results, error) {
	steps, err := s.steps(caller, b)
	if err != nil {
		return nil, err
	}
	if err := countSteps(ctx, steps); err != nil {
		return nil, err
	}
	if b.Dry && (!b.Atomic || !steps[0].c.atomic) {
		return nil, fault.FieldErrorf("dry", "unsupported", "a dry run is a transaction that is rolled back: it is atomic, on a database that has transactions")
	}
	if !b.Atomic {
		return runEach(ctx, steps)
	}
	if !steps[0].c.atomic && len(steps) > 1 {
		return nil, fault.FieldErrorf("atomic", "unsupported", "this database has no transactions, so a batch of several operations cannot be atomic; with \"atomic\":false they run one after the other, and a failure does not undo the earlier ones")
	}
	for i, st := range steps { // checks that need no document come before any lock
		if err := st.mayAtAll(); err != nil {
			return nil, inStep(i, err)
		}
	}
	work := steps[0].store.work
	at := work.mark()
	results, err := runTogether(ctx, steps, true, b.Dry)
	var together *doneTogether
	if errors.As(err, &together) && fault.CodeOf(err) != fault.Unavailable && ctx.Err() == nil {
		work.again(at) // one by one, to say which of them it is
		results, err = runTogether(ctx, steps, false, b.Dry)
	}
	return results, err
}

// doneTogether is the error of several operations that were run together. It does not say which of them it is about.
type doneTogether struct{ cause error }

func (e *doneTogether) Error() string { return e.cause.Error() }

func (e *doneTogether) Unwrap() error { return e.cause }

// errDry rolls back a transaction in which all has gone well.
var errDry = errors.New("crud: nothing of a dry run is kept")

// runTogether runs operations in one transaction. If grouped is true, those that follow each other are sent to the database
// together where it takes that, and else the creates among them are stored together.
func runTogether(ctx context.Context, steps []step, grouped, dry bool) (results Results, err error) {
	err = steps[0].begin(ctx, func(store db.Store) error {
		if err := lockInOrder(ctx, store, steps); err != nil {
			return err
		}
		results = make(Results, len(steps))
		size := 0
		for i := 0; i < len(steps); {
			n, err := runNext(ctx, store, steps[i:], results[i:], grouped)
			if err != nil {
				return inStep(i+n, err)
			}
			for end := i + n; i < end; i++ {
				if size += db.Size(results[i].row); size > steps[i].Limits.Answer {
					return inStep(i, steps[i].tooLong())
				}
			}
		}
		if dry {
			return errDry
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return results, err
}

// runNext runs the first of some operations, with those that can be run together with it, and returns how many it has run. If
// there is an error, that is the number of the one that it is about.
func runNext(ctx context.Context, store db.Store, steps []step, results Results, grouped bool) (int, error) {
	if grouped && db.Pipelines(store) {
		if n, err := runPipelined(ctx, store, steps, results); n > 0 || err != nil {
			return n, err
		}
	}
	st := steps[0]
	st.operation = st.within(store)
	if st.Op == "create" {
		c := creates{operation: st.operation, results: results, most: 1}
		if grouped {
			c.most = len(steps)
		}
		return c.run(ctx, steps)
	}
	var err error
	if results[0], err = st.run(ctx); err != nil {
		return 0, err
	}
	return 1, nil
}

// countSteps counts the operations of a batch against the limits of their collections. A replace is counted later,
// when it is known whether it creates.
func countSteps(ctx context.Context, steps []step) error {
	n := map[limited]int{}
	for _, st := range steps {
		n[limited{st.c.name, rules.Op(st.Op)}]++
	}
	for i, st := range steps {
		key := limited{st.c.name, rules.Op(st.Op)}
		if st.Op != "replace" && n[key] > 0 {
			if err := st.count(ctx, key.op, n[key]); err != nil {
				return inStep(i, err)
			}
			n[key] = 0
		}
	}
	return nil
}

// mayAtAll refuses a step that the caller may do with no document at all.
func (st step) mayAtAll() error {
	switch st.Op {
	case "create":
		return st.never(rules.Create)
	case "delete":
		return st.never(rules.Delete)
	case "update":
		return st.never(rules.Update)
	}
	update := st.never(rules.Update)
	if update == nil || st.never(rules.Create) == nil {
		return nil
	}
	return update
}

// lockInOrder locks the documents that a batch changes, as far as the caller may see them. All batches lock in the
// same order, so two of them cannot deadlock.
func lockInOrder(ctx context.Context, store db.Store, steps []step) error {
	ids := map[*Collection][]string{}
	var first []step // the first step of each collection
	changes := 0
	for _, st := range steps {
		if st.Op == "create" || !st.c.findsID(st.ID) {
			continue
		}
		changes++
		if ids[st.c] == nil {
			first = append(first, st)
		}
		ids[st.c] = append(ids[st.c], st.ID)
	}
	if changes < 2 {
		return nil
	}
	slices.SortFunc(first, func(a, b step) int { return strings.Compare(a.c.name, b.c.name) })
	for _, st := range first {
		read, err := st.reading()
		if err != nil || read.byRow { // the step itself reports the error, or checks its own document
			continue
		}
		find := db.Find{
			Query:  query.Query{Where: query.All(st.c.stored.ByKeys(ids[st.c]), read.filter), Sort: st.c.stored.KeyOrder(false)},
			Fields: st.c.stored.KeyFields(), Lock: db.Exclusive,
		}
		if find.Where == query.False {
			continue
		}
		if _, err := st.within(store).store.Find(ctx, st.c.stored, find); err != nil {
			return err
		}
	}
	return nil
}

// runEach runs operations one by one, each in its own transaction, up to the first failure.
func runEach(ctx context.Context, steps []step) (Results, error) {
	results := make(Results, len(steps))
	for i, st := range steps {
		err := st.begin(ctx, func(store db.Store) error {
			one := st
			one.operation = st.within(store)
			var err error
			results[i], err = one.run(ctx)
			return err
		})
		if err != nil {
			return nil, inStep(i, err)
		}
	}
	return results, nil
}

// inStep adds to an error which operation of the batch failed.
func inStep(i int, err error) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("ops[%d]: %w", i, err)
	}
	wrapped := *e
	wrapped.Detail = fmt.Sprintf("ops[%d]: %s", i, e.Detail)
	wrapped.Fields = make([]fault.FieldError, len(e.Fields))
	for n, f := range e.Fields {
		f.Field = fmt.Sprintf("ops[%d].%s", i, f.Field)
		wrapped.Fields[n] = f
	}
	return errors.Join(&wrapped, err) // keep the cause: drivers retry after some errors
}

// steps prepares the operations of a batch. They share the work of one request.
func (s *Service) steps(caller Caller, b *Batch) ([]step, error) {
	steps := make([]step, len(b.Steps))
	w := s.work()
	for i, st := range b.Steps {
		o, err := s.operation(caller, st.Collection)
		if err != nil {
			return nil, inStep(i, err)
		}
		o.store.work, o.now = w, w.now
		steps[i] = step{o, st}
		if b.Atomic && o.c.driver != steps[0].c.driver {
			return nil, inStep(i, fault.FieldErrorf("collection", "database", "a batch is one transaction, and this collection is in another database"))
		}
	}
	return steps, nil
}

func (st step) run(ctx context.Context) (Document, error) {
	switch st.Op {
	case "create":
		return st.create(ctx, st.ID, st.Doc)
	case "update":
		if err := st.ruled(rules.Update); err != nil {
			return Document{}, err
		}
		return st.update(ctx, st.ID, st.Doc, st.IfMatch)
	case "replace":
		doc, _, err := st.replace(ctx, st.ID, st.Doc, st.IfMatch)
		return doc, err
	}
	return Document{}, st.delete(ctx, st.ID, st.IfMatch)
}
