package server_test

import (
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestAddress_ProxiesAreBelievedAndNobodyElse: request.ip is what a trusted proxy says, and nothing that a
// client makes up.
func TestAddress_ProxiesAreBelievedAndNobodyElse(t *testing.T) {
	t.Parallel()
	const config = `
databases: { main: { driver: sqlite, url: "file:test.db" } }
log: { level: error }
collections:
  visits:
    fields: { ip: { type: string } }
    set: { create: { ip: 'request.ip' } }
    rules: { read: 'true', create: 'true', update: 'false', delete: 'false' }
`
	trusting := servertest.Start(t, config+"proxies: [\"127.0.0.1/32\", \"10.0.0.0/8\"]\n")
	plain := servertest.Start(t, config)
	for _, test := range []struct {
		server          *servertest.Instance
		forwarded, want string
	}{
		{plain, "9.9.9.9", "127.0.0.1"},
		{trusting, "", "127.0.0.1"},
		{trusting, "9.9.9.9", "9.9.9.9"},
		{trusting, "6.6.6.6, 9.9.9.9", "9.9.9.9"},
		{trusting, "6.6.6.6, 9.9.9.9, 10.1.2.3", "9.9.9.9"},
		{trusting, "2001:db8::1", "2001:db8::1"},
		{trusting, "9.9.9.9, nonsense", "127.0.0.1"},
		{trusting, "9.9.9.9:80", "9.9.9.9"},
		{trusting, "6.6.6.6:1, 203.0.113.5:51234, 10.0.0.1:80", "203.0.113.5"},
		{trusting, "[2001:db8::1]:443", "2001:db8::1"},
		{trusting, "[2001:db8::1]", "2001:db8::1"},
		{trusting, "::ffff:9.9.9.9", "9.9.9.9"},
		{trusting, "9.9.9.9:port", "127.0.0.1"},
		{trusting, "10.1.2.3", "10.1.2.3"},
	} {
		a := test.server.Want(t, 201, call{Method: "POST", Path: "/v1/db/visits", Body: `{}`, Header: map[string]string{"X-Forwarded-For": test.forwarded}})
		if !strings.Contains(a.Body, `"ip":"`+test.want+`"`) {
			t.Errorf("%q: got %s, want %s", test.forwarded, a.Body, test.want)
		}
	}
}
