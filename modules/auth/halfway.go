package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Clients of other APIs send the second factor in a call of its own, after the password. In between there is no session:
// what they have is a secret that is good for that call alone.

// HalfSignedIn is the error of a sign-in by a client with [Client.Halfway], for which the second factor is still to come.
type HalfSignedIn struct {
	User    User
	Secret  string
	Expires time.Time
	err     error
}

// Error implements error.
func (h *HalfSignedIn) Error() string { return h.err.Error() }

// Unwrap returns the error that other clients get.
func (h *HalfSignedIn) Unwrap() error { return h.err }

const (
	halfwayKind = "halfway"
	halfwayTime = 10 * time.Minute
	// withTOTP and withPasskey are the ends of the methods of sessions that a second factor was sent for.
	withTOTP    = "+totp"
	withPasskey = "+passkey"
)

// halfway is what a secret stands for: who has proven what, with which password.
type halfway struct{ Method, Password string }

var errHalfway = fault.Errorf(fault.Unauthenticated, "this sign-in has expired; begin it again")

// halfSignedIn is the error for a user whose second factor is to come. asked is the error that asks for it.
func (s *Service) halfSignedIn(ctx context.Context, user *store.User, method string, asked error) error {
	secret := rand.Text()
	data := halfway{method, s.secretOf(halfwayKind, user.Password)}
	if err := s.storeCode(ctx, halfwayKind, secret, user.ID, data, halfwayTime); err != nil {
		return err
	}
	return &HalfSignedIn{userOf(user), secret, s.Now().Add(halfwayTime), asked}
}

// halfwayOf finds the user of a secret, and what it stands for. It is of no use after another password was set.
func (s *Service) halfwayOf(ctx context.Context, secret string) (*store.Code, *store.User, halfway, error) {
	var data halfway
	row, err := s.loadCode(ctx, halfwayKind, secret)
	if err != nil || row == nil {
		return nil, nil, data, cmp.Or(err, error(errHalfway))
	}
	if err := decodeData(row, &data); err != nil {
		return nil, nil, data, err
	}
	user, err := s.byID(ctx, row.Subject)
	if err == nil && (user == nil || subtle.ConstantTimeCompare([]byte(data.Password), []byte(s.secretOf(halfwayKind, user.Password))) != 1) {
		err = errHalfway
	}
	return row, user, data, err
}

// Halfway returns the user of a sign-in whose second factor is to come.
func (s *Service) Halfway(ctx context.Context, secret string) (User, error) {
	_, user, _, err := s.halfwayOf(ctx, secret)
	if err != nil {
		return User{}, err
	}
	return userOf(user), nil
}

// CompleteSignIn ends a sign-in with the second factor, which the client has in TOTP.
func (s *Service) CompleteSignIn(ctx context.Context, secret string, c Client) (Session, error) {
	row, user, data, err := s.halfwayOf(ctx, secret)
	if err != nil {
		return Session{}, err
	}
	c.Halfway = false
	if err := s.checkSignIn(ctx, user, data.Method, c); err != nil {
		return Session{}, err
	}
	if ok, err := s.consumeCode(ctx, row); err != nil || !ok {
		return Session{}, cmp.Or(err, error(errHalfway))
	}
	return s.signedIn(ctx, user, data.Method, c.passed(user, data.Method))
}

// Upgrade takes the second factor of a user who is signed in, and gives a new session for it, which replaces the old one. For a
// user who has just enrolled, it is ConfirmTOTP, too, and returns recovery codes.
func (s *Service) Upgrade(ctx context.Context, code string, c Client) (Session, []string, error) {
	user, old, err := s.current(ctx, c)
	if err != nil {
		return Session{}, nil, err
	}
	c.TOTP, c.Halfway = code, false
	var recovery []string
	if enrolled(user) || c.Passkey != nil {
		err = asInvalid(s.secondFactor(ctx, user, c))
	} else if recovery, err = s.ConfirmTOTP(ctx, code, c); err == nil {
		user, err = s.user(ctx, c.User)
	}
	if err != nil {
		return Session{}, nil, err
	}
	session, err := s.replaced(ctx, user, old, c)
	return session, recovery, err
}

// current is the client's user and session.
func (s *Service) current(ctx context.Context, c Client) (*store.User, *store.Session, error) {
	user, err := s.user(ctx, c.User)
	if err != nil {
		return nil, nil, err
	}
	sid, _ := c.User["sid"].(string)
	session, err := store.Sessions.One(ctx, s.Database, query.All(store.SessionID.Is(sid), store.SessionUser.Is(user.ID)))
	if err == nil && session == nil {
		err = errNoUser
	}
	return user, session, err
}

// replaced opens a session instead of another one of its user, who has sent a second factor.
func (s *Service) replaced(ctx context.Context, user *store.User, old *store.Session, c Client) (Session, error) {
	method := firstOf(old.Method)
	session, err := s.signedIn(ctx, user, method, c.passed(user, method))
	if err != nil {
		return Session{}, err
	}
	err = s.endOne(ctx, user.ID, old.ID, Event{Name: "session.end", User: user.ID, Client: c, Detail: map[string]any{"session": old.ID}})
	if fault.CodeOf(err) == fault.NotFound {
		err = nil // it has ended meanwhile
	}
	return session, err
}

// passed is the client of a sign-in that checkSignIn, or mayOwn, has let through: a user who has a second factor has sent it.
func (c Client) passed(user *store.User, method string) Client {
	c.factored = (enrolled(user) || c.Passkey != nil) && method != "passkey"
	return c
}

// methodOf is the method of a session that begins.
func methodOf(method string, c Client) string {
	switch {
	case !c.factored:
		return method
	case c.Passkey != nil:
		return method + withPasskey
	}
	return method + withTOTP
}

// assurance is the claim aal of a session: aal2 for two factors, of which a passkey is both.
func assurance(method string) string {
	if method == "passkey" || firstOf(method) != method {
		return "aal2"
	}
	return "aal1"
}

// freshFactor reports whether the client's session has begun with the second factor, just now.
func (s *Service) freshFactor(ctx context.Context, user *store.User, c Client) (bool, error) {
	sid, _ := c.User["sid"].(string)
	session, err := store.Sessions.One(ctx, s.Database, query.All(store.SessionID.Is(sid), store.SessionUser.Is(user.ID)))
	if err != nil || session == nil {
		return false, err
	}
	return assurance(session.Method) == "aal2" && s.Now().Sub(session.Created) < freshTime, nil
}
