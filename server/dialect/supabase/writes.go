package supabase

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// errRollback undoes what a call has written that only asks what it would.
var errRollback = errors.New("supabase: rolled back")

// together runs f in one transaction, where the database of the table has them.
func (c *call) together(t *table, f func(docs *crud.Service) error) error {
	switch {
	case c.docs.Atomic(t.name):
	case c.prefer.rollback:
		return unsupported("tx=rollback in a database without transactions")
	default:
		return f(c.docs)
	}
	err := c.docs.Transaction(c.Context, t.name, func(docs *crud.Service, _ db.Store) error {
		err := f(docs)
		if err == nil && c.prefer.rollback {
			err = errRollback
		}
		return err
	})
	if errors.Is(err, errRollback) {
		return nil
	}
	return err
}

// returning is the plan of the rows that a write returns. Its filters, order and limits are those of the write.
func (d *Dialect) returning(c *call, t *table) (*plan, error) {
	p, err := d.selected(c, t)
	if err == nil && p.figured() {
		err = unsupported("an aggregate of what is written")
	}
	if err == nil && c.prefer.representation {
		err = d.allows(c, p)
	}
	return p, err
}

// insert answers POST: one row, or an array of them, all or none.
func (d *Dialect) insert(c *call) (dialect.Response, error) {
	t, err := d.table(c, rules.Create)
	if err != nil {
		return dialect.Response{}, err
	}
	p, err := d.returning(c, t)
	if err != nil {
		return dialect.Response{}, err
	}
	rows, err := c.objectsOf(t, d.Crud.Limits.Depth)
	if err != nil {
		return dialect.Response{}, err
	}
	var docs []crud.Document
	created := true
	switch {
	case len(rows) == 0:
	case c.prefer.merge || c.prefer.ignore:
		docs, created, err = d.upsert(c, t, rows)
	case c.prefer.rollback:
		err = c.together(t, func(service *crud.Service) error {
			made, err := service.Create(c.Context, c.Caller, t.name, query.MakeArray(rows).AppendJSON(nil))
			docs = made.Items
			return err
		})
	default:
		var made crud.Created
		made, err = c.docs.Create(c.Context, c.Caller, t.name, query.MakeArray(rows).AppendJSON(nil))
		docs = made.Items
	}
	if err != nil {
		return dialect.Response{}, t.written(rules.Create, err, rows...)
	}
	status := http.StatusCreated
	if !created {
		status = http.StatusOK
	}
	return d.changed(c, p, docs, status)
}

// objectsOf reads the rows of a body. The parameter columns names those that are taken of them; one that a row lacks is
// null, or its default with missing=default.
func (c *call) objectsOf(t *table, depth int) ([]query.Value, error) {
	v, err := query.ParseJSON(c.Body, depth)
	if err != nil {
		return nil, problem{Status: http.StatusBadRequest, Code: "PGRST102", Message: "Empty or invalid json", Details: err.Error()}
	}
	rows := []query.Value{v}
	if v.Kind() == query.KindJSON && v.Text()[0] == '[' {
		rows = v.Elements()
	}
	for i, r := range rows {
		rows[i] = t.rename(r)
	}
	given := c.query.Get("columns")
	if given == "" {
		return rows, nil
	}
	columns, err := parseList("("+given+")", "(", ")")
	if err != nil {
		return nil, err
	}
	for n, name := range columns {
		i := t.index(name)
		if i < 0 {
			return nil, t.unfit(fault.FieldError{Field: name, Code: "unknown_field"})
		}
		columns[n] = t.shape.Fields[i].Name
	}
	for i, r := range rows {
		rows[i] = c.taken(t, r, columns)
	}
	return rows, nil
}

