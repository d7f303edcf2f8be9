package sqltest

import (
	"fmt"

	"github.com/basalt-dev/basalt/modules/db"
	sqldb "github.com/basalt-dev/basalt/modules/db/sql"
	"github.com/basalt-dev/basalt/modules/query"
)

// Question is one call of a driver. Exactly one of its requests is set.
type Question struct {
	Name       string
	Collection *db.Collection

	Find      *db.Find
	Count     query.Filter
	Aggregate *db.Aggregate
	Insert    []query.Row
	Update    *db.Update
	Delete    query.Filter
}

// Write renders the question, an insert with all columns. An update that returns rows is not complete yet.
func (q Question) Write(b *sqldb.Builder) {
	switch {
	case q.Find != nil:
		b.Find(*q.Find)
	case q.Count != nil:
		b.Count(q.Count)
	case q.Aggregate != nil:
		b.Aggregate(*q.Aggregate)
	case q.Update != nil:
		b.Update(*q.Update)
	case q.Delete != nil:
		b.Delete(q.Delete)
	default:
		b.Insert(b.Table.Stored, q.Insert...)
	}
}

// Questions are all calls that the golden files have.
func Questions() []Question {
	var out []Question
	for _, f := range filters() {
		out = append(out, Question{Name: "where " + f.name, Collection: f.collection, Count: f.where})
	}
	out = append(out, finds()...)
	out = append(out, aggregates()...)
	return append(out, writes()...)
}

// finds are the forms of a [db.Find].
func finds() []Question {
	var out []Question
	add := func(name string, c *db.Collection, f db.Find) {
		if f.Where == nil {
			f.Where = query.True
		}
		out = append(out, Question{Name: "find " + name, Collection: c, Find: &f})
	}
	sorted := func(keys ...query.SortKey) db.Find { return db.Find{Query: query.Query{Sort: keys}} }
	add("all", things, db.Find{})
	add("nothing", things, db.Find{Query: query.Query{Where: query.False}})
	add("without filter", things, db.Find{Query: query.Query{Limit: 1}})
	add("by key", things, db.Find{Query: query.Query{Where: things.ByKey("a")}})
	add("by key of several columns", lines, db.Find{Query: query.Query{Where: lines.ByKey("7~a")}})
	add("by keys", things, db.Find{Query: query.Query{Where: things.ByKeys([]string{"a", "b", "c"}), Limit: 3}})
	add("some fields", things, db.Find{Fields: []int{0, 3, 9}})
	add("all of a key of several columns", lines, sorted(lines.KeyOrder(true)...))
	add("names that need quotes", quoted, sorted(query.SortKey{Field: "odd"}, query.SortKey{Field: "id"}))
	add("columns of other types", existing, db.Find{})
	for _, c := range []*db.Collection{things, existing} {
		for _, f := range c.Shape.Fields {
			for _, desc := range []bool{false, true} {
				add(fmt.Sprintf("%s by %s %s", c.Name, f.Name, direction(desc)), c, sorted(query.SortKey{Field: f.Name, Desc: desc}, query.SortKey{Field: "id", Desc: desc}))
			}
		}
	}
	for _, desc := range []bool{false, true} {
		add("with null as the largest "+direction(desc), things, sorted(query.SortKey{Field: "n", Desc: desc, NullLargest: true}, query.SortKey{Field: "id"}))
	}
	for _, desc := range []bool{false, true} {
		add("by what is inside a json field "+direction(desc), things, sorted(query.SortKey{Field: "j", Sub: "a.b", Desc: desc, NullLargest: desc}, query.SortKey{Field: "id"}))
	}
	limited := sorted(query.SortKey{Field: "t", Desc: true}, query.SortKey{Field: "id"})
	limited.Where, limited.Limit, limited.Offset = compareWith("b", query.Eq, query.Bool(true)), 20, 40
	add("limit and offset", things, limited)
	limited.Fields, limited.Per, limited.PerLimit = []int{0, 1}, []int{3}, 2
	add("the first of each group", things, limited)
	limited.Per, limited.PerLimit = []int{3, 1}, 1
	add("the first of each group by two fields", things, limited)
	perOther := sorted(query.SortKey{Field: "id"})
	perOther.Per, perOther.PerLimit = []int{1}, 1
	add("the first of each group of another type", existing, perOther)
	for _, words := range []string{"fox", "Lazy dog's"} {
		s := &query.Search{Fields: []string{"title", "body"}, Text: words}
		add("by rank of "+words, articles, db.Find{Query: query.Query{Where: s, Limit: 10}, Rank: s, Offset: 10})
	}
	typos := &query.Search{Fields: []string{"title", "body"}, Text: "foxe", Typos: true}
	add("by rank with typos", articles, db.Find{Query: query.Query{Where: typos, Limit: 10}, Rank: typos})
	add("locked", things, db.Find{Query: query.Query{Where: things.ByKey("a")}, Lock: db.Exclusive})
	add("locked for others' writes", things, db.Find{Query: query.Query{Where: things.ByKey("a")}, Lock: db.Shared})
	for _, w := range windows() {
		add("after "+w.name, w.collection, db.Find{Query: query.Query{Where: w.where, Sort: w.sort, Limit: 3}})
	}
	return out
}

func direction(desc bool) string {
	if desc {
		return "down"
	}
	return "up"
}

type window struct {
	name       string
	collection *db.Collection
	sort       []query.SortKey
	where      query.Filter
}

