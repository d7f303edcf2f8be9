package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// The handlers of /v1/auth.

// accounts are the calls that people make for themselves.
type accounts struct {
	auth *auth.Service // nil without the section auth
}

func (a *accounts) service() (*auth.Service, error) {
	if a.auth == nil {
		return nil, fault.Errorf(fault.NotFound, "this server has no section auth")
	}
	return a.auth, nil
}

// client is who makes the request, for package auth.
func (a *accounts) client(r *request, fields map[string]string) auth.Client {
	c := auth.Client{IP: r.caller.IP, Agent: r.header(fiber.HeaderUserAgent), TOTP: fields["totp"], Captcha: fields["captcha"], Password: fields["current_password"], Count: r.caller.Count}
	if r.verified.Own {
		c.User = r.caller.Auth
	}
	if r.caller.Admin {
		c.Administrator = person(r.caller.Auth)
	}
	return c
}

// person is the account behind claims: of who acts as another, not of the other.
func person(claims map[string]any) string {
	user, actor := whoIs(claims)
	if actor != "" {
		return actor
	}
	return user
}

// call reads the fields of a body for a call of package auth.
func (a *accounts) call(r *request) (*auth.Service, map[string]string, auth.Client, error) {
	s, err := a.service()
	if err != nil {
		return nil, nil, auth.Client{}, err
	}
	f, err := r.fields()
	return s, f, a.client(r, f), err
}

func sessionJSON(s auth.Session, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	b := append([]byte(nil), `{"access_token":`...)
	b = query.String(s.AccessToken).AppendJSON(b)
	b = query.String(s.RefreshToken).AppendJSON(append(b, `,"refresh_token":`...))
	b = query.Int(int64(s.ExpiresIn.Seconds())).AppendJSON(append(b, `,"token_type":"Bearer","expires_in":`...))
	return append(appendUser(append(b, `,"user":`...), s.User), '}'), nil
}

func appendUser(b []byte, u auth.User) []byte {
	email := query.Null
	if !u.Anonymous {
		email = query.String(u.Email)
	}
	b = query.String(u.ID).AppendJSON(append(b, `{"id":`...))
	b = email.AppendJSON(append(b, `,"email":`...))
	b = query.Bool(u.Verified).AppendJSON(append(b, `,"email_verified":`...))
	next := query.Null
	if u.NewEmail != "" {
		next = query.String(u.NewEmail)
	}
	b = next.AppendJSON(append(b, `,"new_email":`...))
	b = query.Bool(u.Anonymous).AppendJSON(append(b, `,"anonymous":`...))
	b = query.Bool(u.TOTP).AppendJSON(append(b, `,"totp":`...))
	b = u.Created.AppendJSON(append(b, `,"created":`...))
	if u.Profile != nil {
		b = append(append(b, `,"profile":`...), u.Profile...)
	}
	return append(b, '}')
}

func userJSON(u auth.User, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return appendUser(nil, u), nil
}

// newcomer is call for what makes an account: the body may have a profile.
func (a *accounts) newcomer(r *request) (*auth.Service, map[string]string, auth.Client, error) {
	s, err := a.service()
	if err != nil {
		return nil, nil, auth.Client{}, err
	}
	f, profile, err := r.fieldsAnd("profile")
	client := a.client(r, f)
	client.Profile = profile
	return s, f, client, err
}

func (a *accounts) signUp(r *request) ([]byte, error) {
	s, f, client, err := a.newcomer(r)
	if err != nil {
		return nil, err
	}
	session, err := s.SignUp(r.context, auth.Credentials{Email: f["email"], Password: f["password"]}, client)
	if confirms(err) {
		r.status(http.StatusAccepted)
		return []byte(`{"confirm":"email"}`), nil
	}
	return sessionJSON(session, err)
}

func (a *accounts) signIn(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.SignIn(r.context, auth.Credentials{Email: f["email"], Password: f["password"]}, client))
}

func (a *accounts) refresh(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.RefreshSession(r.context, f["refresh_token"], client))
}

func (a *accounts) signOut(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	everywhere := r.query("everywhere")
	if everywhere != "" && everywhere != "true" && everywhere != "false" {
		return nil, fault.FieldErrorf("everywhere", "type", "everywhere is true or false")
	}
	return nil, s.SignOut(r.context, f["refresh_token"], everywhere == "true", client)
}

func (a *accounts) user(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	return userJSON(s.User(r.context, a.client(r, nil)))
}

func (a *accounts) updateUser(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	change := auth.Change{CurrentPassword: f["current_password"]}
	for name, field := range map[string]**string{"email": &change.Email, "password": &change.Password} {
		if v, ok := f[name]; ok {
			*field = &v
		}
	}
	return userJSON(s.UpdateUser(r.context, change, client))
}

func (a *accounts) removeOwn(r *request) ([]byte, error) {
	s, _, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return nil, s.RemoveOwn(r.context, client)
}

