package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"regexp"
	"time"

	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Signing in elsewhere takes four steps. The app sends the browser here with a challenge (PKCE, RFC 7636);
// this server sends it on, with a state, a nonce and a challenge of its own; the provider sends it back with
// a code, which this server exchanges; and the browser goes back to the app with a code that only who has
// the verifier of the first step can exchange for a session. Neither tokens nor states are in any address
// that is logged, and a stolen code is of no use.
const (
	oauthTime    = 10 * time.Minute // from the first step to the third
	exchangeTime = 2 * time.Minute  // from the third to the fourth
)

// leaving is what the state of a sign-in elsewhere stands for.
type leaving struct {
	Provider  string `json:"provider"`
	Nonce     string `json:"nonce"`
	Verifier  string `json:"verifier"` // for the provider
	Challenge string `json:"challenge"`
	Redirect  string `json:"redirect"`
	// Browser is the hash of a cookie: the state is worth nothing in another browser.
	Browser string `json:"browser"`
	// User is the anonymous user who signs up, or the user who links another way to sign in.
	User string `json:"user,omitempty"`
}

var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// StartOAuth returns where to send the browser, and the value of a cookie that it has to bring back.
func (s *Service) StartOAuth(ctx context.Context, provider, redirect, challenge, method, link string, client Client) (to, cookie string, err error) {
	p := s.OAuth[provider]
	if p == nil {
		return "", "", off("signing in with "+clip(provider, 40), "auth.providers")
	}
	if method != "S256" || !challengePattern.MatchString(challenge) {
		return "", "", query.FieldErrorf("code_challenge", "pkce", "send a code_challenge, and code_challenge_method=S256 (RFC 7636)")
	}
	if _, err := s.target(redirect); err != nil {
		return "", "", err
	}
	if err := s.throttle(ctx, "oauth", "", client.IP); err != nil {
		return "", "", err
	}
	l := leaving{Provider: provider, Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Challenge: challenge, Redirect: redirect}
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
	l.Browser = hashSecret(cookie).Text()
	if err := s.remember(ctx, "oauth", state, "", l, oauthTime); err != nil {
		return "", "", err
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(l.Verifier), oauth2.SetAuthURLParam("nonce", l.Nonce)}
	for name, value := range p.Parameters {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	return config.AuthCodeURL(state, options...), cookie, nil
}

// LinkOAuth returns a secret for StartOAuth, by which what is proven elsewhere becomes a way to sign in to
// the account of the client's user.
func (s *Service) LinkOAuth(ctx context.Context, client Client) (string, error) {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return "", err
	}
	secret := rand.Text()
	return secret, s.remember(ctx, "link", secret, user[0].Text(), nil, exchangeTime)
}

func (s *Service) callback(provider string) string {
	return s.URL + "/v1/auth/oauth/" + provider + "/callback"
}

// arrived is what the code of the third step stands for.
type arrived struct {
	Challenge string `json:"challenge"`
	Method    string `json:"method"`
}

var errState = query.Errorf(query.Forbidden, "this sign-in was not begun in this browser, took too long, or is over already; begin again")

