package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Change is a change that users make to their account; nil fields stay unchanged.
type Change struct {
	Email, Password *string
	// CurrentPassword must be correct, if there is a password.
	CurrentPassword string
	// Metadata is an object whose members are set in what the user has written, or removed where they are null.
	Metadata query.Value
}

// maxMetadata is the largest metadata of a user, in bytes.
const maxMetadata = 16 << 10

func checkMetadata(v query.Value) error {
	if !v.IsNull() && (v.Kind() != query.KindJSON || v.Text()[0] != '{') {
		return fault.FieldErrorf("data", "type", "this is a JSON object")
	}
	if len(v.Text()) > maxMetadata {
		return fault.FieldErrorf("data", "max", "this has more than %d bytes", maxMetadata)
	}
	return nil
}

// MergeMetadata sets the members of a change in the metadata of a user, or removes those that are null.
func MergeMetadata(old, change query.Value) (query.Value, error) {
	if err := checkMetadata(change); err != nil {
		return query.Null, err
	}
	merged, _ := old.Any().(map[string]any)
	if merged == nil {
		merged = map[string]any{}
	}
	change.Members(func(name string, v query.Value) bool {
		merged[name] = v.Any()
		if v.IsNull() {
			delete(merged, name)
		}
		return true
	})
	text, err := json.Marshal(merged)
	if err != nil {
		return query.Null, err
	}
	out := query.RawJSON(string(text))
	return out, checkMetadata(out)
}

// UpdateUser changes the address or the password of the client's user, who must reauthenticate. A new password
// ends all other sessions. A new address replaces the old one once it is proven.
func (s *Service) UpdateUser(ctx context.Context, change Change, client Client) (User, error) {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return User{}, err
	}
	client.Password = change.CurrentPassword
	if change.Email != nil || change.Password != nil || change.Metadata.IsNull() {
		if err := s.mayUpdate(ctx, user, change, client); err != nil {
			return User{}, err
		}
	}
	set := []store.Set[store.User]{store.UserUpdated.To(s.Now())}
	var problems []fault.FieldError
	if change.Email != nil {
		var email string
		if email, problems = normalEmail(*change.Email); problems == nil {
			next, err := s.newAddress(ctx, user, email, client)
			if err != nil {
				return User{}, err
			}
			set = append(set, next...)
		}
	}
	if change.Password != nil {
		err = s.passwordProblems(ctx, *change.Password, user.Email)
	}
	if err := withFields(err, problems); err != nil {
		return User{}, err
	}
	return s.update(ctx, user, set, change, client)
}

var errAnonymous = fault.Errorf(fault.Conflict, "an anonymous user sets an address by signing up, with the token in the Authorization header")

// mayUpdate requires reauthentication.
func (s *Service) mayUpdate(ctx context.Context, user *store.User, change Change, client Client) error {
	if change.Password != nil {
		if user.Email == "" {
			return errAnonymous
		}
		if err := s.enabled(); err != nil {
			return err
		}
		if ok, err := s.recovering(ctx, user, client); ok || err != nil {
			return err
		}
		if ok, err := s.reauthenticatedByMail(ctx, user, client); ok || err != nil {
			return err
		}
		if user.Password != "" { // nothing else is accepted (OWASP ASVS 5, 6.2.3)
			return s.checkPassword(ctx, user, client)
		}
	}
	return s.reauthenticated(ctx, user, client)
}

// newAddress returns what a new address changes.
func (s *Service) newAddress(ctx context.Context, user *store.User, email string, client Client) ([]store.Set[store.User], error) {
	if user.Email == "" {
		if known, err := store.Identities.One(ctx, s.Database, store.IdentityUser.Is(user.ID)); err != nil || known == nil {
			return nil, cmp.Or(err, error(errAnonymous))
		}
	}
	switch {
	case email == user.Email:
		return []store.Set[store.User]{store.UserNewEmail.Clear()}, nil
	case s.Mail == nil && unproven(user): // it is a name to sign in with, before and after
		return []store.Set[store.User]{store.UserEmail.To(email)}, nil
	case s.Mail == nil:
		return nil, errMail
	}
	return []store.Set[store.User]{store.UserNewEmail.To(email)}, s.throttleMail(ctx, email, client.IP)
}

// set stores a change of a user whose password is still the one that was read. Metadata is merged with what is there then,
// so that of two changes at once none is lost.
func (s *Service) set(ctx context.Context, user *store.User, set []store.Set[store.User], metadata query.Value) (changed *store.User, err error) {
	err = s.together(ctx, func(tx db.Store) error {
		now, err := lockUser(ctx, tx, user.ID, db.Exclusive)
		if err != nil || now == nil {
			return cmp.Or(err, error(errNoUser))
		}
		all := slices.Clip(set)
		if !metadata.IsNull() {
			merged, err := MergeMetadata(now.Metadata, metadata)
			if err != nil {
				return err
			}
			all = append(all, store.UserMetadata.To(merged))
		}
		changed, err = store.Users.UpdateOne(ctx, tx, query.All(store.UserID.Is(user.ID), store.UserPassword.As(user)), all...)
		if err == nil && changed == nil {
			err = errNoUser
		}
		return err
	})
	return changed, err
}

// update stores a change, and sends the notifications.
func (s *Service) update(ctx context.Context, user *store.User, set []store.Set[store.User], change Change, client Client) (User, error) {
	if change.Password != nil {
		hash, err := s.hasher.hash(ctx, *change.Password)
		if err != nil {
			return User{}, err
		}
		set = append(set, store.UserPassword.To(hash))
	}
	changed, err := s.set(ctx, user, set, change.Metadata)
	if err != nil {
		return User{}, taken(err)
	}
	if change.Password != nil {
		session, _ := client.User["sid"].(string)
		if err := s.endAll(ctx, user.ID, query.Negate(store.SessionID.Is(session))); err != nil {
			return User{}, err
		}
		s.audit(ctx, Event{Name: "password.changed", User: user.ID, Client: client})
		s.notify(ctx, user, "The password of the account has been changed.")
	}
	switch next := changed.NewEmail; {
	case next != "" && change.Email != nil:
		s.audit(ctx, Event{Name: "email.asked", User: user.ID, Client: client})
		s.notify(ctx, user, "The account is to get the address "+next+", as soon as that is confirmed.")
		s.sendConfirm(ctx, changed, client)
	case changed.Email != user.Email:
		s.audit(ctx, Event{Name: "email.changed", User: user.ID, Client: client})
	}
	return s.shown(ctx, changed, client.User, client)
}
