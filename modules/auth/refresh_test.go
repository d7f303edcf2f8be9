package auth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
)

// TestRefresh_EveryAncestorEndsTheSession: however often a thief has refreshed, the token that the owner still has
// shows it, on any node.
func TestRefresh_EveryAncestorEndsTheSession(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, generations := range []int{2, 3, 7} {
		s, c := newService(t, 10)
		first := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
		thief := first
		for range generations { // at once, within the time in which the last one works again
			thief = ok2(s.RefreshSession(ctx, thief.RefreshToken, from("6.6.6.6")))(t)
		}
		node := other(t, s)
		_, err := node.RefreshSession(ctx, first.RefreshToken, from("1.1.1.1"))
		code(t, "the owner", err, fault.Unauthenticated)
		_, err = s.RefreshSession(ctx, thief.RefreshToken, from("6.6.6.6"))
		code(t, "the thief", err, fault.Unauthenticated)
		if err := s.Poll(ctx, c.now()); err != nil {
			t.Fatal(err)
		}
		if got := valid(s, thief); got != "revoked" {
			t.Errorf("the thief's access token after %d generations: %s", generations, got)
		}
		if n := auth.Count(t, s, "refresh.reuse"); n != 1 {
			t.Errorf("there are %d events", n)
		}
	}
}

// TestRefresh_WhatIsMadeUpEndsNothing: a token that this server has not made changes nothing, whatever its maker knows.
func TestRefresh_WhatIsMadeUpEndsNothing(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 10)
	ctx := context.Background()
	first := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	second := ok2(s.RefreshSession(ctx, first.RefreshToken, from("1.1.1.1")))(t)
	parts := strings.Split(first.RefreshToken, ".") // session, generation, secret, mac
	stranger := strings.Split(ok2(s.SignUp(ctx, auth.Credentials{Email: "eve@example.com", Password: "correct horse"}, from("6.6.6.6")))(t).RefreshToken, ".")
	for name, token := range map[string]string{
		"the next generation with an old mac": strings.Join([]string{parts[0], "3", parts[2], parts[3]}, "."),
		"no mac":                              strings.Join(parts[:3], "."),
		"an empty mac":                        strings.Join(parts[:3], ".") + ".",
		"the id of a session":                 parts[0],
		"another secret, as before":           parts[0] + ".x",
		"a stranger's secret and mac":         strings.Join([]string{parts[0], stranger[1], stranger[2], stranger[3]}, "."),
		"below the first":                     strings.Join([]string{parts[0], "-1", parts[2], parts[3]}, "."),
		"too large":                           strings.Join([]string{parts[0], "99999999999999999999", parts[2], parts[3]}, "."),
		"five parts":                          first.RefreshToken + ".x",
		"one that is long":                    first.RefreshToken + strings.Repeat("x", 300),
	} {
		_, err := s.RefreshSession(ctx, token, from("6.6.6.6"))
		code(t, name, err, fault.Unauthenticated)
		if err := s.SignOut(ctx, token, true, from("6.6.6.6")); err != nil && fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("%s: signing out: %v", name, err)
		}
	}
	ok2(s.RefreshSession(ctx, second.RefreshToken, from("1.1.1.1")))(t)
}

// TestRefresh_AgainForAMoment: the last token but one gives the same one again, which is noted where it is elsewhere.
func TestRefresh_AgainForAMoment(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 10)
	ctx := context.Background()
	first := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	second := ok2(s.RefreshSession(ctx, first.RefreshToken, from("1.1.1.1")))(t)
	c.advance(9 * time.Second)
	if again := ok2(other(t, s).RefreshSession(ctx, first.RefreshToken, from("1.1.1.1")))(t); again.RefreshToken != second.RefreshToken {
		t.Error("the same request has another answer")
	}
	if n := auth.Count(t, s, "refresh.again"); n != 0 {
		t.Errorf("there are %d events", n)
	}
	ok2(s.RefreshSession(ctx, first.RefreshToken, from("6.6.6.6")))(t)
	if n := auth.Count(t, s, "refresh.again"); n != 1 {
		t.Errorf("there are %d events", n)
	}
	c.advance(2 * time.Second)
	_, err := s.RefreshSession(ctx, first.RefreshToken, from("1.1.1.1"))
	code(t, "later", err, fault.Unauthenticated)
	_, err = s.RefreshSession(ctx, second.RefreshToken, from("1.1.1.1"))
	code(t, "the session", err, fault.Unauthenticated)
}

// TestRefresh_TokensOfBeforeWorkOnceMore: `session.secret`, of a row without a generation.
func TestRefresh_TokensOfBeforeWorkOnceMore(t *testing.T) {
	t.Parallel()
	s, c := newService(t, 10)
	ctx := context.Background()
	parts := strings.Split(ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t).RefreshToken, ".")
	auth.Age(t, s, parts[0])
	old := parts[0] + "." + parts[2]
	next := ok2(s.RefreshSession(ctx, old, from("1.1.1.1")))(t)
	if again := ok2(s.RefreshSession(ctx, old, from("1.1.1.1")))(t); again.RefreshToken != next.RefreshToken {
		t.Error("the same request has another answer")
	}
	ok2(s.RefreshSession(ctx, next.RefreshToken, from("1.1.1.1")))(t)
	c.advance(time.Minute)
	_, err := s.RefreshSession(ctx, old, from("1.1.1.1"))
	code(t, "an old one, later", err, fault.Unauthenticated)
	if n := auth.Count(t, s, "refresh.reuse"); n != 1 {
		t.Errorf("there are %d events", n)
	}
}

// TestRefresh_ASessionEndsHoweverOftenItIsRefreshed, where it has a lifetime, and so do its tokens soon after.
func TestRefresh_ASessionEndsHoweverOftenItIsRefreshed(t *testing.T) {
	s, c := newService(t, 10)
	s.Refresh, s.Lifetime = 2*time.Hour, 5*time.Hour
	ctx := context.Background()
	session := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	for range 4 {
		c.advance(time.Hour)
		session = ok2(s.RefreshSession(ctx, session.RefreshToken, from("1.1.1.1")))(t)
	}
	c.advance(59 * time.Minute)
	session = ok2(s.RefreshSession(ctx, session.RefreshToken, from("1.1.1.1")))(t)
	c.advance(time.Minute)
	_, err := s.RefreshSession(ctx, session.RefreshToken, from("1.1.1.1"))
	code(t, "after five hours", err, fault.Unauthenticated)
}
