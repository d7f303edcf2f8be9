package sqlite

import (
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// kinds is the table of the kind stored in each column. SQLite has one type for ints, bools and times, and one for
// text and JSON, so a changed kind would misread the stored bytes.
const kinds = "_basalt_columns"

// kindsOf returns the stored kinds of a table's columns, by name in lower case; unknown ones are missing.
func (c *conn) kindsOf(table string) (map[string]string, error) {
	have, err := c.tableColumns(kinds)
	if err != nil || len(have) == 0 {
		return nil, err
	}
	s, _, err := c.db.Prepare("SELECT lower(col), kind FROM " + kinds + " WHERE tbl = lower(?)")
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := s.BindText(1, table); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for s.Step() {
		out[s.ColumnText(0)] = s.ColumnText(1)
	}
	return out, s.Err()
}

// rememberKinds records the stored kinds of the collections' columns, if they have changed.
func (c *conn) rememberKinds(collections []*db.Collection) error {
	for _, col := range collections {
		view, err := c.schemaText("view", col.Table)
		if err != nil {
			return err
		}
		known, err := c.kindsOf(col.Table)
		if err != nil {
			return err
		}
		if err := c.forgetKinds(col, known); err != nil {
			return err
		}
		for _, i := range col.Stored() {
			column := col.Columns[i]
			if view != "" || known[strings.ToLower(column.Name)] == keptAs(column.Type) {
				continue
			}
			if err := c.rememberKind(col.Table, column.Name, keptAs(column.Type)); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetKinds removes columns that are gone, and marks those without a field.
func (c *conn) forgetKinds(col *db.Collection, known map[string]string) error {
	have, err := c.tableColumns(col.Table)
	if err != nil {
		return err
	}
	for name, kind := range known {
		used := slices.ContainsFunc(col.Stored(), func(i int) bool { return strings.EqualFold(col.Columns[i].Name, name) })
		_, there := have[name]
		switch {
		case !there:
			err = c.runWith("DELETE FROM "+kinds+" WHERE tbl = lower(?) AND col = lower(?)", col.Table, name)
		case !used && !strings.HasPrefix(kind, unused):
			err = c.rememberKind(col.Table, name, unused+kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) runWith(sql string, arguments ...string) error {
	s, _, err := c.db.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Close()
	for i, a := range arguments {
		if err := s.BindText(i+1, a); err != nil {
			return err
		}
	}
	return s.Exec()
}

func (c *conn) rememberKind(table, column, kind string) error {
	if err := c.db.Exec("CREATE TABLE IF NOT EXISTS " + kinds + " (tbl TEXT NOT NULL, col TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (tbl, col)) STRICT, WITHOUT ROWID"); err != nil {
		return err
	}
	return c.runWith("INSERT INTO "+kinds+" (tbl, col, kind) VALUES (lower(?), lower(?), ?) ON CONFLICT DO UPDATE SET kind = excluded.kind", table, column, kind)
}

// isDate returns the condition that a string is a date.
func isDate(text string) string {
	return "date(" + text + ") IS " + text + " OR " + text + " IN ('infinity', '-infinity')"
}

// keptAs is what is recorded for a field: its kind, or its type if not every value of the kind is one of it.
func keptAs(t query.Type) string {
	switch {
	case t == query.TypeUUID:
		return "uuid"
	case t.IsList():
		return string(t)
	}
	return t.Kind().String()
}

// isUUID returns the condition that a string is a uuid in its canonical spelling.
func isUUID(text string) string {
	const four = "[0-9a-f][0-9a-f][0-9a-f][0-9a-f]"
	return text + " GLOB '" + four + four + "-" + four + "-" + four + "-" + four + "-" + four + four + four + "'"
}

// onlyOf returns the condition that a stored text is a value of the type, and an example of one; empty if every text
// is.
func onlyOf(t query.Type, text string) (condition, example string) {
	if t.IsList() {
		return "json_valid(" + text + ") AND json_type(" + text + ") = 'array'", "a JSON array"
	}
	switch t {
	case query.TypeBool:
		return text + " IN (0, 1)", "0 or 1"
	case query.TypeDate:
		return isDate(text), "a date like 2026-02-28"
	case query.TypeDecimal:
		return "basalt_decimal_text(" + text + ") IS NOT NULL", "a decimal as Basalt stores it"
	case query.TypeUUID:
		return isUUID(text), "a uuid in lower case with hyphens"
	}
	return "", ""
}

// onlyTyped returns the condition that a stored value has the type of its field.
func onlyTyped(kind query.Kind, name string) string {
	switch kind {
	case query.KindBool:
		return name + " IN (0, 1)"
	case query.KindFloat:
		return "typeof(" + name + ") IN ('real', 'integer')"
	}
	return "typeof(" + name + ") = '" + strings.ToLower(columnTypes[kind]) + "'"
}

// converted returns the SQL that converts a value between kinds with the same SQLite type. Values without a
// meaning become null.
func converted(from string, t query.Type, old string) string {
	to := t.Kind()
	switch {
	case t.IsList():
		return "NULL"
	case to == query.KindJSON && strings.HasPrefix(from, "list of "):
		return old
	case t == query.TypeDecimal && (from == "string" || from == "json"):
		return "basalt_decimal(" + old + ")"
	case from == query.KindDecimal.String() && (to == query.KindString && t != query.TypeUUID || to == query.KindJSON):
		return "basalt_decimal_text(" + old + ")"
	case from == "string" && t == query.TypeUUID:
		return "CASE WHEN " + isUUID("lower("+old+")") + " THEN lower(" + old + ") END"
	case from == "string" && to == query.KindJSON:
		return "json_quote(" + old + ")"
	case from == "json" && to == query.KindString:
		return "CASE json_type(" + old + ") WHEN 'text' THEN json_extract(" + old + ", '$') WHEN 'null' THEN NULL ELSE " + old + " END"
	case from == "string" && to == query.KindDate:
		return "CASE WHEN " + isDate(old) + " THEN " + old + " END"
	case from == "date" && to == query.KindString:
		return old
	case from == "bool" && to == query.KindInt:
		return old
	case from == "int" && to == query.KindBool:
		return "CASE WHEN " + old + " IN (0, 1) THEN " + old + " END"
	}
	return "NULL"
}
