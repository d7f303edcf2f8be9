package graphql

import (
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/maypok86/otter/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

const (
	// maxTokens bounds a document, and maxKept the bytes of the checked documents that are kept.
	maxTokens = 8_000
	maxKept   = 8 << 20
	// keptFactor is how many bytes a checked document takes for each byte of its text, about.
	keptFactor = 20
)

// schema is the model as the library checks documents against it. It is made when the first document comes.
type schema struct {
	text string
	load func() (*ast.Schema, error)
	kept keeper[uint64, *document]
}

// keeper is what is used of the library's cache, whose type would be compiled again in each package that reaches it.
type keeper[K comparable, V any] interface {
	GetIfPresent(key K) (V, bool)
	Set(key K, value V) (V, bool)
}

// document is a checked document. It is immutable.
type document struct {
	text      string
	operation map[string]*ast.OperationDefinition
	only      *ast.OperationDefinition // where there is one
	form      func() string            // see there
}

func newSchema(m *model) *schema {
	text := m.sdl()
	s := &schema{text: text, kept: otter.Must(&otter.Options[uint64, *document]{
		MaximumWeight: maxKept,
		Weigher:       func(_ uint64, d *document) uint32 { return uint32(keptFactor * (len(d.text) + 64)) },
	})}
	s.load = sync.OnceValues(func() (*ast.Schema, error) {
		more := ""
		for name := range aliases {
			more += "scalar " + name + "\n"
		}
		more += m.federation()
		return validator.LoadSchema(validator.Prelude, &ast.Source{Name: "schema", Input: text}, &ast.Source{Name: "aliases", Input: more})
	})
	return s
}

// parse returns a checked document. suggest lets errors name what there is.
func (s *schema) parse(text string, suggest bool) (*document, gqlerror.List) {
	key := xxhash.Sum64String(text)
	if d, ok := s.kept.GetIfPresent(key); ok && d.text == text {
		return d, nil
	}
	types, err := s.load()
	if err != nil {
		return nil, gqlerror.List{gqlerror.Wrap(err)}
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil {
		return nil, gqlerror.List{gqlerror.WrapIfUnwrapped(err)}
	}
	if err := flooded(parsed); err != nil {
		return nil, gqlerror.List{err}
	}
	if errs := validator.ValidateWithRules(types, parsed, checks(suggest)); len(errs) > 0 {
		return nil, errs
	}
	d := &document{text: text, operation: map[string]*ast.OperationDefinition{}, form: sync.OnceValue(func() string { return form(text) })}
	for _, op := range parsed.Operations {
		d.operation[op.Name] = op
		d.only = op
	}
	if len(parsed.Operations) != 1 {
		d.only = nil
	}
	s.kept.Set(key, d)
	return d, nil
}

// checks are the rules of the specification.
func checks(suggest bool) *rules.Rules {
	all := rules.NewDefaultRules()
	all.ReplaceRule(rules.VariablesInAllowedPositionRule.Name, variablesInAllowedPosition)
	if suggest {
		return all
	}
	for _, quiet := range []core.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.KnownArgumentNamesRuleWithoutSuggestions, rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.ScalarLeafsRuleWithoutSuggestions, rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		all.ReplaceRule(quiet.Name[:len(quiet.Name)-len("WithoutSuggestions")], quiet.RuleFunc)
	}
	return all
}

// kinds are the scalars that stand for each other in variables: a program that has a String may compare an ID with it.
// What a value is, is checked where it is used.
var kinds = map[string]string{
	"String": "text", "ID": "text", "UUID": "text", "DateTime": "text", "Date": "text", "Bytes": "text",
	"Int": "number", "BigInt": "number", "Float": "number", "Decimal": "number",
	"JSON": "json",
}

// kindOf returns the kind of a named type; that of an enum is text.
func kindOf(types *ast.Schema, name string) string {
	if known, ok := aliases[name]; ok {
		name = known
	}
	if def := types.Types[name]; def != nil && def.Kind == ast.Enum && def.Name != "order_by" {
		return "text"
	}
	return kinds[name]
}

// variablesInAllowedPosition is the rule of that name, by kinds.
func variablesInAllowedPosition(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(walker *core.Walker, v *ast.Value) {
		if v.Kind != ast.Variable || v.ExpectedType == nil || v.VariableDefinition == nil || walker.CurrentOperation == nil {
			return
		}
		expected := *v.ExpectedType
		if d := v.VariableDefinition.DefaultValue; v.ExpectedTypeHasDefault || d != nil && d.Kind != ast.NullValue {
			expected.NonNull = false
		}
		if !fits(walker.Schema, v.VariableDefinition.Type, &expected) {
			addError(core.Message(`Variable "%s" of type "%s" used in position expecting type "%s".`, v, v.VariableDefinition.Type.String(), v.ExpectedType.String()), core.At(v.Position))
		}
	})
}

// fits reports whether values of a type may stand where another is expected.
func fits(types *ast.Schema, given, expected *ast.Type) bool {
	switch {
	case expected.NonNull && !given.NonNull:
		return false
	case given.Elem != nil || expected.Elem != nil:
		if given.Elem == nil || expected.Elem == nil {
			return false
		}
		return fits(types, given.Elem, expected.Elem)
	case given.NamedType == expected.NamedType:
		return true
	}
	kind := kindOf(types, expected.NamedType)
	return kind != "" && (kind == "json" || kind == kindOf(types, given.NamedType))
}
