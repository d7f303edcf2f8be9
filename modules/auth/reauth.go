package auth

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// freshTime is how long after a sign-in no reauthentication is required.
const freshTime = 10 * time.Minute

var errReauthenticate = &fault.Error{Code: fault.Forbidden, Detail: "reauthentication required: send current_password or a code as totp, or sign in again and retry within ten minutes",
	Fields: []fault.FieldError{{Field: "current_password", Code: "reauthenticate", Detail: "send it, or totp, or sign in again"}}}

// reauthenticated must succeed before any change of how a user signs in: a briefly stolen access token must not
// become a permanent takeover. It accepts the password, a second-factor code, or a session that has just begun. An
// anonymous user has only the session.
func (s *Service) reauthenticated(ctx context.Context, user *store.User, client Client) error {
	if ok, err := s.reauthenticatedByMail(ctx, user, client); ok || err != nil {
		return err
	}
	switch {
	case client.Password != "" && user.Password != "":
		return s.checkPassword(ctx, user, client)
	case client.TOTP != "" && enrolled(user):
		return asForbidden(s.secondFactor(ctx, user, client))
	}
	sid, _ := client.User["sid"].(string)
	session, err := store.Sessions.One(ctx, s.Database, query.All(store.SessionID.Is(sid), store.SessionUser.Is(user.ID)))
	if err != nil {
		return err
	}
	if session != nil && s.Now().Sub(session.Created) < freshTime {
		return nil
	}
	if user.Email == "" {
		known, err := store.Identities.One(ctx, s.Database, store.IdentityUser.Is(user.ID))
		if err != nil {
			return err
		}
		if known == nil {
			return nil
		}
	}
	return errReauthenticate
}

var errOneFactor = fault.Errorf(fault.Forbidden, "the account has a second factor: sign in with it first, in a session of aal2")

// mayChangeFactors refuses to add or remove a second factor in a session of one, where the account has some and rules tell sessions
// apart by them: a password alone would make two factors of itself. Where they are not told apart, a passkey is a way to sign in
// like others.
func (s *Service) mayChangeFactors(ctx context.Context, user *store.User, client Client) error {
	if !s.Assurance {
		return nil
	}
	if passkeys, err := s.passkeys(ctx, user); err != nil || len(passkeys) == 0 && !enrolled(user) {
		return err
	}
	sid, _ := client.User["sid"].(string)
	session, err := store.Sessions.One(ctx, s.Database, query.All(store.SessionID.Is(sid), store.SessionUser.Is(user.ID)))
	if err == nil && (session == nil || assurance(session.Method) != "aal2") {
		err = errOneFactor
	}
	return err
}

// mayAdd returns the client's user if they may add a way to sign in: the address is proven, and they have
// reauthenticated.
func (s *Service) mayAdd(ctx context.Context, client Client) (*store.User, error) {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return nil, err
	}
	if err := mayAddFactor(user); err != nil {
		return nil, err
	}
	return user, s.reauthenticated(ctx, user, client)
}

// checkPassword checks the current password of a signed-in user.
func (s *Service) checkPassword(ctx context.Context, user *store.User, client Client) error {
	g, err := s.attempt(ctx, user.Email, client.IP)
	if err != nil {
		return err
	}
	ok, _, err := s.hasher.verify(ctx, client.Password, user.Password)
	if err != nil {
		return err
	}
	if !ok {
		g.fail(ctx)
		return &fault.Error{Code: fault.Forbidden, Detail: "current_password is wrong",
			Fields: []fault.FieldError{{Field: "current_password", Code: "mismatch", Detail: "this is not the current password"}}}
	}
	g.succeed(ctx)
	return nil
}

// asForbidden turns a wrong second factor into a refusal of the operation, not of the token in the request.
func asForbidden(err error) error {
	if fault.CodeOf(err) != fault.Unauthenticated {
		return err
	}
	return &fault.Error{Code: fault.Forbidden, Detail: errFactor.Detail, Fields: errFactor.Fields}
}

// notify notifies the owner of a proven address of a change to the account.
func (s *Service) notify(ctx context.Context, user *store.User, what string) {
	if s.Mail == nil || user.Verified.IsZero() || user.Email == "" {
		return
	}
	to := mailbox(user.Email)
	s.later(ctx, "notice", func(ctx context.Context) error {
		return s.Mail.Send(ctx, Message{Kind: "notice", To: to, Link: s.URL, What: what})
	})
}
