package offline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/files/storage"
)

// Newest is a moment that is after all: with it everything is restored that there is, whatever the clocks were.
var Newest = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// RestoredAt says what a database was restored to.
type RestoredAt struct {
	Database string
	// At is the moment of which it has everything. What was committed later, up to the moment that was asked for, was less
	// than the time of a step.
	At    time.Time
	Steps int
	Size  int64
}

// RestoreAt restores the databases as they were at a time, from a place into which they were copied continuously, and the
// files that the place has and that are missing. It refuses what [Restore] refuses.
//
// Where several databases of one name were copied into the place, of says which is meant, by its identity.
func RestoreAt(ctx context.Context, file, from string, at time.Time, of string, force bool) (out []RestoredAt, err error) {
	c, err := config.Load(file)
	if err != nil {
		return nil, err
	}
	place, err := openKept(ctx, c, from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	dir, err := scratch(c, ".basalt-restore-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var m Manifest
	for _, name := range c.Copied() {
		one := Copy{Database: name, Driver: c.Databases[name].Driver, File: name + ".db"}
		r := RestoredAt{Database: name}
		if err := rebuild(ctx, c, place, &r, filepath.Join(dir, one.File), at, of); err != nil {
			return nil, fmt.Errorf("database %s: %w", name, err)
		}
		m.Databases, out = append(m.Databases, one), append(out, r)
	}
	if err := restoreFiles(ctx, c, place); err != nil {
		return nil, err
	}
	return out, replace(ctx, c, m, dir, force)
}

// rebuild makes a database of a base and its steps.
func rebuild(ctx context.Context, c *config.Config, place storage.Storage, r *RestoredAt, file string, at time.Time, of string) error {
	generations, err := meant(ctx, place, r.Database, of)
	if err != nil {
		return err
	}
	// Of a time that came twice, because the clock went back, the later one counts.
	var g *generation
	for _, one := range slices.Backward(generations) {
		if !one.begun().After(at) {
			g = one
			break
		}
	}
	if g == nil {
		return fmt.Errorf("there is nothing from before %s", generations[0].begun().UTC().Format(time.RFC3339Nano))
	}
	end := len(g.steps) - 1
	for g.steps[end].until.After(at) {
		end--
	}
	if err := unpackStep(ctx, place, g.steps[0].key, func(base io.Reader) error { return writeNew(file, base) }); err != nil {
		return err
	}
	last := g.steps[0]
	return withStreamer(ctx, c, r.Database, func(s db.Streamer) error {
		for n, step := range g.steps[1 : end+1] {
			if step.number != n+1 {
				return fmt.Errorf("the step %d is missing; what came before it, until %s, can be restored", n+1, last.from.UTC().Format(time.RFC3339Nano))
			}
			if err := unpackStep(ctx, place, step.key, func(content io.Reader) error { return s.Apply(ctx, file, content) }); err != nil {
				return fmt.Errorf("%s: %w", step.key, err)
			}
			last = step
		}
		state, err := s.State(ctx, file)
		if err == nil && state != last.state {
			err = fmt.Errorf("%s: what is made of it is not what was copied", last.key)
		}
		r.At, r.Steps = last.from, last.number
		if info, failed := os.Stat(file); failed == nil {
			r.Size = info.Size()
		}
		return err
	})
}

// meant returns the generations of the database that is to be restored. Two that have the same name are never mixed.
func meant(ctx context.Context, place storage.Storage, database, of string) (generations, error) {
	all, err := everyGeneration(ctx, place, database)
	if err != nil {
		return nil, err
	}
	last := map[string]time.Time{}
	for _, g := range all {
		if g.based() {
			last[g.of] = g.steps[len(g.steps)-1].until
		}
	}
	switch _, known := last[of]; {
	case len(last) == 0:
		return nil, errors.New("it was not copied continuously; backups.continuous does that")
	case known:
		return all.of(of), nil
	case len(last) == 1 && of == "":
		for one := range last {
			of = one
		}
		return all.of(of), nil
	}
	var list []string
	for _, identity := range slices.Sorted(maps.Keys(last)) {
		list = append(list, fmt.Sprintf("%s until %s", identity, last[identity].UTC().Format(time.RFC3339)))
	}
	return nil, fmt.Errorf("several databases were copied there under this name: %s; say which one with --of", strings.Join(list, ", "))
}

func unpackStep(ctx context.Context, place storage.Storage, key string, use func(io.Reader) error) error {
	return withObject(ctx, place, key, func(in io.Reader) error { // its end is checked by the checksum
		r, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
		if err != nil {
			return err
		}
		defer r.Close()
		return use(r)
	})
}

// withStreamer opens a database and calls f with what applies steps.
func withStreamer(ctx context.Context, c *config.Config, name string, f func(db.Streamer) error) error {
	return withDriver(ctx, c, name, func(driver db.Driver) error {
		s, ok := db.As[db.Streamer](driver)
		if !ok {
			return fmt.Errorf("the driver %s has no log that can be copied", c.Databases[name].Driver)
		}
		return f(s)
	})
}

// restoreFiles copies all files that a place has to where the configuration keeps them.
func restoreFiles(ctx context.Context, c *config.Config, place storage.Storage) error {
	var all []KeptFile
	err := place.List(ctx, keptBytes, func(o storage.Object) error {
		name, key, ok := strings.Cut(strings.TrimPrefix(o.Key, keptBytes), "/")
		if ok && strings.HasPrefix(key, contentBytes) && c.Storage[name] != nil {
			all = append(all, KeptFile{name, key, o.Size})
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range all {
		if err := restoreFile(ctx, c, place, f); err != nil {
			return fmt.Errorf("the file %s of %s: %w", f.Key, f.Storage, err)
		}
	}
	return nil
}
