package cache

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// The cache learns of changes from two sources: the change feeds of the databases, which cover all writers (the
// cache is a realtime.Follower), and this node's own writes, immediately.

// Began is called when all changes of some collections are received from now on.
func (c *Cache) Began(driver db.Driver, collections []*db.Collection) {
	if !c.on() {
		return
	}
	c.local.loseAll() // changes may have been missed
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, collection := range collections {
		c.since[collection.Name] = heard{driver, c.clock()}
	}
}

// Heard receives what commits have touched, in commit order. All tags of the batch are invalidated in one Redis
// call; the position of the last commit covers the earlier ones.
func (c *Cache) Heard(touched []db.Change) {
	if !c.on() || len(touched) == 0 {
		return
	}
	tags := c.tags()
	from := source{collection: touched[0].Collection.Name}
	for _, t := range touched {
		tags.add(t.Collection.Name, t.ID)
		from.position = max(from.position, t.Position)
	}
	if r := c.remote.Load(); r != nil && len(tags.list) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, _ = r.bump(ctx, tags.list, from) // bump records its own failure
	}
	c.local.touch(tags.list)
}

// Lost is called when changes may be missed from now on. The entries of this process are still served until their
// TTL ends or Began is called, because the database may be unreachable.
func (c *Cache) Lost(driver db.Driver) {
	c.mu.Lock()
	maps.DeleteFunc(c.since, func(_ string, h heard) bool { return h.driver == driver })
	c.mu.Unlock()
	if !c.on() {
		return
	}
	if r := c.remote.Load(); r != nil {
		r.suspend()
	}
}

// written records the writes of this node, and returns the version from which on they are visible.
func (c *Cache) written(ctx context.Context, touched map[*db.Collection][]string) Version {
	tags := c.tags()
	for collection, ids := range touched {
		for _, id := range ids {
			tags.add(collection.Name, id)
		}
	}
	v := c.clock()
	if len(tags.list) == 0 {
		return v
	}
	if r := c.remote.Load(); r != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if at, err := r.bump(ctx, tags.list, source{}); err == nil {
			v = at
		}
	}
	c.local.touch(tags.list)
	return v
}

// maxTags limits the tags of one change. A change of more documents invalidates the whole collection.
const maxTags = 1000

// tagSet collects the tags of changed documents and collections.
type tagSet struct {
	wanted map[string]bool
	list   []string
	seen   map[string]bool
}

func (c *Cache) tags() *tagSet { return &tagSet{wanted: *c.wanted.Load()} }

func (s *tagSet) add(collection, id string) {
	single, wanted := s.wanted[collection]
	if !wanted {
		return
	}
	s.one(collection)
	if !single {
		return
	}
	if id == "" || len(s.list) > maxTags {
		s.one(unknownTag(collection))
	} else {
		s.one(documentTag(collection, id))
	}
}

func (s *tagSet) one(tag string) {
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	if !s.seen[tag] {
		s.seen[tag] = true
		s.list = append(s.list, tag)
	}
}

// Seen collects the versions of the writes made with a context.
type Seen struct {
	mu sync.Mutex // guards the fields below
	at map[string]Version
}

// Versions returns, by collection, the version from which on the writes are visible.
func (s *Seen) Versions() map[string]Version {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *Seen) note(collection string, v Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[string]Version{}
	}
	s.at[collection] = max(s.at[collection], v)
}

type seenKey struct{}

// Watch returns a context that collects the versions of writes.
func Watch(ctx context.Context) (context.Context, *Seen) {
	s := &Seen{}
	return context.WithValue(ctx, seenKey{}, s), s
}

// Driver wraps a database. It invalidates the cache for each write before the write returns.
type Driver struct {
	db.Driver
	cache *Cache
}

// Tell returns a database that invalidates the cache for each write.
func Tell(driver db.Driver, c *Cache) *Driver { return &Driver{driver, c} }

// Unwrap implements [db.Wrapper].
func (d *Driver) Unwrap() db.Driver { return d.Driver }

// done invalidates the cache for a write. A failed write may have been committed, unless the database has rejected
// it.
func (d *Driver) done(ctx context.Context, touched map[*db.Collection][]string, err error) {
	var refused *fault.Error
	if len(touched) == 0 || errors.As(err, &refused) && refused.Code != fault.Unavailable && refused.Code != fault.Timeout {
		return
	}
	v := d.cache.written(ctx, touched)
	if seen, ok := ctx.Value(seenKey{}).(*Seen); ok {
		for c := range touched {
			seen.note(c.Name, v)
		}
	}
}

// Insert implements [db.Store].
func (d *Driver) Insert(ctx context.Context, c *db.Collection, rows []query.Row) error {
	err := d.Driver.Insert(ctx, c, rows)
	if d.cache.on() {
		d.done(ctx, map[*db.Collection][]string{c: db.IDs(c, rows)}, err)
	}
	return err
}

// Update implements [db.Store].
func (d *Driver) Update(ctx context.Context, c *db.Collection, u db.Update) (int64, []query.Row, error) {
	n, rows, err := d.Driver.Update(ctx, c, u)
	if d.cache.on() {
		d.done(ctx, map[*db.Collection][]string{c: {db.IDIn(c, u.Where)}}, err)
	}
	return n, rows, err
}

// Delete implements [db.Store].
func (d *Driver) Delete(ctx context.Context, c *db.Collection, where query.Filter) (int64, error) {
	n, err := d.Driver.Delete(ctx, c, where)
	if d.cache.on() {
		d.done(ctx, map[*db.Collection][]string{c: {db.IDIn(c, where)}}, err)
	}
	return n, err
}

// Transaction implements [db.Driver].
func (d *Driver) Transaction(ctx context.Context, f func(db.Store) error) error {
	if !d.cache.on() {
		return d.Driver.Transaction(ctx, f)
	}
	var touched map[*db.Collection][]string
	err := d.Driver.Transaction(ctx, func(s db.Store) error {
		touched = map[*db.Collection][]string{}
		return f(db.Recorder{Store: s, Touched: touched})
	})
	d.done(ctx, touched, err)
	return err
}
