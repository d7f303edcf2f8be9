package basalt

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// ErrConfirm is what [Auth.SignUp] returns when the address has to be confirmed first, by the mail that was
// sent to it.
var ErrConfirm = errors.New("basalt: the address has to be confirmed, by the mail that was sent to it")

// SignInOption is something that is sent along when signing in.
type SignInOption func(map[string]any)

// WithTOTP sends the code of an authenticator app, or a recovery code; see [NeedsSecondFactor].
func WithTOTP(code string) SignInOption { return func(body map[string]any) { body["totp"] = code } }

// WithCaptcha sends the answer of a captcha, where the server asks for one.
func WithCaptcha(answer string) SignInOption {
	return func(body map[string]any) { body["captcha"] = answer }
}

// WithRedirect says where the link of a mail leads to, instead of to the server.
func WithRedirect(address string) SignInOption {
	return func(body map[string]any) { body["redirect"] = address }
}

// WithProfile sends the profile of a new user: their document in the collection that auth.profile names, such as a
// NewPeople of `basalt gen types`. Where it is refused, there is no account either. It is for [Auth.SignUp] and
// [Auth.SignInAnonymously].
func WithProfile(profile any) SignInOption {
	return func(body map[string]any) { body["profile"] = profile }
}

func with(body map[string]any, options []SignInOption) map[string]any {
	for _, o := range options {
		o(body)
	}
	return body
}

// NeedsSecondFactor reports whether a sign-in has failed only because it takes a second factor: ask for it,
// and sign in [WithTOTP].
func NeedsSecondFactor(err error) bool {
	var e *Error
	return errors.As(err, &e) && slices.ContainsFunc(e.Fields, func(f FieldError) bool { return f.Field == "totp" && f.Code == "required" })
}

// SignUp makes an account and signs in; an anonymous user keeps their id.
func (a *Auth) SignUp(ctx context.Context, email, password string, options ...SignInOption) (User, error) {
	return a.open(ctx, "/v1/auth/signup", with(map[string]any{"email": email, "password": password}, options))
}

// SignIn signs in with a password.
func (a *Auth) SignIn(ctx context.Context, email, password string, options ...SignInOption) (User, error) {
	return a.open(ctx, "/v1/auth/signin", with(map[string]any{"email": email, "password": password}, options))
}

// SignInAnonymously signs in as a new user without an address, who gets one by SignUp and keeps the id.
func (a *Auth) SignInAnonymously(ctx context.Context, options ...SignInOption) (User, error) {
	return a.open(ctx, "/v1/auth/anonymous", with(map[string]any{}, options))
}

// SendSignInMail sends a link and a code to sign in with. It says nothing about whether there is an account.
func (a *Auth) SendSignInMail(ctx context.Context, email string, options ...SignInOption) error {
	return a.post(ctx, "/v1/auth/email", with(map[string]any{"email": email}, options), true)
}

// VerifyToken signs in with the token of a link that was sent.
func (a *Auth) VerifyToken(ctx context.Context, token string, options ...SignInOption) (User, error) {
	return a.open(ctx, "/v1/auth/email/verify", with(map[string]any{"token": token}, options))
}

// VerifyCode signs in with a code that was sent.
func (a *Auth) VerifyCode(ctx context.Context, email, code string, options ...SignInOption) (User, error) {
	return a.open(ctx, "/v1/auth/email/verify", with(map[string]any{"email": email, "code": code}, options))
}

// SendConfirmation sends the user who is signed in a mail to confirm their address with.
func (a *Auth) SendConfirmation(ctx context.Context, options ...SignInOption) error {
	return a.post(ctx, "/v1/auth/email/confirm", with(map[string]any{}, options), false)
}

// SendPasswordReset sends a link to set a new password with.
func (a *Auth) SendPasswordReset(ctx context.Context, email string, options ...SignInOption) error {
	return a.post(ctx, "/v1/auth/reset", with(map[string]any{"email": email}, options), true)
}

// ResetPassword sets a new password with the token of the link, and signs in.
func (a *Auth) ResetPassword(ctx context.Context, token, password string, options ...SignInOption) (User, error) {
	return a.open(ctx, "/v1/auth/reset/confirm", with(map[string]any{"token": token, "password": password}, options))
}

