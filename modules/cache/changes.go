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

// How the cache learns of changes: from the databases, which tell of everybody's (it is a realtime.Follower),
// and from this node's own writes, at once.

// Began is called when all changes of some collections are heard from now on.
func (c *Cache) Began(driver db.Driver, collections []*db.Collection) {
	if !c.on() {
		return
	}
	c.local.loseAll() // those that were missed
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, collection := range collections {
		c.since[collection.Name] = heard{driver, c.clock()}
	}
}

// Heard is called with what commits have touched, in their order. They are told to Redis together: who tells of the
// last has told of all before it.
func (c *Cache) Heard(touched []db.Touched) {
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
		_, _ = r.bump(ctx, tags.list, from) // it notes when it fails
	}
	c.local.touch(tags.list)
}

// Lost is called when changes may be missed from now on. What this process has it goes on answering with, until its
// ttl, or until Began: the database may be away.
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

// written notes what this node has written, and returns the version from which on it is seen.
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

// maxTags bounds the tags of one change; of more documents it is said that any may have changed.
const maxTags = 1000

// tagSet collects the tags of what has changed.
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

// Seen collects the versions of what is written in a context.
type Seen struct {
	mu sync.Mutex // guards what follows
	at map[string]Version
}

// Versions returns by collection from which version on the writes are seen.
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

// Watch returns a context in which the versions of writes are collected.
func Watch(ctx context.Context) (context.Context, *Seen) {
	s := &Seen{}
	return context.WithValue(ctx, seenKey{}, s), s
}

// Driver is a database whose writes through this node are told to a cache before they are answered.
type Driver struct {
	db.Driver
	cache *Cache
}

// Tell returns a database that tells a cache of what is written.
func Tell(driver db.Driver, c *Cache) *Driver { return &Driver{driver, c} }

// Unwrap implements [db.Wrapper].
func (d *Driver) Unwrap() db.Driver { return d.Driver }

// done tells of a write. One that has failed may have happened, unless the database has refused it.
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
		return f(db.Noting{Store: s, Touched: touched})
	})
	d.done(ctx, touched, err)
	return err
}
