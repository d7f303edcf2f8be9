package rules

import (
	"fmt"
	"slices"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/syntax"
)

// class is what is known of a node before any request: whether it can be computed from the caller and the request
// alone, or depends on the stored document, and in which form.
type class uint8

const (
	knownClass  class = iota // no doc in it
	valueClass               // a field of doc, or a choice between fields and known values
	lengthClass              // len of a field
	condClass                // a condition on doc
)

// static is the result of checking a node. typ is empty if it is not known.
type static struct {
	class class
	typ   query.Type
	// lookup is true for a field of another document, nested if the id of that document comes from yet another
	// one.
	lookup, nested bool
	// inside is true for what is in a json field, declared or not.
	inside bool
	// never describes a node that is never true or false; it is empty if the node can be.
	never string
}

func (s static) dependent() bool { return s.class != knownClass }

func (s static) unknown() bool { return s.typ == "" || s.typ == query.TypeJSON }

// checker refuses what cannot be translated faithfully. It walks the compiled tree. Positions in the source are
// those of the whole rule's parser node if no finer one is available.
type checker struct {
	shape *query.Shape
	slots map[int]static
	claim bool // lookups are known
}

func (c *compiler) check(root node, n syntax.Node) {
	defer func() {
		if r := recover(); r != nil {
			msg, ok := r.(untranslatable)
			if !ok {
				panic(r)
			}
			panic(&Error{n.Where().Offset, string(msg)})
		}
	}()
	c.static(root)
}

func (c *compiler) static(root node) static {
	k := &checker{c.scope.Shape, map[int]static{}, c.claim}
	return k.check(root)
}

type untranslatable string

func refuse(format string, args ...any) { panic(untranslatable(fmt.Sprintf(format, args...))) }

// known checks nodes that must not depend on doc.
func (k *checker) known(what string, nodes ...node) {
	for _, n := range nodes {
		if k.check(n).dependent() {
			refuse("%s cannot be computed from doc inside the database; compare the fields of doc with known values instead, or store the result in a field of its own", what)
		}
	}
}

// condition checks a node that is used as true or false.
func (k *checker) condition(n node) static {
	s := k.check(n)
	switch {
	case s.class == lengthClass:
		refuse("a length is not true or false; compare it, as in len(doc.field) > 0")
	case s.never != "":
		refuse("%s is not true or false; compare it with something, as in auth.id != nil", s.never)
	case s.class == valueClass && s.typ != query.TypeBool && !s.unknown():
		refuse("a field of type %s is not true or false; compare it with something", s.typ)
	}
	return s
}

// valued returns what is known of a value of a type. It is no condition unless it may be a bool.
func valued(t query.Type) static {
	s := static{typ: t}
	if t != query.TypeBool && !s.unknown() {
		s.never = "a value of type " + string(t)
	}
	return s
}

// claimTypes are the types of claims that every token has, or that the standards define.
var claimTypes = map[string]query.Type{
	"id": query.TypeString, "sub": query.TypeString, "email": query.TypeString, "iss": query.TypeString, "jti": query.TypeString, "name": query.TypeString,
	"exp": query.TypeInt, "iat": query.TypeInt, "nbf": query.TypeInt, "email_verified": query.TypeBool,
}

// bools are the functions of the language that may return one.
var bools = []string{"hasPrefix", "hasSuffix", "first", "last"}

