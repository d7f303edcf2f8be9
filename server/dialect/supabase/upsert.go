package supabase

import (
	"net/http"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
	"github.com/basalt-dev/basalt/server/dialect"
)

// upsert stores rows, and changes those that exist already, or leaves them. created says whether one is new. It takes rows
// that the caller cannot see for missing; storing over one is a conflict.
func (d *Dialect) upsert(c *call, t *table, rows []query.Value) (docs []crud.Document, created bool, err error) {
	columns := []string{t.shape.Fields[0].Name}
	if t.composed() {
		columns = slices.Clone(t.c.Key)
	}
	if given := c.query.get("on_conflict"); given != "" {
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
			case old == "" && c.ifMatch() != "":
				return c.matched(0)
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
				doc, err = service.Update(c.Context, c.Caller, crud.Target{Collection: t.name, ID: old, IfMatch: c.ifMatch(), Whole: true}, c.emptied(t, r).AppendJSON(nil))
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

// emptied is a row that is merged into another one: a column that columns names, and that the row lacks, becomes null, as a new
// row would have it. One with a default keeps its value.
func (c *call) emptied(t *table, r query.Value) query.Value {
	if !c.prefer.missing || len(c.named) == 0 {
		return r // which has nulls already, or names its columns itself
	}
	out := r.AppendJSON(nil)
	for _, name := range c.named {
		i := t.shape.Index(name)
		if f := t.field(i); i == 0 || f.Required || f.Default != nil || !inside(r, name).IsNull() || strings.Contains(string(out), string(query.String(name).AppendJSON(nil))+":") {
			continue
		}
		text := string(out[:len(out)-1])
		if text != "{" {
			text += ","
		}
		out = []byte(text + string(query.String(name).AppendJSON(nil)) + ":null}")
	}
	return query.RawJSON(string(out))
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
	docs, _, err := reader{service, c.Caller, nil}.page(c.Context, read, crud.Page{Limit: n}, n)
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
	value, ok := strings.CutPrefix(c.query.get(id), "eq.")
	if names := len(c.query.names()); !ok || names != 1 && !(names == 2 && c.query.has("select")) {
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
	c.query = c.query.without(id)
	return d.insert(c)
}
