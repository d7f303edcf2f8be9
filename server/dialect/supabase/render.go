package supabase

import (
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// writer writes the rows of an answer, within the bytes and the time that it may take: a row that is embedded in many is
// written many times, and a column that is selected under many names, too.
type writer struct {
	ctx context.Context
	// left is how many bytes may still be written. It is less than 0 when there are too many; then less is written, and
	// failed says so.
	left int
}

// member is one member of an object in an answer.
type member struct {
	name string
	json []byte
}

// spend counts the bytes of a value, and returns the value.
func (w *writer) spend(json []byte) []byte {
	w.left -= len(json)
	return json
}

// over reports whether the answer cannot be sent.
func (w *writer) over() bool { return w.left < 0 || w.ctx.Err() != nil }

// failed is why the answer cannot be sent; nil if it can.
func (w *writer) failed() error {
	if w.left < 0 {
		return &fault.Error{Code: fault.AnswerTooLarge, Detail: "the answer is larger than limits.answer allows; narrow it"}
	}
	return w.ctx.Err()
}

// casts are the types of `::`, with what they make of a value; nil leaves it.
var casts = map[string]func(query.Value) query.Value{
	"": nil, "text": asText, "varchar": asText, "character varying": asText,
	"int": asInt, "integer": asInt, "int2": asInt, "int4": asInt, "int8": asInt, "bigint": asInt, "smallint": asInt,
	"float": asFloat, "float4": asFloat, "float8": asFloat, "real": asFloat, "double precision": asFloat, "numeric": asFloat,
	"json": nil, "jsonb": nil, "bool": asBool, "boolean": asBool,
}

func asText(v query.Value) query.Value {
	switch v.Kind() {
	case query.KindNull, query.KindString:
		return v
	case query.KindTime, query.KindDate, query.KindBytes:
		return query.String(strings.Trim(v.JSON(), `"`))
	}
	return query.String(v.JSON())
}

func number(v query.Value) (query.Value, bool) {
	if v.Kind() == query.KindBool {
		if v.Bool() {
			return query.Int(1), true
		}
		return query.Int(0), true
	}
	return query.ParseNumber(strings.TrimSpace(asText(v).Text()))
}

func asInt(v query.Value) query.Value {
	n, ok := number(v)
	switch {
	case v.IsNull() || !ok:
		return query.Null
	case n.Kind() == query.KindFloat:
		whole, err := strconv.ParseInt(strconv.FormatFloat(n.Float(), 'f', 0, 64), 10, 64)
		if err != nil {
			return query.Null
		}
		return query.Int(whole)
	}
	return n
}

func asFloat(v query.Value) query.Value {
	if n, ok := number(v); ok && !v.IsNull() {
		return n
	}
	return query.Null
}

func asBool(v query.Value) query.Value {
	if b, ok := parseValue(query.TypeBool, asText(v).Text()); ok && !v.IsNull() {
		return b
	}
	return query.Null
}

// members are those of a row, in the order in which they are asked for.
func (p *plan) members(w *writer, r *row) []member {
	var out []member
	next := 0
	for _, it := range p.items {
		if w.over() {
			break
		}
		switch {
		case it.embed != nil:
			e := p.embeds[next]
			out = append(out, e.members(w, r, next)...)
			next++
		case it.star:
			for i, name := range p.t.stored {
				if i > 0 || !p.t.composed() {
					out = append(out, member{name, w.spend(r.appendField(nil, i))})
				}
			}
		case it.computed != nil:
			out = append(out, it.computed.member(w, it, r))
		case it.column.field != "":
			m := p.member(it, r)
			w.spend(m.json)
			out = append(out, m)
		}
	}
	return out
}

func (p *plan) member(it item, r *row) member {
	name := it.alias
	if name == "" {
		name = it.column.last()
	}
	i := p.t.index(it.column.field)
	convert := casts[it.cast]
	if len(it.column.path) == 0 && convert == nil {
		return member{name, r.appendField(nil, i)}
	}
	v, shown := r.value(i)
	if !shown {
		v = query.Null
	}
	for _, step := range it.column.path {
		v = inside(v, step)
	}
	if it.column.text {
		v = asText(v)
	}
	if convert != nil {
		v = convert(v)
	}
	return member{name, v.AppendJSON(nil)}
}

// inside returns the member of an object, or the element of an array.
func inside(v query.Value, step string) query.Value {
	if n, err := strconv.Atoi(step); err == nil {
		list := v.Elements()
		if n < 0 {
			n += len(list)
		}
		if n < 0 || n >= len(list) {
			return query.Null
		}
		return list[n]
	}
	found := query.Null
	v.Members(func(name string, member query.Value) bool {
		if name == step {
			found = member
		}
		return name != step
	})
	return found
}

// members are what an embedding adds to a row: one member or, spread, those of the row that is embedded.
func (e *embed) members(w *writer, r *row, n int) []member {
	var rows []*row
	if r.inner != nil {
		rows = r.inner[n]
	}
	switch {
	case len(e.items) == 0: // it is there for the filter alone
		return nil
	case e.spread && e.many:
		return e.lists(w, rows)
	case e.figured() && !e.spread:
		return []member{{e.name, e.figures(w, rows)}}
	case e.spread && len(rows) == 0:
		return e.plan.members(w, &row{})
	case e.spread:
		return e.plan.members(w, rows[0])
	case e.many:
		return []member{{e.name, e.appendRows(w, nil, rows)}}
	case len(rows) == 0:
		return []member{{e.name, []byte("null")}}
	}
	return []member{{e.name, e.appendRow(w, nil, rows[0])}}
}

// figures are those of the rows of an embedding: a list of objects, or one where the relation leads to one row.
func (e *embed) figures(w *writer, rows []*row) []byte {
	if !e.many && len(rows) == 0 {
		return []byte("null")
	}
	objects, _ := e.tally(rows) // the plan was checked when it was made
	var out []byte
	for i, members := range objects {
		if i > 0 {
			out = append(out, ',')
		}
		out = e.appendObject(w, out, members)
	}
	if e.many {
		out = append(append([]byte{'['}, out...), ']')
	}
	return out
}

// lists are the members of the rows of an embedding to many that is spread: each a list of the values.
func (e *embed) lists(w *writer, rows []*row) []member {
	out := e.plan.members(w, &row{})
	for i := range out {
		out[i].json = []byte{'['}
	}
	for n, r := range rows {
		for i, m := range e.plan.members(w, r) {
			if n > 0 {
				out[i].json = append(out[i].json, ',')
			}
			out[i].json = append(out[i].json, m.json...)
		}
		if w.over() {
			break
		}
	}
	for i := range out {
		out[i].json = append(out[i].json, ']')
	}
	return out
}

func (p *plan) appendRow(w *writer, dst []byte, r *row) []byte {
	if p.shown == nil {
		return p.appendObject(w, dst, p.members(w, r))
	}
	from := len(dst)
	dst = append(dst, '{')
	for _, s := range p.shown {
		before := len(dst)
		if before > from+1 {
			dst = append(dst, ',')
		}
		dst = append(dst, s.name...)
		at := len(dst)
		dst = r.appendField(dst, s.field)
		if p.stripped && string(dst[at:]) == "null" {
			dst = dst[:before]
		}
		if w.left < len(dst)-from {
			break
		}
	}
	w.left -= len(dst) - from + 1
	return append(dst, '}')
}

func (p *plan) appendObject(w *writer, dst []byte, members []member) []byte {
	dst = append(dst, '{')
	w.left -= 2
	first := true
	for _, m := range members {
		if p.stripped && string(m.json) == "null" {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		w.left -= len(m.name) + len(`"":,`)
		dst = append(append(query.String(m.name).AppendJSON(dst), ':'), m.json...)
	}
	return append(dst, '}')
}

// roomOf is about how many bytes some rows take, as the native API has it.
func roomOf(rows int) int { return 256 + 256*min(rows, 1000) }

func (p *plan) appendRows(w *writer, dst []byte, rows []*row) []byte {
	dst = append(dst, '[')
	for i, r := range rows {
		if w.over() {
			break
		}
		if i == 1 && len(rows) > 2 { // the others are about as long as the first
			if room := len(dst) * len(rows) * 5 / 4; room > cap(dst)*2 {
				dst = slices.Grow(dst, min(room, w.left+len(dst)))
			}
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = p.appendRow(w, dst, r)
	}
	return append(dst, ']')
}

// csv writes rows with a line of names ahead. Text stands as it is, and anything else as its JSON.
func (p *plan) csv(w *writer, rows []*row) []byte {
	var out strings.Builder
	lines := csv.NewWriter(&out)
	for i, r := range rows {
		if w.over() {
			break
		}
		members := p.members(w, r)
		record := make([]string, len(members))
		if i == 0 {
			for n, m := range members {
				record[n] = m.name
			}
			_ = lines.Write(record) // a strings.Builder takes everything
		}
		for n, m := range members {
			v := query.RawJSON(string(m.json))
			record[n] = asText(v).Text()
		}
		_ = lines.Write(record)
	}
	lines.Flush()
	return []byte(out.String())
}
