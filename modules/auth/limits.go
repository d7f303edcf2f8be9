package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/shared"
)

// Guessing has three limits. For one address and one account, each failure doubles the wait. One address has a
// limit over all accounts. One account has a limit over all addresses that have never signed in to it. An address
// that has signed in is not affected by others, so an attacker cannot lock a user out.
const (
	knownTime  = 30 * 24 * time.Hour // how long an account remembers an address
	strikeTime = 15 * time.Minute    // how long failures of one address at one account count
)

// triesPerAttempt is the limit of all attempts, including successful ones, as a multiple of the limit of failures.
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

// attempt is an attempt to sign in to an account, whether or not it exists.
type attempt struct {
	service        *Service
	account, known string
	address        string
	stranger       bool
}

// attempt begins an attempt. It returns an error if there have been too many.
func (s *Service) attempt(ctx context.Context, account, address string) (*attempt, error) {
	address = shared.Network(address)
	g := &attempt{service: s, account: "account:" + hashSecret(account)[:32], address: "address:" + address}
	g.known = "known:" + g.account + ":" + address
	_, known, err := s.Shared.Get(ctx, g.known)
	g.stranger = err != nil || !known
	if wait := s.struck(ctx, g.failuresKey()); wait > 0 {
		return nil, tooMany(wait)
	}
	// Successful attempts count too, since they cost the same: no legitimate client needs that many.
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

func (g *attempt) failuresKey() string { return "strikes:" + g.account + ":" + g.address }

// freeStrikes is how many failures cause no wait.
const freeStrikes = 3

// struck returns how long an address must wait at an account: two seconds after the free failures, doubled with
// each further one.
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

// fail ends a failed attempt.
func (g *attempt) fail(ctx context.Context) {
	count, _ := g.service.strikesOf(ctx, g.failuresKey())
	_ = g.service.Shared.Set(ctx, g.failuresKey(), fmt.Appendf(nil, "%d %d", count+1, g.service.Now().UnixMilli()), 2*strikeTime) // the buckets limit as well
}

// succeed ends a successful attempt.
func (g *attempt) succeed(ctx context.Context) {
	s := g.service
	_ = s.Shared.GiveBack(ctx, g.address, s.window(10)) // a lost count is harmless
	_ = s.Shared.GiveBack(ctx, g.account+":"+g.addressOnly(), s.window(1))
	if g.stranger {
		_ = s.Shared.GiveBack(ctx, g.account, s.window(5))
	}
	_, _ = s.Shared.Delete(ctx, g.failuresKey())
	_ = s.Shared.Set(ctx, g.known, []byte("1"), knownTime)
}

func (g *attempt) addressOnly() string { return g.address[len("address:"):] }

// Limits are how often one address may do what sends or makes something. The zero value of one is its default.
type Limits struct {
	// SignUps and Anonymous count new accounts, Mails the mails that are asked for, and OAuth the sign-ins elsewhere that
	// begin: by the address of the client. Recipient counts the mails to one mailbox.
	SignUps, Anonymous, Mails, OAuth, Recipient shared.Limit
}

// withDefaults fills in what is not set. A class that signs up behind one address fits.
func (l Limits) withDefaults() Limits {
	setDefault(&l.SignUps, shared.Per(200, time.Hour))
	setDefault(&l.Anonymous, shared.Per(200, time.Hour))
	setDefault(&l.Mails, shared.Per(100, time.Hour))
	setDefault(&l.OAuth, shared.Per(300, time.Hour))
	setDefault(&l.Recipient, shared.Per(5, 15*time.Minute))
	return l
}

func setDefault(l *shared.Limit, value shared.Limit) {
	if l.Burst == 0 {
		*l = value
	}
}

// triesPerSignUp is how many attempts to sign up, refused ones included, each sign-up of the limit allows.
const triesPerSignUp = 3

// throttleTry counts an attempt to sign up, before any work is done for it.
func (s *Service) throttleTry(ctx context.Context, address string) error {
	l := s.Limits.SignUps
	return s.take(ctx, "try:address:"+shared.Network(address), shared.Limit{Burst: l.Burst * triesPerSignUp, Every: l.Every / triesPerSignUp})
}

// throttle counts a request that sends or creates something for its address.
func (s *Service) throttle(ctx context.Context, what string, l shared.Limit, address string) error {
	return s.take(ctx, what+":address:"+shared.Network(address), l)
}

// throttleMail counts a mail for the address that asks for it, and for its recipient.
func (s *Service) throttleMail(ctx context.Context, recipient, address string) error {
	if err := s.throttle(ctx, "mail", s.Limits.Mails, address); err != nil {
		return err
	}
	return s.take(ctx, "mail:account:"+hashSecret(recipient)[:32], s.Limits.Recipient)
}
