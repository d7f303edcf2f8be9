package supabase

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/services/wire"
)

// row is one row of an answer, with what is embedded in it: one list for each embedding of its plan.
type row struct {
	doc *crud.Document
	// made are the values of a row that is no document: one that a function returns.
	made  query.Row
	inner [][]*row
	// computed are the values of the computed columns of its plan, as JSON.
	computed [][]byte
}

// value returns the value of a field, and whether the caller may see it.
func (r *row) value(field int) (v query.Value, shown bool) {
	if r.made != nil {
		return r.made[field], true
	}
	if r.doc == nil {
		return query.Null, false
	}
	return r.doc.Value(field)
}

// appendField appends the value of a field as JSON.
func (r *row) appendField(dst []byte, field int) []byte {
	if r.made != nil {
		return r.made[field].AppendJSON(dst)
	}
	if r.doc == nil {
		return append(dst, "null"...)
	}
	return r.doc.AppendField(dst, field)
}

// reader reads the rows of a plan for a caller.
type reader struct {
	docs   *crud.Service
	caller crud.Caller
	// call calls a function of a service; it is nil where no row has something that is computed.
	call func(service, function string, params []byte, direct *wire.Direct) ([]byte, error)
}

// read returns the list that a plan asks for.
func (p *plan) read() (crud.Read, crud.Page, error) {
	out := crud.Read{Collection: p.t.name}
	var ask crud.Page
	var err error
	if out.Where, err = p.filter(); err != nil {
		return out, ask, err
	}
	if out.Related, err = p.related(); err != nil {
		return out, ask, err
	}
	if ask.Sort, err = p.sort(); err != nil {
		return out, ask, err
	}
	ask.Select, out.Unsorted = p.chosen, len(p.order) == 0
	for _, e := range p.embeds {
		if e.computed == nil {
			out.Needs = append(out.Needs, p.t.shape.Index(e.here))
		}
	}
	for _, o := range p.order {
		if o.of == "" {
			out.Needs = append(out.Needs, p.t.index(o.column.field))
		}
	}
	return out, ask, nil
}

func (p *plan) sort() ([]string, error) {
	var out []string
	for _, o := range p.order {
		if o.of != "" {
			key, err := p.sortOf(o)
			if err != nil {
				return nil, err
			}
			out = append(out, key)
			continue
		}
		i := p.t.index(o.column.field)
		switch {
		case i < 0:
			return nil, p.t.noColumn(o.column.field)
		case len(o.column.path) > 0:
			at, err := p.t.place(o.column)
			if err != nil {
				return nil, err
			}
			out = append(out, o.key(at.path.String()))
		case p.t.shape.Fields[i].Type == query.TypeJSON:
			return nil, unsupported("an order by " + o.column.String() + ", which is a whole json field")
		case o.desc:
			out = append(out, "-"+p.t.shape.Fields[i].Name)
		default:
			out = append(out, p.t.shape.Fields[i].Name)
		}
	}
	return out, nil
}

// sortOf is the sort key of an order by a column of an embedded row.
func (p *plan) sortOf(o ordering) (string, error) {
	e := p.embedded(o.of)
	switch {
	case e == nil:
		return "", problem{Status: http.StatusBadRequest, Code: "PGRST108", Message: "'" + fault.Clip(o.of) + "' is not an embedded resource in this request", Hint: "Verify that '" + fault.Clip(o.of) + "' is included in the 'select' query parameter."}
	case e.many:
		return "", problem{Status: http.StatusBadRequest, Code: "PGRST118", Message: "A related order on '" + fault.Clip(o.of) + "' is not possible", Details: "'" + p.t.name + "' and '" + fault.Clip(o.of) + "' do not form a many-to-one or one-to-one relationship"}
	case p.t.field(p.t.shape.Index(e.here)).To != e.target.name:
		return "", unsupported("an order by " + fault.Clip(o.of) + ", whose rows refer to these")
	case len(e.where) > 0 && !e.inner:
		return "", unsupported("an order by " + fault.Clip(o.of) + ", which has a filter of its own; make it !inner")
	case e.target.index(o.column.field) < 0:
		return "", e.target.noColumn(o.column.field)
	}
	return o.key(e.here + "." + e.target.fieldOf(o.column)), nil
}

// key is the sort key of an order, with the place of null.
func (o ordering) key(field string) string {
	key, nulls := field, " nulls last"
	if o.desc {
		key = "-" + key
	}
	if o.nullsFirst {
		nulls = " nulls first"
	}
	return key + nulls
}

// selection names the columns that are asked for, nil for all of them. One that the caller may not read is refused when it
// is named, and null when it is not.
func (p *plan) selection() []string {
	names := []string{}
	if p.computes() {
		return nil // functions take whole rows
	}
	for _, it := range p.items {
		if it.star {
			return nil
		}
		if it.embed != nil || it.column.field == "" {
			continue
		}
		if name := p.t.fieldOf(it.column); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = append(names, p.t.shape.Fields[0].Name)
	}
	return names
}

