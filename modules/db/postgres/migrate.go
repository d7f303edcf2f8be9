package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// Sync implements [db.Driver].
func (d *Driver) Sync(ctx context.Context, collections []*db.Collection) error {
	_, err := d.migrate(ctx, collections, false)
	return err
}

// Migrate implements [db.Migrator].
func (d *Driver) Migrate(ctx context.Context, collections []*db.Collection) ([]db.Migration, error) {
	return d.migrate(ctx, collections, true)
}

// Plan implements [db.Migrator]. Later statements are built for the table definitions that it reads.
func (d *Driver) Plan(ctx context.Context, collections []*db.Collection) ([]db.Migration, error) {
	return d.planned(ctx, collections, func(pgx.Tx, []db.Migration) error { return nil })
}

// planned plans the missing steps, runs f with them, and reads what the tables are then.
func (d *Driver) planned(ctx context.Context, collections []*db.Collection, f func(pgx.Tx, []db.Migration) error) (changes []db.Migration, err error) {
	known := map[string]table{}
	err = d.locked(ctx, func(tx pgx.Tx) error {
		if changes, err = db.PlanAll(collections, func(c *db.Collection) ([]db.Migration, error) { return d.plan(ctx, tx, collections, c) }); err != nil {
			return err
		}
		if changes, err = planReferences(ctx, tx, collections, changes); err != nil {
			return err
		}
		if err := f(tx, changes); err != nil {
			return err
		}
		if err := readTables(ctx, tx, collections, known); err != nil {
			return err
		}
		return d.learnFold(ctx, tx, hasCitext(known))
	})
	if err == nil {
		d.remember(known)
		d.setForms(collections)
	}
	return changes, err
}

// readTables reads the definitions of the collections' tables into a map. Missing tables are left out.
func readTables(ctx context.Context, tx pgx.Tx, collections []*db.Collection, known map[string]table) error {
	for _, c := range collections {
		t, _, err := readTable(ctx, tx, c.Table)
		if err != nil {
			return err
		}
		if len(t) > 0 {
			known[c.Table] = t
		}
	}
	return nil
}

// locked runs f in a transaction that only one node runs at a time.
func (d *Driver) locked(ctx context.Context, f func(pgx.Tx) error) error {
	return d.with(ctx, func(c *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			lock := fnv.New64a()
			lock.Write([]byte("basalt schema"))
			if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(lock.Sum64())); err != nil {
				return err
			}
			return f(tx)
		})
	})
}

func (d *Driver) migrate(ctx context.Context, collections []*db.Collection, destructive bool) ([]db.Migration, error) {
	return d.planned(ctx, collections, func(tx pgx.Tx, changes []db.Migration) error {
		if refusal := db.Refusal(changes); refusal != nil && !destructive {
			return refusal
		}
		return applyAll(ctx, tx, changes)
	})
}

func applyAll(ctx context.Context, tx pgx.Tx, changes []db.Migration) error {
	if len(changes) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+quote(sqldb.History)+" (number bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), collection text NOT NULL, sql text NOT NULL)"); err != nil {
		return err
	}
	for _, c := range changes {
		if _, err := tx.Exec(ctx, c.SQL); err != nil {
			var duplicate *pgconn.PgError
			if errors.As(err, &duplicate) && duplicate.Code == "23505" { // not the error itself, which contains a value
				return fmt.Errorf("collection %s: %s: documents share a value; find them with GROUP BY and HAVING count(*) > 1", c.Collection, c.SQL)
			}
			if errors.As(err, &duplicate) && duplicate.Code == "23503" {
				return fmt.Errorf("collection %s: %s: some documents point to what is not there", c.Collection, c.SQL)
			}
			return fmt.Errorf("collection %s: %s: %w", c.Collection, c.SQL, err)
		}
		if _, err := tx.Exec(ctx, "INSERT INTO "+quote(sqldb.History)+" (collection, sql) VALUES ($1, $2)", c.Collection, c.SQL); err != nil {
			return err
		}
	}
	return nil
}

// History implements [db.Migrator].
func (d *Driver) History(ctx context.Context) (out []db.Applied, err error) {
	err = d.with(ctx, func(c *pgxpool.Conn) error {
		var exists bool
		if err := c.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", quote(sqldb.History)).Scan(&exists); err != nil || !exists {
			return err
		}
		rows, err := c.Query(ctx, "SELECT at, collection, sql FROM "+quote(sqldb.History)+" ORDER BY number")
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[db.Applied])
		return err
	})
	return out, err
}

// plan returns the steps for one collection. A view is never changed.
func (d *Driver) plan(ctx context.Context, tx pgx.Tx, collections []*db.Collection, col *db.Collection) ([]db.Migration, error) {
	have, view, err := readTable(ctx, tx, col.Table)
	if err != nil {
		return nil, err
	}
	p := planner{driver: d, tx: tx, col: col, renamed: map[string]string{}}
	if len(have) == 0 {
		p.add(createTable(col), false, "the table is missing")
		p.changes[len(p.changes)-1].NewTable = true
	}
	var lost []lostColumn
	if !view {
		if err := p.leave(ctx, collections); err != nil {
			return nil, err
		}
		p.rename(have)
		if lost, err = p.lost(ctx, have); err != nil {
			return nil, err
		}
	}
	for _, i := range col.Stored() {
		c := col.Columns[i]
		got, exists := have[c.Name]
		want := columnType(c.Type)
		switch {
		case len(have) == 0, exists && slices.Contains(fits(c.Type), got.typ):
		case !exists && slices.Contains(col.KeyFields(), i):
			return nil, fmt.Errorf("the table %s has no column %s to be the key", tableName(col.Table), quote(c.Name))
		case !exists && view:
			return nil, fmt.Errorf("the view %s has no column %s", tableName(col.Table), quote(c.Name))
		case !exists:
			p.addColumn(i, lost)
		default:
			bare := strings.Fields(want)[0]
			if want == "double precision" {
				bare = want
			}
			p.add(fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s::%s", tableName(col.Table), quote(c.Name), want, quote(c.Name), bare), true,
				fmt.Sprintf("the column %s is %s, and type %s needs %s", quote(c.Name), got.typ, c.Type, strings.Join(fits(c.Type), ", ")))
		}
		if !view {
			if err := p.index(ctx, have, i); err != nil {
				return nil, err
			}
		}
	}
	p.forget(lost)
	if !view {
		err = errors.Join(p.indexes(ctx, have), p.search(ctx))
	}
	return p.changes, err
}

