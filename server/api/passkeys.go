package api

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/query"
)

// The handlers of /v1/auth/passkeys, and what the handlers of /v1/auth have in common.

func raw(v query.Value) json.RawMessage { return json.RawMessage(v.JSON()) }

func encode(v any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

func itemsJSON(items []any) ([]byte, error) {
	if items == nil {
		items = []any{}
	}
	return json.Marshal(fiber.Map{"items": items})
}

func confirms(err error) bool { return errors.Is(err, auth.ErrConfirm) }

// providers says how people can sign in here, for a page that lets them.
func (a *accounts) providers(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	oauth := slices.Sorted(maps.Keys(s.OAuth))
	if oauth == nil {
		oauth = []string{}
	}
	return json.Marshal(fiber.Map{
		"password": s.Config.Password != nil, "email": s.Config.Email != nil, "anonymous": s.Anonymous, "totp": s.Config.TOTP != nil,
		"passkey": s.Config.Passkeys != nil, "oauth": oauth,
	})
}

// serverName says which server this is: the one that the links of its mails name.
func (a *accounts) serverName(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	return json.Marshal(fiber.Map{"server": s.Name()})
}

func challengeJSON(c auth.Challenge, err error) ([]byte, error) {
	return encode(fiber.Map{"id": c.ID, "options": c.Options}, err)
}

func (a *accounts) addPasskey(r *request) ([]byte, error) {
	s, _, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return challengeJSON(s.AddPasskey(r.context, client))
}

// answer reads the answer to a challenge: its id, and the credential as the browser encodes it.
func (a *accounts) answer(r *request) (s *auth.Service, id, name string, response []byte, err error) {
	if s, err = a.service(); err != nil {
		return nil, "", "", nil, err
	}
	err = r.object(func(member string, v query.Value) bool {
		switch {
		case member == "response":
			response = []byte(v.JSON())
			return v.Kind() == query.KindJSON
		case member == "id":
			id = v.Text()
		default:
			name = v.Text()
		}
		return v.Kind() == query.KindString
	})
	return s, id, name, response, err
}

func passkeyMap(p auth.Passkey) fiber.Map {
	return fiber.Map{"id": p.ID, "name": p.Name, "created": raw(p.Created), "used": raw(p.Used)}
}

func (a *accounts) finishPasskey(r *request) ([]byte, error) {
	s, id, name, response, err := a.answer(r)
	if err != nil {
		return nil, err
	}
	p, err := s.FinishPasskey(r.context, id, name, response, a.client(r, nil))
	return encode(passkeyMap(p), err)
}

func (a *accounts) listPasskeys(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	passkeys, err := s.ListPasskeys(r.context, a.client(r, nil))
	if err != nil {
		return nil, err
	}
	items := make([]any, len(passkeys))
	for i, p := range passkeys {
		items[i] = passkeyMap(p)
	}
	return itemsJSON(items)
}

func (a *accounts) removePasskey(r *request) ([]byte, error) {
	s, _, client, err := a.call(r)
	if err != nil {
		return nil, err
	}
	return nil, s.RemovePasskey(r.context, r.id(), client)
}

func (a *accounts) askPasskey(r *request) ([]byte, error) {
	s, err := a.service()
	if err != nil {
		return nil, err
	}
	return challengeJSON(s.AskPasskey(r.context, a.client(r, nil)))
}

func (a *accounts) signInWithPasskey(r *request) ([]byte, error) {
	s, id, _, response, err := a.answer(r)
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.SignInWithPasskey(r.context, id, response, a.client(r, nil)))
}
