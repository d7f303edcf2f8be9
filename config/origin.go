package config

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// Origin returns the spelling of an origin that browsers send: small letters, punycode, no default port and no slash at
// the end. "https://*.example.com" stays a pattern.
func Origin(origin string) string {
	origin = strings.ToLower(strings.TrimSuffix(origin, "/"))
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok {
		return origin
	}
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	wild := strings.HasPrefix(host, "*.")
	if isASCII(host) {
		return scheme + "://" + host
	}
	name, port, hasPort := strings.Cut(strings.TrimPrefix(host, "*."), ":")
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		name = ascii
	}
	if hasPort {
		name += ":" + port
	}
	if wild {
		name = "*." + name
	}
	return scheme + "://" + name
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// corsOrigins checks cors.origins.
func (v *validator) corsOrigins() {
	for i, origin := range v.c.CORS.Origins {
		u, err := url.Parse(strings.Replace(origin, "://*.", "://wildcard.", 1))
		switch {
		case origin == "*":
		case err != nil || u.Scheme == "" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil:
			v.fail(v.place(&v.c.CORS.Origins[i]), `cors.origins: %q is not an origin such as "https://app.example.com"`, origin)
		case strings.Contains(u.Host, "*"):
			v.fail(v.place(&v.c.CORS.Origins[i]), `cors.origins: %q: * stands for all domains below one, as in "https://*.example.com", or alone for all origins`, origin)
		}
	}
}

// base checks the path that this server is below, and takes it from auth.url by default.
func (v *validator) base() {
	s := &v.c.Server
	s.Base = strings.TrimRight(s.Base, "/")
	path := ""
	if a := v.c.Auth; a != nil {
		if u, err := url.Parse(a.URL); err == nil {
			path = strings.TrimRight(u.EscapedPath(), "/")
		}
	}
	switch {
	case s.Base == "":
		s.Base = path
	case !strings.HasPrefix(s.Base, "/") || strings.ContainsAny(s.Base, "?#* ") || strings.Contains(s.Base, "//"):
		v.fail(s.At, "server.base: %q is not a path such as /api", s.Base)
	case path != "" && path != s.Base:
		v.fail(s.At, "server.base is %s, and the path of auth.url is %s: they are the same path; leave one of them out", s.Base, path)
	}
}
