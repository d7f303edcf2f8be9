package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/token"
	"github.com/basalt-dev/basalt/modules/console"
	"github.com/basalt-dev/basalt/modules/crud"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/rules"
)

// identity verifies who calls: administrators by their keys, others by tokens.
type identity struct {
	adminKeys [][sha256.Size]byte
	admins    *rules.Rule         // which users are administrators; nil for none
	invited   *console.Invitation // whose passes are those of administrators; nil for none
	now       func() time.Time
	auth      *auth.Service // nil without the section auth
	logger    *slog.Logger
}

func newIdentity(b Backend) *identity {
	i := &identity{admins: b.Config.Admin.Who, invited: b.Invitation, now: b.Now, auth: b.Auth, logger: b.Log}
	for _, key := range b.Config.Admin.Keys {
		i.adminKeys = append(i.adminKeys, sha256.Sum256([]byte(key.Reveal())))
	}
	return i
}

// ofRequest verifies the Authorization header of a request, and returns its caller with what that says. Without a
// header the caller stays anonymous.
func (i *identity) ofRequest(r *request) (crud.Caller, token.Verified, error) {
	header := peek(&r.http.Context().Request.Header, fiber.HeaderAuthorization)
	if len(header) == 0 {
		return r.caller, token.Verified{}, nil
	}
	last := lastOf(r.http.Context().Conn())
	if last.is(i, header) {
		r.caller.Auth = last.verified.Claims
		return r.caller, last.verified, nil
	}
	scheme, credential, _ := strings.Cut(string(header), " ")
	if !strings.EqualFold(scheme, "Bearer") || credential == "" {
		return r.caller, token.Verified{}, fault.Errorf(fault.Unauthenticated, "the Authorization header has the form: Bearer TOKEN")
	}
	caller, verified, err := i.ofToken(r.context, credential, r.caller)
	if caller.Admin {
		i.audit(caller, "request", r.requestID(), "method", r.method(), "path", r.path())
	} else if err == nil {
		last.note(i, header, verified)
	}
	return caller, verified, err
}

// lastCaller is who has called over a connection last: mostly the next request has the same token. Administrators are looked at each
// time.
type lastCaller struct {
	by            *identity // nil for none
	authorization []byte
	verified      token.Verified
}

// lastOf returns that of a connection; nil where it is not one of ours.
func lastOf(on net.Conn) *lastCaller {
	if c, ok := on.(*conn); ok {
		return &c.caller
	}
	return nil
}

// longestKept bounds the header that a connection keeps.
const longestKept = 4 << 10

// is reports whether an Authorization header is the last one, and what was verified of it still holds.
func (l *lastCaller) is(i *identity, header []byte) bool {
	return l != nil && l.by == i && bytes.Equal(l.authorization, header) && i.auth.Verifier.Holds(l.verified, i.now())
}

// bearer begins an Authorization header.
const bearer = "Bearer "

// bears is is for the token of a header.
func (l *lastCaller) bears(i *identity, credential string) bool {
	return l != nil && len(l.authorization) == len(bearer)+len(credential) && string(l.authorization[len(bearer):]) == credential && l.is(i, l.authorization)
}

func (l *lastCaller) note(i *identity, header []byte, v token.Verified) {
	if l != nil && len(header) <= longestKept {
		*l = lastCaller{i, append(l.authorization[:0], header...), v}
	}
}

// audit logs what an administrator does.
func (i *identity) audit(caller crud.Caller, what ...any) {
	switch {
	case !caller.Admin:
	case caller.Auth == nil:
		i.logger.Info("an admin key was used", append(what, "ip", caller.IP)...)
	default:
		i.logger.Info("an administrator called", append(what, "ip", caller.IP, "user", caller.Auth["sub"])...)
	}
}

// ofToken verifies a token, and returns the caller with what it says.
func (i *identity) ofToken(ctx context.Context, credential string, caller crud.Caller) (crud.Caller, token.Verified, error) {
	if len(i.adminKeys) > 0 && i.isAdmin(credential) {
		caller.Admin = true
		return caller, token.Verified{}, nil
	}
	if i.invited.Passes(credential, i.now()) && isLoopback(caller.IP) {
		caller.Admin = true
		return caller, token.Verified{}, nil
	}
	if i.auth == nil {
		return caller, token.Verified{}, fault.Errorf(fault.Unauthenticated, "this server has no section auth, and accepts no token")
	}
	v, err := i.auth.Verify(ctx, credential)
	caller.Auth = v.Claims
	caller.Admin = err == nil && config.Satisfies(i.admins, v.Claims)
	return caller, v, err
}

// isAdmin reports whether a bearer token is one of the administrators' keys. It takes the same time for any token.
func (i *identity) isAdmin(credential string) bool {
	sum := sha256.Sum256([]byte(credential))
	found := 0
	for _, k := range i.adminKeys {
		found |= subtle.ConstantTimeCompare(k[:], sum[:])
	}
	return found == 1
}
