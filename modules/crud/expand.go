package crud

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Limits of an expansion.
const (
	maxExpandDepth = 3
)

// expansion requests the documents that a document refers to, or that refer to it.
type expansion struct {
	name   string
	target *Collection
	// field is the ref of the collection that is followed. For a back-reference it is a field of the target, and
	// many is true.
	field int
	many  bool
	sort  []query.SortKey
	limit int
	inner []expansion
	// residual and view are the result of the target's rules for the caller; if none is true, nothing is shown.
	residual query.Filter
	view     *mask
	none     bool
}

// expanded is the result of an expansion for one document.
type expanded struct {
	name string
	many bool
	docs []Document
}

// expandParser reads `author,comments(sort:-created,limit:3,expand:author)`.
type expandParser struct {
	*operation
	count int
}

func expandError(format string, args ...any) error {
	return fault.FieldErrorf("expand", "invalid", format, args...)
}

// expansions reads the items of `expand`, and evaluates the rules of their targets.
func (o *operation) expansions(items []string) ([]expansion, error) {
	if len(items) == 0 {
		return nil, nil
	}
	p := expandParser{operation: o}
	return p.list(o.c, items, 1)
}

func (p *expandParser) list(c *Collection, items []string, depth int) ([]expansion, error) {
	if len(items) > 0 && depth > maxExpandDepth {
		return nil, expandError("expansions are nested at most %d deep", maxExpandDepth)
	}
	var out []expansion
	for _, item := range items {
		if p.count++; p.count > p.Limits.Expansions {
			return nil, expandError("there are more than %d expansions (limits.expansions)", p.Limits.Expansions)
		}
		e, err := p.item(c, strings.TrimSpace(item), depth)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o expansion) bool { return o.name == e.name }) {
			return nil, expandError("%s appears twice", fault.Clip(e.name))
		}
		out = append(out, e)
	}
	return out, nil
}

func (p *expandParser) item(c *Collection, item string, depth int) (expansion, error) {
	name, rest, options := strings.Cut(item, "(")
	if options && !strings.HasSuffix(rest, ")") {
		return expansion{}, expandError("%q has no closing bracket", fault.Clip(item))
	}
	e := expansion{name: name, limit: min(20, p.Limits.Page), field: -1}
	via := ""
	var inner, sort []string
	for _, option := range splitOutside(strings.TrimSuffix(rest, ")")) {
		key, value, _ := strings.Cut(strings.TrimSpace(option), ":")
		switch key {
		case "sort":
			sort = append(sort, value)
		case "limit":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				return e, expandError("limit is a whole number from 1 to %d", p.Limits.Page)
			}
			e.limit = min(n, p.Limits.Page)
		case "expand":
			inner = append(inner, value)
		case "via":
			via = value
		case "":
		default:
			return e, expandError("there is no option %q%s; it is written comments(sort:-created,limit:3,expand:author)", fault.Clip(key), fault.DidYouMean(key, []string{"sort", "limit", "expand", "via"}))
		}
	}
	if err := p.resolve(c, &e, via); err != nil {
		return e, err
	}
	if !e.many && (sort != nil || via != "") {
		return e, expandError("%s is one document, which has no order", e.name)
	}
	err := p.of(e.target).permit(&e, sort)
	if err != nil {
		return e, err
	}
	e.inner, err = p.list(e.target, inner, depth+1)
	return e, err
}

// resolve finds the ref that a name stands for.
func (p *expandParser) resolve(c *Collection, e *expansion, via string) (err error) {
	e.field, e.target, e.many, err = p.relation(c, "expand", e.name, via)
	return err
}

