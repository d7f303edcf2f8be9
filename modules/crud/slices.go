package crud

import "github.com/basalt-dev/basalt/modules/query"

// maxParameters limits the values of a list in one statement. SQLite takes 32,766 parameters in all, PostgreSQL
// 65,535; the rest is for the other parameters of the statement.
const maxParameters = 10_000

// distinct returns the distinct values in order.
func distinct(values []query.Value) []query.Value {
	seen := make(map[query.Value]bool, len(values))
	out := make([]query.Value, 0, len(values))
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
