package auth

import (
	"cmp"
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// An account is deleted by its user or by an administrator, in one transaction with all stored data about the
// person and their profile. The audit log keeps what happened to which id, but no addresses or details.

// RemoveOwn deletes the account of the client's user, who must reauthenticate.
func (s *Service) RemoveOwn(ctx context.Context, client Client) error {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return err
	}
	if err := s.reauthenticated(ctx, user, client); err != nil {
		return err
	}
	if err := s.removeUser(ctx, user.ID, Event{Name: "removed"}); err != nil {
		return err
	}
	s.notify(ctx, user, "The account has been removed.")
	return nil
}

// RemoveUser deletes an account for an administrator.
func (s *Service) RemoveUser(ctx context.Context, id string, client Client) error {
	if err := s.removeUser(ctx, id, Event{Name: "removed", Actor: client.actor()}); err != nil {
		return err
	}
	s.audit(ctx, Event{Name: "user.removed", User: id, Actor: client.actor(), Client: client})
	return nil
}

// removeUser deletes an account, and records the event in the same transaction.
func (s *Service) removeUser(ctx context.Context, id string, event Event) error {
	event.User = id
	err := s.endingIn(ctx, s.withoutProfile(id), func(tx db.Store) (map[string]time.Time, error) {
		user, err := lockUser(ctx, tx, id, db.Exclusive)
		if err != nil || user == nil {
			return nil, cmp.Or(err, error(errNoAccount))
		}
		ended, err := s.withdraw(ctx, tx, user)
		if err != nil {
			return nil, err
		}
		if err := s.revokeIn(ctx, tx, ended, impersonated(id)); err != nil {
			return nil, err
		}
		if _, err := store.Events.Update(ctx, tx, store.EventUser.Is(id), store.EventIP.Clear(), store.EventDetail.To(query.RawJSON("{}"))); err != nil {
			return nil, err
		}
		if _, err = store.Users.Delete(ctx, tx, store.UserID.Is(id)); err != nil {
			return nil, err
		}
		return ended, s.record(ctx, tx, event)
	})
	if err == nil {
		s.opaque.Forget()
		s.announce(ctx, event)
	}
	return err
}

// lockUser returns a user and locks the row until the end of the transaction; nil if there is none.
func lockUser(ctx context.Context, tx db.Store, id string, lock db.Lock) (*store.User, error) {
	rows, err := store.Users.Lock(ctx, tx, store.UserID.Is(id), lock)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}
