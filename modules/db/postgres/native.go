package postgres

import (
	"regexp"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// nativeOperators are those of the tests with a value of the column's own type.
var nativeOperators = map[query.NativeOp]string{
	query.NativeContains: " @> ", query.NativeWithin: " <@ ", query.NativeOverlaps: " && ", query.NativeLeft: " << ", query.NativeRight: " >> ",
	query.NativeNotRight: " &< ", query.NativeNotLeft: " &> ", query.NativeAdjacent: " -|- ",
}

// searchFunctions make a search of a text.
var searchFunctions = map[query.NativeOp]string{
	query.NativeSearch: "to_tsquery", query.NativePlain: "plainto_tsquery", query.NativePhrase: "phraseto_tsquery", query.NativeWebSearch: "websearch_to_tsquery",
}

// setTests are the tests that lists and json have, too.
var setTests = []query.NativeOp{query.NativeContains, query.NativeWithin}

var configName = regexp.MustCompile(`^[a-z_]{0,63}$`)

// Native implements [db.Natives].
func (d *Driver) Native(c *db.Collection, f *query.Native) bool {
	i := c.Shape.Index(f.Field)
	typ := d.column(c, i).typ
	switch {
	case f.Op.Searches():
		return (typ == "tsvector" || slices.Contains([]string{"text", "character varying", "jsonb"}, typ)) && configName.MatchString(f.Config)
	case strings.HasSuffix(typ, "range"):
		return true
	case typ == "jsonb" || strings.HasSuffix(typ, "[]"):
		return slices.Contains(setTests, f.Op) || f.Op == query.NativeOverlaps && typ != "jsonb"
	}
	return false
}

// Native implements [sqldb.NativeDialect]. The value is a parameter that the database reads as the type of the column, or as a search.
func (d dialect) Native(b *sqldb.Builder, f *query.Native) {
	field := b.Table.Collection.Shape.Index(f.Field)
	typ := d.driver.column(b.Table.Collection, field).typ
	if operator := nativeOperators[f.Op]; operator != "" {
		b.Name(field)
		b.Write(operator)
		param(b, query.String(f.Text), "text")
		b.Write("::" + typ)
		return
	}
	config := func() {
		if f.Config != "" {
			param(b, query.String(f.Config), "text")
			b.Write("::regconfig, ")
		}
	}
	if typ == "tsvector" {
		b.Name(field)
	} else {
		b.Write("to_tsvector(")
		config()
		b.Name(field)
		b.Write(")")
	}
	b.Write(" @@ " + searchFunctions[f.Op] + "(")
	config()
	param(b, query.String(f.Text), "text")
	b.Write(")")
}
