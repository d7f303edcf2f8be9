// Package crud runs the operations on collections: it decodes the request, evaluates the rules, runs one statement
// that contains the rule's filter, and encodes the documents.
//
// It is not for HTTP (package server) or for SQL (the drivers). Every operation takes the same steps: decode,
// verdict, run, encode. No row is shown or changed without a verdict, and no field that the mask (view.go) hides.
package crud

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Limits limit what one request may do. None has a default here: package config has them.
type Limits struct {
	Page  int // documents per page
	Batch int // documents or operations per write
	// Cascade limits the documents that one delete touches through the refs to them.
	Cascade int
	Depth   int // nesting of a body
	Nodes   int // nodes of a filter
	// Documents limits the documents that the expansions of one request find, and Expansions their number.
	Documents, Expansions int
	// Answer limits the size of one answer in bytes.
	Answer int
	// Webhooks limits the webhook calls of one request.
	Webhooks int
}

// Config configures a [Service]. Only Sealer, Webhook, Raise, Release and Observe may be nil.
type Config struct {
	Collections []*Collection
	Limits      Limits
	Cursors     *query.Cursors
	// Sealer encrypts and hashes; nil if no field is sealed.
	Sealer *Sealer
	// Webhook calls the webhooks of rules. If it is nil, what depends on one is refused.
	Webhook *Webhook
	// Raise stores the events of a change in the transaction that makes it; nil if there are no events.
	Raise func(ctx context.Context, store db.Store, raised []Raised) error
	// Release receives the hash of the bytes of a file's document that is deleted or has others now. It may be called
	// before that is certain, and is nil if there are no files.
	Release func(collection, sha256 string)
	// Now is the clock.
	Now func() time.Time
	// Observe receives every verdict: allow, deny or filter.
	Observe func(collection string, op rules.Op, verdict string)
	// Suggest names a collection whose name is like one that is not there.
	Suggest bool
}

// Service runs operations. It is safe for concurrent use.
type Service struct {
	Config
	collections map[string]*Collection
	referrers   map[string][]referrer // by the collection that they refer to
	unlinked    bool                  // refs are not checked
	texts       *query.Texts
	inside      *transaction // nil outside of a transaction
	request     *work        // nil outside of [Service.ForRequest]
}

// transaction is a transaction shared by the operations of a service.
type transaction struct {
	driver db.Driver
	store  db.Store
	work   *work
}

// New returns a service over the collections.
func New(config Config) *Service {
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
	s.referrers = referrersOf(config.Collections)
	return s
}

// Caller is the sender of a request, as far as it is verified.
type Caller struct {
	// Auth has the claims of the token, nil for an anonymous caller.
	Auth map[string]any
	// Admin makes every rule pass.
	Admin  bool
	IP     string
	Method string
	// Count counts n creates or changes against the limits of a collection; nil if there are no limits. The client
	// receives its error.
	Count func(ctx context.Context, collection string, op rules.Op, n int) error
	// Files is true for package files, which alone makes documents with bytes and sets the fields of the server.
	Files bool
	// Hold is what the request holds of the memory of the node; it may be nil.
	Hold *Hold
	// Trace may be nil.
	Trace Tracer
}

// Tracer receives each verdict of a rule, and when its evaluation began.
type Tracer interface {
	Verdict(collection, op, verdict string, start time.Time)
}

// collection looks up a name. A collection that is not configured does not exist.
func (s *Service) collection(name string) (*Collection, error) {
	if c := s.collections[name]; c != nil {
		return c, nil
	}
	near := ""
	if s.Suggest {
		near = fault.DidYouMean(name, slices.Sorted(maps.Keys(s.collections)))
	}
	return nil, fault.Errorf(fault.NotFound, "there is no such collection%s", near)
}

// operation is one request on one collection.
type operation struct {
	*Service
	c      *Collection
	caller Caller
	now    time.Time
	store  access
	begun  time.Time // start of a traced verdict
	// record lists the rules that were evaluated, for shared answers; nil if nothing is shared. Copies share it.
	record  *record
	assigns bool // an update assigns values as they are; see [Target]
}

func (s *Service) operation(caller Caller, collection string) (*operation, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	o := s.on(c, caller)
	return &o, nil
}

// on returns an operation on a collection.
func (s *Service) on(c *Collection, caller Caller) operation {
	return s.part(c, caller, s.work())
}

// part returns an operation on a collection that is a part of a request.
func (s *Service) part(c *Collection, caller Caller, w *work) operation {
	if t := s.inside; t != nil && t.driver == c.driver {
		return operation{Service: s, c: c, caller: caller, now: w.now, store: access{t.store, s, c.driver, true, w, caller, nil}}
	}
	return operation{Service: s, c: c, caller: caller, now: w.now, store: access{c.driver, s, c.driver, false, w, caller, nil}}
}

// ForRequest returns a service whose operations are parts of one request: what they read counts together against
// limits.documents and limits.answer. One goroutine uses it.
func (s *Service) ForRequest() *Service {
	out := *s
	out.request = &work{now: s.Now()}
	return &out
}

// ongoing returns the work of the request; nil where each operation is a request of its own.
func (s *Service) ongoing() *work {
	if s.inside != nil {
		return s.inside.work
	}
	return s.request
}

// work returns the work of the request, and creates it where each operation is a request of its own.
func (s *Service) work() *work {
	if w := s.ongoing(); w != nil {
		return w
	}
	return &work{now: s.Now()}
}

// Transaction runs f in one transaction of the database of a collection. f receives a service whose operations are
// part of the transaction, and the store for other writes. f may run several times.
func (s *Service) Transaction(ctx context.Context, collection string, f func(*Service, db.Store) error) error {
	o, err := s.operation(Caller{}, collection)
	if err != nil {
		return err
	}
	return o.begin(ctx, func(store db.Store) error { return f(o.serviceOn(store), store) })
}

// serviceOn returns the service with the store of a transaction or a snapshot of the operation's database.
func (o *operation) serviceOn(store db.Store) *Service {
	within := *o.Service
	within.inside = &transaction{o.c.driver, store, o.store.work}
	return &within
}

// Snapshots reports whether the database of a collection can read several times from one state.
func (s *Service) Snapshots(c *db.Collection) bool {
	in := s.collections[c.Name]
	if in == nil {
		return false
	}
	d, ok := db.As[db.Snapshotter](in.driver)
	return ok && d.Snapshots()
}

// Snapshot runs f with a service that reads the database of a collection as it is at its first read. f may run several times.
func (s *Service) Snapshot(ctx context.Context, c *db.Collection, f func(*Service) error) error {
	o, err := s.operation(Caller{Admin: true}, c.Name)
	if err != nil {
		return err
	}
	d, _ := db.As[db.Snapshotter](o.c.driver)
	return d.Snapshot(ctx, func(store db.Store) error { return f(o.serviceOn(store)) })
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
	inside.store = access{store, o.Service, o.c.driver, true, o.store.work, o.caller, o.store.steps}
	return &inside
}

func (s *Service) filterLimits() query.Limits {
	return query.Limits{Depth: s.Limits.Depth, Nodes: s.Limits.Nodes}
}
