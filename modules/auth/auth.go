// Package auth knows who people are: it keeps users and sessions in a database of the
// configuration, checks passwords and every other proof of who somebody is, and makes and verifies tokens.
//
// It is not for deciding what somebody may do: that is for the rules, which get the verified claims.
// Verifying a token asks no database. Refresh tokens, codes and keys are stored as hashes; what is meant
// for one use is used once.
package auth

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
)

// Config is what a [Service] needs.
type Config struct {
	// Database keeps users and sessions; it has been synced with [Collections].
	Database db.Driver
	Tokens   *Tokens
	// Refresh is how long a session lives without being refreshed.
	Refresh time.Duration
	// Lifetime is how long a session lives however often it is refreshed; 0 is without an end.
	Lifetime time.Duration
	// Key hashes codes that are sent and recovery codes, and rotates refresh tokens. It does not change when the keys of the tokens do;
	// nil derives it from them.
	Key []byte
	// Seals encrypt what has to be read again, such as the secrets of second factors: the first one does, and
	// all of them decrypt. Nil is Key.
	Seals [][]byte
	// MaxToken is the largest access token in bytes; one that would be larger becomes a reference to
	// claims that are kept here. 0 means 4096.
	MaxToken int
	// Shared has the limits, and large claims when it is lasting; nil keeps limits in this process.
	Shared shared.Store
	// Password, Email, Anonymous, TOTP, Passkeys and OAuth are the ways to sign in; nil switches one off.
	Password  *Password
	Email     *Email
	Anonymous bool
	TOTP      *TOTP
	Passkeys  *Passkeys
	OAuth     map[string]*Provider
	// Mail sends; nil sends nothing, and then neither Email nor anything that sends can be used.
	Mail Mailer
	// URL is where people reach this server, for links and callbacks: never what a request says.
	URL string
	// Redirects are the origins that a sign-in may go back to, besides URL.
	Redirects []string
	// Claims computes claims when a token is made; nil computes none.
	Claims Claims
	// Hooks are asked before somebody signs up and before a token is made; nil asks nobody.
	Hooks *Hooks
	// Captcha checks what a browser has solved; nil asks for nothing.
	Captcha *Captcha
	// KeepAudit is how long security events are kept; 0 keeps them for ever.
	KeepAudit time.Duration
	// Client makes the requests to others; nil is http.DefaultClient.
	Client *http.Client
	// Observe is called with the name of each security event; nil is not.
	Observe func(event string)
	// Raise stores what happens when a security event does, in the transaction that stores the event, for those
	// that Raises says so of. Both may be nil.
	Raise  func(ctx context.Context, store db.Store, e Event) error
	Raises func(event string) bool
	// Log gets the security events, besides the database; nil logs nothing.
	Log *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

// Claims computes claims for a user, from those that the token has already.
type Claims interface {
	Compute(ctx context.Context, claims map[string]any, now time.Time) (map[string]any, error)
}

// Service signs people up and in. It is safe for concurrent use.
type Service struct {
	Config
	hasher   hasher
	verified references
	working  sync.WaitGroup // mails that are being sent
	// relyingParty is what checks passkeys, which is made once; nil without them.
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
		config.Key = config.Tokens.derived("identities")
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
	s := &Service{Config: config, hasher: newHasher()}
	if config.Passkeys != nil {
		s.relyingParty = sync.OnceValues(config.Passkeys.relyingParty)
	}
	return s
}

// Wait waits for the mails that are being sent.
func (s *Service) Wait() { s.working.Wait() }

// Client is who makes a request, as far as the network knows, and the second factor that it sends along.
type Client struct {
	IP, Agent string
	// TOTP is a code of an authenticator app or a recovery code, empty for none.
	TOTP string
	// Password is the current one, of somebody who is signed in.
	Password string
	// Captcha is the answer of a captcha.
	Captcha string
	// User has the claims of this server's token that came along, nil for none.
	User map[string]any
}

// User is what people get to know of themselves.
type User struct {
	ID        string
	Email     string // empty for an anonymous user
	NewEmail  string // the address that is to take its place when it is confirmed, empty for none
	Verified  bool   // whether the address is known to be theirs
	TOTP      bool   // whether signing in takes a second factor
	Anonymous bool
	Created   query.Value
}

// Session is what a client gets when it signs in or refreshes.
type Session struct {
	AccessToken  string
	RefreshToken string
	ExpiresIn    time.Duration
	User         User
}

func userOf(row query.Row) User {
	return User{
		ID: row[0].Text(), Email: row[userEmail].Text(), NewEmail: row[userNewEmail].Text(), Verified: !row[userVerified].IsNull(), TOTP: enrolled(row),
		Anonymous: row[userEmail].IsNull(), Created: row[userCreated],
	}
}

// newUser returns a row for a user.
func (s *Service) newUser(id, email string) query.Row {
	row := make(query.Row, len(users.Columns))
	now := query.Time(s.Now())
	row[0], row[userCreated], row[userUpdated] = query.String(id), now, now
	if email != "" {
		row[userEmail] = query.String(email)
	}
	return row
}

// find returns the one row of a filter, nil when there is none.
func (s *Service) find(ctx context.Context, c *db.Collection, where query.Filter) (query.Row, error) {
	return findIn(ctx, s.Database, c, where)
}

func findIn(ctx context.Context, store db.Store, c *db.Collection, where query.Filter) (query.Row, error) {
	rows, err := store.Find(db.Strong(ctx), c, db.Find{Query: query.Query{Where: where, Limit: 1}})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

func equal(field string, v query.Value) query.Filter {
	return &query.Compare{Path: query.Path{Field: field}, Op: query.Eq, Value: v}
}

func (s *Service) byEmail(ctx context.Context, email string) (query.Row, error) {
	return s.find(ctx, users, equal("email", query.String(email)))
}

var errNoUser = fault.Errorf(fault.Unauthenticated, "this call needs the token of a signed-in user")

// user returns the row of the user that a token of this server is about.
func (s *Service) user(ctx context.Context, claims map[string]any) (query.Row, error) {
	id, _ := claims["sub"].(string)
	switch {
	case id == "":
		return nil, errNoUser
	case claims["act"] != nil:
		return nil, fault.Errorf(fault.Forbidden, "who acts for somebody else cannot change their account")
	}
	row, err := s.find(ctx, users, users.ByKey(id))
	if err == nil && (row == nil || !row[userDisabled].IsNull()) {
		err = errNoUser
	}
	return row, err
}

// User returns the user that verified claims are about.
func (s *Service) User(ctx context.Context, claims map[string]any) (User, error) {
	row, err := s.user(ctx, claims)
	if err != nil {
		return User{}, err
	}
	return userOf(row), nil
}

func off(what, key string) error {
	return fault.Errorf(fault.NotFound, "%s is not switched on (%s)", what, key)
}
