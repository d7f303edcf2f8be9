package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/url"
	"regexp"
	"time"

	"golang.org/x/oauth2"

	"github.com/basalt-dev/basalt/modules/fault"
)

// An OAuth sign-in takes four steps. 1. The app sends the browser here with a PKCE challenge (RFC 7636). 2. This
// server redirects it to the provider, with its own state, nonce and challenge. 3. The provider redirects back
// with a code, which this server exchanges. 4. The browser returns to the app with a code that only the holder of
// the first step's verifier can exchange for a session. No logged URL contains tokens or states, and a stolen code
// is useless. Accounts change in the last step only.
const (
	oauthTime    = 10 * time.Minute // from the first step to the third
	exchangeTime = 2 * time.Minute  // from the third to the fourth
)

// oauthState is the data of an OAuth state.
type oauthState struct {
	Provider  string `json:"provider"`
	Nonce     string `json:"nonce"`
	Verifier  string `json:"verifier"` // for the provider
	Challenge string `json:"challenge"`
	Redirect  string `json:"redirect"`
	// Browser is the hash of a cookie: the state is useless in another browser.
	Browser string `json:"browser"`
	// User is the anonymous user who signs up, or the user who links another way to sign in.
	User string `json:"user,omitempty"`
}

var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// StartOAuth returns where to redirect the browser, and the value of a cookie that it must send back.
func (s *Service) StartOAuth(ctx context.Context, provider, redirect, challenge, method, link string, client Client) (to, cookie string, err error) {
	p := s.OAuth[provider]
	if p == nil {
		return "", "", off("signing in with "+clip(provider, 40), "auth.providers")
	}
	if method != "S256" || !challengePattern.MatchString(challenge) {
		return "", "", fault.FieldErrorf("code_challenge", "pkce", "send a code_challenge, and code_challenge_method=S256 (RFC 7636)")
	}
	if _, err := s.target(redirect); err != nil {
		return "", "", err
	}
	if link == "" { // a user who links is signed in
		if err := s.Captcha.check(ctx, s.Client, client); err != nil {
			return "", "", err
		}
	}
	if err := s.throttle(ctx, "oauth", "", client.IP); err != nil {
		return "", "", err
	}
	l := oauthState{Provider: provider, Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Challenge: challenge, Redirect: redirect}
	if link != "" {
		subject, ok, err := s.takeCode(ctx, "link", link, nil)
		if err != nil || !ok {
			return "", "", cmp.Or(err, error(errLink))
		}
		l.User = subject
	}
	config, err := p.config(ctx, s.callback(provider))
	if err != nil {
		return "", "", err
	}
	state := rand.Text()
	cookie = rand.Text()
	l.Browser = hashSecret(cookie)
	if err := s.storeCode(ctx, "oauth", state, "", l, oauthTime); err != nil {
		return "", "", err
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(l.Verifier), oauth2.SetAuthURLParam("nonce", l.Nonce)}
	for name, value := range p.Parameters {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return config.AuthCodeURL(state, options...), cookie, nil
}

// LinkOAuth returns a secret for StartOAuth that links the external identity to the account of the client's user.
// The user must reauthenticate.
func (s *Service) LinkOAuth(ctx context.Context, client Client) (string, error) {
	user, err := s.mayAdd(ctx, client)
	if err != nil {
		return "", err
	}
	secret := rand.Text()
	return secret, s.storeCode(ctx, "link", secret, user.ID, nil, exchangeTime)
}

func (s *Service) callback(provider string) string {
	return s.URL + "/v1/auth/oauth/" + provider + "/callback"
}

var errState = fault.Errorf(fault.Forbidden, "this sign-in was not begun in this browser, took too long, or is over already; begin again")

// FinishOAuth handles the provider's redirect and returns where to redirect the browser: to the app, with a code
// or an error. A person looks at the result, so a URL that is opened twice also leads to the app.
func (s *Service) FinishOAuth(ctx context.Context, provider string, answer url.Values, cookie string) (string, error) {
	l, begun, err := s.left(ctx, answer.Get("state"))
	if err != nil {
		return "", err
	}
	back, err := s.target(l.Redirect)
	if err != nil {
		return "", err
	}
	fragment := url.Values{"basalt": {"oauth"}}
	code, err := "", error(errState)
	if begun && l.Provider == provider && subtle.ConstantTimeCompare([]byte(l.Browser), []byte(hashSecret(cookie))) == 1 {
		code, err = s.arrive(ctx, s.OAuth[provider], provider, l, answer)
	}
	var told *fault.Error
	switch {
	case errors.As(err, &told):
		fragment.Set("error", string(told.Code))
		fragment.Set("error_description", told.Detail)
	case err != nil:
		return "", err
	default:
		fragment.Set("code", code)
	}
	back.Fragment = ""
	return back.String() + "#" + fragment.Encode(), nil
}

// left returns the data of a state and consumes it. For a consumed state only the redirect target is known, for a
// while; for any other nothing.
func (s *Service) left(ctx context.Context, state string) (l oauthState, begun bool, err error) {
	if _, begun, err = s.takeCode(ctx, "oauth", state, &l); err != nil {
		return l, false, err
	}
	if begun {
		return l, true, s.storeCode(ctx, "oauth.over", state, "", oauthState{Redirect: l.Redirect}, oauthTime)
	}
	row, err := s.loadCode(ctx, "oauth.over", state)
	if err != nil || row == nil {
		return l, false, err
	}
	return l, false, decodeData(row, &l)
}

// arrive exchanges the provider's code for the user information, and returns a code for the app to exchange.
func (s *Service) arrive(ctx context.Context, p *Provider, provider string, l oauthState, answer url.Values) (string, error) {
	if p == nil {
		return "", errState
	}
	if refusal := answer.Get("error"); refusal != "" {
		return "", fault.Errorf(fault.Forbidden, "the provider returned an error: %s", clip(refusal, 100))
	}
	who, err := p.identify(ctx, s.callback(provider), answer, l, s.Now())
	if err != nil {
		s.Log.Warn("signing in elsewhere has failed", "provider", provider, "error", err.Error())
		return "", fault.Errorf(fault.Unauthenticated, "%s has not confirmed your identity; try again", provider)
	}
	code := rand.Text()
	return code, s.storeCode(ctx, "exchange", code, l.User, oauthResult{Challenge: l.Challenge, Provider: provider, Person: who, Link: l.User}, exchangeTime)
}
