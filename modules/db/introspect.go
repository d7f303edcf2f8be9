package db

import (
	"context"

	"github.com/basalt-dev/basalt/modules/query"
)

// Introspector is a Driver that describes the tables a database has.
type Introspector interface {
	Introspect(ctx context.Context) ([]Table, error)
}

// Table is an existing table, view or collection of documents.
type Table struct {
	Name     string
	ReadOnly bool
	// Key has the names of the key's columns; empty if there is none.
	Key    []string
	Fields []TableField
	// Indexes are those of several columns, or of a part of the rows, without that of the key.
	Indexes []TableIndex
	// Sampled is how many documents the fields were inferred from; 0 if the database has a schema.
	Sampled int
}

// TableIndex is an existing index.
type TableIndex struct {
	Name    string
	Columns []string
	Desc    []bool // for each column
	Unique  bool
	// Where is the condition in the words of the database; empty for an index of all rows.
	Where string
}

// TableField is one column.
type TableField struct {
	Name string
	// Type is empty if no type of Basalt fits. Native is the database's own type.
	Type                      query.Type
	Native                    string
	Required, Unique, Indexed bool
	// To is the table that the field refers to.
	To   string
	Enum []string
	// Filled is true if the database sets the value when an insert omits it.
	Filled bool
	// Folds is true if the database takes different strings of the column as equal, such as a and A.
	Folds bool
	// AnyCase is true if it folds letters only, and filters compare it as the database does.
	AnyCase bool
	// Nulls is true if elements of a list may be null.
	Nulls bool
	// Members are those of the objects in a field of type json, as far as they are known. Unnamed is true if there are
	// others that cannot be declared.
	Members []TableField
	Unnamed bool
}
