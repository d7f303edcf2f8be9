package postgres

import (
	"context"
	"maps"
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
)

// rename plans the new names of columns that had another one, and gives them in have.
func (p *planner) rename(have table) {
	for _, i := range p.col.Stored() {
		c := p.col.Columns[i]
		old, there := have[c.Was]
		if _, done := have[c.Name]; done || !there {
			continue
		}
		p.add("ALTER TABLE "+tableName(p.col.Table)+" RENAME COLUMN "+quote(c.Was)+" TO "+quote(c.Name), false, "the field had another name")
		have[c.Name] = old
		delete(have, c.Was)
		p.renamed[c.Name] = c.Was
	}
}

// lostColumn is a column that Basalt has made and that loses its field.
type lostColumn struct {
	name, typ string
	data      bool
}

// unused is the comment of a column that has lost its field.
const unused = "Basalt: no field has this column any more"

// lost returns the columns that lose their field, sorted. Those of other programs were never Basalt's.
func (p *planner) lost(ctx context.Context, have table) ([]lostColumn, error) {
	var out []lostColumn
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if p.col.FieldOf(name) >= 0 {
			continue
		}
		var recorded bool
		if err := p.tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", quote(sqldb.History)).Scan(&recorded); err != nil {
			return nil, err
		}
		if !recorded {
			return nil, nil
		}
		lost := lostColumn{name: name, typ: have[name].typ}
		var made bool
		if err := p.tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+quote(sqldb.History)+" WHERE collection = $1 AND strpos(sql, $2) > 0) AND coalesce(col_description(to_regclass($3), (SELECT attnum FROM pg_attribute WHERE attrelid = to_regclass($3) AND attname = $4)), '') <> $5",
			p.col.Name, quote(name)+" ", tableName(p.col.Table), name, unused).Scan(&made); err != nil {
			return nil, err
		}
		if !made {
			continue
		}
		if err := p.tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+tableName(p.col.Table)+" WHERE "+quote(name)+" IS NOT NULL)").Scan(&lost.data); err != nil {
			return nil, err
		}
		out = append(out, lost)
	}
	return out, nil
}

// addColumn plans a missing column. It is destructive if it may be the new name of one that loses its field.
func (p *planner) addColumn(i int, lost []lostColumn) {
	c, why := p.col.Columns[i], "the column of the field is missing"
	old := slices.IndexFunc(lost, func(l lostColumn) bool { return l.data && l.typ == fits(c.Type)[0] })
	if old >= 0 {
		why = db.Renamed(p.col, i, lost[old].name)
	}
	p.add(addColumn(p.col.Table, c), old >= 0, why)
}

// forget plans marks on the columns that lose their field, so that later fields are new ones.
func (p *planner) forget(lost []lostColumn) {
	for _, l := range lost {
		p.add("COMMENT ON COLUMN "+tableName(p.col.Table)+"."+quote(l.name)+" IS '"+unused+"'", false, "no field has the column any more, which stays with its data")
	}
}
