package auth

import (
	"cmp"
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Ownership of accounts. Until an address is proven, the creator of the account has only claimed it. Whoever
// proves it is a new owner, by any way of signing in, and nothing of the previous one may remain: see newOwner. An
// account with an unproven address cannot add ways to sign in, see mayAddFactor.

// unproven reports whether a user has an address that was never proven.
func unproven(user *store.User) bool { return user.Email != "" && user.Verified.IsZero() }

// mayAddFactor refuses another way to sign in for an account whose address may belong to another person.
func mayAddFactor(user *store.User) error {
	if !unproven(user) {
		return nil
	}
	return &fault.Error{Code: fault.Forbidden, Detail: "confirm your address first: POST /v1/auth/email/confirm sends a mail to do so",
		Fields: []fault.FieldError{{Field: "email", Code: "unverified", Detail: "this address is not confirmed yet"}}}
}

// newOwner gives an account to the user who has proven its address. Password, second factor, sessions, passkeys,
// identities, codes, keys, claims, metadata and profile of the previous owner are deleted, in one transaction; more
// assignments may be given.
func (s *Service) newOwner(ctx context.Context, user *store.User, client Client, more ...store.Set[store.User]) (owned *store.User, err error) {
	run, err := s.succeeding(ctx, user)
	if err != nil {
		return nil, err
	}
	err = s.endingIn(ctx, run, func(tx db.Store) (ended map[string]time.Time, err error) {
		owned, ended, err = s.newOwnerIn(ctx, tx, user, nil, more...)
		return ended, err
	})
	if err != nil {
		return nil, err
	}
	s.opaque.Forget()
	s.audit(ctx, Event{Name: "owner.changed", User: user.ID, Client: client})
	return owned, nil
}

// newOwnerIn is newOwner inside a transaction that has renewed the profile. The caller must revoke the returned sessions
// after the commit. The new owner gets the claims.
func (s *Service) newOwnerIn(ctx context.Context, tx db.Store, user *store.User, claims map[string]any, more ...store.Set[store.User]) (*store.User, map[string]time.Time, error) {
	claimed := query.All(store.UserID.Is(user.ID), store.UserEmail.As(user), store.UserVerified.Unset())
	found, err := lockUser(ctx, tx, user.ID, db.Exclusive)
	if err != nil || found == nil || !sameOwner(user, found) {
		return nil, nil, cmp.Or(err, error(errLink)) // another request was faster
	}
	kept := *found
	if held, err := s.held(ctx, tx, found); err != nil {
		return nil, nil, err
	} else if held {
		kept.Claims, kept.Metadata = query.Null, query.Null
	}
	ended, err := s.withdraw(ctx, tx, user)
	if err != nil {
		return nil, nil, err
	}
	now := s.Now()
	set := []store.Set[store.User]{store.UserVerified.To(now), store.UserUpdated.To(now), store.UserTOTP.Clear(),
		store.UserRecovery.Clear(), store.UserNewEmail.Clear(),
		store.UserClaims.To(withClaims(&kept, claims).Claims), store.UserMetadata.To(kept.Metadata)}
	if len(more) == 0 {
		more = []store.Set[store.User]{store.UserPassword.Clear()}
	}
	owned, err := store.Users.UpdateOne(ctx, tx, claimed, append(set, more...)...)
	if err != nil || owned == nil {
		return nil, nil, cmp.Or(err, error(errLink))
	}
	return owned, ended, nil
}

// succeeding returns a transaction for newOwnerIn, which also renews the profile of a user whose account is held.
func (s *Service) succeeding(ctx context.Context, user *store.User) (transaction, error) {
	held, err := s.held(ctx, s.Database, user)
	if err != nil || !held || s.Profiles == nil {
		return s.together, err
	}
	claims, err := s.successor(ctx, user, nil)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, f func(tx db.Store) error) error {
		return s.Profiles.Transaction(ctx, func(tx db.Store, profiles ProfilesIn) error {
			if err := profiles.Renew(ctx, claims); err != nil {
				return err
			}
			return f(tx)
		})
	}, nil
}

// successor returns the claims of who takes over a held account.
func (s *Service) successor(ctx context.Context, user *store.User, claims map[string]any) (map[string]any, error) {
	fresh := *user
	fresh.Claims, fresh.Verified = query.Null, s.Now()
	return s.complete(ctx, claimsOf(withClaims(&fresh, claims)))
}

// held reports whether anyone can sign in to an account. An administrator has made one that has no way in yet, for whoever
// has the address, with the claims that they are meant to have.
func (s *Service) held(ctx context.Context, tx db.Store, user *store.User) (bool, error) {
	if user.Password != "" {
		return true, nil
	}
	identity, err := store.Identities.One(ctx, tx, store.IdentityUser.Is(user.ID))
	if err != nil || identity != nil {
		return true, err
	}
	passkey, err := store.Passkeys.One(ctx, tx, store.PasskeyUser.Is(user.ID))
	return passkey != nil, err
}

// withdraw deletes everything besides the password and the second factor that can sign in to an account or act for
// it. The caller must revoke the returned sessions after the commit.
func (s *Service) withdraw(ctx context.Context, tx db.Store, user *store.User) (map[string]time.Time, error) {
	ended, err := s.endAllIn(ctx, tx, user.ID)
	if err != nil {
		return nil, err
	}
	subjects := []string{user.ID}
	for _, address := range []string{user.Email, user.NewEmail} {
		if address != "" {
			subjects = append(subjects, address)
		}
	}
	subject := query.String(user.ID)
	for _, one := range []struct {
		of    deleter
		where query.Filter
	}{
		{store.Identities, store.IdentityUser.Is(user.ID)},
		{store.Passkeys, store.PasskeyUser.Is(user.ID)},
		{store.Codes, store.CodeSubject.OneOf(subjects...)},
		{store.APIKeys, store.APIKeyClaims.Member("sub", subject)},
		{store.References, store.ReferenceClaims.Member("sub", subject)},
	} {
		if _, err := one.of.Delete(ctx, tx, one.where); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

// deleter is a table of any rows.
type deleter interface {
	Delete(ctx context.Context, s db.Store, where query.Filter) (int64, error)
}

// sameOwner reports whether an account still has the owner who authenticated, given the row that was read then.
func sameOwner(then, now *store.User) bool {
	return now.Email == then.Email && now.Verified.IsZero() == then.Verified.IsZero()
}

// confirm records that an address is proven by the user who requested the mail.
func (s *Service) confirm(ctx context.Context, user *store.User, client Client) (*store.User, error) {
	if !unproven(user) {
		return user, nil
	}
	confirmed, err := store.Users.UpdateOne(ctx, s.Database, query.All(store.UserID.Is(user.ID), store.UserEmail.As(user)), store.UserVerified.To(s.Now()))
	if err != nil || confirmed == nil {
		return nil, cmp.Or(err, error(errLink))
	}
	s.audit(ctx, Event{Name: "email.confirmed", User: user.ID, Client: client})
	return confirmed, nil
}
