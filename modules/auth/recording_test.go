package auth_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// counting counts the transactions of a database, and the inserts that are none's.
type counting struct {
	db.Driver
	transactions, inserts atomic.Int64
}

func (c *counting) Unwrap() db.Driver { return c.Driver }

func (c *counting) Transaction(ctx context.Context, f func(db.Store) error) error {
	c.transactions.Add(1)
	return c.Driver.Transaction(ctx, f)
}

func (c *counting) Insert(ctx context.Context, of *db.Collection, rows []query.Row) error {
	c.inserts.Add(1)
	return c.Driver.Insert(ctx, of, rows)
}

// TestSignIn_IsOneTransaction: the session and its event are stored by one commit.
func TestSignIn_IsOneTransaction(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 10)
	ctx := context.Background()
	ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
	database := &counting{Driver: s.Database}
	s.Database = database
	before := auth.Count(t, s, "signin")
	ok2(s.SignIn(ctx, ada, from("1.1.1.1")))(t)
	if transactions, inserts := database.transactions.Load(), database.inserts.Load(); transactions != 1 || inserts != 0 {
		t.Errorf("%d transactions, and %d inserts beside them", transactions, inserts)
	}
	if n := auth.Count(t, s, "signin") - before; n != 1 {
		t.Errorf("there are %d events", n)
	}
}

// TestSignIn_AnEventThatFailsDoesNot: who may sign in does, once, also when the event cannot be stored. The log says so.
func TestSignIn_AnEventThatFailsDoesNot(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]error{"for any reason": errors.New("full"), "as a request may": fault.Errorf(fault.Unavailable, "away")} {
		t.Run(name, func(t *testing.T) {
			s, _ := newService(t, 10)
			ctx := context.Background()
			signedUp := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t)
			before := auth.Count(t, s, "signin")
			var log strings.Builder
			s.Log = slog.New(slog.NewTextHandler(&log, nil))
			s.Raises = func(event string) bool { return event == "signin" }
			s.Raise = func(context.Context, db.Store, auth.Event) error { return fails }
			session := ok2(s.SignIn(ctx, ada, from("1.1.1.1")))(t)
			ok2(s.RefreshSession(ctx, session.RefreshToken, from("1.1.1.1")))(t)
			if list := ok2(s.Sessions(ctx, in(t, s, signedUp)))(t); len(list) != 2 {
				t.Errorf("there are %d sessions", len(list))
			}
			if n := auth.Count(t, s, "signin") - before; n != 0 || !strings.Contains(log.String(), "could not be stored") {
				t.Errorf("there are %d events, and the log is %s", n, log.String())
			}
		})
	}
}
