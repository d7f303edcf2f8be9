package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// signInAs signs in an authenticated user, and requires the second factor if there is one.
func (s *Service) signInAs(ctx context.Context, user *store.User, method string, c Client) (Session, error) {
	if err := s.checkSignIn(ctx, user, method, c); err != nil {
		return Session{}, err
	}
	return s.signedIn(ctx, user, method, c.passed(user, method))
}

// checkSignIn refuses a user who is disabled, or who does not send the second factor. A passkey counts as two
// factors. An accepted code is consumed: after calling checkSignIn directly, continue with signedIn.
func (s *Service) checkSignIn(ctx context.Context, user *store.User, method string, c Client) error {
	err := s.switchedOn(ctx, user, method, c)
	if err == nil && (enrolled(user) || c.Passkey != nil) && method != "passkey" {
		if err = s.secondFactor(ctx, user, c); c.Halfway && c.TOTP == "" && c.Passkey == nil && fault.CodeOf(err) == fault.Unauthenticated {
			err = s.halfSignedIn(ctx, user, method, err)
		}
	}
	return err
}

// mayOwn is checkSignIn for a user who has proven the address. If it was unproven before, the second factor belongs
// to the previous owner, and is dropped.
func (s *Service) mayOwn(ctx context.Context, user *store.User, method string, c Client) error {
	if unproven(user) {
		return s.switchedOn(ctx, user, method, c)
	}
	return s.checkSignIn(ctx, user, method, c)
}

func (s *Service) switchedOn(ctx context.Context, user *store.User, method string, c Client) error {
	if user.Disabled.IsZero() {
		return nil
	}
	s.audit(ctx, Event{Name: "signin.refused", User: user.ID, Client: c, Detail: map[string]any{"method": method, "why": "disabled"}})
	return fault.Errorf(fault.Forbidden, "this account is disabled")
}

// signedIn opens the session of a user accepted by checkSignIn.
func (s *Service) signedIn(ctx context.Context, user *store.User, method string, c Client) (Session, error) {
	event := Event{Name: "signin", User: user.ID, Client: c, Detail: map[string]any{"method": method}}
	return s.startSession(ctx, user, method, c, func(ctx context.Context, open func(db.Store) error) error { return s.recording(ctx, event, open) })
}

// startSession starts a session for a user; run opens it in a transaction.
func (s *Service) startSession(ctx context.Context, user *store.User, method string, c Client, run func(ctx context.Context, open func(db.Store) error) error) (Session, error) {
	token := refreshToken{session: rand.Text(), generation: 1, secret: rand.Text()}
	now := s.Now()
	row := &store.Session{
		ID: token.session, User: user.ID, Hash: hashSecret(token.secret), Generation: token.generation,
		Created: now, Rotated: now, Expires: s.until(now, now), Method: methodOf(method, c), IP: c.IP, Agent: fault.Cut(c.Agent, 200),
	}
	session, err := s.issueTokens(ctx, user, token, row.Method, c) // before the session is stored: a hook may refuse it
	if err != nil {
		return Session{}, err
	}
	err = run(ctx, func(tx db.Store) error {
		if err := stillThere(ctx, tx, user); err != nil {
			return err
		}
		return store.Sessions.Insert(ctx, tx, row)
	})
	if err != nil {
		return Session{}, err
	}
	s.sweep(ctx, now)
	return session, nil
}

// until returns when a session opened at a time ends if it is not refreshed.
func (s *Service) until(opened, now time.Time) time.Time {
	end := now.Add(s.Refresh)
	if last := opened.Add(s.Lifetime); s.Lifetime > 0 && last.Before(end) {
		return last
	}
	return end
}

// stillThere refuses a user who was deleted, disabled or given to a new owner, or whose password was changed,
// since they authenticated: whatever ends sessions does not see a session that is being opened. The check holds
// until the end of the transaction.
func stillThere(ctx context.Context, tx db.Store, user *store.User) error {
	now, err := lockUser(ctx, tx, user.ID, db.Shared)
	if err != nil {
		return err
	}
	if now == nil || !now.Disabled.IsZero() || !sameOwner(user, now) ||
		now.Password != user.Password && !now.Updated.Equal(user.Updated) { // a rehash does not change the password
		return errChanged
	}
	return nil
}

