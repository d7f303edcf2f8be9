package auth

import (
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// The fourth step of an OAuth sign-in. Only here, where the app has proven by its verifier that it began the
// sign-in, is anything linked, created or confirmed: the earlier steps run in any browser that follows a link.

// Exchange trades the one-time code for a session; the caller must present the PKCE verifier. For a link, the
// caller must be signed in as the user who requested it, or the session that has begun it must be open still.
func (s *Service) Exchange(ctx context.Context, code, verifier string, client Client) (Session, error) {
	row, err := s.loadCode(ctx, "exchange", code)
	if err != nil {
		return Session{}, err
	}
	if row == nil {
		return Session{}, errLink
	}
	var a oauth.Result
	if err := decodeData(row, &a); err != nil {
		return Session{}, err
	}
	if !a.ProvenBy(verifier) {
		_, err := s.consumeCode(ctx, row) // a single guess is allowed
		return Session{}, cmp.Or(err, error(errLink))
	}
	if a.Link != "" {
		if err := s.asWhoLinks(ctx, a, client); err != nil {
			return Session{}, err
		}
	}
	c, err := s.claim(ctx, a)
	if err != nil {
		return Session{}, err
	}
	if err := s.mayClaim(ctx, c, client); err != nil { // the code stays valid, for the second factor
		return Session{}, err
	}
	if err := s.useUp(ctx, row); err != nil {
		return Session{}, err
	}
	user, err := s.settle(ctx, c, client)
	if err != nil {
		return Session{}, err
	}
	return s.signedIn(ctx, user, a.Provider, client.passed(user, a.Provider))
}

// asWhoLinks refuses a link unless the caller is the user who requested it. A caller without a token is, where the session
// that stands for it is open.
func (s *Service) asWhoLinks(ctx context.Context, a oauth.Result, client Client) error {
	claims := client.User
	if claims == nil && a.Session != "" {
		session, err := store.Sessions.One(ctx, s.Database, query.All(store.SessionID.Is(a.Session), store.SessionUser.Is(a.Link)))
		if err != nil || session == nil || !s.Now().Before(session.Expires) {
			return cmp.Or(err, error(errNoUser))
		}
		claims = map[string]any{"sub": a.Link}
	}
	user, err := s.user(ctx, claims)
	if err != nil {
		return err
	}
	if user.ID != a.Link {
		return fault.Errorf(fault.Forbidden, "another user began this link; send the token of that user")
	}
	return mayAddFactor(user)
}

// claim is the account that an external identity belongs to.
type claim struct {
	oauth.Result
	key   string      // of the identity
	email string      // confirmed by the provider, normalised; empty for none
	user  *store.User // nil for a new account
	known bool        // the identity belongs to the user already
}

// gets reports whether the account receives the provider's address: it is new, or has no address yet.
func (c claim) gets() bool {
	return !c.known && c.email != "" && (c.user == nil || c.user.Email == "")
}

// proves reports whether the provider confirms the unconfirmed address of an account.
func (c claim) proves() bool { return !c.known && c.Link == "" && c.user != nil && unproven(c.user) }

// claim finds the account of an identity: its owner; for a link, the user who links; the account with the same
// address; or a new one. It changes nothing.
func (s *Service) claim(ctx context.Context, a oauth.Result) (claim, error) {
	c := claim{Result: a, key: a.Provider + ":" + hashSecret(a.User.Subject)}
	known, err := store.Identities.One(ctx, s.Database, store.IdentityID.Is(c.key))
	if err != nil {
		return c, err
	}
	if known != nil {
		if a.Link != "" && known.User != a.Link {
			return c, errOthers
		}
		c.known = true
		c.user, err = s.mustFind(ctx, known.User)
		return c, err
	}
	if normal, problems := normalEmail(a.User.Email); problems == nil && a.User.Verified {
		c.email = normal
	}
	if a.Link != "" {
		if c.user, err = s.mustFind(ctx, a.Link); err != nil || !c.gets() {
			return c, err
		}
		other, err := s.byEmail(ctx, c.email) // an anonymous user does not take over an account
		if err == nil && other != nil {
			err = taken(fault.Errorf(fault.Conflict, "taken"))
		}
		return c, err
	}
	if c.email != "" {
		c.user, err = s.byEmail(ctx, c.email)
	}
	return c, err
}

var errOthers = fault.Errorf(fault.Conflict, "this identity belongs to another account")

func (s *Service) mustFind(ctx context.Context, id string) (*store.User, error) {
	user, err := s.byID(ctx, id)
	if err == nil && user == nil {
		err = errLink
	}
	return user, err
}

// mayClaim runs every check that may refuse the sign-in.
func (s *Service) mayClaim(ctx context.Context, c claim, client Client) error {
	switch {
	case c.user == nil:
		return s.mayMake(ctx, c.Provider, c.email, client)
	case c.proves():
		return s.mayOwn(ctx, c.user, c.Provider, client)
	}
	return s.checkSignIn(ctx, c.user, c.Provider, client)
}

// next returns the row of the account after the claim, as far as the claim alone decides about it: a new one, the
// anonymous user with an address, or the account as it is.
func (c claim) next(s *Service) (user *store.User, made bool) {
	switch {
	case c.user == nil:
		user = s.newUser(uuid.Must(uuid.NewV7()).String(), c.email)
		if c.email != "" {
			user.Verified = s.Now()
		}
		return user, true
	case c.gets():
		upgraded := *c.user
		upgraded.Email, upgraded.Verified, upgraded.Updated = c.email, s.Now(), s.Now()
		return &upgraded, false
	}
	return c.user, false
}

// settle creates or changes the account, and stores the identity, in one transaction.
func (s *Service) settle(ctx context.Context, c claim, client Client) (*store.User, error) {
	if c.known {
		return c.user, nil
	}
	user, made := c.next(s)
	run := s.together
	if made || c.gets() {
		run = s.withProfile(user, false, client)
	}
	var err error
	if c.proves() {
		if run, err = s.succeeding(ctx, user); err != nil {
			return nil, err
		}
	}
	owned := user
	err = s.endingIn(ctx, run, func(tx db.Store) (ended map[string]time.Time, err error) {
		owned = user
		switch {
		case made:
			err = taken(store.Users.Insert(ctx, tx, user))
		case c.proves():
			owned, ended, err = s.newOwnerIn(ctx, tx, user, nil)
		case c.gets():
			ended, err = s.keepIn(ctx, tx, user, nil)
			err = taken(err)
		default:
			err = stillThere(ctx, tx, user)
		}
		if err != nil {
			return nil, err
		}
		row := &store.Identity{ID: c.key, User: user.ID, Provider: c.Provider, Email: c.email, Created: s.Now()}
		if err = store.Identities.Insert(ctx, tx, row); fault.CodeOf(err) == fault.Conflict {
			err = errOthers // another request was faster
		}
		return ended, err
	})
	if err != nil {
		return nil, err
	}
	user = owned
	detail := map[string]any{"method": c.Provider}
	switch {
	case made || c.gets():
		s.audit(ctx, Event{Name: "signup", User: user.ID, Client: client, Detail: detail})
		return user, nil
	case c.proves():
		s.opaque.Forget()
		s.audit(ctx, Event{Name: "owner.changed", User: user.ID, Client: client, Detail: detail})
	}
	s.audit(ctx, Event{Name: "identity.linked", User: user.ID, Client: client, Detail: detail})
	s.notify(ctx, user, c.Provider+" can be used to sign in to the account from now on.")
	return user, nil
}

// Identity is an external identity that can sign in.
type Identity struct {
	ID, Provider, Email string
	Created             query.Value
}

// Identities returns the identities of the client's user.
func (s *Service) Identities(ctx context.Context, client Client) ([]Identity, error) {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return nil, err
	}
	return s.identitiesOf(ctx, user.ID)
}
