package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"golang.org/x/crypto/argon2"

	"github.com/basalt-dev/basalt/modules/auth/hash"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Password configures passwords and sign-in.
type Password struct {
	MinLength int // characters
	// Attempts is how many failures are allowed from one address to one account within fifteen minutes; ten times
	// as many from one address in total, and five times as many to one account from unknown addresses.
	Attempts int
	// Weak allows common passwords.
	Weak bool
	// Confirm requires a confirmed address to sign in.
	Confirm bool
}

// maxPassword limits the bytes of a password, and so the work of hashing it.
const maxPassword = 1024

// The second choice of RFC 9106 scaled to OWASP's minimum (Password Storage Cheat Sheet, 2025):
// 19 MiB, two passes, one lane.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
)

// hasher hashes passwords, at most as many concurrently as there are processors: more would only use memory.
type hasher struct {
	slots chan struct{}
	// unknown is the hash to compare with if there is no user.
	unknown string
}

func newHasher() hasher {
	h := hasher{slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	h.unknown = encodeHash(make([]byte, 16), make([]byte, argonKey))
	return h
}

func (h hasher) slot(ctx context.Context, f func()) error {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		f()
		return nil
	case <-ctx.Done():
		return fault.Errorf(fault.Timeout, "too many people are signing in at this moment; try again")
	}
}

func (h hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails since Go 1.24
	var sum []byte
	err := h.slot(ctx, func() {
		sum = argon2.IDKey([]byte(normalPassword(password)), salt, argonTime, argonMemory, argonLanes, argonKey)
	})
	return encodeHash(salt, sum), err
}

// encodeHash writes the PHC string format.
func encodeHash(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// usableHash reports whether an imported hash can be verified here.
func usableHash(stored string) bool {
	_, err := hash.Parse(stored)
	return err == nil
}

// current is how the parameters of today's hashes are written; see [hash.Hash].
var current = fmt.Sprintf("m=%d,t=%d,p=%d %d", argonMemory, argonTime, argonLanes, argonKey)

// verify does the same work whether or not there is a stored hash. Old is true if the hash does not have today's
// parameters. No password has a hash that takes more work than a sign-in may, as an earlier version has accepted some: its
// owner asks for a new one by mail.
func (h hasher) verify(ctx context.Context, password, stored string) (ok, old bool, err error) {
	for i, spelling := range spellings(password) {
		if ok, old, err = h.verifyOne(ctx, spelling, stored); ok || err != nil {
			return ok, old || i > 0, err
		}
	}
	return false, false, nil
}

func (h hasher) verifyOne(ctx context.Context, password, stored string) (ok, old bool, err error) {
	want, err := hash.Parse(stored)
	known := err == nil
	if !known {
		if want, err = hash.Parse(h.unknown); err != nil {
			return false, false, err
		}
	}
	err = h.slot(ctx, func() { ok = want.Matches(password) && known })
	return ok, want.Form != "argon2id" || want.Parameters != current, err
}

// passwordProblems returns an Invalid error with the problems of a new password. More has what is publicly known
// about its owner. The work is limited, as for a hash.
func (s *Service) passwordProblems(ctx context.Context, password string, more ...string) error {
	problem := func(code, detail string) error {
		return &fault.Error{Code: fault.Invalid, Detail: "this cannot be the password", Fields: []fault.FieldError{{Field: "password", Code: code, Detail: detail}}}
	}
	demands := s.Config.Password
	switch {
	case len(password) > maxPassword:
		return problem("max", "a password has at most 1024 bytes")
	case utf8.RuneCountInString(normalPassword(password)) < demands.MinLength:
		return problem("min", "a password has at least "+query.Int(int64(demands.MinLength)).JSON()+" characters")
	case demands.Weak:
		return nil
	}
	easy := false
	if err := s.hasher.slot(ctx, func() { easy = weak(normalPassword(password), more) }); err != nil {
		return err
	}
	if easy {
		return problem("weak", "this password is among the first that others would try; take another one")
	}
	return nil
}

// withFields adds fields to an Invalid error, or creates one with them.
func withFields(err error, fields []fault.FieldError) error {
	if len(fields) == 0 {
		return err
	}
	if err != nil && fault.CodeOf(err) != fault.Invalid {
		return err
	}
	var e *fault.Error
	if errors.As(err, &e) {
		fields = append(fields, e.Fields...)
	}
	return &fault.Error{Code: fault.Invalid, Detail: "the account cannot be created with these values", Fields: fields}
}

const (
	// weakGuesses is how many guesses a password must withstand: the limits allow about 100,000 in three years.
	weakGuesses = 1e6
	// weakRunes is how much of a password is analysed, since the library is slow on long ones. A password with a
	// strong beginning is strong.
	weakRunes = 40
)

// weak reports whether a password is on the library's lists of common ones, or follows a pattern that is as easy
// to guess.
func weak(password string, more []string) bool {
	if start := []rune(password); len(start) > weakRunes {
		password = string(start[:weakRunes])
	}
	return zxcvbn.PasswordStrength(strings.ToLower(password), more).Guesses < weakGuesses
}
