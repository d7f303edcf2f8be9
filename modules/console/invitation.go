package console

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"sync/atomic"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
)

const (
	// InvitationTime is how long the link of the first start is good.
	InvitationTime = 15 * time.Minute
	// PassTime is how long the pass is good that it can be exchanged for.
	PassTime = time.Hour
)

// Invitation lets the first administrator in, once. The zero value invites no one.
type Invitation struct {
	mu    sync.Mutex // guards all
	code  [sha256.Size]byte
	until time.Time
	pass  [sha256.Size]byte
	ends  time.Time   // of the pass
	given atomic.Bool // there is a pass; it keeps other tokens from waiting for mu
}

// secret has 192 bits, so that nothing has to count who guesses: a count would let others use the link up.
func secret() string {
	var random [24]byte
	_, _ = rand.Read(random[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(random[:])
}

// Open begins an invitation and returns its code. An earlier one ends.
func (i *Invitation) Open(now time.Time) (code string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	code = secret()
	i.code, i.until = sha256.Sum256([]byte(code)), now.Add(InvitationTime)
	return code
}

// Redeem calls f for a holder of the code, and uses the code up where f succeeds. No one else redeems it meanwhile.
func (i *Invitation) Redeem(code string, now time.Time, f func() error) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	sum := sha256.Sum256([]byte(code))
	if subtle.ConstantTimeCompare(sum[:], i.code[:]) != 1 || !now.Before(i.until) {
		return fault.Errorf(fault.Forbidden, "this link is not valid: it was used or has expired; a new one is printed when the server starts")
	}
	if err := f(); err != nil {
		return err
	}
	i.until = time.Time{}
	return nil
}

// Pass makes a pass for an administrator without an account. It is called by what Redeem calls.
func (i *Invitation) Pass(now time.Time) (pass string) {
	pass = secret()
	i.given.Store(true)
	i.pass, i.ends = sha256.Sum256([]byte(pass)), now.Add(PassTime)
	return pass
}

// Passes reports whether a bearer token is a pass that is good still.
func (i *Invitation) Passes(token string, now time.Time) bool {
	if i == nil || !i.given.Load() {
		return false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	sum := sha256.Sum256([]byte(token))
	return now.Before(i.ends) && subtle.ConstantTimeCompare(sum[:], i.pass[:]) == 1
}
