package cache

import (
	"context"
	"errors"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
)

// maxBody is the largest answer that is cached.
const maxBody = 1 << 20

// loadTime limits one database read.
const loadTime = 10 * time.Second

// Load reads from the database. It must see every earlier write.
type Load func(ctx context.Context) (Entry, error)

// Get returns a cached answer, or reads it from the database. Concurrent callers with the same key share one read.
func (c *Cache) Get(ctx context.Context, q *Query, load Load) (Entry, error) {
	if e, ok := c.local.get(q.Key); ok {
		if now := c.Clock(); c.fresh(q, e, now, "local", load) {
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
			return e.aged(c.Clock()), nil
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
	at := c.shared.after(now)
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
	case load != nil && now < e.at+micros(q.TTL+q.Stale) && c.receivesSince(q, e.at):
		c.observe("stale")
		c.refresh(q, load)
		return true
	}
	return false
}

// receivesSince reports whether every relevant change since a version has been received.
func (c *Cache) receivesSince(q *Query, at Version) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	listens := func(collection string) bool {
		h, ok := c.since[collection]
		return ok && h.since <= at
	}
	for _, collection := range q.Collections {
		if !listens(collection) {
			return false
		}
	}
	return q.ID == "" || listens(q.Of)
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
	if err == nil { // another node may have finished between the lookup and the lease, which a third one may hold by now
		if e := c.fromRedis(ctx, r, q, load); e != nil {
			if p.leased {
				p.giveUp(ctx)
			}
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
	seen := c.local.moment()
	e, err := r.get(ctx, q)
	if err != nil || e == nil || !c.fresh(q, e, c.Clock(), "shared", load) {
		return nil
	}
	e.seen = seen
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
	e := &entry{seen: c.local.moment(), at: c.shared.before(c.Now()), tags: q.tags()}
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
