package auth_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth"
)

// TestSignIn_AnUnknownUserTakesTheSameWork measures the work in memory, which a hash takes 19 MiB of, and not
// in time: a password is hashed whether there is a user or not, and whether they have one or not.
func TestSignIn_AnUnknownUserTakesTheSameWork(t *testing.T) {
	s, _ := newService(t, 100)
	s.Anonymous = true
	ctx := context.Background()
	ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	if _, err := s.MakeUser(ctx, auth.Import{Email: "bob@example.com"}, from("")); err != nil { // without a password
		t.Fatal(err)
	}
	work := func(email string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = s.SignIn(ctx, auth.Credentials{Email: email, Password: "wrong horse"}, from("2.2.2.2")) // it fails
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) >> 20
	}
	known, unknown, without := work(ada.Email), work("nobody@example.com"), work("bob@example.com")
	if known < 19 || unknown != known || without != known {
		t.Errorf("a known user takes %d MiB, an unknown one %d, one without a password %d", known, unknown, without)
	}
}
