// Package cache caches the answers to reads: the hottest ones in this process, and all of them in Redis if it is
// configured. All nodes share that Redis.
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
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
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
	offset  atomic.Int64 // microseconds by which the clock of Redis is ahead
	wanted  atomic.Pointer[map[string]bool]

	mu    sync.Mutex       // guards the fields below
	since map[string]heard // since when all changes of a collection are received
	url   string
	tasks sync.WaitGroup
	ended bool
}

// heard records since when all changes of a collection are received.
type heard struct {
	by    *listener
	since Version
}

// New returns a cache that stores entries in this process only. The caller must call Close.
func New(config Config) *Cache {
	return &Cache{Config: config, local: newLocal(config.Size), slots: make(chan struct{}, config.Loads), since: map[string]heard{}}
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
func (c *Cache) Resize(size int) { c.local.entries.SetMaximum(uint64(size)) }

// on reports whether anything is cached.
func (c *Cache) on() bool {
	wanted := c.wanted.Load()
	return wanted != nil && len(*wanted) > 0
}

// Clock returns the version of a write that happens now.
func (c *Cache) Clock() Version { return c.clock() }

// clock returns the current time on the clock that all nodes share.
func (c *Cache) clock() Version { return c.onSharedClock(c.Now()) }

func (c *Cache) onSharedClock(now time.Time) Version {
	return Version(now.UnixMicro() + c.offset.Load())
}

func (c *Cache) observe(from string) {
	if c.Observe != nil {
		c.Observe.Answered(from)
	}
}

// maxBody is the largest answer that is cached.
const maxBody = 1 << 20

// loadTime limits one database read.
const loadTime = 10 * time.Second

// Load reads from the database. It must see every earlier write.
type Load func(ctx context.Context) (Entry, error)

// Get returns a cached answer, or reads it from the database. Concurrent callers with the same key share one read.
func (c *Cache) Get(ctx context.Context, q *Query, load Load) (Entry, error) {
	if e, ok := c.local.get(q.Key); ok {
		if now := c.clock(); c.fresh(q, e, now, "local", load) {
			return e.aged(now), nil
		}
	}
	for range 2 {
		v, err, shared := c.flights.Do(q.Key, func() (any, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTime) // other callers wait for it too
			defer cancel()
			return c.fetch(ctx, q, load)
		})
		if err != nil {
			return Entry{}, err
		}
		if e := v.(*entry); e.at > q.After {
			if shared {
				c.observe("waited")
			}
			return e.aged(c.clock()), nil
		}
	}
	e, err := c.ask(ctx, q, nil, load)
	if err != nil {
		return Entry{}, err
	}
	return e.answer, nil
}

// Peek returns an answer from this process if it is fresh at the time of Config.Now. It does no I/O.
func (c *Cache) Peek(q *Query, now time.Time) (Entry, bool) {
	e, ok := c.local.get(q.Key)
	at := c.onSharedClock(now)
	if !ok || !c.fresh(q, e, at, "local", nil) {
		return Entry{}, false
	}
	return e.aged(at), true
}

// fresh reports whether an answer is fresh enough for a question, and counts the hit. An answer past its TTL may be
// served while it is refreshed in the background, unless load is nil.
func (c *Cache) fresh(q *Query, e *entry, now Version, from string, load Load) bool {
	if e.at <= q.After {
		return false
	}
	switch {
	case now < e.at+micros(q.TTL):
		c.observe(from)
		return true
	case load != nil && now < e.at+micros(q.TTL+q.Stale) && c.heardSince(q, e.at):
		c.observe("stale")
		c.refresh(q, load)
		return true
	}
	return false
}

// heardSince reports whether every relevant change since a version has been received.
func (c *Cache) heardSince(q *Query, at Version) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	heard := func(collection string) bool {
		h, ok := c.since[collection]
		return ok && h.since <= at
	}
	for _, collection := range q.Collections {
		if !heard(collection) {
			return false
		}
	}
	return q.ID == "" || heard(q.Of)
}

