package supabase

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// authCall is one request to /auth/v1.
type authCall struct {
	*dialect.Request
	service *auth.Service
	client  auth.Client
	// fields is the body, an object.
	fields query.Value
}

// text returns a string of the body.
func (c *authCall) text(name string) string { return inside(c.fields, name).Text() }

// has reports whether the body has a member that is not null.
func (c *authCall) has(name string) bool { return !inside(c.fields, name).IsNull() }

// parameter returns a parameter of the address.
func (c *authCall) parameter(name string) string {
	q, err := c.Query()
	if err != nil {
		return ""
	}
	return q.Get(name)
}

func (d *Dialect) authRoutes() []dialect.Route {
	route := func(method, path string, do func(*authCall) (dialect.Response, error)) dialect.Route {
		return dialect.Route{Method: method, Path: "/auth/v1" + path, Writes: method != http.MethodGet, Do: func(r *dialect.Request) (dialect.Response, error) {
			c, err := d.authCall(r)
			if err != nil {
				return authAnswer(r, dialect.Response{}, err)
			}
			out, err := do(c)
			return authAnswer(r, out, err)
		}}
	}
	return []dialect.Route{
		route(http.MethodGet, "/health", d.health),
		route(http.MethodGet, "/settings", d.settings),
		route(http.MethodGet, "/.well-known/jwks.json", d.jwks),
		route(http.MethodPost, "/signup", d.signUp),
		route(http.MethodPost, "/token", d.token),
		route(http.MethodPost, "/logout", d.signOut),
		route(http.MethodGet, "/user", d.user),
		route(http.MethodPut, "/user", d.updateUser),
		route(http.MethodPost, "/factors", d.enrol),
		route(http.MethodPost, "/factors/:factor/challenge", d.challenge),
		route(http.MethodPost, "/factors/:factor/verify", d.verifyFactor),
		route(http.MethodDelete, "/factors/:factor", d.unenrol),
		route(http.MethodPost, "/otp", d.otp),
		route(http.MethodPost, "/magiclink", d.otp),
		route(http.MethodPost, "/verify", d.verify),
		changes(route(http.MethodGet, "/verify", d.openLink)),
		changes(route(http.MethodGet, "/authorize", d.authorize)),
		route(http.MethodPost, "/invite", d.invite),
		route(http.MethodPost, "/admin/generate_link", d.generateLink),
		route(http.MethodPost, "/recover", d.recover),
		route(http.MethodPost, "/resend", d.resend),
		route(http.MethodPost, "/sso", refusing(errNoSAML)),
		changes(route(http.MethodGet, "/user/identities/authorize", d.beginLink)),
		route(http.MethodDelete, "/user/identities/:id", d.unlink),
		changes(route(http.MethodGet, "/reauthenticate", d.reauthenticate)),
		route(http.MethodGet, "/admin/users", d.users),
		route(http.MethodPost, "/admin/users", d.makeUser),
		route(http.MethodGet, "/admin/users/:id", d.oneUser),
		route(http.MethodPut, "/admin/users/:id", d.editUser),
		route(http.MethodDelete, "/admin/users/:id", d.removeUser),
		route(http.MethodGet, "/admin/users/:id/factors", d.factors),
		route(http.MethodDelete, "/admin/users/:id/factors/:factor", d.removeFactor),
	}
}

// refusing answers calls of what this server does not have as a server answers on which it is switched off, so that apps
// take it for that.
func refusing(with authProblem) func(*authCall) (dialect.Response, error) {
	return func(*authCall) (dialect.Response, error) { return dialect.Response{}, with }
}

// changes says that a route changes something although a browser opens it.
func changes(r dialect.Route) dialect.Route {
	r.Writes = true
	return r
}

func (d *Dialect) authCall(r *dialect.Request) (*authCall, error) {
	if d.Auth == nil {
		return nil, errNoAuth
	}
	c := &authCall{Request: r, service: d.Auth, fields: query.RawJSON("{}")}
	if len(r.Body) > 0 {
		v, err := query.ParseJSON(r.Body, d.Crud.Limits.Depth)
		if err != nil || v.Kind() != query.KindJSON || v.Text()[0] != '{' {
			return nil, authProblem{http.StatusBadRequest, "bad_json", "Could not parse request body as JSON", nil}
		}
		c.fields = v
	}
	c.client = auth.Client{IP: r.Caller.IP, Agent: r.Header("User-Agent"), TOTP: c.text("totp"), Nonce: c.text("nonce"), Password: c.text("current_password"), Captcha: inside(inside(c.fields, "gotrue_meta_security"), "captcha_token").Text(), Count: r.Caller.Count}
	if r.Verified.Own {
		c.client.User = r.Caller.Auth
	}
	return c, nil
}

func (d *Dialect) health(*authCall) (dialect.Response, error) {
	return dialect.JSON(http.StatusOK, []byte(`{"version":"v2.0.0","name":"GoTrue","description":"the sign-in of Basalt in the form of GoTrue"}`)), nil
}

