package supabase

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

// Identities at providers, tokens of theirs, and the code that confirms a change.

var (
	errNoIdentity = authProblem{http.StatusNotFound, "identity_not_found", "Identity not found", nil}
	errNotOffered = authProblem{http.StatusBadRequest, "validation_failed", "Unsupported provider: provider is not enabled", nil}
)

// idToken signs in with a token that the app has got from a provider itself, or links the identity of it.
func (d *Dialect) idToken(c *authCall) (dialect.Response, error) {
	c.client.Nonce = "" // it is that of the token here
	link := inside(c.fields, "link_identity")
	if link.Kind() == query.KindBool && link.Bool() && c.client.User == nil {
		return dialect.Response{}, errNoSession
	}
	session, err := c.service.SignInWithIDToken(c.Context, auth.IDToken{
		Provider: c.text("provider"), Token: c.text("id_token"), Nonce: c.text("nonce"), Link: link.Kind() == query.KindBool && link.Bool(),
	}, c.client)
	if err != nil {
		err = instead(err, authProblem{http.StatusBadRequest, "validation_failed", "Bad ID token", nil}, fault.Unauthenticated)
		return dialect.Response{}, instead(err, errNoProvider, fault.NotFound)
	}
	return d.session(c, session)
}

// beginLink answers with the address that links an identity at a provider to the account of the user. The browser that opens it
// has no token to show, so the address has a secret that is good once, and the link ends with the session that has begun it.
// Who may finish it is who has the verifier. Without one, whoever is lured to the address would: their identity would then be
// a way into the account of another.
func (d *Dialect) beginLink(c *authCall) (dialect.Response, error) {
	switch provider := c.parameter("provider"); {
	case c.client.User == nil:
		return dialect.Response{}, errNoSession
	case c.service.OAuth[provider] == nil:
		return dialect.Response{}, errNotOffered
	case c.parameter("code_challenge") == "":
		return dialect.Response{}, authProblem{http.StatusBadRequest, "validation_failed", `An identity is linked with PKCE: create the client with auth: { flowType: "pkce" }`, nil}
	}
	secret, err := c.service.LinkOAuthInSession(c.Context, c.client)
	if err != nil {
		return dialect.Response{}, instead(err, errNoSession, fault.Unauthenticated)
	}
	q := url.Values{"link": {secret}}
	for _, name := range []string{"provider", "redirect_to", "code_challenge", "code_challenge_method"} {
		q.Set(name, c.parameter(name))
	}
	return encoded(http.StatusOK, map[string]any{"url": c.service.URL + "/auth/v1/authorize?" + q.Encode()})
}

// unlink removes an identity of the user: by the id that a list of them has.
func (d *Dialect) unlink(c *authCall) (dialect.Response, error) {
	all, err := c.service.Identities(c.Context, c.client)
	if err != nil {
		return dialect.Response{}, instead(err, errNoSession, fault.Unauthenticated)
	}
	for _, one := range all {
		if identityID(one.ID) == c.Segment("id") {
			if err := c.service.Unlink(c.Context, one.ID, c.client); err != nil {
				return dialect.Response{}, instead(err, authProblem{http.StatusUnprocessableEntity, "single_identity_not_deletable", "User must have at least 1 identity after unlinking", nil}, fault.Conflict)
			}
			return empty(nil)
		}
	}
	return dialect.Response{}, errNoIdentity
}

// identityID is the id of an identity in an address: a part of the hash that it is stored under.
func identityID(id string) string {
	_, hash, _ := strings.Cut(id, ":")
	hash = hash[:min(len(hash), 32)]
	if len(hash) < 32 {
		return id
	}
	return strings.Join([]string{hash[:8], hash[8:12], hash[12:16], hash[16:20], hash[20:]}, "-") // as a UUID looks
}

// withIdentities adds the identities at providers to a user.
func withIdentities(user map[string]any, id string, all []auth.Identity) {
	identities, _ := user["identities"].([]any)
	app, _ := user["app_metadata"].(map[string]any)
	providers, _ := app["providers"].([]string)
	for _, one := range all {
		sub := identityID(one.ID)
		identities = append(identities, map[string]any{
			"identity_id": sub, "id": sub, "user_id": id, "provider": one.Provider, "email": one.Email,
			"identity_data":   map[string]any{"email": one.Email, "email_verified": one.Email != "", "phone_verified": false, "sub": sub},
			"last_sign_in_at": plain(one.Created), "created_at": plain(one.Created), "updated_at": plain(one.Created),
		})
		providers = append(providers, one.Provider)
	}
	user["identities"] = identities
	if app != nil {
		app["providers"] = providers
	}
}

// reauthenticate mails the code that the next change of a password takes as nonce.
func (d *Dialect) reauthenticate(c *authCall) (dialect.Response, error) {
	return empty(instead(c.service.SendReauthentication(c.Context, c.client), errNoSession, fault.Unauthenticated))
}
