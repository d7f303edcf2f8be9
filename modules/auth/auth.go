// Package auth knows who people are: it keeps users and sessions in a database of the
// configuration, checks passwords, and makes and verifies tokens.
//
// It is not for deciding what somebody may do: that is for the rules, which get the verified claims.
// Verifying a token asks no database. Refresh tokens are stored as hashes and change at every use.
package auth

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// Config is what a [Service] needs.
type Config struct {
	// Database keeps users and sessions; it has been synced with [Collections].
	Database db.Driver
	Tokens   *Tokens
	// Refresh is how long a session lives without being refreshed.
	Refresh time.Duration
	// Password allows signing in with a password; nil does not.
	Password *Password
	// Now is the clock.
	Now func() time.Time
}

// Password are the demands on passwords and sign-ins.
type Password struct {
	MinLength int // characters
	// Attempts that fail, for one account within fifteen minutes; ten times as many for one
	// address.
	Attempts int
}

// maxPassword bounds the bytes of a password, and so the work of hashing it.
const maxPassword = 1024

// Service signs people up and in. It is safe for concurrent use.
type Service struct {
	Config
	accounts, addresses *limiter
	hasher              hasher
}

// New returns a service.
func New(config Config) *Service {
	s := &Service{Config: config, hasher: newHasher()}
	if config.Password != nil {
		s.accounts = newLimiter(config.Password.Attempts, 15*time.Minute)
		s.addresses = newLimiter(10*config.Password.Attempts, 15*time.Minute)
	}
	return s
}

// User is what people get to know of themselves.
type User struct {
	ID      string
	Email   string
	Created query.Value
}

// Session is what a client gets when it signs in or refreshes.
type Session struct {
	AccessToken  string
	RefreshToken string
	ExpiresIn    time.Duration
	User         User
}

// Credentials are what somebody signs up or in with.
type Credentials struct{ Email, Password string }

func (s *Service) enabled() error {
	if s.Config.Password == nil {
		return query.Errorf(query.NotFound, "signing in with a password is not switched on (auth.providers.password)")
	}
	return nil
}

// SignUp makes a user and signs them in. Nothing but the address and the password comes from the
// client.
func (s *Service) SignUp(ctx context.Context, c Credentials) (Session, error) {
	if err := s.enabled(); err != nil {
		return Session{}, err
	}
	email, problem := normalEmail(c.Email)
	problems := append(problem, s.passwordProblems(c.Password)...)
	if len(problems) > 0 {
		return Session{}, &query.Error{Code: query.Invalid, Detail: "the account can not be made like this", Fields: problems}
	}
	hash, err := s.hasher.hash(ctx, c.Password)
	if err != nil {
		return Session{}, err
	}
	now := query.Time(s.Now())
	row := query.Row{query.String(uuid.Must(uuid.NewV7()).String()), query.String(email), query.String(hash), query.Null, now, now}
	if err := s.Database.Insert(ctx, users, []query.Row{row}); err != nil {
		return Session{}, taken(err)
	}
	return s.open(ctx, row)
}

func taken(err error) error {
	var e *query.Error
	if errors.As(err, &e) && e.Code == query.Conflict {
		return &query.Error{Code: query.Conflict, Detail: "there is already an account with this e-mail address",
			Fields: []query.FieldError{{Field: "email", Code: "unique", Detail: "this address has an account; sign in instead"}}}
	}
	return err
}

func normalEmail(email string) (string, []query.FieldError) {
	email = strings.ToLower(strings.TrimSpace(email))
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || len(email) > 254 || strings.ContainsRune(email, 0) {
		return "", []query.FieldError{{Field: "email", Code: "pattern", Detail: "this is not an e-mail address"}}
	}
	return email, nil
}

func (s *Service) passwordProblems(password string) []query.FieldError {
	switch {
	case utf8.RuneCountInString(password) < s.Config.Password.MinLength:
		return []query.FieldError{{Field: "password", Code: "min", Detail: "a password has at least " + query.Int(int64(s.Config.Password.MinLength)).JSON() + " characters"}}
	case len(password) > maxPassword:
		return []query.FieldError{{Field: "password", Code: "max", Detail: "a password has at most 1024 bytes"}}
	}
	return nil
}

var errCredentials = query.Errorf(query.Unauthenticated, "the e-mail address or the password is wrong")

