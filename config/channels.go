package config

import (
	"regexp"
	"slices"

	"github.com/basalt-dev/basalt/rules"
)

// maxHistory limits the messages that a channel retains.
const maxHistory = 1000

var (
	channelPattern   = regexp.MustCompile(`^(?:[A-Za-z0-9_.:/-]|\{[A-Za-z][A-Za-z0-9_]*\}){1,100}$`)
	channelParameter = regexp.MustCompile(`\{([A-Za-z][A-Za-z0-9_]*)\}`)
)

// channels checks the section channels and compiles its rules.
func (v *validator) channels(scope rules.Scope) {
	for _, pattern := range sorted(v.c.Channels) {
		c := v.c.Channels[pattern]
		c.Pattern = pattern
		if !channelPattern.MatchString(pattern) {
			v.fail(c.At, `the name of a channel is made of letters, digits and _ . : / -, with parameters as in "room:{id}", not %q`, pattern)
			continue
		}
		for _, m := range channelParameter.FindAllStringSubmatch(pattern, -1) {
			if slices.Contains(c.Params, m[1]) || slices.Contains([]string{"auth", "request", "params", "roles"}, m[1]) {
				v.fail(c.At, "the channel %s has two parameters %s, or one that is named like something else", pattern, m[1])
			}
			c.Params = append(c.Params, m[1])
		}
		if c.History < 0 || c.History > maxHistory {
			v.fail(c.At, "channel %s: history is 0 to %d", pattern, maxHistory)
		}
		compile := func(text *Text, what string) *rules.Rule {
			if text == nil {
				return nil
			}
			rule, err := rules.CompileChannel(text.Source, c.Params, scope)
			if err != nil {
				v.expression(text, "the rule "+what, err)
			}
			return rule
		}
		c.MaySubscribe, c.MayPublish = compile(c.Subscribe, "subscribe"), compile(c.Publish, "publish")
		if c.Subscribe == nil {
			v.warn(c.At, "channel %s: no one can subscribe, because there is no rule", pattern)
		}
	}
}
