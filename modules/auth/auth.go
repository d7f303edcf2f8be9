// Package auth identifies users: it stores users and sessions in a database of the configuration, checks passwords
// and other credentials, and says what their tokens contain.
//
// It is not for deciding what a caller may do: that is for the rules, which get the verified claims. It is not for
// signatures either: see package token. Verifying a token needs no database. Refresh tokens, codes and keys are stored as hashes. Single-use secrets are consumed
// when they are used.
package auth

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/auth/passkey"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
	"github.com/basalt-dev/basalt/rules"
)

// Config configures a [Service].
type Config struct {
	// Database stores users and sessions; it must be synced with [store.Collections].
	Database db.Driver
	// Signer signs access tokens, and Verifier verifies them.
	Signer   token.Signer
	Verifier *token.Verifier
	// Refresh is how long a session lasts without a refresh.
	Refresh time.Duration
	// Lifetime is the maximum life of a session, even if it is refreshed; 0 means no limit.
	Lifetime time.Duration
	// Key hashes mailed codes and recovery codes, and derives refresh tokens. It stays the same when the token
	// keys rotate; nil derives it from them.
	Key []byte
	// Seals encrypt secrets that must be read again, such as those of second factors: the first one encrypts, all
	// of them decrypt. Nil means Key.
	Seals [][]byte
	// MaxToken is the largest access token in bytes. A larger one becomes a reference to stored claims. 0 means
	// 4096.
	MaxToken int
	// Shared stores the limits, and large claims if it is lasting; nil counts limits in this process.
	Shared shared.Store
	// Password, Email, Anonymous, TOTP, Passkeys and OAuth are the ways to sign in; nil disables one.
	Password  *Password
	Email     *Email
	Anonymous bool
	TOTP      *TOTP
	// Assurance gives access tokens the claim aal: aal2 for two factors, aal1 for one.
	Assurance bool
	Passkeys  *passkey.Settings
	OAuth     map[string]*oauth.Provider
	// Mail sends mails. If it is nil, Email and everything else that sends mail is disabled.
	Mail Mailer
	// URL is the public URL of this server, for links and callbacks. It is never taken from a request.
	URL string
	// Base is the path of the API below the origin of URL, such as /api; empty for the path of URL.
	Base string
	// Redirects are the origins, besides URL, that a sign-in may redirect to.
	Redirects []string
	// Limits are how often one address may do what sends or makes something.
	Limits Limits
	// Claims computes claims when a token is created; it may be nil.
	Claims Claims
	// Hooks are called before sign-up and before a token is created; it may be nil.
	Hooks *Hooks
	// Captcha verifies captcha answers; nil requires none.
	Captcha *Captcha
	// Profiles keeps a document about each user; nil keeps none.
	Profiles Profiles
	// Invitations are on; nil switches them off.
	Invitations *Invitations
	// KeepAudit is the retention of security events; 0 means for ever.
	KeepAudit time.Duration
	// Client makes outgoing requests; nil means http.DefaultClient.
	Client *http.Client
	// Observe receives the name of each security event; it may be nil.
	Observe func(event string)
	// Raise stores the events that a security event raises, in the transaction that stores the security event. It
	// is called if Raises returns true. Both may be nil.
	Raise  func(ctx context.Context, store db.Store, e Event) error
	Raises func(event string) bool
	// Log receives the security events, which are also stored in the database; it may be nil.
	Log *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

// Claims computes claims for a user from the claims that the token already has.
type Claims interface {
	Compute(ctx context.Context, claims map[string]any, now time.Time) (map[string]any, error)
}

// Service implements sign-up and sign-in. It is safe for concurrent use.
type Service struct {
	Config
	hasher  hasher
	opaque  token.Opaque   // references to claims, and API keys
	working sync.WaitGroup // mails being sent
	// relyingParty verifies passkeys; it is created once, nil without passkeys.
	relyingParty func() (*webauthn.WebAuthn, error)
}

// New returns a service.
func New(config Config) *Service {
	if config.Shared == nil {
		config.Shared = shared.NewMemory(config.Now)
	}
	if config.Client == nil {
		config.Client = http.DefaultClient
	}
	if config.Key == nil {
		key := config.Signer.Authority.Key("identities")
		config.Key = key[:]
	}
	if config.Seals == nil {
		config.Seals = [][]byte{config.Key}
	}
	if config.MaxToken == 0 {
		config.MaxToken = 4096
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	config.Limits = config.Limits.withDefaults()
	s := &Service{Config: config, hasher: newHasher(), opaque: token.Opaque{Verifier: config.Verifier}}
	if config.Passkeys != nil {
		s.relyingParty = sync.OnceValues(config.Passkeys.RelyingParty)
	}
	return s
}

// Wait waits for the mails that are being sent.
func (s *Service) Wait() { s.working.Wait() }

// Client is the sender of a request: its network address, and the second factor in the request.
type Client struct {
	IP, Agent string
	// TOTP is a code of an authenticator app or a recovery code, empty for none.
	TOTP string
	// Passkey is a passkey as the second factor, nil for none.
	Passkey *Assertion
	// Halfway is a client of another API, which sends the second factor in a call of its own: a sign-in without it is a
	// [HalfSignedIn], and a session that has just begun with it need not send it again.
	Halfway bool
	// factored says that the second factor of the user was checked.
	factored bool
	// Password is the current password of a signed-in user.
	Password string
	// Nonce is the code of a mail that has confirmed a change; see [Service.SendReauthentication].
	Nonce string
	// Captcha is the answer of a captcha.
	Captcha string
	// Links are how the links of mails are written; nil for the server's own form.
	Links *Links
	// Profile is what a new user writes into their profile, an object; null for nothing.
	Profile query.Value
	// Administrator is the account of the administrator who calls; empty for an admin key, and for a command.
	Administrator string
	// Admin is true for an administrator who makes an account or an invitation for another: no rule is asked.
	Admin bool
	// Count counts what is written to the profile against the limits of its collection; nil counts nothing.
	Count func(ctx context.Context, collection string, op rules.Op, n int) error
	// User has the verified claims of this server's token in the request, nil for none.
	User map[string]any
}

// User is the account data shown to its user.
type User struct {
	ID        string
	Email     string // empty for an anonymous user
	NewEmail  string // the address that replaces Email once it is confirmed, empty for none
	Verified  bool   // whether the address is confirmed
	TOTP      bool   // whether signing in requires a second factor
	Enrolling bool   // whether a second factor was begun that is not confirmed
	Anonymous bool
	Created   query.Value
	Updated   query.Value
	// Confirmed is when the address was confirmed, null if it was not.
	Confirmed query.Value
	// Metadata is what the user has written about themselves, an object or null.
	Metadata query.Value
	// Profile is the user's profile as they may read it, in JSON: null if there is none, nil without [Config.Profiles].
	Profile json.RawMessage
}

// Session is the result of a sign-in or a refresh.
type Session struct {
	AccessToken  string
	RefreshToken string
	ExpiresIn    time.Duration
	User         User
}

func userOf(row *store.User) User {
	return User{
		ID: row.ID, Email: row.Email, NewEmail: row.NewEmail, Verified: !row.Verified.IsZero(), TOTP: enrolled(row), Enrolling: strings.HasPrefix(row.TOTP, totpNew+" "),
		Anonymous: row.Email == "", Created: moment(row.Created), Updated: moment(row.Updated), Confirmed: moment(row.Verified), Metadata: row.Metadata,
	}
}

// newUser returns a new user, who is not stored yet.
func (s *Service) newUser(id, email string) *store.User {
	now := s.Now()
	return &store.User{ID: id, Email: email, Created: now, Updated: now}
}

// moment returns a time that may be zero, for never, as it is shown.
func moment(t time.Time) query.Value {
	if t.IsZero() {
		return query.Null
	}
	return query.Time(t)
}

func (s *Service) byID(ctx context.Context, id string) (*store.User, error) {
	return store.Users.One(ctx, s.Database, store.UserID.Is(id))
}

func (s *Service) byEmail(ctx context.Context, email string) (*store.User, error) {
	return store.Users.One(ctx, s.Database, store.UserEmail.Is(email))
}

var errNoUser = fault.Errorf(fault.Unauthenticated, "this call needs the token of a signed-in user")

// user returns the row of the user of this server's token.
func (s *Service) user(ctx context.Context, claims map[string]any) (*store.User, error) {
	id, _ := claims["sub"].(string)
	switch {
	case id == "":
		return nil, errNoUser
	case claims["act"] != nil:
		return nil, fault.Errorf(fault.Forbidden, "an impersonated session cannot change the account")
	}
	row, err := s.byID(ctx, id)
	if err == nil && (row == nil || !row.Disabled.IsZero()) {
		err = errNoUser
	}
	return row, err
}

// User returns the client's user.
func (s *Service) User(ctx context.Context, client Client) (User, error) {
	row, err := s.user(ctx, client.User)
	if err != nil {
		return User{}, err
	}
	return s.shown(ctx, row, client.User, client)
}

func notEnabled(what, key string) error {
	return fault.Errorf(fault.NotFound, "%s is not enabled (%s)", what, key)
}
