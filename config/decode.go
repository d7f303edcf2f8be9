package config

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// decoder fills the structs of config.go from the syntax tree of the file. It continues after a problem, so that
// all are reported at once. (The YAML library's own decoder stops at the first.)
type decoder struct {
	file     string
	problems []Problem
	// places are where the values of the file are, by pointers to what they were decoded into.
	places map[any]Position
}

// place returns where the value that a pointer leads to is in the file: the beginning, where it is not in the file.
func (d *decoder) place(pointer any) Position {
	if at, ok := d.places[pointer]; ok {
		return at
	}
	return Position{1, 1}
}

func (d *decoder) fail(at Position, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.file, at, fmt.Sprintf(format, args...)})
}

func position(n ast.Node) Position { return tokenPosition(n.GetToken()) }

func tokenPosition(t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{1, 1}
	}
	return Position{t.Position.Line, t.Position.Column}
}

var (
	textType     = reflect.TypeFor[Text]()
	rateType     = reflect.TypeFor[Rate]()
	namesType    = reflect.TypeFor[Names]()
	literalType  = reflect.TypeFor[Literal]()
	actionType   = reflect.TypeFor[Action]()
	positionType = reflect.TypeFor[Position]()
)

func (d *decoder) decode(n ast.Node, v reflect.Value) {
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		d.fail(position(n), "anchors and aliases are not supported; write the value out%s", quoteIt(v.Type()))
		return
	case *ast.TagNode:
		d.fail(position(n), "a value that begins with ! is a tag in YAML, and tags are not supported%s", quoteIt(v.Type()))
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	d.places[v.Addr().Interface()] = position(n)
	switch {
	case v.Type() == textType:
		d.text(n, v.Addr().Interface().(*Text))
	case v.Type() == literalType:
		l := Literal{At: position(n)}
		var ok bool
		if l.Value, ok = d.literal(n); !ok {
			d.fail(l.At, "expected text, a number, true, false or a list of these, got %s", describe(n))
		}
		v.Set(reflect.ValueOf(l))
	case v.Type() == actionType && describe(n) == "nothing":
		v.SetString("null")
	case v.Type() == rateType:
		d.scalar(n, v)
	case v.Kind() == reflect.Struct:
		d.structure(n, v)
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		d.members(n, func(name string, _ Position, member ast.Node) {
			e := reflect.New(v.Type().Elem()).Elem()
			d.decode(member, e)
			v.SetMapIndex(reflect.ValueOf(name), e)
		})
	case v.Type() == namesType && describe(n) == "text":
		var name string
		d.decode(n, reflect.ValueOf(&name).Elem())
		v.Set(reflect.ValueOf(Names{name}))
	case v.Kind() == reflect.Slice:
		d.slice(n, v)
	default:
		d.scalar(n, v)
	}
}

// quoteIt says what is probably missing where an expression is expected.
func quoteIt(t reflect.Type) string {
	if t == textType || t == reflect.PointerTo(textType) {
		return "; put the expression in quotes"
	}
	return ""
}

func (d *decoder) structure(n ast.Node, v reflect.Value) {
	fields := map[string]int{}
	var names []string
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Type == positionType {
			v.Field(i).Set(reflect.ValueOf(position(start(n))))
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = i
			names = append(names, name)
		}
	}
	if _, null := n.(*ast.NullNode); null {
		return
	}
	seen := map[string]bool{}
	d.members(n, func(name string, at Position, member ast.Node) {
		if i, ok := fields[name]; ok {
			seen[name] = true
			d.decode(member, v.Field(i))
			return
		}
		d.fail(at, "unknown key %q%s", name, didYouMean(name, names))
	})
	for _, name := range names {
		if !strings.Contains(v.Type().Field(fields[name]).Tag.Get("json"), ",omitempty") && !seen[name] {
			d.fail(position(start(n)), "the key %q is missing here", name)
		}
	}
}

func didYouMean(name string, names []string) string {
	if hint := fault.DidYouMean(name, names); hint != "" {
		return hint
	}
	if len(names) > 12 {
		return ""
	}
	return "; there are " + strings.Join(names, ", ")
}

// start returns the node whose place is that of the mapping itself: its first key.
func start(n ast.Node) ast.Node {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		return m.Values[0].Key
	}
	return n
}

