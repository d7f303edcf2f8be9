package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/files"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// policy compiles every expression of the file, when all fields of all collections are known.
func (v *validator) policy() {
	scope := rules.Scope{Collections: map[string]*query.Shape{}, Functions: map[string]*rules.Function{}, Roles: map[string]*rules.Function{}}
	for name, c := range v.c.Collections {
		scope.Collections[name] = c.Shape
	}
	scope.Profile = v.profileScope()
	v.claims(scope)
	for _, signature := range sorted(v.c.Functions) {
		if f := v.function(signature, v.c.Functions[signature]); f != nil {
			if scope.Functions[f.Name] != nil {
				v.fail(v.c.Functions[signature].At, "there are two functions %s", f.Name)
			}
			scope.Functions[f.Name] = f
		}
	}
	for _, name := range sorted(v.c.Roles) {
		text := v.c.Roles[name]
		f := v.function(name, text)
		if f == nil {
			continue
		}
		if err := rules.CheckRole(f, scope); err != nil {
			v.expression(text, "the role "+name, err)
			continue
		}
		scope.Roles[f.Name] = f
	}
	v.c.Scope = scope
	if v.c.Encryption != nil {
		v.encryption(v.c.Encryption)
	}
	for _, name := range sorted(v.c.Collections) {
		c := v.c.Collections[name]
		v.groups(c)
		scope.Shape = c.Shape
		v.rules(c, scope)
		c.Readable = v.fieldRules(c, c.FieldsReadable, rules.Read, scope)
		c.Writable = v.fieldRules(c, c.FieldsWritable, rules.Update, scope)
		c.SetCreate = v.forced(c, c.Set.Create, scope)
		c.SetUpdate = v.forced(c, c.Set.Update, scope)
		c.UnsetCreate = v.unset(c, c.Unset.Create)
		c.UnsetUpdate = v.unset(c, c.Unset.Update)
	}
	v.unusedGroups()
	v.channels(scope)
	v.services(scope)
	v.compat()
	v.invite(scope)
	v.events(scope)
	if len(v.problems) == 0 {
		v.lint()
	}
}

func (v *validator) function(signature string, text *Text) *rules.Function {
	f, err := rules.ParseFunction(signature, text.Source)
	if err != nil {
		v.expression(text, signature, err)
		return nil
	}
	return f
}

// groups gives a collection what groups say and it does not say itself.
func (v *validator) groups(c *Collection) {
	for _, name := range sorted(v.c.Groups) {
		g := v.c.Groups[name]
		if !g.matches(c.Name) {
			continue
		}
		for own, shared := range map[**Text]*Text{&c.Rules.Read: g.Rules.Read, &c.Rules.Create: g.Rules.Create, &c.Rules.Update: g.Rules.Update, &c.Rules.Delete: g.Rules.Delete} {
			if *own == nil {
				*own = shared
			}
		}
		c.FieldsReadable = v.shared(c, c.FieldsReadable, g.FieldsReadable)
		c.FieldsWritable = v.shared(c, c.FieldsWritable, g.FieldsWritable)
	}
}

// shared adds the field rules of a group, for the fields that the collection has.
func (v *validator) shared(c *Collection, own, group map[string]*Text) map[string]*Text {
	out := maps.Clone(own)
	for name, text := range group {
		if out == nil {
			out = map[string]*Text{}
		}
		if out[name] == nil && c.Shape.Index(name) >= 0 {
			out[name] = text
		}
	}
	return out
}

