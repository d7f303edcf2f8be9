package offline

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
	"github.com/basalt-dev/basalt/server/wiring"
)

// maxLine is the largest document of an export in bytes, and maxDepth how deep one may be.
const (
	maxLine  = 64 << 20
	maxDepth = 1000
)

// Imported says what has become of the documents of a file.
type Imported struct {
	Collection string
	// Written are new, Kept were there already, as they are in the file, and Removed were others.
	Written, Kept, Removed int64
}

// Importing says how to import.
type Importing struct {
	// Replace makes each table what the export has: what differs, or is not in it, is removed first.
	Replace bool
	// Progress is called after each page; it may be nil.
	Progress func(collection string, documents, of int64)
}

// Import writes the documents and accounts of an export into the databases of a configuration, which may be of other
// drivers, and makes the tables that are missing. It checks all files before it writes. A document that is there
// already is kept when it is the same, so that an import that was interrupted can be run again, and an error when it
// differs, unless it is to be replaced. In the end all is read back and compared.
func Import(ctx context.Context, path, dir string, how Importing) (out []Imported, err error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	e, into, err := readExport(c, dir)
	if err != nil {
		return nil, err
	}
	drivers := opened{config: c, drivers: map[string]db.Driver{}}
	defer func() { err = errors.Join(err, drivers.close()) }()
	if err := syncAll(ctx, c, drivers, false); err != nil {
		return nil, err
	}
	removed := make([]int64, len(e.Files))
	each := func(f func(i int, driver db.Driver, c *db.Collection, file string) error) error {
		for i, one := range e.Files {
			driver, err := drivers.open(ctx, into[i].database)
			if err == nil {
				err = f(i, driver, into[i].Collection, filepath.Join(dir, one.name()))
			}
			if err != nil {
				return fmt.Errorf("%s: %w", one.name(), err)
			}
		}
		return nil
	}
	if how.Replace { // before anything is written: a value that is unique may have gone from one document to another
		if err := each(func(i int, driver db.Driver, c *db.Collection, file string) (err error) {
			removed[i], err = removeOthers(ctx, driver, c, file)
			return err
		}); err != nil {
			return nil, err
		}
	}
	if err := each(func(i int, driver db.Driver, c *db.Collection, file string) error {
		done, err := importTable(ctx, driver, c, file, func(n int64) {
			if how.Progress != nil {
				how.Progress(c.Name, n, e.Files[i].Documents)
			}
		})
		done.Removed = removed[i]
		if out = append(out, done); err != nil {
			out = out[:len(out)-1]
		}
		return err
	}); err != nil {
		return out, err
	}
	if err := each(func(i int, driver db.Driver, c *db.Collection, file string) error {
		return verify(ctx, driver, c, file, e.Files[i].Documents, how.Replace)
	}); err != nil {
		return out, err
	}
	return out, syncAll(ctx, c, drivers, true)
}

// readExport reads what an export has, checks its files, and finds where each goes.
func readExport(c *config.Config, dir string) (e Exported, into []table, err error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return e, nil, fmt.Errorf("%s is not an export of Basalt: %w", dir, err)
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, nil, fmt.Errorf("reading %s: %w", manifestName, err)
	}
	if e.Version != manifestVersion {
		return e, nil, fmt.Errorf("the export has version %d, and this Basalt reads version %d", e.Version, manifestVersion)
	}
	have := tables(c)
	for _, one := range e.Files {
		i := slices.IndexFunc(have, func(t table) bool { return t.Name == one.Collection })
		if i < 0 {
			return e, nil, fmt.Errorf("the configuration has no %s, which has %d documents in the export", one.Collection, one.Documents)
		}
		into = append(into, have[i])
		_, sum, err := digest(filepath.Join(dir, one.name()))
		if err != nil {
			return e, nil, err
		}
		if sum != one.SHA256 {
			return e, nil, fmt.Errorf("%s has changed since the export: its SHA-256 does not match", one.name())
		}
	}
	return e, into, nil
}

// syncAll makes the tables that are missing. Without guarded there are no foreign keys afterwards: documents come before those
// that they refer to.
func syncAll(ctx context.Context, c *config.Config, drivers opened, guarded bool) error {
	stored := wiring.Stored(c)
	if c.Auth != nil {
		stored[c.Auth.Database] = append(stored[c.Auth.Database], store.Collections()...)
	}
	for name, collections := range stored {
		if !guarded {
			collections = db.WithoutReferences(collections)
		}
		driver, err := drivers.open(ctx, name)
		if err == nil {
			err = driver.Sync(ctx, collections)
		}
		if err != nil {
			return fmt.Errorf("database %s: %w", name, err)
		}
	}
	return nil
}

func importTable(ctx context.Context, driver db.Driver, c *db.Collection, file string, progress func(int64)) (out Imported, err error) {
	out.Collection = c.Name
	in, err := os.Open(file)
	if err != nil {
		return out, err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	var rows []query.Row
	write := func() error {
		written, err := insertMissing(ctx, driver, c, rows)
		out.Written, out.Kept = out.Written+written, out.Kept+int64(len(rows))-written
		rows = rows[:0]
		progress(out.Written + out.Kept)
		return err
	}
	for n := 1; lines.Scan(); n++ {
		row, err := parseRow(c, lines.Bytes())
		if err != nil {
			return out, fmt.Errorf("line %d: %w", n, err)
		}
		if rows = append(rows, row); len(rows) == exportPage {
			if err := write(); err != nil {
				return out, fmt.Errorf("lines up to %d: %w", n, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return out, err
	}
	return out, write()
}

// insertMissing stores the rows that are not there, all or none, and returns how many.
func insertMissing(ctx context.Context, driver db.Driver, c *db.Collection, rows []query.Row) (written int64, err error) {
	if len(rows) == 0 {
		return 0, nil
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = c.ID(row)
	}
	there, err := driver.Find(ctx, c, db.Find{Query: query.Query{Where: c.ByKeys(ids), Sort: c.KeyOrder(false)}})
	if err != nil {
		return 0, err
	}
	have := make(map[string][]byte, len(there))
	for _, row := range there {
		have[c.ID(row)] = appendRow(nil, c, row)
	}
	var missing []query.Row
	for i, row := range rows {
		old, ok := have[ids[i]]
		if !ok {
			missing = append(missing, row)
		} else if !bytes.Equal(old, appendRow(nil, c, row)) {
			return 0, fmt.Errorf("there is another document with the id %q; --replace makes the database what the export has", ids[i])
		}
	}
	if len(missing) == 0 {
		return 0, nil
	}
	return int64(len(missing)), driver.Insert(ctx, c, missing)
}

// parseRow reads a line. What it leaves out is null.
func parseRow(c *db.Collection, line []byte) (query.Row, error) {
	v, err := query.ParseJSON(line, maxDepth)
	if err != nil {
		return nil, err
	}
	if !schema.IsObject(v) {
		return nil, errors.New("a line is a JSON object")
	}
	row := make(query.Row, len(c.Columns))
	v.Members(func(name string, member query.Value) bool {
		i := c.Shape.Index(name)
		if i < 0 {
			err = fmt.Errorf("the collection has no field %q", name)
			return false
		}
		field := schema.Field{Type: c.Columns[i].Type}
		fit, ok := field.Fit(member)
		if !ok {
			err = fmt.Errorf("%s must be %s", name, field.Expected())
			return false
		}
		row[i] = fit
		return true
	})
	return row, err
}
