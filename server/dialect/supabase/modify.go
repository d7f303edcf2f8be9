package supabase

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

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
		at := crud.Target{Collection: t.name, ID: old.ID(), IfMatch: c.ifMatch(), Whole: true}
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
		err := service.Delete(c.Context, c.Caller, crud.Target{Collection: t.name, ID: old.ID(), IfMatch: c.ifMatch()})
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
			return c.matched(0)
		}
		if err != nil {
			return t.read(err)
		}
		if err := c.matched(len(found)); err != nil {
			return err
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
	c.wrote = docs
	if !c.prefer.representation {
		out := dialect.Response{Status: status}
		if status == http.StatusOK {
			out.Status = http.StatusNoContent
		}
		if c.prefer.headers && len(docs) == 1 {
			id := p.t.stored[0]
			out.Set("Location", "/"+url.PathEscape(p.t.name)+"?"+url.QueryEscape(id)+"=eq."+url.QueryEscape(docs[0].ID()))
		}
		c.counted(&out, len(docs))
		c.applied(&out)
		return out, nil
	}
	rows := rowsOf(docs)
	if err := (reader{c.docs(), c.Caller, c.Call}).embed(c.Context, p, rows); err != nil {
		return dialect.Response{}, p.t.read(err)
	}
	out, err := c.rows(p, rows)
	if err == nil {
		out.Status = status
		c.counted(&out, len(docs))
		c.tagged(&out, rows)
	}
	return out, err
}

// allows refuses to return a column by its name that the caller may not read.
func (d *Dialect) allows(c *call, p *plan) error {
	if p.chosen == nil {
		return nil
	}
	_, err := c.docs().Prepare(c.Caller, crud.Read{Collection: p.t.name, Page: &crud.Page{Select: p.chosen, Limit: 1}})
	if refusedRead(err) {
		return nil
	}
	if err != nil {
		return p.t.read(err)
	}
	return nil
}

func (c *call) counted(r *dialect.Response, n int) {
	if c.prefer.count != "" {
		r.Range = "*/" + strconv.Itoa(n)
	}
}
