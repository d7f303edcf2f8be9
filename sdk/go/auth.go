package basalt

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

// User is a user with an account.
type User struct {
	ID string `json:"id"`
	// Email is empty for an anonymous user, and EmailVerified says that it is known to be theirs.
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	// NewEmail is the address that is to take its place when it is confirmed; empty for none.
	NewEmail  string `json:"new_email"`
	Anonymous bool   `json:"anonymous"`
	// TOTP says that signing in takes a second factor.
	TOTP    bool      `json:"totp"`
	Created time.Time `json:"created"`
	// Profile is the user's profile as they may read it, where the server has auth.profile.
	Profile Profile `json:"profile,omitempty"`
}

// Profile is the profile of a user as the server has sent it, in JSON: empty where there is none. It is as it was at the
// last sign-in or refresh; its collection has it as it is now.
type Profile string

// Decode reads the profile into a value, such as a pointer to a People of `basalt gen types`.
func (p Profile) Decode(into any) error {
	if p == "" {
		return errors.New("basalt: the user has no profile")
	}
	return json.Unmarshal([]byte(p), into)
}

// MarshalJSON implements json.Marshaler.
func (p Profile) MarshalJSON() ([]byte, error) {
	if p == "" {
		return []byte("null"), nil
	}
	return []byte(p), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Profile) UnmarshalJSON(text []byte) error {
	*p = ""
	if string(text) != "null" {
		*p = Profile(text)
	}
	return nil
}

// Session is what a sign-in gives. It can be stored, and given to [WithSession].
type Session struct {
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	Expires      time.Time `json:"expires"`
	User         User      `json:"user"`
	// Server is the address of the server that it is of: no other one gets these tokens.
	Server string `json:"server,omitempty"`
}

// Auth signs up, in and out. Tokens are refreshed by themselves, once however many calls wait.
type Auth struct {
	client *Client

	mu         sync.Mutex // guards what is below
	session    *Session
	refreshing *refreshing
	// asked and settled are the numbers of the newest sign-in or sign-out that was asked for, and of the one whose
	// outcome is there: of those under way, the one that was asked for last wins.
	asked, settled int
	listeners      map[int]func(*User)
	nextID         int
}

// refreshing is a refresh under way.
type refreshing struct {
	of   string // the refresh token
	done chan struct{}
	err  error
}

// margin is how long before its end a token counts as expired.
const margin = 30 * time.Second

// User asks the server who is signed in.
func (a *Auth) User(ctx context.Context) (User, error) {
	var u User
	_, err := a.client.do(ctx, call{method: http.MethodGet, path: "/v1/auth/user", due: aDocument}, &u)
	return u, err
}

// Change is what [Auth.UpdateUser] changes; what is empty stays. CurrentPassword or a code as TOTP says once more who
// it is, which need not be for a new address within ten minutes of signing in.
type Change struct {
	Email           string `json:"email,omitempty"`
	Password        string `json:"password,omitempty"`
	CurrentPassword string `json:"current_password,omitempty"`
	TOTP            string `json:"totp,omitempty"`
}

// UpdateUser changes the password, or the address: that is NewEmail until the mail that is sent there confirms it.
func (a *Auth) UpdateUser(ctx context.Context, change Change) (User, error) {
	var u User
	_, err := a.client.do(ctx, call{method: http.MethodPatch, path: "/v1/auth/user", body: change, due: aDocument}, &u)
	return u, err
}

// Session returns the session, nil when no user is signed in.
func (a *Auth) Session() *Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session == nil {
		return nil
	}
	s := *a.session
	return &s
}

// OnChange calls f whenever a user signs in or out, or what is known of them changes; nil means out. It returns a function that unsubscribes.
func (a *Auth) OnChange(f func(*User)) (stop func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.listeners == nil {
		a.listeners = map[int]func(*User){}
	}
	id := a.nextID
	a.nextID++
	a.listeners[id] = f
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.listeners, id)
	}
}

// opened is the answer of a sign-in.
type opened struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int    `json:"expires_in"`
	User         User   `json:"user"`
	Confirm      string `json:"confirm"`
	Accepted     bool   `json:"accepted"`
}

// ErrSuperseded is what a sign-in returns when another one, or a sign-out, that was asked for later was done before it.
var ErrSuperseded = errors.New("basalt: another sign-in or sign-out happened since")

func (a *Auth) open(ctx context.Context, path string, body any) (User, error) {
	var t opened
	turn := a.turn()
	// An anonymous user who signs up or in with an address keeps the id; a link, and a new address, take the token
	// of the user who asked for them.
	c := call{method: http.MethodPost, path: path, body: body, anonymous: true, due: aSession}
	if path == "/v1/auth/signup" || path == "/v1/auth/invite/accept" {
		c.due = anObject
	}
	if s := a.Session(); s != nil && (s.User.Anonymous || path == "/v1/auth/oauth/exchange" || path == "/v1/auth/email/verify" || path == "/v1/auth/invite/accept") {
		c.anonymous = false
	}
	if _, err := a.client.do(ctx, c, &t); err != nil {
		return User{}, err
	}
	switch {
	case t.AccessToken == "" && t.Confirm != "":
		return User{}, ErrConfirm
	case t.AccessToken == "" && t.Accepted: // the session is the one of before
		if s := a.Session(); s != nil {
			return s.User, nil
		}
		return User{}, ErrSuperseded
	case t.AccessToken == "":
		return User{}, &Error{Code: Unavailable, Detail: "what answered is not the server"}
	}
	if !a.keep(a.sessionOf(t), func(*Session) bool { return a.settle(turn) }) {
		return User{}, errors.Join(ErrSuperseded, a.end(ctx, "/v1/auth/signout", t.RefreshToken))
	}
	return t.User, nil
}

