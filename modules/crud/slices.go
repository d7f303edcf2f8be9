package crud

import "github.com/basalt-dev/basalt/modules/query"

// maxParameters is how many values of a list go into one statement. SQLite takes 32,766 parameters in all, PostgreSQL
// 65,535; the rest is for what stands beside the list.
const maxParameters = 10_000

// distinct returns values, each once, in their order.
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
