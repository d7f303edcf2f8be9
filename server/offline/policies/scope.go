package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth/token"
)

// scope is where the names of a condition lead.
type scope struct {
	schema *Schema
	table  *Table // nil in a function without a table
	// base is doc or next, and empty for the table of a lookup.
	base, alias string
	outer       *scope
	parameters  map[string]bound
	// definer is true inside a function that sees all rows.
	definer bool
	depth   int
	needs   *cond
}

// need adds what has to be true besides the condition, wherever in it that turns out.
func (s *scope) need(c cond) {
	if s.needs != nil {
		*s.needs = and(*s.needs, c)
	}
}

// bound is a piece of a condition with the scope of its names.
type bound struct {
	n  *node
	in *scope
}

// maxCalls bounds functions in functions.
const maxCalls = 5

// value is one side of a comparison.
type value struct {
	text string
	kind string
	// present is when it is not null; always for what never is.
	present cond
	// literal is set for what the policy says itself.
	literal *string
	// inner is the field of the table that is looked up.
	inner string
	// claim is true for what comes from the token: it is absent where it is null.
	claim bool
	// role is true for the role of the caller, lookup for the one column of a lookup, and set for a claim that is a list.
	role   bool
	lookup *source
	in     *scope
	// loose is true for a value of json, whose text may be that of a number or a bool: it equals that text in SQL alone.
	loose bool
}

func refuse(format string, args ...any) error { return fmt.Errorf(format, args...) }

// find leads a name to a column and the scope that has it.
func (s *scope) find(name string) (*scope, Column, *bound, error) {
	prefix, column := "", name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		prefix, column = name[:i], name[i+1:]
	}
	for at := s; at != nil; at = at.outer {
		if prefix == "" || prefix == at.alias || at.table != nil && (prefix == at.table.Name || strings.HasSuffix(at.table.Name, "."+prefix) && at.alias == "") {
			if at.table != nil {
				if c, ok := at.table.Columns[column]; ok {
					return at, c, nil, nil
				}
			}
			if b, ok := at.parameters[column]; ok && prefix == "" {
				return at, Column{}, &b, nil
			}
		}
	}
	return nil, Column{}, nil, refuse("there is no column %s that can be compared", name)
}

// value resolves one side of a comparison.
func (s *scope) value(n *node) (value, error) {
	switch n.op {
	case "string", "number", "bool":
		if strings.Contains(n.name, "${") {
			return value{}, refuse("a text with ${ has a meaning of its own in a configuration")
		}
		return value{text: literal(n.op, n.name), kind: kindOf(n.op), present: always, literal: &n.name}, nil
	case "null":
		return value{text: "nil", present: never}, nil
	case "column":
		return s.column(n.name)
	case "cast":
		return s.cast(n)
	case "call":
		return s.call(n)
	case "->>", "->":
		return s.member(n)
	case "-", "+":
		return s.moved(n)
	case "subquery":
		if n.from.table == "" {
			return s.value(n.from.what)
		}
		return value{lookup: n.from, in: s}, nil
	}
	return value{}, refuse("%s has no translation as a value", describe(n))
}

func kindOf(op string) string {
	if op == "string" {
		return "text"
	}
	return op
}

func (s *scope) column(name string) (value, error) {
	at, c, b, err := s.find(name)
	if err != nil {
		return value{}, err
	}
	if b != nil {
		return b.in.value(b.n)
	}
	if c.Constant != nil {
		return value{text: literal("string", *c.Constant), kind: "text", present: always, literal: c.Constant}, nil
	}
	if c.Kind == "" {
		return value{}, refuse("the column %s has a type that cannot be compared", name)
	}
	v := value{kind: c.Kind, present: always}
	if at.base == "" {
		v.inner, v.in = c.Field, at
		return v, nil
	}
	v.text = at.base + "." + c.Field
	if !c.Required {
		v.present = is(v.text + " != nil")
	}
	return v, nil
}

// claim is a value of the token.
func claim(path string) value {
	return value{text: "auth." + path, kind: "text", present: is("auth." + path + " != nil"), claim: true}
}

