package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/modules/shared"
)

// A passkey is a way to sign in of its own. Clients of another API send one as the second factor after something else, too,
// and name it before its device makes it. It is the same passkey.

const (
	passkeyEnrol  = "passkey.enrol"  // the name of a passkey to come, by its user
	passkeyFactor = "passkey.factor" // a challenge of a passkey as the second factor
	enrolTime     = time.Hour
)

// Assertion is what a passkey has answered to a challenge of [Service.ChallengeFactor].
type Assertion struct {
	ID       string
	Response []byte
}

// EnrolPasskey keeps the name of a passkey that the client's user is about to add, instead of an earlier one. Whether they may is
// asked when it is made.
func (s *Service) EnrolPasskey(ctx context.Context, name string, client Client) error {
	if _, err := s.webauthn(); err != nil {
		return err
	}
	user, err := s.user(ctx, client.User)
	if err == nil {
		err = s.deleteCodes(ctx, user.ID, passkeyEnrol)
	}
	if err != nil {
		return err
	}
	return s.storeCode(ctx, passkeyEnrol, user.ID, user.ID, fault.Cut(name, 100), enrolTime)
}

// PasskeyFactors returns the passkeys of a user, and the name of one that they are about to add, nil for none.
func (s *Service) PasskeyFactors(ctx context.Context, user string) (all []Passkey, enrolling *string, err error) {
	if s.relyingParty == nil {
		return nil, nil, nil
	}
	rows, err := s.passkeys(ctx, &store.User{ID: user})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		all = append(all, passkeyOf(r))
	}
	row, err := s.loadCode(ctx, passkeyEnrol, user)
	if err != nil || row == nil {
		return all, nil, err
	}
	enrolling = new(string)
	return all, enrolling, decodeData(row, enrolling)
}

// GiveUpPasskey forgets the passkey that the client's user was about to add.
func (s *Service) GiveUpPasskey(ctx context.Context, client Client) error {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return err
	}
	return s.deleteCodes(ctx, user.ID, passkeyEnrol)
}

// FinishFactor stores a passkey, as [Service.FinishPasskey] does with the name of its enrolment, and gives its user a session of
// two factors that replaces the client's.
func (s *Service) FinishFactor(ctx context.Context, id string, response []byte, client Client) (Session, error) {
	user, old, err := s.current(ctx, client)
	if err != nil {
		return Session{}, err
	}
	var name string
	if _, ok, err := s.takeCode(ctx, passkeyEnrol, user.ID, &name); err != nil || !ok {
		return Session{}, cmp.Or(err, error(errPasskey))
	}
	if _, err := s.FinishPasskey(ctx, id, name, response, client); err != nil {
		return Session{}, err
	}
	client.Passkey = &Assertion{ID: id}
	return s.replaced(ctx, user, old, client)
}

// ChallengeFactor asks one passkey of a user, who has signed in or is on the way, whether it is there.
func (s *Service) ChallengeFactor(ctx context.Context, user, id string, client Client) (Challenge, error) {
	w, err := s.webauthn()
	if err != nil {
		return Challenge{}, err
	}
	if err := s.take(ctx, "passkey:address:"+shared.Network(client.IP), s.window(10)); err != nil {
		return Challenge{}, err
	}
	row, err := s.byID(ctx, user)
	if err != nil || row == nil {
		return Challenge{}, cmp.Or(err, error(errNoUser))
	}
	h, err := s.holder(ctx, row)
	if err != nil {
		return Challenge{}, err
	}
	var allowed []protocol.CredentialDescriptor
	for _, c := range h.credentials {
		if base64.RawURLEncoding.EncodeToString(c.ID) == id {
			allowed = append(allowed, c.Descriptor())
		}
	}
	if len(allowed) == 0 {
		return Challenge{}, fault.Errorf(fault.NotFound, "there is no such passkey")
	}
	options, session, err := w.BeginLogin(h, webauthn.WithAllowedCredentials(allowed), webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Challenge{}, fmt.Errorf("beginning an assertion: %w", err)
	}
	return s.challenge(ctx, passkeyFactor, user, session.Challenge, options.Response, session)
}

// checkPasskey checks a passkey that is sent as the second factor of a user.
func (s *Service) checkPasskey(ctx context.Context, user *store.User, a Assertion) error {
	w, err := s.webauthn()
	if err != nil {
		return err
	}
	var session webauthn.SessionData
	subject, ok, err := s.takeCode(ctx, passkeyFactor, a.ID, &session)
	if err != nil {
		return err
	}
	parsed, parseErr := protocol.ParseCredentialRequestResponseBody(bytes.NewReader(a.Response))
	if !ok || subject != user.ID || parseErr != nil {
		return errPasskey
	}
	h, err := s.holder(ctx, user)
	if err != nil {
		return err
	}
	credential, err := w.ValidateLogin(h, session, parsed)
	if err != nil || credential.Authenticator.CloneWarning {
		return errPasskey
	}
	return s.usedPasskey(ctx, user, credential)
}

// usedPasskey keeps the state of a passkey that has proven itself. It fails if the passkey was removed meanwhile.
func (s *Service) usedPasskey(ctx context.Context, user *store.User, credential *webauthn.Credential) error {
	encoded, err := json.Marshal(credential)
	if err != nil {
		return fmt.Errorf("encoding a passkey: %w", err)
	}
	key := base64.RawURLEncoding.EncodeToString(credential.ID)
	n, err := store.Passkeys.Update(ctx, s.Database, query.All(store.PasskeyID.Is(key), store.PasskeyUser.Is(user.ID)),
		store.PasskeyData.To(query.RawJSON(string(encoded))), store.PasskeyUsed.To(s.Now()))
	if err == nil && n == 0 {
		err = errPasskey
	}
	return err
}

// mayAddPasskey is mayAdd for a passkey, which an account without an address could not use.
func (s *Service) mayAddPasskey(ctx context.Context, client Client) (*store.User, error) {
	user, err := s.mayAdd(ctx, client)
	if err == nil && user.Email == "" {
		err = fault.Errorf(fault.Forbidden, "an anonymous user signs up first, and adds a passkey then")
	}
	if err == nil {
		err = s.mayChangeFactors(ctx, user, client)
	}
	return user, err
}

// firstOf is the method of a session without its second factor.
func firstOf(method string) string {
	return strings.TrimSuffix(strings.TrimSuffix(method, withTOTP), withPasskey)
}
