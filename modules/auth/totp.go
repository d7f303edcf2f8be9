package auth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// TOTP enables a second factor from an authenticator app (RFC 6238).
type TOTP struct {
	// Issuer is the name shown by the app.
	Issuer string
}

// A user's secret is stored as `state step sealed`: state is "new" until the first code has proven that the app
// has it, and step is the last one used, so that no code works twice.
const (
	totpNew      = "new"
	totpOn       = "on"
	totpPeriod   = 30 // seconds
	recoveryMany = 10 // recovery codes
	// recoveryBytes is the length of a recovery code, which is shown with a dash in the middle.
	recoveryBytes = 10
)

// enrolled reports whether sign-in requires a second factor.
func enrolled(user *store.User) bool { return strings.HasPrefix(user.TOTP, totpOn+" ") }

// sealer returns the cipher of one of the sealing keys.
func sealer(key []byte) cipher.AEAD {
	sum := sha256.Sum256(append([]byte("basalt totp "), key...))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		panic(fmt.Errorf("auth: %w", err)) // impossible: the key has 32 bytes
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(fmt.Errorf("auth: %w", err)) // impossible: AES has the right block
	}
	return gcm
}

func (s *Service) seal(user, secret string) string {
	return base64.RawStdEncoding.EncodeToString(sealer(s.Seals[0]).Seal(nil, nil, []byte(secret), []byte(user)))
}

func (s *Service) unseal(user, sealed string) (string, error) {
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("a stored TOTP secret cannot be read: %w", err)
	}
	for _, key := range s.Seals {
		if secret, err := sealer(key).Open(nil, nil, b, []byte(user)); err == nil {
			return string(secret), nil
		}
	}
	return "", errors.New("a stored TOTP secret cannot be decrypted; is one of the keys of encryption.keys missing? The user can sign in with a recovery code, or an admin removes the second factor")
}

// Enrolment is the data for an authenticator app.
type Enrolment struct{ Secret, URL string }

