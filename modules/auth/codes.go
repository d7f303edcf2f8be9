package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/query"
)

// Single-use secrets (a link in a mail, the state of an OAuth sign-in, the challenge of a passkey) are rows in
// codes: the hash of the secret, its purpose and its expiry. Using a code deletes it, which succeeds for one
// caller only.

// secretOf returns the stored form of a secret. It is keyed with the server's key: a plain hash of six digits
// would be cracked at once.
func (s *Service) secretOf(kind, secret string) string {
	mac := hmac.New(sha256.New, s.Key)
	mac.Write([]byte(kind + "\x00" + secret))
	return hex.EncodeToString(mac.Sum(nil))
}

// storeCode stores the data of a secret.
func (s *Service) storeCode(ctx context.Context, kind, secret, subject string, data any, lifetime time.Duration) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encoding what a code stands for: %w", err)
	}
	now := s.Now()
	return store.Codes.Insert(ctx, s.Database, &store.Code{
		ID: s.secretOf(kind, secret), Kind: kind, Subject: subject, Data: query.RawJSON(string(encoded)), Created: now, Expires: now.Add(lifetime),
	})
}

// loadCode returns the data of a secret, nil if it is not valid. The secret stays valid until it is used up.
func (s *Service) loadCode(ctx context.Context, kind, secret string) (*store.Code, error) {
	if secret == "" || len(secret) > 512 {
		return nil, nil
	}
	row, err := store.Codes.One(ctx, s.Database, query.All(store.CodeID.Is(s.secretOf(kind, secret)), store.CodeKind.Is(kind)))
	if err != nil || row == nil || !s.Now().Before(row.Expires) {
		return nil, err
	}
	return row, nil
}

// consumeCode consumes a code. It reports false if another request was faster.
func (s *Service) consumeCode(ctx context.Context, row *store.Code) (bool, error) {
	n, err := store.Codes.Delete(ctx, s.Database, store.CodeID.Is(row.ID))
	return n == 1, err
}

// useUp is consumeCode, but returns an error if another request was faster.
func (s *Service) useUp(ctx context.Context, row *store.Code) error {
	ok, err := s.consumeCode(ctx, row)
	if err == nil && !ok {
		err = errLink
	}
	return err
}

// takeCode is loadCode and consumeCode in one.
func (s *Service) takeCode(ctx context.Context, kind, secret string, into any) (subject string, ok bool, err error) {
	row, err := s.loadCode(ctx, kind, secret)
	if err != nil || row == nil {
		return "", false, err
	}
	if ok, err = s.consumeCode(ctx, row); err != nil || !ok {
		return "", false, err
	}
	return row.Subject, true, decodeData(row, into)
}

func decodeData(row *store.Code, into any) error {
	if into == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(row.Data.JSON()), into); err != nil {
		return fmt.Errorf("what a code stands for cannot be read: %w", err)
	}
	return nil
}

// deleteCodes deletes the codes of some purposes for a subject.
func (s *Service) deleteCodes(ctx context.Context, subject string, kinds ...string) error {
	_, err := store.Codes.Delete(ctx, s.Database, query.All(store.CodeSubject.Is(subject), store.CodeKind.OneOf(kinds...)))
	return err
}

// maxCodeTries is how many attempts a six-digit code allows.
const maxCodeTries = 5

// tried counts an attempt at a six-digit code, and reports whether more are allowed.
func (s *Service) tried(ctx context.Context, row *store.Code) (bool, error) {
	n, err := store.Codes.Update(ctx, s.Database, query.All(store.CodeID.Is(row.ID), store.CodeAttempts.As(row)), store.CodeAttempts.To(row.Attempts+1))
	return n == 1 && row.Attempts < maxCodeTries, err
}

// digits returns six random digits.
func digits() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", n), nil
}
