package auth

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// When a session ends, its access tokens become invalid: its id is stored in a collection that every node reads
// every two seconds, until the last of the tokens has expired. No request queries the database for it.

// clocks is the largest difference between the clocks of nodes.
const clocks = time.Minute

// end ends the sessions of a filter, and revokes their tokens.
func (s *Service) end(ctx context.Context, where query.Filter) error {
	return s.ending(ctx, func(store db.Store) (map[string]time.Time, error) { return s.endIn(ctx, store, where) })
}

// ending runs f in a transaction, and revokes the tokens of the sessions that it has ended.
func (s *Service) ending(ctx context.Context, f func(db.Store) (map[string]time.Time, error)) error {
	var ended map[string]time.Time
	err := s.together(ctx, func(store db.Store) (err error) {
		ended, err = f(store)
		return err
	})
	if err == nil {
		s.Verifier.Revoke(ended, s.Now())
	}
	return err
}

// endIn is end inside a transaction. The caller must revoke the returned sessions after the commit.
func (s *Service) endIn(ctx context.Context, store db.Store, where query.Filter) (map[string]time.Time, error) {
	ended := map[string]time.Time{}
	rows, err := store.Find(ctx, sessions, db.Find{Query: query.Query{Where: where}, Lock: db.Exclusive})
	if err != nil || len(rows) == 0 {
		return ended, err
	}
	ids := make([]query.Value, len(rows))
	names := make([]string, len(rows))
	for i, row := range rows {
		ids[i], names[i] = row[0], row[0].Text()
	}
	if err := s.revokeIn(ctx, store, ended, names...); err != nil {
		return nil, err
	}
	_, err = store.Delete(ctx, sessions, query.OneOf(sessions.KeyPath(), ids))
	return ended, err
}

// revokeIn records in a transaction, and in ended, that the tokens of sessions are invalid.
func (s *Service) revokeIn(ctx context.Context, store db.Store, ended map[string]time.Time, names ...string) error {
	now := s.Now()
	until := now.Add(s.Signer.Lifetime + clocks)
	ids, rows := make([]query.Value, len(names)), make([]query.Row, len(names))
	for i, name := range names {
		ids[i], rows[i] = query.String(name), query.Row{query.String(name), query.Time(now), query.Time(until)}
		ended[name] = until
	}
	if _, err := store.Delete(ctx, revoked, query.OneOf(revoked.KeyPath(), ids)); err != nil { // left by an earlier attempt
		return err
	}
	return store.Insert(ctx, revoked, rows)
}

// together runs f in a transaction. If the database has none, f runs step by step, in an order in which a failure
// never leaves a user with too many permissions.
func (s *Service) together(ctx context.Context, f func(db.Store) error) error {
	if t, ok := db.As[db.Transactor](s.Database); ok && !t.Atomic() {
		return f(s.Database)
	}
	return s.Database.Transaction(ctx, f)
}

// Poll reads what other nodes have revoked. It must be called every few seconds.
func (s *Service) Poll(ctx context.Context, since time.Time) error {
	where := query.All(
		&query.Compare{Path: query.Path{Field: "created"}, Op: query.Ge, Value: query.Time(since.Add(-clocks))},
		&query.Compare{Path: query.Path{Field: "expires"}, Op: query.Gt, Value: query.Time(s.Now())})
	rows, err := s.Database.Find(db.ReadPrimary(ctx), revoked, db.Find{Query: query.Query{Where: where}})
	if err != nil {
		return err
	}
	ended := make(map[string]time.Time, len(rows))
	for _, row := range rows {
		ended[row[0].Text()] = row[2].Time()
	}
	if len(ended) > 0 {
		s.Verifier.Revoke(ended, s.Now())
	}
	s.opaque.Expire(s.Now())
	return nil
}