// members calls f for each member of a mapping.
func (d *decoder) members(n ast.Node, f func(name string, at Position, member ast.Node)) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		return
	default:
		d.fail(position(n), "expected a mapping (key: value), got %s", describe(n))
		return
	}
	seen := map[string]bool{}
	for _, m := range values {
		key, ok := m.Key.(ast.Node)
		at := position(key)
		if m.Key.IsMergeKey() || !ok {
			d.fail(at, "merge keys are not supported")
			continue
		}
		name := m.Key.GetToken().Value
		if seen[name] {
			d.fail(at, "the key %q appears twice", name)
			continue
		}
		seen[name] = true
		f(name, at, m.Value)
	}
}

func (d *decoder) slice(n ast.Node, v reflect.Value) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(position(n), "expected a list, got %s", describe(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values))
	for i, e := range list.Values {
		d.decode(e, out.Index(i))
	}
	v.Set(out)
}

func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	}
	return "text"
}

func (d *decoder) text(n ast.Node, t *Text) {
	t.At = position(n)
	switch n := n.(type) {
	case *ast.StringNode:
		t.Source = n.Value
		if n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType {
			t.At.Column++
		}
	case *ast.LiteralNode:
		t.Source = n.Value.Value
		t.At.Line = n.Start.Position.Line + 1
		origin := strings.TrimLeft(n.Value.Token.Origin, "\n")
		t.indent = 1 + len(origin) - len(strings.TrimLeft(origin, " "))
	case *ast.BoolNode:
		t.Source = n.Token.Value
	default:
		d.fail(t.At, "expected an expression as text, got %s; put the expression in quotes", describe(n))
		t.Source = "false" // so that nothing else is reported about it
	}
}

// scalarText returns the string of a scalar with environment variables filled in.
func (d *decoder) scalarText(n ast.Node) (text string, quoted, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		text = n.Value
		quoted = n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType
	case *ast.LiteralNode:
		text, quoted = n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, false, true
	default:
		return "", false, false
	}
	return d.expand(position(n), text), quoted, true
}

// expand replaces ${NAME} and ${NAME:-default}.
func (d *decoder) expand(at Position, text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			d.fail(at, "${ without a closing }")
			return out.String()
		}
		name, fallback, hasDefault := strings.Cut(inside, ":-")
		value, set := os.LookupEnv(name)
		switch {
		case set && value != "":
			out.WriteString(value)
		case hasDefault:
			out.WriteString(fallback)
		case !set:
			d.fail(at, "the environment variable %s is not set; set it, or give a default as in ${%s:-value}", name, name)
		default:
			d.fail(at, "the environment variable %s is empty", name)
		}
		text = after
	}
}

func (d *decoder) scalar(n ast.Node, v reflect.Value) {
	at := position(n)
	text, _, ok := d.scalarText(n)
	if !ok {
		d.fail(at, "expected %s, got %s", kindName(v), describe(n))
		return
	}
	if p, ok := v.Addr().Interface().(interface{ parse(string) error }); ok {
		if err := p.parse(text); err != nil {
			d.fail(at, "%s", err)
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		if _, isText := n.(ast.ScalarNode); !isText || slices.Contains([]string{"true or false", "a number"}, describe(n)) {
			d.fail(at, "expected text, got %s; put it in quotes", describe(n))
			return
		}
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil || text == "1" || text == "0" {
			d.fail(at, "expected true or false, got %q", text)
		}
		v.SetBool(b)
	case reflect.Int:
		i, err := strconv.Atoi(text)
		if err != nil || i <= 0 {
			d.fail(at, "expected a whole number above 0, got %q", text)
		}
		v.SetInt(int64(i))
	}
}

func kindName(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a number"
	}
	return "text"
}

func (d *decoder) literal(n ast.Node) (query.Value, bool) {
	if list, ok := n.(*ast.SequenceNode); ok { // of a list
		items := make([]query.Value, len(list.Values))
		for i, e := range list.Values {
			if items[i], ok = d.literal(e); !ok {
				return query.Null, false
			}
		}
		return query.MakeArray(items), true
	}
	text, quoted, ok := d.scalarText(n)
	if !ok {
		return query.Null, false
	}
	switch n.(type) {
	case *ast.BoolNode:
		return query.Bool(text == "true"), true
	case *ast.IntegerNode, *ast.FloatNode:
		text = strings.ReplaceAll(text, "_", "")
		_, ok := query.ParseNumber(text)
		return query.RawJSON(text), ok // with all digits
	}
	if !quoted && strings.HasPrefix(text, "${") {
		if v, ok := query.ParseNumber(text); ok {
			return v, true
		}
	}
	return query.String(text), true
}
