package supabase

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// ruleHeader says why an answer is empty: the read rule refuses, which is no error in this dialect.
const ruleHeader = "Basalt-Rule"

// table returns the table of a call. Without a rule for the operation it is denied.
func (d *Dialect) table(c *call, op rules.Op) (*table, error) {
	name := c.Segment("collection")
	t := d.named(c.schema, name)
	if t == nil {
		return nil, d.missing(name)
	}
	if !c.Caller.Admin && t.c.Compiled[op] == nil {
		return nil, t.denied(op, c.Caller.Auth == nil)
	}
	return t, nil
}

// named returns the table of a name in a schema, nil if there is none. In public, the name is that of the collection.
func (d *Dialect) named(schema, name string) *table {
	if schema == public {
		return d.tables[name]
	}
	for _, t := range d.tables {
		if t.c.Table == schema+"."+name {
			return t
		}
	}
	return nil
}

// selected returns the plan of a call, with its parameters.
func (d *Dialect) selected(c *call, t *table) (*plan, error) {
	text := c.query.get("select")
	if text == "" {
		text = "*"
	}
	p := d.plans.plan(t, text)
	if p == nil {
		items, err := parseSelect(text)
		if err != nil {
			return nil, err
		}
		left := d.Crud.Limits.Expansions
		if p, err = d.plan(t, items, &left); err != nil {
			return nil, err
		}
		d.plans.keep(t, text, p)
	}
	p.strip(c.form.stripped)
	return p, p.parameters(c)
}

// list answers GET and HEAD.
func (d *Dialect) list(c *call) (dialect.Response, error) {
	t, err := d.table(c, rules.Read)
	if err != nil {
		return dialect.Response{}, err
	}
	p, err := d.selected(c, t)
	if err != nil {
		return dialect.Response{}, err
	}
	if p.figured() && c.form.plan == "" {
		return d.figures(c, p)
	}
	limit, err := p.window(c, d.Crud.Limits.Page)
	if err != nil {
		return dialect.Response{}, err
	}
	if c.form.plan != "" {
		return c.planned(p, limit)
	}
	if err := p.narrowedLate(c, limit < d.Crud.Limits.Page); err != nil {
		return dialect.Response{}, err
	}
	docs := d.Crud
	if _, moved := p.nullable(); moved || len(p.embeds) > 0 || p.computes() { // which take several reads
		docs = c.docs()
	}
	rows, total, err := reader{docs, c.Caller, c.Call}.run(c.Context, p, limit, c.prefer.count != "")
	rows = p.withMade(rows)
	refused := refusedRead(err)
	if refused {
		rows, total, err = nil, -1, nil
		if c.prefer.count != "" {
			total = 0
		}
	}
	if err != nil {
		return dialect.Response{}, t.read(err)
	}
	out, err := c.rows(p, rows)
	if err != nil {
		return out, err
	}
	if refused {
		out.Set(ruleHeader, "denied")
	}
	if len(p.items) == 1 && p.items[0].star { // the row was read as a whole
		c.tagged(&out, rows)
	}
	out.Status, err = placed(&out, p.offset, len(rows), total)
	return out, err
}

// window returns how many rows a call asks for, by its limit or by the header Range, within limits.page.
func (p *plan) window(c *call, page int) (int, error) {
	limit := page
	if p.limit >= 0 {
		limit = min(p.limit, page)
	}
	from, to, ok := strings.Cut(strings.TrimPrefix(c.Header("Range"), "items="), "-")
	if !ok || c.Method != http.MethodGet && c.Method != http.MethodHead || strings.HasPrefix(from, "bytes") {
		return limit, nil
	}
	first, err := strconv.Atoi(from)
	if err != nil || first < 0 {
		return limit, nil
	}
	p.offset = max(p.offset, first)
	if to == "" {
		return limit, nil
	}
	last, err := strconv.Atoi(to)
	switch {
	case err != nil:
		return limit, nil
	case last < first-1:
		return 0, problem{Status: http.StatusRequestedRangeNotSatisfiable, Code: "PGRST103", Message: "Requested range not satisfiable", Details: "The lower boundary must be lower than or equal to the upper boundary in the Range header."}
	}
	return min(limit, last-first+1), nil
}

