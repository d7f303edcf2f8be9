package offline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Introspect writes the section `collections` for what a database of the configuration has. Nothing of
// it is open to anyone: the rules are for the admin to write.
func Introspect(ctx context.Context, path, database string, w io.Writer) (err error) {
	c, err := config.Load(path)
	if err != nil {
		return err
	}
	if database == "" && len(c.Databases) == 1 {
		for name := range c.Databases {
			database = name
		}
	}
	d := c.Databases[database]
	if d == nil {
		return fmt.Errorf("%s has no database %q", path, database)
	}
	driver, err := db.Open(ctx, d.Driver, d.Settings(c.Dir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, driver.Close()) }()
	in, ok := db.As[db.Introspector](driver)
	if !ok {
		return fmt.Errorf("the driver %s cannot describe a database", d.Driver)
	}
	tables, err := in.Introspect(ctx)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, describeTables(database, tables))
	return err
}

var (
	usableName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)
	unusable   = regexp.MustCompile(`[^A-Za-z0-9_]`)
)

// described is what others need to know of a table: its name as a collection, and the kind of its ids, 0
// where they are made of several columns.
type described struct {
	name string
	key  query.Kind
}

func describeTables(database string, tables []db.Table) string {
	return describeTablesWith(database, tables, func(line func(string, ...any), t db.Table) {
		if t.ReadOnly {
			line("    rules: { read: 'false', create: 'false', update: 'false', delete: 'false' }   # a view")
		} else {
			line("    rules: { read: 'false', create: 'false', update: 'false', delete: 'false' }   # say who may")
		}
	})
}

// describeTablesWith lets rules write those of each table.
func describeTablesWith(database string, tables []db.Table, rules func(line func(string, ...any), t db.Table)) string {
	var b strings.Builder
	b.WriteString("collections:\n")
	all, taken := map[string]described{}, map[string]bool{}
	tables = slices.DeleteFunc(tables, func(t db.Table) bool { return db.Internal(t.Name) })
	for _, t := range tables {
		d := described{name: collectionName(t.Name, taken)}
		for _, f := range t.Fields {
			if len(t.Key) == 1 && f.Name == t.Key[0] {
				d.key = f.Type.Kind()
			}
		}
		all[t.Name] = d
	}
	for _, t := range tables {
		describeTable(&b, database, t, all, rules)
	}
	if len(tables) == 0 {
		b.WriteString("  # there are no tables\n")
	}
	return b.String()
}

func describeTable(b *strings.Builder, database string, t db.Table, tables map[string]described, rules func(line func(string, ...any), t db.Table)) {
	line := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	var note string
	t.Key, note = keyOf(t)
	if len(t.Key) == 1 && t.Sampled > 0 {
		t, note = documentKey(t)
	}
	if len(t.Key) == 0 {
		line("  # %s %s", t.Name, note)
		return
	}
	name := tables[t.Name].name
	line("  %s:", name)
	if note != "" {
		line("    # %s", note)
	}
	line("    database: %s", database)
	if name != t.Name {
		line("    table: %q", t.Name)
	}
	switch {
	case len(t.Key) == 1 && composes(t):
		line("    key: %s   # ids are its texts", inYAML(t.Key[0]))
	case len(t.Key) > 1:
		columns := make([]string, len(t.Key))
		for i, name := range t.Key {
			columns[i] = inYAML(name)
		}
		line("    key: [%s]   # ids are made of these, as in a~b", strings.Join(columns, ", "))
	case t.Key[0] != "id":
		line("    key: %s", inYAML(t.Key[0]))
	}
	if t.Sampled > 0 {
		line("    # from %d documents: look through the types", t.Sampled)
	}
	switch {
	case slices.ContainsFunc(t.Fields, isRest):
		line("    open: true")
	case t.Sampled > 0:
		line("    # open: true shows and takes fields that are not declared here, too")
	}
	line("    fields:")
	names := fieldNames(t, name)
	for i, f := range t.Fields {
		switch {
		case isRest(f): // said by open: true
		case composes(t): // the key is a field
			describeField(b, names[i], f, t, tables)
		case len(t.Key) == 1 && f.Name == t.Key[0] && f.Type.Kind() == query.KindInt:
			line("      id: { type: int }")
		case len(t.Key) == 1 && f.Name == t.Key[0] && f.Type == query.TypeUUID:
			line("      id: { type: uuid }")
		case len(t.Key) == 1 && f.Name == t.Key[0]:
			line("      id: { type: string }")
		default:
			describeField(b, names[i], f, t, tables)
		}
	}
	describeIndexes(line, t, names)
	rules(line, t)
}

