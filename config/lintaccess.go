package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/rules"
)

// note says what is valid, and worth to know before it is served. Unlike a warning it is never an error.
func (v *validator) note(at Position, format string, args ...any) {
	v.c.Notes = append(v.c.Notes, Problem{v.file, at, fmt.Sprintf(format, args...)})
}

// ruled is an expression of a collection with its name and place.
type ruled struct {
	name string
	rule *rules.Rule
	at   Position
}

func (c *Collection) operations() []ruled {
	texts := map[rules.Op]*Text{rules.Read: c.Rules.Read, rules.Create: c.Rules.Create, rules.Update: c.Rules.Update, rules.Delete: c.Rules.Delete}
	var out []ruled
	for _, op := range rules.Ops {
		if c.Compiled[op] != nil {
			out = append(out, ruled{string(op), c.Compiled[op], texts[op].At})
		}
	}
	return out
}

// lintCalls looks at the rules of channels and functions.
func (v *validator) lintCalls() {
	for _, pattern := range sorted(v.c.Channels) {
		c, calls := v.c.Channels[pattern], []ruled{}
		if c.MaySubscribe != nil {
			calls = append(calls, ruled{subscribe, c.MaySubscribe, c.Subscribe.At})
		}
		if c.MayPublish != nil {
			calls = append(calls, ruled{"publish", c.MayPublish, c.Publish.At})
		}
		v.lintAnonymous("channel "+pattern, calls)
		v.lintClaims("channel "+pattern, calls)
	}
	for _, service := range sorted(v.c.Services) {
		for _, name := range sorted(v.c.Services[service].Functions) {
			if f := v.c.Services[service].Functions[name]; f.Allowed != nil && f.Rule != nil {
				v.lintClaims("function "+service+"."+name, []ruled{{"rule", f.Allowed, f.Rule.At}})
			}
		}
	}
	for _, name := range sorted(v.c.Events) {
		if e := v.c.Events[name]; e.Allowed != nil && e.Rule != nil {
			v.lintClaims("event "+name, []ruled{{"rule", e.Allowed, e.Rule.At}})
		}
	}
}

const subscribe = "subscribe"

// expressions returns every expression of a collection.
func (c *Collection) expressions() []ruled {
	out := c.operations()
	for i, f := range c.Ordered {
		if c.Readable != nil && c.Readable[i] != nil {
			out = append(out, ruled{"fields_readable." + f.Name, c.Readable[i], c.FieldsReadable[f.Name].At})
		}
		if c.Writable != nil && c.Writable[i] != nil {
			out = append(out, ruled{"fields_writable." + f.Name, c.Writable[i], c.FieldsWritable[f.Name].At})
		}
	}
	for _, f := range c.SetCreate {
		name := c.Ordered[f.Field].Name
		out = append(out, ruled{"set.create." + name, f.Value, c.Set.Create[name].At})
	}
	for _, f := range c.SetUpdate {
		name := c.Ordered[f.Field].Name
		out = append(out, ruled{"set.update." + name, f.Value, c.Set.Update[name].At})
	}
	return out
}

// gathered is one thing to say about several expressions.
type gathered struct {
	at    Position
	names []string
}

func gather(into map[string]*gathered, what string, r ruled) {
	if into[what] == nil {
		into[what] = &gathered{at: r.at}
	}
	if g := into[what]; !slices.Contains(g.names, r.name) {
		g.names = append(g.names, r.name)
	}
}

// lintAnonymous says what an anonymous caller may do, and warns where that is hardly meant: where a
// condition on the caller holds because there is none, and where a change does not ask who makes it.
func (v *validator) lintAnonymous(what string, operations []ruled) {
	warnings := map[string]*gathered{}
	var open []string
	var at Position
	for _, r := range operations {
		for _, o := range r.rule.Anonymous() {
			switch {
			case o.ByAbsence && !o.Explicit:
				gather(warnings, "because a condition on auth holds where there is no caller; write auth != nil && …, or auth == nil || … if it is meant", r)
			case !o.ByAbsence && !o.Explicit && r.name != string(rules.Read) && r.name != subscribe:
				gather(warnings, "because the rule does not ask who it is; write auth != nil && …, or true && … if it is meant", r)
			default:
				if len(open) == 0 {
					at = r.at
				}
				where := ""
				if o.Where != "true" {
					where = " where " + o.Where
				}
				open = append(open, r.name+where)
			}
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(warnings)) {
		g := warnings[reason]
		v.warn(g.at, "%s: an anonymous caller may %s, %s", what, joined(g.names), reason)
	}
	if len(open) > 0 {
		v.note(at, "%s: an anonymous caller may %s", what, strings.Join(open, "; "))
	}
}

func joined(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// lintClaims warns of what is in expressions and hardly meant.
func (v *validator) lintClaims(what string, expressions []ruled) {
	found := map[string]*gathered{}
	for _, r := range expressions {
		for _, suspicion := range r.rule.Suspicions(v.knownClaims()) {
			if suspicion == rules.UnverifiedMail && v.provesAddresses() {
				continue
			}
			gather(found, suspicion, r)
		}
	}
	for _, suspicion := range slices.Sorted(maps.Keys(found)) {
		g := found[suspicion]
		v.warn(g.at, "%s: %s: %s", what, joined(g.names), suspicion)
	}
}

// provesAddresses reports whether no token has an address that is not proven: passwords are confirmed, and
// no other issuer is believed.
func (v *validator) provesAddresses() bool {
	a := v.c.Auth
	return a != nil && len(a.Issuers) == 0 && a.Providers.Password != nil && a.Providers.Password.Confirm != nil && *a.Providers.Password.Confirm
}

// knownClaims are the claims that the configuration gives to tokens.
func (v *validator) knownClaims() []string {
	if v.c.Auth == nil {
		return nil
	}
	out := sorted(v.c.Auth.Claims)
	for _, issuer := range v.c.Auth.Issuers {
		out = append(out, sorted(issuer.Claims)...)
	}
	return out
}

// lintMasks warns of what reveals the value of a field to a caller who may not read it.
func (v *validator) lintMasks(c *Collection) {
	if c.Readable == nil {
		return
	}
	masked := func(name string) bool { return c.Readable[c.Shape.Index(name)] != nil }
	for _, f := range c.Ordered {
		if f.Unique && masked(f.Name) {
			v.warn(f.At, "%s: %s is unique and not readable by every caller: a conflict reveals to a writer that the value exists", c.Name, f.Name)
		}
	}
	for _, r := range c.expressions() {
		fields := []string{}
		r.rule.Changes(func(name string) {
			if masked(name) && !slices.Contains(fields, name) {
				fields = append(fields, name)
			}
		})
		if len(fields) > 0 {
			v.warn(r.at, "%s: %s asks changed() about %s, which is not readable by every caller: a writer of the right value learns it; give it a rule in fields_writable", c.Name, r.name, joined(fields))
		}
	}
}