func (s *scope) call(n *node) (value, error) {
	switch n.name {
	case "auth.uid":
		return value{text: "auth.id", kind: "text", present: signedIn, claim: true}, nil
	case "auth.email":
		return s.claimAt([]string{"email"})
	case "auth.role":
		return value{role: true, present: always, kind: "text"}, nil
	case "now", "transaction_timestamp", "statement_timestamp":
		return value{text: "now()", kind: "time", present: always}, nil
	case "current_date":
		return value{text: "today()", kind: "date", present: always}, nil
	case "lower", "upper":
		if len(n.args) == 1 {
			v, err := s.value(n.args[0])
			if err == nil && v.claim { // of the document, it could not be part of a statement
				v.text = n.name + "(" + v.text + ")"
				return v, nil
			}
		}
	}
	b, err := s.inlined(n)
	if err != nil {
		return value{}, err
	}
	return b.in.value(b.n)
}

// inlined puts the body of a function in.
func (s *scope) inlined(n *node) (bound, error) {
	f := s.schema.Functions[n.name]
	if f == nil && !strings.Contains(n.name, ".") {
		f = s.schema.Functions["public."+n.name]
	}
	if f == nil {
		return bound{}, refuse("the function %s() has no translation", n.name)
	}
	if len(f.Parameters) != len(n.args) || s.depth >= maxCalls {
		return bound{}, refuse("the call of %s() has no translation", n.name)
	}
	body, err := parseBody(f.Body)
	if err != nil {
		return bound{}, refuse("the function %s(): %w", n.name, err)
	}
	in := &scope{schema: s.schema, parameters: map[string]bound{}, definer: s.definer || f.Definer, depth: s.depth + 1, needs: s.needs}
	for i, name := range f.Parameters {
		in.parameters[name] = bound{n.args[i], s}
		in.parameters[fmt.Sprintf("$%d", i+1)] = bound{n.args[i], s}
	}
	return bound{body, in}, nil
}

// texts are types that are compared as texts here, as far as a column of them has the kind text. Those with a length cut texts.
var texts = map[string]bool{"text": true, "uuid": true, "character": true, "varchar": true, "bpchar": true}

// cutting are types whose texts are not all that a literal has.
var cutting = map[string]bool{"char": true, "name": true, "bit": true, "varbit": true}

func (s *scope) cast(n *node) (value, error) {
	v, err := s.value(n.args[0])
	if err != nil {
		return v, err
	}
	name := strings.TrimPrefix(n.name, "pg_catalog.")
	switch {
	case v.lookup != nil:
		t, what := s.schema.Tables[qualified(v.lookup.table)], v.lookup.what
		if t != nil && what.op == "column" && texts[name] && t.Columns[what.name[strings.LastIndexByte(what.name, '.')+1:]].Kind == "text" {
			return v, nil
		}
		return v, refuse("the cast of a lookup to %s has no translation", name)
	case v.role && texts[name], v.text == "nil" && v.literal == nil && v.inner == "":
		return v, nil
	case v.literal != nil && strings.Contains(*v.literal, ".") && (name == "integer" || name == "bigint" || name == "smallint"):
		return v, refuse("the value %s::%s has no translation", *v.literal, name)
	case v.literal != nil && (name == "numeric" || name == "integer" || name == "bigint" || name == "smallint" || name == "double" || name == "real"):
		return value{text: *v.literal, kind: "number", present: always, literal: v.literal}, nil
	case v.literal != nil && (name == "interval" || strings.HasPrefix(name, "time") || name == "date" || strings.HasPrefix(name, "json")):
		if name == "date" && v.kind == "text" {
			v.kind = "date"
			return v, nil
		}
		return v, refuse("the value %s::%s has no translation", *v.literal, name)
	case strings.ContainsAny(name, "([") || cutting[name]:
		return v, refuse("the cast of %s to %s has no translation", describe(n.args[0]), name)
	case strings.HasSuffix("."+name, ".citext") && (v.literal != nil || v.claim) && v.kind == "text", name == "citext" && v.kind == "citext":
		v.kind = "citext"
		return v, nil
	case v.literal != nil && v.kind == "text": // an enum has its labels as texts
		return v, nil
	case v.kind == "text" && texts[name], v.kind == "number" && name == "numeric", v.kind == "time" && name == "timestamp":
		return v, nil
	}
	return v, refuse("the cast of %s to %s has no translation", describe(n.args[0]), name)
}