func (a *Auth) sessionOf(t opened) *Session {
	expires := time.Now().Add(time.Duration(t.ExpiresIn) * time.Second)
	return &Session{t.AccessToken, t.RefreshToken, expires, t.User, a.client.base}
}

// turn takes a number for a sign-in or sign-out.
func (a *Auth) turn() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	return a.asked
}

// settle notes that the outcome of a turn is there, and reports false when that of a later one is. a.mu is held.
func (a *Auth) settle(turn int) bool {
	if turn < a.settled {
		return false
	}
	a.settled = turn
	return true
}

func (a *Auth) userID() string {
	if s := a.Session(); s != nil {
		return s.User.ID
	}
	return ""
}

// keep stores a session when that may replace the current one, and notifies the listeners when the user is another one, or
// has changed.
func (a *Auth) keep(s *Session, may func(now *Session) bool) bool {
	a.mu.Lock()
	if !may(a.session) {
		a.mu.Unlock()
		return false
	}
	before := a.session
	a.session = s
	var listeners []func(*User)
	if (before == nil) != (s == nil) || before != nil && before.User != s.User {
		for _, f := range a.listeners {
			listeners = append(listeners, f)
		}
	}
	a.mu.Unlock()
	for _, f := range listeners {
		if s == nil {
			f(nil)
		} else {
			u := s.User
			f(&u)
		}
	}
	return true
}

// token returns the token to send, refreshed when it is about to end; while it is valid, it does without.
func (a *Auth) token(ctx context.Context) (string, error) {
	if a.client.key != "" {
		return a.client.key, nil
	}
	s := a.Session()
	if s == nil {
		return "", nil
	}
	if time.Now().Before(s.Expires.Add(-margin)) {
		return s.AccessToken, nil
	}
	token, err := a.refused(ctx, s.AccessToken)
	if now := a.Session(); err != nil && ctx.Err() == nil && now != nil && now.AccessToken == s.AccessToken && time.Now().Before(s.Expires) {
		return s.AccessToken, nil
	}
	return token, err
}

// errLeft is the error of a call whose user is not signed in any more.
func errLeft() error {
	return &Error{Code: Unauthenticated, Detail: "the user who made this call is no longer signed in"}
}

// tokenOf returns the token of a user. A session that has ended calls anonymously, but nothing is written in another name.
func (a *Auth) tokenOf(ctx context.Context, user string, reads bool) (string, error) {
	if user == "" && a.client.key == "" {
		return "", nil
	}
	token, err := a.token(ctx)
	if err != nil || a.client.key != "" {
		return token, err
	}
	switch now := a.Session(); {
	case now == nil && reads:
		return "", nil
	case now == nil || now.User.ID != user:
		return "", errLeft()
	default:
		return now.AccessToken, nil
	}
}

// refreshTime bounds a refresh, which goes on when the one of those who wait for it that has begun it gives up.
const refreshTime = 30 * time.Second

// refused returns the token to use after one was refused or has ended; "" when the session has.
func (a *Auth) refused(ctx context.Context, token string) (string, error) {
	a.mu.Lock()
	if a.session == nil || a.session.AccessToken != token {
		defer a.mu.Unlock()
		if a.session == nil {
			return "", nil
		}
		return a.session.AccessToken, nil
	}
	r := a.refreshing
	if r == nil || r.of != a.session.RefreshToken {
		r = &refreshing{of: a.session.RefreshToken, done: make(chan struct{})}
		a.refreshing = r
		session := *a.session
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
		go func() {
			defer cancel()
			r.err = a.refresh(shared, session)
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.refreshing == r {
				a.refreshing = nil
			}
			close(r.done)
		}()
	}
	a.mu.Unlock()
	select {
	case <-r.done:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if r.err != nil {
		return "", r.err
	}
	if s := a.Session(); s != nil {
		return s.AccessToken, nil
	}
	return "", nil
}

// refresh replaces a session by its successor, unless another one is there by now.
func (a *Auth) refresh(ctx context.Context, s Session) error {
	var t opened
	body := map[string]string{"refresh_token": s.RefreshToken}
	_, err := a.client.do(ctx, call{method: http.MethodPost, path: "/v1/auth/refresh", body: body, anonymous: true, due: aSession}, &t)
	var next *Session
	var e *Error
	switch {
	case err == nil:
		next = a.sessionOf(t)
	case errors.As(err, &e) && e.Code == Unauthenticated && e.FromServer: // a proxy that says so knows nothing of this session
	default:
		return err
	}
	same := func(now *Session) bool { return now != nil && now.RefreshToken == s.RefreshToken }
	if !a.keep(next, same) && next != nil && a.Session() == nil {
		return a.end(ctx, "/v1/auth/signout", next.RefreshToken) // a sign-out is final
	}
	return nil
}
