package mysql

import (
	"testing"

	"github.com/basalt-dev/basalt/modules/db/sql/sqltest"
)

// foreign are columns of types that Basalt does not create itself.
var foreign = schema{"existing": {columns: map[string]column{
	"id":        {name: "id", typ: "int", full: "int(10) unsigned", notNull: true, fills: true, defaults: true, numbered: true},
	"uuid":      {name: "uuid", typ: "uuid", full: "uuid", defaults: true, changes: true},
	"varchar":   {name: "varchar", typ: "varchar", full: "varchar(50)", charset: "utf8mb4", collation: "utf8mb4_general_ci"},
	"collated":  {name: "collated", typ: "text", full: "text", charset: "latin1", collation: "latin1_swedish_ci"},
	"enum":      {name: "enum", typ: "enum", full: "enum('red')", charset: "utf8mb4", collation: "utf8mb4_general_ci", changes: true},
	"smallint":  {name: "smallint", typ: "smallint", full: "smallint(6)"},
	"numeric":   {name: "numeric", typ: "decimal", full: "decimal(10,2)", changes: true},
	"real":      {name: "real", typ: "float", full: "float", changes: true},
	"timestamp": {name: "timestamp", typ: "timestamp", full: "timestamp", changes: true},
	"date":      {name: "date", typ: "date", full: "date"},
	"json":      {name: "json", typ: "longtext", full: "longtext", charset: "utf8mb4", collation: "utf8mb4_bin", json: true},
}}}

func TestStatements(t *testing.T) {
	t.Parallel()
	d := &Driver{flavor: &flavor{mariadb: true, collation: "utf8mb4_nopad_bin", returning: true, shortest: 3}}
	d.remember(foreign)
	sqltest.Golden(t, "statements.sql", sqltest.Questions(), func(q sqltest.Question) (string, []any) {
		b := d.build(q.Collection)
		defer d.release(b)
		q.Write(&b.Builder)
		if q.Insert != nil && b.layout.makes(q.Insert) {
			b.Returning(b.layout.made)
		}
		return string(b.SQL), b.arguments()
	})
}
