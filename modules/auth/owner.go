package auth

import (
	"cmp"
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Ownership of accounts. Until an address is proven, the creator of the account has only claimed it. Whoever
// proves it is a new owner, by any way of signing in, and nothing of the previous one may remain: see newOwner. An
// account with an unproven address cannot add ways to sign in, see mayAddFactor.

// unproven reports whether a user has an address that was never proven.
func unproven(user query.Row) bool { return !user[userEmail].IsNull() && user[userVerified].IsNull() }

// mayAddFactor refuses another way to sign in for an account whose address may belong to another person.
func mayAddFactor(user query.Row) error {
	if !unproven(user) {
		return nil
	}
	return &fault.Error{Code: fault.Forbidden, Detail: "confirm your address first: POST /v1/auth/email/confirm sends a mail to do so",
		Fields: []fault.FieldError{{Field: "email", Code: "unverified", Detail: "this address is not confirmed yet"}}}
}

// newOwner gives an account to the user who has proven its address. Password, second factor, sessions, passkeys,
// identities, codes and keys of the previous owner are deleted, in one transaction; more assignments may be given.
func (s *Service) newOwner(ctx context.Context, user query.Row, client Client, more ...db.Assignment) (owned query.Row, err error) {
	err = s.ending(ctx, func(store db.Store) (ended map[string]time.Time, err error) {
		owned, ended, err = s.newOwnerIn(ctx, store, user, more...)
		return ended, err
	})
	if err != nil {
		return nil, err
	}
	s.opaque.Forget()
	s.audit(ctx, Event{Name: "owner.changed", User: user[0].Text(), Client: client})
	return owned, nil
}

// newOwnerIn is newOwner inside a transaction. The caller must revoke the returned sessions after the commit.
func (s *Service) newOwnerIn(ctx context.Context, store db.Store, user query.Row, more ...db.Assignment) (query.Row, map[string]time.Time, error) {
	claimed := query.All(users.ByKey(user[0].Text()), equal("email", user[userEmail]), equal("verified", query.Null))
	if found, err := lockUser(ctx, store, user[0].Text(), db.Exclusive); err != nil || found == nil || !sameOwner(user, found) {
		return nil, nil, cmp.Or(err, error(errLink)) // another request was faster
	}
	ended, err := s.withdraw(ctx, store, user)
	if err != nil {
		return nil, nil, err
	}
	now := query.Time(s.Now())
	set := []db.Assignment{{Field: userVerified, Value: now}, {Field: userUpdated, Value: now}, {Field: userTOTP, Value: query.Null},
		{Field: userRecovery, Value: query.Null}, {Field: userNewEmail, Value: query.Null}}
	if len(more) == 0 {
		more = []db.Assignment{{Field: userPassword, Value: query.Null}}
	}
	n, rows, err := store.Update(ctx, users, db.Update{Where: claimed, Set: append(set, more...), Return: true})
	if err != nil || n == 0 {
		return nil, nil, cmp.Or(err, error(errLink))
	}
	return rows[0], ended, nil
}

// withdraw deletes everything besides the password and the second factor that can sign in to an account or act for
// it. The caller must revoke the returned sessions after the commit.
func (s *Service) withdraw(ctx context.Context, store db.Store, user query.Row) (map[string]time.Time, error) {
	ended, err := s.endIn(ctx, store, equal("user", user[0]))
	if err != nil {
		return nil, err
	}
	subjects := []query.Value{user[0]}
	for _, address := range []query.Value{user[userEmail], user[userNewEmail]} {
		if !address.IsNull() {
			subjects = append(subjects, address)
		}
	}
	subject := &query.Compare{Path: query.Path{Field: "claims", Sub: "sub"}, Op: query.Eq, Value: user[0]}
	for _, one := range []struct {
		of    *db.Collection
		where query.Filter
	}{
		{identities, equal("user", user[0])},
		{passkeys, equal("user", user[0])},
		{codes, query.OneOf(query.Path{Field: "subject"}, subjects)},
		{apiKeys, subject},
		{largeClaims, subject},
	} {
		if _, err := store.Delete(ctx, one.of, one.where); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

// sameOwner reports whether an account still has the owner who authenticated, given the row that was read then.
func sameOwner(then, now query.Row) bool {
	return now[userEmail].Equal(then[userEmail]) && now[userVerified].IsNull() == then[userVerified].IsNull()
}

// confirm records that an address is proven by the user who requested the mail.
func (s *Service) confirm(ctx context.Context, user query.Row, client Client) (query.Row, error) {
	if !unproven(user) {
		return user, nil
	}
	n, rows, err := s.Database.Update(ctx, users, db.Update{
		Where: query.All(users.ByKey(user[0].Text()), equal("email", user[userEmail])),
		Set:   []db.Assignment{{Field: userVerified, Value: query.Time(s.Now())}}, Return: true,
	})
	if err != nil || n == 0 {
		return nil, cmp.Or(err, error(errLink))
	}
	s.audit(ctx, Event{Name: "email.confirmed", User: user[0].Text(), Client: client})
	return rows[0], nil
}
