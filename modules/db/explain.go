package db

import (
	"context"
	"strings"

	"github.com/basalt-dev/basalt/modules/query"
)

// Explainer is a Driver that shows the statement it would run.
type Explainer interface {
	Explain(ctx context.Context, c *Collection, f Find) (Statement, error)
}

// Prober is a Driver that says how it will find documents once a table has grown, whatever its size is now.
type Prober interface {
	Probe(ctx context.Context, c *Collection, f Find) (Access, error)
}

// Access is how documents are found.
type Access struct {
	// Scans are the tables that are read from one end, without a condition on an index.
	Scans []string
	// Sorts is true if what was found is sorted: no index has the order.
	Sorts bool
}

// Statement is what a driver runs for a [Find].
type Statement struct {
	Text string
	Args []query.Value
	// Plan has the steps of the query plan; nil if the database does not report them.
	Plan []string
}

// TableOf returns the table that a name in the plan stands for: itself, or the one that the statement gives the name to.
func (s Statement) TableOf(name string) string {
	for _, quote := range []string{`"`, "`"} {
		before, _, ok := strings.Cut(s.Text, quote+" "+name+" ")
		if !ok {
			before, _, ok = strings.Cut(s.Text, quote+" AS "+name+" ")
		}
		if ok {
			return before[strings.LastIndex(before, quote)+1:]
		}
	}
	return name
}