func (k *checker) check(n node) static {
	switch n := n.(type) {
	case literal:
		if n.value == nil {
			return static{never: "nil"}
		}
		return valued(literalType(n.value))
	case claim:
		return valued(claimTypes[n.name])
	case variable:
		return static{never: n.name}
	case now:
		if n.date {
			return static{typ: query.TypeDate, never: "a date"}
		}
		return static{typ: query.TypeTime, never: "a time"}
	case field:
		return static{class: valueClass, typ: n.typ, inside: n.path.Sub != ""}
	case traced:
		return k.check(n.node)
	case lookup:
		return k.lookup(n)
	case webhook:
		return condition(true)
	case fetched:
		return k.fetched(n)
	case plucked:
		k.lookup(n.lookup)
		return static{typ: query.TypeJSON, never: "a list"}
	case nextField:
		s := valued(n.typ)
		s.inside = n.path.Sub != ""
		return s
	case local:
		return k.slots[n.slot]
	case let:
		k.slots[n.slot] = k.check(n.value)
		return k.check(n.body)
	case not:
		s := k.condition(n.term)
		return condition(s.dependent())
	case logical:
		left, right := k.condition(n.left), k.condition(n.right)
		return condition(left.dependent() || right.dependent())
	case comparison:
		return k.comparison(n)
	case inclusion:
		return k.inclusion(n)
	case textTest:
		return k.textTest(n)
	case regex:
		return k.regex(n)
	case choice:
		s := k.condition(n.cond)
		return k.join(s.dependent(), k.check(n.yes), k.check(n.no))
	case coalesce:
		return k.join(false, k.check(n.left), k.check(n.right))
	case length:
		return k.length(n)
	case quantifier:
		return k.quantifier(n)
	case changed:
		return condition(true)
	case arithmetic:
		k.known("arithmetic", n.left, n.right)
		return static{never: "the result of " + n.op}
	case negative:
		k.known("a negative", n.term)
		return static{never: "a negative"}
	case member:
		k.known("a member", n.base, n.key)
		if base, ok := n.base.(variable); ok && base.name == "request" {
			return static{never: "a member of request"}
		}
	case list:
		k.known("an array", n.items...)
		return static{typ: query.TypeJSON, never: "an array"}
	case object:
		k.known("an object", n.keys...)
		k.known("an object", n.values...)
		return static{typ: query.TypeJSON, never: "an object"}
	case call:
		k.known("a function", n.args...)
		if !slices.Contains(bools, n.name) {
			return static{never: "what " + n.name + " returns"}
		}
	}
	return static{}
}

// textTest is contains, startsWith, endsWith, and the patterns of like.
func (k *checker) textTest(n textTest) static {
	text := k.check(n.text)
	if n.op == query.Like || n.op == query.ILike {
		k.known("the pattern of "+n.op.String(), n.part)
	} else {
		k.known("the right side of "+n.op.String(), n.part)
	}
	if text.class == lengthClass || text.class == valueClass && text.typ.Kind() != query.KindString && !text.unknown() {
		refuse("%s works on strings", n.op)
	}
	return condition(text.dependent())
}

// regex is matches.
func (k *checker) regex(n regex) static {
	text := k.check(n.text)
	if !text.dependent() {
		k.known("a pattern", n.pattern)
		return condition(false)
	}
	pattern, ok := n.pattern.(literal)
	source, _ := pattern.value.(string)
	if _, _, simple := simplePattern(source); !ok || !simple {
		refuse(`matches on doc is limited to a literal with ^ or $ at its ends, as in "^inv-", because databases disagree on regular expressions; use startsWith, endsWith, contains or in`)
	}
	return condition(true)
}

// length is len.
func (k *checker) length(n length) static {
	s := k.check(n.of)
	switch {
	case !s.dependent():
		return static{typ: query.TypeInt, never: "a length"}
	case s.lookup:
		refuse("len cannot be used on another document's field")
	case s.class != valueClass || s.typ.Kind() != query.KindString && !s.unknown() && !s.typ.IsList():
		refuse("len takes a string, an array, a list or a json field")
	}
	return static{class: lengthClass, typ: query.TypeInt}
}

// quantifier is what takes a function of the elements of an array, such as any and map.
func (k *checker) quantifier(n quantifier) static {
	k.known("the array of "+n.name, n.over)
	k.slots[n.slot] = static{}
	if n.name != "any" && n.name != "all" && n.name != "none" {
		k.known(n.name, n.body)
		if n.name == "one" {
			return condition(false)
		}
		return static{never: "what " + n.name + " returns"}
	}
	return condition(k.condition(n.body).dependent())
}

func condition(dependent bool) static {
	if dependent {
		return static{class: condClass, typ: query.TypeBool}
	}
	return static{typ: query.TypeBool}
}

func (k *checker) join(dependent bool, a, b static) static {
	if a.class == lengthClass || b.class == lengthClass {
		refuse("a length cannot be one side of a choice; compare it on each side instead")
	}
	out := static{}
	if dependent || a.dependent() || b.dependent() {
		out.class = valueClass
	}
	if a.typ == b.typ {
		out.typ = a.typ
	}
	out.lookup, out.nested, out.inside = a.lookup || b.lookup, a.nested || b.nested, a.inside || b.inside
	for _, side := range []string{a.never, b.never} {
		if side != "nil" && side != "" {
			out.never = side
		}
	}
	return out
}

