package auth

import (
	"context"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Inspected is an account with how its user signs in, and where they are signed in. No secret is in it.
type Inspected struct {
	Managed
	// Password says that there is one.
	Password   bool
	Identities []Identity
	Passkeys   []Passkey
	Sessions   []OpenSession
}

// Inspect returns an account for administrators.
func (s *Service) Inspect(ctx context.Context, id string) (*Inspected, error) {
	user, err := s.byID(ctx, id)
	if err == nil && user == nil {
		err = errNoAccount
	}
	if err != nil {
		return nil, err
	}
	out := &Inspected{Managed: managedOf(user), Password: user.Password != "", Passkeys: []Passkey{}}
	if out.Identities, err = s.identitiesOf(ctx, id); err != nil {
		return nil, err
	}
	if out.Sessions, err = s.sessionsOf(ctx, id); err != nil {
		return nil, err
	}
	passkeys, err := s.passkeys(ctx, user)
	for _, p := range passkeys {
		out.Passkeys = append(out.Passkeys, passkeyOf(p))
	}
	return out, err
}

// EndSessionOf ends one session of a user, for administrators.
func (s *Service) EndSessionOf(ctx context.Context, user, session string, client Client) error {
	return s.endOne(ctx, user, session, Event{Name: "session.end", User: user, Actor: client.actor(), Client: client, Detail: map[string]any{"session": session}})
}

// endOne ends a session of a user, and records that.
func (s *Service) endOne(ctx context.Context, user, session string, e Event) error {
	where := query.All(store.SessionID.Is(session), store.SessionUser.Is(user))
	row, err := store.Sessions.One(ctx, s.Database, where)
	if err != nil {
		return err
	}
	if row == nil {
		return fault.Errorf(fault.NotFound, "there is no such session")
	}
	if session == e.Client.User["sid"] { // a way to sign out
		err = s.end(ctx, where)
	} else {
		err = s.withdrawSession(ctx, user, session)
	}
	if err != nil {
		return err
	}
	s.audit(ctx, e)
	return nil
}

// identitiesOf are the external identities that a user signs in with.
func (s *Service) identitiesOf(ctx context.Context, user string) ([]Identity, error) {
	rows, err := store.Identities.Find(ctx, s.Database, query.Query{Where: store.IdentityUser.Is(user), Sort: store.Identities.KeyOrder(false), Limit: 100})
	out := make([]Identity, len(rows))
	for i, r := range rows {
		out[i] = Identity{ID: r.ID, Provider: r.Provider, Email: r.Email, Created: moment(r.Created)}
	}
	return out, err
}

// sessionsOf are the open sessions of a user, the latest first.
func (s *Service) sessionsOf(ctx context.Context, user string) ([]OpenSession, error) {
	rows, err := store.Sessions.Find(ctx, s.Database, query.Query{
		Where: query.All(store.SessionUser.Is(user), store.SessionExpires.After(s.Now())), Sort: []query.SortKey{{Field: "rotated", Desc: true}, {Field: "id", Desc: true}}, Limit: 200,
	})
	out := make([]OpenSession, len(rows))
	for i, r := range rows {
		out[i] = OpenSession{ID: r.ID, Method: r.Method, IP: r.IP, Agent: r.Agent, Created: moment(r.Created), Refreshed: moment(r.Rotated)}
	}
	return out, err
}
