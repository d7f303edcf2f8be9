// Package shared keeps what nodes have in common and may lose: the counts of limits, and values that
// live for a while. It is kept in Redis when there is one, and in this process otherwise.
//
// It is not for anything that has to be there tomorrow: that is for a database.
package shared

import (
	"context"
	"time"
)

// Limit is a token bucket: so many at once, and one more after each while.
type Limit struct {
	Burst int
	Every time.Duration
}

// Per returns the limit of n in a time, all of which may come at once.
func Per(n int, window time.Duration) Limit { return Limit{n, window / time.Duration(n)} }

// Usage is how much of a window is used.
type Usage struct {
	// Left is how many more there may be now.
	Left int
	// Wait is how long until there may be another one; 0 when this one was counted.
	Wait time.Duration
}

// slide works out the usage of a sliding window from the counts of two fixed ones, of which the earlier one is
// taken for evenly spread. since is the time since the later one has begun.
func slide(n int, window, since time.Duration, before, now int) Usage {
	part := 1 - float64(since)/float64(window)
	used := float64(before)*part + float64(now)
	if used+1 <= float64(n) {
		return Usage{Left: int(float64(n) - used - 1)}
	}
	if now < n { // when enough of the earlier window is out of sight
		return Usage{Wait: max(time.Millisecond, time.Duration((part-float64(n-1-now)/float64(before))*float64(window)))}
	}
	return Usage{Wait: window - since + time.Duration((1-float64(n-1)/float64(now))*float64(window))}
}

// Store is what nodes share. It is safe for concurrent use.
type Store interface {
	// Take takes one from the bucket of a key. When it is empty, it takes nothing and returns how long
	// to wait.
	Take(ctx context.Context, key string, l Limit) (wait time.Duration, err error)
	// GiveBack puts one back.
	GiveBack(ctx context.Context, key string, l Limit) error
	// Count counts some for a key in a sliding window, unless there were more than n in it then: in that case
	// it counts nothing, and the usage says how long to wait.
	Count(ctx context.Context, key string, some, n int, window time.Duration) (Usage, error)
	// Set keeps a value for a time.
	Set(ctx context.Context, key string, value []byte, lifetime time.Duration) error
	// Get returns a value, and false when there is none.
	Get(ctx context.Context, key string) ([]byte, bool, error)
	// Delete forgets a value and reports whether there was one, which it tells one caller only.
	Delete(ctx context.Context, key string) (bool, error)
	// Lasting reports whether other nodes, and this one after a restart, have what is kept.
	Lasting() bool
	Close() error
}
