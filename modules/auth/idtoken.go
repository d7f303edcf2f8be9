package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"

	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/fault"
)

// IDToken is a token of OpenID Connect that the app itself has got from a provider, as the libraries of phones do.
type IDToken struct {
	Provider, Token string
	// Nonce is what the app has made: the token has its SHA-256 in hexadecimal. It is empty if the token has none.
	Nonce string
	// Link adds the identity to the account of the client's user, who must reauthenticate.
	Link bool
}

// SignInWithIDToken signs in, or up, as the person of a token. The token must be for the client of this server.
func (s *Service) SignInWithIDToken(ctx context.Context, t IDToken, client Client) (Session, error) {
	p := s.OAuth[t.Provider]
	if p == nil || p.Issuer == "" {
		return Session{}, notEnabled("signing in with a token of "+fault.Cut(t.Provider, 40), "auth.providers")
	}
	result := oauth.Result{Provider: t.Provider}
	if t.Link {
		user, err := s.mayAdd(ctx, client)
		if err != nil {
			return Session{}, err
		}
		result.Link = user.ID
	} else if err := s.Captcha.check(ctx, s.Client, client); err != nil {
		return Session{}, err
	}
	if err := s.throttle(ctx, "oauth", s.Limits.OAuth, client.IP); err != nil {
		return Session{}, err
	}
	who, nonce, err := p.IdentifyToken(ctx, t.Token, s.Now())
	if err != nil {
		s.Log.Warn("a token of a provider was refused", "provider", t.Provider, "error", err.Error())
		return Session{}, fault.Errorf(fault.Unauthenticated, "the token is none of %s for this server, or has expired", t.Provider)
	}
	hashed := ""
	if t.Nonce != "" {
		sum := sha256.Sum256([]byte(t.Nonce))
		hashed = hex.EncodeToString(sum[:])
	}
	if subtle.ConstantTimeCompare([]byte(hashed), []byte(nonce)) != 1 {
		return Session{}, fault.FieldErrorf("nonce", "other", "the token has another nonce: the provider gets the SHA-256 of it in hexadecimal, and this server itself")
	}
	result.User = who
	c, err := s.claim(ctx, result)
	if err != nil {
		return Session{}, err
	}
	if err := s.mayClaim(ctx, c, client); err != nil {
		return Session{}, err
	}
	user, err := s.settle(ctx, c, client)
	if err != nil {
		return Session{}, err
	}
	return s.signedIn(ctx, user, t.Provider, client.passed(user, t.Provider))
}
