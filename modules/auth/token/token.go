// Package token signs and verifies tokens: it says who calls. It knows JSON web tokens, of this server and of external
// issuers, and tokens that stand for claims kept elsewhere.
//
// It is not for accounts: it knows no users, and reads no database. Where tokens, sessions and keys are stored is the
// business of package auth, which also decides what a token says.
package token

import (
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

// Verified is the content of a valid token.
type Verified struct {
	// Claims must not be changed.
	Claims map[string]any
	// Own is true for this server's own tokens.
	Own bool

	until time.Time // when it must be verified again; zero for never
	epoch int64     // of the verifier, at verification
}

// ReservedClaims are the claims that only this server sets in its own tokens.
var ReservedClaims = []string{"sub", "sid", "iat", "exp", "nbf", "iss", "aud", "jti", "email", "email_verified", "anonymous", "act", "key"}

// Refused returns the error of an invalid token, with a code for the reason.
func Refused(code, detail string) *fault.Error {
	return &fault.Error{Code: fault.Unauthenticated, Detail: detail, Fields: []fault.FieldError{{Field: "token", Code: code, Detail: detail}}}
}

// ErrExpired is the error of a token whose time is over.
var ErrExpired = Refused("expired", "the token has expired; refresh it or sign in again")

var (
	errRevoked   = Refused("revoked", "the session of the token has ended; sign in again")
	errMalformed = Refused("malformed", "this is not a token")
)
