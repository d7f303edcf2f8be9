package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/basalt-dev/basalt/modules/auth/oauth"
)

// TestProvider_OfManyTenants signs in at a server that answers as Microsoft's common one does: the issuer of
// a token is that of its tenant, which has to be the one that the token names.
func TestProvider_OfManyTenants(t *testing.T) {
	t.Parallel()
	key := ok2(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	claims := jwt.MapClaims{}
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/common/v2.0/.well-known/openid-configuration":
			fmt.Fprintf(w, `{"issuer":"%[1]s/{tenantid}/v2.0","authorization_endpoint":"%[1]s/authorize","token_endpoint":"%[1]s/token","jwks_uri":"%[1]s/keys","id_token_signing_alg_values_supported":["ES256"]}`, server.URL)
		case "/keys":
			if err := json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Use: "sig", Algorithm: "ES256"}}}); err != nil {
				t.Error(err)
			}
		case "/token":
			token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
			token.Header["kid"] = "k"
			signed, err := token.SignedString(key)
			if err != nil {
				t.Error(err)
			}
			fmt.Fprintf(w, `{"access_token":"t","token_type":"bearer","id_token":%q}`, signed)
		}
	}))
	defer server.Close()
	s, c := newService(t, 100)
	p, _ := oauth.Preset("microsoft", "app", "secret")
	p.Issuer = server.URL + "/common/v2.0"
	s.OAuth = map[string]*oauth.Provider{"microsoft": p}
	s.URL = "https://app.example.com"
	ctx := context.Background()
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	// signIn changes the claims of a good token, and returns the id of the user, or the error.
	signIn := func(change func()) (id, failed string) {
		begun, err := s.StartOAuth(ctx, oauth.Request{Provider: "microsoft", Challenge: base64.RawURLEncoding.EncodeToString(sum[:]), Method: "S256"}, from("1.1.1.1"))
		if err != nil {
			t.Fatal(err)
		}
		u := ok2(url.Parse(begun.URL))(t)
		clear(claims)
		for name, v := range map[string]any{
			"iss": server.URL + "/t1/v2.0", "tid": "t1", "sub": "s", "aud": "app", "nonce": u.Query().Get("nonce"), "exp": c.now().Add(time.Hour).Unix(),
		} {
			claims[name] = v
		}
		change()
		back := ok2(s.FinishOAuth(ctx, "microsoft", url.Values{"state": {u.Query().Get("state")}, "code": {"x"}}, begun.Cookie, from("1.1.1.1")))(t)
		_, fragment, _ := strings.Cut(back, "#")
		answer := ok2(url.ParseQuery(fragment))(t)
		if answer.Get("code") == "" {
			return "", answer.Get("error")
		}
		return ok2(s.Exchange(ctx, answer.Get("code"), verifier, from("1.1.1.1")))(t).User.ID, ""
	}
	one, failed := signIn(func() {})
	if failed != "" {
		t.Fatal(failed)
	}
	if again, _ := signIn(func() {}); again != one {
		t.Errorf("the same person is %s and %s", one, again)
	}
	if other, failed := signIn(func() { claims["iss"], claims["tid"] = server.URL+"/t2/v2.0", "t2" }); failed != "" || other == one {
		t.Errorf("the same subject of another tenant: %s %s", other, failed)
	}
	for name, change := range map[string]func(){
		"a tenant that is not the issuer's": func() { claims["tid"] = "t2" },
		"no tenant":                         func() { delete(claims, "tid") },
		"the template itself":               func() { claims["iss"], claims["tid"] = server.URL+"/{tenantid}/v2.0", "" },
		"another issuer":                    func() { claims["iss"] = "https://example.com/t1/v2.0" },
		"another audience":                  func() { claims["aud"] = "other" },
		"another nonce":                     func() { claims["nonce"] = "other" },
		"no nonce":                          func() { delete(claims, "nonce") },
		"expired":                           func() { claims["exp"] = c.now().Add(-time.Hour).Unix() },
	} {
		if id, failed := signIn(change); failed != "unauthenticated" {
			t.Errorf("%s: got %q %q", name, id, failed)
		}
	}
}