var errChanged = fault.Errorf(fault.Unauthenticated, "the account has been changed just now; sign in again")

// sweep deletes expired rows, at one sign-in in sixty-four.
func (s *Service) sweep(ctx context.Context, now time.Time) {
	var die [1]byte
	rand.Read(die[:]) // never fails since Go 1.24
	if die[0]%64 != 0 {
		return
	}
	// The next sweep retries; expired rows are refused anyway.
	_, _ = store.Sessions.Delete(ctx, s.Database, store.SessionExpires.Until(now.Add(-LongestGrant)))
	_, _ = store.Codes.Delete(ctx, s.Database, store.CodeExpires.Until(now))
	_, _ = store.RevokedSessions.Delete(ctx, s.Database, store.RevokedExpires.Until(now))
	_, _ = store.References.Delete(ctx, s.Database, store.ReferenceExpires.Until(now))
}

// issueTokens creates the tokens of a session.
func (s *Service) issueTokens(ctx context.Context, user *store.User, refresh refreshToken, method string, c Client) (Session, error) {
	claims := claimsOf(user)
	claims["sid"] = refresh.session
	claims, err := s.complete(ctx, claims)
	if err != nil {
		return Session{}, err
	}
	if s.Assurance {
		claims["aal"] = assurance(method)
	}
	token, err := s.sign(ctx, claims)
	if err != nil {
		return Session{}, err
	}
	shown, err := s.shown(ctx, user, claims, c)
	return Session{AccessToken: token, RefreshToken: s.writeRefresh(refresh), ExpiresIn: s.Signer.Lifetime, User: shown}, err
}

// claimsOf returns the claims that all tokens of a user have.
func claimsOf(user *store.User) map[string]any {
	claims := map[string]any{}
	user.Claims.Members(func(name string, v query.Value) bool {
		claims[name] = v.Any()
		return true
	})
	claims["sub"] = user.ID
	if user.Email == "" {
		claims["anonymous"] = true
	} else {
		claims["email"] = user.Email
		claims["email_verified"] = !user.Verified.IsZero()
	}
	return claims
}

// Claims returns the claims that the access tokens of a user would have now, besides those of one session.
func (s *Service) Claims(ctx context.Context, id string) (map[string]any, error) {
	user, err := s.byID(ctx, id)
	if err != nil {
		return nil, err
	}
	if user == nil {
		return nil, errNoAccount
	}
	return s.complete(ctx, claimsOf(user))
}

// LongestGrant is how long what a session has made may act for its user. The row of a session that has lapsed stays for
// so long: one that is gone was ended, by signing out, a new password, or whoever saw an intruder in it.
const LongestGrant = 7 * 24 * time.Hour

// ClaimsNow returns the claims that the holder of earlier claims has now, and an error if there is none any more: their account
// was removed, disabled, or proven to be another's, their session was ended, or their key was removed. Claims that are of no account and of no key of this server stay as they are.
func (s *Service) ClaimsNow(ctx context.Context, earlier map[string]any) (map[string]any, error) {
	if id, ok := earlier["key"].(string); ok {
		return earlier, s.keyStands(ctx, id)
	}
	sid, ok := earlier["sid"].(string)
	if !ok {
		return earlier, nil
	}
	id, _ := earlier["sub"].(string)
	user, err := s.byID(ctx, id)
	if err != nil || user == nil || !user.Disabled.IsZero() {
		return nil, cmp.Or(err, error(errNoUser))
	}
	if sid != impersonated(id) { // which ends with the account
		session, err := store.Sessions.One(ctx, s.Database, query.All(store.SessionID.Is(sid), store.SessionUser.Is(id)))
		if err != nil || session == nil {
			return nil, cmp.Or(err, error(errNoUser))
		}
	}
	if verified, _ := earlier["email_verified"].(bool); !verified && !user.Verified.IsZero() {
		return nil, errNoUser // who held the account then need not be who has proven its address since
	}
	now, err := s.complete(ctx, claimsOf(user))
	if err != nil {
		return nil, err
	}
	now["sid"] = sid
	for _, name := range []string{"act", "aal"} {
		if v, ok := earlier[name]; ok {
			now[name] = v
		}
	}
	return now, nil
}

