package files

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"net/url"

	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
)

// A link for reading says who has made it, so that it ends when they or their sessions are thrown out. Nobody but this
// server can read it, or tell that two links are of one.

const byMaker = "by"

// tellMaker writes who makes a link into its parameters.
func (s *Service) tellMaker(ctx context.Context, caller crud.Caller, q url.Values) error {
	if s.Makers == nil || caller.Auth == nil {
		return nil
	}
	maker, err := s.Makers.Of(ctx, caller.Auth)
	if err != nil || maker == "" {
		return err
	}
	sealed, err := s.sealer()
	if err != nil {
		return err
	}
	nonce := make([]byte, sealed.NonceSize())
	rand.Read(nonce) // never fails since Go 1.24
	q.Set(byMaker, base64.RawURLEncoding.EncodeToString(sealed.Seal(nonce, nonce, []byte(maker), nil)))
	return nil
}

// checkMaker refuses a link whose maker can take it back, and has.
func (s *Service) checkMaker(ctx context.Context, q url.Values) error {
	if !q.Has(byMaker) {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(q.Get(byMaker))
	if err != nil {
		return errLinkInvalid
	}
	sealed, err := s.sealer()
	if err != nil {
		return err
	}
	n := sealed.NonceSize()
	if len(raw) < n {
		return errLinkInvalid
	}
	maker, err := sealed.Open(nil, raw[:n], raw[n:], nil)
	if err != nil || s.Makers == nil {
		return errLinkInvalid
	}
	if err = s.Makers.Stands(ctx, string(maker)); fault.CodeOf(err) == fault.Unauthenticated {
		err = errLinkRevoked
	}
	return err
}

func (s *Service) sealer() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.sum("maker"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
