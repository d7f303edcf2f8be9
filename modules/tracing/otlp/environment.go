package otlp

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings are what the environment says of sending. Each has a variable of its own for traces, which goes first.
type settings struct {
	headers map[string]string
	gzip    bool
	timeout time.Duration
	tls     *tls.Config
}

const variables = "OTEL_EXPORTER_OTLP_"

func fromEnvironment(getenv func(string) string) (settings, error) {
	read := func(name string) string {
		return strings.TrimSpace(cmp.Or(getenv(variables+"TRACES_"+name), getenv(variables+name)))
	}
	s := settings{gzip: read("COMPRESSION") == "gzip", timeout: 10 * time.Second, headers: map[string]string{}}
	if text := read("TIMEOUT"); text != "" {
		milliseconds, err := strconv.Atoi(text)
		if err != nil || milliseconds <= 0 {
			return s, fmt.Errorf("%sTIMEOUT is a number of milliseconds, as in 10000", variables)
		}
		s.timeout = time.Duration(milliseconds) * time.Millisecond
	}
	for pair := range strings.SplitSeq(read("HEADERS"), ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, text, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(text)
		if name = strings.TrimSpace(name); !ok || err != nil || !isToken(name) || strings.ContainsAny(value, "\r\n\x00") {
			return s, fmt.Errorf("%sHEADERS has the form name=value,name=value", variables) // not what it is: it may be a key
		}
		s.headers[name] = strings.TrimSpace(value)
	}
	var err error
	s.tls, err = certificates(read("CERTIFICATE"), read("CLIENT_CERTIFICATE"), read("CLIENT_KEY"))
	return s, err
}

// certificates returns nil if the environment names none.
func certificates(authority, own, key string) (*tls.Config, error) {
	if authority == "" && (own == "" || key == "") {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority != "" {
		text, err := os.ReadFile(authority)
		if err != nil {
			return nil, fmt.Errorf("%sCERTIFICATE: %w", variables, err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%sCERTIFICATE: %s has no certificate in PEM form", variables, authority)
		}
	}
	if own != "" && key != "" {
		pair, err := tls.LoadX509KeyPair(own, key)
		if err != nil {
			return nil, fmt.Errorf("%sCLIENT_CERTIFICATE: %w", variables, err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

// isToken says whether a header may have a name.
func isToken(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune("!#$%&'*+-.^_`|~", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return name != ""
}
