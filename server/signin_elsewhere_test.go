package server_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/basalt-dev/basalt/modules/auth/authtest"
)

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

var verifier = strings.Repeat("v", 43)

// begin starts a sign-in at the provider in a browser and returns where the provider sends it back to.
func (w *signInWorld) begin(t *testing.T, browser *http.Client, who, more string) string {
	t.Helper()
	return w.provider.SignIn(t, browser, w.URL+"/v1/auth/oauth/test?redirect="+url.QueryEscape("http://app.example.com/in")+"&code_challenge="+challenge(verifier)+"&code_challenge_method=S256"+more, who, "pw")
}

// back lets the browser go back, and returns the fragment of the app's address.
func (w *signInWorld) back(t *testing.T, browser *http.Client, address string) url.Values {
	t.Helper()
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		return url.Values{"status": {fmt.Sprint(resp.StatusCode)}}
	}
	fragment, err := url.ParseQuery(to.EscapedFragment())
	if err != nil {
		t.Fatal(err)
	}
	if own := strings.HasPrefix(to.String(), w.URL+"#") && fragment.Get("error") != ""; resp.StatusCode != 303 || !own && (to.Host != "app.example.com" || to.Path != "/in") {
		t.Errorf("%d, and the browser goes to %s", resp.StatusCode, to)
	}
	return fragment
}

func (w *signInWorld) elsewhere(t *testing.T, who, more string) sessionBody {
	t.Helper()
	return w.linked(t, who, more, "")
}

// linked is elsewhere for a user who has a token.
func (w *signInWorld) linked(t *testing.T, who, more, token string) sessionBody {
	t.Helper()
	browser := authtest.Browser(t)
	f := w.back(t, browser, w.begin(t, browser, who, more))
	return w.session(t, 200, "oauth/exchange", token, `{"code":"`+f.Get("code")+`","code_verifier":"`+verifier+`"}`)
}

func TestSignIn_ElsewhereWithARealProvider(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	first := w.elsewhere(t, "ada", "")
	if first.User.Email != "ada@example.com" || !first.User.Verified {
		t.Errorf("got %+v", first)
	}
	if second := w.elsewhere(t, "ada", ""); second.User.ID != first.User.ID {
		t.Errorf("the same person is %s and %s", first.User.ID, second.User.ID)
	}
	// A user with the same address, which the provider does not vouch for, is another user.
	if eve := w.elsewhere(t, "eve", ""); eve.User.ID == first.User.ID || eve.User.Email != "" {
		t.Errorf("eve is %+v", eve)
	}
	// An account that was made with an address of another user's, before its owner came: the password goes.
	squatter := w.session(t, 201, "signup", "", `{"email":"bob@example.com","password":"squatters horse"}`)
	bob := w.elsewhere(t, "bob", "")
	if bob.User.ID != squatter.User.ID || !bob.User.Verified {
		t.Errorf("bob is %+v", bob)
	}
	w.post(t, 401, "signin", "", `{"email":"bob@example.com","password":"squatters horse"}`)
	w.post(t, 401, "refresh", "", `{"refresh_token":"`+squatter.Refresh+`"}`)
	// An anonymous user keeps the id.
	guest := w.session(t, 201, "anonymous", "", ``)
	var link struct{ Link string }
	w.post(t, 200, "oauth/link", guest.Access, "").Decode(t, &link)
	w2 := newSignIn(t, nil)
	guest2 := w2.session(t, 201, "anonymous", "", ``)
	w2.post(t, 200, "oauth/link", guest2.Access, "").Decode(t, &link)
	if up := w2.linked(t, "ada", "&link="+link.Link, guest2.Access); up.User.ID != guest2.User.ID || up.User.Email != "ada@example.com" {
		t.Errorf("the guest %s is now %+v", guest2.User.ID, up)
	}
	if a := w2.Want(t, 200, call{Method: "GET", Path: "/v1/auth/providers"}); a.Body != `{"anonymous":true,"email":true,"oauth":["test"],"passkey":true,"password":true,"totp":true}` {
		t.Errorf("got %s", a.Body)
	}
}

