package server_test

import (
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAudit_IsForAdministratorsToRead: what matters is there, no other user can see it, no user can change it,
// and no secret is in it.
func TestAudit_IsForAdministratorsToRead(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	s := w.session(t, 201, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	w.post(t, 401, "signin", "", `{"email":"ada@example.com","password":"wrong horse"}`)
	var key struct{ ID, Key string }
	w.Want(t, 201, call{Method: "POST", Path: "/v1/admin/keys", Token: admin, Body: `{"name":"importer","claims":{"role":"importer"}}`}).Decode(t, &key)
	w.Want(t, 200, call{Method: "GET", Path: "/v1/db/members", Token: key.Key})
	w.Want(t, 200, call{Method: "PATCH", Path: "/v1/admin/users/" + s.User.ID, Token: admin, Body: `{"claims":{"role":"editor"}}`})
	w.Want(t, 200, call{Method: "POST", Path: "/v1/admin/users/" + s.User.ID + "/impersonate", Token: admin, Body: `{"reason":"ticket 7"}`})
	all := w.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?sort=created", Token: admin}).Body
	for _, event := range []string{`"signup"`, `"signin"`, `"signin.failed"`, `"key.made"`, `"key.used"`, `"user.changed"`, `"impersonation"`, `"reason":"ticket 7"`, `"role":"editor"`} {
		if !strings.Contains(all, event) {
			t.Errorf("there is no %s in %s", event, all)
		}
	}
	for _, secret := range []string{"correct horse", "wrong horse", key.Key[len("bkey_"+key.ID+"_"):], s.Refresh[27:], s.Access} {
		if strings.Contains(all, secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
	if got := w.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?filter=" + url.QueryEscape(`event == "signin.failed" && user == "`+s.User.ID+`"`) + "&count=true", Token: admin}).Body; !strings.Contains(got, `"total":1`) {
		t.Errorf("got %s", got)
	}
	w.Want(t, 403, call{Method: "GET", Path: "/v1/db/_audit", Token: s.Access})
	w.Want(t, 401, call{Method: "GET", Path: "/v1/db/_audit"})
	w.Want(t, 403, call{Method: "GET", Path: "/v1/db/_audit", Token: key.Key})
	for _, c := range []call{{Method: "POST", Path: "/v1/db/_audit", Body: `{"event":"x"}`}, {Method: "DELETE", Path: "/v1/db/_audit?filter=true"}, {Method: "PATCH", Path: "/v1/db/_audit?filter=true", Body: `{"event":"x"}`}} {
		c.Token = admin
		w.Want(t, 403, c)
	}
	for _, name := range []string{"_users", "_sessions", "_keys", "_codes"} {
		w.Want(t, 404, call{Method: "GET", Path: "/v1/db/" + name, Token: admin})
	}
	for _, c := range []call{{Method: "GET", Path: "/v1/admin/users"}, {Method: "POST", Path: "/v1/admin/keys", Body: `{"name":"x"}`}, {Method: "POST", Path: "/v1/admin/users/" + s.User.ID + "/impersonate", Body: `{"reason":"x"}`}, {Method: "DELETE", Path: "/v1/admin/users/" + s.User.ID}} {
		w.Want(t, 401, c)
		c.Token = s.Access
		w.Want(t, 403, c)
		c.Token = key.Key
		w.Want(t, 403, c)
	}
}

// TestAudit_IsKeptForAWhile: what is older than auth.audit.keep goes by itself, and nothing else does.
func TestAudit_IsKeptForAWhile(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	w := newSignInNow(t, func(config string) string {
		return strings.Replace(config, "auth:\n", "auth:\n  audit: { keep: 30d }\n", 1)
	},
		func() time.Time { return time.Now().Add(time.Duration(later.Load())) })
	kept := func() string {
		return w.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?sort=created&select=event", Token: admin}).Body
	}
	w.session(t, 201, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	later.Add(int64(29 * 24 * time.Hour))
	w.post(t, 401, "signin", "", `{"email":"ada@example.com","password":"wrong horse"}`)
	time.Sleep(3 * time.Second) // it is looked at every ten minutes, which are over
	if got := kept(); !strings.Contains(got, `"signup"`) {
		t.Errorf("after 29 days there is %s", got)
	}
	later.Add(int64(2 * 24 * time.Hour))
	for range 300 {
		if !strings.Contains(kept(), `"signup"`) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if got := kept(); strings.Contains(got, `"signup"`) || !strings.Contains(got, `"signin.failed"`) {
		t.Errorf("after 31 days there is %s", got)
	}
}
