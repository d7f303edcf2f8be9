package wiring

import (
	"context"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
)

// upgrades make each version of the internal tables of the one before. A release that changes what is in them, so that an
// earlier release would misread it, adds one at the end.
var upgrades = []db.Upgrade{
	auth.UpgradeAddresses,
}

// Upgrade brings the internal tables of a database to the version of this release, and refuses those of a newer one.
func Upgrade(ctx context.Context, c *config.Config, name string, d db.Driver, release string, now time.Time) error {
	if c.Auth != nil && c.Auth.Database == name {
		if err := d.Sync(ctx, store.Collections()); err != nil {
			return err
		}
		return db.UpgradeTables(ctx, d, upgrades, release, now)
	}
	none := make([]db.Upgrade, len(upgrades)) // it has no accounts
	for i := range none {
		none[i] = func(context.Context, db.Store) error { return nil }
	}
	return db.UpgradeTables(ctx, d, none, release, now)
}

// CheckVersion refuses a database whose internal tables are of a newer release.
func CheckVersion(ctx context.Context, d db.Driver) error {
	return db.CheckVersion(ctx, d, int64(len(upgrades)))
}
