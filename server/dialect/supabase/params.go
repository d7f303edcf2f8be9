package supabase

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/basalt-dev/basalt/modules/fault"
)

// params are the parameters of an address, decoded, in the order in which they are written.
type params []param

type param struct{ name, value string }

// parseParams reads the part of an address after the question mark.
func parseParams(raw string) (params, error) {
	if raw == "" {
		return nil, nil
	}
	out := make(params, 0, 1+strings.Count(raw, "&"))
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil || strings.Contains(pair, ";") {
			return nil, fault.Errorf(fault.Invalid, "the parameters of the address are not encoded as application/x-www-form-urlencoded")
		}
		if !utf8.ValidString(name) || !utf8.ValidString(value) || strings.IndexByte(name, 0) >= 0 || strings.IndexByte(value, 0) >= 0 {
			return nil, fault.Errorf(fault.Invalid, "a parameter of the address is not valid UTF-8, or has a NUL character")
		}
		if name != "" {
			out = append(out, param{name, value})
		}
	}
	return out, nil
}

// get returns the first value of a name, empty without one.
func (p params) get(name string) string {
	for i := range p {
		if p[i].name == name {
			return p[i].value
		}
	}
	return ""
}

func (p params) has(name string) bool {
	return slices.ContainsFunc(p, func(o param) bool { return o.name == name })
}

// names are the names, each once.
func (p params) names() []string {
	var out []string
	for _, o := range p {
		if !slices.Contains(out, o.name) {
			out = append(out, o.name)
		}
	}
	return out
}

// without returns the others than those of a name.
func (p params) without(name string) params {
	return slices.DeleteFunc(slices.Clone(p), func(o param) bool { return o.name == name })
}
