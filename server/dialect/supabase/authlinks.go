package supabase

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/oauth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Links of mails, and signing in elsewhere: what a browser opens, and comes back from. An app whose flow is PKCE gets a
// code in the query, any other the tokens in the fragment.

// linkTypes are the types of links by the kinds of mails.
var linkTypes = map[string]string{"signin": "magiclink", "confirm": "signup", "reset": "recovery", "invite": "invite"}

// kindsOf are the kinds of mails of a type of links.
func kindsOf(typ string) []string {
	switch typ {
	case "recovery":
		return []string{"reset"}
	case "signup", "magiclink", "invite", "email":
		return []string{"signin", "confirm"}
	}
	return nil
}

// links writes the links of the mails that a call sends: to /auth/v1/verify, and from there to the app.
func (c *authCall) links() *auth.Links {
	challenge := c.text("code_challenge")
	if challenge != "" && (oauth.Request{Challenge: challenge, Method: c.challengeMethod(c.text("code_challenge_method"))}).Check() != nil {
		challenge = "-" // no verifier has it
	}
	return &auth.Links{Write: c.link, Challenge: challenge}
}

func (c *authCall) link(kind, secret string, to *url.URL) string {
	q := url.Values{"token": {secret}, "type": {linkTypes[kind]}, "redirect_to": {to.String()}}
	return c.service.URL + "/auth/v1/verify?" + q.Encode()
}

// challengeMethod is the name of a method as the native API has it.
func (c *authCall) challengeMethod(name string) string {
	if strings.EqualFold(name, "s256") {
		return "S256"
	}
	return name
}

// seeOther sends a browser on. Neither the page nor its address is kept.
func seeOther(to string) dialect.Response {
	return dialect.Response{Status: http.StatusSeeOther, Header: http.Header{"Location": {to}, "Referrer-Policy": {"no-referrer"}, "Cache-Control": {"no-store"}}}
}

// openLink uses the link of a mail, and sends the browser to the app.
func (d *Dialect) openLink(c *authCall) (dialect.Response, error) {
	if c.Method == http.MethodHead { // a program that looks at links
		return dialect.Response{}, nil
	}
	typ := c.parameter("type")
	token := c.parameter("token")
	if token == "" {
		token = c.parameter("token_hash")
	}
	landing, err := c.service.Land(c.Context, kindsOf(typ), token, c.parameter("redirect_to"), c.client)
	switch {
	case landing.To == nil: // a redirect that is not allowed
		return dialect.Response{}, err
	case err != nil:
		p, ok := linkProblem(err)
		if !ok {
			return dialect.Response{}, err
		}
		values := url.Values{"error": {"access_denied"}, "error_code": {p.code}, "error_description": {p.message}}
		to := *landing.To
		to.Fragment, to.RawQuery = "", merged(to.Query(), values)
		return seeOther(to.String() + "#" + values.Encode()), nil
	}
	to := *landing.To
	to.Fragment = ""
	if landing.Session == nil {
		to.RawQuery = merged(to.Query(), url.Values{"code": {landing.Code}})
		return seeOther(to.String()), nil
	}
	s := landing.Session
	values := url.Values{
		"access_token": {s.AccessToken}, "refresh_token": {s.RefreshToken}, "token_type": {"bearer"}, "type": {typ},
		"expires_in": {strconv.Itoa(int(s.ExpiresIn.Seconds()))}, "expires_at": {strconv.FormatInt(d.Now().Add(s.ExpiresIn).Unix(), 10)},
	}
	return seeOther(to.String() + "#" + values.Encode()), nil
}

func merged(query, more url.Values) string {
	for name, values := range more {
		query[name] = values
	}
	return query.Encode()
}

// linkProblem is an error in the form of GoTrue, for a page.
func linkProblem(err error) (authProblem, bool) {
	var e *fault.Error
	if !errors.As(err, &e) {
		return authProblem{}, false
	}
	if e.Code == fault.Unauthenticated && len(e.Fields) == 0 {
		return errCode, true
	}
	return authProblemOf(e)
}

// authorize sends the browser to a provider. It comes back over the callback of the native API, which is the address that
// the provider knows.
func (d *Dialect) authorize(c *authCall) (dialect.Response, error) {
	if c.Method == http.MethodHead {
		return dialect.Response{}, nil
	}
	to, cookie, err := c.leave(c.parameter("link"))
	if err != nil {
		back, refused := c.service.RefuseOAuth(c.parameter("redirect_to"), err)
		if refused != nil || !strings.Contains(c.Header("Accept"), "text/html") {
			return dialect.Response{}, instead(err, errNotOffered, fault.NotFound)
		}
		return seeOther(back), nil
	}
	out := seeOther(to)
	out.Header.Set("Set-Cookie", cookie)
	return out, nil
}