func (d *Dialect) settings(c *authCall) (dialect.Response, error) {
	external := map[string]any{"email": c.service.Config.Password != nil || c.service.Config.Email != nil, "phone": false, "anonymous_users": c.service.Anonymous}
	for name := range c.service.OAuth {
		external[name] = true
	}
	return encoded(http.StatusOK, map[string]any{
		"external": external, "disable_signup": c.service.Config.Password == nil && !c.service.Anonymous, "mailer_autoconfirm": !d.confirmsMail(),
		"phone_autoconfirm": false, "sms_provider": "", "mfa_enabled": c.service.Config.TOTP != nil, "saml_enabled": false,
	})
}

// confirmsMail reports whether a new address has to be confirmed.
func (d *Dialect) confirmsMail() bool {
	return d.Auth.Config.Password != nil && d.Auth.Config.Password.Confirm
}

func (d *Dialect) jwks(c *authCall) (dialect.Response, error) {
	return dialect.JSON(http.StatusOK, c.service.Verifier.Authority.JWKS()), nil
}

// signUp makes an account: without an address an anonymous one. Where the address has to be confirmed, the answer is a
// user, the same for an address that has an account.
func (d *Dialect) signUp(c *authCall) (dialect.Response, error) {
	if c.text("email") == "" && c.text("phone") == "" && c.text("password") == "" {
		session, err := c.service.SignInAnonymously(c.Context, c.client)
		if err != nil {
			return dialect.Response{}, instead(err, authProblem{http.StatusUnprocessableEntity, "anonymous_provider_disabled", "Anonymous sign-ins are disabled", nil}, fault.NotFound)
		}
		if data := inside(c.fields, "data"); !data.IsNull() && data.JSON() != "{}" {
			claims := claimsOf(session.AccessToken)
			client := c.client
			client.User = claims
			if session.User, err = c.service.UpdateUser(c.Context, auth.Change{Metadata: data}, client); err != nil {
				return dialect.Response{}, err
			}
		}
		return d.session(c, session)
	}
	if c.text("phone") != "" {
		return dialect.Response{}, authProblem{http.StatusBadRequest, "phone_provider_disabled", "Phone signups are disabled", nil}
	}
	c.client.Links = c.links()
	session, err := c.service.SignUp(c.Context, auth.Credentials{Email: c.text("email"), Password: c.text("password"), Metadata: inside(c.fields, "data")}, c.client)
	switch {
	case confirms(err):
		now := query.Time(d.Now())
		user := d.userOf(auth.User{ID: uuid.Must(uuid.NewV7()).String(), Email: strings.ToLower(strings.TrimSpace(c.text("email"))), Created: now, Updated: now}, nil)
		user["confirmation_sent_at"], user["identities"] = plain(now), []any{}
		return encoded(http.StatusOK, user)
	case err != nil:
		return dialect.Response{}, instead(err, authProblem{http.StatusUnprocessableEntity, "signup_disabled", "Signups not allowed for this instance", nil}, fault.NotFound)
	}
	return d.session(c, session)
}

// token gives a session for a password or a refresh token.
func (d *Dialect) token(c *authCall) (dialect.Response, error) {
	switch grant := c.parameter("grant_type"); grant {
	case "password":
		c.client.Halfway = true
		session, err := c.service.SignIn(c.Context, auth.Credentials{Email: c.text("email"), Password: c.text("password")}, c.client)
		if half := (*auth.HalfSignedIn)(nil); errors.As(err, &half) {
			return d.halfSession(c, half)
		}
		if err != nil {
			err = instead(err, errCredentials, fault.Unauthenticated)
			return dialect.Response{}, instead(err, authProblem{http.StatusUnprocessableEntity, "email_provider_disabled", "Email logins are disabled", nil}, fault.NotFound)
		}
		return d.session(c, session)
	case "refresh_token":
		session, err := c.service.RefreshSession(c.Context, c.text("refresh_token"), c.client)
		if err != nil {
			return dialect.Response{}, instead(err, errRefresh, fault.Unauthenticated)
		}
		return d.session(c, session)
	case "pkce":
		session, err := c.service.ExchangeAny(c.Context, c.text("auth_code"), c.text("code_verifier"), c.client)
		if err != nil {
			return dialect.Response{}, instead(err, authProblem{http.StatusNotFound, "flow_state_not_found", "invalid flow state, no valid flow state found", nil}, fault.Unauthenticated)
		}
		return d.session(c, session)
	case "id_token":
		return d.idToken(c)
	case "web3":
		return dialect.Response{}, errNoWeb3
	default:
		return dialect.Response{}, authProblem{http.StatusBadRequest, "invalid_grant", `unsupported grant_type "` + fault.Clip(grant) + `"`, nil}
	}
}