// accessToken creates an access token, with the computed claims and those of the hook.
func (s *Service) accessToken(ctx context.Context, claims map[string]any) (string, error) {
	all, err := s.complete(ctx, claims)
	if err != nil {
		return "", err
	}
	return s.sign(ctx, all)
}

// sign creates an access token with all its claims.
func (s *Service) sign(ctx context.Context, all map[string]any) (string, error) {
	signed, err := s.Signer.Sign(all, s.Now())
	if err != nil || len(signed) <= s.MaxToken {
		return signed, err
	}
	return s.refer(ctx, all)
}

// complete adds the computed claims and those of the hook.
func (s *Service) complete(ctx context.Context, claims map[string]any) (map[string]any, error) {
	more := map[string]any{}
	if s.Config.Claims != nil {
		computed, err := s.Config.Claims.Compute(ctx, claims, s.Now())
		if err != nil {
			return nil, err
		}
		maps.Copy(more, computed)
	}
	if s.Hooks != nil && s.Hooks.Token != "" {
		answered, err := s.Hooks.ask(ctx, s.Client, s.Now(), s.Hooks.Token, "token", map[string]any{"claims": claims})
		if err != nil {
			return nil, err
		}
		maps.Copy(more, answered)
	}
	for _, name := range token.ReservedClaims {
		delete(more, name)
	}
	all := maps.Clone(claims)
	maps.Copy(all, more)
	return all, nil
}

// SignOut ends the session of a refresh token, or that of the client's access token; with everywhere, all
// sessions of its user.
func (s *Service) SignOut(ctx context.Context, refreshToken string, everywhere bool, c Client) error {
	where := query.Filter(query.False)
	if token, ok := s.readRefresh(refreshToken); ok {
		where = query.All(store.SessionID.Is(token.session), store.SessionHash.Is(hashSecret(token.secret)))
	} else if sid, ok := c.User["sid"].(string); ok {
		where = store.SessionID.Is(sid)
	}
	if where == query.False {
		return fault.Errorf(fault.Unauthenticated, "the session is missing: send its refresh_token, or its access token as Authorization")
	}
	row, err := store.Sessions.One(ctx, s.Database, where)
	if err != nil || row == nil {
		return err
	}
	if everywhere {
		err = s.endAll(ctx, row.User)
	} else {
		err = s.end(ctx, where)
	}
	if err != nil {
		return err
	}
	s.audit(ctx, Event{Name: "signout", User: row.User, Client: c, Detail: map[string]any{"everywhere": everywhere}})
	return nil
}

// OpenSession is a session as shown to its user.
type OpenSession struct {
	ID, Method, IP, Agent string
	Created, Refreshed    query.Value
	Current               bool
}

// Sessions returns the open sessions of the client's user, the latest first.
func (s *Service) Sessions(ctx context.Context, c Client) ([]OpenSession, error) {
	user, err := s.user(ctx, c.User)
	if err != nil {
		return nil, err
	}
	out, err := s.sessionsOf(ctx, user.ID)
	for i := range out {
		out[i].Current = out[i].ID == c.User["sid"]
	}
	return out, err
}

// EndSession ends one session of the client's user.
func (s *Service) EndSession(ctx context.Context, id string, c Client) error {
	user, err := s.user(ctx, c.User)
	if err != nil {
		return err
	}
	return s.endOne(ctx, user.ID, id, Event{Name: "session.end", User: user.ID, Client: c, Detail: map[string]any{"session": id}})
}
