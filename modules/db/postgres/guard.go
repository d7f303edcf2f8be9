package postgres

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// Some values of existing columns cannot be converted: a numeric beyond float8, a json that jsonb refuses. One of
// them fails every statement that converts it. A column is therefore read without a guard, which costs nothing,
// until that happens; from then on a value that cannot be converted is null, in answers, filters, orders and sums.

// guard is the condition under which a column can be converted. The column stands between the parts.
type guard struct {
	condition []string
	cast      string
}

// maxExponent and maxDigits are conservative: jsonb stores its numbers as numeric, with 131072 digits before and
// 16383 after the point.
const (
	maxExponent = "[eE][+-]?0*[1-9][0-9]{4}"
	maxDigits   = "16383"
)

var guards = map[string]guard{
	"numeric": {[]string{"", " = 0 OR abs(", ") BETWEEN 4.9406564584124654e-324 AND 1.7976931348623158e308 OR ", "::text IN ('NaN', 'Infinity', '-Infinity')"}, "::float8"},
	"json": {[]string{
		// \u0000 and half a surrogate pair, unless the backslash is itself escaped
		"", `::text !~ '(^|[^\\])(\\\\)*(\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F])'` +
			` AND regexp_replace(`, `::text, '"(\\.|[^"\\])*"', '', 'g') !~ '` + maxExponent + `'` +
			` AND (length(`, `::text) <= ` + maxDigits + ` OR strpos(translate(regexp_replace(`, `::text, '"(\\.|[^"\\])*"', '', 'g'), '012345678', '999999999'), repeat('9', ` + maxDigits + ` + 1)) = 0)`,
	}, "::jsonb"},
}

// parts are the parts of a guarded column, with a cast, where it can be converted.
func (g guard) parts(cast string) []string {
	out := slices.Clone(g.condition)
	out[0] = "(CASE WHEN " + out[0]
	out[len(out)-1] += " THEN "
	return append(out, cast+" END)")
}

// lostValue is a stored value that cannot be shown.
type lostValue struct{ row, field int }

// addLost adds the guarded columns of a row that have a value and show none.
func (l *layout) addLost(lost []lostValue, row int, fields []int, raw [][]byte) []lostValue {
	next := len(fields)
	for n, i := range fields {
		if !l.Columns[i].Guarded {
			continue
		}
		if present := raw[next]; raw[n] == nil && (present[0] == 1 || present[0] == 't') {
			lost = append(lost, lostValue{row, i})
		}
		next++
	}
	return lost
}

// guardable are the errors of a conversion: numeric_value_out_of_range, invalid_text_representation,
// untranslatable_character, character_not_in_repertoire.
var guardable = []string{"22003", "22P02", "22P05", "22021"}

// errGuarded is the error of a statement that is to run again with guards.
var errGuarded = errors.New("a stored value cannot be converted")

// guard adds guards to the columns that a failed statement may have converted: those of its table and of the tables
// that its lookups may name.
func (d *Driver) guard(b *builder, err error) error {
	if err == nil || b.inserts {
		return err
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) || !slices.Contains(guardable, e.Code) {
		return err
	}
	added := d.guardTable(b.Table.Collection)
	for _, c := range b.Table.Collection.Related {
		added = d.guardTable(c) || added
	}
	if added {
		d.guardings.Add(1)
	}
	if d.guardings.Load() == b.guardings { // otherwise there are guards that the statement does not have
		return err
	}
	return errors.Join(errGuarded, err)
}

// guardTable adds guards to the columns of a collection. It reports false if there are none to add.
func (d *Driver) guardTable(c *db.Collection) bool {
	l := d.layout(c)
	if l.guarded || !slices.ContainsFunc(l.Columns, guardedColumn) && !slices.ContainsFunc(l.equal, func(e equality) bool { return e.labels != nil }) {
		return false
	}
	return d.layouts.CompareAndSwap(c, l, newLayout(d, c, true))
}

func guardedColumn(c sqldb.Column) bool {
	_, ok := guards[c.Type]
	return ok && c.Kind != query.KindDecimal || c.NotNull
}

// changed reports whether a column that had no null has one now: its table has changed, and null has its place in the
// order again.
func (d *Driver) changed(b *builder, f db.Find, rows []query.Row) bool {
	for _, key := range f.Sort {
		i := b.Index(query.Path{Field: key.Field})
		if key.Of == nil && (f.Fields == nil || slices.Contains(f.Fields, i)) && b.Table.Columns[i].NotNull && slices.ContainsFunc(rows, func(r query.Row) bool { return r[i].IsNull() }) {
			if d.guardTable(b.Table.Collection) {
				d.guardings.Add(1)
			}
			return true
		}
	}
	return false
}

// withKey adds the fields of the key, for the log.
func withKey(c *db.Collection, fields []int) []int {
	out := slices.Clone(fields)
	for _, i := range c.KeyFields() {
		if !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

// again reports whether to run a statement again that has changed nothing: its table has changed, or its columns
// have guards now.
func again(err error) bool { return stale(err) || errors.Is(err, errGuarded) }
