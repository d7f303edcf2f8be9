package token

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/fault"
)

// KeyStore keeps keys, so that all nodes have the same ones.
type KeyStore interface {
	// Find returns the keys whose names begin with a prefix, the oldest first.
	Find(ctx context.Context, prefix string) ([]StoredKey, error)
	// Add stores a key, and marks others as retired at the time of its creation, in one step. It returns a Conflict
	// error if there is a key with the name.
	Add(ctx context.Context, key StoredKey, retire ...string) error
}

// StoredKey is a key in a [KeyStore].
type StoredKey struct {
	Name    string
	Value   string // in base64
	Created time.Time
	Retired time.Time // zero if it was not retired
}

// Keys in the store rotate with an overlap: a new key signs once every node has had time to read it, and the
// previous one verifies as long as its tokens may be valid.
const (
	// keyDelay is how long a new key waits before it signs. Nodes must read the keys more often.
	keyDelay = time.Minute
	// keyOverlap is how long a key verifies after its successor has begun to sign.
	keyOverlap = 25 * time.Hour
)

// keyName is the name of the first key of an algorithm in the store; later ones have a suffix.
func keyName(algorithm string) string { return "tokens " + algorithm }

// SecretKey returns the 32-byte key of a purpose, and creates it if there is none. All nodes get the same key.
func SecretKey(ctx context.Context, store KeyStore, purpose string, now time.Time) ([]byte, error) {
	found, err := ensure(ctx, store, purpose, now, func() ([]byte, error) {
		key := make([]byte, 32)
		rand.Read(key) // never fails since Go 1.24
		return key, nil
	})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(found, func(k StoredKey) bool { return k.Name == purpose })
	return found[i].material()
}

// ensure returns the keys whose names begin with a name, of which one has this name: it is created if there is none.
func ensure(ctx context.Context, store KeyStore, name string, now time.Time, generate func() ([]byte, error)) ([]StoredKey, error) {
	for range 3 {
		found, err := store.Find(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("reading the key %s: %w", name, err)
		}
		if slices.ContainsFunc(found, func(k StoredKey) bool { return k.Name == name }) {
			return found, nil
		}
		key, err := generate()
		if err != nil {
			return nil, err
		}
		err = store.Add(ctx, StoredKey{Name: name, Value: base64.StdEncoding.EncodeToString(key), Created: now})
		if err != nil && fault.CodeOf(err) != fault.Conflict { // another node was faster
			return nil, fmt.Errorf("storing the key %s: %w", name, err)
		}
	}
	return nil, errors.New("the key " + name + " can neither be read nor stored")
}

func (k StoredKey) material() ([]byte, error) {
	material, err := base64.StdEncoding.DecodeString(k.Value)
	if err != nil {
		return nil, fmt.Errorf("the key %s in the database cannot be read: %w", k.Name, err)
	}
	return material, nil
}

// ReadKeys returns the valid keys of an algorithm, the signing key first. It creates the first key if there is
// none; root is the secret of derived keys.
func ReadKeys(ctx context.Context, store KeyStore, algorithm string, now time.Time) (valid []Key, root []byte, err error) {
	stored, err := ensure(ctx, store, keyName(algorithm), now, func() ([]byte, error) { return GenerateKey(algorithm) })
	if err != nil {
		return nil, nil, err
	}
	stored = slices.DeleteFunc(stored, func(k StoredKey) bool { return !k.Retired.IsZero() && !now.Before(k.Retired) })
	if len(stored) == 0 {
		return nil, nil, fmt.Errorf("all keys of %s in the database are retired; make one with: basalt keys rotate", algorithm)
	}
	signing := 0
	for i, k := range stored {
		if !now.Before(k.Created.Add(keyDelay)) {
			signing = i
		}
	}
	for i, one := range stored {
		if i < signing && now.After(stored[i+1].Created.Add(keyDelay+keyOverlap)) {
			continue
		}
		k, err := one.parse(algorithm)
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
	if stored[0].Name == keyName(algorithm) { // even if it no longer verifies
		first, err := stored[0].parse(algorithm)
		if err != nil {
			return nil, nil, err
		}
		root = first.root
	}
	return valid, root, nil
}

func (k StoredKey) parse(algorithm string) (Key, error) {
	material, err := k.material()
	if err != nil {
		return Key{}, err
	}
	key, err := ParseKey(algorithm, material)
	if err != nil {
		return key, fmt.Errorf("the key %s in the database: %w", k.Name, err)
	}
	if key.ID == "" { // the first HMAC key: its tokens predate key ids
		key.ID = strings.TrimSpace(k.Name[len(keyName(algorithm)):])
	}
	return key, nil
}

// RotateKeys creates a new key of an algorithm, which signs after a minute. With retire, all other keys, and the
// tokens they signed, become invalid at once.
func RotateKeys(ctx context.Context, store KeyStore, algorithm string, now time.Time, retire bool) error {
	var others []string
	if retire {
		stored, err := store.Find(ctx, keyName(algorithm))
		if err != nil {
			return fmt.Errorf("reading the keys of tokens: %w", err)
		}
		for _, k := range stored {
			others = append(others, k.Name)
		}
	}
	material, err := GenerateKey(algorithm)
	if err != nil {
		return err
	}
	name := keyName(algorithm) + " " + uuid.Must(uuid.NewV7()).String()
	return store.Add(ctx, StoredKey{Name: name, Value: base64.StdEncoding.EncodeToString(material), Created: now}, others...)
}
