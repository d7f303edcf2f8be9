// Package crud runs the operations on collections: it reads what a client asks, asks the rules,
// runs one statement that has the rule's filter in it, and encodes the documents.
//
// It is not for HTTP (package server) or for SQL (the drivers). Every operation goes the same way:
// decode, verdict, run, encode. No row reaches a caller, and none is changed, without a verdict.
package crud

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Limits bound what one request may ask for.
type Limits struct {
	Page  int // documents in a page
	Batch int // documents or operations in one write
	Depth int // nesting of a body
	Nodes int // nodes of a filter
}

// Config is what a [Service] needs. Nothing in it may be nil but Sealer and Observe.
type Config struct {
	Collections []*Collection
	Limits      Limits
	Cursors     *query.Cursors
	// Sealer encrypts and hashes; nil when no field is sealed.
	Sealer *Sealer
	// Now is the clock.
	Now func() time.Time
	// Observe is told of every verdict: allow, deny or filter.
	Observe func(collection string, op rules.Op, verdict string)
}

// Service runs operations. It is safe for concurrent use.
type Service struct {
	Config
	collections map[string]*Collection
}

// New returns a service over the collections.
func New(config Config) *Service {
	s := &Service{config, make(map[string]*Collection, len(config.Collections))}
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
}

// collection looks a name up. What is not configured does not exist.
func (s *Service) collection(name string) (*Collection, error) {
	if c := s.collections[name]; c != nil {
		return c, nil
	}
	return nil, query.Errorf(query.NotFound, "there is no such collection")
}

// operation is one request on one collection.
type operation struct {
	*Service
	c      *Collection
	caller Caller
	now    time.Time
	store  access
	// begin runs f in a transaction, in the surrounding one when there is one.
	begin func(ctx context.Context, f func(db.Store) error) error
}

func (s *Service) operation(caller Caller, collection string) (*operation, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	return &operation{s, c, caller, s.Now(), access{c.driver, s, c.driver, false}, c.driver.Transaction}, nil
}

// within returns the operation inside a transaction.
func (o *operation) within(store db.Store) *operation {
	inside := *o
	inside.store = access{store, o.Service, o.c.driver, true}
	inside.begin = func(_ context.Context, f func(db.Store) error) error { return f(store) }
	return &inside
}

func (s *Service) filterLimits() query.Limits {
	return query.Limits{Depth: s.Limits.Depth, Nodes: s.Limits.Nodes}
}
