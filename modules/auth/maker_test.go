package auth_test

import (
	"context"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
)

// TestMaker_ASessionThatHasEndedMakesNothing: its token may be good for a while yet on another node. What it made before its own
// sign-out stands, until all of the account is taken back.
func TestMaker_ASessionThatHasEndedMakesNothing(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	ctx := context.Background()
	session := ok2(s.SignUp(ctx, ada, auth.Client{}))(t)
	claims := in(t, s, session).User
	made := ok2(s.MakerOf(ctx, claims))(t)
	if err := s.SignOut(ctx, session.RefreshToken, false, auth.Client{}); err != nil {
		t.Fatal(err)
	}
	if m, err := s.MakerOf(ctx, claims); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("a session that has ended makes as %+v, %v", m, err)
	}
	if err := s.Stands(ctx, made); err != nil {
		t.Errorf("signing out has taken back what was made: %v", err)
	}
	for range 2 { // all that was made before, each time
		if err := s.EndSessions(ctx, made.User, auth.Client{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Stands(ctx, made); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("what was made stands: %v", err)
		}
		made = ok2(s.MakerOf(ctx, in(t, s, ok2(s.SignIn(ctx, ada, auth.Client{}))(t)).User))(t)
		if err := s.Stands(ctx, made); err != nil {
			t.Errorf("what is made anew: %v", err)
		}
	}
}
