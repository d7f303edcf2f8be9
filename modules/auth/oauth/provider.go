package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
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
	UserInfo func(user map[string]any, more func(url string, into any) error) (UserInfo, error)
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

// SignInURL returns where the browser signs in at the provider. It comes back to the callback, with the id of the
// state.
func (p *Provider) SignInURL(ctx context.Context, callback string, s State) (string, error) {
	config, err := p.config(ctx, callback)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(s.Verifier), oauth2.SetAuthURLParam("nonce", s.Nonce)}
	for name, value := range p.Parameters {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return config.AuthCodeURL(s.ID, options...), nil
}

// Identify exchanges the code in the provider's answer for the user information.
func (p *Provider) Identify(ctx context.Context, callback string, s State, answer url.Values, now time.Time) (UserInfo, error) {
	ctx, cancel := context.WithTimeout(p.context(ctx), 10*time.Second)
	defer cancel()
	config, err := p.config(ctx, callback)
	if err != nil {
		return UserInfo{}, err
	}
	token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(s.Verifier))
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
	id, who, err := p.verified(ctx, found, raw, now)
	if err != nil {
		return UserInfo{}, err
	}
	if id.Nonce != s.Nonce {
		return UserInfo{}, errors.New("the nonce of the id_token does not match")
	}
	if who.Email == "" && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err == nil && info.Subject == id.Subject {
			who.Email, who.Verified = info.Email, info.EmailVerified
		}
	}
	return who, nil
}

// IdentifyToken returns the user information of an id_token that an app has got itself, and its nonce, empty if it has none.
func (p *Provider) IdentifyToken(ctx context.Context, raw string, now time.Time) (UserInfo, string, error) {
	ctx, cancel := context.WithTimeout(p.context(ctx), 10*time.Second)
	defer cancel()
	found, err := p.discover(ctx)
	if err != nil {
		return UserInfo{}, "", err
	}
	id, who, err := p.verified(ctx, found, raw, now)
	if err != nil {
		return UserInfo{}, "", err
	}
	return who, id.Nonce, nil
}

// verified verifies an id_token of an issuer for the client.
func (p *Provider) verified(ctx context.Context, found *oidc.Provider, raw string, now time.Time) (*oidc.IDToken, UserInfo, error) {
	verifier := found.Verifier(&oidc.Config{ClientID: p.ClientID, SkipIssuerCheck: p.AnyIssuer, Now: func() time.Time { return now }})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, UserInfo{}, fmt.Errorf("verifying the id_token: %w", err)
	}
	var claims struct {
		Email    string `json:"email"`
		Verified any    `json:"email_verified"` // Apple has texts here
		Name     string `json:"name"`
		Tenant   string `json:"tid"`
	}
	if err := id.Claims(&claims); err != nil {
		return nil, UserInfo{}, fmt.Errorf("reading the id_token: %w", err)
	}
	who := UserInfo{Subject: id.Subject, Email: claims.Email, Verified: claims.Verified == true || claims.Verified == "true", Name: claims.Name}
	if p.AnyIssuer {
		if claims.Tenant == "" || id.Issuer != strings.Replace(p.Issuer, "/common/", "/"+claims.Tenant+"/", 1) {
			return nil, UserInfo{}, fmt.Errorf("the issuer %q is not that of its tenant", id.Issuer)
		}
		who.Subject = claims.Tenant + " " + who.Subject
	}
	return id, who, nil
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
		return fetch(client, req, into)
	}
	user := map[string]any{}
	if err := get(p.UserURL, &user); err != nil {
		return UserInfo{}, err
	}
	who, err := p.UserInfo(user, get)
	if err == nil && who.Subject == "" {
		err = errors.New("the provider did not return a user id")
	}
	return who, err
}

// maxAnswer limits the bytes of a provider's answer.
const maxAnswer = 64 << 10

// fetch sends a request, and decodes the JSON of a successful answer.
func fetch(client *http.Client, req *http.Request, into any) (err error) {
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", req.URL, resp.Status)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into)
}
