package sqlite

import (
	"strings"
	"testing"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/db/sql/sqltest"
)

// render writes the statements of a question, as they are run, and calls done after each.
func render(b *sqldb.Builder, d *dialect, q sqltest.Question, done func()) {
	b.Start(d, q.Collection)
	switch {
	case q.Find != nil:
		b.Find(*q.Find)
	case q.Count != nil:
		b.Count(q.Count)
	case q.Aggregate != nil:
		b.Aggregate(*q.Aggregate)
	case q.Update != nil:
		b.Update(*q.Update)
		if q.Update.Return {
			b.Returning(b.Table.Stored)
		}
	case q.Delete != nil:
		b.Delete(q.Delete)
	default:
		for _, row := range q.Insert {
			b.Start(d, q.Collection)
			b.Insert(b.Table.Stored, row)
			done()
		}
		return
	}
	done()
}

func TestStatements(t *testing.T) {
	t.Parallel()
	sqltest.Golden(t, "statements.sql", sqltest.Questions(), func(q sqltest.Question) (string, []any) {
		var sql []string
		var args []any
		b := &sqldb.Builder{}
		render(b, &dialect{}, q, func() {
			sql = append(sql, string(b.SQL))
			for _, a := range b.Args {
				args = append(args, a.Value)
			}
		})
		return strings.Join(sql, ";\n"), args
	})
}

func BenchmarkStatements(b *testing.B) {
	for _, q := range sqltest.Frequent() {
		b.Run(q.Name, func(b *testing.B) {
			b.ReportAllocs()
			statement, d := &sqldb.Builder{}, &dialect{}
			for b.Loop() {
				render(statement, d, q, func() {})
			}
		})
	}
}
