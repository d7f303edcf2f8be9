package sqltest

import (
	"fmt"
	"math"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

type named struct {
	name       string
	collection *db.Collection
	where      query.Filter
}

var operators = []query.CompareOp{query.Eq, query.Lt, query.Le, query.Gt, query.Ge}

func field(name string) query.Path { return query.Path{Field: name} }

func compareWith(name string, op query.CompareOp, v query.Value) query.Filter {
	return &query.Compare{Path: field(name), Op: op, Value: v}
}

// memberOf is a lookup whose own condition is narrowed by an index.
var memberOf = query.Lookup("members", compareWith("user", query.Eq, query.String("u")), query.Link{Inner: field("team"), Op: query.Eq, Outer: field("owner")})

// filters are conditions of every node, on fields of every kind.
func filters() []named {
	var out []named
	add := func(name string, where query.Filter) { out = append(out, named{name, things, where}) }
	seen := map[string]int{}
	comparisons(func(c *db.Collection, where query.Filter) {
		name := c.Name + " " + query.Canonical(where)
		if seen[name]++; seen[name] > 1 { // the same meaning in another form, such as 3 and 3.0
			name += fmt.Sprint(" again ", seen[name])
		}
		out = append(out, named{name, c, where})
	})
	a, b, c := compareWith("s", query.Eq, query.String("a")), compareWith("n", query.Gt, query.Int(1)), compareWith("b", query.Eq, query.Bool(true))
	add("and", query.All(a, b, c))
	add("or", query.Any(a, b, c))
	add("not", query.Negate(a))
	add("not of and", query.Negate(query.All(a, b)))
	add("or of and of or", query.Any(a, query.All(b, query.Any(c, query.Negate(a)))))
	add("constants inside", &query.And{Terms: []query.Filter{query.True, &query.Not{Term: query.False}}})
	out = append(out, lookups()...)
	for _, text := range []string{"fox", "Lazy dog's "} {
		s := &query.Search{Fields: []string{"title", "body"}, Text: text}
		out = append(out, named{"search " + text, articles, s}, named{"search and " + text, articles, query.All(s, query.Negate(compareWith("title", query.Eq, query.Null)))})
	}
	return append(out, named{"search with typos", articles, &query.Search{Fields: []string{"title", "body"}, Text: "the foxe", Typos: true}})
}

// comparisons calls add for conditions of one node.
func comparisons(add func(*db.Collection, query.Filter)) {
	far, before := query.Micros(math.MaxInt64-1), query.Micros(math.MinInt64+1)
	values := map[string][]query.Value{
		"id": {query.String("a")},
		"s":  {query.String("a"), query.String("")},
		"n":  {query.Int(3), query.Float(2.5), query.Float(3), query.Float(1e300), query.Float(-1e300), query.Double(math.NaN()), query.Double(math.Inf(-1))},
		"f":  {query.Float(0.5), query.Int(7), query.Int(1<<53 + 1), query.Int(1<<53 + 3), query.Int(math.MaxInt64), query.Double(math.NaN()), query.Double(math.Inf(1))},
		"b":  {query.Bool(true), query.Bool(false)},
		"t":  {at, query.Forever, query.Always, far, before},
		"y":  {query.Bytes("\x00\xff"), query.Bytes("")},
		"j":  {query.Bool(true), query.Bool(false), query.Int(1), query.Float(1.5), query.Float(1e20), query.Double(math.Inf(1)), query.Double(math.NaN()), query.String("x"), query.String("")},
	}
	for _, n := range Native {
		if n.Type != query.TypeJSON {
			values[n.Column] = []query.Value{n.Value}
		}
	}
	values["uuid"] = append(values["uuid"], query.String("6BA7B810-9dad-11d1-80b4-00c04fd430c8"))
	values["smallint"] = append(values["smallint"], query.Float(0.5))
	values["numeric"] = append(values["numeric"], query.Int(1))
	values["timestamp"] = append(values["timestamp"], far, query.Forever)
	values["json"] = []query.Value{query.Int(1), query.String("x"), query.Bool(true)}
	for _, c := range []*db.Collection{things, existing} {
		for _, f := range c.Shape.Fields {
			paths := []query.Path{field(f.Name)}
			if f.Type == query.TypeJSON {
				paths = append(paths, query.Path{Field: f.Name, Sub: "a.b c"})
			}
			samples := values[f.Name]
			if f.Name == "id" && f.Type == query.TypeInt {
				samples = []query.Value{query.Int(1)}
			}
			for _, p := range paths {
				one(c, f, p, samples, add)
			}
		}
	}
	for _, pair := range [][2]string{{"s", "s2"}, {"n", "n2"}, {"f", "f2"}, {"n", "f"}, {"f", "n"}, {"b", "b"}, {"t", "t"}, {"y", "y"}} {
		for _, op := range operators {
			add(things, &query.CompareFields{Left: field(pair[0]), Op: op, Right: field(pair[1])})
		}
	}
	for _, pair := range [][2]string{{"varchar", "collated"}, {"smallint", "numeric"}, {"date", "timestamp"}, {"uuid", "enum"}} {
		for _, op := range []query.CompareOp{query.Eq, query.Lt} {
			add(existing, &query.CompareFields{Left: field(pair[0]), Op: op, Right: field(pair[1])})
		}
	}
}

// one adds the conditions on one field.
func one(c *db.Collection, f query.Field, p query.Path, values []query.Value, add func(*db.Collection, query.Filter)) {
	add(c, &query.Compare{Path: p, Op: query.Eq, Value: query.Null})
	for _, v := range values {
		for _, op := range operators {
			add(c, &query.Compare{Path: p, Op: op, Value: v})
		}
	}
	for n := 2; n <= len(values); n++ {
		add(c, &query.In{Path: p, Values: values[:n]})
	}
	if len(values) > 0 {
		add(c, &query.In{Path: p, Values: []query.Value{values[0], query.Null}})
		add(c, &query.In{Path: p, Values: []query.Value{values[0], values[0], values[0]}})
	}
	if kind := f.Type.Kind(); kind != query.KindString && kind != query.KindJSON {
		return
	}
	for _, text := range []string{"", "ab", "%_", "é", "ÿ", "\ud7ff", "a\U0010ffff", "\U0010ffff"} {
		for _, op := range []query.TextOp{query.Contains, query.StartsWith, query.EndsWith} {
			add(c, &query.Text{Path: p, Op: op, Text: text})
		}
	}
	for _, op := range []query.TextOp{query.Like, query.ILike} {
		test, _ := query.TextTest(p, f.Type, op, `a%[b]_\%*é`)
		add(c, test)
	}
	for _, op := range operators {
		add(c, &query.Length{Path: p, Op: op, Value: 2})
	}
	if f.Type == query.TypeJSON {
		for _, v := range append([]query.Value{query.Null}, values...) {
			add(c, &query.Has{Path: p, Value: v})
		}
	}
}

// lookups are conditions on other collections.
func lookups() []named {
	link := func(inner string, op query.CompareOp, outer string) query.Link {
		return query.Link{Inner: field(inner), Op: op, Outer: field(outer)}
	}
	user := compareWith("user", query.Eq, query.String("u"))
	extra := &query.Compare{Path: query.Path{Field: "extra", Sub: "k"}, Op: query.Gt, Value: query.Int(2)}
	var out []named
	add := func(name string, where query.Filter) {
		out = append(out, named{"lookup " + name, things, where}, named{"no lookup " + name, things, query.Negate(where)})
	}
	add("by key", query.Lookup("members", user, link("id", query.Eq, "owner")))
	add("narrowed", memberOf)
	add("narrowed by several values", query.Lookup("members", query.All(&query.In{Path: field("user"), Values: []query.Value{query.String("u"), query.String("v")}}, compareWith("level", query.Gt, query.Int(2))), link("team", query.Eq, "s")))
	add("not narrowed", query.Lookup("members", compareWith("level", query.Gt, query.Int(2)), link("team", query.Eq, "owner")))
	add("of any document", query.Lookup("members", query.True, link("team", query.Eq, "owner")))
	add("without link", query.Lookup("members", user))
	add("without link or condition", query.Lookup("members", query.True))
	add("by several links", query.Lookup("members", user, link("team", query.Eq, "owner"), link("level", query.Le, "n"), link("until", query.Gt, "t")))
	add("of other numbers", query.Lookup("members", user, link("level", query.Eq, "f")))
	add("of other numbers, compared", query.Lookup("members", user, link("weight", query.Lt, "n"), link("level", query.Ge, "f")))
	add("with json inside", query.Lookup("members", query.All(user, extra, &query.Has{Path: field("extra"), Value: query.Int(1)}), link("id", query.Eq, "owner")))
	add("of a key of several columns", query.Lookup("lines", query.True, link("number", query.Eq, "n"), link("part", query.Eq, "s")))
	add("of the same collection", query.Lookup("things", query.All(compareWith("b", query.Eq, query.Bool(true)), compareWith("s", query.Ge, query.String("x"))), link("owner", query.Eq, "owner")))
	add("inside a lookup", query.Lookup("members", query.All(user, query.Lookup("lines", compareWith("x", query.Eq, query.String("y")), link("number", query.Eq, "level"))), link("id", query.Eq, "owner")))
	add("narrowed inside a lookup", query.Lookup("things", query.All(compareWith("n", query.Gt, query.Int(1)), memberOf), link("id", query.Eq, "owner")))
	add("of a search", query.Lookup("articles", &query.Search{Fields: []string{"title", "body"}, Text: "fox"}, link("id", query.Eq, "owner")))
	add("of columns of other types", query.Lookup("existing", compareWith("varchar", query.Gt, query.String("a")), link("uuid", query.Eq, "owner"), link("numeric", query.Lt, "n"), link("timestamp", query.Ge, "t"), link("collated", query.Lt, "s")))
	both := query.Any(memberOf, query.Lookup("lines", query.True, link("part", query.Eq, "s")), compareWith("s", query.Eq, query.String("a")))
	add("or another", both)
	for i, op := range operators {
		add(fmt.Sprintf("by %s on text %d", op, i), query.Lookup("members", user, link("team", op, "s")))
	}
	return out
}