// signOut ends this session, all of the user, or all others.
func (d *Dialect) signOut(c *authCall) (dialect.Response, error) {
	done := dialect.Response{Status: http.StatusNoContent}
	scope := c.parameter("scope")
	switch {
	case c.client.User == nil:
		return done, errNoSession
	case scope == "others":
		sessions, err := c.service.Sessions(c.Context, c.client)
		for _, s := range sessions {
			if err == nil && !s.Current {
				err = c.service.EndSession(c.Context, s.ID, c.client)
			}
		}
		return done, err
	case scope != "" && scope != "global" && scope != "local":
		return done, authProblem{http.StatusBadRequest, "validation_failed", `Unsupported logout scope "` + fault.Clip(scope) + `"`, nil}
	}
	return done, c.service.SignOut(c.Context, "", scope != "local", c.client)
}

func (d *Dialect) user(c *authCall) (dialect.Response, error) {
	user, err := c.who()
	if err != nil {
		return dialect.Response{}, err
	}
	return d.shown(c, user)
}

// shown answers with the user of a call, who has signed in when their last session has begun.
func (d *Dialect) shown(c *authCall, user auth.User) (dialect.Response, error) {
	out := d.userOf(user, c.client.User)
	if err := c.withPasskeys(out, user); err != nil {
		return dialect.Response{}, err
	}
	if c.client.User != nil {
		sessions, err := c.service.Sessions(c.Context, c.client)
		if err != nil {
			return dialect.Response{}, err
		}
		if len(sessions) > 0 {
			out["last_sign_in_at"] = plain(sessions[0].Created)
		}
		all, err := c.service.Identities(c.Context, c.client)
		if err != nil {
			return dialect.Response{}, err
		}
		withIdentities(out, user.ID, all)
	}
	return encoded(http.StatusOK, out)
}

func (d *Dialect) updateUser(c *authCall) (dialect.Response, error) {
	change := auth.Change{CurrentPassword: c.text("current_password"), Metadata: inside(c.fields, "data")}
	for name, to := range map[string]**string{"email": &change.Email, "password": &change.Password} {
		if c.has(name) {
			text := c.text(name)
			*to = &text
		}
	}
	if change.Email == nil && change.Password == nil && change.Metadata.IsNull() {
		return d.user(c)
	}
	user, err := c.service.UpdateUser(c.Context, change, c.client)
	if err != nil {
		return dialect.Response{}, instead(err, errNoSession, fault.Unauthenticated)
	}
	return d.shown(c, user)
}

// empty answers a call that says nothing about accounts.
func empty(err error) (dialect.Response, error) {
	return dialect.JSON(http.StatusOK, []byte("{}")), err
}

// otp sends a mail to sign in with: with a code, and with a link.
func (d *Dialect) otp(c *authCall) (dialect.Response, error) {
	if c.text("email") == "" {
		return dialect.Response{}, authProblem{http.StatusBadRequest, "validation_failed", "One-time passwords are sent to an email", nil}
	}
	c.client.Links = c.links()
	err := c.service.SendSignIn(c.Context, c.text("email"), c.parameter("redirect_to"), c.client)
	return empty(instead(err, authProblem{http.StatusUnprocessableEntity, "otp_disabled", "Signups not allowed for otp", nil}, fault.NotFound))
}

func (d *Dialect) recover(c *authCall) (dialect.Response, error) {
	c.client.Links = c.links()
	err := c.service.SendReset(c.Context, c.text("email"), c.parameter("redirect_to"), c.client)
	return empty(instead(err, authProblem{http.StatusUnprocessableEntity, "email_provider_disabled", "Password recovery is disabled", nil}, fault.NotFound))
}

// resend sends the mail again that confirms a new address, or the one to sign in with.
func (d *Dialect) resend(c *authCall) (dialect.Response, error) {
	switch c.text("type") {
	case "email_change":
		return empty(c.service.SendConfirm(c.Context, c.parameter("redirect_to"), c.client))
	case "signup":
		return d.otp(c)
	}
	return dialect.Response{}, authProblem{http.StatusBadRequest, "validation_failed", "Resend needs a type: signup or email_change", nil}
}

// verify gives a session for the code, or the token, of a mail.
func (d *Dialect) verify(c *authCall) (dialect.Response, error) {
	var session auth.Session
	var err error
	if secret := c.text("token_hash"); secret != "" && c.text("type") != "email_change" {
		session, err = c.service.VerifyLink(c.Context, kindsOf(c.text("type")), secret, c.client)
	} else if secret != "" {
		session, err = c.service.VerifyMail(c.Context, auth.MailCode{Token: secret}, c.client)
	} else {
		session, err = c.service.VerifyMail(c.Context, auth.MailCode{Email: c.text("email"), Code: c.text("token")}, c.client)
	}
	if err != nil {
		return dialect.Response{}, instead(err, errCode, fault.Unauthenticated)
	}
	return d.session(c, session)
}