func (g *Group) matches(name string) bool {
	parts := strings.Split(g.Collections, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(name)
}

func (v *validator) unusedGroups() {
	for _, name := range sorted(v.c.Groups) {
		g := v.c.Groups[name]
		if !slices.ContainsFunc(sorted(v.c.Collections), g.matches) {
			v.fail(g.At, "no collection is named like %q%s", g.Collections, didYouMean(g.Collections, sorted(v.c.Collections)))
		}
	}
}

func (v *validator) rules(c *Collection, scope rules.Scope) {
	c.Compiled = map[rules.Op]*rules.Rule{}
	for op, text := range map[rules.Op]*Text{rules.Read: c.Rules.Read, rules.Create: c.Rules.Create, rules.Update: c.Rules.Update, rules.Delete: c.Rules.Delete} {
		if text == nil {
			continue
		}
		rule, err := rules.Compile(text.Source, scope, op)
		if err != nil {
			v.expression(text, "the rule "+string(op), err)
			continue
		}
		if op == rules.Read && c.Files != nil && c.Files.Check != "" {
			if rule, err = rules.Compile("doc."+files.Pending+" != true && (\n"+text.Source+"\n)", scope, op); err != nil {
				v.expression(text, "the rule "+string(op), err)
				continue
			}
		}
		c.Compiled[op] = rule.At(fmt.Sprintf("%s:%d:%d", v.file, text.At.Line, text.At.Column))
	}
}

func (v *validator) fieldRules(c *Collection, texts map[string]*Text, op rules.Op, scope rules.Scope) []*rules.Rule {
	if len(texts) == 0 {
		return nil
	}
	out := make([]*rules.Rule, len(c.Shape.Fields))
	for _, name := range sorted(texts) {
		i, ok := v.fieldOf(c, name, texts[name].At)
		if !ok {
			continue
		}
		rule, err := rules.Compile(texts[name].Source, scope, op)
		if err != nil {
			v.expression(texts[name], "the rule of "+name, err)
			continue
		}
		out[i] = rule
	}
	return out
}

// fieldOf looks a field up that is not the id.
func (v *validator) fieldOf(c *Collection, name string, at Position) (int, bool) {
	i := c.Shape.Index(name)
	switch {
	case i < 0:
		v.fail(at, "there is no field %q%s", name, didYouMean(name, c.Shape.Names()))
	case name == "id":
		v.fail(at, "the id cannot be forced, masked or unset; it is what the client sent, or a UUIDv7")
	default:
		return i, true
	}
	return 0, false
}

func (v *validator) forced(c *Collection, set map[string]*Text, scope rules.Scope) []Forced {
	var out []Forced
	for _, name := range sorted(set) {
		text := set[name]
		i, ok := v.fieldOf(c, name, text.At)
		if !ok {
			continue
		}
		value, err := rules.CompileValue(text.Source, scope)
		if err != nil {
			v.expression(text, "the value of "+name, err)
			continue
		}
		out = append(out, Forced{i, value})
	}
	return out
}

func (v *validator) unset(c *Collection, names []string) []int {
	var out []int
	for _, name := range names {
		if i, ok := v.fieldOf(c, name, c.At); ok {
			out = append(out, i)
		}
	}
	return out
}

func (v *validator) expression(text *Text, what string, err error) {
	var e *rules.Error
	if errors.As(err, &e) {
		v.fail(text.place(e.Offset), "%s: %s", what, e.Msg)
		return
	}
	v.fail(text.At, "%s: %s", what, err)
}

func (v *validator) encryption(e *Encryption) {
	for _, id := range sorted(e.Keys) {
		if !namePattern.MatchString(id) {
			v.fail(e.At, "the id %q of a key is not made of letters, digits and _", id)
		}
		if len(e.Keys[id]) < 32 {
			v.fail(e.At, "the key %s is shorter than 32 characters; make one with: openssl rand -hex 32", id)
		}
	}
	if _, ok := e.Keys[e.Current]; !ok {
		v.fail(e.At, "encryption.current is the id of one of the keys%s", didYouMean(e.Current, sorted(e.Keys)))
	}
}

// sealed checks the options of a field that is stored encrypted or hashed.
func (v *validator) sealed(f *Field) {
	switch {
	case !f.Encrypt && !f.Hash:
	case f.Encrypt && f.Hash:
		v.fail(f.At, "a field is encrypted or hashed, not both")
	case f.Type != query.TypeString:
		v.fail(f.At, "what is encrypted or hashed is a string, not %s", f.Type)
	case f.Encrypt && (f.Unique || f.Index):
		v.fail(f.At, "an encrypted field differs at every write, and cannot be unique or indexed")
	case v.c.Encryption == nil:
		v.fail(f.At, "this needs an encryption key: encryption: { keys: { k1: \"${BASALT_ENCRYPTION_KEY}\" }, current: k1 }")
	}
}

// CheckRule compiles a rule as if it were the one of a collection for an operation. Errors are *rules.Error.
func (c *Config) CheckRule(collection *Collection, op rules.Op, source string) (*rules.Rule, error) {
	scope := c.Scope
	scope.Shape = collection.Shape
	return rules.Compile(source, scope, op)
}
