package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/rules"
)

// warn notes what is most likely a mistake, and stops nothing unless `basalt check --strict` says so.
func (v *validator) warn(at Position, format string, args ...any) {
	v.c.Warnings = append(v.c.Warnings, Problem{v.file, at, fmt.Sprintf(format, args...)})
}

// lint looks for rules that are valid and hardly meant.
func (v *validator) lint() {
	for _, name := range sorted(v.c.Collections) {
		c := v.c.Collections[name]
		texts := map[rules.Op]*Text{rules.Read: c.Rules.Read, rules.Create: c.Rules.Create, rules.Update: c.Rules.Update, rules.Delete: c.Rules.Delete}
		for _, op := range rules.Ops {
			rule := c.Compiled[op]
			if rule == nil {
				v.warn(c.At, "%s: no one may %s, because there is no rule; make it explicit with %s: 'false'", name, op, op)
				continue
			}
			at := texts[op].At
			if value, constant := rule.Constant(); constant {
				v.warn(at, "%s: the rule %s is always %v, for every caller and document", name, op, value)
			}
			if op != rules.Create {
				v.lintIndexes(c, op, rule, at)
			}
		}
		v.lintFields(c)
		v.lintAnonymous(name, c.operations())
		v.lintClaims(name, c.expressions())
		v.lintMasks(c)
	}
	v.lintCalls()
}

// lintIndexes names the index without which a rule makes every list read every document.
func (v *validator) lintIndexes(c *Collection, op rules.Op, rule *rules.Rule, at Position) {
	for _, need := range rule.Indexes() {
		col := c
		if need.Collection != "" {
			col = v.c.Collections[need.Collection]
		} else if op != rules.Read { // a change names its document
			continue
		}
		indexed := func(name string) bool {
			f := col.Fields[name]
			return f.Index || f.Unique || f.Name == "id" || f.To != ""
		}
		if slices.ContainsFunc(need.Fields, indexed) {
			continue
		}
		v.warn(at, "%s: the rule %s looks through all of %s; add index: true to %s.%s", c.Name, op, col.Name, col.Name, strings.Join(need.Fields, " or "+col.Name+"."))
	}
}

var secretName = regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?key|private_?key|ssn|iban)`)

// lintFields warns of what read shows to more people than it looks like.
func (v *validator) lintFields(c *Collection) {
	read := c.Compiled[rules.Read]
	if read == nil {
		return
	}
	for i, f := range c.Ordered {
		ruled := c.Readable != nil && c.Readable[i] != nil
		if !ruled && (f.Encrypt || secretName.MatchString(f.Name)) && !read.MentionsAuth() {
			v.warn(f.At, "%s: read lets everybody see %s, which looks like a secret; give it a rule in fields_readable", c.Name, f.Name)
		}
		if !ruled {
			continue
		}
		if value, constant := c.Readable[i].Constant(); constant {
			v.warn(c.FieldsReadable[f.Name].At, "%s: the rule of the field %s is always %v", c.Name, f.Name, value)
		}
	}
}