func (a *Auth) post(ctx context.Context, path string, body any, anonymous bool) error {
	_, err := a.client.do(ctx, call{method: http.MethodPost, path: path, body: body, anonymous: anonymous}, nil)
	return err
}

// ProviderURL returns the address to open in a browser to sign in elsewhere, which comes back to redirect
// with a code in its fragment, for [Auth.Exchange]. Where the server asks for a captcha, its answer is to be added as
// the parameter captcha. Challenge is that of a verifier (S256), as
// golang.org/x/oauth2 makes them.
func (a *Auth) ProviderURL(provider, redirect, challenge string) string {
	q := url.Values{"redirect": {redirect}, "code_challenge": {challenge}, "code_challenge_method": {"S256"}}
	return a.client.base + "/v1/auth/oauth/" + url.PathEscape(provider) + "?" + q.Encode()
}

// LinkURL is ProviderURL for a user who is signed in, and gets another way to sign in to the account. Exchange has
// to be called by the same user. currentPassword may be empty within ten minutes of signing in.
func (a *Auth) LinkURL(ctx context.Context, provider, redirect, challenge, currentPassword string) (string, error) {
	var out struct{ Link string }
	if _, err := a.client.do(ctx, call{method: http.MethodPost, path: "/v1/auth/oauth/link", body: proof(currentPassword)}, &out); err != nil {
		return "", err
	}
	return a.ProviderURL(provider, redirect, challenge) + "&link=" + url.QueryEscape(out.Link), nil
}

// proof is the body of a call that asks a signed-in user for the password once more.
func proof(currentPassword string) map[string]any {
	if currentPassword == "" {
		return map[string]any{}
	}
	return map[string]any{"current_password": currentPassword}
}

// Exchange signs in with the code that the browser has come back with, and the verifier.
func (a *Auth) Exchange(ctx context.Context, code, verifier string, options ...SignInOption) (User, error) {
	return a.open(ctx, "/v1/auth/oauth/exchange", with(map[string]any{"code": code, "code_verifier": verifier}, options))
}

// EnrolTOTP begins with a second factor: the secret, and an address to show as a QR code.
func (a *Auth) EnrolTOTP(ctx context.Context, currentPassword string) (secret, address string, err error) {
	var out struct{ Secret, URL string }
	_, err = a.client.do(ctx, call{method: http.MethodPost, path: "/v1/auth/totp", body: proof(currentPassword)}, &out)
	return out.Secret, out.URL, err
}

// ConfirmTOTP switches the second factor on, with the first code of the app. It returns recovery codes, to
// be shown once.
func (a *Auth) ConfirmTOTP(ctx context.Context, code string) (recovery []string, err error) {
	var out struct {
		Codes []string `json:"recovery_codes"`
	}
	_, err = a.client.do(ctx, call{method: http.MethodPost, path: "/v1/auth/totp/confirm", body: map[string]string{"code": code}}, &out)
	return out.Codes, err
}

// RemoveTOTP switches the second factor off, for which it is asked once more.
func (a *Auth) RemoveTOTP(ctx context.Context, code string) error {
	_, err := a.client.do(ctx, call{method: http.MethodDelete, path: "/v1/auth/totp", body: map[string]string{"totp": code}, due: nothing}, nil)
	return err
}

// DeleteUser removes the account of the user who is signed in, with everything that the server keeps about the person,
// and signs out. currentPassword may be empty within ten minutes of signing in, or with a code of the second factor.
func (a *Auth) DeleteUser(ctx context.Context, currentPassword string, options ...SignInOption) error {
	turn, user := a.turn(), a.userID()
	_, err := a.client.do(ctx, call{method: http.MethodDelete, path: "/v1/auth/user", body: with(proof(currentPassword), options), due: nothing}, nil)
	if err == nil {
		a.keep(nil, func(now *Session) bool { return now != nil && now.User.ID == user && a.settle(turn) })
	}
	return err
}

// Membership is a document that is created when an invitation is accepted, under the rules, as the user who has invited.
type Membership struct {
	Collection string `json:"collection"`
	// Field gets the id of who accepts; user where it is empty.
	Field string `json:"field,omitempty"`
	Doc   any    `json:"doc,omitempty"`
}

