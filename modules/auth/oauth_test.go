package auth_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/fault"
)

// TestPresets_OfOAuthAlone signs in at a server that answers as GitHub and Discord do: without an id_token,
// and for GitHub with the address at another place.
func TestPresets_OfOAuthAlone(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" && r.Header.Get("Authorization") != "Bearer t" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/token":
			if err := r.ParseForm(); err != nil || r.Form.Get("code_verifier") == "" || r.Form.Get("code") != "good" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			fmt.Fprint(w, `{"access_token":"t","token_type":"bearer"}`)
		case "/user":
			fmt.Fprintf(w, `{"id":583231,"login":"octocat","name":"Octo","email":"public@example.com","url":"http://%s/users/octocat"}`, r.Host)
		case "/user/emails":
			fmt.Fprint(w, `[{"email":"other@example.com","primary":false,"verified":true},{"email":"octo@example.com","primary":true,"verified":true}]`)
		case "/@me":
			fmt.Fprint(w, `{"id":"80351110224678912","username":"nelly","email":"nelly@example.com","verified":false}`)
		}
	}))
	defer server.Close()
	for name, want := range map[string]string{"github": "octo@example.com", "discord": ""} {
		s, _ := newService(t, 100)
		p, ok := oauth.Preset(name, "id", "secret")
		if !ok {
			t.Fatalf("there is no %s", name)
		}
		p.AuthURL, p.TokenURL, p.UserURL = server.URL+"/authorize", server.URL+"/token", server.URL+map[string]string{"github": "/user", "discord": "/@me"}[name]
		s.OAuth = map[string]*oauth.Provider{name: p}
		s.URL = "https://app.example.com"
		ctx := context.Background()
		verifier := strings.Repeat("v", 43)
		sum := sha256.Sum256([]byte(verifier))
		challenge := base64.RawURLEncoding.EncodeToString(sum[:])
		arrive := func(code string) url.Values {
			begun, err := s.StartOAuth(ctx, oauth.Request{Provider: name, Challenge: challenge, Method: "S256"}, from("1.1.1.1"))
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(begun.URL)
			if err != nil || u.Query().Get("code_challenge_method") != "S256" || u.Query().Get("redirect_uri") != "https://app.example.com/v1/auth/oauth/"+name+"/callback" {
				t.Fatalf("the browser goes to %s", begun.URL)
			}
			back, err := s.FinishOAuth(ctx, name, url.Values{"state": {u.Query().Get("state")}, "code": {code}}, begun.Cookie, from("1.1.1.1"))
			if err != nil {
				t.Fatal(err)
			}
			_, fragment, _ := strings.Cut(back, "#")
			values, err := url.ParseQuery(fragment)
			if err != nil {
				t.Fatal(err)
			}
			return values
		}
		session, err := s.Exchange(ctx, arrive("good").Get("code"), verifier, from("1.1.1.1"))
		if err != nil || session.User.Email != want || session.User.Verified != (want != "") {
			t.Errorf("%s: got %+v, %v", name, session.User, err)
		}
		again, err := s.Exchange(ctx, arrive("good").Get("code"), verifier, from("1.1.1.1"))
		if err != nil || again.User.ID != session.User.ID {
			t.Errorf("%s, again: got %+v, %v", name, again.User, err)
		}
		if f := arrive("bad"); f.Get("error") != "unauthenticated" || f.Get("code") != "" {
			t.Errorf("%s, a bad code: %v", name, f)
		}
	}
}

func TestCaptcha_IsAskedBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"success":%v}`, r.Form.Get("response") == "right" && r.Form.Get("secret") == "s" && r.Form.Get("remoteip") == "1.1.1.1")
	}))
	defer server.Close()
	s, _ := newService(t, 100)
	s.Captcha = &auth.Captcha{URL: server.URL, Secret: "s"}
	ctx := context.Background()
	for _, answer := range []string{"", "wrong", strings.Repeat("x", 5000)} {
		client := auth.Client{IP: "1.1.1.1", Captcha: answer}
		_, err := s.SignUp(ctx, ada, client)
		code(t, "signing up", err, fault.Forbidden)
		_, err = s.SignIn(ctx, ada, client)
		code(t, "signing in", err, fault.Forbidden)
	}
	right := auth.Client{IP: "1.1.1.1", Captcha: "right"}
	ok2(s.SignUp(ctx, ada, right))(t)
	ok2(s.SignIn(ctx, ada, right))(t)
	status = http.StatusBadGateway
	_, err := s.SignIn(ctx, ada, right)
	code(t, "when it is away", err, fault.Unavailable)
}
