package sqlite

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/sql/sqltest"
)

// render writes the statements of a question, as they are run, and calls done after each.
func render(b *builder, q sqltest.Question, done func()) {
	switch {
	case q.Find != nil:
		b.find(q.Collection, *q.Find)
	case q.Count != nil:
		b.count(q.Collection, q.Count)
	case q.Aggregate != nil:
		b.aggregate(q.Collection, *q.Aggregate)
	case q.Update != nil:
		b.update(q.Collection, *q.Update)
	case q.Delete != nil:
		b.remove(q.Collection, q.Delete)
	default:
		for _, row := range q.Insert {
			b.insert(q.Collection, q.Collection.Stored(), row)
			done()
		}
		return
	}
	done()
}

func TestStatements(t *testing.T) {
	t.Parallel()
	sqltest.Golden(t, func(q sqltest.Question) (string, []any) {
		var sql []string
		var args []any
		b := &builder{}
		render(b, q, func() {
			sql = append(sql, string(b.sql))
			for _, a := range b.args {
				args = append(args, a)
			}
		})
		return strings.Join(sql, ";\n"), args
	})
}

func BenchmarkStatements(b *testing.B) {
	for _, q := range sqltest.Frequent() {
		b.Run(q.Name, func(b *testing.B) {
			b.ReportAllocs()
			statement := &builder{}
			for b.Loop() {
				render(statement, q, func() {})
			}
		})
	}
}
