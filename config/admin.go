package config

import (
	"time"

	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// adminUsers compiles admin.users, which looks at nothing but who calls.
func (v *validator) adminUsers() {
	text := v.c.Admin.Users
	if text == nil {
		return
	}
	rule, err := rules.CompileCall(text.Source, nil, rules.Scope{})
	if err != nil {
		v.expression(text, "admin.users", err)
		return
	}
	switch {
	case IsAdmin(rule, nil):
		v.fail(text.At, "admin.users holds for an anonymous caller, who would be an administrator; write a condition on auth, such as: auth.role == \"admin\"")
	case IsAdmin(rule, map[string]any{"sub": "a stranger"}):
		v.warn(text.At, "admin.users holds for a user without claims: everyone who signs up is an administrator")
	}
	v.c.Admin.Who = rule
}

// IsAdmin reports whether claims satisfy admin.users. What cannot be decided by them does not.
func IsAdmin(rule *rules.Rule, claims map[string]any) bool {
	if rule == nil {
		return false
	}
	filter, err := rule.Fold(&rules.Env{Auth: claims, Request: rules.Request{Op: rules.Read, Time: time.Time{}}, Next: &rules.Next{}})
	return err == nil && filter == query.True
}
