package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/auth/store"
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

// StartOAuth begins a sign-in.
func (s *Service) StartOAuth(ctx context.Context, r oauth.Request, client Client) (oauth.Start, error) {
	p := s.OAuth[r.Provider]
	if p == nil {
		return oauth.Start{}, notEnabled("signing in with "+fault.Cut(r.Provider, 40), "auth.providers")
	}
	if err := r.Check(); err != nil {
		return oauth.Start{}, err
	}
	if _, err := s.target(r.Redirect); err != nil {
		return oauth.Start{}, err
	}
	if r.Link == "" { // a user who links is signed in
		if err := s.Captcha.check(ctx, s.Client, client); err != nil {
			return oauth.Start{}, err
		}
	}
	if err := s.throttle(ctx, "oauth", s.Limits.OAuth, client.IP); err != nil {
		return oauth.Start{}, err
	}
	state, cookie := oauth.NewState(r), rand.Text()
	state.Browser = hashSecret(cookie)
	if r.Link != "" {
		var l begunLink
		subject, ok, err := s.takeCode(ctx, "link", r.Link, &l)
		if err != nil || !ok {
			return oauth.Start{}, cmp.Or(err, error(errLink))
		}
		state.User, state.Session = subject, l.Session
	}
	to, err := p.SignInURL(ctx, s.callback(r.Provider), state)
	if err != nil {
		return oauth.Start{}, err
	}
	return oauth.Start{URL: to, Cookie: cookie}, s.storeCode(ctx, "oauth", state.ID, "", state, oauthTime)
}

// LinkOAuth returns a secret for StartOAuth that links the external identity to the account of the client's user.
// The user must reauthenticate.
func (s *Service) LinkOAuth(ctx context.Context, client Client) (string, error) {
	user, err := s.mayAdd(ctx, client)
	if err != nil {
		return "", err
	}
	return s.storeLink(ctx, user, begunLink{})
}

// begunLink is what is kept of a link that begins.
type begunLink struct {
	// Session stands for the token of the user in the last step; empty where the app has to send that.
	Session string `json:"session,omitempty"`
}

func (s *Service) storeLink(ctx context.Context, user *store.User, l begunLink) (string, error) {
	secret := rand.Text()
	return secret, s.storeCode(ctx, "link", secret, user.ID, l, exchangeTime)
}

// LinkOAuthInSession is LinkOAuth for apps that send no token in the last step, the exchange: the client's session stands
// for it, as long as it is open. Whoever signs in after a sign-out in the same browser does not finish the link.
func (s *Service) LinkOAuthInSession(ctx context.Context, client Client) (string, error) {
	user, err := s.mayAdd(ctx, client)
	if err != nil {
		return "", err
	}
	session, _ := client.User["sid"].(string)
	if session == "" {
		return "", errNoUser
	}
	return s.storeLink(ctx, user, begunLink{Session: session})
}

// api returns the address of the API: that of this server, below the path that a proxy serves it at.
func (s *Service) api() string {
	if u, err := url.Parse(s.URL); err == nil && u.Path == "" {
		return s.URL + s.Base
	}
	return s.URL
}

func (s *Service) callback(provider string) string {
	return s.api() + "/v1/auth/oauth/" + provider + "/callback"
}

var errState = fault.Errorf(fault.Forbidden, "this sign-in was not begun in this browser, took too long, or has ended already; begin again")

// OAuthCookie is the cookie of a sign-in at a provider with a value; with an empty one it is removed.
func (s *Service) OAuthCookie(provider, value string) *http.Cookie {
	p := s.OAuth[provider]
	return oauth.Cookie(s.URL, s.Base, value, p != nil && p.FormPost)
}

