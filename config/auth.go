package config

import (
	"maps"
	"time"

	"github.com/basalt-dev/basalt/rules"
)

// Auth is the section `auth`.
type Auth struct {
	At Position `json:"-"`
	// The database of users and sessions; optional if there is only one.
	Database string `json:"database,omitempty"`
	// The public URL of this server, such as https://app.example.com, or with the path below which a proxy serves it;
	// for links in mails and OAuth callbacks.
	URL string `json:"url,omitempty"`
	// Origins, besides the URL, that a sign-in may redirect to, such as http://localhost:5173.
	Redirects []string `json:"redirects,omitempty"`
	// How tokens are signed and how long they are valid.
	Tokens Tokens `json:"tokens,omitempty"`
	// External issuers whose tokens are accepted, such as Keycloak, Auth0, Firebase or Supabase.
	Issuers []*Issuer `json:"issuers,omitempty"`
	// Claims computed when a token is created, such as teams: 'pluck("members", {"user": auth.id}, "team")'.
	Claims map[string]*Text `json:"claims,omitempty"`
	// The collection that has a document about each user, with the id of the user; signing up makes it.
	Profile string `json:"profile,omitempty"`
	// Invitations: administrators may always invite.
	Invite Invite `json:"invite,omitempty"`
	// Webhooks that are called before a sign-up and before a token is issued.
	Hooks *Hooks `json:"hooks,omitempty"`
	// Captcha verification.
	Captcha *Captcha `json:"captcha,omitempty"`
	// How often one address may do what sends or makes something.
	Limits AuthLimits `json:"limits,omitempty"`
	// The audit log of security events, which administrators can read.
	Audit Audit `json:"audit,omitempty"`
	// The ways to sign in.
	Providers Providers `json:"providers,omitempty"`

	// Computed has the compiled claims.
	Computed map[string]*rules.Claim `json:"-"`
}

// Invite is the section `auth.invite`.
type Invite struct {
	// Who may invite besides administrators: a condition on auth, and on the invitation as params.email, params.claims,
	// params.collection and params.doc.
	Rule *Text `json:"rule,omitempty"`
	// How long an invitation can be accepted.
	Lifetime Duration `json:"lifetime,omitempty"`

	// Ordered has the parameters of the rule, and Allowed is the compiled rule.
	Ordered []*Field    `json:"-"`
	Allowed *rules.Rule `json:"-"`
}

// Audit is the section `auth.audit`.
type Audit struct {
	// How long a security event is kept.
	Keep Duration `json:"keep,omitempty"`
}

// AuthLimits is the section `auth.limits`. An address is that of a client, or the /64 network of an IPv6 address. A class
// that signs up behind one address has to fit. Failed sign-ins are limited by auth.providers.password.attempts.
type AuthLimits struct {
	// New accounts from one address, 200/1h by default.
	SignUps Rate `json:"signups,omitempty"`
	// New anonymous accounts from one address, 200/1h by default.
	Anonymous Rate `json:"anonymous,omitempty"`
	// Mails that one address asks for, 100/1h by default.
	Mails Rate `json:"mails,omitempty"`
	// Mails to one recipient, 5/15m by default.
	Recipient Rate `json:"recipient,omitempty"`
	// Sign-ins elsewhere that one address begins, 300/1h by default.
	OAuth Rate `json:"oauth,omitempty"`
}

// Tokens is the section `auth.tokens`.
type Tokens struct {
	At Position `json:"-"`
	// The signature algorithm.
	Algorithm string `json:"algorithm,omitempty" jsonschema:"enum=HS256,enum=HS384,enum=HS512,enum=RS256,enum=RS384,enum=RS512,enum=PS256,enum=PS384,enum=PS512,enum=ES256,enum=ES384,enum=ES512,enum=EdDSA"`
	// The key: 32 or more random bytes for HS256, a PKCS 8 private key in PEM for the others. Without it, a key is
	// generated at the first start and stored in the database, where `basalt keys rotate` replaces it.
	Secret Secret `json:"secret,omitempty"`
	// Earlier keys that are still accepted.
	Previous []Secret `json:"previous,omitempty"`
	// The issuer set in tokens, and required in them.
	Issuer string `json:"issuer,omitempty"`
	// The audience set in tokens, and required in them.
	Audience string `json:"audience,omitempty"`
	// How long an access token is valid.
	Access Duration `json:"access,omitempty"`
	// How long a session lasts without a refresh.
	Refresh Duration `json:"refresh,omitempty"`
	// The maximum life of a session, even if it is refreshed; unlimited by default.
	Session Duration `json:"session,omitempty"`
	// The largest access token; a larger one becomes a reference to claims stored on the server.
	MaxSize Size `json:"max_size,omitempty"`
}

// Issuer is one entry of `auth.issuers`.
type Issuer struct {
	At Position `json:"-"`
	// The claim iss of its tokens.
	Issuer string `json:"issuer"`
	// The URL of its keys; by default it is read from its OpenID Connect discovery document.
	JWKS string `json:"jwks,omitempty"`
	// The HMAC secret of an issuer that has one instead of keys.
	Secret Secret `json:"secret,omitempty"`
	// The accepted audiences of its tokens.
	Audience Names `json:"audience"`
	// The algorithms that it signs with; RS256 and ES256 by default.
	Algorithms []string `json:"algorithms,omitempty"`
	// A prefix for each sub, so that its users are not confused with others.
	Prefix string `json:"prefix,omitempty"`
	// Renames claims of its tokens: name to path, such as role: app_metadata.role.
	Claims map[string]string `json:"claims,omitempty"`
}