// relation finds the ref that a name stands for: a field of the collection, or, with many, that of a collection which refers
// here. via names that field where there are several.
func (s *Service) relation(c *Collection, parameter, name, via string) (field int, target *Collection, many bool, err error) {
	if i := c.shape.Index(name); i >= 0 && c.fields[i].To != "" && via == "" {
		return i, s.collections[c.fields[i].To], false, nil
	}
	var fields []string
	if target = s.collections[name]; target != nil {
		for i, f := range target.fields {
			if f.To == c.name && (via == "" || via == f.Name) {
				field = i
				fields = append(fields, f.Name)
			}
		}
	}
	switch len(fields) {
	case 1:
		return field, target, true, nil
	case 0:
		var names []string
		for _, f := range c.fields {
			if f.To != "" {
				names = append(names, f.Name)
			}
		}
		return 0, nil, false, fault.FieldErrorf(parameter, "invalid", "%q is neither a ref of %s nor a collection with a ref to it%s", fault.Clip(name), c.name, fault.DidYouMean(name, names))
	}
	return 0, nil, false, fault.FieldErrorf(parameter, "invalid", "%s refers here with several fields; name one, as in %s(via:%s)", name, name, fields[0])
}

// splitOutside splits at commas outside of brackets.
func splitOutside(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	if from < len(s) {
		out = append(out, s[from:])
	}
	return out
}

// expandInto runs the expansions of documents: one query per expansion for all documents, each under the rules of
// its own collection.
func (o *operation) expandInto(ctx context.Context, docs []Document, expansions []expansion) error {
	if len(docs) == 0 {
		return nil
	}
	for i := range expansions {
		if err := o.expandOne(ctx, docs, &expansions[i]); err != nil {
			return err
		}
	}
	return nil
}

// of returns the operation on another collection.
func (o *operation) of(c *Collection) *operation {
	target := *o
	target.c = c
	target.store = o.store.beside(c)
	return &target
}

// permit evaluates the rules of the target documents, and checks whether the caller may use the fields of the
// expansion. If the caller may read nothing there, nothing is found.
func (o *operation) permit(e *expansion, sort []string) (err error) {
	if e.sort, err = o.sort(sort); err != nil {
		return err
	}
	e.residual, err = o.readFilter()
	if refused(err) {
		e.residual, e.none = query.False, true
		return nil
	}
	if err != nil {
		return err
	}
	if e.view, err = o.view(); err != nil {
		return err
	}
	if _, err := o.guard(e.view, query.OneOf(e.link(), []query.Value{query.Null})); err != nil {
		return err
	}
	_, err = o.permitted(e.view, &list{where: query.True, sort: e.sort})
	return err
}

// refused reports whether an error means that access is denied.
func refused(err error) bool {
	code := fault.CodeOf(err)
	return err != nil && (code == fault.Forbidden || code == fault.Unauthenticated)
}

// there is the field of the target that holds the values.
func (e *expansion) there() int {
	if e.many {
		return e.field
	}
	return key
}

func (e *expansion) link() query.Path { return query.Path{Field: e.target.fields[e.there()].Name} }

func (o *operation) expandOne(ctx context.Context, docs []Document, e *expansion) error {
	here, there := e.field, e.there()
	if e.many {
		here = key
	}
	fold := query.Joint(o.c.shape.Fold(here), e.target.shape.Fold(there))
	shared := func(d Document) query.Value { return fold.Of(e.target.shape.Spell(there, d.visible(here))) }
	var values []query.Value
	for _, d := range docs {
		if v := shared(d); !v.IsNull() {
			values = append(values, v)
		}
	}
	found := map[query.Value][]Document{}
	if len(values) > 0 && !e.none {
		target := o.of(e.target)
		rows, err := target.pointedTo(ctx, e, values)
		if err != nil {
			return err
		}
		related, err := target.documents(ctx, e.view, rows, nil)
		if err != nil {
			return err
		}
		if err := target.expandInto(ctx, related, e.inner); err != nil {
			return err
		}
		for _, d := range related {
			v := fold.Of(d.row[there])
			found[v] = append(found[v], d)
		}
	}
	for i := range docs {
		x := expanded{name: e.name, many: e.many}
		if v := shared(docs[i]); !v.IsNull() {
			x.docs = found[v]
		}
		docs[i].expanded = append(docs[i].expanded, x)
	}
	return nil
}

