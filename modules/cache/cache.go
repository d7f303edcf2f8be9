// Package cache caches the answers to reads: the hottest ones in this process, and all of them in Redis if it is
// configured. All nodes share that Redis. While it is unreachable, a node uses its memory and the database.
//
// An entry depends on tags. A tag stands for one document or for a whole collection. Each tag has a version, which
// changes with every write to what the tag stands for. An entry is fresh as long as its tags have the versions
// they had before the read began. So a read that is overtaken by a write may store its result, but that entry is
// never served.
//
// It is not for deciding who may see an answer: the cache key contains everything the answer depends on, including
// the residual of the rule.
package cache

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// Version is a time in microseconds since 1970, on the clock that all nodes share.
type Version int64

// Entry is the result of a read.
type Entry struct {
	// Body is the answer as it is sent, and Tag is its entity tag.
	Body []byte
	Tag  string
	// Missing is true if there is no document to return.
	Missing bool
	// Age is how old the answer was when it was returned.
	Age time.Duration
}

// Query identifies an answer.
type Query struct {
	// Key differs for any two questions whose answers can differ.
	Key string
	// Collections lists the collections in which any change may change the answer.
	Collections []string
	// Of and ID are the collection and id of the only document in the answer. ID is empty if the answer is not a
	// single document.
	Of, ID string
	// TTL is how long an answer is fresh. Stale is how much longer it is served while it is refreshed, as long as
	// no change is known.
	TTL, Stale time.Duration
	// After is the version the caller has already seen. Answers read before it are not returned.
	After Version
}

// tags returns the tags that the answer depends on.
func (q *Query) tags() []string {
	out := make([]string, 0, len(q.Collections)+3)
	out = append(out, everything)
	out = append(out, q.Collections...)
	if q.ID != "" {
		out = append(out, documentTag(q.Of, q.ID), unknownTag(q.Of))
	}
	return out
}

// everything is the tag that all answers share.
const everything = ""

// Names of collections contain only letters, digits and _, so an id cannot form the tag of another document.
func documentTag(collection, id string) string { return collection + ":" + id }

// unknownTag is the tag of all documents of a collection. It is used for changes that do not name their documents.
func unknownTag(collection string) string { return collection + ":" }

// Observer receives metrics. Its methods must return at once.
type Observer interface {
	// Answered reports the source of an answer: local, shared, stale, waited (another caller fetched it), or miss.
	Answered(from string)
	// Away reports whether Redis is unreachable.
	Away(bool)
}

// Config configures a [Cache]. Observe may be nil.
type Config struct {
	Now     func() time.Time
	Observe Observer
	// Size is the memory limit of this process, in bytes.
	Size int
	// Loads limits concurrent database reads.
	Loads int
}

// Cache is the cache of one process. It is safe for concurrent use.
type Cache struct {
	Config
	local   *local
	remote  atomic.Pointer[remote]
	flights singleflight.Group
	slots   chan struct{}
	shared  sharedClock
	wanted  atomic.Pointer[map[string]bool]

	mu    sync.Mutex           // guards the fields below
	since map[string]listening // since when all changes of a collection are received
	url   string
	tasks sync.WaitGroup
	ended bool
}

// listening records since when all changes of a collection are received.
type listening struct {
	by    *listener
	since Version
}

// New returns a cache that stores entries in this process only. The caller must call Close.
func New(config Config) *Cache {
	return &Cache{Config: config, local: newLocal(config.Size), slots: make(chan struct{}, config.Loads), since: map[string]listening{}}
}

// Use switches to the Redis server at url, or to this process only if url is empty. collections names the
// collections whose changes matter; the value is true if single documents of it are cached. If it is empty, writes
// are not recorded.
func (c *Cache) Use(url string, collections map[string]bool) error {
	c.wanted.Store(&collections)
	if len(collections) == 0 {
		url = ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if url == c.url {
		return nil
	}
	var next *remote
	if url != "" {
		var err error
		if next, err = openRemote(url, c); err != nil {
			return err
		}
	}
	c.url = url
	c.local.loseAll()
	if old := c.remote.Swap(next); old != nil {
		return old.close()
	}
	return nil
}

// Close waits for background work to finish.
func (c *Cache) Close() error {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.tasks.Wait()
	return c.Use("", nil)
}

// Resize changes the memory limit of this process, in bytes.
func (c *Cache) Resize(size int) { c.local.resize(size) }

// on reports whether anything is cached.
func (c *Cache) on() bool {
	wanted := c.wanted.Load()
	return wanted != nil && len(*wanted) > 0
}

// Clock returns the version of a write that happens now: no node has read anything later.
func (c *Cache) Clock() Version { return c.shared.after(c.Now()) }

func (c *Cache) observe(from string) {
	if c.Observe != nil {
		c.Observe.Answered(from)
	}
}
