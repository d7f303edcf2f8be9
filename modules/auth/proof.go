package auth

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
)

// MailCode is what the user received by mail: the token of a link, or the code and the address.
type MailCode struct{ Token, Email, Code string }

// verifyCode returns the row of the code of a proof, which the caller must consume, and the address that it proves.
// For a six-digit code it counts an attempt.
func (s *Service) verifyCode(ctx context.Context, kind, subject string, p MailCode) (*store.Code, string, error) {
	row, err := s.loadCode(ctx, kind, p.Token)
	code := normalCode(p.Code)
	if p.Token == "" {
		if len(code) != 6 || subject == "" {
			return nil, "", errLink
		}
		row, err = store.Codes.One(ctx, s.Database, query.All(store.CodeSubject.Is(subject), store.CodeKind.Is(kind)))
	}
	if err != nil {
		return nil, "", err
	}
	if row == nil || !s.Now().Before(row.Expires) {
		return nil, "", errLink
	}
	var what sent
	if err := decodeData(row, &what); err != nil {
		return nil, "", err
	}
	if p.Token != "" {
		return row, what.Email, nil
	}
	more, err := s.tried(ctx, row)
	if err != nil {
		return nil, "", err
	}
	if !more || what.Code == "" || subtle.ConstantTimeCompare([]byte(what.Code), []byte(s.secretOf(kind+" code "+what.Email, code))) != 1 {
		return nil, "", errLink
	}
	return row, what.Email, nil
}

// VerifyMail signs in, or up, with a sign-in or confirmation mail.
func (s *Service) VerifyMail(ctx context.Context, p MailCode, client Client) (Session, error) {
	subject := ""
	if p.Token == "" {
		email, problems := normalEmail(p.Email)
		if problems != nil {
			return Session{}, errLink
		}
		if err := s.take(ctx, "codes:address:"+shared.Network(client.IP), s.window(10)); err != nil {
			return Session{}, err
		}
		subject = email
	}
	self, _ := client.User["sub"].(string)
	for _, way := range []struct {
		kind, subject string
		enter         func(context.Context, *store.Code, string, Client) (Session, error)
	}{
		{"signin", subject, s.enterByMail}, {"confirm", subject, s.enterConfirmed}, {"change", self, s.enterChanged},
	} {
		row, email, err := s.verifyCode(ctx, way.kind, way.subject, p)
		if errors.Is(err, errLink) {
			continue
		}
		if err != nil {
			return Session{}, err
		}
		return way.enter(ctx, row, email, client)
	}
	return Session{}, errLink
}

// enterByMail signs in with a mail that anyone can request for any address: its receiver proves the address.
func (s *Service) enterByMail(ctx context.Context, row *store.Code, email string, client Client) (Session, error) {
	user, err := s.byEmail(ctx, email)
	if err != nil {
		return Session{}, err
	}
	switch {
	case user == nil && (s.Email == nil || !s.Email.SignUp):
		return Session{}, errLink
	case user == nil:
		err = s.mayMake(ctx, "email", email, client)
	default:
		err = s.mayOwn(ctx, user, "email", client)
	}
	if err != nil { // the link stays valid for another attempt
		return Session{}, err
	}
	if err := s.useUp(ctx, row); err != nil {
		return Session{}, err
	}
	switch {
	case user == nil:
		user, err = s.made(ctx, email, client)
	case unproven(user):
		user, err = s.newOwner(ctx, user, client)
	}
	if err != nil {
		return Session{}, err
	}
	return s.signedIn(ctx, user, "email", client.passed(user, "email"))
}

// made creates the account of a proven address, or adds the address to the client's anonymous user.
func (s *Service) made(ctx context.Context, email string, client Client) (*store.User, error) {
	user, before, err := s.signingUp(ctx, client, email)
	if err != nil {
		return nil, err
	}
	user.Email, user.Verified = email, s.Now()
	if err := s.keep(ctx, user, before, false, client); err != nil {
		return nil, err
	}
	s.audit(ctx, Event{Name: "signup", User: user.ID, Client: client, Detail: map[string]any{"method": "email", "anonymous_before": before}})
	return user, nil
}

// enterConfirmed signs in with the mail that an account has requested to confirm its first address.
func (s *Service) enterConfirmed(ctx context.Context, row *store.Code, email string, client Client) (Session, error) {
	user, err := s.byEmail(ctx, email)
	if err != nil || user == nil {
		return Session{}, cmp.Or(err, error(errLink))
	}
	if err := s.checkSignIn(ctx, user, "email", client); err != nil {
		return Session{}, err
	}
	if err := s.useUp(ctx, row); err != nil {
		return Session{}, err
	}
	if user, err = s.confirm(ctx, user, client); err != nil {
		return Session{}, err
	}
	return s.signedIn(ctx, user, "email", client.passed(user, "email"))
}

