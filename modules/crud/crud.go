// Package crud runs the operations on collections: it reads what a client asks, asks the rules,
// runs one statement that has the rule's filter in it, and encodes the documents.
//
// It is not for HTTP (package server) or for SQL (the drivers). Every operation goes the same way:
// decode, verdict, run, encode. No row reaches a caller, and none is changed, without a verdict.
package crud

import (
	"cmp"
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Limits bound what one request may ask for.
type Limits struct {
	Page  int // documents in a page
	Batch int // documents or operations in one write
	Depth int // nesting of a body
	Nodes int // nodes of a filter
	// Documents that the expansions of one request may find, and Expansions that it may have.
	Documents, Expansions int
	// Answer is how many bytes one answer may have.
	Answer int
	// Webhooks are how many questions to webhooks one request may take.
	Webhooks int
}

// Config is what a [Service] needs. Nothing in it may be nil but Sealer, Webhook, Raise and Observe.
type Config struct {
	Collections []*Collection
	Limits      Limits
	Cursors     *query.Cursors
	// Sealer encrypts and hashes; nil when no field is sealed.
	Sealer *Sealer
	// Webhook asks the webhooks of rules; nil refuses what depends on one.
	Webhook *Webhook
	// Raise stores the events of a change, in the transaction that makes it; nil where there are none.
	Raise func(ctx context.Context, store db.Store, raised []Raised) error
	// Now is the clock.
	Now func() time.Time
	// Observe is told of every verdict: allow, deny or filter.
	Observe func(collection string, op rules.Op, verdict string)
}

// Service runs operations. It is safe for concurrent use.
type Service struct {
	Config
	collections map[string]*Collection
	texts       *query.Texts
	inside      *transaction // nil outside of one
}

// transaction is one that the operations of a service are part of.
type transaction struct {
	driver db.Driver
	store  db.Store
	work   *work
}

// orDefault returns the limits with those that are left out as they are in a configuration that leaves them out.
func (l Limits) orDefault() Limits {
	l.Documents = cmp.Or(l.Documents, 10_000)
	l.Expansions = cmp.Or(l.Expansions, 20)
	l.Answer = cmp.Or(l.Answer, 16<<20)
	l.Webhooks = cmp.Or(l.Webhooks, 50)
	return l
}

// New returns a service over the collections.
func New(config Config) *Service {
	config.Limits = config.Limits.orDefault()
	s := &Service{Config: config, collections: make(map[string]*Collection, len(config.Collections)), texts: &query.Texts{}}
	related := map[db.Driver]map[string]*db.Collection{}
	for _, c := range config.Collections {
		s.collections[c.name] = c
		if related[c.driver] == nil {
			related[c.driver] = map[string]*db.Collection{}
		}
		related[c.driver][c.name] = c.stored
		c.stored.Related = related[c.driver]
	}
	return s
}

// Caller is who asks, as far as it has been verified.
type Caller struct {
	// Auth has the claims of the token, nil for an anonymous caller.
	Auth map[string]any
	// Admin says that every rule passes.
	Admin  bool
	IP     string
	Method string
	// Count counts what is made or changed against the limits of a collection, n at a time; nil where there are
	// none. An error is what the client gets.
	Count func(ctx context.Context, collection string, op rules.Op, n int) error
	// Trace is told of each verdict of a rule and when it was begun; nil is not.
	Trace func(collection, op, verdict string, start time.Time)
}

// collection looks a name up. What is not configured does not exist.
func (s *Service) collection(name string) (*Collection, error) {
	if c := s.collections[name]; c != nil {
		return c, nil
	}
	return nil, fault.Errorf(fault.NotFound, "there is no such collection")
}

// operation is one request on one collection.
type operation struct {
	*Service
	c      *Collection
	caller Caller
	now    time.Time
	store  access
	begun  time.Time // when a verdict that is traced was
	// record is of the rules that were asked, for what is shared; nil where nothing is. Copies share it.
	record *record
}

func (s *Service) operation(caller Caller, collection string) (*operation, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	if t := s.inside; t != nil && t.driver == c.driver {
		return &operation{s, c, caller, t.work.now, access{t.store, s, c.driver, true, t.work, caller}, time.Time{}, nil}, nil
	}
	w := s.work()
	return &operation{s, c, caller, w.now, access{c.driver, s, c.driver, false, w, caller}, time.Time{}, nil}, nil
}

// work returns that of the request, which begins where there is no transaction yet.
func (s *Service) work() *work {
	if s.inside != nil {
		return s.inside.work
	}
	return &work{now: s.Now()}
}

// Transaction runs f in one transaction of the database of a collection, with a service whose operations are part
// of it, and the store to write to beside them. f may run several times.
func (s *Service) Transaction(ctx context.Context, collection string, f func(*Service, db.Store) error) error {
	o, err := s.operation(Caller{}, collection)
	if err != nil {
		return err
	}
	return o.begin(ctx, func(store db.Store) error {
		within := *s
		within.inside = &transaction{o.c.driver, store, o.store.work}
		return f(&within, store)
	})
}

// Atomic reports whether the database of a collection has transactions.
func (s *Service) Atomic(collection string) bool {
	c := s.collections[collection]
	return c != nil && c.atomic
}

// begin is [access.begin] of the operation's database.
func (o *operation) begin(ctx context.Context, f func(db.Store) error) error {
	return o.store.begin(ctx, f)
}

// within returns the operation inside a transaction.
func (o *operation) within(store db.Store) *operation {
	inside := *o
	inside.store = access{store, o.Service, o.c.driver, true, o.store.work, o.caller}
	return &inside
}

func (s *Service) filterLimits() query.Limits {
	return query.Limits{Depth: s.Limits.Depth, Nodes: s.Limits.Nodes}
}
