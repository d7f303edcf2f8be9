package mysql

import (
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// builder writes one statement.
type builder struct {
	sqldb.Builder
	layout *layout // of the collection
}

// build starts a statement on a collection. Its memory is used again after [Driver.release].
func (d *Driver) build(c *db.Collection) *builder {
	b, ok := d.builders.Get().(*builder)
	if !ok {
		b = &builder{Builder: sqldb.Builder{SQL: make([]byte, 0, 1024)}}
	}
	b.layout = d.layout(c)
	b.Start(b.layout.dialect, c)
	return b
}

// maxKept limits the statement whose memory is kept, in bytes.
const maxKept = 64 << 10

// release takes a builder back whose statement was run.
func (d *Driver) release(b *builder) {
	if cap(b.SQL) <= maxKept {
		clear(b.Args) // which refer to values of a request
		d.builders.Put(b)
	}
}

// arguments are the arguments in the form of the client library.
func (b *builder) arguments() []any {
	out := make([]any, len(b.Args))
	for i := range b.Args {
		out[i] = native(b.Args[i].Value)
	}
	return out
}

func native(v query.Value) any {
	switch v.Kind() {
	case query.KindNull:
		return nil
	case query.KindBool:
		return v.Bool()
	case query.KindInt:
		return v.Int()
	case query.KindFloat:
		return v.Float()
	case query.KindTime:
		return v.Time().Format("2006-01-02 15:04:05.000000")
	case query.KindDate:
		return strings.Trim(v.JSON(), `"`)
	case query.KindBytes:
		return []byte(v.Text())
	}
	return v.Text()
}

// inSQL writes an argument in SQL.
func inSQL(a sqldb.Arg) string {
	switch v := a.Value; v.Kind() {
	case query.KindNull, query.KindBool, query.KindInt, query.KindFloat, query.KindDecimal:
		return v.JSON()
	case query.KindBytes:
		return "x" + db.Literal(v)
	case query.KindJSON:
		return quoteText(storedJSON(v))
	case query.KindTime, query.KindDate:
		return quoteText(native(v).(string))
	default:
		return quoteText(v.Text())
	}
}
