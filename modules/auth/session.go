package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

func hashSecret(secret string) query.Value {
	sum := sha256.Sum256([]byte(secret))
	return query.String(hex.EncodeToString(sum[:]))
}

// signInAs signs in an authenticated user, and requires the second factor if there is one.
func (s *Service) signInAs(ctx context.Context, user query.Row, method string, c Client) (Session, error) {
	if err := s.checkSignIn(ctx, user, method, c); err != nil {
		return Session{}, err
	}
	return s.signedIn(ctx, user, method, c)
}

// checkSignIn refuses a user who is disabled, or who does not send the second factor. A passkey counts as two
// factors. An accepted code is consumed: after calling checkSignIn directly, continue with signedIn.
func (s *Service) checkSignIn(ctx context.Context, user query.Row, method string, c Client) error {
	err := s.switchedOn(ctx, user, method, c)
	if err == nil && enrolled(user) && method != "passkey" {
		err = s.secondFactor(ctx, user, c)
	}
	return err
}

// mayOwn is checkSignIn for a user who has proven the address. If it was unproven before, the second factor belongs
// to the previous owner, and is dropped.
func (s *Service) mayOwn(ctx context.Context, user query.Row, method string, c Client) error {
	if unproven(user) {
		return s.switchedOn(ctx, user, method, c)
	}
	return s.checkSignIn(ctx, user, method, c)
}

func (s *Service) switchedOn(ctx context.Context, user query.Row, method string, c Client) error {
	if user[userDisabled].IsNull() {
		return nil
	}
	s.audit(ctx, Event{Name: "signin.refused", User: user[0].Text(), Client: c, Detail: map[string]any{"method": method, "why": "disabled"}})
	return fault.Errorf(fault.Forbidden, "this account is disabled")
}

// signedIn opens the session of a user accepted by checkSignIn.
func (s *Service) signedIn(ctx context.Context, user query.Row, method string, c Client) (Session, error) {
	session, err := s.startSession(ctx, user, method, c)
	if err == nil {
		s.audit(ctx, Event{Name: "signin", User: user[0].Text(), Client: c, Detail: map[string]any{"method": method}})
	}
	return session, err
}