// SignIn checks a password. An unknown address and a wrong password get the same answer after the
// same work. Too many failures, for the account or from the address, are a RateLimited error, even
// when the password is right, so that nobody can go on guessing.
func (s *Service) SignIn(ctx context.Context, c Credentials, address string) (Session, error) {
	if err := s.enabled(); err != nil {
		return Session{}, err
	}
	email := strings.ToLower(strings.TrimSpace(c.Email))
	if len(email) > 254 || len(c.Password) > maxPassword {
		return Session{}, errCredentials
	}
	now := s.Now()
	if wait := max(s.addresses.take(address, now), s.accounts.take(email, now)); wait > 0 {
		return Session{}, &query.Error{Code: query.RateLimited, Detail: "too many failed sign-ins; wait and try again", RetryAfter: wait}
	}
	row, err := s.find(ctx, users, &query.Compare{Path: query.Path{Field: "email"}, Op: query.Eq, Value: query.String(email)})
	if err != nil {
		return Session{}, err
	}
	stored := ""
	if row != nil {
		stored = row[userPassword].Text()
	}
	ok, err := s.hasher.verify(ctx, c.Password, stored)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, errCredentials
	}
	s.accounts.giveBack(email)
	s.addresses.giveBack(address)
	return s.open(ctx, row)
}

// find returns the one row of a filter, nil when there is none.
func (s *Service) find(ctx context.Context, c *db.Collection, where query.Filter) (query.Row, error) {
	rows, err := s.Database.Find(ctx, c, db.Find{Query: query.Query{Where: where, Limit: 1}})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

var errNoUser = query.Errorf(query.Unauthenticated, "this call needs the token of a signed-in user")

// user returns the row of the user that a token is about.
func (s *Service) user(ctx context.Context, claims map[string]any) (query.Row, error) {
	id, _ := claims["sub"].(string)
	if id == "" {
		return nil, errNoUser
	}
	row, err := s.find(ctx, users, users.ByKey(id))
	if err == nil && row == nil {
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

// Change is what users can change about themselves; nil leaves it as it is.
type Change struct {
	Email, Password *string
	// CurrentPassword has to be right.
	CurrentPassword string
}

// UpdateUser changes the address or the password of the user that the claims are about. A new
// password ends all of the user's other sessions.
func (s *Service) UpdateUser(ctx context.Context, claims map[string]any, change Change, address string) (User, error) {
	if err := s.enabled(); err != nil {
		return User{}, err
	}
	row, err := s.user(ctx, claims)
	if err != nil {
		return User{}, err
	}
	set := []db.Assignment{{Field: userUpdated, Value: query.Time(s.Now())}}
	var problems []query.FieldError
	if change.Email != nil {
		email, bad := normalEmail(*change.Email)
		problems = append(problems, bad...)
		set = append(set, db.Assignment{Field: userEmail, Value: query.String(email)})
	}
	if change.Password != nil {
		problems = append(problems, s.passwordProblems(*change.Password)...)
	}
	if len(problems) > 0 {
		return User{}, &query.Error{Code: query.Invalid, Detail: "the account can not be changed like this", Fields: problems}
	}
	now, email := s.Now(), row[userEmail].Text()
	if wait := max(s.addresses.take(address, now), s.accounts.take(email, now)); wait > 0 {
		return User{}, &query.Error{Code: query.RateLimited, Detail: "too many wrong passwords; wait and try again", RetryAfter: wait}
	}
	ok, err := s.hasher.verify(ctx, change.CurrentPassword, row[userPassword].Text())
	if err != nil {
		return User{}, err
	}
	if !ok {
		return User{}, &query.Error{Code: query.Forbidden, Detail: "current_password is wrong",
			Fields: []query.FieldError{{Field: "current_password", Code: "mismatch", Detail: "this is not the current password"}}}
	}
	s.accounts.giveBack(email)
	s.addresses.giveBack(address)
	if change.Password != nil {
		hash, err := s.hasher.hash(ctx, *change.Password)
		if err != nil {
			return User{}, err
		}
		set = append(set, db.Assignment{Field: userPassword, Value: query.String(hash)})
	}
	session, _ := claims["sid"].(string)
	var rows []query.Row
	err = s.Database.Transaction(ctx, func(store db.Store) error {
		var err error
		if _, rows, err = store.Update(ctx, users, db.Update{Where: users.ByKey(row[0].Text()), Set: set, Return: true}); err != nil {
			return taken(err)
		}
		if change.Password == nil {
			return nil
		}
		others := query.All(
			&query.Compare{Path: query.Path{Field: "user"}, Op: query.Eq, Value: row[0]},
			query.Negate(sessions.ByKey(session)))
		_, err = store.Delete(ctx, sessions, others)
		return err
	})
	if err == nil && len(rows) == 0 {
		err = errNoUser
	}
	if err != nil {
		return User{}, err
	}
	return userOf(rows[0]), nil
}

// Inherit takes over the counts of failed sign-ins of the service that this one replaces, as far as
// the demands are the same.
func (s *Service) Inherit(old *Service) {
	if s.Config.Password != nil && old.Config.Password != nil && *s.Config.Password == *old.Config.Password {
		s.accounts, s.addresses = old.accounts, old.addresses
	}
}
