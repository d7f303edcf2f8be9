package api

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// The handlers of /v1/admin/users and /v1/admin/keys, for administrators' keys alone.

// users are the calls that manage the accounts of others.
type users struct {
	accounts
	page int // limits.page
}

func managedMap(u auth.Managed) fiber.Map {
	out := fiber.Map{"id": u.ID, "email": nil, "email_verified": u.Verified, "anonymous": u.Anonymous, "totp": u.TOTP, "created": raw(u.Created), "claims": u.Claims, "disabled": u.Disabled}
	if !u.Anonymous {
		out["email"] = u.Email
	}
	if u.Claims == nil {
		out["claims"] = fiber.Map{}
	}
	return out
}

func (u *users) listUsers(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	p, err := r.params()
	if err != nil {
		return nil, err
	}
	limit := 50
	if text, ok := p["limit"]; ok {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 {
			return nil, fault.FieldErrorf("limit", "type", "limit is a whole number from 1 to %d", u.page)
		}
	}
	limit = min(limit, u.page)
	found, next, err := pageOfUsers(r.context, s, p, limit)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(found))
	for i, one := range found {
		items[i] = managedMap(one)
	}
	out := fiber.Map{"items": items, "next": nil}
	if next != "" {
		out["next"] = next
	}
	return encode(out, nil)
}

// pageOfUsers returns the users that are asked for, and what the next page comes after, empty at the end.
func pageOfUsers(ctx context.Context, s *auth.Service, p crud.Params, limit int) (found []auth.Managed, next string, err error) {
	if text, ok := p["search"]; ok {
		if p["email"] != "" {
			return nil, "", fault.FieldErrorf("search", "unsupported", "search and email are asked for one at a time")
		}
		return s.SearchUsers(ctx, text, p["after"], limit)
	}
	found, err = s.Users(ctx, p["email"], p["after"], limit+1)
	if len(found) > limit {
		found = found[:limit]
		next = found[limit-1].ID
	}
	return found, next, err
}

// claimsIn reads an object of claims.
func claimsIn(v query.Value) (map[string]any, bool) {
	claims, ok := v.Any().(map[string]any)
	return claims, ok
}

func (u *users) makeUser(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	var i auth.Import
	client := u.client(r, nil)
	err = r.deepObject(r.depth+1, func(name string, v query.Value) bool {
		switch name {
		case "claims":
			var ok bool
			i.Claims, ok = claimsIn(v)
			return ok
		case "profile":
			client.Profile = v
			return true
		case "email_verified":
			i.Verified = v.Bool()
			return v.Kind() == query.KindBool
		case "id":
			i.ID = v.Text()
		case "email":
			i.Email = v.Text()
		case "password_hash":
			i.Hash = v.Text()
		}
		return v.Kind() == query.KindString
	})
	if err != nil {
		return nil, err
	}
	made, err := s.MakeUser(r.context, i, client)
	return encode(managedMap(made), err)
}

func (u *users) editUser(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	var e auth.Edit
	err = r.object(func(name string, v query.Value) bool {
		switch name {
		case "claims":
			var ok bool
			e.Claims, ok = claimsIn(v)
			return ok
		case "disabled":
			disabled := v.Bool()
			e.Disabled = &disabled
			return v.Kind() == query.KindBool
		}
		e.RemoveTOTP = true
		return v.Kind() == query.KindBool && !v.Bool() // it can be removed, and not be made
	})
	if err != nil {
		return nil, err
	}
	edited, err := s.EditUser(r.context, r.id(), e, u.client(r, nil))
	return encode(managedMap(edited), err)
}

func (u *users) removeUser(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	return nil, s.RemoveUser(r.context, r.id(), u.client(r, nil))
}

func (u *users) endSessions(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	return nil, s.EndSessions(r.context, r.id(), u.client(r, nil))
}

// inspectUser is GET /v1/admin/users/:id.
func (u *users) inspectUser(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	i, err := s.Inspect(r.context, r.id())
	if err != nil {
		return nil, err
	}
	out := managedMap(i.Managed)
	sessions, passkeys, identities := make([]any, len(i.Sessions)), make([]any, len(i.Passkeys)), make([]any, len(i.Identities))
	for n, o := range i.Sessions {
		sessions[n] = sessionMap(o)
	}
	for n, p := range i.Passkeys {
		passkeys[n] = passkeyMap(p)
	}
	for n, o := range i.Identities {
		identities[n] = identityMap(o)
	}
	out["password"], out["sessions"], out["passkeys"], out["identities"] = i.Password, sessions, passkeys, identities
	return encode(out, nil)
}

// endSessionOf is DELETE /v1/admin/users/:id/sessions/:session.
func (u *users) endSessionOf(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	return nil, s.EndSessionOf(r.context, r.id(), r.segment("session"), u.client(r, nil))
}

// reason reads why an administrator acts as a user.
func (u *users) reason(r *request) (s *auth.Service, reason string, err error) {
	if s, err = u.service(); err != nil {
		return nil, "", err
	}
	f, err := r.fields()
	return s, f["reason"], err
}

func (u *users) impersonate(r *request) ([]byte, error) {
	s, reason, err := u.reason(r)
	if err != nil {
		return nil, err
	}
	token, lifetime, err := s.Impersonate(r.context, r.id(), reason, u.client(r, nil))
	return encode(fiber.Map{"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime.Seconds())}, err)
}

// impersonationCode is POST /v1/admin/users/:id/impersonate/code.
func (u *users) impersonationCode(r *request) ([]byte, error) {
	s, reason, err := u.reason(r)
	if err != nil {
		return nil, err
	}
	code, lifetime, err := s.ImpersonationCode(r.context, r.id(), reason, u.client(r, nil))
	return encode(fiber.Map{"code": code, "expires_in": int(lifetime.Seconds())}, err)
}
