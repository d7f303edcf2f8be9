package auth

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Profiles keeps a document about each user, under the id of the user and the rules for documents.
type Profiles interface {
	// Transaction runs f in one transaction of the database of accounts and profiles. f may run several times.
	Transaction(ctx context.Context, f func(tx db.Store, profiles ProfilesIn) error) error
	// Read returns the profile of the user of claims as they may read it, in JSON; null if there is none.
	Read(ctx context.Context, claims map[string]any, client Client) (json.RawMessage, error)
	// Named returns the first users, in the order of their ids and after a given one, whose profiles contain a string in one
	// of [NameFields], ignoring case.
	Named(ctx context.Context, text, after string, limit int) ([]string, error)
	// Collection returns the name of the collection.
	Collection() string
}

// ProfilesIn are the profiles inside a transaction.
type ProfilesIn interface {
	// Put creates the profile of the user of claims, as that user. One that is there is changed by the values instead,
	// and stays as it is if they are null.
	Put(ctx context.Context, claims map[string]any, values query.Value, client Client) error
	// Renew takes what is in the profile of the user of claims away, if there is one: it becomes what that of a new user is.
	Renew(ctx context.Context, claims map[string]any) error
	// Remove removes the profile of a user, if there is one.
	Remove(ctx context.Context, user string) error
}

// transaction runs f in a transaction.
type transaction func(ctx context.Context, f func(tx db.Store) error) error

// withProfile returns a transaction that also stores the profile of a new user, or of one who gets an address. If the
// profile is refused, nothing is stored; unless the client has sent none and it is not demanded: then the user has none.
//
// The profile comes before the account. So a refused profile gives the same answer whether or not an address is taken.
func (s *Service) withProfile(user *store.User, demanded bool, client Client) transaction {
	if s.Profiles == nil {
		return s.together
	}
	return func(ctx context.Context, f func(tx db.Store) error) error {
		claims, err := s.complete(ctx, claimsOf(user))
		if err != nil {
			return err
		}
		err = s.Profiles.Transaction(ctx, func(tx db.Store, profiles ProfilesIn) error {
			if err := profiles.Put(ctx, claims, client.Profile, client); err != nil {
				return About("profile", err)
			}
			return f(tx)
		})
		if refused := (*documentError)(nil); errors.As(err, &refused) && !demanded && client.Profile.IsNull() {
			s.Log.Info("a user has no profile, since it was refused", "user", user.ID, "reason", refused.Error())
			return s.together(ctx, f)
		}
		return err
	}
}

// withoutProfile returns a transaction that also removes the profile of a user.
func (s *Service) withoutProfile(id string) transaction {
	if s.Profiles == nil {
		return s.together
	}
	return func(ctx context.Context, f func(tx db.Store) error) error {
		return s.Profiles.Transaction(ctx, func(tx db.Store, profiles ProfilesIn) error {
			if err := profiles.Remove(ctx, id); err != nil {
				return About("profile", err)
			}
			return f(tx)
		})
	}
}

// profileSent refuses a profile where there are none.
func (s *Service) profileSent(client Client) error {
	if s.Profiles != nil || client.Profile.IsNull() {
		return nil
	}
	return fault.FieldErrorf("profile", "unsupported", "this server keeps no profiles; auth.profile in its configuration names the collection of them")
}

// shown returns a user with the profile, as the user of claims may read it.
func (s *Service) shown(ctx context.Context, user *store.User, claims map[string]any, client Client) (User, error) {
	out := userOf(user)
	if s.Profiles == nil {
		return out, nil
	}
	var err error
	out.Profile, err = s.Profiles.Read(ctx, claims, client)
	return out, err
}

// documentError is the refusal of a profile or a membership, for the client. It keeps the cause: drivers retry after some errors, and
// a rule may wait for the answer of a webhook.
type documentError struct {
	refusal *fault.Error
	cause   error
}

// Error implements error.
func (e *documentError) Error() string { return e.refusal.Error() }

// Unwrap returns the answer to the client, and the cause.
func (e *documentError) Unwrap() []error { return []error{e.refusal, e.cause} }

// About names the fields of an error as the call has them that has sent the document, if it is a refusal.
func About(what string, err error) error {
	var e *fault.Error
	if !errors.As(err, &e) || !slices.Contains([]fault.Code{fault.Invalid, fault.Forbidden, fault.Unauthenticated, fault.NotFound, fault.Conflict}, e.Code) {
		return err
	}
	refusal := *e
	refusal.Detail = what + ": " + e.Detail
	if e.Code == fault.NotFound || e.Code == fault.Unauthenticated { // what is missing is no address of the API, and the user is known
		refusal.Code, refusal.Detail = fault.Forbidden, what+": you may not write this"
	}
	refusal.Fields = make([]fault.FieldError, len(e.Fields))
	for i, f := range e.Fields {
		if f.Code == "mismatch" {
			f.Detail = "the id of a profile is that of its user; leave it out"
		}
		if f.Field == "" {
			f.Field = what
		} else {
			f.Field = what + "." + f.Field
		}
		refusal.Fields[i] = f
	}
	return &documentError{&refusal, err}
}
