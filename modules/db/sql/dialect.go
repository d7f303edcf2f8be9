package sqldb

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Dialect is what a database does in its own way. Each of its methods writes one part of a statement, for which the
// methods of [Builder] of the same name are right by default.
type Dialect interface {
	// Syntax returns the words of the dialect.
	Syntax() *Syntax
	// Table returns how the names of a collection are written. It is called for every statement, so drivers
	// remember it.
	Table(c *db.Collection) *Table
	// Param writes a parameter that is not null.
	Param(b *Builder, v query.Value)
	// Stored writes a value in the form of its column, for an insert or an update.
	Stored(b *Builder, field int, v query.Value)
	// Aggregate writes the sum, avg, min or max of a column, as a value of its kind; avg as a float,
	// and of a decimal as the text of the sum, a slash and the number of values.
	Aggregate(b *Builder, function string, field int)
	// Pattern writes, after a string, the operator and the pattern that it satisfies, see [query.Like].
	Pattern(b *Builder, pattern string, fold bool)
	Comparer
	JSON
	Searcher
}

// Comparer is the part of a [Dialect] that compares columns, except json, with values that are not null. Package
// query defines when two values are equal or in order.
type Comparer interface {
	Compare(b *Builder, field int, op query.CompareOp, v query.Value)
	// Lists reports whether a value may stand in the list of an In. Otherwise, each value is compared alone.
	Lists(b *Builder, field int, v query.Value) bool
	// In writes that a column equals one of the values.
	In(b *Builder, field int, values []query.Value)
}

// JSON is the part of a [Dialect] that looks inside json fields. The keys of a path contain letters, digits, spaces,
// _ and - only.
type JSON interface {
	// JSONType writes the type at a path, as a string. It is null if nothing is there.
	JSONType(b *Builder, p query.Path)
	// JSONText writes the string at a path, where there is one.
	JSONText(b *Builder, p query.Path)
	// JSONLength writes the number of elements at a path, where there is an array.
	JSONLength(b *Builder, p query.Path)
	// JSONNull writes the condition that the value at a path is null or missing.
	JSONNull(b *Builder, p query.Path)
	// JSONBool writes the condition that the value at a path is one of one or two booleans.
	JSONBool(b *Builder, p query.Path, values []bool)
	// JSONCompare compares the value at a path with a number or a string. Other types of values satisfy nothing.
	// For a string, [Builder.JSONCompareText] is right.
	JSONCompare(b *Builder, f *query.Compare)
	// JSONOrder writes the terms of an ORDER BY that order the numbers at a path, each with an ending. What they make of other
	// types does not matter, as long as it fails for none.
	JSONOrder(b *Builder, p query.Path, ending string)
	// JSONHas writes the condition that the value at a path is an array with an element equal to a scalar.
	JSONHas(b *Builder, p query.Path, v query.Value)
}

// Searcher is the part of a [Dialect] that searches for words.
type Searcher interface {
	// Search writes the condition that a document has all the words.
	Search(b *Builder, f *query.Search)
	// Rank writes the ORDER BY of a search: the best first, then by key.
	Rank(b *Builder, f *query.Search)
}

// NativeDialect is a [Dialect] of a database with tests of its own.
type NativeDialect interface {
	// Native writes a test.
	Native(b *Builder, f *query.Native)
}

// Syntax has the words of a [Dialect].
type Syntax struct {
	// True and False are constant conditions.
	True, False string
	// Same is the operator, with its spaces, that compares like = but takes two nulls as equal.
	Same string
	// ExactNumbers is true if the database compares an integer with a float without rounding either. Otherwise,
	// such comparisons are written in a longer form that is exact.
	ExactNumbers bool
	// Floor are the parts before and after a float that make its whole part, as an integer.
	Floor [2]string
	// NullsFirst and NullsLast follow the order of a column that can be null; empty if null is the smallest anyway.
	NullsFirst, NullsLast string
	// Position is the function that returns where in a string another begins, and 0 if it does not.
	Position string
	// Last are the parts before and after a string, the second followed by a number, of its last characters.
	Last [2]string
	// Chars is the function that returns the number of characters of a string.
	Chars string
	// JSONString, JSONArray and JSONObject are the types of strings, arrays and objects, quoted, as JSONType writes them.
	JSONString, JSONArray, JSONObject string
	// Collate makes the strings of JSONText compare by their bytes; empty if they do.
	Collate string
	// SeeksOr is true if the database seeks the first row of a > 1 OR a = 1 AND b > 2 in an index, so that a >= 1 beside it
	// says nothing. It is for a dialect that is no [Rower].
	SeeksOr bool
	// Exclusive and Shared lock the rows that are read; empty if nothing has to.
	Exclusive, Shared string
}

