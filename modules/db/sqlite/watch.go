package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// changeLog is the table to which triggers write the keys of changed rows, so that writes of other processes are
// seen too. Its numbers have no gaps: a gap means that the position is lost.
const changeLog = "_basalt_changes"

const (
	// pollInterval is the delay until the commit of another process is seen. A poll costs a few microseconds.
	pollInterval = 50 * time.Millisecond
	// logTime is how long changes are retained at least: a process that lags further behind must resynchronise.
	logTime = time.Minute
	// maxTouched is the largest number of changes read at once, maxReported of those reported individually.
	maxTouched  = 2000
	maxReported = 10_000
)

var source = db.Source{Name: "triggers that write to the table " + changeLog, Complete: true}

// Source implements [db.Watcher].
func (d *Driver) Source(context.Context) db.Source { return source }

// Unsupported implements [db.Watcher].
func (d *Driver) Unsupported(ctx context.Context, collections []*db.Collection) (map[*db.Collection]error, error) {
	out := map[*db.Collection]error{}
	err := d.read(ctx, func(c *conn) error {
		for _, col := range collections {
			view, err := c.schemaText("view", col.Table)
			if err != nil {
				return err
			}
			if view != "" {
				out[col] = fmt.Errorf("%s is a view, whose changes SQLite does not report", col.Table)
			}
		}
		return nil
	})
	return out, err
}

