package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// What a session makes can outlive it, such as a link to a file that was sent to a friend: signing out does not take it
// back. It ends with whatever throws an intruder out. A new password, signing out everywhere, a new owner and what an
// administrator does end all that an account has made, by another epoch of it; a session that is ended as that of an
// intruder takes back what it has made itself. No clock decides.

// Maker is who has made something that outlives a session: a user in one of their sessions, or an API key. The zero
// value is someone whom this server does not know: an administrator by the configuration, or a user of another issuer.
type Maker struct {
	User    string `json:"u,omitempty"`
	Session string `json:"s,omitempty"`
	Epoch   string `json:"e,omitempty"`
	Key     string `json:"k,omitempty"`
}

// MakerOf returns who makes something now, and an error if their session was ended already: their token may not have
// expired on this node.
func (s *Service) MakerOf(ctx context.Context, claims map[string]any) (Maker, error) {
	if id, ok := claims["key"].(string); ok {
		return Maker{Key: id}, s.keyStands(ctx, id)
	}
	sid, ok := claims["sid"].(string)
	if !ok {
		return Maker{}, nil
	}
	id, _ := claims["sub"].(string)
	user, err := s.byID(ctx, id) // before the session: who ends all of them writes a new epoch first
	if err != nil || user == nil || !user.Disabled.IsZero() {
		return Maker{}, cmp.Or(err, error(errNoUser))
	}
	if sid != impersonated(id) {
		session, err := store.Sessions.One(ctx, s.Database, query.All(store.SessionID.Is(sid), store.SessionUser.Is(id)))
		if err != nil || session == nil {
			return Maker{}, cmp.Or(err, error(errNoUser))
		}
	}
	return Maker{User: id, Session: sid, Epoch: user.Epoch}, nil
}

// Stands returns an error if what was made was taken back, with its maker or by them.
func (s *Service) Stands(ctx context.Context, m Maker) error {
	if m.Key != "" {
		return s.keyStands(ctx, m.Key)
	}
	if m.User == "" {
		return nil
	}
	user, err := s.byID(ctx, m.User)
	if err != nil || user == nil || !user.Disabled.IsZero() || user.Epoch != m.Epoch {
		return cmp.Or(err, error(errNoUser))
	}
	ended, err := store.WithdrawnSessions.One(ctx, s.Database, store.WithdrawnID.Is(m.Session))
	if err == nil && ended != nil {
		err = errNoUser
	}
	return err
}

func (s *Service) keyStands(ctx context.Context, id string) error {
	row, err := store.APIKeys.One(ctx, s.Database, store.APIKeyID.Is(id))
	if err == nil && (row == nil || !row.Expires.IsZero() && !s.Now().Before(row.Expires)) {
		err = errKey
	}
	return err
}

// endAll ends the sessions of a user, all or those of a filter, and takes back what the account has made.
func (s *Service) endAll(ctx context.Context, user string, where ...query.Filter) error {
	return s.ending(ctx, func(tx db.Store) (map[string]time.Time, error) { return s.endAllIn(ctx, tx, user, where...) })
}

// endAllIn is endAll inside a transaction. The caller must revoke the returned sessions after the commit.
func (s *Service) endAllIn(ctx context.Context, tx db.Store, user string, where ...query.Filter) (map[string]time.Time, error) {
	epoch := func() error {
		_, err := store.Users.Update(ctx, tx, store.UserID.Is(user), store.UserEpoch.To(rand.Text()))
		return err
	}
	if err := epoch(); err != nil {
		return nil, err
	}
	ended, err := s.endIn(ctx, tx, query.All(append(where, store.SessionUser.Is(user))...))
	if err != nil {
		return nil, err
	}
	if !s.atomic() { // something may have been made in between
		if err := epoch(); err != nil {
			return nil, err
		}
	}
	_, err = store.WithdrawnSessions.Delete(ctx, tx, store.WithdrawnUser.Is(user))
	return ended, err
}

// withdrawSession ends a session that an intruder may have, and takes back what it has made.
func (s *Service) withdrawSession(ctx context.Context, user, session string) error {
	return s.ending(ctx, func(tx db.Store) (map[string]time.Time, error) {
		ended, err := s.endIn(ctx, tx, query.All(store.SessionID.Is(session), store.SessionUser.Is(user)))
		if err != nil || len(ended) == 0 { // another request was faster
			return nil, err
		}
		return ended, store.WithdrawnSessions.Insert(ctx, tx, &store.Withdrawn{ID: session, User: user, Created: s.Now()})
	})
}