// FinishOAuth takes what a provider sends back and returns where to send the browser: to the app, with a
// code, or with an error.
func (s *Service) FinishOAuth(ctx context.Context, provider string, answer url.Values, cookie string, client Client) (string, error) {
	var l leaving
	_, ok, err := s.takeCode(ctx, "oauth", answer.Get("state"), &l)
	if err != nil {
		return "", err
	}
	if !ok || l.Provider != provider || subtle.ConstantTimeCompare([]byte(l.Browser), []byte(hashSecret(cookie).Text())) != 1 {
		return "", errState
	}
	back, err := s.target(l.Redirect)
	if err != nil {
		return "", err
	}
	fragment := url.Values{"basalt": {"oauth"}}
	code, err := s.arrive(ctx, s.OAuth[provider], provider, l, answer, client)
	var told *query.Error
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

// arrive exchanges the provider's code, finds or makes the account, and returns a code for the app.
func (s *Service) arrive(ctx context.Context, p *Provider, provider string, l leaving, answer url.Values, client Client) (string, error) {
	if p == nil {
		return "", errState
	}
	if refusal := answer.Get("error"); refusal != "" {
		return "", query.Errorf(query.Forbidden, "the provider says: %s", clip(refusal, 100))
	}
	who, err := p.identify(ctx, s.callback(provider), answer, l, s.Now())
	if err != nil {
		s.Log.Warn("signing in elsewhere has failed", "provider", provider, "error", err.Error())
		return "", query.Errorf(query.Unauthenticated, "%s has not confirmed who you are; try again", provider)
	}
	user, err := s.identity(ctx, provider, who, l.User, client)
	if err != nil {
		return "", err
	}
	code := rand.Text()
	return code, s.remember(ctx, "exchange", code, user[0].Text(), arrived{Challenge: l.Challenge, Method: provider}, exchangeTime)
}

// Person is who a provider says somebody is.
type Person struct {
	Subject  string
	Email    string
	Verified bool // the provider knows that the address is theirs
	Name     string
}

// identity returns the user of an identity elsewhere: the one it belongs to; for a user who is signed in,
// that one; the one whose verified address is the same; or a new one.
func (s *Service) identity(ctx context.Context, provider string, who Person, link string, client Client) (query.Row, error) {
	key := provider + ":" + hashSecret(who.Subject).Text()
	known, err := s.find(ctx, identities, identities.ByKey(key))
	if err != nil {
		return nil, err
	}
	if known != nil {
		if link != "" && known[identityUser].Text() != link {
			return nil, query.Errorf(query.Conflict, "this identity belongs to another account")
		}
		user, err := s.find(ctx, users, users.ByKey(known[identityUser].Text()))
		if err == nil && user == nil {
			err = errState
		}
		return user, err
	}
	email := ""
	if normal, problems := normalEmail(who.Email); problems == nil && who.Verified {
		email = normal
	}
	user, made, err := s.ownerOf(ctx, provider, email, link, client)
	if err != nil {
		return nil, err
	}
	row := query.Row{query.String(key), user[0], query.String(provider), text(email), query.Time(s.Now())}
	if err := s.Database.Insert(ctx, identities, []query.Row{row}); err != nil && query.CodeOf(err) != query.Conflict {
		return nil, err
	}
	name := "identity.linked"
	if made {
		name = "signup"
	}
	s.audit(ctx, Event{Name: name, User: user[0].Text(), Client: client, Detail: map[string]any{"method": provider}})
	return user, nil
}

// ownerOf returns the account that a new identity is for.
func (s *Service) ownerOf(ctx context.Context, provider, email, link string, client Client) (user query.Row, made bool, err error) {
	if link != "" {
		if user, err = s.find(ctx, users, users.ByKey(link)); err != nil || user == nil {
			return nil, false, cmp.Or(err, error(errLink))
		}
		if !user[userEmail].IsNull() || email == "" {
			return user, false, nil
		}
		if other, err := s.byEmail(ctx, email); err != nil || other != nil { // an anonymous user does not take over an account
			return nil, false, errors.Join(err, taken(query.Errorf(query.Conflict, "taken")))
		}
		user[userEmail], user[userVerified], user[userUpdated] = query.String(email), query.Time(s.Now()), query.Time(s.Now())
		return user, true, taken(s.keep(ctx, user, true))
	}
	if email != "" {
		if user, err = s.byEmail(ctx, email); err != nil {
			return nil, false, err
		}
		if user != nil {
			user, err = s.confirm(ctx, user, email, false, client)
			return user, false, err
		}
	}
	if err := s.mayMake(ctx, provider, email, Client{IP: client.IP, Agent: client.Agent, Captcha: "-"}); err != nil {
		return nil, false, err
	}
	user = s.newUser(uuid.Must(uuid.NewV7()).String(), email)
	if email != "" {
		user[userVerified] = query.Time(s.Now())
	}
	return user, true, taken(s.keep(ctx, user, false))
}

// Exchange gives a session for the code that the browser has brought back, to who has the verifier.
func (s *Service) Exchange(ctx context.Context, code, verifier string, client Client) (Session, error) {
	row, err := s.recall(ctx, "exchange", code)
	if err != nil {
		return Session{}, err
	}
	if row == nil {
		return Session{}, errLink
	}
	var a arrived
	if err := decodeData(row, &a); err != nil {
		return Session{}, err
	}
	sum := sha256.Sum256([]byte(verifier))
	if len(verifier) < 43 || len(verifier) > 128 || subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(a.Challenge)) != 1 {
		_, err := s.use(ctx, row) // one guess is all there is
		return Session{}, errors.Join(errLink, err)
	}
	user, err := s.find(ctx, users, users.ByKey(row[codeSubject].Text()))
	if err != nil || user == nil {
		return Session{}, cmp.Or(err, error(errLink))
	}
	if err := s.mayEnter(ctx, user, a.Method, client); err != nil { // the code stays, for the second factor
		return Session{}, err
	}
	if ok, err := s.use(ctx, row); err != nil || !ok {
		return Session{}, cmp.Or(err, error(errLink))
	}
	return s.entered(ctx, user, a.Method, client)
}

// Identity is a way to sign in elsewhere.
type Identity struct {
	ID, Provider, Email string
	Created             query.Value
}

// Identities returns those of the client's user.
func (s *Service) Identities(ctx context.Context, client Client) ([]Identity, error) {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return nil, err
	}
	rows, err := s.Database.Find(db.Strong(ctx), identities, db.Find{Query: query.Query{Where: equal("user", user[0]), Sort: identities.KeyOrder(false), Limit: 100}})
	out := make([]Identity, len(rows))
	for i, r := range rows {
		out[i] = Identity{ID: r[0].Text(), Provider: r[identityProvider].Text(), Email: r[identityEmail].Text(), Created: r[4]}
	}
	return out, err
}