// member resolves a path into the claims, or into a json column.
func (s *scope) member(n *node) (value, error) {
	var path []string
	root := n
	for root.op == "->>" || root.op == "->" {
		key, err := s.value(root.args[1])
		if err != nil || key.literal == nil || key.kind != "text" || !identifier(*key.literal) {
			return value{}, refuse("a path into json that is not made of names has no translation")
		}
		path = append([]string{*key.literal}, path...)
		root = root.args[0]
	}
	for root.op == "cast" || root.op == "subquery" && root.from.table == "" {
		if root.op == "cast" {
			root = root.args[0]
		} else {
			root = root.from.what
		}
	}
	if root.op == "call" && root.name == "auth.jwt" {
		return s.claimAt(path)
	}
	v, err := s.value(root)
	if err != nil || v.kind != "json" || v.inner != "" || n.op != "->>" {
		return value{}, refuse("%s has no translation", describe(n))
	}
	v.text += "." + strings.Join(path, ".")
	v.kind, v.loose, v.present = "text", true, is(v.text+" != nil")
	return v, nil
}

// claimAt is a claim of a token of Supabase. Those of app_metadata are claims of their own here.
func (s *scope) claimAt(path []string) (value, error) {
	switch {
	case len(path) == 1 && path[0] == "sub":
		return value{text: "auth.id", kind: "text", present: signedIn, claim: true}, nil
	case len(path) == 1 && path[0] == "role":
		return value{role: true, present: always, kind: "text"}, nil
	case len(path) == 1 && path[0] == "email":
		s.need(is("auth.email_verified == true")) // a project of Supabase has no session before that
		return claim("email"), nil
	case len(path) == 1 && path[0] == "aal":
		return claim("aal"), nil
	case len(path) > 1 && path[0] == "app_metadata" && (path[1] == "id" || path[1] == "aal" || slices.Contains(token.ReservedClaims, path[1])):
		return value{}, refuse("the claim %s is one that the server writes, and not that of app_metadata", path[1])
	case len(path) > 1 && path[0] == "app_metadata":
		v := claim(strings.Join(path[1:], "."))
		v.loose = true
		return v, nil
	case path[0] == "user_metadata":
		return value{}, refuse("user_metadata is what users write themselves, so that no rule can trust it: keep what it says as a claim of the user, or in a collection")
	}
	return value{}, refuse("there is no claim %s", strings.Join(path, "."))
}

// moved is a time before or after now.
func (s *scope) moved(n *node) (value, error) {
	v, err := s.value(n.args[0])
	by := n.args[1]
	if err != nil || v.text != "now()" || by.op != "cast" || by.name != "interval" || by.args[0].op != "string" {
		return v, refuse("%s has no translation", describe(n))
	}
	d, err := duration(by.args[0].name)
	v.text = fmt.Sprintf(`now() %s duration(%q)`, n.op, d)
	return v, err
}

// duration translates an interval of one unit that has a length.
func duration(text string) (string, error) {
	var count int
	var unit string
	if n, err := fmt.Sscanf(text, "%d %s", &count, &unit); err == nil && n == 2 && fmt.Sprint(count, " ", unit) == text {
		switch strings.TrimSuffix(unit, "s") {
		case "day":
			return fmt.Sprint(count*24, "h"), nil
		case "hour":
			return fmt.Sprint(count, "h"), nil
		case "minute":
			return fmt.Sprint(count, "m"), nil
		case "second":
			return fmt.Sprint(count, "s"), nil
		}
	}
	var h, m, sec int
	if n, err := fmt.Sscanf(text, "%d:%d:%d", &h, &m, &sec); err == nil && n == 3 {
		return fmt.Sprintf("%dh%dm%ds", h, m, sec), nil
	}
	return "", refuse("the interval %s has no translation", text)
}

func identifier(name string) bool {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// describe names a piece of a condition in an error.
func describe(n *node) string {
	switch n.op {
	case "column":
		return n.name
	case "call":
		return n.name + "()"
	case "string", "number", "bool":
		return n.name
	case "cast":
		return describe(n.args[0])
	}
	return "the operator " + strings.ToUpper(n.op)
}