// taken returns the columns of a row.
func (c *call) taken(t *table, r query.Value, columns []string) query.Value {
	out := []byte{'{'}
	add := func(name string, v query.Value) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = v.AppendJSON(append(query.String(name).AppendJSON(out), ':'))
	}
	seen := map[string]bool{}
	r.Members(func(name string, v query.Value) bool {
		seen[name] = true
		if slices.Contains(columns, name) {
			add(name, v)
		}
		return true
	})
	for _, name := range columns {
		if !seen[name] && !c.prefer.missing && name != t.shape.Fields[0].Name {
			add(name, query.Null)
		}
	}
	return query.RawJSON(string(append(out, '}')))
}

// upsert stores rows, and changes those that exist already, or leaves them. created says whether one is new. It takes rows
// that the caller cannot see for missing; storing over one is a conflict.
func (d *Dialect) upsert(c *call, t *table, rows []query.Value) (docs []crud.Document, created bool, err error) {
	columns := []string{t.shape.Fields[0].Name}
	if t.composed() {
		columns = slices.Clone(t.c.Key)
	}
	if given := c.query.Get("on_conflict"); given != "" {
		columns = strings.Split(given, ",")
	}
	if len(rows) > d.Crud.Limits.Batch {
		return nil, false, fault.Errorf(fault.Invalid, "an array of documents has 1 to %d of them", d.Crud.Limits.Batch)
	}
	for n, name := range columns {
		i := t.index(name)
		if i < 0 {
			return nil, false, t.noColumn(name)
		}
		columns[n] = t.shape.Fields[i].Name
	}
	if i := t.shape.Index(columns[0]); len(columns) == 1 && i != 0 && !t.field(i).Unique { // a row of several could be meant
		return nil, false, problem{Status: http.StatusBadRequest, Code: "42P10", Message: "there is no unique or exclusion constraint matching the ON CONFLICT specification"}
	}
	err = c.together(t, func(service *crud.Service) error {
		docs, created = nil, false
		for _, r := range rows {
			old, err := d.same(c, service, t, r, columns)
			if err != nil {
				return err
			}
			var doc crud.Document
			switch {
			case old == "":
				var made crud.Created
				if made, err = service.Create(c.Context, c.Caller, t.name, r.AppendJSON(nil)); err == nil {
					doc, created = made.Items[0], true
				}
			case c.prefer.ignore:
				continue
			default:
				if err = c.Count(t.name, rules.Update, 1); err != nil {
					return err
				}
				doc, err = service.Update(c.Context, c.Caller, crud.Target{Collection: t.name, ID: old}, r.AppendJSON(nil))
				if err != nil {
					err = t.written(rules.Update, err)
				}
			}
			if err != nil {
				return err
			}
			docs = append(docs, doc)
		}
		return nil
	})
	return docs, created || len(docs) == 0, err
}

// same returns the id of the row that has the values of a new one in some columns, empty if there is none.
func (d *Dialect) same(c *call, service *crud.Service, t *table, r query.Value, columns []string) (string, error) {
	var terms []query.Filter
	for _, name := range columns {
		i := t.shape.Index(name)
		v, ok := query.Coerce(t.shape.Fields[i].Type, inside(r, name))
		if v.IsNull() || !ok {
			return "", nil // null equals nothing; what does not fit is said when it is stored
		}
		f, _ := query.Comparison(query.Path{Field: name}, t.shape.Fields[i].Type, query.Eq, v)
		terms = append(terms, f)
	}
	docs, err := d.find(c, service, t, crud.Read{Where: query.All(terms...)}, 1)
	if len(docs) == 0 || err != nil {
		return "", err
	}
	return docs[0].ID(), nil
}

// find reads documents. Those of a table that the caller may not read are not there.
func (d *Dialect) find(c *call, service *crud.Service, t *table, read crud.Read, n int) ([]crud.Document, error) {
	read.Collection = t.name
	docs, _, err := reader{service, c.Caller, nil}.page(c.Context, read, body{Limit: n}, n)
	if refusedRead(err) {
		return nil, nil
	}
	return docs, err
}

