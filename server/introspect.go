package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Introspect writes the section `collections` for what a database of the configuration has. Nothing of
// it is open to anybody: the rules are for the admin to write.
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
	in, ok := db.Ability[db.Introspector](driver)
	if !ok {
		return fmt.Errorf("the driver %s can not describe a database", d.Driver)
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

func describeTables(database string, tables []db.Table) string {
	var b strings.Builder
	b.WriteString("collections:\n")
	names := map[string]string{}
	for _, t := range tables {
		names[t.Name] = strings.TrimLeft(unusable.ReplaceAllString(t.Name, "_"), "_0123456789")
	}
	for _, t := range tables {
		describeTable(&b, database, t, names)
	}
	if len(tables) == 0 {
		b.WriteString("  # there are no tables\n")
	}
	return b.String()
}

func describeTable(b *strings.Builder, database string, t db.Table, names map[string]string) {
	name := names[t.Name]
	line := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	if len(t.Key) != 1 {
		what := "no key"
		if len(t.Key) > 1 {
			what = "the key " + strings.Join(t.Key, " + ")
		}
		if !t.ReadOnly || !hasField(t, "id") {
			line("  # %s has %s, and a collection needs one column for its id; add one, or a view that has it", t.Name, what)
			return
		}
		t.Key = []string{"id"}
	}
	line("  %s:", name)
	line("    database: %s", database)
	if name != t.Name {
		line("    table: %q", t.Name)
	}
	if key := t.Key[0]; key != "id" {
		line("    key: %s", key)
	}
	if t.Sampled > 0 {
		line("    # from %d documents: look through the types", t.Sampled)
	}
	line("    fields:")
	for _, f := range t.Fields {
		switch {
		case f.Name == t.Key[0]:
			if f.Type.Kind() != query.KindString || f.Type == "" {
				line("      # the key %s is %s, and ids are text: put a view or a generated column in front of it", f.Name, f.Native)
			}
			line("      id: { type: id }")
		case !usableName.MatchString(f.Name) || strings.EqualFold(f.Name, "id"):
			line("      # %q can not be the name of a field", f.Name)
		case f.Type == "":
			line("      # %s is %s, for which there is no type", f.Name, f.Native)
		default:
			line("      %s: { %s }", f.Name, fieldOptions(f, names))
		}
	}
	if t.ReadOnly {
		line("    rules: { read: 'false', create: 'false', update: 'false', delete: 'false' }   # a view")
	} else {
		line("    rules: { read: 'false', create: 'false', update: 'false', delete: 'false' }   # say who may")
	}
}

func hasField(t db.Table, name string) bool {
	for _, f := range t.Fields {
		if f.Name == name {
			return true
		}
	}
	return false
}

func fieldOptions(f db.TableField, names map[string]string) string {
	parts := []string{"type: " + string(f.Type)}
	if to := names[f.To]; to != "" && f.Type.Kind() == query.KindString {
		parts = []string{"type: ref", "to: " + to}
	}
	if f.Required {
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
	return strings.Join(parts, ", ")
}
