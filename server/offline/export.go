package offline

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/wiring"
)

// exportPage is how many documents are read, and written, at once.
const exportPage = 500

// Exported says what an export has: a file of JSON Lines for each collection, and for each table of accounts.
type Exported struct {
	Version int            `json:"version"`
	Created time.Time      `json:"created"`
	Files   []ExportedFile `json:"files"`
}

// ExportedFile is the file of a collection.
type ExportedFile struct {
	Collection string `json:"collection"`
	Documents  int64  `json:"documents"`
	SHA256     string `json:"sha256"`
}

func (f ExportedFile) name() string { return f.Collection + ".jsonl" }

// table is a collection of a configuration, or a table of accounts, with its database.
type table struct {
	*db.Collection
	database string
}

// tables returns what an export has. Sessions, and what else ends by itself, are not in it; the keys are, since second factors
// are sealed with one.
func tables(c *config.Config) (out []table) {
	for database, collections := range wiring.Stored(c) {
		for _, collection := range collections {
			out = append(out, table{collection, database})
		}
	}
	if c.Auth != nil {
		for _, collection := range []*db.Collection{store.Users.Collection, store.Identities.Collection, store.Passkeys.Collection, store.APIKeys.Collection, store.Keys.Collection} {
			out = append(out, table{collection, c.Auth.Database})
		}
	}
	slices.SortFunc(out, func(a, b table) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Export writes the documents and accounts of a configuration to a directory, which must be empty or missing, as they
// are stored: sealed fields stay sealed, and hashes hashes. Each page is of one moment; for an exact cut stop the writes.
// One that was interrupted goes on where it was, if the directory is left as it is.
// It calls progress, which may be nil, after each page.
func Export(ctx context.Context, path, dir string, progress func(collection string, documents int64)) (e Exported, err error) {
	c, err := config.Load(path)
	if err != nil {
		return e, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return e, err
	}
	if err := mayExport(dir, tables(c)); err != nil {
		return e, err
	}
	drivers := opened{config: c, drivers: map[string]db.Driver{}}
	defer func() { err = errors.Join(err, drivers.close()) }()
	e = Exported{Version: manifestVersion, Created: time.Now().UTC().Truncate(time.Second)}
	for _, t := range tables(c) {
		driver, err := drivers.open(ctx, t.database)
		if err != nil {
			return e, err
		}
		one, err := exportTable(ctx, driver, t.Collection, dir, progress)
		if err != nil {
			return e, fmt.Errorf("%s: %w", t.Name, err)
		}
		e.Files = append(e.Files, one)
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return e, err
	}
	return e, os.WriteFile(filepath.Join(dir, manifestName), text, 0o600) // last: without it there is no export
}

func exportTable(ctx context.Context, driver db.Driver, c *db.Collection, dir string, progress func(string, int64)) (one ExportedFile, err error) {
	one.Collection = c.Name
	file, err := os.OpenFile(filepath.Join(dir, one.name()), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return one, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	hash := sha256.New()
	p := newPages(driver, c)
	if one.Documents, err = resume(file, hash, p); err != nil {
		return one, err
	}
	out := bufio.NewWriter(io.MultiWriter(file, hash))
	for {
		rows, err := p.next(ctx)
		if err != nil {
			return one, err
		}
		if len(rows) == 0 {
			break
		}
		var line []byte
		for _, row := range rows {
			line = append(appendRow(line[:0], c, row), '\n')
			if _, err := out.Write(line); err != nil {
				return one, err
			}
		}
		one.Documents += int64(len(rows))
		if progress != nil {
			progress(c.Name, one.Documents)
		}
	}
	if err := out.Flush(); err != nil {
		return one, err
	}
	one.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return one, file.Sync()
}

// resume reads what an export that was interrupted has written of a table, takes off half a line, and lets the pages go on
// after it. It returns how many documents there are.
func resume(file *os.File, hash io.Writer, p *pages) (documents int64, err error) {
	in, end, last := bufio.NewReaderSize(file, 1<<20), int64(0), []byte(nil)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if _, err := hash.Write(line); err != nil {
			return 0, err
		}
		documents, end, last = documents+1, end+int64(len(line)), line
	}
	if last != nil {
		row, err := parseRow(p.table, last)
		if err != nil {
			return 0, fmt.Errorf("going on after line %d of %s: %w", documents, filepath.Base(file.Name()), err)
		}
		if err := p.after(row); err != nil {
			return 0, err
		}
	}
	if err := file.Truncate(end); err != nil {
		return 0, err
	}
	_, err = file.Seek(end, io.SeekStart)
	return documents, err
}

// mayExport reports whether a directory is one to export into: empty, or with what an export of the same tables has left that
// was interrupted.
func mayExport(dir string, tables []table) error {
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range there {
		known := func(t table) bool { return entry.Name() == ExportedFile{Collection: t.Name}.name() }
		if entry.Name() == manifestName {
			return fmt.Errorf("%s has an export already", dir)
		}
		if !entry.Type().IsRegular() || !slices.ContainsFunc(tables, known) {
			return fmt.Errorf("%s is not empty: it has %s", dir, entry.Name())
		}
	}
	return nil
}

// appendRow appends a row as a JSON object, without what is null.
func appendRow(dst []byte, c *db.Collection, row query.Row) []byte {
	dst = append(dst, '{')
	for _, i := range c.Stored() {
		if row[i].IsNull() {
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = query.String(c.Shape.Fields[i].Name).AppendJSON(dst)
		dst = append(dst, ':')
		dst = row[i].AppendJSON(dst)
	}
	return append(dst, '}')
}

// opened are the databases of a configuration that a command uses.
type opened struct {
	config  *config.Config
	drivers map[string]db.Driver
}

func (o opened) open(ctx context.Context, name string) (db.Driver, error) {
	if d := o.drivers[name]; d != nil {
		return d, nil
	}
	c := o.config.Databases[name]
	d, err := db.Open(ctx, c.Driver, c.Settings(o.config.Dir))
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", name, err)
	}
	if err := wiring.CheckVersion(ctx, d); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", name, err), d.Close())
	}
	o.drivers[name] = d
	return d, nil
}

func (o opened) close() error {
	var errs []error
	for _, d := range o.drivers {
		errs = append(errs, d.Close())
	}
	return errors.Join(errs...)
}
