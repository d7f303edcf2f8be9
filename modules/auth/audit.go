package auth

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Event is a security event.
type Event struct {
	// Name is one of [audit.Events].
	Name string
	// User is the affected account. Actor is who acted if it is not the user, such as "admin".
	User, Actor string
	Client      Client
	Detail      map[string]any
}

// audit logs and stores an event. A failure to store it is logged, and fails nothing else.
func (s *Service) audit(ctx context.Context, e Event) {
	s.announce(ctx, e)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	var err error
	if s.raises(e.Name) {
		err = s.Database.Transaction(ctx, func(tx db.Store) error { return s.record(ctx, tx, e) })
	} else {
		err = s.record(ctx, s.Database, e)
	}
	if err != nil {
		s.Log.Error("a security event could not be stored", "event", e.Name, "error", err.Error())
	}
}

func (s *Service) raises(event string) bool { return s.Raise != nil && s.Raises(event) }

// announce logs and counts an event.
func (s *Service) announce(ctx context.Context, e Event) {
	if s.Observe != nil {
		s.Observe(e.Name)
	}
	s.Log.LogAttrs(ctx, slog.LevelInfo, "security event", slog.String("event", e.Name), slog.String("user", e.User), slog.String("actor", e.Actor),
		slog.String("ip", e.Client.IP), slog.String("detail", string(e.detail())))
}

// record stores an event, and what it raises, in a transaction.
func (s *Service) record(ctx context.Context, store db.Store, e Event) error {
	row := query.Row{
		query.String(uuid.Must(uuid.NewV7()).String()), query.Time(s.Now()), query.String(e.Name), text(e.User), text(e.Actor), text(e.Client.IP),
		query.RawJSON(string(e.detail())),
	}
	if err := store.Insert(ctx, events, []query.Row{row}); err != nil || !s.raises(e.Name) {
		return err
	}
	return s.Raise(ctx, store, e)
}

func (e Event) detail() []byte {
	if e.Detail != nil {
		if encoded, err := json.Marshal(e.Detail); err == nil {
			return encoded
		}
	}
	return []byte("{}")
}

// Events are deleted in batches, so that transactions stay short and a large backlog takes several runs.
const (
	prunePiece  = 1000
	prunePieces = 50
)

// Prune deletes security events older than their retention.
func (s *Service) Prune(ctx context.Context) error {
	if s.KeepAudit == 0 {
		return nil
	}
	old := &query.Compare{Path: query.Path{Field: "created"}, Op: query.Lt, Value: query.Time(s.Now().Add(-s.KeepAudit))}
	for range prunePieces {
		rows, err := s.Database.Find(ctx, events, db.Find{Query: query.Query{Where: old, Sort: []query.SortKey{{Field: "created"}, {Field: "id"}}, Limit: prunePiece}})
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]query.Value, len(rows))
		for i, row := range rows {
			ids[i] = row[0]
		}
		if _, err := s.Database.Delete(ctx, events, query.OneOf(events.KeyPath(), ids)); err != nil || len(rows) < prunePiece {
			return err
		}
	}
	return nil
}

func text(s string) query.Value {
	if s == "" {
		return query.Null
	}
	return query.String(s)
}

// Audit is the collection of the events, for administrators to query.
func Audit() *db.Collection { return events }