// startSession starts a session for a user.
func (s *Service) startSession(ctx context.Context, user query.Row, method string, c Client) (Session, error) {
	token := refreshToken{session: rand.Text(), generation: 1, secret: rand.Text()}
	now := s.Now()
	row := make(query.Row, len(sessions.Columns))
	row[0], row[sessionUser], row[sessionHash], row[sessionGeneration] = query.String(token.session), user[0], hashSecret(token.secret), query.Int(token.generation)
	row[sessionCreated], row[sessionRotated], row[sessionExpires] = query.Time(now), query.Time(now), query.Time(s.until(now, now))
	row[sessionMethod], row[sessionIP], row[sessionAgent] = query.String(method), query.String(c.IP), query.String(clip(c.Agent, 200))
	session, err := s.issueTokens(ctx, user, token) // before the session is stored: a hook may refuse it
	if err != nil {
		return Session{}, err
	}
	err = s.together(ctx, func(store db.Store) error {
		if err := stillThere(ctx, store, user); err != nil {
			return err
		}
		return store.Insert(ctx, sessions, []query.Row{row})
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
func stillThere(ctx context.Context, store db.Store, user query.Row) error {
	now, err := lockUser(ctx, store, user[0].Text(), db.Shared)
	if err != nil {
		return err
	}
	if now == nil || !now[userDisabled].IsNull() || !sameOwner(user, now) ||
		!now[userPassword].Equal(user[userPassword]) && !now[userUpdated].Equal(user[userUpdated]) { // a rehash does not change the password
		return fault.Errorf(fault.Unauthenticated, "the account has been changed just now; sign in again")
	}
	return nil
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}

// sweep deletes expired rows, at one sign-in in sixty-four.
func (s *Service) sweep(ctx context.Context, now time.Time) {
	var die [1]byte
	rand.Read(die[:]) //nolint:errcheck // never fails since Go 1.24
	if die[0]%64 != 0 {
		return
	}
	ended := &query.Compare{Path: query.Path{Field: "expires"}, Op: query.Le, Value: query.Time(now)}
	for _, c := range []*db.Collection{sessions, codes, revoked, largeClaims} {
		_, _ = s.Database.Delete(ctx, c, ended) // the next sweep retries; expired rows are refused anyway
	}
}

// issueTokens creates the tokens of a session.
func (s *Service) issueTokens(ctx context.Context, user query.Row, refresh refreshToken) (Session, error) {
	claims := map[string]any{}
	user[userClaims].Members(func(name string, v query.Value) bool {
		claims[name] = v.Any()
		return true
	})
	claims["sub"] = user[0].Text()
	claims["sid"] = refresh.session
	if user[userEmail].IsNull() {
		claims["anonymous"] = true
	} else {
		claims["email"] = user[userEmail].Text()
		claims["email_verified"] = !user[userVerified].IsNull()
	}
	token, err := s.accessToken(ctx, claims)
	if err != nil {
		return Session{}, err
	}
	return Session{AccessToken: token, RefreshToken: s.writeRefresh(refresh), ExpiresIn: s.Signer.Lifetime, User: userOf(user)}, nil
}

// accessToken creates an access token, with the computed claims and those of the hook.
func (s *Service) accessToken(ctx context.Context, claims map[string]any) (string, error) {
	more := map[string]any{}
	if s.Config.Claims != nil {
		computed, err := s.Config.Claims.Compute(ctx, claims, s.Now())
		if err != nil {
			return "", err
		}
		maps.Copy(more, computed)
	}
	if s.Hooks != nil && s.Hooks.Token != "" {
		answered, err := s.Hooks.ask(ctx, s.Client, s.Now(), s.Hooks.Token, "token", map[string]any{"claims": claims})
		if err != nil {
			return "", err
		}
		maps.Copy(more, answered)
	}
	for _, name := range token.ReservedClaims {
		delete(more, name)
	}
	all := maps.Clone(claims)
	maps.Copy(all, more)
	signed, err := s.Signer.Sign(all, s.Now())
	if err != nil || len(signed) <= s.MaxToken {
		return signed, err
	}
	return s.refer(ctx, all)
}

// SignOut ends the session of a refresh token, or that of the client's access token; with everywhere, all
// sessions of its user.
func (s *Service) SignOut(ctx context.Context, refreshToken string, everywhere bool, c Client) error {
	where := query.Filter(query.False)
	if token, ok := s.readRefresh(refreshToken); ok {
		where = query.All(sessions.ByKey(token.session), equal("hash", hashSecret(token.secret)))
	} else if sid, ok := c.User["sid"].(string); ok {
		where = sessions.ByKey(sid)
	}
	if where == query.False {
		return fault.Errorf(fault.Unauthenticated, "the session is missing: send its refresh_token, or its access token as Authorization")
	}
	row, err := s.find(ctx, sessions, where)
	if err != nil || row == nil {
		return err
	}
	user := row[sessionUser]
	if everywhere {
		where = equal("user", user)
	}
	if err := s.end(ctx, where); err != nil {
		return err
	}
	s.audit(ctx, Event{Name: "signout", User: user.Text(), Client: c, Detail: map[string]any{"everywhere": everywhere}})
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
	alive := &query.Compare{Path: query.Path{Field: "expires"}, Op: query.Gt, Value: query.Time(s.Now())}
	rows, err := s.Database.Find(db.ReadPrimary(ctx), sessions, db.Find{Query: query.Query{
		Where: query.All(equal("user", user[0]), alive), Sort: []query.SortKey{{Field: "rotated", Desc: true}, {Field: "id", Desc: true}}, Limit: 200,
	}})
	out := make([]OpenSession, len(rows))
	for i, r := range rows {
		out[i] = OpenSession{
			ID: r[0].Text(), Method: r[sessionMethod].Text(), IP: r[sessionIP].Text(), Agent: r[sessionAgent].Text(),
			Created: r[sessionCreated], Refreshed: r[sessionRotated], Current: r[0].Text() == c.User["sid"],
		}
	}
	return out, err
}

// EndSession ends one session of the client's user.
func (s *Service) EndSession(ctx context.Context, id string, c Client) error {
	user, err := s.user(ctx, c.User)
	if err != nil {
		return err
	}
	where := query.All(sessions.ByKey(id), equal("user", user[0]))
	row, err := s.find(ctx, sessions, where)
	if err != nil {
		return err
	}
	if row == nil {
		return fault.Errorf(fault.NotFound, "there is no such session")
	}
	if err := s.end(ctx, where); err != nil {
		return err
	}
	s.audit(ctx, Event{Name: "session.end", User: user[0].Text(), Client: c, Detail: map[string]any{"session": id}})
	return nil
}
