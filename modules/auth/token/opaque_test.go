package token_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/fault"
)

// TestOpaque_IsLookedUpAgain: what was found counts for a few seconds, and not when it may have become invalid.
func TestOpaque_IsLookedUpAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		claims map[string]any
		fails  error
		change func(o *token.Opaque, c *clock)
		again  string // the code of the second answer
		asked  int    // how often it is looked up in two calls
	}{
		"at once":                 {claims: map[string]any{"sub": "u"}, again: "<nil>", asked: 1},
		"after a while":           {claims: map[string]any{"sub": "u"}, change: func(_ *token.Opaque, c *clock) { c.advance(5 * time.Second) }, again: "<nil>", asked: 2},
		"after it was forgotten":  {claims: map[string]any{"sub": "u"}, change: func(o *token.Opaque, _ *clock) { o.Forget() }, again: "<nil>", asked: 2},
		"an unknown one":          {fails: token.Refused("unknown_key", "there is none"), again: "unknown_key", asked: 1},
		"the database fails":      {fails: errors.New("away"), again: "away", asked: 2},
		"when its time is over":   {claims: map[string]any{"exp": at(time.Second)}, change: func(_ *token.Opaque, c *clock) { c.advance(time.Second) }, again: "expired", asked: 1},
		"when its session ended":  {claims: map[string]any{"sid": "s"}, change: revoke("s"), again: "revoked", asked: 1},
		"when another one's did":  {claims: map[string]any{"sid": "s"}, change: revoke("other"), again: "<nil>", asked: 1},
		"of no session, revoked ": {claims: map[string]any{}, change: revoke(""), again: "<nil>", asked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			n, c, asked := newNode(t, "HS256", secret), &clock{at: start}, 0
			o := &token.Opaque{Verifier: n.Verifier}
			verify := func() (token.Verified, error) {
				return o.Verify(context.Background(), "key", c.now(), func(context.Context, string) (map[string]any, error) {
					asked++
					return test.claims, test.fails
				})
			}
			v, err := verify()
			if (err == nil) != (test.fails == nil) || err == nil && !n.Holds(v, c.now()) {
				t.Errorf("at first: %v, or it does not hold", err)
			}
			if test.change != nil {
				test.change(o, c)
				if n.Holds(v, c.now()) {
					t.Error("what was verified before holds")
				}
			}
			if _, err := verify(); why(err) != test.again || asked != test.asked {
				t.Errorf("then: %v, looked up %d times", err, asked)
			}
		})
	}
	o := &token.Opaque{Verifier: newNode(t, "HS256", secret).Verifier}
	if _, err := o.Verify(context.Background(), strings.Repeat("x", 201), start, nil); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("a long one: %v", err)
	}
}

func revoke(session string) func(*token.Opaque, *clock) {
	return func(o *token.Opaque, c *clock) {
		o.Verifier.Revoke(map[string]time.Time{session: c.now().Add(time.Hour)}, c.now())
	}
}
