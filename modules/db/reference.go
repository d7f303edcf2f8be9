package db

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// Reference is a field whose values are ids of another collection of the database. Its foreign key is a guard against
// other programs and against mistakes: it does nothing itself, because what a database deletes by itself raises no
// events, and some databases do not tell it to those who watch.
type Reference struct {
	From  *Collection
	Field int
	To    *Collection
	// Name is that of the foreign key. It says what the key is about, so that another one has another name.
	Name string
}

// ReferencePrefix begins the names of the foreign keys that Basalt makes.
const ReferencePrefix = "basalt_ref_"

// longestReference is the longest name that every database takes.
const longestReference = 60

// Column is the column of the reference.
func (r Reference) Column() string { return r.From.Columns[r.Field].Name }

// Key is the column that the reference points to.
func (r Reference) Key() string { return r.To.Columns[r.To.Key].Name }

// References are those of collections of one database.
func References(collections []*Collection) (out []Reference) {
	for _, c := range collections {
		for i, column := range c.Columns {
			to := slices.IndexFunc(collections, func(to *Collection) bool { return to.Name == column.Refers })
			if column.Refers == "" || to < 0 || collections[to].Parts != nil {
				continue
			}
			r := Reference{From: c, Field: i, To: collections[to]}
			name := ReferencePrefix + strings.ToLower(c.Table+"_"+column.Name+"_"+r.To.Table)
			name = strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
					return r
				}
				return '_'
			}, name)
			h := fnv.New32a()
			fmt.Fprintf(h, "%q %q %q %q", c.Table, column.Name, r.To.Table, r.Key())
			r.Name = fmt.Sprintf("%s_%08x", name[:min(len(name), longestReference-9)], h.Sum32())
			if !slices.ContainsFunc(out, func(other Reference) bool { return other.Name == r.Name }) { // two collections of one table
				out = append(out, r)
			}
		}
	}
	return out
}

// Circular reports whether a collection refers to itself, over any number of others.
func (r Reference) Circular(all []Reference) bool {
	seen := map[string]bool{}
	var reaches func(table string) bool
	reaches = func(table string) bool {
		if table == r.From.Table {
			return true
		}
		if seen[table] {
			return false
		}
		seen[table] = true
		return slices.ContainsFunc(all, func(next Reference) bool { return next.From.Table == table && reaches(next.To.Table) })
	}
	return reaches(r.To.Table)
}

// WithoutReferences returns the collections without what guards their references, for an import: it stores documents
// before those that they refer to.
func WithoutReferences(collections []*Collection) []*Collection {
	out := make([]*Collection, len(collections))
	for n, c := range collections {
		without := *c
		without.Columns = slices.Clone(c.Columns)
		for i := range without.Columns {
			without.Columns[i].Refers = ""
		}
		out[n] = &without
	}
	return out
}

// Guards is what a driver knows of the foreign keys of its database.
type Guards struct {
	// Own reports whether Basalt has made a table.
	Own func(table string) bool
	// Has are the foreign keys with [ReferencePrefix], with the table of each.
	Has map[string]string
	// Refuses reports whether the database cannot have a foreign key, as one of all; nil if it can have any.
	Refuses func(r Reference, all []Reference) bool
	// Add and Drop write the statements.
	Add  func(Reference) string
	Drop func(table, name string) string
	// Hanging returns ids of documents whose reference points to nothing, with what it points to, by a query; at most limit.
	Hanging func(r Reference, limit int) ([][2]string, error)
}

// PlanReferences adds the steps for foreign keys to a plan: first the ones that go, because the configuration does not want them or because a
// step changes the type of one of their columns, and in the end those that are missing. Tables of other programs have the
// foreign keys that these want.
func PlanReferences(collections []*Collection, steps []Migration, g Guards) ([]Migration, error) {
	changes := func(c *Collection, is func(Migration) bool) bool {
		return slices.ContainsFunc(steps, func(m Migration) bool { return m.Collection == c.Name && is(m) })
	}
	own := func(c *Collection) bool {
		return changes(c, func(m Migration) bool { return m.NewTable }) || g.Own(c.Table)
	}
	all := References(collections)
	wanted := map[string]Reference{}
	var before, after []Migration
	for _, r := range all {
		if own(r.From) && own(r.To) && (g.Refuses == nil || !g.Refuses(r, all)) {
			wanted[r.Name] = r
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Has)) {
		table := g.Has[name]
		c := slices.IndexFunc(collections, func(c *Collection) bool { return strings.EqualFold(c.Table, table) })
		if c < 0 {
			continue
		}
		if r, want := wanted[name]; !want {
			before = append(before, Migration{Collection: collections[c].Name, SQL: g.Drop(table, name), Why: "the configuration has no such reference with on_delete any more"})
		} else if destructive := func(m Migration) bool { return m.Destructive }; changes(r.From, destructive) || changes(r.To, destructive) {
			before = append(before, Migration{Collection: r.From.Name, SQL: g.Drop(table, name), Why: "its columns change"})
		} else {
			delete(wanted, name)
		}
	}
	for _, r := range all {
		if _, want := wanted[r.Name]; !want {
			continue
		}
		any := func(Migration) bool { return true }
		if !changes(r.From, any) && !changes(r.To, any) { // otherwise the tables may lack a column
			if err := Hangs(r, g.Hanging); err != nil {
				return nil, err
			}
		}
		after = append(after, Migration{Collection: r.From.Name, SQL: g.Add(r), Why: "the foreign key of on_delete is missing"})
	}
	return slices.Concat(before, steps, after), nil
}

// Hangs is the error of a reference some of whose documents point to nothing; nil if none do.
func Hangs(r Reference, hanging func(r Reference, limit int) ([][2]string, error)) error {
	const shown = 5
	found, err := hanging(r, shown+1)
	if err != nil || len(found) == 0 {
		return err
	}
	field := r.From.Shape.Fields[r.Field].Name
	var list []string
	for _, f := range found[:min(len(found), shown)] {
		list = append(list, fmt.Sprintf("%q has %q", f[0], f[1]))
	}
	if len(found) > shown {
		list = append(list, "and others")
	}
	return &HangingError{fmt.Sprintf("collection %s: the field %s of documents points to documents of %s that are not there, and on_delete promises that it never does: %s. Correct or delete them, for example with `UPDATE %s SET %s = NULL WHERE %s NOT IN (SELECT %s FROM %s)`, or write `check: none` at the field, which leaves the foreign key out",
		r.From.Name, field, r.To.Name, strings.Join(list, ", "), r.From.Table, r.Column(), r.Column(), r.Key(), r.To.Table)}
}

// HangingError names documents whose reference points to nothing.
type HangingError struct{ detail string }

// Error implements error.
func (e *HangingError) Error() string { return e.detail }

// HangingQuery is the statement for [Guards.Hanging]: the key of a document and its reference, as text.
func HangingQuery(r Reference, limit int, table, quote, text func(string) string) string {
	key := r.From.KeyFields()[0]
	from, column := table(r.From.Table), "f."+quote(r.Column())
	return fmt.Sprintf("SELECT %s, %s FROM %s f WHERE %s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s t WHERE t.%s = %s) ORDER BY 1 LIMIT %d",
		text("f."+quote(r.From.Columns[key].Name)), text(column), from, column, table(r.To.Table), quote(r.Key()), column, limit)
}
