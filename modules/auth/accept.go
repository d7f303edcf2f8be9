package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
)

// Acceptance accepts an invitation.
type Acceptance struct {
	Token string
	// Password is that of the new account, or the current one of an account that the address has; it may be empty.
	Password string
}

// acceptance is an invitation that is being accepted.
type acceptance struct {
	invited
	row    *store.Code
	by     Inviter
	client Client
	// user is the account, made is true for a new one, and before for an anonymous user who gets the address.
	user         *store.User
	made, before bool
	hash         string // of the password of a new owner, empty for none
	signedIn     bool   // the client is the user already
}

// AcceptInvitation gives the account of the invited address what the invitation gives. A new address gets an account,
// and one whose address is not confirmed a new owner. The owner of an account that exists proves it by a token or the password. The
// session is nil for a client who is signed in, and gets the claims at the next refresh.
func (s *Service) AcceptInvitation(ctx context.Context, a Acceptance, client Client) (*Session, error) {
	if s.Invitations == nil {
		return nil, errNoInvitations
	}
	if err := s.take(ctx, "codes:address:"+shared.Network(client.IP), s.window(10)); err != nil {
		return nil, err
	}
	c := &acceptance{client: client}
	if err := s.loadInvitation(ctx, a.Token, c); err != nil {
		return nil, err
	}
	user, err := s.byEmail(ctx, c.Email)
	if err != nil {
		return nil, err
	}
	if c.user = user; user == nil || unproven(user) {
		err = s.comes(ctx, c, a.Password)
	} else {
		err = s.knows(ctx, c, a.Password)
	}
	if err != nil { // the link stays valid for another attempt
		return nil, err
	}
	if err := s.join(ctx, c); err != nil {
		return nil, err
	}
	s.audit(ctx, Event{Name: "invite.accepted", User: c.user.ID, Client: client, Detail: map[string]any{"invitation": c.row.ID, "by": c.By}})
	if c.signedIn {
		return nil, nil
	}
	session, err := s.signedIn(ctx, c.user, "invite", client)
	return &session, err
}

// loadInvitation reads an invitation whose inviter may still make it.
func (s *Service) loadInvitation(ctx context.Context, token string, c *acceptance) (err error) {
	if c.row, err = s.loadCode(ctx, "invite", token); err != nil || c.row == nil {
		return cmp.Or(err, error(errLink))
	}
	if err := decodeData(c.row, &c.invited); err != nil {
		return err
	}
	c.by = Inviter{User: c.By, Admin: c.Admin}
	if c.By == "" {
		return nil
	}
	inviter, err := s.byID(ctx, c.By)
	if err != nil || inviter == nil || !inviter.Disabled.IsZero() {
		return cmp.Or(err, error(errLink))
	}
	if c.by.Claims, err = s.complete(ctx, claimsOf(inviter)); err != nil {
		return err
	}
	if c.Admin {
		if !s.Invitations.Documents.IsAdmin(c.by.Claims) {
			return errLink
		}
		return nil
	}
	if err := s.mayInvite(ctx, c.by, c.Invitation, c.client); fault.CodeOf(err) == fault.Forbidden || fault.CodeOf(err) == fault.Unauthenticated || fault.CodeOf(err) == fault.NotFound {
		s.Log.Info("an invitation is not accepted, since its inviter may not make it any more", "user", c.By, "reason", err.Error())
		return errLink
	} else if err != nil {
		return err
	}
	return nil
}

// comes prepares a new account, or an account whose address is not confirmed, for the invited person.
func (s *Service) comes(ctx context.Context, c *acceptance, password string) (err error) {
	if c.client.User != nil && c.client.User["anonymous"] != true && (c.user == nil || c.client.User["sub"] != c.user.ID) {
		return errInvitesAnother
	}
	if c.user != nil {
		err = s.mayOwn(ctx, c.user, "invite", c.client)
	} else {
		err = s.mayMake(ctx, "invite", c.Email, c.client)
	}
	if err == nil && password != "" {
		if err = s.enabled(); err == nil {
			err = s.passwordProblems(ctx, password, c.Email)
		}
		if err == nil {
			c.hash, err = s.hasher.hash(ctx, password)
		}
	}
	if err != nil || c.user != nil {
		return err
	}
	if c.user, c.before, err = s.signingUp(ctx, c.client, c.Email); err != nil {
		return err
	}
	c.made = true
	c.user.Email, c.user.Verified, c.user.Password = c.Email, s.Now(), c.hash
	return nil
}

var errInvitesAnother = fault.Errorf(fault.Forbidden, "this invitation is for another address than the one you are signed in with; sign out, and open the link again")

// knows checks that the client is the owner of an account that exists: a link that waits for days is not enough proof.
func (s *Service) knows(ctx context.Context, c *acceptance, password string) error {
	switch {
	case c.client.User != nil && c.client.User["anonymous"] != true:
		user, err := s.user(ctx, c.client.User)
		if err == nil && user.ID != c.user.ID {
			err = errInvitesAnother
		}
		c.signedIn = true
		return err
	case password != "":
		c.client.Password = password
		if err := s.checkPassword(ctx, c.user, c.client); fault.CodeOf(err) == fault.Forbidden {
			return errCredentials
		} else if err != nil {
			return err
		}
		return s.checkSignIn(ctx, c.user, "invite", c.client)
	}
	return &fault.Error{Code: fault.Unauthenticated, Detail: "this address has an account: sign in with it and open the link again, or send its password",
		Fields: []fault.FieldError{{Field: "email", Code: "exists", Detail: "this address has an account; sign in with it"}}}
}

