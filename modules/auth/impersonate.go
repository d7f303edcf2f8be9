package auth

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
)

const (
	// impersonationTime is how long an impersonation lasts.
	impersonationTime = 15 * time.Minute
	// openTime is how long a page may take until it begins an impersonation.
	openTime = time.Minute
)

// impersonated is the session id of all impersonation tokens of a user: they end with the account.
func impersonated(id string) string { return "as:" + id }

// Impersonate returns an access token with the claims of a user, and `act` (RFC 8693), which identifies the
// administrator. It cannot be refreshed, and cannot change the account.
func (s *Service) Impersonate(ctx context.Context, id, reason string, client Client) (string, time.Duration, error) {
	user, err := s.mayImpersonate(ctx, id, reason)
	if err != nil {
		return "", 0, err
	}
	s.audit(ctx, Event{Name: "impersonation", User: id, Actor: client.actor(), Client: client, Detail: map[string]any{"reason": reason}})
	signed, err := s.actingToken(ctx, user, client.actor())
	return signed, impersonationTime, err
}

func (s *Service) mayImpersonate(ctx context.Context, id, reason string) (*store.User, error) {
	user, err := s.byID(ctx, id)
	if err != nil {
		return nil, err
	}
	if user == nil {
		return nil, errNoAccount
	}
	if reason == "" || len(reason) > 500 {
		return nil, fault.FieldErrorf("reason", "required", "reason is missing or longer than 500 bytes; it is stored in the audit log")
	}
	if !user.Disabled.IsZero() {
		return nil, fault.Errorf(fault.Conflict, "the account is disabled, so that no one can act as it")
	}
	return user, nil
}

func (s *Service) actingToken(ctx context.Context, user *store.User, actor string) (string, error) {
	all := claimsOf(user)
	all["act"], all["exp"] = map[string]any{"sub": actor}, s.Now().Add(impersonationTime).Unix()
	all["sid"] = impersonated(user.ID)
	return s.accessToken(ctx, all)
}

// acting is what is kept until a page begins an impersonation.
type acting struct {
	Actor  string `json:"actor"`
	Reason string `json:"reason"`
}

// ImpersonationCode is Impersonate for a page that is opened in a tab of its own: the code, which is good once and for a
// minute, is all that its address has.
func (s *Service) ImpersonationCode(ctx context.Context, id, reason string, client Client) (string, time.Duration, error) {
	if _, err := s.mayImpersonate(ctx, id, reason); err != nil {
		return "", 0, err
	}
	code := rand.Text()
	return code, openTime, s.storeCode(ctx, "impersonation", code, id, acting{client.actor(), reason}, openTime)
}

// BeginImpersonation trades the code for the session of the user, which has no refresh token.
func (s *Service) BeginImpersonation(ctx context.Context, code string, client Client) (Session, error) {
	var by acting
	id, ok, err := s.takeCode(ctx, "impersonation", code, &by)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, errLink
	}
	user, err := s.byID(ctx, id)
	if err != nil {
		return Session{}, err
	}
	if user == nil || !user.Disabled.IsZero() {
		return Session{}, errLink
	}
	s.audit(ctx, Event{Name: "impersonation", User: id, Actor: by.Actor, Client: client, Detail: map[string]any{"reason": by.Reason, "opened": "the app"}})
	signed, err := s.actingToken(ctx, user, by.Actor)
	if err != nil {
		return Session{}, err
	}
	return Session{AccessToken: signed, ExpiresIn: impersonationTime, User: userOf(user)}, nil
}
