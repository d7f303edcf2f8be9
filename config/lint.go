package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/rules"
)

// warn notes what is most likely a mistake, and stops nothing unless `basalt check --strict` says so.
func (v *validator) warn(at Position, format string, args ...any) {
	v.c.Warnings = append(v.c.Warnings, Problem{v.file, at, fmt.Sprintf(format, args...)})
}

// lint looks for rules that are valid and hardly meant.
func (v *validator) lint() {
	denied, slow := grouped{}, grouped{}
	for _, name := range sorted(v.c.Collections) {
		c := v.c.Collections[name]
		texts := map[rules.Op]*Text{rules.Read: c.Rules.Read, rules.Create: c.Rules.Create, rules.Update: c.Rules.Update, rules.Delete: c.Rules.Delete}
		var missing []string
		for _, op := range rules.Ops {
			rule := c.Compiled[op]
			if rule == nil {
				missing = append(missing, string(op))
				continue
			}
			at := texts[op].At
			if value, constant := rule.Constant(); constant {
				v.warn(at, "%s: the rule %s is always %v, for every caller and document", name, op, value)
			}
			if op != rules.Create {
				v.lintIndexes(c, op, rule, at, slow)
			}
		}
		if missing != nil {
			denied.add(c.At, fmt.Sprintf("no one may %s %%s, because there is no rule; make it explicit with %s: 'false'", listed(missing, "or"), missing[0]), name)
		}
		v.lintQueries(c)
		v.lintFields(c)
		v.lintAnonymous(name, c.operations())
		v.lintClaims(name, c.expressions())
		v.lintMasks(c)
	}
	for _, groups := range []grouped{denied, slow} {
		for _, format := range sorted(groups) {
			v.warn(groups[format].at, format, listed(groups[format].members, "and"))
		}
	}
	v.lintCalls()
	v.lintProxy()
}

// lintProxy warns where a proxy must be before the server, since people come by HTTPS and it speaks plain HTTP, and no network
// is believed.
func (v *validator) lintProxy() {
	a := v.c.Auth
	if a == nil || v.c.TLS != nil || len(v.c.Proxies) > 0 {
		return
	}
	if u, err := url.Parse(a.URL); err == nil && u.Scheme == "https" {
		v.warn(a.At, "auth.url is %s, and there is no tls: so a proxy stands before this server, and all its clients count as one address in limits, logs and request.ip; name its network, as in proxies: [\"127.0.0.1/32\"]", u.Scheme+"://"+u.Host)
	}
}

// grouped are warnings that differ in one place alone, by what is the same: each is given once, for all its members.
type grouped map[string]*group

type group struct {
	at      Position // of the first member
	members []string
}

func (g grouped) add(at Position, format, member string) {
	if g[format] == nil {
		g[format] = &group{at: at}
	}
	g[format].members = append(g[format].members, member)
}

// listed returns names as a sentence has them: a, b and c.
func listed(names []string, last string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + last + " " + names[len(names)-1]
}

// lintIndexes names the index without which a rule makes every list read every document.
func (v *validator) lintIndexes(c *Collection, op rules.Op, rule *rules.Rule, at Position, slow grouped) {
	for _, need := range rule.Indexes() {
		col := c
		if need.Collection != "" {
			col = v.c.Collections[need.Collection]
		} else if op != rules.Read { // a change names its document
			continue
		}
		indexed := func(name string) bool {
			f := col.Fields[name]
			leads := func(x db.Index) bool { return x.Where == nil && col.Ordered[x.Fields[0]].Name == name }
			return slices.ContainsFunc(col.Indexed, leads) || f.Index || f.Unique || f.Name == "id" || f.To != ""
		}
		if slices.ContainsFunc(need.Fields, indexed) {
			continue
		}
		slow.add(at, fmt.Sprintf("all of %s is looked through by %%s; add index: true to %s.%s", col.Name, col.Name, strings.Join(need.Fields, " or "+col.Name+".")), fmt.Sprintf("the rule %s of %s", op, c.Name))
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
			v.warn(f.At, "%s: read lets every caller see %s, which looks like a secret; give it a rule in fields_readable", c.Name, f.Name)
		}
		if !ruled {
			continue
		}
		if value, constant := c.Readable[i].Constant(); constant && !f.Hidden {
			v.warn(c.FieldsReadable[f.Name].At, "%s: the rule of the field %s is always %v", c.Name, f.Name, value)
		}
	}
}
