package offline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/server/wiring"
)

// Migration is the schema of one database of a configuration.
type Migration struct {
	Database string
	// Steps are those that are missing, or that Apply has done.
	Steps []db.Migration
	// History is what was done before; only Status has it.
	History []db.Applied
}

// The things that [Migrate] does.
const (
	MigratePlan   = "plan"
	MigrateApply  = "apply"
	MigrateStatus = "status"
)

// Migrate plans, applies or prints the status of the schemas of a configuration's databases. Destructive steps are
// applied only when they are allowed; otherwise they are an error, and nothing is done to that database.
func Migrate(ctx context.Context, path, what string, allowDestructive bool) ([]Migration, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	stored := wiring.Stored(c)
	var out []Migration
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Databases)) {
		m, err := migrateOne(ctx, c, name, stored[name], what, allowDestructive)
		if err != nil {
			errs = append(errs, fmt.Errorf("database %s: %w", name, err))
			continue
		}
		out = append(out, m)
	}
	return out, errors.Join(errs...)
}

func migrateOne(ctx context.Context, c *config.Config, name string, collections []*db.Collection, what string, allowDestructive bool) (m Migration, err error) {
	m.Database = name
	driver, err := db.Open(ctx, c.Databases[name].Driver, c.Databases[name].Settings(c.Dir))
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	migrator, ok := db.As[db.Migrator](driver)
	if !ok { // a database without a schema has indexes alone, which every start makes
		return m, nil
	}
	if what == MigrateStatus {
		if m.History, err = migrator.History(ctx); err != nil {
			return m, err
		}
	}
	if m.Steps, err = migrator.Plan(ctx, collections); err != nil || what != MigrateApply {
		return m, err
	}
	if refusal := db.Refusal(m.Steps); refusal != nil && !allowDestructive {
		return m, refusal
	}
	m.Steps, err = migrator.Migrate(ctx, collections)
	return m, err
}
