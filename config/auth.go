package config

import (
	"time"

	"github.com/basalt-dev/basalt/rules"
)

// Auth is the section `auth`.
type Auth struct {
	At Position `json:"-"`
	// The database that keeps users and sessions; may be left out when there is one.
	Database string `json:"database,omitempty"`
	// Where people reach this server, as in https://app.example.com; for links in mails and for signing in elsewhere.
	URL string `json:"url,omitempty"`
	// Origins, besides the URL, that a sign-in may go back to, as in http://localhost:5173.
	Redirects []string `json:"redirects,omitempty"`
	// How tokens are signed and how long they live.
	Tokens Tokens `json:"tokens,omitempty"`
	// Others whose tokens are accepted, such as Keycloak, Auth0, Firebase or Supabase.
	Issuers []*Issuer `json:"issuers,omitempty"`
	// Claims that are computed when a token is made, as in teams: 'pluck("members", {"user": auth.id}, "team")'.
	Claims map[string]*Text `json:"claims,omitempty"`
	// Webhooks that are called before a sign-up and before a token is issued.
	Hooks *Hooks `json:"hooks,omitempty"`
	// A check that a browser has solved a captcha.
	Captcha *Captcha `json:"captcha,omitempty"`
	// The security events that are kept, for administrators to read.
	Audit Audit `json:"audit,omitempty"`
	// How people can sign in.
	Providers Providers `json:"providers,omitempty"`

	// Computed has the compiled claims.
	Computed map[string]*rules.Claim `json:"-"`
}

// Audit is the section `auth.audit`.
type Audit struct {
	// How long a security event is kept.
	Keep Duration `json:"keep,omitempty"`
}

// Tokens is the section `auth.tokens`.
type Tokens struct {
	At Position `json:"-"`
	// The signature algorithm.
	Algorithm string `json:"algorithm,omitempty" jsonschema:"enum=HS256,enum=HS384,enum=HS512,enum=RS256,enum=RS384,enum=RS512,enum=PS256,enum=PS384,enum=PS512,enum=ES256,enum=ES384,enum=ES512,enum=EdDSA"`
	// The key: 32 or more random bytes for HS256, a PKCS 8 private key in PEM for the others. When it is
	// left out, one is made at the first start and kept in the database, where `basalt keys rotate` replaces it.
	Secret Secret `json:"secret,omitempty"`
	// Keys that signed before and are still accepted.
	Previous []Secret `json:"previous,omitempty"`
	// The issuer that tokens name, and have to name.
	Issuer string `json:"issuer,omitempty"`
	// The audience that tokens are for, and have to be for.
	Audience string `json:"audience,omitempty"`
	// How long an access token is valid.
	Access Duration `json:"access,omitempty"`
	// How long a session lives without being refreshed.
	Refresh Duration `json:"refresh,omitempty"`
	// How long a session lives at most, however often it is refreshed; without an end where this is left out.
	Session Duration `json:"session,omitempty"`
	// The largest access token; one that would be larger becomes a reference to claims that are kept here.
	MaxSize Size `json:"max_size,omitempty"`
}

// Issuer is one entry of `auth.issuers`.
type Issuer struct {
	At Position `json:"-"`
	// The claim iss of its tokens.
	Issuer string `json:"issuer"`
	// Where its keys are; when it is left out, its OpenID Connect discovery document says so.
	JWKS string `json:"jwks,omitempty"`
	// The secret of HMAC, for an issuer that has one instead of keys.
	Secret Secret `json:"secret,omitempty"`
	// The audiences that its tokens may be for.
	Audience Names `json:"audience"`
	// The algorithms that it signs with; RS256 and ES256 when left out.
	Algorithms []string `json:"algorithms,omitempty"`
	// What stands before each sub, so that its people are not taken for others.
	Prefix string `json:"prefix,omitempty"`
	// Names for claims of its tokens, by their path there, as in role: app_metadata.role.
	Claims map[string]string `json:"claims,omitempty"`
}

// Hooks is the section `auth.hooks`.
type Hooks struct {
	// Asked before an account is made.
	SignUp string `json:"signup,omitempty"`
	// Asked before an access token is made.
	Token string `json:"token,omitempty"`
}

// Captcha is the section `auth.captcha`.
type Captcha struct {
	// Where answers are verified, as in https://challenges.cloudflare.com/turnstile/v0/siteverify.
	URL string `json:"url"`
	// The secret of this server there.
	Secret Secret `json:"secret"`
}

// Providers is the section `auth.providers`.
type Providers struct {
	// E-mail address and password.
	Password *Password `json:"password,omitempty"`
	// A link or a code in a mail.
	Email *Email `json:"email,omitempty"`
	// Users without an address, who can get one later.
	Anonymous *Anonymous `json:"anonymous,omitempty"`
	// A second factor from an authenticator app.
	TOTP *TOTP `json:"totp,omitempty"`
	// Passkeys.
	Passkey *Passkey `json:"passkey,omitempty"`
	// Signing in with Google.
	Google *OAuthClient `json:"google,omitempty"`
	// Signing in with GitHub.
	GitHub *OAuthClient `json:"github,omitempty"`
	// Signing in with Apple.
	Apple *AppleClient `json:"apple,omitempty"`
	// Signing in with Microsoft.
	Microsoft *OAuthClient `json:"microsoft,omitempty"`
	// Signing in with GitLab.
	GitLab *OAuthClient `json:"gitlab,omitempty"`
	// Signing in with Discord.
	Discord *OAuthClient `json:"discord,omitempty"`
	// Any other server of OpenID Connect, by a name of your own.
	OIDC map[string]*OIDCClient `json:"oidc,omitempty"`
}

