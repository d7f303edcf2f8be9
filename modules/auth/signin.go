package auth

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Credentials are the credentials of a sign-up or sign-in.
type Credentials struct {
	Email, Password string
	// Metadata is an object that a new user writes about themselves; null for none.
	Metadata query.Value
}

func (s *Service) enabled() error {
	if s.Config.Password == nil {
		return notEnabled("signing in with a password", "auth.providers.password")
	}
	return nil
}

// ErrConfirm is returned by sign-up if the address must be confirmed first. It is not a failure: a mail is sent,
// whether or not the account existed.
var ErrConfirm = errors.New("auth: the address has to be confirmed")

// SignUp creates a user and signs them in, or gives the client's anonymous user an address and a password. The
// client sets nothing else.
func (s *Service) SignUp(ctx context.Context, c Credentials, client Client) (Session, error) {
	if err := s.enabled(); err != nil {
		return Session{}, err
	}
	if err := s.Captcha.check(ctx, s.Client, client); err != nil {
		return Session{}, err
	}
	if err := s.throttleTry(ctx, client.IP); err != nil {
		return Session{}, err
	}
	if err := checkMetadata(c.Metadata); err != nil {
		return Session{}, err
	}
	email, problems := normalEmail(c.Email)
	if err := withFields(s.passwordProblems(ctx, c.Password, email), problems); err != nil {
		return Session{}, err
	}
	if err := s.mayMake(ctx, "signup", email, client); err != nil {
		return Session{}, err
	}
	hash, err := s.hasher.hash(ctx, c.Password)
	if err != nil {
		return Session{}, err
	}
	user, before, err := s.signingUp(ctx, client, email)
	if err != nil {
		return Session{}, err
	}
	if before {
		if err := s.withoutIdentities(ctx, user); err != nil {
			return Session{}, err
		}
	}
	user.Email, user.Password = email, hash
	var more []store.Set[store.User]
	if !c.Metadata.IsNull() {
		user.Metadata = c.Metadata
		more = append(more, store.UserMetadata.To(c.Metadata))
	}
	if err := s.keep(ctx, user, before, true, client, more...); err != nil {
		if isTaken(err) && s.Config.Password.Confirm {
			s.sendTaken(ctx, email)
			return Session{}, ErrConfirm
		}
		return Session{}, err
	}
	s.audit(ctx, Event{Name: "signup", User: user.ID, Client: client, Detail: map[string]any{"method": "password", "anonymous_before": before}})
	if s.Config.Password.Confirm {
		s.sendConfirm(ctx, user, client)
		return Session{}, ErrConfirm
	}
	return s.signInAs(ctx, user, "password", client)
}

// withoutIdentities refuses to add an unproven address to a user with external identities: see mayAddFactor.
func (s *Service) withoutIdentities(ctx context.Context, user *store.User) error {
	known, err := store.Identities.One(ctx, s.Database, store.IdentityUser.Is(user.ID))
	if err == nil && known != nil {
		err = fault.Errorf(fault.Conflict, "this account signs in with an external provider; set an address with PATCH /v1/auth/user, or with a sign-in mail")
	}
	return err
}

// mayMake runs every check that may refuse a new account. The captcha was checked when the sign-up began.
func (s *Service) mayMake(ctx context.Context, method, email string, client Client) error {
	if err := s.profileSent(client); err != nil {
		return err
	}
	what, limit := "signup", s.Limits.SignUps
	if method == "anonymous" {
		what, limit = method, s.Limits.Anonymous
	}
	if err := s.throttle(ctx, what, limit, client.IP); err != nil {
		return err
	}
	if s.Hooks == nil || s.Hooks.SignUp == "" {
		return nil
	}
	_, err := s.Hooks.ask(ctx, s.Client, s.Now(), s.Hooks.SignUp, "signup", map[string]any{"email": email, "method": method, "ip": client.IP})
	return err
}

// signingUp returns the row of a new account: that of the client's anonymous user, which keeps its id, or a new
// one.
func (s *Service) signingUp(ctx context.Context, client Client, email string) (user *store.User, before bool, err error) {
	if client.User["anonymous"] != true {
		return s.newUser(uuid.Must(uuid.NewV7()).String(), email), false, nil
	}
	if user, err = s.user(ctx, client.User); err != nil {
		return nil, false, err
	}
	if user.Email != "" {
		return nil, false, fault.Errorf(fault.Conflict, "this account has an address already; sign in with it")
	}
	user.Updated = s.Now()
	return user, true, nil
}

// keep stores a new account, or an upgraded anonymous user. Earlier sessions end, so that their holders are not
// signed in to the account. The profile is stored with it; see withProfile. more is set of an upgraded user, too.
func (s *Service) keep(ctx context.Context, user *store.User, before, demanded bool, client Client, more ...store.Set[store.User]) error {
	if !before && s.Profiles == nil {
		return taken(store.Users.Insert(ctx, s.Database, user))
	}
	return s.endingIn(ctx, s.withProfile(user, demanded, client), func(tx db.Store) (ended map[string]time.Time, err error) {
		if before {
			ended, err = s.keepIn(ctx, tx, user, nil, more...)
		} else {
			err = store.Users.Insert(ctx, tx, user)
		}
		return ended, taken(err)
	})
}