// FinishOAuth handles the provider's redirect and returns where to redirect the browser: to the app, with a code
// or an error. A person looks at the result, so a URL that is opened twice also leads to the app.
func (s *Service) FinishOAuth(ctx context.Context, provider string, answer url.Values, cookie string, client Client) (string, error) {
	l, begun, err := s.left(ctx, answer.Get("state"))
	if err != nil {
		return "", err
	}
	back, err := s.target(l.Redirect)
	if err != nil {
		return "", err
	}
	code, err := "", error(errState)
	if begun && l.Provider == provider && subtle.ConstantTimeCompare([]byte(l.Browser), []byte(hashSecret(cookie))) == 1 {
		code, err = s.arrive(ctx, s.OAuth[provider], provider, l, answer)
	}
	if err == nil && l.Implicit {
		session, err := s.Exchange(ctx, code, l.Own, client)
		if err != nil {
			return refused(back, l, err)
		}
		return returned(back, l, s.tokens(session)), nil
	}
	if err != nil {
		return refused(back, l, err)
	}
	return returned(back, l, url.Values{"code": {code}}), nil
}

// tokens are those of a session as an implicit grant answers them (RFC 6749, 4.2.2).
func (s *Service) tokens(session Session) url.Values {
	return url.Values{
		"access_token": {session.AccessToken}, "refresh_token": {session.RefreshToken}, "token_type": {"bearer"},
		"expires_in": {strconv.Itoa(int(session.ExpiresIn.Seconds()))}, "expires_at": {strconv.FormatInt(s.Now().Add(session.ExpiresIn).Unix(), 10)},
	}
}

// RefuseOAuth returns where to send a browser whose sign-in does not begin: to the app, with the reason, as at its end.
// Only an address that people may be sent to counts; for any other it is that of this server.
func (s *Service) RefuseOAuth(redirect string, reason error) (string, error) {
	back, err := s.target(redirect)
	if err != nil {
		back, err = s.target("")
	}
	if err != nil {
		return "", reason
	}
	return refused(back, oauth.State{}, reason)
}

// refused returns the address of the app with the reason of a refusal. A failure of this server stays one.
func refused(back *url.URL, l oauth.State, reason error) (string, error) {
	var refusal *fault.Error
	if !errors.As(reason, &refusal) {
		return "", reason
	}
	return returned(back, l, url.Values{"error": {string(refusal.Code)}, "error_description": {refusal.Detail}}), nil
}

// returned is the address of the app with an answer, in the form of the request.
func returned(back *url.URL, l oauth.State, answer url.Values) string {
	to := *back
	switch {
	case l.InQuery:
		to.Fragment = ""
		query := to.Query()
		for name, values := range answer {
			query[name] = values
		}
		to.RawQuery = query.Encode()
		return to.String()
	case !l.Implicit:
		return withErrand(back, "oauth", answer.Encode())
	}
	to.Fragment = ""
	return to.String() + "#" + answer.Encode()
}

// left returns the data of a state and consumes it. For a consumed state only the redirect target is known, for a
// while; for any other nothing.
func (s *Service) left(ctx context.Context, state string) (l oauth.State, begun bool, err error) {
	if _, begun, err = s.takeCode(ctx, "oauth", state, &l); err != nil {
		return l, false, err
	}
	if begun {
		return l, true, s.storeCode(ctx, "oauth.over", state, "", oauth.State{Redirect: l.Redirect, InQuery: l.InQuery, Implicit: l.Implicit}, oauthTime)
	}
	row, err := s.loadCode(ctx, "oauth.over", state)
	if err != nil || row == nil {
		return l, false, err
	}
	return l, false, decodeData(row, &l)
}

// arrive exchanges the provider's code for the user information, and returns a code for the app to exchange.
func (s *Service) arrive(ctx context.Context, p *oauth.Provider, provider string, l oauth.State, answer url.Values) (string, error) {
	if p == nil {
		return "", errState
	}
	if refusal := answer.Get("error"); refusal != "" {
		return "", fault.Errorf(fault.Forbidden, "the provider returned an error: %s", fault.Cut(refusal, 100))
	}
	who, err := p.Identify(ctx, s.callback(provider), l, answer, s.Now())
	if err != nil {
		s.Log.Warn("signing in with a provider has failed", "provider", provider, "error", err.Error())
		return "", fault.Errorf(fault.Unauthenticated, "%s has not confirmed your identity; try again", provider)
	}
	code := rand.Text()
	return code, s.storeCode(ctx, "exchange", code, l.User, oauth.Result{Challenge: l.Challenge, Provider: provider, User: who, Link: l.User, Session: l.Session}, exchangeTime)
}
