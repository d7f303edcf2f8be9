package mysql

import (
	"context"
	"slices"
	"strings"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
)

// rename plans the new names of columns that had another one, and gives them in have.
func (p *planner) rename(have *table) {
	for _, i := range p.col.Stored() {
		c := p.col.Columns[i]
		from, to := strings.ToLower(c.Was), strings.ToLower(c.Name)
		old, there := have.columns[from]
		if _, done := have.columns[to]; done || !there {
			continue
		}
		p.add("ALTER TABLE "+tableName(p.col.Table)+" RENAME COLUMN "+quote(c.Was)+" TO "+quote(c.Name), false, "the field had another name")
		old.name = c.Name
		have.columns[to] = old
		delete(have.columns, from)
		for _, x := range have.indexes {
			if n := slices.Index(x.columns, from); n >= 0 {
				x.columns[n] = to
			}
		}
	}
}

// lostColumn is a column that Basalt has made and that loses its field.
type lostColumn struct {
	column column
	data   bool
}

// unused is the step that marks a column that has lost its field. It does nothing, and stays in the history.
func (p *planner) unused(name string) string {
	return "DO " + quoteText("no field has the column "+name+" of "+p.col.Table+" any more")
}

// lost returns the columns that lose their field, sorted. Those of other programs were never Basalt's.
func (p *planner) lost(ctx context.Context, have *table) (out []lostColumn, err error) {
	if _, recorded := p.known[sqldb.History]; !recorded {
		return nil, nil
	}
	for _, name := range have.names() {
		if fieldOf(p.col, name) >= 0 || internal(name) {
			continue
		}
		lost := lostColumn{column: have.columns[name]}
		quoted := quote(lost.column.name)
		var made bool
		err := each(ctx, p.run, "SELECT EXISTS (SELECT 1 FROM "+quote(sqldb.History)+" WHERE collection = "+quoteText(p.col.Name)+" AND (instr(`sql`, "+quoteText(quoted+" ")+") OR right(`sql`, "+number(len([]rune(quoted)))+") = "+quoteText(quoted)+
			")) AND NOT EXISTS (SELECT 1 FROM "+quote(sqldb.History)+" WHERE `sql` = "+quoteText(p.unused(lost.column.name))+")", []any{&made}, func() {})
		if err != nil {
			return nil, err
		}
		if !made {
			continue
		}
		if err := each(ctx, p.run, "SELECT EXISTS (SELECT 1 FROM "+tableName(p.col.Table)+" WHERE "+quoted+" IS NOT NULL)", []any{&lost.data}, func() {}); err != nil {
			return nil, err
		}
		out = append(out, lost)
	}
	return out, nil
}

// forget plans marks on the columns that lose their field, so that later fields are new ones.
func (p *planner) forget(lost []lostColumn) {
	for _, l := range lost {
		p.add(p.unused(l.column.name), false, "no field has the column any more, which stays with its data")
	}
}
