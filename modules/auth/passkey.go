package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
)

// passkeyTime is how long a challenge is valid.
const passkeyTime = 5 * time.Minute

func (s *Service) webauthn() (*webauthn.WebAuthn, error) {
	if s.relyingParty == nil {
		return nil, notEnabled("signing in with a passkey", "auth.providers.passkey")
	}
	w, err := s.relyingParty()
	if err != nil { // the configuration has warned about it
		return nil, errors.Join(fault.Errorf(fault.NotFound, "browsers make no passkeys for the address of this server; it takes a domain (auth.url)"), err)
	}
	return w, nil
}

// holder adapts a user to the library's interface.
type holder struct {
	user        *store.User
	credentials []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.user.ID) }
func (h holder) WebAuthnName() string                       { return h.user.Email }
func (h holder) WebAuthnDisplayName() string                { return h.user.Email }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

// holder returns a user with their passkeys.
func (s *Service) holder(ctx context.Context, user *store.User) (holder, error) {
	h := holder{user: user}
	rows, err := s.passkeys(ctx, user)
	if err != nil {
		return h, err
	}
	for _, r := range rows {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(r.Data.JSON()), &c); err != nil {
			return h, fmt.Errorf("a stored passkey cannot be read: %w", err)
		}
		h.credentials = append(h.credentials, c)
	}
	return h, nil
}

func (s *Service) passkeys(ctx context.Context, user *store.User) ([]*store.Passkey, error) {
	return store.Passkeys.Find(ctx, s.Database, query.Query{Where: store.PasskeyUser.Is(user.ID), Sort: store.Passkeys.KeyOrder(false), Limit: 100})
}

// Challenge is the input of the browser: the options as JSON, and an id to send with the answer.
type Challenge struct {
	ID      string
	Options json.RawMessage
}

func (s *Service) challenge(ctx context.Context, kind, subject, id string, options any, session *webauthn.SessionData) (Challenge, error) {
	encoded, err := json.Marshal(options)
	if err != nil {
		return Challenge{}, fmt.Errorf("encoding a challenge: %w", err)
	}
	return Challenge{ID: id, Options: encoded}, s.storeCode(ctx, kind, id, subject, session, passkeyTime)
}

// AddPasskey begins to add a passkey to the account of the client's user.
func (s *Service) AddPasskey(ctx context.Context, client Client) (Challenge, error) {
	w, err := s.webauthn()
	if err != nil {
		return Challenge{}, err
	}
	user, err := s.mayAddPasskey(ctx, client)
	if err != nil {
		return Challenge{}, err
	}
	h, err := s.holder(ctx, user)
	if err != nil {
		return Challenge{}, err
	}
	options, session, err := w.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.credentials).CredentialDescriptors()))
	if err != nil {
		return Challenge{}, fmt.Errorf("beginning a registration: %w", err)
	}
	return s.challenge(ctx, "passkey.add", user.ID, session.Challenge, options.Response, session)
}

// Passkey is a passkey as shown to its user.
type Passkey struct {
	ID, Name      string
	Created, Used query.Value
}

var errPasskey = fault.Errorf(fault.Unauthenticated, "the passkey is not valid here, or the challenge has expired; try again")

