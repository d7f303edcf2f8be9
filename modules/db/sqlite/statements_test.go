package sqlite

import (
	"strings"
	"testing"

	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/db/sql/sqltest"
	"github.com/basalt-dev/basalt/modules/query"
)

// render writes the statements of a question, as they are run, and calls done after each.
func render(b *sqldb.Builder, d *dialect, q sqltest.Question, done func()) {
	if len(q.Insert) > 1 { // one statement each
		for _, row := range q.Insert {
			render(b, d, sqltest.Question{Collection: q.Collection, Insert: []query.Row{row}}, done)
		}
		return
	}
	b.Start(d, q.Collection)
	q.Write(b)
	if q.Update != nil && q.Update.Return {
		b.Returning(b.Table.Stored)
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
