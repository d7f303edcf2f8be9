package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/shared"
)

// Guessing is limited three times. From one address to one account, each failure doubles the wait; an
// address may fail so often with any accounts; and an account may be tried so often from addresses that
// have never signed in to it. An address that has is not stopped by what others do: nobody can lock
// somebody else out.
const (
	knownTime  = 30 * 24 * time.Hour // how long an address is known to an account
	strikeTime = 15 * time.Minute    // how long failures from one address to one account count
)

// triesPerAttempt is how many times as many as failures there may be of what succeeds, or costs work.
const triesPerAttempt = 6

func (s *Service) window(times int) shared.Limit {
	attempts := 10
	if s.Config.Password != nil {
		attempts = s.Config.Password.Attempts
	}
	return shared.Per(attempts*times, strikeTime)
}

var errTooMany = &fault.Error{Code: fault.RateLimited, Detail: "too many attempts; wait and try again"}

func tooMany(wait time.Duration) error {
	e := *errTooMany
	e.RetryAfter = wait
	return &e
}

// guess is a try to sign in to an account, whether there is one or not.
type guess struct {
	service        *Service
	account, known string
	address        string
	stranger       bool
}

// guess begins a try, or is an error when there have been too many.
func (s *Service) guess(ctx context.Context, account, address string) (*guess, error) {
	address = shared.Network(address)
	g := &guess{service: s, account: "account:" + hashSecret(account).Text()[:32], address: "address:" + address}
	g.known = "known:" + g.account + ":" + address
	_, known, err := s.Shared.Get(ctx, g.known)
	g.stranger = err != nil || !known
	if wait := s.struck(ctx, g.strikes()); wait > 0 {
		return nil, tooMany(wait)
	}
	// Right ones count as well, since they cost the same: nobody needs them that often.
	if err := s.take(ctx, "try:"+g.account+":"+address, s.window(triesPerAttempt)); err != nil {
		return nil, err
	}
	if err := s.take(ctx, g.address, s.window(10)); err != nil {
		return nil, err
	}
	if err := s.take(ctx, g.account+":"+address, s.window(1)); err != nil {
		return nil, err
	}
	if g.stranger {
		if err := s.take(ctx, g.account, s.window(5)); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (s *Service) take(ctx context.Context, key string, l shared.Limit) error {
	wait, err := s.Shared.Take(ctx, key, l)
	if err != nil {
		return err
	}
	if wait > 0 {
		return tooMany(wait)
	}
	return nil
}

func (g *guess) strikes() string { return "strikes:" + g.account + ":" + g.address }

// freeStrikes is how many failures cost no wait.
const freeStrikes = 3

// struck returns how long an address has to wait with an account: two seconds after the failures that are
// free, and twice as long after each more.
func (s *Service) struck(ctx context.Context, key string) time.Duration {
	count, at := s.strikesOf(ctx, key)
	if count <= freeStrikes {
		return 0
	}
	return at.Add(min(time.Second<<min(count-freeStrikes, 20), strikeTime)).Sub(s.Now())
}

func (s *Service) strikesOf(ctx context.Context, key string) (count int, last time.Time) {
	v, ok, err := s.Shared.Get(ctx, key)
	if err != nil || !ok {
		return 0, last
	}
	var at int64
	if _, err := fmt.Sscanf(string(v), "%d %d", &count, &at); err != nil {
		return 0, last
	}
	return count, time.UnixMilli(at)
}

// wrong ends a try that has failed.
func (g *guess) wrong(ctx context.Context) {
	count, _ := g.service.strikesOf(ctx, g.strikes())
	_ = g.service.Shared.Set(ctx, g.strikes(), fmt.Appendf(nil, "%d %d", count+1, g.service.Now().UnixMilli()), 2*strikeTime) // the buckets count, too
}

// right ends a try that was no guess.
func (g *guess) right(ctx context.Context) {
	s := g.service
	_ = s.Shared.GiveBack(ctx, g.address, s.window(10)) // losing a count harms nobody
	_ = s.Shared.GiveBack(ctx, g.account+":"+g.addressOnly(), s.window(1))
	if g.stranger {
		_ = s.Shared.GiveBack(ctx, g.account, s.window(5))
	}
	_, _ = s.Shared.Delete(ctx, g.strikes())
	_ = s.Shared.Set(ctx, g.known, []byte("1"), knownTime)
}

func (g *guess) addressOnly() string { return g.address[len("address:"):] }

// Throttle counts a request to something that sends or makes, from an address, and for an account where
// one is named.
func (s *Service) throttle(ctx context.Context, what, account, address string) error {
	if err := s.take(ctx, what+":address:"+shared.Network(address), shared.Per(30, time.Hour)); err != nil {
		return err
	}
	if account == "" {
		return nil
	}
	return s.take(ctx, what+":account:"+hashSecret(account).Text()[:32], shared.Per(5, 15*time.Minute))
}
