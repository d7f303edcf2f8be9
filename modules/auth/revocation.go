package auth

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// When a session ends, its access tokens become invalid: its id is stored in a collection that every node reads
// every two seconds, until the last of the tokens has expired. No request queries the database for it.

// clocks is the largest difference between the clocks of nodes.
const clocks = time.Minute

// end ends the sessions of a filter, and revokes their tokens.
func (s *Service) end(ctx context.Context, where query.Filter) error {
	return s.ending(ctx, func(tx db.Store) (map[string]time.Time, error) { return s.endIn(ctx, tx, where) })
}

// ending runs f in a transaction, and revokes the tokens of the sessions that it has ended.
func (s *Service) ending(ctx context.Context, f func(db.Store) (map[string]time.Time, error)) error {
	return s.endingIn(ctx, s.together, f)
}

// endingIn is ending in a given transaction.
func (s *Service) endingIn(ctx context.Context, run transaction, f func(db.Store) (map[string]time.Time, error)) error {
	var ended map[string]time.Time
	err := run(ctx, func(tx db.Store) (err error) {
		ended, err = f(tx)
		return err
	})
	if err == nil {
		s.Verifier.Revoke(ended, s.Now())
	}
	return err
}

// endIn is end inside a transaction. The caller must revoke the returned sessions after the commit.
func (s *Service) endIn(ctx context.Context, tx db.Store, where query.Filter) (map[string]time.Time, error) {
	ended := map[string]time.Time{}
	rows, err := store.Sessions.Lock(ctx, tx, where, db.Exclusive)
	if err != nil || len(rows) == 0 {
		return ended, err
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	if err := s.revokeIn(ctx, tx, ended, ids...); err != nil {
		return nil, err
	}
	_, err = store.Sessions.Delete(ctx, tx, store.SessionID.OneOf(ids...))
	return ended, err
}

// revokeIn records in a transaction, and in ended, that the tokens of sessions are invalid.
func (s *Service) revokeIn(ctx context.Context, tx db.Store, ended map[string]time.Time, sessions ...string) error {
	now := s.Now()
	until := now.Add(s.Signer.Lifetime + clocks)
	rows := make([]*store.Revoked, len(sessions))
	for i, id := range sessions {
		rows[i] = &store.Revoked{ID: id, Created: now, Expires: until}
		ended[id] = until
	}
	if _, err := store.RevokedSessions.Delete(ctx, tx, store.RevokedID.OneOf(sessions...)); err != nil { // left by an earlier attempt
		return err
	}
	return store.RevokedSessions.Insert(ctx, tx, rows...)
}

// together runs f in a transaction. If the database has none, f runs step by step, in an order in which a failure
// never leaves a user with too many permissions.
func (s *Service) together(ctx context.Context, f func(db.Store) error) error {
	if !s.atomic() {
		return f(s.Database)
	}
	return s.Database.Transaction(ctx, f)
}

// atomic reports whether the database has transactions.
func (s *Service) atomic() bool {
	t, ok := db.As[db.Transactor](s.Database)
	return !ok || t.Atomic()
}

// Poll reads what other nodes have revoked. It must be called every few seconds.
func (s *Service) Poll(ctx context.Context, since time.Time) error {
	where := query.All(store.RevokedCreated.Since(since.Add(-clocks)), store.RevokedExpires.After(s.Now()))
	rows, err := store.RevokedSessions.Find(ctx, s.Database, query.Query{Where: where})
	if err != nil {
		return err
	}
	ended := make(map[string]time.Time, len(rows))
	for _, row := range rows {
		ended[row.ID] = row.Expires
	}
	if len(ended) > 0 {
		s.Verifier.Revoke(ended, s.Now())
	}
	s.opaque.Expire(s.Now())
	return nil
}
