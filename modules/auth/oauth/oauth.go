// Package oauth signs people in at external identity providers (OAuth 2 and OpenID Connect): the providers, and what
// is kept between the steps of a sign-in.
//
// It is not for accounts: which one a person at a provider has, and whether they may sign in, package auth decides.
package oauth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Request is what an app sends to begin a sign-in.
type Request struct {
	Provider string
	// Redirect is where the browser returns to in the end.
	Redirect string
	// Challenge is that of the app's verifier, by Method (RFC 7636).
	Challenge, Method string
	// Link is a secret of a signed-in user who links another way to sign in; empty for none.
	Link string
	// InQuery returns to the app with the answer in the query, and not in the fragment.
	InQuery bool
	// Implicit returns with tokens (RFC 6749, 4.2), for apps without a verifier. It links nothing.
	Implicit bool
}

var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// Check refuses a request without a challenge.
func (r Request) Check() error {
	if r.Implicit {
		if r.Challenge != "" || r.Link != "" {
			return fault.FieldErrorf("code_challenge", "pkce", "a sign-in with a code_challenge, or one that links, returns with a code")
		}
		return nil
	}
	if r.Method != "S256" || !challengePattern.MatchString(r.Challenge) {
		return fault.FieldErrorf("code_challenge", "pkce", "send a code_challenge, and code_challenge_method=S256 (RFC 7636)")
	}
	return nil
}

// Cookie returns the cookie that ties a sign-in to the browser that has begun it, for a server with an address. Over https
// its name says that the host itself has set it: another subdomain can plant none, and so bring nobody into a sign-in that
// it has begun. An empty value removes it. formPost says that the provider comes back with a POST from its own page.
func Cookie(server, base, value string, formPost bool) *http.Cookie {
	c := &http.Cookie{Name: "basalt_oauth", Value: value, Path: base + "/v1/auth/oauth", MaxAge: int(browserTime.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if strings.HasPrefix(server, "https:") {
		c.Secure, c.Path = true, "/"
		c.Name = "__Host-basalt_oauth" + unnamed.ReplaceAllString(base, ".") // of each server of the host another
	}
	if formPost {
		c.SameSite = http.SameSiteNoneMode
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// unnamed is what the name of a cookie cannot have.
var unnamed = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// browserTime is how long a browser may take for a sign-in elsewhere.
const browserTime = 10 * time.Minute

// Start is where to redirect the browser, and the value of a cookie that it must send back.
type Start struct{ URL, Cookie string }

// State is what is kept of a sign-in while the browser is at the provider.
type State struct {
	// ID is the state parameter. It is a secret, of which a hash is kept.
	ID        string `json:"-"`
	Provider  string `json:"provider"`
	Nonce     string `json:"nonce"`
	Verifier  string `json:"verifier"` // for the provider
	Challenge string `json:"challenge"`
	Redirect  string `json:"redirect"`
	// Browser is the hash of a cookie: the state is useless in another browser.
	Browser string `json:"browser"`
	// InQuery and Implicit are those of the request. Own is the server's verifier for an implicit one.
	InQuery  bool   `json:"in_query,omitempty"`
	Implicit bool   `json:"implicit,omitempty"`
	Own      string `json:"own,omitempty"`
	// User is the anonymous user who signs up, or the user who links another way to sign in.
	User string `json:"user,omitempty"`
	// Session is that of the user who links, where it stands for their token.
	Session string `json:"session,omitempty"`
}

// NewState returns the state of a new sign-in.
func NewState(r Request) State {
	s := State{ID: rand.Text(), Provider: r.Provider, Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Challenge: r.Challenge, Redirect: r.Redirect, InQuery: r.InQuery, Implicit: r.Implicit}
	if r.Implicit {
		s.Own = oauth2.GenerateVerifier()
		s.Challenge = oauth2.S256ChallengeFromVerifier(s.Own)
	}
	return s
}

// Result is what is kept of a sign-in until the app exchanges its code.
type Result struct {
	Challenge string   `json:"challenge"`
	Provider  string   `json:"provider"`
	User      UserInfo `json:"person"`
	// Link is the user who links another way to sign in.
	Link string `json:"link,omitempty"`
	// Session is that of this user, where it stands for their token.
	Session string `json:"session,omitempty"`
}

// ProvenBy reports whether the app that began the sign-in has sent the verifier.
func (r Result) ProvenBy(verifier string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return len(verifier) >= 43 && len(verifier) <= 128 && subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(r.Challenge)) == 1
}

// UserInfo is the user information of a provider.
type UserInfo struct {
	Subject  string
	Email    string
	Verified bool // the provider has confirmed the address
	Name     string
}
