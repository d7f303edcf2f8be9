package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// Sync implements [db.Driver].
func (d *Driver) Sync(ctx context.Context, collections []*db.Collection) error {
	_, err := d.migrate(ctx, collections, false)
	return err
}

// Migrate implements [db.Migrator]. Neither database changes a schema in a transaction: the steps before one that fails
// stay, and are not planned again.
func (d *Driver) Migrate(ctx context.Context, collections []*db.Collection) ([]db.Migration, error) {
	return d.migrate(ctx, collections, true)
}

// Plan implements [db.Migrator].
func (d *Driver) Plan(ctx context.Context, collections []*db.Collection) ([]db.Migration, error) {
	return d.planned(ctx, collections, func(*sql.Conn, []db.Migration) error { return nil })
}

// planned plans the missing steps, runs f with them, and reads what the tables are then.
func (d *Driver) planned(ctx context.Context, collections []*db.Collection, f func(*sql.Conn, []db.Migration) error) (changes []db.Migration, err error) {
	err = d.locked(ctx, func(c *sql.Conn) error {
		known, err := d.readSchema(ctx, c)
		if err != nil {
			return err
		}
		d.remember(known)
		if changes, err = db.PlanAll(collections, func(col *db.Collection) ([]db.Migration, error) {
			p := planner{driver: d, run: c, known: known, col: col, collections: collections}
			err := p.plan(ctx)
			return p.changes, err
		}); err != nil {
			return err
		}
		if changes, err = d.planReferences(ctx, c, known, collections, changes); err != nil {
			return err
		}
		if len(changes) == 0 {
			return nil
		}
		if err := f(c, changes); err != nil {
			return err
		}
		if known, err = d.readSchema(ctx, c); err == nil {
			d.remember(known)
		}
		return err
	})
	for _, c := range collections {
		if err == nil {
			err = d.probe(ctx, c)
		}
	}
	return changes, err
}

const (
	lockName = "basalt schema of " // and the name of the database; 64 characters are the most
	lockWait = 5                   // seconds in one try
)

// locked runs f while no other node changes the schema.
func (d *Driver) locked(ctx context.Context, f func(*sql.Conn) error) error {
	return d.with(ctx, func(c *sql.Conn) error {
		name := lockName + d.settings.client.DBName
		name = name[:min(len(name), 64)]
		for got := false; !got; {
			var answer sql.NullBool
			if err := c.QueryRowContext(ctx, "SELECT GET_LOCK(?, ?)", name, lockWait).Scan(&answer); err != nil {
				return err
			}
			got = answer.Bool
		}
		err := f(c)
		_, unlock := c.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK(?)", name)
		return errors.Join(err, unlock)
	})
}

func (d *Driver) migrate(ctx context.Context, collections []*db.Collection, destructive bool) ([]db.Migration, error) {
	return d.planned(ctx, collections, func(c *sql.Conn, changes []db.Migration) error {
		if refusal := db.Refusal(changes); refusal != nil && !destructive {
			return refusal
		}
		return d.applyAll(ctx, c, changes)
	})
}

func (d *Driver) applyAll(ctx context.Context, c *sql.Conn, changes []db.Migration) error {
	history := quote(sqldb.History)
	if _, err := c.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+history+" (number BIGINT AUTO_INCREMENT PRIMARY KEY, at DATETIME(6) NOT NULL, collection VARCHAR(255) NOT NULL, `sql` LONGTEXT NOT NULL) CHARACTER SET utf8mb4 COLLATE "+d.flavor.collation); err != nil {
		return err
	}
	for _, change := range changes {
		if _, err := c.ExecContext(ctx, change.SQL); err != nil {
			var e *mysql.MySQLError
			if errors.As(err, &e) && e.Number == 1062 { // not the error itself, which contains a value
				return fmt.Errorf("collection %s: %s: documents share a value; find them with GROUP BY and HAVING count(*) > 1", change.Collection, change.SQL)
			}
			if errors.As(err, &e) && e.Number == 1452 {
				return fmt.Errorf("collection %s: %s: some documents point to what is not there", change.Collection, change.SQL)
			}
			return fmt.Errorf("collection %s: %s: %w", change.Collection, change.SQL, err)
		}
		if _, err := c.ExecContext(ctx, "INSERT INTO "+history+" (at, collection, `sql`) VALUES (UTC_TIMESTAMP(6), ?, ?)", change.Collection, change.SQL); err != nil {
			return err
		}
	}
	return nil
}

// History implements [db.Migrator].
func (d *Driver) History(ctx context.Context) (out []db.Applied, err error) {
	err = d.with(ctx, func(c *sql.Conn) error {
		var at, collection, statement string
		err := each(ctx, c, "SELECT at, collection, `sql` FROM "+quote(sqldb.History)+" ORDER BY number", []any{&at, &collection, &statement}, func() {
			t, _ := time.Parse("2006-01-02 15:04:05", at) // the server wrote it
			out = append(out, db.Applied{At: t, Collection: collection, SQL: statement})
		})
		if missing(err) {
			return nil
		}
		return err
	})
	return out, err
}

// missing reports whether a table does not exist.
func missing(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number == 1146
}

// planner collects the steps for one collection.
type planner struct {
	driver *Driver
	run    runner
	known  schema
	col    *db.Collection
	// collections are all of the plan.
	collections []*db.Collection
	changes     []db.Migration
}

