// Package keyring keeps secret keys in a database, so that all nodes have the same ones and they outlive a restart.
//
// The key of page cursors is here if there is no section auth. Keys of tokens, which rotate, are in package auth/token.
package keyring

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

var keys = db.Describe("_keyring",
	db.Column{Name: "id", Type: query.TypeID},
	db.Column{Name: "value", Type: query.TypeString},
	db.Column{Name: "created", Type: query.TypeTime},
)

// before is where keys were kept until they had a table of their own: in that of package auth.
var before = db.Describe("_keys",
	db.Column{Name: "id", Type: query.TypeID},
	db.Column{Name: "value", Type: query.TypeString},
)

const colValue = 1

// Collections returns what has to be synced to the database.
func Collections() []*db.Collection { return []*db.Collection{keys} }

// Key returns the 32-byte key of a name, and makes it where there is none. One that an earlier version has made stays in
// use.
func Key(ctx context.Context, database db.Driver, name string, now time.Time) ([]byte, error) {
	for range 2 {
		key, err := find(ctx, database, keys, name)
		if err != nil || key != "" {
			return decode(key, err)
		}
		if key, err = earlier(ctx, database, name); err != nil {
			return nil, err
		}
		if key == "" {
			made := make([]byte, 32)
			rand.Read(made) // never fails since Go 1.24
			key = base64.StdEncoding.EncodeToString(made)
		}
		row := query.Row{query.String(name), query.String(key), query.Time(now)}
		if err = database.Insert(ctx, keys, []query.Row{row}); err == nil {
			return decode(key, nil)
		}
		if fault.CodeOf(err) != fault.Conflict { // another node was faster
			return nil, fmt.Errorf("storing the key %s: %w", name, err)
		}
	}
	return nil, fmt.Errorf("the key %s can neither be read nor stored", name)
}

// earlier returns the key that an earlier version has made, empty where there is none.
func earlier(ctx context.Context, database db.Driver, name string) (string, error) {
	if migrator, ok := db.As[db.Migrator](database); ok {
		steps, err := migrator.Plan(ctx, []*db.Collection{before})
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(steps, func(c db.Migration) bool { return c.NewTable }) {
			return "", nil
		}
	}
	return find(ctx, database, before, name)
}

func find(ctx context.Context, database db.Driver, c *db.Collection, name string) (string, error) {
	rows, err := database.Find(db.ReadPrimary(ctx), c, db.Find{Query: query.Query{Where: c.ByKey(name), Limit: 1}})
	if err != nil {
		return "", fmt.Errorf("reading the key %s: %w", name, err)
	}
	if len(rows) == 0 {
		return "", nil
	}
	return rows[0][colValue].Text(), nil
}

func decode(key string, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	out, err := base64.StdEncoding.DecodeString(key)
	if err == nil && len(out) != 32 {
		err = fmt.Errorf("it has %d bytes instead of 32", len(out))
	}
	if err != nil {
		return nil, fmt.Errorf("a key in the database is damaged: %w", err)
	}
	return out, nil
}
