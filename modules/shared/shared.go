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

// Store is what nodes share. It is safe for concurrent use.
type Store interface {
	// Take takes one from the bucket of a key. When it is empty, it takes nothing and returns how long
	// to wait.
	Take(ctx context.Context, key string, l Limit) (wait time.Duration, err error)
	// GiveBack puts one back.
	GiveBack(ctx context.Context, key string, l Limit) error
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
