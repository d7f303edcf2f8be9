package db

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// versions has one row, the version of the internal tables of a database: those whose names start with _.
var versions = Describe("_basalt",
	Column{Name: "id", Type: query.TypeID},
	Column{Name: "version", Type: query.TypeInt},
	Column{Name: "release", Type: query.TypeString},
	Column{Name: "updated", Type: query.TypeTime},
)

const (
	colVersion = 1
	// tablesID is the id of the row.
	tablesID = "tables"
)

// Upgrade is what makes a version of the internal tables of the one before. Without transactions it may run again after
// a failure, and on several nodes at once, so that it must change nothing that is right already.
type Upgrade func(context.Context, Store) error

// NewerError says that a newer release has written a database.
type NewerError struct {
	Version, Known int64
	Release        string
}

// Error implements error.
func (e *NewerError) Error() string {
	return fmt.Sprintf("a newer Basalt (%s) has written it: its internal tables have version %d, and this release knows versions up to %d; run that release or a newer one, or restore a backup from before the upgrade", e.Release, e.Version, e.Known)
}

// CheckVersion returns a [NewerError] if the internal tables of a database have a version that is newer than known. It
// makes nothing.
func CheckVersion(ctx context.Context, d Driver, known int64) error {
	if m, ok := As[Migrator](d); ok {
		steps, err := m.Plan(ctx, []*Collection{versions})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(steps, func(s Migration) bool { return s.NewTable }) {
			return nil
		}
	}
	version, release, err := readVersion(ctx, d)
	if err == nil && version > known {
		err = &NewerError{version, known, release}
	}
	return err
}

// UpgradeTables runs the upgrades that the internal tables of a database lack, each once, however many nodes start. The
// first upgrade makes version 1. A database without a version, which is new or of an early release, has version 0. It
// returns a [NewerError] for one that has more.
func UpgradeTables(ctx context.Context, d Driver, upgrades []Upgrade, release string, now time.Time) error {
	if err := d.Sync(ctx, []*Collection{versions}); err != nil {
		return err
	}
	known := int64(len(upgrades))
	for {
		version, by, err := readVersion(ctx, d)
		switch {
		case err != nil:
			return err
		case version > known:
			return &NewerError{version, known, by}
		case version == known:
			return nil
		}
		if err := upgrade(ctx, d, version, upgrades[version], release, now); err != nil {
			return fmt.Errorf("upgrading the internal tables to version %d: %w", version+1, err)
		}
	}
}

// upgrade makes the next version, unless another node has.
func upgrade(ctx context.Context, d Driver, version int64, run Upgrade, release string, now time.Time) error {
	if version == 0 { // ahead of the transaction, which a conflict would end
		err := d.Insert(ctx, versions, []query.Row{{query.String(tablesID), query.Int(0), query.String(release), query.Time(now)}})
		if err != nil && fault.CodeOf(err) != fault.Conflict {
			return err
		}
	}
	claim := func(s Store) (bool, error) {
		n, _, err := s.Update(ctx, versions, Update{
			Where: query.All(versions.ByKey(tablesID), &query.Compare{Path: query.Path{Field: "version"}, Op: query.Eq, Value: query.Int(version)}),
			Set:   []Assignment{{Field: colVersion, Value: query.Int(version + 1)}, {Field: 2, Value: query.String(release)}, {Field: 3, Value: query.Time(now)}},
		})
		return n == 1, err
	}
	if t, ok := As[Transactor](d); ok && !t.Atomic() { // the work first: the version says that it is done
		if err := run(ctx, d); err != nil {
			return err
		}
		_, err := claim(d)
		return err
	}
	return d.Transaction(ctx, func(s Store) error {
		ours, err := claim(s) // whoever comes second waits here, and then finds the version taken
		if err != nil || !ours {
			return err
		}
		return run(ctx, s)
	})
}

func readVersion(ctx context.Context, s Store) (version int64, release string, err error) {
	rows, err := s.Find(ReadPrimary(ctx), versions, Find{Query: query.Query{Where: versions.ByKey(tablesID), Limit: 1}})
	if err != nil || len(rows) == 0 {
		return 0, "", err
	}
	return rows[0][colVersion].Int(), rows[0][2].Text(), nil
}