// documentKey returns a collection of documents with a key of a type that ids can have, and what to say of it.
func documentKey(t db.Table) (db.Table, string) {
	i := slices.IndexFunc(t.Fields, func(f db.TableField) bool { return f.Name == t.Key[0] })
	if i < 0 {
		return t, ""
	}
	switch typ := t.Fields[i].Type; {
	case typ == query.TypeFloat: // numbers of a shell, which are whole
		t.Fields = slices.Clone(t.Fields)
		t.Fields[i].Type = query.TypeInt
		return t, ""
	case typ == query.TypeJSON:
		return t, "its keys are of several types: documents are left out whose key is no string, ObjectId or uuid"
	case typ.Kind() != query.KindString && typ.Kind() != query.KindInt:
		t.Key = nil
		return t, "has keys of type " + string(typ) + ", which ids cannot have: put a string, an ObjectId, a uuid or an int there"
	}
	return t, ""
}

// isRest reports whether a column has the fields that are not declared of an open collection.
func isRest(f db.TableField) bool { return f.Name == query.Rest && f.Type == query.TypeJSON }

func describeField(b *strings.Builder, name string, f db.TableField, t db.Table, tables map[string]described) {
	if f.Type == "" {
		fmt.Fprintf(b, "      # %s is %s, for which there is no type\n", f.Name, f.Native)
		return
	}
	f.Indexed = f.Indexed && f.Name != t.Key[0]
	f.Unique = f.Unique && (len(t.Key) > 1 || f.Name != t.Key[0])
	options := fieldOptions(f, tables[f.To])
	if name != f.Name {
		options += ", column: " + inYAML(f.Name)
	}
	fmt.Fprintf(b, "      %s: { %s }\n", name, options)
}

// collectionName returns a name for the collection of a table that no other one has.
func collectionName(table string, taken map[string]bool) string {
	base := strings.TrimLeft(unusable.ReplaceAllString(table, "_"), "_0123456789")
	if base == "" {
		base = "table"
	}
	base = base[:min(len(base), longestName)]
	name := base
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = base + "_" + strconv.Itoa(n)
	}
	taken[strings.ToLower(name)] = true
	return name
}

// composes reports whether the only column of a key is one that an id is made of: not a string, a whole number or a uuid.
func composes(t db.Table) bool {
	if len(t.Key) != 1 || t.Sampled > 0 {
		return false
	}
	for _, f := range t.Fields {
		if f.Name == t.Key[0] {
			kind := f.Type.Kind()
			return f.Type != "" && !f.Type.IsList() && kind != query.KindString && kind != query.KindInt && kind != query.KindFloat && kind != query.KindJSON
		}
	}
	return false
}

// inYAML writes a name, in quotes where it needs them.
func inYAML(name string) string {
	if usableName.MatchString(name) {
		return name
	}
	return query.String(name).JSON()
}

// fieldNames returns the names of a table's columns as fields: the column's own where it can be one.
func fieldNames(t db.Table, collection string) []string {
	names, taken := make([]string, len(t.Fields)), map[string]bool{"id": true}
	for i, f := range t.Fields {
		if lower := strings.ToLower(f.Name); usableName.MatchString(f.Name) && !taken[lower] { // fields that differ in case alone are refused
			names[i] = f.Name
			taken[strings.ToLower(f.Name)] = true
		}
	}
	for i, f := range t.Fields {
		if names[i] != "" {
			continue
		}
		base := strings.Trim(unusable.ReplaceAllString(f.Name, "_"), "_")
		switch {
		case strings.EqualFold(f.Name, "id"):
			base = collection + "_id"
		case !usableName.MatchString(base):
			base = strings.TrimSuffix("column_"+base, "_")
		}
		base = base[:min(len(base), longestName)]
		names[i] = base
		for n := 2; taken[strings.ToLower(names[i])]; n++ {
			names[i] = base + "_" + strconv.Itoa(n)
		}
		taken[strings.ToLower(names[i])] = true
	}
	return names
}

// longestName leaves room for a number behind a made name.
const longestName = 58

func hasField(t db.Table, name string) bool {
	for _, f := range t.Fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

func fieldOptions(f db.TableField, to described) string {
	parts := []string{"type: " + string(f.Type)}
	if f.Type.IsList() {
		parts = []string{"type: list", "of: " + string(f.Type.Element())}
	}
	if kind := f.Type.Kind(); f.To != "" && kind == to.key && (kind == query.KindString || kind == query.KindInt) {
		parts = []string{"type: ref", "to: " + to.name}
	}
	if f.Required && !f.Filled {
		parts = append(parts, "required: true")
	}
	switch {
	case f.Unique:
		parts = append(parts, "unique: true")
	case f.Indexed:
		parts = append(parts, "index: true")
	}
	if len(f.Enum) > 0 {
		values := make([]string, len(f.Enum))
		for i, e := range f.Enum {
			values[i] = query.String(e).JSON()
		}
		parts = append(parts, "enum: ["+strings.Join(values, ", ")+"]")
	}
	if f.Nulls && f.Type.IsList() {
		parts = append(parts, "nulls: true")
	}
	if len(f.Members) > 0 {
		members := make([]string, len(f.Members))
		for i, m := range f.Members {
			members[i] = m.Name + ": { " + fieldOptions(m, described{}) + " }"
		}
		if parts = append(parts, "fields: { "+strings.Join(members, ", ")+" }"); f.Unnamed {
			parts = append(parts, "open: true")
		}
	}
	return strings.Join(parts, ", ")
}
