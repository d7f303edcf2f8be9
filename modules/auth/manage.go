package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/auth/hash"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Account management for administrators. Each change is an event.

// Managed is a user as shown to administrators.
type Managed struct {
	User
	Claims   map[string]any
	Disabled bool
}

func managedOf(row *store.User) Managed {
	claims, _ := row.Claims.Any().(map[string]any)
	return Managed{User: userOf(row), Claims: claims, Disabled: !row.Disabled.IsZero()}
}

// Users returns users in the order of their ids, after a given id; or the user of an address.
func (s *Service) Users(ctx context.Context, email, after string, limit int) ([]Managed, error) {
	where := query.Filter(query.True)
	if email != "" {
		email, problems := normalEmail(email)
		if problems != nil {
			return nil, nil // no user has the address
		}
		where = store.UserEmail.Is(email)
	} else if after != "" {
		where = store.UserID.After(after)
	}
	return s.usersOf(ctx, query.Query{Where: where, Sort: store.Users.KeyOrder(false), Limit: limit})
}

// NewestUsers are the users before one, the latest first.
func (s *Service) NewestUsers(ctx context.Context, before string, limit int) ([]Managed, error) {
	where := query.Filter(query.True)
	if before != "" {
		where = store.UserID.Before(before)
	}
	return s.usersOf(ctx, query.Query{Where: where, Sort: store.Users.KeyOrder(true), Limit: limit})
}

func (s *Service) usersOf(ctx context.Context, q query.Query) ([]Managed, error) {
	rows, err := store.Users.Find(ctx, s.Database, q)
	out := make([]Managed, len(rows))
	for i, row := range rows {
		out[i] = managedOf(row)
	}
	return out, err
}

// Managed returns the user of an id.
func (s *Service) Managed(ctx context.Context, id string) (Managed, error) {
	row, err := s.byID(ctx, id)
	if err == nil && row == nil {
		err = errNoAccount
	}
	if err != nil {
		return Managed{}, err
	}
	return managedOf(row), nil
}

// Import is an account imported from elsewhere, or created by an administrator.
type Import struct {
	// ID is generated if it is empty.
	ID, Email string
	// Hash is a password hash in a form of [hash.Parse], and Password a new password instead; empty for none.
	Hash, Password string

	Verified bool
	Claims   map[string]any
	// Metadata is what the user has written about themselves, an object or null.
	Metadata query.Value
}

// MakeUser creates an account.
func (s *Service) MakeUser(ctx context.Context, i Import, client Client) (Managed, error) {
	email, problems := normalEmail(i.Email)
	if i.Hash != "" && !usableHash(i.Hash) {
		problems = append(problems, fault.FieldError{Field: "password_hash", Code: "pattern", Detail: "this is not a hash of " + hash.Forms + ", or takes more work than a sign-in may"})
	}
	problems = append(problems, claimProblems(i.Claims)...)
	if len(i.ID) > 128 {
		problems = append(problems, fault.FieldError{Field: "id", Code: "max", Detail: "an id has 128 bytes at most"})
	}
	if problems != nil {
		return Managed{}, &fault.Error{Code: fault.Invalid, Detail: "the account cannot be created with these values", Fields: problems}
	}
	if err := checkMetadata(i.Metadata); err != nil {
		return Managed{}, err
	}
	if i.ID == "" {
		i.ID = uuid.Must(uuid.NewV7()).String()
	}
	row := s.newUser(i.ID, email)
	row.Password, row.Metadata = i.Hash, i.Metadata
	if i.Password != "" {
		if err := cmp.Or(s.enabled(), s.passwordProblems(ctx, i.Password, email)); err != nil {
			return Managed{}, err
		}
		hash, err := s.hasher.hash(ctx, i.Password)
		if err != nil {
			return Managed{}, err
		}
		row.Password = hash
	}
	if i.Verified {
		row.Verified = s.Now()
	}
	encoded, err := json.Marshal(i.Claims)
	if err != nil {
		return Managed{}, err
	}
	if i.Claims != nil {
		row.Claims = query.RawJSON(string(encoded))
	}
	client.Admin = true
	if err := s.profileSent(client); err != nil {
		return Managed{}, err
	}
	if err := s.keep(ctx, row, false, false, client); err != nil {
		return Managed{}, err
	}
	s.audit(ctx, Event{Name: "user.made", User: i.ID, Actor: client.actor(), Client: client})
	return managedOf(row), nil
}