func (a *accounts) listSessions(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	sessions, err := s.Sessions(r.context, a.client(r, nil))
	if err != nil {
		return nil, err
	}
	items := make([]any, len(sessions))
	for i, o := range sessions {
		items[i] = sessionMap(o)
	}
	return itemsJSON(items)
}

func sessionMap(o auth.OpenSession) fiber.Map {
	return fiber.Map{"id": o.ID, "method": o.Method, "ip": o.IP, "agent": o.Agent, "created": raw(o.Created), "refreshed": raw(o.Refreshed), "current": o.Current}
}

func (a *accounts) endSession(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	return nil, s.EndSession(r.context, r.id(), a.client(r, nil))
}

func (a *accounts) anonymous(r *request) ([]byte, error) {
	s, _, client, err := a.newcomer(r)
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.SignInAnonymously(r.context, client))
}

// The mails. What they answer says nothing about accounts.

func accepted(err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return []byte(`{"sent":true}`), nil
}

func (a *accounts) sendSignIn(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return accepted(s.SendSignIn(r.context, f["email"], f["redirect"], client))
}

func (a *accounts) verifyMail(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.VerifyMail(r.context, auth.MailCode{Token: f["token"], Email: f["email"], Code: f["code"]}, client))
}

func (a *accounts) sendConfirm(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return accepted(s.SendConfirm(r.context, f["redirect"], client))
}

func (a *accounts) sendReset(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return accepted(s.SendReset(r.context, f["email"], f["redirect"], client))
}

func (a *accounts) resetPassword(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.ResetPassword(r.context, f["token"], f["password"], client))
}

// The second factor.

func (a *accounts) enrolTOTP(r *request) ([]byte, error) {
	s, _, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	e, err := s.EnrolTOTP(r.context, client)
	return encode(fiber.Map{"secret": e.Secret, "url": e.URL}, err)
}

func (a *accounts) confirmTOTP(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	codes, err := s.ConfirmTOTP(r.context, f["code"], client)
	return encode(fiber.Map{"recovery_codes": codes}, err)
}

func (a *accounts) removeTOTP(r *request) ([]byte, error) {
	s, _, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return nil, s.RemoveTOTP(r.context, client)
}

// Signing in elsewhere.

func (a *accounts) startOAuth(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	client := a.client(r, map[string]string{"captcha": r.query("captcha")})
	begun, err := s.StartOAuth(r.context, oauth.Request{
		Provider: r.segment("provider"), Redirect: r.query("redirect"), Challenge: r.query("code_challenge"), Method: r.query("code_challenge_method"), Link: r.query("link"),
	}, client)
	if err != nil && r.navigates() {
		to, refused := s.RefuseOAuth(r.query("redirect"), err)
		if refused != nil {
			return nil, refused
		}
		return nil, r.goTo(to)
	}
	if err != nil {
		return nil, err
	}
	r.setHeader(fiber.HeaderSetCookie, s.OAuthCookie(r.segment("provider"), begun.Cookie).String())
	return nil, r.goTo(begun.URL)
}

// navigates reports whether a person looks at the answer: a browser asks for a page.
func (r *request) navigates() bool {
	return strings.Contains(r.header(fiber.HeaderAccept), "text/html")
}

// goTo redirects to an address, which browsers do not pass on as a referrer.
func (r *request) goTo(to string) error {
	r.setHeader(fiber.HeaderLocation, to)
	r.setHeader("Referrer-Policy", "no-referrer")
	r.status(http.StatusSeeOther)
	return nil
}

func (a *accounts) finishOAuth(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	answer := url.Values{}
	args := r.http.Context().QueryArgs()
	if r.method() == http.MethodPost {
		args = &fasthttp.Args{}
		args.ParseBytes(r.body())
	}
	for _, name := range []string{"state", "code", "error"} {
		answer.Set(name, string(args.Peek(name)))
	}
	to, err := s.FinishOAuth(r.context, r.segment("provider"), answer, r.http.Cookies(s.OAuthCookie("", "").Name), a.client(r, nil))
	if err != nil {
		return nil, err
	}
	r.setHeader(fiber.HeaderSetCookie, s.OAuthCookie("", "").String())
	return nil, r.goTo(to)
}

func (a *accounts) exchange(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.Exchange(r.context, f["code"], f["code_verifier"], client))
}

// beginImpersonation is POST /v1/auth/impersonation.
func (a *accounts) beginImpersonation(r *request) ([]byte, error) {
	s, f, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.BeginImpersonation(r.context, f["code"], client))
}

func (a *accounts) linkOAuth(r *request) ([]byte, error) {
	s, _, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	link, err := s.LinkOAuth(r.context, client)
	return encode(fiber.Map{"link": link}, err)
}

func (a *accounts) listIdentities(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	identities, err := s.Identities(r.context, a.client(r, nil))
	if err != nil {
		return nil, err
	}
	items := make([]any, len(identities))
	for i, o := range identities {
		items[i] = identityMap(o)
	}
	return itemsJSON(items)
}

func identityMap(o auth.Identity) fiber.Map {
	return fiber.Map{"id": o.ID, "provider": o.Provider, "email": o.Email, "created": raw(o.Created)}
}
