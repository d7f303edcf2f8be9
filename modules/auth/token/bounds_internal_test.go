package token

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

// TestVerifier_RemembersABoundedNumber of tokens, and of sessions that have ended no longer than their tokens last.
func TestVerifier_RemembersABoundedNumber(t *testing.T) {
	t.Parallel()
	v := &Verifier{Authority: &Authority{}}
	now := time.Unix(1_700_000_000, 0)
	for n := range 3 * maxVerified {
		v.remember(sha256.Sum256(fmt.Append(nil, n)), verifiedToken{expires: now.Add(time.Hour)}, now)
		if len(v.verified) > maxVerified {
			t.Fatalf("%d tokens are remembered", len(v.verified))
		}
	}
	for n := range 10_000 {
		v.Revoke(map[string]time.Time{fmt.Sprint(n): now.Add(time.Second)}, now.Add(time.Duration(n)*time.Second))
		if len(v.revoked) > 2 {
			t.Fatalf("%d sessions are remembered", len(v.revoked))
		}
	}
}

// TestOpaque_RemembersABoundedNumber of what was found, and of what was not.
func TestOpaque_RemembersABoundedNumber(t *testing.T) {
	t.Parallel()
	o := &Opaque{Verifier: &Verifier{Authority: &Authority{}}}
	now := time.Unix(1_700_000_000, 0)
	for n := range 2*maxVerified + 10 {
		_, err := o.Verify(context.Background(), fmt.Sprint("made up ", n), now, func(context.Context, string) (map[string]any, error) {
			return nil, fault.Errorf(fault.Unauthenticated, "none")
		})
		if fault.CodeOf(err) != fault.Unauthenticated || len(o.known) > maxVerified {
			t.Fatalf("%d tokens are remembered, %v", len(o.known), err)
		}
	}
	if o.Expire(now.Add(time.Minute)); len(o.known) != 0 {
		t.Errorf("%d are left", len(o.known))
	}
}