// MakeOwner creates an account with a password for who runs this server. The address counts as confirmed.
func (s *Service) MakeOwner(ctx context.Context, c Credentials, claims map[string]any, client Client) (Managed, error) {
	if err := s.enabled(); err != nil {
		return Managed{}, err
	}
	email, problems := normalEmail(c.Email)
	if err := withFields(s.passwordProblems(ctx, c.Password, email), problems); err != nil {
		return Managed{}, err
	}
	hash, err := s.hasher.hash(ctx, c.Password)
	if err != nil {
		return Managed{}, err
	}
	return s.MakeUser(ctx, Import{Email: email, Hash: hash, Verified: true, Claims: claims}, client)
}

func claimProblems(claims map[string]any) (problems []fault.FieldError) {
	for name := range claims {
		if slices.Contains(token.ReservedClaims, name) {
			problems = append(problems, fault.FieldError{Field: "claims." + name, Code: "reserved", Detail: "this claim is reserved"})
		}
	}
	return problems
}

// Edit is a change of a user by an administrator; nil fields stay unchanged.
type Edit struct {
	// Claims replaces the claims in the user's tokens, such as a role.
	Claims map[string]any
	// Disabled disables the account, which ends its sessions, or enables it.
	Disabled *bool
	// Email replaces the address, and Password the password, both without asking the user; a password, and an address other
	// than before, end all sessions.
	Email, Password *string
	// Verified says that the address is confirmed, or no longer.
	Verified *bool
	// RemoveTOTP removes the second factor.
	RemoveTOTP bool
	// RemovePasskey is the id of a passkey to remove, empty for none.
	RemovePasskey string
	// Metadata replaces what the user has written about themselves; null leaves it.
	Metadata query.Value
}

var errNoAccount = fault.Errorf(fault.NotFound, "there is no such user")

// EditUser changes a user. Claims take effect at the next refresh; who stops being an administrator by them is signed out.
func (s *Service) EditUser(ctx context.Context, id string, e Edit, client Client) (Managed, error) {
	if problems := claimProblems(e.Claims); problems != nil {
		return Managed{}, &fault.Error{Code: fault.Invalid, Detail: "the account cannot be changed like this", Fields: problems}
	}
	set := []store.Set[store.User]{store.UserUpdated.To(s.Now())}
	detail := map[string]any{}
	if e.Claims != nil {
		encoded, err := json.Marshal(e.Claims)
		if err != nil {
			return Managed{}, err
		}
		set = append(set, store.UserClaims.To(query.RawJSON(string(encoded))))
		detail["claims"] = e.Claims
	}
	if e.Disabled != nil {
		disabled := store.UserDisabled.Clear()
		if *e.Disabled {
			disabled = store.UserDisabled.To(s.Now())
		}
		set = append(set, disabled)
		detail["disabled"] = *e.Disabled
	}
	if err := checkMetadata(e.Metadata); err != nil {
		return Managed{}, err
	}
	if !e.Metadata.IsNull() {
		set = append(set, store.UserMetadata.To(e.Metadata))
		detail["metadata"] = true
	}
	next, err := s.reassigned(ctx, id, e, detail)
	if err != nil {
		return Managed{}, err
	}
	set = append(set, next...)
	if e.RemoveTOTP {
		set = append(set, store.UserTOTP.Clear(), store.UserRecovery.Clear())
		detail["totp"] = false
	}
	if e.RemovePasskey != "" {
		if _, err := store.Passkeys.Delete(ctx, s.Database, query.All(store.PasskeyID.Is(e.RemovePasskey), store.PasskeyUser.Is(id))); err != nil {
			return Managed{}, err
		}
		detail["passkey"] = false
	}
	user, err := s.edit(ctx, id, set)
	if err != nil {
		return Managed{}, taken(err)
	}
	s.audit(ctx, Event{Name: "user.changed", User: id, Actor: client.actor(), Client: client, Detail: detail})
	return managedOf(user), nil
}

