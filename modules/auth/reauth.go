package auth

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// freshTime is how long after signing in nobody has to show again who they are.
const freshTime = 10 * time.Minute

var errReauthenticate = &fault.Error{Code: fault.Forbidden, Detail: "show once more who you are: send current_password or a code as totp, or sign in again and do this within ten minutes",
	Fields: []fault.FieldError{{Field: "current_password", Code: "reauthenticate", Detail: "send it, or totp, or sign in again"}}}

// reauthenticated is asked before anything changes how somebody signs in: an access token that was stolen for a
// moment must not become an account for ever. It takes the password, a code of the second factor, or a session that
// was opened just now. An anonymous user has nothing but the session.
func (s *Service) reauthenticated(ctx context.Context, user query.Row, client Client) error {
	switch {
	case client.Password != "" && !user[userPassword].IsNull():
		return s.checkPassword(ctx, user, client)
	case client.TOTP != "" && enrolled(user):
		return asForbidden(s.secondFactor(ctx, user, client))
	}
	sid, _ := client.User["sid"].(string)
	session, err := s.find(ctx, sessions, query.All(sessions.ByKey(sid), equal("user", user[0])))
	if err != nil {
		return err
	}
	if session != nil && s.Now().Sub(session[sessionCreated].Time()) < freshTime {
		return nil
	}
	if user[userEmail].IsNull() {
		known, err := s.find(ctx, identities, equal("user", user[0]))
		if err != nil {
			return err
		}
		if known == nil {
			return nil
		}
	}
	return errReauthenticate
}

// mayAdd returns the client's user, who may get another way to sign in: their address is proven, and it is they.
func (s *Service) mayAdd(ctx context.Context, client Client) (query.Row, error) {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return nil, err
	}
	if err := mayAddFactor(user); err != nil {
		return nil, err
	}
	return user, s.reauthenticated(ctx, user, client)
}

// checkPassword checks the current password of a user who is signed in.
func (s *Service) checkPassword(ctx context.Context, user query.Row, client Client) error {
	g, err := s.guess(ctx, user[userEmail].Text(), client.IP)
	if err != nil {
		return err
	}
	ok, _, err := s.hasher.verify(ctx, client.Password, user[userPassword].Text())
	if err != nil {
		return err
	}
	if !ok {
		g.wrong(ctx)
		return &fault.Error{Code: fault.Forbidden, Detail: "current_password is wrong",
			Fields: []fault.FieldError{{Field: "current_password", Code: "mismatch", Detail: "this is not the current password"}}}
	}
	g.right(ctx)
	return nil
}

// asForbidden makes a wrong second factor a refusal of what was asked for, and not of the token that came along.
func asForbidden(err error) error {
	if fault.CodeOf(err) != fault.Unauthenticated {
		return err
	}
	return &fault.Error{Code: fault.Forbidden, Detail: errFactor.Detail, Fields: errFactor.Fields}
}

// notify tells the owner of a proven address what has been done to the account.
func (s *Service) notify(ctx context.Context, user query.Row, what string) {
	if s.Mail == nil || user[userVerified].IsNull() || user[userEmail].IsNull() {
		return
	}
	to := mailbox(user[userEmail].Text())
	s.later(ctx, "notice", func(ctx context.Context) error {
		return s.Mail.Send(ctx, Message{Kind: "notice", To: to, Link: s.URL, What: what})
	})
}
