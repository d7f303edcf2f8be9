package auth

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// What administrators do with accounts. Each of it is an event.

// Managed is a user as administrators see one.
type Managed struct {
	User
	Claims   map[string]any
	Disabled bool
}

func managedOf(row query.Row) Managed {
	claims, _ := rules.FromJSON(row[userClaims]).(map[string]any)
	return Managed{User: userOf(row), Claims: claims, Disabled: !row[userDisabled].IsNull()}
}

// Users returns users in the order of their ids, after one of them; or the one of an address.
func (s *Service) Users(ctx context.Context, email, after string, limit int) ([]Managed, error) {
	where := query.Filter(query.True)
	if email != "" {
		email, problems := normalEmail(email)
		if problems != nil {
			return nil, nil // nobody has it
		}
		where = equal("email", query.String(email))
	} else if after != "" {
		where = &query.Compare{Path: users.KeyPath(), Op: query.Gt, Value: query.String(after)}
	}
	rows, err := s.Database.Find(db.Strong(ctx), users, db.Find{Query: query.Query{Where: where, Sort: users.KeyOrder(false), Limit: limit}})
	out := make([]Managed, len(rows))
	for i, row := range rows {
		out[i] = managedOf(row)
	}
	return out, err
}

// Import is an account that comes from elsewhere, or that an administrator makes.
type Import struct {
	// ID is made when it is empty.
	ID, Email string
	// Hash is a stored password, of bcrypt or argon2id; empty for none.
	Hash     string
	Verified bool
	Claims   map[string]any
}

// MakeUser makes an account.
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
		return Managed{}, &fault.Error{Code: fault.Invalid, Detail: "the account cannot be made like this", Fields: problems}
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
		if slices.Contains(ReservedClaims, name) {
			problems = append(problems, fault.FieldError{Field: "claims." + name, Code: "reserved", Detail: "this claim is not for anybody to set"})
		}
	}
	return problems
}

// Edit is what an administrator changes about a user; nil leaves it as it is.
type Edit struct {
	// Claims replaces the claims that the user's tokens have, such as a role.
	Claims map[string]any
	// Disabled switches the account off, which ends its sessions, or on again.
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

// impersonationTime is how long an administrator is somebody else.
const impersonationTime = 15 * time.Minute

// impersonated is the session of all tokens by which administrators act as a user: they end with the account.
func impersonated(id string) string { return "as:" + id }

// Impersonate returns an access token with the claims of a user, and `act` (RFC 8693), which says that it
// is an administrator who acts. It cannot be refreshed, and changes nothing about the account.
func (s *Service) Impersonate(ctx context.Context, id, reason string, client Client) (string, time.Duration, error) {
	user, err := s.find(ctx, users, users.ByKey(id))
	if err != nil {
		return "", 0, err
	}
	if user == nil {
		return "", 0, errNoAccount
	}
	if reason == "" || len(reason) > 500 {
		return "", 0, fault.FieldErrorf("reason", "required", "say why, in 500 bytes at most; it is kept")
	}
	claims, _ := rules.FromJSON(user[userClaims]).(map[string]any)
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
	token, err := s.accessToken(ctx, all)
	return token, impersonationTime, err
}
