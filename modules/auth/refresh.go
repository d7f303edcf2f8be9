package auth

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// A refresh token is `session.generation.secret.mac`. The secret belongs to the session and is stored as a hash.
// The mac covers everything before it, with the server's key. So every node recognises every token that a session
// has ever had, although none is stored, and neither the holder of an old token nor a reader of the database can
// create the next one.
//
// Each use creates the next generation. For a short time, the previous token gives the same next one again, for
// concurrent tabs and lost answers. Any other token that is not the latest has been copied, and ends the session.
//
// Tokens from before generations are `session.secret`. They count as generation 0 of their session, so they work
// once more.
type refreshToken struct {
	session    string
	generation int64
	secret     string
}

// grace is how long a token that was just used works again. It covers tabs and lost answers. A copied token gets
// the same successor as its owner, so the next use reveals the copy.
const grace = 10 * time.Second

var errRefresh = fault.Errorf(fault.Unauthenticated, "the refresh token is not valid any more; sign in again")

func (s *Service) macRefresh(text string) string {
	mac := hmac.New(sha256.New, s.Key)
	mac.Write([]byte("refresh token\x00" + text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Service) writeRefresh(t refreshToken) string {
	text := t.session + "." + strconv.FormatInt(t.generation, 10) + "." + t.secret
	return text + "." + s.macRefresh(text)
}

// readRefresh parses a token, and reports false if this server has not created it.
func (s *Service) readRefresh(token string) (refreshToken, bool) {
	parts := strings.Split(token, ".")
	if len(token) > 200 || parts[0] == "" {
		return refreshToken{}, false
	}
	switch len(parts) {
	case 2:
		return refreshToken{session: parts[0], secret: parts[1]}, parts[1] != ""
	case 4:
		generation, err := strconv.ParseInt(parts[1], 10, 64)
		text := token[:strings.LastIndexByte(token, '.')]
		ok := subtle.ConstantTimeCompare([]byte(parts[3]), []byte(s.macRefresh(text))) == 1
		return refreshToken{parts[0], generation, parts[2]}, err == nil && generation > 0 && ok
	}
	return refreshToken{}, false
}

// RefreshSession gives a new pair of tokens for a refresh token.
func (s *Service) RefreshSession(ctx context.Context, token string, c Client) (Session, error) {
	t, ok := s.readRefresh(token)
	if !ok {
		return Session{}, errRefresh
	}
	for range 3 { // repeats if another request was faster
		row, err := store.Sessions.One(ctx, s.Database, store.SessionID.Is(t.session))
		if err != nil {
			return Session{}, err
		}
		if row == nil || !row.Expires.After(s.Now()) || subtle.ConstantTimeCompare([]byte(row.Hash), []byte(hashSecret(t.secret))) != 1 {
			return Session{}, errRefresh
		}
		user, err := s.byID(ctx, row.User)
		if err != nil || user == nil || !user.Disabled.IsZero() {
			return Session{}, cmp.Or(err, error(errRefresh))
		}
		latest := row.Generation // null, which is 0, for sessions from before generations
		if t.generation != latest {
			return s.again(ctx, t, row, user, c)
		}
		next := t
		next.generation++
		session, err := s.issueTokens(ctx, user, next, row.Method, c) // before the token is consumed: a hook may fail
		if err != nil {
			return Session{}, err
		}
		if rotated, err := s.rotate(ctx, row, next.generation, c); err != nil || rotated {
			return session, err
		}
	}
	return Session{}, errRefresh
}

// rotate makes a generation the latest one, and reports false if another request was faster.
func (s *Service) rotate(ctx context.Context, row *store.Session, generation int64, c Client) (bool, error) {
	now := s.Now()
	n, err := store.Sessions.Update(ctx, s.Database, query.All(store.SessionID.Is(row.ID), store.SessionGeneration.As(row), store.SessionHash.As(row)),
		store.SessionGeneration.To(generation), store.SessionRotated.To(now), store.SessionExpires.To(s.until(row.Created, now)),
		store.SessionIP.To(c.IP), store.SessionAgent.To(fault.Cut(c.Agent, 200)))
	return n == 1, err
}

// again handles a token that is not the latest of its session. Within grace it may be a repeated request;
// otherwise it, or its successor, was stolen.
func (s *Service) again(ctx context.Context, t refreshToken, row *store.Session, user *store.User, c Client) (Session, error) {
	latest := row.Generation
	detail := map[string]any{"session": t.session, "generation": t.generation, "latest": latest}
	if t.generation == latest-1 && s.Now().Sub(row.Rotated) <= grace {
		if row.IP != c.IP || row.Agent != fault.Cut(c.Agent, 200) {
			s.audit(ctx, Event{Name: "refresh.again", User: user.ID, Client: c, Detail: detail})
		}
		t.generation = latest
		return s.issueTokens(ctx, user, t, row.Method, c)
	}
	if err := s.withdrawSession(ctx, user.ID, t.session); err != nil {
		return Session{}, err
	}
	s.audit(ctx, Event{Name: "refresh.reuse", User: user.ID, Client: c, Detail: detail})
	return Session{}, errRefresh
}
