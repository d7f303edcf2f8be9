package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/query"
)

func apiKeyMap(k auth.APIKey) fiber.Map {
	return fiber.Map{"id": k.ID, "name": k.Name, "claims": k.Claims, "created": raw(k.Created), "expires": raw(k.Expires)}
}

func (u *users) makeAPIKey(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	var name string
	var claims map[string]any
	var expires time.Time
	err = r.object(func(member string, v query.Value) bool {
		switch member {
		case "claims":
			var ok bool
			claims, ok = claimsIn(v)
			return ok
		case "expires":
			var ok bool
			expires, ok = query.ParseTime(v.Text())
			return ok
		}
		name = v.Text()
		return v.Kind() == query.KindString
	})
	if err != nil {
		return nil, err
	}
	key, made, err := s.MakeAPIKey(r.context, name, claims, expires, u.client(r, nil))
	out := apiKeyMap(made)
	out["key"] = key
	return encode(out, err)
}

func (u *users) listAPIKeys(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	keys, err := s.APIKeys(r.context)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(keys))
	for i, k := range keys {
		items[i] = apiKeyMap(k)
	}
	return itemsJSON(items)
}

func (u *users) removeAPIKey(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	return nil, s.RemoveAPIKey(r.context, r.id(), u.client(r, nil))
}
