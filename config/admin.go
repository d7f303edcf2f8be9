package config

import (
	"maps"
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
	rule, err := rules.CompileCall(text.Source, nil, v.callerScope())
	if err != nil {
		v.expression(text, "admin.users", err)
		return
	}
	switch {
	case Satisfies(rule, nil):
		v.fail(text.At, "admin.users holds for an anonymous caller, who would be an administrator; write a condition on auth, such as: auth.role == \"admin\"")
	case Satisfies(rule, map[string]any{"sub": "a stranger"}):
		v.warn(text.At, "admin.users holds for a user without claims: everyone who signs up is an administrator")
	}
	v.c.Admin.Who = rule
}

// Satisfies reports whether claims satisfy admin.users or console.access. What cannot be decided by them does not. An
// address counts once it is proven: anyone can sign up with that of an administrator.
func Satisfies(rule *rules.Rule, claims map[string]any) bool {
	if rule == nil {
		return false
	}
	if _, addressed := claims["email"]; addressed && claims["email_verified"] != true {
		claims = maps.Clone(claims)
		delete(claims, "email")
	}
	filter, err := rule.Fold(&rules.Env{Auth: claims, Request: rules.Request{Op: rules.Read, Time: time.Time{}}, Next: &rules.Next{}})
	return err == nil && filter == query.True
}

// AdminClaims returns claims that make a user with a confirmed address an administrator. It reports false where the
// usual ones do not.
func AdminClaims(rule *rules.Rule) (map[string]any, bool) {
	for _, claims := range []map[string]any{
		{"role": "admin"}, {"admin": true}, {"is_admin": true}, {"roles": []any{"admin"}}, {"groups": []any{"admin"}},
		{"role": "administrator"}, {"role": "owner"}, {"groups": []any{"admins"}},
	} {
		if MakesAdmin(rule, claims) {
			return claims, true
		}
	}
	return nil, false
}

// MakesAdmin reports whether claims make any user with a confirmed address an administrator.
func MakesAdmin(rule *rules.Rule, claims map[string]any) bool {
	all := map[string]any{"sub": "a user", "email": "user@example.com", "email_verified": true}
	maps.Copy(all, claims)
	return Satisfies(rule, all)
}