// enterChanged changes the address of an account to the new, proven one. The receiver of the mail must also be
// signed in to the account: a mistyped address must not give the account to a stranger, and a careless click must
// not add one's address to another account.
func (s *Service) enterChanged(ctx context.Context, row *store.Code, email string, client Client) (Session, error) {
	user, err := s.user(ctx, client.User)
	if errors.Is(err, errNoUser) {
		return Session{}, fault.Errorf(fault.Unauthenticated, "sign in with the previous address, and open the link or type the code there: it confirms the new address of an account")
	}
	if err != nil {
		return Session{}, err
	}
	if row.Subject != user.ID || user.NewEmail != email {
		return Session{}, errLink
	}
	if other, err := s.byEmail(ctx, email); err != nil || other != nil {
		return Session{}, cmp.Or(err, taken(fault.Errorf(fault.Conflict, "taken")))
	}
	if err := s.useUp(ctx, row); err != nil {
		return Session{}, err
	}
	var changed *store.User
	err = s.together(ctx, func(tx db.Store) (err error) {
		now := s.Now()
		where := query.All(store.UserID.Is(user.ID), store.UserEmail.As(user), store.UserNewEmail.Is(email))
		changed, err = store.Users.UpdateOne(ctx, tx, where,
			store.UserEmail.To(email), store.UserVerified.To(now), store.UserNewEmail.Clear(), store.UserUpdated.To(now))
		if err != nil || changed == nil {
			return cmp.Or(err, error(errLink))
		}
		if user.Email == "" {
			return nil
		}
		_, err = store.Codes.Delete(ctx, tx, store.CodeSubject.Is(user.Email)) // codes sent to the previous address
		return err
	})
	if err != nil {
		return Session{}, taken(err)
	}
	s.audit(ctx, Event{Name: "email.changed", User: user.ID, Client: client})
	s.notify(ctx, user, "The address of the account is "+email+" from now on.")
	return s.signedIn(ctx, changed, "email", client)
}

// ResetPassword sets a new password with the mail to do so, ends all sessions and signs in.
func (s *Service) ResetPassword(ctx context.Context, token, password string, client Client) (Session, error) {
	if err := s.enabled(); err != nil {
		return Session{}, err
	}
	if token == "" || len(token) > linkBytes {
		return Session{}, errLink
	}
	row, email, err := s.verifyCode(ctx, "reset", "", MailCode{Token: token})
	if err != nil {
		return Session{}, err
	}
	if err := s.passwordProblems(ctx, password, email); err != nil {
		return Session{}, err
	}
	user, err := s.byEmail(ctx, email)
	if err != nil || user == nil {
		return Session{}, cmp.Or(err, error(errLink))
	}
	if err := s.mayOwn(ctx, user, "reset", client); err != nil {
		return Session{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Session{}, err
	}
	if err := s.useUp(ctx, row); err != nil {
		return Session{}, err
	}
	set := store.UserPassword.To(hash)
	if unproven(user) {
		user, err = s.newOwner(ctx, user, client, set)
	} else {
		user, err = s.reset(ctx, user, set)
	}
	if err != nil {
		return Session{}, err
	}
	s.audit(ctx, Event{Name: "password.reset", User: user.ID, Client: client})
	return s.startSession(ctx, user, "reset", client, s.together)
}

// reset sets the password of a user who has proven the address before. It ends all sessions and drops a requested
// address, because they may belong to an intruder.
func (s *Service) reset(ctx context.Context, user *store.User, password store.Set[store.User]) (changed *store.User, err error) {
	err = s.ending(ctx, func(tx db.Store) (ended map[string]time.Time, err error) {
		changed, err = store.Users.UpdateOne(ctx, tx, query.All(store.UserID.Is(user.ID), store.UserEmail.As(user)),
			password, store.UserNewEmail.Clear(), store.UserUpdated.To(s.Now()))
		if err != nil || changed == nil {
			return nil, cmp.Or(err, error(errLink))
		}
		if _, err := store.Codes.Delete(ctx, tx, store.CodeSubject.Is(user.ID)); err != nil {
			return nil, err
		}
		return s.endAllIn(ctx, tx, user.ID)
	})
	return changed, err
}
