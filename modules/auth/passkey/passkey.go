// Package passkey has the settings of passkeys (WebAuthn level 3), and says whether browsers accept them. It is not
// for storing passkeys or signing in with them, which package auth does.
package passkey

import (
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Settings are the settings of passkeys.
type Settings struct {
	// Name is shown by the browser; ID is the domain; Origins are the pages that may use passkeys.
	Name, ID string
	Origins  []string
}

// RelyingParty creates the verifier of passkeys. It returns an error for invalid settings.
func (s *Settings) RelyingParty() (*webauthn.WebAuthn, error) {
	w, err := webauthn.New(&webauthn.Config{
		RPID: s.ID, RPDisplayName: s.Name, RPOrigins: s.Origins,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
	})
	if err != nil {
		return nil, fmt.Errorf("auth.providers.passkey: %w", err)
	}
	return w, nil
}

// Check reports what is wrong with the settings.
func (s *Settings) Check() error {
	_, err := s.RelyingParty()
	return err
}