// Hooks is the section `auth.hooks`.
type Hooks struct {
	// Called before an account is created.
	SignUp string `json:"signup,omitempty"`
	// Called before an access token is created.
	Token string `json:"token,omitempty"`
}

// Captcha is the section `auth.captcha`.
type Captcha struct {
	// The verification URL, such as https://challenges.cloudflare.com/turnstile/v0/siteverify.
	URL string `json:"url"`
	// The secret for that service.
	Secret Secret `json:"secret"`
}

// Providers is the section `auth.providers`.
type Providers struct {
	// E-mail address and password.
	Password *Password `json:"password,omitempty"`
	// A link or a code in a mail.
	Email *Email `json:"email,omitempty"`
	// Users without an address, who can add one later.
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
	// Any other OpenID Connect server, by a name of your choice.
	OIDC map[string]*OIDCClient `json:"oidc,omitempty"`
}

// wellKnown are the well-known providers, by their names in package oauth; nil where the file does not have one.
func (p *Providers) wellKnown() map[string]*OAuthClient {
	return map[string]*OAuthClient{"google": p.Google, "github": p.GitHub, "microsoft": p.Microsoft, "gitlab": p.GitLab, "discord": p.Discord}
}

// Presets are the well-known providers of the file, by their names.
func (p *Providers) Presets() map[string]*OAuthClient {
	out := p.wellKnown()
	maps.DeleteFunc(out, func(_ string, client *OAuthClient) bool { return client == nil })
	return out
}

// Elsewhere reports whether an external provider is configured.
func (p *Providers) Elsewhere() bool {
	return len(p.Presets()) > 0 || p.Apple != nil || len(p.OIDC) > 0
}

// Password is the section `auth.providers.password`.
type Password struct {
	At Position `json:"-"`
	// The smallest number of characters.
	MinLength int `json:"min_length,omitempty"`
	// Failed sign-ins allowed within fifteen minutes from one address to one account; ten times as many from one
	// address in total, and five times as many to one account from unknown addresses.
	Attempts int `json:"attempts,omitempty"`
	// Whether common passwords are accepted.
	Weak bool `json:"weak,omitempty"`
	// Whether an address must be confirmed by a mail before signing in.
	Confirm *bool `json:"confirm,omitempty"`
}

// Email is the section `auth.providers.email`.
type Email struct {
	At Position `json:"-"`
	// How long a link and a code are valid.
	Lifetime Duration `json:"lifetime,omitempty"`
	// Whether an unknown address gets an account.
	SignUp bool `json:"signup,omitempty"`
}

// Anonymous is the section `auth.providers.anonymous`.
type Anonymous struct {
	At Position `json:"-"`
}

// TOTP is the section `auth.providers.totp`.
type TOTP struct {
	At Position `json:"-"`
	// The name shown by the authenticator app.
	Issuer string `json:"issuer,omitempty"`
}

// Passkey is the section `auth.providers.passkey`.
type Passkey struct {
	At Position `json:"-"`
	// The name shown by the browser.
	Name string `json:"name,omitempty"`
	// The domain of the passkeys; by default that of auth.url.
	ID string `json:"id,omitempty"`
	// The origins whose pages may use passkeys, besides auth.url.
	Origins []string `json:"origins,omitempty"`
}

// OAuthClient is the registration of this server at a provider.
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
	// The URL of the issuer, which serves its discovery document.
	Issuer string `json:"issuer"`
	// The client's id.
	ClientID string `json:"client_id"`
	// The client's secret; empty for a public client.
	ClientSecret Secret `json:"client_secret,omitempty"`
	// The requested scopes; openid, email and profile by default.
	Scopes []string `json:"scopes,omitempty"`
}

// Mail is the section `mail`.
type Mail struct {
	At Position `json:"-"`
	// smtp://user:password@host:587, smtps://…:465, or file:mails for development.
	URL Secret `json:"url"`
	// The sender, as in "My app <no-reply@example.com>".
	From string `json:"from"`
	// The name used in the mails.
	App string `json:"app,omitempty"`
	// A directory whose signin.txt, confirm.txt, change.txt, reset.txt, invite.txt, notice.txt, taken.txt or reauthenticate.txt replace the bundled templates.
	// The first line is the subject. {{.App}}, {{.To}}, {{.Link}}, {{.Code}}, {{.Minutes}}, {{.Hours}} and {{.What}} are replaced by the values of the mail; there are no conditions.
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
	setDefault(&a.Invite.Lifetime, Duration(7*24*time.Hour))
	setDefault(&a.Limits.SignUps, Rate{200, time.Hour})
	setDefault(&a.Limits.Anonymous, Rate{200, time.Hour})
	setDefault(&a.Limits.Mails, Rate{100, time.Hour})
	setDefault(&a.Limits.Recipient, Rate{5, 15 * time.Minute})
	setDefault(&a.Limits.OAuth, Rate{300, time.Hour})
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
