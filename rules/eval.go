package rules

import (
	"slices"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// result is the result of folding a node: a known value, or one of the forms that depend on doc.
type result struct {
	form form
	// foreign is true if nil is absent here, see absence.
	foreign bool

	value any          // known
	spell query.Form   // of the known value of a field
	fold  *query.Fold  // as the column of a field compares
	field bool         // whether a known value is one of a field
	json  bool         // whether that is a json field
	inner bool         // whether it is inside of one
	path  query.Path   // fieldForm, lengthForm
	typ   query.Type   // of the field
	cond  query.Filter // condForm
	cases []guarded    // casesForm: guards that exclude each other and leave nothing out
	from  *origin      // lookupForm: the document that path is a field of
	ofDoc bool         // of a variable: whether it depends on the stored document
}

type form uint8

const (
	knownForm form = iota
	fieldForm
	lengthForm
	condForm
	casesForm
	lookupForm
)

type guarded struct {
	guard query.Filter
	result
}

// evaluator folds one rule for one env. The first error is kept, and the rest is ignored.
type evaluator struct {
	env   *Env
	shape *query.Shape
	slots []result
	work  int
	err   error
	trace func(span int, r result) // nil outside of explanations

	made   made
	stance stance
	calls  bool   // the rule has functions, which may fail
	failed bool   // something in the condition around has failed
	by     string // the function that was the first to fail
	why    string // and on what
	// collections are those that a claim asks.
	collections map[string]*query.Shape
	// find asks for the values of a field; nil for rules, whose lookups are not known.
	find func(collection string, where query.Filter, field string, limit int) ([]query.Value, error)
}

const (
	maxWork  = 100_000 // nodes visited in one fold
	maxCases = 64      // alternatives of one choice

	// What is gone through in the time of a node.
	bytesOfTest    = 4096 // by contains and the like, and by len
	bytesOfLike    = 512
	bytesOfPattern = 64 // by a regular expression
	partsOfNode    = 16 // of a list
)

func known(v any) result { return result{value: v} }

func cond(f query.Filter) result {
	if c, ok := f.(query.Const); ok {
		return known(bool(c))
	}
	return result{form: condForm, cond: f}
}

func (e *evaluator) needsDocument(why string) result {
	if e.err == nil {
		e.err = &NeedsDocument{why}
	}
	return absent
}

func (e *evaluator) tooBig() {
	if e.err == nil {
		e.err = fault.Errorf(fault.Forbidden, "the rule grows too large for this caller's claims")
	}
}

// known evaluates a node that must be known.
func (e *evaluator) known(n node) any {
	r := e.eval(n)
	if r.form != knownForm {
		e.needsDocument("a value of the stored document is used where only a known one can be")
		return nil
	}
	return r.value
}

func (e *evaluator) condition(r result) query.Filter {
	switch r.form {
	case knownForm:
		return query.Const(r.value == true)
	case condForm:
		return r.cond
	case fieldForm:
		f, _ := query.Comparison(r.path, r.typ, query.Eq, query.Bool(true))
		return f
	case casesForm:
		terms := make([]query.Filter, len(r.cases))
		for i, c := range r.cases {
			terms[i] = query.All(c.guard, e.condition(c.result))
		}
		return query.Any(terms...)
	case lookupForm:
		return e.through(r, e.condition)
	}
	return query.False
}

func (e *evaluator) eval(n node) result {
	if e.work++; e.work > maxWork || e.err != nil {
		if e.err == nil {
			e.tooBig()
		}
		return known(nil)
	}
	switch n := n.(type) {
	case literal:
		return result{value: n.value, foreign: n.value == nil}
	case claim:
		if n.name == "id" {
			return result{value: e.env.Auth["sub"], foreign: true}
		}
		return result{value: e.env.Auth[n.name], foreign: true}
	case field:
		if e.env.Doc != nil {
			return result{value: query.Known(n.typ, e.shape.Get(e.env.Doc, n.path)), spell: e.formOf(n.path), fold: e.foldOf(n.path), field: true, json: n.typ == query.TypeJSON, inner: n.path.Sub != ""}
		}
		return result{form: fieldForm, path: n.path, typ: n.typ, fold: e.foldOf(n.path)}
	case comparison:
		f := e.comparison(n)
		if n.negate {
			f = query.Negate(f)
		}
		return cond(f)
	case logical:
		return e.logical(n)
	case not:
		return cond(query.Negate(e.against(n.term)))
	case inclusion:
		return cond(e.include(e.written(n.item), e.eval(n.list)))
	case nextField:
		return e.next(n)
	case variable:
		if n.name == "auth" {
			if e.env.Auth == nil {
				return absent
			}
			return result{value: e.env.Auth, foreign: true}
		}
		return absent
	case member:
		return e.member(n)
	case local:
		return e.slots[n.slot]
	case let:
		value := e.operand(n.value)
		value.ofDoc = e.calls && e.ofDoc(n.value)
		if e.bind(n.slot, value); e.stance == neutral {
			return e.eval(n.body)
		}
		if e.refused() {
			return known(e.refusal())
		}
		return cond(e.filter(n.body))
	case textTest:
		part := e.known(n.part)
		return cond(e.textTest(n.op, e.eval(n.text), part))
	case regex:
		return cond(e.regex(e.eval(n.text), e.known(n.pattern)))
	case choice:
		if e.stance == neutral {
			c := e.filter(n.cond)
			switch c {
			case query.True:
				e.rest(query.True, n.cond, n.no)
			case query.False:
				e.rest(query.True, n.cond, n.yes)
			}
			return e.choice(c, n)
		}
		return cond(e.chosen(n))
	case coalesce:
		left := e.eval(n.left)
		out, needed := e.coalesce(left, n.right)
		if !needed {
			e.rest(query.True, n.left, n.right)
		}
		return out
	case length:
		return e.length(e.eval(n.of))
	case negative:
		return computed(arithmeticOf("-", int64(0), e.known(n.term)))
	case arithmetic:
		return e.arithmetic(n.op, e.known(n.left), e.known(n.right))
	case list:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = e.packed(item)
		}
		return e.counted(items)
	case object:
		o := make(map[string]any, len(n.keys))
		for i := range n.keys {
			if key, ok := e.known(n.keys[i]).(string); ok {
				o[key] = e.packed(n.values[i])
			}
		}
		return e.counted(o)
	case now:
		if n.date {
			return known(query.DateOf(e.env.Request.Time).Any())
		}
		return known(e.env.Request.Time)
	case changed:
		return cond(e.changed(n))
	case quantifier:
		return e.quantifier(n)
	case call:
		return e.call(n)
	case lookup:
		return cond(e.exists(n))
	case webhook:
		return cond(e.webhook(n))
	case plucked:
		return e.pluck(n)
	case fetched:
		if e.find != nil {
			return e.fetch(n)
		}
		return result{form: lookupForm, path: n.path, typ: n.typ, from: &origin{n.collection, n.shape, e.eval(n.id)}}
	case traced:
		var r result
		if e.stance == neutral {
			r = e.eval(n.node)
		} else {
			r = cond(e.filter(n.node))
		}
		e.trace(n.span, r)
		return r
	}
	return absent
}

