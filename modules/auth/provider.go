package auth

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
)

// Provider is an external identity provider: of OpenID Connect, by its issuer, or of plain OAuth 2 with a user
// information endpoint.
type Provider struct {
	ClientID, ClientSecret string
	Scopes                 []string
	// Issuer is the OpenID Connect issuer; empty for OAuth 2.
	Issuer string
	// AuthURL, TokenURL and UserURL are the OAuth 2 endpoints.
	AuthURL, TokenURL, UserURL string
	// UserInfo reads the answer of UserURL; more requests another URL of the same server.
	Person func(user map[string]any, more func(url string, into any) error) (UserInfo, error)
	// Parameters are added to the authorization URL.
	Parameters map[string]string
	// FormPost is true if the provider returns with a cross-site POST.
	FormPost bool
	// AnyIssuer accepts any issuer that matches the template in the discovery document, as for Microsoft's common
	// endpoint.
	AnyIssuer bool
	// Secret creates the client secret if it is not fixed, as for Apple.
	Secret func(now time.Time) (string, error)
	// Client makes the requests; nil means http.DefaultClient.
	Client *http.Client

	mu    sync.Mutex // guards found
	found *oidc.Provider
}

func (p *Provider) context(ctx context.Context) context.Context {
	if p.Client == nil {
		return ctx
	}
	return oidc.ClientContext(ctx, p.Client)
}

// discover returns an issuer's discovery document, fetched on first use.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The provider keeps this context for later fetches of keys.
	ctx = p.context(context.WithoutCancel(ctx))
	if p.AnyIssuer {
		ctx = oidc.InsecureIssuerURLContext(ctx, strings.Replace(p.Issuer, "/common/", "/{tenantid}/", 1))
	}
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("asking %s how to sign in there: %w", p.Issuer, err)
	}
	p.found = found
	return found, nil
}

func (p *Provider) config(ctx context.Context, callback string) (*oauth2.Config, error) {
	c := &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, RedirectURL: callback, Scopes: p.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: p.AuthURL, TokenURL: p.TokenURL}}
	if p.Issuer != "" {
		found, err := p.discover(ctx)
		if err != nil {
			return nil, err
		}
		c.Endpoint = found.Endpoint()
	}
	if p.Secret != nil {
		var err error
		if c.ClientSecret, err = p.Secret(time.Now()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// identify exchanges a code for the user information.
func (p *Provider) identify(ctx context.Context, callback string, answer url.Values, l oauthState, now time.Time) (UserInfo, error) {
	ctx, cancel := context.WithTimeout(p.context(ctx), 10*time.Second)
	defer cancel()
	config, err := p.config(ctx, callback)
	if err != nil {
		return UserInfo{}, err
	}
	token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(l.Verifier))
	if err != nil {
		return UserInfo{}, fmt.Errorf("exchanging the code: %w", err)
	}
	if p.Issuer == "" {
		return p.ask(ctx, config.Client(ctx, token))
	}
	found, err := p.discover(ctx)
	if err != nil {
		return UserInfo{}, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return UserInfo{}, errors.New("there is no id_token")
	}
	verifier := found.Verifier(&oidc.Config{ClientID: p.ClientID, SkipIssuerCheck: p.AnyIssuer, Now: func() time.Time { return now }})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return UserInfo{}, fmt.Errorf("verifying the id_token: %w", err)
	}
	if id.Nonce != l.Nonce {
		return UserInfo{}, errors.New("the nonce of the id_token is another one")
	}
	var claims struct {
		Email    string `json:"email"`
		Verified any    `json:"email_verified"` // Apple has texts here
		Name     string `json:"name"`
		Tenant   string `json:"tid"`
	}
	if err := id.Claims(&claims); err != nil {
		return UserInfo{}, fmt.Errorf("reading the id_token: %w", err)
	}
	who := UserInfo{Subject: id.Subject, Email: claims.Email, Verified: claims.Verified == true || claims.Verified == "true", Name: claims.Name}
	if p.AnyIssuer {
		if claims.Tenant == "" || id.Issuer != strings.Replace(p.Issuer, "/common/", "/"+claims.Tenant+"/", 1) {
			return UserInfo{}, fmt.Errorf("the issuer %q is not that of its tenant", id.Issuer)
		}
		who.Subject = claims.Tenant + " " + who.Subject
	}
	if who.Email == "" && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err == nil && info.Subject == id.Subject {
			who.Email, who.Verified = info.Email, info.EmailVerified
		}
	}
	return who, nil
}

// ask requests the user information of a token from an OAuth 2 server.
func (p *Provider) ask(ctx context.Context, client *http.Client) (UserInfo, error) {
	get := func(url string, into any) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Accept", "application/json")
		req.Header.Set("User-Agent", "basalt")
		var raw json.RawMessage
		status, err := answerOf(client, req, &raw)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("%s answers %d", url, status)
		}
		return json.Unmarshal(raw, into)
	}
	user := map[string]any{}
	if err := get(p.UserURL, &user); err != nil {
		return UserInfo{}, err
	}
	who, err := p.Person(user, get)
	if err == nil && who.Subject == "" {
		err = errors.New("the provider did not return a user id")
	}
	return who, err
}

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
		p.UserURL, p.Scopes, p.Person = "https://api.github.com/user", []string{"read:user", "user:email"}, githubPerson
	case "discord":
		p.AuthURL, p.TokenURL = "https://discord.com/oauth2/authorize", "https://discord.com/api/oauth2/token"
		p.UserURL, p.Scopes, p.Person = "https://discord.com/api/users/@me", []string{"identify", "email"}, discordPerson
	default:
		return nil, false
	}
	return p, true
}

// githubPerson reads GitHub's user. The addresses, and whether they are verified, are at another endpoint.
func githubPerson(user map[string]any, more func(string, any) error) (UserInfo, error) {
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
		return who, nil //nolint:nilerr // an identity without an address is valid
	}
	for _, a := range addresses {
		if a.Primary && a.Verified {
			who.Email, who.Verified = a.Email, true
		}
	}
	return who, nil
}

func discordPerson(user map[string]any, _ func(string, any) error) (UserInfo, error) {
	id, _ := user["id"].(string)
	email, _ := user["email"].(string)
	verified, _ := user["verified"].(bool)
	name, _ := user["username"].(string)
	return UserInfo{Subject: id, Email: email, Verified: verified, Name: name}, nil
}

// AppleSecret creates the client secret that Apple requires: a token signed with the developer's key.
func AppleSecret(clientID, team, keyID, pem string) (func(time.Time) (string, error), error) {
	key, err := jwt.ParseECPrivateKeyFromPEM([]byte(pem))
	if err != nil {
		return nil, errors.New("the private key is not an elliptic curve key in PEM")
	}
	return func(now time.Time) (string, error) { return appleSecret(key, clientID, team, keyID, now) }, nil
}

func appleSecret(key *ecdsa.PrivateKey, clientID, team, keyID string, now time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": team, "sub": clientID, "aud": "https://appleid.apple.com", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	token.Header["kid"] = keyID
	return token.SignedString(key)
}
