package auth

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Plant stores what a release before gave to an account whose address was not proven: an identity, and a passkey.
func Plant(t *testing.T, s *Service, user, provider, subject string) {
	t.Helper()
	now := s.Now()
	err := store.Identities.Insert(context.Background(), s.Database, &store.Identity{ID: provider + ":" + hashSecret(subject), User: user, Provider: provider, Created: now})
	if err == nil {
		err = store.Passkeys.Insert(context.Background(), s.Database, &store.Passkey{ID: "p", User: user, Name: "p", Data: query.RawJSON(`{}`), Created: now})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Count returns how many events of a name there are.
func Count(t *testing.T, s *Service, event string) int64 {
	t.Helper()
	n, err := s.Database.Count(context.Background(), store.Events.Collection, store.EventName.Is(event))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Happened stores so many events of a name.
func Happened(t *testing.T, s *Service, event string, n int) {
	t.Helper()
	rows := make([]*store.Event, n)
	for i := range rows {
		rows[i] = &store.Event{ID: uuid.Must(uuid.NewV7()).String(), Created: s.Now(), Name: event, Detail: query.RawJSON("{}")}
	}
	for piece := range slices.Chunk(rows, 500) {
		if err := store.Events.Insert(context.Background(), s.Database, piece...); err != nil {
			t.Fatal(err)
		}
	}
}

// Kept returns the rows of all collections, as text, that have one of some texts in them.
func Kept(t *testing.T, s *Service, texts ...string) (found []string) {
	t.Helper()
	for _, c := range store.Collections() {
		rows, err := s.Database.Find(db.ReadPrimary(context.Background()), c, db.Find{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			line := c.Name
			for _, v := range row {
				line += " " + v.JSON()
			}
			if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(line, text) }) {
				found = append(found, line)
			}
		}
	}
	return found
}

// Age makes a session one of before refresh tokens had generations.
func Age(t *testing.T, s *Service, session string) {
	t.Helper()
	if _, err := store.Sessions.Update(context.Background(), s.Database, store.SessionID.Is(session), store.SessionGeneration.Clear()); err != nil {
		t.Fatal(err)
	}
}

// EncodeHash writes a hash as it is stored.
func EncodeHash(salt, sum []byte) string { return encodeHash(salt, sum) }

// NormalEmail returns the one spelling of an address, and false for what is none.
func NormalEmail(typed string) (string, bool) {
	normal, problems := normalEmail(typed)
	return normal, problems == nil
}

// SetHash stores the hash of a password as a release before accepted it.
func SetHash(t *testing.T, s *Service, user, hash string) {
	t.Helper()
	if n, err := store.Users.Update(context.Background(), s.Database, store.UserID.Is(user), store.UserPassword.To(hash)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
}
