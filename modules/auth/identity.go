package auth

import (
	"cmp"
	"context"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

var (
	errNoIdentity   = fault.Errorf(fault.NotFound, "there is no such identity of this account")
	errLastIdentity = fault.Errorf(fault.Conflict, "this is the last way to sign in to the account: set a password first, or link another identity")
)

// Unlink removes an external identity of the client's user, who must reauthenticate. Another way to sign in must stay.
func (s *Service) Unlink(ctx context.Context, id string, client Client) error {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return err
	}
	if err := s.reauthenticated(ctx, user, client); err != nil {
		return err
	}
	provider := ""
	err = s.together(ctx, func(tx db.Store) error {
		now, err := lockUser(ctx, tx, user.ID, db.Exclusive) // so that of two at once one stays
		if err != nil || now == nil {
			return cmp.Or(err, error(errNoUser))
		}
		own := store.IdentityUser.Is(user.ID)
		row, err := store.Identities.One(ctx, tx, query.All(own, store.IdentityID.Is(id)))
		if err != nil || row == nil {
			return cmp.Or(err, error(errNoIdentity))
		}
		others, err := store.Identities.One(ctx, tx, query.All(own, query.Negate(store.IdentityID.Is(id))))
		if err != nil {
			return err
		}
		keys, err := store.Passkeys.One(ctx, tx, store.PasskeyUser.Is(user.ID))
		if err != nil {
			return err
		}
		byMail := s.Email != nil && now.Email != "" && !now.Verified.IsZero()
		if others == nil && keys == nil && now.Password == "" && !byMail {
			return errLastIdentity
		}
		provider = row.Provider
		_, err = store.Identities.Delete(ctx, tx, query.All(own, store.IdentityID.Is(id)))
		return err
	})
	if err != nil {
		return err
	}
	s.audit(ctx, Event{Name: "identity.unlinked", User: user.ID, Client: client, Detail: map[string]any{"method": provider}})
	s.notify(ctx, user, provider+" can no longer be used to sign in to the account.")
	return nil
}
