package server

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/clock"
	"github.com/basalt-dev/basalt/modules/events"
	"github.com/basalt-dev/basalt/modules/idempotency"
)

const (
	pollInterval  = 2 * time.Second  // how often a node asks which sessions have ended
	keysInterval  = 20 * time.Second // how often it reads the keys of tokens; a new one waits for a minute
	pruneInterval = 10 * time.Minute // how often it removes what has expired
)

// poll keeps the current configuration up to date with what other nodes do, until ctx ends.
func (s *Server) poll(ctx context.Context) {
	since, keys, pruned, failed := s.options.Now(), s.options.Now(), s.options.Now(), false
	clock.Every(ctx, pollInterval, func() {
		now := s.options.Now()
		if now.Sub(pruned) >= pruneInterval {
			pruned = now
			s.pruneOnce(ctx)
		}
		err := s.pollOnce(ctx, since, now.Sub(keys) >= keysInterval)
		if err != nil && ctx.Err() == nil && !failed {
			s.logger.Load().Error("reading which sessions have ended failed; it is tried again", "error", err.Error())
		}
		if failed = err != nil; failed {
			return
		}
		if since = now; now.Sub(keys) >= keysInterval {
			keys = now
		}
	})
}

// Sweep begins to look for bytes that no document has, when the last time is long ago.
func (s *Server) Sweep() { s.with(func(r *runtime) { r.files.Sweep() }) }

func (s *Server) pruneOnce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s.with(func(r *runtime) {
		if err := r.prune(ctx); err != nil && ctx.Err() == nil {
			r.logger.Warn("removing what has expired; it is tried again", "error", err.Error())
		}
	})
}

func (s *Server) pollOnce(ctx context.Context, since time.Time, keys bool) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s.with(func(r *runtime) {
		if r.auth == nil {
			return
		}
		if err = r.auth.Poll(ctx, since); err == nil && keys {
			err = r.readKeys(ctx)
		}
	})
	return err
}

// prune removes the answers that have expired, the events that were delivered long ago, and what the audit keeps no longer.
func (r *runtime) prune(ctx context.Context) error {
	for name := range r.repeats {
		if err := idempotency.Prune(ctx, r.databases[name], r.server.options.Now()); err != nil {
			return err
		}
	}
	for _, d := range r.outboxes.Deliverers {
		if err := events.Prune(ctx, d.Database, r.server.options.Now()); err != nil {
			return err
		}
	}
	r.files.Sweep()
	if r.auth != nil {
		return r.auth.Prune(ctx)
	}
	return nil
}

// readKeys takes over the keys that the database has now.
func (r *runtime) readKeys(ctx context.Context) error {
	t := r.config.Auth.Tokens
	if t.Secret != "" {
		return nil
	}
	found, _, err := token.ReadKeys(ctx, store.KeyStore{Database: r.databases[r.config.Auth.Database]}, t.Algorithm, r.server.options.Now())
	if err == nil {
		r.verifier.Authority.SetKeys(found)
	}
	return err
}
