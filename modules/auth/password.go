package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/basalt-dev/basalt/modules/query"
)

// The second choice of RFC 9106 scaled to OWASP's minimum (Password Storage Cheat Sheet, 2025):
// 19 MiB, two passes, one lane.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
)

// hasher hashes passwords, at most as many at once as there are processors: more would only take
// memory.
type hasher struct {
	slots chan struct{}
	// unknown is what a password is compared with when there is no user.
	unknown string
}

func newHasher() hasher {
	h := hasher{slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	h.unknown = encodeHash(make([]byte, 16), make([]byte, argonKey))
	return h
}

func (h hasher) derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey), nil
	case <-ctx.Done():
		return nil, query.Errorf(query.Timeout, "too many people are signing in at this moment; try again")
	}
}

func (h hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt) //nolint:errcheck // never fails since Go 1.24
	sum, err := h.derive(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return encodeHash(salt, sum), nil
}

// encodeHash writes the PHC string format.
func encodeHash(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// verify does the same work whether there is a stored hash or not.
func (h hasher) verify(ctx context.Context, password, stored string) (bool, error) {
	known := stored != ""
	if !known {
		stored = h.unknown
	}
	parts := strings.Split(stored, "$")
	if len(parts) != 6 {
		return false, fmt.Errorf("a stored password is not in the form of argon2id")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("a stored password has no salt: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, fmt.Errorf("a stored password can not be read: %w", err)
	}
	got, err := h.derive(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}