// keepIn stores the address and the password of an upgraded anonymous user with more claims, inside a transaction, and
// makes user what is stored. The rest stays as it is: an administrator may have changed it since the user was read.
func (s *Service) keepIn(ctx context.Context, tx db.Store, user *store.User, claims map[string]any, more ...store.Set[store.User]) (map[string]time.Time, error) {
	now, err := lockUser(ctx, tx, user.ID, db.Exclusive)
	switch {
	case err != nil:
		return nil, err
	case now == nil || !now.Disabled.IsZero():
		return nil, errChanged
	case now.Email != "":
		return nil, fault.Errorf(fault.Conflict, "this account has an address already; sign in with it")
	}
	set := append([]store.Set[store.User]{
		store.UserEmail.To(user.Email), store.UserPassword.To(user.Password), store.UserVerified.To(user.Verified), store.UserUpdated.To(user.Updated),
	}, more...)
	if len(claims) > 0 {
		set = append(set, store.UserClaims.To(withClaims(now, claims).Claims))
	}
	kept, err := store.Users.UpdateOne(ctx, tx, store.UserID.Is(user.ID), set...)
	if err != nil || kept == nil {
		return nil, cmp.Or(err, error(errChanged))
	}
	*user = *kept
	return s.endAllIn(ctx, tx, user.ID)
}

func taken(err error) error {
	var e *fault.Error
	if errors.As(err, &e) && e.Code == fault.Conflict {
		return &fault.Error{Code: fault.Conflict, Detail: "there is already an account with this e-mail address",
			Fields: []fault.FieldError{{Field: "email", Code: "unique", Detail: "this address has an account; sign in instead"}}}
	}
	return err
}

// isTaken reports whether an address has an account already.
func isTaken(err error) bool {
	var e *fault.Error
	return errors.As(err, &e) && e.Code == fault.Conflict && len(e.Fields) == 1 && e.Fields[0].Field == "email"
}

var errCredentials = fault.Errorf(fault.Unauthenticated, "the e-mail address or the password is wrong")

// SignIn checks a password. An unknown address and a wrong password give the same answer after the same work. Too
// many failures are a RateLimited error, even if the password is right, so that guessing cannot continue.
func (s *Service) SignIn(ctx context.Context, c Credentials, client Client) (Session, error) {
	if err := s.enabled(); err != nil {
		return Session{}, err
	}
	if err := s.Captcha.check(ctx, s.Client, client); err != nil {
		return Session{}, err
	}
	email, problems := normalEmail(c.Email)
	if problems != nil || len(c.Password) > maxPassword {
		return Session{}, errCredentials
	}
	g, err := s.attempt(ctx, email, client.IP)
	if err != nil {
		return Session{}, err
	}
	user, err := s.byEmail(ctx, email)
	if err != nil {
		return Session{}, err
	}
	stored := ""
	if user != nil {
		stored = user.Password
	}
	ok, old, err := s.hasher.verify(ctx, c.Password, stored)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		g.fail(ctx)
		id := ""
		if user != nil {
			id = user.ID
		}
		s.audit(ctx, Event{Name: "signin.failed", User: id, Client: client, Detail: map[string]any{"method": "password"}})
		return Session{}, errCredentials
	}
	if s.Config.Password.Confirm && user.Verified.IsZero() {
		g.succeed(ctx)
		return Session{}, &fault.Error{Code: fault.Unauthenticated, Detail: "confirm your address first, by the mail that was sent to it",
			Fields: []fault.FieldError{{Field: "email", Code: "unverified", Detail: "this address is not confirmed yet"}}}
	}
	session, err := s.signInAs(ctx, user, "password", client)
	if err != nil {
		if half := (*HalfSignedIn)(nil); errors.As(err, &half) {
			g.succeed(ctx)
		} else if fault.CodeOf(err) == fault.Unauthenticated { // a wrong second factor
			g.fail(ctx)
		}
		return Session{}, err
	}
	g.succeed(ctx)
	if old {
		s.upgrade(ctx, user, c.Password)
	}
	return session, nil
}

// upgrade replaces an outdated hash while the password is known.
func (s *Service) upgrade(ctx context.Context, user *store.User, password string) {
	hash, err := s.hasher.hash(ctx, password)
	if err == nil {
		_, err = store.Users.Update(ctx, s.Database, query.All(store.UserID.Is(user.ID), store.UserPassword.As(user)), store.UserPassword.To(hash))
	}
	if err != nil {
		s.Log.Warn("the hash of a password could not be brought up to date", "user", user.ID, "error", err.Error())
	}
}

// SignInAnonymously creates a user without an address, who can add one later and keeps the id.
func (s *Service) SignInAnonymously(ctx context.Context, client Client) (Session, error) {
	if !s.Anonymous {
		return Session{}, notEnabled("signing in anonymously", "auth.providers.anonymous")
	}
	if err := s.Captcha.check(ctx, s.Client, client); err != nil {
		return Session{}, err
	}
	if err := s.mayMake(ctx, "anonymous", "", client); err != nil {
		return Session{}, err
	}
	user := s.newUser(uuid.Must(uuid.NewV7()).String(), "")
	if err := s.keep(ctx, user, false, false, client); err != nil {
		return Session{}, err
	}
	return s.signInAs(ctx, user, "anonymous", client)
}