// pointedTo returns the rows of the target whose field has one of the values, at most e.limit for each value. It
// returns only rows and field values that the caller may see.
func (o *operation) pointedTo(ctx context.Context, e *expansion, values []query.Value) ([]query.Row, error) {
	var out []query.Row
	for some := range slices.Chunk(distinct(values), maxParameters) {
		where, err := o.guard(e.view, query.OneOf(e.link(), some))
		if err != nil {
			return nil, err
		}
		if where = query.All(where, e.residual); where == query.False {
			continue
		}
		// One more than the limit, to detect that there are too many.
		find := db.Find{Query: query.Query{Where: where, Sort: e.sort, Limit: o.Limits.Documents - o.store.work.try.documents + 1}, Bytes: o.room()}
		if e.many {
			find.Per, find.PerLimit = []int{e.field}, e.limit
		}
		rows, err := o.store.Find(ctx, o.c.stored, find)
		if err != nil {
			return nil, err
		}
		if err := o.expands(len(rows)); err != nil {
			return nil, err
		}
		o.keeps(rows)
		out = append(out, rows...)
	}
	return out, nil
}

// visible returns the value of a field as its caller may see it.
func (d Document) visible(field int) query.Value {
	if d.masked != nil && d.masked[field] {
		return query.Null
	}
	return d.row[field]
}

// appendExpanded appends `"expand":{"author":{…},"comments":[…]}`.
func (d Document) appendExpanded(dst []byte, limit int) []byte {
	dst = append(dst, `"expand":{`...)
	for i, x := range d.expanded {
		if len(dst) > limit {
			break
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(query.String(x.name).AppendJSON(dst), ':')
		if !x.many {
			one := Document{}
			if len(x.docs) > 0 {
				one = x.docs[0]
			}
			dst = one.append(dst, limit)
			continue
		}
		dst = append(dst, '[')
		for n, doc := range x.docs {
			if len(dst) > limit {
				break
			}
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = doc.append(dst, limit)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// follow lets a filter look through a relation, limited to what the caller may see there. It is named as in an expansion.
func (o *operation) follow(name string) (*query.Reference, error) {
	bare, via := name, ""
	if before, rest, ok := strings.Cut(name, "(via:"); ok && strings.HasSuffix(rest, ")") {
		bare, via = before, strings.TrimSuffix(rest, ")")
	}
	field, to, many, err := o.relation(o.c, "where", bare, via)
	if err != nil || to == nil {
		return nil, err
	}
	target := o.of(to)
	out := &query.Reference{Collection: to.name, Shape: to.shape, Follow: target.follow, Permit: target.asSeen}
	if !many {
		out.Link = query.Link{Inner: query.Path{Field: to.fields[key].Name}, Op: query.Eq, Outer: query.Path{Field: o.c.fields[field].Name}}
	} else { // the field that refers here is under its rule, too
		out.Link = query.Link{Inner: query.Path{Field: to.fields[field].Name}, Op: query.Eq, Outer: query.Path{Field: o.c.fields[key].Name}}
		refers := query.Negate(&query.Compare{Path: out.Link.Inner, Op: query.Eq, Value: query.Null})
		out.Permit = func(f query.Filter) (query.Filter, error) { return target.asSeen(query.All(f, refers)) }
	}
	return out, nil
}

// asSeen restricts a filter over related documents to those that the caller may see, with the rules of the fields it uses.
func (o *operation) asSeen(f query.Filter) (query.Filter, error) {
	residual, err := o.readFilter()
	if refused(err) {
		return query.False, nil // the caller may see nothing there
	}
	if err != nil {
		return nil, err
	}
	v, err := o.view()
	if err != nil {
		return nil, err
	}
	if f, err = o.guard(v, f); err != nil {
		return nil, err
	}
	return query.All(f, residual), nil
}
