package certificates

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// redirect sends clients to the same address with https.
type redirect struct {
	domains []string
	port    string
}

var hostname = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$`)

// ServeHTTP implements http.Handler. A host that is none of the domains is not repeated.
func (d redirect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		if host = name; strings.Contains(name, ":") {
			host = "[" + name + "]"
		}
	}
	if len(d.domains) > 0 && !slices.Contains(d.domains, strings.ToLower(host)) {
		host = d.domains[0]
	}
	if !hostname.MatchString(host) {
		http.Error(w, "this server speaks HTTPS", http.StatusBadRequest)
		return
	}
	if d.port != "443" {
		host += ":" + d.port
	}
	to := url.URL{Scheme: "https", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	w.Header().Set("Connection", "close")
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusPermanentRedirect) // which keeps the method and the body
}
