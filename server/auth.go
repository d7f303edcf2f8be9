package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// The handlers of /v1/auth.

// object reads a body that is a JSON object, and calls f for each of its members, which may refuse it. An
// empty body has none.
func (r *request) object(names []string, f func(name string, v query.Value) bool) error {
	if len(r.body()) == 0 {
		return nil
	}
	v, err := query.ParseJSON(r.body(), r.config.Limits.Depth)
	if err != nil {
		return err
	}
	if v.Kind() != query.KindJSON || v.Text()[0] != '{' {
		return fault.Errorf(fault.Invalid, "the body has to be a JSON object")
	}
	var wrong []fault.FieldError
	v.Members(func(name string, v query.Value) bool {
		switch {
		case !slices.Contains(names, name):
			wrong = append(wrong, fault.FieldError{Field: name[:min(80, len(name))], Code: "unknown_name", Detail: "this call does not take it" + fault.DidYouMean(name, names)})
		case !f(name, v):
			wrong = append(wrong, fault.FieldError{Field: name, Code: "type", Detail: "this is of another type than expected"})
		}
		return len(wrong) < 20
	})
	if wrong != nil {
		return &fault.Error{Code: fault.Invalid, Detail: "the body does not fit this call", Fields: wrong}
	}
	return nil
}

// fields reads a body that is a JSON object of texts.
func (r *request) fields(names ...string) (map[string]string, error) {
	out := map[string]string{}
	err := r.object(names, func(name string, v query.Value) bool {
		if v.Kind() != query.KindString {
			return false
		}
		out[name] = v.Text()
		return true
	})
	return out, err
}

func contains(names []string, name string) bool { return slices.Contains(names, name) }

func (r *request) authService() (*auth.Service, error) {
	if r.auth == nil {
		return nil, fault.Errorf(fault.NotFound, "this server has no section auth")
	}
	return r.auth, nil
}

// client is who makes the request, for package auth.
func (r *request) client(fields map[string]string) auth.Client {
	c := auth.Client{IP: r.caller.IP, Agent: r.Get(fiber.HeaderUserAgent), TOTP: fields["totp"], Captcha: fields["captcha"], Password: fields["current_password"]}
	if r.verified.Own {
		c.User = r.caller.Auth
	}
	return c
}

// call reads the fields of a body for a call of package auth.
func (r *request) call(names ...string) (*auth.Service, map[string]string, auth.Client, error) {
	s, err := r.authService()
	if err != nil {
		return nil, nil, auth.Client{}, err
	}
	f, err := r.fields(names...)
	return s, f, r.client(f), err
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
	return append(u.Created.AppendJSON(append(b, `,"created":`...)), '}')
}

func userJSON(u auth.User, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return appendUser(nil, u), nil
}

func signUp(r *request) ([]byte, error) {
	s, f, client, err := r.call("email", "password", "captcha")
	if err != nil {
		return nil, err
	}
	session, err := s.SignUp(r.context, auth.Credentials{Email: f["email"], Password: f["password"]}, client)
	if confirms(err) {
		r.Status(http.StatusAccepted)
		return []byte(`{"confirm":"email"}`), nil
	}
	return sessionJSON(session, err)
}

func signIn(r *request) ([]byte, error) {
	s, f, client, err := r.call("email", "password", "totp", "captcha")
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.SignIn(r.context, auth.Credentials{Email: f["email"], Password: f["password"]}, client))
}

func refresh(r *request) ([]byte, error) {
	s, f, client, err := r.call("refresh_token", "grant_type")
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.RefreshSession(r.context, f["refresh_token"], client))
}

func signOut(r *request) ([]byte, error) {
	s, f, client, err := r.call("refresh_token")
	if err != nil {
		return nil, err
	}
	everywhere := r.Query("everywhere")
	if everywhere != "" && everywhere != "true" && everywhere != "false" {
		return nil, fault.FieldErrorf("everywhere", "type", "everywhere is true or false")
	}
	return nil, s.SignOut(r.context, f["refresh_token"], everywhere == "true", client)
}

func user(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	return userJSON(s.User(r.context, r.client(nil).User))
}

