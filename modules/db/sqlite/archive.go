package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
)

var _ db.Archiver = (*Driver)(nil)

// aloneTimeout is how long a restore waits for others to close the database.
const aloneTimeout = time.Second

// stepPages is how many pages are copied between two looks at the context: 4 MiB.
const stepPages = 1024

// Backup implements [db.Archiver]. A transaction that reads keeps the moment, so that writes of others neither wait
// nor have it begin again.
func (d *Driver) Backup(ctx context.Context, file string, progress func(done, total int64)) (err error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file))
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	c, err := open(d.path, d.setup+"; BEGIN; SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return fmt.Errorf("sqlite: reading the database: %w", err)
	}
	err = copyPages(ctx, c.db, file, progress)
	if err = errors.Join(err, c.close()); err != nil {
		return fmt.Errorf("sqlite: copying the database: %w", err)
	}
	return d.Verify(ctx, file)
}

func copyPages(ctx context.Context, from *sqlite3.Conn, file string, progress func(done, total int64)) (err error) {
	b, err := from.BackupInit("main", uriOf(file))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	for {
		done, err := b.Step(stepPages)
		if err != nil || done {
			return err
		}
		if progress != nil {
			const page = 4096
			progress(int64(b.PageCount()-b.Remaining())*page, int64(b.PageCount())*page)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Verify implements [db.Archiver]. The copy of a database with a write-ahead log becomes one file.
func (d *Driver) Verify(_ context.Context, file string) (err error) {
	if _, err := os.Stat(file); err != nil {
		return err
	}
	c, err := open(file, "PRAGMA journal_mode = DELETE")
	if err != nil {
		return fmt.Errorf("sqlite: the copy cannot be read: %w", err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	s, err := c.prepare("PRAGMA integrity_check(1)")
	if err != nil {
		return err
	}
	if !s.Step() {
		return errors.Join(errors.New("sqlite: the copy cannot be checked"), s.Err())
	}
	if found := s.ColumnText(0); found != "ok" {
		return fmt.Errorf("sqlite: the copy is damaged: %s", found)
	}
	return nil
}

// HasData implements [db.Archiver].
func (d *Driver) HasData(ctx context.Context) (has bool, err error) {
	err = d.read(ctx, func(c *conn) error {
		tables, err := dataTables(c)
		for _, table := range tables {
			if has || err != nil {
				break
			}
			var n int64
			var s *sqlite3.Stmt
			if s, err = c.prepare("SELECT EXISTS (SELECT 1 FROM " + table + ")"); err == nil {
				n, err = first(s)
			}
			has = n == 1
		}
		return err
	})
	return has, err
}

// dataTables returns the quoted names of the tables of collections and accounts. Those whose names begin with _ are the
// server's own.
func dataTables(c *conn) (tables []string, err error) {
	s, err := c.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND (name NOT LIKE '\_%' ESCAPE '\' OR name = '_users')`)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	for s.Step() {
		tables = append(tables, `"`+strings.ReplaceAll(s.ColumnText(0), `"`, `""`)+`"`)
	}
	return tables, s.Err()
}

// Alone implements [db.Archiver].
func (d *Driver) Alone(context.Context) error {
	c, err := d.alone()
	if err != nil {
		return err
	}
	return errors.Join(c.db.Exec("PRAGMA journal_mode = WAL"), c.close())
}

// alone returns the only connection to the database there is. A database leaves the write-ahead log only while no other
// process has it open, and no other can open it then until the connection is closed.
func (d *Driver) alone() (*conn, error) {
	if err := d.Close(); err != nil {
		return nil, err
	}
	c, err := open(d.path, "")
	if err != nil {
		return nil, err
	}
	if err := c.db.BusyTimeout(aloneTimeout); err != nil {
		return nil, errors.Join(err, c.close())
	}
	err = c.db.Exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; COMMIT")
	if errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.LOCKED) {
		err = fmt.Errorf("sqlite: %s is in use; stop the server, and every other program that has it open, and try again", d.path)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// Restore implements [db.Archiver].
func (d *Driver) Restore(_ context.Context, file string) (err error) {
	c, err := d.alone()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.db.Restore("main", uriOf(file)); err != nil {
		return fmt.Errorf("sqlite: writing the database: %w", err)
	}
	return c.db.Exec("PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)")
}
