package server_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// TestRemoveOwn_EndsAllThatActs removes an account over HTTP: who may not cannot, and whatever acted for it ends.
func TestRemoveOwn_EndsAllThatActs(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t)
	w := newSignIn(t, func(config string) string {
		return config + "webhooks: { secret: whsec }\nevents:\n  clean: { on: auth.removed, url: \"" + receiver.server.URL + "\" }\n"
	})
	ada := w.session(t, 201, "signup", "", `{"email":"ada@example.com","password":"correct horse"}`)
	second := w.session(t, 200, "signin", "", `{"email":"ada@example.com","password":"correct horse"}`)
	var made struct {
		Key         string
		AccessToken string `json:"access_token"`
	}
	w.Want(t, 201, call{Method: "POST", Path: "/v1/admin/keys", Token: "admin-key-admin-key", Body: map[string]any{"name": "k", "claims": map[string]any{"sub": ada.User.ID}}}).Decode(t, &made)
	w.Want(t, 200, call{Method: "POST", Path: "/v1/admin/users/" + ada.User.ID + "/impersonate", Token: "admin-key-admin-key", Body: `{"reason":"to help"}`}).Decode(t, &made)
	acting := w.Live(t, made.AccessToken)
	live := w.Live(t, second.Access)
	for _, l := range []*servertest.Live{live, acting} {
		if err := l.Send(map[string]any{"id": "1", "op": "subscribe", "collection": "members"}); err != nil {
			t.Fatal(err)
		}
	}
	live.Want(t, "snapshot")
	acting.Want(t, "snapshot")

	remove := func(token, body string) (status int, answer string) {
		a := w.Do(t, call{Method: "DELETE", Path: "/v1/auth/user", Token: token, Body: body})
		return a.Status, a.Body
	}
	password := `{"current_password":"correct horse"}`
	for name, try := range map[string]struct {
		token, body string
		want        int
	}{
		"anonymous":        {"", password, 401},
		"an API key":       {made.Key, password, 401},
		"the admin":        {"admin-key-admin-key", password, 401},
		"an impersonation": {made.AccessToken, password, 403},
		"a wrong password": {ada.Access, `{"current_password":"a wrong horse"}`, 403},
		"another id":       {ada.Access, `{"id":"x","current_password":"correct horse"}`, 422},
		"no object":        {ada.Access, `["correct horse"]`, 422},
		"no text":          {ada.Access, `{"current_password":1}`, 422},
	} {
		if status, body := remove(try.token, try.body); status != try.want {
			t.Errorf("%s: got %d %s, want %d", name, status, body, try.want)
		}
	}
	if status, body := remove(ada.Access, password); status != 204 || body != "" {
		t.Fatalf("got %d %s", status, body)
	}
	for name, token := range map[string]string{"its token": ada.Access, "another session": second.Access, "an impersonation": made.AccessToken, "a key": made.Key} {
		if a := w.Do(t, call{Method: "GET", Path: "/v1/db/members", Token: token}); a.Status != 401 {
			t.Errorf("%s: got %d %s", name, a.Status, a.Body)
		}
	}
	w.post(t, 401, "refresh", "", `{"refresh_token":"`+second.Refresh+`"}`)
	w.post(t, 401, "signin", "", `{"email":"ada@example.com","password":"correct horse"}`)
	for name, l := range map[string]*servertest.Live{"the session's": live, "the impersonation's": acting} {
		if m, err := l.Next(time.Minute); m.Error.Code != "unauthenticated" && !errors.Is(err, io.EOF) {
			t.Errorf("%s connection got %+v, %v", name, m, err)
		}
	}
	list := w.Want(t, 200, call{Method: "GET", Path: "/v1/db/_audit?filter=" + strings.ReplaceAll(`user == "`+ada.User.ID+`"`, " ", "%20"), Token: "admin-key-admin-key"})
	if !strings.Contains(list.Body, `"event":"removed"`) || !strings.Contains(list.Body, `"event":"signup"`) || strings.Contains(list.Body, "127.0.0.1") || strings.Contains(list.Body, "to help") {
		t.Errorf("the audit keeps %s", list.Body)
	}
	if told := receiver.want("clean", 1); told[0].Type != "auth.removed" || told[0].Data["user"] != ada.User.ID || told[0].Data["ip"] != nil {
		t.Errorf("got %+v", told)
	}
}
