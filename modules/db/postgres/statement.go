package postgres

import (
	"slices"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// builder writes one statement.
type builder struct {
	sqldb.Builder
	layout *layout // of the collection
	// inserts is true if the statement converts new values, not stored ones.
	inserts bool
	// guardings counts the guards that the driver had added.
	guardings int64
}

// build starts a statement on a collection. Its memory is used again after [Driver.release].
func (d *Driver) build(c *db.Collection) *builder {
	b, ok := d.builders.Get().(*builder)
	if !ok {
		b = &builder{Builder: sqldb.Builder{SQL: make([]byte, 0, 1024)}}
	}
	b.inserts, b.guardings, b.layout = false, d.guardings.Load(), d.layout(c)
	b.Start(dialect{d}, c)
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

// insert writes the statement that stores rows. It returns what the database sets, if makes is true.
func (b *builder) insert(rows []query.Row, makes bool) {
	b.inserts = true
	b.Insert(b.Table.Stored, rows...)
	if makes {
		b.Returning(b.layout.made)
	}
}

// update writes the statement of an update, and of the rows that it returns.
func (b *builder) update(u db.Update) {
	b.Update(u)
	if u.Return {
		b.Returning(b.Table.Stored)
	}
}

// arguments are the arguments in the form of pgx.
func (b *builder) arguments() []any {
	out := make([]any, len(b.Args))
	for i := range b.Args {
		switch a := &b.Args[i]; of := a.Native.(type) {
		case nil:
			out[i] = native(a.Value)
		case label:
			out[i] = string(of)
		default:
			out[i] = of
		}
	}
	return out
}

// planned reports whether the database is to plan the statement for its arguments, each time.
func (b *builder) planned() bool {
	return slices.ContainsFunc(b.Args, func(a sqldb.Arg) bool { _, is := a.Native.(label); return is })
}

func native(v query.Value) any {
	switch v.Kind() {
	case query.KindBool:
		return v.Bool()
	case query.KindInt:
		return v.Int()
	case query.KindFloat:
		return v.Float()
	case query.KindTime:
		return instant(v)
	case query.KindDate:
		return day(v)
	case query.KindBytes:
		return []byte(v.Text())
	}
	return v.Text()
}
