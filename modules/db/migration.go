package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/query"
)

// Migration is one step of a migration.
type Migration struct {
	Collection string
	SQL        string
	// Destructive is true if the step can lose data.
	Destructive bool
	// Why is the reason for the step.
	Why string
	// NewTable is true if the step creates the missing table of the collection.
	NewTable bool
}

// Applied is a step that was applied.
type Applied struct {
	At         time.Time
	Collection string
	SQL        string
}

// Migrator is a Driver with a schema. [Driver.Sync] applies the steps that are not destructive.
type Migrator interface {
	// Plan returns the missing steps, in order.
	Plan(ctx context.Context, collections []*Collection) ([]Migration, error)
	// Migrate applies all of them in one transaction, while no other node does, and returns them.
	Migrate(ctx context.Context, collections []*Collection) ([]Migration, error)
	// History returns the applied steps, in order.
	History(ctx context.Context) ([]Applied, error)
}

// Literal writes a value in SQL. Strings are written as both SQL databases accept them.
func Literal(v query.Value) string {
	switch v.Kind() {
	case query.KindNull:
		return "NULL"
	case query.KindBool, query.KindInt, query.KindFloat, query.KindDecimal:
		return v.JSON()
	case query.KindBytes:
		return fmt.Sprintf("'%x'", v.Text())
	}
	text := v.Text()
	if v.Kind() == query.KindTime || v.Kind() == query.KindDate {
		text = strings.Trim(v.JSON(), `"`)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// PlanAll combines the plans of all collections. Its error names every collection that cannot be migrated.
func PlanAll(collections []*Collection, plan func(*Collection) ([]Migration, error)) ([]Migration, error) {
	var all []Migration
	var errs []error
	for _, c := range collections {
		changes, err := plan(c)
		if err != nil {
			errs = append(errs, fmt.Errorf("collection %s: %w", c.Name, err))
		}
		all = append(all, changes...)
	}
	return all, errors.Join(errs...)
}

// Refusal is the error of a Sync that would need destructive steps.
func Refusal(changes []Migration) error {
	var errs []error
	for _, c := range changes {
		if c.Destructive {
			errs = append(errs, fmt.Errorf("collection %s: %s; Basalt does not do this by itself. An admin would run `basalt migrate apply --allow-destructive`, or:\n  %s",
				c.Collection, c.Why, strings.ReplaceAll(c.SQL, "; ", ";\n  ")))
		}
	}
	return errors.Join(errs...)
}