// refresh fetches an answer in the background.
func (c *Cache) refresh(q *Query, load Load) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || !c.local.claim(q.Key) {
		return
	}
	question := *q
	c.tasks.Go(func() {
		defer c.local.release(question.Key)
		ctx, cancel := context.WithTimeout(context.Background(), loadTime)
		defer cancel()
		_, _, _ = c.flights.Do(question.Key, func() (any, error) { return c.renew(ctx, &question, load) }) // the next read retries
	})
}

func (c *Cache) renew(ctx context.Context, q *Query, load Load) (*entry, error) {
	if r := c.usable(ctx); r != nil {
		if p, err := r.begin(ctx, q); err == nil {
			if !p.leased { // another node is fetching it
				return nil, errElsewhere
			}
			return c.ask(ctx, q, p, load)
		}
	}
	return c.ask(ctx, q, nil, load)
}

var errElsewhere = errors.New("another node fetches it")

// usable returns the Redis store if it can be used now, else nil.
func (c *Cache) usable(ctx context.Context) *remote {
	r := c.remote.Load()
	if r == nil || !r.ready(ctx) {
		return nil
	}
	return r
}

// fetch finds an answer in Redis, or reads it from the database.
func (c *Cache) fetch(ctx context.Context, q *Query, load Load) (*entry, error) {
	r := c.usable(ctx)
	if r == nil {
		c.observe("miss")
		return c.ask(ctx, q, nil, load)
	}
	if e := c.fromRedis(ctx, r, q, load); e != nil {
		return e, nil
	}
	p, err := r.begin(ctx, q)
	if err == nil && !p.leased {
		if e := c.await(ctx, r, q, load); e != nil {
			return e, nil
		}
		p, err = r.begin(ctx, q) // the other node took too long, or its result is already stale
	}
	if err == nil && p.leased { // another node may have finished between the lookup and the lease
		if e := c.fromRedis(ctx, r, q, load); e != nil {
			p.giveUp(ctx)
			return e, nil
		}
	}
	c.observe("miss")
	if err != nil {
		return c.ask(ctx, q, nil, load)
	}
	return c.ask(ctx, q, p, load)
}

// fromRedis returns the answer stored in Redis, or nil if there is no fresh one.
func (c *Cache) fromRedis(ctx context.Context, r *remote, q *Query, load Load) *entry {
	heard := c.local.moment()
	e, err := r.get(ctx, q)
	if err != nil || e == nil || !c.fresh(q, e, c.clock(), "shared", load) {
		return nil
	}
	e.heard = heard
	c.local.put(q.Key, e)
	return e
}

const (
	// awaitTime is how long to wait for another node that fetches the same answer. leaseTime is how long its lease
	// lasts; after that another node may fetch.
	awaitTime  = time.Second
	leaseTime  = 3 * time.Second
	awaitPause = 10 * time.Millisecond
)

func (c *Cache) await(ctx context.Context, r *remote, q *Query, load Load) *entry {
	for deadline := c.Now().Add(awaitTime); c.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(awaitPause):
		}
		if e := c.fromRedis(ctx, r, q, load); e != nil {
			return e
		}
		if busy, err := r.leased(ctx, q); err != nil || !busy {
			return nil
		}
	}
	return nil
}

// ask reads from the database. p is where to store the answer in Redis; it is nil if the answer is not stored
// there.
func (c *Cache) ask(ctx context.Context, q *Query, p *place, load Load) (*entry, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, fault.Retry(fault.Unavailable, time.Second, "the database is busy; try again")
	}
	e := &entry{heard: c.local.moment(), at: c.clock(), tags: q.tags()}
	if p != nil {
		e.at = p.at
	}
	answer, err := load(db.ReadPrimary(ctx))
	if err != nil {
		if p != nil {
			p.giveUp(ctx)
		}
		return nil, err
	}
	e.answer = answer
	if len(answer.Body) <= maxBody {
		c.local.put(q.Key, e)
		if p != nil {
			p.put(ctx, q, e)
		}
	} else if p != nil {
		p.giveUp(ctx)
	}
	return e, nil
}

// aged returns an answer with its age set.
func (e *entry) aged(now Version) Entry {
	a := e.answer
	a.Age = max(0, time.Duration(now-e.at)*time.Microsecond)
	return a
}

func micros(d time.Duration) Version { return Version(d.Microseconds()) }
