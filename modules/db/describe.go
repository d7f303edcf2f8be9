package db

import (
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
)

// internal are the names of the server's own tables. Those that begin with _basalt are, too.
var internal = []string{
	"_api_keys", "_audit", "_codes", "_file_leases", "_file_links", "_file_quotas", "_idempotency", "_identities", "_keyring", "_keys",
	"_outbox", "_passkeys", "_references", "_revoked", "_sessions", "_users", "_withdrawn",
}

// Internal reports whether a table is one of the server's own, which no collection can have.
func Internal(table string) bool {
	table = strings.ToLower(table)
	return strings.HasPrefix(table, "_basalt") || slices.Contains(internal, table)
}

// Describe returns an internal collection of the server: a table with these columns, the first of which is the
// key. A name that begins with _ is one of those that [Internal] reserves.
func Describe(name string, columns ...Column) *Collection {
	if strings.HasPrefix(name, "_") && !Internal(name) {
		panic("db: the name " + name + " is not reserved for an internal table")
	}
	fields := make([]query.Field, len(columns))
	for i, c := range columns {
		fields[i] = query.Field{Name: c.Name, Type: c.Type, NotNull: i == 0}
	}
	return &Collection{Name: name, Table: name, Shape: query.NewShape(fields), Columns: columns}
}
