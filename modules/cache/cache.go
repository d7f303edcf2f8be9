// Package cache keeps answers to reads: the hottest in this process, and all of them in Redis where there is
// one, which then is shared by all nodes.
//
// An answer depends on tags: a document, or a whole collection. Each tag has a version, which changes when what
// it stands for does; an answer is good as long as the versions are those from before it was read from the
// database. So a read that is slower than a write can store what it has found, and nobody is shown it.
//
// It is not for deciding who may see an answer: its key has all that the answer depends on, the residual of
// the rule included.
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

// Version is a moment, in microseconds since 1970 on the clock that all nodes share.
type Version int64

// Answer is what a read has found.
type Answer struct {
	// Body is the answer as it is sent, and Tag its entity tag.
	Body []byte
	Tag  string
	// Missing says that there is nothing to answer with.
	Missing bool
	// Age is how old the answer was when it was given.
	Age time.Duration
}

// Question names an answer.
type Question struct {
	// Key is different for every two questions that can have different answers.
	Key string
	// Collections are those whose every change may change the answer.
	Collections []string
	// Of and ID are the collection and id of the one document that the answer is made of; ID is empty where
	// there is none.
	Of, ID string
	// TTL is how long an answer is good, and Stale how long after that it is given while another is fetched,
	// as long as nothing is known to have changed.
	TTL, Stale time.Duration
	// After is what the caller has seen already: an answer that was read before is not for it.
	After Version
}

// tags returns what the answer depends on.
func (q *Question) tags() []string {
	out := make([]string, 0, len(q.Collections)+3)
	out = append(out, everything)
	out = append(out, q.Collections...)
	if q.ID != "" {
		out = append(out, documentTag(q.Of, q.ID), unknownTag(q.Of))
	}
	return out
}

// everything is the tag of all answers.
const everything = ""

// Names of collections are letters, digits and _, so that no id can make the tag of another document.
func documentTag(collection, id string) string { return collection + ":" + id }

// unknownTag is the tag of all documents of a collection, for changes of which nobody says what they touched.
func unknownTag(collection string) string { return collection + ":" }

// Observer counts. Its methods return at once.
type Observer interface {
	// Answered is told where an answer came from: local, shared, stale, waited (for one that somebody else
	// has fetched), or miss.
	Answered(from string)
	// Away is told whether Redis is away.
	Away(bool)
}

// Config is what a [Cache] needs. Observe may be nil.
type Config struct {
	Now     func() time.Time
	Observe Observer
	// Size is how many bytes are kept in this process.
	Size int
	// Loads is how many questions are asked of databases at once.
	Loads int
}

// Cache is the cache of a process. It is safe for concurrent use.
type Cache struct {
	Config
	local   *local
	remote  atomic.Pointer[remote]
	flights singleflight.Group
	slots   chan struct{}
	offset  atomic.Int64 // microseconds that the clock of Redis is ahead
	wanted  atomic.Pointer[map[string]bool]

	mu    sync.Mutex       // guards what follows
	since map[string]heard // since when all changes of a collection are heard
	url   string
	tasks sync.WaitGroup
	ended bool
}

// heard says since when all changes of a collection are heard.
type heard struct {
	driver db.Driver
	since  Version
}

// New returns a cache that keeps answers in this process alone. The caller closes it.
func New(config Config) *Cache {
	return &Cache{Config: config, local: newLocal(config.Size), slots: make(chan struct{}, config.Loads), since: map[string]heard{}}
}

// Use keeps answers in the Redis server of a URL from now on, in this process alone for an empty one. collections
// are those whose changes matter, and whether answers are made of single documents of them; where there are
// none, what is written is not looked at.
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

// Close waits for what is under way.
func (c *Cache) Close() error {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.tasks.Wait()
	return c.Use("", nil)
}

// Resize changes how many bytes are kept in this process.
func (c *Cache) Resize(size int) { c.local.entries.SetMaximum(uint64(size)) }

// on reports whether there is anything to keep.
func (c *Cache) on() bool {
	wanted := c.wanted.Load()
	return wanted != nil && len(*wanted) > 0
}

// Clock returns the version of what is written now.
func (c *Cache) Clock() Version { return c.clock() }

// clock returns the time that all nodes share.
func (c *Cache) clock() Version { return c.onSharedClock(c.Now()) }

