package oauth

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
)

// Preset returns a well-known provider, and false for an unknown name.
func Preset(name, clientID, clientSecret string) (*Provider, bool) {
	p := &Provider{ClientID: clientID, ClientSecret: clientSecret, Scopes: []string{oidc.ScopeOpenID, "email", "profile"}}
	switch name {
	case "google":
		p.Issuer = "https://accounts.google.com"
	case "gitlab":
		p.Issuer = "https://gitlab.com"
	case "microsoft":
		p.Issuer, p.AnyIssuer = "https://login.microsoftonline.com/common/v2.0", true
	case "apple":
		p.Issuer, p.Scopes, p.FormPost = "https://appleid.apple.com", []string{oidc.ScopeOpenID, "email", "name"}, true
		p.Parameters = map[string]string{"response_mode": "form_post"}
	case "github":
		p.AuthURL, p.TokenURL = "https://github.com/login/oauth/authorize", "https://github.com/login/oauth/access_token"
		p.UserURL, p.Scopes, p.UserInfo = "https://api.github.com/user", []string{"read:user", "user:email"}, githubUser
	case "discord":
		p.AuthURL, p.TokenURL = "https://discord.com/oauth2/authorize", "https://discord.com/api/oauth2/token"
		p.UserURL, p.Scopes, p.UserInfo = "https://discord.com/api/users/@me", []string{"identify", "email"}, discordUser
	default:
		return nil, false
	}
	return p, true
}

// githubUser reads GitHub's user. The addresses, and whether they are verified, are at another endpoint.
func githubUser(user map[string]any, more func(string, any) error) (UserInfo, error) {
	id, _ := user["id"].(float64)
	name, _ := user["name"].(string)
	who := UserInfo{Name: name}
	if id > 0 {
		who.Subject = strconv.FormatInt(int64(id), 10)
	}
	var addresses []struct {
		Email             string
		Primary, Verified bool
	}
	base, _ := user["url"].(string)
	if err := more(strings.TrimSuffix(base, "/users/"+fmt.Sprint(user["login"]))+"/user/emails", &addresses); err != nil {
		return who, nil // an identity without an address is valid
	}
	for _, a := range addresses {
		if a.Primary && a.Verified {
			who.Email, who.Verified = a.Email, true
		}
	}
	return who, nil
}

func discordUser(user map[string]any, _ func(string, any) error) (UserInfo, error) {
	id, _ := user["id"].(string)
	email, _ := user["email"].(string)
	verified, _ := user["verified"].(bool)
	name, _ := user["username"].(string)
	return UserInfo{Subject: id, Email: email, Verified: verified, Name: name}, nil
}

// AppleKey is the developer's key for Sign in with Apple.
type AppleKey struct {
	ClientID, Team, KeyID string
	PEM                   string // the private key
}

// Secret creates the client secrets that Apple requires: tokens signed with the key.
func (k AppleKey) Secret() (func(now time.Time) (string, error), error) {
	key, err := jwt.ParseECPrivateKeyFromPEM([]byte(k.PEM))
	if err != nil {
		return nil, errors.New("the private key is not an elliptic curve key in PEM")
	}
	return func(now time.Time) (string, error) { return k.sign(key, now) }, nil
}

func (k AppleKey) sign(key *ecdsa.PrivateKey, now time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": k.Team, "sub": k.ClientID, "aud": "https://appleid.apple.com", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	token.Header["kid"] = k.KeyID
	return token.SignedString(key)
}
