package token

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Opaque verifies tokens whose claims are kept elsewhere, such as API keys. It caches what was found, for a few
// seconds. It is safe for concurrent use.
type Opaque struct {
	// Verifier knows the sessions that have ended.
	Verifier *Verifier

	mu    sync.Mutex // guards known
	known map[[sha256.Size]byte]found
}

// Lookup returns the claims of a token. It returns an Unauthenticated error if there is no such token; any other
// error says nothing about the token.
type Lookup func(ctx context.Context, token string) (claims map[string]any, err error)

type found struct {
	claims map[string]any
	err    error
	until  time.Time // when it must be looked up again
}

const (
	// lookupTime is how long a node caches what was found for a token.
	lookupTime = 5 * time.Second
	// maxOpaque is the longest such token, in bytes.
	maxOpaque = 200
)

// Verify returns the claims of a token, which has none of its own.
func (o *Opaque) Verify(ctx context.Context, token string, now time.Time, lookup Lookup) (Verified, error) {
	if len(token) > maxOpaque {
		return Verified{}, errMalformed
	}
	sum, epoch := sha256.Sum256([]byte(token)), o.Verifier.epoch()
	f, ok := o.get(sum, now)
	if !ok {
		f = found{until: now.Add(lookupTime)}
		if f.claims, f.err = lookup(ctx, token); f.err != nil && fault.CodeOf(f.err) != fault.Unauthenticated {
			return Verified{}, f.err
		}
		o.put(sum, f)
	}
	if f.err != nil {
		return Verified{}, f.err
	}
	until := f.until
	if exp, ok := seconds(f.claims["exp"]); ok {
		if !now.Before(exp) {
			return Verified{}, ErrExpired
		}
		if exp.Before(until) {
			until = exp
		}
	}
	session, _ := f.claims["sid"].(string)
	if o.Verifier.isRevoked(session) {
		return Verified{}, errRevoked
	}
	return Verified{Claims: f.claims, Own: true, until: until, epoch: epoch}, nil
}

func (o *Opaque) get(sum [sha256.Size]byte, now time.Time) (found, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, ok := o.known[sum]
	return f, ok && now.Before(f.until)
}

func (o *Opaque) put(sum [sha256.Size]byte, f found) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil || len(o.known) >= maxVerified {
		o.known = map[[sha256.Size]byte]found{}
	}
	o.known[sum] = f
}

// Expire drops what must be looked up again.
func (o *Opaque) Expire(now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for sum, f := range o.known {
		if !now.Before(f.until) {
			delete(o.known, sum)
		}
	}
}

// Forget drops everything, and what was verified must be verified again: some tokens have become invalid.
func (o *Opaque) Forget() {
	o.mu.Lock()
	clear(o.known)
	o.mu.Unlock()
	o.Verifier.changes.Add(1)
}