// Watch implements [db.Watcher]. It adds the log and the triggers to the schema.
func (d *Driver) Watch(ctx context.Context, collections []*db.Collection) (db.Changes, error) {
	err := d.writer.do(ctx, false, func(c *conn) error {
		if err := c.db.Exec("CREATE TABLE IF NOT EXISTS " + changeLog + " (number INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, key ANY) STRICT"); err != nil {
			return err
		}
		for _, col := range collections {
			if err := c.watch(col); err != nil {
				return fmt.Errorf("collection %s: %w", col.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, clientError(ctx, err)
	}
	// A connection of its own: each connection reports whether others have committed.
	c, err := open(d.path, d.setup+"; PRAGMA query_only = ON")
	if err != nil {
		return nil, err
	}
	w := &changes{driver: d, conn: c, tables: map[string]*db.Collection{}, committed: make(chan struct{}, 1)}
	for _, col := range collections {
		w.tables[strings.ToLower(col.Table)] = col
	}
	if w.version, err = w.dataVersion(); err == nil { // first, so that a commit in between is noticed
		w.last, err = w.newest()
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	w.marks = []mark{{time.Now(), w.last}}
	d.writer.observe(w.committed)
	return w, nil
}

// watch creates the triggers of a table.
func (c *conn) watch(col *db.Collection) error {
	key := func(row string) string {
		var columns []string
		for _, i := range col.KeyFields() {
			columns = append(columns, row+"."+quote(col.Columns[i].Name))
		}
		if len(columns) == 1 {
			return columns[0]
		}
		return "json_array(" + strings.Join(columns, ", ") + ")"
	}
	table := "'" + strings.ReplaceAll(col.Table, "'", "''") + "'"
	log := func(row string) string {
		return "INSERT INTO " + changeLog + " (tbl, key) VALUES (" + table + ", " + key(row) + "); "
	}
	for _, event := range []struct{ name, when, body string }{
		{"insert", "INSERT", log("NEW")},
		{"delete", "DELETE", log("OLD")},
		{"update", "UPDATE", "INSERT INTO " + changeLog + " (tbl, key) SELECT " + table + ", " + key("OLD") + " WHERE " + key("OLD") + " IS NOT " + key("NEW") + "; " + log("NEW")},
	} {
		name := changeLog + "_" + col.Table + "_" + event.name
		sql := "CREATE TRIGGER " + quote(name) + " AFTER " + event.when + " ON " + quote(col.Table) + " BEGIN " + event.body + "END"
		have, err := c.schemaText("trigger", name)
		if err != nil || have == sql {
			if err != nil {
				return err
			}
			continue
		}
		if err := c.db.Exec("DROP TRIGGER IF EXISTS " + quote(name) + "; " + sql); err != nil {
			return err
		}
	}
	return nil
}

// schemaText returns the statement that created something, empty if it does not exist.
func (c *conn) schemaText(kind, name string) (string, error) {
	s, _, err := c.db.Prepare("SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?")
	if err != nil {
		return "", err
	}
	defer s.Close()
	if err := errors.Join(s.BindText(1, kind), s.BindText(2, name)); err != nil {
		return "", err
	}
	if !s.Step() {
		return "", s.Err()
	}
	return s.ColumnText(0), nil
}

// changes is a position in the log.
type changes struct {
	driver    *Driver
	conn      *conn
	tables    map[string]*db.Collection // by name in lower case
	committed chan struct{}
	last      int64 // the newest number that was read
	version   int64 // data version at the last read of the log
	marks     []mark
}

// mark records the newest number at a time.
type mark struct {
	at     time.Time
	number int64
}

// Next implements [db.Changes].
func (w *changes) Next(ctx context.Context) ([]db.Change, error) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		touched, err := w.CatchUp(ctx)
		if err != nil || len(touched) > 0 {
			return touched, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.committed:
		case <-ticker.C:
		}
	}
}

// CatchUp implements [db.Changes]. It reads everything available, so that no commit is reported in parts.
func (w *changes) CatchUp(ctx context.Context) (touched []db.Change, err error) {
	w.conn.db.SetInterrupt(ctx)
	version, err := w.dataVersion()
	if err != nil || version == w.version {
		return nil, clientError(ctx, err)
	}
	for before := w.last - maxTouched; w.last-before == maxTouched; {
		before = w.last
		more, err := w.read()
		if err != nil {
			return nil, clientError(ctx, err)
		}
		if touched = append(touched, more...); len(touched) > maxReported {
			touched = wholly(touched)
		}
	}
	w.version = version
	return touched, w.trim(ctx)
}

// wholly replaces all changes of a collection by changes of an unknown document, at the first and the last
// position.
func wholly(touched []db.Change) (out []db.Change) {
	for _, t := range touched {
		t.ID = ""
		at := slices.IndexFunc(out, func(o db.Change) bool { return o.Collection == t.Collection })
		if at < 0 {
			out = append(out, t, t)
		} else {
			out[at+1].Position = t.Position
		}
	}
	return out
}

func (w *changes) read() ([]db.Change, error) {
	s, err := w.conn.prepare("SELECT number, tbl, key FROM " + changeLog + " WHERE number > ? ORDER BY number LIMIT " + strconv.Itoa(maxTouched))
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	if err := s.BindInt64(1, w.last); err != nil {
		return nil, err
	}
	var out []db.Change
	for s.Step() {
		if number := s.ColumnInt64(0); number != w.last+1 {
			return nil, errors.New("sqlite: changes were removed from the log before they were read")
		}
		w.last++
		if col := w.tables[strings.ToLower(s.ColumnText(1))]; col != nil {
			out = append(out, db.Change{Collection: col, ID: idOf(col, s, 2), Position: uint64(w.last)})
		}
	}
	return out, s.Err()
}

// idOf reads the id of a document from a column of the log.
func idOf(col *db.Collection, s *sqlite3.Stmt, column int) string {
	fields := col.KeyFields()
	row := make(query.Row, len(col.Columns))
	parts := []query.Value{query.Null}
	switch {
	case len(fields) > 1:
		parts = query.RawJSON(s.ColumnText(column)).Elements()
	case s.ColumnType(column) == sqlite3.INTEGER:
		parts[0] = query.Int(s.ColumnInt64(column))
	case s.ColumnType(column) != sqlite3.NULL:
		parts[0] = query.String(s.ColumnText(column))
	}
	if len(parts) != len(fields) {
		return ""
	}
	for n, i := range fields {
		switch v := parts[n]; {
		case v.IsNull():
			return ""
		case col.Columns[i].Type.Kind() == query.KindTime && v.Kind() == query.KindInt:
			row[i] = query.Micros(v.Int())
		case col.Columns[i].Type.Kind() == query.KindDate:
			row[i], _ = query.ParseDate(v.Text())
		case col.Columns[i].Type.Kind() == query.KindBool && v.Kind() == query.KindInt:
			row[i] = query.Bool(v.Int() != 0)
		default:
			row[i] = v
		}
	}
	return col.ID(row)
}

// trim deletes log entries older than logTime, except the newest, which keeps the count.
func (w *changes) trim(ctx context.Context) error {
	now := time.Now()
	if now.Sub(w.marks[len(w.marks)-1].at) < logTime/4 {
		return nil
	}
	w.marks = append(w.marks, mark{now, w.last})
	if now.Sub(w.marks[0].at) < logTime {
		return nil
	}
	old := w.marks[0].number
	w.marks = w.marks[1:]
	return w.driver.writer.do(ctx, false, func(c *conn) error {
		s, err := c.prepare("DELETE FROM " + changeLog + " WHERE number <= ? AND number < (SELECT max(number) FROM " + changeLog + ")")
		if err != nil {
			return err
		}
		if err := s.BindInt64(1, old); err != nil {
			return err
		}
		return s.Exec()
	})
}

// newestChange selects the newest number that the log has ever had.
const newestChange = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = '" + changeLog + "'), 0)"

func (w *changes) newest() (int64, error) { return w.conn.number(newestChange) }

func (w *changes) dataVersion() (int64, error) { return w.conn.number("PRAGMA data_version") }

func (c *conn) number(sql string) (int64, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return 0, err
	}
	return first(s)
}

// Close implements [db.Changes].
func (w *changes) Close() error {
	w.driver.writer.ignore(w.committed)
	return w.conn.close()
}
