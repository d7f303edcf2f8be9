package postgres

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/db/sql/sqltest"
)

// foreign are columns of types that Basalt does not create itself.
var foreign = map[string]table{"existing": {
	"id":        {typ: "integer", bytewise: true, fills: true},
	"uuid":      {typ: "uuid", bytewise: true, defaults: true, changes: true},
	"varchar":   {typ: "character varying", bytewise: true},
	"collated":  {typ: "text"},
	"enum":      {typ: "enum", bytewise: true},
	"smallint":  {typ: "smallint", bytewise: true},
	"numeric":   {typ: "numeric", bytewise: true, changes: true},
	"real":      {typ: "real", bytewise: true, changes: true},
	"timestamp": {typ: "timestamp without time zone", bytewise: true},
	"date":      {typ: "date", bytewise: true, changes: true},
	"json":      {typ: "json", bytewise: true, changes: true},
}}

// render writes the statement of a question as it is run.
func render(d *Driver, q sqltest.Question) (string, []any) {
	b := d.build(q.Collection)
	switch {
	case q.Update != nil:
		b.update(*q.Update)
	case q.Insert != nil:
		b.insert(q.Insert, b.layout.makes(q.Insert))
	default:
		q.Write(&b.Builder)
	}
	defer d.release(b)
	return string(b.SQL), b.arguments()
}

func TestStatements(t *testing.T) {
	t.Parallel()
	d := &Driver{}
	d.remember(foreign)
	sqltest.Golden(t, "statements.sql", sqltest.Questions(), func(q sqltest.Question) (string, []any) { return render(d, q) })
}

// TestStatements_Guarded renders what is asked of columns with guards.
func TestStatements_Guarded(t *testing.T) {
	t.Parallel()
	d := &Driver{}
	d.remember(foreign)
	var questions []sqltest.Question
	for _, q := range sqltest.Questions() {
		if existing := q.Collection.Related["existing"]; existing != nil {
			d.guardTable(existing)
		}
		for _, guarded := range []string{"existing numeric", "existing json", `existing "numeric"`, `existing "json`, "other types"} {
			if strings.Contains(q.Name, guarded) {
				questions = append(questions, q)
			}
		}
	}
	sqltest.Golden(t, "guarded.sql", questions, func(q sqltest.Question) (string, []any) { return render(d, q) })
}

func BenchmarkStatements(b *testing.B) {
	d := &Driver{}
	d.remember(foreign)
	for _, q := range sqltest.Frequent() {
		b.Run(q.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				render(d, q)
			}
		})
	}
}