func (p *planner) add(sql string, destructive bool, why string) {
	p.changes = append(p.changes, db.Migration{Collection: p.col.Name, SQL: sql, Destructive: destructive, Why: why})
}

// plan plans the steps. A view is never changed.
func (p *planner) plan(ctx context.Context) error {
	if strings.Contains(p.col.Table, ".") {
		return fmt.Errorf("the table %s is in another database; name that one in `databases`", tableName(p.col.Table))
	}
	have := p.known[p.col.Table]
	if have == nil {
		p.add(p.driver.createTable(p.col), false, "the table is missing")
		p.changes[0].NewTable = true
		p.indexes(nil)
		p.planSearch(nil)
		return nil
	}
	if have.view {
		for _, i := range p.col.Stored() {
			if _, exists := have.columns[strings.ToLower(p.col.Columns[i].Name)]; !exists {
				return fmt.Errorf("the view %s has no column %s", tableName(p.col.Table), quote(p.col.Columns[i].Name))
			}
		}
		return nil
	}
	have = have.copy()
	if err := p.leave(ctx, have); err != nil {
		return err
	}
	p.rename(have)
	lost, err := p.lost(ctx, have)
	if err != nil {
		return err
	}
	for _, i := range p.col.Stored() {
		if err := p.column(i, have, lost); err != nil {
			return err
		}
	}
	p.forget(lost)
	p.indexes(have)
	p.planSearch(have)
	return nil
}

// column plans what the column of a field lacks.
func (p *planner) column(i int, have *table, lost []lostColumn) error {
	c := p.col.Columns[i]
	got, exists := have.columns[strings.ToLower(c.Name)]
	modify := "ALTER TABLE " + tableName(p.col.Table) + " MODIFY COLUMN " + quote(c.Name) + " " + p.driver.columnType(p.col, i)
	switch {
	case !exists && slices.Contains(p.col.KeyFields(), i):
		return fmt.Errorf("the table %s has no column %s to be the key", tableName(p.col.Table), quote(c.Name))
	case !exists:
		p.addColumn(i, lost)
	case !stores(got, c.Type):
		p.add(modify, true, fmt.Sprintf("the column %s is %s, and type %s needs %s", quote(c.Name), got.full, c.Type, strings.Join(fits(c.Type), ", ")))
	case bound(p.col, i) > 0 && (p.uniquely(i) || c.Refers != "") && unbounded(got): // refused if a value is longer
		p.add(modify, false, "the values of the column are unique or point to documents, and such a column has a length")
		got.typ, got.full = "varchar", "varchar"
		have.columns[strings.ToLower(c.Name)] = got
	}
	return nil
}

// uniquely reports whether a field is in a unique index.
func (p *planner) uniquely(i int) bool {
	return p.col.Columns[i].Unique || slices.ContainsFunc(p.col.Indexes, func(x db.Index) bool { return x.Unique && slices.Contains(x.Fields, i) })
}

// unbounded reports whether an index has a column only up to a length.
func unbounded(c column) bool {
	return !c.json && (strings.HasSuffix(c.typ, "text") || strings.HasSuffix(c.typ, "blob"))
}

// addColumn plans a missing column. It is destructive if it may be the new name of one that loses its field. Existing
// rows get the constant default of a field. New rows get theirs from Basalt, so the table does not keep the default.
func (p *planner) addColumn(i int, lost []lostColumn) {
	c, why := p.col.Columns[i], "the column of the field is missing"
	old := slices.IndexFunc(lost, func(l lostColumn) bool { return l.data && stores(l.column, c.Type) })
	if old >= 0 {
		why = db.Renamed(p.col, i, lost[old].column.name)
	}
	alter := "ALTER TABLE " + tableName(p.col.Table)
	add := alter + " ADD COLUMN " + quote(c.Name) + " " + p.driver.created(p.col, i)
	if c.Default.IsNull() {
		p.add(add, old >= 0, why)
		return
	}
	value := inSQL(sqldb.Arg{Value: c.Default})
	if c.Type.Kind() == query.KindJSON {
		value = quoteText(storedJSON(c.Default))
	}
	p.add(add+" DEFAULT ("+value+")", old >= 0, why)
	p.add(alter+" ALTER COLUMN "+quote(c.Name)+" DROP DEFAULT", false, "new documents get the default from Basalt")
}

func (d *Driver) createTable(col *db.Collection) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + tableName(col.Table) + " (")
	for n, i := range col.Stored() {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(col.Columns[i].Name) + " " + d.created(col, i))
		if slices.Contains(col.KeyFields(), i) {
			b.WriteString(" NOT NULL")
		}
		if i == col.Key && col.Columns[i].Type.Kind() == query.KindInt {
			b.WriteString(" AUTO_INCREMENT")
		}
	}
	b.WriteString(", PRIMARY KEY (" + col.KeyColumns(quote) + ")) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE " + d.flavor.collation)
	return b.String()
}

// copy returns a copy whose columns and indexes may be changed.
func (t *table) copy() *table {
	out := &table{columns: map[string]column{}, order: t.order, view: t.view, indexes: map[string]index{}}
	for name, c := range t.columns {
		out.columns[name] = c
	}
	for name, x := range t.indexes {
		out.indexes[name] = index{slices.Clone(x.columns), x.desc, x.unique}
	}
	return out
}
