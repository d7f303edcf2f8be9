package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth/authtest"
)

// TestSignIn_HostileSequences are calls that should get a user into an account, or out of a limit, that is not theirs.
// Each has a fresh address of its own; add the next one that you think of.
func TestSignIn_HostileSequences(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	const password = "correct horse"
	up := func(t *testing.T, who string) sessionBody {
		t.Helper()
		return w.session(t, 201, "signup", "", `{"email":"`+who+`@example.com","password":"`+password+`"}`)
	}
	status := func(t *testing.T, want int, method, path, token, body string) {
		t.Helper()
		if a := w.Do(t, call{Method: method, Path: "/v1/auth/" + path, Token: token, Body: body}); a.Status != want {
			t.Errorf("%s %s: got %d %s, want %d", method, path, a.Status, a.Body, want)
		}
	}
	refreshed := func(t *testing.T, want int, token string) sessionBody {
		t.Helper()
		return w.session(t, want, "refresh", "", `{"refresh_token":"`+token+`"}`)
	}
	for name, attack := range map[string]func(t *testing.T, who string){
		"signing up twice does not sign in": func(t *testing.T, who string) {
			up(t, who)
			status(t, 409, "POST", "signup", "", `{"email":"`+strings.ToUpper(who)+`@EXAMPLE.com","password":"another horse"}`)
		},
		"signing up with more than is asked for": func(t *testing.T, who string) {
			for _, more := range []string{`"role":"admin"`, `"claims":{"role":"admin"}`, `"email_verified":true`, `"id":"x"`, `"sub":"x"`} {
				status(t, 422, "POST", "signup", "", `{"email":"`+who+`@example.com","password":"`+password+`",`+more+`}`)
			}
		},
		"a field twice": func(t *testing.T, who string) {
			up(t, who)
			if a := w.Do(t, call{Method: "POST", Path: "/v1/auth/signin", Body: `{"email":"` + who + `@example.com","email":"x@example.com","password":"` + password + `"}`}); a.Status < 400 || a.Status >= 500 {
				t.Errorf("got %d %s", a.Status, a.Body)
			}
		},
		"lists and objects instead of texts": func(t *testing.T, who string) {
			up(t, who)
			for _, value := range []string{`{"$ne":""}`, `[""]`, `true`, `0`} {
				status(t, 422, "POST", "signin", "", `{"email":"`+who+`@example.com","password":`+value+`}`)
				status(t, 422, "POST", "refresh", "", `{"refresh_token":`+value+`}`)
			}
		},
		"an empty password": func(t *testing.T, who string) {
			up(t, who)
			status(t, 401, "POST", "signin", "", `{"email":"`+who+`@example.com","password":""}`)
			status(t, 401, "POST", "signin", "", `{"email":"`+who+`@example.com"}`)
		},
		"an access token as a refresh token, and the other way": func(t *testing.T, who string) {
			s := up(t, who)
			refreshed(t, 401, s.Access)
			status(t, 401, "GET", "user", s.Refresh, "")
		},
		"finding 8: a thief refreshes twice": func(t *testing.T, who string) {
			s := up(t, who)
			thief := refreshed(t, 200, refreshed(t, 200, s.Refresh).Refresh)
			refreshed(t, 401, s.Refresh)
			refreshed(t, 401, thief.Refresh)
			status(t, 401, "GET", "user", thief.Access, "")
		},
		"a refresh token with another session's mac": func(t *testing.T, who string) {
			a, b := strings.Split(up(t, who).Refresh, "."), strings.Split(up(t, who+"2").Refresh, ".")
			refreshed(t, 401, strings.Join([]string{a[0], a[1], a[2], b[3]}, "."))
			refreshed(t, 401, strings.Join([]string{a[0], "2", a[2], a[3]}, "."))
		},
		"refreshing after signing out": func(t *testing.T, who string) {
			s := up(t, who)
			status(t, 204, "POST", "signout", "", `{"refresh_token":"`+s.Refresh+`"}`)
			refreshed(t, 401, s.Refresh)
			status(t, 401, "GET", "user", s.Access, "")
		},
		"another's session": func(t *testing.T, who string) {
			a, b := up(t, who), up(t, who+"2")
			var list struct{ Items []struct{ ID string } }
			w.Want(t, 200, call{Method: "GET", Path: "/v1/auth/sessions", Token: b.Access}).Decode(t, &list)
			status(t, 404, "DELETE", "sessions/"+list.Items[0].ID, a.Access, "")
			status(t, 200, "GET", "user", b.Access, "")
		},
		"finding 2: a squatter's ways in, when the owner comes": func(t *testing.T, _ string) {
			eve := w.session(t, 201, "signup", "", `{"email":"bob@example.com","password":"squatters horse"}`)
			status(t, 403, "POST", "oauth/link", eve.Access, `{"current_password":"squatters horse"}`)
			status(t, 403, "POST", "passkeys", eve.Access, `{"current_password":"squatters horse"}`)
			bob := w.elsewhere(t, "bob", "")
			if bob.User.ID != eve.User.ID || !bob.User.Verified {
				t.Errorf("bob is %+v", bob.User)
			}
			status(t, 401, "GET", "user", eve.Access, "")
			refreshed(t, 401, eve.Refresh)
			status(t, 401, "POST", "signin", "", `{"email":"bob@example.com","password":"squatters horse"}`)
		},
		"linking with another's token": func(t *testing.T, who string) {
			guest, other := w.session(t, 201, "anonymous", "", ""), up(t, who)
			var link struct{ Link string }
			w.post(t, 200, "oauth/link", guest.Access, "").Decode(t, &link)
			browser := authtest.Browser(t)
			f := w.back(t, browser, w.begin(t, browser, "eve", "&link="+link.Link))
			body := `{"code":"` + f.Get("code") + `","code_verifier":"` + verifier + `"}`
			status(t, 401, "POST", "oauth/exchange", "", body)
			status(t, 403, "POST", "oauth/exchange", other.Access, body)
			a := w.Do(t, call{Method: "GET", Path: "/v1/auth/oauth/test?redirect=http://app.example.com/in&code_challenge=" + challenge(verifier) + "&code_challenge_method=S256&link=" + link.Link})
			if a.Status != 401 {
				t.Errorf("a link again: got %d %s", a.Status, a.Body)
			}
		},
		"redirects to others": func(t *testing.T, who string) {
			for _, to := range []string{"http://evil.example", "http://app.example.com.evil.example", "http://app.example.com@evil.example", "//evil.example", "javascript:alert(1)", `http://app.example.com\@evil.example`, "myapp://signed-in/x", "https://app.example.com"} {
				status(t, 422, "POST", "email", "", fmt.Sprintf(`{"email":"%s@example.com","redirect":%q}`, who, to))
				status(t, 422, "POST", "reset", "", fmt.Sprintf(`{"email":"%s@example.com","redirect":%q}`, who, to))
			}
		},
		"made-up links and codes": func(t *testing.T, who string) {
			up(t, who)
			for _, proof := range []string{`"token":"AAAA"`, `"token":""`, `"email":"` + who + `@example.com","code":"000000"`, `"email":"` + who + `@example.com","code":""`, `"code":"000000"`} {
				status(t, 401, "POST", "email/verify", "", `{`+proof+`}`)
			}
			status(t, 401, "POST", "reset/confirm", "", `{"token":"AAAA","password":"quite another horse"}`)
		},
		"an exchange of nothing": func(t *testing.T, _ string) {
			status(t, 401, "POST", "oauth/exchange", "", `{"code":"","code_verifier":""}`)
			status(t, 401, "POST", "oauth/exchange", "", `{"code":"AAAA","code_verifier":"`+verifier+`"}`)
		},
		"passkeys without an account": func(t *testing.T, who string) {
			s := up(t, who)
			status(t, 401, "POST", "passkeys/signin/finish", "", `{"id":"x","response":{}}`)
			var asked struct{ ID string }
			w.post(t, 200, "passkeys/signin", "", "").Decode(t, &asked)
			status(t, 401, "POST", "passkeys/signin/finish", "", `{"id":"`+asked.ID+`","response":{}}`)
			status(t, 401, "POST", "passkeys/finish", s.Access, `{"id":"`+asked.ID+`","name":"x","response":{}}`)
		},
		"a second factor that no user has": func(t *testing.T, who string) {
			s := up(t, who)
			status(t, 409, "POST", "totp/confirm", s.Access, `{"code":"000000"}`)
			w.post(t, 200, "totp", s.Access, `{"current_password":"`+password+`"}`)
			status(t, 422, "POST", "totp/confirm", s.Access, `{"code":"000000"}`)
			status(t, 401, "DELETE", "totp", "", `{"totp":"000000"}`)
		},
		"upgrading a guest to another's address": func(t *testing.T, who string) {
			up(t, who)
			guest := w.session(t, 201, "anonymous", "", "")
			status(t, 409, "POST", "signup", guest.Access, `{"email":"`+who+`@example.com","password":"`+password+`"}`)
			status(t, 409, "PATCH", "user", guest.Access, `{"email":"`+who+`@example.com"}`)
		},
		"a guest upgraded twice": func(t *testing.T, who string) {
			guest := w.session(t, 201, "anonymous", "", "")
			w.session(t, 201, "signup", guest.Access, `{"email":"`+who+`@example.com","password":"`+password+`"}`)
			status(t, 401, "POST", "signup", guest.Access, `{"email":"`+who+`2@example.com","password":"`+password+`"}`)
			refreshed(t, 401, guest.Refresh)
		},
		"what an API key may not": func(t *testing.T, who string) {
			s := up(t, who)
			var made struct{ Key string }
			w.Want(t, 201, call{Method: "POST", Path: "/v1/admin/keys", Token: admin, Body: `{"name":"k","claims":{"sub":"` + s.User.ID + `"}}`}).Decode(t, &made)
			status(t, 401, "GET", "user", made.Key, "")
			status(t, 401, "PATCH", "user", made.Key, `{"password":"quite another horse","current_password":"`+password+`"}`)
			status(t, 401, "GET", "sessions", made.Key, "")
			status(t, 401, "POST", "oauth/link", made.Key, "")
		},
		"what who acts for a user may not": func(t *testing.T, who string) {
			s := up(t, who)
			var made struct {
				AccessToken string `json:"access_token"`
			}
			w.Want(t, 200, call{Method: "POST", Path: "/v1/admin/users/" + s.User.ID + "/impersonate", Token: admin, Body: `{"reason":"x"}`}).Decode(t, &made)
			status(t, 403, "PATCH", "user", made.AccessToken, `{"password":"quite another horse","current_password":"`+password+`"}`)
			status(t, 403, "POST", "totp", made.AccessToken, `{"current_password":"`+password+`"}`)
			status(t, 403, "GET", "sessions", made.AccessToken, "")
		},
		"administration with a user's token": func(t *testing.T, who string) {
			s := up(t, who)
			for _, path := range []string{"/v1/admin/users", "/v1/admin/keys"} {
				w.Want(t, http.StatusForbidden, call{Method: "GET", Path: path, Token: s.Access})
			}
		},
	} {
		t.Run(name, func(t *testing.T) { attack(t, fmt.Sprintf("u%d", len(name))+strings.Map(letters, name)) })
	}
}

// letters makes an address of the name of a test.
func letters(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r
	}
	return -1
}
