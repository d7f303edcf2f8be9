package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/basalt-dev/basalt/rules"
)

// Console is the section `console`: the web console, which is in the binary.
type Console struct {
	At Position `json:"-"`
	// The URL path of the console.
	Path string `json:"path,omitempty"`
	// A condition on auth: who may use the console besides administrators. They see the data that the rules show them, and
	// no settings.
	Access *Text `json:"access,omitempty"`
	// Whether administrators may change collections in the console, which writes this file. `basalt dev` lets them, too.
	Edit bool `json:"edit,omitempty"`
	// The address of the app, such as https://app.example.com/, which the console opens to act as a user. By default that of the
	// files of section static.
	App string `json:"app,omitempty"`

	// What Load makes of Access; nil without it.
	Who *rules.Rule `json:"-"`
}

var (
	consolePath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`)
	// taken are the first parts of the paths that Basalt serves itself.
	taken = []string{"v1", "docs", "healthz", "readyz", "metrics", "openapi.json"}
)

func (v *validator) console() {
	c := v.c.Console
	first, _, _ := strings.Cut(strings.TrimPrefix(c.Path, "/"), "/")
	switch {
	case !consolePath.MatchString(c.Path):
		v.fail(v.place(&c.Path), "console.path is a path such as /console, of letters, digits, - and _, without / at its end; not %q", c.Path)
	case slices.Contains(taken, first):
		v.fail(v.place(&c.Path), "console.path: /%s is taken by the API; write another one, such as /console", first)
	}
	if u, err := url.Parse(c.App); c.App != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.Contains(c.App, "#")) {
		v.fail(v.place(&c.App), "console.app is the address of a page, such as https://app.example.com/, without a fragment; not %q", c.App)
	}
	if c.Access == nil {
		return
	}
	rule, err := rules.CompileCall(c.Access.Source, nil, v.callerScope())
	if err != nil {
		v.expression(c.Access, "console.access", err)
		return
	}
	if Satisfies(rule, nil) {
		v.fail(c.Access.At, "console.access holds for an anonymous caller; write a condition on auth, such as: auth.role in [\"admin\", \"editor\"]")
	}
	c.Who = rule
}