// put answers PUT, an upsert of the one row that the address names.
func (d *Dialect) put(c *call) (dialect.Response, error) {
	id := ""
	if t := d.named(c.schema, c.Segment("collection")); t != nil {
		id = t.stored[0]
	}
	value, ok := strings.CutPrefix(c.query.Get(id), "eq.")
	if !ok || len(c.order) != 1 && !(len(c.order) == 2 && c.query.Has("select")) {
		return dialect.Response{}, problem{Status: http.StatusMethodNotAllowed, Code: "PGRST105", Message: "Filters must include all and only primary key columns with 'eq' operators"}
	}
	v, err := query.ParseJSON(c.Body, d.Crud.Limits.Depth)
	if err != nil {
		return dialect.Response{}, problem{Status: http.StatusBadRequest, Code: "PGRST102", Message: "Empty or invalid json"}
	}
	if list := v.Elements(); len(list) == 1 {
		v = list[0]
	}
	if asText(inside(v, id)).Text() != value {
		return dialect.Response{}, problem{Status: http.StatusBadRequest, Code: "PGRST115", Message: "Payload values do not match URL in primary key column(s)"}
	}
	c.prefer.merge, c.Body = true, v.AppendJSON(nil)
	delete(c.query, id)
	c.order = slices.DeleteFunc(c.order, func(name string) bool { return name == id })
	return d.insert(c)
}

// update answers PATCH. Rows that the rule does not let the caller change are left, as row-level security leaves what USING hides; a
// change that the rule does not take of a row that may be changed is an error, as that of WITH CHECK.
func (d *Dialect) update(c *call) (dialect.Response, error) {
	patch, err := query.ParseJSON(c.Body, d.Crud.Limits.Depth)
	if err != nil {
		return dialect.Response{}, problem{Status: http.StatusBadRequest, Code: "PGRST102", Message: "Empty or invalid json", Details: err.Error()}
	}
	if list := patch.Elements(); len(list) == 1 {
		patch = list[0]
	}
	return d.each(c, rules.Update, func(service *crud.Service, t *table, old crud.Document) (crud.Document, error) {
		if patch.JSON() == "{}" {
			return crud.Document{}, errLeft
		}
		at := crud.Target{Collection: t.name, ID: old.ID()}
		patch := t.rename(patch)
		doc, err := service.Update(c.Context, c.Caller, at, patch.AppendJSON(nil))
		if refusedRead(err) && service.MayUpdate(c.Context, c.Caller, at, []byte("{}"), nil) != nil {
			return doc, errLeft
		}
		return doc, err
	})
}

// remove answers DELETE.
func (d *Dialect) remove(c *call) (dialect.Response, error) {
	return d.each(c, rules.Delete, func(service *crud.Service, t *table, old crud.Document) (crud.Document, error) {
		err := service.Delete(c.Context, c.Caller, crud.Target{Collection: t.name, ID: old.ID()})
		if refusedRead(err) {
			err = errLeft
		}
		return old, err
	})
}

// errLeft says that a row stays as it is.
var errLeft = errors.New("supabase: the row is left")

