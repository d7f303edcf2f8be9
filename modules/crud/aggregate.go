package crud

import (
	"context"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/schema"
)

// maxGroups is the largest number of groups of one aggregate. Groups have no pages, so more than that is an error,
// not a partial answer.
const maxGroups = 10_000

// groups is the result of an aggregate.
type groups struct {
	c    *Collection
	ask  db.Aggregate
	rows [][]query.Value
}

// groups computes an aggregate. A filter that is already false still runs in the database: without group, the
// result for no documents is a row of zeros and nulls.
func (o *operation) groups(ctx context.Context, ask db.Aggregate) ([][]query.Value, error) {
	rows, err := o.store.Aggregate(ctx, o.c.stored, ask)
	if err != nil {
		return nil, err
	}
	if len(rows) > maxGroups {
		return nil, fault.FieldErrorf("group", "max", "there are more than %d groups; narrow the filter", maxGroups)
	}
	return rows, nil
}

// prepareAggregate prepares figures about the documents that the caller may see.
func (p *Plan) prepareAggregate(r Read) error {
	o := &p.o
	residual, err := o.readFilter()
	if err != nil {
		return err
	}
	ask, err := o.aggregate(r.Body)
	if err != nil {
		return err
	}
	also := &list{where: ask.Where}
	if err := o.extend(also, r); err != nil {
		return err
	}
	ask.Where = also.where
	v, err := o.view()
	if err != nil {
		return err
	}
	for _, use := range []struct {
		parameter string
		fields    []int
	}{{"group", ask.Group}, {"sum", ask.Sum}, {"avg", ask.Avg}, {"min", ask.Min}, {"max", ask.Max}} {
		parameter := use.parameter
		for _, i := range use.fields {
			if of := o.c.shape.Fields[i].Of; of != nil {
				return fault.FieldErrorf(parameter, "composite", "%s is composed of %s; use those", o.c.fields[i].Name, strings.Join(of, " and "))
			}
			if o.c.fields[i].Sealing != Plain {
				return fault.FieldErrorf(parameter, "sealed", "%s is stored sealed", o.c.fields[i].Name)
			}
			if err := o.whole(v, parameter, i); err != nil {
				return err
			}
		}
	}
	if r.Of != "" {
		if _, err := o.field("of", r.Of); err != nil {
			return err
		}
		ask.Where = query.All(query.OneOf(query.Path{Field: r.Of}, r.Values), ask.Where)
	}
	if ask.Where, err = o.guard(v, ask.Where); err != nil {
		return err
	}
	ask.Where = query.All(ask.Where, residual)
	ask.Limit = maxGroups + 1
	p.ask, p.where = ask, ask.Where
	return nil
}

func (o *operation) aggregate(body []byte) (db.Aggregate, error) {
	var ask db.Aggregate
	var where, params query.Value
	var text *string
	r := schema.Reader{Names: []string{"where", "filter", "params", "group", "count", "sum", "avg", "min", "max"}}
	err := r.Parse(body, o.Limits.Depth, func(name string, v query.Value) {
		switch name {
		case "where":
			where = v
		case "filter":
			if s, ok := r.String(name, v); ok {
				text = &s
			}
		case "params":
			params = v
		case "group":
			ask.Group = o.aggregateFields(&r, name, v)
		case "count":
			ask.Count = r.Bool(name, v)
		case "sum":
			ask.Sum = o.aggregateFields(&r, name, v)
		case "avg":
			ask.Avg = o.aggregateFields(&r, name, v)
		case "min":
			ask.Min = o.aggregateFields(&r, name, v)
		case "max":
			ask.Max = o.aggregateFields(&r, name, v)
		}
	})
	if err != nil {
		return ask, err
	}
	if !ask.Count && len(ask.Sum)+len(ask.Avg)+len(ask.Min)+len(ask.Max)+len(ask.Group) == 0 {
		return ask, fault.Errorf(fault.Invalid, "give at least one of count, sum, avg, min, max or group")
	}
	for name, asked := range map[string]bool{"count": ask.Count, "sum": ask.Sum != nil, "avg": ask.Avg != nil, "min": ask.Min != nil, "max": ask.Max != nil} {
		if i := o.c.shape.Index(name); asked && slices.Contains(ask.Group, i) {
			return ask, fault.FieldErrorf("group", "ambiguous", "%s is a field here, so a group by it cannot also return the aggregate of that name; send two requests", name)
		}
	}
	ask.Where, err = o.where(where, text, params)
	return ask, err
}

// aggregateFields resolves the fields of one aggregate function.
func (o *operation) aggregateFields(r *schema.Reader, name string, v query.Value) []int {
	var fields []int
	for _, field := range r.Strings(name, v) {
		i, err := o.field(name, field)
		if err != nil {
			r.Join(err)
			return nil
		}
		kind := o.c.fields[i].Type.Kind()
		number := kind == query.KindInt || kind == query.KindFloat || kind == query.KindDecimal
		switch {
		case (name == "sum" || name == "avg") && !number:
			r.Join(fault.FieldErrorf(name, "type", "%s is of type %s; %s is for numbers", field, o.c.fields[i].Type, name))
		case kind == query.KindJSON:
			r.Join(fault.FieldErrorf(name, "type", "%s is of type %s, which cannot be used here", field, o.c.fields[i].Type))
		case !slices.Contains(fields, i):
			fields = append(fields, i)
		}
	}
	return fields
}

// append appends `{"items":[{"team":"a","count":2,"sum":{"stars":3}}]}`.
func (g groups) append(dst []byte, limit int) []byte {
	dst = append(dst, `{"items":[`...)
	for n, row := range g.rows {
		if len(dst) > limit {
			break
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = g.appendGroup(dst, row)
	}
	return append(dst, "]}"...)
}

func (g groups) appendGroup(dst []byte, row []query.Value) []byte {
	dst = append(dst, '{')
	first := true
	comma := func() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
	}
	for _, i := range g.ask.Group {
		comma()
		dst = append(dst, g.c.names[i]...)
		dst = g.c.appendValue(dst, i, row[0])
		row = row[1:]
	}
	if g.ask.Count {
		comma()
		dst = append(dst, `"count":`...)
		dst = row[0].AppendJSON(dst)
		row = row[1:]
	}
	for _, figure := range []struct {
		name   string
		fields []int
	}{{`"sum":{`, g.ask.Sum}, {`"avg":{`, g.ask.Avg}, {`"min":{`, g.ask.Min}, {`"max":{`, g.ask.Max}} {
		if len(figure.fields) == 0 {
			continue
		}
		comma()
		dst = append(dst, figure.name...)
		for n, i := range figure.fields {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, g.c.names[i]...)
			dst = g.c.appendValue(dst, i, row[0])
			row = row[1:]
		}
		dst = append(dst, '}')
	}
	return append(dst, '}')
}
