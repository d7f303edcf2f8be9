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

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// A refresh token is `session.generation.secret.mac`. The secret is the session's, and kept as a hash; the mac is of
// all that stands before it, by the server's key. So every token that a session has ever had is known again, though
// none is kept, by every node, and nobody makes the next one: neither who has an old one nor who has the database.
//
// Each use makes the next generation. The last one but one gives the same next one again for a moment, for two tabs
// at once and an answer that was lost; any other that is not the latest has been copied, and ends the session.
//
// Tokens of before there were generations are `session.secret`. They are the generation 0 of the session that they
// are of, so that they work once more.
type refreshToken struct {
	session    string
	generation int64
	secret     string
}

// grace is how long a token works again that has just been used. Tabs and lost answers need no more, and who has
// copied a token gets the same successor as its owner, so that the next use shows it.
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

// readRefresh reads a token, and reports false for one that this server has not made.
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
	for range 3 { // as often as another request is faster
		row, err := s.find(ctx, sessions, sessions.ByKey(t.session))
		if err != nil {
			return Session{}, err
		}
		if row == nil || !row[sessionExpires].Time().After(s.Now()) || subtle.ConstantTimeCompare([]byte(row[sessionHash].Text()), []byte(hashSecret(t.secret).Text())) != 1 {
			return Session{}, errRefresh
		}
		user, err := s.find(ctx, users, users.ByKey(row[sessionUser].Text()))
		if err != nil || user == nil || !user[userDisabled].IsNull() {
			return Session{}, cmp.Or(err, error(errRefresh))
		}
		latest := row[sessionGeneration].Int() // of a session of before there were any, null, which is 0
		if t.generation != latest {
			return s.again(ctx, t, row, user, c)
		}
		next := t
		next.generation++
		session, err := s.issue(ctx, user, next) // before the token is used up: a hook may not answer
		if err != nil {
			return Session{}, err
		}
		if rotated, err := s.rotate(ctx, row, next.generation, c); err != nil || rotated {
			return session, err
		}
	}
	return Session{}, errRefresh
}

// rotate makes a generation the latest one, and reports false when another request was faster.
func (s *Service) rotate(ctx context.Context, row query.Row, generation int64, c Client) (bool, error) {
	now := s.Now()
	n, _, err := s.Database.Update(ctx, sessions, db.Update{
		Where: query.All(sessions.ByKey(row[0].Text()), equal("generation", row[sessionGeneration]), equal("hash", row[sessionHash])),
		Set: []db.Assignment{
			{Field: sessionGeneration, Value: query.Int(generation)}, {Field: sessionRotated, Value: query.Time(now)}, {Field: sessionExpires, Value: query.Time(s.until(row[sessionCreated].Time(), now))},
			{Field: sessionIP, Value: query.String(c.IP)}, {Field: sessionAgent, Value: query.String(clip(c.Agent, 200))},
		},
	})
	return n == 1, err
}

// again handles a token that is not the latest one of its session: for a moment it may be the same request again,
// and otherwise it was stolen, or its successor was.
func (s *Service) again(ctx context.Context, t refreshToken, row, user query.Row, c Client) (Session, error) {
	latest := row[sessionGeneration].Int()
	detail := map[string]any{"session": t.session, "generation": t.generation, "latest": latest}
	if t.generation == latest-1 && s.Now().Sub(row[sessionRotated].Time()) <= grace {
		if row[sessionIP].Text() != c.IP || row[sessionAgent].Text() != clip(c.Agent, 200) {
			s.audit(ctx, Event{Name: "refresh.again", User: user[0].Text(), Client: c, Detail: detail})
		}
		t.generation = latest
		return s.issue(ctx, user, t)
	}
	if err := s.end(ctx, sessions.ByKey(t.session)); err != nil {
		return Session{}, err
	}
	s.audit(ctx, Event{Name: "refresh.reuse", User: user[0].Text(), Client: c, Detail: detail})
	return Session{}, errRefresh
}
