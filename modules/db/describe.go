package db

import "github.com/basalt-dev/basalt/modules/query"

// Describe returns an internal collection of the server: a table with these columns, the first of which is the
// key. Its name starts with _, which is reserved.
func Describe(name string, columns ...Column) *Collection {
	fields := make([]query.Field, len(columns))
	for i, c := range columns {
		fields[i] = query.Field{Name: c.Name, Type: c.Type, NotNull: i == 0}
	}
	return &Collection{Name: name, Table: name, Shape: query.NewShape(fields), Columns: columns}
}