// nullable is the first column of an order if its nulls do not stand where Basalt has them, which is where the smallest
// value is.
func (p *plan) nullable() (query.Path, bool) {
	if len(p.order) == 0 {
		return query.Path{}, false
	}
	o := p.order[0]
	i := p.t.index(o.column.field)
	if i < 0 || o.of != "" || len(o.column.path) > 0 {
		return query.Path{}, false
	}
	moved := !p.t.shape.Fields[i].NotNull && !p.t.field(i).Required && o.nullsFirst == o.desc
	return query.Path{Field: p.t.shape.Fields[i].Name}, moved
}

// run reads the rows of a plan. total is -1 where it is not asked for.
func (rd reader) run(ctx context.Context, p *plan, limit int, count bool) (rows []*row, total int64, err error) {
	base, ask, err := p.read()
	if err != nil {
		return nil, 0, err
	}
	if id, ok := p.byID(base); ok && !count && limit > 0 {
		rows, err := rd.one(ctx, base.Collection, id, ask.Select)
		if err != nil {
			return nil, 0, err
		}
		return rows, -1, rd.embed(ctx, p, rows)
	}
	parts := []query.Filter{base.Where}
	if at, moved := p.nullable(); moved {
		null := query.Filter(&query.Compare{Path: at, Op: query.Eq, Value: query.Null})
		parts = []query.Filter{query.All(base.Where, query.Negate(null)), query.All(base.Where, null)}
		if p.order[0].nullsFirst {
			slices.Reverse(parts)
		}
	}
	total = -1
	if count {
		total = 0
	}
	offset := p.offset
	for i, where := range parts {
		left := limit - len(rows)
		if left <= 0 && !count {
			break
		}
		read, ask := base, ask
		read.Where, read.Offset, ask.Limit = where, offset, max(left, 1)
		ask.Count = count || i == 0 && len(parts) > 1 && offset > 0
		docs, n, err := rd.page(ctx, read, ask, left)
		if err != nil {
			return nil, 0, err
		}
		if count {
			total += n
		}
		if ask.Count { // the rows of this part that the offset has skipped
			offset = max(0, offset-int(n))
		}
		rows = append(rows, rowsOf(docs)...)
	}
	return rows, total, rd.embed(ctx, p, rows)
}

// rowsOf are the rows of documents, in one piece of memory.
func rowsOf(docs []crud.Document) []*row {
	rows, out := make([]row, len(docs)), make([]*row, len(docs))
	for i := range docs {
		rows[i].doc = &docs[i]
		out[i] = &rows[i]
	}
	return out
}

// byID returns the id of the one row that a plan asks for, if it asks for nothing that a get does not know.
func (p *plan) byID(read crud.Read) (string, bool) {
	test, ok := read.Where.(*query.Compare)
	if !ok || test.Op != query.Eq || test.Path.Sub != "" || test.Path.Field != p.t.shape.Fields[0].Name || p.t.composed() || len(p.t.c.Readable) > 0 && p.t.c.Readable[0] != nil {
		return "", false
	}
	if len(read.Related) > 0 || len(read.Needs) > 0 && p.chosen != nil || len(p.order) > 0 || p.offset > 0 {
		return "", false
	}
	switch v := test.Value; v.Kind() {
	case query.KindString:
		return v.Text(), true
	case query.KindInt:
		return strconv.FormatInt(v.Int(), 10), true
	}
	return "", false
}

// one reads the row of an id, as a get of the native API does, which costs less than a list.
func (rd reader) one(ctx context.Context, collection, id string, names []string) ([]*row, error) {
	read := crud.Read{Collection: collection, Kind: crud.Get, ID: id}
	if names != nil {
		read.Page = &crud.Page{Select: names}
	}
	found, err := rd.docs.Read(ctx, rd.caller, read)
	if fault.CodeOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return rowsOf(found.Documents), nil
}

// page reads at most n documents, page by page. Several pages need an order.
func (rd reader) page(ctx context.Context, read crud.Read, ask crud.Page, n int) (docs []crud.Document, total int64, err error) {
	first := ask
	for {
		at := ask
		read.Page = &at
		plan, err := rd.docs.Prepare(rd.caller, read)
		if err != nil {
			return nil, 0, err
		}
		result, err := plan.Run(ctx)
		if err != nil {
			return nil, 0, err
		}
		if ask.Count {
			total, ask.Count = result.Total(), false
		}
		if read.Unsorted && len(result.Documents) < n && result.More() {
			read.Unsorted, ask = false, first
			continue
		}
		if docs == nil {
			docs = result.Documents
		} else {
			docs = append(docs, result.Documents...)
		}
		if len(docs) >= n || !result.More() {
			return docs[:min(len(docs), max(n, 0))], total, nil
		}
		ask.After, ask.Limit, read.Offset = result.Next(), n-len(docs), 0
	}
}

// refusedRead reports whether a rule refuses to read at all, as opposed to one column. For row-level security that is no
// error: there are no rows.
func refusedRead(err error) bool {
	if err == nil {
		return false
	}
	var e *fault.Error
	if !errors.As(err, &e) || errors.Is(err, crud.ErrOneByOne) {
		return false
	}
	return (e.Code == fault.Forbidden || e.Code == fault.Unauthenticated) && len(e.Fields) == 0
}
