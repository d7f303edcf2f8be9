package config

import (
	"net"
	"regexp"
	"strings"
)

// TLS is the section `tls`: the server speaks HTTPS itself. The certificates come from an authority, for domains, or
// from the files cert and key. With it, listen is ":443" by default.
type TLS struct {
	At Position `json:"-"`
	// The domains that certificates are requested for, such as app.example.com.
	Domains []string `json:"domains,omitempty"`
	// Where the authority writes to, about certificates that end.
	Email string `json:"email,omitempty"`
	// The ACME directory of the authority; Let's Encrypt by default.
	Authority string `json:"authority,omitempty"`
	// A file with the roots that the authority's own certificate is checked by, for one inside a company.
	Roots string `json:"roots,omitempty"`
	// Where certificates are kept; data/certificates beside this file by default.
	Dir string `json:"dir,omitempty"`
	// The file of the certificate with its chain, in PEM. It is read again when it changes.
	Cert string `json:"cert,omitempty"`
	// The file of its key, in PEM.
	Key string `json:"key,omitempty"`
	// Where plain HTTP is redirected from; ":80" where the server listens on port 443. "off" for nowhere.
	HTTP string `json:"http,omitempty"`
	// Whether browsers must use HTTPS only (HSTS), for a year; true by default.
	HSTS *bool `json:"hsts,omitempty"`
}

// letsEncrypt is the ACME directory of Let's Encrypt.
const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

func (t *TLS) defaults(c *Config) {
	setDefault(&c.Listen, ":443")
	setDefault(&t.Authority, letsEncrypt)
	setDefault(&t.Dir, "data/certificates")
	for _, file := range []*string{&t.Dir, &t.Roots, &t.Cert, &t.Key} {
		if *file != "" {
			*file = c.absolute(*file, c.Dir)
		}
	}
}

// Secure reports whether HSTS is sent.
func (t *TLS) Secure() bool { return t != nil && (t.HSTS == nil || *t.HSTS) }

// RedirectFrom is where plain HTTP is redirected from, for a server that listens at an address; empty for nowhere.
func (t *TLS) RedirectFrom(address string) string {
	switch {
	case t.HTTP == "off":
		return ""
	case t.HTTP != "":
		return t.HTTP
	}
	if _, port, err := net.SplitHostPort(address); err != nil || port != "443" {
		return ""
	}
	return ":80"
}

var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)

func (v *validator) tls() {
	t := v.c.TLS
	if t == nil {
		return
	}
	switch {
	case len(t.Domains) == 0 && (t.Cert == "" || t.Key == ""):
		v.fail(t.At, "tls needs domains: [app.example.com], whose certificates are requested, or the files cert and key")
	case len(t.Domains) > 0 && t.Cert+t.Key != "":
		v.fail(t.At, "tls has domains, whose certificates are requested, and files: take out one of them")
	}
	for i, name := range t.Domains {
		if !domain.MatchString(name) {
			v.fail(v.place(&t.Domains[i]), "tls.domains: %q is not a domain such as app.example.com%s", name, map[bool]string{true: "; certificates for * are not given without access to the DNS: use cert and key"}[strings.Contains(name, "*")])
		}
	}
	if !strings.HasPrefix(t.Authority, "https://") {
		v.fail(v.place(&t.Authority), "tls.authority is the address of an ACME directory, with https://")
	}
	if _, _, err := net.SplitHostPort(t.HTTP); err != nil && t.HTTP != "" && t.HTTP != "off" {
		v.fail(v.place(&t.HTTP), `tls.http is an address such as ":80", or "off"`)
	}
}
