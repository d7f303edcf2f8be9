package sqlite

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/fault"
)

// ownReference is a foreign key that Basalt has made, in the definition of a table.
var ownReference = regexp.MustCompile(`, CONSTRAINT "(` + db.ReferencePrefix + `\w+)" FOREIGN KEY \("(?:[^"]|"")*"\) REFERENCES "(?:[^"]|"")*" ?\("(?:[^"]|"")*"\) DEFERRABLE INITIALLY DEFERRED`)

// strict ends the columns in the definition of a table of Basalt.
const strict = ") STRICT"

// planReferences plans the foreign keys. They are checked when a transaction ends: a delete takes along what refers to it
// statement by statement, and documents may refer to each other in a circle. SQLite adds one to a table that is there, and
// takes it out, in the text of its definition alone (lang_altertable.html, section 7).
func (c *conn) planReferences(collections []*db.Collection, steps []db.Migration) ([]db.Migration, error) {
	made := map[string]bool{}
	statements, err := c.texts("SELECT sql FROM "+quote(sqldb.History)+" WHERE sql LIKE 'CREATE TABLE %'", sqldb.History)
	if err != nil {
		return nil, err
	}
	for _, sql := range statements {
		before, _, _ := strings.Cut(sql, " (")
		made[strings.ToLower(before)] = true
	}
	has, drops := map[string]string{}, map[string]string{}
	for _, col := range collections {
		definition, err := c.texts("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE", col.Table)
		if err != nil {
			return nil, err
		}
		for _, text := range definition {
			for _, m := range ownReference.FindAllStringSubmatch(text, -1) {
				has[m[1]], drops[m[1]] = col.Table, m[0]
			}
			if strings.Count(text, strict) != 1 {
				delete(made, strings.ToLower("CREATE TABLE "+quote(col.Table)))
			}
		}
	}
	return db.PlanReferences(collections, steps, db.Guards{
		Own: func(table string) bool { return made[strings.ToLower("CREATE TABLE "+quote(table))] },
		Has: has,
		Add: func(r db.Reference) string {
			return redefine(r.From.Table, strict, fmt.Sprintf(`, CONSTRAINT "%s" FOREIGN KEY (%s) REFERENCES %s (%s) DEFERRABLE INITIALLY DEFERRED`, r.Name, quote(r.Column()), quote(r.To.Table), quote(r.Key()))+strict)
		},
		Drop:    func(table, name string) string { return redefine(table, drops[name], "") },
		Hanging: c.hanging,
	})
}

// writable begins a step that changes the definition of a table as a text.
const writable = "PRAGMA writable_schema = ON; "

func redefine(table, old, by string) string {
	text := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	return writable + "UPDATE sqlite_schema SET sql = replace(sql, " + text(old) + ", " + text(by) + ") WHERE type = 'table' AND name = " + text(table) + " COLLATE NOCASE; PRAGMA writable_schema = RESET"
}

// redefined makes all connections notice that the definition of a table has changed.
func (c *conn) redefined() error {
	s, _, err := c.db.Prepare("PRAGMA schema_version")
	if err != nil {
		return err
	}
	defer s.Close()
	if !s.Step() {
		return s.Err()
	}
	version := s.ColumnInt64(0)
	if err := s.Reset(); err != nil {
		return err
	}
	return c.db.Exec(fmt.Sprintf("PRAGMA schema_version = %d", version+1))
}

func (c *conn) hanging(r db.Reference, limit int) (out [][2]string, err error) {
	s, _, err := c.db.Prepare(db.HangingQuery(r, limit, quote, quote, func(column string) string { return "CAST(" + column + " AS TEXT)" }))
	if err != nil {
		return nil, err
	}
	defer s.Close()
	for s.Step() {
		out = append(out, [2]string{s.ColumnText(0), s.ColumnText(1)})
	}
	return out, s.Err()
}

// checkReferences refuses new foreign keys that the documents break, which SQLite does not look at, and notes whether there
// are any.
func (c *conn) checkReferences(collections []*db.Collection, changes []db.Migration) error {
	all := db.References(collections)
	for _, r := range all {
		if slices.ContainsFunc(changes, func(m db.Migration) bool {
			return strings.HasPrefix(m.SQL, writable) && strings.Contains(m.SQL, `'`+strict+`', ', CONSTRAINT "`+r.Name+`"`)
		}) {
			if err := db.Hangs(r, c.hanging); err != nil {
				return err
			}
		}
	}
	if len(all) > 0 {
		c.dialect.guarded.Store(true)
	}
	return nil
}

// unkept is the error of a job after which a foreign key does not hold; nil if they all do.
func (c *conn) unkept() error {
	if !c.dialect.guarded.Load() {
		return nil
	}
	if open, _, err := c.db.Status(sqlite3.DBSTATUS_DEFERRED_FKS, false); err != nil || open == 0 {
		return err
	}
	return fault.FieldErrorf("", "reference", "what this points to does not exist, or something still points here")
}