// TestSignIn_ElsewhereCanNotBeStolen tries what is tried with OAuth: states and codes of others, twice, in
// another browser, and without the proof key.
func TestSignIn_ElsewhereCanNotBeStolen(t *testing.T) {
	t.Parallel()
	w := newSignIn(t, nil)
	for _, q := range []string{"", "&code_challenge_method=S256", "&code_challenge=" + verifier + "&code_challenge_method=plain", "&code_challenge=" + challenge(verifier), "&code_challenge=short&code_challenge_method=S256"} {
		if a := w.Do(t, call{Method: "GET", Path: "/v1/auth/oauth/test?redirect=http://app.example.com" + q}); a.Status != 422 {
			t.Errorf("%s: got %d %s", q, a.Status, a.Body)
		}
	}
	if a := w.Do(t, call{Method: "GET", Path: "/v1/auth/oauth/nope?code_challenge=" + challenge(verifier) + "&code_challenge_method=S256"}); a.Status != 404 {
		t.Errorf("an unknown provider: %d", a.Status)
	}
	// Where a person looks at the answer, it is the app that says so, and never an address that was made up.
	for to, want := range map[string]string{
		"/v1/auth/oauth/test?redirect=http://app.example.com/in":                                                                                                       "http://app.example.com/in#",
		"/v1/auth/oauth/nope?redirect=http://app.example.com/in":                                                                                                       "http://app.example.com/in#",
		"/v1/auth/oauth/test?redirect=http://evil.example.com/in&code_challenge=" + challenge(verifier) + "&code_challenge_method=S256":                                w.URL + "#",
		"/v1/auth/oauth/test?redirect=http://app.example.com/in&code_challenge=" + challenge(verifier) + "&code_challenge_method=S256&link=" + strings.Repeat("A", 26): "http://app.example.com/in#",
	} {
		req, err := http.NewRequest("GET", w.URL+to, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		resp, err := authtest.Browser(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if at := resp.Header.Get("Location"); resp.StatusCode != 303 || !strings.HasPrefix(at, want) || !strings.Contains(at, "basalt=oauth") || !strings.Contains(at, "error=") || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d to %s", to, resp.StatusCode, at)
		}
	}
	// The address that the provider sends back to, opened in the browser of another user: signing a victim
	// in as the attacker.
	mine, theirs := authtest.Browser(t), authtest.Browser(t)
	stolen := w.begin(t, mine, "ada", "")
	if f := w.back(t, theirs, stolen); f.Get("error") != "forbidden" || f.Get("code") != "" {
		t.Errorf("in another browser: %v", f)
	}
	if f := w.back(t, mine, stolen); f.Get("error") != "forbidden" || f.Get("code") != "" { // the try has used it up
		t.Errorf("afterwards in the right one: %v", f)
	}
	// A state is good for once, and for nothing else.
	used := w.begin(t, mine, "ada", "")
	f := w.back(t, mine, used)
	if f.Get("code") == "" {
		t.Fatalf("got %v", f)
	}
	if again := w.back(t, mine, used); again.Get("error") != "forbidden" || again.Get("code") != "" {
		t.Errorf("a state again: %v", again)
	}
	if forged := w.back(t, mine, w.URL+"/v1/auth/oauth/test/callback?state=AAAA&code=x"); forged.Get("error") != "forbidden" || forged.Get("code") != "" {
		t.Errorf("a state that was made up: %v", forged)
	}
	// The code without the verifier, which a wrong guess uses up.
	w.post(t, 401, "oauth/exchange", "", `{"code":"`+f.Get("code")+`","code_verifier":"`+strings.Repeat("x", 43)+`"}`)
	w.post(t, 401, "oauth/exchange", "", `{"code":"`+f.Get("code")+`","code_verifier":"`+verifier+`"}`)
	// And a good one, twice.
	f = w.back(t, mine, w.begin(t, mine, "ada", ""))
	w.session(t, 200, "oauth/exchange", "", `{"code":"`+f.Get("code")+`","code_verifier":"`+verifier+`"}`)
	w.post(t, 401, "oauth/exchange", "", `{"code":"`+f.Get("code")+`","code_verifier":"`+verifier+`"}`)
	// A code of another sign-in at the provider, put into this one.
	a, b := w.begin(t, mine, "ada", ""), w.begin(t, theirs, "bob", "")
	code := func(address string) string { u, _ := url.Parse(address); return u.Query().Get("code") }
	mixed := strings.Replace(a, url.QueryEscape(code(a)), url.QueryEscape(code(b)), 1)
	if f := w.back(t, mine, mixed); f.Get("code") != "" || f.Get("error") != "unauthenticated" {
		t.Errorf("another sign-in's code: %v", f)
	}
	// Some providers, such as Apple, send the browser back with a form.
	posted, err := url.Parse(w.begin(t, mine, "bob", ""))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := mine.PostForm(w.URL+posted.Path, posted.Query())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		t.Fatalf("a form: %s", resp.Status)
	}
	if f, err := url.ParseQuery(to.EscapedFragment()); err != nil || f.Get("code") == "" || to.Host != "app.example.com" {
		t.Errorf("a form leads to %s", to)
	}
	if f := w.back(t, mine, w.URL+"/v1/auth/oauth/test/callback?error=access_denied"); f.Get("error") != "forbidden" || f.Get("code") != "" {
		t.Errorf("an error without a state: %v", f)
	}
}