func updateUser(r *request) ([]byte, error) {
	s, f, client, err := r.call("email", "password", "current_password", "totp")
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

func removeOwn(r *request) ([]byte, error) {
	s, _, client, err := r.call("current_password", "totp")
	if err != nil {
		return nil, err
	}
	return nil, s.RemoveOwn(r.context, client)
}

func listSessions(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	sessions, err := s.Sessions(r.context, r.client(nil))
	if err != nil {
		return nil, err
	}
	items := make([]any, len(sessions))
	for i, o := range sessions {
		items[i] = fiber.Map{"id": o.ID, "method": o.Method, "ip": o.IP, "agent": o.Agent, "created": raw(o.Created), "refreshed": raw(o.Refreshed), "current": o.Current}
	}
	return itemsJSON(items)
}

func endSession(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	return nil, s.EndSession(r.context, r.id(), r.client(nil))
}

func anonymous(r *request) ([]byte, error) {
	s, _, client, err := r.call("captcha")
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

func sendSignIn(r *request) ([]byte, error) {
	s, f, client, err := r.call("email", "redirect", "captcha")
	if err != nil {
		return nil, err
	}
	return accepted(s.SendSignIn(r.context, f["email"], f["redirect"], client))
}

func verifyMail(r *request) ([]byte, error) {
	s, f, client, err := r.call("token", "email", "code", "totp")
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.VerifyMail(r.context, auth.Proof{Token: f["token"], Email: f["email"], Code: f["code"]}, client))
}

func sendConfirm(r *request) ([]byte, error) {
	s, f, client, err := r.call("redirect", "captcha")
	if err != nil {
		return nil, err
	}
	return accepted(s.SendConfirm(r.context, f["redirect"], client))
}

func sendReset(r *request) ([]byte, error) {
	s, f, client, err := r.call("email", "redirect", "captcha")
	if err != nil {
		return nil, err
	}
	return accepted(s.SendReset(r.context, f["email"], f["redirect"], client))
}

func resetPassword(r *request) ([]byte, error) {
	s, f, client, err := r.call("token", "password", "totp")
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.ResetPassword(r.context, f["token"], f["password"], client))
}

// The second factor.

func enrolTOTP(r *request) ([]byte, error) {
	s, _, client, err := r.call("current_password")
	if err != nil {
		return nil, err
	}
	e, err := s.EnrolTOTP(r.context, client)
	return encode(fiber.Map{"secret": e.Secret, "url": e.URL}, err)
}

func confirmTOTP(r *request) ([]byte, error) {
	s, f, client, err := r.call("code")
	if err != nil {
		return nil, err
	}
	codes, err := s.ConfirmTOTP(r.context, f["code"], client)
	return encode(fiber.Map{"recovery_codes": codes}, err)
}

func removeTOTP(r *request) ([]byte, error) {
	s, _, client, err := r.call("totp")
	if err != nil {
		return nil, err
	}
	return nil, s.RemoveTOTP(r.context, client)
}

// Signing in elsewhere.

// browserCookie ties a sign-in elsewhere to the browser that has begun it.
const browserCookie = "basalt_oauth"

func startOAuth(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	client := r.client(map[string]string{"captcha": r.Query("captcha")})
	to, cookie, err := s.StartOAuth(r.context, r.segment("provider"), r.Query("redirect"), r.Query("code_challenge"), r.Query("code_challenge_method"), r.Query("link"), client)
	if err != nil {
		return nil, err
	}
	secure := strings.HasPrefix(s.URL, "https:")
	c := fiber.Cookie{Name: browserCookie, Value: cookie, Path: "/v1/auth/oauth", MaxAge: 600, HTTPOnly: true, Secure: secure, SameSite: fiber.CookieSameSiteLaxMode}
	if provider := s.OAuth[r.segment("provider")]; provider != nil && provider.FormPost {
		c.SameSite = fiber.CookieSameSiteNoneMode // it comes back with a POST from there
	}
	r.Cookie(&c)
	return nil, r.goTo(to)
}

// goTo answers with an address to go to, which is nobody else's business.
func (r *request) goTo(to string) error {
	r.Set(fiber.HeaderLocation, to)
	r.Set("Referrer-Policy", "no-referrer")
	r.Status(http.StatusSeeOther)
	return nil
}

func finishOAuth(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	answer := url.Values{}
	args := r.Context().QueryArgs()
	if r.Method() == http.MethodPost {
		args = &fasthttp.Args{}
		args.ParseBytes(r.body())
	}
	for _, name := range []string{"state", "code", "error"} {
		answer.Set(name, string(args.Peek(name)))
	}
	to, err := s.FinishOAuth(r.context, r.segment("provider"), answer, r.Cookies(browserCookie))
	if err != nil {
		return nil, err
	}
	r.Cookie(&fiber.Cookie{Name: browserCookie, Path: "/v1/auth/oauth", MaxAge: -1})
	return nil, r.goTo(to)
}

func exchange(r *request) ([]byte, error) {
	s, f, client, err := r.call("code", "code_verifier", "totp")
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.Exchange(r.context, f["code"], f["code_verifier"], client))
}

func linkOAuth(r *request) ([]byte, error) {
	s, _, client, err := r.call("current_password", "totp")
	if err != nil {
		return nil, err
	}
	link, err := s.LinkOAuth(r.context, client)
	return encode(fiber.Map{"link": link}, err)
}

func listIdentities(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	identities, err := s.Identities(r.context, r.client(nil))
	if err != nil {
		return nil, err
	}
	items := make([]any, len(identities))
	for i, o := range identities {
		items[i] = fiber.Map{"id": o.ID, "provider": o.Provider, "email": o.Email, "created": raw(o.Created)}
	}
	return itemsJSON(items)
}