// leave begins a sign-in elsewhere, and returns where the browser goes with which cookie.
func (c *authCall) leave(link string) (to, cookie string, err error) {
	r := oauth.Request{
		Provider: c.parameter("provider"), Redirect: c.parameter("redirect_to"), Challenge: c.parameter("code_challenge"),
		Method: c.challengeMethod(c.parameter("code_challenge_method")), Link: link, InQuery: true,
	}
	if r.Challenge == "" && link == "" {
		r.Implicit, r.InQuery = true, false
	}
	begun, err := c.service.StartOAuth(c.Context, r, c.client)
	if err != nil {
		return "", "", err
	}
	return begun.URL, c.service.OAuthCookie(r.Provider, begun.Cookie).String(), nil
}

// invite makes an account, and mails its owner.
func (d *Dialect) invite(c *authCall) (dialect.Response, error) {
	if !c.Caller.Admin {
		return dialect.Response{}, errNotAdmin
	}
	c.client.Links = c.links()
	m, err := c.service.InviteUser(c.Context, auth.Import{Email: c.text("email"), Metadata: inside(c.fields, "data")}, c.redirect(), c.client)
	if err != nil {
		return dialect.Response{}, emailExists(err)
	}
	out := d.managed(m)
	out["invited_at"] = plain(m.Created)
	return encoded(http.StatusOK, out)
}

// redirect is where the link of a mail leads in the end.
func (c *authCall) redirect() string {
	if to := c.parameter("redirect_to"); to != "" {
		return to
	}
	return c.text("redirect_to")
}

// emailExists is the error of an administrator's call for an address that has an account.
func emailExists(err error) error {
	var e *fault.Error
	if errors.As(err, &e) && slices.ContainsFunc(e.Fields, func(f fault.FieldError) bool { return f.Field == "email" && f.Code == "unique" }) {
		return authProblem{http.StatusUnprocessableEntity, "email_exists", "A user with this email address has already been registered", nil}
	}
	return err
}

// generateLink makes the link of a mail, for an administrator who sends it in another way.
func (d *Dialect) generateLink(c *authCall) (dialect.Response, error) {
	if !c.Caller.Admin {
		return dialect.Response{}, errNotAdmin
	}
	typ := c.text("type")
	kind := map[string]string{"signup": "confirm", "invite": "confirm", "magiclink": "signin", "recovery": "reset"}[typ]
	if kind == "" {
		return dialect.Response{}, authProblem{http.StatusBadRequest, "validation_failed", "Links are made for the types signup, invite, magiclink and recovery", nil}
	}
	c.client.Links = &auth.Links{Write: c.link} // no challenge: no client waits for a code
	user, err := d.linked(c, typ)
	if err != nil {
		return dialect.Response{}, err
	}
	made, err := c.service.MakeLink(c.Context, kind, user.Email, c.redirect(), c.client)
	if err != nil {
		return dialect.Response{}, err
	}
	q := "token=" + url.QueryEscape(made.Secret) + "&type=" + typ + "&redirect_to=" + url.QueryEscape(made.To) // in the order that GoTrue has
	out := d.managed(user)
	out["action_link"], out["email_otp"], out["hashed_token"] = c.service.URL+"/auth/v1/verify?"+q, made.Code, made.Secret
	out["redirect_to"], out["verification_type"] = made.To, typ
	return encoded(http.StatusOK, out)
}

// linked is the account that a link is for: a new one for signup and invite, and one that is there for the others.
func (d *Dialect) linked(c *authCall, typ string) (auth.Managed, error) {
	if typ == "signup" || typ == "invite" {
		i := auth.Import{Email: c.text("email"), Metadata: inside(c.fields, "data")}
		if typ == "signup" {
			i.Password = c.text("password")
		}
		m, err := c.service.MakeUser(c.Context, i, c.client)
		return m, emailExists(err)
	}
	found, err := c.service.Users(c.Context, c.text("email"), "", 1)
	if err == nil && (len(found) == 0 || c.text("email") == "") {
		err = errNoUser
	}
	if err != nil {
		return auth.Managed{}, err
	}
	return found[0], nil
}
