// Package shared stores data that nodes share and may lose: the counts of limits, and short-lived values. It is
// stored in Redis if that is configured, and in this process otherwise or, for counts, while Redis is unreachable.
//
// It is not for data that must be durable: that belongs in a database.
package shared

import (
	"context"
	"time"
)

// Limit is a token bucket: its size, and the time after which one token is added.
type Limit struct {
	Burst int
	Every time.Duration
}

// Per returns the limit of n per duration, all of which may be used at once.
func Per(n int, window time.Duration) Limit { return Limit{n, window / time.Duration(n)} }

// Usage is the usage of a window.
type Usage struct {
	// Left is how many more are allowed now.
	Left int
	// Wait is how long until the next one is allowed; 0 if this one was counted.
	Wait time.Duration
}

// slide computes the usage of a sliding window from the counts of two fixed ones. The earlier count is assumed to
// be evenly spread. since is the time since the later one began.
func slide(n int, window, since time.Duration, before, now int) Usage {
	part := 1 - float64(since)/float64(window)
	used := float64(before)*part + float64(now)
	if used+1 <= float64(n) {
		return Usage{Left: int(float64(n) - used - 1)}
	}
	if now < n { // until enough of the earlier window has expired
		return Usage{Wait: max(time.Millisecond, time.Duration((part-float64(n-1-now)/float64(before))*float64(window)))}
	}
	return Usage{Wait: window - since + time.Duration((1-float64(n-1)/float64(now))*float64(window))}
}

// Store is shared by all nodes. It is safe for concurrent use.
type Store interface {
	// Take takes one token from the bucket of a key. If it is empty, Take returns how long to wait.
	Take(ctx context.Context, key string, l Limit) (wait time.Duration, err error)
	// GiveBack returns one token.
	GiveBack(ctx context.Context, key string, l Limit) error
	// Count adds some to the count of a key in a sliding window of at most n. If that would exceed n, it counts
	// nothing, and the usage has the time to wait.
	Count(ctx context.Context, key string, some, n int, window time.Duration) (Usage, error)
	// Set stores a value for a lifetime.
	Set(ctx context.Context, key string, value []byte, lifetime time.Duration) error
	// Get returns a value, and false if there is none.
	Get(ctx context.Context, key string) ([]byte, bool, error)
	// Delete deletes a value and reports whether it existed. Of concurrent callers only one gets true.
	Delete(ctx context.Context, key string) (bool, error)
	// Lasting reports whether the data is visible to other nodes and survives a restart of this one.
	Lasting() bool
	Close() error
}
