package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// The collections of this package. Their names start with _, which no configured one can.
var (
	users    = internal("_users", "id", "email", "password", "claims", "created", "updated")
	sessions = internal("_sessions", "id", "user", "hash", "previous", "created", "rotated", "expires")
	keys     = internal("_keys", "id", "value", "created")
)

// Positions in users and sessions.
const (
	userEmail, userPassword, userClaims, userCreated, userUpdated             = 1, 2, 3, 4, 5
	sessionUser, sessionHash, sessionPrevious, sessionRotated, sessionExpires = 1, 2, 3, 5, 6
)

// Collections returns what has to be synced to the database of users.
func Collections() []*db.Collection { return []*db.Collection{users, sessions, keys} }

func internal(name string, fields ...string) *db.Collection {
	c := &db.Collection{Name: name, Table: name}
	var shape []query.Field
	for _, f := range fields {
		t := query.TypeString
		switch f {
		case "id":
			t = query.TypeID
		case "created", "updated", "rotated", "expires":
			t = query.TypeTime
		case "claims":
			t = query.TypeJSON
		}
		shape = append(shape, query.Field{Name: f, Type: t, NotNull: f == "id"})
		c.Columns = append(c.Columns, db.Column{Name: f, Type: t, Unique: f == "email", Index: f == "user" || f == "expires"})
	}
	c.Shape = query.NewShape(shape)
	return c
}

func userOf(row query.Row) User {
	return User{ID: row[0].Text(), Email: row[userEmail].Text(), Created: row[userCreated]}
}

// StoredKey returns the 32-byte key of a name that is kept in the database, and makes it when there
// is none. All nodes get the same one.
func StoredKey(ctx context.Context, database db.Driver, name string, now time.Time) ([]byte, error) {
	for range 2 {
		rows, err := database.Find(ctx, keys, db.Find{Query: query.Query{Where: keys.ByKey(name), Limit: 1}})
		if err != nil {
			return nil, fmt.Errorf("reading the key %s: %w", name, err)
		}
		if len(rows) == 1 {
			return base64.StdEncoding.DecodeString(rows[0][1].Text())
		}
		key := make([]byte, 32)
		rand.Read(key) //nolint:errcheck // never fails since Go 1.24
		row := query.Row{query.String(name), query.String(base64.StdEncoding.EncodeToString(key)), query.Time(now)}
		if err = database.Insert(ctx, keys, []query.Row{row}); err == nil {
			return key, nil
		}
		if query.CodeOf(err) != query.Conflict { // another node was faster
			return nil, fmt.Errorf("storing the key %s: %w", name, err)
		}
	}
	return nil, errors.New("the key " + name + " can neither be read nor stored")
}