// join makes or changes the account, creates the profile and the membership, and uses the invitation up: all of it, or
// nothing.
func (s *Service) join(ctx context.Context, c *acceptance) error {
	claims, err := s.complete(ctx, claimsOf(withClaims(c.user, c.Claims)))
	if err != nil {
		return err
	}
	succeeds := !c.made && unproven(c.user)
	if succeeds {
		if succeeds, err = s.held(ctx, s.Database, c.user); err != nil {
			return err
		}
	}
	if succeeds {
		if claims, err = s.successor(ctx, c.user, c.Claims); err != nil {
			return err
		}
	}
	var docs DocumentsIn
	run := s.together
	if collection := s.joins(c); collection != "" {
		run = func(ctx context.Context, f func(db.Store) error) error {
			return s.Invitations.Documents.Transaction(ctx, collection, func(tx db.Store, in DocumentsIn) error {
				docs = in
				return f(tx)
			})
		}
	}
	var owned *store.User
	err = s.endingIn(ctx, run, func(tx db.Store) (ended map[string]time.Time, err error) {
		if n, err := store.Codes.Delete(ctx, tx, store.CodeID.Is(c.row.ID)); err != nil || n == 0 {
			return nil, cmp.Or(err, error(errLink)) // another request was faster, or it was revoked
		}
		if c.made && s.Profiles != nil {
			if err := docs.Put(ctx, claims, c.client.Profile, c.client); err != nil {
				return nil, About("profile", err)
			}
		}
		if succeeds && s.Profiles != nil {
			if err := docs.Renew(ctx, claims); err != nil {
				return nil, err
			}
		}
		if owned, ended, err = s.joinIn(ctx, tx, c); err != nil {
			return nil, err
		}
		if c.Membership != nil {
			err = About("membership", docs.Join(ctx, c.by, *c.Membership, owned.ID, c.client))
		}
		return ended, err
	})
	if err != nil {
		return err
	}
	if unproven(c.user) {
		s.opaque.Forget()
		s.audit(ctx, Event{Name: "owner.changed", User: c.user.ID, Client: c.client})
	}
	if c.made {
		s.audit(ctx, Event{Name: "signup", User: owned.ID, Client: c.client, Detail: map[string]any{"method": "invite", "anonymous_before": c.before}})
	}
	c.user = owned
	return nil
}

// joins returns a collection whose transaction the acceptance needs, empty for none.
func (s *Service) joins(c *acceptance) string {
	switch {
	case c.Membership != nil:
		return c.Membership.Collection
	case (c.made || unproven(c.user)) && s.Profiles != nil:
		return s.Profiles.Collection()
	}
	return ""
}

// joinIn stores the account with the claims of the invitation.
func (s *Service) joinIn(ctx context.Context, tx db.Store, c *acceptance) (*store.User, map[string]time.Time, error) {
	switch {
	case c.made:
		if c.before {
			user := *c.user
			ended, err := s.keepIn(ctx, tx, &user, c.Claims)
			return &user, ended, taken(err)
		}
		user := withClaims(c.user, c.Claims)
		return user, nil, taken(store.Users.Insert(ctx, tx, user))
	}
	now, err := lockUser(ctx, tx, c.user.ID, db.Exclusive)
	switch {
	case err != nil || now == nil || !now.Disabled.IsZero() || !sameOwner(c.user, now):
		return nil, nil, cmp.Or(err, error(errLink))
	case unproven(now):
		return s.newOwnerIn(ctx, tx, now, c.Claims, store.UserPassword.To(c.hash))
	}
	if len(c.Claims) == 0 {
		return now, nil, nil
	}
	now, err = store.Users.UpdateOne(ctx, tx, store.UserID.Is(now.ID), store.UserClaims.To(withClaims(now, c.Claims).Claims), store.UserUpdated.To(s.Now()))
	return now, nil, err
}

// withClaims returns a user with more claims. Those that are there stay as they are, and lists get what they lack: an
// invitation takes nothing away.
func withClaims(user *store.User, more map[string]any) *store.User {
	if len(more) == 0 {
		return user
	}
	claims, _ := user.Claims.Any().(map[string]any)
	if claims == nil {
		claims = map[string]any{}
	}
	for name, v := range more {
		has, list := claims[name].([]any)
		given, lists := v.([]any)
		switch {
		case claims[name] == nil:
			claims[name] = v
		case list && lists:
			for _, one := range given {
				if !covers(has, []any{one}) {
					has = append(has, one)
				}
			}
			claims[name] = has
		}
	}
	out := *user
	if encoded, err := json.Marshal(claims); err == nil { // it was JSON
		out.Claims = query.RawJSON(string(encoded))
	}
	return &out
}