// addColumn adds a column. Existing rows get its constant default without being rewritten. New rows get theirs
// from Basalt, so the table does not keep the default.
func addColumn(table string, c db.Column) string {
	alter := "ALTER TABLE " + tableName(table)
	sql := alter + " ADD COLUMN " + quote(c.Name) + " " + columnType(c.Type)
	if c.Default.IsNull() {
		return sql
	}
	literal := db.Literal(c.Default)
	switch {
	case c.Type.IsList():
		items := query.Typed(c.Type.Element(), c.Default)
		texts := make([]string, len(items))
		for i, e := range items {
			texts[i] = db.Literal(e)
		}
		literal = "ARRAY[" + strings.Join(texts, ", ") + "]::" + columnType(c.Type)
	case c.Type.Kind() == query.KindBytes:
		literal = "decode(" + literal + ", 'hex')"
	case c.Type.Kind() == query.KindJSON:
		literal = db.Literal(query.String(jsonText(c.Default)))
	}
	return sql + " DEFAULT " + literal + "; " + alter + " ALTER COLUMN " + quote(c.Name) + " DROP DEFAULT"
}

// planner collects the steps for one collection.
type planner struct {
	driver  *Driver
	tx      pgx.Tx
	col     *db.Collection
	changes []db.Migration
	leaving []string          // the indexes that are dropped
	renamed map[string]string // the names that columns have until then, by the new ones
}

func (p *planner) add(sql string, destructive bool, why string) {
	p.changes = append(p.changes, db.Migration{Collection: p.col.Name, SQL: sql, Destructive: destructive, Why: why})
}

// addIndex adds a step for a missing index, whose name contains the table's.
func (p *planner) addIndex(ctx context.Context, suffix, kind, on string) error {
	return p.missingIndex(ctx, suffix, func(name string) string {
		return "CREATE " + kind + " " + name + " ON " + tableName(p.col.Table) + " " + on
	})
}

// missingIndex adds the step of a statement with the name of an index, if there is none of the name.
func (p *planner) missingIndex(ctx context.Context, suffix string, statement func(name string) string) error {
	names := identifier(p.col.Table)
	name := indexName(p.col, suffix)
	names[len(names)-1] = name
	var exists bool
	if err := p.tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", names.Sanitize()).Scan(&exists); err != nil || exists {
		return err
	}
	p.add(statement(quote(name)), false, "the index is missing")
	return nil
}

// indexName is the name of an index of a table.
func indexName(c *db.Collection, suffix string) string {
	names := identifier(c.Table)
	name := names[len(names)-1] + suffix
	if len(name) > 63 { // the longest name in PostgreSQL
		h := fnv.New32a()
		h.Write([]byte(name))
		name = fmt.Sprintf("%s_%08x", name[:54], h.Sum32())
	}
	return name
}

// servedBy counts the indexes of a table that begin with a column, or are unique for that column alone.
const servedBy = `
SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = to_regclass($1) AND a.attname = $2 AND i.indpred IS NULL AND i.indisvalid AND (NOT $3 OR i.indisunique AND i.indnkeyatts = 1) AND (SELECT s.relname::text FROM pg_class s WHERE s.oid = i.indexrelid) <> ALL (coalesce($4::text[], '{}'))`

// index plans the index of a column, unless an existing one serves. A plain one has the order of a page: null
// first, then by key.
func (p *planner) index(ctx context.Context, have table, i int) error {
	c := p.col.Columns[i]
	if i == p.col.Key || !c.Unique && !c.Index || c.Index && !c.Unique && p.col.KeyFields()[0] == i {
		return nil
	}
	var serving int
	if err := p.tx.QueryRow(ctx, servedBy, tableName(p.col.Table), cmp.Or(p.renamed[c.Name], c.Name), c.Unique, p.leaving).Scan(&serving); err != nil || serving > 0 {
		return err
	}
	if c.Unique {
		return p.addIndex(ctx, "_"+c.Name+"_unique", "UNIQUE INDEX", "("+quote(c.Name)+")")
	}
	order := " NULLS FIRST"
	if have[c.Name].notNull {
		order = ""
	}
	return p.addIndex(ctx, "_"+c.Name+"_index", "INDEX", "("+quote(c.Name)+order+", "+p.col.KeyColumns(quote)+")")
}

func (p *planner) search(ctx context.Context) error {
	if slices.ContainsFunc(p.col.Columns, func(c db.Column) bool { return c.Search }) {
		var schema string // of the operator class, where the extension is there
		err := p.tx.QueryRow(ctx, "SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm'").Scan(&schema)
		if err == nil {
			err = p.addIndex(ctx, "_basalt_letters", "INDEX", "USING gin ("+letters("", p.col)+" "+schema+".gin_trgm_ops)")
		}
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return p.addIndex(ctx, "_basalt_words", "INDEX", "USING gin ("+document("", p.col)+")")
	}
	return nil
}
