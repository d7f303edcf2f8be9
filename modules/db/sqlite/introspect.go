package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Introspect implements [db.Introspector].
func (d *Driver) Introspect(ctx context.Context) (out []db.Table, err error) {
	err = d.read(ctx, func(c *conn) error {
		s, _, err := c.db.Prepare(`
			SELECT m.name, m.type = 'view', i.name, upper(i.type), i."notnull", i.pk,
			       EXISTS (SELECT 1 FROM pragma_index_list(m.name) AS l WHERE l."unique" AND l.partial = 0 AND (SELECT group_concat(x.name) FROM pragma_index_info(l.name) AS x) = i.name),
			       EXISTS (SELECT 1 FROM pragma_index_list(m.name) AS l WHERE (SELECT x.name FROM pragma_index_info(l.name) AS x WHERE x.seqno = 0) = i.name),
			       coalesce((SELECT k."table" FROM pragma_foreign_key_list(m.name) AS k WHERE k."from" = i.name), ''), i.dflt_value IS NOT NULL OR i.hidden > 1
			FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS i
			WHERE i.hidden <> 1 AND m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND m.name NOT LIKE '\_basalt%' ESCAPE '\' AND m.name NOT LIKE '%\_basalt\_search%' ESCAPE '\'
			ORDER BY m.name, i.cid`)
		if err != nil {
			return err
		}
		defer s.Close()
		for s.Step() {
			name := s.ColumnText(0)
			if len(out) == 0 || out[len(out)-1].Name != name {
				out = append(out, db.Table{Name: name, ReadOnly: s.ColumnBool(1)})
			}
			t := &out[len(out)-1]
			t.Fields = append(t.Fields, db.TableField{
				Name: s.ColumnText(2), Native: s.ColumnText(3), Type: affinity(s.ColumnText(3)), Required: s.ColumnBool(4),
				Unique: s.ColumnBool(6), Indexed: s.ColumnBool(7), To: s.ColumnText(8), Filled: s.ColumnBool(9),
			})
			if s.ColumnInt(5) > 0 {
				t.Key = append(t.Key, s.ColumnText(2))
			}
		}
		if err := s.Err(); err != nil {
			return err
		}
		for i := range out {
			if err := c.introspectTable(&out[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: reading the tables: %w", err)
	}
	return out, nil
}

// introspectTable adds the types that a column was served with, the indexes of several columns, or of a part of the rows, and
// what does not compare by its bytes.
func (c *conn) introspectTable(t *db.Table) error {
	kept, err := c.kindsOf(t.Name)
	if err != nil {
		return err
	}
	for i, f := range t.Fields {
		typ := query.Type(strings.TrimPrefix(kept[strings.ToLower(f.Name)], unused))
		if typ != "" && fits(f.Native, typ) { // else another program has changed the column since
			f.Type, t.Fields[i].Type = typ, typ
		}
		_, collation, _, _, _, err := c.db.TableColumnMetadata("main", t.Name, f.Name)
		t.Fields[i].Folds = err == nil && f.Type == query.TypeString && !strings.EqualFold(collation, "binary") // a view has none
		t.Fields[i].AnyCase = t.Fields[i].Folds && foldOf(f.Type, collation) != nil
	}
	s, _, err := c.db.Prepare(`SELECT l.name, i.name, i."desc", l."unique", coalesce((SELECT sql FROM sqlite_schema WHERE l.partial AND type = 'index' AND name = l.name), '')
		FROM pragma_index_list(?) AS l, pragma_index_xinfo(l.name) AS i WHERE l.origin <> 'pk' AND i.key ORDER BY l.name, i.seqno`)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.BindText(1, t.Name); err != nil {
		return err
	}
	var all []db.TableIndex
	for s.Step() {
		if name := s.ColumnText(0); len(all) == 0 || all[len(all)-1].Name != name {
			_, where, _ := strings.Cut(s.ColumnText(4), " WHERE ")
			all = append(all, db.TableIndex{Name: name, Unique: s.ColumnBool(3), Where: where})
		}
		last := &all[len(all)-1]
		last.Columns, last.Desc = append(last.Columns, s.ColumnText(1)), append(last.Desc, s.ColumnBool(2))
	}
	for _, x := range all {
		if (len(x.Columns) > 1 || x.Where != "") && !slices.Contains(x.Columns, "") { // an expression has no name
			t.Indexes = append(t.Indexes, x)
		}
	}
	return s.Err()
}

// affinity returns the type of a field for a column of a declared type, as SQLite's documentation
// (datatype3, section 3.1) derives it.
func affinity(declared string) query.Type {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(declared, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("BOOL"):
		return query.TypeBool
	case declared == "DATE":
		return query.TypeDate
	case has("INT"):
		return query.TypeInt
	case has("CHAR", "CLOB", "TEXT"):
		return query.TypeString
	case has("REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"): // SQLite keeps these as 64-bit numbers, too
		return query.TypeFloat
	case declared == "" || has("BLOB"):
		return query.TypeBytes
	}
	return ""
}