// FinishPasskey stores the passkey that a browser has created for a challenge.
func (s *Service) FinishPasskey(ctx context.Context, id, name string, response []byte, client Client) (Passkey, error) {
	w, err := s.webauthn()
	if err != nil {
		return Passkey{}, err
	}
	user, err := s.user(ctx, client.User)
	if err != nil {
		return Passkey{}, err
	}
	var session webauthn.SessionData
	subject, ok, err := s.takeCode(ctx, "passkey.add", id, &session)
	if err != nil {
		return Passkey{}, err
	}
	if !ok || subject != user.ID { // the challenge proves that the same user began
		return Passkey{}, errPasskey
	}
	if err := errors.Join(mayAddFactor(user), s.mayChangeFactors(ctx, user, client)); err != nil {
		return Passkey{}, err
	}
	h, err := s.holder(ctx, user)
	if err != nil {
		return Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(bytes.NewReader(response))
	if err != nil {
		return Passkey{}, errPasskey
	}
	made, err := w.CreateCredential(h, session, parsed)
	if err != nil {
		s.Log.Debug("a passkey is refused", "error", err.Error())
		return Passkey{}, errPasskey
	}
	encoded, err := json.Marshal(made)
	if err != nil {
		return Passkey{}, fmt.Errorf("encoding a passkey: %w", err)
	}
	if name = fault.Cut(name, 100); name == "" {
		name = "Passkey"
	}
	key := base64.RawURLEncoding.EncodeToString(made.ID)
	row := &store.Passkey{ID: key, User: user.ID, Name: name, Data: query.RawJSON(string(encoded)), Created: s.Now()}
	err = s.together(ctx, func(tx db.Store) error {
		if err := stillThere(ctx, tx, user); err != nil {
			return err
		}
		return store.Passkeys.Insert(ctx, tx, row)
	})
	if err != nil {
		return Passkey{}, err
	}
	s.audit(ctx, Event{Name: "passkey.added", User: user.ID, Client: client, Detail: map[string]any{"name": name}})
	s.notify(ctx, user, "A passkey can sign in to the account from now on: "+name)
	return passkeyOf(row), nil
}

func passkeyOf(row *store.Passkey) Passkey {
	return Passkey{ID: row.ID, Name: row.Name, Created: moment(row.Created), Used: moment(row.Used)}
}

// ListPasskeys returns the passkeys of the client's user.
func (s *Service) ListPasskeys(ctx context.Context, client Client) ([]Passkey, error) {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return nil, err
	}
	rows, err := s.passkeys(ctx, user)
	out := make([]Passkey, len(rows))
	for i, r := range rows {
		out[i] = passkeyOf(r)
	}
	return out, err
}

// RemovePasskey deletes a passkey of the client's user.
func (s *Service) RemovePasskey(ctx context.Context, id string, client Client) error {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return err
	}
	if err := s.reauthenticated(ctx, user, client); err != nil {
		return err
	}
	if err := s.mayChangeFactors(ctx, user, client); err != nil {
		return err
	}
	n, err := store.Passkeys.Delete(ctx, s.Database, query.All(store.PasskeyID.Is(id), store.PasskeyUser.Is(user.ID)))
	if err == nil && n == 0 {
		err = fault.Errorf(fault.NotFound, "there is no such passkey")
	}
	if err == nil {
		s.audit(ctx, Event{Name: "passkey.removed", User: user.ID, Client: client})
		s.notify(ctx, user, "A passkey has been removed from the account.")
	}
	return err
}

// AskPasskey begins a sign-in with any passkey that the browser has for this server.
func (s *Service) AskPasskey(ctx context.Context, client Client) (Challenge, error) {
	w, err := s.webauthn()
	if err != nil {
		return Challenge{}, err
	}
	if err := s.take(ctx, "passkey:address:"+shared.Network(client.IP), s.window(10)); err != nil {
		return Challenge{}, err
	}
	options, session, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Challenge{}, fmt.Errorf("beginning a sign-in: %w", err)
	}
	return s.challenge(ctx, "passkey.ask", "", session.Challenge, options.Response, session)
}

// SignInWithPasskey signs in the user who has answered a challenge.
func (s *Service) SignInWithPasskey(ctx context.Context, id string, response []byte, client Client) (Session, error) {
	w, err := s.webauthn()
	if err != nil {
		return Session{}, err
	}
	var session webauthn.SessionData
	_, ok, err := s.takeCode(ctx, "passkey.ask", id, &session)
	if err != nil {
		return Session{}, err
	}
	parsed, parseErr := protocol.ParseCredentialRequestResponseBody(bytes.NewReader(response))
	if !ok || parseErr != nil {
		return Session{}, errPasskey
	}
	var found holder
	var broken error // a database error, which the library would hide
	credential, err := w.ValidateDiscoverableLogin(func(_, userHandle []byte) (webauthn.User, error) {
		user, err := s.byID(ctx, string(userHandle))
		if err == nil && user != nil {
			found, err = s.holder(ctx, user)
		}
		if broken = err; err == nil && user == nil {
			err = errPasskey
		}
		return found, err
	}, session, parsed)
	if broken != nil {
		return Session{}, broken
	}
	if err != nil || credential.Authenticator.CloneWarning {
		if found.user != nil {
			s.audit(ctx, Event{Name: "signin.failed", User: found.user.ID, Client: client, Detail: map[string]any{"method": "passkey", "clone": err == nil}})
		}
		return Session{}, errPasskey
	}
	if err := s.usedPasskey(ctx, found.user, credential); err != nil {
		return Session{}, err
	}
	return s.signInAs(ctx, found.user, "passkey", client)
}