func (e *evaluator) logical(n logical) result {
	// a && b && c is ((a && b) && c): the terms are joined at once, not two by two.
	var spine [16]node
	depth := 0
	first := n.left
	spine[0] = n.right
	for depth < len(spine)-1 {
		l, ok := first.(logical)
		if !ok || l.and != n.and {
			break
		}
		depth++
		spine[depth] = l.right
		first = l.left
	}
	var buffer [17]query.Filter
	terms := append(buffer[:0], e.filter(first))
	for i := depth; i >= 0; i-- {
		if last := terms[len(terms)-1]; last == query.Const(!n.and) {
			decided := first
			if i < depth {
				decided = spine[i+1]
			}
			e.rest(query.Const(!n.and), decided, spine[:i+1]...)
			return cond(last)
		}
		terms = append(terms, e.filter(spine[i]))
	}
	if n.and {
		return cond(query.All(terms...))
	}
	return cond(query.Any(terms...))
}

func (e *evaluator) next(n nextField) result {
	next := e.env.Next
	if next == nil {
		return known(nil)
	}
	e.suppose(n.index)
	if next.States != nil && e.env.Doc == nil {
		switch next.States[n.index] {
		case Same:
			return result{form: fieldForm, foreign: n.parameter, path: n.path, typ: n.typ, fold: e.foldOf(n.path)}
		case Computed:
			return e.needsDocument("next." + n.path.String() + " is computed from the stored value")
		}
	}
	return result{value: query.Known(n.typ, e.shape.Get(next.Row, n.path)), foreign: n.parameter, spell: e.formOf(n.path), fold: e.foldOf(n.path), field: true, json: n.typ == query.TypeJSON, inner: n.path.Sub != ""}
}

// suppose notes a field of the next document of which the database may store another value.
func (e *evaluator) suppose(i int) {
	row := e.env.Next.Row
	leftOut := i < len(row) && row[i] == query.LeftOut
	if (leftOut || slices.Contains(e.env.Altered, i)) && !slices.Contains(e.env.Supposed, i) {
		e.env.Supposed = append(e.env.Supposed, i)
	}
}

func (e *evaluator) member(n member) result {
	if v, ok := n.base.(variable); ok && v.name == "request" {
		switch e.known(n.key) {
		case "op":
			return known(string(e.env.Request.Op))
		case "time":
			return known(e.env.Request.Time)
		case "ip":
			return known(e.env.Request.IP)
		case "method":
			return known(e.env.Request.Method)
		}
		return absent
	}
	base := e.eval(n.base)
	if base.form != knownForm {
		return e.needsDocument("a member of a value of the stored document")
	}
	return element(memberOf(base.value, e.known(n.key)), base.foreign)
}

func (e *evaluator) bind(slot int, r result) {
	for len(e.slots) <= slot {
		e.slots = append(e.slots, result{})
	}
	e.slots[slot] = r
}

func (e *evaluator) length(of result) result {
	switch of.form {
	case fieldForm:
		return result{form: lengthForm, path: of.path, typ: query.TypeInt}
	case knownForm:
		switch v := of.value.(type) {
		case string:
			e.work += len(v) / bytesOfTest
			return known(int64(utf8.RuneCountInString(v)))
		case []any:
			return known(int64(len(v)))
		}
		return absent
	}
	return e.needsDocument("len of a choice")
}

func (e *evaluator) changed(n changed) query.Filter {
	next := e.env.Next
	if next == nil {
		return query.False
	}
	var terms []query.Filter
	for _, p := range n.paths {
		i := e.shape.Index(p.Field)
		f := e.shape.Fields[i]
		e.suppose(i)
		switch {
		case e.env.Doc != nil:
			terms = append(terms, query.Const(!e.shape.Get(e.env.Doc, p).Equal(e.shape.Get(next.Row, p))))
		case next.States == nil, next.States[i] == Known:
			if f.Type.Kind() == query.KindJSON {
				e.needsDocument("changed(\"" + f.Name + "\") compares json")
				return query.False
			}
			same, _ := query.Comparison(query.Path{Field: f.Name}, f.Type, query.Eq, next.Row[i])
			terms = append(terms, query.Negate(same))
		case next.States[i] == Computed:
			e.needsDocument("changed(\"" + f.Name + "\") on a computed value")
			return query.False
		}
	}
	return query.Any(terms...)
}
