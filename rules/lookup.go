package rules

import (
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// maxLookups is the maximum nesting of lookups.
const maxLookups = 3

// lookupOps are the operators of the JSON form that a lookup supports.
var lookupOps = map[string]string{
	"$eq": "==", "$ne": "!=", "$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<=", "$in": "in", "$nin": "not in",
}

// collection reads the name of the collection of a lookup.
func (c *compiler) collection(n syntax.Node) (string, *query.Shape) {
	if c.forRole {
		fail(n, "nothing is looked up but auth.profile")
	}
	name, ok := n.(*syntax.String)
	if !ok {
		fail(n, "the collection must be a string literal")
	}
	shape := c.scope.Collections[name.Value]
	if shape == nil {
		names := make([]string, 0, len(c.scope.Collections))
		for known := range c.scope.Collections {
			names = append(names, known)
		}
		slices.Sort(names)
		fail(n, "there is no collection %q%s", name.Value, fault.DidYouMean(name.Value, names))
	}
	return name.Value, shape
}

// deeper counts nested lookups.
func (c *compiler) deeper(n syntax.Node) (back func()) {
	if c.claim { // one question after the other
		return func() {}
	}
	if c.lookups++; c.lookups > maxLookups {
		fail(n, "lookups are nested more than %d deep; keep what is looked up in a field of its own", maxLookups)
	}
	return func() { c.lookups-- }
}

// exists compiles exists("members", {"team": doc.team, "since": {"$lt": now()}}).
func (c *compiler) exists(n syntax.Node, arguments []syntax.Node) lookup {
	defer c.deeper(n)()
	name, shape := c.collection(arguments[0])
	conditions, ok := arguments[1].(*syntax.Map)
	if !ok {
		fail(arguments[1], `exists takes conditions on the fields of %s, as in {"user": auth.id}`, name)
	}
	out := lookup{collection: name}
	for _, pair := range conditions.Pairs {
		key, ok := pair.Key.(*syntax.String)
		if !ok {
			fail(pair.Key, "the field must be a string literal")
		}
		path, typ := c.path(pair.Key, shape, key.Value)
		hashed := -1
		if f := shape.Fields[shape.Index(path.Field)]; f.Hashed {
			hashed = shape.Index(path.Field)
		} else if f.Sealed {
			fail(pair.Key, "%s is encrypted, so no rule can read it; a field with hash: true can be compared", path.Field)
		}
		operators, ok := pair.Value.(*syntax.Map)
		if !ok {
			out.terms = append(out.terms, lookupTerm{path, typ, "==", c.node(pair.Value), c.hashed(hashed)})
			continue
		}
		for _, pair := range operators.Pairs {
			key, _ := pair.Key.(*syntax.String)
			if key == nil || lookupOps[key.Value] == "" {
				fail(pair.Key, "a condition is a value, or one of the operators $eq $ne $gt $gte $lt $lte $in $nin")
			}
			op := lookupOps[key.Value]
			if hashed >= 0 && op != "==" && op != "in" {
				fail(pair.Key, "%s is stored as a hash, which can only be compared with a value, or with $in", path.Field)
			}
			out.terms = append(out.terms, lookupTerm{path, typ, op, c.node(pair.Value), c.hashed(hashed)})
		}
	}
	return out
}

// get compiles get("teams", doc.team); a field of it is named by the member that follows.
func (c *compiler) get(n syntax.Node, arguments []syntax.Node) node {
	defer c.deeper(n)()
	name, shape := c.collection(arguments[0])
	if of := shape.Fields[0].Of; of != nil {
		fail(arguments[0], "the key of %s is made of %s; use exists with conditions on those", name, strings.Join(of, " and "))
	}
	return fetched{collection: name, shape: shape, id: c.node(arguments[1])}
}

// target returns the collection that a field refers to, nil if it refers to none.
func (c *compiler) target(shape *query.Shape, field string) *query.Shape {
	i := shape.Index(field)
	if i < 0 || shape.Fields[i].To == "" {
		return nil
	}
	return c.scope.Collections[shape.Fields[i].To]
}

// follow compiles doc.team.owner, where team is a ref: it is get("teams", doc.team).owner.
func (c *compiler) follow(n *syntax.Member, id node, from *query.Shape, ref, rest string) node {
	if c.lookups+chain(id) >= maxLookups && !c.claim {
		fail(n, "lookups are nested more than %d deep; keep what is looked up in a field of its own", maxLookups)
	}
	shape := c.target(from, ref)
	out := fetched{collection: from.Fields[from.Index(ref)].To, shape: shape, id: id}
	if next, deeper, through := strings.Cut(rest, "."); through && c.target(shape, next) != nil {
		return c.follow(n, c.fetchedField(n, out, next), shape, next, deeper)
	}
	return c.fetchedField(n, out, rest)
}

// chain counts the lookups that an id is found by.
func chain(id node) int {
	if f, ok := id.(fetched); ok {
		return 1 + chain(f.id)
	}
	return 0
}

// fetchedField names a field of a looked-up document.
func (c *compiler) fetchedField(n *syntax.Member, b fetched, name string) node {
	b.path, b.typ = c.path(n.Property, b.shape, name)
	if b.shape.Fields[b.shape.Index(b.path.Field)].Sealed {
		fail(n.Property, "%s is encrypted or hashed, so no rule can read it", b.path.Field)
	}
	return b
}

func (k *checker) lookup(n lookup) static {
	dependent, far := 0, 0
	for _, t := range n.terms {
		s := k.check(t.value)
		switch {
		case !s.dependent():
			continue
		case s.class != valueClass:
			refuse("%s is compared with a condition or a length; compare it with a value", t.path)
		case t.op == "!=" || t.op == "in" || t.op == "not in":
			refuse("a field of doc can be compared here with ==, or with $gt, $gte, $lt, $lte, and not with %s", t.op)
		case t.hashed >= 0:
			refuse("%s is stored as a hash, which can be compared with a value of auth or next, and not with a field of doc", t.path)
		case t.typ.Kind() == query.KindJSON || s.typ.Kind() == query.KindJSON || t.path.Sub != "" || s.inside:
			refuse("a json field or a list cannot link two documents, and neither can what is inside one")
		}
		if s.typ != "" {
			if _, err := query.FieldComparison(t.path, t.typ, query.CompareOps[t.op], query.Path{Field: "the value"}, s.typ); err != nil {
				refuse("%s (%s) cannot be compared with a value of type %s", t.path, t.typ, s.typ)
			}
		}
		dependent++
		if s.lookup {
			far++
		}
	}
	if far > 0 && dependent > 1 {
		refuse("one lookup cannot use both another lookup and a field of doc; say it as two conditions with &&")
	}
	for _, t := range n.terms {
		if l, ok := t.value.(literal); ok && t.op != "in" && t.op != "not in" {
			if _, fits := query.Coerce(t.typ, toValue(l.value)); !fits {
				refuse("%s.%s is of type %s and cannot equal or be ordered against %s", n.collection, t.path, t.typ, toValue(l.value).JSON())
			}
		}
	}
	return condition(!k.claim)
}

func (k *checker) fetched(n fetched) static {
	if n.path.Field == "" && n.profile {
		refuse("auth.profile is a whole document; name a field of it, as in auth.profile.%s, or compare auth.profile.id with nil to ask whether there is one", exampleField(n.shape))
	}
	if n.path.Field == "" {
		refuse(`get(...) is a whole document; name a field of it, as in get("%s", …).%s, or use exists`, n.collection, exampleField(n.shape))
	}
	id := k.check(n.id)
	if id.class == condClass || id.class == lengthClass || id.dependent() && !id.unknown() && id.typ.Kind() != n.shape.Fields[0].Type.Kind() {
		refuse("the second argument of get is an id of %s, which is %s", n.collection, n.shape.Fields[0].Type.Kind())
	}
	if id.dependent() && (id.typ.Kind() == query.KindJSON || id.inside) {
		refuse("an id inside a json field cannot be looked up; keep it in a field of its own")
	}
	if k.claim {
		s := valued(n.typ)
		s.inside = n.path.Sub != ""
		return s
	}
	return static{class: valueClass, typ: n.typ, lookup: true, nested: id.lookup, inside: n.path.Sub != ""}
}

// origin is the document that a looked-up field belongs to.
type origin struct {
	collection string
	shape      *query.Shape
	id         result
}

func (e *evaluator) exists(n lookup) query.Filter {
	if e.find != nil {
		return query.Const(len(e.found(n, e.keyOf(n.collection), 1)) > 0)
	}
	values := make([]result, len(n.terms))
	for i, t := range n.terms {
		values[i] = e.eval(t.value)
	}
	return e.existsWith(n, values)
}

// existsWith splits alternatives until each value is known or a field.
func (e *evaluator) existsWith(n lookup, values []result) query.Filter {
	var where []query.Filter
	var links []query.Link
	for i, t := range n.terms {
		switch v := values[i]; v.form {
		case knownForm:
			where = append(where, e.term(n.collection, t, v))
		case fieldForm:
			if !t.links(v) {
				e.needsDocument(t.path.String() + " is looked up by a value of the stored document")
				return query.False
			}
			links = append(links, query.Link{Inner: t.path, Op: query.CompareOps[t.op], Outer: v.path})
		case casesForm, lookupForm:
			return e.each(v, func(r result) query.Filter {
				with := slices.Clone(values)
				with[i] = r
				return e.existsWith(n, with)
			})
		default:
			e.needsDocument("a lookup by a condition")
			return query.False
		}
	}
	return query.Lookup(n.collection, query.All(where...), links...)
}

// links reports whether a statement can compare a field of this document with the looked-up one.
func (t lookupTerm) links(this result) bool {
	if t.op == "!=" || t.op == "in" || t.op == "not in" || t.hashed >= 0 || t.path.Sub != "" || this.path.Sub != "" {
		return false
	}
	if kind := t.typ.Kind(); kind == this.typ.Kind() && kind != query.KindJSON {
		return true
	}
	_, err := query.FieldComparison(t.path, t.typ, query.CompareOps[t.op], this.path, this.typ)
	return err == nil
}

// term returns the condition for a known value. Types that do not fit have their usual meaning. Nil is absent,
// whatever its origin, unless it is the literal nil.
func (e *evaluator) term(collection string, t lookupTerm, r result) query.Filter {
	var f query.Filter = query.False
	v := toValue(r.value)
	switch {
	case t.op == "in" || t.op == "not in":
		items, _ := r.value.([]any)
		e.work += len(items) / partsOfNode
		values := make([]query.Value, 0, len(items))
		for _, item := range items {
			if v := toValue(item); !v.IsNull() && inJSON(t.path, t.typ, item) {
				values = append(values, e.hashes(collection, t, v)...)
			}
		}
		f, _ = query.Membership(t.path, t.typ, values)
	case isNil(t.value):
		f, _ = query.Comparison(t.path, t.typ, query.CompareOps[t.op], query.Null)
	case t.hashed >= 0 && !v.IsNull():
		f, _ = query.Membership(t.path, t.typ, e.hashes(collection, t, v))
	case !v.IsNull() && inJSON(t.path, t.typ, r.value):
		f, _ = query.Comparison(t.path, t.typ, query.CompareOps[t.op], v)
	}
	if t.op == "!=" || t.op == "not in" {
		return query.Negate(f)
	}
	return f
}

// hashes returns what the field may store for a value: the value, or its hashes if the field is hashed.
func (e *evaluator) hashes(collection string, t lookupTerm, v query.Value) []query.Value {
	switch {
	case t.hashed < 0:
		return []query.Value{v}
	case v.Kind() != query.KindString || e.env.Hasher == nil:
		return nil
	}
	return e.env.Hasher.Hashes(collection, t.hashed, v.Text())
}

// through builds a filter over a looked-up field: the result of f for the field if the document exists, and the
// result of f for absence if it does not.
func (e *evaluator) through(r result, f func(result) query.Filter) query.Filter {
	at, ok := e.at(r, func(r result) query.Filter { return e.through(r, f) })
	if !ok {
		return at(query.True)
	}
	if e.work += 2; e.work > maxWork || e.err != nil {
		e.tooBig()
		return query.False
	}
	inner := result{form: fieldForm, foreign: true, path: r.path, typ: r.typ}
	return found(at, f(inner), f(absent))
}

// throughLink compares a looked-up field with a field of this document.
func (e *evaluator) throughLink(r result, op query.CompareOp, this result) query.Filter {
	if r.typ.Kind() == query.KindJSON || this.typ.Kind() == query.KindJSON || r.path.Sub != "" || this.path.Sub != "" {
		e.needsDocument("a json field is compared with another document's")
		return query.False
	}
	if _, err := query.FieldComparison(r.path, r.typ, op, this.path, this.typ); err != nil { // no such values are equal or have an order
		return query.False
	}
	at, ok := e.at(r, func(r result) query.Filter { return e.throughLink(r, op, this) })
	if !ok {
		return at(query.True)
	}
	return at(query.True, query.Link{Inner: r.path, Op: op, Outer: this.path})
}

// at returns the lookup of a looked-up field's document. If its id is not one value, it returns a filter built by
// again for each alternative, and false.
func (e *evaluator) at(r result, again func(result) query.Filter) (func(query.Filter, ...query.Link) query.Filter, bool) {
	o := r.from
	key := query.Path{Field: o.shape.Fields[0].Name}
	switch o.id.form {
	case knownForm:
		isIt, _ := query.Comparison(key, o.shape.Fields[0].Type, query.Eq, toValue(o.id.value))
		missing := toValue(o.id.value).IsNull() || toValue(o.id.value) == query.String("")
		return func(where query.Filter, links ...query.Link) query.Filter {
			if missing {
				return query.False
			}
			return query.Lookup(o.collection, query.All(isIt, where), links...)
		}, true
	case fieldForm:
		if o.id.path.Sub != "" || o.id.typ.Kind() == query.KindJSON {
			e.needsDocument("an id inside a json field is looked up")
			return func(query.Filter, ...query.Link) query.Filter { return query.False }, false
		}
		link := query.Link{Inner: key, Op: query.Eq, Outer: o.id.path}
		return func(where query.Filter, links ...query.Link) query.Filter {
			return query.Lookup(o.collection, where, append([]query.Link{link}, links...)...)
		}, true
	}
	whole := e.each(o.id, func(id result) query.Filter {
		r.from = &origin{o.collection, o.shape, id}
		return again(r)
	})
	return func(query.Filter, ...query.Link) query.Filter { return whole }, false
}

// found combines the condition for an existing document with the one for a missing document.
func found(at func(query.Filter, ...query.Link) query.Filter, there, missing query.Filter) query.Filter {
	switch missing {
	case query.False:
		return at(there)
	case query.True:
		return query.Negate(at(query.Negate(there)))
	}
	return query.Any(at(there), query.All(query.Negate(at(query.True)), missing))
}
