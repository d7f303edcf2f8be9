package offline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// keyOf returns the columns that tell the rows of a table apart: its key, or else what is unique and never null. The note
// says why they are not the key, or what to do where there are none.
func keyOf(t db.Table) (key []string, note string) {
	switch {
	case len(t.Key) > 0:
		return t.Key, ""
	case t.ReadOnly && hasField(t, "id"):
		return []string{"id"}, ""
	case t.ReadOnly:
		return nil, "has no key: a view does not say what tells its rows apart. Give it a column id, as in SELECT customer_no AS id, …; or write a collection with `key:` and the columns that are different in each row"
	}
	column := func(name string) *db.TableField {
		i := slices.IndexFunc(t.Fields, func(f db.TableField) bool { return f.Name == name })
		return &t.Fields[i]
	}
	for _, f := range t.Fields {
		if f.Unique && f.Required && keyable(f.Type) {
			return []string{f.Name}, fmt.Sprintf("there is no primary key; %s is unique and never null", f.Name)
		}
	}
	for _, x := range t.Indexes {
		if x.Unique && x.Where == "" && !slices.ContainsFunc(x.Columns, func(name string) bool { return !column(name).Required || !keyable(column(name).Type) }) {
			return x.Columns, fmt.Sprintf("there is no primary key; %s are unique together and never null", strings.Join(x.Columns, " and "))
		}
	}
	for _, f := range t.Fields {
		if f.Unique && keyable(f.Type) {
			return nil, fmt.Sprintf("has no key: %s is unique, but can be null. Make it NOT NULL, or add a primary key, and run this again", f.Name)
		}
	}
	return nil, "has no key: nothing tells two rows with the same values apart. Add a primary key, as in ALTER TABLE … ADD COLUMN id, or a unique index of columns that are NOT NULL, and run this again"
}

// keyable reports whether values of a type can be a part of an id.
func keyable(t query.Type) bool {
	return t != "" && !t.IsList() && t.Kind() != query.KindJSON && t.Kind() != query.KindFloat
}

// withoutKey takes the key off the end of an index where Basalt puts it there itself.
func withoutKey(x db.TableIndex, key []string) db.TableIndex {
	n := len(x.Columns) - len(key)
	if x.Unique || n < 1 || !slices.Equal(x.Columns[n:], key) || slices.Contains(x.Desc[n:], !x.Desc[n-1]) {
		return x
	}
	x.Columns, x.Desc = x.Columns[:n], x.Desc[:n]
	return x
}

// describeIndexes writes the indexes of several columns, and says which columns do not compare as their database does.
func describeIndexes(line func(string, ...any), t db.Table, names []string) {
	field := func(column string) (string, query.Type) {
		if len(t.Key) == 1 && column == t.Key[0] && !composes(t) {
			return "id", query.TypeID
		}
		for i, f := range t.Fields {
			if f.Name == column {
				return names[i], f.Type
			}
		}
		return "", ""
	}
	var parts, folds []string
	for _, x := range t.Indexes {
		if x = withoutKey(x, t.Key); len(x.Columns) == 1 && !x.Unique && x.Where == "" && !x.Desc[0] {
			continue // index: true of the field
		}
		fields, fit := make([]string, len(x.Columns)), true
		for i, column := range x.Columns {
			name, kind := field(column)
			fit = fit && kind != "" && kind.Kind() != query.KindJSON
			if x.Desc[i] {
				name = "-" + name
			}
			fields[i] = name
		}
		switch {
		case !fit || x.Unique && x.Where == "" && slices.Equal(x.Columns, t.Key):
		case x.Where != "":
			parts = append(parts, fmt.Sprintf("      # %s of [%s] WHERE %s: to have it here, say the condition with where:", strings.Join(strings.Fields(x.Name), " "), strings.Join(fields, ", "), strings.Join(strings.Fields(x.Where), " ")))
		case x.Unique:
			parts = append(parts, fmt.Sprintf("      - { fields: [%s], unique: true }", strings.Join(fields, ", ")))
		default:
			parts = append(parts, fmt.Sprintf("      - { fields: [%s] }", strings.Join(fields, ", ")))
		}
	}
	if slices.ContainsFunc(parts, func(p string) bool { return strings.HasPrefix(p, "      -") }) {
		line("    indexes:")
	}
	for _, p := range parts {
		line("%s", p)
	}
	var anyCase []string
	for _, f := range t.Fields {
		switch name, _ := field(f.Name); {
		case f.AnyCase:
			anyCase = append(anyCase, name)
		case f.Folds:
			folds = append(folds, name)
		}
	}
	if anyCase != nil {
		line("    # compared and sorted in any case, as by the database: %s", strings.Join(anyCase, ", "))
	}
	if folds != nil {
		line("    # compared and sorted by their bytes here, though not by the database: %s; use ilike() to find them in any case", strings.Join(folds, ", "))
	}
}