// placed writes Content-Range and returns the status: 206 for a part of what is counted.
func placed(out *dialect.Response, offset, n int, total int64) (int, error) {
	var buffer [64]byte
	span := append(buffer[:0], '*')
	if n > 0 {
		span = strconv.AppendInt(append(strconv.AppendInt(buffer[:0], int64(offset), 10), '-'), int64(offset+n-1), 10)
	}
	whole := "*"
	if total >= 0 {
		whole = strconv.FormatInt(total, 10)
	}
	out.Range = string(append(append(span, '/'), whole...))
	switch {
	case total >= 0 && offset > 0 && int64(offset) > total:
		return 0, problem{Status: http.StatusRequestedRangeNotSatisfiable, Code: "PGRST103", Message: "Requested range not satisfiable", Details: "An offset of " + strconv.Itoa(offset) + " was requested, but there are only " + whole + " rows."}
	case total > int64(n):
		return http.StatusPartialContent, nil
	}
	return http.StatusOK, nil
}

// rows writes rows in the form that the call accepts.
func (c *call) rows(p *plan, rows []*row) (dialect.Response, error) {
	w := &writer{ctx: c.Context, left: c.dialect.Crud.Limits.Answer}
	var body []byte
	switch {
	case c.form.csv:
		body = p.csv(w, rows)
	case !c.form.object:
		body = p.appendRows(w, make([]byte, 0, roomOf(len(rows))), rows)
	case len(rows) != 1:
		return dialect.Response{}, notOne(len(rows))
	default:
		body = p.appendRow(w, make([]byte, 0, roomOf(1)), rows[0])
	}
	if err := w.failed(); err != nil {
		return dialect.Response{}, err
	}
	out := dialect.Response{Status: http.StatusOK, Body: body}
	if c.form.csv {
		out.Type = "text/csv; charset=utf-8"
		return out, nil
	}
	return c.typed(out), nil
}

func notOne(n int) problem {
	return problem{Status: http.StatusNotAcceptable, Code: "PGRST116", Message: "Cannot coerce the result to a single JSON object", Details: "The result contains " + strconv.Itoa(n) + " rows"}
}

// typed sets what the headers of an answer say of its form.
func (c *call) typed(r dialect.Response) dialect.Response {
	r.Type = "application/json; charset=utf-8"
	if c.form.object {
		r.Type = "application/vnd.pgrst.object+json; charset=utf-8"
	}
	c.applied(&r)
	return r
}

func (c *call) applied(r *dialect.Response) {
	if len(c.prefer.applied) > 0 {
		r.Set("Preference-Applied", strings.Join(c.prefer.applied, ", "))
	}
}

// read is the error of a read in the form that PostgreSQL has for it.
func (t *table) read(err error) error {
	var e *fault.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Code == fault.Forbidden && len(e.Fields) > 0:
		return problem{Status: http.StatusForbidden, Code: "42501", Message: "permission denied for table " + t.name, Details: e.Fields[0].Detail,
			Hint: "The rule of this field in collections." + t.name + ".fields_readable does not allow this."}
	case e.Code == fault.Forbidden:
		return problem{Status: http.StatusForbidden, Code: "42501", Message: "permission denied for table " + t.name, Details: e.Detail}
	case e.Code == fault.Invalid && len(e.Fields) > 0 && e.Fields[0].Code == "unsupported":
		return unsupported(e.Fields[0].Detail)
	case e.Code == fault.Invalid && len(e.Fields) > 0:
		return problem{Status: http.StatusBadRequest, Code: "PGRST100", Message: e.Fields[0].Detail, Details: e.Fields[0].Field}
	}
	return err
}