// windows are the filters of the pages after a row, as a cursor makes them.
func windows() []window {
	cursors := query.NewCursors([32]byte{1})
	var out []window
	for _, test := range []struct {
		field string
		value query.Value
	}{{"s", query.String("m")}, {"n", query.Int(5)}, {"f", query.Float(0.5)}, {"b", query.Bool(true)}, {"t", at}, {"y", query.Bytes("\x00\x01")}, {"n", query.Null}} {
		for _, desc := range []bool{false, true} {
			sort := []query.SortKey{{Field: test.field, Desc: desc}, {Field: "id", Desc: desc}}
			row := make(query.Row, len(things.Columns))
			row[0], row[things.Shape.Index(test.field)] = query.String("a"), test.value
			ranges, err := cursors.After("things", things.Shape, sort, cursors.Make("things", things.Shape, sort, row))
			if err != nil {
				panic(err) // impossible: the cursor is its own
			}
			for n, where := range ranges {
				out = append(out, window{fmt.Sprintf("%s %s %s %d", test.field, test.value.JSON(), direction(desc), n+1), things, sort, where})
			}
		}
	}
	return out
}

func aggregates() []Question {
	var out []Question
	add := func(name string, c *db.Collection, a db.Aggregate) {
		if a.Where == nil {
			a.Where = query.True
		}
		out = append(out, Question{Name: "aggregate " + name, Collection: c, Aggregate: &a})
	}
	add("count", things, db.Aggregate{Count: true})
	for _, c := range []*db.Collection{things, existing} {
		for i, f := range c.Shape.Fields {
			if f.Type == query.TypeJSON {
				continue
			}
			add(fmt.Sprintf("%s by %s", c.Name, f.Name), c, db.Aggregate{Group: []int{i}, Count: true})
			add(fmt.Sprintf("%s extremes of %s", c.Name, f.Name), c, db.Aggregate{Min: []int{i}, Max: []int{i}})
			if f.Type == query.TypeInt || f.Type == query.TypeFloat {
				add(fmt.Sprintf("%s sum of %s", c.Name, f.Name), c, db.Aggregate{Sum: []int{i}, Avg: []int{i}})
			}
		}
	}
	add("everything", things, db.Aggregate{Where: compareWith("n", query.Gt, query.Int(0)), Group: []int{1, 6}, Count: true, Sum: []int{3, 5}, Avg: []int{3}, Min: []int{7}, Max: []int{7, 1}, Limit: 100})
	return out
}

func writes() []Question {
	var out []Question
	full := query.Row{query.String("a"), query.String("text"), query.Null, query.Int(1), query.Int(-1), query.Float(0.5), query.Float(2), query.Bool(true), at, query.Bytes("\x00\xff"), query.RawJSON(`{"a":[1,2.50,null]}`), query.String("o")}
	empty := make(query.Row, len(full))
	empty[0] = query.String("b")
	scalar := make(query.Row, len(full))
	scalar[0], scalar[10] = query.String("c"), query.String("a scalar")
	add := func(name string, c *db.Collection, rows ...query.Row) {
		out = append(out, Question{Name: "insert " + name, Collection: c, Insert: rows})
	}
	add("a full row", things, full)
	add("an empty row", things, empty)
	add("a json scalar", things, scalar)
	add("several rows", things, full, empty)
	add("a key of several columns", lines, query.Row{query.Null, query.Int(7), query.String("a"), query.Null})
	add("columns of other types", existing, existingRow(false))
	add("nulls into columns of other types", existing, existingRow(true))

	change := func(name string, c *db.Collection, where query.Filter, returned bool, set ...db.Assignment) {
		out = append(out, Question{Name: "update " + name, Collection: c, Update: &db.Update{Where: where, Set: set, Return: returned}})
	}
	for i, v := range full[1:] {
		change("field "+things.Columns[i+1].Name, things, things.ByKey("a"), i%2 == 0, db.Assignment{Field: i + 1, Value: v})
	}
	change("to null", things, query.True, false, db.Assignment{Field: 1, Value: query.Null}, db.Assignment{Field: 10, Value: query.Null})
	change("if nothing has changed", things, query.All(things.ByKey("a"), compareWith("n", query.Eq, query.Int(1)), compareWith("s", query.Eq, query.Null)), true, db.Assignment{Field: 3, Value: query.Int(2)})
	change("with a lookup", things, memberOf, true, db.Assignment{Field: 6, Value: query.Float(1)})
	for i, v := range existingRow(false)[1:] {
		change("column "+existing.Columns[i+1].Name, existing, existing.ByKey("1"), true, db.Assignment{Field: i + 1, Value: v})
	}
	remove := func(name string, c *db.Collection, where query.Filter) {
		out = append(out, Question{Name: "delete " + name, Collection: c, Delete: where})
	}
	remove("all", things, query.True)
	remove("by key", things, things.ByKey("a"))
	remove("by key of several columns", lines, lines.ByKey("7~a"))
	remove("with a lookup", things, memberOf)
	return out
}

// Frequent are the questions whose rendering the benchmarks of the drivers measure.
func Frequent() []Question {
	names := map[string]bool{"find by key": true, "find by keys": true, "find limit and offset": true, "find after t " + at.JSON() + " down": true,
		"where lookup narrowed": true, "insert a full row": true, "update if nothing has changed": true}
	var out []Question
	for _, q := range Questions() {
		if names[q.Name] {
			out = append(out, q)
		}
	}
	if len(out) != len(names) {
		panic("a frequent question has another name")
	}
	return out
}
