// Package hash verifies hashes of passwords in the forms of other systems. Their parameters are bounded, since who imports a
// hash says how much work each sign-in is.
package hash

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
)

// Hash is a parsed hash.
type Hash struct {
	// Form is its name, such as argon2id or bcrypt.
	Form string
	// Parameters are those of the work, as they are written.
	Parameters string
	matches    func(password string) bool
}

// Matches reports whether a password has the hash. It takes a second or two at most.
func (h Hash) Matches(password string) bool { return h.matches(password) }

// The bounds of one hash: about two seconds of a processor, and 128 MiB.
const (
	maxLength     = 1024
	maxMemory     = 128 << 10 // KiB
	maxArgon      = 1 << 20   // KiB times passes
	maxScrypt     = 1 << 21   // N times r times p
	maxIterations = 4_000_000 // of PBKDF2, times the blocks of the result
	maxCost       = 15        // of bcrypt
	maxLanes      = 16
	minSum        = 16 // bytes
	maxSum        = 64
	maxSalt       = 128
)

// Forms names what Parse reads, for an error.
const Forms = "bcrypt, argon2id, argon2i, scrypt, Firebase's scrypt, or PBKDF2 as Django, Werkzeug, Passlib and ASP.NET Identity write it"

var (
	errForm  = errors.New("this is not a hash of " + Forms)
	errParts = errors.New("parts of the hash are missing, or cannot be read")
	errCost  = errors.New("the hash takes more work than a sign-in may: 128 MiB, and about two seconds")
)

// form is a way to write a hash. Parse gets what follows the prefix.
type form struct {
	prefix string
	parse  func(rest string) (Hash, error)
}

var forms = []form{
	{"$argon2id$", func(rest string) (Hash, error) { return parseArgon("argon2id", rest) }},
	{"$argon2i$", func(rest string) (Hash, error) { return parseArgon("argon2i", rest) }},
	{"$2a$", parseBcrypt("$2a$")},
	{"$2b$", parseBcrypt("$2b$")},
	{"$2y$", parseBcrypt("$2y$")},
	{"$scrypt$", parseScrypt},
	{"$fbscrypt$", parseFirebase},
	{"$pbkdf2", parsePassword},
	// Django
	{"argon2$argon2id$", func(rest string) (Hash, error) { return parseArgon("argon2id", rest) }},
	{"argon2$argon2i$", func(rest string) (Hash, error) { return parseArgon("argon2i", rest) }},
	{"bcrypt_sha256$", parseDjangoBcrypt},
	{"bcrypt$", anyBcrypt},
	{"pbkdf2_sha256$", func(rest string) (Hash, error) { return parseDjango("sha256", rest) }},
	{"pbkdf2_sha1$", func(rest string) (Hash, error) { return parseDjango("sha1", rest) }},
	{"scrypt$", parseDjangoScrypt},
	// Werkzeug
	{"pbkdf2:", parseWerkzeug},
	{"scrypt:", parseWerkzeugScrypt},
	// ASP.NET Identity, version 3 and 2: base64 that begins with the bytes 1 and 0
	{"AQAAAA", parseIdentity("AQAAAA")},
	{"A", parseIdentity("A")},
}

// Parse reads a hash. It does none of its work.
func Parse(stored string) (Hash, error) {
	if len(stored) > maxLength {
		return Hash{}, errForm
	}
	for _, f := range forms {
		if rest, ok := strings.CutPrefix(stored, f.prefix); ok {
			return f.parse(rest)
		}
	}
	return Hash{}, errForm
}

// equal compares in a time that says nothing of where two sums differ.
func equal(got, want []byte) bool { return subtle.ConstantTimeCompare(got, want) == 1 }

// sized checks a salt and a sum. Shorter sums would match many passwords.
func sized(salt, sum []byte) error {
	if len(salt) > maxSalt || len(sum) < minSum || len(sum) > maxSum {
		return fmt.Errorf("%w: a salt has %d bytes at most, and a sum from %d to %d", errParts, maxSalt, minSum, maxSum)
	}
	return nil
}