func (c *Cache) onSharedClock(now time.Time) Version {
	return Version(now.UnixMicro() + c.offset.Load())
}

func (c *Cache) observe(from string) {
	if c.Observe != nil {
		c.Observe.Answered(from)
	}
}

// maxBody bounds the answers that are kept.
const maxBody = 1 << 20

// loadTime bounds a question to a database.
const loadTime = 10 * time.Second

// Load asks the database. It must see everything that was written before.
type Load func(ctx context.Context) (Answer, error)

// Get returns the answer to a question, and asks the database when there is none. Those who ask the same at the
// same time share one question to the database.
func (c *Cache) Get(ctx context.Context, q *Question, load Load) (Answer, error) {
	if e, ok := c.local.get(q.Key); ok {
		if now := c.clock(); c.good(q, e, now, "local", load) {
			return e.aged(now), nil
		}
	}
	for range 2 {
		v, err, shared := c.flights.Do(q.Key, func() (any, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTime) // others wait for it, too
			defer cancel()
			return c.fetch(ctx, q, load)
		})
		if err != nil {
			return Answer{}, err
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
		return Answer{}, err
	}
	return e.answer, nil
}

// Peek returns an answer that this process has and that is good at a time of Config.Now, and asks nobody.
func (c *Cache) Peek(q *Question, now time.Time) (Answer, bool) {
	e, ok := c.local.get(q.Key)
	at := c.onSharedClock(now)
	if !ok || !c.good(q, e, at, "local", nil) {
		return Answer{}, false
	}
	return e.aged(at), true
}

// good reports whether an answer, which was found somewhere, is new enough for a question, and counts it. One that
// is past its time may be, while it is fetched anew, unless load is nil.
func (c *Cache) good(q *Question, e *entry, now Version, from string, load Load) bool {
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

// heardSince reports whether no change that matters can have been missed since a moment.
func (c *Cache) heardSince(q *Question, at Version) bool {
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
func (c *Cache) refresh(q *Question, load Load) {
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
		_, _, _ = c.flights.Do(question.Key, func() (any, error) { return c.renew(ctx, &question, load) }) // the next one tries again
	})
}

func (c *Cache) renew(ctx context.Context, q *Question, load Load) (*entry, error) {
	if r := c.usable(ctx); r != nil {
		if p, err := r.begin(ctx, q); err == nil {
			if !p.leased { // another node is at it
				return nil, errElsewhere
			}
			return c.ask(ctx, q, p, load)
		}
	}
	return c.ask(ctx, q, nil, load)
}

var errElsewhere = errors.New("another node fetches it")

// usable returns Redis where it can be asked now.
func (c *Cache) usable(ctx context.Context) *remote {
	r := c.remote.Load()
	if r == nil || !r.ready(ctx) {
		return nil
	}
	return r
}

// fetch finds an answer in Redis, or asks the database.
func (c *Cache) fetch(ctx context.Context, q *Question, load Load) (*entry, error) {
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
		p, err = r.begin(ctx, q) // it has taken too long, or what it has found is old already
	}
	if err == nil && p.leased { // another may have finished between the look and the lease
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

// fromRedis returns what Redis has, nil where that is nothing good.
func (c *Cache) fromRedis(ctx context.Context, r *remote, q *Question, load Load) *entry {
	heard := c.local.moment()
	e, err := r.get(ctx, q)
	if err != nil || e == nil || !c.good(q, e, c.clock(), "shared", load) {
		return nil
	}
	e.heard = heard
	c.local.put(q.Key, e)
	return e
}

const (
	// awaitTime is how long to wait for another node that fetches an answer, and leaseTime how long it may take
	// before others do the same.
	awaitTime  = time.Second
	leaseTime  = 3 * time.Second
	awaitPause = 10 * time.Millisecond
)

func (c *Cache) await(ctx context.Context, r *remote, q *Question, load Load) *entry {
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

// ask asks the database. p is the place of the answer in Redis, nil where there is none.
func (c *Cache) ask(ctx context.Context, q *Question, p *place, load Load) (*entry, error) {
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
	answer, err := load(db.Strong(ctx))
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

// aged returns an answer with its age.
func (e *entry) aged(now Version) Answer {
	a := e.answer
	a.Age = max(0, time.Duration(now-e.at)*time.Microsecond)
	return a
}

func micros(d time.Duration) Version { return Version(d.Microseconds()) }
