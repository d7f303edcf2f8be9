package supabase

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// figures answers a list with aggregates. The columns beside them are the groups.
func (d *Dialect) figures(c *call, p *plan) (dialect.Response, error) {
	read := crud.Read{Collection: p.t.name, Kind: crud.Aggregate}
	ask := map[string]any{}
	lists := map[string][]string{}
	add := func(list, name string) {
		if !slices.Contains(lists[list], name) {
			lists[list] = append(lists[list], name)
		}
	}
	for _, it := range p.items {
		switch {
		case it.embed != nil || it.star || len(it.column.path) > 0 || it.cast != "" && it.function == "":
			return dialect.Response{}, unsupported("an aggregate beside * or an embedded resource, or of what is inside a json field")
		case it.function == "count" && it.column.field == "":
			ask["count"] = true
		case it.function == "count":
			return dialect.Response{}, unsupported("count of a column; count() counts the rows")
		case it.function != "":
			add(it.function, p.t.fieldOf(it.column))
		default:
			add("group", p.t.fieldOf(it.column))
		}
	}
	for name, list := range lists {
		ask[name] = list
	}
	var err error
	if read.Where, err = p.filter(); err == nil {
		read.Related, err = p.related()
	}
	if err == nil {
		read.Body, err = json.Marshal(ask)
	}
	if err != nil {
		return dialect.Response{}, err
	}
	plan, err := c.docs().Prepare(c.Caller, read)
	if refusedRead(err) {
		out, err := c.objects(nil)
		if err == nil {
			out.Set(ruleHeader, "denied")
		}
		return out, err
	}
	if err != nil {
		return dialect.Response{}, p.t.read(err)
	}
	result, err := plan.Run(c.Context)
	if err != nil {
		return dialect.Response{}, p.t.read(err)
	}
	body, _, err := result.Encode()
	if err != nil {
		return dialect.Response{}, p.t.read(err)
	}
	groups := query.RawJSON(string(body)).Member("items").Elements()
	groups = groups[min(p.offset, len(groups)):]
	if p.limit >= 0 {
		groups = groups[:min(p.limit, len(groups))]
	}
	objects := make([][]byte, len(groups))
	for i, g := range groups {
		objects[i] = p.figure(g)
	}
	return c.objects(objects)
}

// figure writes one group: an aggregate has the name of its function, unless it has another.
func (p *plan) figure(g query.Value) []byte {
	out := []byte{'{'}
	for i, it := range p.items {
		var v query.Value
		name := it.function
		switch {
		case it.function == "count":
			v = g.Member("count")
		case it.function != "":
			v = inside(inside(g, it.function), p.t.fieldOf(it.column))
		default:
			name, v = it.column.field, inside(g, p.t.fieldOf(it.column))
		}
		if it.alias != "" {
			name = it.alias
		}
		if convert := casts[it.cast]; convert != nil {
			v = convert(v)
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = v.AppendJSON(append(query.String(name).AppendJSON(out), ':'))
	}
	return append(out, '}')
}

// objects answers with objects that are written already.
func (c *call) objects(objects [][]byte) (dialect.Response, error) {
	if c.form.object {
		if len(objects) != 1 {
			return dialect.Response{}, notOne(len(objects))
		}
		return c.typed(dialect.JSON(http.StatusOK, objects[0])), nil
	}
	body := []byte{'['}
	for i, o := range objects {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, o...)
	}
	out := c.typed(dialect.JSON(http.StatusOK, append(body, ']')))
	span := "*"
	if len(objects) > 0 {
		span = "0-" + strconv.Itoa(len(objects)-1)
	}
	out.Range = span + "/*"
	return out, nil
}
