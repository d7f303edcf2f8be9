package servertest

import (
	"fmt"
	"net/http"
	"testing"
)

// recorder takes what a judge finds.
type recorder struct {
	testing.TB
	found []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.found = append(r.found, fmt.Sprintf(format, args...))
}

// TestJudge_HoldsEveryCall: calls of every kind are held against the description: accounts, administrators and files too.
func TestJudge_HoldsEveryCall(t *testing.T) {
	t.Parallel()
	s := Start(t, `
databases: { main: { driver: memory } }
auth: { tokens: { secret: "0123456789abcdef0123456789abcdef" } }
admin: { keys: ["admin-key-admin-key"] }
log: { level: error }
services: { billing: { driver: http, url: "http://127.0.0.1:1", secret: whsec, functions: { charge: { rule: 'true', params: {} } } } }
events: { ping: { rule: 'true', params: {}, url: "http://127.0.0.1:1", secret: whsec } }
channels: { "room:{id}": { subscribe: 'true', publish: 'true' } }
storage: { local: { driver: local, dir: files } }
collections:
  notes: { fields: { title: { type: string } }, rules: { read: 'true' } }
  photos: { files: {}, rules: { read: 'true' } }
`)
	for _, c := range []Call{
		{Path: "/v1/db/notes"}, {Method: http.MethodPost, Path: "/v1/batch"}, {Method: http.MethodPost, Path: "/v1/fn/billing/charge"},
		{Method: http.MethodPost, Path: "/v1/channels/room:1"}, {Method: http.MethodPost, Path: "/v1/events"},
		{Path: "/v1/auth/user"}, {Path: "/v1/admin/status"}, {Path: "/v1/files/photos?path=a"},
	} {
		for status, wrong := range map[int]int{299: 1, http.StatusNotFound: 0} {
			r := &recorder{TB: t}
			a := Answer{Status: status, Header: http.Header{}}
			if s.judge(r, c, a); len(r.found) != wrong {
				t.Errorf("%s %s, answered %d: found %q", c.Method, c.Path, status, r.found)
			}
		}
		r := &recorder{TB: t}
		c.Path += map[bool]string{true: "&", false: "?"}[c.Path == "/v1/files/photos?path=a"] + "made=up"
		if s.judge(r, c, Answer{Status: 299, Header: http.Header{}}); len(r.found) != 1 {
			t.Errorf("%s: found %q", c.Path, r.found)
		}
	}
}