// Table is a collection as a dialect writes it. It is immutable.
type Table struct {
	Collection *db.Collection
	Name       string   // quoted
	Columns    []Column // one for each field
	Kinds      []query.Kind
	Stored     []int // the fields with a column

	insert string // the beginning of an insert of all of them
}

// Column is a column as a dialect writes it.
type Column struct {
	Kind query.Kind // of its field
	Name string     // quoted
	// Type is the column's type in the database, as far as its dialect asks for it.
	Type string
	// Parts make the column a value of its field's kind: its name stands between them. Nil if it is one.
	Parts []string
	// Bare is true if the column is read and sorted without its parts.
	Bare bool
	// Sorts is true if the column is sorted without its parts, but not read so.
	Sorts bool
	// Guarded is true if the parts make a value null that cannot be converted. Statements that return the column
	// then return, after all others, whether it has a value.
	Guarded bool
	// Hides is true if the parts make a value null that the field cannot have, and the column is read without them.
	Hides bool
	// Collate follows a column of strings that does not compare by bytes; empty if it does.
	Collate string
	// Loose names the comparison of the bare column, which takes values as equal that are, and others; empty if there is none. An
	// index that serves it finds the candidates of an equality with another column that has the same.
	Loose string
	// Folding is how the column compares, if it has a fold; nil otherwise.
	Folding *Folding
	// NotNull is true if the column has no null, beside the fields that have none.
	NotNull bool
	// Fills is true if the database sets a value where an insert has null, Defaults if it does where the field is
	// left out.
	Fills, Defaults bool
}

// Folding is how a column of strings compares that takes different ones as equal.
type Folding struct {
	Fold *query.Fold
	// Order are the parts that make the column compare with a key, and sort, as the fold does. Text are those that make it
	// the key of its string.
	Order, Text []string
	// Same is the operator, with its spaces, that is true for two columns with equal keys; empty if their orders are
	// compared.
	Same string
}

// folding returns how two columns compare with each other; nil if they do by their bytes.
func folding(a, b *Column) *Folding {
	if a.Folding == nil || b.Folding == nil || query.Joint(a.Folding.Fold, b.Folding.Fold) == nil {
		return nil
	}
	return a.Folding
}

// Made reports whether the database sets a value where an insert has this one.
func (c *Column) Made(v query.Value) bool {
	return v.IsNull() && c.Fills || v == query.LeftOut && c.Defaults
}

// notNull reports whether a field is never null.
func (t *Table) notNull(field int) bool {
	return t.Collection.Shape.Fields[field].NotNull || t.Columns[field].NotNull
}

// NewTable returns how a collection is written. The columns are for all of its fields, and need no kind.
func NewTable(c *db.Collection, name string, columns []Column) Table {
	t := Table{Collection: c, Name: name, Columns: columns, Kinds: make([]query.Kind, len(columns)), Stored: c.Stored()}
	for i := range columns {
		t.Kinds[i] = c.Columns[i].Type.Kind()
		columns[i].Kind = t.Kinds[i]
	}
	t.insert = t.insertInto(t.Stored)
	return t
}

func (t *Table) insertInto(fields []int) string {
	names := make([]string, len(fields))
	for n, i := range fields {
		names[n] = t.Columns[i].Name
	}
	return "INSERT INTO " + t.Name + " (" + strings.Join(names, ", ") + ") VALUES "
}

// History is the table of the migration steps that were applied to a database.
const History = "_basalt_migrations"
