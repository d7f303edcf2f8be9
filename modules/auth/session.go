package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// A refresh token is `session.secret`. Each use replaces the secret by one that is computed from it
// with the server's key, so that two uses at once, or one whose answer was lost, get the same new
// token. An old secret that comes later than that has been stolen, and ends the session.
const grace = 30 * time.Second

var errRefresh = query.Errorf(query.Unauthenticated, "the refresh token is not valid any more; sign in again")

func hashSecret(secret string) query.Value {
	sum := sha256.Sum256([]byte(secret))
	return query.String(hex.EncodeToString(sum[:]))
}

// open starts a session for a user.
func (s *Service) open(ctx context.Context, user query.Row) (Session, error) {
	id, secret := rand.Text(), rand.Text()
	now := s.Now()
	row := query.Row{query.String(id), user[0], hashSecret(secret), query.Null, query.Time(now), query.Time(now), query.Time(now.Add(s.Refresh))}
	if err := s.Database.Insert(ctx, sessions, []query.Row{row}); err != nil {
		return Session{}, err
	}
	s.sweep(ctx, now)
	return s.issue(user, id, secret)
}

// sweep removes sessions that have ended, at one sign-in in sixty-four.
func (s *Service) sweep(ctx context.Context, now time.Time) {
	var die [1]byte
	rand.Read(die[:]) //nolint:errcheck // never fails since Go 1.24
	if die[0]%64 != 0 {
		return
	}
	ended := &query.Compare{Path: query.Path{Field: "expires"}, Op: query.Le, Value: query.Time(now)}
	_, _ = s.Database.Delete(ctx, sessions, ended) // the next one tries again; they are refused anyway
}

func (s *Service) issue(user query.Row, session, secret string) (Session, error) {
	claims := map[string]any{}
	user[userClaims].Members(func(name string, v query.Value) bool {
		claims[name] = rules.FromJSON(v)
		return true
	})
	claims["sub"] = user[0].Text()
	claims["email"] = user[userEmail].Text()
	claims["sid"] = session
	token, err := s.Tokens.Sign(claims, s.Now(), s.Tokens.Access)
	if err != nil {
		return Session{}, err
	}
	return Session{AccessToken: token, RefreshToken: session + "." + secret, ExpiresIn: s.Tokens.Access, User: userOf(user)}, nil
}

// RefreshSession gives a new pair of tokens for a refresh token.
func (s *Service) RefreshSession(ctx context.Context, token string) (Session, error) {
	id, secret, ok := strings.Cut(token, ".")
	if !ok || len(token) > 200 {
		return Session{}, errRefresh
	}
	now := s.Now()
	next := s.nextSecret(id, secret)
	alive := &query.Compare{Path: query.Path{Field: "expires"}, Op: query.Gt, Value: query.Time(now)}
	current := &query.Compare{Path: query.Path{Field: "hash"}, Op: query.Eq, Value: hashSecret(secret)}
	n, rows, err := s.Database.Update(ctx, sessions, db.Update{
		Where: query.All(sessions.ByKey(id), alive, current),
		Set: []db.Assignment{
			{Field: sessionHash, Value: hashSecret(next)}, {Field: sessionPrevious, Value: hashSecret(secret)},
			{Field: sessionRotated, Value: query.Time(now)}, {Field: sessionExpires, Value: query.Time(now.Add(s.Refresh))},
		},
		Return: true,
	})
	if err != nil {
		return Session{}, err
	}
	if n == 0 {
		if rows, err = s.again(ctx, id, secret, now); err != nil {
			return Session{}, err
		}
	}
	user, err := s.find(ctx, users, users.ByKey(rows[0][sessionUser].Text()))
	if err != nil {
		return Session{}, err
	}
	if user == nil {
		return Session{}, errRefresh
	}
	return s.issue(user, id, next)
}

// again handles a secret that has been used before: within the grace time it is the same request
// again, and after it, a theft.
func (s *Service) again(ctx context.Context, id, secret string, now time.Time) ([]query.Row, error) {
	row, err := s.find(ctx, sessions, sessions.ByKey(id))
	if err != nil {
		return nil, err
	}
	if row == nil || !row[sessionPrevious].Equal(hashSecret(secret)) || !row[sessionExpires].Time().After(now) {
		return nil, errRefresh
	}
	if now.Sub(row[sessionRotated].Time()) <= grace {
		return []query.Row{row}, nil
	}
	if _, err := s.Database.Delete(ctx, sessions, sessions.ByKey(id)); err != nil {
		return nil, err
	}
	return nil, errRefresh
}

func (s *Service) nextSecret(session, secret string) string {
	mac := hmac.New(sha256.New, s.Tokens.derived("refresh"))
	mac.Write([]byte(session + "." + secret))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// SignOut ends the session of a refresh token, or that of verified claims. Access tokens that are
// out live on until they expire.
func (s *Service) SignOut(ctx context.Context, refreshToken string, claims map[string]any) error {
	where := query.Filter(query.False)
	if id, secret, ok := strings.Cut(refreshToken, "."); ok && len(refreshToken) <= 200 {
		h := hashSecret(secret)
		where = query.All(sessions.ByKey(id), query.Any(
			&query.Compare{Path: query.Path{Field: "hash"}, Op: query.Eq, Value: h},
			&query.Compare{Path: query.Path{Field: "previous"}, Op: query.Eq, Value: h}))
	} else if sid, ok := claims["sid"].(string); ok {
		where = sessions.ByKey(sid)
	}
	if where == query.False {
		return query.Errorf(query.Unauthenticated, "say which session: send its refresh_token, or its access token as Authorization")
	}
	_, err := s.Database.Delete(ctx, sessions, where)
	return err
}