// EnrolTOTP creates a new secret for the client's user, who must reauthenticate. It takes effect with ConfirmTOTP.
func (s *Service) EnrolTOTP(ctx context.Context, client Client) (Enrolment, error) {
	if s.TOTP == nil {
		return Enrolment{}, notEnabled("the second factor", "auth.providers.totp")
	}
	user, err := s.user(ctx, client.User)
	if err != nil {
		return Enrolment{}, err
	}
	if enrolled(user) {
		return Enrolment{}, fault.Errorf(fault.Conflict, "there is a second factor already; remove it first")
	}
	if user.Email == "" {
		return Enrolment{}, fault.Errorf(fault.Forbidden, "an anonymous user has nothing that a second factor would protect")
	}
	if err := s.mayChangeFactors(ctx, user, client); err != nil {
		return Enrolment{}, err
	}
	if err := s.reauthenticated(ctx, user, client); err != nil {
		return Enrolment{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.TOTP.Issuer, AccountName: user.Email, Period: totpPeriod, SecretSize: 20, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return Enrolment{}, fmt.Errorf("making a TOTP secret: %w", err)
	}
	stored := strings.Join([]string{totpNew, "0", s.seal(user.ID, key.Secret())}, " ")
	_, err = store.Users.Update(ctx, s.Database, store.UserID.Is(user.ID), store.UserTOTP.To(stored))
	return Enrolment{Secret: key.Secret(), URL: key.URL()}, err
}

var errFactor = &fault.Error{Code: fault.Unauthenticated, Detail: "the code of the second factor is wrong, or was used already",
	Fields: []fault.FieldError{{Field: "totp", Code: "mismatch", Detail: "this code is wrong, or was used already"}}}

// step returns the step of a code, and false if it matches none that may be used.
func (s *Service) step(user *store.User, code string) (int64, error) {
	parts := strings.Split(user.TOTP, " ")
	if len(parts) != 3 {
		return 0, errFactor
	}
	last, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("a stored TOTP secret cannot be read: %w", err)
	}
	secret, err := s.unseal(user.ID, parts[2])
	if err != nil {
		return 0, err
	}
	now := s.Now().Unix() / totpPeriod
	for _, step := range []int64{now, now - 1, now + 1} { // clocks differ
		want, err := totp.GenerateCodeCustom(secret, time.Unix(step*totpPeriod, 0), totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, fmt.Errorf("computing a TOTP code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > last {
			return step, nil
		}
	}
	return 0, errFactor
}

// stepped records the step that was used; of two concurrent callers one succeeds.
func (s *Service) stepped(ctx context.Context, user *store.User, step int64, more ...store.Set[store.User]) error {
	sealed := strings.Split(user.TOTP, " ")[2]
	next := strings.Join([]string{totpOn, strconv.FormatInt(step, 10), sealed}, " ")
	n, err := store.Users.Update(ctx, s.Database, query.All(store.UserID.Is(user.ID), store.UserTOTP.As(user)), append(more, store.UserTOTP.To(next))...)
	if err == nil && n == 0 {
		err = errFactor
	}
	return err
}

// ConfirmTOTP enables the second factor if the code proves that the app has the secret. It returns recovery codes,
// which are shown only here.
func (s *Service) ConfirmTOTP(ctx context.Context, code string, client Client) ([]string, error) {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(user.TOTP, totpNew+" ") {
		return nil, fault.Errorf(fault.Conflict, "there is nothing to confirm; request a secret first")
	}
	if err := s.mayChangeFactors(ctx, user, client); err != nil {
		return nil, err
	}
	if err := s.take(ctx, "totp:"+user.ID, s.window(1)); err != nil {
		return nil, err
	}
	step, err := s.step(user, normalCode(code))
	if err != nil {
		return nil, asInvalid(err)
	}
	recovery := make([]string, recoveryMany)
	hashes := make([]string, recoveryMany)
	for i := range recovery {
		t := strings.ToLower(rand.Text())
		recovery[i] = normalCode(t[:recoveryBytes])
		hashes[i] = s.secretOf("recovery "+user.ID, recovery[i])
	}
	stored, err := json.Marshal(hashes)
	if err != nil {
		return nil, err
	}
	if err := s.stepped(ctx, user, step, store.UserRecovery.To(query.RawJSON(string(stored)))); err != nil {
		return nil, err
	}
	s.audit(ctx, Event{Name: "totp.on", User: user.ID, Client: client})
	s.notify(ctx, user, "Signing in to the account takes a second factor from now on.")
	return recovery, nil
}

// asInvalid turns a wrong code into an Invalid error, for a signed-in caller.
func asInvalid(err error) error {
	if errors.Is(err, errFactor) {
		return fault.FieldErrorf("code", "mismatch", "this code is wrong, or was used already")
	}
	return err
}

// RemoveTOTP disables the second factor; the user must reauthenticate.
func (s *Service) RemoveTOTP(ctx context.Context, client Client) error {
	user, err := s.user(ctx, client.User)
	if err != nil {
		return err
	}
	fresh := false
	if client.Halfway && client.TOTP == "" {
		if fresh, err = s.freshFactor(ctx, user, client); err != nil {
			return err
		}
	}
	if enrolled(user) && !fresh {
		if err := s.secondFactor(ctx, user, client); err != nil {
			return err
		}
	}
	if _, err := store.Users.Update(ctx, s.Database, store.UserID.Is(user.ID), store.UserTOTP.Clear(), store.UserRecovery.Clear()); err != nil {
		return err
	}
	s.audit(ctx, Event{Name: "totp.off", User: user.ID, Client: client})
	s.notify(ctx, user, "Signing in to the account takes no second factor any more.")
	return nil
}

// secondFactor checks what is sent as one: a passkey, a code of the app, or a recovery code.
func (s *Service) secondFactor(ctx context.Context, user *store.User, client Client) error {
	if client.TOTP == "" && client.Passkey == nil {
		return &fault.Error{Code: fault.Unauthenticated, Detail: "signing in to this account takes a second factor: send the code of the authenticator app, or a recovery code, as totp",
			Fields: []fault.FieldError{{Field: "totp", Code: "required", Detail: "send the code of the authenticator app"}}}
	}
	if err := s.take(ctx, "totp:"+user.ID, s.window(1)); err != nil {
		return err
	}
	method, err := "totp", error(nil)
	if client.Passkey != nil {
		method, err = "passkey", s.checkPasskey(ctx, user, *client.Passkey)
	} else {
		err = s.checkFactor(ctx, user, normalCode(client.TOTP), client)
	}
	if err == nil {
		_ = s.Shared.GiveBack(ctx, "totp:"+user.ID, s.window(1)) // a lost count is harmless
	} else if errors.Is(err, errFactor) || errors.Is(err, errPasskey) {
		s.audit(ctx, Event{Name: "signin.failed", User: user.ID, Client: client, Detail: map[string]any{"method": method}})
	}
	return err
}

func (s *Service) checkFactor(ctx context.Context, user *store.User, code string, client Client) error {
	if len(code) == 6 {
		step, err := s.step(user, code)
		if err != nil {
			return err
		}
		return s.stepped(ctx, user, step)
	}
	var hashes, left []string
	if err := json.Unmarshal([]byte(user.Recovery.JSON()), &hashes); err != nil {
		return fmt.Errorf("stored recovery codes cannot be read: %w", err)
	}
	hash := s.secretOf("recovery "+user.ID, code)
	for _, h := range hashes {
		if subtle.ConstantTimeCompare([]byte(h), []byte(hash)) != 1 {
			left = append(left, h)
		}
	}
	if len(left) == len(hashes) {
		return errFactor
	}
	stored, err := json.Marshal(left)
	if err != nil {
		return err
	}
	if left == nil {
		stored = []byte("[]")
	}
	n, err := store.Users.Update(ctx, s.Database, query.All(store.UserID.Is(user.ID), store.UserTOTP.As(user)),
		store.UserRecovery.To(query.RawJSON(string(stored))),
		store.UserTOTP.To(bumped(user.TOTP))) // so that the row changes, and of two callers with the same code one succeeds
	if err == nil && n == 0 {
		err = errFactor
	}
	if err == nil {
		s.audit(ctx, Event{Name: "recovery.used", User: user.ID, Client: client, Detail: map[string]any{"left": len(left)}})
	}
	return err
}

// bumped returns a stored secret with its last step increased by one.
func bumped(stored string) string {
	parts := strings.Split(stored, " ")
	step, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return stored
	}
	return strings.Join([]string{parts[0], strconv.FormatInt(step+1, 10), parts[2]}, " ")
}
