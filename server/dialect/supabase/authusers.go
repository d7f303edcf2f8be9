package supabase

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/server/dialect"
)

func encoded(status int, v any) (dialect.Response, error) {
	body, err := json.Marshal(v)
	return dialect.JSON(status, body), err
}

// plain is a value as it stands in an answer.
func plain(v query.Value) any {
	if v.IsNull() {
		return nil
	}
	return json.RawMessage(v.JSON())
}

// session answers with a session.
func (d *Dialect) session(c *authCall, s auth.Session) (dialect.Response, error) {
	body, err := d.sessionOf(c, s)
	if err != nil {
		return dialect.Response{}, err
	}
	return encoded(http.StatusOK, body)
}

func (d *Dialect) sessionOf(c *authCall, s auth.Session) (map[string]any, error) {
	user := d.userOf(s.User, claimsOf(s.AccessToken))
	if err := c.withPasskeys(user, s.User); err != nil {
		return nil, err
	}
	user["last_sign_in_at"] = plain(query.Time(d.Now()))
	return map[string]any{
		"access_token": s.AccessToken, "token_type": "bearer", "expires_in": int64(s.ExpiresIn.Seconds()), "expires_at": d.Now().Add(s.ExpiresIn).Unix(),
		"refresh_token": s.RefreshToken, "user": user,
	}, nil
}

// claimsOf reads the claims of a token that this server has just made, nil of one that refers to them.
func claimsOf(access string) map[string]any {
	parts := strings.Split(access, ".")
	if len(parts) != 3 {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims map[string]any
	if json.Unmarshal(text, &claims) != nil {
		return nil
	}
	return claims
}

// userOf is a user in the form of GoTrue. The claims that the server gives them are the app_metadata, what they have
// written themselves is the user_metadata.
func (d *Dialect) userOf(u auth.User, claims map[string]any) map[string]any {
	provider := "email"
	if u.Anonymous {
		provider = "anonymous"
	}
	app := map[string]any{"provider": provider, "providers": []string{provider}}
	for name, v := range claims {
		if _, taken := app[name]; !taken && name != "aal" && !reservedClaim(name) {
			app[name] = v
		}
	}
	confirmed := u.Confirmed
	if confirmed.IsNull() && !u.Anonymous && !d.confirmsMail() {
		confirmed = u.Created // as where addresses are not confirmed
	}
	metadata := u.Metadata
	if metadata.IsNull() {
		metadata = query.RawJSON("{}")
	}
	identities := []any{}
	if !u.Anonymous {
		identities = append(identities, map[string]any{
			"identity_id": u.ID, "id": u.ID, "user_id": u.ID, "provider": provider, "email": u.Email,
			"identity_data":   map[string]any{"email": u.Email, "email_verified": u.Verified, "phone_verified": false, "sub": u.ID},
			"last_sign_in_at": plain(u.Updated), "created_at": plain(u.Created), "updated_at": plain(u.Updated),
		})
	}
	out := map[string]any{
		"id": u.ID, "aud": "authenticated", "role": "authenticated", "email": u.Email, "phone": "",
		"app_metadata": app, "user_metadata": json.RawMessage(metadata.JSON()), "identities": identities,
		"created_at": plain(u.Created), "updated_at": plain(u.Updated), "is_anonymous": u.Anonymous,
	}
	if !confirmed.IsNull() {
		out["email_confirmed_at"], out["confirmed_at"] = plain(confirmed), plain(confirmed)
	}
	if factors := factorsOf(u); len(factors) > 0 {
		out["factors"] = factors
	}
	if u.NewEmail != "" {
		out["new_email"] = u.NewEmail
	}
	return out
}

// reservedClaim reports whether a claim is one of every token.
func reservedClaim(name string) bool {
	return slices.Contains(token.ReservedClaims, name)
}

// The calls of administrators.

// managed is a user as administrators see them.
func (d *Dialect) managed(m auth.Managed) map[string]any {
	out := d.userOf(m.User, m.Claims)
	if m.Disabled {
		out["banned_until"] = "9999-12-31T23:59:59Z"
	}
	return out
}

func (d *Dialect) users(c *authCall) (dialect.Response, error) {
	if !c.Caller.Admin {
		return dialect.Response{}, errNotAdmin
	}
	number := func(name string, or, most int) (int, error) {
		text := c.parameter(name)
		if text == "" {
			return or, nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return 0, authProblem{http.StatusBadRequest, "validation_failed", name + " is a whole number from 1 on", nil}
		}
		return min(n, most), nil
	}
	size, err := number("per_page", 50, 1000)
	if err != nil {
		return dialect.Response{}, err
	}
	pages, err := number("page", 1, 100)
	if err != nil {
		return dialect.Response{}, err
	}
	var page []auth.Managed
	after := ""
	for range pages {
		var err error
		if page, err = c.service.NewestUsers(c.Context, after, size); err != nil {
			return dialect.Response{}, err
		}
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].ID
	}
	users := make([]any, len(page))
	for i, m := range page {
		users[i] = d.managed(m)
	}
	return encoded(http.StatusOK, map[string]any{"users": users, "aud": "authenticated"})
}

