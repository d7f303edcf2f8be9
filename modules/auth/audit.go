package auth

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Event is a security event.
type Event struct {
	// Name is one of [audit.Events].
	Name string
	// User is the affected account. Actor is who acted if it is not the user; see [Client.Administrator].
	User, Actor string
	Client      Client
	Detail      map[string]any
}

// actor names the administrator who calls, for an event. Who has an admin key has no account.
func (c Client) actor() string {
	if c.Administrator == "" {
		return "admin"
	}
	return c.Administrator
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

// recording runs f in a transaction that also stores an event: one commit costs less than two. Like audit, it does not
// fail for the event: f then runs again without it.
func (s *Service) recording(ctx context.Context, e Event, f func(tx db.Store) error) error {
	var unstored error
	together := func(tx db.Store) error {
		unstored = nil
		if err := f(tx); err != nil {
			return err
		}
		unstored = s.record(ctx, tx, e)
		return unstored
	}
	if s.atomic() {
		err := s.Database.Transaction(ctx, together)
		if err == nil {
			s.announce(ctx, e)
		}
		if unstored == nil {
			return err
		}
	}
	err := s.together(ctx, f)
	if err == nil {
		s.audit(ctx, e)
	}
	return err
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
func (s *Service) record(ctx context.Context, tx db.Store, e Event) error {
	row := &store.Event{
		ID: uuid.Must(uuid.NewV7()).String(), Created: s.Now(), Name: e.Name, User: e.User, Actor: e.Actor, IP: e.Client.IP, Detail: query.RawJSON(string(e.detail())),
	}
	if err := store.Events.Insert(ctx, tx, row); err != nil || !s.raises(e.Name) {
		return err
	}
	return s.Raise(ctx, tx, e)
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
	old := query.Query{
		Where: store.EventCreated.Before(s.Now().Add(-s.KeepAudit)), Sort: []query.SortKey{{Field: "created"}, {Field: "id"}}, Limit: prunePiece,
	}
	for range prunePieces {
		rows, err := store.Events.Find(ctx, s.Database, old)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]string, len(rows))
		for i, row := range rows {
			ids[i] = row.ID
		}
		if _, err := store.Events.Delete(ctx, s.Database, store.EventID.OneOf(ids...)); err != nil || len(rows) < prunePiece {
			return err
		}
	}
	return nil
}
