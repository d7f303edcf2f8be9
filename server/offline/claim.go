package offline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/keyring"
)

const (
	// claimTime is how long a server watches the claim of another one, to see whether that still lives, and renewTime how
	// often one that lives renews its own.
	claimTime = 15 * time.Second
	renewTime = 5 * time.Second
	// claimWait bounds what a look at a claim may take of the time for steps.
	claimWait   = 5 * time.Second
	claimSuffix = "/server.json"
	maxClaim    = 4 << 10
)

// claim keeps two servers from copying databases of the same name into one place: what was copied could not be told apart.
// It is an object that a server which lives writes again and again. No clock is compared with another.
type claim struct {
	place   storage.Storage
	key     string
	me      claimant
	wait    func(context.Context) error // claimTime
	renewed time.Time
}

// claimant is who copies which database. A server that is started again is the same one.
type claimant struct {
	Database string    `json:"database"` // its identity
	Host     string    `json:"host"`
	File     string    `json:"file"`
	At       time.Time `json:"at"`
}

func (c claimant) same(o claimant) bool {
	return c.Database == o.Database && c.Host == o.Host && c.File == o.File
}

func newClaim(place storage.Storage, database, identity, file string) *claim {
	host, _ := os.Hostname() // one without a name is known by its file
	return &claim{place: place, key: logPrefix + database + claimSuffix, me: claimant{Database: identity, Host: host, File: file}, wait: watching}
}

// watching lasts for as long as the claim of another server is watched.
func watching(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(claimTime):
		return nil
	}
}

// Identities returns what distinguishes the databases that are copied from others of their names.
func Identities(ctx context.Context, c *config.Config, driver func(name string) db.Driver, now time.Time) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range c.Copied() {
		d := driver(name)
		if d == nil {
			continue
		}
		var err error
		if out[name], err = identityOf(ctx, d, now); err != nil {
			return nil, fmt.Errorf("database %s: %w", name, err)
		}
	}
	return out, nil
}

// identityOf returns what distinguishes a database from others of its name. It is in the database, and in whatever is restored of it.
func identityOf(ctx context.Context, driver db.Driver, now time.Time) (string, error) {
	if err := driver.Sync(ctx, keyring.Collections()); err != nil {
		return "", err
	}
	key, err := keyring.Key(ctx, driver, "copies", now)
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:4]), err
}

// take claims the place, where no other server that lives has.
func (c *claim) take(ctx context.Context) error {
	before, err := c.read(ctx)
	if err != nil {
		return err
	}
	if before != nil && !before.same(c.me) {
		if err := c.wait(ctx); err != nil {
			return err
		}
		now, err := c.read(ctx)
		if err != nil {
			return err
		}
		if now != nil && !now.same(c.me) && (!now.same(*before) || !now.At.Equal(before.At)) {
			return now.taken()
		}
	}
	return c.write(ctx)
}

func (c claimant) taken() error {
	return fmt.Errorf("another server copies a database of this name to the same place: %s on %s; give each server a place of its own (backups.to)", c.File, c.Host)
}

// hold renews the claim now and then, and returns an error if another server has taken it, or if an object is gone that has
// to be there. A place that does not answer is no such error: the next step finds that.
func (c *claim) hold(ctx context.Context, needed ...string) error {
	if time.Since(c.renewed) < renewTime {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, claimWait)
	defer cancel()
	now, err := c.read(ctx)
	if err == nil && now != nil && !now.same(c.me) {
		return now.taken()
	}
	for _, key := range needed {
		if _, err := c.place.Stat(ctx, key); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s was removed from the backups, and without it nothing that is copied could be restored", key)
		}
	}
	_ = c.write(ctx) // the next one tries again
	return nil
}

func (c *claim) read(ctx context.Context) (*claimant, error) {
	o, err := c.place.Stat(ctx, c.key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	in, err := c.place.Open(ctx, c.key, 0, min(o.Size, maxClaim))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(in)
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, err
	}
	var found claimant
	if json.Unmarshal(text, &found) != nil {
		return nil, nil // of no server that lives
	}
	return &found, nil
}

func (c *claim) write(ctx context.Context) error {
	c.me.At = time.Now().UTC()
	text, err := json.Marshal(c.me)
	if err == nil {
		err = c.place.Put(ctx, c.key, bytes.NewReader(text), int64(len(text)))
	}
	if err == nil {
		c.renewed = time.Now()
	}
	return err
}

// release lets another server begin at once.
func (c *claim) release() {
	if c.renewed.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), claimWait)
	defer cancel()
	if now, err := c.read(ctx); err == nil && now != nil && now.same(c.me) {
		_ = c.place.Delete(ctx, c.key) // which lapses otherwise
	}
}
