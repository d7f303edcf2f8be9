package server

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
func providers(r *request) ([]byte, error) {
	s, err := r.authService()
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
func serverName(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	return json.Marshal(fiber.Map{"server": s.Name()})
}

func challengeJSON(c auth.Challenge, err error) ([]byte, error) {
	return encode(fiber.Map{"id": c.ID, "options": c.Options}, err)
}

func addPasskey(r *request) ([]byte, error) {
	s, _, client, err := r.call("current_password", "totp")
	if err != nil {
		return nil, err
	}
	return challengeJSON(s.AddPasskey(r.context, client))
}

// answer reads the answer to a challenge: its id, and the credential as the browser encodes it.
func (r *request) answer() (s *auth.Service, id, name string, response []byte, err error) {
	if s, err = r.authService(); err != nil {
		return nil, "", "", nil, err
	}
	err = r.object([]string{"id", "name", "response"}, func(member string, v query.Value) bool {
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

func finishPasskey(r *request) ([]byte, error) {
	s, id, name, response, err := r.answer()
	if err != nil {
		return nil, err
	}
	p, err := s.FinishPasskey(r.context, id, name, response, r.client(nil))
	return encode(passkeyMap(p), err)
}

func listPasskeys(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	passkeys, err := s.ListPasskeys(r.context, r.client(nil))
	if err != nil {
		return nil, err
	}
	items := make([]any, len(passkeys))
	for i, p := range passkeys {
		items[i] = passkeyMap(p)
	}
	return itemsJSON(items)
}

func removePasskey(r *request) ([]byte, error) {
	s, _, client, err := r.call("current_password", "totp")
	if err != nil {
		return nil, err
	}
	return nil, s.RemovePasskey(r.context, r.id(), client)
}

func askPasskey(r *request) ([]byte, error) {
	s, err := r.authService()
	if err != nil {
		return nil, err
	}
	return challengeJSON(s.AskPasskey(r.context, r.client(nil)))
}

func signInWithPasskey(r *request) ([]byte, error) {
	s, id, _, response, err := r.answer()
	if err != nil {
		return nil, err
	}
	return sessionJSON(s.SignInWithPasskey(r.context, id, response, r.client(nil)))
}
