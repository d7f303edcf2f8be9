package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Keys in the database rotate with an overlap: a new key signs once every node has had time to read it, and the
// previous one verifies as long as its tokens may be valid.
const (
	// keyDelay is how long a new key waits before it signs. Nodes must read the keys more often.
	keyDelay = time.Minute
	// keyOverlap is how long a key verifies after its successor has begun to sign.
	keyOverlap = 25 * time.Hour
)

// tokenKey is the name of the first key of an algorithm in the database; later ones have a suffix.
func tokenKey(algorithm string) string { return "tokens " + algorithm }

// ReadKeys returns the valid keys of an algorithm, the signing key first. It creates the first key if there is
// none; root is the secret of derived keys.
func ReadKeys(ctx context.Context, database db.Driver, algorithm string, now time.Time) (valid []Key, root []byte, err error) {
	if _, err := storedKey(ctx, database, tokenKey(algorithm), now, func() ([]byte, error) { return GenerateKey(algorithm) }); err != nil {
		return nil, nil, err
	}
	rows, err := keysOf(ctx, database, algorithm)
	if err != nil {
		return nil, nil, err
	}
	rows = slices.DeleteFunc(rows, func(r query.Row) bool { return !r[keyRetired].IsNull() && !now.Before(r[keyRetired].Time()) })
	if len(rows) == 0 {
		return nil, nil, fmt.Errorf("all keys of %s in the database are retired; make one with: basalt keys rotate", algorithm)
	}
	signing := 0
	for i, row := range rows {
		if !now.Before(row[keyCreated].Time().Add(keyDelay)) {
			signing = i
		}
	}
	for i, row := range rows {
		if i < signing && now.After(rows[i+1][keyCreated].Time().Add(keyDelay+keyOverlap)) {
			continue
		}
		k, err := readKey(algorithm, row)
		if err != nil {
			return nil, nil, err
		}
		if root == nil {
			root = k.root
		}
		if i == signing {
			valid = slices.Insert(valid, 0, k)
		} else {
			valid = append(valid, k)
		}
	}
	if rows[0][0].Text() == tokenKey(algorithm) { // even if it no longer verifies
		first, err := readKey(algorithm, rows[0])
		if err != nil {
			return nil, nil, err
		}
		root = first.root
	}
	return valid, root, nil
}

// keysOf returns the rows of the keys of an algorithm, the oldest first.
func keysOf(ctx context.Context, database db.Driver, algorithm string) ([]query.Row, error) {
	where := &query.Text{Path: query.Path{Field: "id"}, Op: query.StartsWith, Text: tokenKey(algorithm)}
	rows, err := database.Find(db.ReadPrimary(ctx), keys, db.Find{Query: query.Query{Where: where, Sort: []query.SortKey{{Field: "created"}, {Field: "id"}}}})
	if err != nil {
		return nil, fmt.Errorf("reading the keys of tokens: %w", err)
	}
	return rows, nil
}

func readKey(algorithm string, row query.Row) (Key, error) {
	material, err := base64.StdEncoding.DecodeString(row[keyValue].Text())
	if err != nil {
		return Key{}, fmt.Errorf("the key %s in the database cannot be read: %w", row[0].Text(), err)
	}
	k, err := ParseKey(algorithm, material)
	if err != nil {
		return k, fmt.Errorf("the key %s in the database: %w", row[0].Text(), err)
	}
	if k.ID == "" { // the first HMAC key: its tokens predate key ids
		k.ID = strings.TrimSpace(row[0].Text()[len(tokenKey(algorithm)):])
	}
	return k, nil
}

// RotateKeys creates a new key of an algorithm, which signs after a minute. With retire, all other keys, and the
// tokens they signed, become invalid at once.
func RotateKeys(ctx context.Context, database db.Driver, algorithm string, now time.Time, retire bool) error {
	rows, err := keysOf(ctx, database, algorithm)
	if err != nil {
		return err
	}
	material, err := GenerateKey(algorithm)
	if err != nil {
		return err
	}
	return database.Transaction(ctx, func(store db.Store) error {
		if retire {
			for _, row := range rows {
				set := []db.Assignment{{Field: keyRetired, Value: query.Time(now)}}
				if _, _, err := store.Update(ctx, keys, db.Update{Where: keys.ByKey(row[0].Text()), Set: set}); err != nil {
					return err
				}
			}
		}
		id := tokenKey(algorithm) + " " + uuid.Must(uuid.NewV7()).String()
		return store.Insert(ctx, keys, []query.Row{{query.String(id), query.String(base64.StdEncoding.EncodeToString(material)), query.Time(now), query.Null}})
	})
}