// each changes the rows of a filter, all or none.
func (d *Dialect) each(c *call, op rules.Op, change func(*crud.Service, *table, crud.Document) (crud.Document, error)) (dialect.Response, error) {
	t, err := d.table(c, op)
	if err != nil {
		return dialect.Response{}, err
	}
	p, err := d.returning(c, t)
	if err != nil {
		return dialect.Response{}, err
	}
	if len(p.where) == 0 && p.limit < 0 {
		return dialect.Response{}, problem{Status: http.StatusBadRequest, Code: "21000", Message: strings.ToUpper(string(op)) + " requires a WHERE clause", Hint: "Give a filter; for all rows, one such as id=not.is.null."}
	}
	read, ask, err := p.read()
	if err != nil {
		return dialect.Response{}, err
	}
	most := d.Crud.Limits.Batch
	limit := most + 1
	if p.limit >= 0 {
		limit = min(limit, p.limit)
	}
	ask.Select, read.Offset, ask.Limit = nil, p.offset, limit
	var docs []crud.Document
	err = c.together(t, func(service *crud.Service) error {
		docs = nil
		if limit == 0 {
			return nil
		}
		found, _, err := reader{service, c.Caller, nil}.page(c.Context, read, ask, limit)
		if refusedRead(err) {
			return nil
		}
		if err != nil {
			return t.read(err)
		}
		if len(found) > most {
			return problem{Status: http.StatusRequestEntityTooLarge, Code: "54000", Message: "a write changes at most " + strconv.Itoa(most) + " rows (limits.batch)", Hint: "Narrow the filter, or give a limit."}
		}
		if docs, err = inOrder(found, func(old crud.Document) (crud.Document, error) { return change(service, t, old) }); err != nil {
			return err
		}
		if c.prefer.most >= 0 && len(docs) > c.prefer.most {
			return problem{Status: http.StatusBadRequest, Code: "PGRST124", Message: "Query result exceeds max-affected preference constraint", Details: "The query affects " + strconv.Itoa(len(docs)) + " rows"}
		}
		if c.form.object && c.prefer.representation && len(docs) != 1 {
			return notOne(len(docs))
		}
		return nil
	})
	if err != nil {
		return dialect.Response{}, t.written(op, err)
	}
	p.offset = 0
	return d.changed(c, p, docs, http.StatusOK)
}

// inOrder changes rows in the order of their ids, so that two calls that change the same ones do not wait for each other, and
// returns those that were not left, in the order in which they were found.
func inOrder(found []crud.Document, change func(crud.Document) (crud.Document, error)) ([]crud.Document, error) {
	places := make([]int, len(found))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int { return strings.Compare(found[a].ID(), found[b].ID()) })
	changed, kept := make([]crud.Document, len(found)), make([]bool, len(found))
	for _, i := range places {
		doc, err := change(found[i])
		switch {
		case errors.Is(err, errLeft) || fault.CodeOf(err) == fault.NotFound:
		case err != nil:
			return nil, err
		default:
			changed[i], kept[i] = doc, true
		}
	}
	var docs []crud.Document
	for i, doc := range changed {
		if kept[i] {
			docs = append(docs, doc)
		}
	}
	return docs, nil
}

// changed answers a write: with its rows where they are asked for.
func (d *Dialect) changed(c *call, p *plan, docs []crud.Document, status int) (dialect.Response, error) {
	if !c.prefer.representation {
		out := dialect.Response{Status: status, Header: http.Header{}}
		if status == http.StatusOK {
			out.Status = http.StatusNoContent
		}
		if c.prefer.headers && len(docs) == 1 {
			id := p.t.stored[0]
			out.Header.Set("Location", "/"+url.PathEscape(p.t.name)+"?"+url.QueryEscape(id)+"=eq."+url.QueryEscape(docs[0].ID()))
		}
		c.counted(out.Header, len(docs))
		c.applied(out.Header)
		return out, nil
	}
	rows := make([]*row, len(docs))
	for i, doc := range docs {
		rows[i] = &row{doc: doc}
	}
	if err := (reader{c.docs, c.Caller, c.Call}).embed(c.Context, p, rows); err != nil {
		return dialect.Response{}, p.t.read(err)
	}
	out, err := c.rows(p, rows)
	if err == nil {
		out.Status = status
		c.counted(out.Header, len(docs))
	}
	return out, err
}

// allows refuses to return a column by its name that the caller may not read.
func (d *Dialect) allows(c *call, p *plan) error {
	names := p.selection()
	if names == nil {
		return nil
	}
	ask, err := json.Marshal(body{Select: names, Limit: 1})
	if err != nil {
		return err
	}
	if _, err = c.docs.Prepare(c.Caller, crud.Read{Collection: p.t.name, Body: ask}); refusedRead(err) {
		return nil
	}
	if err != nil {
		return p.t.read(err)
	}
	return nil
}

func (c *call) counted(h http.Header, n int) {
	if c.prefer.count != "" {
		h.Set("Content-Range", "*/"+strconv.Itoa(n))
	}
}
