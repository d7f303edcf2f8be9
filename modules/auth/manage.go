package auth

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

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

func managedOf(row query.Row) Managed {
	claims, _ := row[userClaims].Any().(map[string]any)
	return Managed{User: userOf(row), Claims: claims, Disabled: !row[userDisabled].IsNull()}
}

// Users returns users in the order of their ids, after a given id; or the user of an address.
func (s *Service) Users(ctx context.Context, email, after string, limit int) ([]Managed, error) {
	where := query.Filter(query.True)
	if email != "" {
		email, problems := normalEmail(email)
		if problems != nil {
			return nil, nil // no user has the address
		}
		where = equal("email", query.String(email))
	} else if after != "" {
		where = &query.Compare{Path: users.KeyPath(), Op: query.Gt, Value: query.String(after)}
	}
	rows, err := s.Database.Find(db.ReadPrimary(ctx), users, db.Find{Query: query.Query{Where: where, Sort: users.KeyOrder(false), Limit: limit}})
	out := make([]Managed, len(rows))
	for i, row := range rows {
		out[i] = managedOf(row)
	}
	return out, err
}

// Import is an account imported from elsewhere, or created by an administrator.
type Import struct {
	// ID is generated if it is empty.
	ID, Email string
	// Hash is a password hash of bcrypt or argon2id; empty for none.
	Hash     string
	Verified bool
	Claims   map[string]any
}

// MakeUser creates an account.
func (s *Service) MakeUser(ctx context.Context, i Import, client Client) (Managed, error) {
	email, problems := normalEmail(i.Email)
	if i.Hash != "" && !usableHash(i.Hash) {
		problems = append(problems, fault.FieldError{Field: "password_hash", Code: "pattern", Detail: "this is neither a hash of bcrypt nor one of argon2id"})
	}
	problems = append(problems, claimProblems(i.Claims)...)
	if len(i.ID) > 128 {
		problems = append(problems, fault.FieldError{Field: "id", Code: "max", Detail: "an id has 128 bytes at most"})
	}
	if problems != nil {
		return Managed{}, &fault.Error{Code: fault.Invalid, Detail: "the account cannot be created with these values", Fields: problems}
	}
	if i.ID == "" {
		i.ID = uuid.Must(uuid.NewV7()).String()
	}
	row := s.newUser(i.ID, email)
	row[userPassword] = text(i.Hash)
	if i.Verified {
		row[userVerified] = query.Time(s.Now())
	}
	encoded, err := json.Marshal(i.Claims)
	if err != nil {
		return Managed{}, err
	}
	if i.Claims != nil {
		row[userClaims] = query.RawJSON(string(encoded))
	}
	if err := s.Database.Insert(ctx, users, []query.Row{row}); err != nil {
		return Managed{}, taken(err)
	}
	s.audit(ctx, Event{Name: "user.made", User: i.ID, Actor: "admin", Client: client})
	return managedOf(row), nil
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
	// RemoveTOTP removes the second factor.
	RemoveTOTP bool
}

var errNoAccount = fault.Errorf(fault.NotFound, "there is no such user")

// EditUser changes a user. Claims take effect at the next refresh.
func (s *Service) EditUser(ctx context.Context, id string, e Edit, client Client) (Managed, error) {
	if problems := claimProblems(e.Claims); problems != nil {
		return Managed{}, &fault.Error{Code: fault.Invalid, Detail: "the account cannot be changed like this", Fields: problems}
	}
	set := []db.Assignment{{Field: userUpdated, Value: query.Time(s.Now())}}
	detail := map[string]any{}
	if e.Claims != nil {
		encoded, err := json.Marshal(e.Claims)
		if err != nil {
			return Managed{}, err
		}
		set = append(set, db.Assignment{Field: userClaims, Value: query.RawJSON(string(encoded))})
		detail["claims"] = e.Claims
	}
	if e.Disabled != nil {
		v := query.Null
		if *e.Disabled {
			v = query.Time(s.Now())
		}
		set = append(set, db.Assignment{Field: userDisabled, Value: v})
		detail["disabled"] = *e.Disabled
	}
	if e.RemoveTOTP {
		set = append(set, db.Assignment{Field: userTOTP, Value: query.Null}, db.Assignment{Field: userRecovery, Value: query.Null})
		detail["totp"] = false
	}
	n, rows, err := s.Database.Update(ctx, users, db.Update{Where: users.ByKey(id), Set: set, Return: true})
	if err != nil {
		return Managed{}, err
	}
	if n == 0 {
		return Managed{}, errNoAccount
	}
	if e.Disabled != nil && *e.Disabled {
		if err := s.end(ctx, equal("user", query.String(id))); err != nil {
			return Managed{}, err
		}
	}
	s.audit(ctx, Event{Name: "user.changed", User: id, Actor: "admin", Client: client, Detail: detail})
	return managedOf(rows[0]), nil
}

// EndSessions ends all sessions of a user.
func (s *Service) EndSessions(ctx context.Context, id string, client Client) error {
	if err := s.end(ctx, equal("user", query.String(id))); err != nil {
		return err
	}
	s.audit(ctx, Event{Name: "signout", User: id, Actor: "admin", Client: client, Detail: map[string]any{"everywhere": true}})
	return nil
}

// impersonationTime is how long an impersonation lasts.
const impersonationTime = 15 * time.Minute

// impersonated is the session id of all impersonation tokens of a user: they end with the account.
func impersonated(id string) string { return "as:" + id }

// Impersonate returns an access token with the claims of a user, and `act` (RFC 8693), which identifies the
// administrator. It cannot be refreshed, and cannot change the account.
func (s *Service) Impersonate(ctx context.Context, id, reason string, client Client) (string, time.Duration, error) {
	user, err := s.find(ctx, users, users.ByKey(id))
	if err != nil {
		return "", 0, err
	}
	if user == nil {
		return "", 0, errNoAccount
	}
	if reason == "" || len(reason) > 500 {
		return "", 0, fault.FieldErrorf("reason", "required", "reason is missing or longer than 500 bytes; it is stored in the audit log")
	}
	claims, _ := user[userClaims].Any().(map[string]any)
	all := map[string]any{}
	for name, v := range claims {
		all[name] = v
	}
	all["sub"], all["act"], all["exp"] = id, map[string]any{"sub": "admin"}, s.Now().Add(impersonationTime).Unix()
	all["sid"] = impersonated(id)
	if !user[userEmail].IsNull() {
		all["email"] = user[userEmail].Text()
	}
	s.audit(ctx, Event{Name: "impersonation", User: id, Actor: "admin", Client: client, Detail: map[string]any{"reason": reason}})
	signed, err := s.accessToken(ctx, all)
	return signed, impersonationTime, err
}