// reassigned is what an administrator changes of how a user signs in.
func (s *Service) reassigned(ctx context.Context, id string, e Edit, detail map[string]any) (set []store.Set[store.User], err error) {
	if e.Email == nil && e.Password == nil && e.Verified == nil {
		return nil, nil
	}
	user, err := s.byID(ctx, id)
	if err != nil || user == nil {
		return nil, cmp.Or(err, error(errNoAccount))
	}
	email := user.Email
	if e.Email != nil {
		var problems []fault.FieldError
		if email, problems = normalEmail(*e.Email); problems != nil {
			return nil, withFields(nil, problems)
		}
		set = append(set, store.UserEmail.To(email), store.UserNewEmail.Clear())
		detail["email"] = true
	}
	if e.Password != nil {
		if err := s.enabled(); err != nil {
			return nil, err
		}
		if err := s.passwordProblems(ctx, *e.Password, email); err != nil {
			return nil, err
		}
		hash, err := s.hasher.hash(ctx, *e.Password)
		if err != nil {
			return nil, err
		}
		set = append(set, store.UserPassword.To(hash))
		detail["password"] = true
	}
	if e.Verified != nil {
		verified := store.UserVerified.Clear()
		if *e.Verified {
			verified = store.UserVerified.To(s.Now())
		}
		set = append(set, verified)
		detail["verified"] = *e.Verified
	}
	return set, nil
}

// edit changes the row of a user. The sessions of who is disabled, or is no administrator any more, end with it.
func (s *Service) edit(ctx context.Context, id string, set []store.Set[store.User]) (user *store.User, err error) {
	err = s.ending(ctx, func(tx db.Store) (map[string]time.Time, error) {
		before, err := lockUser(ctx, tx, id, db.Exclusive)
		if err != nil || before == nil {
			return nil, cmp.Or(err, error(errNoAccount))
		}
		if user, err = store.Users.UpdateOne(ctx, tx, store.UserID.Is(id), set...); err != nil || user == nil {
			return nil, cmp.Or(err, error(errNoAccount))
		}
		if before.Email != user.Email || before.Password != user.Password { // what was sent to the old one, or asked for, is void
			if _, err := store.Codes.Delete(ctx, tx, query.Any(store.CodeSubject.Is(user.ID), store.CodeSubject.Is(before.Email))); err != nil {
				return nil, err
			}
		} else if user.Disabled.IsZero() && (!s.isAdmin(before) || s.isAdmin(user)) {
			return nil, nil
		}
		return s.endAllIn(ctx, tx, id)
	})
	return user, err
}

// isAdmin reports whether the stored claims of a user make an administrator.
func (s *Service) isAdmin(user *store.User) bool {
	return s.Invitations != nil && s.Invitations.Documents.IsAdmin(claimsOf(user))
}

// EndSessions ends all sessions of a user.
func (s *Service) EndSessions(ctx context.Context, id string, client Client) error {
	if err := s.endAll(ctx, id); err != nil {
		return err
	}
	s.audit(ctx, Event{Name: "signout", User: id, Actor: client.actor(), Client: client, Detail: map[string]any{"everywhere": true}})
	return nil
}

// ConfigurationChanged records that an administrator has changed the configuration file through this server.
func (s *Service) ConfigurationChanged(ctx context.Context, what []string, client Client) {
	const most = 20 // of what is kept
	detail := map[string]any{"edits": what[:min(len(what), most)]}
	s.audit(ctx, Event{Name: "configuration.changed", Actor: client.actor(), Client: client, Detail: detail})
}
