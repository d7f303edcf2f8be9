package basalt

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// User is somebody who has signed up.
type User struct {
	ID string `json:"id"`
	// Email is empty for an anonymous user, and EmailVerified says that it is known to be theirs.
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	Anonymous     bool   `json:"anonymous"`
	// TOTP says that signing in takes a second factor.
	TOTP    bool      `json:"totp"`
	Created time.Time `json:"created"`
}

// Session is what a sign-in gives. It can be stored, and given to [WithSession].
type Session struct {
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token"`
	Expires      time.Time `json:"expires"`
	User         User      `json:"user"`
}

// Auth signs up, in and out. Tokens are refreshed by themselves, once however many calls wait.
type Auth struct {
	client *Client

	mu         sync.Mutex // guards what is below
	session    *Session
	refreshing *refreshing
	listeners  map[int]func(*User)
	nextID     int
}

// refreshing is a refresh under way.
type refreshing struct {
	done chan struct{}
	err  error
}

// margin is how long before its end a token counts as expired.
const margin = 30 * time.Second

// User asks the server who is signed in.
func (a *Auth) User(ctx context.Context) (User, error) {
	var u User
	_, err := a.client.do(ctx, call{method: http.MethodGet, path: "/v1/auth/user"}, &u)
	return u, err
}

// Change is what [Auth.UpdateUser] changes; what is empty stays.
type Change struct {
	Email           string `json:"email,omitempty"`
	Password        string `json:"password,omitempty"`
	CurrentPassword string `json:"current_password"`
}

// UpdateUser changes the address or the password.
func (a *Auth) UpdateUser(ctx context.Context, change Change) (User, error) {
	var u User
	_, err := a.client.do(ctx, call{method: http.MethodPatch, path: "/v1/auth/user", body: change}, &u)
	return u, err
}

// Session returns the session, nil when nobody is signed in.
func (a *Auth) Session() *Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session == nil {
		return nil
	}
	s := *a.session
	return &s
}

// OnChange calls f whenever somebody signs in or out, or what is known of them changes; nil means out. It returns the end of it.
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
}

func (a *Auth) open(ctx context.Context, path string, body any) (User, error) {
	var t opened
	// An anonymous user who signs up or in with an address keeps the id.
	c := call{method: http.MethodPost, path: path, body: body, anonymous: true}
	if s := a.Session(); s != nil && s.User.Anonymous && path != "/v1/auth/refresh" {
		c.anonymous = false
	}
	if _, err := a.client.do(ctx, c, &t); err != nil {
		return User{}, err
	}
	if t.AccessToken == "" {
		return User{}, ErrConfirm
	}
	a.keep(&Session{t.AccessToken, t.RefreshToken, time.Now().Add(time.Duration(t.ExpiresIn) * time.Second), t.User})
	return t.User, nil
}

// keep stores a session and tells who listens, when the user is another one, or has changed.
func (a *Auth) keep(s *Session) {
	a.mu.Lock()
	before := a.session
	a.session = s
	var tell []func(*User)
	if (before == nil) != (s == nil) || before != nil && before.User != s.User {
		for _, f := range a.listeners {
			tell = append(tell, f)
		}
	}
	a.mu.Unlock()
	for _, f := range tell {
		if s == nil {
			f(nil)
		} else {
			u := s.User
			f(&u)
		}
	}
}

// token returns the token to send, refreshed when it is about to end.
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
	return a.refused(ctx, s.AccessToken)
}

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
	if r == nil {
		r = &refreshing{done: make(chan struct{})}
		a.refreshing = r
		session := *a.session
		a.mu.Unlock()
		r.err = a.refresh(ctx, session)
		a.mu.Lock()
		a.refreshing = nil
		close(r.done)
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

func (a *Auth) refresh(ctx context.Context, s Session) error {
	_, err := a.open(ctx, "/v1/auth/refresh", map[string]string{"refresh_token": s.RefreshToken})
	if CodeOf(err) == Unauthenticated {
		a.keep(nil)
		return nil
	}
	return err
}