func (k *checker) comparison(n comparison) static {
	left, right := k.check(n.left), k.check(n.right)
	if left.typ == query.TypeDate && right.typ == query.TypeTime || left.typ == query.TypeTime && right.typ == query.TypeDate {
		refuse("a date cannot be compared with a time; compare dates with today() and times with now()")
	}
	for _, s := range [][2]static{{left, right}, {right, left}} {
		if s[0].typ == query.TypeJSON && s[0].never == "" && (s[1].typ == query.TypeDate || s[1].typ == query.TypeDecimal) {
			refuse("a value inside a json field is not a %s; compare it with string(…)", s[1].typ)
		}
	}
	if !left.dependent() && !right.dependent() {
		return condition(false)
	}
	if left.lookup && right.lookup {
		refuse("two fields of other documents cannot be compared with each other; look one of them up with exists")
	}
	if left.nested && right.dependent() || right.nested && left.dependent() {
		refuse("a field that is reached over two documents can only be compared with a known value")
	}
	if left.class == lengthClass && right.dependent() || right.class == lengthClass && left.dependent() {
		refuse("a length can only be compared with a known number")
	}
	if left.lookup != right.lookup && left.dependent() && right.dependent() && !left.unknown() && !right.unknown() {
		if _, err := query.FieldComparison(query.Path{Field: "the one"}, left.typ, n.op, query.Path{Field: "the other"}, right.typ); err != nil {
			refuse("a value of type %s cannot be compared with one of type %s", left.typ, right.typ)
		}
	}
	if l, ok := n.left.(field); ok {
		if r, ok := n.right.(field); ok {
			if _, err := query.FieldComparison(l.path, l.typ, n.op, r.path, r.typ); err != nil {
				refuse("%s", err)
			}
			return condition(true)
		}
	}
	k.fits(n.left, left, n.right)
	k.fits(n.right, right, n.left)
	return condition(true)
}

// fits refuses a literal that can never equal a field.
func (k *checker) fits(a node, s static, b node) {
	f, isField := a.(field)
	l, isLiteral := b.(literal)
	if !isField {
		if _, isList := b.(list); isList && s.class == valueClass {
			refuse("a field cannot be compared with an array; use `in`")
		}
		return
	}
	if _, isList := b.(list); isList {
		refuse("%s cannot be compared with an array; use `in`", f.path)
	}
	if isLiteral {
		if _, ok := query.Coerce(f.typ, toValue(l.value)); !ok {
			refuse("doc.%s is of type %s and cannot equal or be ordered against %s", f.path, f.typ, toValue(l.value).AppendJSON(nil))
		}
	}
}

func (k *checker) inclusion(n inclusion) static {
	item, in := k.check(n.item), k.check(n.list)
	switch {
	case item.class == lengthClass:
		refuse("a length can only be compared")
	case in.dependent():
		if l, ok := n.list.(fetched); ok && !item.dependent() && l.typ == query.TypeJSON {
			return condition(true)
		}
		f, ok := n.list.(field)
		if !ok || item.dependent() {
			refuse("`in` takes a known value and a list or a json field of doc, or a field of doc and a known array")
		}
		if f.typ.IsList() {
			k.element(f, n.item)
			return condition(true)
		}
		if f.typ != query.TypeJSON {
			refuse("doc.%s is of type %s and has no elements; `in` needs a json field or a known array", f.path, f.typ)
		}
		return condition(true)
	}
	if f, ok := n.item.(field); ok {
		if items, ok := n.list.(list); ok {
			for _, item := range items.items {
				k.fits(f, static{}, item)
			}
		}
	}
	return condition(item.dependent())
}

// element refuses a literal that no element of a list equals.
func (k *checker) element(f field, item node) {
	l, ok := item.(literal)
	if !ok {
		return
	}
	if _, fits := query.AsElement(f.typ.Element(), toValue(l.value)); !fits {
		refuse("doc.%s is a %s and has no element like %s", f.path, f.typ, toValue(l.value).AppendJSON(nil))
	}
}

func literalType(v any) query.Type {
	switch v.(type) {
	case bool:
		return query.TypeBool
	case string:
		return query.TypeString
	case int64:
		return query.TypeInt
	case float64:
		return query.TypeFloat
	}
	return ""
}