// Presets are the well-known providers of the file, by their names.
func (p *Providers) Presets() map[string]*OAuthClient {
	out := map[string]*OAuthClient{}
	for name, client := range map[string]*OAuthClient{"google": p.Google, "github": p.GitHub, "microsoft": p.Microsoft, "gitlab": p.GitLab, "discord": p.Discord} {
		if client != nil {
			out[name] = client
		}
	}
	return out
}

// Elsewhere reports whether people can sign in with another server.
func (p *Providers) Elsewhere() bool {
	return len(p.Presets()) > 0 || p.Apple != nil || len(p.OIDC) > 0
}

// Password is the section `auth.providers.password`.
type Password struct {
	At Position `json:"-"`
	// The smallest number of characters.
	MinLength int `json:"min_length,omitempty"`
	// Failed sign-ins within fifteen minutes from one address to one account; ten times as many from one
	// address to any, and five times as many to one account from addresses it does not know.
	Attempts int `json:"attempts,omitempty"`
	// Whether passwords are accepted that are on lists of common ones.
	Weak bool `json:"weak,omitempty"`
	// Whether an address has to be confirmed, by a mail, before signing in.
	Confirm *bool `json:"confirm,omitempty"`
}

// Email is the section `auth.providers.email`.
type Email struct {
	At Position `json:"-"`
	// How long a link and a code are valid.
	Lifetime Duration `json:"lifetime,omitempty"`
	// Whether an address without an account gets one.
	SignUp bool `json:"signup,omitempty"`
}

// Anonymous is the section `auth.providers.anonymous`.
type Anonymous struct {
	At Position `json:"-"`
}

// TOTP is the section `auth.providers.totp`.
type TOTP struct {
	At Position `json:"-"`
	// The name that the authenticator app shows.
	Issuer string `json:"issuer,omitempty"`
}

// Passkey is the section `auth.providers.passkey`.
type Passkey struct {
	At Position `json:"-"`
	// The name that the browser shows.
	Name string `json:"name,omitempty"`
	// The domain that the passkeys are for; that of auth.url when left out.
	ID string `json:"id,omitempty"`
	// The origins whose pages may ask for them, besides auth.url.
	Origins []string `json:"origins,omitempty"`
}

// OAuthClient is what a provider knows this server by.
type OAuthClient struct {
	At Position `json:"-"`
	// The client's id.
	ClientID string `json:"client_id"`
	// The client's secret.
	ClientSecret Secret `json:"client_secret"`
	// The scopes to request, instead of profile and email.
	Scopes []string `json:"scopes,omitempty"`
}

// AppleClient is the section `auth.providers.apple`.
type AppleClient struct {
	At Position `json:"-"`
	// The id of the service.
	ClientID string `json:"client_id"`
	// The id of the team.
	Team string `json:"team"`
	// The id of the key.
	KeyID string `json:"key_id"`
	// The key, in PEM.
	Key Secret `json:"key"`
}

// OIDCClient is one entry of `auth.providers.oidc`.
type OIDCClient struct {
	At Position `json:"-"`
	// The address of the issuer, below which its discovery document is.
	Issuer string `json:"issuer"`
	// The client's id.
	ClientID string `json:"client_id"`
	// The client's secret; empty for a public client.
	ClientSecret Secret `json:"client_secret,omitempty"`
	// What is asked for; openid, email and profile when left out.
	Scopes []string `json:"scopes,omitempty"`
}

// Mail is the section `mail`.
type Mail struct {
	At Position `json:"-"`
	// smtp://user:password@host:587, smtps://…:465, or file:mails for development.
	URL Secret `json:"url"`
	// The sender, as in "My app <no-reply@example.com>".
	From string `json:"from"`
	// The name that the mails use.
	App string `json:"app,omitempty"`
	// A directory with signin.txt, confirm.txt, reset.txt or taken.txt instead of the bundled ones.
	Templates string `json:"templates,omitempty"`
}

// Redis is the section `redis`.
type Redis struct {
	At Position `json:"-"`
	// redis://user:password@host:6379/0
	URL Secret `json:"url"`
}

func (a *Auth) defaults(database string) {
	setDefault(&a.Database, database)
	setDefault(&a.Tokens.Algorithm, "HS256")
	setDefault(&a.Tokens.Access, Duration(15*time.Minute))
	setDefault(&a.Tokens.Refresh, Duration(720*time.Hour))
	setDefault(&a.Tokens.MaxSize, 4<<10)
	setDefault(&a.Audit.Keep, Duration(90*24*time.Hour))
	for _, i := range a.Issuers {
		if len(i.Algorithms) == 0 && i.Secret == "" {
			i.Algorithms = []string{"RS256", "ES256"}
		} else if len(i.Algorithms) == 0 {
			i.Algorithms = []string{"HS256"}
		}
	}
	p := &a.Providers
	if p.Password != nil {
		setDefault(&p.Password.MinLength, 8)
		setDefault(&p.Password.Attempts, 10)
	}
	if p.Email != nil {
		setDefault(&p.Email.Lifetime, Duration(10*time.Minute))
	}
	if p.TOTP != nil {
		setDefault(&p.TOTP.Issuer, "Basalt")
	}
	if p.Passkey != nil {
		setDefault(&p.Passkey.Name, "Basalt")
	}
}
