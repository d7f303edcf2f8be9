package cache

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/changes"
	"github.com/basalt-dev/basalt/modules/db"
)

// The cache learns of changes from two sources: the feeds of the databases, which cover all writers, and this node's own
// writes, immediately (the cache is a changes.WriteListener).

// Listener returns a listener for the feed of one database.
func (c *Cache) Listener() changes.Listener { return &listener{c} }

// listener receives the changes of one feed for the cache.
type listener struct{ cache *Cache }

// Began implements [changes.Listener].
func (l *listener) Began(collections []*db.Collection, _ map[*db.Collection]error) {
	c := l.cache
	if !c.on() {
		return
	}
	c.local.loseAll() // changes may have been missed
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, collection := range collections {
		c.since[collection.Name] = listening{l, c.Clock()}
	}
}

// Receive implements [changes.Listener]. All tags of the batch are invalidated in one Redis call; the position of the last
// commit covers the earlier ones.
func (l *listener) Receive(touched []db.Change) {
	c := l.cache
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

// Lost implements [changes.Listener]. The entries of this process are still served until their TTL ends or Began is
// called, because the database may be unreachable. What another feed of the same database has
// begun stays: after a reload the new feed may begin before the old one ends.
func (l *listener) Lost() {
	c := l.cache
	c.mu.Lock()
	maps.DeleteFunc(c.since, func(_ string, h listening) bool { return h.by == l })
	c.mu.Unlock()
	if !c.on() {
		return
	}
	if r := c.remote.Load(); r != nil {
		r.suspend()
	}
}

// Listening implements [changes.WriteListener].
func (c *Cache) Listening() bool { return c.on() }

// Writing implements [changes.WriteListener]: an intent changes nothing.
func (c *Cache) Writing(context.Context, *changes.Write) {}

// Written implements [changes.WriteListener]: it invalidates what was written before the writer is answered.
func (c *Cache) Written(ctx context.Context, w *changes.Write, err error) {
	if changes.Rejected(err) {
		return
	}
	v := c.written(ctx, w.Touched)
	if seen, ok := ctx.Value(seenKey{}).(*Seen); ok {
		for _, t := range w.Touched {
			seen.note(t.Collection.Name, v)
		}
	}
}

// written records the writes of this node, and returns the version from which on they are visible.
func (c *Cache) written(ctx context.Context, touched []changes.Touched) Version {
	tags := c.tags()
	for _, t := range touched {
		for _, id := range t.IDs {
			tags.add(t.Collection.Name, id)
		}
	}
	v := c.Clock()
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