func (d *Dialect) makeUser(c *authCall) (dialect.Response, error) {
	if !c.Caller.Admin {
		return dialect.Response{}, errNotAdmin
	}
	i := auth.Import{ID: c.text("id"), Email: c.text("email"), Hash: c.text("password_hash"), Password: c.text("password"), Verified: inside(c.fields, "email_confirm").Bool(), Metadata: inside(c.fields, "user_metadata")}
	i.Claims = appClaims(inside(c.fields, "app_metadata"))
	m, err := c.service.MakeUser(c.Context, i, c.client)
	if err != nil {
		return dialect.Response{}, emailExists(err)
	}
	return encoded(http.StatusOK, d.managed(m))
}

// appClaims are the claims in what an administrator sends as app_metadata; nil for none.
func appClaims(v query.Value) map[string]any {
	claims, _ := v.Any().(map[string]any)
	delete(claims, "provider")
	delete(claims, "providers")
	return claims
}

// find returns the user of the address of a call.
func (c *authCall) find() (auth.Managed, error) {
	if !c.Caller.Admin {
		return auth.Managed{}, errNotAdmin
	}
	m, err := c.service.Managed(c.Context, c.Segment("id"))
	return m, instead(err, errNoUser, fault.NotFound)
}

func (d *Dialect) oneUser(c *authCall) (dialect.Response, error) {
	m, err := c.find()
	if err != nil {
		return dialect.Response{}, err
	}
	return encoded(http.StatusOK, d.managed(m))
}

// editUser sets claims, metadata, the address, the password, and whether a user is banned.
func (d *Dialect) editUser(c *authCall) (dialect.Response, error) {
	m, err := c.find()
	if err != nil {
		return dialect.Response{}, err
	}
	if c.text("phone") != "" {
		return dialect.Response{}, authProblem{http.StatusUnprocessableEntity, "validation_failed", "Accounts have no phones here", nil}
	}
	var e auth.Edit
	for name, to := range map[string]**string{"email": &e.Email, "password": &e.Password} {
		if c.has(name) {
			text := c.text(name)
			*to = &text
		}
	}
	if c.has("email_confirm") {
		confirmed := inside(c.fields, "email_confirm").Bool()
		e.Verified = &confirmed
	}
	if claims := appClaims(inside(c.fields, "app_metadata")); claims != nil {
		e.Claims = map[string]any{}
		maps.Copy(e.Claims, m.Claims)
		for name, v := range claims {
			if e.Claims[name] = v; v == nil {
				delete(e.Claims, name)
			}
		}
	}
	if ban := c.text("ban_duration"); ban != "" {
		banned := ban != "none"
		e.Disabled = &banned
	}
	if data := inside(c.fields, "user_metadata"); !data.IsNull() {
		if e.Metadata, err = auth.MergeMetadata(m.Metadata, data); err != nil {
			return dialect.Response{}, err
		}
	}
	if m, err = c.service.EditUser(c.Context, m.ID, e, c.client); err != nil {
		return dialect.Response{}, emailExists(err)
	}
	return encoded(http.StatusOK, d.managed(m))
}

func (d *Dialect) removeUser(c *authCall) (dialect.Response, error) {
	m, err := c.find()
	if err != nil {
		return dialect.Response{}, err
	}
	if err := c.service.RemoveUser(c.Context, m.ID, c.client); err != nil {
		return dialect.Response{}, err
	}
	return encoded(http.StatusOK, d.managed(m))
}
