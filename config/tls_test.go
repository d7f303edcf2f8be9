package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/config"
)

func TestTLS_Mistakes(t *testing.T) {
	for _, c := range []struct{ tls, want string }{
		{`{}`, "1:6: tls needs domains: [app.example.com]"},
		{`{ cert: a.pem }`, "the files cert and key"},
		{`{ domains: [app.example.com], key: b.pem, cert: a.pem }`, "take out one of them"},
		{`{ domains: ["*.example.com"] }`, "without access to the DNS: use cert and key"},
		{`{ domains: ["https://app.example.com"] }`, "is not a domain such as app.example.com"},
		{`{ domains: ["10.0.0.1"] }`, "is not a domain"},
		{`{ domains: [localhost] }`, "is not a domain"},
		{`{ domains: [app.example.com], authority: "http://ca" }`, "tls.authority is the address of an ACME directory"},
		{`{ domains: [app.example.com], http: "80" }`, `tls.http is an address such as ":80"`},
		{`{ domain: app.example.com }`, `did you mean "domains"`},
		{`{ cert: public/a.pem, key: public/b.pem }` + "\nstatic: { dir: public }", "has a file of tls in it"},
		{`{ domains: [app.example.com], dir: public/c }` + "\nstatic: { dir: public }", "has the certificates of tls in it"},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "public"), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := config.Parse("basalt.yaml", dir, []byte("tls: "+c.tls+"\ndatabases: { main: { driver: memory } }\n"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.tls, err, c.want)
		}
	}
}

func TestTLS_Defaults(t *testing.T) {
	for _, c := range []struct{ text, listen, from string }{
		{`tls: { domains: [app.example.com], email: a@example.com }`, ":443", ":80"},
		{`tls: { domains: [app.example.com], http: "off" }`, ":443", ""},
		{`tls: { cert: a.pem, key: b.pem, http: "127.0.0.1:8080" }`, ":443", "127.0.0.1:8080"},
		{"tls: { cert: a.pem, key: b.pem }\nlisten: \":4122\"", ":4122", ""},
	} {
		got, err := config.Parse("basalt.yaml", t.TempDir(), []byte(c.text+"\ndatabases: { main: { driver: memory } }\n"))
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if from := got.TLS.RedirectFrom(got.Listen); got.Listen != c.listen || from != c.from || !got.TLS.Secure() {
			t.Errorf("%s: listens at %q and redirects from %q", c.text, got.Listen, from)
		}
	}
}