// Invitation is an invitation that waits to be accepted.
type Invitation struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	// By is the user who has invited, empty for the key of an administrator.
	By         string         `json:"by"`
	Claims     map[string]any `json:"claims"`
	Membership *Membership    `json:"membership"`
	Created    time.Time      `json:"created"`
	Expires    time.Time      `json:"expires"`
}

// WithMembership gives a document to who accepts an invitation.
func WithMembership(m Membership) SignInOption {
	return func(body map[string]any) { body["membership"] = m }
}

// WithClaims gives claims to who accepts an invitation: ones that the inviter has, or any by an administrator.
func WithClaims(claims map[string]any) SignInOption {
	return func(body map[string]any) { body["claims"] = claims }
}

// WithPassword sends the password of who accepts an invitation: a new one, or that of the account that the address has.
func WithPassword(password string) SignInOption {
	return func(body map[string]any) { body["password"] = password }
}

// Invite mails an invitation, with [WithMembership], [WithClaims] and [WithRedirect]. It says nothing about whether the
// address has an account.
func (a *Auth) Invite(ctx context.Context, email string, options ...SignInOption) (Invitation, error) {
	var out Invitation
	_, err := a.client.do(ctx, call{method: http.MethodPost, path: "/v1/auth/invite", body: with(map[string]any{"email": email}, options)}, &out)
	return out, err
}

// Invitations returns the user's invitations that wait to be accepted.
func (a *Auth) Invitations(ctx context.Context) ([]Invitation, error) {
	var out struct{ Items []Invitation }
	_, err := a.client.do(ctx, call{method: http.MethodGet, path: "/v1/auth/invite", due: aPage}, &out)
	return out.Items, err
}

// RevokeInvitation takes an invitation back.
func (a *Auth) RevokeInvitation(ctx context.Context, id string) error {
	_, err := a.client.do(ctx, call{method: http.MethodDelete, path: "/v1/auth/invite/" + url.PathEscape(id), due: nothing}, nil)
	return err
}

// AcceptInvitation accepts an invitation with the token of its link, and signs in, with [WithPassword], [WithProfile] and
// [WithTOTP]. An address that has an account brings it along: the client is signed in to it, or sends its password. A
// client that is signed in keeps its session, and has what the invitation gives after the next refresh.
func (a *Auth) AcceptInvitation(ctx context.Context, token string, options ...SignInOption) (User, error) {
	return a.open(ctx, "/v1/auth/invite/accept", with(map[string]any{"token": token}, options))
}

// OpenSession is an open session of the user.
type OpenSession struct {
	ID        string    `json:"id"`
	Method    string    `json:"method"`
	IP        string    `json:"ip"`
	Agent     string    `json:"agent"`
	Created   time.Time `json:"created"`
	Refreshed time.Time `json:"refreshed"`
	Current   bool      `json:"current"`
}

// Sessions returns the user's open sessions, on all devices.
func (a *Auth) Sessions(ctx context.Context) ([]OpenSession, error) {
	var out struct{ Items []OpenSession }
	_, err := a.client.do(ctx, call{method: http.MethodGet, path: "/v1/auth/sessions", due: aPage}, &out)
	return out.Items, err
}

// EndSession ends one of them.
func (a *Auth) EndSession(ctx context.Context, id string) error {
	_, err := a.client.do(ctx, call{method: http.MethodDelete, path: "/v1/auth/sessions/" + url.PathEscape(id), due: nothing}, nil)
	return err
}

// SignOut ends the session, here even when the server cannot be reached.
func (a *Auth) SignOut(ctx context.Context) error { return a.signOut(ctx, "/v1/auth/signout") }

// SignOutEverywhere ends all of the user's sessions.
func (a *Auth) SignOutEverywhere(ctx context.Context) error {
	return a.signOut(ctx, "/v1/auth/signout?everywhere=true")
}

func (a *Auth) signOut(ctx context.Context, path string) error {
	turn := a.turn()
	var session *Session
	a.keep(nil, func(now *Session) bool {
		session = now
		return a.settle(turn)
	})
	if session == nil {
		return nil
	}
	return a.end(ctx, path, session.RefreshToken)
}

// end ends a session on the server.
func (a *Auth) end(ctx context.Context, path, refreshToken string) error {
	body := map[string]string{"refresh_token": refreshToken}
	_, err := a.client.do(ctx, call{method: http.MethodPost, path: path, body: body, anonymous: true, due: nothing}, nil)
	return err
}
